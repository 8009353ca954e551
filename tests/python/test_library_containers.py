"""collections.deque, collections.Counter and heapq within functions, and classes of one's own that are used alike."""

from __future__ import annotations

import collections
import heapq
import math
import random
from collections import Counter, deque

import pytest
from conftest import agrees, runs_compiled
from hypothesis import given, settings
from hypothesis import strategies as st

import parallel_party as pp

RANDOM = random.Random(11)
INTS = [[RANDOM.randrange(12) for _ in range(RANDOM.randrange(1, 25))] for _ in range(60)] + [[3], list(range(200))]
TEXTS = ["".join(RANDOM.choice("abcde ") for _ in range(RANDOM.randrange(30))) for _ in range(60)] + [""]
FLOATS = [[value * 0.5 for value in row] for row in INTS]
TRIPLES = [(i % 7, (i * 5) % 11, i % 3) for i in range(80)]


def breadth_first(triple):
    size = 30
    distance = [-1] * size
    waiting = deque([triple[0]])
    distance[triple[0]] = 0
    while waiting:
        place = waiting.popleft()
        for step in triple:
            other = (place * 2 + step) % size
            if distance[other] < 0:
                distance[other] = distance[place] + 1
                waiting.append(other)
    return distance


def with_tuples(items):
    waiting = collections.deque([(items[0], 0)])
    total = 0
    while waiting:
        value, depth = waiting.popleft()
        total += value * (depth + 1)
        if depth < 4:
            waiting.append((value + 1, depth + 1))
        if depth < 2:
            waiting.appendleft((value + 2, depth + 1))
    return total


def window(items):
    last = deque(maxlen=3)
    sums = []
    for item in items:
        last.append(item)
        sums.append(sum(last) / len(last))
    return sums


def both_ends(items):
    d = deque(items)
    for item in items:
        d.appendleft(item * 2)
        d.append(item)
    total = 0
    while len(d) > 2:
        total = total * 3 % 1000003 + d.pop() - d.popleft()
    return total, d[0], d[-1], 5 in d, d.maxlen


def rotated(items):
    d = deque(items)
    d.rotate(2)
    d.rotate(-5)
    d.reverse()
    d[0] = 100
    d.extend(items)
    d.extendleft(items)
    return d


def bounded_left(items):
    d = deque(items, 4)
    for item in items:
        d.appendleft(item + 1)
    return d, list(d), tuple(d), sorted(d), max(d), [a + b for a, b in zip(d, items)]


def enumerated(items):
    d = deque(items)
    d.append(5)
    total = 0
    for i, item in enumerate(d):
        total += i * item
    for item in d:
        total -= item
    return total, d.count(5), d == deque(items), bool(d), not deque()


def caught(items):
    d = deque(items)
    taken = 0
    while True:
        try:
            d.pop()
        except IndexError:
            return taken
        taken += 1


def counted(items):
    c = Counter(items)
    c[3] += 2
    c["never" if False else 1000] -= 1
    return c


def most_common(items):
    c = Counter(items)
    return c.most_common(2), c.most_common(), c.most_common(1)[0][0], len(c), sum(c.values())


def counts_in_loop(items):
    c = Counter()
    for item in items:
        c[item] += 1
    return c, c[12345], 12345 in c, sorted(c), sorted(c.items())


def best(items):
    c = collections.Counter(items)
    return max(c, key=c.get), max(c.values()), c.total(), [key for key, count in c.items() if count > 1]


def arithmetic(items):
    a, b = Counter(items), Counter(items[::2])
    a.update(items[:3])
    a.subtract(items[:5])
    del a[items[0]]
    return a + b, a - b, a == b, list(a.elements())


def is_anagram(text):
    return Counter(text) == Counter(text[::-1]), Counter(text) == Counter(text + "a")


def letters(text):
    return Counter(c for c in text if c != " ")


def as_dict(items):
    return dict(Counter(items))


def heap_sorted(items):
    heap = []
    for item in items:
        heapq.heappush(heap, item)
    return [heapq.heappop(heap) for _ in range(len(heap))]


