"""`out=`: the list is filled, what others can see is left alone, what only the list refers to is used again."""

from __future__ import annotations

import copy
import gc
import os
import random
import sys
import warnings
from typing import Any

import pytest
from conftest import FREE_THREADED, SURROUNDINGS, assert_fine, named, outcome, same
from hypothesis import given, settings
from hypothesis import strategies as st

import parallel_party as pp


def rows_of(count: int) -> list[list[float]]:
    return [[0.5 * i, 1.25 * i, -2.0 * i] for i in range(count)]


def test_floats_that_only_the_list_holds_stay(device):
    out = [0.25 * i for i in range(2000)]
    held = out[::3]
    values = list(held)
    ids = [*map(id, out)]
    assert pp.map(lambda v: v * 2.0 + 1.0, [float(i) for i in range(2000)], out=out, device=device) is out
    assert out == [i * 2.0 + 1.0 for i in range(2000)] and held == values
    if not FREE_THREADED:  # numbers of references are split there
        assert [id(v) for i, v in enumerate(out) if i % 3] == [v for i, v in enumerate(ids) if i % 3]


def test_rows_that_only_the_list_holds_stay(device):
    out: list[Any] = rows_of(600)
    held, floats = out[::7], [row[1] for row in out]
    was = copy.deepcopy(held)
    ids = [*map(id, out)]

    def f(p):
        return [p[0] + 1.0, p[2] * 3.0, p[1]]

    points = [(float(i), 2.0 * i, 0.5 * i) for i in range(600)]
    for _ in range(3):
        pp.map(f, points, out=out, device=device)
        assert same(out, [f(p) for p in points])
        assert all(row[2] is p[1] for row, p in zip(out, points))
    assert held == was and floats == [1.25 * i for i in range(600)]
    assert not {*map(id, held)} & {*map(id, out)}
    kept = [i for i in range(600) if i % 7]
    if not FREE_THREADED:  # numbers of references are split there
        assert [id(out[i]) for i in kept] == [ids[i] for i in kept]


def test_tuples_are_used_again_and_hash_anew(device):
    points = [(float(i), 2.0 * i) for i in range(500)]
    out = [(0.5 + i, 1.5 + i) for i in range(500)]
    shared = out[3]
    seen = {hash(row) for row in out}
    pp.map(lambda p: (p[0] + 0.25, p[1] + 0.25), points, out=out, device=device)
    assert out == [(i + 0.25, 2.0 * i + 0.25) for i in range(500)] and shared == (3.5, 4.5)
    assert [hash(row) for row in out] == [hash((i + 0.25, 2.0 * i + 0.25)) for i in range(500)]
    assert len(seen) > 400


def test_kinds_that_change(device):
    def f(v):
        if v < 0:
            return None
        if v < 1:
            return [v, 1]
        if v < 2:
            return (v, "text")
        if v < 3:
            return [v, [v]]
        return int(v)

    column = [-1.0, 0.5, 1.5, 2.5, 7.5] * 60
    for out in ([0.0] * 300, [[0.0, 0.0] for _ in range(300)], [(1.0, 2.0) for _ in range(300)], ["text"] * 300):
        for _ in range(2):
            pp.map(f, column, out=out, device=device)
            assert same(out, [f(v) for v in column])


def test_out_is_the_column(device):
    rows = rows_of(400)
    want = [[row[0] * 2.0, row[2], row[1]] for row in rows]
    assert pp.map(lambda r: [r[0] * 2.0, r[2], r[1]], rows, out=rows, device=device) is rows
    assert rows == want
    floats = [float(i) for i in range(400)]
    pp.map(lambda v: v + 0.5, floats, out=floats, device=device)
    assert floats == [i + 0.5 for i in range(400)]
    rows = rows_of(50)
    objects = list(rows)
    pp.map(lambda r: r, rows, out=rows, device=device)
    assert all(a is b for a, b in zip(rows, objects))


def test_out_holds_rows_of_the_column_in_another_order(device):
    rows = rows_of(300)
    out = rows[::-1]
    want = [[row[1], row[0] + 1.0, row[2]] for row in rows]
    pp.map(lambda r: [r[1], r[0] + 1.0, r[2]], rows, out=out, device=device)
    assert out == want and rows == rows_of(300)
    nested = [[[0.5 * i, 2.0], 1.0] for i in range(100)]
    inner = [row[0] for row in nested]
    pp.map(lambda r: [r[0], r[1] + 1.0], nested, out=nested, device=device)
    assert all(row[0] is kept for row, kept in zip(nested, inner)) and nested[3] == [[1.5, 2.0], 2.0]
    pp.map(lambda r: r[0], nested, out=nested, device=device)
    assert all(row is kept for row, kept in zip(nested, inner))
    pairs = rows_of(20)
    pp.map(lambda r: [r, r[0], 1.0], pairs, out=pairs, device=device)
    assert [row[0] for row in pairs] == rows_of(20)


