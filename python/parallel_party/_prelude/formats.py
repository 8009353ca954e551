"""Numbers and text brought to a width, a sign and groups: what format() does beside the digits."""

from __future__ import annotations

from .parts import ulp
from .primitives import float_bits, fma, require, round_even
from .text_methods import text_of_bits
from .texts import text_of_int

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from typing import Any


def with_point(digits: str, places: int) -> str:
    """Return digits with a point before the last ``places``."""
    missing = places + 1 - len(digits)
    whole = "0" * missing + digits if missing > 0 else digits
    return whole[: len(whole) - places] + "." + whole[len(whole) - places :]


def rounded_product(size: float, scale: float) -> int:
    """Return the int nearest to ``size * scale``, the even one of two.

    The product is exact in two parts, so that the nearest int is known; beyond 9e18 all is handed back.
    """
    high = size * scale
    require(high < 9e18)
    low = fma(size, scale, -high)
    number = int(high)
    rest = high - float(number)
    if high >= 9007199254740992.0:  # a whole number, so that only the other part is rounded
        step = round_even(low)
        require(abs(low - step) != 0.5)
        return number + int(step)
    if rest > 0.5 or (rest == 0.5 and (low > 0.0 or (low == 0.0 and number % 2 == 1))):
        return number + 1
    return number


def rounded_quotient(size: float, scale: float) -> int:
    """Return the int nearest to ``size / scale``, the even one of two; ``scale`` is a power of ten up to 1e22.

    The rest has no more bits than a float: it is a multiple of what the lowest bit of ``size`` counts, or of the power
    of two in ``scale``, and less than twice ``scale``.
    """
    number = int(size / scale)
    rest = fma(-float(number), scale, size)
    if rest < 0.0:
        number -= 1
        rest += scale
    twice = rest * 2.0
    return number + 1 if twice > scale or (twice == scale and number % 2 == 1) else number


def power_of_ten(exponent: int) -> float:
    """Return 10 to a power up to 22, exactly."""
    power = 1.0
    for _ in range(exponent):
        power *= 10.0
    return power


def decimal_exponent(size: float) -> int:
    """Return the exponent of the greatest power of ten that is not greater; of 1e-20 to 1e22 only."""
    require(1e-20 <= size < 1e22)
    exponent = ((float_bits(size) >> 52) - 1023) * 30103 // 100000  # at most one too low
    if exponent >= -1:
        return exponent + 1 if size >= power_of_ten(exponent + 1) else exponent
    scale = power_of_ten(-exponent - 1)
    high = size * scale
    is_more = high > 1.0 or (high == 1.0 and fma(size, scale, -high) >= 0.0)
    return exponent + 1 if is_more else exponent


def scientific(size: float, places: int) -> tuple[int, int]:
    """Return a number of ``places + 1`` digits and the exponent of the first one; zero has a single one."""
    if size == 0.0:
        return 0, 0
    exponent = decimal_exponent(size)
    shift = places - exponent
    require(-22 <= shift <= 22)
    if shift >= 0:
        number = rounded_product(size, power_of_ten(shift))
    else:
        number = rounded_quotient(size, power_of_ten(-shift))
    if number >= int(power_of_ten(places + 1)):  # 9.99 became 10.0
        return number // 10, exponent + 1
    return number, exponent


def without_zeros(text: str) -> str:
    """Return digits with a point without the zeros at their end."""
    stop = len(text)
    while text[stop - 1] == "0":
        stop -= 1
    return text[: stop - 1] if text[stop - 1] == "." else text[:stop]


def with_exponent(narrow: str, digits: str, exponent: int) -> str:
    """Return digits with an exponent of at least two digits."""
    size = text_of_int(narrow, abs(exponent))
    sign = "-" if exponent < 0 else "+"
    return digits + "e" + sign + ("0" + size if len(size) < 2 else size)


def exponent_text(narrow: str, value: float, places: int) -> str:
    """Return ``format(value, ".<places>e")``."""
    number, exponent = scientific(abs(value), places)
    digits = text_of_int(narrow, number)
    if len(digits) < places + 1:
        digits = digits + "0" * (places + 1 - len(digits))
    text = with_exponent(narrow, with_point(digits, places) if places > 0 else digits, exponent)
    return "-" + text if float_bits(value) < 0 else text


def general_text(narrow: str, value: float, places: int) -> str:
    """Return ``format(value, ".<places + 1>g")``."""
    number, exponent = scientific(abs(value), places)
    digits = text_of_int(narrow, number)
    if number == 0:
        text = digits
    elif -4 <= exponent < 0:
        text = without_zeros("0." + "0" * (-exponent - 1) + digits)
    elif 0 <= exponent < places:
        text = without_zeros(with_point(digits, places - exponent))
    elif exponent == places:
        text = digits
    else:
        text = with_exponent(narrow, without_zeros(with_point(digits, places)) if places > 0 else digits, exponent)
    return "-" + text if float_bits(value) < 0 else text


def fixed_text(narrow: str, value: float, scale: float, places: int) -> str:
    """Return ``format(value, ".<places>f")``; ``scale`` is 10 to the power of ``places``, exactly."""
    digits = text_of_int(narrow, rounded_product(abs(value), scale))
    text = with_point(digits, places) if places > 0 else digits
    return "-" + text if float_bits(value) < 0 else text


def percent_text(narrow: str, value: float, scale: float, places: int) -> str:
    """Return ``format(value, ".<places>%")``."""
    return fixed_text(narrow, value * 100.0, scale, places) + "%"


