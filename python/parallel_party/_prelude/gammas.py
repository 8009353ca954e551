"""The gamma function and its logarithm, by Lanczos' approximation."""

from __future__ import annotations

import math

from .primitives import floor, require


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
            result = result / math.pow(y, size - 0.5)
        else:
            root = math.pow(y, size / 2.0 - 0.25)
            result = result / root / root
    else:
        result = lanczos_sum(size) / math.exp(y)
        result += z * result
        if size < 140.0:
            result = result * math.pow(y, size - 0.5)
        else:
            root = math.pow(y, size / 2.0 - 0.25)
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
