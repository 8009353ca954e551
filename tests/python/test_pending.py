"""Calls that go on after they have returned: their results, failures and surroundings, on the CPU and on a GPU.

On the CPU they go on only where PARALLEL_PARTY_DEBUG=queue asks for it.
"""

from __future__ import annotations

import gc
import math
import os
import signal
import subprocess
import sys
import threading
import types
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import same

import parallel_party as pp

N = 3000


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every call that may, goes on."""
    monkeypatch.setenv("PARALLEL_PARTY_DEBUG", "queue")
    yield
    pp.stats()
    gc.collect()


@pytest.fixture
def unraisable(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What sys.unraisablehook is told."""
    seen: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: seen.append(told.exc_value))
    return seen


def array(values: list[Any], device: str) -> pp.Array:
    return pp.array(values, device=None if device == "cpu" else device)


def handed_back() -> int:
    return pp.stats().handed_back


def square(i: int) -> int:
    return i * i


def ints(device: str) -> pp.Array:
    return array([*range(N - 1), 2**40], device)


def test_elements_are_evaluated_when_somebody_looks(device: str) -> None:
    def power(i: int, k: int) -> int:
        return i * i * i * i * i * i * i * k % 1000

    numbers = array(list(range(N)), device)
    before = handed_back()
    result = pp.map(power, numbers, k=7, device=device)
    assert len(result) == N and result.device == numbers.device
    assert same(result.tolist(), [power(i, 7) for i in range(N)])
    assert handed_back() > before


def test_failures_are_raised_by_whoever_looks(device: str, unraisable: list[Any]) -> None:
    result = pp.map(square, ints(device), device=device)
    looks: list[Callable[[pp.Array], Any]] = [
        lambda a: a[0],
        lambda a: a[1:3],
        lambda a: a.tolist(),
        lambda a: list(a),
        lambda a: memoryview(a),
        lambda a: a == [1],
        repr,
        pp.array,
        lambda a: a.copy(),
        lambda a: a.__reduce__(),
        lambda a: a.__setitem__(0, 1),
        lambda a: a.append(1),
        lambda a: pp.map(lambda i: i + 1, a, device=device).tolist(),
        lambda a: pp.map(lambda i: i + 1, a, device="cpu").tolist(),
        lambda a: pp.map(lambda i, b: b[i % 2], range(10), b=a, device=device),
        lambda a: 5 in a,
        lambda a: a.sort(),
        lambda a: a.__dlpack__(),
    ]
    assert len(result) == N
    assert result.device == array([1], device).device
    for look in looks:
        with pytest.raises(OverflowError) as caught:
            look(result)
        assert f"element {N - 1}" in str(caught.value)
    assert caught.traceback
    del result, caught
    gc.collect()
    assert unraisable == []


def test_the_note_and_the_traceback_are_the_functions(device: str) -> None:
    def root(x: float) -> float:
        return math.sqrt(x)

    result = pp.map(root, array([4.0] * 10 + [-1.0, -2.0], device), device=device)
    for _ in range(3):
        with pytest.raises(ValueError) as caught:
            result.tolist()
        assert caught.value.__notes__ == ["parallel_party: raised by element 10"]
        assert [entry.name for entry in caught.traceback][-1] == "root"
        assert len(caught.traceback) == 2


def test_a_failure_leaves_out_as_it_was(device: str, unraisable: list[Any]) -> None:
    out = array([-i for i in range(N)], device)
    view = out.view(0, 10)
    assert pp.map(square, ints(device), out=out, device=device) is out
    with pytest.raises(OverflowError):
        view[0]
    assert out.tolist() == [-i for i in range(N)] and view[3] == -3
    for _ in range(2):
        pp.map(square, ints(device), out=out, device=device)
    with pytest.raises(OverflowError):
        out[5]
    with pytest.raises(OverflowError):
        out[5]
    assert out[5] == -5
    pp.map(square, ints(device), out=out, device=device)
    pp.map(square, array(list(range(N)), device), out=out, device=device)
    assert out.tolist() == [i * i for i in range(N)]
    assert len(unraisable) == 1 and isinstance(unraisable[0], OverflowError)


