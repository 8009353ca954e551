"""Dicts and sets that a function sees outside of itself, looked up with computed keys; lists of records."""

from __future__ import annotations

import math
import random
from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import pytest
from conftest import agrees
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_captured import runs_compiled

import parallel_party as pp

SQUARES = {i: i * i for i in range(0, 200, 2)}
PRICES = {f"item {i}": 0.25 * i for i in range(150)}
SMALL = {"a": 1, "b": 2, "c": 3}
GRID = {(i, j): (0.5 * i, j) for i in range(12) for j in range(12)}
WIDE = {"\u20ac": 1.5, "\u00e4": 2.5, "x" * 40: 3.5, "": 4.5}
FLOATS = {0.5 * i: i for i in range(80)}
LISTS = {i: [1.0] * (i % 5) for i in range(100)}
PRIMES = {n for n in range(2, 500) if all(n % k for k in range(2, n))}
WORDS = frozenset(PRICES)
EMPTY: dict[int, int] = {}
NUMBERS = [*range(-5, 210, 3), 0, 2, 198]
TEXTS = [f"item {i}" for i in range(0, 170, 7)] + ["", "nothing", "\u20ac", "\u00e4", "a", "b"]


def text_of(i):
    return "item " + str(i)


LOOKING = {
    "item": lambda i: SQUARES[i & ~1],
    "in": lambda i: (i in SQUARES, i not in SQUARES),
    "get": lambda i: SQUARES.get(i),
    "get or": lambda i: SQUARES.get(i, -1),
    "get another type": lambda i: SQUARES.get(i, 0.5),
    "float key": lambda i: (SQUARES.get(i * 0.5), SQUARES.get(float(i)), i * 1.0 in SQUARES),
    "bool key": lambda i: SQUARES.get(i > 100),
    "other key": lambda i: (SQUARES.get(None), "x" in SQUARES, (i, i) in SQUARES),
    "float table": lambda i: (FLOATS.get(i), FLOATS.get(i * 0.25), FLOATS.get(-0.0), i in FLOATS),
    "infinite key": lambda i: (FLOATS.get(math.inf), SQUARES.get(1e300 * i)),
    "pairs": lambda i: GRID[(i % 12, 3)][0] + GRID[i % 12, i % 7][1],
    "pair in": lambda i: ((i, i) in GRID, (i, 0.0) in GRID, (i, 0, 0) in GRID),
    "built text": lambda i: PRICES.get(text_of(i), -1.0),
    "lists": lambda i: sum(LISTS.get(i % 100, [])) + len(LISTS[abs(i) % 100]),
    "set": lambda i: i in PRIMES,
    "set of text": lambda i: text_of(i) in WORDS,
    "len": lambda i: len(SQUARES) + len(PRIMES) + len(EMPTY) + i,
    "truth": lambda i: (1 if SQUARES else 2, 1 if EMPTY else 2),
    "keys": lambda i: [k for k in SQUARES if k > i],
    "values": lambda i: sum(SQUARES.values()) + sum(v for v in SQUARES.values()) + i,
    "items": lambda i: sum(k * v for k, v in SQUARES.items()) + i,
    "max of keys": lambda i: max(SQUARES) + max(SQUARES.values()) + min(SQUARES.keys()) + i,
    "set items": lambda i: sum(PRIMES) + i,
    "sorted": lambda i: sorted(PRIMES)[i % 20],
    "list of keys": lambda i: len(list(SQUARES)) + len(tuple(PRIMES)) + i,
    "enumerate": lambda i: sum(n * k for n, k in enumerate(SQUARES)) + i,
    "empty": lambda i: (EMPTY.get(i), i in EMPTY, sum(EMPTY)),
    "choice": lambda i: (SQUARES if i > 50 else FLOATS).get(i, None),
    "all in": lambda i: all(k in SQUARES for k in (i, i + 2, i + 4)),
}


@pytest.mark.parametrize("name", LOOKING)
def test_looking_up(name: str) -> None:
    assert runs_compiled(LOOKING[name], NUMBERS * 8)


WITHOUT_MEMORY = ["item", "in", "get or", "float key", "other key", "pairs", "pair in", "set", "len", "values", "items"]


@pytest.mark.parametrize("name", WITHOUT_MEMORY)
def test_on_devices(name: str, device: str) -> None:
    assert agrees(LOOKING[name], NUMBERS * 8, device=device)


