"""The functions of ``heapq``: the same comparisons in the same order as CPython's, so that heaps lie alike."""

from __future__ import annotations

from .primitives import require

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def heap_rise(heap: list[Any], first: int, place: int) -> None:
    """Move the item at ``place`` towards ``first`` until its parent is not greater."""
    item = heap[place]
    while place > first:
        parent = (place - 1) >> 1
        if not item < heap[parent]:
            break
        heap[place] = heap[parent]
        place = parent
    heap[place] = item


def heap_sink(heap: list[Any], place: int) -> None:
    """Let the smaller children of ``place`` move up to a leaf, and put the item there, to rise from it."""
    end = len(heap)
    first = place
    item = heap[place]
    child = 2 * place + 1
    while child < end:
        right = child + 1
        if right < end and not heap[child] < heap[right]:
            child = right
        heap[place] = heap[child]
        place = child
        child = 2 * place + 1
    heap[place] = item
    heap_rise(heap, first, place)


def heappush(heap: list[Any], item: Any, /) -> None:
    """Do what ``heapq.heappush(heap, item)`` does."""
    heap.append(item)
    heap_rise(heap, 0, len(heap) - 1)


def heappop(heap: list[Any], /) -> Any:
    """Return ``heapq.heappop(heap)``."""
    if len(heap) == 0:
        raise IndexError("index out of range")
    last = heap.pop()
    if len(heap) == 0:
        return last
    least = heap[0]
    heap[0] = last
    heap_sink(heap, 0)
    return least


def heapreplace(heap: list[Any], item: Any, /) -> Any:
    """Return ``heapq.heapreplace(heap, item)``."""
    if len(heap) == 0:
        raise IndexError("index out of range")
    least = heap[0]
    heap[0] = item
    heap_sink(heap, 0)
    return least


def heappushpop(heap: list[Any], item: Any, /) -> Any:
    """Return ``heapq.heappushpop(heap, item)``."""
    if len(heap) == 0:
        return item
    least = heap[0]
    if not least < item:
        return item
    heap[0] = item
    heap_sink(heap, 0)
    return least


def heapify(heap: list[Any], /) -> None:
    """Do what ``heapq.heapify(heap)`` does."""
    for place in range(len(heap) // 2 - 1, -1, -1):
        heap_sink(heap, place)


def nsmallest(n: int, iterable: Any, key: Callable[..., Any] | None = None) -> list[Any]:
    """Return ``heapq.nsmallest(n, iterable, key)``; what has no order, as NaN, is handed back."""
    items = list(iterable)
    if key is None:
        for item in items:
            require(item == item)
        return sorted(items)[: max(n, 0)]
    return sorted(items, key=key)[: max(n, 0)]


def nlargest(n: int, iterable: Any, key: Callable[..., Any] | None = None) -> list[Any]:
    """Return ``heapq.nlargest(n, iterable, key)``; what has no order, as NaN, is handed back."""
    items = list(iterable)
    if key is None:
        for item in items:
            require(item == item)
        return sorted(items, reverse=True)[: max(n, 0)]
    return sorted(items, key=key, reverse=True)[: max(n, 0)]
