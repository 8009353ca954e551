"""What the kernels of Numba on the CPU and of Numba-CUDA share: the work on one element, compiled by either."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import FunctionType
from typing import Any, NamedTuple

import workloads


def _pull(x: float, y: float, z: float, stars: Any) -> tuple[float, float, float]:
    ax = ay = az = 0.0
    for j in range(len(stars)):
        dx, dy, dz = stars[j, 0] - x, stars[j, 1] - y, stars[j, 2] - z
        squared = dx * dx + dy * dy + dz * dz + 0.01
        pull = stars[j, 3] / (squared * math.sqrt(squared))
        ax += dx * pull
        ay += dy * pull
        az += dz * pull
    return ax, ay, az


class Elements(NamedTuple):
    """Compiled functions of one element's numbers."""

    black_scholes: Callable[..., Any]
    mandelbrot: Callable[..., Any]
    pull: Callable[..., Any]


def compiled(jit: Callable[[Callable[..., Any]], Any]) -> Elements:
    """Return the functions, compiled by `jit`."""
    # The workload's own function, in which `normal` means the compiled one.
    names = {**vars(workloads), "normal": jit(workloads.normal)}
    black_scholes = FunctionType(workloads.black_scholes.__code__, names, "black_scholes")
    return Elements(jit(black_scholes), jit(workloads.mandelbrot), jit(_pull))
