"""Builtins, functools and itertools that call functions, or give items one after the other.

What Python computes lazily is computed at once here: nobody can tell, since it is consumed on the spot and functions
change nothing that others see.
"""

from __future__ import annotations

from .primitives import groups, in_memory, require, same, unworded

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


def bisect_left(items: Any, wanted: Any, low: int, high: int | None) -> int:
    """Return ``bisect.bisect_left(items, wanted, low, high)``."""
    require(low >= 0)
    stop = len(items) if high is None else high
    while low < stop:
        middle = (low + stop) // 2
        if items[middle] < wanted:
            low = middle + 1
        else:
            stop = middle
    return low


def bisect_right(items: Any, wanted: Any, low: int, high: int | None) -> int:
    """Return ``bisect.bisect_right(items, wanted, low, high)``."""
    require(low >= 0)
    stop = len(items) if high is None else high
    while low < stop:
        middle = (low + stop) // 2
        if wanted < items[middle]:
            stop = middle
        else:
            low = middle + 1
    return low


def mapped(function: Callable[..., Any], items: Any) -> Iterator[Any]:
    """Yield what ``map(function, items)`` gives."""
    for item in items:
        yield function(item)


def mapped_rows(function: Callable[..., Any], rows: Any) -> Iterator[Any]:
    """Yield what ``itertools.starmap(function, rows)`` gives, or ``map`` of several iterables that are zipped."""
    for row in rows:
        yield function(*row)


def filtered(function: Callable[..., Any], items: Any) -> Iterator[Any]:
    """Yield what ``filter(function, items)`` gives."""
    for item in items:
        if function(item):
            yield item


def filtered_true(items: Any) -> Iterator[Any]:
    """Yield what ``filter(None, items)`` gives."""
    for item in items:
        if item:
            yield item


def filtered_false(function: Callable[..., Any], items: Any) -> Iterator[Any]:
    """Yield what ``itertools.filterfalse(function, items)`` gives."""
    for item in items:
        if not function(item):
            yield item


def taken_while(function: Callable[..., Any], items: Any) -> Iterator[Any]:
    """Yield what ``itertools.takewhile(function, items)`` gives."""
    for item in items:
        if not function(item):
            break
        yield item


def dropped_while(function: Callable[..., Any], items: Any) -> Iterator[Any]:
    """Yield what ``itertools.dropwhile(function, items)`` gives."""
    has_begun = False
    for item in items:
        has_begun = has_begun or not function(item)
        if has_begun:
            yield item


def reduced(function: Callable[..., Any], items: Any) -> Any:
    """Return ``functools.reduce(function, items)``."""
    total: tuple[Any, ...] = ()
    for item in items:
        total = (item,) if len(total) == 0 else (function(total[0], item),)
    if len(total) == 0:
        raise TypeError("reduce() of empty iterable with no initial value")
    return total[0]


def reduced_from(function: Callable[..., Any], items: Any, start: Any) -> Any:
    """Return ``functools.reduce(function, items, start)``."""
    total = start
    for item in items:
        total = function(total, item)
    return total


def accumulated(items: Any) -> Iterator[Any]:
    """Yield what ``itertools.accumulate(items)`` gives."""
    total: tuple[Any, ...] = ()
    for item in items:
        total = (item,) if len(total) == 0 else (total[0] + item,)
        yield total[0]


def accumulated_by(items: Any, function: Callable[..., Any]) -> Iterator[Any]:
    """Yield what ``itertools.accumulate(items, function)`` gives."""
    total: tuple[Any, ...] = ()
    for item in items:
        total = (item,) if len(total) == 0 else (function(total[0], item),)
        yield total[0]


def accumulated_from(items: Any, function: Callable[..., Any], start: Any) -> Iterator[Any]:
    """Yield what ``itertools.accumulate(items, function, initial=start)`` gives."""
    total = start
    yield total
    for item in items:
        total = function(total, item)
        yield total


def chained(rows: Any) -> Iterator[Any]:
    """Yield what ``itertools.chain.from_iterable(rows)`` gives."""
    for row in rows:
        for item in row:
            yield item


