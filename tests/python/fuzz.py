"""Runs generated programs by number: `map` against CPython, in worker processes.

    python tests/python/fuzz.py --seconds 300 --start 1000000 [--inputs 64] [--jobs 2] [--device cpu] [--log FILE]
    python tests/python/fuzz.py --seed 1234        # one program: prints it, and what differs

A program that ends its process, or does not come back, is a finding as one whose answers differ. Findings go to the log
as soon as they are known, with Python's stacks; how far the run is goes there every 20 seconds. With --seed a finding
is made smaller by leaving out lines.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from fuzz_worker import CHUNK, INPUTS, limit_memory, program, setting

STILL = 900.0
"""Seconds of the clock's after which a process that waits for something, not for the processor, is taken to hang."""
PROGRESS = 20.0
"""Seconds between two lines of the log."""


@dataclasses.dataclass
class Report:
    """What came of some programs."""

    programs: int = 0
    compiled: int = 0
    calls: int = 0  #: calls of compiled programs that were compared with CPython's
    last: int = 0  #: the highest number that was run; those of the last chunks below it may be missing
    findings: list[str] = dataclasses.field(default_factory=list)
    log: TextIO | None = None

    def add_finding(self, seed: int, what: str, errors: str = "") -> None:
        """Keep it, and log it at once: whoever runs this may be ended at any time."""
        with_what = " ".join(f"{name}={value}" for name, value in setting(seed).environment.items())
        finding = f"seed {seed} {what}\n{errors}{program(seed)[0]}with {with_what}\n"
        self.findings.append(finding)
        self.write(finding)

    def write(self, text: str) -> None:
        """Into the log, if there is one."""
        if self.log is not None:
            print(text, file=self.log, flush=True)

    def summary(self) -> str:
        """In one line."""
        return (
            f"{self.programs} programs to {self.last}, {self.compiled} compiled, {self.calls} calls compared, "
            f"{len(self.findings)} findings"
        )


def _chunks(seeds: range) -> Iterator[range]:
    first = seeds.start
    while first < seeds.stop:
        last = min(first - first % CHUNK + CHUNK, seeds.stop)
        yield range(first, last)
        first = last


class _Worker:
    """One process with a chunk of programs, all with the same setting."""

    def __init__(self, seeds: range, inputs: int, device: str, until: float) -> None:
        self.seeds, self.at, self.ended = seeds, seeds.start - 1, True
        chosen = setting(seeds.start)
        self.inputs = inputs * chosen.inputs
        arguments = [sys.executable, str(Path(__file__).with_name("fuzz_worker.py")), str(seeds.start), str(seeds.stop)]
        arguments += ["--inputs", str(self.inputs), "--device", device, "--until", str(until)]
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=self.errors, env={**os.environ, **chosen.environment}
        )
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        self.unfinished = b""
        self.processor_time = -1
        self.last_seen_running = time.monotonic()

    def _stands_still(self) -> bool:
        with open(f"/proc/{self.process.pid}/stat") as status:
            fields = status.read().rpartition(")")[2].split()
        spent = int(fields[11]) + int(fields[12])
        if spent != self.processor_time:
            self.processor_time, self.last_seen_running = spent, time.monotonic()
        return time.monotonic() - self.last_seen_running > STILL

    def read(self, report: Report) -> bool:
        """Add what it has written since; whether it is done."""
        done = self.process.poll() is not None
        if not done and self._stands_still():
            self.process.send_signal(signal.SIGPROF)
            self.process.wait()
            done = True
        assert self.process.stdout is not None
        while data := self.process.stdout.read(1 << 16):
            *lines, self.unfinished = (self.unfinished + data).split(b"\n")
            for line in lines:
                self._take(line.decode(), report)
        return done

    def _take(self, line: str, report: Report) -> None:
        seed, what, *rest = line.split(" ", 2)
        self.at = int(seed)
        self.ended = what != "begins"
        report.last = max(report.last, self.at)
        if self.ended:
            report.programs += 1
            report.compiled += what != "refused"
            report.calls += self.inputs if what != "refused" else 0
        if what in ("differs", "fails"):
            report.add_finding(self.at, f"{what}: {' '.join(rest)}")

    def finish(self, report: Report) -> range:
        """Add how the process ended; return the programs that are left since it ended before."""
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.errors.seek(0)
        errors = self.errors.read().decode(errors="replace")
        self.errors.close()
        if self.ended and not self.process.returncode:
            return range(0)
        hangs = self.process.returncode == -signal.SIGPROF
        report.programs += not self.ended
        report.add_finding(
            self.at, "hangs" if hangs else f"ends the process with {self.process.returncode}", errors[-20000:]
        )
        return range(self.at + 1, self.seeds.stop)


def run_seeds(
    seeds: range,
    seconds: float | None,
    jobs: int | None = None,
    device: str = "cpu",
    inputs: int = INPUTS,
    log: TextIO | None = None,
) -> Report:
    """Run the programs with these numbers, or as many of them as there is time for."""
    report = Report(log=log)
    start = time.monotonic()
    until = time.time() + (seconds if seconds is not None else 1e9)
    chunks = _chunks(seeds)
    waiting: list[range] = []
    workers: list[_Worker] = []
    jobs = jobs or len(os.sched_getaffinity(0))
    logged = start
    while True:
        while len(workers) < jobs and time.time() < until:
            chunk = waiting.pop() if waiting else next(chunks, None)
            if chunk is None:
                break
            workers.append(_Worker(chunk, inputs, device, until))
        if not workers:
            report.write(f"{time.monotonic() - start:.0f} s, the end: {report.summary()}")
            return report
        time.sleep(0.02)
        for worker in [worker for worker in workers if worker.read(report)]:
            workers.remove(worker)
            if rest := worker.finish(report):
                waiting.append(rest)
        if time.monotonic() - logged >= PROGRESS:
            logged = time.monotonic()
            report.write(f"{logged - start:.0f} s: {report.summary()}, {report.programs / (logged - start):.0f}/s")


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
    chosen = setting(seed)
    os.environ.update(chosen.environment)
    limit_memory()
    source, data = program(seed, inputs * chosen.inputs)
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
    parser.add_argument("--log", type=Path, help="where findings and progress are appended at once")
    parser.add_argument("--seed", type=int, help="look at one program only")
    options = parser.parse_args()
    if options.seed is not None:
        return show(options.seed, options.inputs, options.device)
    seeds = range(options.start, options.start + options.count)
    start = time.monotonic()
    with open(options.log or os.devnull, "a") as log:
        report = run_seeds(seeds, options.seconds, options.jobs, options.device, options.inputs, log)
    print(f"from {options.start}: {report.summary()}, {time.monotonic() - start:.0f} s")
    for finding in report.findings:
        print(f"\n{finding}")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
