"""Functions of the standard library that are plain Python, and what they import that is not."""

from __future__ import annotations

import bisect
import collections.abc
import colorsys
import heapq
import itertools
import numbers
import statistics
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from conftest import agrees, outcome

import parallel_party as pp


def agrees_or_refused(f: Callable[..., Any], *columns: list[Any]) -> bool:
    want = outcome(lambda: [f(*elements) for elements in zip(*columns, strict=True)])
    got = outcome(lambda: pp.map(f, *columns, device="cpu"))
    return got == want or (got[0] == "raises" and issubclass(got[1], pp.UnsupportedError))


UNIT = [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.25, 0.5, 0.75), (0.9, 0.1, 0.3), (0.1, 0.9, 0.2), (0.3, 0.3, 0.3)]
ROWS = [[3.0, 1.0, 2.0, 5.0], [0.5, 0.25, 0.75, 0.125], [1.0, 2.0, 4.0, 8.0], [-1.0, 0.0, 1.0, 0.5]]
RAGGED = [[3.0, 1.0, 2.0], [0.5], [1.0, 2.0, 4.0, 8.0, 16.0]]
INTS = [[3, 1, 2, 5], [7, 7, 1, 1], [0, 0, 0, 0], [9, -3, 4, 100]]
STEPS = [0.0, 0.5, 1.0, 2.5, 2.5, 4.0, 8.0, 100.0]


def runs(f: Callable[..., Any], *columns: list[Any]) -> None:
    """Compare with CPython; no element may be handed back."""
    before = pp.stats().handed_back
    assert agrees(f, *[column * 50 for column in columns], device="cpu")
    assert pp.stats().handed_back == before


@pytest.mark.parametrize("name", ["rgb_to_hsv", "hsv_to_rgb", "rgb_to_hls", "hls_to_rgb", "rgb_to_yiq", "yiq_to_rgb"])
def test_colorsys(name):
    convert = getattr(colorsys, name)
    runs(convert, *[list(column) for column in zip(*UNIT, strict=True)])
    runs(lambda c: convert(*c), UNIT)


@pytest.mark.parametrize("rows", [ROWS, RAGGED, INTS], ids=["rows", "ragged", "ints"])
@pytest.mark.parametrize("name", ["fmean", "mean", "median", "median_low", "median_high", "pvariance", "harmonic_mean"])
def test_statistics(name, rows):
    compute = getattr(statistics, name)
    if name in ("mean", "pvariance", "harmonic_mean"):  # sums of fractions, kept in dicts
        assert agrees_or_refused(compute, rows * 50)
    else:
        assert agrees(compute, rows * 50, device="cpu")


def test_statistics_of_two():
    backwards = [row[::-1] for row in ROWS]
    for name in ("correlation", "covariance"):
        assert agrees_or_refused(getattr(statistics, name), ROWS * 50, backwards * 50)


SEARCHES = {
    "left": lambda x: bisect.bisect_left(STEPS, x),
    "right": lambda x: bisect.bisect_right(STEPS, x),
    "short name": lambda x: bisect.bisect(STEPS, x),
    "bounds": lambda x: (bisect.bisect_left(STEPS, x, 2), bisect.bisect(STEPS, x, 1, 5)),
    "keywords": lambda x: (bisect.bisect_left(STEPS, x, hi=4), bisect.bisect_left(STEPS, x, lo=1, hi=6)),
    "nothing": lambda x: bisect.bisect_left((), x),
    "of ints": lambda x: bisect.bisect_left((0, 2, 4, 8), x),
    "interpolation": lambda x: STEPS[max(bisect.bisect_right(STEPS, x) - 1, 0)],
}


@pytest.mark.parametrize("name", SEARCHES)
def test_bisect(name):
    runs(SEARCHES[name], [-1.0, 0.0, 0.7, 2.5, 3.0, 99.0, 100.0, 101.0])


