"""`batched`: flat data as rows, as a column and as `out=`; buffers as `out=`."""

from __future__ import annotations

import itertools
import math
from array import array
from typing import Any

import pytest
from conftest import outcome, same

import parallel_party as pp

FLAT = [0.5 * i for i in range(3000)]


def rows(data: Any, n: int) -> list[tuple[Any, ...]]:
    """What itertools.batched gives, which Python has since 3.12."""
    iterator = iter(data)
    return [row for row in iter(lambda: tuple(itertools.islice(iterator, n)), ())]


@pytest.mark.parametrize("size", [0, 1, 5, 6, 7])
def test_is_a_sequence_of_tuples(size):
    for data in ([*range(size)], tuple(range(size)), array("i", range(size)), bytes(range(size))):
        for n in (1, 2, 3):
            view, want = pp.batched(data, n), rows(data, n)
            assert list(view) == want and len(view) == len(want)
            assert [view[i] for i in range(len(view))] == want and view[1:] == want[1:] and view[::-1] == want[::-1]
            for bad in (len(want), -len(want) - 1):
                with pytest.raises(IndexError):
                    view[bad]
    assert repr(pp.batched([1, 2], 2)) == "batched([1, 2], 2)"


def test_what_it_takes():
    for bad in ({1, 2}, "text", iter([1]), 5):
        with pytest.raises(TypeError, match=r"itertools\.batched"):
            pp.batched(bad, 2)
    with pytest.raises(ValueError):
        pp.batched([1], 0)
    with pytest.raises(TypeError):
        pp.batched([1], 1.5)
    with pytest.raises(ValueError, match="one dimension"):
        pp.batched(memoryview(bytes(8)).cast("B", (2, 4)), 2)


def wave(p, t):
    return (p[0], math.sin(p[0] + p[2] + t), p[2])


@pytest.mark.parametrize("make", [list, tuple, lambda v: array("d", v), lambda v: memoryview(array("d", v))])
def test_as_a_column(make, device):
    got = pp.map(wave, pp.batched(make(FLAT), 3), t=0.5, device=device)
    assert same(got, [wave(p, 0.5) for p in rows(FLAT, 3)], ulp=0 if device == "cpu" else 4)


def test_items_pass_through_and_the_list_stays_free(device):
    flat = [0.5 * i for i in range(30)]
    got = pp.map(lambda p: [p[1], p[0]], pp.batched(flat, 2), device=device)
    assert all(row[0] is flat[2 * i + 1] and row[1] is flat[2 * i] for i, row in enumerate(got))
    numbers = array("f", [1.5, 2.5, 3.5])
    assert pp.map(lambda p: p[0], pp.batched(numbers, 2), device=device) == [1.5, 3.5]
    numbers.append(4.5)


@pytest.mark.parametrize("code", ["b", "B", "h", "H", "i", "I", "q", "Q", "f", "d"])
def test_every_format_in_and_out(code, device):
    numbers = array(code, [1, 2, 100, 4, 5, 6])
    assert pp.map(lambda p: (p[1], p[0]), pp.batched(numbers, 2), device=device) == rows([2, 1, 4, 100, 6, 5], 2)
    target = pp.batched(numbers, 2)
    assert pp.map(lambda i: (i, i + 1), [7, 8, 9], out=target, device=device) is target
    assert numbers == array(code, [7, 8, 8, 9, 9, 10])
    assert pp.map(lambda i: i * 2, [1, 2, 3, 4, 5, 6], out=numbers, device=device) is numbers
    assert numbers == array(code, [2, 4, 6, 8, 10, 12])


def test_a_shorter_last_row(device):
    flat = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert pp.map(lambda p: len(p), pp.batched(flat, 3), device=device) == [3, 2]
    assert outcome(lambda: pp.map(lambda p: p[2], pp.batched(flat, 3), device=device))[:2] == ("raises", IndexError)
    with pytest.raises(ValueError, match="out has 5 items, the result 2 rows of 3"):
        pp.map(lambda p: (1.0, 2.0, 3.0), [1, 2], out=pp.batched(flat, 3), device=device)


def test_a_flat_list_is_filled(device):
    points = rows(FLAT, 3)
    out = [0.25 * i for i in range(3000)]
    held = out[::5]
    for t in (0.5, 1.5):
        pp.map(wave, points, t=t, out=pp.batched(out, 3), device=device)
        want = [wave(p, t) for p in points]
        assert same(rows(out, 3), want, ulp=0 if device == "cpu" else 4)
        assert out[0] is points[0][0] and out[-1] is points[-1][2]
    assert held == [0.25 * i for i in range(0, 3000, 5)]
    flat = list(FLAT)
    pp.map(lambda p: (p[1], p[0] + 1.0, p[2]), pp.batched(flat, 3), out=pp.batched(flat, 3), device=device)
    assert rows(flat, 3) == [(p[1], p[0] + 1.0, p[2]) for p in points]


