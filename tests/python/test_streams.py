"""Streams and events: order with other libraries' work, times; what is refused where there is no GPU."""

from __future__ import annotations

import ctypes
import threading
from typing import Any

import pytest
from conftest import same
from gpus import HAS_GPU, needs_gpu

import parallel_party as pp

N = 100_000


def halve(x: float) -> float:
    return x * 0.5 + 1.0


@pytest.mark.skipif(HAS_GPU, reason="there is a GPU")
def test_without_a_gpu_they_say_so() -> None:
    for make in (pp.Stream, pp.Event, lambda: pp.Stream(7), lambda: pp.Event(device="cuda:1")):
        with pytest.raises(pp.DeviceError, match="not available"):
            make()
    pp.synchronize()


def test_what_is_no_stream() -> None:
    class Younger:
        def __cuda_stream__(self) -> tuple[int, int]:
            return 1, 0

    for wrong in (object(), "7", True, 1.5):
        with pytest.raises(TypeError, match="is no stream"):
            pp.Stream(wrong)
    with pytest.raises(ValueError, match="version 1"):
        pp.Stream(Younger())
    with pytest.raises(ValueError, match="no handle"):
        pp.Stream(-1)
    for name in ("cpu", "gpu", "auto"):
        with pytest.raises(ValueError, match="device"):
            pp.Stream(device=name)
        with pytest.raises(ValueError, match="device"):
            pp.Event(device=name)


@needs_gpu
@pytest.mark.gpu
def test_work_goes_to_a_stream() -> None:
    values = [float(i) for i in range(N)]
    table = pp.array(values, device="cuda")
    expected = [halve(halve(halve(x))) for x in values]
    stream = pp.Stream()
    assert stream.device == "cuda:0" and stream.handle != 0 and stream.__cuda_stream__() == (0, stream.handle)
    with stream:
        once = pp.map(halve, table)
        with pp.Stream():
            twice = pp.map(halve, once)
    assert same(pp.map(halve, twice).tolist(), expected)
    stream.synchronize()
    assert stream.done
    pp.synchronize()
    assert "cuda:0" in repr(stream)
    results: list[Any] = []

    def work() -> None:
        with pp.Stream():
            results.append(pp.map(halve, pp.map(halve, pp.map(halve, table))).tolist())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4 and all(same(result, expected) for result in results)


@needs_gpu
@pytest.mark.gpu
def test_events_measure() -> None:
    table = pp.array([float(i) for i in range(1_000_000)], device="cuda")
    pp.map(halve, table)
    with pytest.raises(ValueError, match="not recorded"):
        pp.Event().elapsed_time(pp.Event())
    with pytest.raises(ValueError, match="with statement"):
        _ = pp.Event().milliseconds
    start = pp.Event().record()
    with pp.Event() as lap:
        for _ in range(10):
            pp.map(halve, table)
    end = pp.Event().record()
    assert 0.0 < lap.milliseconds <= start.elapsed_time(end) < 1000.0
    assert end.done and "done" in repr(end)
    stream, other = pp.Stream(), pp.Stream()
    other.wait(stream.record())
    other.synchronize()


@needs_gpu
@pytest.mark.gpu
def test_handles_of_other_libraries() -> None:
    stream = pp.Stream()

    class Torch:
        cuda_stream = stream.handle

    class Cupy:
        ptr = stream.handle

    class Numba:
        handle = ctypes.c_void_p(stream.handle)

    for foreign in (stream, stream.handle, Torch(), Cupy(), Numba()):
        ours = pp.Stream(foreign)
        assert ours.handle == stream.handle
        with ours:
            assert pp.map(halve, pp.array([1.0], device="cuda")).tolist() == [1.5]
    for default in (0, 1, 2):
        with pp.Stream(default):
            assert pp.map(halve, pp.array([1.0], device="cuda")).tolist() == [1.5]


@needs_gpu
@pytest.mark.gpu
def test_streams_of_cupy_and_torch() -> None:
    cupy = pytest.importorskip("cupy")
    torch = pytest.importorskip("torch")
    values = [float(i) for i in range(N)]
    for foreign in (cupy.cuda.Stream(non_blocking=True), torch.cuda.Stream(), torch.cuda.current_stream()):
        with pp.Stream(foreign):
            assert same(pp.map(halve, pp.array(values, device="cuda")).tolist(), [halve(x) for x in values])
        foreign.synchronize()
    del foreign
    assert same(pp.map(halve, pp.array(values, device="cuda")).tolist(), [halve(x) for x in values])