def test_text_keys() -> None:
    assert runs_compiled(lambda s: (PRICES.get(s), s in PRICES, s in WORDS), TEXTS * 20)
    assert runs_compiled(lambda s: (WIDE.get(s, 0.0), SMALL.get(s), s in SMALL), TEXTS * 20)
    assert runs_compiled(lambda s: WIDE["\u20ac"] + len(s), TEXTS * 20)
    assert runs_compiled(lambda i: SMALL["abc"[i % 3]], NUMBERS * 10)
    assert runs_compiled(lambda i: sum(v for v in SMALL.values()) + i, NUMBERS * 10)
    assert runs_compiled(lambda i: [k for k in SMALL], NUMBERS * 10)


def test_missing_keys() -> None:
    assert agrees(lambda i: SQUARES[i], [0, 2, 4, 7, 9] * 100, device="cpu")
    assert agrees(lambda s: PRICES[s], [*TEXTS, "missing"], device="cpu")
    with pytest.raises(KeyError, match="7") as caught:
        pp.map(lambda i: SQUARES[i], [0, 2, 7], device="cpu")
    assert "2" in caught.value.__notes__[0]
    assert agrees(lambda i: [i] in SQUARES, [0, 1] * 300, device="cpu")


def test_nan_keys() -> None:
    nan = math.nan
    table = {nan: 1, 1.0: 2, math.inf: 3}
    chosen = {nan, 1.0}
    asked = [nan, 1.0, 2.0, math.inf, float("nan")]
    assert agrees(lambda v: (table.get(v, 0), v in chosen), asked * 100, device="cpu")


def test_changes_are_seen() -> None:
    table: dict[Any, Any] = {i: 0.5 * i for i in range(50)}
    chosen = {1, 2, 3}
    f = lambda i: (table.get(i), i in table, i in chosen, len(table))  # noqa: E731

    def check() -> None:
        assert runs_compiled(f, list(range(-3, 60)) * 10)

    check()
    table[7] = 9.5
    check()
    table[55] = 1.5
    del table[3]
    check()
    table.update({k: -1.0 for k in range(60)})
    check()
    chosen.add(50)
    chosen.discard(2)
    check()
    chosen.clear()
    check()
    for key in range(60):
        table[key] = key
    check()
    table.clear()
    check()


def test_values_that_change_within_are_seen() -> None:
    table = {i: [0.5] * 3 for i in range(50)}
    f = lambda i: sum(table[i]) + len(table[i])  # noqa: E731
    assert runs_compiled(f, list(range(50)) * 10)
    table[7].append(2.0)
    assert runs_compiled(f, list(range(50)) * 10)
    table[8][0] = 9.0
    assert runs_compiled(f, list(range(50)) * 10)


def test_writing_is_refused() -> None:
    def counts(i):
        SQUARES[i] = SQUARES.get(i, 0) + 1
        return i

    def adds(i):
        PRIMES.add(i)
        return i

    before = dict(SQUARES), set(PRIMES)
    for f in (counts, adds):
        with pytest.raises(pp.UnsupportedError, match="from outside the function"):
            pp.map(f, [1, 2, 3] * 200, device="cpu")
    assert before == (SQUARES, PRIMES)


KINDS = {"zero": 0, "one": 1, 2: 20, 3: 30, 4.5: 45, None: -1, (1, 2): 12}
LABELS = {i: f"label {i}" for i in range(60)}
FACTS = {f"key {i}": (i, 0.5 * i, None, f"t{i}", i % 2 == 0)[i % 5] for i in range(40)}
SETTINGS = {"scale": 2.5, "count": 3, "name": "x", "on": True}
SEVERAL = {i if i % 2 else f"k{i}": 0.5 * i if i % 3 else i for i in range(60)}
ANYTHING = frozenset({1, "one", 2.5, None, (3, "x")})


def chosen_of(i):
    total = 0
    for key, value in SEVERAL.items():
        if isinstance(key, int) and key > i:
            total += value
    return total


