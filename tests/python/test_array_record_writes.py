"""`for_each` with functions that assign to the fields of records of Arrays from outside: what the loop would do."""

from __future__ import annotations

import math
import random
from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import pytest
from conftest import same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_array_writes import is_the_loop

import parallel_party as pp

Pair = namedtuple("Pair", ["x", "n"])


@dataclass
class Place:
    x: float
    y: float


@dataclass
class Ball:
    x: float
    v: float = 0.0
    hits: int = 0
    is_out: bool = False

    def move(self, dt: float) -> None:
        self.x += self.v * dt
        if self.x < 0.0:
            self.bounce()

    def bounce(self) -> None:
        self.x, self.v = -self.x, -self.v * 0.5
        self.hits += 1

    @property
    def energy(self) -> float:
        return 0.5 * self.v * self.v


@dataclass
class Body:
    at: Place
    pair: Any
    n: int = 0


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a: float, b: int) -> None:
        self.a = a
        self.b = b

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Slotted) and (self.a, self.b) == (other.a, other.b)


def balls(count: int = 10) -> Any:
    return pp.array([Ball(0.5 * i - 2.0, 0.25 * i - 1.0, i) for i in range(count)])


def dicts(count: int = 10) -> Any:
    return pp.array([{"x": 0.5 * i, "n": i, "p": (1.0, i)} for i in range(count)])


def bodies(count: int = 6) -> Any:
    return pp.array([Body(Place(0.1 * i, 1.0), (0.5, i), i) for i in range(count)])


def step(i: int, pts: Any) -> None:
    pts[i % len(pts)].x += pts[i % len(pts)].v * 0.125
    pts[(i * 3) % len(pts)].v *= 0.9990234375


def named(i: int, pts: Any) -> None:
    p = pts[i % len(pts)]
    q = pts[(i * 7 + 1) % len(pts)]
    p.v = 0.5 * (p.v + q.v) + i * 0.001
    p.x = p.x + p.v
    q.hits += 1
    if p.hits > q.hits:
        p.is_out = not q.is_out
    q.v = p.v - q.x * 0.0001


def methods(i: int, pts: Any) -> None:
    pts[i % 10].move(0.25)
    if pts[(i + 1) % 10].energy > 0.5:
        pts[i % 10].bounce()


def loops(i: int, pts: Any) -> None:
    for p in pts:
        p.x += 0.125 * i
    best = pts[0]
    for j in range(1, len(pts)):
        if pts[j].x - pts[j].v < best.x - best.v:
            best = pts[j]
    best.v += 0.25
    for k, p in enumerate(pts):
        p.hits = k + best.hits % 5


def keys(i: int, pts: Any) -> None:
    pts[i % 10]["x"] += 0.5
    row = pts[(i * 3) % 10]
    row["n"] = row["n"] * 3 % 1001 + i
    row["p"] = (row["x"], pts[i % 10]["p"][1] % 100 + 1)
    if "n" in row and row.get("n", 0) % 2 == 0:
        row["x"] = len(row) - row["x"] % 10.0


def nested(i: int, pts: Any) -> None:
    body = pts[i % 6]
    at = body.at
    at.x += 0.5
    body.n += int(at.x) % 7
    pts[(i + 1) % 6].at.y = at.x - body.at.y
    body.pair = (body.at.x, pts[(i + 1) % 6].pair[1] + 1)


def slots(i: int, pts: Any) -> None:
    pts[i % 5].a, pts[(i + 2) % 5].b = pts[(i + 2) % 5].b * 0.5, int(pts[i % 5].a) % 50 + i


WRITERS = [
    (step, balls),
    (named, balls),
    (methods, balls),
    (loops, balls),
    (keys, dicts),
    (nested, bodies),
    (slots, lambda: pp.array([Slotted(0.5 * i, i) for i in range(5)])),
]


@pytest.mark.parametrize(("f", "make"), WRITERS, ids=[f.__name__ for f, _ in WRITERS])
@pytest.mark.parametrize("count", [1, 7, 3000])
def test_fields_are_written_as_by_the_loop(f: Any, make: Any, count: int) -> None:
    for columns in (range(count), list(range(count)), pp.array(range(count))):
        assert is_the_loop(f, lambda: {"pts": make()}, columns)


