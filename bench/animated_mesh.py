"""Measures an animated mesh: ./dev bench --mesh [--only CONTENDER ...] [--points N] [--json FILE]

A million points live on a GPU. A frame changes one per cent of them on the host, deforms all, and has the result in a
NumPy array of the host's that was there before: the median of many, in milliseconds. Each contender runs in a process
of its own, the way its documentation shows, in double precision.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peers
from contenders import CONTENDERS
from resident import GPU, answer_of

POINTS = 1_000_000
FRAMES = 60
WARM = 5

# Changes points [begin, end) to the rows given, deforms all of them, and fills `host`.
Frame = Callable[[int, int, Any], None]


def party(points: Any, host: Any) -> Frame:
    """A slice of an Array is assigned to; `map` fills the buffer."""
    peer = peers.party("sine", points)

    def frame(begin: int, end: int, rows: Any) -> None:
        peer.data[begin:end] = rows
        peer.library.map(peers.wave, peer.data, t=0.5, out=host)

    return frame


def cupy(points: Any, host: Any) -> Frame:
    """A slice is assigned to; the result is copied to the buffer."""
    peer = peers.cupy("sine", points)

    def frame(begin: int, end: int, rows: Any) -> None:
        peer.data[begin:end] = peer.library.asarray(rows)
        peer.compute().get(out=host)

    return frame


def jax(points: Any, host: Any) -> Frame:
    """Arrays are never changed, so the slice makes a new one."""
    peer = peers.jax("sine", points)
    place = peer.library.devices("gpu")[0]
    update = peer.library.jit(peer.library.lax.dynamic_update_slice, donate_argnums=0)

    def frame(begin: int, end: int, rows: Any) -> None:
        peer.data = update(peer.data, peer.library.device_put(rows, place), (begin, 0))
        host[:] = peer.compute()

    return frame


def warp(points: Any, host: Any) -> Frame:
    """Copies between arrays, of which those of the host's are NumPy's memory."""
    peer = peers.warp("sine", points)
    library = peer.library
    target = library.array(host, dtype=library.vec3d, device="cpu", copy=False)

    def frame(begin: int, end: int, rows: Any) -> None:
        changed = library.array(rows, dtype=library.vec3d, device="cpu", copy=False)
        library.copy(peer.data, changed, dest_offset=begin, count=end - begin)
        result = peer.compute()
        library.copy(target, result)
        peer.wait(result)

    return frame


def taichi(points: Any, host: Any) -> Frame:
    """Another kernel copies what has changed."""
    peer = peers.taichi("sine", points)
    put = importlib.import_module("contenders.taichi_kernels").put

    def frame(begin: int, end: int, rows: Any) -> None:
        put(peer.data, rows, begin)
        host[:] = peer.compute().to_numpy()

    return frame


def numba_cuda(points: Any, host: Any) -> Frame:
    """Slices of arrays take what has changed."""
    peer = peers.numba_cuda("sine", points)

    def frame(begin: int, end: int, rows: Any) -> None:
        peer.data[begin:end].copy_to_device(rows)
        peer.compute().copy_to_host(host)

    return frame


MAKERS = {"pp-cuda": party, "cupy": cupy, "jax": jax, "warp": warp, "taichi": taichi, "numba-cuda": numba_cuda}


def measure(contender: str, count: int) -> float:
    """The median milliseconds of a frame, in this process; RuntimeError where its result is wrong."""
    import numpy as np

    numbers = np.arange(float(count)) * 1e-3
    points = np.stack([numbers, numbers * 0.0, numbers * 0.25], axis=1)
    host = np.zeros_like(points)
    frame = MAKERS[contender](points.copy(), host)
    changed = count // 100
    taken = []
    for turn in range(WARM + FRAMES):
        begin = turn * 7919 % (count - changed)
        rows = points[begin : begin + changed] + 0.125
        start = time.perf_counter()
        frame(begin, begin + changed, rows)
        taken.append(time.perf_counter() - start)
        points[begin : begin + changed] = rows
    want = points.copy()
    want[:, 1] = np.sin(points[:, 0] + points[:, 2] + 0.5)
    if not np.allclose(host, want, rtol=0, atol=1e-12):
        raise RuntimeError(f"off by {abs(host - want).max():.3g}")
    return sorted(taken[WARM:])[FRAMES // 2] * 1e3


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="./dev bench --mesh", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=GPU, default=GPU)
    parser.add_argument("--points", type=int, default=POINTS)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, default=Path("out/mesh.json"))
    options = parser.parse_args()
    if options.child:
        try:
            print(json.dumps(measure(options.child, options.points)))
        except Exception as error:  # a peer's own way to say that it cannot: reported, not hidden
            print(json.dumps(" ".join(f"{type(error).__name__}: {error}".split())[:100]))
        return 0
    figures = {}
    for contender in options.only:
        answer = figures[contender] = answer_of(contender, __file__, "--points", str(options.points))
        cell = f"{answer:.2f} ms" if isinstance(answer, float) else answer
        print(f"{CONTENDERS[contender].name:<22}{cell}", flush=True)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({"points": options.points, "milliseconds": figures}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
