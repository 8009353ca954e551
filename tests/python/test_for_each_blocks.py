"""Long lists whose elements are written while later ones are being computed: from a function's second call on.

What is compared is what the loop does; the first call goes another way, so every function is called more than once.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest
from conftest import outcome, same

import parallel_party as pp

COUNT = 20_000


class Slotted:
    __slots__ = ("label", "vx", "x")

    def __init__(self, x: float, vx: float) -> None:
        self.x, self.vx, self.label = x, vx, None


class Plain:
    def __init__(self, x: float, vx: float) -> None:
        self.x, self.vx, self.label = x, vx, None


def row(x: float, vx: float) -> list[Any]:
    return [x, vx, None]


def step(p: Any, dt: float) -> None:
    p.x += p.vx * dt
    p.vx = p.vx * 0.5 + p.x


def step_row(p: Any, dt: float) -> None:
    p[0] += p[1] * dt
    p[1] = p[1] * 0.5 + p[0]


def bounce(p: Any, dt: float) -> None:
    """One field always, one sometimes."""
    p.x += p.vx * dt
    if p.x > 90.0:
        p.vx = -p.vx * 0.5


def bounce_row(p: Any, dt: float) -> None:
    p[0] += p[1] * dt
    if p[0] > 90.0:
        p[1] = -p[1] * 0.5


def rarely(p: Any, dt: float) -> None:
    """Another field, both or none: the results are of several kinds."""
    if p.x > 5000.0:
        p.vx = p.vx + dt
    elif p.x < 100.0:
        p.x = p.x * dt
        p.vx = p.x


Kind = tuple[Callable[..., Any], Callable[..., object]]


CASES = [(Slotted, step), (Plain, step), (row, step_row), (Slotted, bounce), (row, bounce_row), (Plain, rarely)]


@pytest.fixture(params=CASES, ids=["slots", "dict", "row", "sometimes", "row-sometimes", "rarely"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """How to make an element, and a function of its own: what one test has found out does not change another's way."""
    make, f = request.param
    code = f.__code__.replace(co_name=request.node.name)
    return make, FunctionType(code, f.__globals__)


def values(elements: list[Any]) -> list[Any]:
    return [list(e) if isinstance(e, list) else [e.x, e.vx, e.label] for e in elements]


def picture(elements: list[Any]) -> str:
    """The values as text: floats that a list of values refers to would be left alone."""
    return repr(values(elements))


def check(f: Callable[..., object], elements: list[Any], rounds: int = 3, **uniform: Any) -> None:
    """for_each and the loop, in turns, on the same elements and on a copy that is shared as they are."""
    theirs = copy.deepcopy(elements)
    for _ in range(rounds):
        want = outcome(lambda: [f(e, **uniform) for e in theirs] and None)
        assert outcome(lambda: pp.for_each(f, elements, device="cpu", **uniform)) == want
        assert same(values(elements), values(theirs))


def test_every_order_of_elements(kind):
    make, f = kind
    in_order = [make(float(i), 0.25 * i) for i in range(COUNT)]
    check(f, in_order, dt=0.01)
    backwards = in_order[::-1]
    check(f, backwards, dt=0.01)
    shuffled = random.Random(3).sample(in_order, COUNT)
    del in_order, backwards
    check(f, shuffled, dt=0.01)  # from here on only the list refers to them


def test_floats_that_others_can_see_are_left_alone(kind):
    make, f = kind
    shared = [0.5 * i for i in range(COUNT)]
    elements = [make(x, 2.0) for x in shared]
    check(f, elements, dt=0.5)
    assert shared == [0.5 * i for i in range(COUNT)]
    assert 2.0 == float("2")


def test_elements_that_others_hold(kind):
    make, f = kind
    elements = [make(float(i), 1.0) for i in range(COUNT)]
    random.Random(5).shuffle(elements)
    held = elements[100], elements[COUNT - 1]
    check(f, elements, dt=0.01)
    assert held[0] is elements[100] and same(values(list(held)), values([elements[100], elements[-1]]))


def test_an_element_that_occurs_twice_is_changed_twice(kind):
    make, f = kind
    elements = [make(float(i), 1.0) for i in range(COUNT)]
    for _ in range(2):
        pp.for_each(f, elements, dt=0.01, device="cpu")
    random.Random(7).shuffle(elements)
    elements[17] = elements[9_000]
    elements[COUNT - 1] = elements[9_000]
    check(f, elements, dt=0.01)


