"""What a function can see of the exceptions that it catches: their texts and arguments are CPython's."""

from __future__ import annotations

import collections
import functools
import heapq
import itertools
from typing import Any

import pytest
from conftest import agrees

import parallel_party as pp

COUNT = 600
TEXTS = ["7", "x", "", "a'b", "1.5", "0x1f", "-"] * 100


class Missing(KeyError):
    pass


class Shouting(Exception):
    def __str__(self):
        return "loud"


class Louder(Shouting):
    pass


class Shown(Exception):
    def __format__(self, specification):
        return "shown"


class Fixed(Exception):
    args = (1, 2)


class Coded(Exception):
    def __init__(self, code):
        super().__init__("code", code)


class Plain(Exception):
    pass


def text_of(kind, argument):
    def f(x):
        try:
            if x > 3:
                raise kind(argument)
            return "none"
        except kind as error:
            return str(error)

    return f


def formatted(kind, argument):
    def f(x):
        try:
            if x > 3:
                raise kind(argument)
            return "none"
        except kind as error:
            return f"<{error}>"

    return f


def arguments_of(kind, argument):
    def f(x):
        try:
            if x > 3:
                raise kind(argument)
            return ()
        except kind as error:
            return error.args

    return f


KINDS = [KeyError, Missing, ValueError, Shouting, Louder, Shown, Fixed, Plain, LookupError]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("make", [text_of, formatted, arguments_of])
def test_texts_of_classes(make: Any, kind: type[Exception]) -> None:
    for argument in ("a", "it's", 1, 2.5, True, None):
        assert agrees(make(kind, argument), list(range(COUNT)), device="cpu")


def test_computed_texts() -> None:
    def f(x):
        try:
            if x % 2:
                raise KeyError(f"no {x}")
            raise ValueError(f"bad {x}")
        except LookupError as error:
            return str(error)
        except ValueError as error:
            return f"{error}!"

    before = pp.stats().handed_back
    assert agrees(f, list(range(COUNT)), device="cpu")
    assert pp.stats().handed_back == before


def test_a_class_that_changes() -> None:
    class Changing(Exception):
        pass

    f = text_of(Changing, "as it is")
    assert agrees(f, list(range(COUNT)), device="cpu")
    Changing.__str__ = lambda self: "changed"  # type: ignore[method-assign]
    assert agrees(f, list(range(COUNT)), device="cpu")
    del Changing.__str__
    Changing.__init__ = lambda self, *arguments: None  # type: ignore[method-assign]
    assert agrees(arguments_of(Changing, 1), list(range(COUNT)), device="cpu")
    assert agrees(f, list(range(COUNT)), device="cpu")


def test_a_class_that_wants_arguments() -> None:
    def f(x):
        try:
            if x > 3:
                raise Coded
            return 0
        except TypeError:
            return 1
        except Coded:
            return 2

    assert agrees(f, list(range(COUNT)), device="cpu")


def test_builtin_classes_without_arguments() -> None:
    def f(x):
        try:
            if x % 3 == 0:
                raise OSError
            if x % 3 == 1:
                raise StopIteration
            raise AttributeError
        except OSError:
            return 1
        except StopIteration:
            return 2
        except AttributeError:
            return 3

    before = pp.stats().handed_back
    assert agrees(f, list(range(COUNT)), device="cpu")
    assert pp.stats().handed_back == before


