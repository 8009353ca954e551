"""The prelude's deque, Counter, heaps, averages and sorting, run by CPython, give what CPython's own give."""

from __future__ import annotations

import collections
import heapq
import itertools
import operator
import random
import statistics

import pytest
from test_prelude import prelude

RANDOM = random.Random(29)


def rows(count: int) -> list[list[float]]:
    """Rows of ints and floats, many of them equal."""
    value = [lambda: RANDOM.randrange(9), lambda: RANDOM.randrange(9), lambda: RANDOM.random() * 5]
    return [[RANDOM.choice(value)() for _ in range(RANDOM.randrange(70))] for _ in range(count)]


def test_heaps():
    for row in rows(300):
        theirs, ours = list(row), list(row)
        heapq.heapify(theirs)
        prelude.heapify(ours)
        assert theirs == ours
        for item in row[:5]:
            heapq.heappush(theirs, item)
            prelude.heappush(ours, item)
        assert heapq.heappushpop(theirs, 3) == prelude.heappushpop(ours, 3)
        if theirs:
            assert heapq.heapreplace(theirs, 4) == prelude.heapreplace(ours, 4)
            assert heapq.heappop(theirs) == prelude.heappop(ours)
        assert theirs == ours
        for n in (-1, 0, 1, 5, 100):
            assert heapq.nsmallest(n, row) == prelude.nsmallest(n, row)
            assert heapq.nlargest(n, row, key=lambda v: v % 3) == prelude.nlargest(n, row, key=lambda v: v % 3)


def test_counters():
    for row in rows(300):
        theirs, ours = collections.Counter(row), prelude.Counter(row)
        half, own_half = collections.Counter(row[::2]), prelude.Counter(row[::2])
        for n in (None, -1, 0, 1, 50):
            assert theirs.most_common(n) == ours.most_common(n)
        assert list((theirs + half).items()) == list((ours + own_half).items())
        assert list((half - theirs).items()) == list((own_half - ours).items())
        assert (theirs == half) == (ours == own_half)
        theirs.update(half)
        ours.update(own_half)
        theirs.subtract(row[:9])
        ours.subtract(row[:9])
        del theirs[1], ours[1]
        assert list(theirs.items()) == list(ours.items()) and list(theirs.elements()) == list(ours.elements())
        assert theirs.total() == ours.total() and theirs[100] == ours[100]


BINARY = [operator.add, operator.sub, operator.or_, operator.and_]
IN_PLACE = [operator.iadd, operator.isub, operator.ior, operator.iand]


def test_operators_of_counters():
    for row in rows(200):
        parts = [row, row[::2], row[3:20]]
        theirs, ours = ([kind(part) for part in parts] for kind in (collections.Counter, prelude.Counter))
        for each in (theirs, ours):
            each[0].subtract(row[1:30:2])  # some count less than nothing
        for one in BINARY:
            assert list(one(*theirs[:2]).items()) == list(one(*ours[:2]).items())
        for one in IN_PLACE:
            changed, own = one(theirs[0], theirs[2]), one(ours[0], ours[2])
            assert changed is theirs[0] and own is ours[0]
            assert list(changed.items()) == list(own.items())
            for each in (theirs, ours):
                each[0].subtract(row[1:9])
        for sign in (operator.pos, operator.neg):
            assert list(sign(theirs[0]).items()) == list(sign(ours[0]).items())


def tried(f):
    """What a call gives, or the type of what it raises."""
    try:
        return f()
    except (IndexError, ValueError) as error:
        return type(error)


@pytest.mark.parametrize("maxlen", [None, 3, 9])
def test_places_in_deques(maxlen):
    for row in rows(100):
        theirs, ours = collections.deque(row, maxlen), prelude.deque(row, maxlen)
        for _ in range(8):
            place, item = RANDOM.randrange(-9, 9), RANDOM.randrange(9)
            assert tried(lambda: theirs.index(item)) == tried(lambda: ours.index(item))
            assert tried(lambda: theirs.index(item, place)) == tried(lambda: ours.index(item, place))
            assert tried(lambda: theirs.index(item, place, item)) == tried(lambda: ours.index(item, place, item))
            assert tried(lambda: theirs.insert(place, item)) == tried(lambda: ours.insert(place, item))
            assert tried(lambda: theirs.remove(place)) == tried(lambda: ours.remove(place))
            theirs += row[:2]
            ours += row[:2]
            assert list(theirs) == list(ours)


@pytest.mark.parametrize("maxlen", [None, 0, 1, 3])
def test_deques(maxlen):
    for row in rows(100):
        theirs, ours = collections.deque(row, maxlen), prelude.deque(row, maxlen)
        for _ in range(12):
            change, item = RANDOM.randrange(6), RANDOM.randrange(9)
            for each in (theirs, ours):
                if change == 0:
                    each.append(item)
                elif change == 1:
                    each.appendleft(item)
                elif change == 2:
                    each.rotate(item - 4)
                elif change == 3:
                    each.extendleft(row[:3])
                elif change == 4:
                    each.reverse()
                elif len(each) > 0:
                    del each[item % len(each)]
            if change == 5 and theirs:
                assert theirs.pop() == ours.pop()
            elif change == 0 and theirs:
                assert theirs.popleft() == ours.popleft()
            assert list(theirs) == list(ours) and len(theirs) == len(ours) and theirs.count(3) == ours.count(3)


def test_sorting_and_grouping():
    for row in rows(200):
        assert sorted(row) == prelude.sorted_items(row)
        assert sorted(row, reverse=True) == prelude.sorted_falling(row)
        assert sorted(row, key=lambda v: v % 2, reverse=True) == prelude.sorted_by(row, lambda v: v % 2, True)
        groups = [(key, list(group)) for key, group in itertools.groupby(row)]
        assert groups == [(key, list(group)) for key, group in prelude.groupby(row)]
        columns = row, row[::2], row[:3]
        assert list(itertools.zip_longest(*columns, fillvalue=7)) == list(prelude.zip_longest(*columns, fillvalue=7))


@pytest.mark.parametrize("name", ["mean", "variance", "pvariance", "stdev", "pstdev"])
def test_averages(name):
    ours, theirs = getattr(prelude, name), getattr(statistics, name)
    handed_back = 0
    for _ in range(2000):
        size = RANDOM.randrange(2, 12)
        scale = 10.0 ** RANDOM.randrange(-5, 5)
        item = [lambda: RANDOM.gauss(1000, 1), lambda: RANDOM.randrange(20) * 0.5, lambda: RANDOM.randrange(-50, 50)]
        item.append(lambda scale=scale: RANDOM.uniform(-1, 1) * scale)
        make = RANDOM.choice(item)
        row = [make() for _ in range(size)]
        try:
            got = ours(row)
        except prelude.HandedBack:
            handed_back += 1
            continue
        want = theirs(row)
        assert type(got) is type(want) and got == want, row
    assert handed_back < 100
