"""Generated programs: `map` against CPython in value, type and exception."""

from __future__ import annotations

import os
from typing import Any

import pytest
from comparison import compare
from fuzz import program, run_seeds
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