def heap_changes(items):
    heap = [item * 3 % 7 for item in items]
    heapq.heapify(heap)
    first = heapq.heapreplace(heap, items[0])
    second = heapq.heappushpop(heap, items[-1])
    return heap, first, second


def heap_of_pairs(items):
    heap = []
    for i, item in enumerate(items):
        heapq.heappush(heap, (item, -i))
        if len(heap) > 3:
            heapq.heappop(heap)
    return heap


def extremes(items):
    return heapq.nsmallest(3, items), heapq.nlargest(2, items), heapq.nsmallest(2, items, key=lambda v: -v)


def shortest_ways(triple):
    size = 20
    ways = [math.inf] * size
    ways[triple[0]] = 0.0
    heap = [(0.0, triple[0])]
    while heap:
        length, place = heapq.heappop(heap)
        if length > ways[place]:
            continue
        for step in triple:
            other = (place * 3 + step + 1) % size
            longer = length + 0.25 * step + 0.5
            if longer < ways[other]:
                ways[other] = longer
                heapq.heappush(heap, (longer, other))
    return ways


DEQUES = [with_tuples, window, both_ends, rotated, bounded_left, enumerated, caught]
COUNTERS = [counted, most_common, counts_in_loop, best, arithmetic, as_dict]
HEAPS = [heap_sorted, heap_changes, heap_of_pairs, extremes]


@pytest.mark.parametrize("f", [*DEQUES, *COUNTERS, *HEAPS])
def test_ints(f, device):
    assert agrees(f, INTS, device=device)


@pytest.mark.parametrize("f", [*DEQUES, *COUNTERS, *HEAPS])
def test_ints_without_cpython(f):
    assert runs_compiled(f, INTS)


@pytest.mark.parametrize("f", [window, heap_sorted, heap_of_pairs, extremes, best, counts_in_loop])
def test_floats(f):
    assert runs_compiled(f, FLOATS)


@pytest.mark.parametrize("f", [breadth_first, shortest_ways])
def test_searches(f, device):
    assert agrees(f, TRIPLES, device=device)
    if device == "cpu":
        assert runs_compiled(f, TRIPLES)


@pytest.mark.parametrize("f", [letters, is_anagram, counts_in_loop, heap_sorted])
def test_texts(f):
    assert runs_compiled(f, TEXTS)


def test_heaps_with_nan_lie_as_cpythons():
    rows = [[RANDOM.choice([1.0, math.nan, 2.5, -0.0, 0.0, 7.0]) for _ in range(n)] for n in range(1, 20)]

    def f(row):
        heap = list(row)
        heapq.heapify(heap)
        heapq.heappush(heap, 1.5)
        return heap, heapq.heappop(heap)

    assert runs_compiled(f, rows)
    assert agrees(extremes, rows, device="cpu")


def test_types_are_cpythons():
    def f(items):
        c, d, e = Counter(items), deque(items), collections.defaultdict(int)
        return (
            isinstance(c, Counter),
            isinstance(c, dict),
            isinstance(c, deque),
            isinstance(d, deque),
            isinstance(d, (list, tuple)),
            isinstance(e, collections.defaultdict),
            isinstance(e, dict),
            type(c) is Counter,
            type(d) is deque,
            type(e) is dict,
            type(e) is collections.defaultdict,
        )

    assert runs_compiled(f, INTS)


def test_changes_while_a_loop_runs_are_cpythons():
    def grows(items):
        d = deque(items)
        for item in d:
            d.append(item)
            if len(d) > 500:
                break
        return len(d)

    def shrinks(items):
        d = deque(items)
        for _ in d:
            d.popleft()
        return len(d)

    for f in (grows, shrinks):
        assert agrees(f, INTS, device="cpu")


def test_a_negative_maxlen_raises():
    assert agrees(lambda n: len(deque([1, 2, 3], n)), [1, 0, -1], device="cpu")
    assert runs_compiled(lambda n: len(deque([1, 2, 3], n)), [1, 0, 7])