def paired(items: Any) -> Iterator[Any]:
    """Yield what ``itertools.pairwise(items)`` gives."""
    last: tuple[Any, ...] = ()
    for item in items:
        if len(last) == 1:
            yield (last[0], item)
        last = (item,)


def groupby(iterable: Any, key: Callable[..., Any] | None = None) -> Any:
    """Return ``itertools.groupby(iterable, key)``; a key that is not equal to itself is handed back."""
    row = in_memory(list(iterable))
    keys: list[Any] = []
    starts: list[int] = []
    for i, item in enumerate(row):
        value = item if key is None else key(item)
        require(value == value)
        if len(keys) == 0 or not same(keys[-1], value):
            keys.append(value)
            starts.append(i)
    return groups(keys, starts, [*starts[1:], len(row)], row)


def zip_longest(*iterables: Any, fillvalue: Any = None) -> Iterator[Any]:
    """Yield what ``itertools.zip_longest(*iterables, fillvalue=fillvalue)`` gives."""
    rows = tuple([tuple(items) for items in iterables])
    length = 0
    for row in rows:
        length = max(length, len(row))
    for i in range(length):
        made: tuple[Any, ...] = ()
        for row in rows:  # no comprehension, whose variables a generator would share
            made = made + (row[i] if i < len(row) else fillvalue,)
        yield made


def product_of_two(left: Any, right: Any) -> Iterator[Any]:
    """Yield what ``itertools.product(left, right)`` gives."""
    for a in left:
        for b in right:
            yield (a, b)


def product_of_three(left: Any, middle: Any, right: Any) -> Iterator[Any]:
    """Yield what ``itertools.product(left, middle, right)`` gives."""
    for a in left:
        for b in middle:
            for c in right:
                yield (a, b, c)


def combinations_of_two(items: Any) -> Iterator[Any]:
    """Yield what ``itertools.combinations(items, 2)`` gives."""
    row = tuple(items)
    for i in range(len(row)):
        for j in range(i + 1, len(row)):
            yield (row[i], row[j])


def combinations_of_three(items: Any) -> Iterator[Any]:
    """Yield what ``itertools.combinations(items, 3)`` gives."""
    row = tuple(items)
    for i in range(len(row)):
        for j in range(i + 1, len(row)):
            for k in range(j + 1, len(row)):
                yield (row[i], row[j], row[k])


def permutations_of_two(items: Any) -> Iterator[Any]:
    """Yield what ``itertools.permutations(items, 2)`` gives."""
    row = tuple(items)
    for i in range(len(row)):
        for j in range(len(row)):
            if i != j:
                yield (row[i], row[j])


def sliced(items: Any, start: int, stop: int, step: int) -> Iterator[Any]:
    """Yield what ``itertools.islice(items, start, stop, step)`` gives."""
    if start < 0 or stop < 0 or step < 1:
        raise ValueError(unworded)
    for i, item in enumerate(items):
        if i >= stop:
            break
        if i >= start and (i - start) % step == 0:
            yield item


def repeated(item: Any, times: int) -> Iterator[Any]:
    """Yield what ``itertools.repeat(item, times)`` gives."""
    for _ in range(times):
        yield item


def least_by(items: Any, key: Callable[..., Any]) -> Any:
    """Return ``min(items, key=key)``."""
    best: tuple[Any, ...] = ()
    for item in items:
        item_key = key(item)
        if len(best) == 0 or item_key < best[1]:
            best = (item, item_key)
    if len(best) == 0:
        raise ValueError(unworded)
    return best[0]


def greatest_by(items: Any, key: Callable[..., Any]) -> Any:
    """Return ``max(items, key=key)``."""
    best: tuple[Any, ...] = ()
    for item in items:
        item_key = key(item)
        if len(best) == 0 or item_key > best[1]:
            best = (item, item_key)
    if len(best) == 0:
        raise ValueError(unworded)
    return best[0]


def least_by_or(items: Any, key: Callable[..., Any], default: Any) -> Any:
    """Return ``min(items, key=key, default=default)``."""
    best: tuple[Any, ...] = ()
    for item in items:
        item_key = key(item)
        if len(best) == 0 or item_key < best[1]:
            best = (item, item_key)
    return default if len(best) == 0 else best[0]


