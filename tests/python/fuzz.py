"""Runs generated programs by number: `map` against CPython, in worker processes.

    python tests/python/fuzz.py --seconds 300 --start 1000000 [--inputs 64] [--jobs 2] [--device cpu]
    python tests/python/fuzz.py --seed 1234        # one program: prints it, and what differs

A program that ends its process, or does not come back, is a finding as one whose answers differ. Findings are made
smaller by leaving out lines, then printed.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from random import Random
from typing import Any

from programs import columns, function

HANG = 60.0
"""Seconds of the processor's after which a program is taken to hang: how busy the machine is does not count."""
STILL = 900.0
"""Seconds of the clock's after which a process that waits for something, not for the processor, is taken to hang."""
INPUTS = 12
"""Arguments with which each program is called, where nothing else is said."""
CHUNK = 200
"""Programs for which one worker process is started."""


@dataclasses.dataclass
class Report:
    """What came of some programs."""

    programs: int = 0
    compiled: int = 0
    calls: int = 0  #: calls of compiled programs that were compared with CPython's
    findings: list[str] = dataclasses.field(default_factory=list)


def program(seed: int, inputs: int = INPUTS) -> tuple[str, list[list[Any]]]:
    """Program number `seed`: source, which does not depend on the number of inputs, and columns."""
    random = Random(seed)
    kinds, data = columns(random.randrange, inputs)
    return function(random.randrange, kinds), data


def work(first: int, last: int, inputs: int, device: str) -> None:
    """Compare programs [first, last), a line for each: its seed, and what came of it. In a worker.

    SIGPROF ends the process where a program takes too long.
    """
    from comparison import Difference, compare

    for seed in range(first, last):
        signal.setitimer(signal.ITIMER_PROF, HANG)
        print(f"{seed} begins", flush=True)
        try:
            print(f"{seed} {'compiled' if compare(*program(seed, inputs), device) else 'refused'}", flush=True)
        except Difference as error:
            print(f"{seed} differs {error!s:.300}".replace("\n", " "), flush=True)
        except Exception as error:
            print(f"{seed} fails {type(error).__name__}: {error!s:.300}".replace("\n", " "), flush=True)


def _chunks(seeds: range) -> Iterator[range]:
    for first in range(seeds.start, seeds.stop, CHUNK):
        yield range(first, min(first + CHUNK, seeds.stop))


class _Worker:
    """One process with a chunk of programs."""

    def __init__(self, seeds: range, inputs: int, device: str) -> None:
        self.seeds, self.inputs = seeds, inputs
        arguments = [sys.executable, __file__, "--work", str(seeds.start), str(seeds.stop)]
        arguments += ["--inputs", str(inputs), "--device", device]
        environment = {**os.environ, "PARALLEL_PARTY_DISK_CACHE": "0", "PARALLEL_PARTY_NUM_THREADS": "1"}
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        self.processor_time = -1
        self.last_seen_running = time.monotonic()

    def _stands_still(self) -> bool:
        with open(f"/proc/{self.process.pid}/stat") as status:
            fields = status.read().rpartition(")")[2].split()
        spent = int(fields[11]) + int(fields[12])
        if spent != self.processor_time:
            self.processor_time, self.last_seen_running = spent, time.monotonic()
        return time.monotonic() - self.last_seen_running > STILL

    def is_done(self) -> bool:
        return self.process.poll() is not None or self._stands_still()

    def finish(self, report: Report) -> range:
        """Add what came of them; return those that are left since the process ended before."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGPROF)
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
                report.calls += self.inputs if what != "refused" else 0
            if what in ("differs", "fails"):
                report.findings.append(f"seed {seed} {what}: {' '.join(rest)}\n{program(at)[0]}")
        if not ended or self.process.returncode:
            hangs = self.process.returncode == -signal.SIGPROF
            how = "hangs" if hangs else f"ends the process with {self.process.returncode}: {errors.decode()[-500:]}"
            report.programs += not ended
            report.findings.append(f"seed {at} {how}\n{program(at)[0]}")
            return range(at + 1, self.seeds.stop)
        return range(0)


def run_seeds(
    seeds: range, seconds: float | None, jobs: int | None = None, device: str = "cpu", inputs: int = INPUTS
) -> Report:
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
            workers.append(_Worker(chunk, inputs, device))
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


def show(seed: int, inputs: int, device: str) -> int:
    """Print one program and what differs, made smaller; exit status 1 if anything does."""
    source, data = program(seed, inputs)
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
    parser.add_argument("--inputs", type=int, default=INPUTS, help="calls of each program")
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, help="look at one program only")
    parser.add_argument("--work", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(*options.work, options.inputs, options.device)
        return 0
    if options.seed is not None:
        return show(options.seed, options.inputs, options.device)
    start = time.monotonic()
    seeds = range(options.start, options.start + options.count)
    report = run_seeds(seeds, options.seconds, options.jobs, options.device, options.inputs)
    took = time.monotonic() - start
    print(f"{report.programs} programs from {options.start}, {report.compiled} compiled, {took:.0f} s")
    print(f"{report.calls} calls compared")
    print(f"{len(report.findings)} findings")
    for finding in report.findings:
        print(f"\n{finding}")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
