"""What may be a key of a dict or an item of a set: what CPython finds unhashable is a TypeError here as well."""

from __future__ import annotations

import collections
from dataclasses import dataclass
from typing import Any

import pytest
from conftest import agrees, agrees_or_is_refused

import parallel_party as pp

PAIRS = [(1, [2]), (3, [4])] * 300
GOOD = [(1, 2), (3, 4)] * 300


class Equal:
    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return True


class Hashed:
    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return isinstance(other, Hashed) and self.x == other.x

    def __hash__(self):
        if self.x < 0:
            raise ValueError("no hash")
        return 7


class Own:
    def __init__(self, x):
        self.x = x


@dataclass(frozen=True)
class Frozen:
    x: Any


@dataclass
class Loose:
    x: Any


Pair = collections.namedtuple("Pair", "a b")

USES = {
    "set display": lambda p: len({p}),
    "set of a list": lambda p: len(set([p])),
    "frozenset of a list": lambda p: len(frozenset([p, p])),
    "set of a tuple": lambda p: len(set((p, 1))),
    "set comprehension": lambda p: len({q for q in (p, p)}),
    "dict display": lambda p: {p: 1}[p],
    "dict display beside": lambda p: len({1: 2, p: 3}),
    "dict comprehension": lambda p: len({q: 1 for q in (p,)}),
    "get": lambda p: {1: 2}.get(p, 0),
    "get of text keys": lambda p: {"a": 2}.get(p, 0),
    "get of an empty dict": lambda p: {}.get(p, 0),
    "in a dict": lambda p: p in {1: 2},
    "in a set": lambda p: p in {1, 2},
    "not in a set": lambda p: p not in {1, 2},
    "in a table": lambda p: p in TABLE,
    "get of a table": lambda p: TABLE.get(p, 0),
    "item": lambda p: {1: 2}[p] if p else 0,
    "setdefault": lambda p: {1: 2}.setdefault(p, 0),
    "pop": lambda p: {1: 2}.pop(p, 0),
    "add": lambda p: added(p),
    "discard": lambda p: {i for i in range(3)}.discard(p),
    "assignment": lambda p: stored(p),
    "dict of pairs": lambda p: len(dict([(p, 1)])),
    "fromkeys": lambda p: len(dict.fromkeys([p])),
    "Counter": lambda p: len(collections.Counter([p])),
    "in a tuple": lambda p: len({(1, p)}),
    "set operator": lambda p: len({1} | {p}),
}
TABLE = {(i, i): i for i in range(50)}


def added(p):
    seen = set()
    seen.add(p)
    return len(seen)


def stored(p):
    table = {}
    table[p] = 1
    return len(table)


COLUMNS: dict[str, list[Any]] = {
    "tuples with lists": PAIRS,
    "lists": [[1, 2], [3]] * 300,
    "dicts": [{"a": 1}, {"a": 2}] * 300,
    "sets": [{1}, {2}] * 300,
    "tuples with dicts": [(1, {"a": 1})] * 600,
    "tuples of any length": [(1, [2]), (1, 2, [3]), ()] * 200,
    "namedtuples with lists": [Pair(1, [2])] * 600,
    "instances with __eq__ alone": [Equal(i) for i in range(600)],
    "dataclasses": [Loose(i) for i in range(600)],
    "instances with __hash__": [Hashed(i) for i in range(600)],
    "instances whose __hash__ raises": [Hashed(i - 300) for i in range(600)],
    "instances": [Own(i) for i in range(600)],
    "frozen dataclasses": [Frozen(i) for i in range(600)],
    "frozen dataclasses with lists": [Frozen([i]) for i in range(600)],
    "tuples": GOOD,
    "namedtuples": [Pair(1, 2)] * 600,
    "texts": ["a", "b"] * 300,
    "None and numbers": [None, 1, 2.5, True] * 150,
}


def caught(f):
    def g(p):
        try:
            return f(p)
        except TypeError:
            return -1
        except KeyError:
            return -2

    return g


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("use", USES)
def test_what_may_be_a_key(use: str, column: str) -> None:
    assert agrees_or_is_refused(USES[use], COLUMNS[column])
    assert agrees_or_is_refused(caught(USES[use]), COLUMNS[column])


@pytest.mark.parametrize("column", ["tuples with lists", "lists", "dicts"])
def test_unhashable_keys_are_caught_compiled(column: str) -> None:
    for use in ("set display", "set of a list", "get", "in a dict", "dict of pairs"):
        before = pp.stats().handed_back
        assert agrees(caught(USES[use]), COLUMNS[column], device="cpu")
        assert pp.stats().handed_back == before


def test_a_frozenset_of_sets() -> None:
    def f(x):
        try:
            return frozenset([x])
        except TypeError:
            return -1

    assert agrees_or_is_refused(f, [{1}] * 600)
    assert agrees_or_is_refused(f, [frozenset({1})] * 600)


class Called:
    def __call__(self, x):
        return x

    def make(self):
        return 1


class NotCalled:
    def make(self):
        return 1


class Never:
    __call__ = None


def test_callable() -> None:
    for kind in (Called, NotCalled, Never):
        column = [kind() for _ in range(600)]
        assert agrees(
            lambda x: (callable(x), callable(x.__class__), callable(1.5), callable([1])), column, device="cpu"
        )
    for kind in (Called, NotCalled):
        column = [kind() for _ in range(600)]
        assert agrees(lambda x: (callable(x.make), callable(len), callable(ValueError)), column, device="cpu")
    assert agrees(lambda p: (callable(p), callable(p._replace)), [Pair(1, 2)] * 600, device="cpu")
