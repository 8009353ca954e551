"""Arrays on a GPU: what moves is what changed, and what is looked at."""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

import pytest
from conftest import same
from gpus import HAS_GPU, moved, needs_gpu, since

import parallel_party as pp

N = 100_000
Point = namedtuple("Point", ["x", "n"])


def turn(p: Any, t: float) -> tuple[float, float, float]:
    return (p[0] * t, p[1] - p[2], p[2] + t)


def test_without_a_gpu_it_says_so() -> None:
    if HAS_GPU:
        pytest.skip("there is a GPU")
    with pytest.raises(pp.DeviceError, match="not available"):
        pp.array([1.0], device="cuda")
    with pytest.raises(ValueError, match="unknown device"):
        pp.array([1.0], device="gpu")


@needs_gpu
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_only_changes_go_up_and_only_looks_come_down(dtype: str) -> None:
    size = 8 if dtype == "float64" else 4
    rows = [(0.5 * i, 1.0, float(i % 7)) for i in range(N)]
    points = pp.array(rows, dtype=getattr(pp, dtype), device="cuda")
    assert points.device == "cuda:0"
    start = moved()
    posed = pp.map(turn, points, t=0.5)
    assert posed.device == "cuda:0"
    assert since(start) == (3 * size * N, 0)
    assert since(start) == (3 * size * N, 0)
    start = moved()
    for t in range(5):
        posed = pp.map(turn, points, t=0.25 * t, out=posed)
    assert since(start) == (0, 0)
    start = moved()
    assert posed[N - 1] == turn(points[N - 1], 1.0)
    up, down = since(start)
    assert up == 0 and 0 < down <= 4096 * 3 * size
    start = moved()
    points[1000:1500] = [(1.0, 2.0, 3.0)] * 500
    posed = pp.map(turn, points, t=0.5, out=posed)
    assert since(start)[0] == 500 * 3 * size
    assert posed[1400] == (0.5, -1.0, 3.5)
    assert posed.tolist() == [turn(p, 0.5) for p in points.tolist()]
    start = moved()
    chained = pp.map(turn, pp.map(turn, points, t=2.0), t=0.5)
    assert since(start) == (0, 0)
    assert chained[77] == turn(turn(points[77], 2.0), 0.5)


@needs_gpu
def test_a_whole_list_uploads_what_differs() -> None:
    values = [0.5 * i for i in range(N)]
    table = pp.array(values, device="cuda")
    pp.map(lambda x: x + 1.0, table)
    values[7] = -1.0
    values[N - 1] = -2.0
    start = moved()
    table[:] = values
    doubled = pp.map(lambda x: x * 2.0, table)
    assert 0 < since(start)[0] <= 2 * 256 * 8
    assert doubled.tolist() == [x * 2.0 for x in values]


@needs_gpu
@pytest.mark.parametrize(
    "make",
    [
        lambda: pp.array([(i, 0.5 * i, i % 2 == 0) for i in range(N)]),
        lambda: pp.array([Point(0.5 * i, i) for i in range(N)]),
        lambda: pp.array(range(N), dtype=pp.int32),
        lambda: pp.array([i % 200 for i in range(N)], dtype=pp.uint8),
        lambda: pp.array([i % 200 - 100 for i in range(N)], dtype=pp.int8),
        lambda: pp.array([2**62 + i for i in range(300)], dtype=pp.uint64),
        lambda: pp.array([(1.0 * i, 2.0, 3.0) for i in range(N)]).columns[1],
        lambda: pp.array([(1.0 * i, 2.0, 3.0) for i in range(N)], dtype=pp.float32).flat,
        lambda: pp.array([(1.0 * i, 2.0, 3.0) for i in range(N)]).view(100, 70_000),
        lambda: pp.array([i % 3 == 0 for i in range(N)]),
    ],
)
def test_every_layout(make: Any) -> None:
    column = make()
    for f in (lambda v: v, lambda v: (v, v), lambda v: (1.5, v), lambda v: 2):
        assert same(list(pp.map(f, column, device="cuda")), [f(v) for v in column.tolist()])


@needs_gpu
def test_elements_that_are_handed_back() -> None:
    values = [float(i) for i in range(N)]
    table = pp.array(values, device="cuda")

    def root(x: float) -> float:
        return math.sqrt(x - 10.0) if x != 50.0 else float(memoryview(bytes(50)).nbytes)  # which has no compiled form

    with pytest.raises(ValueError):
        pp.map(root, table)
    table[:10] = [20.0] * 10
    before = pp.stats().handed_back
    start = moved()
    result = pp.map(root, table)
    assert pp.stats().handed_back == before + 1
    assert since(start)[1] <= 2 * 8 * 4096
    assert result.tolist() == [root(x) for x in table.tolist()]
    assert pp.map(lambda x: x + 1.0, result).tolist() == [x + 1.0 for x in result.tolist()]
    short = pp.array([1.0, 2.0], dtype=pp.float32, device="cuda")
    with pytest.raises(OverflowError):
        pp.map(lambda x: x * 1e300, short)


