"""How the numbers of an Array are stored."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class DType:
    """How one number is stored: `float32`, `float64`, `int8` to `int64`, `uint8` to `uint64`, or `bool_`.

    Examples
    --------
    >>> import parallel_party as pp
    >>> pp.float32, pp.float32.itemsize
    (float32, 4)
    >>> pp.array([0.1], dtype=pp.float32)[0]
    0.10000000149011612
    """

    __slots__ = ("itemsize", "kind", "name")

    name: str
    """What it is called here and in NumPy."""
    kind: type[float] | type[int] | type[bool]
    """What elements are in Python."""
    itemsize: int
    """Bytes of one number."""

    def __init__(self, name: str, kind: type[float] | type[int] | type[bool], itemsize: int) -> None:
        self.name, self.kind, self.itemsize = name, kind, itemsize

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> str:
        return self.name


float32 = DType("float32", float, 4)
float64 = DType("float64", float, 8)
int8 = DType("int8", int, 1)
int16 = DType("int16", int, 2)
int32 = DType("int32", int, 4)
int64 = DType("int64", int, 8)
uint8 = DType("uint8", int, 1)
uint16 = DType("uint16", int, 2)
uint32 = DType("uint32", int, 4)
uint64 = DType("uint64", int, 8)
bool_ = DType("bool_", bool, 1)

BY_NAME = {
    dtype.name: dtype for dtype in (float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64, bool_)
}
_FOR_TYPE = {float: float64, int: int64, bool: bool_}


def dtype_of(wanted: Any) -> DType:
    """Return the dtype that is meant: one of the above, its name, `float`, `int`, `bool`, or NumPy's of that name."""
    if isinstance(wanted, DType):
        return wanted
    if isinstance(wanted, type) and wanted in _FOR_TYPE:
        return _FOR_TYPE[wanted]
    name = wanted if isinstance(wanted, str) else getattr(wanted, "name", getattr(wanted, "__name__", None))
    name = {"bool": "bool_"}.get(name, name) if isinstance(name, str) else None
    if name in BY_NAME:
        return BY_NAME[name]
    raise TypeError(f"{wanted!r} is no dtype; there are {', '.join(BY_NAME)}")
