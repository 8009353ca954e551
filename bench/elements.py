"""The kinds of elements that are read and boxed, each with a function that looks at all of it and makes it new."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple


class Vector(NamedTuple):
    """A namedtuple of three floats."""

    x: float
    y: float
    z: float


@dataclass
class Particle:
    """A dataclass whose instances have a dict."""

    x: float
    y: float
    z: float


@dataclass(slots=True)
class Slotted:
    """The same with slots."""

    x: float
    y: float
    z: float


class Plain:
    """A class without decorators, whose instances have a dict."""

    def __init__(self, x: float, y: float, z: float) -> None:
        self.x = x
        self.y = y
        self.z = z

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plain) and (self.x, self.y, self.z) == (other.x, other.y, other.z)


def _shuffled(n: int) -> list[float]:
    floats = [0.5 * i for i in range(n)]
    random.Random(1).shuffle(floats)
    return floats


class Elements(NamedTuple):
    """How to make elements, a function over one of them, and how many a full run has."""

    make: Callable[[int], list[Any]]
    function: Callable[[Any], Any]
    size: int


def _three(make: Callable[[float, float, float], Any]) -> Callable[[int], list[Any]]:
    return lambda n: [make(0.1 * i, 0.5, 0.2 * i) for i in range(n)]


ELEMENTS = {
    "float": Elements(lambda n: [0.5 * i for i in range(n)], lambda v: v * 2.0 + 1.0, 5_000_000),
    "float, shuffled": Elements(_shuffled, lambda v: v * 2.0 + 1.0, 5_000_000),
    "int": Elements(lambda n: [1000 * i for i in range(n)], lambda v: v + 1, 5_000_000),
    "bool": Elements(lambda n: [i % 3 == 0 for i in range(n)], lambda v: not v, 5_000_000),
    "complex": Elements(lambda n: [complex(i, 1.0) for i in range(n)], lambda v: v * 2.0, 2_000_000),
    "str": Elements(lambda n: [f"name_{i:06d}" for i in range(n)], lambda v: v + "!", 1_000_000),
    "tuple of 3": Elements(_three(lambda *v: v), lambda p: (p[2] + 1.0, p[1] + 1.0, p[0] + 1.0), 2_000_000),
    "list of 3": Elements(_three(lambda *v: list(v)), lambda p: [p[2] + 1.0, p[1] + 1.0, p[0] + 1.0], 2_000_000),
    "ragged list": Elements(
        lambda n: [[0.5 * i] * (5 + i % 11) for i in range(n)], lambda r: [v + 1.0 for v in r], 300_000
    ),
    "dict of 3": Elements(
        _three(lambda x, y, z: {"x": x, "y": y, "z": z}),
        lambda d: {"x": d["z"] + 1.0, "y": d["y"] + 1.0, "z": d["x"] + 1.0},
        1_000_000,
    ),
    "namedtuple": Elements(_three(Vector), lambda p: Vector(p.z + 1.0, p.y + 1.0, p.x + 1.0), 1_000_000),
    "dataclass": Elements(_three(Particle), lambda p: Particle(p.z + 1.0, p.y + 1.0, p.x + 1.0), 1_000_000),
    "slots": Elements(_three(Slotted), lambda p: Slotted(p.z + 1.0, p.y + 1.0, p.x + 1.0), 1_000_000),
    "plain instance": Elements(_three(Plain), lambda p: Plain(p.z + 1.0, p.y + 1.0, p.x + 1.0), 1_000_000),
}
