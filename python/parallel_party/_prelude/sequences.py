"""Loops over tuples and lists whose length is known only at run time."""

from __future__ import annotations

from .primitives import list_room, require, same, unworded

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")
    D = TypeVar("D")


def list_of(items: tuple[T, ...]) -> list[T]:
    """Return ``list(items)``."""
    return [item for item in items]


def tuple_of(items: tuple[T, ...]) -> tuple[T, ...]:
    """Return ``tuple(items)``."""
    made = [item for item in items]
    return tuple(made)


def list_backwards(items: list[T]) -> list[T]:
    """Return ``items[::-1]``."""
    return [item for item in reversed(items)]


def tuple_backwards(items: tuple[T, ...]) -> tuple[T, ...]:
    """Return ``items[::-1]``."""
    made = [item for item in reversed(items)]
    return tuple(made)


def slice_bound(bound: int | None, absent: int, length: int, step: int) -> int:
    """Return a bound of a slice as ``slice.indices()`` has it."""
    if bound is None:
        return absent
    if bound < 0:
        bound += length
    least = 0 if step > 0 else -1
    most = length if step > 0 else length - 1
    return min(max(bound, least), most)


def slice_range(length: int, start: int | None, stop: int | None, step: int) -> range:
    """Return ``range(*slice(start, stop, step).indices(length))``."""
    if step == 0:
        raise ValueError("slice step cannot be zero")
    require(-4611686018427387904 < step < 4611686018427387904)
    first = slice_bound(start, 0 if step > 0 else length - 1, length, step)
    return range(first, slice_bound(stop, length if step > 0 else -1, length, step), step)


def list_stepped(items: list[T], start: int | None, stop: int | None, step: int) -> list[T]:
    """Return ``items[start:stop:step]``."""
    return [items[i] for i in slice_range(len(items), start, stop, step)]


def tuple_stepped(items: tuple[T, ...], start: int | None, stop: int | None, step: int) -> tuple[T, ...]:
    """Return ``items[start:stop:step]``."""
    made = [items[i] for i in slice_range(len(items), start, stop, step)]
    return tuple(made)


def list_repeated(items: list[T], times: int) -> list[T]:
    """Return ``items * times``; asks for all the memory at once."""
    made = list_room(items, len(items) * max(times, 0))
    for _ in range(times if len(items) > 0 else 0):
        made.extend(items)
    return made


def tuple_repeated(items: tuple[T, ...], times: int) -> tuple[T, ...]:
    """Return ``items * times``; asks for all the memory at once."""
    made = list_room(items, len(items) * max(times, 0))
    for _ in range(times if len(items) > 0 else 0):
        made.extend(items)
    return tuple(made)


def any_of(items: tuple[T, ...]) -> bool:
    """Return ``any(items)``."""
    for item in items:
        if item:
            return True
    return False


def all_of(items: tuple[T, ...]) -> bool:
    """Return ``all(items)``."""
    for item in items:
        if not item:
            return False
    return True


def first_or(items: tuple[T, ...], default: D) -> T | D:
    """Return ``next(iter(items), default)``."""
    for item in items:
        return item
    return default


def least(items: tuple[float, ...]) -> float:
    """Return ``min(items)``."""
    if len(items) == 0:
        raise ValueError(unworded)  # no IndexError, which the caller may catch
    best = items[0]
    if len(items) == 1:
        return best  # which need not be comparable
    for item in items:
        if item < best:
            best = item
    return best


def greatest(items: tuple[float, ...]) -> float:
    """Return ``max(items)``."""
    if len(items) == 0:
        raise ValueError(unworded)  # no IndexError, which the caller may catch
    best = items[0]
    if len(items) == 1:
        return best  # which need not be comparable
    for item in items:
        if item > best:
            best = item
    return best


def least_or(items: tuple[float, ...], default: D) -> float | D:
    """Return ``min(items, default=default)``."""
    return least(items) if len(items) > 0 else default


def greatest_or(items: tuple[float, ...], default: D) -> float | D:
    """Return ``max(items, default=default)``."""
    return greatest(items) if len(items) > 0 else default


def row_contains(items: tuple[object, ...], wanted: object) -> bool:
    """Return ``wanted in items``."""
    for item in items:
        if same(item, wanted):
            return True
    return False


def row_lacks(items: tuple[object, ...], wanted: object) -> bool:
    """Return ``wanted not in items``."""
    return not row_contains(items, wanted)


def rows_equal(left: tuple[object, ...], right: tuple[object, ...]) -> bool:
    """Return ``left == right``."""
    if len(left) != len(right):
        return False
    for a, b in zip(left, right):
        if not same(a, b):
            return False
    return True


def rows_differ(left: tuple[object, ...], right: tuple[object, ...]) -> bool:
    """Return ``left != right``."""
    return not rows_equal(left, right)


def rows_less(left: tuple[float, ...], right: tuple[float, ...]) -> bool:
    """Return ``left < right``."""
    for a, b in zip(left, right):
        if not same(a, b):
            return a < b
    return len(left) < len(right)


def rows_at_most(left: tuple[float, ...], right: tuple[float, ...]) -> bool:
    """Return ``left <= right``."""
    for a, b in zip(left, right):
        if not same(a, b):
            return a <= b
    return len(left) <= len(right)


def rows_greater(left: tuple[float, ...], right: tuple[float, ...]) -> bool:
    """Return ``left > right``."""
    for a, b in zip(left, right):
        if not same(a, b):
            return a > b
    return len(left) > len(right)


def rows_at_least(left: tuple[float, ...], right: tuple[float, ...]) -> bool:
    """Return ``left >= right``."""
    for a, b in zip(left, right):
        if not same(a, b):
            return a >= b
    return len(left) >= len(right)
