"""NumPy, and CuPy, which is written the same way: whole-array expressions."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from workloads import STARS


def prepare(workload: str, device: str, package: str) -> Callable[..., list[Any]]:
    """Return a run over columns by array expressions of `package`."""
    xp = importlib.import_module(package)
    if workload == "black_scholes":  # only SciPy, and CuPy's twin of it, have erf
        special = importlib.import_module("cupyx.scipy.special" if package == "cupy" else "scipy.special")
    runs: dict[str, Callable[..., list[Any]]] = {
        "affine": lambda floats: list((xp.asarray(floats) * 2.0 + 1.0).tolist()),
        "sine": lambda points: _sine(xp, points),
        "black_scholes": lambda *columns: _black_scholes(xp, special.erf, *columns),
        "mandelbrot": lambda plane: _mandelbrot(xp, plane),
        "nbody": lambda bodies: _nbody(xp, bodies),
        "euler": lambda objects: _euler(xp, objects),
    }
    return runs[workload]


def _sine(xp: Any, points: list[list[float]]) -> list[Any]:
    array = xp.asarray(points)
    result = array.copy()
    result[:, 1] = xp.sin(array[:, 0] + array[:, 2] + 0.5)
    return list(result.tolist())


def _black_scholes(xp: Any, erf: Any, *columns: list[float]) -> list[Any]:
    spot, strike, years = (xp.asarray(column) for column in columns)
    rate, sigma = 0.02, 0.3
    spread = sigma * xp.sqrt(years)
    d1 = (xp.log(spot / strike) + (rate + 0.5 * sigma * sigma) * years) / spread
    first = 0.5 * (1.0 + erf(d1 / 2.0**0.5))
    second = 0.5 * (1.0 + erf((d1 - spread) / 2.0**0.5))
    return list((spot * first - strike * xp.exp(-rate * years) * second).tolist())


def _mandelbrot(xp: Any, plane: list[tuple[float, float]]) -> list[Any]:
    re, im = xp.asarray(plane).T.copy()
    a, b = xp.zeros_like(re), xp.zeros_like(re)
    counts = xp.zeros(re.shape, dtype=xp.int64)
    inside = xp.ones(re.shape, dtype=bool)
    for _ in range(200):
        inside &= a * a + b * b <= 4.0
        counts += inside
        a, b = xp.where(inside, a * a - b * b + re, a), xp.where(inside, 2.0 * a * b + im, b)
    return list(counts.tolist())


def _nbody(xp: Any, bodies: list[tuple[float, float, float]]) -> list[Any]:
    positions = xp.asarray(bodies)
    total = xp.zeros_like(positions)
    for *place, mass in STARS:
        away = xp.asarray(place) - positions
        squared = (away * away).sum(axis=1) + 0.01
        total += away * (mass / (squared * xp.sqrt(squared)))[:, None]
    return list(map(tuple, total.tolist()))


def _euler(xp: Any, objects: list[Any]) -> list[Any]:
    x, y, vx, vy = (xp.asarray([getattr(p, name) for p in objects]) for name in ("x", "y", "vx", "vy"))
    vy = vy - 0.0981
    x, y = x + vx * 0.01, y + vy * 0.01
    for p, new_x, new_y, new_vy in zip(objects, x.tolist(), y.tolist(), vy.tolist(), strict=True):
        p.x, p.y, p.vy = new_x, new_y, new_vy
    return objects
