"""Attributes of instances that hide something of their class: of elements, and of what a function sees by name."""

from __future__ import annotations

import collections

import pytest
from conftest import outcome

import parallel_party as pp

COLUMN = list(range(200))


class Settings:
    rate = 7

    def scale(self, value):
        return value * 2


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a):
        self.a = a


class Holder:
    def __init__(self, inner):
        self.inner = inner


def same_after(f, change):
    """Whether `map` agrees before a change of what the function sees, and agrees or refuses after it."""
    if outcome(lambda: pp.map(f, COLUMN, device="cpu")) != outcome(lambda: [f(x) for x in COLUMN]):
        return False
    change()
    got = outcome(lambda: pp.map(f, COLUMN, device="cpu"))
    return got[1] is pp.UnsupportedError or got == outcome(lambda: [f(x) for x in COLUMN])


def test_a_constant_of_the_class():
    s = Settings()
    s.a = 1
    assert same_after(lambda x: s.rate + s.a + x, lambda: setattr(s, "rate", 8))


def test_a_method():
    s = Settings()
    s.a = 1
    assert same_after(lambda x: s.scale(x) + s.a, lambda: setattr(s, "scale", lambda value: -value))


def test_an_instance_without_attributes():
    s = Settings()
    assert same_after(lambda x: s.scale(x) + s.rate, lambda: setattr(s, "rate", 8))
    assert same_after(Settings().scale, lambda: None)


def test_within_other_values():
    inner = Settings()
    inner.a = 1
    holder = Holder(inner)
    row = [inner]
    table = {"one": inner}
    assert same_after(lambda x: holder.inner.rate + x, lambda: setattr(inner, "rate", 8.5))
    del inner.rate
    assert same_after(lambda x: row[0].rate + x, lambda: setattr(inner, "rate", 9))
    del inner.rate
    assert same_after(lambda x: table["one"].rate + x, lambda: setattr(inner, "rate", 10))


def test_many_of_them():
    many = [Settings() for _ in range(60)]
    for i, one in enumerate(many):
        one.a = i
    assert same_after(lambda x: sum([one.rate for one in many]) + x, lambda: setattr(many[50], "rate", 1000))


def test_a_slot_that_is_filled():
    s = Slotted(1)

    def f(x):
        try:
            return s.b + x
        except AttributeError:
            return s.a - x

    assert same_after(f, lambda: setattr(s, "b", 100))


def test_what_was_unreadable_is_read_again():
    s = Holder([1])
    s.a = 1

    def f(x):
        return s.a + x

    want = [1 + x for x in COLUMN]
    assert pp.map(f, COLUMN, device="cpu") == want
    s.inner = s
    got = outcome(lambda: pp.map(f, COLUMN, device="cpu"))
    assert got[1] is pp.UnsupportedError or got == ("value", want)
    s.inner = [4]
    assert pp.map(f, COLUMN, device="cpu") == want


class Particle:
    rate = 1.0
    label = "class"

    def __init__(self, x):
        self.x = x
        self.y = 0.0

    def step(self):
        return self.x


def by_rate(p):
    p.y = p.x * p.rate


def by_method(p):
    p.y = p.step() + 1.0


def by_either(p):
    if p.x > 3.0:
        p.y = p.x * p.rate
    else:
        p.y = float(len(p.label))


@pytest.mark.parametrize("f", [by_rate, by_method, by_either])
@pytest.mark.parametrize("which", [[7], range(0, 200, 2), [0], range(200)], ids=["one", "half", "first", "all"])
@pytest.mark.parametrize("name", ["rate", "label", "step"])
def test_elements_with_their_own(f, which, name):
    def made():
        elements = [Particle(float(i % 9)) for i in range(200)]
        for i in which:
            value = {"rate": 5.0, "label": "its own", "step": lambda: 40.0}[name]
            setattr(elements[i], name, value)
        return elements

    mine, theirs = made(), made()
    for p in theirs:
        f(p)
    for _ in range(2):
        if outcome(lambda: pp.for_each(f, mine, device="cpu"))[1] is pp.UnsupportedError:
            assert f is by_method and name == "step"  # functions in all elements
            return
        assert [p.y for p in mine] == [p.y for p in theirs]
        assert [sorted(vars(p)) for p in mine] == [sorted(vars(p)) for p in theirs]
    assert [f(p) or p.y for p in made()] == pp.map(lambda p: y_of(f, p), made(), device="cpu")


def y_of(f, p):
    copy = Particle(p.x)
    return p.x * p.rate if f is by_rate else expected(f, p, copy)


def expected(f, p, copy):
    if f is by_method:
        return p.step() + 1.0
    return p.x * p.rate if p.x > 3.0 else float(len(p.label))


def test_a_namedtuple_that_is_changed_later():
    for name, value in (("__len__", lambda self: 77), ("__eq__", lambda self, other: "equal"), ("_fields", ("a",))):
        row = collections.namedtuple("row", "a b")
        assert same_after(lambda x: (len(row(x, 1)), row(x, 1) == (x, 1)), lambda: setattr(row, name, value))


class Record:
    def __init__(self, x):
        self.x, self.z = x, 0


def by_setter(p):
    object.__setattr__(p, "x", p.x + 1)


def by_update(d):
    d.update(x=d["x"] + 1)


def test_for_each_by_other_means():
    records = [Record(i) for i in range(100)]
    pp.for_each(by_setter, records, device="cpu")
    assert [r.x for r in records] == list(range(1, 101))
    dicts = [{"x": i} for i in range(100)]
    got = outcome(lambda: pp.for_each(by_update, dicts, device="cpu"))
    if got[0] == "raises":
        assert got[1] is pp.UnsupportedError and "changes nothing" not in str(got[2])
    else:
        assert dicts == [{"x": i + 1} for i in range(100)]


def itself(p):
    p.z = p


def test_an_object_within_itself_is_named():
    with pytest.raises(pp.UnsupportedError, match="within itself"):
        pp.for_each(itself, [Record(i) for i in range(100)], device="cpu")