RAISING: dict[str, tuple[Any, list[Any]]] = {
    "int()": (lambda s: int(s), TEXTS),
    "int() with a base": (lambda s: int(s, 16), TEXTS),
    "float()": (lambda s: float(s), ["7", "x", "", "1e", "e", "1.5.2", "+"] * 100),
    "list.index": (lambda x: [1, 2].index(x), [1, 2, 5] * 200),
    "tuple.index": (lambda x: (1, 2).index(x), [1, 2, 5] * 200),
    "row.index": (lambda row: row.index(5), [[1, 5], [1], [], [2, 3, 4]] * 150),
    "list.remove": (lambda x: [1, 2].remove(x), [1, 2, 5] * 200),
    "list.pop": (lambda x: [1, 2].pop(x), [0, 1, 5] * 200),
    "str.index": (lambda s: s.index("x"), TEXTS),
    "str.rindex": (lambda s: s.rindex("x"), TEXTS),
    "str.split": (lambda s: "a b".split(s), TEXTS),
    "str.split at most": (lambda s: "a b".split(s, 1), TEXTS),
    "str.rsplit": (lambda s: "a b".rsplit(s, 1), TEXTS),
    "str.partition": (lambda s: "a b".partition(s), TEXTS),
    "str.rpartition": (lambda s: "a b".rpartition(s), TEXTS),
    "str.ljust": (lambda s: "a".ljust(4, s), TEXTS),
    "str.rjust": (lambda s: "a".rjust(4, s), TEXTS),
    "str.center": (lambda s: "a".center(4, s), TEXTS),
    "min()": (lambda row: min(row), [[1, 5], [1], [], [2, 3, 4]] * 150),
    "max()": (lambda row: max(row), [[1, 5], [1], [], [2, 3, 4]] * 150),
    "min() by a key": (lambda row: min(row, key=lambda x: -x), [[1, 5], [1], [], [2, 3, 4]] * 150),
    "max() by a key": (lambda row: max(row, key=lambda x: -x), [[1, 5], [1], [], [2, 3, 4]] * 150),
    "reduce": (lambda row: functools.reduce(lambda a, b: a + b, row), [[1, 5], [1], [], [2, 3, 4]] * 150),
    "islice": (lambda x: list(itertools.islice([1, 2, 3], x)), [1, -1, 2] * 200),
    "islice from": (lambda x: list(itertools.islice([1, 2, 3], 0, 3, x)), [1, 0, 2] * 200),
    "deque": (lambda x: len(collections.deque([1, 2], x)), [1, -1, 2] * 200),
    "deque.pop": (lambda row: collections.deque(row).pop(), [[1, 5], [1], [], [2, 3, 4]] * 150),
    "deque.popleft": (lambda row: collections.deque(row).popleft(), [[1, 5], [1], [], [2, 3, 4]] * 150),
    "deque[i]": (lambda x: collections.deque([1, 2])[x], [1, 5, -1] * 200),
    "heappop": (lambda row: heapq.heappop(row[:]), [[1, 5], [1], [], [2, 3, 4]] * 150),
    "heapreplace": (lambda row: heapq.heapreplace(row[:], 1), [[1, 5], [1], [], [2, 3, 4]] * 150),
    "slice": (lambda x: [1, 2, 3][::x], [1, 0, 2] * 200),
    "slice of text": (lambda s: s[:: len(s)], TEXTS),
    "dict[key]": (lambda x: {1: 2, 2: 3}[x], [1, 2, 5] * 200),
    "dict of a comprehension": (lambda x: {i: i for i in range(x)}[3], [1, 4, 5] * 200),
    "dict of texts": (lambda s: {c: 1 for c in s}["x"], TEXTS),
    "dict of tuples": (lambda x: {(i, i): i for i in range(x)}[3, 3], [1, 4, 5] * 200),
    "dict.pop": (lambda x: {i: i for i in range(x)}.pop(3), [1, 4, 5] * 200),
    "dict.popitem": (lambda x: {i: i for i in range(x)}.popitem(), [0, 4, 5] * 200),
    "set.remove": (lambda x: {i for i in range(x)}.remove(3), [1, 4, 5] * 200),
    "row[i]": (lambda row: row[2], [[1, 5], [1], [], [2, 3, 4]] * 150),
    "division": (lambda x: 1 // x, [1, 0, 2] * 200),
    "modulo": (lambda x: 1.5 % x, [1.0, 0.0, 2.0] * 200),
    "attribute": (lambda x: None.real if x else 0, [0, 1, 0] * 200),
    "a number and text": (lambda s: s + 1 if s else 0, TEXTS),
    "% of too few": (lambda s: "%s %s" % s if s else "", TEXTS),
    "raise with a text": (lambda s: exec_raise(s), TEXTS),
}


def exec_raise(text):
    if len(text) > 1:
        raise ValueError("too long: " + text)
    return text


def seen(f, show):
    def caught(x):
        try:
            return f(x)
        except Exception as error:
            return show(error)

    return caught


SHOWN = {
    "str": lambda error: str(error),
    "f-string": lambda error: f"{error}",
    "args": lambda error: error.args,
    "percent": lambda error: "%s" % error,
}


@pytest.mark.parametrize("show", SHOWN)
@pytest.mark.parametrize("name", RAISING)
def test_texts_of_what_the_library_raises(name: str, show: str) -> None:
    f, column = RAISING[name]
    assert agrees(seen(f, SHOWN[show]), column, device="cpu")
