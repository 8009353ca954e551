"""Numba on the CPU: loops under njit(parallel=True) over NumPy arrays, which lists become first."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import workloads
from numba import njit, prange

mandelbrot = njit(workloads.mandelbrot)
normal = njit(workloads.normal)
STARS = np.array(workloads.STARS)


@njit(parallel=True)
def _sine(points: Any) -> Any:
    result = points.copy()
    for i in prange(len(points)):
        result[i, 1] = math.sin(points[i, 0] + points[i, 2] + 0.5)
    return result


@njit(parallel=True)
def _black_scholes(spot: Any, strike: Any, years: Any) -> Any:
    result = np.empty_like(spot)
    rate, sigma = 0.02, 0.3
    for i in prange(len(spot)):
        spread = sigma * math.sqrt(years[i])
        d1 = (math.log(spot[i] / strike[i]) + (rate + 0.5 * sigma * sigma) * years[i]) / spread
        result[i] = spot[i] * normal(d1) - strike[i] * math.exp(-rate * years[i]) * normal(d1 - spread)
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
        ax = ay = az = 0.0
        for j in range(len(stars)):
            dx, dy, dz = stars[j, 0] - bodies[i, 0], stars[j, 1] - bodies[i, 1], stars[j, 2] - bodies[i, 2]
            squared = dx * dx + dy * dy + dz * dz + 0.01
            pull = stars[j, 3] / (squared * math.sqrt(squared))
            ax += dx * pull
            ay += dy * pull
            az += dz * pull
        result[i, 0], result[i, 1], result[i, 2] = ax, ay, az
    return result


def prepare(workload: str, device: str) -> Callable[..., list[Any]]:
    """Return a run over columns."""
    runs: dict[str, Callable[..., list[Any]]] = {
        "sine": lambda points: _sine(np.asarray(points)).tolist(),
        "black_scholes": lambda *columns: _black_scholes(*map(np.asarray, columns)).tolist(),
        "mandelbrot": lambda plane: _mandelbrot(np.asarray(plane)).tolist(),
        "nbody": lambda bodies: list(map(tuple, _nbody(np.asarray(bodies), STARS).tolist())),
    }
    return runs[workload]
