"""`Array`: numbers, text, rows and records of these in memory, with the manners of a list."""

from __future__ import annotations

from _collections_abc import MutableSequence
from operator import index
from types import GenericAlias

from parallel_party._core import ArrayBase
from parallel_party._dtypes import BY_NAME, DType, dtype_of

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Self, SupportsIndex

# The buffer protocol's letter for a dtype, and NumPy's text for it.
_SORTS = {float: "f", int: "i", bool: "b"}
_DLPACK_HOST, _DLPACK_CUDA = (1, 0), 2
_SHOWN = 3  # elements at either end that a repr shows
_TABLE_ROWS = 10
_STATE_VERSION = 1  # of what is pickled: see src/python/array_state.cpp


class Array(ArrayBase):
    """A mutable sequence of numbers, of text, or of rows or records of these, that holds one kind of element.

    It has every method and operator of a list. Its elements are floats, ints, bools or text, or tuples, namedtuples,
    instances and dicts of these, and all of them may be None where one is; rows that are given as lists come out as
    tuples, instances and dicts as what writes to the Array. An int goes into a column of floats as a float and a bool
    into one of ints as an int; every other element of another kind is refused, and nothing is rounded or wrapped in
    silence (but for floats in a `float32`, which are rounded once, when they are stored).

    `map` over Arrays gives an Array: nothing is boxed. A slice is a copy that shares memory until one of the two is
    written to; `view` shares for good.

    Parameters
    ----------
    data
        Any iterable; an Array, a list, a tuple and a buffer of numbers (NumPy's arrays, `array.array`, ...) are read by
        all threads. Rows of buffers with more dimensions are tuples.
    dtype
        How every number is stored: `float32`, `"int8"`, `float`, NumPy's, ... By default `float64`, `int64` and
        `bool_`, or as a buffer has it.
    device
        Where it is to be used: `"cpu"`, `"cuda"`, `"cuda:1"`. A GPU gets its elements when it first needs them, and
        later those that have changed. Of several GPUs `"cuda"` is the first; of 64 MiB or more each gets a part.

    Raises
    ------
    ConversionError
        An element is of a kind that no Array holds, or of another one than those before it, or than `dtype` takes.
    OverflowError
        A number is out of the bounds of its dtype.

    Examples
    --------
    >>> import parallel_party as pp
    >>> points = pp.array([(0.0, 1.0), (2.0, 3.0), (4.0, 5.0)])
    >>> points.append((6.0, 7.0))
    >>> pp.map(lambda p: p[0] + p[1], points)
    Array([1.0, 5.0, 9.0, 13.0], length=4, dtype=float64, device='cpu')
    >>> points.columns[1].tolist()
    [1.0, 3.0, 5.0, 7.0]
    >>> points[0] = ("a", 1.0)
    Traceback (most recent call last):
        ...
    parallel_party._errors.ConversionError: an element of type 'str' where the Array holds float64
    """

    __slots__ = ()
    __class_getitem__: Any = classmethod(GenericAlias)

    def __init__(self, data: Iterable[Any] = (), dtype: Any = None, device: str | None = None) -> None:
        self._fill(data, None if dtype is None else dtype_of(dtype).name, device)

    @property
    def dtype(self) -> DType | tuple[DType, ...] | None:
        """How numbers are stored: one `DType`, or one for each number of a row where they differ; None: not known."""
        formats = self._dtypes()
        return (formats[0] if len(set(formats)) == 1 else formats) if formats else None

    def _dtypes(self) -> tuple[DType, ...]:
        return tuple(BY_NAME[name] for name in self._type_information()[0])

    @property
    def device(self) -> str:
        """Where it is used if nothing else is said: `"cpu"`, `"cuda:0"`; `"cuda"`: in pieces, on all GPUs."""
        home, is_every = self._home()
        return "cuda" if is_every else "cpu" if home < 0 else f"cuda:{home}"

    @property
    def nbytes(self) -> int:
        """Bytes of all elements, texts and rows of any length included."""
        return self._bytes()

    @property
    def flat(self) -> Array:
        """All numbers of the rows, one behind the other, as a view: writing to it writes to the rows.

        Raises
        ------
        TypeError
            The items of rows are stored as different dtypes.

        Examples
        --------
        >>> import parallel_party as pp
        >>> points = pp.array([(1.0, 2.0), (3.0, 4.0)], dtype=pp.float32)
        >>> memoryview(points.flat).format, points.flat.tolist()
        ('f', [1.0, 2.0, 3.0, 4.0])
        """
        flat: Array = self._flat()
        return flat

    @property
    def columns(self) -> Columns:
        """The items of rows, each as a view: by position, and by name where rows have names.

        Examples
        --------
        >>> import parallel_party as pp
        >>> points = pp.array([(1.0, 2), (3.0, 4)])
        >>> points.columns[1][0] = 20
        >>> points.tolist()
        [(1.0, 20), (3.0, 4)]
        """
        return Columns(self)

    def __repr__(self) -> str:
        elements = [repr(element) for element in self[:_SHOWN]]
        if len(self) > 2 * _SHOWN:
            elements.append("...")
        elements += [repr(element) for element in self[max(_SHOWN, len(self) - _SHOWN) :]]
        kind = self._type_information()[1]
        return f"Array([{', '.join(elements)}], length={len(self)}, dtype={kind}, device={self.device!r})"

    def _repr_html_(self) -> str:
        """A table of the first elements, as notebooks show it."""
        from html import escape

        names = [name or str(i) for i, name in enumerate(self._column_names())]
        first = self[:_TABLE_ROWS]
        rows = list(zip(*(column.tolist() for column in first.columns), strict=True))
        lines = ["<table>", "<tr><th></th>" + "".join(f"<th>{escape(name)}</th>" for name in names) + "</tr>"]
        for number, row in enumerate(rows):
            items = "".join(f"<td>{escape(repr(item))}</td>" for item in row)
            lines.append(f"<tr><th>{number}</th>{items}</tr>")
        if len(self) > len(rows):
            lines.append("<tr><th>...</th></tr>")
        kind = escape(self._type_information()[1])
        lines.append(f"</table><p>{len(self)} elements of {kind} on {self.device}</p>")
        return "\n".join(lines)

    def __copy__(self) -> Self:
        """Of a class derived from Array, with what its instances have beside their elements."""
        twin: Self = _with_state(_restore_as(type(self), self.copy()), self.__getstate__())
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        from copy import deepcopy

        twin: Self = _restore_as(type(self), self.copy())
        memo[id(self)] = twin
        _with_state(twin, deepcopy(self.__getstate__(), memo))
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        if type(self) is not Array:
            return _restore_as, (type(self), self.copy()), self.__getstate__()
        return _restore, (_STATE_VERSION, *self._state())

    def __dlpack_device__(self) -> tuple[int, int]:
        home, _ = self._home()
        return _DLPACK_HOST if home < 0 else (_DLPACK_CUDA, home)

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        """Hand the memory over as DLPack has it; growth is blocked as long as the consumer keeps it.

        That of an Array that is used on a GPU is the GPU's, unless `dl_device` asks for the host's. `stream` is the
        consumer's, which then finds it ready: a handle, -1 for none, None for the default one.

        Raises
        ------
        BufferError
            `dl_device` is neither; the elements have several dtypes; both memories would be shared at once.
        """
        target = self if not copy else self.copy()
        is_versioned = max_version is not None and max_version[0] >= 1
        wanted = self.__dlpack_device__() if dl_device is None else tuple(dl_device)
        if wanted == _DLPACK_HOST:
            if stream is not None:
                raise BufferError("what is in the CPU's memory needs no stream")
            return target._dlpack(is_versioned, -1)
        if wanted != self.__dlpack_device__():
            raise BufferError(f"this Array is used on {self.device!r}, not on DLPack's device {wanted}")
        return target._dlpack(is_versioned, wanted[1], 1 if stream is None else int(stream))

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        """The memory on the GPU where the Array is used, as CuPy, Numba and PyTorch take it.

        From then on the Array's length is fixed, as nobody says when the memory is no longer used; DLPack does say it.
        """
        home, _ = self._home()
        if home < 0:
            raise AttributeError("an Array that is used on the CPU has no __cuda_array_interface__")
        dtypes = self._dtypes()
        if len(set(dtypes)) != 1:
            raise AttributeError(self._why_no_interface("__cuda_array_interface__"))
        if len(self) == 0:
            raise AttributeError("an empty Array has no __cuda_array_interface__")
        address, step, itemsize, is_row = self._cuda_layout(home)
        strides = (step, itemsize) if is_row else (step,)
        return {
            "version": 3,
            "shape": (len(self), len(dtypes)) if is_row else (len(self),),
            "typestr": _typestr(dtypes[0]),
            "data": (address, False),
            "strides": None if step == len(dtypes) * itemsize else strides,
            "stream": None,
        }

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[Any, Any]:
        """Hand the elements over as Arrow has them; rows of one dtype are lists of fixed size, others structs."""
        return self._arrow()

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """NumPy's description of the memory; the data is that of the buffer, which blocks growth while it is used."""
        layout = self._memory_layout()
        if layout is None:
            raise AttributeError(self._why_no_interface("__array_interface__"))
        _, step, itemsize, is_row = layout
        width = len(self._dtypes())
        if step != width * itemsize:
            raise AttributeError("a column that lies in rows has no __array_interface__; it exports a strided buffer")
        return {
            "version": 3,
            "shape": (len(self), width) if is_row else (len(self),),
            "typestr": _typestr(self._dtypes()[0]),
        }

    def _why_no_interface(self, name: str) -> str:
        kind = self._type_information()[1]
        if len(self.columns) <= 1:
            return f"elements of type {kind} are no run of numbers and have no {name}; tolist() gives them"
        return f"an Array whose rows hold different dtypes, text or None has no {name}; columns of numbers have"


