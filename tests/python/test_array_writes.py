"""`for_each` with functions that assign to elements of Arrays from outside: what the loop would do, in its order."""

from __future__ import annotations

import math
import random
import signal
import threading
from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import pytest
from conftest import same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import parallel_party as pp

Point = namedtuple("Point", ["x", "n"])


def is_the_loop(f: Any, make: Any, *columns: Any, handed_back: int | None = 0, **uniform: Any) -> bool:
    """Whether `for_each` writes to the Arrays that `make` makes what the loop writes to lists.

    `f` gets them as its last arguments, by keyword.
    """
    arrays: dict[str, Any] = make()
    lists = {name: value.tolist() for name, value in arrays.items()}
    error = given_error = None
    try:
        for elements in zip(*columns):
            f(*elements, **uniform, **lists)
    except Exception as raised:
        error = raised
        lists = {name: value.tolist() for name, value in arrays.items()}
    before = pp.stats().handed_back
    try:
        pp.for_each(f, *columns, device="cpu", **uniform, **arrays)
    except Exception as raised:
        given_error = raised
    assert type(error) is type(given_error), (error, given_error)
    if handed_back is not None and error is None:
        assert pp.stats().handed_back - before == handed_back
    return all(same(arrays[name].tolist(), lists[name]) for name in arrays)


def tally(i: int, counts: Any) -> None:
    counts[i % 10] += 1


def deposit(x: float, grid: Any) -> None:
    grid[int(x) % len(grid)] += x * 0.1


def extremes(x: float, low: Any, high: Any) -> None:
    k = int(x) % 7
    if x < low[k]:
        low[k] = x
    high[k] = max(high[k], x)


def running(i: int, total: Any) -> None:
    total[i + 1] = total[i] * 0.5 + i


def swap(i: int, j: int, order: Any) -> None:
    order[i], order[j] = order[j], order[i]


def move(i: int, points: Any) -> None:
    x, y = points[i % 9]
    points[-1 - i % 9] = (x + 0.25, y * 0.5 + x)


def spread(i: int, heat: Any) -> None:
    for k in range(-3, 4):
        heat[(i + k) % len(heat)] += 0.125 * k


FLOATS = [math.sin(i) * 50 for i in range(3000)]


@pytest.mark.parametrize("count", [1, 100, 5000, 100_000])
def test_histogram(count: int) -> None:
    assert is_the_loop(tally, lambda: {"counts": pp.array([0] * 10)}, range(count))
    assert is_the_loop(tally, lambda: {"counts": pp.array([0] * 10)}, list(range(count)))
    assert is_the_loop(tally, lambda: {"counts": pp.array([0] * 10)}, pp.array(range(count)))


def test_sums_have_the_bits_of_the_loop() -> None:
    for dtype in (pp.float64,):
        assert is_the_loop(deposit, lambda dtype=dtype: {"grid": pp.array([0.0] * 31, dtype=dtype)}, FLOATS)


def test_extremes_scans_swaps_and_rows() -> None:
    assert is_the_loop(extremes, lambda: {"low": pp.array([1e9] * 7), "high": pp.array([-1e9] * 7)}, FLOATS)
    assert is_the_loop(running, lambda: {"total": pp.array([1.0] * 2001)}, range(2000))
    pairs = [(random.Random(1).randrange(300), i % 300) for i in range(3000)]
    order = {"order": pp.array(range(300))}
    assert is_the_loop(swap, lambda: order, [a for a, _ in pairs], [b for _, b in pairs])
    assert is_the_loop(move, lambda: {"points": pp.array([(float(i), 1.0) for i in range(12)])}, range(2000))
    assert is_the_loop(spread, lambda: {"heat": pp.array([0.0] * 97)}, range(2000))


def test_rows_of_several_dtypes_and_namedtuples() -> None:
    def write(i: int, rows: Any, points: Any, nested: Any) -> None:
        n, x, flag = rows[i % 20]
        rows[(i * 7) % 20] = (n + i, x * 0.5, not flag)
        p = points[i % 10]
        points[(i * 3) % 10] = (p.x + 0.5, p.n - i)
        (a, b), c = nested[i % 5]
        nested[(i + 1) % 5] = ((b, a + c), c * 1.25)

    def make() -> dict[str, Any]:
        return {
            "rows": pp.array([(i, 0.5 * i, i % 2 == 0) for i in range(20)]),
            "points": pp.array([Point(0.5 * i, i) for i in range(10)]),
            "nested": pp.array([((1.0 * i, 2.0), 3.0) for i in range(5)]),
        }

    arrays, expected = make(), make()
    pp.for_each(write, range(3000), device="cpu", **arrays)
    for i in range(3000):
        write(i, **expected)
    for name in arrays:
        assert same(arrays[name].tolist(), expected[name].tolist())


