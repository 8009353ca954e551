"""Each function of the prelude, run by CPython, gives what the function it stands for gives, to the bit."""

from __future__ import annotations

import importlib.util
import math
import os
import pathlib
import struct
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

# Without the package around it, so that it can be tested where the extension is not built.
SOURCE = pathlib.Path(__file__).parents[2] / "python" / "parallel_party" / "_prelude" / "__init__.py"
SPEC = importlib.util.spec_from_file_location(
    "prelude_under_test", SOURCE, submodule_search_locations=[str(SOURCE.parent)]
)
assert SPEC is not None and SPEC.loader is not None
prelude = importlib.util.module_from_spec(SPEC)
sys.modules[SPEC.name] = prelude
SPEC.loader.exec_module(prelude)

INT64 = 2**63
floats = st.floats() | st.floats(-1e6, 1e6) | st.integers(-1000, 1000).map(float)
tame = st.floats(-1e100, 1e100) | st.floats(-10, 10)
ints = st.integers(-INT64, INT64 - 1) | st.integers(-100, 100)
numbers = tame | ints | st.booleans()
rows = st.lists(numbers, max_size=8).map(tuple)
many = settings(max_examples=int(os.environ.get("PARALLEL_PARTY_TEST_EXAMPLES", "200")), deadline=None)


def bits(value: Any) -> Any:
    """Return something equal for equal types and bits only; every NaN is alike."""
    if isinstance(value, float):
        return ("float", "nan" if value != value else struct.pack("<d", value))
    if isinstance(value, tuple):
        return tuple(bits(item) for item in value)
    return (type(value).__name__, value)