def test_what_nobody_looks_at_is_reported(device: str, unraisable: list[Any]) -> None:
    pp.map(square, ints(device), device=device)
    pp.stats()
    assert len(unraisable) == 1 and isinstance(unraisable[0], OverflowError)
    result = pp.map(square, ints(device), device=device)
    with pytest.raises(OverflowError):
        pp.synchronize()
    pp.synchronize()
    with pytest.raises(OverflowError):
        result[0]
    del result
    assert len(unraisable) == 1


def test_later_calls_are_run_again(device: str) -> None:
    values = list(range(N))
    values[7] = 2**40

    def cube(i: int) -> float:
        return i * i * i % 1009 * 0.5

    def plus(x: float) -> float:
        return x + 0.5

    expected = [plus(plus(cube(i))) for i in values]
    table = array(values, device)
    once = pp.map(cube, table, device=device)
    twice = pp.map(plus, once, device=device)
    other = pp.map(plus, table, device=device)
    thrice = pp.map(plus, twice, out=twice, device=device)
    assert thrice is twice
    assert same(twice.tolist(), expected)
    assert same(other.tolist(), [plus(x) for x in values])

    def turn(i: int, k: int) -> int:
        return (i * 3_037_000_500 + k) % 1_000_003 if i % 500 != 0 else (i + 2**62) * 4 % 1_000_003

    state, wanted = array(list(range(N)), device), list(range(N))
    for k in range(70):
        state = pp.map(turn, state, k=k, device=device)
        wanted = [turn(i, k) for i in wanted]
    assert state.tolist() == wanted


def test_later_calls_fail_with_what_they_read(device: str, unraisable: list[Any]) -> None:
    out = array([0] * N, device)
    first = pp.map(square, ints(device), device=device)
    second = pp.map(lambda i: i + 1, first, device=device)
    third = pp.map(lambda i: i * 2, second, out=out, device=device)
    fine = pp.map(lambda i: i * 2, array([1, 2], device), device=device)
    assert third is out
    assert fine.tolist() == [2, 4]
    for result in (second, out, first):
        with pytest.raises(OverflowError, match=f"element {N - 1}"):
            result[0]
    assert out.tolist() == [0] * N
    assert unraisable == []


def test_inputs_and_uniforms_are_those_of_the_call(device: str) -> None:
    table = array(list(range(N)), device)
    table[5] = 3_000_000_000

    def big(i: int, k: int) -> int:
        return i * i * k % 1000

    wanted = [big(i, 3) for i in table.tolist()]
    result = pp.map(big, table, k=3, device=device)
    table[5] = 0
    table[6:9] = [0, 0, 0]
    table.append(1)
    assert result.tolist() == wanted
    result = pp.map(big, table, k=5, device=device)
    again = pp.map(big, table, k=5, out=table, device=device) if len(table) == N + 1 else None
    assert again is table and result == table


def helper(i: int) -> int:
    return i + offset


offset = 1


def with_helper(i: int, *, base: int = 10) -> int:
    return helper(i) * 2**33 * 2**20 % base


