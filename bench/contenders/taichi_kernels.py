"""Taichi: kernels over NumPy arrays in double precision, which lists become first."""

# Taichi reads annotations when the module is run, so they must not be postponed here.

from collections.abc import Callable
from typing import Any

import numpy as np
import taichi as ti
import workloads

STARS = np.array(workloads.STARS)
ARRAY = ti.types.ndarray()


@ti.kernel
def _affine(floats: ARRAY, result: ARRAY):
    for i in range(floats.shape[0]):
        result[i] = floats[i] * 2.0 + 1.0


@ti.kernel
def _sine(points: ARRAY, result: ARRAY):
    for i in range(points.shape[0]):
        result[i, 0], result[i, 2] = points[i, 0], points[i, 2]
        result[i, 1] = ti.sin(points[i, 0] + points[i, 2] + 0.5)


@ti.kernel
def put(points: ARRAY, rows: ARRAY, begin: int):
    """Rows become those of `points` from `begin` on."""
    for i in range(rows.shape[0]):
        for j in ti.static(range(3)):
            points[begin + i, j] = rows[i, j]


@ti.kernel
def _mandelbrot(plane: ARRAY, result: ARRAY):
    for i in range(plane.shape[0]):
        a, b = 0.0, 0.0
        n = 0
        while n < 200 and a * a + b * b <= 4.0:
            a, b = a * a - b * b + plane[i, 0], 2.0 * a * b + plane[i, 1]
            n += 1
        result[i] = n


@ti.kernel
def _nbody(bodies: ARRAY, stars: ARRAY, result: ARRAY):
    for i in range(bodies.shape[0]):
        ax, ay, az = 0.0, 0.0, 0.0
        for j in range(stars.shape[0]):
            dx, dy, dz = stars[j, 0] - bodies[i, 0], stars[j, 1] - bodies[i, 1], stars[j, 2] - bodies[i, 2]
            squared = dx * dx + dy * dy + dz * dz + 0.01
            pull = stars[j, 3] / (squared * ti.sqrt(squared))
            ax += dx * pull
            ay += dy * pull
            az += dz * pull
        result[i, 0], result[i, 1], result[i, 2] = ax, ay, az


def prepare(workload: str, device: str) -> Callable[..., list[Any]]:
    """Return a run over columns; raises where Taichi falls back to another device, or lacks a function."""
    if workload == "black_scholes":
        raise RuntimeError("Taichi has no erf")
    ti.init(arch=getattr(ti, device), default_fp=ti.f64, offline_cache=False, log_level=ti.ERROR)
    wanted = ti.cuda if device == "cuda" else ti.x64
    if ti.cfg.arch != wanted:
        raise RuntimeError(f"Taichi has no {device} here")
    kernels = {"affine": _affine, "sine": _sine, "mandelbrot": _mandelbrot, "nbody": _nbody}
    further = [STARS] if workload == "nbody" else []

    def run(*columns: list[Any]) -> list[Any]:
        inputs = [np.asarray(column) for column in columns]
        shape = inputs[0].shape if workload in ("sine", "nbody") else len(columns[0])
        result = np.empty(shape, np.int64 if workload == "mandelbrot" else np.float64)
        kernels[workload](*inputs, *further, result)
        rows = result.tolist()
        return list(map(tuple, rows)) if workload == "nbody" else list(rows)

    return run
