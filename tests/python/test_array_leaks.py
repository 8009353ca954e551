"""Thousands of lives of Arrays of every kind leave no block, no reference and no memory behind."""

from __future__ import annotations

import copy
import gc
import pickle
import random
import sys
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import parallel_party as pp

TURNS = 300
# Blocks that lazily made caches and free lists come to hold; a leak would give one a turn.
SLACK = 40

Point = namedtuple("Point", "x y")


@dataclass
class Ball:
    height: float
    name: str


@dataclass(frozen=True)
class Spot:
    x: float
    y: float


DATA: dict[str, list[Any]] = {
    "floats": [0.5 * i for i in range(300)],
    "rows": [(0.5 * i, i) for i in range(300)],
    "points": [Point(0.5 * i, i) for i in range(300)],
    "balls": [Ball(0.5 * i, f"name {i}") for i in range(300)],
    "spots": [Spot(0.5 * i, 1.0) for i in range(300)],
    "dicts": [{"a": 0.5 * i, "b": (i, "x")} for i in range(300)],
    "text": [f"word {i}" * (i % 5) for i in range(300)],
    "ragged": [tuple(0.5 for _ in range(i % 5)) for i in range(300)],
    "gaps": [None if i % 3 == 0 else 0.5 * i for i in range(300)],
}


def raises(function: Callable[[], Any]) -> None:
    try:
        function()
    except Exception as error:
        error.__traceback__ = None
    else:
        raise AssertionError("it should have raised")


def live(data: list[Any]) -> None:
    """Everything that is done to an Array once."""
    made = pp.array(data)
    held = [made[0], made[-1], next(iter(made))]
    part, stepped, copied = made[10:50], made[::-3], copy.copy(made)
    made.append(data[3])
    made.insert(1, data[4])
    made[5] = data[6]
    made[2:4] = data[:5]
    made[::2] = made[::2]
    made += data[:3]
    made *= 2
    held.append(made.pop(0))
    del made[3], made[::5]
    made.reverse()
    assert made != copied and copied == data and copied.index(data[2]) >= 0
    made.tolist(), part.tolist(), repr(made), made._repr_html_(), stepped.nbytes
    pickle.loads(pickle.dumps(part))
    for column in (made.columns[0], made.view(1, 5)):
        column[0] = column[1]
        raises(lambda: made.clear())  # noqa: B023
        del column
    raises(lambda: made.append(object()))
    raises(lambda: made.__setitem__(0, {1: 2}))
    raises(lambda: pp.array([*data[:20], object()]))
    raises(lambda: made.sort(key=lambda element: 1 // 0))
    copied.sort(key=lambda element: str(element))
    copied.__arrow_c_array__()
    assert len(held) == 4


def same(element: Any) -> Any:
    return element


def fails(element: Any) -> Any:
    return 1 // 0 if element == 1 else element


def blocks(run: Callable[[], Any], turns: int) -> int:
    """How many more blocks of CPython's there are after so many turns."""
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(turns):
        run()
    gc.collect()
    return sys.getallocatedblocks() - before


def assert_leaves_nothing(run: Callable[[], Any]) -> None:
    """Whatever is kept for later calls is there after some rounds; a leak grows in each."""
    for _ in range(20):
        run()
    grown = []
    while not grown or (grown[-1] >= SLACK and len(grown) < 12):
        grown.append(blocks(run, TURNS))
    assert grown[-1] < SLACK, grown


@pytest.mark.parametrize("kind", DATA)
def test_lives(kind: str) -> None:
    assert_leaves_nothing(lambda: live(DATA[kind]))


@pytest.mark.parametrize("kind", DATA)
def test_calls(kind: str) -> None:
    data = DATA[kind]

    def run() -> None:
        made = pp.array(data)
        result = pp.map(same, made, device="cpu")
        pp.map(same, made, out=result, device="cpu")
        pp.map(lambda element, i: i, made, range(300), device="cpu")
        assert type(result) is pp.Array
        raises(lambda: pp.map(lambda element: [][0], made))

    assert_leaves_nothing(run)


def test_calls_that_write() -> None:
    def fall(ball: Any) -> None:
        ball.height -= 1.0
        ball.name = ball.name + "!"

    def stumble(ball: Any) -> None:
        ball.height = 1.0 / (ball.height - 100.0)

    def run() -> None:
        made = pp.array(DATA["balls"])
        held = made[3]
        pp.for_each(fall, made, device="cpu")
        raises(lambda: pp.for_each(stumble, pp.array(DATA["balls"]), device="cpu"))
        assert held.name == "name 3!"

    assert_leaves_nothing(run)


def test_elements_that_are_held() -> None:
    def run() -> None:
        made = pp.array(DATA["balls"])
        held = list(made)
        made.sort(key=lambda ball: -ball.height)
        made[:100] = DATA["balls"][:100]
        del made[50:150]
        made.insert(0, Ball(1.0, "\u65e5"))
        assert sum(ball.height for ball in held) == sum(ball.height for ball in DATA["balls"])

    assert_leaves_nothing(run)


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.parametrize("kind", ["text", "ragged", "balls"])
def test_memory_that_elements_lead_to(kind: str) -> None:
    data = DATA[kind] * 30

    def run() -> None:
        made = pp.array(data)
        for i in range(0, len(made), 7):
            made[i] = data[0]
        part = made[:100]
        made[:] = data
        assert part[8] == data[8]

    # What the process keeps for later calls is there after some rounds; a leak of half a megabyte a turn grows in each.
    grown: list[int] = []
    while not grown or (grown[-1] >= 8 << 20 and len(grown) < 8):
        before = resident()
        for _ in range(40):
            run()
        grown.append(resident() - before)
    assert grown[-1] < 8 << 20, grown


def test_shrinking_and_growing_in_turn() -> None:
    made, twin = pp.array([1.0]), [1.0]
    random.seed(5)
    for _ in range(300):
        if random.random() < 0.5:
            made.extend(twin[:100])
            twin.extend(twin[:100])
        else:
            end = random.randrange(len(twin)) + 1
            del made[end:], twin[end:]
        made.append(float(len(twin)))
        twin.append(float(len(twin)))
    assert made.tolist() == twin
