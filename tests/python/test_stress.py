"""Threads that mutate, collect, fork and end while others map and write: nothing is torn, lost or freed twice.

A few seconds as part of the suite; `PARTY_STRESS_SECONDS=300 python -m pytest tests/python/test_stress.py` for long."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import collections, faulthandler, gc, os, random, sys, threading, time, warnings
import parallel_party as pp

faulthandler.enable()
seconds, seed = float(sys.argv[1]), int(sys.argv[2])
warnings.simplefilter("ignore")
sys.setswitchinterval(2e-4)
until = time.monotonic() + seconds
failures, counts = [], collections.Counter()

class Ball:
    def __init__(self, k): self.x, self.twice = k, k * 2.0
class Slot:
    __slots__ = ("x", "twice")
    def __init__(self, k): self.x, self.twice = k, k * 2.0
Pair = collections.namedtuple("Pair", "x twice")

# All that is shared keeps one rule, whoever replaces what: the second is twice the first.
N = 9000
MAKERS = {
    "tuples": lambda k: (k, k * 2.0), "lists": lambda k: [k, k * 2.0], "pairs": lambda k: Pair(k, k * 2.0),
    "dicts": lambda k: {"x": k, "twice": k * 2.0}, "balls": Ball, "slots": Slot,
}
shared = {kind: [make(float(i)) for i in range(N)] for kind, make in MAKERS.items()}
by_index = lambda p: [p[0], p[1], (p[0], p[1])]
by_name = lambda p: [p.x, p.twice, (p.x, p.twice)]
by_key = lambda p: [p["x"], p["twice"], (p["x"], p["twice"])]
LOOKS = {"tuples": by_index, "lists": by_index, "pairs": by_name, "dicts": by_key, "balls": by_name, "slots": by_name}

def report(what):
    failures.append(f"{threading.current_thread().name}: {what}")

def maps(chance):
    kind = chance.choice(list(MAKERS))
    result = pp.map(LOOKS[kind], shared[kind], device="cpu")
    if not all(len(r) == 3 and r[1] == r[0] * 2.0 and r[2] == (r[0], r[1]) for r in result):
        report(f"map over {kind}: {next(r for r in result if r[1] != r[0] * 2.0)}")
    result[5].append(result)
    counts["map"] += 1

def passes(chance):
    kind = chance.choice(list(MAKERS))
    column = shared[kind]
    result = pp.map(lambda p, k: (p, k, str(k) if k == 17 else "text"), column, range(N), device="cpu")
    if [r[1] for r in result] != list(range(len(result))) or type(result[3][0]) is not type(MAKERS[kind](0.0)):
        report(f"passing {kind}")
    counts["pass"] += 1

def make_row(v): return [v, {"a": v, "b": (v, [v])}, str(int(v))]
def makes(chance):
    n = chance.choice((100, 8500, 12_000))
    column = [float(i) for i in range(n)]
    result = pp.map(make_row, column, device="cpu")
    at = chance.randrange(n)
    if result[at] != make_row(float(at)): report(f"made {result[at]}")
    for r in result[::9]: r.append(r)
    counts["make"] += 1

def step_row(row): row[0] = row[0] + 1.0; row[1] = row[0] * 2.0
def step_object(o): o.x = o.x + 1.0; o.twice = o.x * 2.0
def step_dict(d): d["x"] = d["x"] + 1.0; d["twice"] = d["x"] * 2.0
STEPS = {"lists": step_row, "dicts": step_dict, "balls": step_object, "slots": step_object}
def writes(chance):
    # Its own elements: the answer is known. The shared ones: only that they are whole afterwards.
    kind = chance.choice(list(STEPS))
    own = [MAKERS[kind](float(i)) for i in range(3000)]
    for _ in range(3): pp.for_each(STEPS[kind], own, device="cpu")
    result = pp.map(LOOKS[kind], own, device="cpu")
    if [r[:2] for r in result] != [[i + 3.0, (i + 3.0) * 2.0] for i in range(3000)]: report(f"wrote {kind}")
    counts["write"] += 1

def refills(chance):
    out = [[0.0, 0.0] for _ in range(N)]
    pp.map(lambda v: [v, v * 2.0], [float(i) for i in range(N)], out=out, device="cpu")
    if out[N - 1] != [N - 1.0, 2.0 * N - 2.0]: report("out")
    counts["out"] += 1

def mutates(chance):
    kind = chance.choice(list(MAKERS))
    column = shared[kind]
    for _ in range(300):
        k, at = chance.random(), chance.randrange(N)
        if kind == "lists" and k < 0.5: column[at][:] = [k, k * 2.0]
        elif kind == "balls" and k < 0.2: column[at].__dict__ = {"twice": k * 2.0, "x": k, "more": [k]}
        elif kind == "dicts" and k < 0.2: column[at] = {"more": 1, "twice": k * 2.0, "x": k}
        elif kind == "balls" and k < 0.4: column[at].more = k; column[at].__dict__
        elif k < 0.9: column[at] = MAKERS[kind](k)
        else: column[at], column[at - 1] = column[at - 1], column[at]
    if chance.random() < 0.1: Ball.constant = chance.random()
    counts["mutation"] += 300

def collects(chance):
    gc.collect(chance.randrange(3))
    garbage = [[i] for i in range(2000)]
    for g in garbage[::2]: g.append(garbage)
    counts["collection"] += 1
    if chance.random() < 0.2: pp.trim()
    time.sleep(0.002)

def forks(chance):
    pid = os.fork()
    if pid == 0:
        try:
            rows = pp.map(lambda v: [v, (v, v)], [float(i) for i in range(9000)], device="cpu")
            gc.collect()
            os._exit(0 if rows[8999] == [8999.0, (8999.0, 8999.0)] else 1)
        except BaseException:
            os._exit(2)
    status = os.waitpid(pid, 0)[1]
    if status: report(f"the child of a fork ended with {status}")
    counts["fork"] += 1
    time.sleep(0.02)

def begins_threads(chance):
    jobs = maps_once, makes_once
    threads = [threading.Thread(target=job, args=(chance.random(),), name=job.__name__) for job in jobs]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    counts["thread"] += 2
def maps_once(seed): maps(random.Random(seed))
def makes_once(seed): makes(random.Random(seed))

def repeat(job, seed):
    chance = random.Random(seed)
    try:
        while time.monotonic() < until and not failures: job(chance)
    except BaseException as error:
        report(repr(error))

jobs = [maps, maps, passes, makes, writes, refills, mutates, mutates, collects, forks, begins_threads]
threads = [threading.Thread(target=repeat, args=(job, seed * 100 + k), name=job.__name__) for k, job in enumerate(jobs)]
for thread in threads: thread.start()
for thread in threads: thread.join()
shared.clear(); gc.collect()
print(dict(counts), file=sys.stdout)
print(failures or "fine")
"""


@pytest.mark.parametrize(
    "environment",
    [{}, {"PYTHONMALLOC": "debug", "PARALLEL_PARTY_NUM_THREADS": "4"}],
    ids=lambda environment: "-".join(environment.values()) or "as it is",
)
def test_threads_that_mutate_collect_and_fork_while_others_map(environment):
    seconds = float(os.environ.get("PARTY_STRESS_SECONDS", "2.5"))
    seed = os.environ.get("PARTY_STRESS_SEED", "1")
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(seconds), seed],
        capture_output=True,
        text=True,
        timeout=seconds + 120,
        env={**os.environ, **environment},
    )
    lines = answer.stdout.splitlines()
    assert answer.returncode == 0 and lines[-1:] == ["fine"], (answer.returncode, lines, answer.stderr[-4000:])
    print(lines[0])
