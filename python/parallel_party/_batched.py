"""Flat data seen as rows."""

from __future__ import annotations

from operator import index

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from typing_extensions import Buffer


class batched:
    """A flat list, tuple or buffer of numbers seen as rows of `n`: tuples, as `itertools.batched` gives them.

    As a column of `map` or `for_each` it is read where it lies; as `out=` it is filled. A last row that is shorter is a
    shorter tuple; as `out=` the data must be whole rows.

    Parameters
    ----------
    data
        A list, a tuple, or anything with a buffer of numbers in one dimension: `array.array`, `bytes`, `memoryview`.
    n
        How many items make a row.

    Raises
    ------
    TypeError
        `data` is something else; for any other iterable there is `itertools.batched`.
    ValueError
        `n` is less than one, or the buffer is not one run of numbers.

    Examples
    --------
    >>> import parallel_party as pp
    >>> points = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    >>> list(pp.batched(points, 3))
    [(0.0, 1.0, 2.0), (3.0, 4.0, 5.0)]
    >>> from array import array
    >>> out = array("d", bytes(8 * 6))
    >>> target = pp.batched(out, 3)
    >>> pp.map(lambda p: (p[0], p[1] + 0.5, p[2]), pp.batched(points, 3), out=target) is target
    True
    >>> out
    array('d', [0.0, 1.5, 2.0, 3.0, 4.5, 5.0])
    """

    __slots__ = ("data", "n")

    data: list[Any] | tuple[Any, ...] | Buffer
    """What was given."""
    n: int
    """Items of a row."""

    def __init__(self, data: list[Any] | tuple[Any, ...] | Buffer, n: int, /) -> None:
        self.data = data
        self.n = index(n)
        if self.n < 1:
            raise ValueError("n must be at least one")
        self._items()

    def _items(self) -> Any:
        """What can be indexed and sliced."""
        if isinstance(self.data, (list, tuple)):
            return self.data
        try:
            view = memoryview(self.data)
        except TypeError:
            kind = type(self.data).__name__
            raise TypeError(
                f"batched() takes a list, a tuple or a buffer of numbers, not {kind!r}; for others there is "
                "itertools.batched"
            ) from None
        if view.ndim != 1 or not view.contiguous:
            raise ValueError("batched() takes a buffer of one dimension, without gaps")
        return view

    def __len__(self) -> int:
        return -(-len(self._items()) // self.n)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        items = self._items()
        for start in range(0, len(items), self.n):
            yield tuple(items[start : start + self.n])

    def __getitem__(self, row: int | slice, /) -> Any:
        """Return one row, or a list of rows for a slice."""
        items, starts = self._items(), range(0, len(self._items()), self.n)
        if isinstance(row, slice):
            return [tuple(items[start : start + self.n]) for start in starts[row]]
        try:
            start = starts[row]
        except IndexError:
            raise IndexError("row index out of range") from None
        return tuple(items[start : start + self.n])

    def __repr__(self) -> str:
        return f"batched({self.data!r}, {self.n})"