OF_SEVERAL_TYPES = {
    "keys": lambda i: (KINDS.get(i), KINDS.get(i * 0.5, "none"), i in KINDS, KINDS.get("one"), KINDS[2]),
    "key or text": lambda i: KINDS["zero" if i % 2 else 3],
    "other keys": lambda i: (KINDS.get(None), KINDS.get((1, 2)), KINDS.get((1, i)), KINDS.get("x" * i)),
    "text by number": lambda i: LABELS[abs(i) % 60],
    "text used": lambda i: LABELS.get(i, "").upper() + "!" + str(len(LABELS[abs(i) % 60])),
    "values": lambda i: FACTS.get("key " + str(i)),
    "value": lambda i: FACTS["key " + str(abs(i) % 40)],
    "few values": lambda i: (SETTINGS[("scale", "count", "on")[i % 3]], SETTINGS.get("name")),
    "length": lambda i: len(KINDS) + len(FACTS) + len(ANYTHING) + i,
    "truth": lambda i: (1 if KINDS else 2, 1 if SEVERAL else 2),
    "loop over keys": lambda i: [k for k in SEVERAL if isinstance(k, int) and k > i],
    "loop over values": lambda i: sum([v * 1.0 for v in SEVERAL.values()]) + i,
    "loop over items": chosen_of,
    "loop over few": lambda i: [str(k) + str(v) + str(i) for k, v in SETTINGS.items()],
    "sum of few": lambda i: sum(v for v in SETTINGS.values() if not isinstance(v, str)) + i,
    "in a set": lambda i: (i in ANYTHING, "one" in ANYTHING, i * 0.5 in ANYTHING, (i, "x") in ANYTHING),
    "None in a set": lambda i: (None in ANYTHING, (i > 0) in ANYTHING),
}


@pytest.mark.parametrize("name", OF_SEVERAL_TYPES)
def test_of_several_types(name: str) -> None:
    numbers = [*range(-5, 70, 3), 0, 1, 2]
    assert runs_compiled(OF_SEVERAL_TYPES[name], numbers * 8)


def test_changes_of_several_types_are_seen() -> None:
    table: dict[Any, Any] = {"zero": 0, "one": 1, 2: 20, 3: 30}
    f = lambda i: table.get(i, -1)  # noqa: E731
    for key, value in ((2, 21), (5, "five"), ("x", 2.5), (7, None), (2.5, (1, 2)), (8, True)):
        assert runs_compiled(f, [0, 2, 3, 5, 7, 8] * 100)
        table[key] = value
    assert runs_compiled(f, [0, 2, 3, 5, 7, 8] * 100)
    table[9] = [1]  # may change, and is not alone
    with pytest.raises(pp.UnsupportedError):
        pp.map(f, [0, 2, 3, 5, 7, 8] * 100, device="cpu")


def test_missing_keys_of_several_types() -> None:
    assert agrees(lambda i: KINDS[i], [2, 3, 4] * 100, device="cpu")
    assert agrees(lambda i: LABELS[i], [2, 3, 400] * 100, device="cpu")


def test_mixed_tables_agree_or_are_refused() -> None:
    for table in ({1: 1, 2: 2.5}, {1: 1, "a": 2}, {None: 1}, {1: None, 2: None}, {1: {2: 3}}, {True: 1, 2: 3}):
        f = lambda i, table=table: table.get(i)  # noqa: E731
        if pp.explain(f, [1, 2]).signatures[0].refusal is None:
            assert agrees(f, [0, 1, 2, 3] * 100, device="cpu")


# Records


