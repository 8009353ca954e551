"""Memory on a GPU shared with other libraries: DLPack and __cuda_array_interface__, both ways."""

from __future__ import annotations

import contextlib
import gc
from array import array
from typing import Any

import pytest
from conftest import same
from gpus import HAS_GPU, Foreign, Interface, Shown, moved, needs_gpu, with_libraries

import parallel_party as pp

N = 50_000


class WithBuffer(array):  # type: ignore[type-arg]
    """As CuPy's arrays: there is a buffer, which is not to be asked for."""

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return {"version": 3, "shape": (2,), "typestr": "<f8", "data": (256, False)}


@pytest.mark.skipif(HAS_GPU, reason="there is a GPU")
def test_without_a_gpu_it_says_so() -> None:
    with pytest.raises(pp.DeviceError, match="libcuda|driver"):
        pp.array(WithBuffer("d", [1.0, 2.0]))
    with pytest.raises(pp.DeviceError, match="libcuda|driver"):
        pp.map(lambda x: x, WithBuffer("d", [1.0, 2.0]))
    with pytest.raises(pp.DeviceError, match="libcuda|driver"):
        pp.array(Interface())
    with pytest.raises(AttributeError, match="used on the CPU"):
        _ = pp.array([1.0]).__cuda_array_interface__
    assert not hasattr(pp.array([1.0]), "__cuda_array_interface__")


def test_what_is_no_array_of_numbers_is_iterated_over() -> None:
    for odd in ({"is_missing": True}, {"mask": [1]}, {"typestr": "<c16"}, {"typestr": ">f8"}, {"strides": (12,)}):
        assert pp.array(Interface(**odd)).tolist() == [1.0, 2.0]
        assert pp.map(lambda x: x * 2.0, Interface(**odd), device="cpu") == [2.0, 4.0]


def test_what_has_no_tensor_to_give_is_asked_otherwise() -> None:
    class Words(list):  # type: ignore[type-arg]
        def __dlpack__(self, **options: Any) -> Any:
            raise BufferError("text is no tensor")

        def __dlpack_device__(self) -> tuple[int, int]:
            raise BufferError("text is no tensor")

    words = Words(["a", "bc"] * 500)
    assert pp.array(words).tolist() == list(words)
    assert pp.map(lambda w: w + "!", words) == [w + "!" for w in words]


def test_devices_of_dlpack() -> None:
    array = pp.array([1.0, 2.0])
    assert array.__dlpack_device__() == (1, 0)
    with pytest.raises(BufferError, match="not on"):
        array.__dlpack__(dl_device=(2, 0))
    with pytest.raises(BufferError, match="stream"):
        array.__dlpack__(stream=1)


@needs_gpu
@pytest.mark.gpu
@with_libraries
def test_arrays_of_others_stay_on_the_gpu(library: Any) -> None:
    _, make, read, _ = library
    rows = [[0.5 * i, 1.0, float(i % 7)] for i in range(N)]
    theirs = make(rows)
    start = moved()
    ours = pp.array(theirs)
    assert ours.device == "cuda:0" and len(ours) == N
    turned = pp.map(lambda p: (p[0] + p[2], p[1]), ours)
    assert moved() == start
    assert turned[77] == (0.5 * 77 + 0.0, 1.0)
    theirs[5] = 100.0
    assert ours[5] == (2.5, 1.0, 5.0), "a copy of its own"
    expected = [tuple(row) for row in read(theirs)]
    start = moved()
    direct = pp.map(lambda p: p[0] * 2.0 + p[2], theirs)
    assert moved() == start and direct.device == "cuda:0"
    assert direct.tolist() == [p[0] * 2.0 + p[2] for p in expected]
    for part in (theirs[::3], theirs[:, 1:], theirs[10:20, ::2], theirs[:, 0], theirs.T[:2].T):
        wanted = [tuple(row) if isinstance(row, list) else row for row in read(part)]
        assert same(pp.array(part).tolist(), wanted)
        assert same(pp.map(lambda p: p, part).tolist(), wanted)
    assert same(pp.map(lambda p: p, theirs, device="cpu").tolist(), expected)
    slot = pp.array([0.0] * N)
    slot[:] = theirs[:, 0]
    assert slot.tolist() == [p[0] for p in expected]
    assert pp.array(theirs[:, 0], dtype=pp.float32).dtype == pp.float32


