"""Long new lists whose objects are made while later elements are being computed: from a function's second call on."""

from __future__ import annotations

import gc
import random
import sys
import threading
from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest
from conftest import FREE_THREADED, SURROUNDINGS, assert_fine, named, outcome, same

import parallel_party as pp

COUNT = 30_000


def scale(p):
    return p[0] * 2.0 + 1.0


def fresh_row(p):
    return [p[0] * 2.0, p[1] - p[0]]


def fresh_tuple(p):
    return (p[0] * 2.0, p[1] - p[0], p[0])


def passes(p):
    return [p[0], p[0] * p[1], p[1]]


def passes_twice(p):
    return (p[1], p[1], p[0] + 1.0, p[2])


FUNCTIONS = [scale, fresh_row, fresh_tuple, passes, passes_twice]
ROWS: list[Callable[[int], Any]] = [
    lambda i: (float(i), 0.5 * i, i),
    lambda i: [float(i), 0.5 * i, i],
    lambda i: (float(i), 0.5, 7),  # what all of them share
]


@pytest.fixture(params=FUNCTIONS, ids=lambda f: f.__name__)
def f(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """A function of the test's own: what another has found out does not change its way."""
    code = request.param.__code__.replace(co_name=request.node.name)
    return FunctionType(code, request.param.__globals__)


def check(f: Callable[..., Any], rows: list[Any]) -> list[Any]:
    """What map gives, which is what the comprehension gives, objects that are passed on included."""
    got, want = pp.map(f, rows, device="cpu"), [f(p) for p in rows]
    assert same(got, want)
    for mine, theirs, row in zip(got, want, rows):
        if isinstance(theirs, (list, tuple)):
            assert all((a is b) == any(b is v for v in row) for a, b in zip(mine, theirs) if type(b) is float)
    return got


def references(rows: list[Any]) -> set[int]:
    """How often items are referred to that nobody but their rows should hold."""
    return {sys.getrefcount(v) for p in rows for v in p[:2]}


@pytest.mark.parametrize("make", ROWS, ids=["tuples", "lists", "shared"])
def test_rows_in_every_order(f, make):
    rows = [make(i) for i in range(COUNT)]
    for _ in range(3):
        check(f, rows)
    random.Random(1).shuffle(rows)
    for _ in range(3):
        check(f, rows)


def test_new_rows_are_the_collectors(f):
    rows = [(float(i), 0.5 * i, i) for i in range(COUNT)]
    for _ in range(3):
        got = pp.map(f, rows, device="cpu")
        assert gc.is_tracked(got)
        if type(got[0]) is list:
            assert all(map(gc.is_tracked, got))
            got[0].append(got)  # a cycle, which only the collector can undo
        del got
        gc.collect()
    assert same(pp.map(f, rows, device="cpu"), [f(p) for p in rows])


@pytest.mark.parametrize("at", [0, 8_192, 12_345, COUNT - 1])
@pytest.mark.parametrize("other", [("seven", 2.0, 1), (7.0, None, 1), (7.0,), 7, (7, 2.0, 1)])
def test_one_element_of_another_kind(f, at, other):
    """What was made is dropped and all is made once more; no reference is lost or left."""
    rows: list[Any] = [(float(i), 0.5 * i, i) for i in range(COUNT)]
    for _ in range(2):
        check(f, rows)
    usual = rows[at]
    rows[at] = other
    want = outcome(lambda: [f(p) for p in rows])
    for _ in range(3):
        got = outcome(lambda: pp.map(f, rows, device="cpu"))
        assert got[0] == want[0] and (same(got[1], want[1]) if got[0] == "value" else got == want)
        del got
    rows[at] = usual
    del want
    gc.collect()
    if not FREE_THREADED:
        assert references(rows) == references([(float(i), 0.5 * i, i) for i in range(COUNT)])
    for _ in range(3):
        check(f, rows)


def test_an_exception_late():
    def f(p):
        return [p[0], p[0] / p[1]]

    rows = [(float(i), 1.0) for i in range(COUNT)]
    for _ in range(2):
        check(f, rows)
    rows[-5] = (1.0, 0.0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            pp.map(f, rows, device="cpu")
    rows[-5] = (1.0, 2.0)
    for _ in range(9):
        check(f, rows)


def test_several_columns():
    def f(p, x, k):
        return (p[0], x * k, p[1])

    rows = [[float(i), 2.5 * i] for i in range(COUNT)]
    numbers = [0.25 * i for i in range(COUNT)]
    for columns in [(rows, numbers), (tuple(rows), numbers[::-1])]:
        for k in (1.5, 2.5, 3.5):
            got = pp.map(f, *columns, k=k, device="cpu")
            assert same(got, [f(p, x, k) for p, x in zip(*columns)])
            assert all(mine[0] is p[0] and mine[2] is p[1] for mine, p in zip(got, columns[0]))


def test_columns_that_nobody_else_holds():
    """The elements die with the call's columns; what was passed on lives."""

    def f(p):
        return [p[0], p[1] * 2.0]

    for turn in range(3):
        got = pp.map(f, ((i + 0.5, float(i)) for i in range(COUNT)), device="cpu")
        assert got == [[i + 0.5, i * 2.0] for i in range(COUNT)], turn


def test_memory_stays_flat():
    rows = [(float(i), 0.5 * i, i) for i in range(COUNT)]
    bad = [*rows[:-1], (1.0, "x", 1)]

    def f(p):
        return [p[0], p[1] + 1.0]

    def turn():
        pp.map(f, rows, device="cpu")
        with pytest.raises(TypeError):
            pp.map(f, bad, device="cpu")

    for _ in range(4):
        turn()
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(20):
        turn()
    gc.collect()
    assert abs(sys.getallocatedblocks() - before) < 2_000


def test_threads_that_map_the_same_list(f):
    rows = [(float(i), 0.5 * i, i) for i in range(COUNT)]
    want = [f(p) for p in rows]
    wrong: list[int] = []

    def work():
        for turn in range(8):
            if not same(pp.map(f, rows, device="cpu"), want):
                wrong.append(turn)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


PROGRAM = """
import gc
import parallel_party as pp
def f(p, t):
    return [p[0], p[0] * t, p[1]]
def g(p, t):
    return p[0] * t
rows = [(float(i), 2.0 * i) for i in range(30_000)]
for turn in range(4):
    t = 0.5 + turn
    assert pp.map(f, rows, t=t, device="cpu") == [f(p, t) for p in rows]
    assert pp.map(g, rows, t=t, device="cpu") == [g(p, t) for p in rows]
    rows[-1] = (1.0, 2.0) if turn else (1, 2.0)
gc.collect()
print("fine")
"""


@pytest.mark.parametrize("setting", [*SURROUNDINGS, {"PARALLEL_PARTY_POOLS": "0"}], ids=named)
def test_in_other_surroundings(setting):
    assert_fine(PROGRAM, setting)
