"""``format(value, specification)`` where the specification is computed: it is taken apart as the program runs.

Marks are numbers, their places in texts of all marks; what CPython raises for is handed back, and so is what
formats of constant specifications hand back.
"""

from __future__ import annotations

from .formats import (
    exponent_text,
    fixed_text,
    general_text,
    number_text,
    padded_text,
    percent_text,
    power_of_ten,
    text_of_float,
)
from .primitives import require
from .text_methods import text_of_bits
from .texts import text_of_int


def mark_at(text: str, place: int, marks: str) -> int:
    """Return which of the marks stands at a place, counted from 1; 0 for none."""
    if place < len(text):
        for i in range(len(marks)):
            if text[place] == marks[i]:
                return i + 1
    return 0


def number_at(text: str, place: int) -> tuple[int, int]:
    """Return the number whose digits begin at a place, -1 for none, and the place behind it."""
    number = -1
    stop = place
    while stop < len(text) and "0" <= text[stop] <= "9":
        number = 10 * max(number, 0) + ord(text[stop]) - 48
        require(number < 100000)
        stop += 1
    return number, stop


def parsed(text: str, is_number: bool) -> tuple[str, int, int, int, int, int, int]:
    """Return fill, align (of "<>^="), sign (of "+ -"), width, group (of ",_"), precision and type (of its letters)."""
    blank_or_zero = " 0"
    place = 0
    align = mark_at(text, 1, "<>^=")
    has_fill = align > 0
    if has_fill:
        place = 2
    else:
        align = mark_at(text, 0, "<>^=")
        if align > 0:
            place = 1
    sign = mark_at(text, place, "+ -")
    if sign > 0:
        place += 1
    has_zeros = not has_fill and place < len(text) and text[place] == "0"
    if has_zeros:
        place += 1
        if align == 0 and is_number:
            align = 4
    given, place = number_at(text, place)
    group = mark_at(text, place, ",_")
    if group > 0:
        place += 1
    precision = -1
    if place < len(text) and text[place] == ".":
        precision, place = number_at(text, place + 1)
        require(precision >= 0)
    kind = mark_at(text, place, "fFeEgG%doxXbs")
    if kind > 0:
        place += 1
    require(place == len(text) and (group == 0 or not has_zeros))
    own = 1 if has_zeros else 0
    fill = text[0:1] if has_fill else blank_or_zero[own : own + 1]
    require(group == 0 or align != 4 or fill != "0")
    return fill, align, sign, max(given, 0), group, precision, kind


def surrounded(digits: str, fill: str, align: int, sign: int, width: int, group: int) -> str:
    """Return a number's digits with what a specification wants around them."""
    signs = "+ "
    aligns = "<>^="
    groups = ",_"
    lead = signs[sign - 1 : sign] if sign in (1, 2) else signs[2:]
    separator = groups[group - 1 : group] if group > 0 else groups[2:]
    side = aligns[align - 1 : align] if align > 0 else aligns[1:2]
    return number_text(digits, lead, "", width, fill, side, separator)


def format_float_by(narrow: str, value: float, specification: str) -> str:
    """Return ``format(value, specification)`` of a float."""
    fill, align, sign, width, group, precision, kind = parsed(specification, True)
    places = 6 if precision < 0 else precision
    require(places <= 15 and kind <= 7 and (kind > 0 or precision < 0))
    if kind == 0:
        digits = text_of_float(narrow, value)
    elif kind <= 2:
        digits = fixed_text(narrow, value, power_of_ten(places), places)
    elif kind <= 4:
        digits = exponent_text(narrow, value, places)
    elif kind <= 6:
        digits = general_text(narrow, value, max(places, 1) - 1)
    else:
        digits = percent_text(narrow, value, power_of_ten(places), places)
    shown = digits.upper() if kind in (4, 6) else digits
    return surrounded(shown, fill, align, sign, width, group)


def format_int_by(narrow: str, number: int, specification: str) -> str:
    """Return ``format(number, specification)`` of an int."""
    fill, align, sign, width, group, precision, kind = parsed(specification, True)
    if 0 < kind <= 7:
        return format_float_by(narrow, float(number), specification)
    require(precision < 0 and kind <= 12 and (kind in (0, 8) or group == 0))
    if kind in (0, 8):
        digits = text_of_int(narrow, number)
    else:
        shift = 3 if kind == 9 else 1 if kind == 12 else 4
        digits = text_of_bits(narrow, number, shift, "")
    shown = digits.upper() if kind == 11 else digits
    return surrounded(shown, fill, align, sign, width, group)


def format_bool_by(narrow: str, value: bool, specification: str) -> str:
    """Return ``format(value, specification)`` of a bool."""
    return str(value) if specification == "" else format_int_by(narrow, int(value), specification)


def format_text_by(text: str, specification: str) -> str:
    """Return ``format(text, specification)`` of a str."""
    aligns = "<>^="
    fill, align, sign, width, group, precision, kind = parsed(specification, False)
    require(align != 4 and sign == 0 and group == 0 and kind in (0, 13))
    shown = text[:precision] if precision >= 0 else text[:]
    side = aligns[align - 1 : align] if align > 0 else aligns[0:1]
    return padded_text(shown, width, fill, side)
