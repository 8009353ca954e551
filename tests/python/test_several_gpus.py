"""Much data divided among GPUs; streams, events and Arrays on one that is not the first."""

from __future__ import annotations

import math
from typing import Any

import pytest
from conftest import same
from gpus import GPUS, needs_two

import parallel_party as pp

N = 6_000_000  # 96 MB of numbers and results


def counts() -> tuple[int, int, int]:
    stats = pp.stats()
    return stats.uploaded_bytes, stats.downloaded_bytes, stats.launches


def since(before: tuple[int, int, int]) -> tuple[int, ...]:
    return tuple(now - then for now, then in zip(counts(), before))


def clipped(x: float, k: int) -> float:
    return math.sqrt(x - 10.0) if x != 7.0 * k else -1.0


@needs_two
@pytest.mark.gpu
def test_much_data_is_divided() -> None:
    values = [0.5 * i + 10.0 for i in range(N)]
    before = pp.stats()
    result = pp.map(clipped, values, k=10, device="cuda")
    launches = pp.stats().launches - before.launches
    assert launches == len(GPUS)
    assert pp.stats().uploaded_bytes - before.uploaded_bytes == 8 * N
    assert same(result, [clipped(x, 10) for x in values])
    before = pp.stats()
    assert same(pp.map(clipped, values, k=10, device="cuda:1"), result)
    assert pp.stats().launches - before.launches == 1
    assert pp.explain(clipped, values, k=10, device="cuda").device == "cuda"
    assert pp.explain(clipped, values, k=10, device="cuda:1").device == "cuda:1"
    assert pp.explain(clipped, values[:1000], k=10, device="cuda").device == "cuda:0"


