"""sorted() and list.sort(): few numbers known one by one, rows of any length, by keys, either way; stable."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from conftest import agrees, runs_compiled
from hypothesis import given, settings
from hypothesis import strategies as st

import parallel_party as pp

RANDOM = random.Random(17)
FEW = [-0.0, 0.0, 1.0, -1.0, 2.5, math.inf, -math.inf]


def rows(length: int, values: list[Any] = FEW) -> list[tuple[Any, ...]]:
    """Rows of one length with many equal items."""
    return [tuple(RANDOM.choice(values) for _ in range(length)) for _ in range(60)]


def in_place(row):
    items = list(row)
    items.sort()
    return items


def in_place_falling(row):
    items = list(row)
    items.sort(reverse=True)
    return items, items[0]


def median(row):
    return sorted(row)[len(row) // 2]


WAYS = [sorted, lambda r: sorted(r, reverse=True), in_place, in_place_falling, median]


@pytest.mark.parametrize("length", [1, 2, 3, 5, 8, 10, 11, 16, 40])
def test_rows_of_one_length(length, device):
    for f in WAYS:
        assert agrees(f, rows(length), device=device)
        assert agrees(f, rows(length, [3, 1, -4, 2**62, 0]), device=device)


def test_without_cpython():
    for f in WAYS:
        for length in (2, 7, 20):
            assert runs_compiled(f, rows(length))
            assert runs_compiled(f, rows(length, [3, 1, -4]))


def test_rows_of_any_length(device):
    column = [[RANDOM.choice(FEW) for _ in range(RANDOM.randrange(1, 90))] for _ in range(80)]
    for f in WAYS:
        assert agrees(f, column, device=device)
    texts = [[RANDOM.choice("abcdef") * RANDOM.randrange(3) for _ in range(n)] for n in range(1, 40)]
    assert agrees(sorted, texts, device=device)
    pairs = [[(RANDOM.randrange(3), RANDOM.randrange(3) * 0.5) for _ in range(n)] for n in range(1, 40)]
    assert agrees(lambda r: sorted(r), pairs, device=device)


def by_key(row):
    return sorted(row, key=lambda v: v % 3), sorted(row, key=lambda v: -(v % 4), reverse=True)


def places(row):
    return sorted(range(len(row)), key=lambda i: row[i])


def by_second(row):
    return sorted([(i, v % 3) for i, v in enumerate(row)], key=lambda pair: pair[1], reverse=True)


@pytest.mark.parametrize("f", [by_key, places, by_second])
def test_keys(f, device):
    for column in (rows(3, [1, 2, 3, 4, 5]), rows(9, [1, 2, 3, 4, 5]), [[v for v in range(n)] for n in range(1, 60)]):
        assert agrees(f, column, device=device)
        assert device != "cpu" or runs_compiled(f, column)


def test_nan_is_cpythons():
    column = [(1.0, math.nan, 0.5), (3.0, 2.0, 1.0), (math.nan, math.nan, 0.0)] * 5
    before = pp.stats().handed_back
    for f in WAYS:
        assert agrees(f, column, device="cpu")
    assert pp.stats().handed_back == before + 10 * len(WAYS)
    assert agrees(sorted, [list(row) * 20 for row in column], device="cpu")


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(st.floats(allow_nan=False), max_size=60), min_size=1, max_size=6))
def test_any_floats(column: list[list[float]]) -> None:
    assert agrees(sorted, column, device="cpu")
    assert agrees(lambda r: sorted(r, reverse=True), column, device="cpu")
    assert agrees(lambda r: sorted(r, key=abs), column, device="cpu")
