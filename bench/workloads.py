"""What is measured: plain Python functions, and the plain Python lists that they are run over."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any, NamedTuple

Columns = list[list[Any]]
Vector = tuple[float, float, float]


def affine(x: float) -> float:
    """Scale and shift a float: nothing but reading and making numbers."""
    return x * 2.0 + 1.0


def sine(p: list[float]) -> list[float]:
    """Deform a point by a sine; a row in, a row out."""
    x, y, z = p
    return [x, math.sin(x + z + 0.5), z]


def normal(x: float) -> float:
    """The cumulative normal distribution."""
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


def black_scholes(spot: float, strike: float, years: float) -> float:
    """The price of a call option; three lists in, one list out."""
    rate, sigma = 0.02, 0.3
    spread = sigma * math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate + 0.5 * sigma * sigma) * years) / spread
    return spot * normal(d1) - strike * math.exp(-rate * years) * normal(d1 - spread)


def mandelbrot(c: tuple[float, float]) -> int:
    """Iterations until a point escapes, at most 200; tuples in, ints out."""
    re, im = c
    a = b = 0.0
    n = 0
    while n < 200 and a * a + b * b <= 4.0:
        a, b = a * a - b * b + re, 2.0 * a * b + im
        n += 1
    return n


STARS = tuple(
    (math.cos(0.9 * i) * (1.0 + 0.1 * i), math.sin(1.3 * i), math.sin(0.9 * i) * (1.0 + 0.1 * i), 1.0 + 0.05 * i)
    for i in range(32)
)


def nbody(p: Vector) -> Vector:
    """The pull of 32 stars on a body; tuples in, tuples out."""
    px, py, pz = p
    ax = ay = az = 0.0
    for sx, sy, sz, mass in STARS:
        dx, dy, dz = sx - px, sy - py, sz - pz
        squared = dx * dx + dy * dy + dz * dz + 0.01
        pull = mass / (squared * math.sqrt(squared))
        ax += dx * pull
        ay += dy * pull
        az += dz * pull
    return (ax, ay, az)


class Body:
    """A body that falls; its fields are in slots."""

    __slots__ = ("vx", "vy", "x", "y")

    def __init__(self, x: float, y: float, vx: float, vy: float) -> None:
        self.x, self.y, self.vx, self.vy = x, y, vx, vy


def euler(p: Body) -> None:
    """Move a body by one step of time; written back into the object."""
    p.vy -= 0.0981
    p.x += p.vx * 0.01
    p.y += p.vy * 0.01


class Workload(NamedTuple):
    """A function, the columns that it is mapped over, and how many elements a full run has.

    A function that writes to its elements instead has `fields`, which reads one of them.
    """

    function: Callable[..., Any]
    columns: Callable[[int], Columns]
    size: int
    title: str
    fields: Callable[[Any], tuple[Any, ...]] | None = None

    def by_loop(self, *columns: list[Any]) -> list[Any]:
        """What Python does: the comprehension, or the loop and the elements themselves."""
        if self.fields is None:
            return [self.function(*row) for row in zip(*columns, strict=True)]
        for row in zip(*columns, strict=True):
            self.function(*row)
        return columns[0]

    def comparable(self, result: list[Any]) -> list[Any]:
        """The result as numbers and rows of them."""
        return result if self.fields is None else [self.fields(element) for element in result]


def _points(n: int) -> Columns:
    return [[[0.1 * i, 0.5, 0.2 * i] for i in range(n)]]


def _options(n: int) -> Columns:
    return [[80.0 + i % 40 for i in range(n)], [100.0] * n, [0.5 + i % 7 for i in range(n)]]


def _plane(n: int) -> Columns:
    side = math.isqrt(n)
    return [[(-2.0 + 3.0 * i / side, -1.5 + 3.0 * j / side) for i in range(side) for j in range(side)]]


def _bodies(n: int) -> Columns:
    chance = random.Random(1)
    return [[(chance.uniform(-4, 4), chance.uniform(-4, 4), chance.uniform(-4, 4)) for _ in range(n)]]


def _floats(n: int) -> Columns:
    return [[0.5 * i for i in range(n)]]


def _objects(n: int) -> Columns:
    return [[Body(float(i), 2.0, 0.5, -1.0) for i in range(n)]]


WORKLOADS = {
    "affine": Workload(affine, _floats, 5_000_000, "x * 2.0 + 1.0, 5 M floats"),
    "sine": Workload(sine, _points, 1_000_000, "sine deform, 1 M rows"),
    "black_scholes": Workload(black_scholes, _options, 1_000_000, "Black-Scholes, 3 lists of 1 M"),
    "mandelbrot": Workload(mandelbrot, _plane, 250_000, "Mandelbrot, 250 k tuples"),
    "nbody": Workload(nbody, _bodies, 65_536, "n-body, 65 k bodies, 32 stars"),
    "euler": Workload(
        euler, _objects, 1_000_000, "Euler step, 1 M slotted objects in place", lambda p: (p.x, p.y, p.vx, p.vy)
    ),
}
