"""Members of enums as elements, as fields and as constants: which one it is, its value and its name."""

from __future__ import annotations

import enum
import math
import random
from collections.abc import Callable
from typing import Any

import pytest
from conftest import agrees

import parallel_party as pp


class State(enum.Enum):
    CLOSED = 1
    OPEN = 2
    LOCKED = 3
    SHUT = 1  # noqa: PIE796 - another name of CLOSED

    @property
    def is_passable(self) -> bool:
        return self is State.OPEN

    def cost(self, base: float) -> float:
        return base * 2.0 if self.value > 1 else base


class Mixed(enum.Enum):
    INT = 1
    FLOAT = 2.5
    TEXT = "three"
    ROW = (1.0, 2)


class Planet(enum.Enum):
    MERCURY = (3.303e23, 2.4397e6)
    EARTH = (5.976e24, 6.37814e6)

    def __init__(self, mass: float, radius: float) -> None:
        self.mass = mass
        self.radius = radius

    @property
    def gravity(self) -> float:
        return 6.673e-11 * self.mass / (self.radius * self.radius)


class Colour(enum.Flag):
    RED = enum.auto()
    GREEN = enum.auto()
    YELLOW = RED | GREEN


class Odd(enum.Enum):
    ONE = 1
    OTHER = 2

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = enum.Enum.__hash__


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Mode(enum.StrEnum):
    FAST = "fast"
    SLOW = "slow"


class Rights(enum.IntFlag):
    READ = 1
    WRITE = 2


class Cell:
    def __init__(self, x: float, state: State) -> None:
        self.x = x
        self.state = state


MEMBERS = [random.Random(k).choice(list(State)) for k in range(600)]
CONSTANT = State.LOCKED


def handed_back(f: Callable[..., Any], *columns: list[Any]) -> int:
    """How many elements CPython evaluates; the answer is that of the comprehension."""
    before = pp.stats().handed_back
    assert agrees(f, *columns, device="cpu")
    return pp.stats().handed_back - before


@pytest.mark.parametrize(
    "f",
    [
        lambda s: s is State.OPEN,
        lambda s: s is not State.OPEN,
        lambda s: s == State.OPEN,
        lambda s: 1.0 if s != State.LOCKED else None,
        lambda s: s is State.SHUT,
        lambda s: s in (State.OPEN, State.LOCKED),
        lambda s: s == 1 or s is None or s == "OPEN",
        lambda s: s is CONSTANT,
        lambda s: s.value * 2,
        lambda s: s.name,
        lambda s: (s, s.value, s.name),
        lambda s: State.OPEN if s is State.CLOSED else s,
        lambda s: [State.LOCKED, s],
        lambda s: isinstance(s, State),
        lambda s: s.is_passable,
        lambda s: s.cost(1.5),
        lambda s: {"state": State.OPEN, "was": s},
        lambda s: Mixed.INT is s or Mixed.INT == s,
    ],
)
def test_members_as_elements(f):
    assert handed_back(f, MEMBERS) == 0


def test_many_members_by_all_threads():
    column = [random.Random(k).choice(list(State)) for k in range(100_000)]
    assert handed_back(lambda s: s is State.OPEN, column) == 0
    assert handed_back(lambda s: (s.value, s), column) == 0


def test_values_of_every_kind():
    column = [random.Random(k).choice(list(Mixed)) for k in range(600)]
    assert handed_back(lambda s: s.value, column) == 0
    assert handed_back(lambda s: 1 if s is Mixed.ROW else 2, column) == 0
    planets = [random.Random(k).choice(list(Planet)) for k in range(600)]
    assert handed_back(lambda p: p.gravity * 2.0, planets) == 0
    assert handed_back(lambda p: (p.mass, p is Planet.EARTH), planets) == 0


def test_members_in_rows_and_objects(device):
    rows = [(0.5 * k, s) for k, s in enumerate(MEMBERS)]
    assert agrees(lambda r: r[0] * 2.0 if r[1] is State.OPEN else -r[0], rows, device=device)
    assert agrees(lambda r: (r[1], r[0] + r[1].value), rows, device=device)
    cells = [Cell(0.5 * k, s) for k, s in enumerate(MEMBERS)]
    assert agrees(lambda c: c.x if c.state == State.OPEN else c.state.value, cells, device=device)
    assert agrees(lambda a, b: a is b, MEMBERS, MEMBERS[::-1], device=device)
    assert agrees(lambda a, b: a == b and a is not State.OPEN, MEMBERS, MEMBERS[::-1], device=device)
    assert agrees(lambda a, b: a is b, MEMBERS, [Mixed.INT] * 600, device=device)
    assert agrees(lambda s: s is State.OPEN, [*MEMBERS, None, 1, 2.5, *Mixed, Level.LOW, State], device=device)