@needs_gpu
@pytest.mark.gpu
@with_libraries
def test_they_take_ours_without_a_copy(library: Any) -> None:
    _, _, read, from_dlpack = library
    ours = pp.array([(0.5 * i, 1.0) for i in range(N)], device="cuda")
    pp.map(lambda p: p[0], ours)
    start = moved()
    theirs = from_dlpack(ours)
    assert moved() == start
    theirs[7, 1] = -3.0
    assert ours[7] == (3.5, -3.0)
    assert pp.map(lambda p: p[1], ours)[7] == -3.0
    ours[8] = (4.0, 5.0)
    assert read(theirs[8]) == [4.0, 5.0], "what is written goes up at once"
    ours[10:12] = [(1.0, 2.0), (3.0, 4.0)]
    assert read(theirs[10:12]) == [[1.0, 2.0], [3.0, 4.0]]
    start = moved()
    pp.map(lambda p: (p[0] + 1.0, p[1]), ours, out=ours)
    assert moved() == start, "results get there on the device"
    assert read(theirs[10]) == [2.0, 2.0]
    part = ours[10:20]
    theirs[10, 0] = 50.0
    assert part[0] == (2.0, 2.0) and ours[10] == (50.0, 2.0)
    column = from_dlpack(ours.columns[1])
    assert read(column[10:12]) == [2.0, 4.0]
    with pytest.raises(BufferError):
        ours.append((1.0, 2.0))
    with pytest.raises(BufferError, match="copy"):
        memoryview(ours)
    pp.trim()
    theirs[9] = 1.5
    assert ours[9] == (1.5, 1.5)
    del theirs, column
    gc.collect()
    ours.append((1.0, 2.0))
    assert len(ours) == N + 1 and memoryview(ours).shape == (N + 1, 2)
    with pytest.raises(BufferError, match="copy"):
        view = memoryview(ours)
        from_dlpack(ours)
    del view
    with pytest.raises(BufferError, match="dtype"):
        from_dlpack(pp.array([(1.0, 2)], device="cuda"))


@needs_gpu
@pytest.mark.gpu
@with_libraries
def test_they_keep_the_owner_alive(library: Any) -> None:
    _, _, read, from_dlpack = library
    theirs = from_dlpack(pp.map(lambda x: x + 1.0, pp.array([float(i) for i in range(N)], device="cuda")))
    gc.collect()
    pp.trim()
    for _ in range(3):
        pp.map(lambda x: x * 0.0, pp.array([1.0] * N, device="cuda"))
    assert read(theirs) == [i + 1.0 for i in range(N)]


@needs_gpu
@pytest.mark.gpu
def test_the_interface_of_cuda_arrays() -> None:
    cupy = pytest.importorskip("cupy")
    ours = pp.array([(0.5 * i, 1.0) for i in range(N)], dtype=pp.float32, device="cuda")
    theirs = cupy.asarray(ours)
    assert theirs.dtype == "float32" and theirs.shape == (N, 2)
    theirs[3, 0] = 9.0
    cupy.cuda.get_current_stream().synchronize()
    assert ours[3] == (9.0, 1.0)
    with pytest.raises(BufferError):
        ours.append((1.0, 2.0))
    column = cupy.asarray(ours.columns[1])
    assert column.strides == (8,) and column[:2].tolist() == [1.0, 1.0]

    class Only:
        """As Numba's arrays: no DLPack."""

        def __init__(self, array: Any) -> None:
            self.__cuda = array.__cuda_array_interface__

        @property
        def __cuda_array_interface__(self) -> Any:
            return self.__cuda

    assert pp.array(Only(theirs[5:7])).tolist() == [(2.5, 1.0), (3.0, 1.0)]
    assert pp.array(Only(theirs[5:9:2, 0])).tolist() == [2.5, 3.5]


@needs_gpu
@pytest.mark.gpu
def test_a_copy_takes_the_devices_copy_along() -> None:
    table = pp.map(lambda x: x * 2.0, pp.array([float(i) for i in range(N)], device="cuda"))
    start = moved()
    part = table[1000:41_000]
    part[7] = -1.0
    doubled = pp.map(lambda x: x + 1.0, part)
    up, down = (now - before for now, before in zip(moved(), start))
    assert up == 8 and down <= 2 * 8 * 4096
    assert doubled[7] == 0.0 and table[1007] == 2014.0
    assert doubled.tolist() == [x + 1.0 for x in part.tolist()]


