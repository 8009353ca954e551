"""Generated programs: `map` against CPython in value, type and exception."""

from __future__ import annotations

import copy
import os
from typing import Any

from conftest import outcome, same
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from programs import columns, functions

import parallel_party as pp

EXAMPLES = int(os.environ.get("PARALLEL_PARTY_TEST_EXAMPLES", "150"))
GPU_ULP = 16


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, list[list[Any]]]:
    kinds, data = draw(columns())
    return draw(functions(kinds)), data


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
    space: dict[str, Any] = {}
    exec(source, space)
    f = space["f"]
    ulp = 0 if device == "cpu" else GPU_ULP
    # Copies: a program may change a list that it was given (`b += b`), as CPython lets it.
    each = [outcome(lambda: f(*copy.deepcopy(elements))) for elements in zip(*data)]
    good = [i for i, result in enumerate(each) if result[0] == "value"]
    try:
        if good:
            got = pp.map(f, *[[copy.deepcopy(column[i]) for i in good] for column in data], device=device)
            for i, result in zip(good, got):
                assert same(result, each[i][1], ulp), (i, [c[i] for c in data], result, each[i][1])
        bad = next((i for i, result in enumerate(each) if result[0] == "raises"), None)
        if bad is not None:
            got = outcome(lambda: pp.map(f, *copy.deepcopy(data), device=device))
            if got[1] is pp.UnsupportedError:
                raise pp.UnsupportedError(got[2])
            assert got == each[bad]
    except pp.UnsupportedError as error:
        # Only a function that raises, or needs what has no form, for every element may be refused.
        note(str(error))
        reasons = ["no compiled form", "too many"] + ["no kernels for a GPU"] * (device == "cuda")
        assert any(reason in str(error) for reason in reasons)