def test_members_are_written_to_objects(device):
    def step(c: Cell) -> None:
        if c.state is State.OPEN:
            c.x += 1.0
            c.state = State.CLOSED

    cells, want = ([Cell(0.5 * k, s) for k, s in enumerate(MEMBERS)] for _ in range(2))
    for cell in want:
        step(cell)
    pp.for_each(step, cells, device=device)
    assert [(c.x, c.state) for c in cells] == [(c.x, c.state) for c in want]


def test_flags():
    column = [random.Random(k).choice([Colour.RED, Colour.GREEN, Colour.YELLOW, Colour(0)]) for k in range(600)]
    assert handed_back(lambda c: c is Colour.RED, column) == 0
    assert handed_back(lambda c: c.value & 1, column) == 0
    assert agrees(lambda c: bool(c.value) and (c.name, c), column, device="cpu")


@pytest.mark.parametrize(
    ("f", "column"),
    [
        (lambda s: (s == Odd.ONE, s is Odd.ONE) if s is not None else 1, [Odd.ONE, Odd.OTHER, None] * 9),
        (lambda v: f"{v}", [Level.LOW, Level.HIGH, 3] * 9),
        (lambda v: v.bit_length() + v.real, [Level.LOW, Level.HIGH, 3] * 9),
        (lambda v: Level.LOW.name if v > 1 else v, [Level.LOW, Level.HIGH, 3] * 9),
        (lambda v: Level(v) if v > 1 else v, [1, 2, 2] * 9),
        (lambda v: v == None or v is Level.LOW, [Level.LOW, Level.HIGH, 3] * 9),  # noqa: E711
        (lambda v: v | Rights.WRITE, [Rights.READ, Rights(3), 3] * 9),
        (lambda v: v == "fast" if v is not None else None, [Mode.FAST, Mode.SLOW, None, "fast"] * 9),
        (lambda v: State(v) if v > 1 else v, [1, 2, 3] * 9),
        (lambda v: State["OPEN"] if v > 1 else v, [1, 2, 3] * 9),
        (lambda v: len(State) if v > 1 else v, [1, 2, 3] * 9),
    ],
)
def test_what_cpython_evaluates(f, column):
    """Members that are ints or texts, classes that compare as they like, look-ups in the class."""
    assert agrees(f, column, device="cpu")


LEVELS = [random.Random(k).choice(list(Level)) for k in range(600)]
HIGH = Level.HIGH


class Big(enum.IntEnum):
    HUGE = 1 << 70
    SMALL = 1


class Loud(enum.IntEnum):
    ONE = 1
    TWO = 2

    def __add__(self, other: Any) -> Any:
        return "sum"

    def __lt__(self, other: Any) -> bool:
        return True

    def __bool__(self) -> bool:
        return False


@pytest.mark.parametrize(
    "f",
    [
        lambda v: v + 1,
        lambda v: 1 - v,
        lambda v: v * 2.5,
        lambda v: v / 2,
        lambda v: 7 // v,
        lambda v: v**2,
        lambda v: v | 4,
        lambda v: v << 3,
        lambda v: v + v,
        lambda v: (-v, +v, ~v, abs(v)),
        lambda v: Level.HIGH + 1 if v == 1 else Level.LOW,
        lambda v: (v < Level.HIGH, v == 1, v != 2.0, v >= True, v),
        lambda v: v == Level.HIGH,
        lambda v: v is Level.HIGH,
        lambda v: v is HIGH and v == HIGH,
        lambda v: v in (Level.LOW, 7),
        lambda v: v in (1, 3),
        lambda v: v == "text",
        lambda v: (int(v), float(v), bool(v)),
        lambda v: 1.0 if v else 2.0,
        lambda v: not v,
        lambda v: math.sqrt(v) + math.floor(v),
        lambda v: (v.value, v.name, v),
        lambda v: v.value + v,
        lambda v: isinstance(v, int),
        lambda v: (isinstance(v, float), isinstance(v, Level), isinstance(v, str)),
        lambda v: (10, 20, 30)[v],
        lambda v: sum(k for k in range(v)),
        lambda v: [Level.LOW, v],
    ],
)
def test_members_that_are_ints(f):
    assert handed_back(f, LEVELS) == 0
    assert agrees(f, [*LEVELS[:40], 1, 2, True, 2.5, None, *Loud, *Rights, *Big, Mixed.INT], device="cpu")


