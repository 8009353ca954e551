"""Dicts and sets that a function makes itself and gives keys that it computes."""

from __future__ import annotations

import collections
import math
import random
from collections.abc import Callable
from typing import Any

import pytest
from conftest import agrees, outcome, runs_compiled
from hypothesis import given, settings
from hypothesis import strategies as st

import parallel_party as pp

RANDOM = random.Random(5)
INTS = [[RANDOM.randrange(9) for _ in range(RANDOM.randrange(14))] for _ in range(40)] + [[], [3], list(range(300))]
FLOATS = [[value * 0.5 for value in row] for row in INTS]
TEXTS = ["".join(RANDOM.choice("abcde ") for _ in range(RANDOM.randrange(20))) for _ in range(40)] + [""]
PAIRS = [[(value % 3, value % 2) for value in row] for row in INTS]


def counts(items):
    d = {}
    for item in items:
        d[item] = d.get(item, 0) + 1
    return len(d), sorted(d.items())


def most_frequent(items):
    d = {}
    for item in items:
        if item in d:
            d[item] += 1
        else:
            d[item] = 1
    best = None
    for key, count in d.items():
        if best is None or count > d[best]:
            best = key
    return best


def by_catching(items):
    d = {}
    for item in items:
        try:
            d[item] += 1.5
        except KeyError:
            d[item] = 0.5
    return sum(d.values()), max(d, key=d.get) if d else None, list(d)


def first_twice(items):
    seen = set()
    for item in items:
        if item in seen:
            return item
        seen.add(item)
    return len(seen)


def distinct(items):
    return len(set(items))


def from_comprehension(items):
    d = {item: i for i, item in enumerate(items)}
    return [d[item] for item in items]


def set_of_computed(items):
    return len({item for item in items if item})


def numbered_in_loop(items):
    d = {}
    numbers = []
    for item in items:
        numbers.append(d.setdefault(item, len(d)))
    return numbers


def renamed(items):
    d = dict(zip(items, range(len(items))))
    e = d
    for item in items[::2]:
        e.pop(item, None)
    return list(d.items()), d is e, bool(d)


def deletes(items):
    d = {item: 1 for item in items}
    for item in items:
        if item in d:
            del d[item]
            break
    return list(d)


def last_out(items):
    d = {}
    for item in items:
        d[item] = 1
    taken = []
    while d:
        key, _ = d.popitem()
        taken.append(key)
    return taken


def updates(items):
    d = {item: 1 for item in items}
    e = {item: 2 for item in items[:3]}
    d.update(e)
    copy = d.copy()
    d.clear()
    return len(d), list(copy.items())


class Tally:
    def __init__(self):
        self.counts = {}

    def add(self, item):
        self.counts[item] = self.counts.get(item, 0) + 1


def in_an_instance(items):
    tally = Tally()
    for item in items:
        tally.add(item)
    return list(tally.counts.values())


def count_into(d, item):
    d[item] = d.get(item, 0) + 1


def in_a_helper(items):
    d = {}
    for item in items:
        count_into(d, item)
    return list(d.values())


def in_a_closure(items):
    d = {}

    def add(item):
        d[item] = d.get(item, 0) + 1

    for item in items:
        add(item)
    return list(d.values())


EVERY = [
    counts, most_frequent, by_catching, first_twice, distinct, from_comprehension, set_of_computed, numbered_in_loop,
    renamed, deletes, last_out, updates, in_an_instance, in_a_helper, in_a_closure,
]  # fmt: skip


@pytest.mark.parametrize("f", EVERY)
def test_keys_of_every_type(f):
    columns = [INTS, FLOATS, PAIRS] + ([TEXTS, [list(text) for text in TEXTS]] if f not in (updates,) else [])
    for column in columns:
        assert runs_compiled(f, column)


def memoised(n):
    known = {0: 0, 1: 1}
    for i in range(2, n + 1):
        known[i] = known[i - 1] + known[i - 2]
    return known[n]


def two_that_add_up(items):
    seen = {}
    for i, item in enumerate(items):
        if 10 - item in seen:
            return seen[10 - item], i
        seen[item] = i
    return None


def of_sets(items):
    known = set(items)
    known.discard(3)
    known.add(99)
    try:
        known.remove(1234)
    except KeyError:
        known.add(1)
    return len(known), 99 in known, 98 not in known, sorted(known), max(known), min(known), sum(known)


def text_of_counts(text):
    d = {}
    for character in text:
        d[character] = d.get(character, 0) + 1
    return "".join(f"{key}{count}" for key, count in d.items())


def values_change_while_it_is_iterated_over(items):
    d = {item: 1 for item in items}
    for key in d:
        d[key] *= 3
    return sum(d.values())


