"""Everyday Python, construct by construct: the same values, types and exceptions as CPython's, without handing back."""

from __future__ import annotations

import cmath
import dataclasses
import functools
import itertools
import math
import operator
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import pytest
from conftest import agrees

import parallel_party as pp

FLOATS = [0.0, 1.0, -2.5, 4.0, math.inf, math.nan, -0.0, 1e300]
INTS = [0, 1, -3, 5, 7, 2**40]


def runs(f: Callable[..., Any], *columns: list[Any]) -> None:
    """Compare with CPython over the columns, each repeated; no element may be handed back."""
    before = pp.stats().handed_back
    assert agrees(f, *[column * 20 for column in columns], device="cpu")
    assert pp.stats().handed_back == before, str(pp.explain(f, *columns, device="cpu"))


class Low(Exception):
    """An exception of the user's."""


class Lower(Low):
    """One derived from it."""


def item_of_three(i):
    return (1, 2, 3)[i]


def inverse(x):
    try:
        return 1.0 / x
    except ZeroDivisionError:
        return math.inf


def domain(x):
    try:
        return math.sqrt(x) + math.log(x)
    except ValueError:
        return None


def several_handlers(i):
    try:
        if i < 0:
            raise ValueError("negative")
        return 10 // i
    except (ValueError, TypeError):
        return -1
    except ArithmeticError:
        return -2
    finally:
        i = 3


def in_a_loop(i):
    total = 0
    for k in range(-3, 4):
        try:
            total += i // k
        except ZeroDivisionError:
            total += 100
            continue
        else:
            total += 1
        finally:
            total += 1000
    return total


def from_a_call(i):
    try:
        return item_of_three(i)
    except IndexError:
        return "out"


def by_a_base(i):
    try:
        try:
            return item_of_three(i)
        except ValueError:
            return 7
    except LookupError:
        return 8


def own_exceptions(i):
    try:
        if i > 3:
            raise Lower("big")
        if i < 0:
            raise Low
        return i
    except Lower:
        return "lower"
    except Low:
        return "low"


def arguments_of_an_exception(i):
    try:
        raise ValueError("a", i)
    except ValueError as error:
        return error.args


def text_of_an_exception(i):
    try:
        if i <= 0:  # pytest writes assert statements anew
            raise AssertionError("no")
    except AssertionError as error:
        return str(error)
    return "fine"


def raises_again(i):
    try:
        return 1 // i
    except ZeroDivisionError:
        if i == 0:
            return 0
        raise


def through_finally(i):
    def inner(j):
        try:
            return 5 // j
        finally:
            pass

    try:
        return inner(i)
    except ZeroDivisionError:
        return None


