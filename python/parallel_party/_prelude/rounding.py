"""Rounding to a number of digits."""

from __future__ import annotations

import math

from .primitives import floor, fma, require, round_even


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
    scale: int = 10 ** max(-n, 0)
    number = int(i)
    rest = number % scale
    below = number - rest
    half = 2 * rest
    up = (half > scale) | ((half == scale) & ((number // scale) & 1 == 1))
    return below + scale if up else below


def divided_large(x: float, y: float) -> tuple[float, float]:
    """Return ``divmod(x, y)`` of a quotient of any size, as floatobject.c computes it; ``y`` is not zero."""
    remainder = math.fmod(x, y)
    quotient = (x - remainder) / y
    if remainder != 0.0:
        if (y < 0.0) != (remainder < 0.0):
            remainder += y
            quotient -= 1.0
    else:
        remainder = math.copysign(0.0, y)
    if quotient == 0.0:
        return (math.copysign(0.0, x / y), remainder)
    whole = floor(quotient)
    return (whole + 1.0 if quotient - whole > 0.5 else whole, remainder)


def quotient_large(x: float, y: float) -> float:
    """Return ``x // y``."""
    return divided_large(x, y)[0]


def remainder_large(x: float, y: float) -> float:
    """Return ``x % y``."""
    return divided_large(x, y)[1]
