"""`for_each` over instances and dicts, also such as hold others."""

from __future__ import annotations

import copy
import dataclasses
import os
import random
import sys
import textwrap
import threading
from typing import Any

import pytest
from conftest import SURROUNDINGS, assert_fine, named, outcome, same
from hypothesis import given, settings
from hypothesis import strategies as st

import parallel_party as pp

RANDOM = os.environ.get("PARALLEL_PARTY_TEST_RANDOM") == "1"
EXAMPLES = int(os.environ.get("PARALLEL_PARTY_TEST_EXAMPLES", "150"))


class Slotted:
    __slots__ = ("vx", "vy", "x", "y")

    def __init__(self, x, y, vx, vy):
        self.x, self.y, self.vx, self.vy = x, y, vx, vy


@dataclasses.dataclass
class Particle:
    x: float
    y: float
    vx: float
    vy: float


class Plain:
    def __init__(self, x, y, vx, vy):
        self.x, self.y, self.vx, self.vy = x, y, vx, vy


class Body:
    def __init__(self, i):
        self.position = Plain(float(i), 0.0, 1.0, 2.0)
        self.tag, self.count, self.trail = "a", i, [0.0, 0.0]
        self.options = {"mass": 2.0, "name": "b"}

    @property
    def speed(self):
        return self.position.vx * 2.0

    def move(self, dt):
        self.position.x += self.speed * dt
        self.count += 1


def read(thing: Any) -> Any:
    """All there is in it, as plain tuples, dicts and lists."""
    if isinstance(thing, (list, tuple)):
        return [read(item) for item in thing]
    if isinstance(thing, dict):
        return {key: read(value) for key, value in thing.items()}
    if isinstance(thing, Slotted):
        return tuple(read(getattr(thing, name, None)) for name in thing.__slots__)
    return read(vars(thing)) if hasattr(thing, "__dict__") else thing


def becomes(f: Any, *columns: Any, device: str, **uniform: Any) -> bool:
    """Checks that for_each does to the columns what the loop does to copies of them."""
    mine, theirs = copy.deepcopy(columns), copy.deepcopy(columns)

    def loop():
        for elements in zip(*theirs):
            f(*elements, **uniform)

    want = outcome(loop)
    got = outcome(lambda: pp.for_each(f, *mine, device=device, **uniform))
    assert got == want
    expected = read(theirs if want[0] == "value" else columns)
    return repr(read(mine)) == repr(expected)


def step(p, dt):
    p.vy -= 9.81 * dt
    p.x += p.vx * dt
    p.y += p.vy * dt


@pytest.mark.parametrize("make", [Slotted, Particle, Plain])
def test_attributes(make, device):
    particles = [make(float(i), 2.0, 0.5 * i, -1.0) for i in range(1000)]
    before = pp.stats().handed_back
    assert becomes(step, particles, dt=0.1, device=device)
    objects = [(p, p.vx) for p in particles]
    for _ in range(3):
        pp.for_each(step, particles, dt=0.1, device=device)
    assert pp.stats().handed_back == before
    assert all(p is was and p.vx is vx for p, (was, vx) in zip(particles, objects))


def raise_row(row, dt):
    row[1] -= 9.81 * dt
    row[0] += row[1] * dt + row[2]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("make", [Slotted, Particle, Plain, list])
def test_many_objects_in_every_state(make, seed):
    """Floats at fixed places are written in a loop of their own, beside those that are not to be had like that."""
    chance = random.Random(seed)

    def one(i: int) -> Any:
        values = [float(i), chance.random(), 0.5, -1.0]
        return values if make is list else make(*values)

    def change(things: list[Any]) -> list[Any]:
        held: list[Any] = []
        for thing in things:
            sort = chance.randrange(20)
            if sort == 0:
                held.append(thing[1] if make is list else thing.vy)
            elif sort == 1 and hasattr(thing, "__dict__"):
                held.append(vars(thing))
            elif sort == 2 and make in (Plain, Particle):
                vars(thing)["more"] = 7
            elif sort == 3 and make is not list:
                thing.vx = 3  # an int: of another kind
        return held

    things = [one(i) for i in range(20_000)]
    if seed == 1:
        chance.shuffle(things)
    if seed == 2:
        things += things[:50]
    held = change(things)
    values = [v if isinstance(v, float) else None for v in held]
    f = raise_row if make is list else step
    for _ in range(3):
        theirs = copy.deepcopy(things)
        for thing in theirs:
            f(thing, 0.25)
        pp.for_each(f, things, dt=0.25, device="cpu")
        assert repr(read(things)) == repr(read(theirs))
    assert [v if isinstance(v, float) else None for v in held] == values


