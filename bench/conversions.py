"""What a library takes from a list to its array and back, beside parallel_party: ./dev bench --conversions [options]

One process for each library; parallel_party is timed beside it, round by round, so a figure is a ratio within one
process. Floats, and rows of three floats; those of a GPU library end in the host's list, too.
"""

from __future__ import annotations

import argparse
import array
import gc
import importlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from run import machine

import parallel_party as pp

ROUNDS = 7
SIZES = {"floats": 5_000_000, "tuples of 3": 1_000_000}


class Library(NamedTuple):
    """How to get an array of doubles from a list, and a list from it."""

    to_array: Callable[[list[Any]], Any]
    to_list: Callable[[Any], list[Any]]


def _arrays(package: str) -> Library:
    xp = importlib.import_module(package)
    return Library(lambda values: xp.asarray(values, dtype="float64"), lambda a: a.tolist())


def _standard_library() -> Library:
    return Library(lambda values: array.array("d", values), lambda a: a.tolist())


def _torch(device: str) -> Library:
    torch = importlib.import_module("torch")
    return Library(
        lambda values: torch.tensor(values, dtype=torch.float64, device=device),
        lambda a: a.tolist(),
    )


def _jax() -> Library:
    jax, np = importlib.import_module("jax"), importlib.import_module("numpy")
    jax.config.update("jax_enable_x64", True)
    return Library(lambda values: jax.device_put(np.asarray(values)), lambda a: np.asarray(a).tolist())


def _warp() -> Library:
    wp, np = importlib.import_module("warp"), importlib.import_module("numpy")
    wp.config.quiet = True
    kinds = {1: wp.float64, 2: wp.vec3d}

    def to_array(values: list[Any]) -> Any:
        host = np.asarray(values)
        return wp.array(host, dtype=kinds[host.ndim], device="cuda")

    return Library(to_array, lambda a: a.numpy().tolist())


def _pyarrow() -> Library:
    pa = importlib.import_module("pyarrow")
    return Library(lambda values: pa.array(values), lambda a: a.to_pylist())


LIBRARIES: dict[str, Callable[[], Library]] = {
    "array.array": _standard_library,
    "NumPy": lambda: _arrays("numpy"),
    "PyArrow": _pyarrow,
    "PyTorch, cpu": lambda: _torch("cpu"),
    "CuPy": lambda: _arrays("cupy"),
    "JAX": _jax,
    "Warp": _warp,
    "PyTorch, cuda": lambda: _torch("cuda"),
}


def data(kind: str, count: int) -> list[Any]:
    """The list that is converted."""
    if kind == "floats":
        return [0.5 * i for i in range(count)]
    return [(0.1 * i, 0.5, 0.2 * i) for i in range(count)]


def milliseconds(call: Callable[[], Any]) -> tuple[float, Any]:
    """How long a call takes; what it returned."""
    gc.collect()
    start = time.perf_counter()
    result = call()
    return (time.perf_counter() - start) * 1e3, result


def measure(name: str, kind: str, count: int) -> dict[str, Any]:
    """A library and parallel_party in turn: the medians, and those of the ratios."""
    theirs = LIBRARIES[name]()
    ours = Library(lambda values: pp.array(values, device="cpu"), lambda a: a.tolist())
    values = data(kind, count)
    rounds: dict[str, list[float]] = {key: [] for key in ("to_array", "to_list", "pp_to_array", "pp_to_list")}
    for turn in range(ROUNDS + 1):
        for prefix, library in (("", theirs), ("pp_", ours)):
            there, made = milliseconds(partial(library.to_array, values))
            back, result = milliseconds(partial(library.to_list, made))
            if turn == 0:  # the first warms up
                if result != values and [tuple(row) for row in result] != values:
                    raise RuntimeError("the list that comes back is another one")
                continue
            rounds[prefix + "to_array"].append(there)
            rounds[prefix + "to_list"].append(back)
            del made, result
    answer: dict[str, Any] = {key: statistics.median(each) for key, each in rounds.items()}
    for way in ("to_array", "to_list"):
        pairs = zip(rounds[way], rounds["pp_" + way], strict=True)
        answer["ratio_" + way] = statistics.median(them / us for them, us in pairs)
    return answer


def in_process(name: str, kind: str, count: int) -> dict[str, Any]:
    """The measurement in a process of its own."""
    command = [sys.executable, __file__, "--measure", name, kind, str(count)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return {"missing": (done.stderr.strip().splitlines() or ["no output"])[-1][:120]}
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="./dev bench --conversions", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=LIBRARIES, default=list(LIBRARIES))
    parser.add_argument("--scale", type=float, default=1.0, help="times the usual number of elements")
    parser.add_argument("--json", type=Path, default=Path("out/conversions.json"), help="where to write the figures")
    parser.add_argument("--measure", nargs=3, metavar=("LIBRARY", "KIND", "COUNT"), help="one in this process, as JSON")
    options = parser.parse_args()
    if options.measure:
        name, kind, count = options.measure
        print(json.dumps(measure(name, kind, int(count))))
        return 0
    report: dict[str, Any] = {"machine": machine(), "kinds": {}}
    for kind, size in SIZES.items():
        count = max(1000, int(size * options.scale))
        print(f"\n{kind}, {count:,}: ms of the library, of parallel_party, and how many times faster that is")
        results = report["kinds"][kind] = {}
        for name in options.only:
            found = results[name] = in_process(name, kind, count)
            if "missing" in found:
                print(f"  {name:<16} not here: {found['missing']}", flush=True)
                continue
            ways = (
                f"{way.replace('_', ' ')} {found[way]:9.2f} {found['pp_' + way]:8.2f} {found['ratio_' + way]:7.1f}x"
                for way in ("to_array", "to_list")
            )
            print(f"  {name:<16} {'   '.join(ways)}", flush=True)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
