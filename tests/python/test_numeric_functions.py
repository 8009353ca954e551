"""Every numeric builtin and math function, compiled, against the running CPython: values, kinds, and who computed."""

from __future__ import annotations

import functools
import math
import operator
import random
import struct
from collections.abc import Callable
from typing import Any

import pytest
from conftest import same

import parallel_party as pp

EDGE_FLOATS = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.1, 0.3, 2.675, 1e-5, 5e-324, -2.2250738585072014e-308, 1e-300,
    1e15, 1e16, 2.0**52 + 0.5, 2.0**53, 2.0**62, 2.0**63, -(2.0**63), 1e22, 1e300, 1.7976931348623157e308, 23.0, 24.0,
    171.0, 709.9, -745.2, math.pi, math.inf, -math.inf, math.nan,
]  # fmt: skip
EDGE_INTS = [
    0, 1, -1, 2, -2, 3, 5, -7, 10, 15, 25, 62, 63, 64, 2**31, 2**53 - 1, 2**53 + 1, -(2**53) - 1, 3037000499**2,
    2**62, 2**63 - 1, -(2**63) + 1, -(2**63),
]  # fmt: skip
MOST = 1500


def any_float(random_: random.Random) -> float:
    """Return a float of any size, NaNs included."""
    return float(struct.unpack("<d", random_.randbytes(8))[0])


TAME: dict[str, Callable[[random.Random], Any]] = {
    "f": lambda r: r.choice((r.uniform(-10, 10), r.gauss(0, 1e6), r.randrange(-40, 40) / 4)),
    "i": lambda r: r.choice((r.randrange(-20, 20), r.randrange(-(10**9), 10**9))),
    "b": lambda r: r.random() < 0.5,
    "n": lambda r: r.randrange(0, 20),
}
WILD: dict[str, Callable[[random.Random], Any]] = {
    "f": lambda r: r.choice((any_float(r), r.choice(EDGE_FLOATS), r.choice(EDGE_FLOATS))),
    "i": lambda r: r.choice((r.choice(EDGE_INTS), r.randrange(-(2**63), 2**63) >> r.randrange(64))),
    "b": lambda r: r.random() < 0.5,
    "n": lambda r: r.randrange(-70, 70),
}

