"""Lists that go to a GPU while they are read: elements of every piece arrive, those of other kinds too."""

from __future__ import annotations

import math
from typing import Any

import pytest
from comparison import GPU_ULP
from conftest import same
from gpus import needs_gpu

import parallel_party as pp

pytestmark = [pytest.mark.gpu, needs_gpu]
N = 20_000
PIECE = 1 << 17
COUNTS = [2 * PIECE - 1, 2 * PIECE, 3 * PIECE - 1, 3 * PIECE + 5]
AT = [0, PIECE - 1, PIECE, 2 * PIECE - 1, 2 * PIECE, 3 * PIECE]
"""Where pieces begin and end."""


def mix(x: Any, p: Any) -> Any:
    return x * 2.0 + p[0] * p[1]


def halve_until_small(x: Any) -> Any:
    steps = 0
    while x > 1.0:
        x *= 0.5
        steps += 1
    return steps


def shout(x: Any) -> Any:
    return x + x


@pytest.fixture(autouse=True)
def nothing_is_known() -> None:
    pp.trim()


@pytest.mark.parametrize("count", COUNTS)
def test_every_piece_arrives_once(count: int) -> None:
    floats = [0.5 * i for i in range(count)]
    rows = [(i, 0.25 * i) for i in range(count)]
    expected = [mix(*both) for both in zip(floats, rows)]
    before = pp.stats().uploaded_bytes
    assert same(pp.map(mix, floats, rows, device="cuda:0"), expected, GPU_ULP)
    assert pp.stats().uploaded_bytes - before == 24 * count
    floats[count - 1] = -1.0
    expected[count - 1] = mix(floats[-1], rows[-1])
    for _ in range(3):  # sent again, then kept there, then known
        assert same(pp.map(mix, floats, rows, device="cuda:0"), expected, GPU_ULP)


@pytest.mark.parametrize("at", AT)
def test_elements_of_other_kinds(at: int) -> None:
    mixed: list[Any] = [1.5 * i for i in range(COUNTS[-1])]
    mixed[at] = 7
    mixed[at + 1] = "ab"
    mixed[-1] = 2**70
    expected = [shout(x) for x in mixed]
    assert same(pp.map(shout, mixed, device="cuda:0"), expected, GPU_ULP)
    assert mixed[at : at + 2] == [7, "ab"] and mixed[-1] == 2**70


@pytest.mark.parametrize("at", AT)
def test_loops_over_what_was_left_out(at: int) -> None:
    mixed: list[Any] = [float(i % 1000 + 1) for i in range(COUNTS[-1])]
    mixed[at] = 2**40
    expected = [halve_until_small(x) for x in mixed]
    for _ in range(3):
        assert pp.map(halve_until_small, mixed, device="cuda:0") == expected


@pytest.mark.parametrize("at", AT)
def test_an_error_of_some_piece(at: int) -> None:
    floats = [4.0] * COUNTS[-1]
    floats[at] = -1.0
    with pytest.raises(ValueError, match="math domain error"):
        pp.map(math.sqrt, floats, device="cuda:0")


def test_changing_lists_in_place() -> None:
    rows = [[0.5 * i, 2.0] for i in range(COUNTS[0])]
    expected = [[p[0] + p[1], 2.0] for p in rows]

    def move(p: Any) -> None:
        p[0] += p[1]

    pp.for_each(move, rows, device="cuda:0")
    assert rows == expected


def turn(p: Any) -> Any:
    return (p[1], p[0] * 2.0, p[0], p[1])


def test_what_passes_through_does_not_come_back() -> None:
    rows: list[Any] = [(0.5 * i, -i) for i in range(N)]
    expected = [turn(p) for p in rows]
    for sent in (1, 1, 0):  # what the GPU has from earlier calls is not read, and so comes back
        before = pp.stats()
        got = pp.map(turn, rows, device="cuda:0")
        assert same(got, expected, GPU_ULP)
        assert all(p[0] is q[1] and p[2] is q[0] for p, q in zip(got, rows))
        after = pp.stats()
        assert after.uploaded_bytes - before.uploaded_bytes == 8 * N * sent
        assert after.downloaded_bytes - before.downloaded_bytes == (8 * N if sent else 16 * N)
