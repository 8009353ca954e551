"""What a function's first call costs against its length: ./dev bench --compile [options]

For each shape of code and length the first call over 300 elements: milliseconds of the analysis, from bytecode to IR,
and of the making of machine code. Each figure comes from a process of its own, since equal code is made once in a
process. The disk cache is off; with --disk-cache FOLDER it lies there, and all rounds but the first find what that has
made: the best is what a second process pays. Prints a table in Markdown, and writes the figures as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from long_functions import SHAPES, make
from run import machine

ELEMENTS = 300


def measure(shape: str, lines: int) -> dict[str, float]:
    """Milliseconds of the first call's parts."""
    import parallel_party as pp

    function = make(shape, lines)
    column = [0.25 + 0.5 * i for i in range(ELEMENTS)]
    start = time.perf_counter()
    pp.map(function, column, device="cpu")
    call = (time.perf_counter() - start) * 1e3
    timings = pp.explain(function, column, device="cpu").signatures[0].timings
    return {"analyse": timings["analyse"], "compile": timings["compile"], "call": call}


def measure_in_process(shape: str, lines: int, folder: Path | None) -> dict[str, float]:
    """The same in a new process, which has done before what the library does once."""
    environment = {**os.environ, "PARALLEL_PARTY_DISK_CACHE": "0"}
    if folder:
        environment |= {"PARALLEL_PARTY_DISK_CACHE": "128", "XDG_CACHE_HOME": str(folder.resolve())}
    command = [sys.executable, __file__, "--one", shape, str(lines)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    timing: dict[str, float] = json.loads(done.stdout)
    return timing


def parse_arguments() -> argparse.Namespace:
    """What to measure, and where to write it."""
    parser = argparse.ArgumentParser(prog="./dev bench --compile", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lines", type=int, nargs="+", default=[60, 125, 250, 500, 1000])
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES), metavar="SHAPE")
    parser.add_argument("--rounds", type=int, default=3, help="of each the best is shown")
    parser.add_argument("--disk-cache", type=Path, metavar="FOLDER", help="keep what is compiled there")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, default=Path("out/compile_time.json"), help="where to write the figures")
    return parser.parse_args()


def main() -> int:
    """Measure, print, write."""
    options = parse_arguments()
    if options.one:
        measure("straight", 10)  # what the library does once
        print(json.dumps(measure(options.one[0], int(options.one[1]))))
        return 0
    report: dict[str, Any] = {"machine": machine(), "shapes": {}}
    print(f"| analyse + compile, ms | {' | '.join(f'{lines} lines' for lines in options.lines)} |")
    print("|---" * (len(options.lines) + 1) + "|")
    for shape in options.shapes:
        points: dict[str, dict[str, float]] = {}
        for lines in options.lines:
            rounds = [measure_in_process(shape, lines, options.disk_cache) for _ in range(options.rounds)]
            points[str(lines)] = min(rounds, key=lambda timing: timing["analyse"] + timing["compile"])
        report["shapes"][shape] = points
        cells = [f"{point['analyse']:.0f} + {point['compile']:.0f}" for point in points.values()]
        print(f"| {shape} | {' | '.join(cells)} |", flush=True)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
