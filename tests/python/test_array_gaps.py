"""`map` over Arrays in which something is None: each kind's elements are gathered, run, and put where they belong."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from comparison import GPU_ULP
from conftest import same

import parallel_party as pp

COUNTS = [3, 700, 70_000]


class Reading(NamedTuple):
    value: float | None
    name: str


@dataclass
class Ball:
    height: float
    speed: float | None = None


def every(period: int, value: Any, count: int) -> list[Any]:
    """`value(i)`, and None for every so many."""
    return [None if i % period == 0 else value(i) for i in range(count)]


def check(f: Any, *columns: list[Any], device: str = "cpu", **options: Any) -> Any:
    """The Array that `map` gives for Arrays of these, which is what the comprehension gives."""
    arrays = [pp.array(column, **options) for column in columns]
    got = pp.map(f, *arrays, device=device)
    want = [f(*elements) for elements in zip(*(array.tolist() for array in arrays))]
    assert type(got) is pp.Array
    assert same(got.tolist(), want, 0 if device == "cpu" else GPU_ULP)
    return got


@pytest.mark.parametrize("count", COUNTS)
def test_numbers(count: int, device: str) -> None:
    values = every(3, lambda i: 0.5 * i, count)
    for f in (
        lambda v: None if v is None else v * 2.0,
        lambda v: 0.0 if v is None else v,
        lambda v: (v, v),
        lambda v: v is None,
        lambda v: v if v is None or v > 10.0 else None,
        lambda v: (1, None if v is None else math.sin(v)),
        lambda v: v and v + 1.0,
    ):
        check(f, values, device=device)
    check(lambda v: None if v is None else v + 1, every(2, lambda i: i, count), device=device)
    check(lambda v: v is not None and not v, every(2, lambda i: i % 4 == 1, count), device=device)


@pytest.mark.parametrize("count", COUNTS)
def test_rows_and_records(count: int, device: str) -> None:
    rows = [(1.0 * i, None if i % 3 == 0 else i, None if i % 5 == 0 else (0.5 * i, i % 2 == 0)) for i in range(count)]

    def f(p: Any) -> Any:
        x, n, pair = p
        return (x if pair is None else pair[0], n, None if n is None or pair is None else (pair[1], n + 1))

    check(f, rows, device=device)
    check(lambda p: p if p is None else p[1], every(4, lambda i: (i, None if i % 3 == 0 else 0.25 * i), count))
    check(lambda p: p[0], [(None if i % 2 else (None if i % 3 else i, i), 1) for i in range(count)], device=device)
    readings = pp.array([Reading(None if i % 3 == 0 else 0.5 * i, f"name {i}") for i in range(count)])
    halves = pp.map(lambda r: r if r.value is None else Reading(r.value * 0.5, r.name + "!"), readings)
    assert halves.tolist() == [
        r if r.value is None else Reading(r.value * 0.5, r.name + "!") for r in readings.tolist()
    ]
    balls = pp.array([Ball(1.0 * i, None if i % 3 == 0 else 0.5 * i) for i in range(count)])
    fallen = pp.map(lambda b: Ball(b.height - 1.0, b.speed), balls, device=device)
    assert fallen.tolist() == [Ball(b.height - 1.0, b.speed) for b in balls.tolist()]


@pytest.mark.parametrize("count", COUNTS)
def test_text_and_rows_of_any_length(count: int, device: str) -> None:
    words = every(3, lambda i: f"word {i}", count)
    check(lambda w: None if w is None else w.upper(), words, device=device)
    check(lambda w: "" if w is None else w[1:], words, device=device)
    check(lambda w: -1 if w is None else len(w), words, device=device)
    check(lambda w: w, words, device=device)
    rows = every(4, lambda i: (0.5,) * (i % 3 + 1), count)
    check(lambda r: None if r is None else (*r, 1.0), rows, device=device)
    check(lambda r: () if r is None else r, [None, (), (1.0,), (1.0, 2.0)] * count, device=device)
    check(lambda r: sum(r) if r else None, rows, device=device)


@pytest.mark.parametrize("count", COUNTS)
def test_several_columns(count: int, device: str) -> None:
    one, two = every(2, lambda i: 0.5 * i, count), every(3, lambda i: 1.0 * i, count)
    plain = [0.25 * i for i in range(count)]

    def first_known(a: Any, b: Any, c: Any) -> Any:
        return a if a is not None else b if b is not None else c

    check(first_known, one, two, plain, device=device)
    check(lambda a, b, c: None if a is None or b is None else a * b + c, one, two, plain, device=device)
    check(lambda a, b: (a is None) == (b is None), one, [*two, None])


def test_dtypes_stay() -> None:
    values = every(3, lambda i: i % 100, 1000)
    for dtype in (pp.float32, pp.int8, pp.uint16, pp.float64):
        made = pp.array(values, dtype=dtype)
        assert pp.map(lambda v: None if v is None else v + 1, made).tolist() == [
            None if v is None else v + 1 for v in made.tolist()
        ]
    # A list, made first, would have had float64.
    narrow = pp.map(lambda v: None if v is None else v * 0.5, pp.array(values, dtype=pp.float32))
    assert narrow.dtype is pp.float32


def test_elements_that_cpython_evaluates() -> None:
    def f(v: Any) -> Any:
        if v is None:
            return None
        if v == 500:
            return float(memoryview(bytes(v)).nbytes)  # which has no compiled form
        return v * 2**55

    values = every(3, lambda i: i, 1000)
    with pytest.raises(OverflowError, match="element 256"):
        pp.map(f, pp.array(values))  # an int beyond 64 bits, which no Array holds
    values = [v if v is None or v < 250 or v == 500 else 7 for v in values]
    before = pp.stats().handed_back
    got = pp.map(lambda v: memoryview(bytes(v)).nbytes if v == 500 else v if v is None else v * 2, pp.array(values))
    assert pp.stats().handed_back - before == 1
    assert got.tolist() == [v if v is None or v == 500 else v * 2 for v in values]


@pytest.mark.parametrize("count", [10, 5000])
def test_the_lowest_failing_element_wins(count: int, device: str) -> None:
    values = [None if i % 3 == 0 else 1.0 + i for i in range(count)]

    def f(v: Any, empty: Any) -> float:
        return empty[0] if v is None else 1.0 / (v - 2.0)

    for place, error in ((0, IndexError), (1, ZeroDivisionError)):
        with pytest.raises(error) as caught:
            pp.map(f, pp.array(values[place:]), empty=(), device=device)
        assert "element 0" in caught.value.__notes__[0]
    values[0] = 5.0
    with pytest.raises(ZeroDivisionError) as first:
        pp.map(f, pp.array(values), empty=(), device=device)
    assert "element 1" in first.value.__notes__[0]


def test_out(device: str) -> None:
    values = every(3, lambda i: 0.5 * i, 700)
    table = pp.array(values)
    want = [None if v is None else v + 1.0 for v in values]
    for out in (pp.array([None, 1.0] * 350), pp.array(values, dtype=pp.float32), table):
        assert pp.map(lambda v: None if v is None else v + 1.0, table, out=out, device=device) is out
        assert out.tolist() == want
        table[:] = values
    floats = pp.array([9.0] * 700)
    for f, error in ((lambda v: v, pp.ConversionError), (lambda v: 1.0 / v if v else 1 // 0, ZeroDivisionError)):
        with pytest.raises(error):
            pp.map(f, table, out=floats, device=device)
        assert floats.tolist() == [9.0] * 700
    pp.map(lambda v: 0.0 if v is None else v, table, out=floats, device=device)
    assert floats.tolist() == [v or 0.0 for v in values]
    memory = memoryview(bytearray(8 * 700)).cast("d")
    assert pp.map(lambda v: 0.0 if v is None else v, table, out=memory, device=device) is memory
    assert memory.tolist() == [v or 0.0 for v in values]
    places = ["old"] * 700
    assert pp.map(lambda v: v, table, out=places) == values


def test_what_has_no_compiled_form_for_some() -> None:
    table = pp.array(every(3, lambda i: 0.5 * i, 1000))
    with pytest.raises(pp.UnsupportedError):
        pp.map(lambda v: open("/dev/null"), table)
    assert pp.map(lambda v: ascii(v) if v is None else 1.0, table) == ["None" if v is None else 1.0 for v in table]
    with pytest.raises(TypeError, match="NoneType") as caught:
        pp.map(lambda v: v + 1.0, table)
    assert "element 0" in caught.value.__notes__[0]
    # More sorts of elements than are told apart.
    rows = [
        tuple(float(i) if bit else None for bit in bits) for i, bits in enumerate(itertools.product((0, 1), repeat=9))
    ]
    many = pp.array(rows)
    assert pp.map(lambda p: p[8], many).tolist() == [row[8] for row in rows]
    assert pp.map(lambda p: p[0] is None, many).tolist() == [row[0] is None for row in rows]
    fewer = [row[:5] for row in rows]
    assert pp.map(lambda p: p[4], pp.array(fewer)).tolist() == [row[4] for row in fewer]


def test_views_and_columns() -> None:
    rows = [(1.0 * i, None if i % 3 == 0 else i) for i in range(1000)]
    table = pp.array(rows)
    column = table.columns[1]
    assert pp.map(lambda n: -1 if n is None else n, column).tolist() == [-1 if n is None else n for _, n in rows]
    part = table.view(100, 200)
    assert pp.map(lambda p: p[1], part).tolist() == [n for _, n in rows[100:200]]
    assert pp.map(lambda p: p[1], table[200:100:-3]).tolist() == [n for _, n in rows[200:100:-3]]
    table[5] = (7.0, None)
    assert pp.map(lambda p: p[1], table)[5] is None
    # None of them is None.
    full = pp.array([None, 1.0, 2.0])
    full[0] = 0.5
    assert pp.map(lambda v: v * 2.0, full).tolist() == [1.0, 2.0, 4.0]
    inner = pp.array([(1.0, None), (2.0, 3)])
    inner[0] = (1.0, 2)
    assert pp.map(lambda p: p[0] * p[1], inner).tolist() == [2.0, 6.0]


def test_lists_with_none(device: str) -> None:
    for count in (1000, 50_000):
        for values in (every(3, lambda i: 0.5 * i, count), every(2, lambda i: (i, 1.0), count)):
            for f in (lambda v: None if v is None else v, lambda v: v is None, lambda v: 0.0 if v is None else 1.0):
                assert same(pp.map(f, values, device=device), [f(v) for v in values])
        mixed = [[None, 1, 2.5, True, "a"][i % 5] for i in range(count)]
        assert same(pp.map(lambda v: (v, 1), mixed, device=device), [(v, 1) for v in mixed])


def test_all_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    table = pp.array(every(3, lambda i: 0.5 * i, 100))
    functions = [lambda v: None, lambda v: None if v is None else v + 1.0, lambda v: v is None]
    want = [pp.map(f, table) for f in functions]
    monkeypatch.setenv("PARALLEL_PARTY_DEBUG", "python")
    assert [pp.map(f, table) for f in functions] == want


GAPS = {
    "floats": pp.array([0.5 * i if i % 3 else None for i in range(90)]),
    "ints": pp.array([i if i % 4 else None for i in range(90)], dtype=pp.int16),
    "bools": pp.array([i % 2 == 0 if i % 5 else None for i in range(90)]),
    "rows": pp.array([(0.5 * i, i) if i % 3 else None for i in range(90)]),
    "parts": pp.array([(0.5 * i if i % 3 else None, i if i % 4 else None, i % 2 == 0) for i in range(90)]),
    "nested": pp.array([((i, None if i % 3 else 0.5), 1.0) if i % 5 else None for i in range(90)]),
    "dicts": pp.array([{"x": 0.5 * i if i % 3 else None, "n": i} for i in range(90)]),
    "all": pp.array([1.0, 2.0, None])[:2] * 45,
}


@pytest.mark.parametrize("name", GAPS)
def test_functions_read_them_by_name(name: str) -> None:
    table, elements = GAPS[name], GAPS[name].tolist()
    indices = [(i * 7) % 180 - 90 for i in range(1000)]
    many = [i if i >= 0 else i + 90 for i in indices]

    def whether(i: int, t: Any) -> bool:
        return t[i] is None

    def or_else(i: int, t: Any) -> Any:
        found = t[i]
        return -1 if found is None else found if isinstance(found, (int, float)) else len(found)

    def count(i: int, t: Any) -> int:
        return sum(1 for element in t if element is None) + i

    def walk(i: int, t: Any) -> int:
        missing = 0
        for element in t[i % 7 :: 3]:
            if element is None:
                missing += 1
        k = 0
        for element in t:
            if element is None and k > i:
                missing += k
            k += 1
        return missing + len(t)

    def inside(i: int, t: Any) -> bool:
        return None in t

    before = pp.stats().handed_back
    for f in (whether, or_else, count):
        assert pp.map(f, indices, t=table, device="cpu") == [f(i, elements) for i in indices], f.__name__
    assert pp.stats().handed_back == before
    for f in (walk, inside):
        try:
            assert pp.map(f, many, t=table, device="cpu") == [f(i, elements) for i in many], f.__name__
        except pp.UnsupportedError:
            assert f is inside
    for error in (lambda i, t: or_else(i, t), lambda i, t: t[i] is None):
        with pytest.raises(IndexError):
            pp.map(error, [0] * 900 + [90], t=table, device="cpu")


def test_parts_of_records_and_rows_by_name() -> None:
    dicts, parts = GAPS["dicts"], GAPS["parts"]

    def total(i: int) -> float:
        x, n = dicts[i]["x"], parts[i][1]
        return (0.25 if x is None else x) + (7 if n is None else n)

    def row(i: int) -> Any:
        return parts[i]

    indices = list(range(90)) * 10
    before = pp.stats().handed_back
    assert pp.map(total, indices, device="cpu") == [total(i) for i in indices]
    assert pp.map(row, indices, device="cpu") == [parts.tolist()[i] for i in indices]
    assert pp.stats().handed_back == before


def test_changes_of_them_are_seen() -> None:
    table = pp.array([1.0, None, 3.0] * 100)

    def f(i: int) -> float:
        found = table[i]
        return -1.0 if found is None else found

    for change in (lambda: table.__setitem__(1, 5.0), lambda: table.append(None), lambda: table.__setitem__(0, None)):
        change()
        assert pp.map(f, range(len(table)), device="cpu") == [-1.0 if x is None else x for x in table.tolist()]


@pytest.mark.parametrize("name", [name for name in GAPS if name != "dicts"])
def test_functions_write_to_them_by_name(name: str) -> None:
    nothing = (None, None, False) if name == "parts" else None

    def move(i: int, t: Any) -> None:
        if t[i % 90] is None:
            t[(i * 7) % 90] = nothing
        else:
            t[(i * 11) % 90] = t[i % 90]
        if i % 13 == 5:
            t[i % 90] = nothing

    table, twin = GAPS[name][:], GAPS[name].tolist()
    before = pp.stats().handed_back
    pp.for_each(move, range(2000), t=table, device="cpu")
    assert pp.stats().handed_back == before
    for i in range(2000):
        move(i, twin)
    assert table.tolist() == twin and repr(table.tolist()) == repr(twin)


def test_none_where_nothing_may_be_none_is_refused() -> None:
    def write(i: int, t: Any) -> None:
        t[i] = None if i == 700 else 1.0

    made = pp.array([0.0] * 900)
    with pytest.raises(pp.ConversionError):
        pp.for_each(write, range(900), t=made, device="cpu")
    assert made == [0.0] * 900