def collatz_with_a_table(n):
    known = {1: 0}
    path = []
    while n not in known:
        path.append(n)
        n = n // 2 if n % 2 == 0 else 3 * n + 1
    steps = known[n]
    for m in reversed(path):
        steps += 1
        known[m] = steps
    return steps, len(known)


def cells(n):
    grid = {}
    for i in range(n):
        grid[i % 5, i % 3] = i * 0.5
    return [grid.get((i, i), -1.0) for i in range(5)]


@pytest.mark.parametrize(
    ("f", "column"),
    [
        (memoised, list(range(1, 90))),
        (two_that_add_up, INTS),
        (of_sets, [row or [0] for row in INTS]),
        (text_of_counts, TEXTS),
        (values_change_while_it_is_iterated_over, INTS),
        (collatz_with_a_table, [1, 7, 27, 97]),
        (cells, list(range(20))),
    ],
)
def test_everyday_functions(f, column):
    assert runs_compiled(f, column)


def constant_keys(x):
    d = {}
    d["a"] = x
    d["b"] = x * 2
    d["a"] += 1
    d.setdefault("c", None)
    d.setdefault("a", 7)
    if x > 2:
        del d["b"]
    return d, d.pop("a"), d.pop("z", 0), len(d)


def test_constant_keys_make_records():
    f = constant_keys
    assert runs_compiled(lambda x: f(x)[1:], [1, 2, 3])

    def returned(x):
        d = {}
        for name in ("x", "y"):
            d[name] = x
        d["sum"] = d["x"] + d["y"]
        return d

    assert runs_compiled(returned, [1.0, 2.0])


def test_what_is_missing_raises():
    def f(items):
        d = {item: 1 for item in items}
        return d[1]

    assert outcome(lambda: pp.map(f, [[1], [2]], device="cpu")) == outcome(lambda: list(map(f, [[1], [2]])))

    def removes(items):
        known = set(items)
        known.remove(5)
        return len(known)

    assert outcome(lambda: pp.map(removes, [[5], [2]], device="cpu")) == outcome(lambda: list(map(removes, [[5], [2]])))


def grows_while_it_is_iterated_over(items):
    d = {item: 1 for item in items}
    for key in d:
        d[key + 1] = 2
    return len(d)


def shrinks_while_items_are_iterated_over(items):
    d = {item: 1 for item in items}
    for key, _ in d.items():
        d.pop(key)
    return len(d)


def record_grows_while_it_is_iterated_over(x):
    d = {"a": x}
    for key in d:
        d[key + "b"] = x
    return len(d)


def record_gets_a_constant_while_it_is_iterated_over(x):
    d = {"a": x}
    for _ in d:
        d["b"] = x
    return len(d)


@pytest.mark.parametrize(
    ("f", "column"),
    [
        (grows_while_it_is_iterated_over, [[1, 2], [3]]),
        (shrinks_while_items_are_iterated_over, [[1, 2], [3]]),
        (record_grows_while_it_is_iterated_over, [1, 2]),
        (record_gets_a_constant_while_it_is_iterated_over, [1, 2]),
    ],
)
def test_a_changing_dict_that_is_iterated_over(f: Callable[[Any], Any], column: list[Any]) -> None:
    got = outcome(lambda: pp.map(f, column, device="cpu"))
    assert got[1] is pp.UnsupportedError or got == outcome(lambda: [f(element) for element in column])


def test_keys_of_several_types_are_cpythons():
    def f(items):
        d = {}
        for item in items:
            d[item] = len(d)
        return list(d.items())

    column = [[1, 2.0, True], [0.0, -0.0, 0], [math.nan, math.nan], [1.5, 1.5], ["a", 1]]
    assert agrees(f, column, device="cpu")

    def unhashable(x):
        d = {}
        d[[x]] = 1
        return len(d)

    assert outcome(lambda: pp.map(unhashable, [1], device="cpu"))[1] in (TypeError, pp.UnsupportedError)


def test_values_of_several_types_are_cpythons():
    def f(items):
        d = {}
        for item in items:
            d[item] = item if item % 2 else item * 0.5
        return list(d.values())

    assert agrees(f, INTS, device="cpu")


OUTER: dict[int, int] = {}
OUTER_SET = {*range(100)}


def test_dicts_from_outside_are_not_changed():
    def stores(x):
        OUTER[x] = 1
        return x

    def defaults(x):
        return OUTER.setdefault(x, 1)

    def adds(x):
        OUTER_SET.add(x)
        return x

    for f in (stores, defaults, adds):
        with pytest.raises(pp.UnsupportedError):
            pp.map(f, [1000, 2000], device="cpu")
    assert not OUTER and len(OUTER_SET) == 100

    def of_an_element(d):
        d["z"] = 1
        return len(d)

    elements = [{"a": 1}, {"a": 2}]
    with pytest.raises(pp.UnsupportedError):
        pp.map(of_an_element, elements, device="cpu")
    assert elements == [{"a": 1}, {"a": 2}]


