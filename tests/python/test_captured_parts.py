"""Tuples, lists and dicts of a few parts of any kind that functions name: functions, Arrays, members, mixed values."""

from __future__ import annotations

import enum
import math
from typing import Any

import pytest
from conftest import agrees, runs_compiled

import parallel_party as pp


class State(enum.Enum):
    OPEN = 1
    SHUT = 2


def double(x):
    return 2 * x


class Point:
    def __init__(self, x):
        self.x = x


ARRAYS = (pp.array([1.0, 2.0]), pp.array([10, 20, 30]))
GRIDS = {"cells": pp.array([1.0, 2.5, 4.0]), "count": 3}
MIXED = [1.5, "word", None, (1, 2.0), True, [1, 2, 3]]
WAYS = {"double": double, "root": math.sqrt, "text": str, "own": lambda x: x + 1}
STEPS = [double, math.floor, abs]
COST = {State.OPEN: 1.5, State.SHUT: 20}
MEMBERS = [State.SHUT, State.OPEN]
TREE = {"a": {"b": [double, {"c": (State.OPEN, "deep")}]}, "n": None}
CONFIG = {"name": "run", "scale": 2.5, "on": True, "limits": (0, 10), "none": None}


def applied(x):
    for step in STEPS:
        x = step(x)
    return x


def dispatched(word):
    way = WAYS.get(word)
    return -1 if way is None else way(len(word))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (ARRAYS[0][x % 2], ARRAYS[1][x % 3], len(ARRAYS), len(ARRAYS[1])),
        lambda x: GRIDS["cells"][x % GRIDS["count"]] + len(GRIDS),
        lambda x: (
            MIXED[0] * x,
            MIXED[1] + "!",
            MIXED[2] is None,
            MIXED[3][1],
            MIXED[4] + x,
            MIXED[5][x % 3],
            MIXED[-1][0],
        ),
        lambda x: (WAYS["double"](x), WAYS["root"](abs(x)), WAYS["text"](x), WAYS["own"](x), "root" in WAYS, len(WAYS)),
        applied,
        lambda x: [step(x) for step in STEPS] + [step(-x) for step in STEPS[1:]],
        lambda x: (COST[State.OPEN] * x, COST.get(State.SHUT), State.OPEN in COST, sum(COST.values()), len(COST)),
        lambda x: [member.name for member in MEMBERS] + [MEMBERS[0].name, str(State.OPEN in MEMBERS)],
        lambda x: (TREE["a"]["b"][0](x), TREE["a"]["b"][1]["c"][0].value, TREE["a"]["b"][1]["c"][1], TREE["n"]),
        lambda x: (CONFIG["name"], CONFIG["scale"] * x, CONFIG["on"], CONFIG["limits"][1], CONFIG["none"], len(CONFIG)),
        lambda x: [key for key, value in CONFIG.items() if value],
        lambda x: max(*MIXED[3], x) + double(*[MIXED[0]]),
        lambda x: {**CONFIG, "scale": x}["scale"],
    ],
    ids=range(13),
)
def test_parts_of_any_kind(f):
    assert runs_compiled(f, [1, 2, 3, 0, 7])


def test_ways_that_data_chooses():
    assert agrees(dispatched, ["double", "root", "text", "own", "none", ""], device="cpu")
    assert agrees(lambda s: COST[s], [State.OPEN, State.SHUT], device="cpu")
    assert agrees(lambda s: COST.get(s, 0), [State.OPEN, State.SHUT], device="cpu")


def test_what_they_hold_is_read_anew():
    way: list[Any] = [double, "a", 1.5]
    table: dict[Any, Any] = {"f": double, State.OPEN: 1.5}
    f = lambda x: (way[0](x), way[1], way[2] * x, len(way))
    g = lambda x: (table["f"](x), table[State.OPEN], list(table))
    assert agrees(f, [1, 2], device="cpu")
    before = pp.stats().compilations
    way[2] = 2.5
    assert agrees(f, [1, 2], device="cpu")
    assert pp.stats().compilations == before
    for place, part in [(1, "b"), (0, abs), (1, 7), (2, "text"), (2, 3), (0, max)]:
        way[place] = part
        if place == 0 and part is max:
            way[0] = lambda x: x - 1
        assert agrees(f, [1, 2], device="cpu")
    way.append(None)
    assert agrees(f, [1, 2], device="cpu")
    del way[3:]
    assert agrees(f, [1, 2], device="cpu")
    assert agrees(g, [1, 2], device="cpu")
    table["f"] = abs
    assert agrees(g, [-1, 2], device="cpu")
    table["more"] = "x"
    assert agrees(g, [-1, 2], device="cpu")
    table["f"] = table.pop("f")  # another order
    assert agrees(g, [-1, 2], device="cpu")
    del table[State.OPEN]
    assert agrees(g, [-1, 2], device="cpu")
    table.clear()
    assert agrees(g, [-1, 2], device="cpu")


