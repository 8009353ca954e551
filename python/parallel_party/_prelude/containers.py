"""``collections.deque`` and ``collections.Counter``, as far as functions make and use them.

The translator takes these classes where a function names CPython's, and follows their methods. What is returned becomes
an object of CPython's class (``src/frontend/library_classes.h``); names that begin with an underscore are not its own.
"""

from __future__ import annotations

from .primitives import require, same, unworded
from .sorting import positions_by

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class deque:  # noqa: N801
    """A list of which the items before ``_head`` are free."""

    __slots__ = ("_head", "_items", "_limit")

    def __init__(self, iterable: Any = (), maxlen: int | None = None) -> None:
        """Take the items, the last ``maxlen`` of them."""
        if maxlen is not None and maxlen < 0:
            raise ValueError("maxlen must be non-negative")
        self._items = [item for item in iterable]
        self._head = 0
        self._limit = maxlen
        if maxlen is not None and len(self._items) > maxlen:
            self._head = len(self._items) - maxlen

    @property
    def maxlen(self) -> int | None:
        """How many items there may be, or None."""
        return self._limit

    def _change(self) -> None:
        """Assign to an attribute: the translator hands back such changes while a loop runs over the items."""
        self._head += 0

    def append(self, item: Any) -> None:
        """Put an item at the right end."""
        self._change()
        self._items.append(item)
        if self._limit is not None and len(self._items) - self._head > self._limit:
            self._head += 1

    def appendleft(self, item: Any) -> None:
        """Put an item at the left end."""
        if self._limit is not None and len(self._items) - self._head == self._limit:
            if self._limit == 0:
                return
            self._items.pop()
        if self._head == 0:
            room = len(self._items) + 16
            items = [item for _ in range(room)]  # a loop that is not unrolled: a list of computed length
            items.extend(self._items)
            self._items = items
            self._head = room
        self._head -= 1
        self._items[self._head] = item

    def extend(self, iterable: Any) -> None:
        """Put items at the right end."""
        for item in iterable:
            self.append(item)

    def extendleft(self, iterable: Any) -> None:
        """Put items at the left end, one after the other."""
        for item in iterable:
            self.appendleft(item)

    def pop(self) -> Any:
        """Take the item at the right end."""
        if self._head == len(self._items):
            raise IndexError("pop from an empty deque")
        self._change()
        return self._items.pop()

    def popleft(self) -> Any:
        """Take the item at the left end."""
        if self._head == len(self._items):
            raise IndexError("pop from an empty deque")
        item = self._items[self._head]
        self._head += 1
        return item

    def rotate(self, n: int = 1) -> None:
        """Move ``n`` items from the right end to the left one."""
        row = self._items[self._head :]
        if len(row) > 0:
            place = len(row) - n % len(row)
            self._items = row[place:] + row[:place]
            self._head = 0

    def insert(self, index: int, item: Any) -> None:
        """Put an item before the one of that number, as lists do."""
        length = len(self._items) - self._head
        if self._limit is not None and length >= self._limit:
            raise IndexError("deque already at its maximum size")
        self._change()
        place = index + length if index < 0 else index
        self._items.insert(self._head + min(max(place, 0), length), item)

    def index(self, item: Any, start: int = 0, stop: int | None = None) -> int:
        """Return the number of the first such item among those from ``start`` up to ``stop``."""
        length = len(self._items) - self._head
        first = max(start + length, 0) if start < 0 else start
        last = length if stop is None else stop + length if stop < 0 else stop
        for place in range(first, min(last, length)):
            if same(self._items[self._head + place], item):
                return place
        raise ValueError(unworded)

    def remove(self, item: Any) -> None:
        """Take the first such item away."""
        for place in range(self._head, len(self._items)):
            if same(self._items[place], item):
                self._change()
                self._items.pop(place)
                return
        raise ValueError(unworded)

    def reverse(self) -> None:
        """Turn the items round."""
        self._items = self._items[self._head :][::-1]
        self._head = 0

    def clear(self) -> None:
        """Take all items away."""
        self._items = self._items[:0]
        self._head = 0

    def copy(self) -> deque:
        """Return another one with these items."""
        return deque(self._items[self._head :], self._limit)

    def count(self, item: Any) -> int:
        """Say how often an item is there."""
        return self._items[self._head :].count(item)

    def __len__(self) -> int:
        """Say how many items there are."""
        return len(self._items) - self._head

    def __iter__(self) -> Iterator[Any]:
        """Give the items."""
        for place in range(self._head, len(self._items)):
            yield self._items[place]

    def _place(self, index: int) -> int:
        """Return where the item of that number is."""
        length = len(self._items) - self._head
        if index < -length or index >= length:
            raise IndexError("deque index out of range")
        return len(self._items) + index if index < 0 else self._head + index

    def __getitem__(self, index: int) -> Any:
        """Return one item."""
        return self._items[self._place(index)]

    def __setitem__(self, index: int, item: Any) -> None:
        """Put another item in the place of one."""
        self._items[self._place(index)] = item

    def __delitem__(self, index: int) -> None:
        """Take one item away."""
        self._change()
        self._items.pop(self._place(index))

    def __iadd__(self, iterable: Any) -> deque:
        """Put items at the right end."""
        require(iterable is not self)
        self.extend(iterable)
        return self

    def __contains__(self, item: Any) -> bool:
        """Whether an item is there."""
        for place in range(self._head, len(self._items)):
            if same(self._items[place], item):
                return True
        return False

    def __eq__(self, other: object) -> bool:
        """Whether it is one with equal items."""
        return isinstance(other, deque) and self._items[self._head :] == other._items[other._head :]


