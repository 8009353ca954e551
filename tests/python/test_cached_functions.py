"""Functions behind functools.cache and lru_cache: one result for all arguments that are equal."""

from __future__ import annotations

import functools
import math

import pytest
from conftest import agrees, runs_compiled

import parallel_party as pp


def test_arguments_of_one_type(device):
    @functools.cache
    def fibonacci(n):
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    @functools.lru_cache(maxsize=None)
    def length(text, start=0):
        return len(text) - start

    @functools.cache
    def half(pair):
        return (pair[0] / 2, pair[1])

    assert agrees(lambda n: fibonacci(n % 12), list(range(40)), device=device)
    assert agrees(lambda s: length(s) + length(s, start=1), ["a", "bc", "d" * 9], device=device)
    assert agrees(lambda n: half((n, None)), [1, 2, 3, 2], device=device)
    assert runs_compiled(lambda n: fibonacci(n % 8), list(range(40)))


def test_zeros_of_either_sign():
    def made():
        @functools.cache
        def sign(x):
            return math.copysign(1.0, x)

        return sign

    column = [1.5, 0.0, -0.0, 2.5, -0.0]
    want = [made_one(x) for made_one in [made()] for x in column]
    sign = made()
    assert pp.map(lambda x: sign(x), column, device="cpu") == want
    assert sign.cache_info().misses == 1


def test_several_types_are_refused():
    @functools.cache
    def doubled(x):
        return x + x

    def f(n):
        return doubled(n), doubled(n * 1.0)

    with pytest.raises(pp.UnsupportedError, match="arguments of several types"):
        pp.map(f, [1, 2, 3], device="cpu")
    with pytest.raises(pp.UnsupportedError, match="arguments of several types"):
        pp.map(lambda n: (doubled((n, 1)), doubled((n > 1, 1))), [1, 2, 3], device="cpu")
    assert agrees(lambda n: (doubled(n), doubled(str(n)), doubled((n,))), [1, 2, 3], device="cpu")


def test_lists_are_no_keys():
    @functools.cache
    def first(row):
        return row[0]

    def f(n):
        try:
            return first([n]) if n > 1 else first((n,))
        except TypeError:
            return -1

    assert agrees(f, [1, 2, 3], device="cpu")


def test_recursion_behind_a_cache_stays_as_fast_as_the_cache_makes_it():
    @functools.cache
    def fibonacci(n):
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    @functools.lru_cache(maxsize=None)
    def ways(row, column):
        return 1 if row == 0 or column == 0 else ways(row - 1, column) + ways(row, column - 1)

    assert agrees(lambda n: fibonacci(n), [n % 70 for n in range(300)], device="cpu")
    assert agrees(lambda n: ways(n, 30), [0, 29, 3], device="cpu")


def test_what_a_cache_gives_is_shared():
    @functools.cache
    def row(n):
        return [n, {"a": [n]}]

    assert runs_compiled(lambda n: row(n)[0] + len(row(n)) + row(n)[1]["a"][0], [1, 2, 1])
    assert runs_compiled(lambda n: ([*row(n)[1]["a"], 1], sorted(row(n)[1]["a"]), row(n)[1]["a"] + [2]), [1, 2, 1])
    for changes in (
        lambda n: row(n).append(1),
        lambda n: row(n)[1]["a"].append(1),
        lambda n: row(n)[1].update(b=1),
        lambda n: row(n),
        lambda n: row(n) is row(n),
    ):
        with pytest.raises(pp.UnsupportedError):
            pp.map(changes, [1, 2], device="cpu")
    assert row(1) == [1, {"a": [1]}]


def test_a_cache_that_is_named_after_another_function():
    def doubled(function):
        @functools.wraps(function)
        @functools.cache
        def inner(x):
            return 2 * function(x)

        return inner

    @doubled
    def f(x):
        return x + 1

    with pytest.raises(pp.UnsupportedError, match="_lru_cache_wrapper"):
        pp.map(lambda x: f(x), [3], device="cpu")

    @functools.lru_cache(maxsize=4)
    def g(x):
        return x + 1

    call = lambda x: g(x)
    assert agrees(call, [1, 2, 3], device="cpu")
    g.__wrapped__ = lambda x: x - 1
    with pytest.raises(pp.UnsupportedError, match="_lru_cache_wrapper"):
        pp.map(call, [1, 2, 3], device="cpu")