@needs_gpu
@pytest.mark.gpu
def test_memory_that_devices_hold() -> None:
    gc.collect()
    pp.trim()
    before = pp.stats().device_bytes.get("cuda:0", 0)
    table = pp.array([float(i) for i in range(512 * 100)], device="cuda")
    result = pp.map(lambda x: x + 1.0, table)
    held = pp.stats().device_bytes["cuda:0"] - before
    assert held >= 2 * 8 * len(table)
    pp.trim()
    assert pp.stats().device_bytes["cuda:0"] == before
    assert result.tolist() == [x + 1.0 for x in table.tolist()]
    start = moved()
    again = pp.map(lambda x: x + 1.0, table)
    assert moved()[0] - start[0] == 8 * len(table)
    assert again == result


@needs_gpu
@pytest.mark.gpu
def test_memory_that_runs_out() -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("torch sees no GPU")
    numbers = array("d", bytes(8 << 27))  # a gigabyte
    table = pp.array(numbers, device="cuda")
    pp.trim()
    torch.cuda.empty_cache()
    hog = torch.empty(torch.cuda.mem_get_info()[0] - (600 << 20), dtype=torch.uint8, device="cuda")
    result = pp.map(lambda x: x + 1.0, table)  # in pieces
    assert result[0] == result[-1] == 1.0
    pp.trim()
    hogs = [hog]
    with contextlib.suppress(torch.OutOfMemoryError):
        while True:
            hogs.append(torch.empty(1 << 19, dtype=torch.uint8, device="cuda"))
    with pytest.raises(MemoryError, match="CUDA_ERROR_OUT_OF_MEMORY"):
        pp.map(lambda x: x + 1.0, [1.0] * N, device="cuda")
    del hog, hogs
    torch.cuda.empty_cache()
    assert pp.map(lambda x: x + 1.0, table) == result


@needs_gpu
@pytest.mark.gpu
@pytest.mark.parametrize("wrapped", [Foreign, Shown])
def test_between_arrays(wrapped: Any) -> None:
    rows = [(0.5 * i, 1.0 * (i % 3), float(i)) for i in range(N)]
    source = pp.array(rows, device="cuda")
    pp.map(lambda p: p[0], source)
    start = moved()
    theirs = wrapped(source)
    copied = pp.array(theirs)
    assert copied.device == "cuda:0"
    sums = pp.map(lambda p: p[0] + p[2], theirs)
    assert moved() == start and sums.device == "cuda:0"
    assert copied.tolist() == rows and sums.tolist() == [p[0] + p[2] for p in rows]
    source[3] = (7.0, 8.0, 9.0)
    assert pp.map(lambda p: p[1], theirs)[3] == 8.0 and copied[3] == rows[3]
    for view in (source.columns[1], source.view(100, 2000), source.flat):
        assert pp.array(wrapped(view)).tolist() == view.tolist()
        assert pp.map(lambda v: v, wrapped(view)).tolist() == view.tolist()
    del view
    halves = pp.array([1.5] * 100, dtype=pp.float32, device="cuda")
    small = pp.array(range(100), dtype=pp.int8, device="cuda")
    for each in (halves, small, pp.array([True, False] * 50, device="cuda")):
        assert pp.array(wrapped(each)).dtype == each.dtype
        assert same(pp.array(wrapped(each)).tolist(), each.tolist())
    del theirs
    gc.collect()
    if wrapped is Foreign:
        source.append((0.0, 0.0, 0.0))
    else:
        with pytest.raises(BufferError, match="shares"):
            source.append((0.0, 0.0, 0.0))


@needs_gpu
@pytest.mark.gpu
def test_calls_that_tell_nothing_do_not_wait() -> None:
    table = pp.array([float(i) for i in range(N)], device="cuda")
    result = table
    for k in range(50):
        result = pp.map(lambda x, k: x * 0.5 + k, result, k=float(k))
        if k % 10 == 3:
            table[k] = -1.0  # of a copy that is in use
    expected = [float(i) for i in range(N)]
    for k in range(50):
        expected = [x * 0.5 + k for x in expected]
    assert result.tolist() == expected
    pp.synchronize()