# Expressions of the parameters x, y, z; the letters say what each is given.
EXPRESSIONS = [
    *((f"math.{name}(x)", "f") for name in (
        "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "exp", "exp2",
        "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "erf", "erfc", "fabs", "degrees", "radians", "gamma",
        "lgamma", "frexp", "modf", "ulp", "floor", "ceil", "trunc", "isfinite", "isinf", "isnan",
    )),
    *((f"math.{name}(x)", kind) for kind in "ib" for name in (
        "sqrt", "log", "log2", "floor", "ceil", "trunc", "isfinite", "fabs", "isqrt", "gcd", "lcm",
        "exp", "gamma", "degrees",
    )),
    ("math.factorial(x)", "n"),
    ("math.perm(x)", "n"),
    *((f"math.{name}(x, y)", "ff") for name in (
        "atan2", "copysign", "fmod", "remainder", "pow", "nextafter", "log", "hypot", "isclose",
    )),
    ("math.hypot(x, y, z)", "fff"),
    ("math.hypot(x)", "f"),
    ("math.hypot()", "f"),
    ("math.hypot(x, y)", "if"),
    ("math.dist((x, y), (z, 1.0))", "fff"),
    ("math.dist([x], [y])", "ib"),
    ("math.log(x, y)", "ii"),
    ("math.ldexp(x, y)", "fn"),
    ("math.ldexp(x, y)", "fi"),
    *((f"math.{name}(x, y)", "nn") for name in ("comb", "perm", "gcd", "lcm")),
    ("math.gcd(x, y, z)", "iii"),
    ("math.lcm(x, y, z)", "iii"),
    ("math.isclose(x, y, rel_tol=0.5)", "ff"),
    ("math.isclose(x, y, abs_tol=z)", "ffi"),
    ("math.fsum((x, y, z))", "fff"),
    ("math.fsum([x, y, z, 0.1])", "fib"),
    ("math.prod((x, y, z))", "fib"),
    ("math.prod((x, y), start=z)", "iii"),
    ("sum((x, y, z))", "fff"),
    ("sum([x, y, z, x, 1e-20])", "fif"),
    ("sum((x, y, z))", "ibi"),
    ("sum((x, y), z)", "iif"),
    ("sum((x, y), z)", "ffb"),
    ("sum(())", "f"),
    ("sum(range(x))", "n"),
    ("abs(x)", "f"),
    ("abs(x)", "i"),
    ("abs(x)", "b"),
    *((f"round(x, {n})", "f") for n in (0, 1, 2, 3, 6, 15, 22, 23, 400, -1, -2, -22, -400)),
    *((f"round(x, {n})", "i") for n in (0, 2, -1, -3, -18)),
    ("round(x, y)", "fn"),
    ("round(x, y)", "in"),
    ("round(x, ndigits=None)", "f"),
    *(("round(x)", kind) for kind in "fib"),
    *(("int(x)", kind) for kind in "fib"),
    *(("float(x)", kind) for kind in "fib"),
    *(("bool(x)", kind) for kind in "fib"),
    *((f"{function}(x, y)", kinds) for kinds in ("ff", "ii", "if", "fi", "bi", "bf") for function in (
        "divmod", "min", "max",
    )),
    *(("pow(x, y)", kinds) for kinds in ("ff", "in", "if", "fi", "bi", "bf")),
    ("min(x, y, z)", "fib"),
    ("max((x, y, z))", "fib"),
    ("max((x, y), (z, 1))", "ffi"),
    ("min([], default=x)", "f"),
    ("pow(x, y, z)", "iii"),
    ("pow(x, y, z)", "inn"),
    *((f"x {symbol} y", kinds) for kinds in ("ff", "ii", "if", "fi", "bi", "bb") for symbol in (
        "+", "-", "*", "/", "//", "%", "<", "<=", "==", "!=", ">", ">=",
    )),
    *((f"x {symbol} y", kinds) for kinds in ("ii", "bb") for symbol in ("&", "|", "^")),
    *((f"x {symbol} y", kinds) for kinds in ("in", "bb") for symbol in ("<<", ">>")),
    ("x ** y", "ff"),
    ("x ** y", "in"),
    ("x ** y", "nn"),
    ("x ** 2", "f"),
    ("x ** 0.5", "f"),
    ("x ** 3", "i"),
    ("x % 1.0", "f"),
    ("x // 1.0", "f"),
    ("x % 0.25", "f"),
    ("x // 7", "i"),
    ("x % -7", "i"),
    ("x % 8", "i"),
    ("x / 8", "i"),
    ("x / 3", "i"),
    ("x << 3", "i"),
    ("-x", "i"),
    ("~x", "i"),
    ("x < 2.5", "i"),
    ("x.is_integer()", "f"),
    ("(x.real, x.imag, x.conjugate())", "f"),
    ("(x.real, x.imag, x.numerator, x.denominator, x.conjugate())", "i"),
    ("(x.real, x.bit_length(), x.bit_count())", "b"),
    ("(x.bit_length(), x.bit_count(), x.as_integer_ratio())", "i"),
    ("(operator.add(x, y), operator.lt(x, y), operator.neg(x), operator.not_(y))", "fi"),
    ("(operator.xor(x, y), operator.index(x), operator.abs(y), operator.is_(x, None))", "ii"),
    ("operator.getitem((x, y), 1)", "fi"),
]  # fmt: skip
if hasattr(math, "sumprod"):
    EXPRESSIONS += [
        ("math.sumprod((x, y), (y, z))", "fff"),
        ("math.sumprod([x, y, 1], [z, x, z])", "fib"),
        ("math.sumprod((x, y), (y, x))", "ii"),
    ]
if hasattr(math, "fma"):
    EXPRESSIONS += [("math.fma(x, y, z)", "fff")]
# Cases that compiled code need not compute are common in these, or all of them are.
RARELY_COMPUTED = {
    "round(x, 15)", "round(x, 22)", "round(x, y)", "math.comb(x, y)", "math.factorial(x)", "x << y", "math.perm(x)",
    "math.perm(x, y)", "x ** y", "pow(x, y)", "pow(x, y, z)", "math.prod((x, y), start=z)", "math.lcm(x, y, z)",
    "math.gamma(x)", "x ** 3", "x ** 0.5", "math.ldexp(x, y)",
}  # fmt: skip


def rows(expression: str, kinds: str, makers: dict[str, Callable[[random.Random], Any]]) -> list[tuple[Any, ...]]:
    """Return arguments, the same at each run, for which CPython answers."""
    random_ = random.Random(f"{expression} {kinds}")
    return [tuple(makers[kind](random_) for kind in kinds) for _ in range(MOST)]


