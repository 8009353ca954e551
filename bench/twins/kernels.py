"""The twins' Python side: what a user would write, each over elements whose columns `make` returns.

Each function does for one element what its C++ twin in kernels.cpp does, operation for operation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Any

Columns = list[list[Any]]

# ---- n-body: a few steps of three bodies of a plane, each element a system of its own --------------------------------


def nbody(system: tuple[float, ...], steps: int) -> tuple[float, ...]:
    """Advance the bodies of one system; positions, then velocities."""
    x0, y0, z0, x1, y1, z1, x2, y2, z2, u0, v0, w0, u1, v1, w1, u2, v2, w2 = system
    m0, m1, m2 = 39.47841760435743, 0.03769367487038949, 0.011286326131968767
    dt = 0.01
    for _ in range(steps):
        dx, dy, dz = x0 - x1, y0 - y1, z0 - z1
        square = dx * dx + dy * dy + dz * dz
        magnitude = dt / (square * math.sqrt(square))
        u0, v0, w0 = u0 - dx * m1 * magnitude, v0 - dy * m1 * magnitude, w0 - dz * m1 * magnitude
        u1, v1, w1 = u1 + dx * m0 * magnitude, v1 + dy * m0 * magnitude, w1 + dz * m0 * magnitude
        dx, dy, dz = x0 - x2, y0 - y2, z0 - z2
        square = dx * dx + dy * dy + dz * dz
        magnitude = dt / (square * math.sqrt(square))
        u0, v0, w0 = u0 - dx * m2 * magnitude, v0 - dy * m2 * magnitude, w0 - dz * m2 * magnitude
        u2, v2, w2 = u2 + dx * m0 * magnitude, v2 + dy * m0 * magnitude, w2 + dz * m0 * magnitude
        dx, dy, dz = x1 - x2, y1 - y2, z1 - z2
        square = dx * dx + dy * dy + dz * dz
        magnitude = dt / (square * math.sqrt(square))
        u1, v1, w1 = u1 - dx * m2 * magnitude, v1 - dy * m2 * magnitude, w1 - dz * m2 * magnitude
        u2, v2, w2 = u2 + dx * m1 * magnitude, v2 + dy * m1 * magnitude, w2 + dz * m1 * magnitude
        x0, y0, z0 = x0 + dt * u0, y0 + dt * v0, z0 + dt * w0
        x1, y1, z1 = x1 + dt * u1, y1 + dt * v1, z1 + dt * w1
        x2, y2, z2 = x2 + dt * u2, y2 + dt * v2, z2 + dt * w2
    return (x0, y0, z0, x1, y1, z1, x2, y2, z2, u0, v0, w0, u1, v1, w1, u2, v2, w2)


def make_nbody(count: int) -> Columns:
    """Systems near the sun, Jupiter and Saturn."""
    random = Random(1)
    one = [0.0, 0.0, 0.0, 4.84, -1.16, -0.10, 8.34, 4.12, -0.4, 0.0, 0.0, 0.0, 0.6, 2.81, -0.02, -1.01, 1.82, 0.008]
    return [[tuple(value + random.uniform(-0.05, 0.05) for value in one) for _ in range(count)]]


# ---- spectral norm: one row of the infinite matrix times a vector of any length --------------------------------------


def spectral(row: int, vector: tuple[float, ...]) -> float:
    """Return the product of one row of A with a vector."""
    total = 0.0
    for j, value in enumerate(vector):
        total += value / ((row + j) * (row + j + 1) // 2 + row + 1)
    return total


def make_spectral(count: int) -> Columns:
    """Rows of numbers of lengths around 100."""
    random = Random(2)
    vectors = [tuple(random.random() for _ in range(random.randint(90, 110))) for _ in range(count)]
    return [list(range(count)), vectors]


# ---- Mandelbrot ------------------------------------------------------------------------------------------------------


def mandelbrot(x: float, y: float, limit: int) -> int:
    """Return how many steps a point of the plane takes to escape."""
    a = b = 0.0
    for i in range(limit):
        aa, bb = a * a, b * b
        if aa + bb > 4.0:
            return i
        a, b = aa - bb + x, 2.0 * a * b + y
    return limit


def make_mandelbrot(count: int) -> Columns:
    """Points around the set."""
    random = Random(3)
    return [[random.uniform(-2.0, 0.5) for _ in range(count)], [random.uniform(-1.25, 1.25) for _ in range(count)]]


# ---- Black-Scholes ---------------------------------------------------------------------------------------------------


def black_scholes(spot: float, strike: float, years: float, rate: float, volatility: float) -> tuple[float, float]:
    """Return the prices of a call and a put."""
    spread = volatility * math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate + 0.5 * volatility * volatility) * years) / spread
    d2 = d1 - spread
    discount = math.exp(-rate * years)
    c1 = 0.5 * math.erfc(-d1 / math.sqrt(2.0))
    c2 = 0.5 * math.erfc(-d2 / math.sqrt(2.0))
    call = spot * c1 - strike * discount * c2
    return (call, call - spot + strike * discount)


def make_black_scholes(count: int) -> Columns:
    """Options."""
    random = Random(4)
    return [[random.uniform(low, high) for _ in range(count)] for low, high in ((10, 150), (10, 150), (0.1, 3))]


# ---- Levenshtein -----------------------------------------------------------------------------------------------------


def levenshtein(first: str, second: str) -> int:
    """Return how many edits lead from one text to the other."""
    previous = [j for j in range(len(second) + 1)]  # noqa: C416 (written as in C++)
    for i, a in enumerate(first):
        current = [i + 1]
        for j, b in enumerate(second):
            cost = previous[j] if a == b else previous[j] + 1
            current.append(min(cost, previous[j + 1] + 1, current[j] + 1))
        previous = current
    return previous[len(second)]


def make_levenshtein(count: int) -> Columns:
    """Words of 10 to 30 letters."""
    random = Random(5)

    def word() -> str:
        return "".join(random.choice("abcdefgh") for _ in range(random.randint(10, 30)))

    return [[word() for _ in range(count)], [word() for _ in range(count)]]


# ---- a ray tracer over dataclasses -----------------------------------------------------------------------------------


@dataclass(slots=True)
class Vector:
    """Three floats."""

    x: float
    y: float
    z: float

    def plus(self, other: Vector) -> Vector:
        """Return the sum."""
        return Vector(self.x + other.x, self.y + other.y, self.z + other.z)

    def minus(self, other: Vector) -> Vector:
        """Return the difference."""
        return Vector(self.x - other.x, self.y - other.y, self.z - other.z)

    def times(self, factor: float) -> Vector:
        """Return the multiple."""
        return Vector(self.x * factor, self.y * factor, self.z * factor)

    def dot(self, other: Vector) -> float:
        """Return the scalar product."""
        return self.x * other.x + self.y * other.y + self.z * other.z

    def unit(self) -> Vector:
        """Return the direction."""
        return self.times(1.0 / math.sqrt(self.dot(self)))


@dataclass(slots=True)
class Sphere:
    """A ball of one grey."""

    centre: Vector
    radius: float
    grey: float

    def hit(self, origin: Vector, direction: Vector) -> float:
        """Return the distance at which a ray meets it, or -1."""
        to_centre = self.centre.minus(origin)
        along = to_centre.dot(direction)
        left = self.radius * self.radius - (to_centre.dot(to_centre) - along * along)
        if left < 0.0:
            return -1.0
        near = along - math.sqrt(left)
        return near if near > 1e-9 else -1.0


def trace(x: float, y: float) -> float:
    """Return the light of one pixel: two balls over a checkered floor, one lamp, one bounce."""
    first = Sphere(Vector(-0.6, 0.2, 3.0), 0.8, 0.9)
    second = Sphere(Vector(0.8, -0.1, 2.4), 0.5, 0.6)
    lamp = Vector(-2.0, 4.0, -1.0)
    origin = Vector(0.0, 0.0, -1.0)
    direction = Vector(x, y, 1.5).unit()
    light = 0.0
    weight = 1.0
    for _ in range(3):
        near, hit_first = 1e30, False
        distance = first.hit(origin, direction)
        found = False
        if distance > 0.0:
            near, hit_first, found = distance, True, True
        distance = second.hit(origin, direction)
        if distance > 0.0 and distance < near:
            near, hit_first, found = distance, False, True
        if not found:
            if direction.y >= 0.0:
                light += weight * 0.3 * (1.0 - direction.y)
                break
            floor = (-0.6 - origin.y) / direction.y
            point = origin.plus(direction.times(floor))
            is_dark = (math.floor(point.x) + math.floor(point.z)) % 2 == 0
            light += weight * (0.2 if is_dark else 0.7)
            break
        point = origin.plus(direction.times(near))
        ball_centre = first.centre if hit_first else second.centre
        grey = first.grey if hit_first else second.grey
        normal = point.minus(ball_centre).unit()
        to_lamp = lamp.minus(point).unit()
        shade = max(normal.dot(to_lamp), 0.0)
        light += weight * 0.5 * grey * shade
        weight *= 0.5 * grey
        origin = point
        direction = direction.minus(normal.times(2.0 * direction.dot(normal)))
    return light


def make_trace(count: int) -> Columns:
    """Pixels."""
    random = Random(6)
    return [[random.uniform(-1.0, 1.0) for _ in range(count)], [random.uniform(-1.0, 1.0) for _ in range(count)]]


# ---- data from outside: a smoothed profile, a field of masses, a price list ------------------------------------------


def neighbours(i: int, heights: list[float]) -> float:
    """Return the mean of a height and those beside it."""
    return (heights[i - 1] + heights[i] + heights[i + 1]) / 3.0


def potential(x: float, y: float, z: float, bodies: list[tuple[float, ...]]) -> float:
    """Return what all bodies amount to at a point."""
    total = 0.0
    for bx, by, bz, mass in bodies:
        dx, dy, dz = bx - x, by - y, bz - z
        total += mass / math.sqrt(dx * dx + dy * dy + dz * dz + 0.01)
    return total


def price(number: int, prices: dict[int, float]) -> float:
    """Return an article's price."""
    return prices.get(number, 0.0)


def make_neighbours(count: int) -> Columns:
    """Positions in no order."""
    random = Random(7)
    return [[random.randrange(1, 999_999) for _ in range(count)]]


def make_potential(count: int) -> Columns:
    """Points."""
    random = Random(8)
    return [[random.uniform(-1.0, 1.0) for _ in range(count)] for _ in range(3)]


def make_price(count: int) -> Columns:
    """Numbers of articles, one in seven of which there is."""
    random = Random(9)
    return [[random.randrange(70_000) for _ in range(count)]]


HEIGHTS = [0.5 * (i % 1000) for i in range(1_000_000)]
BODIES = [(0.01 * i, 1.0 - 0.02 * i, 0.03 * i, 1.0 + i) for i in range(100)]
PRICES = {7 * i: 0.25 * i for i in range(10_000)}
