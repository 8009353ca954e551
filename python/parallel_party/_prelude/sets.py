"""Operators and methods of sets, over the items of both (``src/frontend/set_operators.h``).

What they make has another order than CPython's sets: ``unordered`` says so, and returning such a set is CPython's.
"""

from __future__ import annotations

from .primitives import set_like, unordered

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from typing import Any


def set_of(items: Any) -> set[Any]:
    """Return a set of items."""
    made = set_like(items, items)
    for item in items:
        made.add(item)
    return made


def set_union(left: Any, right: Any, frozen: bool | None) -> Any:
    """Return ``left | right``."""
    made = set_like(left, right)
    for item in left:
        made.add(item)
    for item in right:
        made.add(item)
    return unordered(made, frozen)


def set_intersection(left: Any, right: Any, frozen: bool | None) -> Any:
    """Return ``left & right``."""
    other = set_of(right)
    made = set_like(left, right)
    for item in left:
        if item in other:
            made.add(item)
    return unordered(made, frozen)


def set_difference(left: Any, right: Any, frozen: bool | None) -> Any:
    """Return ``left - right``."""
    other = set_of(right)
    made = set_like(left, right)
    for item in left:
        if item not in other:
            made.add(item)
    return unordered(made, frozen)


def set_symmetric_difference(left: Any, right: Any, frozen: bool | None) -> Any:
    """Return ``left ^ right``."""
    first = set_of(left)
    second = set_of(right)
    made = set_like(left, right)
    for item in left:
        if item not in second:
            made.add(item)
    for item in right:
        if item not in first:
            made.add(item)
    return unordered(made, frozen)


def set_at_most(left: Any, right: Any) -> bool:
    """Return ``left <= right``."""
    other = set_of(right)
    for item in left:
        if item not in other:
            return False
    return True


def set_at_least(left: Any, right: Any) -> bool:
    """Return ``left >= right``."""
    return set_at_most(right, left)


def sets_equal(left: Any, right: Any) -> bool:
    """Return ``left == right``."""
    return set_at_most(left, right) and set_at_most(right, left)


def sets_differ(left: Any, right: Any) -> bool:
    """Return ``left != right``."""
    return not sets_equal(left, right)


def set_less(left: Any, right: Any) -> bool:
    """Return ``left < right``."""
    return set_at_most(left, right) and not set_at_most(right, left)


def set_greater(left: Any, right: Any) -> bool:
    """Return ``left > right``."""
    return set_less(right, left)


def sets_are_disjoint(left: Any, right: Any) -> bool:
    """Return ``left.isdisjoint(right)``."""
    other = set_of(right)
    for item in left:
        if item in other:
            return False
    return True
