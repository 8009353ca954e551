"""Every allocation may fail: MemoryError or the right answer, never a crash, and the caller's data as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import FREE_THREADED

probe = pytest.importorskip("_data_probe", reason="build with PP_BUILD_TESTS and put _data_probe on PYTHONPATH")
if probe.__file__ is None:  # the folder of its sources
    pytest.skip("build with PP_BUILD_TESTS and put _data_probe on PYTHONPATH", allow_module_level=True)
LIBRARY = Path(probe.__file__).parents[1] / "_failing_memory" / "libfailing_memory.so"
WORKER = Path(__file__).with_name("failing_memory_worker.py")


@pytest.mark.skipif(FREE_THREADED, reason="a free-threaded CPython's allocator ends the process without memory")
@pytest.mark.parametrize("which", ["one", "all"])
@pytest.mark.parametrize(("count", "threads"), [("60", "1"), ("20000", "2"), ("compiled", "1")])
def test_every_allocation_may_fail(count: str, threads: str, which: str) -> None:
    variables = {
        **os.environ,
        "LD_PRELOAD": str(LIBRARY),
        "PARALLEL_PARTY_NUM_THREADS": threads,
        "PARALLEL_PARTY_DISK_CACHE": "0",
        # Else kernels would be made anew in the midst of it.
        "PARALLEL_PARTY_EFFORT": "full",
    }
    done = subprocess.run(
        [sys.executable, str(WORKER), count, which], env=variables, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, (done.returncode, done.stdout[-3000:], done.stderr[-3000:])
    assert done.stdout.endswith("0 wrong\n")
