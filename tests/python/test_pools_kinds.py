"""Every kind of result made in claimed pools: indistinguishable from what CPython's API makes, dead or alive."""

from __future__ import annotations

import random
from typing import Any

import pytest
from test_pools import needs_pools, run

KINDS = """
import copy, pickle, weakref
from collections import namedtuple
from dataclasses import dataclass
Vector = namedtuple("Vector", "x y z")
class Tagged(namedtuple("Tagged", "a b")):
    __slots__ = ()
    def total(self): return self.a + self.b
@dataclass
class Particle:
    x: float
    y: float
@dataclass(slots=True)
class Slotted:
    x: float
    y: object
class Plain:
    def __init__(self, x, y): self.x = x; self.y = y
    def __eq__(self, other): return type(self) is type(other) and self.__dict__ == other.__dict__
class Mixed:
    __slots__ = ("x", "__dict__")
    def __init__(self, x, y): self.x = x; self.y = y
    def __eq__(self, other): return (self.x, self.y) == (other.x, other.y)
class Weak:
    __slots__ = ("x", "y", "__weakref__")
    def __init__(self, x, y): self.x = x; self.y = y
    def __eq__(self, other): return (self.x, self.y) == (other.x, other.y)
class Child(Plain):
    def __init__(self, x, y):
        self.z = y
        self.x = x
n = 10_000
floats = [0.5 * i + 0.25 for i in range(n)]
ints = [(i % 7) * 10 ** (i % 18) - i for i in range(n)]
names = [f"name_{i}" for i in range(n)]
greek = [chr(0x3b1 + i % 24) * (i % 5) for i in range(n)]
wide = [chr(0x1f600 + i % 24) * (i % 300) for i in range(n)]
latin = [chr(0xe0 + i % 24) * (i % 4) for i in range(n)]
ragged = [[0.5 * j for j in range(i % 90)] for i in range(n)]
counts = [[j * 10**9 - i for j in range(i % 9)] for i in range(n)]
words = [["w%d" % j for j in range(i % 6)] for i in range(n)]
vectors = [Vector(v, -v, 2 * v) for v in floats]
particles = [Particle(v, -v) for v in floats]
dicts = [{"x": v, "y": [v]} for v in floats]
CASES = {
    "complex": (lambda v: complex(v, -v), floats),
    "ascii": (lambda s: s + "!", names),
    "sliced": (lambda s: s[5:], names),
    "latin": (lambda s: s + s, latin),
    "greek": (lambda s: s + "a", greek),
    "wide": (lambda s: s + s, wide),
    "narrowed": (lambda s: s[1:2] + "b", wide),
    "ragged": (lambda r: [v + 1.0 for v in r], ragged),
    "counts": (lambda r: [v + 1 for v in r], counts),
    "words": (lambda r: [w + "?" for w in r], words),
    "tuples": (lambda r: tuple([v + 1.0 for v in r]), ragged),
    "nested": (lambda r: [(v, [v * 2.0], "t") for v in r], ragged),
    "long row": (lambda v: (v,) * 64 + (v + 1.0,) * 20, floats),
    "dict": (lambda v: {"x": v + 1.0, "y": v}, floats),
    "dict of list": (lambda v: {"x": v, "y": [v]}, floats),
    "dict of many": (lambda v: {"a": v, "b": 1, "c": None, "d": "d", "e": v, "f": v, "g": 2.0 * v}, floats),
    "dict in dict": (lambda v: {"x": {"y": v + 1.0}, "z": (v, v)}, floats),
    "namedtuple": (lambda v: Vector(v + 1.0, v, None), floats),
    "subclass": (lambda v: Tagged(v, [v]), floats),
    "dataclass": (lambda v: Particle(v, 2.0 * v), floats),
    "slots": (lambda v: Slotted(v, v + 1.0), floats),
    "slots in slots": (lambda v: Slotted(v, Slotted(v, None)), floats),
    "plain": (lambda v: Plain(v, v + 1.0), floats),
    "mixed": (lambda v: Mixed(v, v + 1.0), floats),
    "weak": (lambda v: Weak(v, v + 1.0), floats),
    "child": (lambda v: Child(v, v + 1.0), floats),
    "dict of new floats": (lambda v: {"x": v + 1.0, "y": v * 2.0}, floats),
    "namedtuple of new floats": (lambda v: Vector(v + 1.0, v * 2.0, v - 1.0), floats),
    "slots of new floats": (lambda v: Slotted(v + 1.0, v * 2.0), floats),
    "instance of new floats": (lambda p: Plain(p.y + 1.0, p.x * 2.0), particles),
    "tuple of new floats": (lambda v: (v + 1.0, v * 2.0), floats),
    "list of new floats": (lambda v: [v + 1.0, v * 2.0], floats),
    "text in tuple": (lambda s, v: (s + "x", v, s), names, floats),
    "rows in record": (lambda r, v: Plain([w + v for w in r], r), ragged, floats),
    "fields passed on": (lambda p: Vector(p.z, p.y, p.x), vectors),
    "attributes passed on": (lambda p: {"x": p.y, "y": (p.x, p)}, particles),
    "values passed on": (lambda d: Particle(d["y"], d["x"]), dicts),
    "either": (lambda v: Vector(v, v, v) if v < 1000.0 else {"v": v} if v < 3000.0 else "text", floats),
}
def outcome(case):
    function, *columns = CASES[case]
    pp.map(function, *columns, device="cpu")  # compiles; classes settle
    made = pp.map(function, *columns, device="cpu")
    return made, [function(*row) for row in zip(*columns)]
"""

