"""Runs generated programs by number: `map` against CPython, in worker processes.

    python tests/python/fuzz.py --seconds 300 --start 1000000 [--jobs 2] [--device cpu]
    python tests/python/fuzz.py --seed 1234        # one program: prints it, and what differs

A program that ends its process, or does not come back, is a finding as one whose answers differ. Findings are made
smaller by leaving out lines, then printed.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from random import Random
from typing import Any

from programs import columns, function

HANG = 60.0
"""Seconds after which a program is taken to hang."""
CHUNK = 200
"""Programs for which one worker process is started."""


@dataclasses.dataclass
class Report:
    """What came of some programs."""

    programs: int = 0
    compiled: int = 0
    findings: list[str] = dataclasses.field(default_factory=list)


def program(seed: int) -> tuple[str, list[list[Any]]]:
    """Program number `seed`: source and columns."""
    random = Random(seed)
    kinds, data = columns(random.randrange, size=12)
    return function(random.randrange, kinds), data


def work(first: int, last: int, device: str) -> None:
    """Compare programs [first, last), a line for each: its seed, and what came of it. In a worker."""
    from comparison import Difference, compare

    for seed in range(first, last):
        print(f"{seed} begins", flush=True)
        try:
            print(f"{seed} {'compiled' if compare(*program(seed), device) else 'refused'}", flush=True)
        except Difference as error:
            print(f"{seed} differs {error!s:.300}".replace("\n", " "), flush=True)
        except Exception as error:
            print(f"{seed} fails {type(error).__name__}: {error!s:.300}".replace("\n", " "), flush=True)


def _chunks(seeds: range) -> Iterator[range]:
    for first in range(seeds.start, seeds.stop, CHUNK):
        yield range(first, min(first + CHUNK, seeds.stop))


class _Worker:
    """One process with a chunk of programs."""

    def __init__(self, seeds: range, device: str) -> None:
        self.seeds = seeds
        arguments = [sys.executable, __file__, "--work", str(seeds.start), str(seeds.stop), "--device", device]
        environment = {**os.environ, "PARALLEL_PARTY_DISK_CACHE": "0", "PARALLEL_PARTY_NUM_THREADS": "1"}
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        self.deadline = time.monotonic() + HANG + len(seeds)

    def is_done(self) -> bool:
        return self.process.poll() is not None or time.monotonic() > self.deadline

    def finish(self, report: Report) -> range:
        """Add what came of them; return those that are left since the process ended before."""
        hangs = self.process.poll() is None
        if hangs:
            self.process.kill()
        output, errors = self.process.communicate()
        at = self.seeds.start - 1
        ended = True
        for line in output.decode().splitlines():
            seed, what, *rest = line.split(" ", 2)
            at = int(seed)
            ended = what != "begins"
            if ended:
                report.programs += 1
                report.compiled += what != "refused"
            if what in ("differs", "fails"):
                report.findings.append(f"seed {seed} {what}: {' '.join(rest)}\n{program(at)[0]}")
        if hangs or not ended or self.process.returncode:
            how = "hangs" if hangs else f"ends the process with {self.process.returncode}: {errors.decode()[-500:]}"
            report.programs += not ended
            report.findings.append(f"seed {at} {how}\n{program(at)[0]}")
            return range(at + 1, self.seeds.stop)
        return range(0)


def run_seeds(seeds: range, seconds: float | None, jobs: int | None = None, device: str = "cpu") -> Report:
    """Run the programs with these numbers, or as many of them as there is time for."""
    report = Report()
    end = time.monotonic() + (seconds if seconds is not None else 1e9)
    chunks = _chunks(seeds)
    waiting: list[range] = []
    workers: list[_Worker] = []
    jobs = jobs or len(os.sched_getaffinity(0))
    while True:
        while len(workers) < jobs and time.monotonic() < end:
            chunk = waiting.pop() if waiting else next(chunks, None)
            if chunk is None:
                break
            workers.append(_Worker(chunk, device))
        if not workers:
            return report
        time.sleep(0.02)
        for worker in [worker for worker in workers if worker.is_done()]:
            workers.remove(worker)
            if rest := worker.finish(report):
                waiting.append(rest)


def _still_differs(source: str, data: list[list[Any]], device: str) -> bool:
    from comparison import Difference, compare

    try:
        compare(source, data, device)
    except Difference:
        return True
    except Exception:
        return False
    return False


def reduce(source: str, data: list[list[Any]], device: str) -> tuple[str, list[list[Any]]]:
    """Leave out elements and lines as long as it differs."""
    for i in range(len(data[0])):
        one = [[column[i]] for column in data]
        if _still_differs(source, one, device):
            data = one
            break
    lines = source.splitlines()
    shorter = True
    while shorter:
        shorter = False
        for i in range(len(lines)):
            fewer = lines[:i] + lines[i + 1 :]
            if _still_differs("\n".join(fewer), data, device):
                lines, shorter = fewer, True
                break
    return "\n".join(lines), data


def show(seed: int, device: str) -> int:
    """Print one program and what differs, made smaller; exit status 1 if anything does."""
    source, data = program(seed)
    print(source)
    if not _still_differs(source, data, device):
        print("agrees")
        return 0
    source, data = reduce(source, data, device)
    print(f"differs; smaller:\n{source}\ncolumns: {data}")
    return 1


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--start", type=int, default=1_000_000, help="number of the first program")
    parser.add_argument("--count", type=int, default=10**9)
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, help="look at one program only")
    parser.add_argument("--work", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(*options.work, options.device)
        return 0
    if options.seed is not None:
        return show(options.seed, options.device)
    start = time.monotonic()
    seeds = range(options.start, options.start + options.count)
    report = run_seeds(seeds, options.seconds, options.jobs, options.device)
    took = time.monotonic() - start
    print(f"{report.programs} programs from {options.start}, {report.compiled} compiled, {took:.0f} s")
    print(f"{len(report.findings)} findings")
    for finding in report.findings:
        print(f"\n{finding}")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
