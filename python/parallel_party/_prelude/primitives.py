"""What compiled code can do at a stroke and Python has no function for; and what rests on it alone."""

from __future__ import annotations

import math

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TypeVar

    T = TypeVar("T")


class HandedBack(Exception):
    """What a failed ``require`` raises when these functions run in CPython."""


class Fma:
    """``x * y + z`` rounded once."""

    def __call__(self, x: float, y: float, z: float) -> float:
        """Compute it; exactly rational, so any Python will do."""
        if not (math.isfinite(x) and math.isfinite(y) and math.isfinite(z)):
            return x * y + z
        from fractions import Fraction

        exact = Fraction(x) * Fraction(y) + Fraction(z)
        if exact == 0:
            return x * y + z
        return exact.numerator / exact.denominator


class FloatBits:
    """The 64 bits of a float, as a signed int."""

    def __call__(self, x: float) -> int:
        """Reinterpret them."""
        import struct

        bits: int = struct.unpack("<q", struct.pack("<d", x))[0]
        return bits


class BitsFloat:
    """The float of 64 bits given as a signed int."""

    def __call__(self, bits: int) -> float:
        """Reinterpret them."""
        import struct

        x: float = struct.unpack("<d", struct.pack("<q", bits))[0]
        return x


class Floor:
    """``math.floor`` that stays a float, whatever its size."""

    def __call__(self, x: float) -> float:
        """Round towards minus infinity."""
        return math.copysign(float(math.floor(x)), x) if math.isfinite(x) else x


class Trunc:
    """``math.trunc`` that stays a float."""

    def __call__(self, x: float) -> float:
        """Round towards zero."""
        return math.copysign(float(math.trunc(x)), x) if math.isfinite(x) else x


class RoundEven:
    """``round`` that stays a float."""

    def __call__(self, x: float) -> float:
        """Round to the nearest whole number, ties to the even one."""
        return math.copysign(float(round(x)), x) if math.isfinite(x) else x


class Hypot:
    """The math library's hypot, without CPython's own accuracy and checks: what abs() of a complex number takes."""

    def __call__(self, x: float, y: float) -> float:
        """Compute it."""
        try:
            return abs(complex(x, y))
        except OverflowError:
            return math.inf


class Require:
    """Hands the element back to CPython unless the condition holds. Compiled code may go on until it returns."""

    def __call__(self, condition: bool) -> None:
        """Raise HandedBack unless it holds."""
        if not condition:
            raise HandedBack


class Unworded:
    """The argument of an exception whose text is CPython's own: whoever asks for it is handed back."""


class Same:
    """Whether two items of rows are one object or equal."""

    def __call__(self, left: object, right: object) -> bool:
        """Compare them as rows do."""
        return left is right or left == right


class InMemory:
    """A list in memory, of computed length: loops over it are not unrolled, and its items are found by an index."""

    def __call__(self, items: list[Any]) -> list[Any]:
        """Give the list itself, or another one with its items."""
        return items


class Groups:
    """The iterator over groups of a row, each of which is an iterator that is gone when the next one comes."""

    def __call__(self, keys: list[Any], starts: list[int], ends: list[int], row: list[Any]) -> Any:
        """Give the keys with their groups."""
        return iter([(key, iter(row[start:end])) for key, start, end in zip(keys, starts, ends)])


class SetLike:
    """An empty set for the items of two rows: it lies in memory from the beginning."""

    def __call__(self, left: Any, right: Any) -> set[Any]:
        """Make it."""
        return set()


class Unordered:
    """The set itself, or a frozenset of its items, whose order is no more CPython's."""

    def __call__(self, made: set[Any], frozen: bool | None) -> Any:
        """Give it; None is for a set."""
        return made if frozen is None else frozenset(made)


class TextAt:
    """Whether a part stands in a text at a position where it has room."""

    def __call__(self, text: str, position: int, part: str) -> bool:
        """Look there."""
        return text.startswith(part, position)


class Room(str):
    """Text that is filled piece by piece; a list of characters as long as this runs in CPython."""

    characters: list[str]


class ListRoom:
    """An empty list with room for so many items like those of a row."""

    def __call__(self, items: Sequence[T], count: int) -> list[T]:
        """Make it; a list of CPython's finds room as it grows."""
        return []


class TextRoom:
    """New text of a length, of characters as wide as those of another text."""

    def __call__(self, text: str, length: int) -> Room:
        """Make room for the characters."""
        room = Room()
        room.characters = [""] * length
        return room


class TextPut:
    """Puts a part into a room."""

    def __call__(self, room: Room, position: int, part: str) -> None:
        """Put it at the position, where it has room."""
        room.characters[position : position + len(part)] = list(part)


class TextPutCode:
    """Puts a character, given by its code, into a room."""

    def __call__(self, room: Room, position: int, code: int) -> None:
        """Put it at the position."""
        room.characters[position] = chr(code)


# Objects of classes, not functions: the library must know them by identity and never follow them.
fma = Fma()
float_bits = FloatBits()
bits_float = BitsFloat()
floor = Floor()
hypot = Hypot()
trunc = Trunc()
round_even = RoundEven()
require = Require()
unworded = Unworded()
same = Same()
groups = Groups()
set_like = SetLike()
unordered = Unordered()
in_memory = InMemory()
list_room = ListRoom()
text_at = TextAt()
text_room = TextRoom()
text_put = TextPut()
text_put_code = TextPutCode()


def two_sum(a: float, b: float) -> tuple[float, float]:
    """Return the rounded sum and its exact rounding error."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)
