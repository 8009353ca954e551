"""Several interpreters in one process: each has its own objects, and none disturbs another."""

from __future__ import annotations

import subprocess
import sys

import pytest

INTERPRETERS = """
import sys, threading, time
try:
    import _interpreters as module
    def make(own_gil): return module.create("isolated" if own_gil else "legacy")
    def execute(interpreter, code):
        failure = module.exec(interpreter, code)
        if failure: raise RuntimeError(failure.formatted)
except ImportError:
    import _xxsubinterpreters as module
    def make(own_gil): return module.create(isolated=own_gil)
    execute = module.run_string
def in_another(code):
    interpreter = make(False)
    try: execute(interpreter, code)
    finally: module.destroy(interpreter)
"""

# All that the library keeps from one call to the next is asked for.
WORK = """
import functools, math
import parallel_party as pp
numbers = [0.5 * i for i in range(600)]
def norm(v, s=2.0): return math.hypot(v, s), pow(v, 2)
def swap(row): row[0], row[1] = row[1], row[0]
class Point:
    def __init__(self, x, y): self.x, self.y = x, y
def check():
    assert pp.map(norm, numbers, device="cpu") == [norm(v) for v in numbers]
    assert pp.map(lambda v: "low" if v < 9 else "high", numbers, device="cpu")[17:19] == ["low", "high"]
    assert pp.map(functools.partial(norm, s=1.0), numbers, device="cpu") == [norm(v, 1.0) for v in numbers]
    assert pp.map(max, pp.batched(numbers, 3), device="cpu") == numbers[2::3]
    points = [Point(v, v + 1.0) for v in numbers]
    assert pp.map(lambda p: {"sum": p.x + p.y}, points, device="cpu") == [{"sum": v + (v + 1.0)} for v in numbers]
    rows = [[v, v + 1] for v in numbers]
    pp.for_each(swap, rows, device="cpu")
    assert rows == [[v + 1, v] for v in numbers]
    explanation = pp.explain(norm, numbers, device="cpu")
    assert explanation.types == (["float"], ["tuple[float, float]"]) and "define" in explanation.llvm_ir
    try: pp.map(lambda v: 1.0 / v, numbers, device="cpu")
    except ZeroDivisionError as error: assert error.__notes__ == ["parallel_party: raised by element 0"]
    else: raise AssertionError("nothing was raised")
    try: pp.map(lambda v: print(v), numbers, device="cpu")
    except pp.UnsupportedError as error: assert "print" in str(error)
    else: raise AssertionError("nothing was refused")
check()
"""


def run(program: str, *options: str) -> str:
    """What a program prints in a process of its own, which must end well and silently."""
    source = f"{INTERPRETERS}\nWORK = {WORK!r}\n{program}"
    answer = subprocess.run([sys.executable, *options, "-c", source], capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0 and not answer.stderr, (answer.returncode, answer.stdout, answer.stderr[-2000:])
    return answer.stdout


def test_one_after_another():
    """None is served what was kept for one that is gone, whether the main one came first, between or last."""
    assert run("in_another(WORK); in_another(WORK); exec(WORK); in_another(WORK); check(); print('fine')") == "fine\n"


@pytest.mark.parametrize("options", [(), ("-X", "dev")])
def test_at_the_same_time(options):
    program = """
sys.setswitchinterval(1e-4)
exec(WORK)
failures = []
def job():
    try:
        for _ in range(3): in_another(WORK + "check()")
    except BaseException as error: failures.append(error)
workers = [threading.Thread(target=job) for _ in range(3)]
for worker in workers: worker.start()
while any(worker.is_alive() for worker in workers): check(); time.sleep(0.05)
check()
print(failures or "fine")
"""
    assert run(program, *options) == "fine\n"


def test_addresses_that_are_used_again():
    """What is kept for a code object must not be served for another that was put in its place."""
    program = """
code = "import parallel_party as pp; assert pp.map(lambda v: v + {0}, [0.5] * 300, device='cpu') == [{0}.5] * 300"
for k in range(30): in_another(code.format(k)); exec(code.format(k))
print("fine")
"""
    assert run(program) == "fine\n"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="before 3.12 all interpreters share one GIL")
def test_a_gil_of_ones_own_is_refused():
    program = """
interpreter = make(True)
execute(interpreter, "try: import parallel_party\\nexcept ImportError as error: print(error, flush=True)")
module.destroy(interpreter)
exec(WORK)
"""
    assert "parallel_party._core does not support loading in subinterpreters" in run(program)