def test_keys(device):
    def f(d):
        d["x"] += d["vx"]
        if d["x"] > 100.0:
            d["note"] = None
        elif d["x"] > 50.0:
            d["note"] = "far"
        d["vx"], d["n"] = -d["vx"], d["n"] + 1

    dicts = [{"x": 0.5 * i, "vx": 1.0, "note": 0, "n": i} for i in range(400)]
    before = pp.stats().handed_back
    assert becomes(f, dicts, device=device)
    assert pp.stats().handed_back == before
    pp.for_each(f, dicts, device=device)
    assert list(dicts[0]) == ["x", "vx", "note", "n"]


def test_objects_within_objects(device):
    def f(body, dt):
        body.move(dt)
        body.trail[0], body.trail[1] = body.position.x, body.trail[0]
        body.options["mass"] *= 0.5

    bodies = [Body(i) for i in range(200)]
    before = pp.stats().handed_back
    for _ in range(2):
        assert becomes(f, bodies, dt=0.1, device=device)
    assert pp.stats().handed_back == before
    bodies[7].position = bodies[5].position
    bodies[9] = bodies[3]
    assert becomes(f, bodies, dt=0.1, device=device)
    assert pp.stats().handed_back - before == 4


def test_objects_move(device):
    def f(body):
        body.trail = [body.position.x, 1.0]
        body.position.vx = body.position.vy = body.position.x
        body.tag, body.count = body.count, body.tag

    bodies = [Body(i) for i in range(100)]
    assert becomes(f, bodies, device=device)
    counts = [body.count for body in bodies]
    pp.for_each(f, bodies, device=device)
    assert all(body.tag is count and body.position.vx is body.position.x for body, count in zip(bodies, counts))


def test_what_only_python_can_assign(device):
    class Checked:
        def __init__(self, x):
            self.__dict__["x"] = x

        def __setattr__(self, name, value):
            self.__dict__[name] = value * 2.0

    @dataclasses.dataclass(frozen=True)
    class Frozen:
        x: float

    class Fixed:
        @property
        def x(self):
            return 273.0

    def f(p):
        p.x = p.x + 1.0

    def new(p):
        p.x = 1.0
        p.z = 2.0

    for make in (lambda: Checked(1.0), lambda: Frozen(1.0), Fixed):
        with pytest.raises(pp.UnsupportedError, match="no compiled form"):
            pp.for_each(f, [make(), make()], device=device)
    with pytest.raises(pp.UnsupportedError, match="'z'"):
        pp.for_each(new, [Plain(1.0, 2.0, 3.0, 4.0)], device=device)


def test_map_leaves_objects_alone():
    particles, dicts = [Plain(1.0, 2.0, 3.0, 4.0)], [{"x": 1.0}]

    def attribute(p):
        if p.x > 100.0:
            p.x = 1.0
        return p.x

    def key(d):
        if d["x"] > 100.0:
            d["x"] = 1.0
        return d["x"]

    for f, column in ((attribute, particles), (key, dicts)):
        with pytest.raises(pp.UnsupportedError, match="for_each"):
            pp.map(f, column)


def test_failing_in_the_middle_changes_nothing(device):
    def f(p):
        p.x = 7.0
        p.y = 1.0 / p.vy

    for make in (Slotted, Plain):
        particles = [make(float(i), 1.0, 2.0, float(i % 50)) for i in range(1, 200)]
        was = read(particles)
        with pytest.raises(ZeroDivisionError) as caught:
            pp.for_each(f, particles, device=device)
        assert same(read(particles), was) and "element 49" in caught.value.__notes__[0]


