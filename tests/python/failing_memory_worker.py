"""Calls in which allocations fail: MemoryError or the right answer, and the caller's data as it was.

python tests/python/failing_memory_worker.py COUNT one|all, with libfailing_memory.so in LD_PRELOAD. `one`: only that
allocation fails; `all`: so do those behind it. COUNT is that of elements; "compiled": a function is compiled for few
elements, each time in a child of the process. Prints what is wrong, and how many calls there were.
"""

from __future__ import annotations

import collections
import ctypes
import dataclasses
import faulthandler
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import parallel_party as pp

faulthandler.enable()
memory = ctypes.CDLL(None)
memory.failing_begin.argtypes = [ctypes.c_int64, ctypes.c_int64]
memory.failing_spare.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
memory.failing_end.restype = ctypes.c_int64


@dataclasses.dataclass
class Point:
    x: float
    y: float


Pair = collections.namedtuple("Pair", "x y")
STEP = int(os.environ.get("FAILING_MEMORY_STEP", "700"))
"""Allocations between two that fail, where there are many."""
TABLE = [float(i) for i in range(100)]
NAMED = {"a": 1.0, "b": 2.0}


def collect(row: list[float]) -> list[float]:
    made = []
    for value in row:
        if value > 0.0:
            made.append(value * 2)
    return made


def tally(row: list[float]) -> int:
    counts: dict[float, int] = {}
    for value in row:
        counts[value] = counts.get(value, 0) + 1
    return len(counts) + max(counts.values(), default=0)


def step(point: Point) -> None:
    point.x += point.y * 0.5


def step_some(point: Point) -> None:
    if point.x > 3.0:
        point.x += 1.0
    else:
        point.y = point.x


def grow(row: list[Any]) -> None:
    row[0] = row[0] * 2
    row[1] = (row[0], "text")


def double(row: list[float]) -> None:
    row[0] = row[0] * 2


def refuse(x: float) -> float:
    if x == 7.0:
        raise ValueError("seven")
    return x


def into(out: Any, f: Callable[..., Any], *columns: Any) -> None:
    pp.map(f, *columns, out=out, device="cpu")


