"""The module cmath, abs() and powers of complex numbers, as cmathmodule.c and complexobject.c compute them.

Infinities, NaNs, and magnitudes near the ends of the range, for which these have tables and cases of their own, are
handed back.
"""

from __future__ import annotations

import math

from .primitives import floor, hypot, require


def complex_abs(z: complex) -> float:
    """Return ``abs(z)``."""
    real = abs(z.real)
    imag = abs(z.imag)
    result = hypot(real, imag)
    infinity = 1e308 * 10.0
    require((result != infinity) | (real == infinity) | (imag == infinity))
    return result


def complex_power(z: complex, exponent: float) -> complex:
    """Return ``z ** exponent`` for an exponent that CPython does not multiply out."""
    plain_complex(z)
    require((exponent != floor(exponent)) | (abs(exponent) > 100.0))
    size = math.pow(hypot(z.real, z.imag), exponent)
    phase = math.atan2(z.imag, z.real) * exponent
    return complex(size * math.cos(phase), size * math.sin(phase))


def plain_complex(z: complex) -> None:
    """Hand back what is zero, not finite, or of a magnitude near the ends of the range."""
    size = max(abs(z.real), abs(z.imag))
    require((size < 1e150) & (size > 1e-150))
    require((z.real == z.real) & (z.imag == z.imag))


def cmath_sqrt(z: complex) -> complex:
    """Return ``cmath.sqrt(z)``."""
    if (z.real == 0.0) & (z.imag == 0.0):
        return complex(0.0, z.imag)
    plain_complex(z)
    real = abs(z.real) / 8.0
    root = 2.0 * math.sqrt(real + hypot(real, abs(z.imag) / 8.0))
    rest = abs(z.imag) / (2.0 * root)
    if z.real >= 0.0:
        return complex(root, math.copysign(rest, z.imag))
    return complex(rest, math.copysign(root, z.imag))


def cmath_exp(z: complex) -> complex:
    """Return ``cmath.exp(z)``."""
    require(abs(z.real) < 700.0)
    size = math.exp(z.real)
    return complex(size * math.cos(z.imag), size * math.sin(z.imag))


def cmath_log(z: complex) -> complex:
    """Return ``cmath.log(z)``."""
    plain_complex(z)
    real = abs(z.real)
    imag = abs(z.imag)
    size = hypot(real, imag)
    if (size >= 0.71) & (size <= 1.73):
        larger = real if real > imag else imag
        smaller = imag if real > imag else real
        return complex(
            math.log1p((larger - 1.0) * (larger + 1.0) + smaller * smaller) / 2.0, math.atan2(z.imag, z.real)
        )
    return complex(math.log(size), math.atan2(z.imag, z.real))


def cmath_log_of(z: complex, base: complex) -> complex:
    """Return ``cmath.log(z, base)``."""
    return cmath_log(z) / cmath_log(base)


def cmath_log10(z: complex) -> complex:
    """Return ``cmath.log10(z)``."""
    result = cmath_log(z)
    return complex(result.real / 2.302585092994046, result.imag / 2.302585092994046)


def cmath_cosh(z: complex) -> complex:
    """Return ``cmath.cosh(z)``."""
    require(abs(z.real) < 700.0)
    return complex(math.cos(z.imag) * math.cosh(z.real), math.sin(z.imag) * math.sinh(z.real))


def cmath_sinh(z: complex) -> complex:
    """Return ``cmath.sinh(z)``."""
    require(abs(z.real) < 700.0)
    return complex(math.cos(z.imag) * math.sinh(z.real), math.sin(z.imag) * math.cosh(z.real))


def cmath_tanh(z: complex) -> complex:
    """Return ``cmath.tanh(z)``."""
    require(abs(z.real) < 300.0)
    hyperbolic = math.tanh(z.real)
    circular = math.tan(z.imag)
    secant = 1.0 / math.cosh(z.real)
    both = hyperbolic * circular
    whole = 1.0 + both * both
    return complex(hyperbolic * (1.0 + circular * circular) / whole, ((circular / whole) * secant) * secant)


def cmath_cos(z: complex) -> complex:
    """Return ``cmath.cos(z)``."""
    return cmath_cosh(complex(-z.imag, z.real))