OPERATIONS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5)), max_size=30)


def play(operations):
    d = {}
    log = []
    for what, key in operations:
        if what == 0:
            d[key] = len(log)
        elif what == 1:
            log.append(d.get(key, -1))
        elif what == 2:
            log.append(d.pop(key, -2))
        elif what == 3:
            log.append(d.setdefault(key, 100))
        elif what == 4:
            log.append(len(d))
        elif what == 5 and key in d:
            del d[key]
        else:
            for k in d:
                log.append(k * 10 + d[k])
    return log


@settings(max_examples=100, deadline=None)
@given(st.lists(OPERATIONS, min_size=1, max_size=4))
def test_any_order_of_operations(column: list[list[tuple[int, int]]]) -> None:
    assert agrees(play, column, device="cpu")


def without_repetitions(items):
    return list(dict.fromkeys(items)), len(dict.fromkeys(items, 0))


def halved(x):
    d = dict(w=x, x=x * 2.0)
    d = {key: value / 2.0 for key, value in d.items()}
    return d, dict.fromkeys(("a", "b"), x)


def test_keys_from_elsewhere():
    for column in (INTS, FLOATS, PAIRS, TEXTS):
        assert runs_compiled(without_repetitions, column)
    assert runs_compiled(halved, [1.0, 2.0])


def counted_by_default(items):
    d = collections.defaultdict(int)
    for item in items:
        d[item] += 1
    return sorted(d.items()), len(d), d.get(3), 3 in d


def looked_up_by_default(items):
    d = collections.defaultdict(float)
    seen = [d[item] for item in items]
    d[0] = 1.5
    return seen, list(d.items()), d[0], sum(d.values())


def texts_by_default(text):
    d = collections.defaultdict(str)
    for i, character in enumerate(text):
        d[character] += text[i - 1]
    return list(d.items())


def test_defaultdicts():
    for column in (INTS, FLOATS, PAIRS, TEXTS):
        assert runs_compiled(counted_by_default, column)
    assert runs_compiled(looked_up_by_default, INTS)
    assert runs_compiled(texts_by_default, TEXTS)


SQUARES = {i: i * i for i in range(100)}


def views(items):
    d = {}
    for item in items:
        d[item] = len(d)
    return len(d.keys()), len(d.values()), len(d.items()), 3 in d.keys(), 1 in d.values(), 99 not in d.values()


def test_views():
    assert runs_compiled(views, [row for row in INTS if row])
    assert agrees(views, INTS, device="cpu")
    assert runs_compiled(lambda x: (len(SQUARES.items()), x in SQUARES.keys(), x in SQUARES.values()), [1, 2, 1000])


DISPLAYED = [
    lambda k: ({1: 2}.setdefault(k, 9), k),
    lambda k: {1: 2, 3: 4}.pop(k, 7),
]


def displayed_dict(k):
    d = {1: 2, 3: 4}
    given = d.setdefault(k, 9)
    return given, len(d), sum(d.values()), d.pop(3, 0), d.setdefault(3, k)


def displayed_dict_that_shrinks(k):
    d = {1: 2, 3: 4, 5: 6}
    gone = d.pop(k, 7)
    last = d.popitem()
    return gone, last, sorted(d.items()), d.get(1, -1)


def displayed_dict_in_a_loop(k):
    d = {1: 2}
    found = 0
    for i in range(3):
        if 1 in d:
            found += d[1]
        d[i + k] = i
    return found, len(d)


def displayed_set(k):
    s = {1, 2, 3}
    s.discard(k)
    return len(s), k in s, sorted(s)


def removed_from_a_displayed_set(k):
    s = {1, 2, 3}
    try:
        s.remove(k)
    except KeyError:
        return -1
    return len(s)


@pytest.mark.parametrize(
    "function",
    [
        *DISPLAYED,
        displayed_dict,
        displayed_dict_that_shrinks,
        displayed_dict_in_a_loop,
        displayed_set,
        removed_from_a_displayed_set,
    ],
)
def test_what_a_display_has_made_is_there_at_once(function: Callable[[int], Any], device: str) -> None:
    assert agrees(function, [1, 2, 3, 4, 7] * 30, device=device)


def test_a_least_of_nothing_is_no_index_error(device: str) -> None:
    def least(row):
        try:
            return min(row[1:])
        except IndexError:
            return -1.0

    def greatest(row):
        try:
            return max(row[1:])
        except (IndexError, KeyError):
            return -1.0
        except ValueError:
            return -2.0

    rows = [(1.0, 2.0), (3.0, 5.0, 4.0), (2.0, 0.5)] * 20
    assert agrees(least, rows, device=device) and agrees(greatest, [*rows, (1.0,)], device=device)
    with pytest.raises(ValueError, match="empty"):
        pp.map(least, [*rows, (1.0,)], device=device)