def test_the_objects_themselves_are_returned():
    for whole in (MIXED, STEPS, CONFIG, COST, ARRAYS, TREE):
        try:
            made = pp.map(lambda x, whole=whole: (whole, x), [1, 2], device="cpu")
        except pp.UnsupportedError:
            continue
        assert made[0][0] is made[1][0] is whole or (isinstance(whole, tuple) and made[0][0] == whole)
    assert agrees(lambda x: MIXED is MIXED, [1], device="cpu")


@pytest.mark.parametrize(
    "f",
    [
        lambda x: MIXED.append(x),
        lambda x: CONFIG.update(name=x),
        lambda x: COST.pop(State.OPEN),
        lambda x: MIXED.__setitem__(0, x),
        lambda x: TREE["a"]["b"].append(1),
        lambda x: TREE["a"].clear(),
    ],
    ids=range(6),
)
def test_they_are_not_changed(f):
    before = repr((MIXED, CONFIG, COST, TREE))
    with pytest.raises(pp.UnsupportedError):
        pp.map(f, [1, 2], device="cpu")
    assert repr((MIXED, CONFIG, COST, TREE)) == before


def test_what_holds_itself_and_what_is_large():
    endless: list[Any] = [double]
    endless.append(endless)
    assert agrees(lambda x: endless[1][1][1][0](x), [1, 2], device="cpu")
    many = [double if k % 2 else abs for k in range(200)]
    with pytest.raises(pp.UnsupportedError, match="'list'"):
        pp.map(lambda x: many[0](x), [1, 2], device="cpu")


def test_parts_without_a_form_are_refused_where_they_are_used():
    parts = [Point(1.0), open, 2.0]
    assert agrees(lambda x: parts[2] * x, [1, 2], device="cpu")
    with pytest.raises(pp.UnsupportedError):
        pp.map(lambda x: parts[1](x), [1, 2], device="cpu")


def test_for_each_reads_them():
    points = [Point(1.0), Point(2.0)]

    def step(p):
        p.x = WAYS["double"](p.x) + COST[State.OPEN] + ARRAYS[0][1]

    pp.for_each(step, points, device="cpu")
    assert [p.x for p in points] == [5.5, 7.5]


class Grid:
    scale = 2.0

    def __init__(self) -> None:
        self.cells = pp.array([1.0, 2.0, 3.0])
        self.count = 3
        self.way = double
        self.inner = {"rows": [pp.array([1, 2]), pp.array([3, 4])], "state": State.OPEN}
        self.name = "grid"

    @property
    def last(self):
        return self.cells[self.count - 1]

    def at(self, i):
        return self.cells[i % self.count] * self.scale

    def all(self, i):
        return self.at(i) + self.way(i) + self.last + self.inner["rows"][1][i % 2], self.name, self.inner["state"].name

    def put(self, i):
        self.cells[i] = self.cells[i] * 10.0

    def grow(self, i):
        self.count = self.count + i


class Slotted:
    __slots__ = ("cells", "missing", "way")

    def __init__(self) -> None:
        self.cells = pp.array([1.0, 2.0, 3.0])
        self.way = math.sqrt


GRID = Grid()
SLOTTED = Slotted()


@pytest.mark.parametrize(
    "f",
    [GRID.at, GRID.all, lambda i: GRID.all(i), lambda i: (GRID.last, GRID.cells[i], len(GRID.cells), sum(GRID.cells)),
     lambda i: SLOTTED.way(SLOTTED.cells[i]), lambda i: hasattr(SLOTTED, "missing"), lambda i: isinstance(GRID, Grid)],
    ids=range(7),
)  # fmt: skip
def test_instances_that_hold_parts_of_any_kind(f):
    assert runs_compiled(f, [0, 1, 2])


def test_what_instances_hold_is_read_anew():
    grid = Grid()
    f = lambda i: (grid.at(i), grid.way(i), grid.name)
    assert agrees(f, [0, 1, 2], device="cpu")
    grid.cells[1] = 7.5
    grid.scale = 10.0  # before the class's
    assert agrees(f, [0, 1, 2], device="cpu")
    grid.way = abs
    assert agrees(f, [0, 1, -2], device="cpu")
    grid.cells = [1, 2, 3]
    assert agrees(f, [0, 1, -2], device="cpu")
    del grid.scale
    grid.other = 5
    assert agrees(f, [0, 1, -2], device="cpu")
    Grid.name = property(lambda self: "property")
    try:
        assert agrees(f, [0, 1, -2], device="cpu")
    finally:
        del Grid.name
    del grid.name
    assert agrees(f, [0, 1, -2], device="cpu")
    grid.__class__ = Point
    assert agrees(f, [0, 1, -2], device="cpu")


def test_instances_write_to_their_arrays():
    grid = Grid()
    pp.for_each(grid.put, range(3), device="cpu")
    assert grid.cells.tolist() == [10.0, 20.0, 30.0]
    with pytest.raises(pp.UnsupportedError, match="outside the function"):
        pp.for_each(grid.grow, [1, 2], device="cpu")
    assert grid.count == 3
    with pytest.raises(pp.UnsupportedError):
        pp.map(lambda i: grid, [1, 2], device="cpu")
