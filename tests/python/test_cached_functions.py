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