def test_formats_are_those_of_the_array() -> None:
    dtypes = ["float32", "int8", "uint8", "int16", "uint16", "int32", "uint32", "uint64"]

    def write(i: int, pts: Any) -> None:
        pts[i % 9]["x"] = (pts[(i * 2) % 9]["x"] + i) % 97
        pts[i % 9]["y"] = pts[i % 9]["x"]

    for dtype in dtypes:
        number = 0.0 if dtype == "float32" else 0
        columns = {"pts": pp.array([{"x": number, "y": number}] * 9, dtype=getattr(pp, dtype))}
        expected = pp.array([{"x": number, "y": number}] * 9, dtype=getattr(pp, dtype))
        pp.for_each(write, range(1000), device="cpu", **columns)
        for i in range(1000):
            write(i, expected)
        assert same(columns["pts"].tolist(), expected.tolist())


def test_float32_is_read_back_rounded() -> None:
    def write(i: int, pts: Any) -> None:
        p = pts[i % 3]
        p["x"] = 0.1 * i
        p["y"] = p["x"] * 3.0
        pts[0]["x"] += p["y"]

    made, expected = (pp.array([{"x": 0.0, "y": 0.0}] * 3, dtype=pp.float32) for _ in range(2))
    pp.for_each(write, range(500), pts=made, device="cpu")
    for i in range(500):
        write(i, expected)
    assert same(made.tolist(), expected.tolist())


def test_what_is_written_is_seen_through_every_name() -> None:
    def write(i: int, pts: Any, again: Any, xs: Any, part: Any) -> None:
        p, q = pts[i % 10], again[i % 10]
        p.x = 1.0 * i
        q.v = q.x + xs[i % 10]
        xs[(i + 1) % 10] += p.v
        part[i % 4].hits += int(pts[(i + 1) % 10].x) % 3
        p.hits += q.hits % 2

    made, expected = balls(), balls()
    pp.for_each(write, range(2000), device="cpu", pts=made, again=made, xs=made.columns.x, part=made.view(3, 8))
    for i in range(2000):
        write(i, expected, expected, expected.columns.x, expected.view(3, 8))
    assert made.tolist() == expected.tolist()


def test_elements_that_cpython_evaluates_see_and_are_seen() -> None:
    def write(i: int, pts: Any) -> None:
        p = pts[i % 10]
        p.hits += 1
        if i % 100 == 3:
            p.hits += int(str(2**70 + i)[-2:])  # beyond 64 bits: CPython's
        p.x += p.hits * 0.5 % 10.0

    assert is_the_loop(write, lambda: {"pts": balls()}, range(3000), handed_back=None)


def test_all_or_nothing() -> None:
    def beyond(i: int, pts: Any) -> None:
        pts[0].hits += 1
        pts[i].x = -1.0

    def another_type(i: int, pts: Any) -> None:
        pts[0].hits += 1
        pts[i % 10].hits = i if i < 700 else 0.5

    def new_name(i: int, pts: Any) -> None:
        pts[0].hits += 1
        if i == 700:
            pts[3].other = 1.0

    for f, error in ((beyond, IndexError), (another_type, pp.ConversionError), (new_name, AttributeError)):
        made = balls()
        held, before = made[0], made.tolist()
        with pytest.raises(error):
            pp.for_each(f, range(1000), pts=made, device="cpu")
        assert made.tolist() == before and held == before[0]
        held.x = 5.0
        assert made[0].x == 5.0


def test_records_that_are_held_see_it() -> None:
    made = balls()
    held, part, kept = made[3], bodies(), made[:]
    at = part[2].at
    pp.for_each(step, range(100), pts=made, device="cpu")
    pp.for_each(nested, range(100), pts=part, device="cpu")
    assert held is made[3] and held == made.tolist()[3] and kept == balls()
    assert at == part.tolist()[2].at


