"""`compile`: what a later call would wait for, ahead of it."""

from __future__ import annotations

import pytest
from conftest import outcome

import parallel_party as pp


def compilations() -> int:
    return pp.stats().compilations + pp.stats().reused


def test_the_first_call_finds_it_ready() -> None:
    def f(x: float, k: float = 1.5) -> float:
        return x * 3.0625 + k

    assert pp.compile(f, [1.0], device="cpu") is f
    before = compilations()
    assert pp.map(f, [0.5 * i for i in range(1000)], device="cpu") == [f(0.5 * i) for i in range(1000)]
    assert pp.map(f, [2.0, 3.0]) == [f(2.0), f(3.0)]
    assert compilations() == before
    assert f(2.0) == 7.625


def test_every_kind_among_the_examples_is_compiled_for() -> None:
    def f(x: object) -> object:
        return None if x is None else x * 5  # type: ignore[operator]

    before = compilations()
    pp.compile(f, [1.5, 2, None], device="cpu")
    made = compilations()
    assert made - before >= 2
    assert pp.map(f, [2, 1.5, None] * 400, device="cpu") == [f(v) for v in [2, 1.5, None]] * 400
    assert compilations() == made


def test_what_is_fixed_for_all_elements_counts_by_its_kind() -> None:
    def f(x: float, gain: float) -> float:
        return x * gain - 0.125

    pp.compile(f, [1.0], gain=2.0, device="cpu")
    before = compilations()
    assert pp.map(f, [1.0, 2.0], gain=3.0, device="cpu") == [2.875, 5.875]
    assert compilations() == before


def test_functions_that_change_their_elements() -> None:
    def f(row: list[float]) -> None:
        row[0] = row[0] * 1.03125

    pp.compile(f, [[1.0]], device="cpu")
    before = compilations()
    rows = [[2.0], [4.0]]
    pp.for_each(f, rows, device="cpu")
    assert rows == [[2.0625], [4.125]]
    assert compilations() == before


def test_nothing_is_run() -> None:
    def f(x: float) -> float:
        return 1.0 / x

    assert pp.compile(f, [0.0], device="cpu") is f


def test_what_cannot_be_compiled_is_refused() -> None:
    with pytest.raises(pp.UnsupportedError, match="open"):
        pp.compile(lambda v: open("/dev/null"), [1.0])
    with pytest.raises(ValueError, match="at least one element"):
        pp.compile(lambda v: v, [])
    with pytest.raises(TypeError, match="iterator"):
        pp.compile(lambda v: v, iter([1.0]))
    assert outcome(lambda: pp.compile(lambda v: v))[1] is TypeError


@pytest.mark.gpu
def test_on_a_gpu(device: str) -> None:
    def f(x: float) -> float:
        return x * 3.5 + 0.03125

    pp.compile(f, [1.0], device=device)
    before = compilations()
    assert pp.map(f, [1.0, 2.0], device=device) == [f(1.0), f(2.0)]
    assert compilations() == before