@needs_two
@pytest.mark.gpu
def test_handed_back_elements_and_failures_of_every_share() -> None:
    values = [0.5 * i + 10.0 for i in range(N)]
    for bad in (3, N // 2 + 1, N - 1):
        values[bad] = -1.0
    with pytest.raises(ValueError) as caught:
        pp.map(clipped, values, k=10, device="cuda")
    assert "element 3" in caught.value.__notes__[0]
    whole = [i for i in range(N)]
    whole[N - 2] = 2**62
    before = pp.stats().handed_back
    result = pp.map(lambda i: i * 4, whole, device="cuda")
    assert pp.stats().handed_back - before == 1
    assert result[N - 2] == 2**64 and result[5] == 20 and result[N - 1] == 4 * (N - 1)


@needs_two
@pytest.mark.gpu
def test_arrays_on_the_second_gpu() -> None:
    values = [float(i) for i in range(100_000)]
    table = pp.array(values, device="cuda:1")
    doubled = pp.map(lambda x: x * 2.0, table)
    assert doubled.device == "cuda:1" and doubled[77] == 154.0
    start = pp.stats()
    elsewhere = pp.map(lambda x: x + 1.0, doubled, device="cuda:0")
    assert elsewhere.device == "cuda:0"
    assert pp.stats().uploaded_bytes - start.uploaded_bytes == 8 * len(values)
    assert elsewhere.tolist() == [x * 2.0 + 1.0 for x in values]
    assert set(pp.stats().device_bytes) >= {"cuda:0", "cuda:1"}
    with pp.device("cuda:1"):
        stream, lap = pp.Stream(), pp.Event()
    assert stream.device == "cuda:1"
    with stream, lap:
        again = pp.map(lambda x: x * 2.0, table)
    assert lap.milliseconds > 0.0 and again == doubled
    with pytest.raises(ValueError, match="another device"):
        pp.Stream(stream, device="cuda:0")
    with pytest.raises(BufferError, match="not on"):
        table.__dlpack__(dl_device=(2, 0))
    assert table.__dlpack_device__() == (2, 1)
    pp.trim()
    assert doubled.tolist() == [x * 2.0 for x in values]


@needs_two
@pytest.mark.gpu
def test_lists_and_buffers_fill_what_out_names() -> None:
    numpy = pytest.importorskip("numpy")
    values = numpy.arange(N, dtype=numpy.float64) * 0.5 + 10.0
    want = numpy.where(values == 70.0, -1.0, numpy.sqrt(values - 10.0))
    places: list[tuple[Any, list[Any]]] = [
        (values, [numpy.zeros(N), numpy.zeros((N, 2))[:, 1], pp.array([0.0] * N)]),
        (values.tolist(), [numpy.zeros(N), [0.0] * N, pp.array([0.0] * N)]),
    ]
    for column, outs in places:
        for out in outs:
            before = counts()
            assert pp.map(clipped, column, k=10, out=out, device="cuda") is out
            assert since(before)[2] == len(GPUS)
            assert (numpy.asarray(out) == want).all()
    before = counts()
    result = pp.map(clipped, values, k=10, device="cuda")
    assert isinstance(result, pp.Array) and result.device == "cuda"
    assert since(before)[0] == 8 * N and since(before)[2] == len(GPUS)
    assert (numpy.asarray(result) == want).all()


@needs_two
@pytest.mark.gpu
def test_arrays_are_divided_and_stay_in_pieces() -> None:
    values = pp.array([0.5 * i + 10.0 for i in range(N)])
    assert values.device == "cpu"
    before = counts()
    doubled = pp.map(lambda x: x * 2.0, values, device="cuda")
    assert doubled.device == "cuda"
    pp.synchronize()
    assert since(before) == (8 * N, 0, len(GPUS))
    before = counts()
    shifted = pp.map(lambda x, y, t: x + y + t, doubled, values, t=0.25)  # where they are
    again = pp.map(lambda x: x - 1.0, shifted, out=doubled)
    pp.synchronize()
    assert again is doubled and shifted.device == "cuda"
    assert since(before) == (0, 0, 2 * len(GPUS))
    for i in (0, 7, N // 2 - 1, N // 2, N - 1):
        assert doubled[i] == values[i] * 3.0 + 0.25 - 1.0
    assert since(before)[1] <= 5 * 8 * 4096
    values[N - 3 : N] = [1.0, 2.0, 3.0]
    before = counts()
    changed = pp.map(lambda x: x * 2.0, values, device="cuda")
    assert since(before)[0] <= 8 * 512
    assert changed[N - 3 :].tolist() == [2.0, 4.0, 6.0]
    assert changed.tolist() == [x * 2.0 for x in values]


@needs_two
@pytest.mark.gpu
def test_rows_views_and_buffers_of_arrays_in_pieces() -> None:
    numpy = pytest.importorskip("numpy")
    table = numpy.arange(3.0 * N).reshape(N, 3)
    rows = pp.array(table, dtype=pp.float32, device="cuda")
    assert rows.device == "cuda"
    out = numpy.zeros((N, 3), dtype=numpy.float32)
    before = counts()
    pp.map(lambda p: (p[2], p[0], p[1]), rows, out=out)
    assert since(before) == (12 * N, 12 * N, len(GPUS))
    assert (out == table.astype(numpy.float32)[:, [2, 0, 1]]).all()
    before = counts()
    halves = pp.map(lambda x: x * 0.5, rows.flat.view(1, 3 * N))
    assert since(before)[0] <= 2 * 12 * 4096 and len(halves) == 3 * N - 1
    assert (numpy.asarray(halves) == table.astype(numpy.float32).ravel()[1:] * numpy.float32(0.5)).all()
    part = rows[N // 2 - 5 : N // 2 + 5]
    assert part.tolist() == rows.tolist()[N // 2 - 5 : N // 2 + 5]
    assert pp.map(lambda p: p[0], part).tolist() == [p[0] for p in part]
    # Another library gets all of it on one GPU.
    assert rows.__dlpack_device__() == (2, 0)
    del rows
    pp.trim()
    assert (numpy.asarray(halves)[-3:] == (table.astype(numpy.float32).ravel() * numpy.float32(0.5))[-3:]).all()


@needs_two
@pytest.mark.gpu
def test_elements_handed_back_and_failures_in_pieces() -> None:
    whole = pp.array(list(range(N)))
    for index in (2, N - 2):
        whole[index] = 2**62 + index

    def halved(i: int) -> int:
        return (i * 4) // 8

    before = pp.stats().handed_back
    result = pp.map(halved, whole, device="cuda")
    assert pp.stats().handed_back - before == 2 and result.device == "cuda"
    assert result[2] == (2**62 + 2) // 2 and result[N - 2] == (2**62 + N - 2) // 2 and result[N - 1] == (N - 1) // 2
    numbers = pp.array([1.0] * N)
    kept = pp.array([5.0] * N, device="cuda")
    numbers[N - 1] = numbers[N // 2 + 3] = 0.0
    with pytest.raises(ZeroDivisionError) as caught:
        pp.map(lambda x: 1.0 / x, numbers, out=kept, device="cuda")
        pp.synchronize()
    assert f"element {N // 2 + 3}" in caught.value.__notes__[0]
    assert kept[N - 1] == 5.0 and kept[0] == 5.0
    table = pp.array([0.5, 1.5])
    assert pp.map(lambda i: table[i % 2], whole, device="cuda")[N - 1] == table[(N - 1) % 2]


@needs_two
@pytest.mark.gpu
def test_data_of_one_gpu_stays_there() -> None:
    values = pp.array([float(i) for i in range(N)], device="cuda:1")
    before = counts()
    result = pp.map(lambda x: x + 1.0, values, device="cuda")
    pp.synchronize()
    assert result.device == "cuda:1" and since(before) == (8 * N, 0, 1)
    few = pp.array([1.0, 2.0], device="cuda")
    assert few.device == "cuda:0"
    every = pp.map(lambda x: x + 1.0, pp.array([0.0] * N), device="cuda")
    assert pp.map(lambda x: x + 1.0, every[:100]).tolist() == [2.0] * 100
    with pp.device("cuda"):
        assert pp.map(lambda x: x + 1.0, pp.array([0.0] * N)).device == "cuda"
    assert pp.map(lambda x: x + 1.0, every, device="cuda:1").device == "cuda:1"
    assert pp.map(lambda x: x + 1.0, every, device="cpu").device == "cpu"


@needs_two
@pytest.mark.gpu
def test_additions_to_an_array_from_one_in_pieces() -> None:
    places = pp.map(lambda i: i % 16, pp.array(list(range(N))), device="cuda")
    sums = pp.array([0] * 16)

    def count(i: int) -> None:
        sums[i] += 1

    pp.for_each(count, places)
    assert sums.tolist() == [N // 16] * 16
