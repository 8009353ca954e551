"""Measures libraries at data that stays on a GPU: ./dev bench --resident [--only CONTENDER ...] [--json FILE]

A frame is one call over data that is there already, until its result is there: the median of many, in microseconds.
Each contender runs in a process of its own, the way its documentation shows, in double precision; results that it need
not allocate anew go to the same place each time. Beside it stands the share of the card's copy bandwidth, both ways,
that the frame comes to.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from contenders import CONTENDERS
from peers import MAKERS

HERE = Path(__file__).resolve().parent
GPU = list(MAKERS)
FRAMES = 300
SECONDS_LIMIT = 300

# (workload, elements, bytes of an element, in and out)
SIZES = [
    ("affine", 16, 16),
    ("affine", 1_000_000, 16),
    ("affine", 10_000_000, 16),
    ("sine", 1_000_000, 48),
    ("sine", 10_000_000, 48),
]


def measure(contender: str, workload: str, count: int) -> float:
    """The median microseconds of a frame, in this process."""
    import numpy as np

    floats = np.arange(float(count)) * 0.5
    numbers = floats if workload == "affine" else np.stack([floats, floats * 0.0, floats * 0.25], axis=1)
    peer = MAKERS[contender](workload, numbers)
    for _ in range(20):
        peer.wait(peer.compute())
    taken = []
    for _ in range(FRAMES):
        start = time.perf_counter()
        peer.wait(peer.compute())
        taken.append(time.perf_counter() - start)
    return sorted(taken)[FRAMES // 2] * 1e6


def copy_bandwidth() -> float:
    """Bytes in a second, read and written, of a copy within the device by the driver; 0 where CuPy is missing."""
    try:
        xp = importlib.import_module("cupy")
    except ImportError:
        return 0.0
    source = xp.zeros(1 << 27)
    target = xp.empty_like(source)
    start, end = xp.cuda.Event(), xp.cuda.Event()
    for turn in range(12):
        if turn == 2:
            start.record()
        target.data.copy_from_device_async(source.data, source.nbytes)
    end.record()
    end.synchronize()
    return float(10 * 2 * source.nbytes / (xp.cuda.get_elapsed_time(start, end) * 1e-3))


def child(contender: str) -> None:
    """All sizes of one contender, as a line of JSON."""
    if contender == "bandwidth":
        print(json.dumps(copy_bandwidth()))
        return
    answers: list[Any] = []
    for workload, count, _ in SIZES:
        try:
            answers.append(measure(contender, workload, count))
        except Exception as error:  # a peer's own way to say that it cannot: reported, not hidden
            answers.append(" ".join(f"{type(error).__name__}: {error}".split())[:100])
    print(json.dumps(answers))


def answer_of(contender: str, script: str = __file__, *options: str) -> Any:
    """What a process of its own says."""
    command = [sys.executable, script, "--child", contender, *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_LIMIT, cwd=HERE)
        return json.loads(done.stdout.strip().splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError, ValueError) as error:
        return f"{type(error).__name__}"


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="./dev bench --resident", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=GPU, default=GPU)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, default=Path("out/resident.json"))
    options = parser.parse_args()
    if options.child:
        child(options.child)
        return 0
    bandwidth = answer_of("bandwidth")
    print(f"copy bandwidth: {bandwidth / 1e12:.2f} TB/s" if isinstance(bandwidth, float) else bandwidth)
    titles = [f"{workload} {count:,}" for workload, count, _ in SIZES]
    print(f"{'us a frame (share)':<22}" + "".join(f"{title:>22}" for title in titles))
    figures = {}
    for contender in options.only:
        figures[contender] = answers = answer_of(contender)
        cells = answers if isinstance(answers, list) else [answers] * len(SIZES)
        line = f"{CONTENDERS[contender].name:<22}"
        for cell, (_, count, each) in zip(cells, SIZES, strict=True):
            if isinstance(cell, float):
                share = count * each / (cell * 1e-6) / bandwidth if bandwidth else 0.0
                line += f"{f'{cell:.1f} ({share:.0%})':>22}"
            else:
                line += f"{cell[:20]:>22}"
        print(line, flush=True)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({"bandwidth": bandwidth, "microseconds": figures}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
