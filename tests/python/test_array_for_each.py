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


class Ball:
    def __init__(self, height: float, hits: int = 0, name: str = "a") -> None:
        self.height = height
        self.hits = hits
        self.name = name

    def state(self) -> tuple[float, int, str]:
        return self.height, self.hits, self.name


def lift(ball: Any, by: Any) -> None:
    ball.height += by if by is not None and not isinstance(by, str) else 0.5
    ball.hits += 1


def lift_row(row: Any, by: Any) -> None:
    row[0] += by if by is not None and not isinstance(by, str) else 0.5
    row[1] += 1.0


OTHERS = [
    lambda n: [1 if i % 3 else 2.5 for i in range(n)],
    lambda n: [None if i % 3 else 2.0 for i in range(n)],
    lambda n: [True if i % 2 else 3 for i in range(n)],
    lambda n: (i * 0.5 for i in range(n)),
    lambda n: map(float, range(n)),
    lambda n: dict.fromkeys(range(n)),
    lambda n: "abc" * (n // 3),
    lambda n: range(n),
]


@pytest.mark.parametrize("count", [3, 900])
@pytest.mark.parametrize("others", OTHERS)
def test_rows_and_records_beside_any_column(others: Any, count: int) -> None:
    twin = [Ball(0.5 * i) for i in range(count)]
    balls = pp.array([Ball(0.5 * i) for i in range(count)])
    held = balls[1]
    pp.for_each(lift, balls, others(count), device="cpu")
    for ball, by in zip(twin, others(count)):
        lift(ball, by)
    assert [ball.state() for ball in balls] == [ball.state() for ball in twin]
    assert held is balls[1]
    rows = [(0.5 * i, 1.0) for i in range(count)]
    made = pp.array(rows)
    kept = made[:]
    pp.for_each(lift_row, made, others(count), device="cpu")
    assert made.tolist() == loop(lift_row, rows, others(count)) and kept.tolist() == rows


def test_columns_that_are_one_array_are_one_beside_any_column() -> None:
    def push(one: Any, other: Any, by: Any) -> None:
        one.height += by
        other.height *= 2.0

    balls = pp.array([Ball(1.0 * i) for i in range(300)])
    pp.for_each(push, balls, balls, (0.5 if i % 2 else 1 for i in range(300)))
    assert balls.columns.height.tolist() == [(i + (0.5 if i % 2 else 1)) * 2.0 for i in range(300)]
    with pytest.raises(pp.UnsupportedError):
        pp.for_each(push, balls, balls.view(1), iter(range(300)))


def test_what_is_refused_beside_any_column_has_written_nothing() -> None:
    def fails(ball: Any, by: Any) -> None:
        ball.height = by
        if by == 2.5:
            raise ValueError

    def another_type(ball: Any, by: Any) -> None:
        ball.height = "high" if by == 2.5 else 0.0

    def writes_by_name(ball: Any, by: Any) -> None:
        ball.height = 1.0
        if by == 2.5:
            balls.columns.hits[0] = 5

    balls = pp.array([Ball(1.0)] * 300)
    by = [1 if i != 200 else 2.5 for i in range(300)]
    for f, error in ((fails, ValueError), (another_type, pp.ConversionError)):
        with pytest.raises(error):
            pp.for_each(f, balls, by)
        assert all(ball.state() == (1.0, 0, "a") for ball in balls)
    with pytest.raises(RuntimeError):
        pp.for_each(writes_by_name, balls, by)


def test_ints_that_no_float_is_equal_to_are_refused() -> None:
    def by_row(row: Any, i: int) -> None:
        row[0] = i

    def by_record(ball: Any, i: int) -> None:
        ball.height = i

    for big in (2**53, 2**60, -(2**62)):
        for f, made in ((by_row, pp.array([(1.0, 2.0)] * 900)), (by_record, pp.array([Ball(1.0)] * 900))):
            pp.for_each(f, made, [big] * 900, device="cpu")
            assert made.columns[0].tolist() == [float(big)] * 900
            with pytest.raises(OverflowError):
                pp.for_each(f, made, [big] * 800 + [big + 1] * 100, device="cpu")
            assert made.columns[0].tolist() == [float(big)] * 900


def test_text_beyond_an_arrays_widens_it() -> None:
    def name(ball: Any, i: int) -> None:
        ball.name = ball.name + ("\u20ac" if i % 7 == 3 else "b")

    def in_row(row: Any, i: int) -> None:
        row[0] = row[0] + ("\u20ac" if i % 7 == 3 else "b")

    balls = pp.array([Ball(1.0)] * 50)
    held, kept = balls[3], balls[:]
    pp.for_each(name, balls, range(50))
    assert [ball.name for ball in balls] == ["a\u20ac" if i % 7 == 3 else "ab" for i in range(50)]
    assert held.name == "a\u20ac" and kept[3].name == "a"
    pp.for_each(name, balls, iter(range(50)))
    assert balls[3].name == "a\u20ac\u20ac"
    rows = pp.array([("a", 1)] * 50)
    view = rows.view()
    with pytest.raises(BufferError):
        pp.for_each(in_row, rows, range(50))
    assert rows.tolist() == [("a", 1)] * 50 and len(view) == 50
    del view
    pp.for_each(in_row, rows, range(50))
    assert rows.tolist() == [("a\u20ac" if i % 7 == 3 else "ab", 1) for i in range(50)]


@pytest.mark.parametrize("count", [5, 900])
def test_lists_of_what_shows_records_are_written_through(count: int) -> None:
    balls = pp.array([Ball(0.5 * i) for i in range(count)])
    twin = [Ball(0.5 * i) for i in range(count)]
    for take in (list, lambda a: [ball for ball in a if ball.height > 1.0], lambda a: [a[1]] * 3, reversed, tuple):
        some, others = take(balls), take(twin)
        if take is reversed:
            some, others = list(some), list(others)
        pp.for_each(lift, some, [1.0] * count, device="cpu")
        pp.for_each(lift, others, [1.0] * count, device="cpu")
        assert [ball.state() for ball in balls] == [ball.state() for ball in twin]
    rows = pp.array([{"x": 1.0, "p": {"n": i}} for i in range(count)])

    def write(row: Any, other: Any) -> None:
        row["x"] += other["p"]["n"]
        other["p"] = {"n": 3}

    pp.for_each(write, list(rows), list(rows))
    assert rows.tolist() == [{"x": 1.0 + i, "p": {"n": 3}} for i in range(count)]
    for columns in ((list(rows), [row["p"] for row in rows]), (list(rows), rows)):
        with pytest.raises(pp.UnsupportedError):
            pp.for_each(write, *columns)


def test_lists_of_what_shows_records_are_all_or_nothing() -> None:
    def fails(ball: Any, i: int) -> None:
        ball.height = 5.0 if i != 700 else "high"
        ball.name = "\u20ac"

    balls = pp.array([Ball(1.0)] * 900)
    with pytest.raises(pp.ConversionError):
        pp.for_each(fails, list(balls), range(900))
    assert all(ball.state() == (1.0, 0, "a") for ball in balls)
    pp.for_each(fails, list(balls)[:600], range(600))
    assert balls[599].state() == (5.0, 0, "\u20ac") and balls[600].state() == (1.0, 0, "a")