def mapped(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *columns: list(pp.map(f, *columns, device="cpu"))


def each(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *columns: pp.for_each(f, *columns, device="cpu")


def array_of(data: list[Any]) -> list[Any]:
    array = pp.array(data)
    array.append(data[0])
    array[1] = data[2]
    array[2:4] = data[:2]
    del array[3:5]
    array.extend(data[:3])
    return [str(item) for item in array]


def cases(n: int) -> dict[str, tuple[Callable[[], tuple[Any, ...]], Callable[..., Any]]]:
    """By name: how to make the data, and a call that takes it."""

    def floats() -> tuple[list[float]]:
        return ([i * 0.5 for i in range(n)],)

    def ints() -> tuple[list[int]]:
        return (list(range(n)),)

    def ragged() -> tuple[list[list[float]]]:
        return ([[float(j) for j in range(i % 5)] for i in range(n)],)

    def points() -> tuple[list[Point]]:
        return ([Point(i * 0.5, 2.0) for i in range(n)],)

    def rows() -> tuple[list[list[float]]]:
        return ([[i * 0.5, 2.0] for i in range(n)],)

    def texts() -> tuple[list[str]]:
        return ([str(i) * (i % 3) for i in range(n)],)

    def arrays() -> tuple[pp.Array]:
        return (pp.array([i * 0.5 for i in range(n)]),)

    return {
        "float": (floats, mapped(lambda x: x * 2.5)),
        "int": (ints, mapped(lambda x: x * 3 + 1)),
        "tuple": (floats, mapped(lambda x: (x, x * 2.5))),
        "list": (floats, mapped(lambda x: [x, x * 2.5, 1])),
        "None": (floats, mapped(lambda x: x if x > 9.0 else None)),
        "mixed": (lambda: ([1, 2.5, True] * (n // 3),), mapped(lambda x: x + 1)),
        "handed back": (ints, mapped(lambda x: 2**62 * (x // (n - 5)))),
        "raising": (floats, mapped(refuse)),
        "text": (texts, mapped(lambda s: s + "!")),
        "grown": (ragged, mapped(collect)),
        "dict inside": (ragged, mapped(tally)),
        "dict": (floats, mapped(lambda x: {"a": x, "b": x * 2})),
        "namedtuple": (floats, mapped(lambda x: Pair(x, x * 2))),
        "dataclass": (floats, mapped(lambda x: Point(x, x * 2))),
        "of points": (points, mapped(lambda p: p.x + p.y)),
        "captured": (ints, mapped(lambda i: TABLE[i % 100] + NAMED["a"])),
        "generator": (floats, lambda column: mapped(lambda x: x * 2.5)(iter(column))),
        "for_each points": (points, each(step)),
        "for_each some": (points, each(step_some)),
        "for_each rows": (rows, each(double)),
        "for_each objects": (rows, each(grow)),
        "out of floats": (lambda: ([0.0] * n, floats()[0]), lambda out, column: into(out, lambda x: x * 2.5, column)),
        "out of rows": (lambda: (rows()[0], floats()[0]), lambda out, column: into(out, lambda x: [x, x + 1], column)),
        "array": (floats, array_of),
        "array of text": (texts, array_of),
        "array of rows": (lambda: ([[float(j) for j in range(1 + i % 5)] for i in range(n)],), array_of),
        "array of points": (points, array_of),
        "map over an array": (arrays, mapped(lambda x: x * 2.5)),
        "for_each in an array": (lambda: (pp.array(rows()[0]),), each(double)),
        "sort an array": (lambda: (pp.array(floats()[0][::-1]),), lambda array: array.sort()),
    }  # fmt: skip


def told(data: tuple[Any, ...]) -> str:
    return repr([list(column) for column in data])


def numbers(dense: int) -> Any:
    """All up to a number, then ever fewer."""
    number = 1
    while True:
        yield number
        number += 1 if number < dense else 1 + number // 6


def spare(library: str) -> None:
    """Leave out what a library's own code allocates."""
    with open("/proc/self/maps") as maps:
        ranges = [line.split()[0].split("-") for line in maps if library in line]
    memory.failing_spare(min(int(low, 16) for low, _ in ranges), max(int(high, 16) for _, high in ranges))


def answer(call: Callable[..., Any], data: tuple[Any, ...]) -> Any:
    """What the call gives, or "ValueError" and the like."""
    try:
        return call(*data)
    except Exception as error:
        return type(error).__name__


def analysed(row: list[float], limit: float) -> tuple[float, int, str]:
    total = 0.0
    counts: dict[float, int] = {}
    for value in row:
        if value > limit:
            total += value * 2
        counts[value] = counts.get(value, 0) + 1
    return (total, len(counts), f"{total:.2f}")


def compiled_in_child(number: int, keeps_failing: bool) -> tuple[int, bool]:
    """Whether the call gave what it should, and later ones of any thread do; how many allocations there were."""
    columns = [[1.0, 2.0, 3.0], [4.0]] * 5, [1.5] * 10
    right = [analysed(*elements) for elements in zip(*columns)]
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(30)  # a lock that is never given back ends it, too
        memory.failing_begin(number, 2**62 if keeps_failing else number)
        got = answer(mapped(analysed), columns)
        there_were = memory.failing_end()
        is_right = got in (right, "MemoryError")
        later = threading.Thread(
            target=lambda: os.write(
                writer,
                f"{there_were} {is_right and answer(mapped(analysed), columns) == right}\n".encode(),
            )
        )
        is_right = is_right and answer(mapped(lambda x: x * 3), ([1.5] * 9,)) == [4.5] * 9
        later.start()
        later.join()
        os._exit(0 if is_right else 1)
    os.close(writer)
    ended = os.waitpid(child, 0)[1]
    with os.fdopen(reader) as told_by_child:
        there_were, _, is_right = told_by_child.read().strip().partition(" ")
    return int(there_were or 2**62), ended == 0 and is_right == "True"


def compile_often(keeps_failing: bool) -> tuple[int, int]:
    """How many calls, and how many were wrong."""
    calls = wrong = 0
    # What LLVM registers when it is first used is not tried: where that fails, nothing is compiled any more.
    importlib.import_module("parallel_party._prelude")  # CPython reports no memory as a syntax error now and then
    mapped(lambda x: x + 1)([1.5] * 9)
    number = 1
    while True:
        there_were, is_right = compiled_in_child(number, keeps_failing)
        calls += 1
        if not is_right:
            wrong += 1
            print(f"compiling, allocation {number}: not right, or the process ended", flush=True)
        if there_were < number:
            return calls, wrong
        number += 1 + number // 7 if number < 500 else STEP


def main() -> int:
    """Run what the command line asks for; 1 if anything was wrong."""
    keeps_failing = sys.argv[2] == "all"
    spare("ld-linux")
    calls, wrong = compile_often(keeps_failing) if sys.argv[1] == "compiled" else call_often(keeps_failing)
    print(f"{calls} calls, {wrong} wrong")
    return 1 if wrong else 0


def call_often(keeps_failing: bool) -> tuple[int, int]:
    """How many calls, and how many were wrong."""
    wrong = calls = 0
    n = int(sys.argv[1])
    for name, (make, call) in cases(n).items():
        before = told(make())
        for _ in range(3):  # a function's first calls are other ones than later ones
            data = make()
            right = repr(answer(call, data))
            after = told(data)
        for number in numbers(30):
            data = make()
            memory.failing_begin(number, 2**62 if keeps_failing else number)
            got = answer(call, data)
            there_were = memory.failing_end()
            calls += 1
            if got == "MemoryError":
                is_right = told(data) == before
            else:
                is_right = repr(got) == right and told(data) == after
            if not is_right:
                wrong += 1
                print(f"{name}, allocation {number}: {got!s:.200}; data {told(data)!s:.200}", flush=True)
            if there_were < number:
                break
    return calls, wrong


if __name__ == "__main__":
    sys.exit(main())
