"""Quotients of complex numbers, by the algorithm that keeps clear of overflow in between."""

from __future__ import annotations

from .primitives import require


def complex_quotient(a: complex, b: complex) -> complex:
    """Return ``a / b`` as CPython computes it up to 3.13."""
    real = abs(b.real)
    imag = abs(b.imag)
    if real >= imag:
        require(real != 0.0)
        ratio = b.imag / b.real
        whole = b.real + b.imag * ratio
        return complex((a.real + a.imag * ratio) / whole, (a.imag - a.real * ratio) / whole)
    if imag >= real:
        ratio = b.real / b.imag
        whole = b.real * ratio + b.imag
        return complex((a.real * ratio + a.imag) / whole, (a.imag * ratio - a.real) / whole)
    require(False)
    return a


def complex_quotient_314(a: complex, b: complex, is_real: bool) -> complex:
    """Return ``a / b`` as CPython 3.14 computes it; ``is_real`` where ``a`` was no complex number."""
    real = abs(b.real)
    imag = abs(b.imag)
    # Infinities and NaNs have rules of their own.
    require((real <= 1.7976931348623157e308) & (imag <= 1.7976931348623157e308) & ((real > 0.0) | (imag > 0.0)))
    if real >= imag:
        ratio = b.imag / b.real
        whole = b.real + b.imag * ratio
        if is_real:
            return complex(a.real / whole, (-a.real * ratio) / whole)
        result = complex((a.real + a.imag * ratio) / whole, (a.imag - a.real * ratio) / whole)
    else:
        ratio = b.real / b.imag
        whole = b.real * ratio + b.imag
        if is_real:
            return complex((a.real * ratio) / whole, (-a.real) / whole)
        result = complex((a.real * ratio + a.imag) / whole, (a.imag * ratio - a.real) / whole)
    require((result.real == result.real) | (result.imag == result.imag))
    return result