def test_one_row_many_times(device):
    row = [0.0, 0.0]
    out = [row] * 100
    pp.map(lambda v: [v, v + 1.0], [float(i) for i in range(100)], out=out, device=device)
    assert out == [[float(i), i + 1.0] for i in range(100)] and row == [0.0, 0.0]


def test_handed_back_elements_beside_compiled_ones(device):
    column = [1, 2, 2**40, 3] * 40
    out: list[Any] = [[1.0]] * 160
    pp.map(lambda i: i * i, column, out=out, device=device)
    assert out == [i * i for i in column]
    with pytest.raises(ZeroDivisionError):
        pp.map(lambda i: 1.0 / i, [1.0, 0.0] * 80, out=out, device=device)
    assert out == [i * i for i in column]


def test_a_list_that_is_resized_meanwhile(device):
    out: list[Any] = [0, 0, 0]

    def f(v):
        if v > 2:
            out.append(v)
        return v + 1

    with pytest.raises(pp.UnsupportedError, match="outside"):
        pp.map(f, [1, 2, 3], out=out, device=device)

    class Odd(int):
        def __add__(self, other):
            out.append("more")
            return 7

    with pytest.raises(RuntimeError, match="nothing has been written"):
        pp.map(lambda v: v + 1, [1, 2, Odd(3)], out=out, device=device)
    assert out == [0, 0, 0, "more"]


def test_warnings_as_errors_come_before_anything_is_written():
    space: dict[str, Any] = {}
    exec("f = lambda i: i * i", space)
    out: list[Any] = [None] * 10_200
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(pp.PerformanceWarning):
            pp.map(space["f"], [2**40] * 200 + [1] * 10_000, out=out, device="cpu")
    assert out == [None] * 10_200


def test_references(device):
    value = float("98765.25")  # a constant may live for ever
    out = [value] * 300
    count = sys.getrefcount(value)
    pp.map(lambda v: v + 1.0, [1.0] * 300, out=out, device=device)
    assert sys.getrefcount(value) == count - 300
    rows = [[value, value] for _ in range(100)]
    count = sys.getrefcount(value)
    pp.map(lambda v: [v, v + 1.0], [float(i) for i in range(100)], out=rows, device=device)
    assert sys.getrefcount(value) == count - 200
    column = [float(i) for i in range(100)]
    one = column[50]
    count = sys.getrefcount(one)
    for _ in range(3):
        pp.map(lambda v: [v, v + 1.0], column, out=rows, device=device)
    assert rows[50][0] is one
    assert sys.getrefcount(one) == count + 1


def varied_out(points: list[Any], make: Any, chance: random.Random) -> tuple[list[Any], list[Any]]:
    """A list to be filled with rows of every sort, and what else refers to some of them or to their floats."""
    out: list[Any] = []
    held: list[Any] = []
    for p in points:
        sort = chance.randrange(12)
        row = make([chance.random(), chance.random(), chance.random()])
        if sort == 0:
            held.append(row)
        elif sort == 1:
            held.append(row[1])
        elif sort == 2:
            row = make([p[0], chance.random(), p[2]])
        elif sort == 3:
            row = make([p[2], p[0], chance.random()])
        elif sort == 4:
            row = chance.choice([None, 0.5, make([1.0]), [1.0, 2.0, 3.0], (1.0, 2.0, 3.0), p, "row"])
        elif sort == 5 and out:
            row = out[chance.randrange(len(out))]
        elif sort == 6:
            row = make([0.25, 0.5, 1])
        out.append(row)
    return out, held


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "result", ["[p[0], p[1] * t, p[2]]", "(p[2], p[0] + t, p[0])", "[p[0] * t, p[1] + t, 0.5 * t]"]
)
@pytest.mark.parametrize("make", [list, tuple])
def test_rows_of_every_sort_are_filled(make, result, seed):
    """Rows in which all is ready are filled in a loop of their own, beside those in which it is not."""
    chance = random.Random(seed)
    source = chance.choice([list, tuple])
    points = [source([float(i), 0.5 * i, chance.random()]) for i in range(9000 if seed else 30_000)]
    f = eval(f"lambda p, t: {result}")
    out, held = varied_out(points, make, chance)
    was = copy.deepcopy(held)
    given_points = copy.deepcopy(points)
    for turn in range(3):
        assert pp.map(f, points, out=out, t=0.5 + turn, device="cpu") is out
        want = [f(p, 0.5 + turn) for p in points]
        assert same(out, want)
        if turn == 1:
            for row in out[::5]:
                held.append(row[1])
                was.append(row[1] + 0.0)
    assert same(held, was) and same(points, given_points)
    for row, p in zip(out, points):
        passed = [item for item in f(p, 0.5) if item is p[0] or item is p[2]]
        assert all(any(mine is item for mine in row) for item in passed)


