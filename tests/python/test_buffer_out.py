"""`out=` of a buffer of numbers, of one dimension or two, where columns are Arrays, buffers or lists."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from typing import Any

import pytest
from comparison import GPU_ULP
from conftest import same
from gpus import needs_gpu

import parallel_party as pp

COUNT = 700


def wave(p: Any, t: float) -> Any:
    return (p[0], math.sin(p[0] + p[2] + t), p[2])


def points(count: int = COUNT) -> list[tuple[float, ...]]:
    return [(0.125 * i, 0.0, 0.25 * i) for i in range(count)]


def table(letter: str, rows: int, width: int) -> memoryview:
    """A writable buffer of two dimensions, zeros."""
    return memoryview(array(letter, [0] * (rows * width))).cast("B").cast(letter, (rows, width))


def as_list(values: Any) -> Any:
    return values


COLUMNS: list[Callable[[Any], Any]] = [pp.array, as_list, tuple]


@pytest.mark.parametrize("column", COLUMNS)
def test_rows_go_into_a_table(column: Callable[[Any], Any], device: str) -> None:
    rows = points()
    out = table("d", COUNT, 3)
    for t in (0.5, 0.75):
        assert pp.map(wave, column(rows), t=t, out=out, device=device) is out
        assert same(out.tolist(), [[*wave(p, t)] for p in rows], 0 if device == "cpu" else GPU_ULP)


@pytest.mark.parametrize("letter", "dfqihb")
def test_formats(letter: str, device: str) -> None:
    rows = [(i % 100, 100 - i % 100) for i in range(COUNT)]
    for column in (pp.array(rows), rows):
        out = table(letter, COUNT, 2)
        pp.map(lambda p: (p[1], p[0]), column, out=out, device=device)
        assert out.tolist() == [[b, a] for a, b in rows]
        flat = array(letter, [0] * COUNT)
        pp.map(lambda p: p[0] + 1, column, out=flat, device=device)
        assert flat.tolist() == [a + 1 for a, _ in rows]


def test_batched_of_a_flat_buffer(device: str) -> None:
    rows = points()
    for column in (pp.array(rows), rows):
        flat = array("f", [0.0] * (3 * COUNT))
        pp.map(lambda p: (p[2], p[0] * 0.5, 1.0), column, out=pp.batched(flat, 3), device=device)
        assert flat.tolist() == [v for p in rows for v in (p[2], p[0] * 0.5, 1.0)]


def test_elements_that_cpython_evaluates(device: str) -> None:
    def f(v: Any) -> Any:
        if v % 100 == 3:
            return (float(str(v)), 2.0)
        return (v * 0.5, 1.0)

    values = list(range(COUNT))
    out = table("d", COUNT, 2)
    pp.map(f, pp.array(values), out=out, device=device)
    assert out.tolist() == [[*f(v)] for v in values]


def test_an_exception_leaves_the_buffer_as_it_was(device: str) -> None:
    out = table("d", COUNT, 2)
    out[COUNT - 1, 1] = 7.0
    with pytest.raises(ZeroDivisionError):
        pp.map(lambda v: (1.0 / v, v), pp.array([float(COUNT - 5 - i) for i in range(COUNT)]), out=out, device=device)
    assert out[COUNT - 1, 1] == 7.0 and sum(map(sum, out.tolist())) == 7.0


def test_what_does_not_fit_is_refused(device: str) -> None:
    numbers = pp.array([float(i) for i in range(COUNT)])
    ints = pp.array(list(range(COUNT)))
    for out, f, column, error in (
        (table("b", COUNT, 2), lambda v: (v, v), ints, OverflowError),
        (array("h", [1] * COUNT), lambda v: v * 1000, ints, OverflowError),
        (table("q", COUNT, 2), lambda v: (v, v), numbers, TypeError),
        (table("d", COUNT, 2), lambda v: (v, v, v), numbers, TypeError),
        (table("d", COUNT, 2), lambda v: v, numbers, TypeError),
        (table("d", COUNT, 2), lambda v: (v, None), numbers, TypeError),
        (array("d", [1.0] * COUNT), lambda v: (v, v), numbers, (TypeError, ValueError)),
        (table("d", COUNT + 1, 2), lambda v: (v, v), numbers, ValueError),
        (table("d", COUNT, 2).toreadonly(), lambda v: (v, v), numbers, (TypeError, BufferError)),
        (
            memoryview(array("d", [0.0] * COUNT)).cast("B").cast("d", (COUNT // 4, 2, 2)),
            lambda v: v,
            numbers,
            TypeError,
        ),
    ):
        memory = bytes(memoryview(out).cast("B"))
        for given in (column, column.tolist()):
            with pytest.raises(error):
                pp.map(f, given, out=out, device=device)
        assert bytes(memoryview(out).cast("B")) == memory


def test_the_column_itself(device: str) -> None:
    flat = memoryview(array("d", [float(i) for i in range(2 * COUNT)]))
    rows = flat.cast("B").cast("d", (COUNT, 2))
    want = [[b, a + 0.5] for a, b in rows.tolist()]
    pp.map(lambda p: (p[1], p[0] + 0.5), rows, out=rows, device=device)
    assert rows.tolist() == want


def test_no_elements() -> None:
    out = array("d")
    assert pp.map(lambda v: v, pp.array([]), out=out) is out
    with pytest.raises(ValueError, match="out has 1"):
        pp.map(lambda v: v, pp.array([]), out=array("d", [1.0]))


def test_tables_of_any_steps(device: str) -> None:
    numpy = pytest.importorskip("numpy")
    rows = points()
    whole = numpy.zeros((2 * COUNT, 6), dtype=numpy.float32)
    pp.map(wave, pp.array(rows), t=0.5, out=whole[::-2, 4:1:-1], device=device)
    want = numpy.array([wave(p, 0.5) for p in rows], dtype=numpy.float32)
    assert numpy.allclose(whole[::-2, 4:1:-1], want, rtol=0 if device == "cpu" else 1e-6, atol=0)
    assert not whole[::2].any() and not whole[:, [0, 1, 5]].any()


def test_steps_beside_lists_and_the_wrong_shape(device: str) -> None:
    numpy = pytest.importorskip("numpy")
    values = [0.5 * i for i in range(COUNT)]
    for column in (values, pp.array(values)):
        turned = numpy.zeros((2, COUNT)).T
        pp.map(lambda v: (v, 2.0 * v), column, out=turned, device=device)
        assert turned.tolist() == [[v, 2.0 * v] for v in values]
        spread = numpy.zeros(2 * COUNT)
        pp.map(lambda v: v + 1.0, column, out=spread[::2], device=device)
        assert spread[::2].tolist() == [v + 1.0 for v in values] and not spread[1::2].any()
    for out in (numpy.zeros((3, 2)).T, numpy.zeros((2, 3))):
        with pytest.raises(ValueError, match="out has 2 rows of 3, the result has 3 elements"):
            pp.map(lambda v: (v, 2.0 * v), pp.array([1.0, 2.0, 3.0]), out=out, device=device)
        assert not out.any()
    with pytest.raises(TypeError, match="out must be an Array, a list, a writable buffer"):
        pp.map(lambda v: v, [1.0], out=3, device=device)


def test_much_is_copied_by_all_threads() -> None:
    rows = pp.array(points(100_000))
    for letter in "df":
        out = table(letter, 100_000, 3)
        pp.map(lambda p: (p[0], p[1], p[2]), rows, out=out, device="cpu")
        assert out.tolist() == [[*p] for p in points(100_000)]


@pytest.mark.gpu
@needs_gpu
def test_results_come_straight_from_the_device() -> None:
    rest = pp.array(points(50_000), device="cuda")
    out = table("d", 50_000, 3)
    pp.map(wave, rest, t=0.25, out=out)
    pp.synchronize()
    before = pp.stats()
    rest[100:600] = points(500)
    pp.map(wave, rest, t=0.5, out=out)
    after = pp.stats()
    assert after.downloaded_bytes - before.downloaded_bytes <= 24 * 50_000 + 4096
    assert after.uploaded_bytes - before.uploaded_bytes <= 24 * 500 + 4096
    assert same(out.tolist(), [[*wave(p, 0.5)] for p in rest], GPU_ULP)


def test_what_is_wrong_with_memory_with_steps_is_said() -> None:
    np = pytest.importorskip("numpy")
    read_only = np.zeros(6)[::2]
    read_only.flags.writeable = False
    with pytest.raises((BufferError, ValueError), match="read-only"):
        pp.map(lambda x: x * 2.0, [1.0, 2.0, 3.0], out=read_only)
    for kind in ("f2", ">f8", "c16"):
        with pytest.raises(TypeError, match="holds no numbers that are known here"):
            pp.map(lambda x: x * 2.0, [1.0, 2.0, 3.0], out=np.zeros(6, kind)[::2])