def cmath_sin(z: complex) -> complex:
    """Return ``cmath.sin(z)``."""
    turned = cmath_sinh(complex(-z.imag, z.real))
    return complex(turned.imag, -turned.real)


def cmath_tan(z: complex) -> complex:
    """Return ``cmath.tan(z)``."""
    turned = cmath_tanh(complex(-z.imag, z.real))
    return complex(turned.imag, -turned.real)


def bounded_complex(z: complex) -> None:
    """Hand back what is not finite or near the upper end of the range."""
    require((abs(z.real) < 1e150) & (abs(z.imag) < 1e150))


def cmath_acos(z: complex) -> complex:
    """Return ``cmath.acos(z)``."""
    bounded_complex(z)
    a = cmath_sqrt(complex(1.0 - z.real, -z.imag))
    b = cmath_sqrt(complex(1.0 + z.real, z.imag))
    return complex(2.0 * math.atan2(a.real, b.real), math.asinh(b.real * a.imag - b.imag * a.real))


def cmath_acosh(z: complex) -> complex:
    """Return ``cmath.acosh(z)``."""
    bounded_complex(z)
    a = cmath_sqrt(complex(z.real - 1.0, z.imag))
    b = cmath_sqrt(complex(z.real + 1.0, z.imag))
    return complex(math.asinh(a.real * b.real + a.imag * b.imag), 2.0 * math.atan2(a.imag, b.real))


def cmath_asinh(z: complex) -> complex:
    """Return ``cmath.asinh(z)``."""
    bounded_complex(z)
    a = cmath_sqrt(complex(1.0 + z.imag, -z.real))
    b = cmath_sqrt(complex(1.0 - z.imag, z.real))
    return complex(math.asinh(a.real * b.imag - b.real * a.imag), math.atan2(z.imag, a.real * b.real - a.imag * b.imag))


def cmath_asin(z: complex) -> complex:
    """Return ``cmath.asin(z)``."""
    turned = cmath_asinh(complex(-z.imag, z.real))
    return complex(turned.imag, -turned.real)


def cmath_atanh(z: complex) -> complex:
    """Return ``cmath.atanh(z)``."""
    is_negative = math.copysign(1.0, z.real) < 0.0
    real = -z.real if is_negative else z.real
    imag = -z.imag if is_negative else z.imag
    size = abs(imag)
    require((real < 1e150) & (size < 1e150) & ((real != 1.0) | (size > 1e-150)))
    first = math.log1p(4.0 * real / ((1.0 - real) * (1.0 - real) + size * size)) / 4.0
    second = -math.atan2(-2.0 * imag, (1.0 - real) * (1.0 + real) - size * size) / 2.0
    return complex(-first, -second) if is_negative else complex(first, second)


def cmath_atan(z: complex) -> complex:
    """Return ``cmath.atan(z)``."""
    turned = cmath_atanh(complex(-z.imag, z.real))
    return complex(turned.imag, -turned.real)


def cmath_phase(z: complex) -> float:
    """Return ``cmath.phase(z)``."""
    return math.atan2(z.imag, z.real)


def cmath_polar(z: complex) -> tuple[float, float]:
    """Return ``cmath.polar(z)``."""
    return (complex_abs(z), math.atan2(z.imag, z.real))


def cmath_rect(size: float, phase: float) -> complex:
    """Return ``cmath.rect(size, phase)``."""
    require((abs(size) <= 1.7976931348623157e308) & (abs(phase) <= 1.7976931348623157e308))
    if phase == 0.0:
        return complex(size, size * phase)
    return complex(size * math.cos(phase), size * math.sin(phase))


def cmath_isfinite(z: complex) -> bool:
    """Return ``cmath.isfinite(z)``."""
    return math.isfinite(z.real) & math.isfinite(z.imag)


def cmath_isinf(z: complex) -> bool:
    """Return ``cmath.isinf(z)``."""
    return math.isinf(z.real) | math.isinf(z.imag)


def cmath_isnan(z: complex) -> bool:
    """Return ``cmath.isnan(z)``."""
    return math.isnan(z.real) | math.isnan(z.imag)
