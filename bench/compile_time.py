"""What a function's first call costs against its length: ./dev bench --compile [options]

For each shape of code and length the first call over 300 elements: milliseconds of the analysis, from bytecode to IR,
and of the making of machine code. Prints a table in Markdown, and writes the figures as JSON.
"""

from __future__ import annotations

import argparse
import json
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


def parse_arguments() -> argparse.Namespace:
    """What to measure, and where to write it."""
    parser = argparse.ArgumentParser(prog="./dev bench --compile", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lines", type=int, nargs="+", default=[60, 125, 250, 500, 1000])
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES), metavar="SHAPE")
    parser.add_argument("--rounds", type=int, default=3, help="of each the best is shown")
    parser.add_argument("--json", type=Path, default=Path("out/compile_time.json"), help="where to write the figures")
    return parser.parse_args()


def main() -> int:
    """Measure, print, write."""
    options = parse_arguments()
    report: dict[str, Any] = {"machine": machine(), "shapes": {}}
    measure("straight", 10)  # what the library does once
    print(f"| analyse + compile, ms | {' | '.join(f'{lines} lines' for lines in options.lines)} |")
    print("|---" * (len(options.lines) + 1) + "|")
    for shape in options.shapes:
        points: dict[str, dict[str, float]] = {}
        for lines in options.lines:
            rounds = [measure(shape, lines) for _ in range(options.rounds)]
            points[str(lines)] = min(rounds, key=lambda timing: timing["analyse"] + timing["compile"])
        report["shapes"][shape] = points
        cells = [f"{point['analyse']:.0f} + {point['compile']:.0f}" for point in points.values()]
        print(f"| {shape} | {' | '.join(cells)} |", flush=True)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
