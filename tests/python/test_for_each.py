"""`for_each` against the loop it replaces: what is written, what is left alone, what happens when something fails."""

from __future__ import annotations

import copy
import os
import sys
import textwrap
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from conftest import SURROUNDINGS, assert_fine, named, outcome, same
from hypothesis import given, settings
from hypothesis import strategies as st

import parallel_party as pp


def loop(f: Callable[..., object], *columns: Any, **uniform: Any) -> None:
    """What for_each stands for."""
    for elements in zip(*columns):
        f(*elements, **uniform)


def becomes(f: Callable[..., object], *columns: Any, device: str, **uniform: Any) -> list[Any]:
    """Checks that for_each does to the columns what the loop does to copies of them; answers them."""
    mine, theirs = copy.deepcopy(columns), copy.deepcopy(columns)
    want = outcome(lambda: loop(f, *theirs, **uniform))
    got = outcome(lambda: pp.for_each(f, *mine, device=device, **uniform))
    if got[1] is pp.UnsupportedError:
        raise pp.UnsupportedError(got[2])
    assert got == want, (got, want)
    expected = theirs if want[0] == "value" else columns
    assert same([list(c) for c in mine], [list(c) for c in expected]), (mine, expected)
    return list(mine)


def test_assignments_of_every_kind(device):
    def f(row, k):
        row[1] = row[0] * k
        row[-1] += 1
        row[0], row[2] = row[2], row[0]

    before = pp.stats().handed_back
    assert becomes(f, [[float(i), 2.0, i, 7] for i in range(3000)], k=1.5, device=device)
    assert pp.stats().handed_back == before


def test_only_what_is_assigned_changes(device):
    rows = [[0.5 * i, [1.25 * i, True, None], (i, 2.5 * i), 0.75 * i] for i in range(500)]

    def f(row):
        row[1][0] = row[0] + row[2][1]

    kept = [(row, row[0], row[1], row[2], row[3], row[1][1]) for row in rows]
    pp.for_each(f, rows, device=device)
    for row, (was, first, inner, pair, last, flag) in zip(rows, kept):
        assert row is was and row[0] is first and row[1] is inner and row[2] is pair and row[3] is last
        assert inner[1] is flag and inner[2] is None and inner[0] == first + pair[1]


def test_a_float_that_somebody_holds_is_not_recycled(device):
    rows = [[float(i), float(i)] for i in range(400)]
    held = [row[0] for row in rows[::2]]
    literal = 5.0
    rows[1][0] = literal

    def f(row):
        row[0] = row[1] + 0.5

    for _ in range(3):
        pp.for_each(f, rows, device=device)
    assert held == [float(i) for i in range(0, 400, 2)] and literal == 5.0
    assert [row[0] for row in rows] == [i + 0.5 for i in range(400)]


def test_objects_move_as_in_the_loop(device):
    rows = [[float(i), 2.0 * i, 3.0 * i] for i in range(300)]
    objects = [list(row) for row in rows]

    def f(row):
        row[0] = row[1]
        row[1] = row[0] + 1.0
        row[2], row[0] = row[0], row[2]

    pp.for_each(f, rows, device=device)
    for row, (_, second, third) in zip(rows, objects):
        assert row[2] is second and row[0] is third and row[1] == second + 1.0


def test_reads_see_what_was_written(device):
    def f(row, n):
        total = 0.0
        for value in row:
            row[2] = value + total
            total += value
        for i in range(n):
            row[i % 3] += total
            total = row[1] - row[0]
        row[0] = total

    assert becomes(f, [[float(i), 2.0, -1.5] for i in range(50)], n=11, device=device)


def test_conditional_writes_and_kinds(device):
    def f(row):
        if row[0] > 30:
            row[1] = None
        elif row[0] > 20:
            row[1] = (row[0], "text")
        elif row[0] > 10:
            row[1] = [row[0], True]
        elif row[0] > 5:
            row[2] = row[0] > 7
        else:
            return 5
        return None

    before = pp.stats().handed_back
    assert becomes(f, [[float(i), 0.0, False] for i in range(40)], device=device)
    assert pp.stats().handed_back == before


def test_an_item_chosen_at_run_time(device):
    def f(row, index):
        row[index] = row[index - 1] * 2.0

    assert becomes(f, [[1.0, 2.0, 3.0] for _ in range(60)], [i % 3 for i in range(60)], device=device)
    assert becomes(f, [[1, 2.0, 3] for _ in range(60)], [i % 3 - 3 for i in range(60)], device=device)
    assert becomes(f, [[1.0, 2.0, 3.0] for _ in range(60)], [i % 7 for i in range(60)], device=device)


