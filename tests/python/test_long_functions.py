"""Long functions: the work of compiling them grows as they do, and their answers are CPython's on every way."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from conftest import same

import parallel_party as pp

ELEMENTS = [0.25 + 0.5 * i for i in range(600)]


def _long_functions() -> ModuleType:
    file = Path(__file__).resolve().parents[2] / "bench" / "long_functions.py"
    spec = importlib.util.spec_from_file_location("long_functions", file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["long_functions"] = module
    spec.loader.exec_module(module)
    return module


LONG = _long_functions()
SHAPES = sorted(LONG.SHAPES)


def work(shape: str, lines: int) -> dict[str, int]:
    """How much there is of each thing that compiling makes."""
    call = pp.explain(LONG.make(shape, lines), ELEMENTS, device="cpu").signatures[0]
    ir = call.ir()
    return {
        "values": ir.count(" = "),
        "blocks": ir.count("\nblock "),
        "LLVM instructions": call.llvm_ir(False).count("\n"),
        "optimised instructions": call.llvm_ir(True).count("\n"),
        "machine instructions": call.assembly().count("\n"),
    }


@pytest.mark.parametrize("shape", SHAPES)
def test_the_work_grows_as_the_function_does(shape):
    short, long = work(shape, 400), work(shape, 800)
    assert short["values"] >= 200
    for name, count in long.items():
        assert count <= 2.2 * short[name] + 20, (name, short[name], count)


@pytest.mark.parametrize("lines", [60, 400])
@pytest.mark.parametrize("shape", SHAPES)
def test_long_functions_answer_as_cpython_does(shape, lines):
    f = LONG.make(shape, lines)
    assert same(pp.map(f, ELEMENTS, device="cpu"), [f(x) for x in ELEMENTS])


@pytest.mark.parametrize(("shape", "lines"), [("straight", 300), ("branches", 200), ("ints", 150)])
def test_code_that_is_used_much_is_made_anew_and_answers_the_same(shape, lines):
    f = LONG.make(shape, lines)
    column = ELEMENTS * 100
    before = pp.stats().compilations
    first = pp.map(f, ELEMENTS, device="cpu")
    quick = pp.explain(f, ELEMENTS, device="cpu").signatures[0].assembly()
    assert same(first, [f(x) for x in ELEMENTS])
    assert pp.stats().compilations == before + 1
    for _ in range(200):
        assert same(pp.map(f, column, device="cpu"), first * 100)
        if pp.stats().compilations == before + 2:
            break
    assert pp.stats().compilations == before + 2
    assert same(pp.map(f, column, device="cpu"), first * 100)
    assert pp.stats().compilations == before + 2
    assert pp.explain(f, ELEMENTS, device="cpu").signatures[0].assembly() != quick