def is_read_back(size: float, scale: float, number: int, error: float) -> bool:
    """Return whether ``number / scale``, which misses ``size`` by ``error / scale``, is nearest to it among floats."""
    if number < 2**53:
        return float(number) / scale == size
    bound = ulp(size) * 0.5 * scale
    miss = abs(error)
    # The float below a power of two is nearer, and on the very bound the last bit decides.
    require(miss != bound and (float_bits(size) & (2**52 - 1) != 0 or miss < bound * 0.5 or miss > bound))
    return miss < bound


def text_of_float(narrow: str, value: float) -> str:
    """Return ``repr(value)``: the fewest decimal places that are read back as the same float."""
    size = abs(value)
    require(size == 0.0 or 1e-4 <= size < 1e16)
    scale = 1.0
    places = 0
    number = 0
    while True:
        high = size * scale
        low = fma(size, scale, -high)
        number = int(high)
        rest = high - float(number) + low if high < 9007199254740992.0 else low
        step = round_even(rest)
        number += int(step)
        if is_read_back(size, scale, number, rest - step):
            break
        places += 1
        require(places <= 21)
        scale *= 10.0
    digits = text_of_int(narrow, number)
    text = with_point(digits, places) if places > 0 else digits + ".0"
    return "-" + text if float_bits(value) < 0 else text


def grouped(digits: str, separator: str) -> str:
    """Return a number without its sign, its digits before the point in groups of three."""
    stop = 0
    while stop < len(digits) and "0" <= digits[stop] <= "9":
        stop += 1
    rest = digits[stop:]
    while stop > 3:
        rest = separator + digits[stop - 3 : stop] + rest
        stop -= 3
    return digits[:stop] + rest


def number_text(digits: str, sign: str, prefix: str, width: int, fill: str, align: str, separator: str) -> str:
    """Return a number's digits, which may begin with a minus, as a format specification has it."""
    is_negative = len(digits) > 0 and digits[0] == "-"
    body = digits[1:] if is_negative else digits
    if separator != "":
        body = grouped(body, separator)
    lead = "-" + prefix if is_negative else sign + prefix
    missing = width - len(lead) - len(body)
    if missing <= 0:
        return lead + body
    if align == "=":
        return lead + fill * missing + body
    if align == "<":
        return lead + body + fill * missing
    if align == "^":
        left = missing // 2
        return fill * left + lead + body + fill * (missing - left)
    return fill * missing + lead + body


def padded_text(text: str, width: int, fill: str, align: str) -> str:
    """Return text as a format specification has it."""
    missing = width - len(text)
    if missing <= 0:
        return text
    if align == ">":
        return fill * missing + text
    if align == "^":
        left = missing // 2
        return fill * left + text + fill * (missing - left)
    return text + fill * missing


def converted(value: Any, conversion: str) -> Any:
    """Return what is formatted of a value: of ``!r`` in ``str.format``, of a letter of ``%`` formats."""
    if conversion == "s":
        return str(value)
    if conversion == "r":
        return repr(value)
    if conversion == "a":
        return ascii(value)
    if conversion == "c" and isinstance(value, str):
        require(len(value) == 1)
        return value
    if conversion == "c":
        require(isinstance(value, int))
        return chr(value)
    if conversion == "d":
        require(isinstance(value, (int, float)))
        return int(value)
    if conversion == "x":
        require(isinstance(value, int))
        return int(value)
    if conversion == "f":
        require(isinstance(value, (int, float)))
    return value


def formatted(parts: Any) -> str:
    """Return text joined from values, each with its format specification, which may be made of such parts itself."""
    text = ""
    for value, specification, conversion in parts:
        shown = converted(value, conversion)
        if isinstance(specification, tuple):
            text = text + format(shown, formatted(specification))
        else:
            text = text + format(shown, specification)
    return text


def formatted_by_key(parts: Any, values: Any) -> str:
    """Return text joined from pieces, each with its specification: text, and keys of values."""
    text = ""
    for piece, specification, conversion, is_key in parts:
        shown = converted(values[piece] if is_key else piece, conversion)
        text = text + format(shown, specification)
    return text


def int_text(narrow: str, number: int, sign: str, width: int, fill: str, align: str, separator: str) -> str:
    """Return an int as a format specification of type ``d`` has it."""
    return number_text(text_of_int(narrow, number), sign, "", width, fill, align, separator)


def bits_text(
    narrow: str, number: int, shift: int, is_upper: bool, sign: str, width: int, fill: str, align: str
) -> str:
    """Return an int as a format specification of type ``x``, ``o`` or ``b`` has it."""
    digits = text_of_bits(narrow, number, shift, "")
    return number_text(digits.upper() if is_upper else digits, sign, "", width, fill, align, "")


def fixed_number_text(
    narrow: str,
    value: float,
    scale: float,
    places: int,
    is_percent: bool,
    sign: str,
    width: int,
    fill: str,
    align: str,
    separator: str,
) -> str:
    """Return a float as a format specification of type ``f`` or ``%`` has it."""
    digits = percent_text(narrow, value, scale, places) if is_percent else fixed_text(narrow, value, scale, places)
    return number_text(digits, sign, "", width, fill, align, separator)


def float_scientific_text(
    narrow: str,
    value: float,
    places: int,
    is_general: bool,
    is_upper: bool,
    sign: str,
    width: int,
    fill: str,
    align: str,
    separator: str,
) -> str:
    """Return a float as a format specification of type ``e`` or ``g`` has it."""
    digits = general_text(narrow, value, places) if is_general else exponent_text(narrow, value, places)
    return number_text(digits.upper() if is_upper else digits, sign, "", width, fill, align, separator)


def float_number_text(narrow: str, value: float, sign: str, width: int, fill: str, align: str, separator: str) -> str:
    """Return a float as a format specification without a type has it."""
    return number_text(text_of_float(narrow, value), sign, "", width, fill, align, separator)
