"""Operators, comparisons and methods of sets, also of sets from outside, of constants, and frozen ones."""

from __future__ import annotations

import random

import pytest
from conftest import agrees, runs_compiled

import parallel_party as pp

RANDOM = random.Random(31)
LEFT = [[RANDOM.randrange(12) for _ in range(RANDOM.randrange(20))] for _ in range(60)]
RIGHT = [[RANDOM.randrange(12) for _ in range(RANDOM.randrange(20))] for _ in range(60)]
SHORT = [(RANDOM.randrange(4), RANDOM.randrange(4), RANDOM.randrange(4)) for _ in range(60)]
WORDS = [RANDOM.choice(["the cat sat", "a dog", "the dog sat on a cat", ""]) for _ in range(60)]
KNOWN = {1, 3, 5, 7, 30}
FROZEN = frozenset([2, 3, 4])


def operators(a, b):
    x, y = set(a), set(b)
    both = x & y
    return sorted(x | y), sorted(both), sorted(x - y), sorted(x ^ y), len(both), len(x - both), 3 in x | y


def comparisons(a, b):
    x, y = set(a), set(b)
    return x == y, x != y, x <= y, x < y, x >= y, x > y, x == set(a[::-1]), (x & y) <= x, x > set()


def methods(a, b):
    x = set(a)
    return (
        sorted(x.union(b)),
        sorted(x.intersection(b)),
        sorted(x.difference(set(b))),
        sorted(x.symmetric_difference(b)),
        x.issubset(b),
        x.issuperset(b),
        x.isdisjoint(b),
        sum(x.union(KNOWN)),
    )


def with_others(a, b):
    x = set(a)
    return len(x & KNOWN), sorted(x | FROZEN), sorted(FROZEN & x), len(x - {1, 2}), x >= {1}, sorted(KNOWN - x)


def in_place(a, b):
    x = set(a)
    same = x
    x |= set(b)
    x |= {100}
    x |= FROZEN
    y = frozenset(a)
    y |= set(b)
    return sorted(same), len(x), len(y), x == y | {100} | FROZEN


def types(a, b):
    x, y = frozenset(a), set(b)
    return isinstance(x & y, frozenset), isinstance(y & x, set), type(x | y) is frozenset, type(y.union(a)) is set


FUNCTIONS = [operators, comparisons, methods, with_others, in_place, types]


@pytest.mark.parametrize("f", FUNCTIONS)
def test_sets(f, device):
    assert agrees(f, LEFT, RIGHT, device=device)


@pytest.mark.parametrize("f", [operators, comparisons, methods, with_others, types])
def test_sets_of_rows_of_one_length(f, device):
    assert agrees(f, SHORT, SHORT[::-1], device=device)


@pytest.mark.parametrize("f", FUNCTIONS)
def test_sets_without_cpython(f):
    assert runs_compiled(f, LEFT, RIGHT)


def test_words():
    def shared(a, b):
        first, second = set(a.split()), set(b.split())
        union = first | second
        return len(first & second) / len(union) if union else 1.0, sorted(first - {"the", "a"})

    assert runs_compiled(shared, WORDS, WORDS[::-1])


def test_what_operators_make_is_returned_by_cpython():
    def f(a, b):
        return set(a) | set(b) if len(a) > 3 else set(a)

    def g(a, b):
        return frozenset(a) & set(b) if len(a) > 3 else 0

    assert agrees(f, LEFT, RIGHT, device="cpu")
    assert agrees(g, LEFT, RIGHT, device="cpu")


def test_sets_from_outside_are_not_changed():
    def f(a):
        x = KNOWN
        x |= set(a)
        return len(x)

    def g(a):
        x = KNOWN
        x &= set(a)
        return len(x)

    before = set(KNOWN)
    for function in (f, g):
        with pytest.raises(pp.UnsupportedError, match="from outside the function"):
            pp.map(function, LEFT, device="cpu")
    assert before == KNOWN


def test_others_raise():
    for f in (lambda a: len(set(a) | a), lambda a: len(set(a).union([[1], [2]]))):
        with pytest.raises(TypeError):
            pp.map(f, [[1], [2]], device="cpu")
