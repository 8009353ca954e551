"""What comes of a finding: a smaller program that differs in the same way, and where its process ended."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import comparison
import pytest
from fuzz import _Worker, make_smaller, program, verdict
from reduction import reduce

needs_gdb = pytest.mark.skipif(not shutil.which("gdb"), reason="gdb is not installed")

LONG = """\
import math

def helper(x):
    return x + 1

def f(a, b=2):
    total = 0
    for i in range(3):
        total += helper(i)
        if total > 100:
            total = -1
        else:
            total += math.floor(a)
    try:
        wrong = [total, (a, b), 1 / (b - b)]
    except KeyError:
        wrong = None
    finally:
        total = 1
    while total < 0:
        total += 1
    return total, wrong
"""


def divides_by_zero(source: str) -> bool:
    space: dict[str, Any] = {}
    try:
        exec(source, space)
        space["f"](1)
    except ZeroDivisionError:
        return True
    except Exception:
        return False
    return False


def test_a_program_is_made_smaller_on_its_syntax_tree() -> None:
    small = reduce(LONG, divides_by_zero, 60.0)
    assert divides_by_zero(small)
    assert len(small.splitlines()) <= 3 and "def f(" in small and "/" in small


def test_it_takes_no_longer_than_there_is_time() -> None:
    def slowly(source: str) -> bool:
        time.sleep(0.05)
        return divides_by_zero(source)

    start = time.monotonic()
    assert divides_by_zero(reduce(LONG, slowly, 0.5))
    assert time.monotonic() - start < 5.0


def test_verdicts() -> None:
    assert verdict("def f(a):\n    return a + 1\n", [[1, 2.5]]) == ""
    assert verdict("import os\ndef f(a):\n    os.kill(os.getpid(), 11)\n", [[1]]) == "ends the process with -11"
    assert verdict("def f(a):\n    while a:\n        pass\n", [[1]], seconds=0.5) == "hangs"
    assert verdict("def f(a:\n", [[1]]) == "fails with SyntaxError"


def wrong_about(word: str, wrong: Any) -> Any:
    """`map` that gives something else for functions whose code names `word`."""

    def names(code: Any) -> set[str]:
        inner = [constant for constant in code.co_consts if hasattr(constant, "co_names")]
        return {*code.co_names, *(name for one in inner for name in names(one))}

    def broken(f: Any, *columns: Any, device: str) -> list[Any]:
        results = [f(*elements) for elements in zip(*columns)]
        return [wrong(result) for result in results] if word in names(f.__code__) else results

    return broken


@pytest.mark.parametrize(
    ("wrong", "kind"), [(lambda result: [result], "a type"), (lambda result: result + 1, "a value")]
)
def test_a_finding_stays_what_it_is(monkeypatch: pytest.MonkeyPatch, wrong: Any, kind: str) -> None:
    monkeypatch.setattr(comparison.pp, "map", wrong_about("halves", wrong))
    source = (
        program(3)[0].partition("def make")[0]
        + """
def f(a, b):
    v1 = math.floor(a) if a > 0 else b
    try:
        v2 = divmod(v1, 2)[0] + b
    except ZeroDivisionError:
        v2 = 0
    for i in range(3):
        v1 += i
    if v1 > 0 or b:
        return v2 + halves(7 % 20) * 2
    return v2 + halves(3)
"""
    )
    data = [[1, 2, 3], [4, 5, 6]]
    assert verdict(source, data) == kind
    small, one = make_smaller(source, data, kind, "cpu", 60.0)
    assert verdict(small, one) == kind and all(len(column) == 1 for column in one)
    assert len(small.splitlines()) <= 6 and "halves" in small


@needs_gdb
def test_the_native_stack_of_a_process_that_ended() -> None:
    worker = object.__new__(_Worker)
    command = [sys.executable, "-c", "import os, sys; os.kill(os.getpid(), 11)", "9", "--inputs", "1", "--until", "1"]
    worker.process = subprocess.Popen(command)
    worker.process.wait()
    worker.at, worker.environment = 3, dict(os.environ)
    text = worker.native_stack()
    if "ptrace" in text:
        pytest.skip("no process may be traced here")
    assert "SIGSEGV" in text and "#0" in text and "rip" in text


def changes_in_loops(source: str) -> list[ast.AugAssign]:
    loops = [node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.For, ast.While))]
    inside = [node for loop in loops for statement in loop.body for node in ast.walk(statement)]
    return [node for node in inside if isinstance(node, ast.AugAssign)]


def test_no_number_multiplies_itself_in_a_loop() -> None:
    seen = 0
    for seed in range(2000):
        for change in changes_in_loops(program(seed)[0]):
            if isinstance(change.op, ast.Mult) or isinstance(change.target, ast.Subscript):
                continue  # by a constant; of a list that is as new as the loop's turn
            value = change.value
            is_bounded = isinstance(value, ast.BinOp) and ast.unparse(value).endswith(" % 1009")
            operators = {ast.unparse(node) for node in ast.walk(value) if isinstance(node, (ast.BinOp, ast.Call))}
            assert is_bounded or operators <= {"COUNT - 3"}, ast.unparse(change)
            seen += 1
    assert seen > 100


def test_the_command_says_how_a_program_fares() -> None:
    fuzz = str(Path(__file__).with_name("fuzz.py"))
    done = subprocess.run([sys.executable, fuzz, "--seed", "5"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and done.stdout.endswith("agrees\n"), done.stdout + done.stderr
