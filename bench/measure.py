"""Measures one contender at one workload in this process, and prints a line of JSON: run.py starts it.

CPython's time is taken between the contender's, round by round, so that a machine that slows down slows both.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import importlib.metadata
import inspect
import json
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from contenders import CONTENDERS, Contender
from workloads import WORKLOADS

ROUNDS = 5


def timed(call: Callable[[], list[Any]]) -> tuple[float, list[Any]]:
    """Seconds that a call takes, and its result."""
    gc.collect()
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def prepare(contender: Contender, workload: str, device: str) -> Callable[..., list[Any]]:
    """Return the contender's run over columns; raises where it cannot."""
    if WORKLOADS[workload].fields and not contender.takes_objects:
        raise RuntimeError("takes no objects")
    module = importlib.import_module(f"contenders.{contender.module}")
    if "package" in inspect.signature(module.prepare).parameters:
        run: Callable[..., list[Any]] = module.prepare(workload, device, contender.package)
    else:
        run = module.prepare(workload, device)
    return run


def numbers(rows: Iterable[Any]) -> Iterator[float]:
    """The numbers of a result, rows flattened."""
    for row in rows:
        if isinstance(row, (list, tuple)):
            yield from row
        else:
            yield row


def difference(got: list[Any], wanted: list[Any]) -> float:
    """The largest relative difference between two results (of ints: the share of them that differ)."""
    if len(got) != len(wanted):
        return math.inf
    if isinstance(wanted[0], int):
        return float(sum(a != b for a, b in zip(got, wanted, strict=True)) / len(wanted))
    pairs = zip(numbers(got), numbers(wanted), strict=True)
    gaps: list[float] = [abs(a - b) / max(1.0, abs(b)) for a, b in pairs if a != b]
    return max(gaps, default=0.0)


def measure(contender: Contender, workload: str, size: int, device: str, collector: bool) -> dict[str, Any]:
    """All that a table needs to know of one contender at one workload."""
    work = WORKLOADS[workload]
    columns, expected = work.columns(size), work.by_loop(*work.columns(size))
    start = time.perf_counter()
    run = prepare(contender, workload, device)
    first, result = timed(lambda: run(*columns))
    ready = time.perf_counter() - start
    off = difference(work.comparable(result), work.comparable(expected))
    del result, expected
    ours: list[float] = []
    cpython: list[float] = []
    if not collector:
        gc.disable()
    for _ in range(ROUNDS):
        seconds, result = timed(lambda: work.by_loop(*columns))
        cpython.append(seconds)
        del result
        seconds, result = timed(lambda: run(*columns))
        ours.append(seconds)
        del result
    return {
        "milliseconds": [round(s * 1e3, 3) for s in ours],
        "cpython_milliseconds": [round(s * 1e3, 3) for s in cpython],
        "ratio": statistics.median(c / o for c, o in zip(cpython, ours, strict=True)),
        "first_milliseconds": first * 1e3,
        "ready_milliseconds": ready * 1e3,
        "difference": off,
    }


def sentence(error: Exception) -> str:
    """What an error says, in one line of bounded length."""
    return " ".join(str(error).split())[:120] or type(error).__name__


def version(package: str) -> str | None:
    """The version of an installed package, None for what comes with Python."""
    for name in (package, f"{package}-cuda13x", f"{package}-cuda12x", f"{package}-lang"):
        try:
            return importlib.metadata.version(name.replace("_", "-"))
        except importlib.metadata.PackageNotFoundError:
            continue
    return None


def main() -> int:
    """Print the measurement, or {"missing": why}."""
    parser = argparse.ArgumentParser()
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("size", type=int)
    parser.add_argument("--device", help="instead of the contender's own, to try a GPU library on the CPU")
    parser.add_argument("--no-collector", action="store_true", help="switch the cyclic collector off while timing")
    options = parser.parse_args()
    contender = CONTENDERS[options.contender]
    try:
        device = options.device or contender.device
        answer = measure(contender, options.workload, options.size, device, not options.no_collector)
        answer["version"] = version(contender.package)
    except ImportError as error:
        answer = {"missing": f"not installed ({error.name})" if error.name else sentence(error)}
    except Exception as error:  # a peer's own way to say that it cannot: reported, not hidden
        answer = {"missing": sentence(error)}
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