def appends_or_not(i):
    out = []
    for j in (3, 0, i):
        try:
            out.append(6 // j)
        except ZeroDivisionError:
            out.append(-1)
    return out


def tries_again(i):
    while True:
        try:
            return 10 // i
        except ZeroDivisionError:
            i += 3


def comprehension_within(i):
    try:
        return sum([1 // x for x in (i, 2)])
    except ZeroDivisionError:
        return 99


def missing_key(i):
    try:
        return {"a": 1}["b"]
    except KeyError:
        return i


def what_was_stored_stays(i):
    x = 5
    try:
        x = 6
        1 // i
        x = 7
    except ZeroDivisionError:
        pass
    return x


def other_from_it(i):
    try:
        try:
            return 1 // i
        except ZeroDivisionError as error:
            raise ValueError("zero") from error
    except ValueError:
        return "value"


TRYING = [
    several_handlers, in_a_loop, from_a_call, by_a_base, own_exceptions, arguments_of_an_exception,
    text_of_an_exception, raises_again, through_finally, appends_or_not, tries_again, comprehension_within,
    missing_key, what_was_stored_stays, other_from_it,
]  # fmt: skip


@pytest.mark.parametrize("f", TRYING, ids=lambda f: f.__name__)
def test_try_statements(f):
    runs(f, INTS)


@pytest.mark.parametrize("f", [inverse, domain], ids=lambda f: f.__name__)
def test_try_statements_over_floats(f):
    runs(f, FLOATS)


def test_what_nobody_catches_is_raised():
    def f(i):
        try:
            return 10 // i
        except ValueError:
            return 0

    assert agrees(f, [1, 2, 0, 3] * 5, device="cpu")


def test_numbers_from_text():
    def whole(s):
        try:
            return int(s)
        except ValueError:
            return -1

    def real(s):
        try:
            return float(s)
        except ValueError:
            return math.nan

    texts = ["1", "x", "-17", " 5 ", "", "99999999999", "+8", "1.5", "--3"]
    runs(whole, texts)
    runs(real, [*texts, "1e3", "-0.1", ".5", "5.", "1e", "2.5e-3", "e5", "."])
    runs(lambda s: int(s, 16), ["ff", "0x1F", "-a0", "7"])
    assert agrees(
        real, ["1.7976931348623157e308", "nan", "inf", "0.1234567890123456789", "1_0", "1e400"] * 9, device="cpu"
    )
    assert agrees(lambda s: int(s, 16), ["ff", "xyz"] * 9, device="cpu")


class Point(NamedTuple):
    x: float
    y: float


@dataclasses.dataclass
class Ball:
    x: float
    v: float

    def __call__(self, t):
        return self.x + self.v * t

    def __lt__(self, other):
        return self.x < other.x

    def __bool__(self):
        return self.v != 0.0

    def __abs__(self):
        return abs(self.v)

    @classmethod
    def at(cls, x):
        return cls(x, 0.0)


class Row:
    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]

    def __contains__(self, item):
        return item in self.items

    def __iter__(self):
        yield from_first(self.items)
        yield self.items[-1]


def from_first(items):
    return items[0] * 10


def test_methods_that_operators_call():
    balls = [Ball(1.0, 2.0), Ball(0.5, 0.0), Ball(-1.0, -3.0)]
    runs(lambda b: (b(2.0), abs(b), 1 if b else 0, not b, b < Ball(0.6, 0.0), b == Ball(0.5, 0.0), b != b), balls)
    runs(lambda x: Ball.at(x).x, [1.0, 2.0])
    runs(
        lambda a, b: (Row((a, b))[1], len(Row((a, b))), a in Row((a, 1.0)), a not in Row((b,))), [1.0, 2.0], [3.0, 2.0]
    )
    runs(lambda a: [v for v in Row((a, 2.0))], [1.0, 3.0])
    runs(lambda a: "yes" if Row(()) else "no", [1.0])


FUNCTIONAL = {
    "map": lambda p: [v for v in map(lambda x: x * 2, p)],
    "map of two": lambda p: list(map(operator.mul, p, p[1:])),
    "map of a builtin": lambda p: sum(map(abs, p)),
    "filter": lambda p: list(filter(lambda x: x > 1.0, p)),
    "filter none": lambda p: list(filter(None, p)),
    "sorted key": lambda p: sorted(p, key=lambda x: -x),
    "sorted reverse": lambda p: sorted(p, reverse=True),
    "sorted both": lambda p: sorted(p, key=abs, reverse=True),
    "min key": lambda p: min(p, key=lambda x: (x - 2.0) ** 2),
    "max key": lambda p: max(p, key=abs),
    "max key default": lambda p: max([x for x in p if x > 99.0], key=abs, default=None),
    "min key of arguments": lambda p: min(p[0], p[1], key=abs),
    "reduce": lambda p: functools.reduce(lambda a, b: a * b, p),
    "reduce start": lambda p: functools.reduce(operator.add, p, 100),
    "accumulate": lambda p: list(itertools.accumulate(p)),
    "accumulate by": lambda p: list(itertools.accumulate(p, max)),
    "accumulate initial": lambda p: list(itertools.accumulate(p, operator.mul, initial=2.0)),
    "chain": lambda p: list(itertools.chain(p, (1.0,), p)),
    "chain from iterable": lambda p: list(itertools.chain.from_iterable((p, p))),
    "pairwise": lambda p: [b - a for a, b in itertools.pairwise(p)],
    "product": lambda p: sum(a * b for a, b in itertools.product(p, (1.0, 2.0))),
    "product repeat": lambda p: sum(a * b for a, b in itertools.product((1, 2), repeat=2)) + p[0],
    "combinations": lambda p: [a * b for a, b in itertools.combinations(p, 2)],
    "permutations": lambda p: [a - b for a, b in itertools.permutations(p[:3], 2)],
    "islice": lambda p: list(itertools.islice(p, 1, None, 2)),
    "takewhile": lambda p: list(itertools.takewhile(lambda x: x < 4.0, p)),
    "dropwhile": lambda p: list(itertools.dropwhile(lambda x: x < 2.0, p)),
    "starmap": lambda p: list(itertools.starmap(math.hypot, zip(p, p))),
    "repeat": lambda p: list(itertools.repeat(p[0], 3)),
    "count": lambda p: [i * x for i, x in zip(itertools.count(1), p)],
    "index": lambda p: (p.index(p[-1]), p.count(p[0])),
}
ROWS = [(1.0, 2.0, 3.0), (-5.0, 2.5, 0.25), (4.0, 4.0, -1.0)]
RAGGED = [[1.0, 2.0, 3.0], [4.0, -1.0], [2.5, 0.5, 0.25, -8.0], [3.0, 3.0]]


@pytest.mark.parametrize("name", FUNCTIONAL)
@pytest.mark.parametrize("rows", [ROWS, RAGGED], ids=["rows", "ragged"])
def test_functions_of_functions(name, rows):
    runs(FUNCTIONAL[name], rows)


def stack_machine(n):
    stack = [n]
    total = 0
    while stack:
        top = stack.pop()
        total += top
        if top > 1:
            stack.append(top // 2)
            stack.append(top // 3)
    return total


def edits(n):
    row = [3, 1, 2]
    row.insert(1, n)
    row.remove(2)
    row.reverse()
    first = row.pop(0)
    row.sort()
    del row[0]
    copy = row.copy()
    row.clear()
    return (first, copy, row, len(row))


def edits_in_memory(n):
    row = [i * 7 % 5 for i in range(n % 10 + 3)]
    row.insert(2, 99)
    row.remove(99)
    row.sort(reverse=True)
    row.pop(0)
    row.reverse()
    del row[-1]
    row.sort(key=lambda v: (v - 2) ** 2)
    return row


def test_methods_of_lists():
    for f in (stack_machine, edits, edits_in_memory):
        runs(f, [0, 1, 5, 12, 33])
    assert agrees(lambda n: [1, 2].pop(n), [0, 1, 2] * 5, device="cpu")
    assert agrees(lambda n: [1, 2].index(n), [2, 1, 3] * 5, device="cpu")
    assert agrees(lambda n: [1, 2].remove(n), [2, 1, 3] * 5, device="cpu")


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def is_even(n):
    return True if n == 0 else is_odd(n - 1)


def is_odd(n):
    return False if n == 0 else is_even(n - 1)


def ackermann(m, n):
    if m == 0:
        return n + 1
    return ackermann(m - 1, 1) if n == 0 else ackermann(m - 1, ackermann(m, n - 1))


def depth(n, x):
    return x if n == 0 else (x, depth(n - 1, x * 2.0))[1] + 1.0


def grows(n):
    return () if n == 0 else (n, grows(n - 1))


def hanoi(n, a, b, c):
    total = 0
    if n > 0:
        total = hanoi(n - 1, a, c, b)
        total += a * 1 + c
        total += hanoi(n - 1, b, a, c)
    return total


def binary_search(row, x, low, high):
    if low >= high:
        return low
    middle = (low + high) // 2
    return binary_search(row, x, low, middle) if x < row[middle] else binary_search(row, x, middle + 1, high)


def test_recursion():
    runs(fibonacci, [0, 1, 2, 5, 13])
    runs(lambda n: (is_even(n), is_odd(n)), [0, 1, 7, 100])
    runs(ackermann, [0, 1, 2, 2], [3, 4, 1, 3])
    runs(lambda n: depth(n, 0.5), [0, 1, 9, 60])
    runs(lambda n: hanoi(n, 1, 2, 3), [0, 1, 3, 6])
    runs(lambda x: binary_search((1, 3, 5, 9, 12, 40, 41), x, 0, 7), [0, 3, 4, 50])
    runs(lambda n: [fibonacci(i) for i in range(n)], [0, 5, 10])
    assert agrees(is_even, [5, 1500, 4] * 3, device="cpu")  # CPython's own limit is 1000
    assert agrees(grows, [0, 1, 2, 5], device="cpu")


def patterns(v):
    match v:
        case (0, _):
            return "zero first"
        case (a, b) if a > b:
            return a - b
        case (a, *rest):
            return len(rest) + a
        case _:
            return "else"


def class_patterns(v):
    match v:
        case Point(x, y=0.0):
            return x
        case Point(x=x, y=y):
            return x + y
        case Ball(x, v):
            return x * v
        case int(n) | float(n):
            return n
        case {"a": a}:
            return a
        case None:
            return "none"
    return "other"


def test_match_statements():
    runs(patterns, [(0, 1), (5, 2), (1, 2)])
    runs(patterns, [[1, 2, 3], [7], [0, 0, 0, 0]])
    for column in ([Point(1.0, 0.0), Point(2.0, 3.0)], [Ball(2.0, 3.0)], [3, 4], [2.5], [{"a": 7}], [{"b": 7}], [None]):
        runs(class_patterns, column)


TABLE = {
    "dict of ints": lambda i: {1: "a", 2: "b", 5: "c"}.get(i, "none"),
    "dict of text": lambda i: {"x": 1.5, "y": 2.5}["x" if i > 1 else "y"],
    "dict of functions": lambda i: {0: abs, 1: float}.get(i % 2)(i),
    "dict of tuples": lambda i: {(0, 1): 5, (1, 0): 6}.get((i % 2, 1 - i % 2)),
    "dict in": lambda i: i in {1: 0, 5: 0},
    "dict items": lambda i: [(k * i, v) for k, v in {1: 2.0, 3: 4.0}.items()],
    "dict values": lambda i: sum({"a": i, "b": 2}.values()),
    "dict keys": lambda i: [k for k in {1: 2, 7: 8}],
    "dict comprehension": lambda i: {k: k * i for k in (1, 2, 3)}[2],
    "dict length": lambda i: len({i: 1, 5: 2, 5.0: 3}),
    "set": lambda i: (i in {1, 2, 5}, i not in {7, 8.0}, len({i, 1, 5})),
    "set of text": lambda i: ("a" if i else "b") in {"a", "c"},
    "set of a row": lambda i: len(set((i, i, 1))) == 2,
    "computed set": lambda i: i in {i + 1, i - 1, 5},
}


@pytest.mark.parametrize("name", TABLE)
def test_dicts_and_sets(name):
    runs(TABLE[name], [0, 1, 5, 7, -3])


def test_a_missing_key_is_a_key_error():
    assert agrees(lambda i: {1: 2, 3: 4}[i], [1, 3, 2] * 5, device="cpu")
    assert agrees(lambda i: {"a": 2}["a" if i else "b"], [1, 3, 0] * 5, device="cpu")


def imports_inside(x):
    import math as m
    from math import sqrt

    return m.floor(x) + sqrt(x)


def test_imports_inside_functions():
    runs(imports_inside, [1.5, 4.0])


def test_complex_functions():
    numbers = [1 + 2j, -1j, 0.5 + 0j, 3 - 4j, -2.5 + 0.1j, 1e-3 + 1j]
    runs(lambda z: (abs(z), z**0.5, z**-2, z**2.5), numbers)
    runs(lambda z: (cmath.sqrt(z), cmath.exp(z), cmath.log(z), cmath.phase(z), cmath.polar(z)), numbers)
    runs(lambda z: (cmath.sin(z), cmath.cos(z), cmath.tan(z), cmath.sinh(z), cmath.cosh(z), cmath.tanh(z)), numbers)
    runs(lambda z: (cmath.asin(z), cmath.acos(z), cmath.asinh(z), cmath.acosh(z)), numbers)
    runs(lambda z: (cmath.atan(z * 0.5), cmath.atanh(z * 0.5), cmath.log10(z), cmath.log(z, 3.0)), numbers)
    runs(lambda x: cmath.rect(x, 0.5), [1.0, 2.0])
    assert agrees(lambda z: abs(z), [1 + 1j, 1e308 + 1.7e308j], device="cpu")


METHODS_OF_TEXT = {
    "case": lambda s: (s.title(), s.capitalize(), s.swapcase(), s.casefold()),
    "pads": lambda s: (s.zfill(6), s.ljust(8), s.rjust(8, "*"), s.center(9, "-"), s.center(4)),
    "parts": lambda s: (s.partition(","), s.rpartition(","), s.removeprefix("ab"), s.removesuffix("c")),
    "splits": lambda s: (s.split(",", 1), s.split(None, 1), s.split(maxsplit=2), s.splitlines()),
    "finds": lambda s: (s.rfind("b"), s.find("l", 3), s.find("b", -3, -1), s.find("", 9)),
    "strips": lambda s: (s.strip("a c"), s.lstrip("a"), s.rstrip("c\n")),
    "tests": lambda s: (s.isascii(), s.istitle(), s.isidentifier(), s.isprintable(), s.isdecimal(), s.isnumeric()),
    "starts": lambda s: (s.startswith(("a", "H")), s.endswith(("c", "d"))),
    "replace": lambda s: s.replace("b", "XX", 1),
    "index": lambda s: (s + "b").index("b"),
}
TEXTS = ["abc", "Hello world", "-42", "+7", "", "a,b,,c", "  x y  z ", "ab\ncd\r\nef\n", "abcabc"]


@pytest.mark.parametrize("name", METHODS_OF_TEXT)
def test_methods_of_text(name):
    runs(METHODS_OF_TEXT[name], TEXTS)


def test_text_that_raises():
    assert agrees(lambda s: s.index("b"), ["abc", "xyz"] * 9, device="cpu")
    assert agrees(lambda s: s.partition(""), ["abc"] * 9, device="cpu")
    assert agrees(lambda s: s.ljust(9, "ab"), ["abc"] * 9, device="cpu")


FORMATS = {
    "f-string of floats": lambda x: f"{x:.2f} and {x:8.1f}|{x:+.0f}|{x:<9.3f}|{x:^9.1f}|{x:09.2f}|{x:.1%}",
    "groups": lambda x: f"{x:,.2f} {x:_.1f}",
    "str": lambda x: str(x) + " " + repr(x) + f" {x} {x!r}",
    "percent": lambda x: "%.3f %8.2f %-8.1f| %05.1f %%" % (x, x, x, x),
    "str.format": lambda x: (
        "{} {:.2f} {{}}".format(x, x) + "{:.2f}:{:>8}".format(x, "ab") + "{0:.1f}{1}{0:.1f}".format(x, 1)
    ),
    "named": lambda x: "{a:.1f}/{b}".format(a=x, b=3),
    "format": lambda x: format(x, ".3f"),
    "e": lambda x: f"{x:e} {x:.3e}|{x:12.0e}|{x:+.2E}|{x:<14.15e}|{x:012.4e}",
    "g": lambda x: f"{x:g} {x:.3g}|{x:12.1g}|{x:+.2G}|{x:<14.16g}|{x:012.4g}|{x:,.10g}",
    "e and g by percent": lambda x: "%e %.2g %10.3G|%-12g|" % (x, x, x, x) + "{:g}".format(x),
}
OF_INTS = {
    "f-string": lambda i: f"{i}|{i:5}|{i:<5}|{i:^7}|{i:05}|{i:+d}|{i:,}|{i:x}|{i:X}|{i:08b}|{i:o}|{i:.1f}",
    "percent": lambda i: "%d %5d %-5d| %05d %x %s" % (i, i, i, i, i, i),
    "bases": lambda i: (bin(i), oct(i), hex(i), str(i), repr(i)),
    "bools": lambda i: f"{i > 0} {i > 2!s:>6} {None}",
}
DECIMALS = [0.0, -0.0, 1.0, -1.5, 0.125, 2.675, 1234567.891, 0.1, 1 / 3, 0.1 + 0.2, 1e15, 99.995, 0.0005, -0.004]


@pytest.mark.parametrize("name", FORMATS)
def test_floats_as_text(name):
    runs(FORMATS[name], DECIMALS)
    assert agrees(FORMATS[name], [math.inf, math.nan, 1e-7, 1e300, 5e-324, 1e16], device="cpu")


def test_floats_with_exponents():
    random = Random(7)
    numbers = [random.uniform(-1.0, 1.0) * 10.0 ** random.randint(-19, 21) for _ in range(2000)]
    numbers += [(random.randint(0, 10**6) + 0.5) * 10.0 ** random.randint(-8, 12) for _ in range(1000)]
    numbers += [0.0, -0.0, 9.5, 9.9995, 99995.0, 999999.5, 1e-5, 1e22, 1e-4, 9.9999e-5, 1e5, 1e6]
    for f in (lambda x: f"{x:e} {x:.0e}", lambda x: f"{x:g} {x:.3g}", lambda x: f"{x:.15g}"):
        assert agrees(f, numbers, device="cpu")


@pytest.mark.parametrize("name", OF_INTS)
def test_ints_as_text(name):
    runs(OF_INTS[name], [0, 1, -1, 42, -12345, 2**40, 1234567])


def test_formats_that_raise():
    with pytest.raises(pp.UnsupportedError, match="str.format"):  # CPython raises for every element
        pp.map(lambda x: "{} {0}".format(x), [1.0, 2.0], device="cpu")
    assert agrees(lambda x: "%d %d" % (x,), [1, 2] * 9, device="cpu")


def test_text_in_text():
    runs(lambda s: f"{s:>5}|{s:<5}|{s:^5}|{s:.2}|{s:*^9}", TEXTS)
    runs(lambda s: "%s and %5s" % (s, s), TEXTS)


def stored_generator(p):
    squares = (x * x for x in p)
    total = sum(squares)
    pairs = zip(p, p[1:])
    return total, [b - a for a, b in pairs], total_of(x + 1.0 for x in p), total_of(map(abs, p))


def total_of(items):
    total = 0.0
    for item in items:
        total += item
    return total


def taken_twice(p):
    pairs = enumerate(p)
    first = next(pairs)
    return first, list(pairs)


def changed_behind_its_back(p):
    made = [v for v in p]
    numbers = enumerate(made)
    made.append(0.0)
    return list(numbers)


def test_iterators_in_variables():
    for rows in (ROWS, RAGGED):
        runs(stored_generator, rows)
        assert agrees(taken_twice, rows, device="cpu")
        with pytest.raises(pp.UnsupportedError, match="iterator"):
            pp.map(changed_behind_its_back, rows, device="cpu")


def spread(x):
    base = {"a": x, "b": 2}
    return {**base, "c": 3, "a": 5.0}


def handed_on(**keywords):
    return combined(1, **keywords, z=3)


def combined(a, x=0, z=0):
    return a + x * 10 + z * 100


def test_dicts_of_keywords():
    runs(spread, [1.0, 2.0])
    runs(lambda x: handed_on(x=x), [1, 2])
    runs(lambda x: dict(a=x, b=dict(c=1)), [1.0])
    runs(lambda p: (p._replace(x=0.5), p._asdict()), [Point(1.0, 2.0)])


def test_slices_by_computed_bounds():
    runs(lambda i: (1, 2, 3, 4)[i : i + 2], [0, 1, 2, 9])
    runs(lambda i: sum([5, 6, 7][:i]) + len("abcd"[i:]), [0, 1, 2, 9])
    runs(lambda i: [range(10)[i], len(range(i)), range(0, 20, 3)[-1]], [0, 1, 5])


@functools.cache
def cached(n):
    return n * n + 1


@functools.lru_cache(maxsize=8)
def cached_recursion(n):
    return 1 if n < 2 else cached_recursion(n - 1) + cached_recursion(n - 2)


def power(base, exponent, scale=1):
    return base**exponent * scale


def partials(x):
    square = functools.partial(power, exponent=2)
    cube = functools.partial(power, x)
    return square(x), square(x, scale=3), cube(3), [f(2) for f in (cube, functools.partial(max, 1))]


def test_functions_behind_others():
    runs(lambda n: cached(n) + cached(n + 1), [1, 2, 3])
    runs(lambda n: cached_recursion(n), [1, 3, 5])
    runs(partials, [1.5, 2.0, -3.0])
    runs(lambda p: sorted([(p[0], 2), (p[1], 1)], key=operator.itemgetter(1)), ROWS)
    runs(lambda p: max([(p[0], 2), (p[1], 1)], key=operator.itemgetter(1, 0)), ROWS)
    runs(lambda b: (operator.attrgetter("x")(b), b.v, getattr(b, "nothing", 5)), [Ball(1.0, 2.0)])
    runs(lambda b: (type(b).__name__, type(b.x).__name__), [Ball(1.0, 2.0)])


def test_words_as_floats():
    runs(lambda x: (float("inf"), float("-Infinity"), float("+INF"), min(x, float("inf"))), [1.0, 2.0])
    runs(lambda x: (float("nan"), math.copysign(x, float("-nan"))), [1.0])


def test_copies_of_elements():
    runs(lambda row: (row.copy(), [row.copy()], row.copy() is row), [[1.0, 2.0], [3.0, 4.0]])
    runs(lambda row: (row.copy(), 1), [[1.0, 2.0], [3.0]])


SPLIT = ["", "a", "a|b", "|a|b|", "aaa", " a b  c ", "  ", "|", "a||b"]


def test_splitting_from_the_right():
    for most in (-1, 0, 1, 2, 9):
        runs(lambda text, most=most: (text.rsplit("|", most), text.rsplit("aa", most)), SPLIT)
        runs(lambda text, most=most: text.rsplit(None, most), SPLIT)
    runs(lambda text: (text.rsplit(), text.rsplit("|"), text.rsplit("|", maxsplit=1)[-1]), SPLIT)


def popped(x):
    try:
        return [1, 2].pop(x)
    except TypeError:
        return -5
    except IndexError:
        return -6


def inserted(x):
    row = [1, 2]
    row.insert(x, 7)
    return row


def test_places_that_only_methods_of_lists_look_at():
    for column in ([0, 1, 5, -1, -3] * 120, [0.5, 1.5] * 300, [True, False] * 300):
        assert agrees(popped, column, device="cpu")
    before = pp.stats().handed_back
    assert agrees(inserted, [0, 1, 5, -1, -3] * 120, device="cpu")
    assert pp.stats().handed_back == before


def test_the_only_item_is_not_compared():
    def none(n):
        return None

    runs(lambda n: (max([None] * (n // n)), min([none(i) for i in range(n // n)]), sorted([None] * (n // n))), [1, 2])
    runs(lambda n: (max({none(i): i for i in range(n)}, default=0), max([None] * (n - n), default=3)), [1, 2])
