"""`out=` of other libraries' tensors, which have no buffer: on the host through DLPack, on a GPU also through
`__cuda_array_interface__`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from comparison import GPU_ULP
from conftest import same
from gpus import HAS_GPU, Foreign, Interface, Shown, moved, needs_gpu, since, with_libraries

import parallel_party as pp

numpy = pytest.importorskip("numpy")
COUNT = 700


def wave(p: Any, t: float) -> Any:
    return (p[0], math.sin(p[0] + p[2] + t), p[2])


def points(count: int = COUNT) -> list[tuple[float, ...]]:
    return [(0.125 * i, 0.0, 0.25 * i) for i in range(count)]


def as_list(values: Any) -> Any:
    return values


COLUMNS: list[Callable[[Any], Any]] = [pp.array, as_list, tuple, numpy.array]


@pytest.mark.parametrize("column", COLUMNS)
def test_rows_go_into_a_tensor(column: Callable[[Any], Any], device: str) -> None:
    rows = points()
    memory = numpy.zeros((2 * COUNT, 5))
    for part in (memory[:COUNT, :3], memory[::-2, 4:1:-1], memory[1::2, ::2]):
        memory[:] = -99.0
        out = Foreign(part)
        assert pp.map(wave, column(rows), t=0.5, out=out, device=device) is out
        assert same(part.tolist(), [[*wave(p, 0.5)] for p in rows], 0 if device == "cpu" else GPU_ULP)
        assert (memory == -99.0).sum() == memory.size - part.size


@pytest.mark.parametrize("letter", "dfqihbBHIL?")
@pytest.mark.parametrize("column", COLUMNS)
def test_formats(letter: str, column: Callable[[Any], Any], device: str) -> None:
    values = [i % 100 for i in range(COUNT)]
    out = numpy.zeros(COUNT, dtype=letter)
    if letter == "?":
        pp.map(lambda v: v > 50, column(values), out=Foreign(out), device=device)
        assert out.tolist() == [v > 50 for v in values]
        return
    pp.map(lambda v: v + 1, column(values), out=Foreign(out), device=device)
    assert out.tolist() == [v + 1 for v in values]


@pytest.mark.parametrize("column", COLUMNS)
def test_elements_that_cpython_evaluates(column: Callable[[Any], Any], device: str) -> None:
    def f(v: Any) -> Any:
        if v % 100 == 3:
            return float(str(v))
        return v * 0.5

    values = list(range(COUNT))
    out = numpy.zeros(COUNT)
    pp.map(f, column(values), out=Foreign(out), device=device)
    assert out.tolist() == [f(v) for v in values]


@pytest.mark.parametrize("column", COLUMNS)
def test_what_fails_leaves_it_as_it_was(column: Callable[[Any], Any], device: str) -> None:
    numbers = [float(COUNT - 5 - i) for i in range(COUNT)]
    out = numpy.full(COUNT, 3.0)
    for f, tensor, error in (
        (lambda v: 1.0 / v, out, ZeroDivisionError),
        (lambda v: (v, v), out, TypeError),
        (lambda v: None if v < 0.0 else v, out, TypeError),
        (lambda v: v, numpy.zeros(COUNT, dtype="int32"), TypeError),
        (lambda v: int(v) * 1000, numpy.zeros(COUNT, dtype="int16"), OverflowError),
        (lambda v: v, numpy.zeros((COUNT, 2)), TypeError),
        (lambda v: (v, v), numpy.zeros((COUNT, 3)), TypeError),
        (lambda v: v, numpy.zeros(COUNT + 1), ValueError),
        (lambda v: (v, v), numpy.zeros((COUNT - 1, 2)), ValueError),
        (lambda v: v, numpy.zeros((COUNT, 2, 2)), TypeError),
        (lambda v: v, numpy.zeros(COUNT, dtype="complex128"), TypeError),
    ):
        before = tensor.copy()
        with pytest.raises(error):
            pp.map(f, column(numbers), out=Foreign(tensor), device=device)
        assert (tensor == before).all()


def test_what_is_read_only_is_refused() -> None:
    fixed = numpy.zeros(2)
    fixed.flags.writeable = False
    for out in (Foreign(fixed), Interface(data=(256, True))):
        with pytest.raises(TypeError, match="read-only"):
            pp.map(lambda v: v, [1.0, 2.0], out=out)
        with pytest.raises(TypeError, match="read-only"):
            pp.map(lambda v: v, pp.array([1.0, 2.0]), out=out)


def test_what_is_on_a_gpu_and_no_array_of_numbers() -> None:
    for odd in ({"mask": [1]}, {"typestr": "<c16"}, {"typestr": ">f8"}, {"strides": (12,)}, {"shape": ()}):
        for column in ([1.0, 2.0], pp.array([1.0, 2.0])):
            with pytest.raises(TypeError, match="holds no numbers"):
                pp.map(lambda v: v, column, out=Interface(**odd))
    with pytest.raises(TypeError, match="out must be an Array, a list, .* not 'Interface'"):
        pp.map(lambda v: v, [1.0, 2.0], out=Interface(is_missing=True))


@pytest.mark.skipif(HAS_GPU, reason="there is a GPU")
def test_without_a_gpu_it_says_so() -> None:
    for column in ([1.0, 2.0], pp.array([1.0, 2.0])):
        with pytest.raises(pp.DeviceError, match="libcuda|driver"):
            pp.map(lambda v: v, column, out=Interface())


@needs_gpu
@pytest.mark.gpu
@pytest.mark.parametrize("wrapped", [Foreign, Shown])
@pytest.mark.parametrize("where", ["cpu", "cuda"])
def test_tensors_on_a_gpu(wrapped: Any, where: str) -> None:
    rows = points(50_000)
    for dtype in (pp.float64, pp.float32):
        owner = pp.array([(0.0, 0.0, 0.0)] * len(rows), dtype=dtype, device="cuda")
        out = wrapped(owner)
        column = pp.array(rows, dtype=dtype, device="cuda")
        for sent in (column, owner):  # what `owner` gives away has to be there first
            pp.map(lambda p: p[0], sent, device="cuda")
        start = moved()
        assert pp.map(wave, column, t=0.5, out=out, device=where) is out
        if where == "cuda":
            assert since(start) == (0, 0), "it stays on the GPU"
        want = pp.array([wave(p, 0.5) for p in rows], dtype=dtype).tolist()
        assert same(owner.tolist(), want, GPU_ULP if dtype is pp.float64 else 2**30)
        assert pp.map(lambda p: p[1], owner)[77] == owner[77][1]
        pp.map(lambda p: (p[0], p[0], p[0]), rows, out=out, device=where)
        assert owner[4321] == (rows[4321][0],) * 3
        narrow = wrapped(owner.columns[1])  # with steps
        pp.map(lambda p: p[0] * 2.0, column, out=narrow, device=where)
        pp.map(lambda p: p[0] * 2.0, rows, out=narrow, device=where)
        assert owner[4321] == (rows[4321][0], 2.0 * rows[4321][0], rows[4321][0])
        # The column itself.
        pp.map(lambda p: (p[2], p[1], p[0] + 1.0), out, out=out, device=where)
        assert owner[4321] == (rows[4321][0], 2.0 * rows[4321][0], rows[4321][0] + 1.0)


@needs_gpu
@pytest.mark.gpu
def test_ints_and_failures_on_a_gpu() -> None:
    for dtype in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "bool_"):
        owner = pp.array([0] * COUNT if dtype != "bool_" else [False] * COUNT, dtype=getattr(pp, dtype), device="cuda")
        values = [i % 100 for i in range(COUNT)]
        f = (lambda v: v > 50) if dtype == "bool_" else (lambda v: v + 1)
        for column in (values, pp.array(values), pp.array(values, device="cuda")):
            pp.map(f, column, out=Foreign(owner))
            assert same(owner.tolist(), [f(v) for v in values])
    owner = pp.array([5] * COUNT, dtype=pp.int16, device="cuda")
    for f, error in (
        (lambda v: v * 1000, OverflowError),
        (lambda v: v * 0.5, TypeError),
        (lambda v: 1 // v, ZeroDivisionError),
    ):
        for column in (values, pp.array(values, device="cuda")):
            with pytest.raises(error):
                pp.map(f, column, out=Foreign(owner))
            assert owner.tolist() == [5] * COUNT
    with pytest.raises(ValueError, match="out has"):
        pp.map(lambda v: v, pp.array(values[1:], device="cuda"), out=Foreign(owner))


@needs_gpu
@pytest.mark.gpu
@with_libraries
def test_tensors_of_other_libraries(library: Any) -> None:
    name, make, read, _ = library
    rows = points(50_000)
    column = pp.array(rows, device="cuda")
    theirs = make([[0.0] * 4] * len(rows))
    for out in (theirs[:, :3], theirs[:, 1:], theirs.T[1:].T):
        start = moved()
        assert pp.map(wave, column, t=0.25, out=out) is out
        assert since(start)[1] == 0
        theirs[7] = theirs[7] * 2.0  # queued behind it
        got = read(out)
        assert same(got[8:], [[*wave(p, 0.25)] for p in rows[8:]], GPU_ULP)
        assert got[7][0] == 2.0 * rows[7][0]
    if name != "torch":
        return
    import torch

    other = torch.cuda.Stream()
    with torch.cuda.stream(other):
        for k in range(20):
            column_there = torch.full((len(rows),), float(k), dtype=torch.float64, device="cuda")
            out = torch.zeros_like(column_there)
            pp.map(lambda x: x + 1.0, column_there, out=out)
            assert float(out.sum()) == (k + 1.0) * len(rows)
