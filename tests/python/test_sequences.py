"""Rows whose length differs from element to element, and lists whose length is computed."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from conftest import agrees, outcome, runs_compiled, same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import parallel_party as pp

RANDOM = random.Random(3)
RAGGED = [[1.0], [], [2.0, 3.0], [0.5] * 100, [-0.0, math.inf]] * 40
TUPLES = [tuple(row) for row in RAGGED]
PAIRS = [[(1, 2)], [], [(3, 4), (5, 6)], [(7, 8)] * 9] * 40


def add_up(row):
    total = 0.0
    for value in row:
        total += value * 0.5
    return total


def collect(row):
    out = []
    for value in row:
        if value > 0.0:
            out.append(value)
    return out


def halves(n):
    out = []
    while n > 1:
        out.append(n)
        n //= 2
    return out


def table(n):
    return [[i * j for j in range(i)] for i in range(n)]


def test_extremes_of_rows():
    for column in (RAGGED, TUPLES, PAIRS, ["b", "", "abc"]):
        assert agrees(lambda row: (min(row, row[1:]), max(row, row[:1], row[1:])), column, device="cpu")
    assert runs_compiled(lambda row: min(row, row[1:])[:1], [[1.0, 2.0], [3.0], [0.5, 0.25, 1.0]])
    assert agrees(lambda row: min((row, 1), (row[1:], 2)), RAGGED, device="cpu")


def test_slices_with_steps():
    def f(row, start, stop, step):
        return row[start:stop:step]

    bounds = [None, 0, 1, 2, -1, -2, 5, -5, 1000, -1000]
    for step in (2, 3, -1, -2, 7, -1000):
        for column in (RAGGED[:5], TUPLES[:5], ["", "a", "abcdef", "x" * 30, "\u20acuro"]):
            starts = [RANDOM.choice(bounds) for _ in range(5)]
            stops = [RANDOM.choice(bounds) for _ in range(5)]
            assert runs_compiled(lambda row, a, b, step=step: row[a:b:step], column, starts, stops)
    assert agrees(f, RAGGED[:4], [None] * 4, [3] * 4, [1, 0, 2, 1], device="cpu")


def running(row):
    total = 0.0
    for value in row:
        total += value
        yield total


READING = {
    "len": lambda r: len(r),
    "sum": lambda r: sum(r),
    "sum from": lambda r: sum(r, 1.5),
    "loop": add_up,
    "truth": lambda r: 1 if r else 2,
    "slots": lambda r: (len(r), 2.0 * len(r)),
    "any": lambda r: any(r),
    "all": lambda r: all(v > 0.0 for v in r),
    "in": lambda r: 3.0 in r,
    "not in": lambda r: 3.0 not in r,
    "equal": lambda r: r == r[:2] or r != [1.0],
    "less": lambda r: (r < r[1:], r <= r[1:], r > r[1:], r >= r[1:]),
    "first or": lambda r: r[0] if len(r) > 0 else None,
    "last or": lambda r: r[-1] if r else None,
    "min default": lambda r: min(r, default=0.0),
    "max default": lambda r: max(r, default=None),
    "enumerate": lambda r: sum(i * v for i, v in enumerate(r, 1)),
    "zip": lambda r: sum(a * b for a, b in zip(r, r[1:])),
    "zip range": lambda r: sum(a * i for a, i in zip(r, range(3, 100, 7))),
    "reversed": lambda r: next(reversed(r), None),
    "isinstance": lambda r: isinstance(r, list),
    "hypot": lambda r: math.sqrt(math.fsum(v * v for v in r if v < 1e9)),
}

MAKING = {
    "same": lambda r: r,
    "pair": lambda r: (r, len(r)),
    "each": lambda r: [v + 1.0 for v in r],
    "filtered": lambda r: [v for v in r if v > 1.0],
    "collected": collect,
    "slice": lambda r: r[1:-1],
    "slice computed": lambda r: r[len(r) // 2 :],
    "backwards": lambda r: r[::-1],
    "joined": lambda r: r + r,
    "joined with fixed": lambda r: r + r[:1],
    "repeated": lambda r: r * 3,
    "tuple": lambda r: tuple(r),
    "list": lambda r: list(r),
    "positions": lambda r: [(i, v) for i, v in enumerate(r)],
    "generator": lambda r: list(running(r)),
    "nested": lambda r: [[v, v] for v in r],
    "nested lengths": lambda r: [[v for v in r if v < w] for w in r[:5]],
    "star": lambda r: (0.0, *r),
}


@pytest.mark.parametrize("name", READING)
@pytest.mark.parametrize("column", [RAGGED, TUPLES], ids=["lists", "tuples"])
def test_reading(name: str, column: list[Any]) -> None:
    if name == "equal" and column is TUPLES:
        return
    assert runs_compiled(READING[name], column)


@pytest.mark.parametrize("name", MAKING)
def test_making(name: str) -> None:
    assert runs_compiled(MAKING[name], RAGGED)


def test_what_raises_is_cpythons():
    assert agrees(lambda r: r[0], RAGGED, device="cpu")
    assert agrees(lambda r: r[5], TUPLES, device="cpu")
    assert agrees(lambda r: min(r), RAGGED, device="cpu")
    assert agrees(lambda r: 1 / len(r), RAGGED, device="cpu")
    for column in (RAGGED[:1] + RAGGED[2:4], TUPLES):

        def unpack(r):
            a, b = r
            return a + b

        assert agrees(unpack, column, device="cpu")


def test_only_what_raises_is_handed_back():
    column = [[float(i)] * (i % 5 + 1) for i in range(5000)]
    before = pp.stats().handed_back
    got = pp.map(lambda r: r[3] if len(r) != 2 else -1.0, [r for r in column if len(r) in (2, 4, 5)], device="cpu")
    assert got == [r[3] if len(r) != 2 else -1.0 for r in column if len(r) in (2, 4, 5)]
    assert pp.stats().handed_back == before


def test_rows_of_tuples():
    assert runs_compiled(lambda r: [(b, a) for a, b in r], PAIRS)
    assert runs_compiled(lambda r: sum(a * b for a, b in r), PAIRS)
    assert runs_compiled(lambda r: [p[0] for p in r], PAIRS)
    assert runs_compiled(lambda r: sorted(r), PAIRS)
    assert runs_compiled(lambda r: (3, 4) in r, PAIRS)


def test_rows_of_rows():
    column = [[[1.0, 2.0], [3.0]], [], [[]], [[4.0] * 7, [], [5.0, 6.0]]] * 50
    assert runs_compiled(lambda m: [sum(r, 0.0) for r in m], column)
    assert agrees(lambda m: [sum(r) for r in m], column, device="cpu")  # ints and floats in one list are handed back
    assert runs_compiled(lambda m: sum(len(r) for r in m), column)
    assert runs_compiled(lambda m: [[v * 2.0 for v in r] for r in m], column)
    assert runs_compiled(lambda m: m, column)
    assert agrees(lambda m: m[0][0] if m else None, column, device="cpu")
    got = pp.map(lambda m: m[0] if m else None, column, device="cpu")
    assert all(a is (m[0] if m else None) for a, m in zip(got, column))


def test_rows_in_rows_of_fixed_shape():
    column = [(i, [0.5] * (i % 4)) for i in range(100)]
    assert runs_compiled(lambda p: (p[1], p[0] + sum(p[1])), column)
    got = pp.map(lambda p: (p[1], p[0]), column, device="cpu")
    assert all(a[0] is b[1] for a, b in zip(got, column))


def test_long_rows():
    column = [[0.25 * i for i in range(n)] for n in (1000, 5000, 65, 64, 3)]
    assert runs_compiled(lambda r: sum(r), column)
    assert runs_compiled(lambda r: [v * v for v in r], column)


def test_elements_passed_through_are_the_same_objects():
    for column in (RAGGED, TUPLES, PAIRS):
        assert all(a is b for a, b in zip(pp.map(lambda r: r, column, device="cpu"), column))


def test_lists_of_computed_length():
    numbers = list(range(60))
    assert runs_compiled(halves, numbers)
    assert runs_compiled(table, numbers[:12])
    assert runs_compiled(lambda n: [i * 0.5 for i in range(n)], numbers)
    assert runs_compiled(lambda n: [i for i in range(n) if i % 3 == 0], numbers)
    assert runs_compiled(lambda n: tuple([i for i in range(n)]), numbers)
    assert runs_compiled(lambda n: len([i for i in range(n)]) + sum([i for i in range(n)]), numbers)


def test_lists_of_computed_length_are_written():
    def sieve(n):
        is_prime = [True] * (n + 1)
        for i in range(2, n + 1):
            if is_prime[i]:
                for k in range(i * i, n + 1, i):
                    is_prime[k] = False
        return [i for i in range(2, n + 1) if is_prime[i]]

    def prefix(r):
        sums = [0.0] * (len(r) + 1)
        for i, v in enumerate(r):
            sums[i + 1] = sums[i] + v
        frozen = tuple(sums)
        sums[0] = -1.0
        sums[-1] = 7.0
        return (sums, frozen)

    def raises(n):
        a = [0] * n
        a[3] = 1
        return a

    def put(n):
        a = [0.0, 0.0, 0.0]
        a[n] = 1.0
        return a

    def extended(p):
        a = [1]
        a.extend(p)
        return a

    assert runs_compiled(put, [0, 1, 2, -1] * 30)
    assert runs_compiled(extended, [(1.0, 2)] * 30)
    assert runs_compiled(sieve, list(range(2, 60)))
    assert runs_compiled(prefix, RAGGED)
    assert agrees(raises, [5, 4, 3], device="cpu")


def test_lists_that_grow_have_one_identity():
    def two_names(n):
        a = []
        b = a
        for i in range(n):
            b.append(i)
        return (len(a), len(b), a is b)

    def held(n):
        outer = []
        for i in range(n):
            inner = [i]
            outer.append(inner)
            inner.append(1)
        return outer

    def twice(n):
        row = [n]
        out = []
        for _ in range(3 + n):
            out.append(row)
        return out

    def extended(n):
        a = [0]
        a += [i for i in range(n)]
        a.extend((7, 8))
        return a

    def grows_while_read(n):
        out = [n]
        for v in out:
            if len(out) < 10:
                out.append(v + 1)
        return out

    numbers = list(range(20))
    assert runs_compiled(two_names, numbers)
    assert runs_compiled(extended, numbers)
    for f in (held, twice, grows_while_read):
        try:
            assert agrees(f, numbers, device="cpu")
        except pp.UnsupportedError:
            continue
    got = outcome(lambda: pp.map(twice, numbers, device="cpu"))
    if got[0] == "value":
        assert got[1][3][0] is got[1][3][1]


def test_columns_of_lengths_that_come_late():
    column: list[Any] = [[1.0, 2.0, 3.0]] * 300 + [[1.0] * n for n in range(40)] + [None, 7, "x", [1, 2.0], [None]]

    def f(r):
        if r is None:
            return 0
        return sum(r) if isinstance(r, list) and len(r) > 2 else 1

    assert agrees(f, column[:-3], device="cpu")
    assert agrees(lambda r: r, column, device="cpu")


def test_several_columns():
    one = [[0.5] * (i % 7) for i in range(500)]
    two = [[1.5] * (i % 3) for i in range(500)]
    assert runs_compiled(lambda a, b: sum(x * y for x, y in zip(a, b)), one, two)
    assert runs_compiled(lambda a, b: a if len(a) > len(b) else b, one, two)
    assert runs_compiled(lambda a, n: a[:n], one, [i % 4 for i in range(500)])


def test_rows_changed_while_they_run_are_as_they_were():
    column = [[float(i)] * (i % 5) for i in range(1000)]
    want = [list(row) for row in column]

    def raises_once(r):
        return r if len(r) != 4 else r[: 2**70 - 2**70 + 4]

    assert pp.map(raises_once, column, device="cpu") == want


def test_a_gpu_is_not_taken_for_them():
    assert pp.map(lambda r: len(r), RAGGED) == [len(r) for r in RAGGED]
    explanation = pp.explain(lambda r: len(r), RAGGED)
    assert explanation.device == "cpu"
    assert "rows of any length" in explanation.reason


def test_endless_growth_is_handed_back():
    def f(n):
        out = []
        while n > 0:
            out.append(n)
            n = n - 1 if n < 100 else n
            if len(out) > 10:
                return (len(out), out[0])
        return (0, 0)

    assert runs_compiled(f, [0, 5, 50, 200])


def test_many_rows_by_many_threads():
    chance = random.Random(5)
    column = [[chance.random() for _ in range(chance.randrange(20))] for _ in range(30_000)]
    assert same(pp.map(lambda r: [v + 1.0 for v in r], column), [[v + 1.0 for v in r] for r in column])
    assert same(pp.map(lambda r: sum(r), column), [sum(r) for r in column])


VALUES = {
    "float": st.floats(allow_nan=False, width=32) | st.sampled_from([-0.0, math.inf, 1e300]),
    "int": st.integers(-(2**40), 2**40) | st.sampled_from([2**63 - 1, -(2**63)]),
    "bool": st.booleans(),
    "pair": st.tuples(st.integers(-5, 5), st.floats(-3, 3)),
}
GENERAL = [
    lambda r: r,
    lambda r: len(r),
    lambda r: [v for v in r],
    lambda r: r[-2:],
    lambda r: r[1:][:3],
    lambda r: r + r[:1],
    lambda r: r * 2,
    lambda r: (r[0], r[-1]) if r else (),
    lambda r: sorted(r),
    lambda r: min(r, default=None),
    lambda r: max(r) if r else 0,
    lambda r: [(b, a) for a, b in zip(r, reversed(r))],
    lambda r: r[1] in r[2:] if len(r) > 1 else r[:1],
    lambda r: r == r[::-1],
    lambda r: r[:2] < r[1:],
    lambda r: [i for i, v in enumerate(r) if v],
    lambda r: any(v == r[0] for v in r),
]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(
    column=st.sampled_from(sorted(VALUES)).flatmap(
        lambda kind: st.lists(st.lists(VALUES[kind], max_size=9), min_size=2, max_size=30)
    ),
    which=st.sampled_from(range(len(GENERAL))),
    as_tuples=st.booleans(),
)
def test_any_ragged_column(column: list[list[Any]], which: int, as_tuples: bool) -> None:
    rows: list[Any] = [tuple(row) for row in column] if as_tuples else column
    try:
        assert agrees(GENERAL[which], rows, device="cpu")
    except pp.UnsupportedError as error:
        raise AssertionError(str(error)) from error


def test_lists_that_no_machine_holds_are_cpythons_to_refuse():
    def repeated(x, n):
        return len([x] * n)

    def repeated_tuple(x, n):
        return len((x, x) * n)

    for n in (2**58, 2**60, 2**62, 2**63 - 1):
        assert agrees(repeated, [1.5] * 3, [2, n, 1], device="cpu")
        assert agrees(repeated_tuple, [1.5] * 3, [2, n, 1], device="cpu")


@pytest.mark.parametrize("nothing", [[], (), ""])
def test_nothing_many_times(nothing: Any, device: str) -> None:
    times = [2**62, 3, -1, 2**63 - 1] * 150
    assert pp.map(lambda items, n: items * n, [nothing] * 600, times, device=device) == [nothing] * 600
