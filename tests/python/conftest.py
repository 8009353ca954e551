"""Shared by the tests of the installed package: devices to run on, and what "the same" means."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from sameness import outcome as outcome
from sameness import same as same

# Tests look at what is compiled; those of the disk cache have folders of their own.
os.environ.setdefault("PARALLEL_PARTY_DISK_CACHE", "0")

from gpus import library as library  # noqa: E402

import parallel_party as pp  # noqa: E402

collect_ignore = ["failing_memory_worker.py"]
"""It wants libfailing_memory.so in its process: no place for doctests."""

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def skip_unknown_allocator(setting: dict[str, str]) -> None:
    """A free-threaded CPython knows no PYTHONMALLOC=malloc."""
    if FREE_THREADED and setting.get("PYTHONMALLOC", "").startswith("malloc"):
        pytest.skip("a free-threaded CPython has another allocator")


def _cuda_reason() -> str | None:
    return next((d.reason for d in pp.devices() if d.kind == "cuda" and not d.available), None)


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> str:
    """Each test that takes it runs on every device; without a GPU that run is skipped, with the reason."""
    if request.param == "cuda" and (reason := _cuda_reason()):
        pytest.skip(reason)
    return request.param


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "gpu: needs an NVIDIA GPU")


def agrees(f: Callable[..., Any], *columns: Iterable[Any], device: str, ulp: int = 0, **uniform: Any) -> bool:
    """Whether `map` does what the comprehension does: the same value, or the same exception."""
    rows = [list(column) for column in columns]
    want = outcome(lambda: [f(*elements, **uniform) for elements in zip(*rows)])
    got = outcome(lambda: pp.map(f, *rows, device=device, **uniform))
    if want[0] == "raises":
        assert got == want, (got, want)
        return True
    assert got[0] == "value", (got, want)
    assert same(got[1], want[1], ulp), [(x, y) for x, y in zip(got[1], want[1]) if not same(x, y, ulp)][:5]
    return True


def runs_compiled(f: Any, *columns: Any) -> bool:
    """Whether `map` agrees with CPython and hands no element back."""
    before = pp.stats().handed_back
    return agrees(f, *columns, device="cpu") and pp.stats().handed_back == before


def agrees_or_is_refused(f: Callable[..., Any], column: list[Any]) -> bool:
    """Whether `map` on the CPU does what the comprehension does; a refusal gives no answer."""
    got = outcome(lambda: pp.map(f, column, device="cpu"))
    return got[1] is pp.UnsupportedError or agrees(f, column, device="cpu")


SURROUNDINGS: list[dict[str, str]] = [
    {},
    {"PYTHONMALLOC": "debug"},
    {"PYTHONMALLOC": "malloc"},
    {"PYTHONDEVMODE": "1"},
    {"PARALLEL_PARTY_BLOCKS": "0"},
    {"PARALLEL_PARTY_RECYCLE": "0"},
    {"PARALLEL_PARTY_RAW_READS": "0"},
    {"PARALLEL_PARTY_NUM_THREADS": "1"},
    {"PARALLEL_PARTY_NUM_THREADS": "4"},
]
"""Environments in which whatever writes into Python's objects has to do the same."""


def named(setting: dict[str, str]) -> str:
    """An environment as a test's name."""
    return "-".join(f"{k}={v}" for k, v in setting.items()) or "plain"


def assert_fine(program: str, setting: dict[str, str]) -> None:
    """Run a program that prints "fine" in the end, in a process of its own."""
    skip_unknown_allocator(setting)
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **setting}, capture_output=True, text=True, timeout=120
    )
    assert done.stdout == "fine\n" and done.returncode == 0, done.stderr[-500:]