def test_bisect_in_rows_and_text():
    words = ["apple", "kiwi", "pear"]
    runs(lambda row, x: bisect.bisect_left(row, x), [sorted(row) for row in RAGGED], [1.0, 0.5, 3.0])
    runs(lambda row, x: bisect.bisect_right(row, x), [sorted(row) for row in ROWS], [1.0, 0.5, 3.0, 9.0])
    runs(lambda s: bisect.bisect_left(words, s), ["a", "kiwi", "zoo", ""])


def test_bisect_that_raises():
    for f in (
        lambda x: bisect.bisect_left(STEPS, x, -1),
        lambda x: bisect.bisect_left(STEPS, x, 0, 100),
        lambda x: bisect.bisect_left(x, STEPS),
    ):
        got = outcome(lambda f=f: pp.map(f, [1.0, 200.0] * 100, device="cpu"))
        want = outcome(lambda f=f: [f(x) for x in [1.0, 200.0] * 100])
        assert got == want or issubclass(got[1], pp.UnsupportedError)


def test_heapq_of_what_is_made():
    def smallest(row):
        return heapq.nsmallest(2, row)

    assert agrees_or_refused(smallest, ROWS * 50)


def test_warnings_are_given_by_cpython():
    def careful(x):
        if x < 0.0:
            warnings.warn("below zero", UserWarning, stacklevel=1)
            return 0.0
        return x * 2.0

    column = [1.0, 2.0, -1.0, 3.0, -2.0] * 10
    with warnings.catch_warnings(record=True) as ours:
        warnings.simplefilter("always", UserWarning)
        got = pp.map(careful, column, device="cpu")
    with warnings.catch_warnings(record=True) as theirs:
        warnings.simplefilter("always", UserWarning)
        want = [careful(x) for x in column]
    assert got == want
    given = [str(w.message) for w in ours if w.category is UserWarning]
    assert given == [str(w.message) for w in theirs]
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        with pytest.raises(UserWarning, match="below zero") as caught:
            pp.map(careful, column, device="cpu")
    assert "2" in caught.value.__notes__[0]


def longest(a, b):
    return list(itertools.zip_longest(a, b, fillvalue=0)), [x or y for x, y in itertools.zip_longest(a, b)]


def test_zip_longest():
    rows = [[1, 2, 3], [4], [], [5, 6]] * 5
    others = [[7], [8, 9], [10, 11, 12, 13], []] * 5
    assert agrees(longest, rows, others, device="cpu")
    assert agrees(longest, [(1, 2)] * 3, [(3.5, "x", None)] * 3, device="cpu")
    assert agrees(lambda a, b: list(itertools.zip_longest(a, b, a)), [[1], [2, 3]], [[4, 5], [6]], device="cpu")


def test_expandtabs(device):
    texts = ["", "a", "\t", "a\tb", "ab\t\tc\n\td\r\te", "\u00e9\t\u20ac\tx", "12345678\t9"]
    assert agrees(lambda s: (s.expandtabs(), s.expandtabs(4), s.expandtabs(tabsize=0)), texts, device=device)
    assert agrees(lambda s, n: s.expandtabs(n), texts, [1, 2, 3, 4, -1, 7, 8], device=device)


def kinds(x):
    return (
        isinstance(x, numbers.Number),
        isinstance(x, (numbers.Real, str)),
        isinstance(x, collections.abc.Hashable),
        isinstance(x, collections.abc.Sized) if not isinstance(x, numbers.Number) else None,
    )


def test_abstract_classes_take_builtin_types():
    assert agrees(kinds, [1, 2.5, True], device="cpu")
    assert agrees(lambda x: isinstance(x, collections.abc.Sequence), ["text", (1, 2), [3]], device="cpu")
    before = pp.stats().handed_back
    assert agrees(lambda x: isinstance(x, numbers.Integral), [1, 2, True], device="cpu")
    assert pp.stats().handed_back == before
