"""Lists, tuples and dicts that a function sees outside of itself: read where they lie, as they are at the call."""

from __future__ import annotations

import gc
import math
import os
import random
import subprocess
import sys
import threading
import weakref
from array import array
from typing import Any

import pytest
from conftest import agrees, same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import parallel_party as pp

LONG = [0.5 * i - 20.0 for i in range(100)]
INTS = [i * i - 50 for i in range(100)]
FLAGS = [i % 3 == 0 for i in range(100)]
BODIES = [(0.1 * i, 1.0 - 0.2 * i, 0.3 * i, 1.0 + i) for i in range(50)]
ROWS = [[float(i * j) for j in range(i % 7)] for i in range(40)]
SQUARE = [[float(i - j) for j in range(30)] for i in range(30)]
NAMES = [f"name {i}" for i in range(30)]
MIXED = [(i, 0.5 * i, i % 2 == 0, f"t{i}") for i in range(40)]
DEEP = tuple([(i, tuple(range(i % 4))) for i in range(30)])
LEVELS = {"low": [0.25 * i for i in range(30)], "high": [2.0 * i for i in range(40)], "scale": 3.0}
INDICES = [*range(-100, 100, 7), 0, 99]
BEYOND = [*INDICES, 100, 5000, -101, 2**40]


def runs_compiled(f: Any, *columns: Any, **uniform: Any) -> bool:
    """Whether `map` agrees with CPython and hands no element back."""
    before = pp.stats().handed_back
    return agrees(f, *columns, device="cpu", **uniform) and pp.stats().handed_back == before


def pull(p):
    x, y, z = p
    sum_x = sum_y = 0.0
    for bx, by, bz, mass in BODIES:
        dx, dy, dz = bx - x, by - y, bz - z
        near = mass / (dx * dx + dy * dy + dz * dz + 1.0)
        sum_x += dx * near
        sum_y += dy * near
    return sum_x, sum_y


def around(i):
    total = 0.0
    for k in range(max(i - 2, 0), min(i + 3, len(LONG))):
        total += LONG[k]
    return total


def matrix(i):
    total = 0.0
    for row in SQUARE:
        for value in row:
            total += value * i
    return total


