"""Objects that the function only passes on, and parts of elements that it does not look at."""

from __future__ import annotations

import enum
import threading
import time
from typing import Any

import pytest
from conftest import same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import parallel_party as pp


class Thing:
    """Nothing in particular."""


class Colour(enum.Enum):
    RED = 1


THING = Thing()
OBJECTS: list[Any] = ["", "a" * 40, THING, Colour.RED, 2**80, b"bytes", {1, 2}, {"k": 1}, 1 + 2j, Thing, len, range(3)]
COMMON: list[Any] = [None, True, 7, -(2**40), 2.5, (1.0, "x"), [1, [2]], (), []]


def identical(a: Any, b: Any) -> bool:
    """The same objects wherever the function made no row of its own."""
    if a is b:
        return True
    return type(a) is type(b) in (tuple, list) and len(a) == len(b) and all(map(identical, a, b))


def assert_carried(f: Any, column: list[Any], **options: Any) -> None:
    got = pp.map(f, column, **{"device": "cpu", **options})
    want = [f(element) for element in column]
    assert len(got) == len(want)
    assert all(map(identical, got, want)), [(a, b) for a, b in zip(got, want) if not identical(a, b)][:3]


@pytest.mark.parametrize(
    "f",
    [lambda v: v, lambda v: (v, v), lambda v: [v], lambda v: (v, None), lambda v: [(v,), [v]]],
)
def test_any_object_passes_through(f: Any, device: str) -> None:
    assert_carried(f, OBJECTS + COMMON, device=device)
    assert_carried(f, (OBJECTS + COMMON) * 300, device=device)
    for value in OBJECTS + COMMON:
        assert_carried(f, [value] * 3)


def test_what_is_not_looked_at_may_be_anything() -> None:
    column = [(float(i), value, i) for i, value in enumerate((OBJECTS + COMMON) * 60)]
    before = pp.stats()
    assert same(pp.map(lambda p: p[0] + p[2], column, device="cpu"), [p[0] + p[2] for p in column])
    assert_carried(lambda p: (p[1], 1), [(p[0], p[1], p[2]) for p in column])
    assert pp.stats().handed_back == before.handed_back
    assert pp.stats().compilations <= before.compilations + 2


def test_rows_that_are_only_unpacked() -> None:
    column = [[i, value] for i, value in enumerate((OBJECTS + COMMON) * 5)]
    assert_carried(lambda p: [b for b in p], column)
    assert_carried(lambda p: (p[1], p[0]), column)

    def swap(p: list[Any]) -> Any:
        a, b = p
        return b, a

    assert_carried(swap, column)
    assert pp.map(lambda p: len(p), column, device="cpu") == [2] * len(column)


def test_a_choice_between_inputs() -> None:
    column = [(i % 3 == 0, a, b) for i, (a, b) in enumerate(zip(OBJECTS * 7, COMMON * 10))]
    assert_carried(lambda p: p[1] if p[0] else p[2], column)
    assert_carried(lambda p: (p[1] if p[0] else p[2], p[1]), column)
    assert_carried(lambda p: p[1] if p[0] else None, column)


def test_asking_for_none() -> None:
    column = (OBJECTS + [None, 1, 2.5, (1,), True]) * 30
    assert pp.map(lambda v: 0 if v is None else 1, column, device="cpu") == [0 if v is None else 1 for v in column]
    assert_carried(lambda v: "none" if v is None else v, column)
    found = [(None, 1.0), ("text", 2.0), (THING, 3.0)] * 20
    assert pp.map(lambda p: p[1] if p[0] is not None else -1.0, found, device="cpu") == [
        p[1] if p[0] is not None else -1.0 for p in found
    ]


def test_one_specialisation_for_all_that_is_carried() -> None:
    f = eval("lambda v: v if v is not None else 0.25")
    before = pp.stats().compilations
    pp.map(f, [*OBJECTS, 1, 2.5, (1, 2), None] * 200, device="cpu")
    assert pp.stats().compilations - before <= 3
    explanation = str(pp.explain(f, ["a", THING, 1, 2.5]))
    assert "Some" in explanation and explanation.count("->") == 1