@dataclass
class Sphere:
    centre: tuple[float, float, float]
    radius: float
    is_hollow: bool = False

    def distance(self, x, y, z):
        cx, cy, cz = self.centre
        return ((x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2) ** 0.5 - self.radius


Star = namedtuple("Star", "name x mass")


class Camera:
    __slots__ = ("fov", "position")
    kind = "pinhole"

    def __init__(self, fov, position):
        self.fov, self.position = fov, position

    @property
    def half(self):
        return self.fov / 2


SPHERES = [Sphere((0.1 * i, 0.2, 0.3), 0.5 + i, i % 3 == 0) for i in range(40)]
STARS = [Star(f"s{i}", 0.5 * i, i) for i in range(40)]
ROWS = [{"x": 0.5 * i, "n": i} for i in range(40)]
CAMERA = Camera(0.5, (1.0, 2.0, 3.0))
WAVES = [complex(i, -i) for i in range(40)]


def nearest(p):
    best = math.inf
    for sphere in SPHERES:
        if sphere.is_hollow:
            continue
        best = min(best, sphere.distance(*p))
    return best


READING = {
    "field": lambda i: SPHERES[i].radius * 2 + SPHERES[i].centre[0],
    "method": lambda i: SPHERES[i].distance(1.0, 2.0, 3.0),
    "loop": lambda i: sum(s.radius for s in SPHERES if not s.is_hollow) + i,
    "namedtuple": lambda i: STARS[i].x + STARS[i].mass + STARS[i][1] + len(STARS[i].name),
    "unpacked": lambda i: [x * mass + i for _, x, mass in STARS],
    "dicts": lambda i: ROWS[i]["x"] + ROWS[i].get("n", 0),
    "sum of dicts": lambda i: sum(row["n"] for row in ROWS) + i,
    "instance": lambda i: CAMERA.fov * i + CAMERA.position[2] + CAMERA.half,
    "complex": lambda i: WAVES[i] * (1 + 2j),
    "length": lambda i: len(SPHERES) + len(ROWS) + i,
}


@pytest.mark.parametrize("name", READING)
def test_records(name: str) -> None:
    assert runs_compiled(READING[name], list(range(40)) * 15)


def test_scene() -> None:
    points = [(0.1 * i, 0.2, -0.3 * i) for i in range(600)]
    assert runs_compiled(nearest, points)


def test_changes_of_records_are_seen() -> None:
    rows = [{"x": 0.5 * i, "n": i} for i in range(40)]
    spheres = [Sphere((0.1 * i, 0.2, 0.3), 0.5 + i) for i in range(40)]
    camera = Camera(0.5, (1.0, 2.0, 3.0))
    f = lambda i: rows[i]["x"] + spheres[i].radius + spheres[i].centre[0] + camera.fov  # noqa: E731
    indices = list(range(40)) * 15
    assert runs_compiled(f, indices)
    rows[3]["x"] = 100.0
    assert runs_compiled(f, indices)
    spheres[4].radius = 50.0
    spheres[5].centre = (9.0, 0.0, 0.0)
    assert runs_compiled(f, indices)
    camera.fov = 2.0
    assert runs_compiled(f, indices)
    spheres[6] = Sphere((0.0, 0.0, 0.0), 1.0)
    rows[7] = {"x": 1.5, "n": 2}
    assert runs_compiled(f, indices)
    rows[8]["more"] = 1
    assert agrees(f, indices, device="cpu")
    spheres[9].radius = 3
    assert agrees(f, indices, device="cpu")


def test_writing_to_records_is_refused() -> None:
    def item(i):
        ROWS[i]["x"] = 1.0
        return i

    def field(i):
        SPHERES[i].radius = 1.0
        return i

    def one(i):
        CAMERA.fov = 1.0
        return i

    for f in (item, field, one):
        with pytest.raises(pp.UnsupportedError, match="from outside the function"):
            pp.map(f, [1, 2, 3] * 200, device="cpu")


KEYS = st.one_of(st.integers(-9, 9), st.floats(width=16), st.booleans(), st.text(max_size=2), st.none())


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.dictionaries(st.integers(-60, 60), st.integers(-9, 9), max_size=90),
        st.dictionaries(st.floats(allow_nan=False, width=16), st.floats(allow_nan=False), max_size=60),
        st.dictionaries(st.text(max_size=2), st.booleans(), max_size=60),
        st.dictionaries(st.tuples(st.integers(-2, 2), st.integers(-2, 2)), st.integers(0, 9), max_size=25),
        st.sets(st.integers(-60, 60)),
        st.frozensets(st.text(max_size=2)),
    ),
    st.lists(KEYS, min_size=1, max_size=30),
    st.integers(0, 1000),
)
def test_generated(table: Any, keys: list[Any], seed: int) -> None:
    chance = random.Random(seed)
    own = [chance.choice(list(table)) for _ in range(20)] if table else []
    asked = keys + own
    chance.shuffle(asked)
    is_set = isinstance(table, (set, frozenset))
    functions = [lambda k: (k in table, k not in table, len(table))]
    if not is_set:
        functions += [lambda k: table.get(k, "none"), lambda k: table[k] if k in table else None]
    f = chance.choice(functions)
    for device in ("cpu",):
        if all(s.refusal is None for s in pp.explain(f, asked, device=device).signatures):
            assert agrees(f, asked * 20, device=device)
