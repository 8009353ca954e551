"""Loops that depend on the data, over elements of several kinds: each sees its own values only, or it never ends."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from conftest import same

import parallel_party as pp


class Thing:
    def __init__(self, x: Any) -> None:
        self.x = x


class Other(Thing):
    pass


def doubled(x: Any) -> Any:
    while x < 10:
        x *= 2
    return x


def doubled_item(row: Any) -> Any:
    return doubled(row[0])


def doubled_key(d: Any) -> Any:
    return doubled(d["a"])


def doubled_attribute(thing: Any) -> Any:
    return doubled(thing.x)


def collatz(n: Any) -> int:
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def without_zeros(row: Any) -> Any:
    n = row[0]
    while n % 10 == 0:
        n //= 10
    return n


def until(x: Any, y: Any) -> Any:
    while x < y:
        x *= 2
    return x


CASES: list[tuple[Callable[..., Any], list[list[Any]]]] = [
    (doubled, [[1, 1.5] * 300]),
    (doubled, [[1, 2**70] * 300]),
    (doubled, [[2**70, *[1.5, 1] * 300]]),
    (doubled_item, [[[1], [1.5]] * 300]),
    (doubled_item, [[[1]] * 500 + [[1.5]]]),
    (doubled_key, [[{"a": 1}, {"a": 1.5}] * 300]),
    (doubled_attribute, [[Thing(1), Thing(1.5)] * 300]),
    (doubled_attribute, [[Thing(1)] * 600 + [Other(1)]]),
    (collatz, [[3, 7, True, 2**65] * 300]),
    (without_zeros, [[[10], [200], [3.0], [20]] * 200]),
    (until, [[1, 2.0, 3] * 200, [100, 50, 2.5] * 200]),
    (until, [[1] * 600, [100.0, 7] * 300]),
]


@pytest.mark.parametrize(("function", "columns"), CASES)
def test_loops_end(function: Callable[..., Any], columns: list[list[Any]], device: str) -> None:
    expected = [function(*element) for element in zip(*columns)]
    for _ in range(3):  # a GPU knows columns that come again
        assert same(pp.map(function, *columns, device=device), expected)


def test_elements_of_no_kind_that_is_computed(device: str) -> None:
    columns = [1.5, None, 2, "a"] * 200
    with pytest.raises(TypeError, match="'<' not supported between instances of 'NoneType' and 'int'"):
        pp.map(doubled, columns, device=device)


@pytest.mark.parametrize("other", [[1, 2], [], ["a"], [None], [1.5]])
def test_loops_that_change_lists(other: list[Any], device: str) -> None:
    def change(row: list[Any]) -> None:
        while row[0] < 10:
            row[0] *= 2

    rows: list[list[Any]] = [[1], other] * 300
    rows = copy.deepcopy(rows)
    expected = copy.deepcopy(rows)
    try:
        for row in expected:
            change(row)
    except (TypeError, IndexError) as error:
        expected = copy.deepcopy(rows)
        with pytest.raises(type(error)):
            pp.for_each(change, rows, device=device)
    else:
        pp.for_each(change, rows, device=device)
    assert same(rows, expected)


@pytest.mark.parametrize("function", [doubled, collatz])
def test_elements_of_an_array_beyond_64_bits(function: Callable[..., Any], device: str) -> None:
    values = [1, 2**63 + 5, 3, 2**64 - 2] * 200
    array = pp.array(values, dtype="uint64", device=device)
    assert same(
        pp.map(lambda n: float(function(n)), array, device=device).tolist(), [float(function(n)) for n in values]
    )