# Prints what tells one way of making them from another; the expected ones were made by CPython.
LOOK = """
def shape(o):
    below = ()
    if isinstance(o, (list, tuple)): below = [shape(v) for v in o]
    elif isinstance(o, dict): below = [(k, shape(v)) for k, v in o.items()]
    elif isinstance(o, (Plain, Mixed, Weak, Slotted, Particle)):
        below = [shape(o.x), shape(o.y if hasattr(o, "y") else o.z)]
    return type(o).__name__, sys.getsizeof(o), gc.is_tracked(o), below or repr(o)
import hashlib
for case in CASES:
    made, expected = outcome(case)
    assert len(made) == n and made == expected and [type(a) for a in made] == [type(b) for b in expected], case
    # What the collector has not looked at yet is as it was made.
    print(case, hashlib.md5(repr([shape(o) for o in made]).encode()).hexdigest())
    del made, expected
"""


@needs_pools
@pytest.mark.parametrize("threads", ["1", "4"])
def test_they_are_what_the_api_makes(threads: str) -> None:
    api = run(KINDS + "gc.disable()\n" + LOOK, PARALLEL_PARTY_POOLS="0")
    assert run(KINDS + "gc.disable()\n" + LOOK, PARALLEL_PARTY_NUM_THREADS=threads) == api
    assert api.count("\n") == KINDS.count('": (lambda')