def test_handed_back_elements_go_there_as_well(device):
    column = [1, 2, 2**40, 3]
    flat: list[Any] = [None] * 8
    pp.map(lambda i: (i * i, [i]), column, out=pp.batched(flat, 2), device=device)
    assert flat == [1, [1], 4, [2], 2**80, [2**40], 9, [3]]
    floats = array("d", bytes(64))
    pp.map(lambda i: (i * i, i), column, out=pp.batched(floats, 2), device=device)
    assert list(floats) == [1.0, 1.0, 4.0, 2.0, 2.0**80, 2.0**40, 9.0, 3.0]
    unsigned = array("Q", bytes(16))
    pp.map(lambda i: i + 1, [1, 2**64 - 2], out=unsigned, device=device)
    assert list(unsigned) == [2, 2**64 - 1]


@pytest.mark.parametrize(
    ("code", "f", "column", "error"),
    [
        ("B", lambda i: i, [1, 2, 256], OverflowError),
        ("b", lambda i: i, [1, -129, 3], OverflowError),
        ("Q", lambda i: i, [1, -1, 3], OverflowError),
        ("i", lambda i: i * i, [1, 2**40, 3], OverflowError),
        ("q", lambda i: i * i, [1, 2**40, 3], OverflowError),
        ("d", lambda i: i * i, [1, 2**1000, 3], OverflowError),
        ("f", lambda v: v * 1e30, [1.0, 1e20, 3.0], OverflowError),
        ("i", lambda v: v * 0.5, [1.0, 2.0, 3.0], TypeError),
        ("d", lambda v: None if v > 1 else v, [1.0, 2.0, 3.0], TypeError),
        ("d", lambda v: (v, v), [1.0, 2.0, 3.0], TypeError),
    ],
)
def test_what_does_not_fit_is_an_error_before_anything_is_written(code, f, column, error, device):
    numbers = array(code, [9, 9, 9])
    with pytest.raises(error) as caught:
        pp.map(f, column, out=numbers, device=device)
    assert numbers == array(code, [9, 9, 9])
    assert "nothing has been written" in str(caught.value) + "".join(getattr(caught.value, "__notes__", []))


def test_rows_that_do_not_fit(device):
    for out in ([0.0] * 6, array("d", bytes(48))):
        was = list(out)
        for f in (lambda v: v, lambda v: (v, v), lambda v: (v, v, v) if v < 2.5 else (v, v)):
            with pytest.raises(TypeError, match="nothing has been written"):
                pp.map(f, [1.0, 3.0], out=pp.batched(out, 3), device=device)
            assert list(out) == was


def test_special_floats_and_bools(device):
    column = [math.inf, -math.inf, math.nan, -0.0, 1e-50, 3.4e38]
    for code in "df":
        numbers = array(code, bytes(len(column) * array(code).itemsize))
        pp.map(lambda v: v, column, out=numbers, device=device)
        assert same([*numbers], [*array(code, column)])
    flags = bytearray(3)
    assert pp.map(lambda v: v > 1, [0, 1, 2], out=flags, device=device) is flags
    assert flags == b"\0\0\1"


def test_buffers_that_cannot_be_filled():
    with pytest.raises((TypeError, BufferError)):
        pp.map(lambda v: v, [1], out=b"a")
    with pytest.raises(TypeError, match="out must be"):
        pp.map(lambda v: v, [1], out={1})
    with pytest.raises(TypeError, match="a buffer of bools takes bools only"):
        pp.map(lambda v: v, [1.0], out=memoryview(bytearray(8)).cast("?")[:1])
    with pytest.raises(ValueError, match="out has 2 items, the result 3"):
        pp.map(lambda v: v, [1, 2, 3], out=array("i", [1, 2]))


def test_a_buffer_is_not_resized_meanwhile_and_free_afterwards():
    numbers = array("d", [0.0, 0.0])

    class Odd(float):
        def __add__(self, other):
            numbers.append(1.0)

    with pytest.raises(BufferError):
        pp.map(lambda v: v + 1.0, [1.0, Odd(2.0)], out=numbers)
    numbers.append(1.0)
    assert list(numbers) == [0.0, 0.0, 1.0]
