"""Arrays in hostile surroundings: other allocators, threads, interpreters, forks; and that nothing leaks."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from conftest import SURROUNDINGS, assert_fine, named
from test_interpreters import INTERPRETERS

import parallel_party as pp

PROGRAM = """
import gc, pickle, random, threading
from collections import namedtuple
import parallel_party as pp
Point = namedtuple("Point", "x y")
rng = random.Random(5)
rows = [(rng.random(), rng.randrange(1000), rng.random() < 0.5) for _ in range(30_000)]
points = [Point(rng.random(), i) for i in range(30_000)]
for data in (rows, points, [r[0] for r in rows], [r[1] for r in rows]):
    made = pp.array(data)
    assert made.tolist() == data and list(made)[-5:] == data[-5:]
    assert list(pp.map(lambda v: v, made, device="cpu")) == data
    made.extend(data[:100])
    del made[::3]
    twin = data + data[:100]
    del twin[::3]
    assert made.tolist() == twin and made == pp.array(twin)
    assert pickle.loads(pickle.dumps(made)) == made
def step(p):
    p[0] = p[1] * 0.5
made = pp.array(rows)
pp.for_each(step, made, device="cpu")
assert made.tolist() == [(n * 0.5, n, b) for _, n, b in rows]
view = memoryview(pp.array([r[0] for r in rows]))
gc.collect()
assert view.tolist() == [r[0] for r in rows]
print("fine")
"""


@pytest.mark.parametrize("setting", SURROUNDINGS, ids=named)
def test_surroundings(setting: dict[str, str]) -> None:
    assert_fine(PROGRAM, setting)


def test_other_threads_write_while_a_run_reads() -> None:
    # Long enough for the GIL to be let go: each result must be that of one state of the Array.
    made = pp.array([1.0] * 300_000)
    failures: list[Any] = []
    done = threading.Event()

    def write() -> None:
        value = 1.0
        while not done.is_set():
            value += 1.0
            made[:] = [value] * 300_000

    def slow(x: float) -> float:
        for _ in range(30):
            x = x * 1.0000001 + 1e-9
        return x

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(10):
            result = pp.map(slow, made, device="cpu")
            if result.count(result[0]) != len(result):
                failures.append(result[0])
    finally:
        done.set()
        writer.join()
    assert not failures


def test_forked_children_have_their_own() -> None:
    assert_fine(
        """
import os, sys
import parallel_party as pp
made = pp.array([(float(i), 1.0) for i in range(50_000)])
pp.map(lambda p: p[0], made, device="cpu")
child = os.fork()
if child == 0:
    made[0] = (5.0, 5.0)
    ok = pp.map(lambda p: p[0] + p[1], made, device="cpu")[0] == 10.0
    os._exit(0 if ok else 1)
assert os.waitpid(child, 0)[1] == 0
assert made[0] == (0.0, 1.0)
print("fine")
""",
        {},
    )


def test_every_interpreter_has_its_own_class() -> None:
    assert_fine(
        INTERPRETERS
        + """
import parallel_party as pp
before = pp.array([1.0])
for _ in range(3):
    in_another(
        "import parallel_party as pp; made = pp.array([(1.0, 2)]); "
        "assert type(made) is pp.Array and pp.map(lambda p: p[0], made)[0] == 1.0 and made.dtype[0] is pp.float64"
    )
assert type(before) is pp.Array and type(pp.map(lambda x: x, before)) is pp.Array
print("fine")
""",
        {},
    )
