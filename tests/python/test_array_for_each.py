"""`for_each` over Arrays of rows: what the loop over lists would do, written in place."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

import parallel_party as pp


def step(p: Any, dt: float) -> None:
    p[1] -= 9.81 * dt
    p[0] += p[1] * dt


def loop(f: Any, rows: list[Any], *others: Any, **uniform: Any) -> list[tuple[Any, ...]]:
    """The loop over lists, which comes out as rows do."""
    lists = [list(row) for row in rows]
    for elements in zip(lists, *others):
        f(*elements, **uniform)
    return [tuple(row) for row in lists]


@pytest.mark.parametrize("count", [1, 10, 5000, 100_000])
@pytest.mark.parametrize("dtypes", ["float64", "mixed"])
def test_rows_are_written_in_place(count: int, dtypes: str, device: str) -> None:
    rows = [(0.5 * i, 1.0, i) if dtypes == "mixed" else (0.5 * i, 1.0, 2.0) for i in range(count)]
    made = pp.array(rows)
    before, view = made[:3].tolist(), made.view()
    assert pp.for_each(step, made, dt=0.25, device=device) is None
    assert repr(made.tolist()) == repr(loop(step, rows, dt=0.25))
    assert view.tolist() == made.tolist()
    assert before == rows[:3]


def branches(p: Any, i: int) -> None:
    if i % 3 == 0:
        p[0] = p[1]
    elif i % 3 == 1:
        p[1] = i
        p[0], p[2] = p[2], p[0]


def test_branches_and_other_columns(device: str) -> None:
    rows = [(float(i), -1.0 * i, 0.5) for i in range(3000)]
    made = pp.array(rows)
    for others in (range(3000), list(range(3000)), pp.array(range(3000))):
        made[:] = rows
        pp.for_each(branches, made, others, device=device)
        assert repr(made.tolist()) == repr([tuple(map(float, row)) for row in loop(branches, rows, range(3000))])


def test_handed_back_rows_are_written_too() -> None:
    def careful(p: Any) -> None:
        p[0] = math.sqrt(p[1]) if p[1] != 7.0 else float(len(str(p[1]) * 2))
        p[1] += 1.0

    rows = [(0.0, float(i)) for i in range(2000)]
    made = pp.array(rows)
    pp.for_each(careful, made, device="cpu")
    assert made.tolist() == loop(careful, rows)


def test_all_or_nothing() -> None:
    rows = [(1.0, float(i - 500)) for i in range(1000)]

    def divide(p: Any) -> None:
        p[0] = 1.0 / p[1]

    made = pp.array(rows)
    with pytest.raises(ZeroDivisionError) as raised:
        pp.for_each(divide, made, device="cpu")
    assert "element 500" in raised.value.__notes__[0]
    assert made.tolist() == rows

    def grow(p: Any) -> None:
        p[0] = p[0] * 100

    small = pp.array([(1, 2), (3, 4), (2, 0)], dtype=pp.int8)
    with pytest.raises(OverflowError, match="element 1"):
        pp.for_each(grow, small, device="cpu")
    assert small.tolist() == [(1, 2), (3, 4), (2, 0)]

    def text(p: Any) -> None:
        p[0] = "text" if p[1] == 4 else p[0]

    with pytest.raises(pp.ConversionError, match="element 1"):
        pp.for_each(text, small, device="cpu")
    assert small.tolist() == [(1, 2), (3, 4), (2, 0)]


def test_float32_rows() -> None:
    rng = random.Random(3)
    single = pp.array([(rng.random(), rng.random()) for _ in range(2000)], dtype=pp.float32)
    rows = single.tolist()
    pp.for_each(step, single, dt=0.1, device="cpu")
    assert single.tolist() == pp.array(loop(step, rows, dt=0.1), dtype=pp.float32).tolist()


def test_exported_rows_are_written_where_they_are() -> None:
    made = pp.array([(1.0, 2.0)] * 1000)
    shown = memoryview(made)
    pp.for_each(step, made, dt=0.5, device="cpu")
    assert shown.tolist() == [list(row) for row in made.tolist()]


def test_one_array_twice_runs_in_order() -> None:
    def both(p: Any, q: Any) -> None:
        p[0] += 1.0
        q[0] *= 2.0

    made = pp.array([(float(i), 0.0) for i in range(100)])
    pp.for_each(both, made, made)
    assert made.tolist() == [((i + 1.0) * 2.0, 0.0) for i in range(100)]
    shifted = pp.array([(float(i), 0.0) for i in range(10)])
    want = [[float(i), 0.0] for i in range(10)]
    for p, q in zip(want[:9], want[1:]):
        both(p, q)
    pp.for_each(both, shifted.view(0, 9), shifted.view(1, 10))
    assert shifted.tolist() == [tuple(row) for row in want]


def test_a_view_is_written_and_nothing_else() -> None:
    rows = [(1.0, 2.0)] * 10
    made = pp.array(rows)
    pp.for_each(step, made.view(3, 5), dt=1.0, device="cpu")
    assert made.tolist() == rows[:3] + loop(step, rows[3:5], dt=1.0) + rows[5:]
