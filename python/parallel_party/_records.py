"""`RecordDict`: a dict that is an element of an Array."""

from __future__ import annotations

from _collections_abc import MutableMapping

from parallel_party._core import RecordBase

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class RecordDict(RecordBase, MutableMapping):  # type: ignore[type-arg]
    """A mapping that stands for one dict in an Array: what is read and written is the Array's.

    Keys can neither be added nor deleted. It is equal to a dict with the same items, but is none; `dict(element)` and
    `element.copy()` give one.

    >>> import parallel_party as pp
    >>> balls = pp.array([{"height": 10.0, "speed": 0.0}, {"height": 20.0, "speed": 4.0}])
    >>> ball = balls[1]
    >>> ball["speed"] += 1.0
    >>> ball, balls.columns.speed.tolist()
    ({'height': 20.0, 'speed': 5.0}, [0.0, 5.0])
    """

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._names())

    def copy(self) -> dict[str, Any]:
        """Return a dict of its own with the items there are now."""
        whole: dict[str, Any] = self._whole()
        return whole

    def __repr__(self) -> str:
        return repr(self.copy())

    def __or__(self, other: Any) -> Any:
        return self.copy() | (other.copy() if isinstance(other, RecordDict) else other)

    def __ror__(self, other: Any) -> Any:
        return other | self.copy()

    def update(self, other: Any = (), /, **items: Any) -> None:
        """Take the values of a mapping, of pairs, and of keywords; where one is refused, nothing has changed."""
        self._set_items(dict(other, **items))

    def __ior__(self, other: Any) -> RecordDict:
        self.update(other)
        return self

    def __copy__(self) -> dict[str, Any]:
        return self.copy()

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (self.copy(),)
