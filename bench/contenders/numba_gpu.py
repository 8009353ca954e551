"""Numba-CUDA: kernels of one thread an element over NumPy arrays, which lists become first."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import workloads

if not hasattr(np, "row_stack"):
    np.row_stack = np.vstack  # numba-cuda asks for a name that NumPy 2.5 took away

from numba import cuda  # noqa: E402 - after the repair

from contenders.numba_shared import compiled

black_scholes, mandelbrot, pull = compiled(cuda.jit(device=True))
STARS = np.array(workloads.STARS)
THREADS = 256


@cuda.jit
def _affine(floats: Any, result: Any) -> None:
    i = cuda.grid(1)
    if i < len(floats):
        result[i] = floats[i] * 2.0 + 1.0


@cuda.jit
def _sine(points: Any, result: Any) -> None:
    i = cuda.grid(1)
    if i < len(points):
        result[i, 0], result[i, 2] = points[i, 0], points[i, 2]
        result[i, 1] = math.sin(points[i, 0] + points[i, 2] + 0.5)


@cuda.jit
def _black_scholes(spot: Any, strike: Any, years: Any, result: Any) -> None:
    i = cuda.grid(1)
    if i < len(spot):
        result[i] = black_scholes(spot[i], strike[i], years[i])


@cuda.jit
def _mandelbrot(plane: Any, result: Any) -> None:
    i = cuda.grid(1)
    if i < len(plane):
        result[i] = mandelbrot((plane[i, 0], plane[i, 1]))


@cuda.jit
def _nbody(bodies: Any, stars: Any, result: Any) -> None:
    i = cuda.grid(1)
    if i < len(bodies):
        ax, ay, az = pull(bodies[i, 0], bodies[i, 1], bodies[i, 2], stars)
        result[i, 0], result[i, 1], result[i, 2] = ax, ay, az


def _run(kernel: Any, inputs: list[Any], shape: Any, kind: type = float) -> list[Any]:
    result = cuda.device_array(shape, kind)
    count = len(inputs[0])
    kernel[(count + THREADS - 1) // THREADS, THREADS](*map(cuda.to_device, inputs), result)
    return list(result.copy_to_host().tolist())


def prepare(workload: str, device: str) -> Callable[..., list[Any]]:
    """Return a run over columns."""

    def columns_of(*columns: list[Any]) -> list[Any]:
        return [np.asarray(column) for column in columns]

    runs: dict[str, Callable[..., list[Any]]] = {
        "affine": lambda floats: _run(_affine, columns_of(floats), len(floats)),
        "sine": lambda points: _run(_sine, columns_of(points), (len(points), 3)),
        "black_scholes": lambda *columns: _run(_black_scholes, columns_of(*columns), len(columns[0])),
        "mandelbrot": lambda plane: _run(_mandelbrot, columns_of(plane), len(plane), np.int64),
        "nbody": lambda bodies: list(map(tuple, _run(_nbody, [*columns_of(bodies), STARS], (len(bodies), 3)))),
    }
    return runs[workload]
