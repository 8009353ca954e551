"""What CPython computes by algorithms of its own, in Python that compiles.

The translator follows these functions as it follows the user's. They hold to the subset it compiles, name no scalar
global (each would be a value read at every call) and avoid branches where arithmetic does, so that loops vectorise.
A case that none of this covers ends in ``require(False)``: CPython then computes the element itself.

Called from Python they give what the functions they stand for give, to the bit; the tests hold them to that.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from sys import version_info


class HandedBack(Exception):
    """What a failed ``require`` raises when these functions run in CPython."""


class Fma:
    """``x * y + z`` rounded once."""

    def __call__(self, x: float, y: float, z: float) -> float:
        """Compute it; exactly rational, so any Python will do."""
        if not (math.isfinite(x) and math.isfinite(y) and math.isfinite(z)):
            return x * y + z
        from fractions import Fraction

        exact = Fraction(x) * Fraction(y) + Fraction(z)
        if exact == 0:
            return x * y + z
        return exact.numerator / exact.denominator


class FloatBits:
    """The 64 bits of a float, as a signed int."""

    def __call__(self, x: float) -> int:
        """Reinterpret them."""
        import struct

        bits: int = struct.unpack("<q", struct.pack("<d", x))[0]
        return bits


class BitsFloat:
    """The float of 64 bits given as a signed int."""

    def __call__(self, bits: int) -> float:
        """Reinterpret them."""
        import struct

        x: float = struct.unpack("<d", struct.pack("<q", bits))[0]
        return x


class Floor:
    """``math.floor`` that stays a float, whatever its size."""

    def __call__(self, x: float) -> float:
        """Round towards minus infinity."""
        return math.copysign(float(math.floor(x)), x) if math.isfinite(x) else x


class Trunc:
    """``math.trunc`` that stays a float."""

    def __call__(self, x: float) -> float:
        """Round towards zero."""
        return math.copysign(float(math.trunc(x)), x) if math.isfinite(x) else x


class RoundEven:
    """``round`` that stays a float."""

    def __call__(self, x: float) -> float:
        """Round to the nearest whole number, ties to the even one."""
        return math.copysign(float(round(x)), x) if math.isfinite(x) else x


class Require:
    """Hands the element back to CPython unless the condition holds. Compiled code may go on until it returns."""

    def __call__(self, condition: bool) -> None:
        """Raise HandedBack unless it holds."""
        if not condition:
            raise HandedBack


# Objects of classes, not functions: the library must know them by identity and never follow them.
fma = Fma()
float_bits = FloatBits()
bits_float = BitsFloat()
floor = Floor()
trunc = Trunc()
round_even = RoundEven()
require = Require()


def two_sum(a: float, b: float) -> tuple[float, float]:
    """Return the rounded sum and its exact rounding error."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


# Lengths: math.hypot and math.dist. Both take the coordinates' magnitudes.


def norm_of_few(values: tuple[float, ...], largest: float, unordered: bool) -> float:
    """Return the length where it needs no arithmetic; the rest is handed back."""
    if largest > 1.7976931348623157e308:
        return largest
    if unordered:
        return bits_float(0x7FF8000000000000)
    require((largest == 0.0) | (len(values) < 2))
    return largest


def norm_311(values: tuple[float, ...]) -> float:
    """Return the root of the sum of squares as CPython 3.11 does: squares by Veltkamp splitting."""
    largest = 0.0
    unordered = False
    for value in values:
        largest = max(largest, value)
        unordered = unordered | (value != value)
    if (not 1e-300 <= largest <= 1e300) | unordered | (len(values) < 2):
        return norm_of_few(values, largest, unordered)
    power = bits_float(float_bits(largest) & 0x7FF0000000000000)
    scale = 0.5 / power
    total = 1.0
    rest_high = 0.0
    rest_middle = 0.0
    rest_low = 0.0
    for value in values:
        x = value * scale
        t = x * 134217729.0
        high = t - (t - x)
        low = x - high
        square = high * high
        before = total
        total += square
        rest_high += (before - total) + square
        square = 2.0 * high * low
        before = total
        total += square
        rest_middle += (before - total) + square
        rest_low += low * low
    root = math.sqrt(total - 1.0 + (rest_high + rest_middle + rest_low))
    t = root * 134217729.0
    high = t - (t - root)
    low = root - high
    square = -high * high
    before = total
    total += square
    rest_high += (before - total) + square
    square = -2.0 * high * low
    before = total
    total += square
    rest_middle += (before - total) + square
    square = -low * low
    before = total
    total += square
    rest_low += (before - total) + square
    error = total - 1.0 + (rest_high + rest_middle + rest_low)
    return (root + error / (2.0 * root)) * (2.0 * power)


