"""Arrays that a function sees outside of itself: read where they lie by every function."""

from __future__ import annotations

import math
import sys
from array import array
from collections import namedtuple
from typing import Any

import pytest
from conftest import agrees, outcome
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import parallel_party as pp

Point = namedtuple("Point", ["x", "n"])

FLOATS = pp.array([0.5 * i - 20.0 for i in range(100)])
INTS = pp.array([i * i - 50 for i in range(100)])
FLAGS = pp.array([i % 3 == 0 for i in range(100)])
ROWS = pp.array([(0.1 * i, 1.0 - 0.2 * i, 0.3 * i) for i in range(50)])
SHORT = pp.array([0.1 * i for i in range(100)], dtype=pp.float32)
SHORT_ROWS = pp.array([(0.1 * i, 2.0 * i) for i in range(60)], dtype=pp.float32)
MIXED = pp.array([(i, 0.5 * i, i % 2 == 0) for i in range(40)])
NESTED = pp.array([((i, 0.5 * i), (0.25 * i, -1.0)) for i in range(30)])
POINTS = pp.array([Point(0.5 * i, i) for i in range(30)])
SMALL = {
    dtype: pp.array(
        [(i * 37) % 200 - (0 if dtype.startswith("u") else 100) for i in range(90)], dtype=getattr(pp, dtype)
    )
    for dtype in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
}
INDICES = [*range(-30, 30, 7), 0, 29]
BEYOND = [*INDICES, 100, 5000, -101, 2**40]


def agree(f: Any, *columns: Any, **uniform: Any) -> bool:
    """Whether `map` agrees with CPython."""
    return agrees(f, *columns, device="cpu", **uniform)


def runs_compiled(f: Any, *columns: Any, **uniform: Any) -> bool:
    """Whether `map` agrees with CPython and hands no element back."""
    before = pp.stats().handed_back
    return agree(f, *columns, **uniform) and pp.stats().handed_back == before


@pytest.mark.parametrize(
    "table", [FLOATS, INTS, FLAGS, ROWS, SHORT, SHORT_ROWS, MIXED, NESTED, POINTS, *SMALL.values()], ids=repr
)
def test_elements_of_every_type(table: Any) -> None:
    many = [*INDICES] * 50
    assert runs_compiled(lambda i: table[i], many)
    assert runs_compiled(lambda i: len(table) + i, many)
    assert runs_compiled(lambda i: (table[-1], table[0], i in (1, 2)), many)
    assert runs_compiled(lambda i, t: t[i], many, t=table)


@pytest.mark.parametrize("f", [lambda i: FLOATS[i], lambda i: MIXED[i], lambda i: SHORT_ROWS[i][1]])
def test_out_of_range(f: Any) -> None:
    assert agree(f, BEYOND)
    with pytest.raises(IndexError):
        pp.map(f, [0] * 2000 + [5000] + [1] * 2000, device="cpu")


def catches(i: int) -> float:
    try:
        return FLOATS[i]
    except IndexError:
        return -1.0


def test_index_error_is_caught() -> None:
    assert runs_compiled(catches, BEYOND * 20)


def neighbours(i: int) -> float:
    total = 0.0
    for j in range(max(i - 2, 0), min(i + 3, len(FLOATS))):
        total += FLOATS[j]
    return total


def average(i: int) -> float:
    around = FLOATS[max(i - 2, 0) : i + 3]
    return sum(around) / len(around)


def pull(p: Any) -> tuple[float, float, float]:
    x, y, z = p
    ax = ay = az = 0.0
    for bx, by, bz in ROWS:
        dx, dy, dz = bx - x, by - y, bz - z
        near = 1.0 / math.sqrt(dx * dx + dy * dy + dz * dz + 0.01)
        ax += dx * near
        ay += dy * near
        az += dz * near
    return ax, ay, az


