"""for_each() whose function only adds to elements of Arrays: on a GPU, and on the CPU where it computes much.

Whether a call was run that way shows in the number of kernels: the loop's would be another one.
"""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from conftest import same

import parallel_party as pp

N = 20_000
SIZE = 50

random.seed(7)
INDICES = [random.randrange(SIZE) for _ in range(N)]
VALUES = [random.uniform(-1.0, 1.0) for _ in range(N)]
INTS = [random.randrange(-1000, 1000) for _ in range(N)]


def heavy(x: float) -> float:
    """As much as makes the CPU compute it in parallel; a float that is a multiple of 2**-10, so that sums are exact."""
    return round(1024.0 * (math.sin(x) + math.cos(x) * math.exp(-x * x) + math.sin(3.0 * x))) / 1024.0


def array(values: list[Any], device: str, dtype: Any = None) -> pp.Array:
    return pp.array(values, dtype=dtype, device=None if device == "cpu" else device)


def check(device: str, function: Callable[..., Any], target: pp.Array, *columns: list[Any], runs: bool = True) -> None:
    """Call for_each, and the loop over a list; compare."""
    wanted = target.tolist()
    view = function.__globals__["target"] = wanted
    for row in zip(*columns):
        function(*row)
    function.__globals__["target"] = target
    before = pp.stats().launches
    pp.for_each(function, *[array(column, device) for column in columns], device=device)
    assert same(target.tolist(), view)
    # The run that tells, and what adds it up; else the loop, which is one.
    assert (pp.stats().launches - before > 1 or device == "cpu") or not runs


target: Any = None


def add(i: int, x: float) -> None:
    target[i] += heavy(x)


def subtract(i: int, x: float) -> None:
    target[i] -= heavy(x)


def most(i: int, x: float) -> None:
    target[i] = max(target[i], heavy(x))


def least(i: int, x: float) -> None:
    target[i] = min(target[i], heavy(x))


def most_by_hand(i: int, x: float) -> None:
    y = heavy(x)
    if y > target[i]:
        target[i] = y


def some(i: int, x: float) -> None:
    y = heavy(x)
    if y > 0.25:
        target[-1 - i] += y
    elif y < -0.25:
        target[i] += 0.5


def count(i: int, x: float) -> None:
    target[int(abs(heavy(x)) * 10.0)] += 1


def count_ints(i: int, k: int) -> None:
    target[(i * k + int(heavy(k * 0.01))) % 50] += k


def count_down(i: int, k: int) -> None:
    target[(i + int(heavy(k * 0.01))) % 50] -= k


def most_int(i: int, k: int) -> None:
    target[i] = max(target[i], k + int(heavy(k * 0.01)))


def least_int(i: int, k: int) -> None:
    target[i] = min(target[i], k + int(heavy(k * 0.01)))


@pytest.mark.parametrize("dtype", [pp.float64, pp.float32])
@pytest.mark.parametrize("function", [add, subtract, most, least, most_by_hand, some])
def test_floats(device: str, function: Callable[..., Any], dtype: Any) -> None:
    runs = function is not most_by_hand or dtype is pp.float64
    check(device, function, array([0.0] * SIZE, device, dtype), INDICES, VALUES, runs=runs)


@pytest.mark.parametrize("dtype", [pp.int64, pp.int32])
@pytest.mark.parametrize("function", [count_ints, count_down, most_int, least_int])
def test_ints(device: str, function: Callable[..., Any], dtype: Any) -> None:
    check(device, function, array([0] * SIZE, device, dtype), INDICES, INTS)


def test_a_histogram(device: str) -> None:
    for size in (SIZE, 10_000):
        check(device, count, array([0] * size, device), INDICES, VALUES)