READING = {
    "item": lambda i: LONG[i],
    "two items": lambda i: LONG[i] + LONG[-1] * LONG[i // 2],
    "int item": lambda i: INTS[i] * 2,
    "bool item": lambda i: 1 if FLAGS[i] else 2.5,
    "row": lambda i: BODIES[i % 50][3] + BODIES[i % 50][0],
    "whole row": lambda i: BODIES[i % 50],
    "row of rows": lambda i: SQUARE[i % 30][i % 7],
    "matrix": matrix,
    "ragged": lambda i: sum(ROWS[i % 40]),
    "ragged length": lambda i: len(ROWS[i % 40]) + len(ROWS),
    "names": lambda i: NAMES[i % 30],
    "name's length": lambda i: len(NAMES[i % 30]) + len(NAMES[i % 30] + "x"),
    "mixed row": lambda i: MIXED[i % 40][0] * MIXED[i % 40][1] if MIXED[i % 40][2] else MIXED[i % 40][3],
    "deep": lambda i: sum(DEEP[i % 30][1]) + DEEP[i % 30][0],
    "len": lambda i: len(LONG) + i,
    "sum": lambda i: sum(LONG) + sum(INTS) * i,
    "min max": lambda i: (min(LONG) + i, max(INTS)),
    "in": lambda i: (i in INTS, 0.5 * i in LONG, i not in INTS),
    "any all": lambda i: (any(FLAGS), all(FLAGS), any(v > i for v in LONG)),
    "slice": lambda i: LONG[i : i + 3],
    "slice sum": lambda i: sum(LONG[2:]) + i,
    "reversed": lambda i: [v for v in reversed(INTS) if v > 100 * i],
    "enumerate": lambda i: sum(k * v for k, v in enumerate(LONG)) + i,
    "zip": lambda i: sum(a * b for a, b in zip(LONG, INTS)) + i,
    "sorted": lambda i: sorted(INTS)[i % 5],
    "comprehension": lambda i: [v * i for v in LONG if v > 10.0],
    "loop": around,
    "tuple": lambda i: DEEP[0][0] + len(DEEP) + i,
    "dict of lists": lambda i: LEVELS["low"][i % 30] * LEVELS["scale"] + LEVELS["high"][i % 40],
    "len of dict": lambda i: len(LEVELS) + i,
    "truth": lambda i: 1 if LONG else 2,
    "unpacked": lambda i: sum([*LONG, 1.0]) + i,
    "index of index": lambda i: INTS[INTS[i % 5] % 100],
    "concatenated": lambda i: LONG + [1.0 * i],
    "equal": lambda i: (LONG == [1.0 * i], BODIES[0] == BODIES[i % 50]),
}


@pytest.mark.parametrize("name", READING)
def test_reading(name: str) -> None:
    indices = [i for i in INDICES if i >= 0] if name == "loop" else INDICES
    assert runs_compiled(READING[name], indices * 20)


WITHOUT_MEMORY = [
    "item",
    "two items",
    "int item",
    "bool item",
    "row",
    "row of rows",
    "matrix",
    "ragged",
    "ragged length",
]
WITHOUT_MEMORY += ["deep", "len", "sum", "min max", "in", "loop", "enumerate", "zip", "dict of lists", "index of index"]


@pytest.mark.parametrize("name", WITHOUT_MEMORY)
def test_on_devices(name: str, device: str) -> None:
    assert agrees(READING[name], [i for i in INDICES if i >= 0] * 30, device=device)


def test_only_changes_are_sent(device: str) -> None:
    data = [0.5 * i for i in range(10_000)]
    f = lambda i: data[i] * 2.0  # noqa: E731
    indices = list(range(1000))
    bytes_sent = []
    for turn in range(4):
        if turn == 3:
            data[7] = -1.0
        before = pp.stats().uploaded_bytes
        assert same(pp.map(f, indices, device=device), [f(i) for i in indices])
        bytes_sent.append(pp.stats().uploaded_bytes - before)
    if device == "cuda":
        assert bytes_sent[1] == bytes_sent[2] < 80_000 <= bytes_sent[0] == bytes_sent[3]


def test_points_and_bodies() -> None:
    points = [(0.01 * i, 0.02 * i, -0.5) for i in range(2000)]
    assert runs_compiled(pull, points)


@pytest.mark.parametrize("name", ["item", "two items", "int item", "bool item", "slice", "index of index"])
def test_indices_beyond(name: str) -> None:
    inside = [i for i in BEYOND if -100 <= i < 100]
    assert agrees(READING[name], BEYOND * 50, device="cpu")
    assert agrees(READING[name], inside * 50, device="cpu")


def test_error_is_cpythons() -> None:
    with pytest.raises(IndexError, match="list index out of range") as caught:
        pp.map(lambda i: LONG[i], [0, 5, 100, 7, 200], device="cpu")
    assert "2" in caught.value.__notes__[0]


def test_empty() -> None:
    empty: list[float] = []
    rows = [(), (1.0, 2.0), ()] * 20
    assert agrees(lambda i: empty[i], [0, 1, -1] * 300, device="cpu")
    assert agrees(lambda i: len(empty) + sum(empty) + i, [0, 1, -1] * 300, device="cpu")
    assert agrees(lambda i: rows[i][0], [1, 4, 7] * 300, device="cpu")
    assert agrees(lambda i: rows[i][0], [1, 4, 3] * 300, device="cpu")
    assert agrees(lambda i: len(rows[i]) + sum(rows[i]), list(range(60)), device="cpu")


def made(data: Any) -> Any:
    return lambda i: data[i]


def test_defaults_keywords_closures_and_partials() -> None:
    import functools

    def default(i, data=LONG, *, other=INTS):
        return data[i] + other[i]

    def keyword(i, data):
        return data[i] * 2

    def leading(data, i):
        return data[i] * 2

    assert runs_compiled(default, INDICES * 20)
    assert runs_compiled(keyword, INDICES * 20, data=LONG)
    assert runs_compiled(keyword, INDICES * 20, data=tuple(LONG))
    assert runs_compiled(functools.partial(leading, LONG), INDICES * 20)
    assert runs_compiled(made(LONG), INDICES * 20)
    assert runs_compiled(made(INTS), INDICES * 20)


class Tables:
    WEIGHTS = [0.5 * i for i in range(40)]
    PAIRS = tuple((i, -i) for i in range(40))


class Point:
    __slots__ = ("i",)
    TABLE = [i * 1.5 for i in range(100)]

    def __init__(self, i):
        self.i = i

    def weight(self):
        return self.TABLE[self.i]


def test_of_classes_and_modules() -> None:
    assert runs_compiled(lambda i: Tables.WEIGHTS[i] + Tables.PAIRS[i][1], list(range(40)) * 10)
    assert runs_compiled(lambda p: p.weight(), [Point(i % 100) for i in range(500)])


ARRAYS = {code: array(code, range(100)) for code in "bBhHiIlLqQfd"}


@pytest.mark.parametrize("code", ARRAYS)
def test_buffers(code: str) -> None:
    data = ARRAYS[code]
    for seen in (data, memoryview(data)):
        f = lambda i, seen=seen: (seen[i], len(seen), seen[i] in seen)  # noqa: E731
        assert runs_compiled(f, INDICES * 10)
        assert agrees(f, BEYOND * 10, device="cpu")
        assert runs_compiled(lambda i, seen=seen: sum(seen) + max(seen) + i, INDICES * 10)
        assert runs_compiled(lambda i, seen=seen: [k * v for k, v in enumerate(seen)][i], INDICES * 10)


def test_changes_of_buffers_are_seen() -> None:
    data, raw = array("f", [0.5] * 100), bytearray(range(100))
    f = lambda i: (data[i], raw[i], len(data))  # noqa: E731
    assert runs_compiled(f, INDICES * 10)
    data[7] = 2.5
    raw[0] = 9
    assert runs_compiled(f, INDICES * 10)
    data.append(1.0)
    assert runs_compiled(f, INDICES * 10)
    data = array("q", range(-50, 50))
    assert runs_compiled(f, INDICES * 10)
    data = array("Q", [2**63] * 100)
    with pytest.raises(pp.UnsupportedError):
        pp.map(f, INDICES * 30, device="cpu")

    def writes(i):
        raw[i] = 1

    with pytest.raises(pp.UnsupportedError, match="from outside the function"):
        pp.map(writes, [1, 2], device="cpu")


# Changes between calls


def test_changes_are_seen() -> None:
    data = [float(i) for i in range(1000)]
    f = made(data)
    indices = list(range(len(data)))

    def check() -> None:
        assert same(pp.map(f, indices, device="cpu"), [f(i) for i in indices])

    check()
    for position in (0, 999, 512):
        data[position] = -1.5
        check()
    data[3:5] = [7.0, 8.0]
    check()
    data.sort()
    check()
    data.reverse()
    check()
    data.append(3.0)
    check()
    indices.append(1000)
    check()
    del data[10]
    with pytest.raises(IndexError):
        pp.map(f, indices, device="cpu")
    data[:] = [float(i) for i in range(1001)]
    check()
    for other in (7, None, "seven", (1.0, 2), 7.0, True):
        data[5] = other
        check()
    for other in ([1.0], {"a": 1}, object()):  # lists of several types that can change have no form
        data[5] = other
        with pytest.raises(pp.UnsupportedError):
            pp.map(f, indices, device="cpu")
    data[5] = 7.0
    check()
    data[:] = range(1001)
    check()


def test_equal_new_floats_are_other_objects() -> None:
    data = [float(i) for i in range(100)]
    f = made(data)
    for turn in range(50):
        data[7] = turn + 0.5  # often at the address of the one before
        assert pp.map(f, [7] * 300, device="cpu") == [turn + 0.5] * 300


def test_changes_within_rows_are_seen() -> None:
    data = [[float(j) for j in range(20)] for _ in range(20)]
    f = lambda i: data[i][3] + data[0][i] + sum(data[i])  # noqa: E731
    indices = list(range(20)) * 20
    assert runs_compiled(f, indices)
    data[5][3] = 100.0
    assert runs_compiled(f, indices)
    data[5].append(1.0)
    data[6].pop()
    assert runs_compiled(f, indices)
    data[3], data[4] = data[4], data[3]
    assert runs_compiled(f, indices)
    data[3] = data[3]
    assert runs_compiled(f, indices)
    data[3] = list(data[3])
    assert runs_compiled(f, indices)
    data[3][3] = 5.5
    assert runs_compiled(f, indices)
    data[0] = data[3]  # one list twice
    data[0][3] = -5.5
    assert runs_compiled(f, indices)


def test_items_that_move_from_row_to_row_are_seen() -> None:
    a, b, c, d = 1.5, 2.5, 3.5, 4.5
    data = [[a, b], [c, d]] * 10
    f = lambda i: len(data[i]) + data[i][0]  # noqa: E731
    assert runs_compiled(f, list(range(20)) * 20)
    data[0].append(data[1].pop(0))
    assert runs_compiled(f, list(range(20)) * 20)


def test_changes_within_dicts_are_seen() -> None:
    levels: dict[str, Any] = {"low": [0.5] * 30, "n": 2}
    f = lambda i: levels["low"][i] * levels["n"]  # noqa: E731
    assert runs_compiled(f, list(range(30)) * 20)
    levels["low"][3] = 9.5
    assert runs_compiled(f, list(range(30)) * 20)
    levels["n"] = 5
    assert runs_compiled(f, list(range(30)) * 20)
    levels["low"] = [1.5] * 40
    assert runs_compiled(f, list(range(40)) * 20)
    levels["more"] = 1
    assert runs_compiled(f, list(range(40)) * 20)
    del levels["low"]
    assert agrees(f, list(range(40)) * 20, device="cpu")


def test_growing_does_not_compile_again() -> None:
    data = [0.5] * 20
    f = made(data)
    for _ in range(30):
        pp.map(f, [0, 1, 2] * 200, device="cpu")
        data.append(1.5)
    before = pp.stats().compilations
    for _ in range(30):
        assert pp.map(f, [len(data) - 1] * 600, device="cpu") == [1.5] * 600
        data.append(1.5)
    assert pp.stats().compilations == before


def test_rebinding_is_seen() -> None:
    def run(data: Any) -> Any:
        return pp.map(lambda i: data[i], [0, 20, 30] * 200, device="cpu")

    for data in ([0.5] * 40, [1] * 40, tuple(range(40)), [(1, 2.0)] * 40, ["a"] * 40, [True] * 40, [None] * 40):
        assert same(run(data), [data[i] for i in [0, 20, 30] * 200])
    with pytest.raises(pp.UnsupportedError, match="one from outside the function"):
        run([[1.0]] * 40)


# Kinds that have no compiled form


def test_mixed_items_agree() -> None:
    for item in (None, 7, "text", True, 2**70, 1j, math.nan, [1.0], (1.0,), {"a": 1.0}):
        data = [0.5] * 80
        data[50] = item  # not among those that are looked at first
        f = lambda i, data=data: data[i]  # noqa: E731
        if pp.explain(f, [0]).signatures[0].refusal is None:
            assert agrees(f, [0, 1, 50, 79] * 100, device="cpu")
        else:
            assert item is not math.nan


def test_several_types() -> None:
    data: list[Any] = [0, 1.5, None, "text", 2, True, 3.5, "wide \u20ac", -7, 0.0] * 10
    pairs = tuple([(i, 0.5) if i % 3 else None for i in range(60)])
    numbers: list[Any] = [0] * 70
    numbers[40] = 1.5
    for f in (
        lambda i: data[i],
        lambda i: numbers[i % 70] * 2 + i,
        lambda i: len(data) + len(numbers) + i,
        lambda i: 0 if pairs[i % 60] is None else pairs[i % 60][0] + pairs[i % 60][1],
    ):
        assert runs_compiled(f, INDICES * 10)
        assert agrees(f, BEYOND * 10, device="cpu")

    def total(i):
        result = 0
        for pair in pairs:
            if pair is not None:
                result += pair[0] * i + pair[1]
        return result

    def count(i):
        result = i
        for number in numbers:
            if number:
                result += number
        return result

    assert runs_compiled(total, INDICES * 10)
    assert runs_compiled(count, INDICES * 10)
    numbers[0] = 2.5
    numbers[40] = 3
    assert runs_compiled(lambda i: numbers[i % 70] * 2 + i, INDICES * 10)


def test_list_of_itself() -> None:
    data: list[Any] = [1.0] * 40
    data[20] = data
    assert agrees(lambda i: data[i] * 2.0, [0, 1, 2] * 100, device="cpu")
    assert agrees(lambda i: data[i] * 2.0, [0, 20], device="cpu")


def test_writing_is_refused() -> None:
    data = [0.5] * 100

    def writes(i):
        data[i] = 1.0
        return i

    def appends(i):
        data.append(1.0)
        return i

    def row(i):
        SQUARE[i][0] = 1.0
        return i

    for f in (writes, appends, row):
        with pytest.raises(pp.UnsupportedError, match="from outside the function"):
            pp.map(f, [1, 2, 3] * 200, device="cpu")
    assert data == [0.5] * 100


def test_for_each_reads() -> None:
    rows = [[float(i), 0.0] for i in range(300)]

    def step(row, weight):
        row[1] = row[0] * weight + LONG[int(row[0]) % 100]

    want = [[float(i), i * 2.0 + LONG[i % 100]] for i in range(300)]
    pp.for_each(step, rows, weight=2.0, device="cpu")
    assert rows == want


def test_for_each_of_rows_that_are_seen_as_well() -> None:
    rows = [[float(i), 0.0] for i in range(100)]

    def step(row):
        row[1] = rows[int(row[0]) - 1][1] + 1.0

    want = [list(row) for row in rows]
    for row in want:
        row[1] = want[int(row[0]) - 1][1] + 1.0
    pp.for_each(step, rows, device="cpu")
    assert rows == want


# Objects


def test_what_is_captured_is_let_go() -> None:
    class Watched(list):
        pass

    def run() -> weakref.ref[Any]:
        inner = [Watched([1.0])]
        data = [0.5 * i for i in range(1000)]
        pp.map(lambda i: data[i], [1, 2] * 300, device="cpu")
        data.append(inner)  # type: ignore[arg-type]
        return weakref.ref(inner[0])

    watched = run()
    pp.trim()
    gc.collect()
    assert watched() is None


def test_references_are_counted() -> None:
    marks = [float(i) + 0.25 for i in range(100)]
    before = [sys.getrefcount(mark) for mark in marks]
    f = made(marks)
    for _ in range(20):
        pp.map(f, INDICES, device="cpu")
        pp.map(f, INDICES * 30, device="cpu")
    pp.trim()
    assert [sys.getrefcount(mark) for mark in marks] == before


def test_dead_lists_do_not_pile_up() -> None:
    kept = []
    for turn in range(40):
        data = [turn + 0.5 * i for i in range(1000)]
        pp.map(lambda i, data=data: data[i], [1, 2] * 300, device="cpu")
        kept.append(sys.getrefcount(data[500]))
        del data
    assert max(kept) < 10


def test_memory_does_not_grow() -> None:
    program = """
import resource, parallel_party as pp
def run(turn):
    data = [turn + 0.5 * i for i in range(100_000)]
    pp.map(lambda i: data[i], [1, 2] * 300, device="cpu")
for turn in range(20): run(turn)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for turn in range(100): run(turn)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    grown = int(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)
    assert grown < 60_000


def test_threads_change_what_is_read() -> None:
    data = [1.0] * 5000
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            data[:] = [2.0] * 5000
            data[:] = [1.0] * 4000
            data.extend([1.0] * 1000)

    threads = [threading.Thread(target=change) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        f = lambda i: (data[i], data[i + 1])  # noqa: E731
        for _ in range(200):
            pairs = pp.map(f, list(range(3000)), device="cpu")
            assert set(pairs) <= {(1.0, 1.0), (2.0, 2.0)}
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_calls_of_several_threads() -> None:
    data = [[0.5 * i for i in range(500)] for _ in range(4)]
    wrong: list[Any] = []

    def run(number: int) -> None:
        for turn in range(50):
            data[number][turn] = float(-turn)
            got = pp.map(lambda i: data[number][i], list(range(500)) * 3, device="cpu")
            if got != data[number] * 3:
                wrong.append((number, turn))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize(("setting", "value"), [("PARALLEL_PARTY_RAW_READS", "0"), ("PARALLEL_PARTY_NUM_THREADS", "1")])
def test_other_ways_of_reading(setting: str, value: str) -> None:
    program = f"""
import sys; sys.path.insert(0, {__file__.rpartition("/")[0]!r})
import test_captured as t
for name in t.READING:
    indices = [i for i in t.INDICES if i >= 0] if name == "loop" else t.INDICES
    assert t.runs_compiled(t.READING[name], indices * 20), name
t.test_changes_are_seen(); t.test_changes_within_rows_are_seen(); t.test_changes_within_dicts_are_seen()
"""
    environment = {**os.environ, setting: value}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)


# Generated


PLAIN = st.one_of(
    st.floats(allow_nan=False), st.integers(-(2**62), 2**62), st.booleans(), st.text(max_size=3), st.none()
)
ONE_KIND = st.one_of(
    st.lists(st.floats(allow_nan=False), max_size=80),
    st.lists(st.integers(-(2**62), 2**62), max_size=80),
    st.lists(st.booleans(), max_size=80),
    st.lists(st.text(max_size=4), max_size=80),
    st.lists(st.tuples(st.floats(allow_nan=False), st.integers(-9, 9)), max_size=80),
    st.lists(st.lists(st.floats(allow_nan=False), max_size=5), max_size=40),
    st.lists(st.tuples(st.integers(-9, 9), st.lists(st.booleans(), max_size=3).map(tuple)), max_size=40),
    st.lists(PLAIN, max_size=20),
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(ONE_KIND, st.booleans(), st.integers(0, 1000))
def test_generated(data: list[Any], is_tuple: bool, seed: int) -> None:
    table: Any = tuple(data) if is_tuple else data
    functions = [
        lambda i: len(table) + i,
        lambda i: table[i] if -len(table) <= i < len(table) else None,
        lambda i: [k for k, v in enumerate(table) if k != i],
        lambda i: table[i] in table,
    ]
    chance = random.Random(seed)
    indices = [chance.randrange(-90, 90) for _ in range(300)]
    f = chance.choice(functions)
    if pp.explain(f, indices, device="cpu").signatures[0].refusal is None:
        assert agrees(f, indices, device="cpu")


@pytest.mark.parametrize("data", [bytearray(b"abc"), b"abc"], ids=["bytearray", "bytes"])
def test_what_is_no_byte_is_not_looked_for(data):
    assert agrees(lambda i: (i in data, i not in data), [0, 97, 98, 255] * 40, device="cpu")
    for wrong in (-3, 256, 1.5, "a"):
        assert agrees(lambda i: i in data, [97, wrong] * 40, device="cpu")