def test_loops_over_arrays() -> None:
    assert runs_compiled(neighbours, list(range(100)) * 20)
    assert runs_compiled(average, list(range(100)) * 20)
    assert runs_compiled(pull, ROWS.tolist() * 10)
    assert runs_compiled(lambda i: [x * 2 for x in SHORT][i], INDICES * 50)
    bytes_, words = SMALL["int8"], SMALL["uint16"]
    assert runs_compiled(lambda i: sum(FLOATS) + max(INTS) + min(bytes_) + i, INDICES * 50)
    assert runs_compiled(lambda i: [n * x for n, x in zip(INTS, FLOATS)][i], INDICES * 50)
    assert runs_compiled(lambda i: [n + k for k, n in enumerate(words)][i], INDICES * 50)
    assert runs_compiled(lambda i: sorted(SHORT)[i] + sorted(FLOATS)[i], INDICES * 50)
    assert runs_compiled(lambda i: list(SHORT) + list(FLOATS)[:1] if i == 3 else [1.0], INDICES * 50)
    assert runs_compiled(lambda i: (INTS.index(-50), INTS.count(-49), i), INDICES * 50)
    assert runs_compiled(lambda i: (i in INTS, i * 0.5 in FLOATS), INDICES * 50)
    assert runs_compiled(lambda i: sum(POINTS[i].x for _ in range(3)) + POINTS[i].n, INDICES * 50)


BOUNDS = [None, 0, 1, 3, 29, 30, 31, 100, -1, -3, -30, -31, -100]
STEPS = [None, 1, 2, 7, 1000, -1, -2, -30]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("table", [pp.array([1.5 * i for i in range(30)]), SHORT_ROWS[:30], MIXED[:30]], ids=repr)
def test_slices(table: Any, step: int | None) -> None:
    made: dict[str, Any] = {"table": table}
    exec(f"def f(a, b): return [x for x in table[a:b:{step}]]", made)
    exec(f"def g(a): return len(table[a::{step}]), len(table[:a:{step}]), len(table[::{step}])", made)
    for start, stop in ((None, 20), (4, None), (-9, 3), (25, -40)):
        constant: dict[str, Any] = {"table": table}
        exec(f"def f(i): return [x for x in table[{start}:{stop}:{step}]]", constant)
        assert pp.map(constant["f"], [0] * 2, device="cpu") == [constant["f"](0)] * 2
    pairs = [(a, b) for a in BOUNDS for b in BOUNDS if a is not None and b is not None]
    assert runs_compiled(made["f"], [a for a, _ in pairs], [b for _, b in pairs])
    assert runs_compiled(made["g"], [a for a in BOUNDS if a is not None])


def test_slices_of_slices() -> None:
    assert runs_compiled(lambda i: FLOATS[10:80][5:60:2][::-1][i], INDICES[:3] * 40)


def test_views_and_columns_and_flat() -> None:
    views = [ROWS.columns[0], ROWS.columns[2], SHORT_ROWS.columns[1], MIXED.columns[1], NESTED.columns[1]]
    views += [ROWS.flat, SHORT_ROWS.flat, ROWS.view(3, 40), POINTS.columns.n, SMALL["int16"].view(5, 60), ROWS[7:45]]
    for view in views:
        assert runs_compiled(lambda i, v: v[i], INDICES[1:6] * 40, v=view), view


def test_changes_are_seen() -> None:
    table = pp.array([float(i) for i in range(100)])

    def f(i: int) -> float:
        return table[i] + len(table)

    for change in (
        lambda: table.__setitem__(3, 77.0),
        lambda: table.append(5.0),
        lambda: table.__setitem__(slice(2, 9), [1.0] * 40),
        lambda: table.reverse(),
        lambda: table.sort(),
        lambda: table.__delitem__(slice(0, 60)),
    ):
        change()
        assert runs_compiled(f, list(range(-20, 20)) * 30)
    kept = table.copy()
    table.clear()
    assert outcome(lambda: pp.map(f, [0] * 300)) == outcome(lambda: [f(0)])
    table += kept
    assert runs_compiled(f, list(range(-20, 20)) * 30)


def test_another_dtype_is_another_array() -> None:
    made: dict[str, Any] = {}
    exec("def f(i): return table[i]", made)
    for table in (FLOATS, SHORT, INTS, MIXED, [1, 2, 3] * 40, ROWS.columns[1], FLOATS, (4.0,) * 60):
        made["table"] = table
        assert agree(made["f"], INDICES * 50)


def test_exported_memory_is_copied() -> None:
    table = pp.array([float(i) for i in range(50)])
    raw = memoryview(table)
    for value in (3.0, 4.0):
        raw[7] = value
        assert pp.map(lambda i: table[i], [7] * 1000, device="cpu") == [value] * 1000


def test_empty_arrays() -> None:
    empty = pp.array([])
    assert runs_compiled(lambda i: len(empty) + i, INDICES * 50)
    assert runs_compiled(lambda i: [x for x in empty] == [], INDICES * 50)
    with pytest.raises(IndexError):
        pp.map(lambda i: empty[i], INDICES * 50)
    assert agree(lambda i: sum(pp_empty) + i, INDICES * 50)


