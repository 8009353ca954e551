"""Generators that hand on what others yield, and what these give in the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conftest import agrees, outcome

import parallel_party as pp

NUMBERS = [0.5, -1.5, 2.0, 7.25, 0.0]


def runs(f: Callable[..., Any], *columns: list[Any], **uniform: Any) -> None:
    """Compare with CPython; no element may be handed back."""
    before = pp.stats().handed_back
    assert agrees(f, *[column * 40 for column in columns], device="cpu", **uniform)
    assert pp.stats().handed_back == before


def agrees_or_refused(f: Callable[..., Any], *columns: list[Any]) -> bool:
    want = outcome(lambda: [f(*elements) for elements in zip(*columns, strict=True)])
    got = outcome(lambda: pp.map(f, *columns, device="cpu"))
    return got == want or (got[0] == "raises" and issubclass(got[1], pp.UnsupportedError))


def leaves(row):
    yield from row
    yield from (v * 2.0 for v in row)


def tree(depth, value):
    if depth == 0:
        yield value
    else:
        yield from tree(depth - 1, value * 2.0)
        yield from tree(depth - 1, value + 1.0)


def branches(x):
    yield from tree(0, x)
    if x > 0.0:
        yield from tree(1, x)
    return


def numbered(n):
    yield from range(n)
    yield -1


def by_two(row):
    for v in row:
        yield from (v, v)


def result_of(row):
    got = yield from inner(row)
    yield got


def inner(row):
    yield row[0]
    return row[1]


def counted_down(n):
    rest = yield from steps(n)
    nothing = yield from range(2)
    yield rest if nothing is None else -100


def steps(n):
    total = 0
    for i in range(n):
        yield i
        total += i
    return total


def collected(n):
    pair = yield from pairs(n)
    yield pair[0] * 10
    yield len(pair[1])


def pairs(n):
    seen = []
    for i in range(n):
        seen.append(i)
        yield i
    return n, seen


def either(x):
    got = yield from one_way(x)
    yield 0.0 if got is None else got


def one_way(x):
    yield 1.0
    if x > 0.5:
        return x
    yield 2.0


def total_of(row):
    total = 0.0
    for v in row:
        yield v
        total += v
    return total


def chained_results(row):
    first = yield from total_of(row)
    second = yield from total_of([first, first])
    return (yield second)


ROWS = [(1.0, 2.0, 3.0), (0.5, -0.5, 4.0)]
RAGGED = [[1.0], [2.0, 3.0, 4.0], []]


def test_yield_from():
    runs(lambda p: [v for v in leaves(p)], ROWS)
    runs(lambda p: sum(leaves(p)), ROWS)
    runs(lambda p: sum(leaves(p)), RAGGED)
    runs(lambda x: [v for v in branches(x)], NUMBERS)
    assert agrees_or_refused(lambda x: [v for v in tree(3, x)], NUMBERS)
    runs(lambda n: list(numbered(n)), [0, 1, 5])
    runs(lambda p: list(by_two(p)), ROWS)
    runs(lambda p: list(by_two(p)), RAGGED)
    runs(lambda p: list(result_of(p)), ROWS)
    runs(lambda p: list(result_of(p)), [[1.0, 2.0], [3.0, 4.0, 5.0]])
    runs(lambda n: list(counted_down(n)), [0, 1, 5])
    runs(lambda n: list(collected(n)), [0, 1, 5])
    runs(lambda x: [v for v in either(x)], NUMBERS)
    runs(lambda p: [v for v in chained_results(p)], RAGGED)
