"""Dicts, defaultdicts and sets with computed keys as results: types, order and factories are CPython's."""

from __future__ import annotations

import collections
import gc
import math
import random
import sys

import pytest
from conftest import agrees, runs_compiled
from hypothesis import given, settings
from hypothesis import strategies as st

import parallel_party as pp

RANDOM = random.Random(7)
INTS = [[RANDOM.randrange(40) for _ in range(RANDOM.randrange(1, 30))] for _ in range(60)] + [[3], list(range(300))]
TEXTS = ["".join(RANDOM.choice("abcde xyz") for _ in range(RANDOM.randrange(30))) for _ in range(60)] + [""]
FLOATS = [[value * 0.5 for value in row] for row in INTS]


def counts(items):
    d = {}
    for item in items:
        d[item] = d.get(item, 0) + 1
    return d


def from_comprehension(items):
    return {item: i for i, item in enumerate(items)}


def counts_by_default(items):
    d = collections.defaultdict(int)
    for item in items:
        d[item] += 1
    return d


def grouped(items):
    d = collections.defaultdict(list)
    for i, item in enumerate(items):
        d[item].append(i)
    return d


def grouped_by_setdefault(items):
    d = {}
    for i, item in enumerate(items):
        d.setdefault(item, []).append((i, item))
    return d


def after_deletions(items):
    d = {item: 0.5 for item in items}
    for item in items:
        if item in d and len(d) > 3:
            del d[item]
    d[items[0]] = 1.5
    return d


def rows_as_keys(items):
    d = {}
    for i, item in enumerate(items):
        d[(item, i % 3)] = (i, item)
    return d


def texts_as_values(items):
    return {item: f"<{item}>" for item in items}


def within_others(items):
    d = {}
    for item in items:
        d[item] = None
    return [d, len(d)], {"inner": {item: 1 for item in items}}


def one_or_the_other(items):
    if len(items) > 10:
        return {item: 1 for item in items}
    if len(items) > 5:
        return collections.defaultdict(float)
    return {}


@pytest.mark.parametrize("column", [INTS, FLOATS, TEXTS], ids=["ints", "floats", "texts"])
@pytest.mark.parametrize(
    "f", [counts, from_comprehension, counts_by_default, grouped, grouped_by_setdefault, rows_as_keys, texts_as_values]
)
def test_dicts(f, column):
    assert runs_compiled(f, column)


@pytest.mark.parametrize("f", [after_deletions, within_others, one_or_the_other, counts, grouped])
def test_dicts_on_every_device(f, device):
    assert agrees(f, INTS, device=device)


def test_the_key_that_came_first_stays():
    assert runs_compiled(lambda a, b: {a: 1, b: 2}, [0.0, -0.0, 1.0, 2.0], [-0.0, 0.0, 1.0, 3.0])
    assert runs_compiled(lambda a, b: {a: 1, b: 2, True: 3}, [0, 1, 2], [1.0, 1.0, 2.5])
    nan = math.nan
    assert agrees(lambda a, b: len({a: 1, b: 2}), [nan, 1.0], [nan, 1.0], device="cpu")
    assert [len(d) for d in pp.map(lambda a, b: {a: 1, b: 2}, [nan, 1.0], [nan, 1.0], device="cpu")] == [1, 1]


def test_a_dict_in_two_places_is_one_object():
    def f(items):
        d = {}
        for item in items:
            d[item] = 1
        return (d, d) if len(items) > 5 else (d, None)

    for first, second in pp.map(f, INTS, device="cpu"):
        assert second is None or second is first


def test_factories_go_on_working():
    results = pp.map(counts_by_default, INTS[:3], device="cpu")
    for d in results:
        d["new"] += 5
        assert d["new"] == 5 and type(d) is collections.defaultdict
    assert pp.map(grouped, INTS[:3], device="cpu")[0]["new"] == []


@pytest.mark.parametrize("factory", [int, float, bool, str, list])
def test_empty_defaultdicts(factory):
    assert runs_compiled(lambda x: collections.defaultdict(factory), [1, 2])


def test_they_are_tracked_and_freed():
    before = len(gc.get_objects())
    results = pp.map(grouped, INTS * 20, device="cpu")
    assert all(gc.is_tracked(d) for d in results)
    del results
    gc.collect()
    assert len(gc.get_objects()) < before + 200
    results = pp.map(counts, TEXTS * 20, device="cpu")
    assert [sys.getrefcount(d) for d in results] == [sys.getrefcount(d) for d in [{} for _ in results]]


def as_set(items):
    return set(items)


def as_frozenset(items):
    return frozenset(items)


def collected(items):
    seen = set()
    for item in items:
        seen.add(item)
    return seen, len(seen)


def comprehended(items):
    return {item for item in items if item}


def of_rows(items):
    return {(item, i % 2) for i, item in enumerate(items)}


def extended(items):
    seen = {items[0]} if items else set()
    seen.update(items)
    return seen


def display(items):
    return {items[0], items[-1], 7}


@pytest.mark.parametrize("column", [INTS, FLOATS, TEXTS], ids=["ints", "floats", "texts"])
@pytest.mark.parametrize("f", [as_set, as_frozenset, collected, comprehended, of_rows])
def test_sets(f, column):
    assert runs_compiled(f, column)


@pytest.mark.parametrize("f", [as_set, display, extended, of_rows])
def test_sets_on_every_device(f, device):
    assert agrees(f, INTS, device=device)


def remaining(items):
    seen = set(items)
    if len(items) < 9:
        return seen
    seen.discard(items[0])
    return seen


def removed_in_loop(items):
    seen = set(items)
    for item in items:
        if item % 2 and item in seen:
            seen.remove(item)
    return seen


def copied(items):
    seen = set(items)
    return seen.copy() if len(items) > 9 else seen


def of_dict(items):
    d = {items[0]: 1, 50: 2, 60: 3, 70: 4, 80: 5, 90: 6}
    return set(d) if len(items) > 9 else set(items)


def of_constants(items):
    few = {8, 0, 16, 24, 1, 9}
    few.add(items[0])
    return few if len(items) > 9 else set(items)


@pytest.mark.parametrize("f", [remaining, removed_in_loop, copied, of_dict, of_constants])
def test_an_order_that_is_not_known_is_cpythons(f):
    assert agrees(f, INTS, device="cpu")


def test_sets_that_are_only_asked_do_not_matter():
    def f(items):
        stop = {1, 2, 3}
        rest = {item for item in items if item not in stop}
        gone = set(items)
        gone.discard(3)
        return rest, len(gone)

    assert runs_compiled(f, INTS)


def test_explain_names_the_reason():
    told = str(pp.explain(removed_in_loop, INTS, device="cpu"))
    assert "the order of its items depends on that" in told


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(-(2**62), 2**62), max_size=40), min_size=1, max_size=6))
def test_sets_of_any_ints(column):
    assert agrees(as_set, column, device="cpu")
    assert agrees(counts, column, device="cpu")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.text(max_size=4), max_size=30), min_size=1, max_size=6))
def test_sets_of_any_texts(column):
    assert agrees(as_set, column, device="cpu")
    assert agrees(counts, column, device="cpu")
