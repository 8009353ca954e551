"""Lists that lists and dicts hold, changed where they lie: `rows[i][j] = x`, `groups[key].append(x)`."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest
from conftest import agrees, runs_compiled

import parallel_party as pp

RANDOM = random.Random(11)
INTS = [[RANDOM.randrange(7) for _ in range(RANDOM.randrange(1, 16))] for _ in range(60)] + [[3], list(range(40))]
FLOATS = [[value * 0.5 for value in row] for row in INTS]


def products(r):
    n = len(r)
    grid = [[r[0] * 0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            grid[i][j] = r[i] * r[j]
    return grid


def counted_in_rows(r):
    rows = [[0] * 3 for _ in r]
    for i, x in enumerate(r):
        rows[i][int(x) % 3] = i
        rows[int(x) % len(r)][0] += 1
        rows[-1][-1] -= 1
    return rows


def buckets(r):
    made = [[] for _ in range(7)]
    for x in r:
        made[int(x)].append(x)
    return made


def neighbours(r):
    n = len(r)
    made = [[] for _ in range(n)]
    for i in range(n - 1):
        made[i].append(i + 1)
        made[i + 1].append(i)
    return made if n > 1 else None


def searched(r):
    made = [[] for _ in range(8)]
    for u, v in zip(r, r[1:]):
        made[int(u)].append(int(v))
        made[int(v)].append(int(u))
    seen, open_, order = [False] * 8, [int(r[0])], []
    seen[int(r[0])] = True
    while open_:
        u = open_.pop()
        order.append(u)
        for v in made[u]:
            if not seen[v]:
                seen[v] = True
                open_.append(v)
    return order


def blocks(r):
    n = len(r)
    cells = [[[0] * 2 for _ in range(n)] for _ in range(n)]
    for i in range(n):
        cells[i][int(r[i]) % n][i % 2] += i + 1
    return cells


def small_grid(r):
    grid = [[0] * 3 for _ in range(3)]
    for x in r:
        grid[int(x) % 3][int(x) // 3 % 3] += 1
    return grid


class Grid:
    def __init__(self, n):
        self.cells = [[0] * n for _ in range(n)]

    def put(self, i, j, value):
        self.cells[i][j] = value


def in_an_instance(r):
    grid = Grid(len(r))
    for i, x in enumerate(r):
        grid.put(i, int(x) % len(r), i)
    return grid.cells


def grouped(r):
    groups = {}
    for x in r:
        if x not in groups:
            groups[x] = []
        groups[x].append(x * 2)
    return [sum(values) for values in groups.values()]


def grouped_by_setdefault(r):
    groups = {}
    for i, x in enumerate(r):
        groups.setdefault(x, []).append(i)
    return [(key, len(values), values[-1]) for key, values in groups.items()]


def grouped_by_default(r):
    groups = defaultdict(list)
    for i, x in enumerate(r):
        groups[x].append((i, x * 0.5))
    total = 0.0
    for key in sorted(groups):
        for i, y in groups[key]:
            total = total * 0.5 + i * y
    return total


def longest_group(r):
    groups = {}
    for x in r:
        if x in groups:
            groups[x].append(x)
        else:
            groups[x] = [x]
    return groups[max(groups, key=lambda key: len(groups[key]))]


def other_changes(r):
    groups = defaultdict(list)
    for x in r:
        groups[x].extend([x, x + 1])
    for x in r:
        groups[x].insert(0, x)
        if len(groups[x]) > 4:
            groups[x].pop()
    for x in r[:1]:
        groups[x].clear()
    return [len(values) for values in groups.values()]


def sums_in_groups(r):
    groups = {}
    for x in r:
        groups[x] = [0] * 4
    for i, x in enumerate(r):
        groups[x][i % 4] += i
    return [sum(values) for values in groups.values()]


def last_of_rows(r):
    rows = [[x] * int(x) for x in r]
    best = rows[0]
    for row in rows:
        if len(row) > len(best):
            best = row
    return best


EVERY = [
    products, counted_in_rows, buckets, neighbours, searched, blocks, small_grid, in_an_instance, grouped,
    grouped_by_setdefault, grouped_by_default, longest_group, other_changes, sums_in_groups, last_of_rows,
]  # fmt: skip


@pytest.mark.parametrize("f", EVERY)
@pytest.mark.parametrize("column", [INTS, FLOATS], ids=["ints", "floats"])
def test_lists_are_changed_where_they_lie(f, column):
    assert runs_compiled(f, column)


def seen_by_a_name(r):
    rows = [[x] for x in r]
    row = rows[0]
    rows[0].append(5)
    return row


def item_seen_by_a_name(r):
    rows = [[0] * len(r) for _ in range(3)]
    row = rows[1]
    rows[1][0] = 99
    return row[0]


def item_of_what_was_appended(r):
    rows = []
    row = [0, 0]
    rows.append(row)
    for x in r:
        rows.append([x, x])
    rows[0][0] = 7
    return row


def grows_after_it_was_put_away(r):
    row = [1]
    rows = [row]
    for x in r:
        rows.append([x])
    row.append(7)
    return rows


def twice_in_one_list(r):
    row = [1]
    rows = [row, row]
    for x in r:
        rows.append([x])
    row[0] = 5
    return [sum(x) for x in rows]


def grows_in_a_dict(r):
    row = [0] * len(r)
    groups = {1: row}
    for x in r:
        groups[x] = [x]
    row.append(5)
    return [sum(x) for x in groups.values()]


def one_list_for_all_keys(r):
    groups = dict.fromkeys(r, [])
    groups[r[0]].append(3)
    return [len(values) for values in groups.values()]


def one_row_again_and_again(r):
    rows = [[0] * 2] * len(r)
    rows[0][0] = 4
    return [row[0] for row in rows]


def row_of_a_copy(r):
    rows = [[0] * 3 for _ in r]
    copy = [row for row in rows]
    rows[0][0] = 5
    return copy[0][0]


def while_a_loop_runs_over_it(r):
    rows = [[x] for x in r]
    for row in rows:
        if len(rows[0]) < 50:
            rows[0].append(row[0])
    return len(rows[0])


def container_changes_meanwhile(r):
    rows = [[x] for x in r]
    rows[0].append(rows.pop()[0])
    return [len(row) for row in rows]


def another_list_takes_the_place(r):
    groups = {1: [1]}
    for x in r:
        groups[x] = [x]

    def replace(key):
        groups[key] = [0, 0]
        return 5

    groups[r[0]].append(replace(r[0]))
    return [sum(values) for values in groups.values()]


def of_two_lists(r):
    a = [0, 0]
    rows = [a, [0, 0], a]
    for x in r:
        rows[int(x) % 3][0] += 1
    return a[0], rows[2][0]


def too_far(r):
    rows = [[x] for x in r]
    try:
        rows[len(r)].append(3)
    except IndexError:
        return -1
    return 0


def no_such_key(r):
    groups = {}
    for x in r:
        groups[x] = [x]
    try:
        groups[-1].append(3)
    except KeyError:
        return -1
    return 0


@pytest.mark.parametrize(
    "f",
    [
        seen_by_a_name, item_seen_by_a_name, item_of_what_was_appended, grows_after_it_was_put_away, twice_in_one_list,
        grows_in_a_dict, one_list_for_all_keys, one_row_again_and_again, row_of_a_copy, while_a_loop_runs_over_it,
        container_changes_meanwhile, another_list_takes_the_place, of_two_lists, too_far, no_such_key,
    ],
)  # fmt: skip
@pytest.mark.parametrize("column", [INTS, FLOATS], ids=["ints", "floats"])
def test_all_names_of_a_list_see_its_change(f, column):
    assert agrees(f, column, device="cpu")


def test_an_elements_lists_are_not_changed():
    def f(rows):
        rows[0].append(1)
        return len(rows)

    with pytest.raises(pp.UnsupportedError, match="from outside the function"):
        pp.map(f, [[[1], [2, 3]], [[4], [5], [6]]], device="cpu")


def named_rows(r):
    rows = [[] for _ in range(5)]
    for i, x in enumerate(r):
        row = rows[int(x) % 5]
        row.append(i)
        if len(row) > 2:
            row.pop()
        row.extend([i, i])
    return rows


def named_in_a_loop(r):
    grid = [[0] * 3 for _ in r]
    for row in grid:
        row[1] = len(grid)
        row[0] += 2
    for i in range(len(grid)):
        row = grid[i]
        row[-1] += row[0] + i
    return grid


def grown_in_a_loop(r):
    grid = [[] for _ in r]
    for _ in range(3):
        for row in grid:
            row.append(len(row) + 1)
    return grid


def named_in_a_dict(r):
    groups = defaultdict(list)
    for i, x in enumerate(r):
        members = groups[x]
        members.append(i)
    found = {}
    for x in r:
        seen = found.setdefault(x, [])
        seen.append(x)
        if x in groups:
            known = groups[x]
            known.insert(0, -1)
    return groups, found


def two_names(r):
    rows = [[0], [1], [2]]
    for i in range(len(r)):
        a = rows[i % 3]
        b = rows[(i + int(r[i])) % 3]
        a.append(1)
        b.append(len(a))
        rows.append([len(b)])
    return rows, len(rows[0])


def name_beside_another_place(r):
    rows = [[i] for i in range(4)]
    first = rows[int(r[0]) % 4]
    rows[1].append(5)
    first.append(7)
    return rows, sum(first), [v for v in first]


def after_it_was_replaced(r):
    rows = [[i] for i in range(4)]
    row = rows[int(r[0]) % 4]
    rows[int(r[-1]) % 4] = [100]
    row.append(1)
    return rows, len(row)


def after_it_was_taken_out(r):
    rows = [[i] for i in range(4)]
    row = rows[int(r[0]) % 4]
    rows.pop(0)
    row.append(1)
    return rows, len(row)


@pytest.mark.parametrize("column", [INTS, FLOATS], ids=["ints", "floats"])
@pytest.mark.parametrize(
    "f", [named_rows, named_in_a_loop, grown_in_a_loop, named_in_a_dict, two_names, name_beside_another_place]
)
def test_lists_are_changed_by_a_name(f, column, device):
    assert agrees(f, column, device=device)
    assert device != "cpu" or runs_compiled(f, column)


@pytest.mark.parametrize("f", [after_it_was_replaced, after_it_was_taken_out])
def test_a_name_of_what_has_moved_is_cpythons(f):
    def some(r):
        return f(r) if len(r) > 3 else 0

    assert agrees(some, INTS, device="cpu")