PROGRAM = """
import parallel_party as pp
class Slotted:
    __slots__ = ("x", "n")
class Plain:
    pass
def make(cls, i):
    p = cls()
    p.x, p.n = 0.5 * i, i
    return p
def f(p, d, k):
    p.x, d["x"] = d["x"] * k, p.x
    p.n += 1
    if p.n % 3 == 0:
        d["n"] = p.n
for cls in (Slotted, Plain):
    mine, theirs = ([make(cls, i) for i in range(20_000)] for _ in range(2))
    dicts, others = ([{"x": 1.0 + i, "n": None} for i in range(20_000)] for _ in range(2))
    for turn in range(3):
        pp.for_each(f, mine, dicts, k=1.5, device="cpu")
        for p, d in zip(theirs, others):
            f(p, d, 1.5)
        assert dicts == others and [(p.x, p.n) for p in mine] == [(p.x, p.n) for p in theirs], turn
print("fine")
"""


@pytest.mark.parametrize("setting", SURROUNDINGS, ids=named)
def test_in_other_surroundings(setting):
    assert_fine(PROGRAM, setting)


def add(p, k):
    p.x = p.x * 2.0 + k


@pytest.mark.parametrize("make", [Slotted, Particle, Plain])
def test_elements_that_occur_twice(make, device):
    one, other = make(1.0, 2.0, 3.0, 4.0), make(5.0, 6.0, 7.0, 8.0)
    before = pp.stats().handed_back
    pp.for_each(add, [one, other, one, one], k=1.0, device=device)
    assert (one.x, other.x) == (15.0, 11.0) and pp.stats().handed_back == before + 3


def test_instances_that_share_a_dict(device):
    shared = {"x": 1.0}
    ones = [Plain.__new__(Plain) for _ in range(4)]
    for one in ones[:3]:
        one.__dict__ = shared
    ones[3].x = 1.0
    pp.for_each(add, ones, k=1.0, device=device)
    assert shared == {"x": 15.0} and ones[3].x == 3.0


def test_an_instance_and_its_dict(device):
    def f(p, d):
        p.x = d["x"] + 1.0
        d["x"] = p.x * 2.0

    ones = [Plain(float(i), 0.0, 0.0, 0.0) for i in range(50)]
    pp.for_each(f, ones, [vars(one) for one in ones], device=device)
    assert [one.x for one in ones] == [(i + 1.0) * 2.0 for i in range(50)]


def test_attributes_of_instances_with_a_dict_are_seen_in_it(device):
    ones = [Plain(float(i), 0.0, 0.0, 0.0) for i in range(50)]
    dicts = [vars(one) for one in ones]
    for _ in range(2):
        pp.for_each(add, ones, k=1, device=device)
    assert [d["x"] for d in dicts] == [one.x for one in ones] == [4.0 * i + 3.0 for i in range(50)]


def test_what_the_function_sees_from_outside_is_an_element(device):
    sun, row = {"x": 1.0, "y": 2.0}, [2.0, 1.0]
    bodies = [{"x": float(i), "y": 2.0} for i in range(10)]
    rows = [[float(i), 1.0] for i in range(10)]
    bodies[4], rows[7] = sun, row

    def f(p, r):
        p["x"] += sun["x"]
        r[0] += row[0]

    def g(p, s):
        p["y"] += s["y"]

    xs, firsts = [float(i) for i in range(10)], [float(i) for i in range(10)]
    xs[4], firsts[7] = 1.0, 2.0
    for i in range(10):
        xs[i] += xs[4]
        firsts[i] += firsts[7]
    pp.for_each(f, bodies, rows, device=device)
    assert [p["x"] for p in bodies] == xs and [r[0] for r in rows] == firsts
    pp.for_each(g, bodies, s=sun, device=device)
    assert [p["y"] for p in bodies] == [4.0] * 5 + [6.0] * 5


def test_what_is_reached_in_fields_that_are_not_looked_at(device):
    """Elements 1 and 3 reach others by a path that only CPython takes."""

    def f(p):
        if p.x == 1.0 or p.x == 3.0:
            for q in {"next": p.tag}.values():
                q.x *= 10.0
        p.x += 0.5

    ones = [Plain(float(i), 0.0, 0.0, 0.0) for i in range(8)]
    for i, one in enumerate(ones):
        one.tag = ones[(i + 3) % 8]
    expected = copy.deepcopy(ones)
    for one in expected:
        f(one)
    pp.for_each(f, ones, device=device)
    assert [one.x for one in ones] == [one.x for one in expected]


