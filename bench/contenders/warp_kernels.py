"""Warp: kernels of one thread an element in double precision, over NumPy arrays, which lists become first."""

# Warp reads annotations when the module is run, so they must not be postponed here.

from collections.abc import Callable
from typing import Any

import numpy as np
import warp as wp
import workloads

wp.config.quiet = True
STARS = np.array(workloads.STARS)
F64 = wp.float64


@wp.func
def normal(x: wp.float64) -> wp.float64:
    """The cumulative normal distribution."""
    return F64(0.5) * (F64(1.0) + wp.erf(x / wp.sqrt(F64(2.0))))


@wp.kernel
def _affine(floats: wp.array(dtype=wp.float64), result: wp.array(dtype=wp.float64)):
    i = wp.tid()
    result[i] = floats[i] * F64(2.0) + F64(1.0)


@wp.kernel
def _sine(points: wp.array(dtype=wp.vec3d), result: wp.array(dtype=wp.vec3d)):
    i = wp.tid()
    p = points[i]
    result[i] = wp.vec3d(p[0], wp.sin(p[0] + p[2] + F64(0.5)), p[2])


@wp.kernel
def _black_scholes(
    spots: wp.array(dtype=wp.float64),
    strikes: wp.array(dtype=wp.float64),
    times: wp.array(dtype=wp.float64),
    result: wp.array(dtype=wp.float64),
):
    i = wp.tid()
    spot, strike, years = spots[i], strikes[i], times[i]
    rate, sigma = F64(0.02), F64(0.3)
    spread = sigma * wp.sqrt(years)
    d1 = (wp.log(spot / strike) + (rate + F64(0.5) * sigma * sigma) * years) / spread
    result[i] = spot * normal(d1) - strike * wp.exp(-rate * years) * normal(d1 - spread)


@wp.kernel
def _mandelbrot(plane: wp.array(dtype=wp.vec2d), result: wp.array(dtype=wp.int64)):
    i = wp.tid()
    c = plane[i]
    a = F64(0.0)
    b = F64(0.0)
    n = int(0)  # noqa: UP018 - a literal would be a constant to Warp
    while n < 200 and a * a + b * b <= F64(4.0):
        t = a * a - b * b + c[0]
        b = F64(2.0) * a * b + c[1]
        a = t
        n += 1
    result[i] = wp.int64(n)


@wp.kernel
def _nbody(
    bodies: wp.array(dtype=wp.vec3d),
    stars: wp.array(dtype=wp.vec4d),
    result: wp.array(dtype=wp.vec3d),
):
    i = wp.tid()
    p = bodies[i]
    total = wp.vec3d(F64(0.0), F64(0.0), F64(0.0))
    for j in range(stars.shape[0]):
        star = stars[j]
        away = wp.vec3d(star[0] - p[0], star[1] - p[1], star[2] - p[2])
        squared = wp.dot(away, away) + F64(0.01)
        total += away * (star[3] / (squared * wp.sqrt(squared)))
    result[i] = total


def prepare(workload: str, device: str) -> Callable[..., list[Any]]:
    """Return a run over columns on a device of Warp's."""
    wp.get_device(device)
    kernels = {
        "affine": (_affine, wp.float64, wp.float64),
        "sine": (_sine, wp.vec3d, wp.vec3d),
        "black_scholes": (_black_scholes, wp.float64, wp.float64),
        "mandelbrot": (_mandelbrot, wp.vec2d, wp.int64),
        "nbody": (_nbody, wp.vec3d, wp.vec3d),
    }
    kernel, taken, given = kernels[workload]
    further = [wp.array(STARS, dtype=wp.vec4d, device=device)] if workload == "nbody" else []

    def run(*columns: list[Any]) -> list[Any]:
        inputs = [wp.array(np.asarray(column), dtype=taken, device=device) for column in columns]
        result = wp.empty(len(columns[0]), dtype=given, device=device)
        wp.launch(kernel, dim=len(columns[0]), inputs=[*inputs, *further], outputs=[result], device=device)
        rows = result.numpy().tolist()
        return list(map(tuple, rows)) if workload == "nbody" else list(rows)

    return run
