"""Generators that hand on what others yield, and what these give in the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import agrees, agrees_or_is_refused, outcome, runs_compiled

import parallel_party as pp

NUMBERS = [0.5, -1.5, 2.0, 7.25, 0.0]


def runs(f: Callable[..., Any], *columns: list[Any], **uniform: Any) -> None:
    """Compare with CPython; no element may be handed back."""
    before = pp.stats().handed_back
    assert agrees(f, *[column * 40 for column in columns], device="cpu", **uniform)
    assert pp.stats().handed_back == before


def agrees_or_refused(f: Callable[..., Any], *columns: list[Any]) -> bool:
    want = outcome(lambda: [f(*elements) for elements in zip(*columns, strict=True)])
    got = outcome(lambda: pp.map(f, *columns, device="cpu"))
    return got == want or (got[0] == "raises" and issubclass(got[1], pp.UnsupportedError))


def leaves(row):
    yield from row
    yield from (v * 2.0 for v in row)


def tree(depth, value):
    if depth == 0:
        yield value
    else:
        yield from tree(depth - 1, value * 2.0)
        yield from tree(depth - 1, value + 1.0)


def branches(x):
    yield from tree(0, x)
    if x > 0.0:
        yield from tree(1, x)
    return


def numbered(n):
    yield from range(n)
    yield -1


def by_two(row):
    for v in row:
        yield from (v, v)


def result_of(row):
    got = yield from inner(row)
    yield got


def inner(row):
    yield row[0]
    return row[1]


def counted_down(n):
    rest = yield from steps(n)
    nothing = yield from range(2)
    yield rest if nothing is None else -100


def steps(n):
    total = 0
    for i in range(n):
        yield i
        total += i
    return total


def collected(n):
    pair = yield from pairs(n)
    yield pair[0] * 10
    yield len(pair[1])


def pairs(n):
    seen = []
    for i in range(n):
        seen.append(i)
        yield i
    return n, seen


def either(x):
    got = yield from one_way(x)
    yield 0.0 if got is None else got


def one_way(x):
    yield 1.0
    if x > 0.5:
        return x
    yield 2.0


def total_of(row):
    total = 0.0
    for v in row:
        yield v
        total += v
    return total


def chained_results(row):
    first = yield from total_of(row)
    second = yield from total_of([first, first])
    return (yield second)


ROWS = [(1.0, 2.0, 3.0), (0.5, -0.5, 4.0)]
RAGGED = [[1.0], [2.0, 3.0, 4.0], []]


def test_yield_from():
    runs(lambda p: [v for v in leaves(p)], ROWS)
    runs(lambda p: sum(leaves(p)), ROWS)
    runs(lambda p: sum(leaves(p)), RAGGED)
    runs(lambda x: [v for v in branches(x)], NUMBERS)
    assert agrees_or_refused(lambda x: [v for v in tree(3, x)], NUMBERS)
    runs(lambda n: list(numbered(n)), [0, 1, 5])
    runs(lambda p: list(by_two(p)), ROWS)
    runs(lambda p: list(by_two(p)), RAGGED)
    runs(lambda p: list(result_of(p)), ROWS)
    runs(lambda p: list(result_of(p)), [[1.0, 2.0], [3.0, 4.0, 5.0]])
    runs(lambda n: list(counted_down(n)), [0, 1, 5])
    runs(lambda n: list(collected(n)), [0, 1, 5])
    runs(lambda x: [v for v in either(x)], NUMBERS)
    runs(lambda p: [v for v in chained_results(p)], RAGGED)


def stops_early(x):
    log = []

    def p(v):
        log.append(v)
        return v > 1

    return any(p(v) for v in x), log


def never_consumed(x):
    log = []
    m = map(log.append, x)
    return log, m is None


def reads_what_the_loop_feeds(x):
    out = []
    for v in (w for w in x if not out or w > out[-1]):
        out.append(v)
    return out


def length_that_grows(x):
    out = [1]
    for v in (len(out) * w for w in x):
        out.append(v)
    return out


def extends_itself(x):
    out = []
    out.extend(len(out) for _ in x)
    return out


def order_of_both(x):
    log = []

    def g():
        for v in x:
            log.append(v)
            yield v

    for _ in g():
        log.append(100)
    return log


def through_a_filter(x):
    r = []
    for v in filter(lambda w: w not in r, [1, 1, 2, *x]):
        r.append(v)
    return r


def through_zip(x):
    a = list(x)
    for p, q in zip(a, (w * 2 for w in a)):
        a[-1] = p + q
    return a


def through_enumerate(x):
    out = [0]
    for i, v in enumerate(map(lambda w: w + len(out), x)):
        out.append(i * v)
    return out


def through_two_generators(x):
    out = [0]
    for v in map(lambda w: w * 2, (w + len(out) for w in x)):
        out.append(v)
    return out


class Log:
    def __init__(self):
        self.items = []

    def take(self, v):
        self.items.append(v)
        return v > 1


def by_an_instance(x):
    log = Log()
    return all(not log.take(v) for v in x), log.items


def breaks_off(x):
    log = []

    def g():
        for v in x:
            log.append(v)
            yield v

    for v in g():
        if v > 1:
            break
    return log


def returned_from_a_generator(x):
    seen = []

    def g():
        for v in x:
            seen.append(v)
            yield v
        return len(seen)

    def h():
        n = yield from g()
        yield n

    return list(h()), seen


SHOWING = [
    stops_early,
    never_consumed,
    reads_what_the_loop_feeds,
    length_that_grows,
    extends_itself,
    order_of_both,
    through_a_filter,
    through_zip,
    through_enumerate,
    through_two_generators,
    by_an_instance,
    breaks_off,
    returned_from_a_generator,
]


@pytest.mark.parametrize("f", SHOWING, ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    "rows", [[[3, 1, 2]], [[3, 1, 2], [], [1, 1, 1, 5, 0, 2, 7, 7, 3, 2], [2]]], ids=["one", "any"]
)
def test_effects_come_in_order(f, rows):
    assert agrees_or_is_refused(f, rows * 40)


def own_buffer(x):
    def pairs():
        buffer = []
        for v in x:
            buffer.append(v)
            if len(buffer) == 2:
                yield buffer[0] + buffer[1]
                buffer = []

    return list(pairs())


def gathered(x):
    out = []
    for v in (w * 2 for w in x):
        out.append(v)
    for i, v in enumerate(map(lambda w: w + 1, x)):
        out.append(i * v)
    return out


def of_a_list_of_its_own(x):
    words = [v + 1 for v in x]
    return sum(map(lambda w: w * 2, filter(lambda w: w > 1, words))), [a * b for a, b in zip(words, (w for w in words))]


@pytest.mark.parametrize("f", [own_buffer, gathered, of_a_list_of_its_own], ids=lambda f: f.__name__)
def test_what_shows_nothing_is_compiled(f):
    assert runs_compiled(f, [[3, 1, 2], [], [1, 1, 1, 5, 0, 2, 7, 7, 3, 2], [2]] * 40)
