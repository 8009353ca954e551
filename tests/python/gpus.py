"""What tests on GPUs share: which there are, what was moved, and other libraries' tensors."""

from __future__ import annotations

from typing import Any

import pytest

import parallel_party as pp

GPUS = [device for device in pp.devices() if device.kind == "cuda" and device.available]
HAS_GPU = bool(GPUS)
needs_gpu = pytest.mark.skipif(not HAS_GPU, reason="there is no GPU")
needs_two = pytest.mark.skipif(len(GPUS) < 2, reason="there are no two GPUs")


def moved() -> tuple[int, int]:
    """Bytes uploaded and downloaded so far."""
    stats = pp.stats()
    return stats.uploaded_bytes, stats.downloaded_bytes


def since(before: tuple[int, int]) -> tuple[int, int]:
    """The same since then."""
    now = moved()
    return now[0] - before[0], now[1] - before[1]


def libraries() -> list[Any]:
    """Of those that there are: (module, makes an array on the GPU from nested lists, reads it back)."""
    found: list[Any] = []
    try:
        import cupy
    except ImportError:
        pass
    else:
        found.append(("cupy", cupy.asarray, lambda a: a.tolist(), cupy.from_dlpack))
    try:
        import torch
    except ImportError:
        pass
    else:
        if torch.cuda.is_available():
            found.append(
                (
                    "torch",
                    lambda rows: torch.tensor(rows, dtype=torch.float64, device="cuda"),
                    lambda t: t.tolist(),
                    torch.from_dlpack,
                )
            )
    return found


@pytest.fixture
def library(request: pytest.FixtureRequest) -> Any:
    """One of these by its name."""
    known = {each[0]: each for each in libraries()}
    if request.param not in known:
        pytest.skip(f"there is no {request.param} on a GPU")
    return known[request.param]


with_libraries = pytest.mark.parametrize("library", ["cupy", "torch"], indirect=True)


class Foreign:
    """Memory as another library's tensor: through DLPack alone."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.array.__dlpack_device__()  # type: ignore[no-any-return]

    def __dlpack__(self, **options: Any) -> Any:
        return self.array.__dlpack__(**options)


class Shown:
    """The same through `__cuda_array_interface__` alone, as Numba's."""

    def __init__(self, array: Any) -> None:
        self.array = array

    @property
    def __cuda_array_interface__(self) -> Any:
        return self.array.__cuda_array_interface__


class Interface:
    """Somebody's array on a GPU, as far as this shows."""

    def __init__(self, **changes: Any) -> None:
        self.__dict__.update(changes)

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        shown = {"version": 3, "shape": (2,), "typestr": "<f8", "data": (256, False), "strides": None, **self.__dict__}
        if shown.get("is_missing"):
            raise AttributeError("it is on the CPU")
        return shown

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> float:
        return [1.0, 2.0][index]
