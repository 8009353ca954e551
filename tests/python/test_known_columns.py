"""Lists and tuples that are given to a GPU again: sent while they change, and every change is seen."""

from __future__ import annotations

import gc
import math
import sys
from typing import Any

import pytest
from comparison import GPU_ULP
from conftest import same
from gpus import needs_gpu

import parallel_party as pp

pytestmark = [pytest.mark.gpu, needs_gpu]
N = 20_000


def scale(x: Any) -> Any:
    return x * 2.0 + 1.0


def wave(p: Any, t: float) -> Any:
    return (p[0], math.sin(p[0] + p[2] + t), p[1])


def less(x: Any) -> Any:
    return x - 1.0


def sent(f: Any, *columns: Any, **options: Any) -> int:
    """Calls it, compares the answer, and tells how many bytes went up."""
    before = pp.stats().uploaded_bytes
    got = pp.map(f, *columns, device="cuda:0", **options)
    uploaded = pp.stats().uploaded_bytes - before
    assert same(got, [f(*elements, **options) for elements in zip(*columns)], GPU_ULP)
    return uploaded


@pytest.fixture(autouse=True)
def nothing_is_known() -> None:
    pp.trim()


def test_floats_are_sent_twice_and_then_known() -> None:
    floats = [0.5 * i for i in range(N)]
    assert [sent(scale, floats) for _ in range(4)] == [8 * N, 8 * N, 0, 0]
    assert [sent(less, floats) for _ in range(2)] == [8 * N, 0]  # by another function, too, which is new at first
    assert sent(scale, tuple(floats)) == 8 * N


def test_rows_of_tuples() -> None:
    rows = [(0.1 * i, str(i), 0.2 * i) for i in range(N)]
    assert [sent(wave, rows, t=0.25 * k) for k in range(4)] == [16 * N, 16 * N, 0, 0]
    as_tuple = tuple(rows)
    assert [sent(wave, as_tuple, t=0.25 * k) for k in range(4)] == [16 * N, 16 * N, 0, 0]


@pytest.mark.parametrize("at", [0, N // 2, N - 1])
def test_a_change_is_seen(at: int) -> None:
    floats = [0.5 * i for i in range(N)]
    rows = [(0.1 * i, i, 0.2 * i) for i in range(N)]
    for _ in range(3):
        sent(scale, floats)
        sent(wave, rows, t=0.5)
    floats[at] = -1.5
    rows[at] = (7.0, 8, 9.0)
    assert sent(scale, floats) == 8 * N and sent(wave, rows, t=0.5) == 16 * N
    for _ in range(8):
        sent(scale, floats)
    assert sent(scale, floats) == 0


def test_other_lengths_and_orders() -> None:
    numbers = [0.5 * (i * 7919 % N) for i in range(N)]
    for _ in range(3):
        sent(scale, numbers)
    numbers.append(3.0)
    sent(scale, numbers)
    del numbers[:5]
    sent(scale, numbers)
    for _ in range(9):
        sent(scale, numbers)
    numbers.sort()
    sent(scale, numbers)
    numbers.reverse()
    sent(scale, numbers)
    numbers[:] = [1.25] * N
    sent(scale, numbers)


def test_lists_that_come_and_go() -> None:
    for turn in range(40):
        sent(scale, [float(turn + i) for i in range(N)])
    assert pp.stats().kept_bytes < 2 * 9 * N


def test_rows_that_can_change_are_read_each_time() -> None:
    rows = [[0.1 * i, i, 0.2 * i] for i in range(N)]
    for turn in range(4):
        assert sent(wave, rows, t=0.5) == 16 * N
        rows[turn][0] += 1.0


def test_elements_that_are_handed_back() -> None:
    def f(x: Any, k: Any) -> Any:
        return (str(x) if k % 5000 == 3 else x * 0.5, k)

    floats = [0.25 * i for i in range(N)]
    ints = list(range(N))
    for _ in range(4):
        sent(f, floats, ints)
    with pytest.raises(ZeroDivisionError) as caught:
        pp.map(lambda x: 1.0 / x, floats, device="cuda:0")
    assert "element 0" in "".join(caught.value.__notes__)


def test_one_of_two_columns_and_the_shorter_one() -> None:
    floats = [0.5 * i for i in range(N + 100)]

    def add(x: Any, y: Any) -> Any:
        return x + y

    for turn in range(4):
        other = [float(turn * i) for i in range(N)]
        assert sent(add, floats, other) == (16 if turn < 2 else 8) * N
    other = [1.0] * (N - 10)
    assert sent(add, floats, other) == 16 * (N - 10)


def test_the_list_that_is_filled() -> None:
    values = [0.5 * i for i in range(N)]
    want = list(values)
    for _ in range(6):
        want = [scale(x) for x in want]
        pp.map(scale, values, out=values, device="cuda:0")
        assert values == want


def test_what_is_kept_goes() -> None:
    floats = [0.5 * i for i in range(N)]
    last = floats[-1]
    held = sys.getrefcount(last)
    for _ in range(3):
        sent(scale, floats)
    assert sys.getrefcount(last) == held + 1 and pp.stats().kept_bytes >= 8 * N
    pp.trim()
    assert sys.getrefcount(last) == held and pp.stats().kept_bytes == 0
    for _ in range(3):
        sent(scale, floats)
    del floats
    gc.collect()
    pp.map(scale, [1.0] * N, device="cuda:0")
    assert sys.getrefcount(last) == held - 1 and pp.stats().kept_bytes == 0
