"""Compares two files that bench/run.py wrote: python bench/compare.py OLD.json NEW.json [--fail-below 0.9]

What is compared is each contender's ratio to CPython, which another machine or a busy one changes least.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any


def ratios(file: Path) -> dict[tuple[str, str], float]:
    """The ratio to CPython for each workload and contender that a file has."""
    report: dict[str, Any] = json.loads(file.read_text())
    return {
        (workload, contender): result["ratio"]
        for workload, part in report["workloads"].items()
        for contender, result in part["contenders"].items()
        if "ratio" in result
    }


def main() -> int:
    """Print the changes; exit status 1 where parallel_party fell below the bar."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--fail-below", type=float, default=0.0, help="least new/old ratio that passes")
    options = parser.parse_args()
    old, new = ratios(options.old), ratios(options.new)
    slower = 0
    print(f"{'workload':<16}{'contender':<18}{'old':>10}{'new':>10}{'new/old':>10}")
    for key in [*old, *(key for key in new if key not in old)]:
        workload, contender = key
        cells = [f"{side[key]:.2f}x" if key in side else "-" for side in (old, new)]
        change = new[key] / old[key] if key in old and key in new else None
        failed = change is not None and contender.startswith("pp-") and change < options.fail_below
        slower += failed
        text = f"{change:.2f}" if change is not None else "-"
        print(f"{workload:<16}{contender:<18}{cells[0]:>10}{cells[1]:>10}{text:>10}{'  slower' if failed else ''}")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