def norm_312(values: tuple[float, ...]) -> float:
    """Return the root of the sum of squares as CPython does since 3.12: exact squares by fused multiply-add."""
    largest = 0.0
    unordered = False
    for value in values:
        largest = max(largest, value)
        unordered = unordered | (value != value)
    if (not 1e-300 <= largest <= 1e300) | unordered | (len(values) < 2):
        return norm_of_few(values, largest, unordered)
    power = bits_float(float_bits(largest) & 0x7FF0000000000000)
    scale = 0.5 / power
    total = 1.0
    rest_squares = 0.0
    rest_sums = 0.0
    for value in values:
        x = value * scale
        square = x * x
        before = total
        total += square
        rest_squares += fma(x, x, -square)
        rest_sums += (before - total) + square
    root = math.sqrt(total - 1.0 + (rest_squares + rest_sums))
    square = -root * root
    before = total
    total += square
    rest_squares += fma(-root, root, -square)
    rest_sums += (before - total) + square
    error = total - 1.0 + (rest_squares + rest_sums)
    return (root + error / (2.0 * root)) * (2.0 * power)


# Sums and products of rows.


def sum_311(items: tuple[float, ...], start: float) -> float:
    """Return the sum as CPython 3.11 does: one addition after the other."""
    total = start
    for item in items:
        total = total + item
    return total


def compensated(total: float, rest: float) -> float:
    """Return the end of a compensated sum."""
    # CPython's own error term turns infinite or NaN exactly where the sum does; two_sum's can overflow on its own
    # next to the largest float.
    require(math.isfinite(rest) | (not math.isfinite(total)))
    return total + rest if (rest != 0.0) & math.isfinite(rest) else total


def sum_312(items: tuple[float, ...], start: float) -> float:
    """Return the sum as CPython 3.12 and 3.13 do: floats are compensated, ints between them are not."""
    if isinstance(start, bool):
        return sum_311(items, start)
    total = start
    rest = 0.0 if isinstance(start, float) else None
    for item in items:
        if rest is None:
            total = total + item
            if isinstance(total, float):
                rest = 0.0
        elif isinstance(item, float):
            total, error = two_sum(total, item)
            rest += error
        else:
            total = total + item
    if rest is None:
        return total
    return compensated(total, rest)


def sum_314(items: tuple[float, ...], start: float) -> float:
    """Return the sum as CPython does since 3.14: all that follows the first float is compensated."""
    if isinstance(start, bool):
        return sum_311(items, start)
    total = start
    rest = 0.0 if isinstance(start, float) else None
    for item in items:
        if rest is None:
            total = total + item
            if isinstance(total, float):
                rest = 0.0
        else:
            total, error = two_sum(total, float(item))
            rest += error
    if rest is None:
        return total
    return compensated(total, rest)


def round_three(a: float, b: float, c: float) -> float:
    """Return ``a + b + c`` rounded once."""
    high, low = two_sum(b, c)
    head, tail = two_sum(a, high)
    middle, error = two_sum(tail, low)
    # Rounding the small part to odd keeps the final rounding from being misled by it.
    bits = float_bits(middle)
    away = 1 if (error > 0.0) == (middle > 0.0) else -1
    if (error != 0.0) & ((bits & 1) == 0):
        middle = bits_float(bits + away)
    return head + middle