def _typestr(dtype: DType) -> str:
    code = "u" if dtype.name.startswith("u") else _SORTS[dtype.kind]
    return f"{'|' if dtype.itemsize == 1 else '<'}{code}{dtype.itemsize}"


def _restore_as(kind: Any, elements: Array) -> Any:
    """Make an Array of that class, without its `__init__`, as lists are copied and restored."""
    if kind is Array:
        return elements
    restored = kind.__new__(kind)
    restored._fill(elements, None, None if elements.device == "cpu" else elements.device)
    return restored


def _with_state(array: Any, state: Any) -> Any:
    if state is None:
        return array
    if hasattr(array, "__setstate__"):
        array.__setstate__(state)
        return array
    attributes, slots = state if isinstance(state, tuple) and len(state) == 2 else (state, None)
    for values in (attributes, slots):
        for name, value in (values or {}).items():
            setattr(array, name, value)
    return array


def _restore(version: int, description: Any, count: int, elements: Any) -> Array:
    """Make a pickled Array again."""
    if version != _STATE_VERSION:
        raise ValueError(
            f"an Array pickled in version {version} of its format, of which this library reads {_STATE_VERSION}"
        )
    restored = Array()
    restored._set_state(description, count, elements)
    return restored


MutableSequence.register(Array)


