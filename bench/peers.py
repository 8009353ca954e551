"""Peers whose data stays on a GPU: what is there, and one call over it, in the way of each library's documentation.

Of the workloads `affine` scales and shifts floats, `sine` deforms points, in double precision.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass
class Peer:
    """Data on the GPU. `compute` queues a call over it and gives the result, `wait` returns when that is there."""

    library: Any
    data: Any
    compute: Callable[[], Any]
    wait: Callable[[Any], object]


def affine(x: float) -> float:
    """Scale and shift: the memory alone."""
    return x * 2.0 + 1.0


def wave(p: Any, t: float) -> Any:
    """Move a point up and down."""
    return (p[0], math.sin(p[0] + p[2] + t), p[2])


def party(workload: str, numbers: Any) -> Peer:
    """`map` from an Array to an Array."""
    import parallel_party as pp

    data = pp.array(numbers, device="cuda")
    function: Any = affine if workload == "affine" else wave
    options: dict[str, Any] = {} if workload == "affine" else {"t": 0.5}
    result: Any = pp.map(function, data, **options)
    return Peer(pp, data, lambda: pp.map(function, data, out=result, **options), lambda _: pp.synchronize())


def cupy(workload: str, numbers: Any) -> Peer:
    """Expressions over whole arrays; one fused kernel where all is elementwise."""
    xp = importlib.import_module("cupy")
    data = xp.asarray(numbers)
    result = xp.empty_like(data)
    scale = xp.ElementwiseKernel("float64 x", "float64 y", "y = x * 2.0 + 1.0", "scale")

    def compute() -> Any:
        if workload == "affine":
            scale(data, result)
        else:
            result[:] = data
            result[:, 1] = xp.sin(data[:, 0] + data[:, 2] + 0.5)
        return result

    return Peer(xp, data, compute, lambda _: xp.cuda.get_current_stream().synchronize())


def jax(workload: str, numbers: Any) -> Peer:
    """A jitted function of arrays, which are never changed: its results are always new."""
    library = importlib.import_module("jax")
    function = getattr(importlib.import_module("contenders.jax_arrays"), f"_{workload}")
    peer = Peer(library, library.device_put(numbers, library.devices("gpu")[0]), lambda: None, lambda _: None)
    peer.compute = lambda: function(peer.data)
    peer.wait = lambda result: result.block_until_ready()
    return peer


def warp(workload: str, numbers: Any) -> Peer:
    """A kernel of one thread an element."""
    library = importlib.import_module("warp")
    kernel = getattr(importlib.import_module("contenders.warp_kernels"), f"_{workload}")
    kind = library.float64 if workload == "affine" else library.vec3d
    data = library.array(numbers, dtype=kind, device="cuda")
    result = library.empty(len(numbers), dtype=kind, device="cuda")

    def compute() -> Any:
        library.launch(kernel, dim=len(numbers), inputs=[data], outputs=[result], device="cuda")
        return result

    return Peer(library, data, compute, lambda _: library.synchronize_device("cuda"))


def taichi(workload: str, numbers: Any) -> Peer:
    """A kernel over Taichi's own arrays."""
    library = importlib.import_module("taichi")
    library.init(arch=library.cuda, default_fp=library.f64, offline_cache=False, log_level=library.ERROR)
    kernel = getattr(importlib.import_module("contenders.taichi_kernels"), f"_{workload}")
    data, result = (library.ndarray(library.f64, shape=numbers.shape) for _ in range(2))
    data.from_numpy(numbers)

    def compute() -> Any:
        kernel(data, result)
        return result

    return Peer(library, data, compute, lambda _: library.sync())


def numba_cuda(workload: str, numbers: Any) -> Peer:
    """A kernel of one thread an element."""
    module = importlib.import_module("contenders.numba_gpu")
    data = module.cuda.to_device(numbers)
    result = module.cuda.device_array_like(data)
    blocks = (len(numbers) + module.THREADS - 1) // module.THREADS
    kernel = getattr(module, f"_{workload}")[blocks, module.THREADS]

    def compute() -> Any:
        kernel(data, result)
        return result

    return Peer(module.cuda, data, compute, lambda _: module.cuda.synchronize())


MAKERS: dict[str, Callable[[str, Any], Peer]] = {
    "pp-cuda": party,
    "cupy": cupy,
    "jax": jax,
    "warp": warp,
    "taichi": taichi,
    "numba-cuda": numba_cuda,
}