def greatest_by_or(items: Any, key: Callable[..., Any], default: Any) -> Any:
    """Return ``max(items, key=key, default=default)``."""
    best: tuple[Any, ...] = ()
    for item in items:
        item_key = key(item)
        if len(best) == 0 or item_key > best[1]:
            best = (item, item_key)
    return default if len(best) == 0 else best[0]


def row_index(items: Any, wanted: object) -> int:
    """Return ``items.index(wanted)``."""
    position = 0
    for item in items:
        if same(item, wanted):
            return position
        position += 1
    raise ValueError(unworded)


def row_count(items: Any, wanted: object) -> int:
    """Return ``items.count(wanted)``."""
    found = 0
    for item in items:
        if same(item, wanted):
            found += 1
    return found


def differs(left: Any, right: Any) -> bool:
    """Return ``left != right`` for a class that defines ``__eq__`` only."""
    return not left == right


def holds(container: Any, item: Any) -> bool:
    """Return ``item in container`` by the container's own method."""
    return True if container.__contains__(item) else False


def lacks(container: Any, item: Any) -> bool:
    """Return ``item not in container`` by the container's own method."""
    return False if container.__contains__(item) else True


def item_of(key: Any, row: Any) -> Any:
    """Return what ``operator.itemgetter(key)`` gives of a row."""
    return row[key]


def items_of(first: Any, second: Any, row: Any) -> Any:
    """Return what ``operator.itemgetter(first, second)`` gives of a row."""
    return (row[first], row[second])


def items_of_all(*keys_and_row: Any) -> Any:
    """Return what ``operator.itemgetter(*keys)`` gives of a row, which comes last."""
    row = keys_and_row[-1]
    return tuple([row[key] for key in keys_and_row[:-1]])


def attributes_of_all(*names_and_value: Any) -> Any:
    """Return what ``operator.attrgetter(*names)`` gives of an object, which comes last."""
    value = names_and_value[-1]
    return tuple([getattr(value, name) for name in names_and_value[:-1]])


def compressed(rows: Any) -> Iterator[Any]:
    """Yield what ``itertools.compress()`` gives of data and selectors that are zipped."""
    for item, is_wanted in rows:
        if is_wanted:
            yield item


def attribute_of(name: str, value: Any) -> Any:
    """Return what ``operator.attrgetter(name)`` gives of an object."""
    return getattr(value, name)


def attributes_of(first: str, second: str, value: Any) -> Any:
    """Return what ``operator.attrgetter(first, second)`` gives of an object."""
    return (getattr(value, first), getattr(value, second))


def truth_of(value: object) -> bool:
    """Return ``bool(value)`` of an instance."""
    return True if value else False


def over_first(function: Callable[..., Any], items: Any) -> Any:
    """Return what a builtin gives that iterates over an instance."""
    return function(items.__iter__())


def over_first_of_two(function: Callable[..., Any], items: Any, other: Any) -> Any:
    """Return what a builtin gives that iterates over an instance, its first argument."""
    return function(items.__iter__(), other)


def over_first_of_three(function: Callable[..., Any], items: Any, second: Any, third: Any) -> Any:
    """Return what a builtin gives that iterates over an instance, its first argument."""
    return function(items.__iter__(), second, third)


def over_second(function: Callable[..., Any], first: Any, items: Any) -> Any:
    """Return what a builtin gives that iterates over an instance, its second argument."""
    return function(first, items.__iter__())


def over_second_of_three(function: Callable[..., Any], first: Any, items: Any, third: Any) -> Any:
    """Return what a builtin gives that iterates over an instance, its second argument."""
    return function(first, items.__iter__(), third)


def instance(owner: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Return what calling a class gives: it is what is mapped."""
    return owner(*arguments, **keywords)


def member_of_value(value: Any, values: tuple[Any, ...], members: tuple[Any, ...]) -> Any:
    """Return ``Enum(value)``; what its class does for another value is CPython's."""
    for known, member in zip(values, members):
        if value == known:
            return member
    require(False)
    return None


def member_of_name(name: str, names: tuple[str, ...], members: tuple[Any, ...]) -> Any:
    """Return ``Enum[name]``."""
    for known, member in zip(names, members):
        if name == known:
            return member
    raise KeyError(name)
