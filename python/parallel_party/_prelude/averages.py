"""``statistics.mean``, ``variance``, ``stdev`` and their like, which CPython computes exactly and rounds once.

Floats are summed in two parts, whose error is far less than the last bit; where the rest is so close to half of it that
the error could tell, the element is handed back.
"""

from __future__ import annotations

from math import sqrt

from .parts import ulp
from .primitives import float_bits, fma, require, two_sum
from .sums import fsum

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from typing import Any


def rounded_sum(high: float, low: float) -> float:
    """Return the float nearest to ``high + low``, of which ``low`` has an error of at most a part in 2**15."""
    total, rest = two_sum(high, low)
    step = ulp(total)
    miss = abs(rest)
    require(1e-280 < abs(total) < 1e280 or (total == 0.0 and rest == 0.0))
    is_power = float_bits(total) & 4503599627370495 == 0  # below it steps are half as wide
    require(miss < (0.2499 if is_power else 0.4999) * step)
    return total


def mean_parts(row: list[float]) -> tuple[float, float]:
    """Return the mean of floats in two parts."""
    count = float(len(row))
    high = fsum(tuple(row))
    low = fsum((*row, -high))
    quotient = high / count
    return quotient, (fma(-quotient, count, high) + low) / count


def square_parts(row: list[float], high: float, low: float) -> tuple[float, float]:
    """Return the sum of the squares of the distances from ``high + low``, in two parts."""
    total = 0.0
    rest = 0.0
    for item in row:
        distance, error = two_sum(item, -high)
        error -= low
        square = distance * distance
        total, lost = two_sum(total, square)
        rest += lost + (fma(distance, distance, -square) + 2.0 * distance * error)
    return two_sum(total, rest)


def variance_parts(row: list[float], less: int) -> tuple[float, float]:
    """Return the variance of floats in two parts; ``less`` is 1 for that of a sample."""
    high, low = mean_parts(row)
    squares, rest = square_parts(row, high, low)
    require(squares > high * high * 1e-18 and 1e-280 < squares < 1e280)  # below it the second part loses bits
    count = float(len(row) - less)
    quotient = squares / count
    return quotient, (fma(-quotient, count, squares) + rest) / count


def int_squares(row: list[int]) -> int:
    """Return the sum of squared distances from the mean, times the number of items."""
    total = 0
    squares = 0
    for item in row:
        total += item
        squares += item * item
    return len(row) * squares - total * total


def mean(data: Any) -> Any:
    """Return ``statistics.mean(data)``."""
    row = list(data)
    require(len(row) > 0)
    if isinstance(row[0], bool):
        require(False)
    if isinstance(row[0], int):
        total = sum(row)
        return total // len(row) if total % len(row) == 0 else total / len(row)
    high, low = mean_parts(row)
    return rounded_sum(high, low)


def spread(data: Any, less: int) -> Any:
    """Return the variance of a sample, with ``less`` as 1, or of all there is."""
    row = list(data)
    require(len(row) > less)
    if isinstance(row[0], bool):
        require(False)
    if isinstance(row[0], int):
        squares = int_squares(row)
        count = len(row) * (len(row) - less)
        return squares // count if squares % count == 0 else squares / count
    if min(row) == max(row):
        return 0.0
    high, low = variance_parts(row, less)
    return rounded_sum(high, low)


def deviation(data: Any, less: int) -> float:
    """Return the square root of ``spread(data, less)``, rounded once."""
    row = list(data)
    require(len(row) > less)
    if isinstance(row[0], bool):
        require(False)
    if min(row) == max(row):
        return 0.0
    if isinstance(row[0], int):
        squares = float(int_squares(row))
        count = float(len(row) * (len(row) - less))
        require(squares < 9007199254740992.0)
        high = squares / count
        low = fma(-high, count, squares) / count
    else:
        high, low = variance_parts(row, less)
    root = sqrt(high)
    return rounded_sum(root, (fma(-root, root, high) + low) / (2.0 * root))


def variance(data: Any, xbar: float | None = None) -> Any:
    """Return ``statistics.variance(data)``."""
    require(xbar is None)
    return spread(data, 1)


def pvariance(data: Any, mu: float | None = None) -> Any:
    """Return ``statistics.pvariance(data)``."""
    require(mu is None)
    return spread(data, 0)


def stdev(data: Any, xbar: float | None = None) -> float:
    """Return ``statistics.stdev(data)``."""
    require(xbar is None)
    return deviation(data, 1)


def pstdev(data: Any, mu: float | None = None) -> float:
    """Return ``statistics.pstdev(data)``."""
    require(mu is None)
    return deviation(data, 0)
