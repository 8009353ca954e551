"""Numba on the CPU: loops under njit(parallel=True) over NumPy arrays, which lists become first."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import workloads
from numba import njit, prange

from contenders.numba_shared import compiled

black_scholes, mandelbrot, pull = compiled(njit)
STARS = np.array(workloads.STARS)


@njit(parallel=True)
def _affine(floats: Any) -> Any:
    result = np.empty_like(floats)
    for i in prange(len(floats)):
        result[i] = floats[i] * 2.0 + 1.0
    return result


@njit(parallel=True)
def _sine(points: Any) -> Any:
    result = points.copy()
    for i in prange(len(points)):
        result[i, 1] = math.sin(points[i, 0] + points[i, 2] + 0.5)
    return result


@njit(parallel=True)
def _black_scholes(spot: Any, strike: Any, years: Any) -> Any:
    result = np.empty_like(spot)
    for i in prange(len(spot)):
        result[i] = black_scholes(spot[i], strike[i], years[i])
    return result


@njit(parallel=True)
def _mandelbrot(plane: Any) -> Any:
    result = np.empty(len(plane), np.int64)
    for i in prange(len(plane)):
        result[i] = mandelbrot((plane[i, 0], plane[i, 1]))
    return result


@njit(parallel=True)
def _nbody(bodies: Any, stars: Any) -> Any:
    result = np.empty_like(bodies)
    for i in prange(len(bodies)):
        ax, ay, az = pull(bodies[i, 0], bodies[i, 1], bodies[i, 2], stars)
        result[i, 0], result[i, 1], result[i, 2] = ax, ay, az
    return result


def prepare(workload: str, device: str) -> Callable[..., list[Any]]:
    """Return a run over columns."""
    runs: dict[str, Callable[..., list[Any]]] = {
        "affine": lambda floats: _affine(np.asarray(floats)).tolist(),
        "sine": lambda points: _sine(np.asarray(points)).tolist(),
        "black_scholes": lambda *columns: _black_scholes(*map(np.asarray, columns)).tolist(),
        "mandelbrot": lambda plane: _mandelbrot(np.asarray(plane)).tolist(),
        "nbody": lambda bodies: list(map(tuple, _nbody(np.asarray(bodies), STARS).tolist())),
    }
    return runs[workload]