def test_rights_are_ints():
    column = [random.Random(k).choice([Rights.READ, Rights.WRITE, Rights(3), Rights(0)]) for k in range(600)]
    for f in (lambda v: v + 1, lambda v: v == 3, lambda v: 1 if v else 0, lambda v: (v, v.value), lambda v: v > 1):
        assert handed_back(f, column) == 0
    for g in (lambda v: v | Rights.WRITE, lambda v: v & 1, lambda v: ~v, lambda v: Rights.READ in v):
        assert agrees(g, column, device="cpu")


def test_classes_of_ints_that_compute_as_they_like():
    column = [Loud.ONE, Loud.TWO] * 300
    for f in (lambda v: v + 1, lambda v: v < 0, lambda v: 1 if v else 0, lambda v: v * 2, lambda v: 1 + v):
        assert agrees(f, column, device="cpu")
    assert agrees(lambda v: v + 1, [Big.HUGE, Big.SMALL] * 90, device="cpu")


def test_an_int_enum_that_is_changed():
    class Fresh(enum.IntEnum):
        A = 1
        B = 2

    column = [Fresh.A, Fresh.B] * 300
    f = lambda v: (v + 1, v == 1)
    assert handed_back(f, column) == 0
    Fresh.A._value_ = 7
    assert agrees(lambda v: (v + 1, v.value), column, device="cpu")
    Fresh.__add__ = lambda self, other: "mine"
    Fresh.__radd__ = lambda self, other: "mine"
    Fresh.__eq__ = lambda self, other: True
    assert agrees(f, column, device="cpu")


def test_names_that_no_attribute_has():
    dicts = [{"id()": k, "value()": 0.5 * k} for k in range(600)]
    assert agrees(lambda d: None if d is None else (d["id()"], d["value()"]), [*dicts, None], device="cpu")
    assert agrees(lambda k: {"id()": k, "value()": 1}, list(range(90)), device="cpu")


def test_int_members_in_rows_and_objects(device):
    rows = [(0.5 * k, s) for k, s in enumerate(LEVELS)]
    assert agrees(lambda r: (r[0] * r[1], r[1]), rows, device=device)
    assert agrees(lambda r: r[0] if r[1] > Level.LOW else r[1] + 1, rows, device=device)


def test_a_constant_that_is_bound_anew():
    global CONSTANT
    f = lambda s: (s is CONSTANT, CONSTANT)
    for constant in (State.OPEN, State.LOCKED, 5, None, State.OPEN):
        CONSTANT = constant
        assert agrees(f, MEMBERS, device="cpu")
    CONSTANT = State.LOCKED


def test_an_enum_that_is_changed():
    class Fresh(enum.Enum):
        A = 1
        B = 2

    column = [Fresh.A, Fresh.B] * 300
    f = lambda s: (s.value, s is Fresh.A, s == Fresh.B)
    only_identity = lambda s: (s.value, s is Fresh.A)
    assert agrees(f, column, device="cpu")
    Fresh.A._value_ = 7
    assert agrees(f, column, device="cpu") and pp.map(f, column, device="cpu")[0][0] == 7
    Fresh.A.extra = 1.5
    assert agrees(lambda s: s.extra if s is Fresh.A else None, column, device="cpu")
    Fresh.__eq__ = lambda self, other: True
    assert agrees(only_identity, column, device="cpu")
    with pytest.raises(pp.UnsupportedError, match="comparing 'Fresh'"):
        pp.map(f, column, device="cpu")


def test_an_enum_made_by_its_function_and_members_made_by_new():
    Short = enum.Enum("Short", "ONE TWO")
    assert agrees(lambda s: (s is Short.ONE, s.value, s.name), [Short.ONE, Short.TWO] * 30, device="cpu")

    class Coordinate(bytes, enum.Enum):
        def __new__(cls, value: int, label: str) -> Coordinate:
            made = bytes.__new__(cls, [value])
            made._value_ = value
            made.label = label
            return made

        X = (1, "x")
        Y = (2, "y")

    assert agrees(lambda c, v: v if v else c.label, [Coordinate.X, Coordinate.Y] * 9, [0, 1] * 9, device="cpu")