def test_a_chain_that_is_too_long_to_be_followed(device):
    def f(p):
        p.x += 1.0
        if p.x == 2.0:
            q = p
            while q.tag is not None:
                q = q.tag
                q.y += p.x

    chain = [Plain(1.0 if i == 0 else 5.0, 0.0, 0.0, 0.0) for i in range(3000)]
    for one, following in zip(chain, chain[1:] + [None]):
        one.tag = following
    pp.for_each(f, chain, device=device)
    assert [p.y for p in chain] == [0.0] + [2.0] * 2999 and chain[-1].x == 6.0


def test_a_class_that_changes_while_the_call_runs():
    """Another thread puts a property in the attribute's place, and takes it away again."""
    stop, calls = threading.Event(), []

    class Changing:
        def __init__(self, x):
            self.x = x

    def setter(self, value):
        calls.append(threading.current_thread().name)
        self.__dict__["x"] = value

    def churn():
        while not stop.is_set():
            Changing.x = property(lambda self: self.__dict__["x"], setter)
            del Changing.x

    def f(p):
        p.x = p.x + 1.0

    ones = [Changing(float(i)) for i in range(20_000)]
    thread = threading.Thread(target=churn, name="churn")
    thread.start()
    rounds = 0
    try:
        for _ in range(20):
            try:
                pp.for_each(f, ones, device="cpu")
                rounds += 1
            except pp.UnsupportedError as error:
                assert "'x'" in str(error)
            except AttributeError:  # CPython met the property between two of its looks
                pass
    finally:
        stop.set()
        thread.join()
    assert [one.x for one in ones] == [i + float(rounds) for i in range(20_000)] and "churn" not in calls


def test_deleted_and_added_attributes_are_left_to_python(device):
    def f(p, i):
        if i % 2:
            p.z = p.x
        if i % 3 == 0:
            del p.y
        p.x += 1.0

    ones = [Plain(float(i), 1.0, 2.0, 3.0) for i in range(12)]
    pp.for_each(f, ones, range(12), device=device)
    assert [vars(one) for one in ones] == [
        {
            name: value
            for name, value in {"x": i + 1.0, "y": 1.0, "vx": 2.0, "vy": 3.0, "z": float(i)}.items()
            if (name != "y" or i % 3) and (name != "z" or i % 2)
        }
        for i in range(12)
    ]


def test_a_captured_object_is_not_written_to(device):
    outside = Plain(1.0, 2.0, 3.0, 4.0)

    def f(p):
        p.x = 1.0
        outside.x = p.x

    def g(p, o):
        p.x = 1.0
        o.x += p.x

    def h(p, o):
        o.x = p.x = 2.0

    for call in (
        lambda: pp.for_each(f, [Plain(1.0, 2.0, 3.0, 4.0)], device=device),
        lambda: pp.for_each(g, [Plain(1.0, 2.0, 3.0, 4.0)], o=outside, device=device),
        lambda: pp.for_each(h, [Plain(1.0, 2.0, 3.0, 4.0)], o=outside, device=device),
    ):
        with pytest.raises(pp.UnsupportedError, match="all elements share it"):
            call()
    assert outside.x == 1.0


def test_no_reference_is_lost_or_kept():
    marks = [object() for _ in range(3)]
    ones = [Slotted(marks[0], marks[1], 1.0, None) for _ in range(100)]
    plain = [Plain(marks[0], marks[1], 1.0, None) for _ in range(100)]
    dicts = [{"x": marks[0], "y": marks[1]} for _ in range(100)]
    counts = [sys.getrefcount(mark) for mark in marks]

    def f(p, q, d):
        p.x, p.y = p.y, p.x
        q.x, q.y = q.y, q.x
        d["x"], d["y"] = d["y"], d["x"]
        p.vx = q.vx = p.vx + 1.0

    for _ in range(4):
        pp.for_each(f, ones, plain, dicts, device="cpu")
    assert [sys.getrefcount(mark) for mark in marks] == counts
    assert ones[0].x is plain[0].x is dicts[0]["x"] is marks[0] and plain[0].vx == ones[0].vx == 5.0


