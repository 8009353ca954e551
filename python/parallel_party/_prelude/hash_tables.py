"""Dicts and sets that a function makes itself, with keys that it computes (``src/frontend/hash_tables.h``).

Keys and values lie in lists, in the order of their insertion; ``places`` is an open-addressing table of their numbers,
as long as a power of two, of which less than half is in use. Tables that a display has made have none before something
is put in: their few keys are compared with one after the other.
"""

from __future__ import annotations

from .primitives import same, unworded
from .tables import code_of, place_in

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TypeVar

    K = TypeVar("K")
    V = TypeVar("V")
    D = TypeVar("D")


def missing(key: Any) -> KeyError:
    """Return what is raised for a key that is not there; of a namedtuple only the items are known here."""
    return KeyError(unworded if isinstance(key, tuple) else key)


def hash_put(places: list[int], key: Any, number: int) -> None:
    """Write the number of a key, which is not there yet, into its place."""
    last = len(places) - 1
    place = code_of(key) & last
    while places[place] >= 0:
        place = (place + 1) & last
    places[place] = number


def hash_renumber(places: list[int], keys: list[K]) -> None:
    """Write all places anew, if there are any."""
    if len(places) == 0:
        return
    for place in range(len(places)):
        places[place] = -1
    for number in range(len(keys)):
        hash_put(places, keys[number], number)


def hash_make_room(places: list[int], keys: list[K]) -> None:
    """Make places for one more key."""
    if 2 * len(keys) < len(places):
        return
    room = 8
    while room <= 4 * len(keys):
        room *= 2
    while len(places) < room:
        places.append(-1)
    hash_renumber(places, keys)


def hash_find(places: list[int], keys: list[K], key: Any) -> int:
    """Return the number of a key, or -1."""
    if len(places) > 0:
        return place_in(places, keys, key)  # type: ignore[arg-type]
    for number in range(len(keys)):
        if same(keys[number], key):
            return number
    return -1


def hash_has(places: list[int], keys: list[K], key: Any) -> bool:
    """Return ``key in table``."""
    return hash_find(places, keys, key) >= 0


def hash_lacks(places: list[int], keys: list[K], key: Any) -> bool:
    """Return ``key not in table``."""
    return hash_find(places, keys, key) < 0


def hash_number(places: list[int], keys: list[K], key: Any) -> int:
    """Return the number of a key that is there."""
    number = hash_find(places, keys, key)
    if number < 0:
        raise missing(key)
    return number


def hash_item(places: list[int], keys: list[K], values: list[V], key: Any) -> V:
    """Return ``table[key]``."""
    number = hash_find(places, keys, key)
    if number < 0:
        raise missing(key)
    return values[number]


def hash_get(places: list[int], keys: list[K], values: list[V], key: Any, default: D) -> V | D:
    """Return ``table.get(key, default)``."""
    number = hash_find(places, keys, key)
    return values[number] if number >= 0 else default


def hash_store(places: list[int], keys: list[K], values: list[V], key: K, value: V) -> None:
    """Do ``table[key] = value``."""
    hash_make_room(places, keys)
    number = hash_find(places, keys, key)
    if number >= 0:
        values[number] = value
    else:
        hash_put(places, key, len(keys))
        keys.append(key)
        values.append(value)


def hash_default(places: list[int], keys: list[K], values: list[V], key: K, value: V) -> V:
    """Return ``table.setdefault(key, value)``."""
    number = hash_find(places, keys, key)
    if number >= 0:
        return values[number]
    hash_store(places, keys, values, key, value)
    return value


def hash_default_number(places: list[int], keys: list[K], values: list[V], key: K, value: V) -> int:
    """Return the number of a key that is there after ``table.setdefault(key, value)``."""
    number = hash_find(places, keys, key)
    if number < 0:
        number = len(keys)
        hash_store(places, keys, values, key, value)
    return number


def hash_take(places: list[int], keys: list[K], values: list[V], key: Any) -> V:
    """Return ``table.pop(key)``."""
    number = hash_find(places, keys, key)
    if number < 0:
        raise missing(key)
    keys.pop(number)
    value = values.pop(number)
    hash_renumber(places, keys)
    return value


def hash_take_or(places: list[int], keys: list[K], values: list[V], key: Any, default: D) -> V | D:
    """Return ``table.pop(key, default)``."""
    return hash_take(places, keys, values, key) if hash_find(places, keys, key) >= 0 else default


def hash_take_last(places: list[int], keys: list[K], values: list[V]) -> tuple[K, V]:
    """Return ``table.popitem()``."""
    if len(keys) == 0:
        raise KeyError("popitem(): dictionary is empty")
    key = keys.pop()
    value = values.pop()
    hash_renumber(places, keys)
    return key, value


def hash_delete(places: list[int], keys: list[K], values: list[V], key: Any) -> None:
    """Do ``del table[key]``."""
    hash_take(places, keys, values, key)


def hash_update(places: list[int], keys: list[K], values: list[V], other_keys: list[K], other_values: list[V]) -> None:
    """Do ``table.update(other)``."""
    for number in range(len(other_keys)):
        hash_store(places, keys, values, other_keys[number], other_values[number])


def hash_store_pairs(places: list[int], keys: list[K], values: list[V], pairs: Iterable[tuple[K, V]]) -> None:
    """Do ``table.update(pairs)``."""
    for key, value in pairs:
        hash_store(places, keys, values, key, value)


def hash_from_keys(places: list[int], keys: list[K], values: list[V], items: Iterable[K], value: V) -> None:
    """Do what ``dict.fromkeys(items, value)`` does with an empty dict."""
    for item in items:
        hash_store(places, keys, values, item, value)


def hash_add(places: list[int], keys: list[K], key: K) -> None:
    """Do ``table.add(key)``."""
    hash_make_room(places, keys)
    if hash_find(places, keys, key) < 0:
        hash_put(places, key, len(keys))
        keys.append(key)


def hash_add_all(places: list[int], keys: list[K], items: Iterable[K]) -> None:
    """Do ``table.update(items)`` for a set."""
    for item in items:
        hash_add(places, keys, item)


def hash_discard(places: list[int], keys: list[K], key: Any) -> None:
    """Do ``table.discard(key)``."""
    number = hash_find(places, keys, key)
    if number >= 0:
        keys.pop(number)
        hash_renumber(places, keys)


def hash_remove(places: list[int], keys: list[K], key: Any) -> None:
    """Do ``table.remove(key)``."""
    if hash_find(places, keys, key) < 0:
        raise missing(key)
    hash_discard(places, keys, key)


def hash_clear(places: list[int], keys: list[K], values: list[V]) -> None:
    """Do ``table.clear()`` for a dict."""
    keys.clear()
    values.clear()
    hash_renumber(places, keys)


def hash_clear_keys(places: list[int], keys: list[K]) -> None:
    """Do ``table.clear()`` for a set."""
    keys.clear()
    hash_renumber(places, keys)