class Counter:
    """A dict of counts, in which what is missing counts 0."""

    __slots__ = ("_counts",)

    def __init__(self, iterable: Any = None, /, **counts: Any) -> None:
        """Count items, or take the counts of a dict."""
        self._counts: dict[Any, Any] = {}
        self.update(() if iterable is None else iterable, **counts)

    def update(self, iterable: Any = (), /, **counts: Any) -> None:
        """Count more items, or add the counts of a dict."""
        if isinstance(iterable, (dict, Counter)):
            is_new = len(self._counts) == 0
            for key, count in list(iterable.items()):
                self._counts[key] = count if is_new else count + self._counts.get(key, 0)
        else:
            for item in iterable:
                self._counts[item] = self._counts.get(item, 0) + 1
        if counts:
            self.update(counts)

    def subtract(self, iterable: Any = (), /, **counts: Any) -> None:
        """Count items down, or take away the counts of a dict."""
        if isinstance(iterable, (dict, Counter)):
            for key, count in list(iterable.items()):
                self._counts[key] = self._counts.get(key, 0) - count
        else:
            for item in iterable:
                self._counts[item] = self._counts.get(item, 0) - 1
        if counts:
            self.subtract(counts)

    def most_common(self, n: int | None = None) -> list[Any]:
        """Return the ``n`` keys, or all, that count most, with their counts."""
        keys = [key for key in self._counts]
        counts = [self._counts[key] for key in keys]
        pairs = [(keys[i], counts[i]) for i in positions_by(counts, True)]
        return pairs if n is None else pairs[: max(n, 0)]

    def elements(self) -> Iterator[Any]:
        """Give each key as often as it counts."""
        for key, count in self._counts.items():
            for _ in range(count):
                yield key

    def total(self) -> Any:
        """Return the sum of the counts."""
        return sum(self._counts.values())

    def keys(self) -> Any:
        """Return the keys."""
        return self._counts.keys()

    def values(self) -> Any:
        """Return the counts."""
        return self._counts.values()

    def items(self) -> Any:
        """Return the keys with their counts."""
        return self._counts.items()

    def get(self, key: Any, default: Any = None, /) -> Any:
        """Return a count, or the default."""
        return self._counts.get(key, default)

    def setdefault(self, key: Any, default: Any = None, /) -> Any:
        """Return a count, which is the default from now on where it was missing."""
        return self._counts.setdefault(key, default)

    def pop(self, key: Any, *default: Any) -> Any:
        """Take a key away."""
        return self._counts.pop(key, *default)

    def clear(self) -> None:
        """Take all keys away."""
        self._counts.clear()

    def copy(self) -> Counter:
        """Return another one with these counts."""
        return Counter(self)

    def __len__(self) -> int:
        """Say how many keys there are."""
        return len(self._counts)

    def __iter__(self) -> Iterator[Any]:
        """Give the keys."""
        for key in self._counts:
            yield key

    def __contains__(self, key: Any) -> bool:
        """Whether a key is there."""
        return key in self._counts

    def __getitem__(self, key: Any) -> Any:
        """Return a count; 0 where the key is missing."""
        return self._counts.get(key, 0)

    def __setitem__(self, key: Any, count: Any) -> None:
        """Let a key have a count."""
        self._counts[key] = count

    def __delitem__(self, key: Any) -> None:
        """Take a key away, if it is there."""
        if key in self._counts:
            del self._counts[key]

    def __add__(self, other: Counter) -> Counter:
        """Add counts, and keep the positive ones."""
        require(isinstance(other, Counter))
        result = Counter()
        for key, count in list(self.items()):
            total = count + other[key]
            if total > 0:
                result[key] = total
        for key, count in list(other.items()):
            if key not in self._counts and count > 0:
                result[key] = count
        return result

    def __sub__(self, other: Counter) -> Counter:
        """Take counts away, and keep the positive ones."""
        require(isinstance(other, Counter))
        result = Counter()
        for key, count in list(self.items()):
            rest = count - other[key]
            if rest > 0:
                result[key] = rest
        for key, count in list(other.items()):
            if key not in self._counts and count < 0:
                result[key] = 0 - count
        return result

    def __or__(self, other: Counter) -> Counter:
        """Keep the greater of both counts, if it is positive."""
        require(isinstance(other, Counter))
        result = Counter()
        for key, count in list(self.items()):
            known = other[key]
            greatest = known if count < known else count
            if greatest > 0:
                result[key] = greatest
        for key, count in list(other.items()):
            if key not in self._counts and count > 0:
                result[key] = count
        return result

    def __and__(self, other: Counter) -> Counter:
        """Keep the lesser of both counts, if it is positive."""
        require(isinstance(other, Counter))
        result = Counter()
        for key, count in list(self.items()):
            known = other[key]
            least = count if count < known else known
            if least > 0:
                result[key] = least
        return result

    def __pos__(self) -> Counter:
        """Keep the positive counts."""
        result = Counter()
        for key, count in list(self.items()):
            if count > 0:
                result[key] = count
        return result

    def __neg__(self) -> Counter:
        """Keep the negative counts, without their sign."""
        result = Counter()
        for key, count in list(self.items()):
            if count < 0:
                result[key] = 0 - count
        return result

    def _keep_positive(self) -> Counter:
        """Take away the keys that do not count."""
        for key in [key for key, count in self._counts.items() if not count > 0]:
            del self._counts[key]
        return self

    def __iadd__(self, other: Counter) -> Counter:
        """Add counts in place, and keep the positive ones."""
        require(isinstance(other, Counter) and other is not self)
        for key, count in list(other.items()):
            self._counts[key] = self._counts.get(key, 0) + count
        return self._keep_positive()

    def __isub__(self, other: Counter) -> Counter:
        """Take counts away in place, and keep the positive ones."""
        require(isinstance(other, Counter) and other is not self)
        for key, count in list(other.items()):
            self._counts[key] = self._counts.get(key, 0) - count
        return self._keep_positive()

    def __ior__(self, other: Counter) -> Counter:
        """Keep the greater of both counts in place, if it is positive."""
        require(isinstance(other, Counter) and other is not self)
        for key, count in list(other.items()):
            if count > self._counts.get(key, 0):
                self._counts[key] = count
        return self._keep_positive()

    def __iand__(self, other: Counter) -> Counter:
        """Keep the lesser of both counts in place, if it is positive."""
        require(isinstance(other, Counter) and other is not self)
        for key in [key for key in self._counts]:
            known = other[key]
            if known < self._counts[key]:
                self._counts[key] = known
        return self._keep_positive()

    def __eq__(self, others: Any) -> bool:
        """Whether all counts agree; what is missing counts 0."""
        require(isinstance(others, Counter))
        other: Counter = others
        for key, count in list(self.items()):
            if not other[key] == count:
                return False
        for key, count in list(other.items()):
            if not self[key] == count:
                return False
        return True

    def __le__(self, others: Any) -> bool:
        """Whether no count is larger than the other's; what is missing counts 0."""
        require(isinstance(others, Counter))
        other: Counter = others
        for key, count in list(self.items()):
            if not count <= other[key]:
                return False
        for key, count in list(other.items()):
            if not self[key] <= count:
                return False
        return True

    def __ge__(self, others: Any) -> bool:
        """Whether no count is smaller than the other's."""
        require(isinstance(others, Counter))
        other: Counter = others
        return other <= self

    def __lt__(self, others: Any) -> bool:
        """Whether it is less than or equal to the other, and not equal."""
        require(isinstance(others, Counter))
        other: Counter = others
        return self <= other and not self == other

    def __gt__(self, others: Any) -> bool:
        """Whether the other is less."""
        require(isinstance(others, Counter))
        other: Counter = others
        return other <= self and not other == self