@functools.cache
def function(expression: str, kinds: str) -> Callable[..., Any]:
    """Return a function of as many parameters as there are letters."""
    space: dict[str, Any] = {"math": math, "operator": operator}
    made: Callable[..., Any] = eval(f"lambda {', '.join('xyz'[: len(kinds)])}: {expression}", space)
    return made


def good_rows(f: Callable[..., Any], data: list[tuple[Any, ...]]) -> list[tuple[tuple[Any, ...], Any]]:
    """Return the arguments for which the function answers, with its answers."""
    good = []
    for row in data:
        try:
            good.append((row, f(*row)))
        except (ArithmeticError, ValueError):
            continue
    return good


@pytest.mark.parametrize("makers", [TAME, WILD], ids=["tame", "wild"])
@pytest.mark.parametrize(("expression", "kinds"), EXPRESSIONS, ids=lambda value: value.replace(" ", ""))
def test_values(expression: str, kinds: str, makers: dict[str, Callable[[random.Random], Any]]) -> None:
    f = function(expression, kinds)
    good = good_rows(f, rows(expression, kinds, makers))
    assert good
    before = pp.stats().handed_back
    got = pp.map(f, *map(list, zip(*(row for row, _ in good))), device="cpu")
    for (row, want), result in zip(good, got, strict=True):
        assert same(result, want), (row, result, want)
    if makers is TAME and expression not in RARELY_COMPUTED:
        assert pp.stats().handed_back - before <= len(good) / 100


@pytest.mark.parametrize("f", [lambda x, y: x % y, lambda x, y: x // y, divmod], ids=["mod", "floordiv", "divmod"])
def test_quotients_next_to_whole_numbers(f: Callable[[float, float], Any]) -> None:
    random_ = random.Random(1)
    xs, ys = [], []
    for _ in range(20_000):
        y = random_.choice((random_.uniform(-3, 3), random_.uniform(1e-310, 1e-300), 0.1, -1e300, math.inf, -math.inf))
        k = random_.randrange(-(2 ** random_.randrange(1, 50)), 2 ** random_.randrange(1, 50))
        x = k * y if math.isfinite(k * y) else float(k)
        for _ in range(random_.randrange(4)):
            x = math.nextafter(x, random_.choice((math.inf, -math.inf)))
        if math.isfinite(x) and y != 0.0:
            xs.append(x)
            ys.append(y)
    before = pp.stats().handed_back
    for x, y, result in zip(xs, ys, pp.map(f, xs, ys, device="cpu"), strict=True):
        assert same(result, f(x, y)), (x, y, result, f(x, y))
    assert pp.stats().handed_back == before


def first_failure(f: Callable[..., Any], data: list[tuple[Any, ...]]) -> tuple[int, Exception] | None:
    """Return where the function first raises, and what."""
    for number, row in enumerate(data):
        try:
            f(*row)
        except (ArithmeticError, ValueError) as error:
            return number, error
    return None


def test_exceptions_are_those_of_the_first_failing_element() -> None:
    failing = 0
    for expression, kinds in EXPRESSIONS:
        f = function(expression, kinds)
        data = rows(expression, kinds, WILD)
        if failure := first_failure(f, data):
            number, error = failure
            failing += 1
            with pytest.raises(type(error)) as caught:
                pp.map(f, *map(list, zip(*data[: number + 1])), device="cpu")
            assert str(caught.value) == str(error), expression
    assert failing > len(EXPRESSIONS) / 4


def test_what_is_returned_unchanged_is_the_same_object() -> None:
    xs = [1.5, 1e300, -2.5]
    ys = [10**9, -(10**9), 10**12]
    for f in (float, lambda x: max(x, -1e308), lambda x: min(x, x), lambda x: x.real):
        assert all(map(operator.is_, pp.map(f, xs, device="cpu"), xs))
    for g in (int, math.floor, round, lambda i: i.numerator):
        assert all(map(operator.is_, pp.map(g, ys, device="cpu"), ys))
    kept = pp.map(abs, ys, device="cpu")
    assert kept[0] is ys[0] and kept[1] == 10**9 and kept[2] is ys[2]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: round(x, 1, ndigits=2),
        lambda x: sum((x,), 1, start=2),
        lambda x: math.sin(x, x),
        lambda x: math.isqrt(x),
        lambda x: max(x, x, default=1),
        lambda x: math.prod((x,), 2),
    ],
)
def test_wrong_arguments_raise_what_cpython_raises(f: Callable[[float], Any]) -> None:
    with pytest.raises(TypeError) as want:
        f(1.5)
    with pytest.raises(TypeError) as got:
        pp.map(f, [1.5, 2.5], device="cpu")
    assert str(got.value) == str(want.value)