def fsum(items: tuple[float, ...]) -> float:
    """Return the correctly rounded sum; where three floats do not hold it exactly it is handed back."""
    high = 0.0
    middle = 0.0
    low = 0.0
    lost = 0.0
    largest = 0.0
    for item in items:
        x = float(item)
        largest = max(largest, abs(x))
        high, x = two_sum(high, x)
        middle, x = two_sum(middle, x)
        low, x = two_sum(low, x)
        lost += abs(x)
    # NaN and infinities make the errors NaN.
    require((largest < 1e300) & (lost == 0.0))
    return round_three(high, middle, low) + 0.0


def prod(items: tuple[float, ...], start: float) -> float:
    """Return the product."""
    result = start
    for item in items:
        result = result * item
    return result


def sumprod(
    whole: tuple[tuple[int, int], ...],
    real: tuple[tuple[float, float], ...],
    other: tuple[tuple[float, float], ...],
) -> float:
    """Return the sum of products. CPython's three stages in order: pairs of ints, pairs with a float, what is left."""
    total: float = 0
    for a, b in whole:
        total = total + a * b
    if len(real) > 0:
        high = 0.0
        low = 0.0
        tiny = 0.0
        for a, b in real:
            x = float(a)
            y = float(b)
            product = x * y
            high, carry = two_sum(high, product)
            low, first = two_sum(low, fma(x, y, -product))
            low, second = two_sum(low, carry)
            tiny = tiny + first + second
        require(math.isfinite(high))
        last, error = two_sum(low, high)
        total = total + (tiny + error + last)
    for a, b in other:
        total = total + a * b
    return total


# Powers and divisors of ints.


def int_power(base: int, exponent: int) -> int:
    """Return ``base ** exponent`` for a non-negative exponent."""
    factor = int(base)
    rest = int(exponent)
    result = 1
    while True:
        if rest & 1:
            result = result * factor
        rest = rest >> 1
        if rest == 0:
            return result
        # Not past the last use: all that is computed divides the result.
        factor = factor * factor


def power_modulo(base: int, exponent: int, modulus: int) -> int:
    """Return ``pow(base, exponent, modulus)``; inverses and large moduli are handed back."""
    size = abs(int(modulus))
    rest = int(exponent)
    require((size != 0) & (size <= 3037000500) & (rest >= 0))
    factor = int(base) % size
    result = 1 % size
    while rest > 0:
        if rest & 1:
            result = result * factor % size
        factor = factor * factor % size
        rest = rest >> 1
    return result - size if (modulus < 0) & (result > 0) else result


def gcd(a: int, b: int) -> int:
    """Return the greatest common divisor of two ints."""
    x = abs(int(a))
    y = abs(int(b))
    while y != 0:
        x, y = y, x % y
    return x


def lcm(a: int, b: int) -> int:
    """Return the least common multiple of two ints."""
    if (a == 0) | (b == 0):
        return 0
    return abs(a // gcd(a, b) * b)


def gcd_of(items: tuple[int, ...]) -> int:
    """Return the greatest common divisor of any number of ints."""
    result = 0
    for item in items:
        result = gcd(result, item)
    return result


def lcm_of(items: tuple[int, ...]) -> int:
    """Return the least common multiple of any number of ints."""
    result = 1
    for item in items:
        result = lcm(result, item)
    return result


def isqrt(n: int) -> int:
    """Return the floor of the root of a non-negative int."""
    require(n >= 0)
    root = min(int(math.sqrt(n)), 3037000499)
    rest = n - root * root
    return root - (rest < 0) + (rest > 2 * root)


def factorial(n: int) -> int:
    """Return n!, handed back beyond 20."""
    require((0 <= n) & (n <= 20))
    # Floats hold these factorials exactly, and their products need no check of overflow.
    result = 1.0
    for factor in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20):
        result = result * (float(factor) if factor <= n else 1.0)
    return int(result)


