"""Generated programs: `map` against CPython in value, type and exception."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from comparison import compare
from fuzz import CHUNK, program, run_seeds, setting
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from programs import columns, function

EXAMPLES = int(os.environ.get("PARALLEL_PARTY_TEST_EXAMPLES", "150"))
PROGRAMS = int(os.environ.get("PARALLEL_PARTY_TEST_PROGRAMS", "2000"))


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, list[list[Any]]]:
    def below(count: int) -> int:
        return draw(st.integers(0, count - 1))

    kinds, data = columns(below)
    return function(below, kinds), data


# The same programs in every run: new ones are for long runs by hand (PARALLEL_PARTY_TEST_RANDOM=1).
RANDOM = os.environ.get("PARALLEL_PARTY_TEST_RANDOM") == "1"


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    derandomize=not RANDOM,
    database=None,
)
@given(program=programs())
def test_generated_programs(device: str, program: tuple[str, list[list[Any]]]) -> None:
    source, data = program
    note(source)
    compare(source, data, device)


def test_many_programs() -> None:
    """Thousands of small ones, in processes of their own: a crash or a hang is a finding as well."""
    report = run_seeds(range(PROGRAMS), seconds=None)
    assert report.findings == [], report.findings[0]
    assert report.programs == PROGRAMS
    assert report.compiled > PROGRAMS * 0.9


@pytest.mark.parametrize("seed", [0, 1])
def test_a_seed_is_one_program(seed: int) -> None:
    assert program(seed) == program(seed)
    assert program(seed) != program(seed + 2)


def test_a_chunk_has_one_setting() -> None:
    assert setting(0) == setting(CHUNK - 1)
    assert {setting(seed).environment.get("PARALLEL_PARTY_EFFORT") for seed in range(0, 32 * CHUNK, CHUNK)} == {
        None,
        "quick",
        "full",
    }


def in_worker(program: str) -> subprocess.CompletedProcess[str]:
    """Run lines that have `fuzz_worker` at hand."""
    lines = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import fuzz_worker\n{program}"
    return subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, timeout=120)


def test_a_program_that_hangs_is_ended_and_says_where() -> None:
    source = "def f(a):\n    while a:\n        pass\n"
    done = in_worker(f"""
fuzz_worker.HANG = 0.5
fuzz_worker.program = lambda seed, inputs: ({source!r}, [[True]])
fuzz_worker.work(7, 8, 1, "cpu", float("inf"))
""")
    assert done.returncode == -signal.SIGPROF
    assert done.stdout == "7 begins\n"
    assert "line 2 in f" in done.stderr or "line 3 in f" in done.stderr


def test_what_takes_much_memory_is_refused_on_every_machine() -> None:
    done = in_worker("fuzz_worker.limit_memory()\ntry: [1.0] * 2**31\nexcept MemoryError: print('refused')")
    assert done.stdout == "refused\n", done.stderr


def test_a_finding_is_logged_at_once(tmp_path: Path) -> None:
    with open(tmp_path / "log", "w") as log:
        report = run_seeds(range(1), seconds=None, device="none such", log=log)
    assert len(report.findings) == 1 and report.findings[0].startswith(("seed 0 fails", "seed 0 differs"))
    assert report.findings[0] in (tmp_path / "log").read_text()
