"""Much data divided among GPUs; streams, events and Arrays on one that is not the first."""

from __future__ import annotations

import math

import pytest
from conftest import same

import parallel_party as pp

GPUS = [device for device in pp.devices() if device.kind == "cuda" and device.available]
needs_two = pytest.mark.skipif(len(GPUS) < 2, reason="there are no two GPUs")

N = 6_000_000


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