pp_empty = pp.array([], dtype=pp.float64)


def test_unsigned_beyond_an_int() -> None:
    table = pp.array([1, 2**63 + 5, 2**64 - 1, 7], dtype=pp.uint64)
    assert agree(lambda i: table[i], [0, 1, 2, 3] * 100)


def test_map_does_not_change_arrays() -> None:
    table = pp.array([1.0] * 10)

    def assigns(i: int) -> int:
        table[i % 10] = 2.0
        return i

    def adds(i: int) -> int:
        table[i % 10] += 2.0
        return i

    def appends(i: int) -> int:
        if i == 7:
            table.append(1.0)
        return i

    def extends(i: int) -> int:
        own = table
        if i == 7:
            own += [1.0]
        return i

    def deletes(i: int) -> int:
        if i == 7:
            del table[0]
        return i

    for f in (assigns, adds, appends, extends, deletes):
        with pytest.raises(pp.UnsupportedError):
            pp.map(f, range(1000))
    assert table == [1.0] * 10


def test_references_end_with_the_call() -> None:
    table = pp.array([1.0] * 1000)
    before = sys.getrefcount(table)
    pp.map(lambda i, t: t[i], range(1000), t=table, device="cpu")
    assert sys.getrefcount(table) == before
    table.append(1.0)


def test_writing_after_a_call_copies_nothing() -> None:
    table = pp.array([1.0] * 1000)
    raw = memoryview(table.view())
    address = memoryview(table).tobytes()
    del raw
    pp.map(lambda i: table[i], range(1000), device="cpu")
    table[0] = 2.0
    assert table[0] == 2.0 and address == array("d", [1.0] * 1000).tobytes()


numbers = st.lists(st.floats(allow_nan=False, width=32), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(numbers, st.lists(st.integers(-60, 60), min_size=1, max_size=50), st.sampled_from(["float64", "float32"]))
def test_random_gathers(values: list[float], indices: list[int], dtype: str) -> None:
    table = pp.array(values, dtype=getattr(pp, dtype))

    def gather(i: int) -> float:
        return table[i] if -len(table) <= i < len(table) else 0.0

    def windows(i: int) -> float:
        total = 0.0
        for x in table[i : i + 5]:
            total += x
        return total

    assert agree(gather, indices)
    assert agree(windows, indices)


def bound_to(kind: str) -> Any:
    record = namedtuple("record", ["x", "n"])
    return {
        "floats": lambda: pp.array([1.0, 2.0]),
        "floats or None": lambda: pp.array([1.0, None]),
        "text": lambda: pp.array(["a", "b"]),
        "text or None": lambda: pp.array(["a", None]),
        "rows or None": lambda: pp.array([(1.0, None), (2.0, 3)]),
        "rows of any length": lambda: pp.array([[1.0], [1.0, 2.0]]),
        "records": lambda: pp.array([record(1.0, 2)] * 2),
        "column": lambda: pp.array([(1.0, 2.0)] * 2).columns[0],
        "list": lambda: [1.0, 2.0],
        "list or None": lambda: [1.0, None],
        "tuple": lambda: (1.0, 2.0),
        "dict": lambda: {0: 1.0, 1: 2.0},
        "buffer": lambda: array("d", [1.0, 2.0]),
        "list of dicts": lambda: [{"a": 1}] * 2,
        "str": lambda: "ab",
        "int": lambda: 3,
        "class": lambda: dict,
    }[kind]()


@pytest.mark.parametrize("first", ["floats", "floats or None", "text or None", "rows or None", "records", "list"])
def test_a_name_that_is_bound_to_something_else(first: str) -> None:
    kinds = [
        "floats", "floats or None", "text", "text or None", "rows or None", "rows of any length", "records",
        "column", "list", "list or None", "tuple", "dict", "buffer", "list of dicts", "str", "int", "class",
    ]  # fmt: skip
    for second in kinds:
        for kind in (first, second, first):
            named_here = bound_to(kind)
            want = outcome(lambda: [named_here[i] for i in range(2)])  # noqa: B023 - called at once
            got = outcome(lambda: list(pp.map(lambda i: named_here[i], range(2), device="cpu")))  # noqa: B023
            is_refused = got[0] == "raises" and got[1] is pp.UnsupportedError
            assert is_refused or repr(got[:2]) == repr(want[:2]), (first, second, kind)