def by_value(x):
    try:
        return State(x)
    except ValueError:
        return None


def by_name(word):
    try:
        return Planet[word].mass
    except KeyError as error:
        return error.args[0]


def of_constants(x):
    state = State.OPEN if x > 1 else State.SHUT
    return state.name, state.value + x, state.is_passable, state.cost(x), state.__class__ is State, state


@pytest.mark.parametrize(
    "f",
    [
        of_constants,
        lambda x: (State(x % 3 + 1), State(x % 3 + 1).name, State(x % 3 + 1.0) is State.OPEN, State(x > 0 or 2)),
        lambda x: (Level(x % 2 + 1), Level(x % 2 + 1) + x, Rights(2) == x),
        lambda x: [s.name for s in State if s.value > x % 3],
        lambda x: (len(State), len(Colour), len(Rights), [c.name for c in Colour], list(Planet)),
        lambda x: (min(p.gravity for p in Planet), max(State, key=lambda s: s.value * x).name),
        lambda x: sum(s.value for s in State) * x + Level.HIGH.value + Planet.EARTH.radius + Planet.EARTH.value[0],
        lambda x: (Mixed.TEXT.value + "!", Mixed.FLOAT.value * x, Mixed.ROW.value[1], Mixed("three").name),
        lambda x: (State["OPEN"], State["SHUT"], State["CLOSED" if x > 0 else "LOCKED"].value),
        lambda x: (
            State.OPEN in State,
            State.SHUT in State,
            isinstance(State.OPEN, State),
            isinstance(State.OPEN, Planet),
        ),
        lambda x: (bool(Colour.RED), not State.OPEN, 1 if Colour.GREEN else x, State.OPEN or x),
        lambda x: (Colour.RED in Colour.YELLOW, (Colour.RED | Colour.GREEN) is Colour.YELLOW, Colour.YELLOW.value & x),
    ],
    ids=range(12),
)
def test_members_of_a_class(f):
    assert handed_back(f, [1, 2, 3, 0, 7]) == 0


@pytest.mark.parametrize(
    ("f", "column"),
    [
        (by_value, [1, 2, 3, 4, 0, -1]),
        (by_value, [1.0, 2.5, float("nan")]),
        (by_name, ["EARTH", "MERCURY", "MOON", ""]),
        (lambda x: State(x), [1, 9]),
        (lambda x: State(x), [State.OPEN, State.SHUT]),
        (lambda x: State(x), ["OPEN", "1"]),
        (lambda x: State[x], ["OPEN", "open"]),
        (lambda x: State.OPEN.nothing, [1]),
        (
            lambda c: (Colour.RED in c, bool(c & Colour.GREEN), c | Colour.RED, c ^ Colour.GREEN, ~c),
            [*Colour, Colour(0)],
        ),
        (lambda c: (c & Colour.GREEN).name, [Colour.YELLOW, Colour.GREEN]),
        (lambda x: x in State, [State.OPEN, Planet.EARTH]),
    ],
    ids=range(11),
)
def test_look_ups_agree(f, column):
    assert agrees(f, column, device="cpu")


def test_what_is_looked_up_is_seen_when_it_changes():
    class Fresh(enum.Enum):
        A = 1
        B = 2

        def show(self):
            return self.value

    f = lambda x: (Fresh.A.value, Fresh(x).name, Fresh.B.show())
    assert agrees(f, [1, 2], device="cpu")
    Fresh.B._value_ = 20
    assert agrees(lambda x: (Fresh.B.value, Fresh.B.show()), [1, 2], device="cpu")
    assert agrees(lambda x: Fresh.B.show(), [1, 2], device="cpu")
    Fresh.show = lambda self: "other"
    assert agrees(lambda x: Fresh.B.show(), [1, 2], device="cpu")
    Fresh.B.extra = 1.5
    g = lambda x: Fresh.B.extra * x
    assert agrees(g, [1, 2], device="cpu")
    Fresh.B.extra = 2.5
    assert agrees(g, [1, 2], device="cpu")
    del Fresh.B.extra
    assert agrees(g, [1, 2], device="cpu")
