"""Looking keys up in dicts and sets from outside a function (``src/data/captured_table_python.h`` has their form)."""

from __future__ import annotations

from .primitives import float_bits, require, same

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from typing import Any, TypeVar

    V = TypeVar("V")
    D = TypeVar("D")


def code_of(key: Any) -> int:
    """Return a number of 31 bits that equal keys have in common."""
    if isinstance(key, int):
        product = ((key ^ (key >> 32)) & 0x7FFFFFFF) * 0x9E3779B1
        return (product ^ (product >> 31)) & 0x7FFFFFFF
    if isinstance(key, float):
        return code_of_float(key)
    if isinstance(key, str):
        code = 5381
        for character in key:
            code = (code * 33 ^ ord(character)) & 0x7FFFFFFF
        return code
    if isinstance(key, tuple):
        code = 1
        for item in key:
            code = (code * 1000003 ^ code_of(item)) & 0x7FFFFFFF
        return code
    return 0


def code_of_float(key: float) -> int:
    """Return the same for a float, which may equal an int; a NaN may be one of the keys itself."""
    require(key == key)
    if -9223372036854775808.0 < key < 9223372036854775808.0:
        whole = int(key)
        if whole == key:
            return code_of(whole)
    return code_of(float_bits(key))


def place_in(places: tuple[int, ...], keys: tuple[Any, ...], key: Any) -> int:
    """Return the number of a key, or -1."""
    last = len(places) - 1
    place = code_of(key) & last
    number = places[place]
    while number >= 0:
        if same(keys[number], key):
            return number
        place = (place + 1) & last
        number = places[place]
    return -1


def table_item(places: tuple[int, ...], keys: tuple[Any, ...], values: tuple[V, ...], key: Any) -> V:
    """Return ``table[key]``."""
    number = place_in(places, keys, key)
    require(number >= 0)
    return values[number]


def table_get(places: tuple[int, ...], keys: tuple[Any, ...], values: tuple[V, ...], key: Any, default: D) -> V | D:
    """Return ``table.get(key, default)``."""
    number = place_in(places, keys, key)
    return values[number] if number >= 0 else default


def table_has(places: tuple[int, ...], keys: tuple[Any, ...], key: Any) -> bool:
    """Return ``key in table``."""
    return place_in(places, keys, key) >= 0


def table_lacks(places: tuple[int, ...], keys: tuple[Any, ...], key: Any) -> bool:
    """Return ``key not in table``."""
    return place_in(places, keys, key) < 0
