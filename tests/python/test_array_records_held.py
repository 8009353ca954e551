"""Records of Arrays that somebody holds: parts of others stay what they were, and one element is one object."""

from __future__ import annotations

import gc
import random
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

import parallel_party as pp


@dataclass
class Place:
    x: float


@dataclass
class Body:
    place: Place
    mass: float = 1.0


class Plain:
    def __init__(self, x: float) -> None:
        self.x = x


@dataclass(eq=False)
class Unequal:
    x: float


def dicts(count: int) -> list[dict[str, Any]]:
    return [{"p": {"x": float(i), "q": {"y": i}}, "n": i} for i in range(count)]


def bodies(count: int) -> list[Body]:
    return [Body(Place(float(i)), 2.0 * i) for i in range(count)]


# ---- parts that are replaced -----------------------------------------------------------------------------------------


def test_parts_are_swapped() -> None:
    made = pp.array([{"p": {"x": 1.0}}, {"p": {"x": 2.0}}])
    made[0]["p"], made[1]["p"] = made[1]["p"], made[0]["p"]
    assert made.tolist() == [{"p": {"x": 2.0}}, {"p": {"x": 1.0}}]
    instances = pp.array(bodies(2))
    instances[0].place, instances[1].place = instances[1].place, instances[0].place
    assert [body.place.x for body in instances] == [1.0, 0.0]


def test_a_part_stays_what_it_was() -> None:
    made = pp.array(bodies(3))
    whole, old = made[0], made[0].place
    made[0].place = Place(50.0)
    assert old == Place(0.0) and whole.place.x == 50.0
    old.x = 7.0
    assert made[0].place.x == 50.0 and old.x == 7.0
    whole.place.x = 51.0
    assert made[0].place.x == 51.0 and whole == made[0]


def test_parts_within_parts_go_with_them() -> None:
    made = pp.array(dicts(3))
    whole, part, inner = made[1], made[1]["p"], made[1]["p"]["q"]
    made[1]["p"] = {"x": 9.0, "q": {"y": 9}}
    part["x"] = -1.0
    assert part == {"x": -1.0, "q": {"y": 1}} and inner == {"y": 1} and part["q"] is inner
    assert whole == {"p": {"x": 9.0, "q": {"y": 9}}, "n": 1} and made[1] is whole
    part = made[1]["p"]
    part["q"] = {"y": 10}
    assert part is made[1]["p"] and whole["p"]["q"] == {"y": 10}
    part["q"]["y"] += 1
    assert made.columns.p.columns.q.tolist() == [{"y": 0}, {"y": 11}, {"y": 2}]


def test_assigning_what_is_there_changes_nothing() -> None:
    made = pp.array(bodies(2))
    place = made[1].place
    made[1].place = made[1].place
    made.columns.place[1] = place
    place.x = 5.0
    assert made[1].place is place and made[1].place.x == 5.0


def test_records_of_one_kind_in_two_places_of_an_element() -> None:
    made = pp.array([{"a": {"x": 1.0}, "b": {"x": 2.0}}])
    made.columns.a[0] = made[0]["b"]
    assert made.tolist() == [{"a": {"x": 2.0}, "b": {"x": 2.0}}]
    a, b = made[0]["a"], made[0]["b"]
    made[0]["a"] = {"x": 3.0}
    b["x"] = 4.0
    assert a == {"x": 2.0} and made.tolist() == [{"a": {"x": 3.0}, "b": {"x": 4.0}}]


@pytest.mark.parametrize("seed", range(5))
def test_columns_of_records_are_shuffled(seed: int) -> None:
    made, twin = pp.array(dicts(20)), [row["p"] for row in dicts(20)]
    random.Random(seed).shuffle(made.columns.p)
    random.Random(seed).shuffle(twin)
    assert made.columns.p.tolist() == twin and made.columns.n.tolist() == list(range(20))


def change_columns(rng: random.Random, rows: Any, fresh: Callable[[], Any]) -> None:
    i, j = rng.randrange(len(rows)), rng.randrange(len(rows))
    step = rng.randrange(5)
    if step == 0:
        rows[i] = fresh()
    elif step == 1:
        rows.reverse()
    elif step == 2:
        rows.sort(key=lambda row: (row["x"] * 7.0) % 5.0)
    elif step == 3:
        rows[min(i, j) : max(i, j) : 2] = [fresh() for _ in range(min(i, j), max(i, j), 2)]
    else:
        rows[i]["q"] = {"y": rng.randrange(1000)}


@pytest.mark.parametrize("seed", range(40))
def test_random_lives_of_parts_that_are_held(seed: int) -> None:
    """A column of records behaves as the list of them."""
    made, twin = pp.array(dicts(9)), [row["p"] for row in dicts(9)]
    column = made.columns.p
    held: list[tuple[Any, Any]] = []
    for round_number in range(40):
        at = random.Random(f"{seed}{round_number}").randrange(9)
        held.append((column[at], twin[at]))
        held.append((column[at]["q"], twin[at]["q"]))
        for rows in (column, twin):
            rng = random.Random(f"step{seed}{round_number}")
            change_columns(rng, rows, lambda rng=rng: {"x": rng.random(), "q": {"y": rng.randrange(99)}})  # type: ignore[misc]
        assert column.tolist() == twin
        assert all(got == want for got, want in held)
        got, want = random.Random(seed + round_number).choice(held)
        if "x" in want:
            got["x"] = want["x"] = 100.0 + round_number
    assert made.columns.n.tolist() == list(range(9))


# ---- one element is one object ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [Plain, Unequal])
def test_elements_without_equality_are_themselves(make: Callable[[float], Any]) -> None:
    made = pp.array([make(1.0), make(2.0), make(1.0)])
    x, y, other = made[0], made[0], made[2]
    assert x is y and x == y and hash(x) == hash(y) and x != other
    assert x in made and made.index(x) == 0 and made.index(other) == 2 and made.count(x) == 1
    assert made.view(1, 3)[1] is other
    assert {x: "first"}[made[0]] == "first"
    made.insert(0, make(5.0))
    assert made.index(x) == 1 and made[1] is x
    made.remove(x)
    assert x not in made and x.x == 1.0 and len(made) == 3
    assert made.pop() is other


def test_an_element_is_one_object_while_somebody_has_it() -> None:
    made = pp.array(dicts(300))
    elements = list(made)
    assert all(a is b for a, b in zip(elements, made, strict=True))
    assert elements[7]["p"] is not elements[8]["p"]
    made.reverse()
    assert all(a is b for a, b in zip(reversed(elements), made, strict=True))
    del elements[::2]
    assert sum(element is other for element, other in zip(reversed(elements), made[1::2], strict=False)) == 0
    assert all(made[299 - n["n"]] is n for n in elements)


def test_objects_that_go_are_forgotten() -> None:
    made = pp.array([Plain(1.0)])
    element = made[0]
    seen: list[Any] = []
    gone = weakref.ref(element, lambda _: seen.append(made[0]))
    del element
    gc.collect()
    assert gone() is None and seen[0].x == 1.0 and made[0] is seen[0]
    place = seen[0]._element
    del seen[:]
    assert made[0].x == 1.0 and place is not made[0]._element