@pytest.mark.parametrize("dtype", ["float32", "int8", "int16", "int32", "uint8", "uint16", "uint32", "uint64"])
def test_short_numbers_are_stored_as_arrays_store_them(dtype: str) -> None:
    def write(i: int, table: Any) -> None:
        table[i % 50] = (table[(i * 3) % 50] + i) % 101

    def make() -> Any:
        return pp.array(range(50), dtype=getattr(pp, dtype))

    table, expected = make(), make()
    pp.for_each(write, range(3000), table=table, device="cpu")
    for i in range(3000):
        write(i, expected)
    assert same(table.tolist(), expected.tolist())


def test_float32_is_rounded_at_each_step() -> None:
    table, expected = (pp.array([0.0] * 5, dtype=pp.float32) for _ in range(2))
    pp.for_each(deposit, FLOATS, grid=table, device="cpu")
    for x in FLOATS:
        deposit(x, expected)
    assert same(table.tolist(), expected.tolist())


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        ("int8", [1, 127, 128]),
        ("uint8", [255, -1]),
        ("uint32", [2**32 - 1, 2**32]),
        ("uint64", [0, -1]),
        ("int64", [2**63 - 1, 2**63]),
        ("float32", [3.4028234663852886e38, math.inf, -math.inf, math.nan, 3.5e38]),
        ("float32", [2**53, 2**53 + 1, 2**60 + 1]),
        ("int64", [1, True, 1.5]),
        ("float64", [1, True, 1.5, None]),
        ("float64", [2**53, 2**53 + 1, -(2**53) - 1, 2**60, 2**60 + 1, 2**62]),
        ("bool_", [True, 1]),
    ],
)
def test_values_that_fit_and_that_do_not(dtype: str, values: list[Any]) -> None:
    def write(value: Any, table: Any) -> None:
        table[0] = value
        table[1] = value

    for value in values:
        kind = True if dtype == "bool_" else 0
        table, expected = (pp.array([kind] * 2, dtype=getattr(pp, dtype)) for _ in range(2))
        errors: list[Any] = []
        for call in (
            lambda: pp.for_each(write, [value] * 600, table=table, device="cpu"),
            lambda: write(value, expected),
        ):
            try:
                call()
                errors.append(None)
            except Exception as error:
                errors.append(type(error))
        assert errors[0] is errors[1], (value, errors)
        assert same(table.tolist(), expected.tolist()), value


def test_all_or_nothing() -> None:
    def write(i: int, table: Any, other: Any) -> None:
        other[0] += 1
        table[i % 10] = i
        table[i] = -i

    table, other = pp.array([0] * 50), pp.array([0])
    view, copied = table.view(), table[:]
    with pytest.raises(IndexError) as caught:
        pp.for_each(write, range(1000), table=table, other=other)
    assert "element 50" in caught.value.__notes__[0]
    assert table == [0] * 50 and other == [0] and view == table and copied == table


def test_an_element_that_is_handed_back_has_written_nothing_before() -> None:
    def write(i: int, table: Any, log: Any) -> None:
        log[0] += 1
        for k in range(i % 5):
            table[k] += 1.0 / (k + 1)
        if i % 100 == 99:
            log[1] += int(str(2**70 + i)[-2:])  # beyond 64 bits: CPython's
        table[5] += table[i % 5] * 10.0 ** (i % 3)

    def make() -> dict[str, Any]:
        return {"table": pp.array([0.0] * 6), "log": pp.array([0, 0])}

    assert is_the_loop(write, make, range(5000), handed_back=None)


def test_elements_of_cpython_see_and_are_seen() -> None:
    def write(i: int, table: Any) -> None:
        if i % 50 == 7:
            table[i % 10] = int(hex(table[i % 10] + i), 16)
        elif i % 50 == 8:
            table[(i + 3) % 10 :][:] = [1, 2]
        else:
            table[i % 10] += table[(i + 1) % 10] % 1000

    assert is_the_loop(write, lambda: {"table": pp.array(range(10))}, range(1000), handed_back=None)