def test_nested_rows_and_several_columns(device):
    def f(body, force, dt):
        position, velocity = body[0], body[1]
        for i in range(3):
            velocity[i] += force[i] * dt
            position[i] += velocity[i] * dt
        body[2] += 1

    bodies = [[[float(i), 0.0, 1.0], [0.5, 0.25 * i, 0.0], 0] for i in range(200)]
    assert becomes(f, bodies, [(1.0, -9.81, 0.0)] * 200, dt=0.01, device=device)


def test_helpers_may_write(device):
    def clear(vector):
        for i in range(len(vector)):
            vector[i] = 0.0

    def f(pair):
        clear(pair[0])
        pair[1][0] = 1.0

    assert becomes(f, [([1.0, 2.0], [3.0]) for _ in range(20)], device=device)


def test_a_row_of_its_own_may_be_changed_in_map_as_well(device):
    def f(x):
        row = [0.0, x, 0.0]
        other = row
        row[0] = x * 2
        other[2] = row[0] + 1
        return row

    assert same(pp.map(f, [1.0, 2.5, 3], device=device), [f(v) for v in [1.0, 2.5, 3]])


def test_iterators_over_what_is_changed(device):
    def by_enumerate(row):
        for i, value in enumerate(row):
            row[i] = value * 2.0

    def ahead(row):
        for i, value in enumerate(row):
            row[(i + 1) % 3] = value

    def backwards(row):
        for value in reversed(row):
            row[0] = value

    def in_pairs(row):
        for a, b in zip(row, row[1:]):
            row[0] = a + b

    for f in (by_enumerate, ahead, backwards, in_pairs):
        rows = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
        want = copy.deepcopy(rows)
        loop(f, want)
        try:
            pp.for_each(f, rows, device=device)
        except pp.UnsupportedError as error:
            assert f is not by_enumerate and "iterator" in str(error)
        else:
            assert rows == want, f


def test_elements_that_occur_twice(device):
    def f(row):
        row[1] = row[1] * 2.0 + row[0]

    one, two = [1.0, 2.0, 3.0], [1.0, 4.0, 3.0]
    before = pp.stats().handed_back
    columns = [[one, two, one] + [[float(i), 0.0, 0.0] for i in range(500)] + [one]]
    assert becomes(f, *columns, device=device)
    pp.for_each(f, columns[0], device=device)
    assert one[1] == 23.0 and two[1] == 9.0 and columns[0][-2][1] == 499.0
    assert pp.stats().handed_back - before == 6


def test_elements_that_share_a_row(device):
    def f(body):
        body[0][0] += body[1]

    shared = [0.0]
    bodies = [([0.0] if i % 50 else shared, float(i)) for i in range(300)]
    assert becomes(f, bodies, device=device)
    pp.for_each(f, bodies, device=device)
    assert shared == [sum(range(0, 300, 50))]


def test_one_row_in_two_columns(device):
    def f(a, b):
        a[0] += 1.0
        b[0] *= 2.0

    rows = [[float(i)] for i in range(100)]
    assert becomes(f, rows, list(rows), device=device)
    assert becomes(f, rows, rows[::-1], device=device)


def test_a_row_shared_with_an_element_of_other_kinds(device):
    def f(body):
        body[0][0] = body[0][0] * 2.0 + body[1]

    shared = [1.0]
    assert becomes(f, [(shared, 1.0), ([2.0], 2.0), (shared, 2**70), (shared, 3.0)], device=device)
    assert becomes(f, [(shared, 1.0), ([2.0], 2.0), (shared, 3), (shared, True)], device=device)


def test_rows_that_are_only_read_may_be_shared(device):
    def f(body):
        body[1] = body[0][0] * 2.0

    table = [3.0, 4.0]
    before = pp.stats().handed_back
    assert becomes(f, [[table, float(i), 0] for i in range(100)], device=device)
    assert pp.stats().handed_back == before


def test_failing_in_the_middle_changes_nothing(device):
    def f(row, other):
        other.append(row[0])
        row[0] = 7.0
        row[1] = 1.0 / row[2]

    rows = [[1.0, 2.0, 3.0], [1.0, 2.0, 4.0], [1.0, 2.0, 0.0]]
    others: list[list[Any]] = [[], [None], []]
    with pytest.raises(pp.UnsupportedError, match="append"):
        pp.for_each(f, rows, others, device=device)

    def g(row, other):
        if row[2] != 3.0:
            other.append(row[0])
        row[0] = 7.0
        row[1] = 1.0 / row[2]

    was = copy.deepcopy((rows, others))
    objects = [[*map(id, row)] for row in rows]
    with pytest.raises(ZeroDivisionError) as caught:
        pp.for_each(g, rows, others, device=device)
    assert (rows, others) == was and [[*map(id, row)] for row in rows] == objects
    assert "element 2" in caught.value.__notes__[0]


