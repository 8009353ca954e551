"""itertools.groupby, whose groups are iterators that are gone when the next one comes."""

from __future__ import annotations

import itertools

import pytest
from conftest import agrees

import parallel_party as pp


def lengths_of_runs(items):
    return [(key, len(list(group))) for key, group in itertools.groupby(items)]


def sums_by_key(items):
    total = {}
    for key, group in itertools.groupby(items, key=lambda v: v % 3):
        total[key] = total.get(key, 0) + sum(group)
    return total, [key for key, _ in itertools.groupby(items, lambda v: v > 4)]


def firsts(items):
    made = []
    for key, group in itertools.groupby(items):
        made.append(next(group))
        if key == 3:
            break
    return made


def kept_group(items):
    last = None
    total = 0
    for _, group in itertools.groupby(items):
        if last is not None:
            total += len(list(last))
        last = group
    return total


def after_the_loop(items):
    group = iter(())
    for _, group in itertools.groupby(items):  # noqa: B007
        pass
    return list(group)


def twice(items):
    made = []
    for _, group in itertools.groupby(items):
        made.append(list(group))
        made.append(list(group))  # noqa: B031
    return made


def pairs_kept(items):
    made = []
    for pair in itertools.groupby(items):
        made.append(len(list(pair[1])) + len(list(pair[1])))
    return made


RUNS = [[1, 1, 2, 3, 3, 3, 1], [5], [], [4, 4, 4, 7, 8, 8], [3, 2, 2]] * 3


def test_groupby(device):
    texts = ["", "a", "aabbbc", "abcabc", "\u00e9\u00e9x"]
    for column in (RUNS, texts, [tuple(row) for row in RUNS], [[v * 0.5 for v in row] for row in RUNS], RUNS[:1]):
        assert agrees(lengths_of_runs, column, device=device)
    assert agrees(sums_by_key, RUNS, device=device)
    assert agrees(firsts, RUNS, device=device)
    before = pp.stats().handed_back
    assert agrees(lengths_of_runs, RUNS, device="cpu")
    assert pp.stats().handed_back == before


@pytest.mark.parametrize("f", [kept_group, after_the_loop, twice, pairs_kept])
def test_groups_that_are_gone_are_cpythons(f):
    assert agrees(lambda row: f(row) if len(row) > 3 else 0, RUNS, device="cpu")


def test_keys_that_are_not_equal_to_themselves():
    nan = float("nan")
    assert agrees(lengths_of_runs, [[1.0, nan, nan, 2.0], [nan, float("nan")], [1.0, 1.0]], device="cpu")