@pytest.mark.parametrize(
    ("f", "construct"),
    [
        (lambda v: v < 1, "comparing 'memoryview' with 'int'"),
        (lambda v: v + 1, "'+' on a value of type 'memoryview'"),
        (lambda v: -v, "a sign on a value of type 'memoryview'"),
        (lambda v: v(), "calling a 'memoryview'"),
        (lambda v: v[0], "an item of a 'memoryview'"),
        (lambda v: [w for w in v], "iterating over a 'memoryview'"),
        (lambda v: 1 if v else 2, "the truth of a 'memoryview'"),
        (lambda v: max(v, 1), "comparing"),
        (lambda v: v == None, "comparing 'memoryview' with 'NoneType'"),  # noqa: E711
        (lambda v: v is THING, "'is' between values"),
    ],
)
def test_a_use_has_no_compiled_form(f: Any, construct: str) -> None:
    value = memoryview(b"x")  # a type written in C
    with pytest.raises(pp.UnsupportedError) as caught:
        pp.map(f, [value, value], device="cpu")
    text = str(caught.value)
    assert construct in text and "^" in text


def test_whether_an_object_is_of_a_type_is_left_to_cpython() -> None:
    column = [memoryview(b"x"), type("Child", (int,), {})(3), 2**70]
    assert pp.map(lambda v: isinstance(v, int), column, device="cpu") == [False, True, True]


def test_where_only_some_elements_cannot_be_computed() -> None:
    column = ["a", 1.0, 2.0, b"b", 3.0]
    f = lambda v: v * 2  # noqa: E731
    assert pp.map(f, column, device="cpu") == [f(v) for v in column]
    assert pp.map(f, column[::-1], device="cpu") == [f(v) for v in column[::-1]]
    column = [2**70, 1, -(2**70)]
    assert pp.map(f, column, device="cpu") == [f(v) for v in column]
    assert pp.map(f, [2**70, 2**71], device="cpu") == [2**71, 2**72]
    assert pp.map(lambda p: p[0] + p[1], [(2**70, 1), (2**71, 2)], device="cpu") == [2**70 + 1, 2**71 + 2]


def test_a_cached_answer_serves_later_calls_of_other_types() -> None:
    f = eval("lambda p: (p[1], p[0] * 2)")
    assert_carried(lambda p: (p[1], p[0]), [(1, "a")] * 3)
    for other in [*OBJECTS, *COMMON]:
        got = pp.map(f, [(3, other)] * 400, device="cpu")
        assert all(row[0] is other and row[1] == 6 for row in got)


def test_rows_that_change_while_others_run() -> None:
    """What passes through is what was there at the call, whatever other threads put there later."""

    def slow(row: list[Any]) -> Any:
        x = row[0]
        for _ in range(20000):
            x = x * 0.999 + 0.001
        return (row[1], x)

    rows: list[list[Any]] = [[1.0, f"kept {i}"] for i in range(2000)]
    kept = [row[1] for row in rows]
    stop = threading.Event()

    def change() -> None:
        time.sleep(0.02)
        while not stop.is_set():
            for row in rows:
                row[1] = object()
            time.sleep(0.001)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        got = pp.map(slow, rows, device="cpu")
    finally:
        stop.set()
        thread.join()
    if all(a[0] is b for a, b in zip(got, kept)):
        return
    # The thread may have been first: then every result holds what it found.
    assert all(type(a[0]) is object or a[0] is b for a, b in zip(got, kept))


parts = st.sampled_from(OBJECTS + COMMON)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(-9, 9), parts, st.floats(-2, 2), parts), min_size=1, max_size=12), st.data())
def test_generated(column: list[Any], data: st.DataObject) -> None:
    used = data.draw(st.sampled_from(["p[0] + 1", "p[2] * p[0]", "p[0] if p[2] > 0 else p[2]", "len(p)", "p[0] > 0"]))
    kept = data.draw(st.lists(st.sampled_from(["p[1]", "p[3]", "p", "p[1:]", "p[0]", "[p[3], p[3]]"]), max_size=3))
    f = eval(f"lambda p: ({used}, {''.join(k + ', ' for k in kept)})")
    got, want = pp.map(f, column, device="cpu"), [f(p) for p in column]
    for a, b in zip(got, want):
        assert type(a) is tuple and type(a[0]) is type(b[0]) and repr(a[0]) == repr(b[0])
        assert all(map(identical, a[1:], b[1:]))