def outcome(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Return bits of the result, or the word "handed back" for whatever stops the function."""
    try:
        return bits(function(*arguments, **keywords))
    except (ArithmeticError, ValueError, prelude.HandedBack):
        return "handed back"


def allowed(ours: Any, theirs: Any) -> bool:
    """Return whether ours is CPython's outcome, or to hand back."""
    return ours in (theirs, "handed back")


@many
@given(st.lists(floats, max_size=6))
@example([3.0, 4.0])
@example([math.inf, math.nan])
@example([-math.nan])
@example([0.0, -0.0])
@example([5e-324])
def test_hypot(values: list[float]) -> None:
    ours = outcome(prelude.norm, tuple(abs(value) for value in values))
    assert allowed(ours, outcome(math.hypot, *values))


@many
@given(st.lists(tame, min_size=2, max_size=6))
def test_hypot_computes_what_is_common(values: list[float]) -> None:
    assume(max(abs(value) for value in values) > 1e-300 or not any(values))
    assert outcome(prelude.norm, tuple(abs(value) for value in values)) == outcome(math.hypot, *values)


@many
@given(rows, st.just(0) | numbers)
@example((1.0, 1e100, 1.0, -1e100), 0)
@example((-0.0,), -0.0)
@example((0.0, 9007199254740992.0, 1.0), True)
@example((1, 2.5, 3, 1e-20, True), 0)
@example((math.inf, 1.0), 0)
@example((math.inf, -math.inf), 0)
@example((1e308, 1e308, -1e308), 0.0)
@example((-1.7976931348623157e308, 1e292), 0.0)
def test_sum(items: tuple[float, ...], start: float) -> None:
    assert outcome(prelude.sum_items, items, start) == outcome(sum, items, start)


@many
@given(st.lists(floats, max_size=6).map(tuple))
def test_sum_of_any_floats(items: tuple[float, ...]) -> None:
    assert allowed(outcome(prelude.sum_items, items, 0), outcome(sum, items))


@many
@given(st.lists(floats | ints, max_size=8).map(tuple))
def test_fsum(items: tuple[float, ...]) -> None:
    assert allowed(outcome(prelude.fsum, items), outcome(math.fsum, items))


@many
@given(st.lists(st.floats(-1e12, 1e12).filter(lambda x: x == 0 or abs(x) > 1e-12), max_size=12).map(tuple))
@example((0.1,) * 10)
@example((1.0, 2.0**-53, 2.0**-106))
@example((1.0, 2.0**-53, -(2.0**-106)))
@example((-0.0,))
def test_fsum_computes_what_is_common(items: tuple[float, ...]) -> None:
    assert outcome(prelude.fsum, items) == outcome(math.fsum, items)


@many
@given(rows, st.just(1) | numbers)
def test_prod(items: tuple[float, ...], start: float) -> None:
    assert outcome(prelude.prod, items, start) == outcome(math.prod, items, start=start)


def stages(pairs: list[tuple[float, float]]) -> list[tuple[tuple[float, float], ...]]:
    """Return the pairs in the three stages that the translator finds by their kinds."""
    whole = 0
    while whole < len(pairs) and all(type(item) is int for item in pairs[whole]):
        whole += 1
    real = whole
    while real < len(pairs) and any(type(item) is float for item in pairs[real]):
        real += 1
    return [tuple(pairs[:whole]), tuple(pairs[whole:real]), tuple(pairs[real:])]


@pytest.mark.skipif(not hasattr(math, "sumprod"), reason="math.sumprod came with Python 3.12")
@many
@given(st.lists(st.tuples(numbers, numbers), max_size=6))
@example([(-0.0, 1.0)])
@example([(1e200, 1e200), (1, 2)])
@example([(1, 2), (True, 3), (0.1, 3), (0.2, 7.0)])
def test_sumprod(pairs: list[tuple[float, float]]) -> None:
    ours = outcome(prelude.sumprod, *stages(pairs))
    total = 0
    for a, b in stages(pairs)[0]:
        total += int(a * b)
        # Compiled code hands back what leaves 64 bits.
        assume(max(abs(a * b), abs(total)) < INT64)
    left = [a for a, _ in pairs]
    right = [b for _, b in pairs]
    assert allowed(ours, outcome(math.sumprod, left, right))  # type: ignore[attr-defined]


@many
@given(st.floats() | st.floats(-200, 200) | st.integers(-30, 30).map(float))
@example(0.0)
@example(-0.0)
@example(170.7)
@example(-170.3)
@example(-199.5)
@example(-201.5)
@example(1e-21)
@example(math.inf)
@example(-math.inf)
def test_gamma(x: float) -> None:
    assert outcome(prelude.gamma, x) == outcome(math.gamma, x)
    assert outcome(prelude.lgamma, x) == outcome(math.lgamma, x)


def rounded(x: float, n: int) -> float:
    """Return what the translator makes of round(x, n) with a known n."""
    if 0 <= n <= 22:
        return float(prelude.round_places(x, 10.0**n))
    if -22 <= n < 0:
        return float(prelude.round_tens(x, 10.0**-n))
    return float(prelude.round_float(x, n))


digits = st.integers(-330, 330) | st.integers(-25, 25) | st.integers(0, 6)


@many
@given(floats, digits)
@example(2.5, 0)
@example(-0.3, 0)
@example(2.675, 2)
@example(0.125, 2)
@example(1e300, 10)
@example(5e-324, 22)
@example(15.0, -1)
@example(25.0, -1)
@example(-25.0, -1)
@example(-4.0, -1)
@example(math.inf, 3)
@example(math.nan, -3)
@example(1e22, -22)
@example(4503599627370497.5, 1)
@example(6755399441055744.5, 0)
def test_round_float(x: float, n: int) -> None:
    theirs = outcome(round, x, n)
    assert allowed(outcome(rounded, x, n), theirs)
    assert outcome(prelude.round_float, x, n) == outcome(rounded, x, n)


@many
@given(st.integers(-(10**12), 10**12), st.integers(0, 6), st.integers(-2, 2))
def test_round_float_computes_ties_and_their_neighbours(whole: int, n: int, steps: int) -> None:
    x = (whole + 0.5) / 10**n
    for _ in range(abs(steps)):
        x = math.nextafter(x, math.copysign(math.inf, steps))
    assert outcome(rounded, x, n) == outcome(round, x, n)


@many
@given(ints, st.integers(-18, -1))
@example(15, -1)
@example(25, -1)
@example(-25, -1)
def test_round_int(i: int, n: int) -> None:
    assert outcome(prelude.round_int, i, n) == outcome(round, i, n)


@many
@given(ints, st.integers(0, 70))
def test_int_power(base: int, exponent: int) -> None:
    assert outcome(prelude.int_power, base, exponent) == outcome(pow, base, exponent)


@many
@given(ints, ints, ints | st.integers(-(2**31), 2**31))
def test_power_modulo(base: int, exponent: int, modulus: int) -> None:
    ours = outcome(prelude.power_modulo, base, exponent, modulus)
    assert allowed(ours, outcome(pow, base, exponent, modulus))
    if exponent >= 0 and 0 < abs(modulus) <= 2**31:
        assert ours != "handed back"


@many
@given(ints, ints)
def test_divisors(a: int, b: int) -> None:
    assert outcome(prelude.gcd, a, b) == outcome(math.gcd, a, b)
    assert outcome(prelude.lcm, a, b) == outcome(math.lcm, a, b)


@many
@given(st.lists(ints, max_size=4).map(tuple))
def test_divisors_of_many(items: tuple[int, ...]) -> None:
    assert outcome(prelude.gcd_of, items) == outcome(math.gcd, *items)
    assert outcome(prelude.lcm_of, items) == outcome(math.lcm, *items)


@many
@given(ints)
@example(INT64 - 1)
@example(3037000499**2)
@example(3037000499**2 - 1)
@example(3037000500**2 - 1)
@example(2**62 - 1)
def test_isqrt(n: int) -> None:
    assert outcome(prelude.isqrt, n) == outcome(math.isqrt, n)


@pytest.mark.parametrize("n", range(-2, 70))
def test_counting(n: int) -> None:
    theirs = outcome(math.factorial, n)
    assert outcome(prelude.factorial, n) == (theirs if n <= 20 else "handed back")
    for k in range(-2, 70):
        assert outcome(prelude.comb, n, k) == outcome(math.comb, n, k)
        assert outcome(prelude.perm, n, k) == outcome(math.perm, n, k)


@pytest.mark.parametrize("n", range(70))
def test_comb_needs_no_value_above_its_result(n: int) -> None:
    class Watched(int):
        """An int that remembers the largest product."""

        largest = 0

        def __mul__(self, other: int) -> int:
            Watched.largest = max(Watched.largest, int(self) * int(other))
            return Watched(int(self) * int(other))

        def __floordiv__(self, other: int) -> int:
            return Watched(int(self) // int(other))

    for k in range(n + 1):
        Watched.largest = 0
        result = prelude.comb(Watched(n), Watched(k))
        assert result == math.comb(n, k)
        assert Watched.largest <= result


@many
@given(floats, st.integers(-3000, 3000) | ints)
@example(1.0, -1074)
@example(1.5, -1074)
@example(3.0, -1075)
@example(5e-324, 2097)
@example(1.7976931348623157e308, -2098)
@example(1.7976931348623157e308, 1)
def test_ldexp(x: float, i: int) -> None:
    assert outcome(prelude.ldexp, x, i) == outcome(math.ldexp, x, i)


@many
@given(floats)
@example(5e-324)
@example(-2.2250738585072014e-308)
@example(1.7976931348623157e308)
def test_parts(x: float) -> None:
    assert outcome(prelude.frexp, x) == outcome(math.frexp, x)
    assert outcome(prelude.modf, x) == outcome(math.modf, x)
    assert outcome(prelude.ulp, x) == outcome(math.ulp, x)


@many
@given(floats, floats)
@example(0.0, -0.0)
@example(5e-324, 0.0)
@example(math.inf, 0.0)
@example(-1.7976931348623157e308, -math.inf)
def test_nextafter(x: float, y: float) -> None:
    assert outcome(prelude.nextafter, x, y) == outcome(math.nextafter, x, y)


tolerances = st.floats(-1, 2) | st.just(0.0) | floats


@many
@given(floats, floats, tolerances, tolerances)
@example(math.inf, math.inf, 0.0, 0.0)
@example(math.inf, -math.inf, 1.0, 0.0)
@example(math.inf, 1.0, 1.0, math.inf)
@example(1.0, 1.0 + 1e-10, 1e-9, 0.0)
def test_isclose(a: float, b: float, rel_tol: float, abs_tol: float) -> None:
    theirs = outcome(math.isclose, a, b, rel_tol=rel_tol, abs_tol=abs_tol)
    assert outcome(prelude.isclose, a, b, rel_tol, abs_tol) == theirs


@many
@given(floats, floats, floats)
@example(0.1, 10.0, -1.0)
@example(1e-200, 1e-200, 5e-324)
@example(-0.0, 1.0, 0.0)
def test_fma_rounds_once(x: float, y: float, z: float) -> None:
    assume(all(map(math.isfinite, (x, y, z, x * y, x * y + z))))
    exact = Fraction(x) * Fraction(y) + Fraction(z)
    result = prelude.fma(x, y, z)
    lower, upper = math.nextafter(result, -math.inf), math.nextafter(result, math.inf)
    if math.isfinite(lower) and math.isfinite(upper):
        error = abs(Fraction(result) - exact)
        assert error <= abs(Fraction(lower) - exact)
        assert error <= abs(Fraction(upper) - exact)


@many
@given(floats)
def test_primitives(x: float) -> None:
    assert bits(prelude.bits_float(prelude.float_bits(x))) == bits(x)
    if math.isfinite(x):
        assert prelude.floor(x) == math.floor(x)
        assert prelude.trunc(x) == math.trunc(x)
        assert prelude.round_even(x) == round(x)


def test_algorithms_are_chosen_by_version() -> None:
    assert prelude.for_version("sum_items", 311) is prelude.sum_311
    assert prelude.for_version("sum_items", 313) is prelude.sum_312
    assert prelude.for_version("sum_items", 315) is prelude.sum_314
    running = sys.version_info[0] * 100 + sys.version_info[1]
    assert prelude.norm is prelude.for_version("norm", running)


items = st.lists(st.integers(-3, 3) | st.floats(-3, 3), max_size=6)
ascii_text = st.text(st.characters(max_codepoint=127), max_size=8)


@many
@given(items, items, st.integers(-1, 3))
def test_rows_of_any_length(left: list[Any], right: list[Any], times: int) -> None:
    assert prelude.rows_equal(left, right) == (left == right)
    assert prelude.rows_differ(left, right) == (left != right)
    assert prelude.rows_less(left, right) == (left < right)
    assert prelude.rows_at_most(left, right) == (left <= right)
    assert prelude.rows_greater(left, right) == (left > right)
    assert prelude.rows_at_least(left, right) == (left >= right)
    assert prelude.list_repeated(left, times) == left * times
    assert prelude.tuple_repeated(tuple(left), times) == tuple(left) * times
    assert prelude.list_backwards(left) == left[::-1]
    assert prelude.tuple_backwards(tuple(left)) == tuple(left)[::-1]
    assert prelude.list_of(tuple(left)) == left and prelude.tuple_of(left) == tuple(left)
    assert prelude.any_of(left) == any(left) and prelude.all_of(left) == all(left)
    assert prelude.row_contains(left, 1) == (1 in left) and prelude.row_lacks(left, 1) == (1 not in left)
    assert prelude.first_or(left, None) == next(iter(left), None)
    assert prelude.sorted_items(left) == sorted(left)
    assert prelude.least_or(left, None) == min(left, default=None)
    assert prelude.greatest_or(left, None) == max(left, default=None)


def plain(text: str) -> str:
    """The text that a room holds, which stays a list of characters in CPython."""
    return "".join(getattr(text, "characters", text))


@many
@given(ascii_text, st.sampled_from(["", "a", "ab", " ", "\n"]), st.integers(-1, 3))
def test_text(text: str, part: str, times: int) -> None:
    assert prelude.text_contains(text, part) == (part in text)
    assert prelude.text_lacks(text, part) == (part not in text)
    assert prelude.text_find(text, part) == text.find(part)
    assert plain(prelude.text_repeated(text, times)) == text * times
    assert plain(prelude.text_backwards(text)) == text[::-1]
    assert plain(prelude.text_upper(text)) == text.upper()
    assert plain(prelude.text_lower(text)) == text.lower()
    assert prelude.text_strip(text) == text.strip()
    assert prelude.text_words(text) == text.split()
    assert plain(prelude.text_join(part, [text, part, ""])) == part.join([text, part, ""])
    for name in ("isdigit", "isalpha", "isalnum", "isspace", "isupper", "islower"):
        assert getattr(prelude, f"text_{name}")(text) == getattr(text, name)(), name
    if part:
        assert prelude.text_split(text, part) == text.split(part)
        assert prelude.text_count(text, part) == text.count(part)
        assert prelude.text_replace(text, part, "<>") == text.replace(part, "<>")


@many
@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_text_of_ints(number: int) -> None:
    assert plain(prelude.text_of_int("", number)) == str(number)
    if len(str(number)) <= 18:
        assert prelude.int_of_text_in(str(number), 10) == number
