"""A list that lies in two places of what a function makes is one list, or the element is CPython's."""

from __future__ import annotations

from typing import Any

import pytest

import parallel_party as pp

ROWS = [[1, 2], [3], [], [4, 5, 6]] * 50


def pairs(row):
    out = []
    for v in row:
        a = [v]
        out.append([a, a])
    return out


def repeated(row):
    return [[[0] * 2] * 2 for v in row]


def named(row):
    return [(a := [v], a) for v in row]


def values(row):
    return {v: [[v]] * 2 for v in row}


def from_a_call(row):
    def both(v):
        a = [v]
        return [a, a]

    return [both(v) for v in row]


def two_items(row):
    a = [0]
    out = [a]
    for _ in row:
        out.append(a)
    return out


def two_appends(row):
    out = []
    for v in row:
        a = [v]
        out.append(a)
        out.append(a)
    return out


def inserted(row):
    a = [0]
    out = [a]
    for _ in row:
        out.insert(0, a)
    return out


def two_keys(row):
    a = [0]
    d = {"a": a}
    for v in row:
        d[str(v)] = a
    return d


def computed_times(row):
    return [[0]] * len(row)


def concatenated(row):
    a = [[v] for v in row]
    return a + a


def sliced(row):
    a = [[v] for v in row]
    return a[:2] + a[1:]


def in_a_tuple(row):
    a = [[v] for v in row]
    return tuple(a), a


def setdefault(row):
    a = [1]
    d = {}
    for v in row:
        d.setdefault(v, a)
    return d


MADE = [
    pairs,
    repeated,
    named,
    values,
    from_a_call,
    two_items,
    two_appends,
    inserted,
    two_keys,
    computed_times,
    concatenated,
    sliced,
    in_a_tuple,
    setdefault,
]


def places(value: Any, known: dict[int, int]) -> Any:
    """The value with a number in the place of each list that has been met before."""
    if isinstance(value, list):
        if id(value) in known:
            return "again", known[id(value)]
        known[id(value)] = len(known)
    if isinstance(value, (list, tuple)):
        return type(value), [places(item, known) for item in value]
    if isinstance(value, dict):
        return [(key, places(item, known)) for key, item in value.items()]
    return value


@pytest.mark.parametrize("f", MADE, ids=lambda f: f.__name__)
def test_places(f):
    try:
        got = pp.map(f, ROWS, device="cpu")
    except pp.UnsupportedError:
        return
    for row, result in zip(ROWS, got, strict=True):
        assert places(result, {}) == places(f(row), {})
