"""`Array.sort`: by all threads, in the order of `list.sort`."""

from __future__ import annotations

import math
import random
from collections import namedtuple
from typing import Any

import pytest

import parallel_party as pp

Point = namedtuple("Point", "x y")


def element(rng: random.Random, kind: str) -> Any:
    if kind == "floats":
        return rng.choice([rng.uniform(-5.0, 5.0), 0.0, -0.0, math.inf, -math.inf])
    if kind == "few floats":
        return rng.choice([0.0, -0.0, 1.0])
    if kind == "ints":
        return rng.randrange(-(2**63), 2**63)
    if kind == "bools":
        return rng.random() < 0.5
    if kind == "rows":
        return (rng.choice([0.0, -0.0, 1.5]), rng.randrange(5), rng.random() < 0.5)
    if kind == "nested":
        return (rng.randrange(3), (rng.choice([0.5, 1.5]), rng.randrange(3)))
    if kind == "points":
        return Point(rng.randrange(3), rng.random())
    if kind == "text":
        return rng.choice(["", "a", "ab", "b\x00", "caf\xe9", "\xff"]) * rng.randrange(4)
    if kind == "wide text":
        return rng.choice(["", "a", "\xff", "\u65e5", "\U0001f600", "\uffff"]) * rng.randrange(4)
    if kind == "rows of text":
        return (rng.choice(["a", "b", ""]), rng.random(), rng.choice(["x", "y"]))
    if kind == "ragged":
        return tuple(rng.choice([0.0, 1.0]) for _ in range(rng.randrange(4)))
    return rng.choice([math.nan, 1.0, 2.0, -1.0])


KINDS = ["floats", "few floats", "ints", "bools", "rows", "nested", "points", "text", "wide text", "rows of text",
         "ragged", "with NaNs"]  # fmt: skip


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("count", [2, 1000, 32_768, 100_003])
@pytest.mark.parametrize("kind", KINDS)
def test_the_order_is_that_of_lists(kind: str, count: int, reverse: bool) -> None:
    rng = random.Random(f"{kind}{count}")
    start = [(0.5,), ()] if kind == "ragged" else []
    data = start + [element(rng, kind) for _ in range(count)]
    made, kept = pp.array(data), pp.array(data)
    part = made[1:]
    assert made.sort(reverse=reverse) is None
    assert repr(made.tolist()) == repr(sorted(kept.tolist(), reverse=reverse))
    assert repr(part.tolist()) == repr(data[1:])


def test_every_dtype_views_and_columns() -> None:
    rng = random.Random(3)
    numbers = [rng.randrange(100) for _ in range(50_000)]
    for dtype in (pp.float32, pp.int8, pp.uint8, pp.int32, pp.uint64):
        made = pp.array(numbers, dtype=dtype)
        made.sort()
        assert made.tolist() == sorted(made.tolist()) and sum(made) == sum(numbers)
    rows = pp.array([(float(n), i) for i, n in enumerate(numbers)])
    rows.columns[0].sort(reverse=True)
    assert rows.columns[0].tolist() == sorted(map(float, numbers), reverse=True)
    assert rows.columns[1].tolist() == list(range(50_000))
    rows.view(10, 40_000).sort()
    assert rows[10:40_000].tolist() == sorted(rows[10:40_000].tolist())
    words = pp.array([(str(n), n) for n in numbers])
    words.columns[0].sort()
    assert words.columns[0].tolist() == sorted(map(str, numbers))


def test_keys_are_cpythons() -> None:
    rng = random.Random(4)
    data = [rng.random() for _ in range(40_000)]
    made, seen = pp.array(data), []
    made.sort(key=lambda x: seen.append(x) or int(10.0 * x), reverse=True)
    assert made.tolist() == sorted(data, key=lambda x: int(10.0 * x), reverse=True)
    assert seen == data
