"""Text made of values: '%' in all its forms, repr() and str() of rows, dicts and instances."""

from __future__ import annotations

import pytest
from conftest import agrees, agrees_or_is_refused, runs_compiled

NUMBERS = [0, 1, -7, 42, 1_000_000] * 40
FLOATS = [0.0, -1.5, 3.25, 12345.678, 0.001] * 40
TEXTS = ["", "a", "it's", 'say "x"', "a\tb\nc\\d\r", "both ' and \"", "\u00e4\u00f6", "plain text"] * 25
CODES = [65, 97, 48, 0xE4, 0x65E5] * 40


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __str__(self):
        return f"({self.x}, {self.y})"

    def __repr__(self):
        return "Point" + str(self)

    def __format__(self, specification):
        return f"<{self.x:{specification}}>" if specification else "<>"


class Shown:
    def __init__(self, x):
        self.x = x

    def __repr__(self):
        return f"Shown({self.x!r})"


class Bare:
    def __init__(self, x):
        self.x = x


PERCENT = {
    "repr": lambda v: "%r" % (v,),
    "repr padded": lambda v: "%10r|%-10r|%.2r" % (v, v, v),
    "ascii": lambda v: "%a" % (v,),
    "named": lambda v: "%(a)s-%(b)r-%(a)s" % {"a": v, "b": v},
    "named and text": lambda v: (
        "100%% of %(what)s"
        % {
            "what": v,
        }
    ),
    "braces": lambda v: "{!r} {!s}".format(v, v),
    "braces repr": lambda v: "{!r:>12}".format(v),
    "f-string": lambda v: f"{v!r}{v!s}{v!a}",
}


@pytest.mark.parametrize("values", [NUMBERS, FLOATS, [t for t in TEXTS if t.isascii()]], ids=["int", "float", "str"])
@pytest.mark.parametrize("name", PERCENT)
def test_percent(name, values):
    assert runs_compiled(PERCENT[name], values)


NUMERIC = {
    "whole": lambda v: "%d %i %u|%5d|%-5d|%05d|%+d" % (v, v, v, v, v, v, v),
    "named": lambda v: "%(n)04d %(n).2f %(n)e" % {"n": v},
    "bool": lambda v: "%d %s %r" % (v > 0, v > 0, v > 0),
    "none": lambda v: "%s %r" % (None, None) if v else "%s" % (v,),
}


@pytest.mark.parametrize("values", [NUMBERS, FLOATS], ids=["int", "float"])
@pytest.mark.parametrize("name", NUMERIC)
def test_numbers(name, values):
    assert runs_compiled(NUMERIC[name], values)


def test_characters():
    assert runs_compiled(lambda c: "%c|%3c|%-3c" % (c, c, c), CODES)
    assert agrees(lambda c: "%c" % c, [65, -1] * 30, device="cpu")
    assert agrees(lambda t: "%c" % t, ["a", "bc"] * 30, device="cpu")


def test_named_by_computed_keys():
    def shown(items):
        counts = {}
        for item in items:
            counts[item] = counts.get(item, 0) + 1
        return "%(a)d %(b)d" % counts

    assert runs_compiled(shown, [["a", "b", "a"], ["b", "a"]] * 30)
    assert agrees(shown, [["a", "b"], ["a"]] * 30, device="cpu")


FAULTS = """
"%(a)s" % {"b": v}
"%(a)s" % (v,)
"%(a)s %s" % {"a": v}
"%(a)s" % {"a": v, "b": 1}
"%d" % str(v)
"%x" % (v + 0.5)
"%s %s" % (v,)
"%s" % (v, v)
"%z" % v
"%" % v
"%5" % v
"""


@pytest.mark.parametrize("text", FAULTS.split("\n")[1:-1])
def test_what_raises(text):
    assert agrees_or_is_refused(eval(f"lambda v: {text}"), NUMBERS)


ROWS = {
    "tuple": lambda v: str((v, 1.5, "x", None)),
    "one": lambda v: repr((v,)),
    "none": lambda v: f"{()} {[]} {(v,)}",
    "list": lambda v: f"{[v, [v, True]]}",
    "computed list": lambda v: str([v for _ in range(v % 20)]),
    "computed tuple": lambda v: str(tuple([v for _ in range(v % 20)])),
    "dict": lambda v: str({"a": v, "b": [v]}) + repr({1: v, 2: v * 2}),
    "computed dict": lambda v: f"{ {i: i * 0.5 for i in range(v % 20)} }",
    "joined": lambda v: ", ".join([repr(p) for p in [(v, 1), (2, v)]]),
    "percent": lambda v: "%s and %r" % ([v], (v, "a")),
}


@pytest.mark.parametrize("name", ROWS)
def test_rows(name):
    assert runs_compiled(ROWS[name], NUMBERS)


INSTANCES = {
    "str": lambda p: str(p),
    "repr": lambda p: repr(p),
    "f-string": lambda p: f"{p}|{p!s}|{p!r}|{p:.1f}",
    "format": lambda p: format(p) + format(p, ".2f"),
    "percent": lambda p: "%s %r" % (p, p),
    "in a list": lambda p: str([p, (p, 1)]),
    "made here": lambda p: str(Point(p.x, 1)),
}


@pytest.mark.parametrize("name", INSTANCES)
def test_instances(name):
    assert runs_compiled(INSTANCES[name], [Point(i * 0.5, i) for i in range(100)])


def test_instances_with_one_of_both():
    assert runs_compiled(lambda s: f"{s} {s!r} {[s]}", [Shown(i) for i in range(100)])
    assert runs_compiled(lambda s: str(s), [Shown("it's") for i in range(100)])
    assert agrees_or_is_refused(lambda s: len(repr(s)) > 5, [Bare(i) for i in range(100)])
    assert agrees_or_is_refused(lambda s: format(s, ">5"), [Shown(i) for i in range(100)])


def test_text_that_is_none():
    class Wrong:
        def __str__(self):
            return 5

    assert agrees_or_is_refused(lambda x: str(Wrong()) if x else "", [1, 0] * 50)


def test_repr_of_text():
    assert agrees(lambda t: (repr(t), ascii(t), "%r" % t, [t] == [t], str([t])), TEXTS, device="cpu")
    assert runs_compiled(lambda t: repr(t), TEXTS)