def test_what_can_be_reached_is_put_back(device):
    class Node:
        __slots__ = ("next", "value")

    class Plain:
        pass

    def f(row):
        things = row[1]
        things["seen"] = True
        things["list"].append(row[0])
        things["set"].add(row[0])
        things["node"].value = things["plain"].value = row[0]
        things["node"].next.value += 1
        raise KeyError("mine")

    node, plain = Node(), Plain()
    node.next, plain.value = Node(), 1
    node.next.value = 5
    things = {"list": [1], "set": {2}, "node": node, "plain": plain}
    rows = [[1.0, things]]
    with pytest.raises((KeyError, pp.UnsupportedError)):
        pp.for_each(f, rows, device=device)
    os.environ["PARALLEL_PARTY_DEBUG"] = "python"
    try:
        with pytest.raises(KeyError, match="mine"):
            pp.for_each(f, rows)
    finally:
        del os.environ["PARALLEL_PARTY_DEBUG"]
    assert things == {"list": [1], "set": {2}, "node": node, "plain": plain} and list(things) == [
        "list",
        "set",
        "node",
        "plain",
    ]
    assert not hasattr(node, "value") and plain.value == 1 and node.next.value == 5


def test_values_beyond_what_is_compiled(device):
    def f(row):
        row[0] = row[0] * row[0]

    assert becomes(f, [[i] for i in range(100)] + [[2**40], [2**80], [True]], device=device)


def test_a_generator_as_a_column_and_strict():
    rows = [[1.0], [2.0]]

    def f(row, k):
        row[0] *= k

    pp.for_each(f, rows, (k for k in (2.0, 3.0, 4.0)))
    assert rows == [[2.0], [6.0]]
    with pytest.raises(ValueError, match="strict"):
        pp.for_each(f, rows, [1.0], strict=True)
    with pytest.raises(TypeError):
        pp.for_each(f, rows, [1.0, 2.0], out=rows)
    assert pp.for_each(f, [], []) is None


def test_an_iterator_that_raises_changes_nothing(device):
    def broken():
        yield from (2.0, 3.0)
        raise OSError("mine")

    def f(row, k):
        row[0] = k / row[0]

    for rows, error in (([[1.0]] * 9, OSError), ([[1.0], [0.0], [1.0]], ZeroDivisionError), ([[1.0]] * 2, None)):
        before = copy.deepcopy(rows)
        got = outcome(lambda: pp.for_each(f, rows, broken(), device=device))
        assert got[1] is error and (rows == before) is (error is not None)


def test_warnings_as_errors_change_nothing():
    text = "def f(row):\n    row[0] = row[0] * row[0]\n"
    rows = [[2**40] for _ in range(200)] + [[3] for _ in range(10_000)]
    was = copy.deepcopy(rows)
    space: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(text, space)
        with pytest.raises(pp.PerformanceWarning, match="200 of 10200"):
            pp.for_each(space["f"], rows, device="cpu")
    assert rows == was
    exec(text, space)
    with pytest.warns(pp.PerformanceWarning):
        pp.for_each(space["f"], rows, device="cpu")
    assert rows[0] == [2**80] and rows[-1] == [9]


def test_rows_of_any_length(device):
    def swaps(row):
        if len(row) > 1:
            row[0], row[1] = row[1], row[0]

    def appends(row):
        if len(row) > 1:
            row.append(row[0])

    ragged = [[1.0], [2.0, 3.0], [], [4.0, 5.0, 6.0]] * 30
    assert becomes(swaps, ragged, device=device)
    assert becomes(appends, ragged, device=device)
    for f in (swaps, appends):
        for where in (device, "auto"):
            rows = [list(row) for row in ragged]
            with pytest.raises(pp.UnsupportedError, match="for_each"):
                pp.map(f, rows, device=where)
            assert rows == ragged


def test_a_function_that_leaves_these_elements_alone():
    def f(row):
        if row[0] is None:
            row[0] = 0.0

    rows = [[1.0], [2.0]]
    pp.for_each(f, rows, device="cpu")
    assert rows == [[1.0], [2.0]]
    rows.append([None])
    pp.for_each(f, rows, device="cpu")
    assert rows == [[1.0], [2.0], [0.0]]


def test_refusals():
    outside, rows = [1.0, 2.0], [[1.0, 2.0]]

    def writes_outside(row):
        if row[0] > 100.0:
            outside[0] = row[0]
        row[0] = 1.0

    def appends_outside(row):
        if row[0] > 100.0:
            outside.append(row[0])
        row[0] = 1.0

    def changes_nothing(row):
        return row[0]

    for f, text in [
        (writes_outside, "changing a list from outside"),
        (appends_outside, "changing a list from outside"),
        (changes_nothing, "changes nothing"),
    ]:
        with pytest.raises(pp.UnsupportedError, match=text):
            pp.for_each(f, rows)

    def writes_sometimes(row):
        if row[0] > 100.0:
            row[0] = 1.0
        return row[0]

    with pytest.raises(pp.UnsupportedError, match="for_each"):
        pp.map(writes_sometimes, rows)
    assert rows == [[1.0, 2.0]] and outside == [1.0, 2.0]


