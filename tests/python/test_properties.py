"""Classes that say more than what their instances hold: properties that are assigned to, metaclasses."""

from __future__ import annotations

import enum
import functools
import typing
from collections.abc import Callable
from typing import Any

import pytest
from conftest import agrees, runs_compiled

import parallel_party as pp


class Limited:
    def __init__(self, x: float) -> None:
        self._x = x
        self.changes = 0

    @property
    def x(self) -> float:
        return self._x

    @x.setter
    def x(self, value: float) -> None:
        if value < -5.0:
            raise ValueError("too little")
        self._x = value
        self.changes += 1

    @property
    def fixed(self) -> float:
        return self._x


class Derived(Limited):
    pass


def doubled(item: Any) -> None:
    item.x = item.x * 2.0


def in_place(item: Any) -> None:
    item.x += 1.0
    item.x -= 0.25


def refused_for_some(item: Any) -> None:
    item.x -= 8.0


def made(kind: type, count: int = 30) -> list[Any]:
    return [kind(0.5 * i) for i in range(count)]


@pytest.mark.parametrize("change", [doubled, in_place, refused_for_some])
def test_properties_that_are_assigned_to(change: Callable[[Any], None]) -> None:
    mine, theirs = made(Limited) + made(Derived), made(Limited) + made(Derived)
    errors = []
    for run in (lambda: [change(item) for item in theirs], lambda: pp.for_each(change, mine, device="cpu")):
        try:
            run()
        except ValueError as error:
            errors.append(str(error))
    assert errors in ([], ["too little"] * 2)
    if not errors:
        assert [vars(item) for item in mine] == [vars(item) for item in theirs]


def test_properties_of_what_the_function_makes() -> None:
    def f(x: float) -> tuple[float, int]:
        item = Limited(x)
        item.x = x + 1.0
        item.x += 2.0
        return item.x, item.changes

    assert agrees(f, [1.0, 2.0, -3.0], device="cpu")
    assert runs_compiled(f, [1.0, 2.0])


def test_properties_are_refused_where_they_must_be() -> None:
    def assigns(item: Any) -> None:
        item.fixed = 1.0

    with pytest.raises(pp.UnsupportedError, match="no setter that is written in Python"):
        pp.for_each(assigns, made(Limited), device="cpu")
    with pytest.raises(pp.UnsupportedError, match=r"changing an element in map\(\)"):
        pp.map(doubled, made(Limited), device="cpu")


def test_another_setter_is_seen() -> None:
    class Own:
        def __init__(self, x: float) -> None:
            self._x = x

        x = property(lambda self: self._x, lambda self, value: setattr(self, "_x", value))

    def change(item: Any) -> None:
        item.x = item.x + 1.0

    def set_negative(self: Any, value: float) -> None:
        self._x = -value

    for setter in (set_negative, lambda self, value: None, set_negative):
        Own.x = property(lambda self: self._x, setter)
        mine, theirs = [Own(1.5), Own(2.5)], [Own(1.5), Own(2.5)]
        for item in theirs:
            change(item)
        pp.for_each(change, mine, device="cpu")
        assert [vars(item) for item in mine] == [vars(item) for item in theirs]


registry: list[str] = []


class Registering(type):
    def __init__(cls, name: str, bases: Any, namespace: Any) -> None:
        super().__init__(name, bases, namespace)
        registry.append(name)


class Registered(metaclass=Registering):
    scale = 3

    def __init__(self, x: float) -> None:
        self.x = x


class Single(type):
    made: typing.ClassVar[dict[type, Any]] = {}

    def __call__(cls, *arguments: Any) -> Any:
        return cls.made.setdefault(cls, super().__call__(*arguments))


class Alone(metaclass=Single):
    scale = 4

    def __init__(self, x: float) -> None:
        self.x = x


class Named(typing.Protocol):
    scale = 5


class OwnEnumType(enum.EnumMeta):
    pass


class Level(enum.Enum, metaclass=OwnEnumType):
    LOW = 1


def test_classes_whose_metaclass_looks_at_new_ones_compile() -> None:
    def f(x: float) -> tuple[float, bool]:
        return Registered(x).x * Registered.scale, isinstance(x, Registered)

    assert agrees(f, [1.0, 2.0], device="cpu")
    assert runs_compiled(f, [1.0, 2.0])


@pytest.mark.parametrize("f", [
    lambda x: Alone.scale + x,
    lambda x: Alone(x).x,
    lambda x: isinstance(x, Alone),
    lambda x: Named.scale + x,
    lambda x: Level.LOW.value + x,
], ids=["attribute", "instance", "isinstance", "protocol", "enum"])  # fmt: skip
def test_classes_of_other_metaclasses_are_refused(f: Callable[[float], Any]) -> None:
    for _ in range(2):
        with pytest.raises(pp.UnsupportedError, match="has no compiled form"):
            pp.map(f, [1.0, 2.0], device="cpu")


class Node:
    __slots__ = ("left", "right", "value")

    def __init__(self, value: float, left: Node | None, right: Node | None) -> None:
        self.value, self.left, self.right = value, left, right


def tree(number: int, depth: int) -> Node:
    branches = [tree(number // 4 + i, depth - 1) if depth and number >> i & 1 else None for i in range(2)]
    return Node(float(number), *branches)


def test_elements_of_which_hardly_two_are_alike() -> None:
    def total(node: Any) -> float:
        return 0.0 if node is None else node.value + total(node.left) + total(node.right)

    trees = [tree(i * 7919, 5) for i in range(1500)]
    start = pp.stats()
    assert pp.map(total, trees, device="cpu") == [total(node) for node in trees]
    now = pp.stats()
    assert now.compilations - start.compilations <= 49
    assert now.handed_back > start.handed_back
    assert functools.reduce(max, (total(node) for node in trees)) > 0.0


def test_a_metaclass_that_is_changed_later():
    class Meta(type):
        pass

    class Thing(metaclass=Meta):
        scale = 3

        def __init__(self, x: float) -> None:
            self.x = x

    functions: list[Callable[..., Any]] = [
        lambda x: Thing.scale * x,
        lambda x: Thing(x).x,
        lambda x: isinstance(x, Thing),
    ]
    for f in functions:
        assert agrees(f, [1.0, 2.0], device="cpu")
    Meta.__call__ = lambda cls, x: type.__call__(cls, x * 10)  # type: ignore[method-assign]
    for f in functions:
        with pytest.raises(pp.UnsupportedError):
            pp.map(f, [1.0, 2.0], device="cpu")
    del Meta.__call__
    for f in functions:
        assert agrees(f, [1.0, 2.0], device="cpu")

    class Other(type):
        scale = property(lambda cls: 99)

    f = lambda x: Thing.scale * x
    assert agrees(f, [1.0], device="cpu")
    Thing.__class__ = Other  # type: ignore[assignment]
    with pytest.raises(pp.UnsupportedError):
        pp.map(f, [1.0], device="cpu")
