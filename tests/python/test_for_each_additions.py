"""`for_each` where attributes, keys and items are added and deleted: by CPython, element by element, all or nothing."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

import parallel_party as pp

COUNT = 300


class Plain:
    def __init__(self, x: float) -> None:
        self.x = x
        self.held = {x}


class Slots:
    __slots__ = ("extra", "held", "x")

    def __init__(self, x: float) -> None:
        self.x = x
        self.held = {x}


def plain_or_slots(change: Callable[[Any], None]) -> list[Any]:
    return [(change, Plain), (change, Slots)]


def new_attribute(o: Any) -> None:
    o.extra = o.x * 2.0


def deleted_attribute(o: Any) -> None:
    del o.held


def moved_attribute(o: Any) -> None:
    o.extra = o.held
    del o.held
    o.x = 0.0


def set_of_attribute(o: Any) -> None:
    o.held.add(o.x + 0.5)
    o.held.discard(o.x)


def new_key(d: dict[str, Any]) -> None:
    d["new"] = d["x"] * 2.0


def computed_key(d: dict[str, Any]) -> None:
    d[f"key {d['x']}"] = d["x"]


def deleted_key(d: dict[str, Any]) -> None:
    del d["x"]


def key_moved_to_the_end(d: dict[str, Any]) -> None:
    d["x"] = d.pop("x") + 1.0


def methods_of_dict(d: dict[str, Any]) -> None:
    d.setdefault("first", []).append(d["x"])
    d.update(second=d["x"], y=None)
    d["held"].clear()
    d["rows"][0].append(len(d["held"]))


def items_of_list(r: list[Any]) -> None:
    r.append(r[0])
    r[1].add(r[0])
    r[2].extend([r[0], r[0]])
    r.insert(0, r.pop(2))


def a_dict(x: float) -> dict[str, Any]:
    return {"x": x, "y": 1, "held": {x, "text"}, "rows": [[x], []]}


def a_row(x: float) -> list[Any]:
    return [x, {x}, [x, x]]


CASES = [
    *plain_or_slots(new_attribute),
    *plain_or_slots(deleted_attribute),
    *plain_or_slots(moved_attribute),
    *plain_or_slots(set_of_attribute),
    *((change, a_dict) for change in (new_key, computed_key, deleted_key, key_moved_to_the_end, methods_of_dict)),
    (items_of_list, a_row),
]


def seen(o: Any) -> Any:
    """All that can be told of an element, the order of its keys included."""
    if isinstance(o, Plain):
        return ["plain", *o.__dict__.items()]
    if isinstance(o, Slots):
        return ["slots", *((name, getattr(o, name)) for name in o.__slots__ if hasattr(o, name))]
    return list(o.items()) if isinstance(o, dict) else o


@pytest.mark.parametrize(("change", "make"), CASES, ids=lambda case: case.__name__)
def test_beside_elements_that_are_compiled(change, make, device):
    """Elements with small numbers are changed in ways that only CPython knows, others are left alone."""

    def step(o: Any, number: float) -> None:
        if number < 40.0:
            change(o)

    elements = [make(float(i)) for i in range(COUNT)]
    numbers = [float(i % 90) for i in range(COUNT)]
    want = copy.deepcopy(elements)
    for element, number in zip(want, numbers):
        step(element, number)
    objects = list(elements)
    pp.for_each(step, elements, numbers, device=device)
    assert all(a is b for a, b in zip(objects, elements))
    assert list(map(seen, elements)) == list(map(seen, want))


@pytest.mark.parametrize(("change", "make"), CASES, ids=lambda case: case.__name__)
def test_a_failure_puts_everything_back(change, make, device):
    def step(o: Any, number: float) -> None:
        if number < 40.0:
            change(o)
        1.0 / (number - 60.0)

    elements = [make(float(i)) for i in range(61)]
    want = copy.deepcopy(elements)
    # A set is put back into the same object, and so is what is in it.
    sets = [o.held for o in elements] if make in (Plain, Slots) else []
    with pytest.raises(ZeroDivisionError):
        pp.for_each(step, elements, [float(i) for i in range(61)], device=device)
    assert list(map(seen, elements)) == list(map(seen, want))
    assert not sets or all(o.held is s for o, s in zip(elements, sets))


@pytest.mark.parametrize(
    ("change", "make"),
    [
        (new_attribute, Plain),
        (deleted_attribute, Slots),
        (new_key, a_dict),
        (deleted_key, a_dict),
        (items_of_list, a_row),
    ],
    ids=lambda case: case.__name__,
)
def test_nothing_but_that_is_refused_and_nothing_is_changed(change, make, device):
    elements = [make(float(i)) for i in range(9)]
    want = copy.deepcopy(elements)
    with pytest.raises(pp.UnsupportedError):
        pp.for_each(change, elements, device=device)
    assert list(map(seen, elements)) == list(map(seen, want))


def test_updating_elements_by_keywords_and_in_place() -> None:
    def by_keywords(row: Any) -> None:
        row.update(a=row["b"] * 2.0)

    def by_both(row: Any) -> None:
        row.update({"a": row["a"] + 1.0}, b=row["a"])

    def in_place(row: Any) -> None:
        row |= {"a": 7.0, "b": row["a"]}

    for change in (by_keywords, by_both, in_place):
        mine, theirs = ([{"a": 0.5 * i, "b": 2.0} for i in range(50)] for _ in range(2))
        for row in theirs:
            change(row)
        pp.for_each(change, mine, device="cpu")
        assert mine == theirs

    def with_a_new_key(row: Any) -> None:
        row.update(c=1.0)

    with pytest.raises(pp.UnsupportedError, match="a new key 'c'"):
        pp.for_each(with_a_new_key, [{"a": 1.0}], device="cpu")
