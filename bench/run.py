"""Measures parallel_party and other libraries, from list to list: ./dev bench [options]

Each contender runs each workload in a process of its own, and CPython beside it: every figure is a ratio taken inside
one process. Prints a table, and writes all figures as JSON; bench/compare.py compares two such files.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contenders import CONTENDERS
from workloads import WORKLOADS

HERE = Path(__file__).resolve().parent
SECONDS_LIMIT = 900


def machine() -> dict[str, Any]:
    """Where and on what the figures were taken."""
    processors = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in processors if line.startswith("model name")), "")
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True)
    query = "import parallel_party as pp\nfor d in pp.devices():\n    print(d)"
    devices = subprocess.run([sys.executable, "-c", query], capture_output=True, text=True)
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "system": platform.platform(),
        "devices": devices.stdout.splitlines(),
        "commit": commit.stdout.strip(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def measure(contender: str, workload: str, size: int, options: argparse.Namespace) -> dict[str, Any]:
    """One contender at one workload, in a process of its own."""
    command = [sys.executable, str(HERE / "measure.py"), contender, workload, str(size)]
    command += ["--device", options.device] if options.device else []
    command += ["--no-collector"] if options.no_collector else []
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_LIMIT)
    except subprocess.TimeoutExpired:
        return {"missing": f"took more than {SECONDS_LIMIT} s"}
    if done.returncode or not done.stdout.strip():
        reason = (done.stderr.strip().splitlines() or ["no output"])[-1]
        return {"missing": f"ended with status {done.returncode}: {reason[:160]}"}
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def row(name: str, result: dict[str, Any]) -> str:
    """A line of the table."""
    if "missing" in result:
        return f"  {name:<26}  not here: {result['missing']}"
    times = sorted(result["milliseconds"])
    off = result["difference"]
    return (
        f"  {name:<26}{times[0]:>11.1f}{times[len(times) // 2]:>11.1f}{result['ratio']:>10.2f}x"
        f"{result['first_milliseconds']:>12.1f}   {'identical' if off == 0.0 else f'{off:.0e}'}"
    )


def cpython_row(results: dict[str, dict[str, Any]]) -> str:
    """CPython's line: the times from all processes."""
    times = sorted(ms for result in results.values() for ms in result.get("cpython_milliseconds", ()))
    if not times:
        return "  nobody could be measured"
    name = f"CPython {platform.python_version()}"
    return f"  {name:<26}{times[0]:>11.1f}{times[len(times) // 2]:>11.1f}{1:>10.2f}x"


def parse_arguments() -> argparse.Namespace:
    """What to measure, and where to write it."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=list(CONTENDERS), metavar="CONTENDER")
    parser.add_argument("--workload", nargs="+", choices=WORKLOADS, default=list(WORKLOADS))
    parser.add_argument("--scale", type=float, default=1.0, help="times the usual number of elements")
    parser.add_argument("--device", help="run the contenders there instead of on their own devices")
    parser.add_argument("--no-collector", action="store_true", help="with the cyclic collector off")
    parser.add_argument("--json", type=Path, default=Path("out/bench.json"), help="where to write the figures")
    return parser.parse_args()


def main() -> int:
    """Measure, print, write."""
    options = parse_arguments()
    report: dict[str, Any] = {"machine": machine(), "collector": not options.no_collector, "workloads": {}}
    facts = report["machine"]
    print(
        f"{facts['processor']}, {facts['cores']} cores, CPython {facts['python']}, {facts['commit']}, "
        f"collector {'off' if options.no_collector else 'on'}"
    )
    for workload in options.workload:
        size = max(1000, int(WORKLOADS[workload].size * options.scale))
        print(f"\n{WORKLOADS[workload].title}" + (f" (here {size:,} elements)" if options.scale != 1.0 else ""))
        print(f"  {'list in, list out':<26}{'best ms':>11}{'median ms':>11}{'ratio':>11}{'first ms':>12}   difference")
        results: dict[str, dict[str, Any]] = {}
        for contender in options.only:
            results[contender] = measure(contender, workload, size, options)
            print(row(CONTENDERS[contender].name, results[contender]), flush=True)
        print(cpython_row(results))
        report["workloads"][workload] = {"size": size, "contenders": results}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report, indent=1) + "\n")
    print(f"\nfigures: {options.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
