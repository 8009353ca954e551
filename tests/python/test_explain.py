"""explain, stats and devices tell the truth."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import parallel_party as pp
from parallel_party import _core


def wave(p, t):
    x, y, z = p
    return (x, math.sin(x + z + t), z)


POINTS = [(0.1 * i, 0.5, 0.2 * i) for i in range(1000)]


def test_types_device_and_reason():
    explanation = pp.explain(wave, POINTS, t=0.5)
    assert explanation.types == (["tuple[float, Any, float]"], ["tuple[float, float, float]"])
    assert explanation.device == "cpu"
    assert "sin" in explanation.reason or "math functions" in explanation.reason
    assert pp.explain(wave, POINTS, t=0.5, device="cpu").reason == "the call asks for it"


def test_it_runs_and_compiles_nothing():
    before = pp.stats()
    str(pp.explain(eval("lambda v: v * 3.5"), [1.0, 2.0]))
    after = pp.stats()
    assert (after.elements, after.compilations) == (before.elements, before.compilations)


def test_texts_on_request():
    explanation = pp.explain(wave, POINTS, t=0.5, device="cpu")
    assert "fadd" in explanation.ir
    assert "define" in explanation.llvm_ir and "pp_libm_sin" in explanation.llvm_ir
    assert "ret" in explanation.assembly
    ptx = explanation.ptx(75)
    assert ".target sm_75" in ptx and ".entry pp_kernel" in ptx


def test_loops_over_floats_vectorise():
    ir = pp.explain(lambda x: x * 2.0 + 1.0 if x > 0.0 else x - 1.0, [1.0, 2.0]).llvm_ir
    assert " x double>" in ir


def test_several_kinds():
    explanation = pp.explain(lambda v: v + 1, [1, 2.5, 3])
    assert [s.columns for s in explanation.signatures] == [["int"], ["float"]]
    assert "(int) -> int" in str(explanation) and "(float) -> float" in str(explanation)


def test_timings_of_the_last_run():
    f = eval("lambda v: v * 2.5")
    column = [float(i) for i in range(100_000)]
    assert "last run" not in str(pp.explain(f, column))
    pp.map(f, column, device="cpu")
    explanation = pp.explain(f, column)
    timings = explanation.signatures[0].timings
    assert timings["read"] > 0 and timings["run"] > 0 and timings["box"] > 0 and timings["compile"] > 0
    assert "last run" in str(explanation)


def test_a_refusal_is_shown_not_raised():
    explanation = pp.explain(lambda v: open(v), [1])
    assert explanation.device == "none" and "open" in str(explanation)
    with pytest.raises(pp.UnsupportedError):
        _ = explanation.ir


def test_iterators_are_not_used_up():
    with pytest.raises(TypeError, match="iterator"):
        pp.explain(lambda v: v, iter([1]))


def test_keywords_of_map_alone_are_named():
    for keyword in ("strict", "out"):
        with pytest.raises(TypeError, match=rf"'{keyword}' is a keyword of map\(\) that explain\(\) does not take"):
            pp.explain(lambda v: v, [1.0], **{keyword: None})


def test_empty_columns():
    explanation = pp.explain(lambda v: v, [])
    assert explanation.count == 0 and explanation.signatures == []
    assert "the columns are empty" in str(explanation)
    with pytest.raises(ValueError, match="the columns are empty"):
        _ = explanation.types


def test_columns_without_kinds():
    explanation = pp.explain(lambda v: v, [{}, {}])
    assert explanation.count == 2 and "(Any) -> Any" in str(explanation)
    assert explanation.device == "cpu"


def test_an_impossible_capability():
    signature = pp.explain(lambda v: v + 1, [1]).signatures[0]
    for wrong in (1, 2**70, -(2**70), True):
        with pytest.raises(ValueError, match=f"no compute capability {wrong!r}: write 75"):
            signature.ptx(wrong)
    for wrong in ("75", 7.5, None):
        with pytest.raises(TypeError, match=f"must be an int such as 75, not '{type(wrong).__name__}'"):
            signature.ptx(wrong)
    assert "define" in signature.llvm_ir([1])


def test_arguments_that_do_not_fit_are_listed():
    explanation = pp.explain(eval("lambda a, b: a"), [1.0])
    assert explanation.types == (["Any"], []) and "missing the argument 'b'" in str(explanation)


def test_a_column_that_raises():
    class Broken:
        def __len__(self):
            return 2

        def __getitem__(self, index):
            raise LookupError("broken") if index else OSError("mine")

    with pytest.raises(OSError, match="mine"):
        pp.explain(lambda v: v, Broken())


def test_devices():
    found = pp.devices()
    assert found[0].kind == "cpu" and found[0].available and found[0].reason is None
    assert found[0].attributes["threads"] >= 1 and found[0].memory_total > 0
    cuda = [d for d in found if d.kind == "cuda"]
    assert cuda and all(d.available or d.reason for d in cuda)
    for d in cuda:
        assert d.name in repr(d)


def test_a_missing_gpu_is_a_clear_error():
    if any(d.kind == "cuda" and d.available for d in pp.devices()):
        pytest.skip("there is a GPU")
    with pytest.raises(pp.DeviceError, match="not available: .+"):
        pp.map(lambda v: v + 1, [1.0], device="cuda")


def test_every_intrinsic_has_a_home():
    names = _core.intrinsic_names()
    assert names == sorted(names) and "math.sin" in names and "builtins.abs" in names


def test_stats_count():
    before = pp.stats()
    pp.map(eval("lambda v: v - 0.5"), [1.0] * 100, device="cpu")
    after = pp.stats()
    assert after.elements - before.elements == 100
    assert after.compilations - before.compilations == 1
    assert after.launches - before.launches == 1
    assert "elements=" in repr(after)


def test_the_builtins_that_compile_are_listed():
    page = Path(__file__).parents[2] / "docs" / "supported.md"
    row = next(line for line in page.read_text().splitlines() if line.startswith("| builtins |"))
    listed = [name for part in row.split("`")[1::2] for name in part.split()]
    names = [name.split(".") for name in _core.intrinsic_names()]
    assert sorted(listed) == sorted(name[1] for name in names if name[0] == "builtins" and len(name) == 2)
