"""Sorting: short runs by insertion, which are merged from one list into another and back. Stable, as CPython's is.

What has no order, as NaN, is handed back: CPython's result then depends on which items it compares.
"""

from __future__ import annotations

from .primitives import in_memory, require

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def comes_before(left: Any, right: Any, is_falling: bool) -> bool:
    """Return whether one item belongs before another; of two that are equal none does."""
    return bool(right < left) if is_falling else bool(left < right)


def insert_all(row: list[Any], start: int, stop: int, is_falling: bool) -> None:
    """Sort a part of a list by insertion."""
    for i in range(start + 1, stop):
        item = row[i]
        place = i
        while place > start and comes_before(item, row[place - 1], is_falling):
            row[place] = row[place - 1]
            place -= 1
        row[place] = item


def merge_into(target: list[Any], row: list[Any], start: int, middle: int, stop: int, is_falling: bool) -> None:
    """Put two sorted parts of a list that follow each other in order into another list."""
    left = start
    right = middle
    for place in range(start, stop):
        if left < middle and (right == stop or not comes_before(row[right], row[left], is_falling)):
            target[place] = row[left]
            left += 1
        else:
            target[place] = row[right]
            right += 1


def sorted_in_order(items: Any, is_falling: bool) -> list[Any]:
    """Return ``sorted(items, reverse=is_falling)``."""
    row = list(items)
    count = len(row)
    for item in row:
        require(item == item)
    for start in range(0, count, 12):
        insert_all(row, start, min(start + 12, count), is_falling)
    if count <= 12:
        return row
    other = list(row)
    width = 12
    while width < count:
        for start in range(0, count, 2 * width):
            merge_into(other, row, start, min(start + width, count), min(start + 2 * width, count), is_falling)
        row, other = other, row
        width *= 2
    return row


def sorted_items(items: Any) -> list[Any]:
    """Return ``sorted(items)``."""
    return sorted_in_order(items, False)


def sorted_falling(items: Any) -> list[Any]:
    """Return ``sorted(items, reverse=True)``."""
    return sorted_in_order(items, True)


def insert_pairs(pairs: list[Any], start: int, stop: int, is_falling: bool) -> None:
    """Sort a part of a list of (key, position) by insertion."""
    for i in range(start + 1, stop):
        pair = pairs[i]
        place = i
        while place > start and comes_before(pair[0], pairs[place - 1][0], is_falling):
            pairs[place] = pairs[place - 1]
            place -= 1
        pairs[place] = pair


def merge_pairs(target: list[Any], pairs: list[Any], start: int, middle: int, stop: int, is_falling: bool) -> None:
    """Put two sorted parts of a list of (key, position) in order into another list."""
    left = start
    right = middle
    for place in range(start, stop):
        if left < middle and (right == stop or not comes_before(pairs[right][0], pairs[left][0], is_falling)):
            target[place] = pairs[left]
            left += 1
        else:
            target[place] = pairs[right]
            right += 1


def positions_by(keys: Any, is_falling: bool) -> list[int]:
    """Return the positions of keys in the order of ``sorted``."""
    for key in keys:
        require(key == key)
    pairs = in_memory([(key, i) for i, key in enumerate(keys)])
    count = len(pairs)
    for start in range(0, count, 12):
        insert_pairs(pairs, start, min(start + 12, count), is_falling)
    other = list(pairs)
    width = 12
    while width < count:
        for start in range(0, count, 2 * width):
            merge_pairs(other, pairs, start, min(start + width, count), min(start + 2 * width, count), is_falling)
        pairs, other = other, pairs
        width *= 2
    return [pair[1] for pair in pairs]


def sorted_by(items: Any, key: Callable[..., Any], is_falling: bool) -> list[Any]:
    """Return ``sorted(items, key=key, reverse=is_falling)``."""
    row = tuple(items)
    keys = [key(item) for item in row]
    return [row[i] for i in positions_by(keys, is_falling)]