LIVE = """
random.seed(3)
for case in CASES:
    made, expected = outcome(case)
    for k in range(0, n, 3):
        a, b = made[k], expected[k]
        if isinstance(a, list):
            a.append(case); b.append(case); a.reverse(); b.reverse(); a *= 2; b *= 2
        elif isinstance(a, dict):
            for j in range(k % 12): a["new%d" % j] = b["new%d" % j] = [a, j] if j == 5 else j
            del a[next(iter(a))], b[next(iter(b))]
            assert list(a) == list(b) and a.copy().keys() == b.keys()
            if k % 12 < 6: assert a == b
            continue
        elif hasattr(a, "__dict__"):
            for j in range(k % 40): setattr(a, "new%d" % j, j); setattr(b, "new%d" % j, j)
            if k % 2 and hasattr(a, "y"): del a.y, b.y
            assert a.__dict__ == b.__dict__ and list(vars(a)) == list(vars(b))
            a.itself = a
            continue
        elif hasattr(type(a), "__slots__") and not isinstance(a, tuple):
            a.x = a if k % 2 else 1.5; b.x = b if k % 2 else 1.5
            if isinstance(a, Weak): assert weakref.ref(a)() is a
            continue
        assert a == b and hash(repr(a)) == hash(repr(b)), case
        if isinstance(a, (str, complex)): assert hash(a) == hash(b) and {a: 1}[b] == 1
    for k in (1, 4, n - 2):
        a, b = made[k], expected[k]
        assert copy.copy(a) == b and copy.deepcopy(a) == b and pickle.loads(pickle.dumps(a)) == b, case
    random.shuffle(made)
    del made[::2], a, b
    gc.collect()
    more = [function_(v) for function_ in (lambda v: [v], lambda v: {"x": v}, lambda v: Plain(v, v), str, complex)
            for v in floats[:2000]]
    assert more[0] == [floats[0]] and more[-1] == complex(floats[1999])
    del made, expected, more
    gc.collect()
print("fine")
"""


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"PARALLEL_PARTY_POOLS": "0"},
        {"PARALLEL_PARTY_RAW_READS": "0"},
        {"PARALLEL_PARTY_NUM_THREADS": "1"},
        {"PYTHONMALLOC": "debug"},
        {"PYTHONMALLOC": "malloc"},
    ],
    ids=lambda environment: "-".join(environment.values()) or "as it is",
)
def test_they_live_and_die_like_any_other(environment: dict[str, str]) -> None:
    assert run(KINDS + LIVE, **environment) == "fine\n"


COUNT = """
names_of = {"Vector": Vector, "Tagged": Tagged, "Particle": Particle, "Slotted": Slotted, "Plain": Plain}
def held(): return [sys.getrefcount(o) for o in (*names_of.values(), Mixed, Weak, Child, None, "x", "y", "alpha", "")]
for case in CASES:
    function, *columns = CASES[case]
    for _ in range(3): pp.map(function, *columns, device="cpu")
    gc.collect()
    references, blocks = held(), sys.getallocatedblocks()
    made = pp.map(function, *columns, device="cpu")
    new = [b - a for a, b in zip(references, held())]
    print(case, (sys.getallocatedblocks() - blocks) // 1000, [round(r / 1000) for r in new])
    del made
    gc.collect()
    assert abs(sys.getallocatedblocks() - blocks) < 300, (case, sys.getallocatedblocks() - blocks)
    left = [b - a for a, b in zip(references, held())]
    assert all(abs(r) < 20 for r in left), (case, left)
"""


@needs_pools
def test_every_block_and_reference_is_accounted_for() -> None:
    assert run(KINDS + COUNT) == run(KINDS + COUNT, PARALLEL_PARTY_POOLS="0")


@needs_pools
def test_versions_of_dicts_are_their_own() -> None:
    answer = run(
        "try: from _testcapi import dict_get_version\n"
        "except ImportError: dict_get_version = None\n"
        "f = lambda v: {'x': v, 'y': {'z': v + 1.0}}\ncolumn = [float(i) for i in range(20_000)]\n"
        "made = pp.map(f, column, device='cpu') + pp.map(f, column, device='cpu')\n"
        "if dict_get_version:\n"
        "    found = {dict_get_version(d) for d in made} | {dict_get_version(d['y']) for d in made}\n"
        "    assert len(found) == 80_000 and dict_get_version({}) not in found\n"
        "    then = dict_get_version(made[0]); made[0]['x'] = 1; assert dict_get_version(made[0]) not in found\n"
        "print('fine')"
    )
    assert answer == "fine\n"


def test_classes_that_change_between_calls() -> None:
    assert (
        run(
            KINDS + "f = lambda v: Plain(v, v + 1.0)\n"
            "for k in range(40):\n"
            "    made = pp.map(f, floats, device='cpu')\n"
            "    assert made[k].y == floats[k] + 1.0 and made[-1].x == floats[-1]\n"
            "    setattr(made[5], 'extra%d' % k, k); setattr(Plain(1, 2), 'other%d' % k, k)\n"
            "    assert vars(made[6]) == {'x': floats[6], 'y': floats[6] + 1.0}\n"
            "Plain.__slots__ = (); Plain.z = 3\n"
            "assert pp.map(f, floats, device='cpu')[9].z == 3\nprint('fine')"
        )
        == "fine\n"
    )


