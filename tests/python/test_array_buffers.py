"""Buffers that Arrays take: ctypes' arrays, rows of many numbers, float16."""

from __future__ import annotations

import ctypes
import multiprocessing
from typing import Any

import pytest

import parallel_party as pp

TYPES = [
    ctypes.c_double,
    ctypes.c_float,
    ctypes.c_int8,
    ctypes.c_int16,
    ctypes.c_int32,
    ctypes.c_int64,
    ctypes.c_uint8,
    ctypes.c_uint16,
    ctypes.c_uint32,
    ctypes.c_uint64,
    ctypes.c_bool,
]


@pytest.mark.parametrize("kind", TYPES)
def test_arrays_of_ctypes(kind: Any) -> None:
    numbers = (kind * 3)(1, 0, 1)
    made = pp.array(numbers)
    assert made.tolist() == list(numbers) and type(made[0]) is type(numbers[0])
    assert pp.map(lambda x: x + 1, numbers).tolist() == [x + 1 for x in numbers]
    made.extend(numbers)
    made[1:2] = numbers
    made[::-2] = (kind * 4)(1, 1, 1, 1)
    want = [*numbers, *numbers]
    want[1:2] = numbers
    want[::-2] = [1] * 4
    assert made.tolist() == want
    rows = (kind * 2 * 3)((1, 0), (0, 1), (1, 1))
    assert pp.array(rows).tolist() == [tuple(row) for row in rows]
    assert pp.map(lambda row: row[0] == row[1], rows).tolist() == [row[0] == row[1] for row in rows]


def test_ctypes_where_results_go_and_beside_rows() -> None:
    shared = multiprocessing.Array("d", 3, lock=False)
    shared[:] = [0.5, 1.5, 2.5]
    assert pp.array(shared).tolist() == [0.5, 1.5, 2.5]
    out = (ctypes.c_double * 3)()
    pp.map(lambda x: x * 2.0, shared, out=out)
    assert list(out) == [1.0, 3.0, 5.0]
    pp.map(lambda x: x * 2.0, [0.5, 1.5, 2.5], out=out)
    assert list(out) == [1.0, 3.0, 5.0]
    sums = pp.array([(1.0,)] * 3)

    def add(row: list[float], x: float) -> None:
        row[0] += x

    pp.for_each(add, sums, shared)
    assert sums.tolist() == [(1.5,), (2.5,), (3.5,)]
    assert pp.array((ctypes.c_double * 0)()).tolist() == []


def rows_of(table: Any) -> Any:
    return tuple(map(rows_of, table)) if isinstance(table, list) else table


@pytest.mark.parametrize(
    "shape", [(2, 65), (3, 300), (2, 3, 70), (2, 65, 3), (3, 20, 20), (4, 0), (0, 65), (2, 66, 2, 2)]
)
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i2", "u8", "?"])
def test_rows_of_many_numbers_are_rows_of_any_length(shape: tuple[int, ...], dtype: str) -> None:
    np = pytest.importorskip("numpy")
    table = (np.arange(int(np.prod(shape))) % 5).astype(dtype).reshape(shape)
    for view in (table, table[::-1], table.swapaxes(-1, -2).copy().swapaxes(-1, -2), table[..., ::-2]):
        made = pp.array(view)
        assert repr(made.tolist()) == repr(list(rows_of(view.tolist())))
        if view.shape[0] and len(shape) == 2:
            assert "..." in repr(made)[-60:] or view.shape[1] <= 64
            assert pp.map(len, view).tolist() == [view.shape[1]] * view.shape[0]
            assert pp.map(sum, view).tolist() == [sum(row) for row in view.tolist()]


def test_what_rows_of_any_length_cannot_hold_is_refused() -> None:
    np = pytest.importorskip("numpy")
    with pytest.raises(OverflowError, match="out of the bounds of int64"):
        pp.array(np.full((1, 65), 2**64 - 1, "u8"))
    with pytest.raises(TypeError):
        pp.map(lambda x: (x,) * 65, [1.0, 2.0], out=np.zeros((2, 65), "f2"))


def test_rows_of_any_length_say_how_their_numbers_are_stored() -> None:
    assert pp.array([[0.5] * 300] * 2).dtype is pp.float64
    assert pp.array([(1, "a"), (2, "b")]).dtype is pp.int64
    assert pp.array([((1.0,), 2), ((), 3)]).dtype == (pp.float64, pp.int64)


def test_every_float16_is_a_float32() -> None:
    np = pytest.importorskip("numpy")
    halves = np.arange(2**16, dtype="u2").view("f2")
    made = pp.array(halves)
    assert made.dtype is pp.float32 and np.array_equal(np.asarray(made), halves.astype("f4"), equal_nan=True)
    assert np.array_equal(np.signbit(np.asarray(made)), np.signbit(halves))
    table = np.array([[1.5, 2.5], [3.5, -0.25]], "f2")
    assert pp.array(table[:, ::-1]).tolist() == [(2.5, 1.5), (-0.25, 3.5)]
    assert pp.map(lambda row: row[0] + row[1], table).tolist() == [4.0, 3.25]
