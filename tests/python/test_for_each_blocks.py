"""Long lists whose elements are written while later ones are being computed: from a function's second call on.

What is compared is what the loop does; the first call goes another way, so every function is called more than once.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from functools import partial
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


ROWS = [[float(i), 0.5 * i] for i in range(COUNT)]
ONE = ROWS[7]
TABLE = [0.5 * i for i in range(10)]


def reads_all(p):
    p[0] = ROWS[3][0] + p[1]


def reads_one(p):
    p[0] = p[1] + ONE[0]


def reads_table(p):
    p[0] = p[1] + TABLE[3]


@pytest.mark.filterwarnings("ignore::parallel_party.PerformanceWarning")
@pytest.mark.parametrize("f", [reads_all, reads_one, reads_table])
def test_an_element_that_the_function_sees_from_outside(f):
    want = copy.deepcopy(ROWS)
    outside = {"ROWS": want, "ONE": want[7], "TABLE": TABLE}
    theirs = FunctionType(f.__code__, outside)
    for _ in range(4):
        for p in want:
            theirs(p)
        pp.for_each(f, ROWS, device="cpu")
        assert same(ROWS, want)


class Holder:
    first: list[float]


@pytest.mark.filterwarnings("ignore::parallel_party.PerformanceWarning")
@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize("how", ["cell", "pair", "class", "partial", "keyword", "long"])
def test_an_element_that_is_reached_in_other_ways(how, in_order):
    def rows():
        made = [[float(i), 1.0] + [2.0] * (10 if how == "long" else 0) for i in range(COUNT)]
        if not in_order:
            random.Random(11).shuffle(made)
        return made

    def function(made):
        first, pair = made[5], (made[3], made[9])
        holder = type("Holder", (Holder,), {"first": first})

        def cell(p):
            p[0] = p[0] + first[0]

        def of_pair(p):
            p[0] = p[0] + pair[1][0]

        def of_class(p):
            p[0] = p[0] + holder.first[0]

        def given(other, p):
            p[0] = p[0] + other[0]

        def named(p, other):
            p[0] = p[0] + other[0]

        ways = {"cell": cell, "long": cell, "pair": of_pair, "class": of_class, "partial": partial(given, first)}
        return ways.get(how, named), {"other": first} if how == "keyword" else {}

    mine, theirs = rows(), rows()
    f, uniform = function(mine)
    g, same_uniform = function(theirs)
    for _ in range(3):
        pp.for_each(f, mine, device="cpu", **uniform)
        for p in theirs:
            g(p, **same_uniform)
        assert same(mine, theirs)


def test_elements_that_lacked_an_attribute_do_not_spoil_others():
    class Bare:
        __slots__ = ("x", "y")

    def f(p):
        p.y = p.x * 2.0

    def make(count):
        made = [Bare() for _ in range(count)]
        for i, one in enumerate(made):
            one.x, one.y = float(i), 1.0
        return made

    for count in (100, COUNT):
        whole, broken = make(count), make(count)
        del broken[0].y
        pp.for_each(f, whole, device="cpu")
        with pytest.raises(pp.UnsupportedError):
            pp.for_each(f, broken, device="cpu")
        for _ in range(2):
            pp.for_each(f, whole, device="cpu")
        assert [one.y for one in whole] == [2.0 * i for i in range(count)]


def test_one_slot_of_two_names():
    class Twin:
        __slots__ = ("x", "z")

    Twin.y = Twin.x

    def f(p):
        p.x = p.x + 1.0
        p.y = 5.0
        p.z = p.x

    twins = [Twin() for _ in range(50)]
    for twin in twins:
        twin.x = twin.z = 1.0
    with pytest.raises(pp.UnsupportedError):  # what has no compiled form is refused, not guessed
        pp.for_each(f, twins, device="cpu")
    assert all(twin.x == twin.z == 1.0 for twin in twins)


def test_a_table_beside_instances():
    def f(p):
        p.x = p.x + TABLE[int(p.vx) % 10]

    check(f, [Slotted(float(i), float(i % 13)) for i in range(COUNT)], rounds=4)


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