def test_the_sign_of_a_bound_and_nan(device: str) -> None:
    nan = float("nan")
    values = [nan, 1.0, 2.0, nan, -5.0] * (N // 5)

    def top(i: int, x: float) -> None:
        goal[i] = max(goal[i], x + 0.0 * heavy(1.0))

    goal = array([float("-inf"), nan, 0.5], device)
    pp.for_each(top, array([i % 3 for i in range(N)], device), array(values, device), device=device)
    assert goal[0] == 2.0 and math.isnan(goal[1]) and goal[2] == 2.0


def test_several_arrays_and_views(device: str) -> None:
    sums = array([0.0] * SIZE, device)
    counts = array([0] * SIZE, device)
    rows = array([(0.0, 0.0, 0.0)] * SIZE, device)
    flat = rows.flat
    weights = array([0.5, 0.25, 2.0], device)

    def spread(i: int, x: float) -> None:
        y = heavy(x)
        sums[i] += y
        counts[i] += 1
        flat[3 * i] += y * weights[0]
        flat[3 * i + 2] -= y * weights[i % 3]

    pp.for_each(spread, array(INDICES, device), array(VALUES, device), device=device)
    wanted = [[0.0, 0, 0.0, 0.0] for _ in range(SIZE)]
    for i, x in zip(INDICES, VALUES):
        y = heavy(x)
        wanted[i][0] += y
        wanted[i][1] += 1
        wanted[i][2] += y * 0.5
        wanted[i][3] -= y * [0.5, 0.25, 2.0][i % 3]
    assert sums.tolist() == [row[0] for row in wanted]
    assert counts.tolist() == [row[1] for row in wanted]
    assert rows.tolist() == [(row[2], 0.0, row[3]) for row in wanted]


def test_what_fails_writes_nothing(device: str) -> None:
    for dtype, most_of in ((pp.int64, 2**63 - 1), (pp.int32, 2**31 - 1)):
        goal = array([most_of - 500] * SIZE, device, dtype)

        def overflow(i: int, k: int) -> None:
            goal[i] += k + int(heavy(0.0))

        with pytest.raises((OverflowError, pp.ConversionError)):
            pp.for_each(overflow, array(INDICES, device), array([100] * N, device), device=device)
        assert goal.tolist() == [most_of - 500] * SIZE
        # The sum fits in the end, but not on the way.
        turns = [600, -600] * (N // 2)
        with pytest.raises((OverflowError, pp.ConversionError)):
            pp.for_each(overflow, array([0] * N, device), array(turns, device), device=device)
        assert goal.tolist() == [most_of - 500] * SIZE
    sums = array([0.0] * SIZE, device)

    def outside(i: int, x: float) -> None:
        sums[i] += heavy(x)

    with pytest.raises(IndexError) as caught:
        pp.for_each(outside, array([*INDICES[:-5], SIZE, 0, 0, 0, 0], device), array(VALUES, device), device=device)
    assert f"element {N - 5}" in caught.value.__notes__[0]
    assert sums.tolist() == [0.0] * SIZE
    narrow = array([3e38] * SIZE, device, pp.float32)

    def infinite(i: int, x: float) -> None:
        narrow[i] += 1e38 + heavy(x)

    with pytest.raises(OverflowError):
        pp.for_each(infinite, array(INDICES, device), array(VALUES, device), device=device)
    assert narrow.tolist() == pp.array([3e38] * SIZE, dtype=pp.float32).tolist()

    def too_large(i: int, x: float) -> None:
        narrow[i] = max(narrow[i], 1e39 + heavy(x))

    with pytest.raises(OverflowError):
        pp.for_each(too_large, array(INDICES, device), array(VALUES, device), device=device)


def test_what_is_more_than_adding_runs_in_order(device: str) -> None:
    goal = array([0.0] * SIZE, device)
    other = goal.view(0, SIZE)

    def last(i: int, x: float) -> None:
        goal[i] = heavy(x)

    def reads(i: int, x: float) -> None:
        goal[i] += heavy(x) + other[0] * 0.0

    def both(i: int, x: float) -> None:
        goal[i] += heavy(x)
        goal[0] = max(goal[0], 3.0)

    def scaled(i: int, x: float) -> None:
        goal[i] = goal[i] * 0.5 + heavy(x)

    for function in (last, reads, both, scaled):
        goal[:] = [0.0] * SIZE
        cells = [0.0] * SIZE
        for i, x in zip(INDICES, VALUES):
            y = heavy(x)
            if function is last:
                cells[i] = y
            elif function is scaled:
                cells[i] = cells[i] * 0.5 + y
            else:
                cells[i] += y + (cells[0] * 0.0 if function is reads else 0.0)
                if function is both:
                    cells[0] = max(cells[0], 3.0)
        pp.for_each(function, array(INDICES, device), array(VALUES, device), device=device)
        assert same(goal.tolist(), cells), function.__name__


def test_the_device_keeps_what_it_adds_up(device: str) -> None:
    if device == "cpu":
        pytest.skip("nothing moves")
    goal = array([0] * SIZE, device)
    indices = array(INDICES, device)

    def tally(i: int) -> None:
        goal[i] += 1

    pp.for_each(tally, indices)
    before = pp.stats()
    for _ in range(3):
        pp.for_each(tally, indices)
    after = pp.stats()
    assert after.uploaded_bytes == before.uploaded_bytes
    assert after.downloaded_bytes - before.downloaded_bytes < 1000
    assert goal.tolist() == [4 * INDICES.count(i) for i in range(SIZE)]
    part = goal[3:9]
    pp.for_each(tally, indices)
    assert part.tolist() == [4 * INDICES.count(i) for i in range(3, 9)]
    assert pp.map(lambda i: goal[i], array([1, 2], device)).tolist() == [5 * INDICES.count(i) for i in (1, 2)]


def test_others_write_meanwhile(device: str) -> None:
    goal = array([0.0] * SIZE, device)

    def outer(i: int, x: float) -> None:
        goal[i] += heavy(x)

    stop = threading.Event()

    def disturb() -> None:
        while not stop.is_set():
            goal[0] = 0.0

    thread = threading.Thread(target=disturb)
    indices, values = array(INDICES, device), array(VALUES, device)
    thread.start()
    try:
        for _ in range(5):
            try:
                pp.for_each(outer, indices, values, device=device)
            except RuntimeError as error:
                assert "other code" in str(error)
    finally:
        stop.set()
        thread.join()
    assert len(goal.tolist()) == SIZE