def test_the_columns_own_rows_are_filled():
    def f(p, t):
        return [p[0], p[1] * t + p[2], p[2]]

    rows: list[Any] = [[float(i), 0.5 * i, 0.25] for i in range(30_000)]
    rows[7] = rows[5]
    held, first = rows[100], [row[0] for row in rows]
    values = list(held)
    for turn in range(3):
        want = [f(p, 0.5 + turn) for p in rows]
        pp.map(f, rows, out=rows, t=0.5 + turn, device="cpu")
        assert same(rows, want)
    assert held == values and all(row[0] is was for row, was in zip(rows, first))


def test_elements_that_stop_a_run_that_is_under_way():
    """Rows are filled while others are computed; where one cannot be, all of it is taken back and done again."""
    points: list[Any] = [(float(i), 1.0 + i) for i in range(40_000)]
    space: dict[str, Any] = {}
    exec("def f(p, t): return [p[0], t / p[1]]", space)
    f = space["f"]
    out: list[Any] = [[0.25 * i, 0.5 * i] for i in range(len(points))]
    for turn in range(3):
        pp.map(f, points, out=out, t=1.5 + turn, device="cpu")
        assert same(out, [f(p, 1.5 + turn) for p in points])
    was = copy.deepcopy(out)
    points[-3] = (7.0, 0.0)
    with pytest.raises(ZeroDivisionError):
        pp.map(f, points, out=out, t=9.5, device="cpu")
    assert same(out, was)
    for other in [(7.0, 2), ("seven", 2.0), (7.0, 2.0, 1.0)]:
        points[-3] = other
        for turn in range(2):
            pp.map(f, points, out=out, t=0.5 + turn, device="cpu")
            assert same(out, [f(p, 0.5 + turn) for p in points])


PROGRAM = """
import parallel_party as pp
def f(p, t):
    return [p[0], p[0] * t, p[1] + t] if p[0] < 20_000.0 else (p[1], t, 1)
points = [(float(i), 2.0 * i) for i in range(30_000)]
out = [[0.5, 0.5, 0.5] for _ in points]
for turn in range(4):
    pp.map(f, points, t=0.5 + turn, out=out, device="cpu")
    assert out == [f(p, 0.5 + turn) for p in points], turn
print("fine")
"""


@pytest.mark.parametrize("empty", [[], ()], ids=["list", "tuple"])
def test_rows_without_items(empty):
    def lists(x):
        1.0 / x
        return []

    def tuples(x):
        1.0 / x
        return ()

    make = lists if empty == [] else tuples
    numbers = [float(i + 1) for i in range(20_000)]
    out = [copy.copy(empty) for _ in numbers]
    for _ in range(4):
        assert pp.map(make, numbers, out=out, device="cpu") is out and out == [empty] * len(numbers)
        assert pp.map(make, numbers, device="cpu") == out


def test_rows_that_others_hold_are_not_touched_where_most_are_made_anew():
    """Two thirds hold numbers that others see, so all are replaced; and a failure leaves them."""
    count, shared = 9_000, 0.5
    points = [(float(i), 2.0) for i in range(count)]

    def f(p, t):
        return [p[0], p[0] * t, p[1] / (p[0] + 1.0)]

    for make in (lambda p: [shared, p[0], shared], lambda p: [p[0] + 0.5, p[1] * 1.5, p[0] * 3.0]):
        out = [make(p) for p in points]
        held = out[17], out[count - 1]
        was = copy.deepcopy(held)
        want = [f(p, 0.5) for p in points]
        refused = [*points[:-1], (-1.0, 1.0)]
        with pytest.raises(ZeroDivisionError):
            pp.map(f, refused, t=0.5, out=out, device="cpu")
        assert out[17] is held[0] and out[-1] is held[1] and same(out, [make(p) for p in points])
        assert pp.map(f, points, t=0.5, out=out, device="cpu") is out and same(out, want)
        assert same(held, was) and out[17] is not held[0] and out[-1] is not held[1]
        assert all(row[0] is p[0] for row, p in zip(out, points))
        ids = [*map(id, out)]
        assert pp.map(f, points, t=0.5, out=out, device="cpu") is out and same(out, want)
        assert FREE_THREADED or [*map(id, out)] == ids
        gc.collect()
        assert all(gc.is_tracked(row) for row in out) and same(out, want)


