"""Powers, divisors and counts of ints."""

from __future__ import annotations

import math

from .primitives import require


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
    require((n >= 0) & (n <= 20))
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
