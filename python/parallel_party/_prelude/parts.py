"""The parts of a float, its neighbours, and what is near it."""

from __future__ import annotations

import math

from .primitives import bits_float, float_bits, require, trunc


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
