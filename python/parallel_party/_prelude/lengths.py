"""math.hypot and math.dist. Both take the coordinates' magnitudes."""

from __future__ import annotations

import math

from .primitives import bits_float, float_bits, fma, require


def survey(values: tuple[float, ...]) -> tuple[float, bool]:
    """Return the largest value, and whether there is a NaN."""
    largest = 0.0
    unordered = False
    for value in values:
        largest = max(largest, value)
        unordered = unordered | (value != value)
    return largest, unordered


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
    largest, unordered = survey(values)
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
    largest, unordered = survey(values)
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
