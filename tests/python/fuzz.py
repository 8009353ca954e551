"""Runs generated programs by number: `map` against CPython, in worker processes.

    python tests/python/fuzz.py --seconds 300 --start 1000000 [--inputs 64] [--jobs 2] [--device cpu] [--log FILE]
    python tests/python/fuzz.py --seed 1234        # one program: prints it, and what differs

A program that ends its process, or does not come back, is a finding as one whose answers differ. Findings go to the log
as soon as they are known, with Python's stacks, and the native one where gdb is there and the process ended; how far
the run is goes there every 20 seconds. With --seed a finding is made smaller for as long as --seconds says: what is
left differs in the same way.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from fuzz_worker import CHUNK, HANG, INPUTS, limit_memory, program, setting
from reduction import reduce

STILL = 900.0
"""Seconds of the clock's after which a process that waits for something, not for the processor, is taken to hang."""
PROGRESS = 20.0
"""Seconds between two lines of the log."""
_FAULTS = [-fault for fault in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE)]
_ASKED = ["run", "info proc mappings", "info proc status", "info registers", "x/8i $pc - 16"]
_ASKED += ["p $_siginfo._sifields._sigfault", "bt 60"]
"""Of gdb, where a process ended."""


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
        self.environment = {**os.environ, **chosen.environment}
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=self.errors, env=self.environment)
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

    def native_stack(self) -> str:
        """How the process ends when a debugger runs its programs again, as far as they had come."""
        if self.process.returncode not in _FAULTS or not shutil.which("gdb"):
            return ""
        assert isinstance(self.process.args, list)
        again = [*self.process.args[:3], str(self.at + 1), *self.process.args[4:-2]]
        options = [word for command in _ASKED for word in ("-ex", command)]
        try:
            done = subprocess.run(
                ["gdb", "-q", "-batch", *options, "--args", *again],
                capture_output=True, env=self.environment, timeout=300, text=True, errors="replace",
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return "it takes too long in gdb\n"
        return done.stdout[-20000:]

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
            self.at,
            "hangs" if hangs else f"ends the process with {self.process.returncode}",
            errors[-20000:] + self.native_stack(),
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


def _look(source: str, data: list[list[Any]], device: str) -> str:
    """In what way a program differs, or "" where it does not."""
    from comparison import Difference, compare

    try:
        compare(source, data, device)
    except Difference as error:
        return error.kind
    except Exception as error:
        return f"fails with {type(error).__name__}"
    return ""


def verdict(source: str, data: list[list[Any]], device: str = "cpu", seconds: float = HANG) -> str:
    """In what way a program differs, ends its process or hangs; "" where it does none of these.

    On the processor it runs in a child of this process, which has made no thread so far.
    """
    if device != "cpu":
        return _look(source, data, device)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.write(writer, _look(source, data, device).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        found = answer.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == -signal.SIGPROF:
        return "hangs"
    return found if status == 0 else f"ends the process with {status}"


def make_smaller(
    source: str, data: list[list[Any]], kind: str, device: str, seconds: float
) -> tuple[str, list[list[Any]]]:
    """One element, if one is enough, and a program that differs in the same way."""
    patience = HANG if kind != "hangs" else 5.0
    for i in range(len(data[0])):
        one = [[column[i]] for column in data]
        if verdict(source, one, device, patience) == kind:
            data = one
            break
    return reduce(source, lambda text: verdict(text, data, device, patience) == kind, seconds), data


def show(seed: int, inputs: int, device: str, seconds: float) -> int:
    """Print one program and what differs, made smaller; exit status 1 if anything does."""
    chosen = setting(seed)
    os.environ.update(chosen.environment)
    limit_memory()
    source, data = program(seed, inputs * chosen.inputs)
    print(source)
    kind = verdict(source, data, device)
    if not kind:
        print("agrees")
        return 0
    source, data = make_smaller(source, data, kind, device, seconds)
    print(f"{kind}; smaller:\n{source}\ncolumns: {data}")
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
        return show(options.seed, options.inputs, options.device, options.seconds)
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
