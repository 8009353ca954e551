"""The data model with all capabilities on, each off, all off, and under CPython's debugging aids: the same answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig

import pytest
from conftest import assert_fine, named

# Reading, passing on, making, writing and refilling, of every kind of element, in order and shuffled.
PROGRAM = """
import collections, dataclasses, gc, os, random, sys
import parallel_party as pp

class Plain:
    def __init__(self, x, n): self.x, self.n = x, n
class Slots:
    __slots__ = ("x", "n")
    def __init__(self, x, n): self.x, self.n = x, n
@dataclasses.dataclass
class Data:
    x: float
    n: int
@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    x: float
    n: int
class Odd(float): pass
Pair = collections.namedtuple("Pair", "x n")
shuffled = random.Random(5)
COUNT = 900
MANY = 9000  # so many that all threads take part

def plainly(o):
    if isinstance(o, (tuple, list)): return type(o), *map(plainly, o)
    if isinstance(o, dict): return dict, *((k, plainly(v)) for k, v in o.items())
    if isinstance(o, (Plain, Slots, Data, Frozen)): return type(o), plainly(o.x), plainly(o.n)
    return type(o), repr(o)

def check(f, column, handed_back=0):
    for order in "as it is", "shuffled":
        if order == "shuffled": column = list(column); shuffled.shuffle(column)
        before = pp.stats().handed_back
        got, want = pp.map(f, column, device="cpu"), [f(v) for v in column]
        assert [plainly(v) for v in got] == [plainly(v) for v in want], (f.__code__.co_firstlineno, order)
        assert pp.stats().handed_back - before == handed_back, (column[0], pp.stats().handed_back - before)

numbers = [float(i) for i in range(COUNT)]
many = [float(i) for i in range(MANY)]
integers = [i * 1_000_003 for i in range(COUNT)]
columns = {
    "float": numbers, "int": integers, "bool": [i % 3 == 0 for i in range(COUNT)],
    "complex": [complex(i, 1.0) for i in range(COUNT)], "text": [f"row {i}" for i in range(COUNT)],
    "wide": [f"\\u65e5 {i}" for i in range(COUNT)],
}
for name, column in columns.items():
    check(lambda v: v, column)
    check(lambda v: (v, [v], None), column)
