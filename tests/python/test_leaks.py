"""Thousands of calls leave no reference behind, and no memory."""

from __future__ import annotations

import functools
import gc
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import parallel_party as pp

CALLS = 2000
# Counts differ by what tracing, the collector and lazily made caches happen to hold; a leak would give one a call.
SLACK = 60


class Odd(float):
    """A float whose type has no compiled form."""


def passes_on(v: Any, k: Any) -> Any:
    return (v, k, None, True, 1, "text")


def hands_back(v: Any, k: Any) -> Any:
    return v * 2**40 * k if v is not None else None


def raises(v: Any, k: Any) -> Any:
    return 1.0 / (v - k)


def chooses(v: Any, k: Any) -> Any:
    if v is None:
        return k
    return None if v == 2 else [v, True, (k, None)]


def wrong(v: Any) -> Any:
    return v


def refused(v: Any, k: Any) -> Any:
    return open(v)


def broken(column: list[Any]) -> Iterator[Any]:
    yield from column
    raise OSError("mine")


NUMBERS = [1, 2.5, True, 2**40, 7, 1.0, False] * 4
MIXED: list[Any] = [1, None, 2.5, True, (1.0, None), [2], 2**70, Odd(1.5), 2] * 3
FEW: list[Any] = [1.0, 2.0, 3.0]

CASES: list[tuple[Callable[..., Any], list[Any]]] = [
    (passes_on, MIXED),
    (hands_back, [3, None, 2**30, 2.5]),
    (raises, [4, 5.0, 3, True]),
    (chooses, [None, 1, 2, 2.5, True]),
    (wrong, FEW),
    (refused, FEW),
]


def call(function: Callable[..., Any], column: list[Any], device: str) -> None:
    """Map it in every way there is; what it raises is part of what is tested."""
    for run in (
        lambda: pp.map(function, column, k=3, device=device),
        lambda: pp.map(functools.partial(function, k=None), tuple(column), device=device),
        lambda: pp.map(function, column, column, out=[None] * len(column), device=device),
        lambda: pp.map(function, broken(column), k=True, device=device),
        lambda: pp.map(function, column, k=Odd(2.0), out=[None], device=device),
        lambda: str(pp.explain(function, column, k=3, device=device)),
    ):
        try:
            run()
        except Exception as error:
            error.__traceback__ = None


def counts(objects: list[Any]) -> list[int]:
    gc.collect()
    return [sys.getrefcount(o) for o in objects]


def resident() -> int:
    """Kilobytes of memory that the process holds."""
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


@pytest.mark.parametrize(("function", "column"), CASES, ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_no_reference_is_kept(function, column, device):
    watched = [None, True, False, 1, 3, "text", (), function, function.__code__, Odd, int, float, tuple, list, *column]
    for _ in range(CALLS // 20):
        call(function, column, device)
    before, memory = counts(watched), resident()
    for _ in range(CALLS // 6):
        call(function, column, device)
    drift = [now - then for now, then in zip(counts(watched), before)]
    assert all(abs(d) <= SLACK for d in drift), [(o, d) for o, d in zip(watched, drift) if abs(d) > SLACK]
    assert resident() - memory < 20_000


def test_functions_made_anew_for_each_call_are_forgotten():
    def map_new_functions(count: int) -> None:
        for _ in range(count):
            f = eval("lambda v, k: (v, k, None, True, 'text') if v else None")
            assert pp.map(f, [1, 0], k=None) == [(1, None, None, True, "text"), None]

    watched = [None, True, "text"]
    map_new_functions(700)  # more than are remembered
    before, memory = counts(watched), resident()
    map_new_functions(1000)
    assert all(abs(now - then) <= SLACK for now, then in zip(counts(watched), before))
    assert resident() - memory < 20_000