@needs_gpu
def test_captured_arrays() -> None:
    table = pp.array([0.5 * i for i in range(1000)], device="cuda")
    rows = pp.array([(0.5 * i, 2.0, 1.0) for i in range(500)], dtype=pp.float32, device="cuda")
    index = pp.array([i % 500 for i in range(N)], device="cuda")

    def gather(i: int) -> float:
        x, y, z = rows[i]
        return table[i] + table[-1 - i] + x * y + z

    expected = [gather(i) for i in index]
    assert pp.map(gather, index).tolist() == expected
    start = moved()
    pp.map(gather, index)
    assert since(start) == (0, 0)
    table[3] = 100.0
    start = moved()
    again = pp.map(gather, index.tolist(), device="cuda")
    assert since(start)[0] == 8 * N + 8
    assert again == [gather(i) for i in index]
    with pytest.raises(IndexError):
        pp.map(lambda i: table[i], pp.array([0, 5000, 1], device="cuda"))


@needs_gpu
def test_results_of_several_kinds_stay() -> None:
    table = pp.array([float(i) for i in range(N)], device="cuda")

    def clipped(x: float) -> float:
        return x * 0.5 if x < 1000.0 else 0

    out = pp.map(clipped, table)
    start = moved()
    assert pp.map(clipped, table, out=out) is out
    assert pp.map(lambda x: int(x), table, out=out) is out
    assert pp.map(clipped, table, out=out) is out
    pp.synchronize()
    assert since(start) == (0, 0)
    assert same(out.tolist(), [float(clipped(x)) for x in table])
    flags = pp.map(lambda x: x > 5.0, table, out=pp.map(lambda x: 1, table))
    assert same(flags.tolist(), [int(x > 5.0) for x in table])


@needs_gpu
@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32"])
def test_ints_of_every_size_stay(dtype: str) -> None:
    table = pp.array(range(N), device="cuda")
    out = pp.array([0] * N, dtype=getattr(pp, dtype), device="cuda")

    def low(i: int, start: int) -> int:
        return start + i % 100

    pp.map(low, table, start=0, out=out)
    pp.synchronize()
    start = moved()
    assert pp.map(low, table, start=27, out=out) is out
    assert pp.map(lambda i: i % 3 == 0, table, out=pp.map(low, table, start=1, out=out)) is out
    assert pp.map(low, table, start=27, out=out) is out
    pp.synchronize()
    assert since(start) == (0, 0)
    assert same(out.tolist(), [float(low(i, 27)) if dtype == "float32" else low(i, 27) for i in range(N)])
    if dtype in ("int64", "float32"):
        return
    bits = int(dtype.lstrip("uint"))
    first, last = (0, 2**bits - 1) if dtype[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    for edge in (first, min(last, 2**63 - 200)):
        pp.map(lambda i, edge: edge if i == 77 else 5, table, edge=edge, out=out)
        assert out[77] == edge and out[78] == 5
    kept = out.tolist()
    for beyond in (first - 1, last + 1):
        if abs(beyond) < 2**63:
            with pytest.raises(OverflowError, match=dtype):
                pp.map(lambda i, beyond: beyond if i >= 77 else 5, table, beyond=beyond, out=out)
                pp.synchronize()
            assert out.tolist() == kept


@needs_gpu
def test_ints_are_rounded_once() -> None:
    table = pp.array([2**40 + 2**16 + i for i in range(1000)], device="cuda")
    out = pp.array([0.0] * 1000, dtype=pp.float32, device="cuda")
    pp.map(lambda i: i, table, out=out)
    assert out.tolist() == pp.array([float(i) for i in table], dtype=pp.float32).tolist()
    table[5] = 2**62 + 2**38 + 1  # halfway between two floats, as a double
    pp.map(lambda i: i, table, out=out)
    assert out[5] == float(2**62 + 2**39)


@needs_gpu
def test_writes_to_arrays_on_a_gpu() -> None:
    counts = pp.array([0] * 10, device="cuda")
    pp.map(lambda x: x + 1, counts)

    def tally(i: int) -> None:
        counts[i % 10] += 1

    pp.for_each(tally, range(N), device="cuda")
    assert counts.tolist() == [N // 10] * 10
    assert pp.map(lambda x: x + 1, counts).tolist() == [N // 10 + 1] * 10


@needs_gpu
def test_host_and_device_in_turn() -> None:
    table = pp.array([float(i) for i in range(N)], device="cuda")
    expected = table.tolist()
    for turn_ in range(6):
        table = pp.map(lambda x, k: x * 0.5 + k, table, k=float(turn_))
        expected = [x * 0.5 + turn_ for x in expected]
        table[turn_ * 1000] = -1.0
        expected[turn_ * 1000] = -1.0
        part = table[5000:9000]
        part[0] = 7.0
        assert table[5000] == expected[5000]
        if turn_ == 3:
            table = pp.map(lambda x: x + 1.0, table, device="cpu")
            expected = [x + 1.0 for x in expected]
    assert table.tolist() == expected
    rows = pp.array([(x, 1.0) for x in expected], device="cuda")
    pp.map(lambda p: p[0], rows)

    def move(p: Any) -> None:
        p[0] += p[1]

    pp.for_each(move, rows, device="cpu")
    assert pp.map(lambda p: p[0], rows).tolist() == [x + 1.0 for x in expected]
