"""Compiled Python against the same code in C++ at -O2, both on one core: ./dev bench --twins [options]

For each twin the loop over the elements alone is timed on both sides, over the same values: for ours the kernel's run,
without reading and boxing, which `bench/run.py` measures. Answers must be equal to the last bit. Prints a table in
Markdown, and writes the figures as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# One core, and no wait for others; both are read when they are first needed.
os.environ["PARALLEL_PARTY_NUM_THREADS"] = "1"
os.environ["PARALLEL_PARTY_DISK_CACHE"] = "0"

import kernels  # noqa: E402

Columns = list[list[Any]]


@dataclass(frozen=True)
class Twin:
    """One function, and how its columns are given to the other side."""

    function: Callable[..., Any]
    make: Callable[[int], Columns]
    count: int
    uniform: dict[str, Any]


TWINS = {
    "nbody": Twin(kernels.nbody, kernels.make_nbody, 2_000, {"steps": 50}),
    "spectral": Twin(kernels.spectral, kernels.make_spectral, 10_000, {}),
    "mandelbrot": Twin(kernels.mandelbrot, kernels.make_mandelbrot, 10_000, {"limit": 200}),
    "black_scholes": Twin(
        kernels.black_scholes, kernels.make_black_scholes, 100_000, {"rate": 0.02, "volatility": 0.3}
    ),
    "levenshtein": Twin(kernels.levenshtein, kernels.make_levenshtein, 3_000, {}),
    "trace": Twin(kernels.trace, kernels.make_trace, 30_000, {}),
    "neighbours": Twin(kernels.neighbours, kernels.make_neighbours, 1_000_000, {"heights": kernels.HEIGHTS}),
    "potential": Twin(kernels.potential, kernels.make_potential, 20_000, {"bodies": kernels.BODIES}),
    "price": Twin(kernels.price, kernels.make_price, 1_000_000, {"prices": kernels.PRICES}),
}


def compile_kernels(folder: Path) -> tuple[Path, str]:
    """The C++ side as a program, and what compiled it."""
    compiler = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if not compiler:
        raise SystemExit("no C++ compiler is installed")
    program = folder / "kernels"
    source = Path(__file__).with_name("kernels.cpp")
    subprocess.run([compiler, "-std=c++20", "-O2", source, "-o", program], check=True)
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout
    return program, version.splitlines()[0]


def arrays(column: list[Any]) -> Iterable[array[Any]]:
    """Return a column as the other side reads it: flat, in front of ragged and text ones where each element starts."""
    if isinstance(column[0], dict):
        for table in column:
            yield array("q", table)
            yield array("d", table.values())
    elif isinstance(column[0], list) and isinstance(column[0][0], tuple):
        yield array("d", [value for element in column for row in element for value in row])
    elif isinstance(column[0], float):
        yield array("d", column)
    elif isinstance(column[0], int):
        yield array("q", column)
    else:
        lengths = {len(element) for element in column}
        if isinstance(column[0], str) or len(lengths) > 1:
            starts = array("q", [0])
            for element in column:
                starts.append(starts[-1] + len(element))
            yield starts
        if isinstance(column[0], str):
            yield array("q", [ord(letter) for element in column for letter in element])
        else:
            yield array("d", [value for element in column for value in element])


def write(path: Path, columns: Columns, uniform: dict[str, Any]) -> None:
    """Write a twin's columns, then its keywords as arrays of one."""
    with path.open("wb") as file:
        for column in [*columns, *([value] for value in uniform.values())]:
            for values in arrays(column):
                file.write(struct.pack("q", len(values)))
                values.tofile(file)


def flat(results: list[Any]) -> bytes:
    """Return results as the other side writes them."""
    rows = results if isinstance(results[0], tuple) else [(result,) for result in results]
    return array("q" if isinstance(rows[0][0], int) else "d", [value for row in rows for value in row]).tobytes()


def measure(name: str, twin: Twin, program: Path, folder: Path, scale: float, repeats: int) -> dict[str, Any]:
    """Both sides' milliseconds."""
    import parallel_party as pp

    columns = twin.make(max(int(twin.count * scale), 10))
    count = len(columns[0])
    handed_back = pp.stats().handed_back
    times = []
    for _ in range(repeats):
        results = pp.map(twin.function, *columns, device="cpu", **twin.uniform)
        times.append(pp.explain(twin.function, *columns, device="cpu", **twin.uniform).signatures[0].timings["run"])
    given, got = folder / f"{name}.in", folder / f"{name}.out"
    write(given, columns, twin.uniform)
    command = [str(part) for part in (program, name, given, got, repeats, count)]
    theirs = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    ours = min(times)
    return {
        "elements": count,
        "milliseconds": ours,
        "twin_milliseconds": theirs,
        "ratio": ours / theirs,
        "equal": got.read_bytes() == flat(results),
        "handed_back": pp.stats().handed_back - handed_back,
    }


def main() -> int:
    """Measure, print, write; exit status 1 where answers differ."""
    parser = argparse.ArgumentParser(prog="./dev bench --twins", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=TWINS, default=list(TWINS), metavar="TWIN")
    parser.add_argument("--scale", type=float, default=1.0, help="times as many elements")
    parser.add_argument("--repeats", type=int, default=7, help="of each side the best is shown")
    parser.add_argument("--json", type=Path, default=Path("out/twins.json"), help="where to write the figures")
    options = parser.parse_args()
    report: dict[str, Any] = {"twins": {}}
    with tempfile.TemporaryDirectory() as place:
        program, report["compiler"] = compile_kernels(Path(place))
        print(f"{report['compiler']}, -O2\n\n| twin | ours, ms | C++, ms | ratio | answers |\n|---|---|---|---|---|")
        for name in options.only:
            try:
                figures = measure(name, TWINS[name], program, Path(place), options.scale, options.repeats)
            except TypeError as error:  # UnsupportedError is one
                report["twins"][name] = {"refused": str(error)}
                print(f"| {name} | refused: {str(error).splitlines()[0]} |", flush=True)
                continue
            report["twins"][name] = figures
            answers = "equal" if figures["equal"] else "DIFFER"
            if figures["handed_back"]:
                answers += f", {figures['handed_back']} handed back"
            print(
                f"| {name} | {figures['milliseconds']:.2f} | {figures['twin_milliseconds']:.2f} "
                f"| {figures['ratio']:.2f} | {answers} |",
                flush=True,
            )
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report, indent=1) + "\n")
    return 0 if all(figures.get("equal", True) for figures in report["twins"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