def test_elements_that_change_while_they_are_mapped() -> None:
    """What is passed on is found again where it is, or made anew, also among records."""
    program = (
        KINDS + "import threading\nstop = False\n"
        "cells = [[v, v] for v in floats * 3]\n"
        "def disturb():\n"
        "    k = 0\n"
        "    while not stop:\n"
        "        k = (k + 7919) % len(cells); cells[k][0] = -cells[k][0]; cells[k][1] = cells[k][0]\n"
        "thread = threading.Thread(target=disturb); thread.start()\n"
        "for _ in range(10):\n"
        "    made = pp.map(lambda c: Vector(c[0] * 1.0, c[1], {'c': c[0]}), cells, device='cpu')\n"
        "    assert all(type(m) is Vector and abs(m.x) == abs(m.z['c']) == abs(m.y) for m in made)\n"
        "stop = True; thread.join(); print('fine')"
    )
    assert run(program) == "fine\n"


def _expression(rng: random.Random, depth: int) -> str:
    """An expression that makes some object of x (a float), i (an int), s (a text) and r (a row of floats)."""
    if depth == 3 and rng.random() < 0.2:
        return rng.choice(["Plain(x * 2.0, x)", "Particle(x * 2.0, x + 1.0)", "{'k': x * 2.0}", "[x * 2.0, x + 1.0]"])
    atoms = ["x", "x * 2.0", "i", "i + 1", "s", "s + 'q'", "s[1:]", "r", "[v + x for v in r]", "None", "i > 3", "'c'",
             "complex(x, 1.0)", "tuple([v * 2.0 for v in r])", "[(v, s) for v in r]"]  # fmt: skip
    if depth == 0 or rng.random() < 0.25:
        return rng.choice(atoms)
    items = [_expression(rng, depth - 1) for _ in range(rng.randint(1, 4))]
    two = (items * 2)[:2]
    return rng.choice(
        [
            f"({', '.join(items)},)",
            f"[{', '.join(items)}]",
            "{" + ", ".join(f"'k{k}': {item}" for k, item in enumerate(items)) + "}",
            f"Tagged({two[0]}, {two[1]})",
            f"Particle({two[0]}, {two[1]})",
            f"Slotted({two[0]}, {two[1]})",
            f"Plain({two[0]}, {two[1]})",
            f"({items[0]} if i % 3 else {items[-1]})",
        ]
    )


SAME = """
def same(a, b):
    if type(a) is not type(b): return False
    if isinstance(a, (list, tuple)): return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict): return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, Slotted): return same(a.x, b.x) and same(a.y, b.y)
    if hasattr(a, "__dict__"): return same(vars(a), vars(b))
    return a == b
columns = (
    [0.5 * k for k in range(9000)],
    [k * 37 % 1000 for k in range(9000)],
    ["t%d" % (k % 50) + "\\u20ac" * (k % 3 == 0) for k in range(9000)],
    [[0.25 * k] * (k % 13) for k in range(9000)],
)
for text in PROGRAMS:
    function = eval("lambda x, i, s, r: " + text)
    try: made = pp.map(function, *columns, device="cpu")
    except pp.UnsupportedError: continue
    assert all(map(same, made, map(function, *columns))), text
    for o in made[::5]:
        if isinstance(o, dict): o["new"] = made
        elif isinstance(o, (Particle, Plain)): o.new = made
        elif isinstance(o, list): o.append(made)
    del made, o
    gc.collect()
print("fine")
"""


@pytest.mark.parametrize("seed", range(4))
def test_random_results(seed: int) -> None:
    rng = random.Random(seed)
    programs: list[Any] = [_expression(rng, 3) for _ in range(15)]
    assert run(KINDS + f"PROGRAMS = {programs!r}\n" + SAME) == "fine\n"
