"""Classes of elements: they go when their elements have gone, and those of abstract bases are elements, too."""

from __future__ import annotations

import abc
import gc
import typing
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

import parallel_party as pp


def make_plain() -> tuple[type, Callable[[], Any]]:
    class Thing:
        def __init__(self) -> None:
            self.x = 1.0

    return Thing, Thing


def make_dataclass() -> tuple[type, Callable[[], Any]]:
    @dataclass(slots=True)
    class Thing:
        x: float = 1.0

    return Thing, Thing


def make_nested() -> tuple[type, Callable[[], Any]]:
    class Thing:
        def __init__(self) -> None:
            self.x = 1.0

    return Thing, lambda: {"thing": Thing(), "n": 1}


def make_named() -> tuple[type, Callable[[], Any]]:
    class Thing(NamedTuple):
        x: float = 1.0

    return Thing, Thing


KINDS = [make_plain, make_dataclass, make_nested, make_named]
Kind = Callable[[], tuple[type, Callable[[], Any]]]


def alive(classes: list[weakref.ref[type]]) -> int:
    gc.collect()
    return sum(known() is not None for known in classes)


@pytest.mark.parametrize("kind", KINDS)
def test_classes_go_with_their_elements(kind: Kind) -> None:
    classes = []
    for _ in range(100):
        thing, make = kind()
        made = pp.array([make(), make()])
        assert repr(made[1]) and len(made.tolist()) == 2
        made.append(make())
        classes.append(weakref.ref(thing))
    del thing, make, made
    pp.trim()
    assert alive(classes) == 0


def test_many_classes_go_without_being_asked() -> None:
    classes = []
    for _ in range(500):
        thing, make = make_plain()
        assert pp.array([make()])[0].x == 1.0
        classes.append(weakref.ref(thing))
        del thing, make
    assert alive(classes) < 200


@pytest.mark.parametrize("kind", KINDS)
def test_classes_stay_with_their_elements(kind: Kind) -> None:
    thing, make = kind()
    made, known = pp.array([make()] * 3), weakref.ref(thing)
    element, view, part = made[0], made.view(1, 2), made.copy()
    del thing, make
    pp.trim()
    assert alive([known]) == 1
    del made, view
    pp.trim()
    gc.collect()
    assert len(part.tolist()) == 3 and part[0] is not None
    del part
    pp.trim()
    assert alive([known]) == 1  # of the element
    assert repr(element)
    del element
    pp.trim()
    assert alive([known]) == 0


def test_what_shows_instances_outlives_the_array() -> None:
    thing, make = make_plain()
    made = pp.array([make()])
    shown = type(made[0])
    del made
    pp.trim()
    assert shown.__name__ == "Thing" and shown.__mro__[1] is thing and type(shown()) is thing
    made = pp.array([make(), make()])
    assert type(made[1]) is shown and made[1].x == 1.0
    known = weakref.ref(thing)
    del made, shown, thing, make
    pp.trim()
    assert alive([known]) == 0
    pp.trim()


@pytest.mark.parametrize("kind", KINDS)
def test_calls_keep_no_classes(kind: Kind) -> None:
    def whole(record: Any) -> Any:
        return record

    classes = []
    for number in range(40):
        thing, make = kind()
        data = [make() for _ in range(10)]
        if number % 2:
            data = pp.array(data)
        assert len(pp.map(whole, data)) == 10
        classes.append(weakref.ref(thing))
    del thing, make, data
    pp.trim()
    assert alive(classes) == 0


# ---- abstract bases --------------------------------------------------------------------------------------------------


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self) -> float: ...


@dataclass
class Square(Shape):
    side: float

    def area(self) -> float:
        return self.side * self.side

    def is_like(self, other: object) -> bool:
        return isinstance(other, type(self))


class Sized(typing.Protocol):
    size: float

    def doubled(self) -> float:
        return 2.0 * self.size


class Box(Sized):
    def __init__(self, size: float) -> None:
        self.size = size


class Generic(typing.Generic[typing.TypeVar("T")]):  # type: ignore[misc]
    def __init__(self, x: float) -> None:
        self.x = x


def test_classes_with_abstract_bases_are_elements() -> None:
    made = pp.array([Square(1.0), Square(3.0)])
    made[0].side += 1.0
    assert made.tolist() == [Square(2.0), Square(3.0)] and made[1].area() == 9.0
    assert isinstance(made[0], Shape) and isinstance(made[0], Square) and made[0].__class__ is Square
    assert pp.map(lambda square: square.area(), made).tolist() == [4.0, 9.0]
    boxes = pp.array([Box(1.0), Box(2.0)])
    boxes[1].size = 5.0
    assert [box.doubled() for box in boxes] == [2.0, 10.0] and isinstance(boxes[0], Box)
    assert pp.array([Generic(1.0)])[0].x == 1.0


def test_what_shows_them_changes_nothing_of_theirs() -> None:
    class Larger(Square):
        pass

    element = pp.array([Square(1.0)])[0]
    assert element.is_like(element)
    for other in (Square(1.0), Larger(1.0), 5, element):
        element.is_like(other)
        assert isinstance(other, Square) is (other != 5) and isinstance(other, Shape) is (other != 5)
    Shape.register(int)
    assert isinstance(5, Shape) and not isinstance("a", Shape)


def test_metaclasses_that_make_more_are_refused() -> None:
    class Meta(abc.ABCMeta):
        def __new__(cls, *args: Any, **named: Any) -> Any:
            return super().__new__(cls, *args, **named)

    class Thing(metaclass=Meta):
        def __init__(self) -> None:
            self.x = 1.0

    with pytest.raises(pp.ConversionError, match="metaclass of 'Thing'"):
        pp.array([Thing()])


# ---- elements in lists -----------------------------------------------------------------------------------------------


def test_lists_of_elements_are_columns(device: str) -> None:
    table = pp.array([{"x": 0.5 * i, "t": {"n": i}} for i in range(1000)])
    some = [row for row in table if row["x"] > 1.0]
    want = [row["x"] + row["t"]["n"] for row in table.tolist() if row["x"] > 1.0]
    assert pp.map(lambda row: row["x"] + row["t"]["n"], some, device=device) == want
    squares = pp.array([Square(float(i)) for i in range(500)])
    assert pp.map(Square.area, list(squares), device=device) == [float(i * i) for i in range(500)]
    assert pp.map(lambda s, i: s.side * i, tuple(squares), range(500), device=device) == [i * i for i in range(500)]


def test_lists_of_elements_are_read_as_they_are_now() -> None:
    table = pp.array([{"x": 1.0}, {"x": 2.0}])
    held = list(table)
    table[0] = {"x": 5.0}
    held[1]["x"] = 7.0
    assert pp.map(lambda row: row["x"], held) == [1.0, 7.0]
    assert pp.map(lambda row: row["x"], [*held, {"x": 9.0}]) == [1.0, 7.0, 9.0]
    assert pp.map(lambda row: row, held) == [{"x": 1.0}, {"x": 7.0}] and table.tolist() == [{"x": 5.0}, {"x": 7.0}]