def updated(pairs):
    table = {1: 0}
    table.update(pairs)
    return len(table)


def grown_set(items):
    seen = set()
    seen.update(items)
    return len(seen)


def test_what_only_these_look_at():
    rows = [[1, 2], [3, 3]] * 300
    for f in (lambda row: dict.fromkeys(row), lambda row: dict.fromkeys(row, 0), grown_set):
        before = pp.stats().handed_back
        assert agrees(f, rows, device="cpu")
        assert pp.stats().handed_back == before
    assert agrees(updated, [[(1, 2), (3, 4)], [(5, 5), (5, 5)]] * 300, device="cpu")


def last_of_a_display(n):
    d = {"a": n, "b": n + 1, 3: 2.5}
    last = d.popitem()
    return last, d, d.popitem(), len(d)


def last_of_one_type(n):
    d = {"a": n, "b": n + 1}
    d["c"] = n * 2
    return d.popitem(), d.popitem(), d


def last_of_none(n):
    d = {}
    try:
        d.popitem()
    except KeyError:
        return n
    return -1


def computed_key_goes(n):
    d = {0: "zero", 1: "one", 2: "two", 3: "three"}
    del d[n % 4]
    return d


def computed_name_goes(n):
    d = {"a": 1, "b": 2, "c": 3}
    del d["abc"[n % 3]]
    d["z"] = n
    return d


def computed_key_is_missing(n):
    d = {0: 1.5, 1: 2.5}
    try:
        del d[n % 3]
    except KeyError:
        d[5] = 0.0
    return d


def taken_with_a_default(n):
    d = {0: 1.5, 1: 2.5}
    return d.pop(n % 3, None), d


ON_DISPLAYS = [
    last_of_a_display,
    last_of_one_type,
    last_of_none,
    computed_key_goes,
    computed_name_goes,
    computed_key_is_missing,
    taken_with_a_default,
]


@pytest.mark.parametrize("f", ON_DISPLAYS, ids=lambda f: f.__name__)
def test_displays_that_shrink(f):
    assert runs_compiled(f, list(range(60)))


def test_displays_that_have_no_such_key():
    assert agrees(lambda n: {0: 1}.popitem() if n < 50 else {}.popitem(), list(range(60)), device="cpu")

    def f(n):
        d = {0: 1, 1: 2}
        del d[n // 20]
        return d

    assert agrees(f, list(range(60)), device="cpu")
    assert agrees(f, list(range(40)), device="cpu")


def update_by_keywords(x):
    made = {"a": x}
    alias = made
    made.update(b=2.0, a=x + 1)
    made.update({"c": 1.0})
    made |= {"z": 3.0, "a": x}
    made.update(made, c=4.0)
    made.update()
    return made, alias, alias is made, made.update(a=-1.0)


def update_table_by_keywords(x):
    counts = {f"k{x}": x}
    counts.update(x=5.0, y=x)
    counts.update({"y": 6.0, f"k{x}": 1.0})
    return counts


def update_from_displays(x):
    counts = {f"k{x}": x}
    counts.update({f"k{x}": 1.0, f"j{x}": 2.0})
    counts.update({k: x for k in (f"j{x}", f"i{x}", f"j{x}")})
    more = {}
    more[x] = 1
    more.update({x: 2, x + 0.0: 3, x + 1: 4})
    return counts, more


@pytest.mark.parametrize("f", [update_by_keywords, update_table_by_keywords, update_from_displays])
def test_updating_by_keywords(f: Callable[[Any], Any]) -> None:
    assert agrees(f, [1.0, 2.0, 0.5], device="cpu")


SHARED = {"q": 1.0}


@pytest.mark.parametrize("f", [
    lambda d: d | {"z": 1.0},
    lambda d: {"a": 0.0} | d,
    lambda d: d | SHARED,
    lambda d: SHARED.copy() | d,
    lambda d: d.copy(),
    lambda d: (d == {"a": 1.0}, d != {"a": 1.0, "b": 2.0}, {"b": 2.0, "a": 1.0} == d),
], ids=["united", "united the other way", "with another", "copied and united", "copied", "compared"])  # fmt: skip
def test_elements_that_are_dicts(f: Callable[[Any], Any]) -> None:
    columns = [{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": -1.0}], [{"a": 1.0}, {"a": 1, "b": 2}, {"b": 1.0, "a": 1.5}]
    for column in columns:
        assert agrees(f, column, device="cpu")
        made = pp.map(f, column, device="cpu")
        assert [list(item) for item in made] == [list(f(item)) for item in column]
