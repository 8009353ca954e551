"""JAX: jitted array functions in double precision, over NumPy arrays, which lists become first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import erf
from workloads import STARS

jax.config.update("jax_enable_x64", True)


@jax.jit
def _affine(floats: Any) -> Any:
    return floats * 2.0 + 1.0


@jax.jit
def _sine(points: Any) -> Any:
    return points.at[:, 1].set(jnp.sin(points[:, 0] + points[:, 2] + 0.5))


@jax.jit
def _black_scholes(spot: Any, strike: Any, years: Any) -> Any:
    rate, sigma = 0.02, 0.3
    spread = sigma * jnp.sqrt(years)
    d1 = (jnp.log(spot / strike) + (rate + 0.5 * sigma * sigma) * years) / spread
    first = 0.5 * (1.0 + erf(d1 / 2.0**0.5))
    second = 0.5 * (1.0 + erf((d1 - spread) / 2.0**0.5))
    return spot * first - strike * jnp.exp(-rate * years) * second


@jax.jit
def _mandelbrot(plane: Any) -> Any:
    re, im = plane[:, 0], plane[:, 1]

    def step(_: int, state: Any) -> Any:
        a, b, counts = state
        inside = a * a + b * b <= 4.0
        return (
            jnp.where(inside, a * a - b * b + re, a),
            jnp.where(inside, 2.0 * a * b + im, b),
            counts + inside,
        )

    zeros = jnp.zeros_like(re)
    return jax.lax.fori_loop(0, 200, step, (zeros, zeros, jnp.zeros(re.shape, jnp.int64)))[2]


@jax.jit
def _nbody(bodies: Any) -> Any:
    total = jnp.zeros_like(bodies)
    for *place, mass in STARS:
        away = jnp.asarray(place) - bodies
        squared = (away * away).sum(axis=1) + 0.01
        total += away * (mass / (squared * jnp.sqrt(squared)))[:, None]
    return total


def prepare(workload: str, device: str) -> Callable[..., list[Any]]:
    """Return a run over columns on JAX's first device of that kind."""
    place = jax.devices("gpu" if device == "cuda" else device)[0]
    functions = {
        "affine": _affine,
        "sine": _sine,
        "black_scholes": _black_scholes,
        "mandelbrot": _mandelbrot,
        "nbody": _nbody,
    }

    def run(*columns: list[Any]) -> list[Any]:
        inputs = (jax.device_put(np.asarray(column), place) for column in columns)
        result = np.asarray(functions[workload](*inputs)).tolist()
        return list(map(tuple, result)) if workload == "nbody" else result

    return run
