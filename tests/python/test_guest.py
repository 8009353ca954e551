"""A good guest: imports, threads, forks, signals, other threads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

import parallel_party as pp


def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )


def test_import_starts_nothing():
    answer = run(
        "import os, sys\nbefore = set(sys.modules)\nimport parallel_party\n"
        "new = {m.split('.')[0] for m in set(sys.modules) - before}\n"
        "print(sorted(new & {'numpy', 'multiprocessing', 'inspect', 'dataclasses', 'asyncio'}))\n"
        "print(len(os.listdir('/proc/self/task')), 'libcuda' in open('/proc/self/maps').read())"
    )
    assert answer.stdout == "[]\n1 False\n" and answer.stderr == ""


def test_a_fork_waits_for_an_import():
    """A child that was forked in its midst would find the module locked for ever."""
    answer = run(
        "import os, sys, threading, time, parallel_party as pp\n"
        "class Slow:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.startswith('parallel_party._prelude'): started.set(); time.sleep(0.1)\n"
        "started = threading.Event(); sys.meta_path.insert(0, Slow())\n"
        "def f(): return pp.map(lambda v: round(v, 1), [0.25] * 9000, device='cpu') == [0.2] * 9000\n"
        "thread = threading.Thread(target=f); thread.start(); started.wait()\n"
        "pid = os.fork()\n"
        "if pid == 0: os._exit(0 if f() else 1)\n"
        "thread.join(); print(os.waitpid(pid, 0)[1])",
    )
    assert answer.stdout == "0\n", answer.stderr


def test_a_call_in_the_midst_of_an_import():
    """A signal handler, say: modules that are half imported lack what compiling takes."""
    answer = run(
        "import sys, parallel_party as pp\n"
        "def f(v): return round(v, 1) + sum([v, 1.0])\n"
        "data = [0.25] * 9000\n"
        "class Nosy:\n"
        "    busy = False\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.startswith('parallel_party._prelude') and not self.busy:\n"
        "            self.busy = True\n"
        "            answers.append(pp.map(f, data, device='cpu') == [f(v) for v in data])\n"
        "            self.busy = False\n"
        "answers = []; sys.meta_path.insert(0, Nosy())\n"
        "answers.append(pp.map(f, data, device='cpu') == [f(v) for v in data])\n"
        "print(len(answers) > 3, set(answers), pp.stats().handed_back < 9000 * len(answers))\n"
        "before = pp.stats().handed_back\n"
        "print(pp.map(f, data, device='cpu') == [f(v) for v in data], pp.stats().handed_back - before)"
    )
    assert answer.stdout == "True {True} True\nTrue 0\n", answer.stderr


def test_a_small_call_starts_no_thread():
    answer = run(
        "import os, parallel_party as pp\nassert pp.map(lambda v: v * 2, [1, 2], device='cpu') == [2, 4]\n"
        "print(len(os.listdir('/proc/self/task')))"
    )
    assert answer.stdout == "1\n", answer.stderr


@pytest.mark.parametrize("threads", ["1", "2", "5"])
def test_number_of_threads(threads):
    answer = run(
        "import parallel_party as pp\n"
        "print(pp.devices()[0].attributes['threads'], sum(pp.map(lambda v: v * 2, range(100_000), device='cpu')))",
        PARALLEL_PARTY_NUM_THREADS=threads,
    )
    assert answer.stdout == f"{threads} 9999900000\n", answer.stderr


def test_a_bad_number_of_threads_is_an_error():
    answer = run("import parallel_party as pp; pp.devices()", PARALLEL_PARTY_NUM_THREADS="many")
    assert "ValueError" in answer.stderr and "PARALLEL_PARTY_NUM_THREADS" in answer.stderr


def test_fork():
    answer = run(
        "import os, sys, parallel_party as pp\ndata = [float(i) for i in range(200_000)]\n"
        "f = lambda v: v * 2.0 + 1.0\nwant = [f(v) for v in data]\nassert pp.map(f, data, device='cpu') == want\n"
        "pid = os.fork()\nok = pp.map(f, data, device='cpu') == want\n"
        "if pid == 0: os._exit(0 if ok else 1)\n"
        "print(ok, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))"
    )
    assert answer.stdout == "True 0\n", answer.stderr


def test_several_threads_at_once():
    data = [float(i) for i in range(50_000)]
    failures: list[object] = []

    def work(k: int) -> None:
        f = eval(f"lambda v: v * {k} + 0.5")
        for _ in range(10):
            if pp.map(f, data, device="cpu") != [f(v) for v in data]:
                failures.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


ENDLESS = """
def endless(v):
    while v > 0.0:
        v = v + 1.0 if v < 1e9 else 1.0
    return v