def test_no_reference_is_lost_or_kept(device):
    def f(row):
        row[0] = row[1]
        row[1] = 2.5

    value = float("123456.75")  # a constant may live for ever
    rows = [[value, value] for _ in range(50)]
    count = sys.getrefcount(value)
    pp.for_each(f, rows, device=device)
    assert sys.getrefcount(value) == count - 50
    pp.for_each(f, rows, device=device)
    assert sys.getrefcount(value) == count - 100


PROGRAM = """
import parallel_party as pp
def f(row, k):
    row[0], row[1] = row[1] * k, row[0]
    if row[0] > 50.0:
        row[2] = [row[0]]
    row[3] += 1
mine = [[float(i), 2.0, None, i] for i in range(30_000)]
theirs = [list(row) for row in mine]
for turn in range(3):
    pp.for_each(f, mine, k=1.5, device="cpu")
    for row in theirs:
        f(row, 1.5)
    assert mine == theirs, turn
print("fine")
"""


@pytest.mark.parametrize("setting", SURROUNDINGS, ids=named)
def test_in_other_surroundings(setting):
    assert_fine(PROGRAM, setting)


# ---- generated ------------------------------------------------------------------------------------------------------

EXAMPLES = int(os.environ.get("PARALLEL_PARTY_TEST_EXAMPLES", "150"))
RANDOM = os.environ.get("PARALLEL_PARTY_TEST_RANDOM") == "1"
PLACES = ["r[0]", "r[1]", "r[2][0]", "r[2][1]", "r[3][1][0]", "s[0]", "s[1]"]
VALUES = [
    *PLACES[:4],
    "s[1]",
    "1",
    "0.5",
    "k",
    "None",
    "True",
    "(r[0], k)",
    "[s[0], k]",
    "r[0] + k",
    "s[0] * 2",
    "r[2][0] - r[0]",
    "x",
    "len(s)",
]
CONDITIONS = ["r[0] > 1", "s[0] > k", "r[2][1]", "x", "r[1] is None", "s[1] == r[0]"]


@st.composite
def statements(draw: st.DrawFn, depth: int = 0) -> list[str]:
    """A few statements that assign to the rows `r` and `s` and the local `x`."""
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.integers(0, 7 if depth < 2 else 4))
        if kind <= 2:
            lines.append(f"{draw(st.sampled_from(PLACES))} = {draw(st.sampled_from(VALUES))}")
        elif kind == 3:
            first, second = draw(st.sampled_from(PLACES)), draw(st.sampled_from(PLACES))
            lines.append(f"{first}, {second} = {draw(st.sampled_from(VALUES))}, {draw(st.sampled_from(VALUES))}")
        elif kind == 4:
            lines.append(f"x = {draw(st.sampled_from(VALUES))}")
        else:
            heads = [f"if {draw(st.sampled_from(CONDITIONS))}:", "for i in range(3):", "for x in s:"]
            lines.append(heads[kind - 5])
            lines += ["    " + line for line in draw(statements(depth + 1))]
    return lines


ROWS = st.tuples(
    st.sampled_from([0.5, 1.5, 3, True]),
    st.sampled_from([2.5, 1, None]),
    st.lists(st.sampled_from([0.25, 4.0]), min_size=2, max_size=2),
)


@settings(max_examples=EXAMPLES, deadline=None, derandomize=not RANDOM, database=None, print_blob=True)
@given(statements(), st.lists(st.tuples(ROWS, st.integers(0, 5), st.booleans()), min_size=1, max_size=6))
def test_generated_functions(lines, drawn):
    space: dict[str, Any] = {}
    text = "def f(r, s, k, x=1.0):\n" + textwrap.indent("\n".join(lines), "    ")
    exec(text, space)
    f = space["f"]
    first, second = [], []
    for (a, b, inner), other, shares in drawn:
        row = [a, b, inner, (7, [1.25])]
        if shares and first:
            row = first[other % len(first)] if other % 2 else [a, b, first[-1][2], (7, [1.25])]
        first.append(row)
        second.append(second[-1] if shares and second and other == 5 else [float(other), b])
    try:
        assert becomes(f, first, second, device="cpu", k=1.5)
    except pp.UnsupportedError as error:
        # Only where every path raises, needs what has no form, or nothing is assigned to.
        assert "no compiled form" in str(error)
