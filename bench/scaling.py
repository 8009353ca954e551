"""How reading and boxing scale with threads, for each kind of element: ./dev bench --scaling [options]

One process for each kind and number of threads. Before each call memory larger than the caches is written, so that
columns come from memory. Prints a table, and writes the figures as JSON and a plot as SVG.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from elements import ELEMENTS
from run import machine

HERE = Path(__file__).resolve().parent
STATIONS = ("read", "run", "box", "call")
ROUNDS = 7
CACHES = 1 << 29  # bytes, more than any processor's caches


def measure(kind: str, scale: float) -> dict[str, Any]:
    """Milliseconds of each station of a call in this process, with caches cold, and what the elements' number is."""
    import parallel_party as pp

    make, function, size = ELEMENTS[kind]
    column = make(max(1000, int(size * scale)))
    sweep = bytearray(CACHES if scale >= 1.0 else 1 << 20)
    rounds: dict[str, list[float]] = {station: [] for station in STATIONS}
    for turn in range(ROUNDS + 2):
        sweep[::64] = sweep[::64]
        start = time.perf_counter()
        result = pp.map(function, column, device="cpu")
        call = (time.perf_counter() - start) * 1e3
        if turn >= 2:  # the first compiles, the second warms memory
            timings = pp.explain(function, column, device="cpu").signatures[0].timings
            for station in STATIONS:
                rounds[station].append(call if station == "call" else timings[station])
        del result
    start = time.perf_counter()
    expected = [function(v) for v in column]
    cpython = (time.perf_counter() - start) * 1e3
    answer: dict[str, Any] = {station: statistics.median(values) for station, values in rounds.items()}
    answer["cpython"] = cpython
    answer["agrees"] = pp.map(function, column, device="cpu") == expected
    answer["elements"] = len(column)
    return answer


def in_process(kind: str, threads: int, scale: float) -> dict[str, Any]:
    """The measurement in two processes of their own with that many threads: stations one after the other, and calls."""
    command = [sys.executable, str(HERE / "scaling.py"), "--measure", kind, "--scale", str(scale)]
    answers: list[dict[str, Any]] = []
    for blocks in ("0", "1"):
        environment = {**os.environ, "PARALLEL_PARTY_NUM_THREADS": str(threads), "PARALLEL_PARTY_BLOCKS": blocks}
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        if done.returncode:
            return {"missing": (done.stderr.strip().splitlines() or ["no output"])[-1][:160]}
        answers.append(json.loads(done.stdout))
    stations, calls = answers
    agrees = stations["agrees"] and calls["agrees"]
    return {**stations, "call_of_stations": stations["call"], "call": calls["call"], "agrees": agrees}


def plot(report: dict[str, Any], file: Path) -> None:
    """Nanoseconds an element against threads, one panel for each kind, reading and boxing and the whole call."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "parallel_party"
    from matplotlib import pyplot

    kinds = {kind: points for kind, points in report["kinds"].items() if any("call" in p for p in points.values())}
    columns = 4
    rows = -(-len(kinds) // columns)
    figure, panels = pyplot.subplots(rows, columns, figsize=(12, 2.6 * rows), squeeze=False, layout="constrained")
    for panel in panels.flat[len(kinds) :]:
        panel.set_axis_off()
    for panel, (kind, points) in zip(panels.flat, kinds.items(), strict=False):
        threads = [int(t) for t, p in points.items() if "call" in p]
        for station, colour in (("read", "tab:blue"), ("box", "tab:orange"), ("call", "tab:grey")):
            each = [points[str(t)][station] * 1e6 / points[str(t)]["elements"] for t in threads]
            panel.plot(threads, each, "o-", color=colour, label=station, markersize=3)
        panel.set(title=kind, xscale="log", yscale="log", xticks=threads, xticklabels=threads)
        panel.minorticks_off()
        panel.grid(alpha=0.3)
    panels[0, 0].legend(fontsize=8)
    figure.supxlabel("threads")
    figure.supylabel("ns an element")
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None})


def parse_arguments() -> argparse.Namespace:
    """What to measure, and where to write it."""
    parser = argparse.ArgumentParser(prog="./dev bench --scaling", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="+", help="1, 2, 4 ... up to the processors there are")
    parser.add_argument("--kinds", nargs="+", choices=ELEMENTS, default=list(ELEMENTS))
    parser.add_argument("--scale", type=float, default=1.0, help="times the usual number of elements")
    parser.add_argument("--json", type=Path, default=Path("out/scaling.json"), help="where to write the figures")
    parser.add_argument("--plot", type=Path, default=Path("out/scaling.svg"), help="where to write the plot")
    parser.add_argument("--no-plot", action="store_true", help="leave the plot out")
    parser.add_argument("--measure", choices=ELEMENTS, help="one kind in this process, as JSON")
    return parser.parse_args()


def main() -> int:
    """Measure, print, write, draw."""
    options = parse_arguments()
    if options.measure:
        gc.collect()
        print(json.dumps(measure(options.measure, options.scale)))
        return 0
    cores = len(os.sched_getaffinity(0))
    threads = options.threads or [t for t in (1, 2, 4, 8, 16, 32, 64) if t <= cores]
    report: dict[str, Any] = {"machine": machine(), "kinds": {}}
    print(f"{'kind':<18}{'elements':>10}{'threads':>9}" + "".join(f"{s + ' ms':>10}" for s in (*STATIONS, "CPython")))
    for kind in options.kinds:
        points = report["kinds"].setdefault(kind, {})
        for count in threads:
            point = points[str(count)] = in_process(kind, count, options.scale)
            if "missing" in point:
                print(f"{kind:<18} not here: {point['missing']}", flush=True)
                break
            cells = "".join(f"{point[station]:>10.2f}" for station in (*STATIONS, "cpython"))
            print(f"{kind:<18}{point['elements']:>10,}{count:>9}{cells}", flush=True)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report, indent=1) + "\n")
    if not options.no_plot:
        plot(report, options.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