def test_empty_heaps_raise():
    def f(row):
        heap = row[:0]
        try:
            return heapq.heappop(heap)
        except IndexError:
            return -1

    assert runs_compiled(f, INTS)


def play(operations):
    d = deque(maxlen=5) if operations and operations[0][0] == 0 else deque()
    log = []
    for what, value in operations:
        if what == 0:
            d.append(value)
        elif what == 1:
            d.appendleft(value)
        elif what == 2 and d:
            log.append(d.pop())
        elif what == 3 and d:
            log.append(d.popleft())
        elif what == 4:
            d.rotate(value - 3)
        elif what == 5 and d:
            log.append(d[value % len(d)])
        else:
            log.append(len(d))
    return log, list(d)


OPERATIONS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 9)), max_size=40)


@settings(max_examples=60, deadline=None)
@given(st.lists(OPERATIONS, min_size=1, max_size=5))
def test_any_order_of_operations(column: list[list[tuple[int, int]]]) -> None:
    assert agrees(play, column, device="cpu")


class Row:
    """A sequence of one's own."""

    def __init__(self, items):
        self.items = [item for item in items]

    def __iter__(self):
        for item in self.items:
            yield item

    def __setitem__(self, key, value):
        self.items[key] = value * 2

    def __delitem__(self, key):
        self.items.pop(key)


def test_builtins_iterate_over_instances(device: str) -> None:
    def f(items):
        row = Row(items)
        row[0] = 5
        row[-1] += 0
        return list(row), sum(row), max(row), sorted(row), [i * v for i, v in enumerate(row)], tuple(zip(row, items))

    class Plus(Row):
        def __getitem__(self, key):
            return self.items[key]

    def g(items):
        row = Plus(items)
        row[0] += 5
        del row[-1]
        return list(map(abs, row)), any(row), set(row)

    assert agrees(g, INTS, device=device)
    with pytest.raises(TypeError, match="not subscriptable"):
        pp.map(f, INTS, device=device)


def counters(items):
    a, b = Counter(items), Counter(items[::2])
    b.subtract(items[:3])
    return (a | b).most_common(), (a & b).total(), +b, -b


def counters_in_place(items):
    a = Counter(items)
    b = a
    a += Counter(items[:4])
    a -= Counter(items[1:3])
    a |= Counter(items[:2])
    return a, b, a is b


def deque_places(items):
    d = deque(items)
    d.insert(2, 100)
    d.insert(-1, 200)
    d += items[:2]
    place = d.index(100)
    d.remove(200)
    return list(d), place, len(d)


def deque_fault(items):
    d = deque(items)
    try:
        d.remove(1000)
    except ValueError:
        d.append(-1)
    return d.index(items[0]), d


@pytest.mark.parametrize("f", [counters, counters_in_place, deque_places, deque_fault], ids=lambda f: f.__name__)
@pytest.mark.parametrize("data", [INTS, FLOATS], ids=["ints", "floats"])
def test_more_of_both(f, data):
    assert agrees(f, data, device="cpu")


def test_some_are_compiled():
    assert runs_compiled(lambda p: (Counter(p) | Counter(p[:3])).total(), INTS)
    assert runs_compiled(lambda p: deque_places(p)[1], INTS)


def counted_by_name(word):
    a = Counter({"a": len(word), "b": 2})
    a.update(b=3, z=1)
    b = Counter(word, a=5)
    b.subtract({"a": 1}, q=2)
    return dict(a), dict(b), dict(Counter(a=1)), dict(Counter())


def test_counts_by_name():
    assert runs_compiled(counted_by_name, ["abca", "xyz", ""])


def compared_counters(word):
    a, b = Counter(word), Counter(a=1, b=0)
    return a <= b, a >= b, a < b, a > b, b <= a, Counter(a=2) - b, +Counter(a=-1, b=2), b & Counter(a=3), b | a


def test_counters_are_compared():
    assert runs_compiled(compared_counters, ["abca", "xyz", "a", "", "ab"])