def test_surroundings_are_those_of_the_call(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules[__name__]
    table = array([*range(N - 2), 2**40, 2**41], device)

    def late(f: Callable[..., Any], change: Callable[[], None]) -> None:
        wanted = [f(i) for i in table.tolist()]
        before = handed_back()
        result = pp.map(f, table, device=device)
        change()
        assert result.tolist() == wanted
        assert handed_back() > before
        assert [f(i) for i in table.tolist()] != wanted, "the change matters"

    late(with_helper, lambda: monkeypatch.setattr(module, "offset", 2))
    late(with_helper, lambda: monkeypatch.setattr(module, "helper", lambda i: 5))
    monkeypatch.undo()
    monkeypatch.setenv("PARALLEL_PARTY_DEBUG", "queue")
    late(with_helper, lambda: monkeypatch.setitem(with_helper.__kwdefaults__, "base", 11))
    late(with_helper, lambda: monkeypatch.setattr(helper, "__code__", (lambda i: i * 3).__code__))

    def closure() -> tuple[Callable[[int], int], Callable[[int], None]]:
        base = 3

        def f(i: int) -> int:
            return (i * i * i + base) % 1009

        def change(value: int) -> None:
            nonlocal base
            base = value

        return f, change

    f, change = closure()
    late(f, lambda: change(4))
    made = types.ModuleType("made")
    made.shift = 3  # type: ignore[attr-defined]
    monkeypatch.setattr(module, "made", made, raising=False)

    def by_module(i: int) -> int:
        return (i * i * i + made.shift) % 1009  # type: ignore[name-defined]

    late(by_module, lambda: setattr(made, "shift", 4))

    def by_default(i: int, k: int = 7) -> int:
        return (i * i * i + k) % 1009

    late(by_default, lambda: setattr(by_default, "__defaults__", (8,)))

    def forget(i: int) -> int:
        return (i * i * i + abs(i)) % 1009

    late_forget = types.FunctionType(forget.__code__, {"__builtins__": __builtins__})
    late(late_forget, lambda: late_forget.__globals__.__setitem__("abs", lambda i: 0))


def test_what_can_change_within_is_waited_for(device: str) -> None:
    table = array([*range(N - 1), 2**40], device)
    numbers = [1, 2, 3]

    class Base:
        shift = 3

    def by_list(i: int) -> int:
        return (i * i * i + numbers[0]) % 1009

    def by_class(i: int) -> int:
        return (i * i * i + Base.shift) % 1009

    for f in (by_list, by_class):
        before = pp.stats().launches
        wanted = [f(i) for i in table.tolist()]
        result = pp.map(f, table, device=device)
        numbers[0] = 5
        Base.shift = 7
        assert result.tolist() == wanted
        assert pp.stats().launches > before


def test_rows_and_narrow_floats(device: str) -> None:
    rows = pp.array(
        [(0.5 * i, float(i)) for i in range(N)], dtype=pp.float32, device=None if device == "cpu" else device
    )

    def turn(p: tuple[float, float], k: float) -> tuple[float, float]:
        x, y = p
        return (math.sqrt(x) + k, y / (x + 1.0))

    wanted = pp.map(turn, rows, k=0.5, device="cpu")
    assert pp.map(turn, rows, k=0.5, device=device) == wanted
    result = pp.map(lambda p, k: (p[0] * k, p[1]), rows, k=1e300, device=device)
    with pytest.raises(OverflowError, match="float32"):
        result[0]


def slow(i: int, turns: int) -> int:
    """A large int takes that many turns of CPython's."""
    value = i * i * i
    for k in range(turns if i > 2**39 else 0):
        value += k
    return value % 1_000_003


def test_threads_look_at_once(device: str) -> None:
    table = array([*range(N - 5), *[2**40 + k for k in range(5)]], device)
    wanted = [slow(i, 20_000) for i in table.tolist()]
    results = [pp.map(slow, table, turns=20_000, device=device)]
    for _ in range(3):
        results.append(pp.map(lambda i: i + 1, results[-1], device=device))
    seen: list[list[int]] = [[] for _ in range(8)]

    def look(which: int) -> None:
        seen[which] = results[3 - which % 4].tolist()

    threads = [threading.Thread(target=look, args=(which,)) for which in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for which in range(8):
        assert seen[which] == [i + 3 - which % 4 for i in wanted]


def test_the_length_may_change_while_it_is_waited_for(device: str) -> None:
    table = array([2**40, *range(N - 1)], device)
    for _ in range(3):
        result = pp.map(slow, table, turns=400_000, device=device)
        failures: list[BaseException] = []

        def look(of: pp.Array) -> None:
            try:
                of[N - 1]
            except (BufferError, IndexError) as error:
                failures.append(error)

        threads = [threading.Thread(target=look, args=(result,)), threading.Thread(target=result.clear)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(result) == 0


def test_interrupted_looks_can_be_tried_again(device: str) -> None:
    table = array([2**40, *range(N - 1)], device)
    result = pp.map(slow, table, turns=20_000_000, device=device)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs tests may have had it ignored
    timer = threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))
    try:
        with pytest.raises(KeyboardInterrupt):
            timer.start()
            result.tolist()
    finally:
        signal.signal(signal.SIGINT, before)
    timer.join()
    assert result[2] == 1 and result[0] == slow(2**40, 20_000_000)


def test_a_handler_that_looks_at_what_is_evaluated(device: str) -> None:
    table = array([2**40, *range(N - 1)], device)
    result = pp.map(slow, table, turns=10_000_000, device=device)
    told: list[str] = []

    def handler(number: int, frame: Any) -> None:
        try:
            result[0]
        except RuntimeError as error:
            told.append(str(error))

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        assert result[2] == 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert len(told) == 1 and "evaluated" in told[0]


def test_for_each_and_captures_see_what_is_settled(device: str) -> None:
    table = array([*range(N - 1), 3_000_000_000], device)

    def spread(i: int) -> int:
        return i * i * 7 % 1009

    wanted = [spread(i) for i in table.tolist()]
    result = pp.map(spread, table, device=device)
    assert pp.map(lambda k: result[k], range(10), device=device) == wanted[:10]
    result = pp.map(spread, table, device=device)
    total = pp.array([0])

    def add(i: int) -> None:
        total[0] += i

    pp.for_each(add, result)
    assert total[0] == sum(wanted)
    pairs = pp.map(lambda i: (i, i * i * 7 % 1009), table, device=device)

    def swap(row: Any) -> None:
        row[0] = row[1]

    pp.for_each(swap, pairs)
    assert [row[0] for row in pairs] == wanted
    pp.trim()
    assert result.tolist() == wanted


def test_nothing_is_kept_when_it_is_settled(device: str) -> None:
    def make() -> Callable[[int], int]:
        base = 5

        def f(i: int) -> int:
            return (i * i * i + base) % 1009

        return f

    f = make()
    alive = weakref.ref(f)
    result = pp.map(f, ints(device), device=device)
    result = pp.map(lambda i: i + 1, result, device=device)
    pp.map(f, ints(device), device=device)
    pp.stats()
    del f
    gc.collect()
    assert alive() is None
    assert len(result.tolist()) == N


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)


def test_the_end_of_the_process_reports(device: str) -> None:
    program = f"""
import parallel_party as pp
place = None if "{device}" == "cpu" else "{device}"
kept = pp.map(lambda i: i * i, pp.array([1, 2**40], device=place), device="{device}")
fine = pp.map(lambda i: i * i % 5, pp.array([1, 2**40], device=place), device="{device}")
"""
    done = run(program)
    assert done.returncode == 0 and done.stderr.count("OverflowError") == 1, done.stderr
    done = run(program + "import os\nif os.fork() == 0:\n    raise SystemExit\nos.wait()\n")
    assert done.returncode == 0 and "OverflowError" in done.stderr, done.stderr


def test_a_long_loop_stays_within_bounds(device: str) -> None:
    table = array([0.001 * i for i in range(N)], device)
    state, wanted = table, table.tolist()
    for k in range(200):
        state = pp.map(lambda x, k: math.sqrt(x + k), state, k=float(k), device=device)
        wanted = [math.sqrt(x + float(k)) for x in wanted]
    assert same(state.tolist(), wanted)