@pytest.mark.parametrize("at", [0, 8_191, 8_192, 12_345, COUNT - 1])
def test_a_failure_takes_back_everything(kind, at):
    make, f = kind
    elements = [make(float(i), 1.0 + i) for i in range(COUNT)]
    for _ in range(2):
        pp.for_each(f, elements, dt=0.01, device="cpu")
    was = picture(elements)
    broken = make("no number", 1.0)
    elements[at], kept = broken, elements[at]
    with pytest.raises(TypeError):
        pp.for_each(f, elements, dt=0.01, device="cpu")
    elements[at] = kept
    assert picture(elements) == was
    check(f, elements, dt=0.01)


def test_a_value_that_has_no_compiled_form_takes_back_everything():
    def f(p, least):
        if p.x < least:
            raise ValueError(p.x)
        p.x = p.x + 1.5

    elements = [Slotted(float(i + 3), 1.0) for i in range(COUNT)]
    for _ in range(3):
        pp.for_each(f, elements, least=0.0, device="cpu")
    elements[15_000].x = -1.0
    was = picture(elements)
    with pytest.raises(ValueError, match="-1.0"):
        pp.for_each(f, elements, least=0.0, device="cpu")
    assert picture(elements) == was


def test_another_field_of_the_same_element_is_passed_on():
    """Now and then both fields are one float: it is not given a new value then."""

    def f(p):
        p.x = p.vx if p.x > 9_000.0 else p.x + 1.0

    check(f, [Slotted(float(i), 0.5 * i) for i in range(COUNT)], rounds=5)


@pytest.mark.filterwarnings("ignore::parallel_party.PerformanceWarning")
def test_neighbours_see_what_was_done_before():
    class Node:
        __slots__ = ("before", "x")

    def f(p):
        p.x = p.before.x + 1.0

    nodes = [Node() for _ in range(COUNT)]
    for i, node in enumerate(nodes):
        node.x, node.before = float(i), nodes[max(i - 1, 0)]
    for turn in range(3):
        pp.for_each(f, nodes, device="cpu")
        assert [node.x for node in nodes] == [turn + 1.0 + i for i in range(COUNT)]


@pytest.mark.filterwarnings("ignore::parallel_party.PerformanceWarning")
def test_another_column_of_the_same_elements():
    def f(p, q):
        p.x = q.x + 1.0

    elements = [Slotted(float(i), 1.0) for i in range(COUNT)]
    behind = elements[-1:] + elements[:-1]
    for _ in range(3):
        want = copy.deepcopy(elements)
        for p, q in zip(want, want[-1:] + want[:-1]):
            f(p, q)
        pp.for_each(f, elements, behind, device="cpu")
        assert same(values(elements), values(want))


@pytest.mark.filterwarnings("ignore::parallel_party.PerformanceWarning")
def test_a_dict_from_outside_that_is_an_elements_own():
    elements = [Plain(float(i), 1.0) for i in range(COUNT)]
    seen = {"x": 1.0}

    def f(p):
        p.x = p.x + seen["x"]

    for _ in range(2):
        pp.for_each(f, elements, device="cpu")
    elements[10].__dict__ = seen
    want = [e.x for e in elements]
    total = seen["x"]
    for i, x in enumerate(want):
        want[i] = x + total
        total = want[i] if i == 10 else total
    pp.for_each(f, elements, device="cpu")
    assert [e.x for e in elements] == want


def test_rows_beside_numbers():
    def f(p, x, weights):
        p[1] = p[0] * x + weights[1]

    rows = [[float(i), 0.0, 1.0] for i in range(COUNT)]
    factors = [0.5 * i for i in range(COUNT)]
    theirs = copy.deepcopy(rows)
    for _ in range(3):
        for p, x in zip(theirs, factors):
            f(p, x, (1.0, 2.0))
        pp.for_each(f, rows, factors, weights=(1.0, 2.0), device="cpu")
        assert same(rows, theirs)


def test_fields_of_other_types_are_written_too():
    def f(p):
        p.x = p.x * 2.0
        p.label = 1 if p.x > 10.0 else None

    check(f, [Slotted(float(i), 1.0) for i in range(COUNT)])