def test_rows_stay_tuples() -> None:
    def write(i: int, rows: Any) -> None:
        rows[i % 3][0] = 1.0

    with pytest.raises(TypeError, match="'tuple' object does not support item assignment"):
        pp.for_each(write, range(600), rows=pp.array([[1.0, 2.0]] * 3))


def test_a_record_in_the_place_of_another_is_cpythons() -> None:
    def write(i: int, pts: Any) -> None:
        if i % 100 == 7:
            pts[i % 10] = Ball(1.0, 2.0, i)
        pts[i % 10].x += 1.0

    assert is_the_loop(write, lambda: {"pts": balls()}, range(1000), handed_back=10)
    made = balls()
    held = made[7]
    pp.for_each(write, range(300), pts=made)
    assert held is not made[7] and held.hits == 7


@dataclass(frozen=True)
class Frozen:
    x: float
    n: int


def test_frozen_records_are_elements_that_are_assigned_to() -> None:
    def write(i: int, pts: Any) -> None:
        old = pts[i % 7]
        pts[(i * 3) % 7] = Frozen(old.x + 0.5, old.n + i)

    def as_tuple(i: int, pts: Any) -> None:
        pts[i % 7] = (1.0, 2)

    def as_frozen(i: int, pts: Any) -> None:
        pts[i % 7] = Frozen(1.0, 2)

    assert is_the_loop(write, lambda: {"pts": pp.array([Frozen(0.5 * i, i) for i in range(7)])}, range(1000))
    for make in (lambda: pp.array([Frozen(0.5, 1)] * 7), lambda: pp.array([Pair(0.5, 1)] * 7)):
        for f in (as_tuple, as_frozen):
            outcomes = []
            for call in (lambda a, f=f: pp.for_each(f, range(600), pts=a), lambda a, f=f: f(0, a)):
                made = make()
                try:
                    call(made)
                    outcomes.append([type(made[0]), made[0]])
                except Exception as error:
                    outcomes.append([type(error)])
            assert outcomes[0] == outcomes[1], f.__name__


def test_map_does_not_write() -> None:
    made, rows = balls(), dicts()
    for f in (lambda i: step(i, made), lambda i: keys(i, rows), lambda i: made[i].bounce()):
        with pytest.raises(pp.UnsupportedError):
            pp.map(f, range(1000))
    assert made == balls() and rows == dicts()


def test_keys_are_looked_at_one_by_one() -> None:
    def by_key(i: int, rows: Any) -> None:
        row = rows[i % 10]
        for key in ("x", "n"):
            row[key] = row[key] % 50 + 1

    def through_items(i: int, rows: Any) -> None:
        row = rows[i % 10]
        total = 0.0
        for key, value in row.items():
            if key != "p":
                row["x"] = 2.0 * i
                row["n"] = i
                total += value
        rows[(i + 1) % 10]["x"] = total

    def with_new_key(i: int, rows: Any) -> None:
        rows[i % 10]["new"] = 1.0

    assert is_the_loop(by_key, lambda: {"rows": dicts()}, range(1000))
    made, expected = dicts(), dicts()
    for i in range(600):
        through_items(i, expected)
    try:
        pp.for_each(through_items, range(600), rows=made)
        assert same(made.tolist(), expected.tolist())
    except pp.UnsupportedError:
        assert made == dicts()
    with pytest.raises(pp.UnsupportedError):
        pp.for_each(with_new_key, range(600), rows=made)


def test_elements_beside_records() -> None:
    def write(p: Any, pts: Any) -> None:
        target = pts[int(p.x) % 10]
        target.v += p.v
        p.x = target.v * 0.5
        p.hits += target.hits

    made, expected = ([Ball(0.1 * i, math.sin(i)) for i in range(1000)] for _ in range(2))
    table, twin = balls(), balls().tolist()
    pp.for_each(write, made, pts=table, device="cpu")
    for p in expected:
        write(p, twin)
    assert made == expected and table.tolist() == twin
    column, table, twin = pp.array(expected), balls(), balls().tolist()
    pp.for_each(write, column, pts=table, device="cpu")
    for p in expected:
        write(p, twin)
    assert column.tolist() == expected and table.tolist() == twin