check(lambda v: v * 0.5 + 1.0, many); check(lambda v: v // 7 - 1, integers)
check(lambda v: 1 if v else None, columns["bool"]); check(lambda v: v * 2.0 + 1j, columns["complex"])
check(lambda v: v + "!" if len(v) > 5 else v[1:], columns["text"]); check(lambda v: v + "!", columns["wide"])

by_index = lambda p: [p[0] * 2.0, p[1] + 1, p]
by_name = lambda p: (p.x * 2.0, p.n + 1, p)
check(by_index, [(v, i) for i, v in enumerate(many)])
check(by_index, [[v, i] for i, v in enumerate(numbers)])
check(lambda p: p["x"] * 2.0 + p["n"], [{"x": v, "n": i} for i, v in enumerate(numbers)])
check(lambda p: p["x"] * 2.0 + p["n"], [{str(i): 0, "n": i, "x": v} for i, v in enumerate(numbers)])
for make in Pair, Plain, Slots, Data, Frozen:
    check(by_name, [make(v, i) for i, v in enumerate(numbers)])
    check(lambda v: make(v, 3), numbers)
check(lambda p: p[0][1] + p[1].x, [([0, v], Slots(v, 1)) for v in numbers])
check(lambda row: sum(row) + len(row), [[0.5 * k for k in range(i % 9)] for i in range(COUNT)])
check(lambda row: [v * 2.0 for v in row], [[0.5 * k for k in range(i % 9)] for i in range(COUNT)])
check(lambda v: {"x": v, "y": [v]}, many)
mixed = [1, 2.5, True, None, (1.0, 2), [3], 2**70, Odd(1.5), "text", 1j] * 90
check(lambda v: v, mixed)
check(lambda v: v * 2, [v for v in mixed if v is not None], 2 * 90)
check(lambda v: v * v, [3 if i % 9 else 2**40 for i in range(COUNT)], COUNT // 9)

def step_row(row): row[0], row[1] = row[1] + 0.25, row[0]
def step_dict(d): d["x"] += 0.25; d["n"] -= 1
def step_object(o): o.x += 0.25; o.n -= 1
for step, make in (step_row, lambda v, i: [v, v]), (step_dict, lambda v, i: {"x": v, "n": i}), *(
    (step_object, make) for make in (Plain, Slots, Data)):
    elements, copies = ([make(v, i) for i, v in enumerate(numbers)] for _ in range(2))
    same, held = list(elements), [plainly(e) for e in elements[:9]]
    for _ in range(2):
        pp.for_each(step, elements, device="cpu")
        for element in copies: step(element)
    assert list(map(plainly, elements)) == list(map(plainly, copies)) and all(a is b for a, b in zip(same, elements))
    twice = [make(1.0, 5)] * 3; pp.for_each(step, twice, device="cpu")
    again = make(1.0, 5); [step(again) for _ in range(3)]; assert plainly(twice[0]) == plainly(again)
    def fails(o, k): step(o); 1 / k
    try: pp.for_each(fails, elements, [0 if i == COUNT - 9 else 1 for i in range(COUNT)], device="cpu")
    except ZeroDivisionError: pass
    assert list(map(plainly, elements)) == list(map(plainly, copies))

for f in (lambda v: [v, v * 2.0]), (lambda v: (v, v * 2.0)), (lambda v: v * 2.0), (lambda v: [v, (v,), None]):
    out = pp.map(f, many[::-1], device="cpu"); held = out[5]; before = plainly(held)
    assert pp.map(f, many, out=out, device="cpu") is out
    assert list(map(plainly, out)) == [plainly(f(v)) for v in many] and plainly(held) == before
del out, elements, copies, same; gc.collect(); pp.trim()
print("fine")
"""

OFF = {
    "PARALLEL_PARTY_BLOCKS": "0",
    "PARALLEL_PARTY_RECYCLE": "0",
    "PARALLEL_PARTY_RAW_READS": "0",
    "PARALLEL_PARTY_POOLS": "0",
    "PARALLEL_PARTY_ARENA_CACHE": "0",
}
ALL_OFF = OFF | {"PARALLEL_PARTY_NUM_THREADS": "1"}

SETTINGS: list[dict[str, str]] = [
    {},
    *({name: value} for name, value in OFF.items()),
    ALL_OFF,
    {"PARALLEL_PARTY_NUM_THREADS": "1"},
    {"PARALLEL_PARTY_NUM_THREADS": "5"},
    {"PARALLEL_PARTY_ARENA_CACHE": "1"},
    {"PYTHONMALLOC": "malloc"},
    {"PYTHONMALLOC": "debug"},
    {"PYTHONMALLOC": "malloc_debug"} | ALL_OFF,
    {"PYTHONDEVMODE": "1"},
    {"PYTHONDEVMODE": "1"} | OFF,
    {"PYTHONTRACEMALLOC": "1"},
    # With every byte of freed memory overwritten by the C library: what reads it too late is found.
    {"PYTHONMALLOC": "malloc", "MALLOC_PERTURB_": "165"},
]


@pytest.mark.parametrize("setting", SETTINGS, ids=named)
def test_the_data_model(setting: dict[str, str]) -> None:
    assert_fine(PROGRAM, setting)


def capabilities(**environment: str) -> dict[str, str | None]:
    """Why each capability is off, in a process of its own."""
    query = "import json, parallel_party._doctor as d; print(json.dumps(d.capabilities()))"
    answer = subprocess.check_output([sys.executable, "-c", query], env={**os.environ, **environment}, timeout=60)
    return json.loads(answer)


@pytest.mark.skipif(
    bool(sysconfig.get_config_var("Py_GIL_DISABLED") or sysconfig.get_config_var("Py_DEBUG")),
    reason="some capabilities are off in such builds",
)
def test_all_is_on_here_and_everything_can_be_turned_off() -> None:
    """The tests above do test what they name."""
    assert not any(capabilities(PYTHONMALLOC="default").values())
    assert all(capabilities(**ALL_OFF).values())
