"""statistics.mean, variance and deviations, which are exact; and what else of the module is followed."""

from __future__ import annotations

import random
import statistics
from typing import Any

import pytest
from conftest import agrees
from hypothesis import given, settings
from hypothesis import strategies as st

import parallel_party as pp

RANDOM = random.Random(23)
FUNCTIONS = [statistics.mean, statistics.variance, statistics.pvariance, statistics.stdev, statistics.pstdev]
FLOATS = [[RANDOM.gauss(10.0, 3.0) for _ in range(RANDOM.randrange(2, 40))] for _ in range(300)]
INTS = [[RANDOM.randrange(-50, 50) for _ in range(RANDOM.randrange(2, 40))] for _ in range(300)]


def few_handed_back(f: Any, column: Any) -> bool:
    """Whether `map` agrees with CPython and hands at most one element in twenty back."""
    before = pp.stats().handed_back
    return agrees(f, column, device="cpu") and pp.stats().handed_back - before <= len(column) // 20


@pytest.mark.parametrize("f", FUNCTIONS)
def test_averages(f, device):
    for column in (FLOATS, INTS, [tuple(row[:2]) for row in FLOATS]):
        assert agrees(lambda row: f(row), column, device=device, ulp=0 if device == "cpu" else 1)


@pytest.mark.parametrize("f", FUNCTIONS)
def test_averages_are_compiled(f):
    assert few_handed_back(lambda row: f(row), FLOATS)
    assert few_handed_back(lambda row: f(row), INTS)
    assert few_handed_back(lambda row: f([v * 2 for v in row if v > 0] + [1, 2]), INTS)


@pytest.mark.parametrize("f", FUNCTIONS)
def test_what_is_odd_is_cpythons(f):
    column = [[1.0, 1.0], [0.0, -0.0], [1e300, 1e-300], [1, True], [1.0, 2], [True, False], [5e-324, 0.0], [1e16, 1.0]]
    assert agrees(lambda row: f(row), column, device="cpu")
    assert agrees(lambda row: f(row), [[1.5], []], device="cpu")


def others(row):
    return statistics.median(row), statistics.median_low(row), statistics.median_high(row), statistics.mode(row)


def test_other_functions():
    assert agrees(others, INTS, device="cpu")
    assert agrees(
        lambda row: (statistics.fmean(row), statistics.geometric_mean([abs(v) + 1 for v in row])), INTS, device="cpu"
    )


@pytest.mark.parametrize("size", [1e-160, 1e-154, 1e-150, 1e-140, 1e140, 1e150])
def test_floats_whose_squares_are_out_of_range(size: float) -> None:
    column = [[0.0, size * RANDOM.random()] for _ in range(200)]
    for f in FUNCTIONS:
        assert agrees(lambda row, f=f: f(row), column, device="cpu")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=12), min_size=1, max_size=6))
def test_any_floats(column: list[list[float]]) -> None:
    for f in FUNCTIONS:
        assert agrees(lambda row, f=f: f(row), column, device="cpu")