def test_arrays_may_grow_where_cpython_runs() -> None:
    def write(i: int, table: Any) -> None:
        if i % 100 == 99:
            table.append(i)
        table[-1] += i

    assert is_the_loop(write, lambda: {"table": pp.array(range(10))}, range(1000), handed_back=10)


def test_only_cpython_writes() -> None:
    def write(i: int, table: Any, seen: Any) -> None:
        if i % 100 == 3:
            table[:] = [i] * 10
        seen[i] = table[i % 10]

    def reads(p: Any, table: Any) -> None:
        if p[0] == 40.0:
            table[2:3] = [7.0]
        p[1] = table[2]

    assert is_the_loop(
        write, lambda: {"table": pp.array(range(10)), "seen": pp.array(range(1000))}, range(1000), handed_back=10
    )
    rows, table = [[float(i), 0.0] for i in range(600)], pp.array([1.0] * 5)
    pp.for_each(reads, rows, table=table, device="cpu")
    assert [row[1] for row in rows] == [1.0] * 40 + [7.0] * 560


def test_two_names_of_one_array() -> None:
    def write(i: int, a: Any, b: Any, c: Any) -> None:
        a[i % 10] += b[(i + 1) % 10]
        b[i % 7] = c[0] % 100 + 1

    table, expected = pp.array(range(10)), pp.array(range(10))
    pp.for_each(write, range(500), a=table, b=table, c=table.view(3, 8), device="cpu")
    for i in range(500):
        write(i, expected, expected, expected.view(3, 8))
    assert table == expected


def test_columns_flat_and_views() -> None:
    def write(i: int, part: Any) -> None:
        part[i % len(part)] += i * 0.5

    for take in (lambda a: a.columns[1], lambda a: a.flat, lambda a: a.view(3, 9).columns[0], lambda a: a.columns[2]):
        for dtype in (pp.float64, pp.float32):
            rows, expected = (pp.array([(1.0 * i, 2.0, 3.0) for i in range(20)], dtype=dtype) for _ in range(2))
            pp.for_each(write, range(500), part=take(rows), device="cpu")
            for i in range(500):
                write(i, take(expected))
            assert same(rows.tolist(), expected.tolist())


def test_columns_are_snapshots() -> None:
    table = pp.array([0.0, 1.0, 2.0, 3.0])

    def write(x: float) -> None:
        table[int(x)] = 10.0
        table[3] = 2.0

    pp.for_each(write, table, device="cpu")
    assert table == [10.0, 10.0, 10.0, 2.0]


@dataclass
class Particle:
    x: float
    mass: float


def test_objects_and_arrays_at_once() -> None:
    def write(p: Any, grid: Any) -> None:
        k = int(p.x) % 8
        p.mass = p.mass * 0.5 + grid[k]
        grid[k] += p.mass

    def rows(p: Any, grid: Any) -> None:
        k = int(p[0]) % 8
        p[1] = p[1] * 0.5 + grid[k]
        grid[k] += p[1]

    made, expected = ([Particle(0.1 * i, 1.0) for i in range(2000)] for _ in range(2))
    grid, other = pp.array([0.25] * 8), [0.25] * 8
    pp.for_each(write, made, grid=grid, device="cpu")
    for p in expected:
        write(p, other)
    assert same(grid.tolist(), other) and made == expected

    table, grid, other = pp.array([(0.1 * i, 1.0) for i in range(2000)]), pp.array([0.25] * 8), [0.25] * 8
    lists = [list(row) for row in table]
    pp.for_each(rows, table, grid=grid, device="cpu")
    for row in lists:
        rows(row, other)
    assert same(grid.tolist(), other) and same(table.tolist(), [tuple(row) for row in lists])


def test_rows_and_the_same_array_by_name_are_refused() -> None:
    table = pp.array([(1.0, 2.0)] * 500)

    def write(p: Any) -> None:
        p[0] += 1.0
        table[3] = (0.0, 0.0)

    with pytest.raises(pp.UnsupportedError):
        pp.for_each(write, table, device="cpu")
    assert table == [(1.0, 2.0)] * 500


def test_rows_may_be_written_while_the_array_is_read() -> None:
    bodies = pp.array([(float(i), 0.0) for i in range(400)])

    def pull(p: Any) -> None:
        for x, _ in bodies:
            p[1] += x - p[0]
        p[0] += p[1]

    rows = bodies.tolist()
    pp.for_each(pull, bodies, device="cpu")
    expected = []
    for x, v in rows:
        for other, _ in rows:
            v += other - x
        expected.append((x + v, v))
    assert same(bodies.tolist(), expected)