def closure_writer(pts: Any) -> Any:
    def shift(p: Any, dx: float) -> float:
        p.x += dx
        return p.x

    def write(i: int) -> None:
        p, q = pts[i % 10], pts[(i + 1) % 10]
        pair = (p, q)
        p.v = shift(q, 0.5) + shift(pair[i % 2], 0.25)
        pair[0].x, pair[1].x = pair[1].x, pair[0].x
        [r.x for r in pair][0]
        get = lambda: p.x + q.v  # noqa: E731
        q.v = 0.25
        p.v = get() % 100.0

    return write


def test_records_in_tuples_cells_and_calls() -> None:
    made, twin = balls(), balls().tolist()
    pp.for_each(closure_writer(made), range(2000), device="cpu")
    write = closure_writer(twin)
    for i in range(2000):
        write(i)
    assert made.tolist() == twin


STATEMENTS = [
    "p.x = q.x + {c}",
    "q.v += p.x * 0.5",
    "p.hits = (q.hits * 3 + i) % 101",
    "pts[{k}].x -= p.v",
    "p = pts[(i + {k}) % 10]",
    "q = p",
    "p, q = q, pts[{k}]",
    "if p.hits % 3 == {k} % 3: q = pts[{k}]",
    "for r in (p, q, pts[{k}]): r.x = r.x * 0.5 + q.v",
    "for j in range({k}): pts[j].v = p.x - q.x; p.hits = (p.hits + j) % 77",
    "xs[{k}] = q.x * 0.25",
    "q.x = xs[{k}] + p.v * 0.125",
    "p.bounce()",
    "if q.is_out: p.is_out = not p.is_out",
    "while p.hits > 40: p.hits -= q.hits % 5 + 1",
    "try: p.x = pts[p.hits - {k}].x\nexcept IndexError: q.x = {c}",
    "p.x, q.x = q.x % 10.0, p.x % 10.0",
]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**9))
def test_random_programs(seed: int) -> None:
    chosen = random.Random(seed)
    lines = []
    for _ in range(chosen.randrange(2, 9)):
        text = chosen.choice(STATEMENTS).format(c=chosen.randrange(-3, 4) * 0.5, k=chosen.randrange(10))
        lines += text.split("\n")
    made: dict[str, Any] = {}
    exec(
        "def f(i, pts, xs):\n    p, q = pts[i % 10], pts[i * 3 % 10]\n    " + "\n    ".join([*lines, "q.hits += 1"]),
        made,
    )
    got, want = balls(), balls()
    pp.for_each(made["f"], range(40), pts=got, xs=got.columns.x, device="cpu")
    pp.for_each(made["f"], range(40, 300), pts=got, xs=got.columns.x, device="cpu")
    for i in range(300):
        made["f"](i, want, want.columns.x)
    assert same(got.columns.x.tolist(), want.columns.x.tolist()), lines
    assert same(got.tolist(), want.tolist()), lines


def test_instances_whose_attributes_lie_in_another_order() -> None:
    class Pair:
        def __init__(self, x: float, v: float, is_turned: bool) -> None:
            if is_turned:
                self.__dict__ = {"v": v, "x": x}
            else:
                self.x, self.v = x, v

    def write(p: Any) -> None:
        p.x = p.x + 10.0 * p.v

    for is_turned in (True, False, True):
        listed = [Pair(float(i), 0.5 * i, is_turned) for i in range(300)]
        held = pp.array([Pair(float(i), 0.5 * i, not is_turned) for i in range(300)])
        wanted = [(6.0 * i, 0.5 * i) for i in range(300)]
        pp.for_each(write, listed, device="cpu")
        pp.for_each(write, held, device="cpu")
        assert [(p.x, p.v) for p in listed] == wanted
        assert [(p.x, p.v) for p in held] == wanted
        assert [p.x for p in held] == pp.map(lambda p: p.x, held, device="cpu").tolist()
        assert pp.map(lambda p: p.x - p.v, listed, device="cpu") == [x - v for x, v in wanted]
        assert pp.map(lambda p: p.x - p.v, held, device="cpu").tolist() == [x - v for x, v in wanted]