def perm(n: int, k: int) -> int:
    """Return ``n! / (n - k)!``."""
    require((n >= 0) & (k >= 0))
    result = 1
    factor = int(n)
    last = max(n - k, 0)
    if k > n:
        return 0
    while factor > last:
        result = result * factor
        factor = factor - 1
    return result


def comb(n: int, k: int) -> int:
    """Return ``n! / (k! (n - k)!)``."""
    require((n >= 0) & (k >= 0))
    if k > n:
        return 0
    count = min(int(k), n - k)
    result = 1
    i = 1
    while i <= count:
        factor = n - count + i
        # result * factor is a multiple of i. Dividing first keeps every value below the final one.
        common = gcd(result, i)
        result = (result // common) * (factor // (i // common))
        i = i + 1
    return result


# Rounding to a number of digits.


def round_places(x: float, scale: float) -> float:
    """Return ``round(x, n)`` for ``scale == 10.0 ** n``, n from 0 to 22."""
    product = x * scale
    if not abs(product) < 9007199254740992.0:
        # Whole numbers, and numbers whose last bit is worth more than the last digit; infinities; NaN.
        require((not abs(x) < 4503599627370496.0) | (abs(product) >= 36028797018963968.0))
        return x
    # product + error is exactly x * scale. The error decides only where the product lies half way.
    error = fma(x, scale, -product)
    whole = round_even(product)
    distance = product - whole
    up = 1.0 if (distance == 0.5) & (error > 0.0) else 0.0
    down = 1.0 if (distance == -0.5) & (error < 0.0) else 0.0
    if up + down > 0.0:
        whole = whole + up - down
    return whole / scale


def round_tens(x: float, scale: float) -> float:
    """Return ``round(x, -n)`` for ``scale == 10.0 ** n``, n from 1 to 22."""
    if not math.isfinite(x):
        return x
    whole = round_even(x / scale)
    require(abs(whole) < 4503599627370496.0)
    twice = 2.0 * fma(-whole, scale, x)
    odd = whole * 0.5 != floor(whole * 0.5)
    if (twice > scale) | ((twice == scale) & odd):
        whole = whole + 1.0
    elif (twice < -scale) | ((twice == -scale) & odd):
        whole = whole - 1.0
    return math.copysign(abs(whole) * scale, x)


def power_of_ten(n: int) -> float:
    """Return ``10.0 ** n`` exactly, for n from 0 to 22."""
    result = 1.0
    for k in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21):
        result = result * (10.0 if k < n else 1.0)
    return result


def round_float(x: float, n: int) -> float:
    """Return ``round(x, n)``."""
    if n >= 0:
        if n <= 22:
            return round_places(x, power_of_ten(n))
        require((n > 323) | (not abs(x) < 1e-5) | (x == 0.0))
        return x
    if n >= -22:
        return round_tens(x, power_of_ten(-n))
    require((n < -308) | (abs(x) < 1e22) | (not math.isfinite(x)))
    return math.copysign(0.0, x) if math.isfinite(x) else x


