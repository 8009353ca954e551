"""Sums and products of rows."""

from __future__ import annotations

import math

from .primitives import bits_float, float_bits, fma, require, two_sum


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


def compensated_sum(items: tuple[float, ...], start: float, ints_too: bool) -> float:
    """Return the sum in which the floats are compensated, and behind the first float the ints, too, where asked."""
    if isinstance(start, bool):
        return sum_311(items, start)
    total = start
    rest = 0.0 if isinstance(start, float) else None
    for item in items:
        if rest is None:
            total = total + item
            if isinstance(total, float):
                rest = 0.0
        elif ints_too or isinstance(item, float):
            total, error = two_sum(total, float(item))
            rest += error
        else:
            total = total + item
    if rest is None:
        return total
    return compensated(total, rest)


def sum_312(items: tuple[float, ...], start: float) -> float:
    """Return the sum as CPython 3.12 and 3.13 do: ints between floats are added as they are."""
    return compensated_sum(items, start, False)


def sum_314(items: tuple[float, ...], start: float) -> float:
    """Return the sum as CPython does since 3.14."""
    return compensated_sum(items, start, True)


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
    for m, n in whole:
        total = total + m * n
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
