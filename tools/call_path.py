"""Finds the functions that a call runs through, which the linker then lays side by side (cmake/call_path.ld).

    python tools/call_path.py trace > offsets.txt              where the calls below went, with a GPU or without
    python tools/call_path.py order MODULE offsets.txt ... > cmake/call_path.ld

A call after a pause finds neither code nor page tables at hand. What it runs through is a hundred functions; scattered
over the module they lie in some ninety pages, side by side in thirty. `trace` runs typical calls once more in single
steps and prints which addresses of the module were executed. `order` names them: MODULE is the same module with its
symbols (configured with -DPP_SYMBOLS=ON; the addresses do not change by it). Functions that are no longer there do no
harm.
"""

from __future__ import annotations

import bisect
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import parallel_party as pp

HEAD = """/* Functions that calls run through, side by side: see tools/call_path.py, which makes this file. */
SECTIONS
{{
  .text.call_path : ALIGN(4096)
  {{
{sections}
  }}
}}
INSERT BEFORE .text;
"""
MODULE = "parallel_party/_core."
PTRACE_TRACEME, PTRACE_PEEKUSER, PTRACE_CONT, PTRACE_SINGLESTEP = 0, 3, 7, 9
RIP = 16 * 8
"""Where `struct user` keeps the instruction pointer."""
ROUNDS = 50
"""Times a call has been made before it is traced."""


def scale(value: float) -> float:
    """Cannot hand back."""
    return value * 2.0 + 1.0


def wave(point: tuple[float, float, float], t: float) -> tuple[float, float, float]:
    """Can hand back: the sine of an infinity."""
    import math

    x, y, z = point
    return (x, math.sin(x + z + t), z)


def double(rows: list[float]) -> None:
    """Writes where the elements lie."""
    rows[0] *= 2.0


def frame(rest: pp.Array, posed: pp.Array, device: str) -> None:
    """One of an animation."""
    pp.map(wave, rest, t=0.5, out=posed, device=device)
    pp.synchronize()


def calls() -> Iterator[Callable[[], object]]:
    """Those that matter most first: what one has is not laid down again for the next."""
    points = [(0.1 * i, 0.0, 0.2 * i) for i in range(100)]
    floats = [0.5 * i for i in range(100)]
    rows = [[0.5 * i, 1.0] for i in range(100)]
    for device in sorted({device.kind for device in pp.devices() if device.available}, reverse=True):
        rest, tiny = pp.array(points, device=device), pp.array(floats[:16], device=device)
        posed, scaled = pp.map(wave, rest, t=0.0, device=device), pp.map(scale, tiny, device=device)
        yield partial(frame, rest, posed, device)
        os.environ["PARALLEL_PARTY_DEBUG"] = "queue"  # calls that go on, and are settled by the next
        yield partial(frame, rest, posed, device)
        del os.environ["PARALLEL_PARTY_DEBUG"]
        yield partial(pp.map, scale, tiny, out=scaled, device=device)
        yield partial(pp.map, wave, rest, t=0.5, device=device)
        yield partial(pp.map, scale, floats, device=device)
        yield partial(pp.map, wave, points, t=0.5, device=device)
    yield partial(pp.for_each, double, rows, device="cpu")


def run_calls() -> None:
    """In the traced process: the tracer steps between two signals."""
    for call in calls():
        for _ in range(ROUNDS):
            call()
        os.kill(os.getpid(), signal.SIGUSR1)
        call()
        os.kill(os.getpid(), signal.SIGUSR1)


def module_ranges(process: int) -> list[tuple[int, int, int]]:
    """Begin, end and load address of the module's executable pages."""
    ranges, base = [], None
    for line in Path(f"/proc/{process}/maps").read_text().splitlines():
        where, rights, offset, *_, path = line.split()
        if MODULE not in path:
            continue
        begin, end = (int(text, 16) for text in where.split("-"))
        base = begin - int(offset, 16) if base is None else base
        if "x" in rights:
            ranges.append((begin, end, base))
    return ranges


def trace() -> Iterator[int]:
    """Offsets into the module, in the order in which they were first executed."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.restype = ctypes.c_long
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    process = os.fork()
    if process == 0:
        libc.ptrace(PTRACE_TRACEME, 0, None, None)
        os.dup2(2, 1)
        os.execv(sys.executable, [sys.executable, __file__, "calls"])
    seen: set[int] = set()
    ranges: list[tuple[int, int, int]] = []
    steps = False
    while True:
        _, status = os.waitpid(process, 0)
        if not os.WIFSTOPPED(status):
            if status:
                raise RuntimeError(f"the traced process ended with status {status:#x}")
            return
        received = os.WSTOPSIG(status)
        if received == signal.SIGUSR1:
            steps, received = not steps, 0
            ranges = module_ranges(process)
        elif received == signal.SIGTRAP:
            received = 0
        if steps:
            at = libc.ptrace(PTRACE_PEEKUSER, process, RIP, None)
            for begin, end, base in ranges:
                if begin <= at < end and at not in seen:
                    seen.add(at)
                    yield at - base
        libc.ptrace(PTRACE_SINGLESTEP if steps else PTRACE_CONT, process, None, received)


def functions(module: str) -> tuple[list[int], list[str]]:
    """Where each begins, and what its section is called."""
    listing = subprocess.run(["nm", "--defined-only", module], check=True, capture_output=True, text=True).stdout
    found = sorted(
        (int(address, 16), name) for address, kind, name in map(str.split, listing.splitlines()) if kind in "tTwWuV"
    )
    if not found:
        raise SystemExit(f"{module} has no symbols: configure with -DPP_SYMBOLS=ON")
    return [address for address, _ in found], [name for _, name in found]


def order(module: str, traces: list[str]) -> str:
    """The linker's script."""
    begins, names = functions(module)
    chosen = dict.fromkeys(
        names[bisect.bisect_right(begins, int(offset)) - 1]
        for path in traces
        for offset in Path(path).read_text().split()
    )
    # What the compiler has split off as never executed has a section of another name.
    ours = [name for name in chosen if name.startswith("_Z") and not name.endswith(".cold")]
    return HEAD.format(sections="\n".join(f"    *(.text.{name})" for name in ours))


def main() -> None:
    """Do what the command line asks for."""
    match sys.argv[1:]:
        case ["calls"]:
            run_calls()
        case ["trace"]:
            for offset in trace():
                print(offset)
        case ["order", module, first, *others]:
            print(order(module, [first, *others]), end="")
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
