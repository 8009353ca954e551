"""Long functions: the work of compiling them grows as they do, and their answers are CPython's on every way."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import ModuleType

import pytest
from conftest import same

import parallel_party as pp

BENCH = Path(__file__).resolve().parents[2] / "bench"
ELEMENTS = [0.25 + 0.5 * i for i in range(600)]


def _long_functions() -> ModuleType:
    spec = importlib.util.spec_from_file_location("long_functions", BENCH / "long_functions.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["long_functions"] = module
    spec.loader.exec_module(module)
    return module


LONG = _long_functions()
SHAPES = sorted(LONG.SHAPES)


def work(shape: str, lines: int) -> dict[str, int]:
    """How much there is of each thing that compiling makes."""
    call = pp.explain(LONG.make(shape, lines), ELEMENTS, device="cpu").signatures[0]
    ir = call.ir()
    return {
        "values": ir.count(" = "),
        "blocks": ir.count("\nblock "),
        "LLVM instructions": call.llvm_ir(False).count("\n"),
        "optimised instructions": call.llvm_ir(True).count("\n"),
        "machine instructions": call.assembly().count("\n"),
    }


@pytest.mark.parametrize("shape", SHAPES)
def test_the_work_grows_as_the_function_does(shape):
    short, long = work(shape, 400), work(shape, 800)
    assert short["values"] >= 200
    for name, count in long.items():
        assert count <= 2.2 * short[name] + 20, (name, short[name], count)


@pytest.mark.parametrize("lines", [60, 400])
@pytest.mark.parametrize("shape", SHAPES)
def test_long_functions_answer_as_cpython_does(shape, lines):
    f = LONG.make(shape, lines)
    assert same(pp.map(f, ELEMENTS, device="cpu"), [f(x) for x in ELEMENTS])


@pytest.mark.parametrize(("shape", "lines"), [("straight", 300), ("branches", 200), ("ints", 150)])
def test_code_that_is_used_much_is_made_anew_and_answers_the_same(shape, lines):
    f = LONG.make(shape, lines)
    column = ELEMENTS * 100
    before = pp.stats().compilations
    first = pp.map(f, ELEMENTS, device="cpu")
    quick = pp.explain(f, ELEMENTS, device="cpu").signatures[0].assembly()
    assert same(first, [f(x) for x in ELEMENTS])
    assert pp.stats().compilations == before + 1
    for _ in range(200):
        assert same(pp.map(f, column, device="cpu"), first * 100)
        if pp.stats().compilations == before + 2:
            break
    assert pp.stats().compilations == before + 2
    assert same(pp.map(f, column, device="cpu"), first * 100)
    assert pp.stats().compilations == before + 2
    assert pp.explain(f, ELEMENTS, device="cpu").signatures[0].assembly() != quick


def test_other_threads_run_while_code_is_made():
    f = LONG.make("divisions", 500)
    turns = 0
    done = threading.Event()

    def count() -> None:
        nonlocal turns
        while not done.wait(0.001):
            turns += 1

    thread = threading.Thread(target=count)
    thread.start()
    before = turns
    pp.map(f, ELEMENTS, device="cpu")
    during = turns - before
    done.set()
    thread.join()
    assert during >= 10


@pytest.mark.parametrize("milliseconds", [1, 20, 60])
def test_an_interrupt_during_the_first_call_is_raised_and_forgotten(milliseconds):
    f = LONG.make("nested loops", 800)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, milliseconds / 1000)
            pp.map(f, ELEMENTS, device="cpu")
            time.sleep(1)  # on a very fast machine
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert same(pp.map(f, ELEMENTS[:20], device="cpu"), [f(x) for x in ELEMENTS[:20]])


def test_what_other_threads_change_meanwhile_is_seen():
    lines = LONG.SHAPES["branches"](250).replace("return x", "return helper(x) * SCALE")
    helpers = [lambda x: x, lambda x: x + 1, lambda x: (x, 1)[1]]
    scales = [2.0, 3, True]
    column = ELEMENTS[:40]
    expected = set()
    names: dict[str, object] = {}
    exec(lines, names)
    for names["helper"] in helpers:
        for names["SCALE"] in scales:
            expected.add(repr([names["f"](x) for x in column]))
    done = threading.Event()

    def change() -> None:
        turn = 0
        while not done.wait(0.0003):
            turn += 1
            names["helper"], names["SCALE"] = helpers[turn % 3], scales[turn % 7 % 3]

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(12):
            exec(lines, names)  # a new function each time
            assert repr(pp.map(names["f"], column, device="cpu")) in expected
    finally:
        done.set()
        thread.join()


PROGRAM = f"""
import os, sys, threading, time
sys.path.insert(0, {str(BENCH)!r})
from long_functions import make
import parallel_party as pp
column = [0.25 + 0.5 * i for i in range(300)]
def go():
    for lines in range(400, 800):
        pp.map(make("divisions", lines), column, device="cpu")
threading.Thread(target=go, daemon=True).start()
time.sleep(0.15)
"""


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.1, 0.15])
def test_a_process_ends_while_a_thread_makes_code(seconds):
    done = subprocess.run(
        [sys.executable, "-c", f"{PROGRAM}time.sleep({seconds})"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_child_forked_while_a_thread_makes_code_computes():
    fork = (
        "for turn in range(5):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        f = make('branches', 200 + turn)\n"
        "        os._exit(pp.map(f, column, device='cpu') != [f(x) for x in column])\n"
        "    assert os.waitpid(child, 0)[1] == 0\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM + fork], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("effort", ["quick", "full"])
def test_effort_as_the_environment_says(effort):
    program = """
import parallel_party as pp
def f(x):
    return x * 2.5 + 1.0
elements = [0.1 * i for i in range(1000)]
assert pp.map(f, elements, device="cpu") == [f(x) for x in elements]
print(pp.explain(f, elements, device="cpu").signatures[0].assembly())
"""
    environment = {**os.environ, "PARALLEL_PARTY_EFFORT": effort}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert ("mulpd" in done.stdout) == (effort == "full")  # vectors


def test_an_unknown_effort_is_an_error():
    program = "import parallel_party as pp; pp.map(lambda x: x + 1.0, [1.0], device='cpu')"
    environment = {**os.environ, "PARALLEL_PARTY_EFFORT": "much"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)
    assert "ValueError: PARALLEL_PARTY_EFFORT must be quick or full, not 'much'" in done.stderr