def test_elements_of_several_types_run_in_order() -> None:
    def write(x: Any, table: Any) -> None:
        table[int(x) % 5] = table[(int(x) + 1) % 5] * 2 % 1000 + int(x)

    values = [i if i % 3 else i + 0.5 for i in range(2000)]
    assert is_the_loop(write, lambda: {"table": pp.array(range(5))}, values, handed_back=None)


def test_exported_memory_is_written_in_place() -> None:
    table = pp.array([0] * 10)
    raw = memoryview(table)
    pp.for_each(tally, range(1000), counts=table, device="cpu")
    assert raw.tolist() == [100] * 10

    def fails(i: int, counts: Any) -> None:
        counts[i] += 1

    with pytest.raises(IndexError):
        pp.for_each(fails, range(1000), counts=table, device="cpu")
    assert raw.tolist() == [100] * 10


def test_an_interrupted_loop_writes_nothing() -> None:
    table = pp.array([0] * 10)
    stop = threading.Event()

    def spin(i: int) -> None:
        table[i % 10] += 1
        k = 0
        while k < i * 10**6:
            k += 1

    def interrupt() -> None:
        stop.wait(0.3)
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    # A shell starts what runs in the background with the signal ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            pp.for_each(spin, range(10**6), device="cpu")
        thread.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert table == [0] * 10


def test_few_elements_of_a_new_function() -> None:
    def write(i: int, counts: Any) -> None:
        counts[i % 10] += 1

    counts = pp.array([0] * 10)
    pp.for_each(write, range(20), counts=counts)
    assert counts == [2] * 10

    def fails(i: int, counts: Any) -> None:
        counts[i] = 5

    with pytest.raises(IndexError):
        pp.for_each(fails, range(20), counts=counts)
    assert counts == [2] * 10


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.integers(-12, 12), min_size=1, max_size=200),
    st.sampled_from(["int64", "float64", "float32", "int16"]),
    st.integers(1, 9),
)
def test_random_programs(indices: list[int], dtype: str, step: int) -> None:
    def write(i: int, table: Any) -> None:
        table[i % 9] = table[(i * step) % 9] * 0.5 + i if dtype.startswith("f") else table[(i + step) % 9] % 100 + i
        table[i] += step

    table, expected = (pp.array([1] * 12, dtype=getattr(pp, dtype)) for _ in range(2))
    errors = []
    for call in (
        lambda: pp.for_each(write, indices, table=table, device="cpu"),
        lambda: [write(i, expected) for i in indices],
    ):
        try:
            call()
            errors.append(None)
        except IndexError:
            errors.append(IndexError)
    assert errors[0] is errors[1]
    if errors[0] is None:
        assert same(table.tolist(), expected.tolist())
    else:
        assert table == [1] * 12


def helper(target: Any) -> None:
    target[0] += 1


@pytest.mark.parametrize("debug", [None, "python"])
def test_what_cpython_wrote_is_put_back_too(debug: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if debug:
        monkeypatch.setenv("PARALLEL_PARTY_DEBUG", debug)
    a, b, c, e = pp.array([3, 1, 2]), pp.array([0]), pp.array([0]), pp.array([(1.0, 2.0)])
    d: list[int] = []

    def f(i: int, keyword: Any) -> None:
        if i == 1:
            print(end="")  # CPython's
            b[0] = 9
            keyword[0] = i
            helper(c)
            (lambda: e.__setitem__(0, (5.0, 6.0)))()
            keyword.append(5)
        if i == 3:
            raise KeyError(i)
        a[0] += 1

    by_keyword = pp.array([7])
    held = by_keyword[:]
    for columns in (range(5), list(range(5)), pp.array(range(5)), range(2000)):
        with pytest.raises(KeyError):
            pp.for_each(f, columns, keyword=by_keyword)
        assert (a.tolist(), b.tolist(), c.tolist(), e.tolist()) == ([3, 1, 2], [0], [0], [(1.0, 2.0)])
        assert by_keyword.tolist() == [7] and held.tolist() == [7] and not d
    pp.for_each(f, range(3), keyword=by_keyword)
    assert (a.tolist(), b.tolist(), c.tolist(), by_keyword.tolist()) == ([6, 1, 2], [9], [1], [1, 5])
