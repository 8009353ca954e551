"""Iterators of itertools that have no end or take some items, and iterators that are consumed in part."""

from __future__ import annotations

import itertools
import operator

import pytest
from conftest import agrees, agrees_or_is_refused, runs_compiled

ROWS = [[], [1], [3, 1, 2], [5, 3, 5, 3, 2, 9, 8, 7, 6, 1, 0, 4]] * 30
MIXED = [(1, 2.5, "a"), (2, -0.5, "b")] * 60


ENDLESS = {
    "repeat in zip": lambda p: list(zip(p, itertools.repeat(7))),
    "repeat in map": lambda p: list(map(pow, p, itertools.repeat(2))),
    "repeat of a tuple": lambda p: [a + b[0] for a, b in zip(p, itertools.repeat((1, 2)))],
    "repeat of text": lambda p: list(zip(p, itertools.repeat("x"))),
    "repeat in islice": lambda p: list(itertools.islice(itertools.repeat(len(p)), 5)),
    "repeat in a loop": lambda p: next(i for i, v in zip(itertools.count(), itertools.repeat(3)) if i * v >= len(p)),
    "dict": lambda p: dict(zip(p, itertools.repeat(0))),
    "cycle": lambda p: list(zip(p, itertools.cycle("abc"))),
    "cycle of a tuple": lambda p: [a * b for a, b in zip(p, itertools.cycle((1, -1)))],
    "cycle of a range": lambda p: list(itertools.islice(itertools.cycle(range(3)), len(p))),
    "cycle of nothing": lambda p: list(zip(p, itertools.cycle(()))),
    "cycle of a row": lambda p: list(itertools.islice(itertools.cycle(tuple(p)), 7)),
    "count down": lambda p: list(zip(p, itertools.count(10, -3))),
    "count by a value": lambda p: list(zip(p, itertools.count(len(p), len(p)))),
    "count from below": lambda p: list(zip(p, itertools.count(-(2**62)))),
    "islice of count": lambda p: list(itertools.islice(itertools.count(5, 2), 2, 11, 3)),
    "enumerate": lambda p: [(i, a, b) for i, (a, b) in enumerate(zip(p, itertools.repeat(None)))],
    "sum": lambda p: sum(a * b for a, b in zip(p, itertools.cycle([1, 2]))),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_endless(name):
    assert agrees_or_is_refused(ENDLESS[name], ROWS)
    if name not in ("repeat in a loop", "sum"):
        assert runs_compiled(ENDLESS[name], ROWS)


def in_a_loop(p):
    total = 0
    for i, sign in zip(p, itertools.cycle((1, -1))):
        total += i * sign
    for turn in itertools.repeat(2):
        total -= turn
        if total < 0:
            break
    return total


def test_endless_in_loops():
    assert runs_compiled(in_a_loop, ROWS)
    assert agrees(lambda n: list(zip("ab", itertools.count(n))), [0, 2**63 - 2, 2**63 - 1, 2**64] * 20, device="cpu")


@pytest.mark.parametrize(
    "f",
    [
        lambda p: next(map(lambda v: v * v, itertools.count(len(p)))),
        lambda p: next(v for v in itertools.repeat(len(p))),
        lambda p: list(itertools.takewhile(lambda v: v < len(p), itertools.count())),
        lambda p: next(filter(None, itertools.cycle([0, 1]))),
        lambda p: list(itertools.islice((v * 2 for v in itertools.count()), 3)),
        lambda p: list(itertools.islice(itertools.count(), 3, None))[:1] if p is None else 1,
        lambda p: list(itertools.cycle(p))[:1] if len(p) > 100 else 2,
    ],
)
def test_endless_generators_end(f):
    assert agrees_or_is_refused(f, ROWS)


SLICES = {
    "stop": lambda p: list(itertools.islice(p, 3)),
    "bounds": lambda p: list(itertools.islice(p, 1, 5)),
    "step": lambda p: list(itertools.islice(p, 1, None, 2)),
    "computed": lambda p: list(itertools.islice(p, len(p) // 2, len(p), 1 + len(p) // 3)),
    "none": lambda p: list(itertools.islice(p, None)),
    "of zip": lambda p: list(itertools.islice(zip(p, p), 2)),
    "of enumerate": lambda p: [i * v for i, v in itertools.islice(enumerate(p), 1, 4)],
    "of text": lambda p: "".join(itertools.islice("abcdef", len(p))),
    "of a slice": lambda p: list(itertools.islice(itertools.islice(p, 1, 9), 2, 5)),
    "in zip": lambda p: list(zip(p, itertools.islice(p, 1, None))),
    "compress": lambda p: list(itertools.compress(p, [1, 0, 1, 1])),
    "compress by text": lambda p: list(itertools.compress(p, itertools.cycle((True, False)))),
    "compress by values": lambda p: sum(itertools.compress(p, [v > 2 for v in p])),
}


@pytest.mark.parametrize("name", SLICES)
def test_slices(name):
    assert runs_compiled(SLICES[name], ROWS)


def test_slices_that_raise():
    for n in (-1, 0, 1):
        assert agrees(lambda p, n=n: list(itertools.islice(p, n)), ROWS, device="cpu")
        assert agrees(lambda p, n=n: list(itertools.islice(p, 0, 5, n)), ROWS, device="cpu")


def differences(p):
    a, b = itertools.tee(p)
    next(b, None)
    return [y - x for x, y in zip(a, b)]


def three(p):
    a, b, c = itertools.tee(p, 3)
    return list(a), sum(b), list(zip(c, p))


def test_tee():
    assert agrees(differences, ROWS, device="cpu")
    assert runs_compiled(three, ROWS)
    assert agrees_or_is_refused(lambda p: [list(t) + list(t) for t in [itertools.tee(p)[0]]], ROWS)


GETTERS = {
    "three items": lambda t: operator.itemgetter(2, 0, 1)(t),
    "four items": lambda t: operator.itemgetter(0, 0, -1, 1)(t),
    "of text": lambda t: operator.itemgetter(0, 1, 2)(t[2] * 3),
    "sorted": lambda t: sorted([(3, 1, 2), (1, 2, 3), (t[0], 0, 0)], key=operator.itemgetter(0, 2, 1)),
}


@pytest.mark.parametrize("name", GETTERS)
def test_getters(name):
    assert runs_compiled(GETTERS[name], MIXED)


class Point:
    kind = "point"

    def __init__(self, x, y=None):
        self.x = x
        if y is not None:
            self.y = y

    @property
    def size(self):
        return self.x

    def move(self):
        return self.x


def test_attributes():
    points = [Point(i, i * 2) for i in range(100)]
    assert runs_compiled(lambda p: operator.attrgetter("x", "y", "kind")(p), points)
    assert agrees_or_is_refused(lambda p: operator.attrgetter("x.real")(p), points)

    def caught(p):
        try:
            return operator.attrgetter("x.real")(p)
        except AttributeError:
            return -1

    assert agrees_or_is_refused(caught, points)


def test_hasattr():
    some = [Point(i, i if i % 3 else None) for i in range(100)]
    assert runs_compiled(lambda p: (hasattr(p, "x"), hasattr(p, "y"), hasattr(p, "kind"), hasattr(p, "move")), some)
    assert runs_compiled(lambda p: p.y if hasattr(p, "y") else -1, some)
    assert agrees_or_is_refused(lambda p: (hasattr(p, "size"), hasattr(p, "zz")), some)
    assert runs_compiled(lambda v: "up" if hasattr(v, "upper") else "no", ["a", "b"] * 50)
    assert agrees_or_is_refused(lambda v: (hasattr(v, "is_integer"), hasattr(v, "upper")), [1, 2.5, True] * 40)


def first_and_rest(p):
    it = iter(p)
    first = next(it, None)
    return first, list(it)


def two_by_two(p):
    it = iter(p)
    pairs = []
    while True:
        a = next(it, None)
        b = next(it, None)
        if b is None:
            return pairs, a
        pairs.append((a, b))


def until_it_stops(p):
    it = iter(p)
    total = 0
    while True:
        try:
            total += next(it)
        except StopIteration:
            return total


def header(p):
    it = iter(p)
    try:
        width = next(it)
    except StopIteration:
        return -1
    return width, sum(it)


def of_enumerate(p):
    it = enumerate(p)
    next(it, None)
    return [i * v for i, v in it]


def of_zip(p):
    it = zip(p, p[1:])
    a = next(it, (0, 0))
    total = a[0]
    for x, y in it:
        total += x * y
    return total


def of_reversed(p):
    it = reversed(p)
    return next(it, -1), list(it)


def of_a_generator(p):
    g = (v * 2 for v in p)
    a = next(g, None)
    return a, list(g)


def of_a_map(p):
    m = map(lambda v: v + 1, p)
    return next(m, 0), next(m, 0), sum(m)


def of_count(p):
    ids = itertools.count(10, 2)
    return [(next(ids), v) for v in p], next(ids)


def of_count_in_order(p):
    ids = itertools.count(5)
    a = next(ids)
    b = next(ids)
    return a, b, list(zip(p, ids))


def differences_of_a_row(p):
    it = iter(p)
    last = next(it, 0)
    out = []
    for v in it:
        out.append(v - last)
        last = v
    return out


def in_a_branch(p):
    it = iter(p)
    if len(p) > 2:
        next(it)
    return list(it)


def twice_the_same(p):
    it = iter(p)
    return list(zip(it, it)), list(it)


def changed_meanwhile(p):
    row = list(p)
    it = iter(row)
    a = next(it, None)
    row.append(9)
    return a, list(it)


def passed_on(p):
    def take(it):
        return next(it, 0)

    it = iter(p)
    return take(it), take(it)


IN_PART = [
    first_and_rest,
    two_by_two,
    until_it_stops,
    header,
    of_enumerate,
    of_zip,
    of_reversed,
    of_a_generator,
    of_a_map,
    of_count,
    of_count_in_order,
    differences_of_a_row,
    in_a_branch,
    twice_the_same,
    changed_meanwhile,
    passed_on,
]


@pytest.mark.parametrize("f", IN_PART, ids=lambda f: f.__name__)
def test_consumed_in_part(f):
    assert agrees_or_is_refused(f, ROWS)
    assert agrees_or_is_refused(f, [[1, 2, 3, 4]] * 50)
    assert agrees_or_is_refused(f, [(1, 2, 3)] * 50)


@pytest.mark.parametrize("f", [first_and_rest, until_it_stops, header, of_enumerate, of_zip, of_a_map, in_a_branch])
def test_consumed_in_part_is_compiled(f):
    assert runs_compiled(f, ROWS)