def round_int(i: int, n: int) -> int:
    """Return ``round(i, n)`` for a negative n: to the nearest multiple of ``10 ** -n``, ties to the even one."""
    require(n >= -18)
    scale = 10 ** max(-n, 0)
    number = int(i)
    rest = number % scale
    below = number - rest
    half = 2 * rest
    up = (half > scale) | ((half == scale) & ((number // scale) & 1 == 1))
    return below + scale if up else below


# The gamma function.


def lanczos_sum(x: float) -> float:
    """Return Lanczos' rational function, for positive x."""
    numerator = 0.0
    denominator = 0.0
    if x < 5.0:
        for a, b in (
            (2.506628274631000270164908177133837338626431079340, 1.0),
            (210.8242777515793458725097339207133627116696958029, 66.0),
            (8071.672002365816210638002902272250613821851632502, 1925.0),
            (186056.2653952234950402949897160456992822078423632, 32670.0),
            (2876370.628935372441225409051620849613599114537876, 357423.0),
            (31426415.58540019438061423162831820536287468498764, 2637558.0),
            (248874557.8620541565114603864132294232163212512780, 13339535.0),
            (1439720407.311721673663223072794912393971548578677, 45995730.0),
            (6039542586.352028005064291644307297921069938842070, 105258076.0),
            (17921034426.03720969991975575445893111267140326539, 150917976.0),
            (35711959237.35566804944018545154716670596048863584, 120543840.0),
            (42919803642.64909876895789904700198885092635584895, 39916800.0),
            (23531376880.41075968857200767445163675473484680494, 0.0),
        ):
            numerator = numerator * x + a
            denominator = denominator * x + b
    else:
        for a, b in (
            (23531376880.41075968857200767445163675473484680494, 0.0),
            (42919803642.64909876895789904700198885092635584895, 39916800.0),
            (35711959237.35566804944018545154716670596048863584, 120543840.0),
            (17921034426.03720969991975575445893111267140326539, 150917976.0),
            (6039542586.352028005064291644307297921069938842070, 105258076.0),
            (1439720407.311721673663223072794912393971548578677, 45995730.0),
            (248874557.8620541565114603864132294232163212512780, 13339535.0),
            (31426415.58540019438061423162831820536287468498764, 2637558.0),
            (2876370.628935372441225409051620849613599114537876, 357423.0),
            (186056.2653952234950402949897160456992822078423632, 32670.0),
            (8071.672002365816210638002902272250613821851632502, 1925.0),
            (210.8242777515793458725097339207133627116696958029, 66.0),
            (2.506628274631000270164908177133837338626431079340, 1.0),
        ):
            numerator = numerator / x + a
            denominator = denominator / x + b
    return numerator / denominator


def sin_pi(x: float) -> float:
    """Return ``sin(pi * x)`` for a finite x, exact in the sign at whole numbers."""
    y = math.fmod(abs(x), 2.0)
    if y < 0.25:
        result = math.sin(3.141592653589793 * y)
    elif y < 0.75:
        result = math.cos(3.141592653589793 * (y - 0.5))
    elif y < 1.25:
        result = math.sin(3.141592653589793 * (1.0 - y))
    elif y < 1.75:
        result = -math.cos(3.141592653589793 * (y - 1.5))
    else:
        result = math.sin(3.141592653589793 * (y - 2.0))
    return math.copysign(1.0, x) * result


def gamma(x: float) -> float:
    """Return the gamma function."""
    if not math.isfinite(x):
        require((x != x) | (x > 0.0))
        return x
    size = abs(x)
    whole = x == floor(x)
    require((x > 0.0) | (not whole))
    if whole & (x <= 23.0):
        product = 1.0
        for k in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22):
            product = product * (float(k) if float(k) < x else 1.0)
        return product
    if size < 1e-20:
        result = 1.0 / x
        require(math.isfinite(result))
        return result
    if size > 200.0:
        require(x < 0.0)
        return 0.0 / sin_pi(x)
    y = size + 5.524680040776729583740234375
    if size > 5.524680040776729583740234375:
        z = (y - size) - 5.524680040776729583740234375
    else:
        z = (y - 5.524680040776729583740234375) - size
    z = z * 6.024680040776729583740234375 / y
    if x < 0.0:
        result = -3.141592653589793 / sin_pi(size) / size * math.exp(y) / lanczos_sum(size)
        result -= z * result
        if size < 140.0:
            result = result / y ** (size - 0.5)
        else:
            root = y ** (size / 2.0 - 0.25)
            result = result / root / root
    else:
        result = lanczos_sum(size) / math.exp(y)
        result += z * result
        if size < 140.0:
            result = result * y ** (size - 0.5)
        else:
            root = y ** (size / 2.0 - 0.25)
            result = result * root * root
    require(math.isfinite(result))
    return result


def lgamma(x: float) -> float:
    """Return the natural logarithm of the gamma function's magnitude."""
    if not math.isfinite(x):
        return abs(x)
    size = abs(x)
    if (x == floor(x)) & (x <= 2.0):
        require(x > 0.0)
        return 0.0
    if size < 1e-20:
        return -math.log(size)
    result = math.log(lanczos_sum(size)) - 6.024680040776729583740234375
    result += (size - 0.5) * (math.log(size + 6.024680040776729583740234375 - 0.5) - 1.0)
    if x < 0.0:
        result = 1.1447298858494001 - math.log(abs(sin_pi(size))) - math.log(size) - result
    require(math.isfinite(result))
    return result


# The parts of a float.


def ldexp(x: float, i: int) -> float:
    """Return ``x * 2 ** i`` rounded once."""
    rest = min(max(int(i), -2200), 2200)
    y = x
    # Steps that keep clear of subnormals, where a second rounding would show.
    if rest > 1023:
        y = y * 8.98846567431158e307
        rest = rest - 1023
        if rest > 1023:
            y = y * 8.98846567431158e307
            rest = min(rest - 1023, 1023)
    elif rest < -1022:
        y = y * 2.004168360008973e-292
        rest = rest + 969
        if rest < -1022:
            y = y * 2.004168360008973e-292
            rest = max(rest + 969, -1022)
    result = y * bits_float((rest + 1023) << 52)
    require(math.isfinite(result) | (not math.isfinite(x)))
    return result


def frexp(x: float) -> tuple[float, int]:
    """Return the mantissa from 0.5 up to 1 and the exponent."""
    if (x == 0.0) | (not math.isfinite(x)):
        return (x, 0)
    scaled = x
    bias = 1022
    if abs(x) < 2.2250738585072014e-308:
        scaled = x * 18014398509481984.0
        bias = 1076
    bits = float_bits(scaled)
    return (bits_float((bits & -0x7FF0000000000001) | 0x3FE0000000000000), ((bits >> 52) & 0x7FF) - bias)


def modf(x: float) -> tuple[float, float]:
    """Return the fractional and the whole part."""
    whole = trunc(x)
    fraction = 0.0 if abs(x) > 1.7976931348623157e308 else x - whole
    return (math.copysign(fraction, x), whole)


def nextafter(x: float, y: float) -> float:
    """Return the next float from x towards y."""
    if (x != x) | (y != y):
        return x + y
    if x == y:
        return y
    if x == 0.0:
        return math.copysign(5e-324, y)
    bits = float_bits(x)
    return bits_float(bits + 1 if (y > x) == (x > 0.0) else bits - 1)


def ulp(x: float) -> float:
    """Return the value of the last bit."""
    size = abs(x)
    if not size <= 1.7976931348623157e308:
        return size
    bits = float_bits(size)
    if size == 1.7976931348623157e308:
        return size - bits_float(bits - 1)
    return bits_float(bits + 1) - size


def isclose(a: float, b: float, rel_tol: float, abs_tol: float) -> bool:
    """Return whether the difference is within one of the tolerances."""
    require((not rel_tol < 0.0) & (not abs_tol < 0.0))
    difference = abs(b - a)
    near = (difference <= abs(rel_tol * b)) | (difference <= abs(rel_tol * a)) | (difference <= abs_tol)
    bounded = (abs(a) <= 1.7976931348623157e308) & (abs(b) <= 1.7976931348623157e308)
    return (a == b) | (near & bounded)


# One algorithm for each CPython that changed it, by the version that brought it.
VERSIONS: dict[str, dict[int, Callable[..., float]]] = {
    "norm": {311: norm_311, 312: norm_312},
    "sum_items": {311: sum_311, 312: sum_312, 314: sum_314},
}


def for_version(name: str, version: int) -> Callable[..., float]:
    """Return the algorithm that a CPython, given as 312 for 3.12, uses."""
    known = VERSIONS[name]
    return known[max(since for since in known if since <= version)]


norm = for_version("norm", version_info[0] * 100 + version_info[1])
sum_items = for_version("sum_items", version_info[0] * 100 + version_info[1])