"""


def test_ctrl_c_stops_an_endless_loop():
    program = (
        f"import os, signal, threading, parallel_party as pp\n{ENDLESS}\n"
        # What is started in the background, as by nohup, inherits that Ctrl-C is ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "try:\n    pp.map(endless, [1.0] * COUNT, device='cpu')\n"
        "except KeyboardInterrupt:\n    print('stopped', pp.map(lambda v: v + 1, [1], device='cpu'))\n"
    )
    for count in ("3", "50_000"):
        start = time.monotonic()
        answer = run(program.replace("COUNT", count))
        assert answer.stdout == "stopped [2]\n", answer.stderr
        assert time.monotonic() - start < 60


def test_other_threads_run_meanwhile():
    """A long run gives the GIL away; a column changed meanwhile is seen as it was at the call."""
    ticks = 0
    done = False
    data = [float(i % 7) for i in range(4000)]
    rows = [[v] for v in data]

    def tick() -> None:
        nonlocal ticks
        while not done:
            ticks += 1
            data[:] = [-1.0] * 10
            for row in rows[:10]:
                row[0] = -5.0
            time.sleep(0.001)

    def slow(row: list[float]) -> list[float]:
        v = row[0]
        for _ in range(20_000):
            v = v * 0.5 + 1.0
        return [v, row[0]]

    want = [slow([v]) for v in (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)]
    thread = threading.Timer(0.02, tick)
    thread.start()
    got = pp.map(slow, rows, device="cpu")
    done = True
    thread.join()
    assert ticks > 0
    assert all(g == want[i % 7] for i, g in enumerate(got))


def test_handlers_run_during_a_long_call():
    seen: list[int] = []
    old = signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
    try:
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1)).start()

        def slow(v: float) -> float:
            for _ in range(30_000):
                v = v * 0.5 + 1.0
            return v

        pp.map(slow, [1.0] * 10_000, device="cpu")
        assert seen == [signal.SIGUSR1]
    finally:
        signal.signal(signal.SIGUSR1, old)


def test_only_the_entry_point_is_visible():
    from parallel_party import _core

    listing = subprocess.run(["nm", "-D", "--defined-only", _core.__file__], capture_output=True, text=True, check=True)
    names = [line.split()[-1] for line in listing.stdout.splitlines()]
    assert names == ["PyInit__core"]


DAEMONS = """
import threading, time, warnings
import parallel_party as pp
warnings.simplefilter("ignore")

def spin(n):
    x = 0
    for i in range(n):
        x = x * 3 % 1000003 + i
    return x

def go():
    while True:
        {call}

for _ in range(3):
    threading.Thread(target=go, daemon=True).start()
time.sleep(0.3)
"""


@pytest.mark.parametrize(
    "call",
    [
        "pp.map(lambda v: v + 1, [10**30] * 10**5)",
        "pp.map(spin, [10**9] * 64)",
        "pp.map(lambda i: i + 1, range(10**7))",
        "pp.map(lambda v: v + 1.0, iter([1.0] * 10**7))",
    ],
)
def test_the_interpreter_ends_while_daemon_threads_are_inside(call: str):
    answer = run(DAEMONS.format(call=call))
    assert (answer.returncode, answer.stderr) == (0, "")


def test_other_threads_run_while_a_long_column_is_listed():
    ticks: list[float] = []
    done = threading.Event()

    def tick():
        while not done.wait(0.005):
            ticks.append(time.perf_counter())

    thread = threading.Thread(target=tick)
    thread.start()
    start = time.perf_counter()
    pp.map(lambda a, b: a, iter([1.0] * 5_000_000), range(10**12))
    spent = time.perf_counter() - start
    done.set()
    thread.join()
    assert len(ticks) > spent / 0.5, f"{len(ticks)} turns in {spent} s"