class Columns:
    """The columns of an Array of rows: views of the items at one position of every row.

    >>> import parallel_party as pp
    >>> from collections import namedtuple
    >>> Point = namedtuple("Point", "x y")
    >>> columns = pp.array([Point(1.0, 2.0), Point(3.0, 4.0)]).columns
    >>> columns.y.tolist(), columns["x"].tolist(), columns[-1].tolist()
    ([2.0, 4.0], [1.0, 3.0], [2.0, 4.0])
    """

    __slots__ = ("_array",)

    def __init__(self, array: Array) -> None:
        self._array = array

    def __len__(self) -> int:
        return len(self._array._column_names())

    def __iter__(self) -> Iterator[Array]:
        return (self[position] for position in range(len(self)))

    def __getitem__(self, key: SupportsIndex | str) -> Array:
        if isinstance(key, str):
            names = self._array._column_names()
            if key not in names:
                raise KeyError(key)
            key = names.index(key)
        column: Array = self._array._column(index(key))
        return column

    def __reduce__(self) -> tuple[Any, ...]:
        return Columns, (self._array,)

    def __getattr__(self, name: str) -> Array:
        if name == "_array":  # not set yet: looking for it among the columns would look for it again
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no column {name!r}") from None

    def __repr__(self) -> str:
        names = [name if name is not None else str(i) for i, name in enumerate(self._array._column_names())]
        return f"<columns {', '.join(names)} of {self._array!r}>"


def array(data: Iterable[Any] = (), dtype: Any = None, device: str | None = None) -> Array:
    """Make an `Array` of the elements of `data`; see there.

    >>> import parallel_party as pp
    >>> pp.array([1.5, 2, 3])
    Array([1.5, 2.0, 3.0], length=3, dtype=float64, device='cpu')
    >>> pp.array(range(4), dtype=pp.uint8).nbytes
    4
    """
    return Array(data, dtype, device)