def test_many_numbers_that_others_see_are_replaced():
    """So many that new ones come from pools; floats and ints, in rows and beside them."""
    count = 20_000
    seen: list[Any] = [0.5, 10**6]
    columns = [float(i) for i in range(count)], list(range(count))
    for make in (lambda x, n: [x * 2.0, n + 10**6], lambda x, n: x * 2.0, lambda x, n: n + 10**6):
        want = [make(x, n) for x, n in zip(*columns)]
        first: Any = want[0]
        out: list[Any] = [[seen[0], seen[1]] for _ in range(count)] if isinstance(first, list) else [seen[0]] * count
        has_rows = isinstance(first, list)
        assert pp.map(make, *columns, out=out) is out and same(out, want)
        assert pp.map(make, *columns, out=out) is out and same(out, want)  # into the first one's numbers
        assert seen == [0.5, 10**6]
        numbers = [v for row in out for v in row] if has_rows else [*out]
        assert len({*map(id, numbers)}) == len(numbers)


def test_many_new_numbers_in_objects():
    count = 20_000

    class Point:
        __slots__ = ("n", "x")

    points = [Point() for _ in range(count)]
    for i, p in enumerate(points):
        p.x, p.n = 1.5, i

    def move(p: Any) -> None:
        p.x = p.x * 3.0
        p.n = p.n + 10**6

    pp.for_each(move, points)
    assert all(same([p.x, p.n], [4.5, i + 10**6]) for i, p in enumerate(points))
    assert len({id(p.x) for p in points}) == count


@pytest.mark.parametrize("setting", SURROUNDINGS, ids=named)
def test_in_other_surroundings(setting):
    assert_fine(PROGRAM, setting)


# ---- generated ------------------------------------------------------------------------------------------------------

RESULTS = ["a", "b", "a + 0.5", "b * 2.0", "r", "r[0]", "r[1]", "None", "1", "k", "(a, b)", "[b, a]", "[r[1], r[0]]"]
EXAMPLES = int(os.environ.get("PARALLEL_PARTY_TEST_EXAMPLES", "150"))


@st.composite
def results(draw: st.DrawFn) -> str:
    items = [draw(st.sampled_from(RESULTS)) for _ in range(draw(st.integers(1, 3)))]
    text = ", ".join(items)
    return draw(st.sampled_from([items[0], f"[{text}]", f"({text},)"]))


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, print_blob=True)
@given(results(), results(), st.integers(0, 4), st.integers(0, 3), st.integers(1, 3))
def test_generated(first, second, shape, sharing, turns):
    space: dict[str, Any] = {}
    exec(f"def f(r, a, k):\n    b = r[1]\n    return {first} if a > 3.0 else {second}", space)
    f = space["f"]
    rows = [[0.5 * i, 1.5 * i] for i in range(8)]
    column = [float(i) for i in range(8)]
    makers = [lambda i: 0.25 * i, lambda i: [i + 0.5, i + 0.75], lambda i: (i + 0.5,), lambda i: [0.5, i, None], str]
    out: list[Any] = [makers[shape](i) for i in range(8)]
    held = out[2:5] if sharing == 1 else []
    if sharing == 2:
        out = rows
    elif sharing == 3:
        out = rows[::-1]
    was = copy.deepcopy(held)
    for turn in range(turns):
        want = outcome(lambda: [f(r, a, turn) for r, a in zip(copy.deepcopy(rows), column)])
        got = outcome(lambda: pp.map(f, rows, column, k=turn, out=out, device="cpu"))
        if want[0] == "raises" or got[1] is pp.UnsupportedError:
            assert want[0] == "raises"
            break
        assert same(out, want[1]) and got[1] is out
    assert same(held, was)


def test_constant_text_in_rows_of_any_length():
    texts = ["ab", "", "abc"] * 150
    for f in (lambda s: [("w", 1) for c in s], lambda s: [["w"] for c in s], lambda s: [("w", c) for c in s]):
        out = [None] * len(texts)
        pp.map(f, texts, out=out, device="cpu")
        assert out == [f(s) for s in texts]