PLACES = ["p.x", "p.y", "p.vx", "q.x", "q.y", "q.inner.x", "q.inner.y", "d['x']", "d['y']", "d['r'][0]", "q.inner"]
VALUES = ["p.x", "p.y", "q.x", "q.inner.y", "d['x']", "d['r'][1]", "d", "q.inner", "p.x + 1", "q.y * 2", "k", "None"]
VALUES += ["d['y'] - q.inner.x", "(p.x, k)", "[q.y, k]", "z", "d.get('x')", "p.total()"]
CONDITIONS = ["p.x > 1", "q.inner.x > k", "d['x']", "z", "p.y is None", "q.x == d['y']", "'y' in d"]


class Left:
    __slots__ = ("vx", "x", "y")

    def total(self):
        return self.x + self.vx


class Right:
    def __init__(self, x, y, inner):
        self.x, self.y, self.inner = x, y, inner


def numbered(things: list[Any], thing: Any) -> Any:
    """All there is in it; objects by the order in which they are met, values with their types."""
    if thing is None or isinstance(thing, (int, float)):
        return (type(thing).__name__, repr(thing))
    if isinstance(thing, tuple):  # one that is new may be two equal ones where it is put in two places
        return ["tuple", *(numbered(things, item) for item in thing)]
    if any(thing is known for known in things):
        return next(i for i, known in enumerate(things) if known is thing)
    things.append(thing)
    if isinstance(thing, list):
        return ["list", *(numbered(things, item) for item in thing)]
    if isinstance(thing, dict):
        return {key: numbered(things, value) for key, value in thing.items()}
    if isinstance(thing, Left):
        return [numbered(things, getattr(thing, name)) for name in Left.__slots__]
    return numbered(things, dict(vars(thing)))


@st.composite
def statements(draw: st.DrawFn, depth: int = 0) -> list[str]:
    """A few statements that assign to p (a Left), q (a Right), d (a dict) and the local z."""
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.integers(0, 6 if depth < 2 else 4))
        if kind <= 2:
            lines.append(f"{draw(st.sampled_from(PLACES))} = {draw(st.sampled_from(VALUES))}")
        elif kind == 3:
            first, second = draw(st.sampled_from(PLACES)), draw(st.sampled_from(PLACES))
            lines.append(f"{first}, {second} = {draw(st.sampled_from(VALUES))}, {draw(st.sampled_from(VALUES))}")
        elif kind == 4:
            lines.append(f"z = {draw(st.sampled_from(VALUES))}")
        else:
            heads = [f"if {draw(st.sampled_from(CONDITIONS))}:", "for i in range(2):"]
            lines.append(heads[kind - 5])
            lines += ["    " + line for line in draw(statements(depth + 1))]
    return lines


NUMBERS = st.sampled_from([0.5, 1.5, 3, True, 2.25])


def build(drawn: list[Any]) -> tuple[list[Any], ...]:
    lefts, rights, dicts = [], [], []
    for x, y, other, shares in drawn:
        left = Left()
        left.x, left.y, left.vx = x, y, 1.25
        right = Right(y, x, Right(x, 2.5, None))
        record = {"x": y, "y": 0.5, "r": [x, y]}
        if shares and lefts:
            at = other % len(lefts)
            if other % 4 == 0:
                left = lefts[at]
            elif other % 4 == 1:
                right.inner = rights[at].inner
            elif other % 4 == 2:
                record = dicts[at]
            else:
                right = rights[at]
        lefts.append(left)
        rights.append(right)
        dicts.append(record)
    return lefts, rights, dicts


@settings(max_examples=EXAMPLES, deadline=None, derandomize=not RANDOM, database=None, print_blob=True)
@given(statements(), st.lists(st.tuples(NUMBERS, NUMBERS, st.integers(0, 7), st.booleans()), min_size=1, max_size=6))
def test_generated_functions(lines, drawn):
    space: dict[str, Any] = {}
    text = "def f(p, q, d, k, z=1.0):\n" + textwrap.indent("\n".join(lines), "    ")
    exec(text, space)
    f = space["f"]
    mine, theirs, before = build(drawn), build(drawn), build(drawn)

    def loop():
        for elements in zip(*theirs):
            f(*elements, k=1.5)

    want = outcome(loop)
    got = outcome(lambda: pp.for_each(f, *mine, device="cpu", k=1.5))
    if got[1] is pp.UnsupportedError:
        assert "no compiled form" in got[2]
        theirs = before
    else:
        assert got == want, (text, got, want)
        theirs = theirs if want[0] == "value" else before
    assert numbered([], mine) == numbered([], theirs), text
