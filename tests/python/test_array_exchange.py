"""Arrays and other libraries: memory handed over in both directions, and how long it lives."""

from __future__ import annotations

import ctypes
import gc
import math
from array import array as buffer_array
from collections import namedtuple
from typing import Any

import pytest

import parallel_party as pp

Point = namedtuple("Point", "x y")
LETTERS = {
    pp.float64: "d", pp.float32: "f", pp.int64: "q", pp.int32: "i", pp.int16: "h", pp.int8: "b",
    pp.uint64: "Q", pp.uint32: "I", pp.uint16: "H", pp.uint8: "B", pp.bool_: "?",
}  # fmt: skip


def values_of(dtype: pp.DType) -> list[Any]:
    return {float: [0.5, -2.0, 3.0], int: [0, 1, 100], bool: [True, False, True]}[dtype.kind]


@pytest.mark.parametrize("dtype", LETTERS, ids=repr)
def test_exports_a_buffer_of_every_dtype(dtype: pp.DType) -> None:
    made = pp.array(values_of(dtype), dtype=dtype)
    shown = memoryview(made)
    assert (shown.format, shown.itemsize, shown.ndim, shown.readonly) == (LETTERS[dtype], dtype.itemsize, 1, False)
    assert shown.tolist() == made.tolist()
    assert repr(pp.array(shown).tolist()) == repr(made.tolist()) and pp.array(shown).dtype is dtype


def test_a_writer_of_the_buffer_writes_the_array() -> None:
    made = pp.array([1.0, 2.0])
    copied = made[:]
    shown = memoryview(made)
    shown[0] = 5.0
    late = made[:]
    shown[1] = 6.0
    assert (made.tolist(), copied.tolist(), late.tolist()) == ([5.0, 6.0], [1.0, 2.0], [5.0, 2.0])
    assert pp.map(lambda x: x + 1.0, made).tolist() == [6.0, 7.0]


def test_an_exported_buffer_blocks_growth_and_outlives_its_owner() -> None:
    made = pp.array([1.0, 2.0, 3.0])
    shown = memoryview(made)
    for grow in (
        lambda: made.append(1.0),
        lambda: made.pop(),
        lambda: made.clear(),
        lambda: made.__delitem__(0),
        lambda: made.__setitem__(slice(0, 2), [1.0]),
        lambda: made.__init__([1.0]),  # type: ignore[misc]
    ):
        with pytest.raises(BufferError, match="exported"):
            grow()
    made[0:2] = [7.0, 8.0]
    made.sort(reverse=True)
    assert shown.tolist() == [8.0, 7.0, 3.0] == made.tolist()
    shown.release()
    made.append(1.0)
    shown = memoryview(made)
    made = pp.array([0.0])
    gc.collect()
    assert shown.tolist() == [8.0, 7.0, 3.0, 1.0]


def test_rows_and_columns_export_tables_and_strides() -> None:
    rows = pp.array([(1.0, 2.0, 3.0), (4.0, 5.0, 6.0)], dtype=pp.float32)
    table = memoryview(rows)
    assert (table.ndim, table.shape, table.strides, table.format) == (2, (2, 3), (12, 4), "f")
    assert table.tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    column = memoryview(rows.columns[1])
    assert (column.shape, column.strides, column.tolist()) == ((2,), (12,), [2.0, 5.0])
    assert memoryview(rows.flat).format == "f" and len(memoryview(rows.flat)) == 6
    assert bytes(memoryview(rows)) == bytes(memoryview(rows.flat))
    mixed = pp.array([(1.0, 2)])
    with pytest.raises(BufferError, match="columns"):
        memoryview(mixed)
    assert memoryview(mixed.columns[1]).tolist() == [2]
    assert memoryview(pp.array([])).tolist() == []
    # Who cannot walk in steps must not get a column of rows.
    with pytest.raises((BufferError, TypeError)):
        (ctypes.c_float * 2).from_buffer(rows.columns[1])


def test_takes_buffers_with_steps_and_read_only() -> None:
    shown = memoryview(buffer_array("i", range(12)))
    assert pp.array(shown[::3]).tolist() == [0, 3, 6, 9] and pp.array(shown[::3]).dtype is pp.int32
    assert pp.array(shown[::-1].toreadonly()).tolist() == list(range(11, -1, -1))
    table = shown.cast("B").cast("i", (4, 3))
    assert pp.array(table).tolist() == [(0, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11)]
    assert pp.map(lambda p: p[0] * p[2], table).tolist() == [0, 15, 48, 99]
    assert pp.map(lambda v: v + 0.5, shown[::-4]).tolist() == [11.5, 7.5, 3.5]
    assert pp.array(b"ab").tolist() == [97, 98]
    assert list(pp.map(lambda v: v + 1, b"ab")) == [98, 99]


def test_numpy() -> None:
    np = pytest.importorskip("numpy")
    for name in (
        "float32",
        "float64",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "bool",
    ):
        theirs = np.array([0, 1, 100], dtype=name)
        made = pp.array(theirs)
        assert np.array_equal(np.asarray(made), theirs) and np.asarray(made).dtype == theirs.dtype
        assert pp.array([0, 1] if name != "bool" else [True], dtype=theirs.dtype).dtype is made.dtype
        assert np.array_equal(np.from_dlpack(made), theirs)
        made.__array_interface__["typestr"]  # noqa: B018
    made = pp.array([(1.0, 2.0), (3.0, 4.0)])
    shown = np.asarray(made)
    shown[1, 0] = 30.0
    assert made[1] == (30.0, 2.0 * 2) and shown.base is not None
    with pytest.raises(BufferError):
        made.append((1.0, 1.0))
    del shown
    made.append((1.0, 1.0))
    strided = np.arange(12.0).reshape(4, 3)[::2, ::-1]
    assert pp.map(lambda p: p[0] - p[2], strided).tolist() == [2.0, 2.0]
    assert pp.array(np.asfortranarray(strided)).tolist() == [tuple(row) for row in strided.tolist()]
    assert pp.map(lambda p: p[0][1], np.arange(8.0).reshape(2, 2, 2)).tolist() == [1.0, 5.0]
    with pytest.raises(pp.ConversionError):
        pp.array(np.array(["a"]))
    fixed = np.arange(3.0)
    fixed.flags.writeable = False
    assert pp.map(lambda x: x + 1.0, fixed).tolist() == [1.0, 2.0, 3.0]
    made = pp.array([1, 2])
    made[0] = np.int64(7)
    made.append(np.uint8(9))
    assert made.tolist() == [7, 2, 9]


def test_dlpack_lives_as_long_as_its_consumer() -> None:
    np = pytest.importorskip("numpy")
    made = pp.array([(1.0, 2.0), (3.0, 4.0)], dtype=pp.float32)
    theirs = np.from_dlpack(made)
    assert theirs.tolist() == [[1.0, 2.0], [3.0, 4.0]] and made.__dlpack_device__() == (1, 0)
    with pytest.raises(BufferError):
        made.append((5.0, 6.0))
    del theirs
    made.append((5.0, 6.0))
    assert np.from_dlpack(made.columns[0]).tolist() == [1.0, 3.0, 5.0]
    theirs = np.from_dlpack(made)
    del made
    gc.collect()
    assert theirs[2, 1] == 6.0
    unused = pp.array([1.0])
    for version in (None, (1, 0)):
        capsule = unused.__dlpack__(max_version=version)
        del capsule
    unused.append(2.0)
    with pytest.raises(BufferError):
        unused.__dlpack__(dl_device=(2, 0))


class Tensor:
    """What has DLPack and no buffer, as torch's tensors have."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)

    def __dlpack__(self, **options: Any) -> Any:
        return self.owner.__dlpack__(**options)


def test_takes_dlpack() -> None:
    owner = pp.array([(1.0, 2.0), (3.0, 4.0)])
    assert pp.array(Tensor(owner)).tolist() == owner.tolist()
    assert pp.map(lambda p: p[0] + p[1], Tensor(owner)).tolist() == [3.0, 7.0]
    assert pp.map(lambda x: x * 2.0, Tensor(owner.columns[1]), device="cpu").tolist() == [4.0, 8.0]
    owner.append((5.0, 6.0))
    np = pytest.importorskip("numpy")
    assert pp.array(Tensor(np.arange(6, dtype="int16")[::2])).tolist() == [0, 2, 4]


def test_torch() -> None:
    torch = pytest.importorskip("torch")
    made = pp.array([(1.0, 2.0), (3.0, 4.0)], dtype=pp.float32)
    tensor = torch.from_dlpack(made)
    tensor[0, 0] = 10.0
    assert made[0] == (10.0, 2.0)
    assert pp.map(lambda p: p[0] + p[1], tensor).tolist() == [12.0, 7.0]


def arrow_cases() -> list[Any]:
    return [
        [1.5, -2.0, math.inf],
        [1, 2, 2**62],
        [True, False, True] * 11,
        [(1.0, 2.0, 3.0), (4.0, 5.0, 6.0)],
        [(1, 2.5, True), (3, -0.5, False)],
        [((1.0, 2.0), 3), ((4.0, 5.0), 6)],
    ]


@pytest.mark.parametrize("data", arrow_cases(), ids=repr)
def test_arrow_round_trip(data: list[Any]) -> None:
    class Wrapped:
        def __init__(self, owner: pp.Array) -> None:
            self.owner = owner

        def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
            return self.owner.__arrow_c_array__(requested_schema)

    made = pp.array(data)
    assert repr(pp.array(Wrapped(made)).tolist()) == repr(data)
    assert pp.map(lambda v: v, Wrapped(made)).tolist() == data
    made.append(data[0])
    assert len(made) == len(data) + 1


@pytest.mark.parametrize("data", arrow_cases(), ids=repr)
def test_pyarrow(data: list[Any]) -> None:
    pa = pytest.importorskip("pyarrow")
    made = pp.array(data)
    theirs = pa.array(made)
    theirs.validate(full=True)
    assert pp.array(theirs).tolist() == data
    assert pp.array(theirs.slice(1)).tolist() == data[1:]
    assert pp.array(pa.chunked_array([theirs, theirs])).tolist() == data + data
    assert pp.map(lambda v: v, theirs).tolist() == data
    del made
    gc.collect()
    assert pp.array(theirs).tolist() == data


def test_pyarrow_tables_and_nulls() -> None:
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"x": [1.0, 2.0], "n": pa.array([1, 2], pa.int32())})
    assert pp.array(table).tolist() == [(1.0, 1), (2.0, 2)]
    assert pa.RecordBatch.from_struct_array(pa.array(pp.array([Point(1.0, 2)]))).column_names == ["x", "y"]
    with pytest.raises(pp.ConversionError):
        pp.array(pa.array([b"a"]))


def test_polars() -> None:
    pl = pytest.importorskip("polars")
    assert pp.array(pl.Series([1.0, 2.0])).tolist() == [1.0, 2.0]
    assert pp.map(lambda x: x * 2.0, pl.Series([1.0, 2.0])).tolist() == [2.0, 4.0]
    assert pp.array(pl.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})).tolist() == [(1, 0.5), (2, 1.5)]
    assert pl.Series(pp.array([1, 2, 3])).to_list() == [1, 2, 3]


TABLES: list[list[Any]] = [
    ["a", "", "caf\xe9", "word" * 20],
    ["\u65e5\u672c", "\U0001f600", "x"],
    [None, 1.5, -0.0, None],
    [True, None, False],
    [None, "a", None],
    [(1.0,), (), (2.0, 3.0)],
    [(1,), None, (2, 3)],
    [(True,), (), (False, True)],
    [("a", "bc"), (), ("",)],
    [((1.0,), ()), ((2.0, 3.0),), ()],
    [(1.0, None), (None, 2)],
    [("a", 1.0, (1, 2)), ("b", 2.0, ())],
    [(1.0, 2.0), None, (3.0, 4.0)],
]


def plain(value: Any) -> Any:
    """What Arrow's libraries give, as an Array has it."""
    if isinstance(value, dict):
        return tuple(plain(item) for item in value.values())
    return tuple(plain(item) for item in value) if isinstance(value, list) else value


@pytest.mark.parametrize("data", TABLES, ids=repr)
def test_arrow_has_text_lists_and_nulls(data: list[Any]) -> None:
    pa = pytest.importorskip("pyarrow")
    for values in (data, data * 1000):
        made = pp.array(values)
        given = pa.array(made)
        given.validate(full=True)
        assert [plain(value) for value in given.to_pylist()] == values
        assert given.null_count == sum(value is None for value in values)
        assert repr(pp.array(given).tolist()) == repr(values)
        # Others' offsets, slices and chunks.
        part = given.slice(1, len(values) - 2)
        assert repr(pp.array(part).tolist()) == repr(values[1:-1])
        chunks = pa.chunked_array([given, given.slice(0, 1), given.slice(2)])
        assert repr(pp.array(chunks).tolist()) == repr(values + values[:1] + values[2:])
        del made, given
        gc.collect()
        assert repr(pp.array(part).tolist()) == repr(values[1:-1])


def test_arrow_of_others() -> None:
    pa = pytest.importorskip("pyarrow")
    for kind in (pa.string(), pa.large_string(), pa.string_view()):
        words = ["a", None, "longer than twelve bytes", "caf\xe9"]
        assert pp.array(pa.array(words, kind)).tolist() == words
    assert pp.map(len, pa.array(["a", "bcd"])).tolist() == [1, 3]
    rows = [[1.5], None, [2.5, 3.5]]
    for kind in (pa.list_(pa.float32()), pa.large_list(pa.float32())):
        assert pp.array(pa.array(rows, kind)).tolist() == [(1.5,), None, (2.5, 3.5)]
    with pytest.raises(pp.ConversionError, match="null"):
        pp.array(pa.array([[1.0, None]]))
    with pytest.raises(pp.ConversionError, match="null"):
        pp.map(lambda v: v, pa.array([1.0, None]))
    with pytest.raises(pp.ConversionError, match="surrogate"):
        pa.array(pp.array(["\ud800"]))
    mixed = pa.chunked_array([pa.array(["a"]), pa.array(["\u65e5", None])])
    assert pp.array(mixed).tolist() == ["a", "\u65e5", None]
    polars = pytest.importorskip("polars")
    series = polars.Series("w", ["a", None, "longer than twelve bytes", "\u65e5"])
    assert pp.array(series).tolist() == series.to_list()
    frame = polars.DataFrame({"name": ["a", "b"], "n": [1, None], "l": [[1.0], [2.0, 3.0]]})
    assert pp.array(frame).tolist() == [("a", 1, (1.0,)), ("b", None, (2.0, 3.0))]
    assert polars.Series(pp.array(["a", None])).to_list() == ["a", None]


def test_rows_of_one_number_stay_rows_within_rows() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    for data in ([((1,),), ((2,),)], [((1.5,), (2.5,)), ((3.5,), (4.5,))], [((1, 2), (3, 4))]):
        made = pp.array(data)
        assert pp.array(pyarrow.array(made)).tolist() == data


def test_buffers_of_nested_rows_are_flat_rows() -> None:
    made = pp.array([((1, 2), (3, 4)), ((5, 6), (7, 8))])
    assert memoryview(made).shape == (2, 4) and memoryview(made).tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]


C_CONTIGUOUS, F_CONTIGUOUS, ANY_CONTIGUOUS = 0x38, 0x58, 0x98  # of the buffer protocol


def export(owner: Any, flags: int) -> None:
    shown = ctypes.create_string_buffer(256)  # a Py_buffer is smaller
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(owner), shown, ctypes.c_int(flags))
    ctypes.pythonapi.PyBuffer_Release(shown)


def test_who_asks_for_contiguous_memory_gets_no_steps() -> None:
    rows = pp.array([(1.0, 2.0), (3.0, 4.0)])
    for flags in (C_CONTIGUOUS, F_CONTIGUOUS, ANY_CONTIGUOUS):
        for number in range(2):
            with pytest.raises(BufferError, match="not contiguous"):
                export(rows.columns[number], flags)
        export(rows.columns[1].view(0, 1), flags)
        export(rows.columns[1].copy(), flags)
        export(rows.flat, flags)
        export(pp.array([]), flags)
    export(rows, C_CONTIGUOUS)
    export(rows, ANY_CONTIGUOUS)
    with pytest.raises(BufferError, match="C order"):
        export(rows, F_CONTIGUOUS)
    export(rows[:1], F_CONTIGUOUS)
    export(pp.array([(1.0,), (2.0,)]), F_CONTIGUOUS)
    rows.append((5.0, 6.0))  # nothing is exported any more


def test_shapes_of_arrays_without_elements() -> None:
    for rows in (pp.array([(1.0, 2.0)]), pp.array([Point(1.0, 2.0)])):
        for part in (rows, rows[:0]):
            assert part.__array_interface__["shape"] == memoryview(part).shape == (len(part), 2)
    assert pp.array([1.0])[:0].__array_interface__["shape"] == (0,)


def test_arrow_without_rows() -> None:
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"x": [1.0, 2.0], "y": [3, 4], "s": ["a", "b"], "l": [[1.0], []]})
    seen: list[Any] = []
    for none in (table[:0], table.filter(pa.array([False, False])), pa.Table.from_batches([], table.schema)):
        assert list(pp.map(seen.append, none)) == [] == seen
        assert list(pp.map(lambda v, r: (v, r), [1, 2], none)) == []
        made = pp.array(none)
        assert (len(made), repr(made)) == (0, repr(pp.array(table)[:0]))
        assert pp.array(table.to_batches()[0][:0]).tolist() == []
    assert pp.array(pa.chunked_array([], pa.int32())).dtype is pp.int32
    assert pp.array(pa.table({})).tolist() == []


def test_tables_of_what_no_array_holds_are_not_walked_by_column() -> None:
    pa = pytest.importorskip("pyarrow")
    dates = pa.table({"x": [1.0, 2.0], "d": pa.array([1, 2], pa.date32())})
    inner = pa.table({"s": pa.array([{"d": 1}], pa.struct([("d", pa.duration("s"))]))})
    words = pa.table({"c": pa.array(["a", "b"]).dictionary_encode()})
    refused = [
        (dates, "'d' is of Arrow's type date32"),
        (inner, r"'s\.d' is of Arrow's type duration"),
        (words, "'c' is of Arrow's type dictionary"),
        (dates[:0], "date32"),
        (dates.to_batches()[0], "date32"),
    ]
    for table, why in refused:
        for take in (pp.array, lambda t: pp.map(lambda row: 1, t), lambda t: pp.map(lambda v, row: 1, [1, 2], t)):
            with pytest.raises(pp.ConversionError, match=why):
                take(table)
    # Series are iterables of what they hold.
    assert pp.map(lambda day: day, dates.column("d")) == list(dates.column("d"))
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"x": [1.0, 2.0], "c": polars.Series(["a", "b"], dtype=polars.Categorical)})
    with pytest.raises(pp.ConversionError, match="'c' is of Arrow's type dictionary"):
        pp.map(lambda row: 1, frame)
    assert pp.map(str, frame["c"]) == ["a", "b"]


def test_tables_beside_lists_give_rows() -> None:
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"x": [1.0, None, 3.0], "y": ["a", "b", "c"]})
    rows = [(1.0, "a"), (None, "b"), (3.0, "c")]
    for beside in ([1, 2, 3], [1, None, 3], iter("abc")):
        assert list(pp.map(lambda v, row: row, beside, table)) == rows
    assert list(pp.map(lambda v, row: (v, row[1]), [1, 2], table.select(["x", "y"])[:1])) == [(1, "a")]


def test_streams_that_can_be_read_once() -> None:
    pa = pytest.importorskip("pyarrow")

    def stream(kind: Any) -> Any:
        batch = pa.record_batch({"x": pa.array([1, 2], kind)})
        return pa.RecordBatchReader.from_batches(batch.schema, [batch, batch])

    rows = [(1,), (2,), (1,), (2,)]
    assert pp.array(stream(pa.int64())).tolist() == rows
    assert list(pp.map(lambda row: row, stream(pa.int64()))) == rows
    assert list(pp.map(lambda v, row: (v, row), [5, None], stream(pa.int64()))) == [(5, (1,)), (None, (2,))]
    assert list(pp.map(lambda v, row: (v, row), [5, 6], stream(pa.int64()))) == [(5, (1,)), (6, (2,))]
    for take in (pp.array, lambda t: pp.map(lambda row: 1, t), lambda t: pp.map(lambda v, row: 1, [1, 2], t)):
        with pytest.raises(pp.ConversionError, match="'x' is of Arrow's type date32"):
            take(stream(pa.date32()))


def test_an_export_that_is_none() -> None:
    class Strange:
        def __arrow_c_array__(self, requested_schema: object = None) -> object:
            return 5

    with pytest.raises(TypeError, match="must return a tuple of two capsules, not 'int'"):
        pp.array(Strange())

    class Without:
        """A series whose library has no form for what it holds, or is not there."""

        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            raise ImportError("no pyarrow")

        def __iter__(self) -> Any:
            return iter([1.5, 2.5])

    assert pp.array(Without()).tolist() == [1.5, 2.5] == list(pp.map(lambda v: v, Without()))

    class Table(Without):
        columns = ("x",)

    with pytest.raises(pp.ConversionError, match="ImportError: no pyarrow"):
        pp.map(lambda v: v, Table())

    class Broken(Without):
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        pp.array(Broken())


def test_pandas() -> None:
    pd = pytest.importorskip("pandas")
    assert pp.map(str, pd.Series([1, "a"], dtype=object)) == ["1", "a"]
    assert pp.map(lambda v: v, pd.Series([1j])) == [1j]
    assert pp.array(pd.Series([1, None], dtype="Int64")).tolist() == [1, None]
    for dtype in ("float64", "float32"):
        series = pd.Series([1.0, math.nan, 3.0], dtype=dtype)
        assert repr(pp.array(series).tolist()) == "[1.0, nan, 3.0]"
        assert repr(pp.map(lambda v: v, series).tolist()) == "[1.0, nan, 3.0]"
        frame = pd.DataFrame({"x": series, "n": [1, 2, 3], "y": series[::-1].to_numpy(), "s": ["a", None, "c"]})
        rows = "[(1.0, 1, 3.0, 'a'), (nan, 2, nan, None), (3.0, 3, 1.0, 'c')]"
        for index in ([0, 1, 2], [5, 3, 9], ["p", "q", "r"]):  # which is no part of the rows
            frame.index = pd.Index(index)
            assert repr(pp.array(frame).tolist()) == rows
            assert repr(list(pp.map(lambda v, row: row, [1, 2, 3], frame))) == rows
    with pytest.raises(pp.ConversionError, match="no form in Arrow"):
        pp.map(lambda row: 1, pd.DataFrame({"x": [1, "a"]}))
    with pytest.raises(pp.ConversionError, match="'t' is of Arrow's type timestamp"):
        pp.array(pd.DataFrame({"t": pd.to_datetime(["2020-01-01"])}))


def test_buffers_go_where_lists_of_the_same_go() -> None:
    gaps = pp.array([1.0, None, 3.0])
    gaps[0:2] = buffer_array("d", [8.0, 9.0])
    gaps.extend(buffer_array("i", [4]))
    gaps += memoryview(buffer_array("f", [0.5]))
    assert gaps.tolist() == [8.0, 9.0, 3.0, 4.0, 0.5]
    lengths = pp.array([(1.0,), ()])
    lengths.extend(memoryview(buffer_array("d", range(4))).cast("B").cast("d", (2, 2)))
    assert lengths.tolist() == [(1.0,), (), (0.0, 1.0), (2.0, 3.0)]
    named = pp.array([Point(1.0, 2.0)])
    named.extend(pp.array([(5.0, 6.0)]))
    assert named.tolist() == [Point(1.0, 2.0), Point(5.0, 6.0)] and type(named[1]) is Point
    with pytest.raises(pp.ConversionError):
        pp.array([1, None]).extend(buffer_array("d", [1.5]))
    with pytest.raises(pp.ConversionError, match="elements of type float64 where the Array holds int64"):
        pp.array([1]).extend(buffer_array("d", [1.5]))
    pa = pytest.importorskip("pyarrow")
    for start, more in ((["\u20ac"], ["b"]), (["a"], ["\u20ac"])):
        texts = pp.array(start)
        texts.extend(pa.array(more))
        assert texts.tolist() == start + more


@pytest.mark.parametrize("letter", ["f2", "f4", "f8", "i2", "i4", "i8", "u2", "u8", "u1"])
def test_numbers_of_the_other_byte_order(letter: str) -> None:
    np = pytest.importorskip("numpy")
    data = [[1, 2, 100], [3, 4, 200]]
    swapped, native = np.array(data, ">" + letter), np.array(data, letter)
    for part in (np.s_[:], np.s_[::-1, 1:], np.s_[:, 1]):
        made, twin = pp.array(swapped[part]), pp.array(native[part])
        assert made.tolist() == twin.tolist() and made.dtype is twin.dtype
        assert pp.map(lambda v: v, swapped[part]) == twin


def test_arrow_has_float16() -> None:
    pa = pytest.importorskip("pyarrow")
    halves = pa.array([1.5, None, -0.25, 65504.0], pa.float16())
    made = pp.array(halves)
    assert made.tolist() == halves.to_pylist() and made.columns[0].dtype is pp.float32
    assert pp.array(halves[2:]).tolist() == [-0.25, 65504.0] == pp.map(lambda v: v, halves[2:]).tolist()
    assert pp.array(pa.chunked_array([], pa.float16())).dtype is pp.float32


def test_arrow_capsules_that_someone_has_taken() -> None:
    class Repeated:
        def __init__(self, capsules: object) -> None:
            self.capsules = capsules

        def __arrow_c_array__(self, requested_schema: object = None) -> object:
            return self.capsules

    again = Repeated(pp.array([1.0, 2.0]).__arrow_c_array__())
    kept = pp.array(again)
    for take in (pp.array, lambda capsules: pp.map(lambda v: v, capsules)):
        with pytest.raises(ValueError, match="released or taken by someone else"):
            take(again)
    assert kept.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("data", [["a"], [1.0, None], [(1.0,), (1.0, 2.0)], [(1.0, 2.0), None]])
def test_what_is_no_run_of_numbers_says_so(data: list[Any]) -> None:
    made = pp.array(data)
    for act, error in (
        (lambda: made.__array_interface__, AttributeError),
        (lambda: made.flat, TypeError),
        (lambda: memoryview(made), BufferError),
        (lambda: memoryview(made.columns[0]), BufferError),
    ):
        with pytest.raises(error, match=r"no run of numbers.*tolist\(\) gives them"):
            act()


def test_rows_of_several_kinds_refer_to_their_columns() -> None:
    mixed = pp.array([(1, 2.0), (3, 4.0)])
    for act, error in (
        (lambda: mixed.__array_interface__, AttributeError),
        (lambda: mixed.flat, TypeError),
        (lambda: memoryview(mixed), BufferError),
    ):
        with pytest.raises(error, match="columns"):
            act()


def test_masked_arrays_are_iterated_over() -> None:
    np = pytest.importorskip("numpy")
    masked = np.ma.array([1.0, 2.0], mask=[0, 1])
    result = pp.map(lambda v: v + 1, masked)
    assert result[0] == 2.0 and result[1] is np.ma.masked
    for made in (masked, np.ma.array([1.0, 2.0], mask=[1, 0]), np.ma.array([1, 2], mask=[0, 1])):
        with pytest.raises(
            pp.ConversionError, match=r"it is masked; give what the masked array's filled\(\) or tolist"
        ):
            pp.array(made)
    assert pp.array(masked.filled(0.5)).tolist() == [1.0, 0.5]
    assert pp.array(masked.tolist()).tolist() == [1.0, None]
    assert pp.array(np.ma.array([1.0, 2.0])).tolist() == [1.0, 2.0]


@pytest.mark.filterwarnings("ignore")
def test_matrices_are_iterated_over_and_maps_of_memory_are_not(tmp_path: Any) -> None:
    np = pytest.importorskip("numpy")
    matrix = np.matrix([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(pp.UnsupportedError, match="'matrix'"):
        pp.map(lambda row: row.shape, matrix)
    mapped = np.memmap(tmp_path / "numbers", dtype=np.float64, mode="w+", shape=(3,))
    mapped[:] = [1.0, 2.0, 3.0]
    assert isinstance(pp.map(lambda v: v + 1.0, mapped), pp.Array)


def test_buffers_that_iterate_otherwise_are_iterated_over() -> None:
    class Doubled(buffer_array):  # type: ignore[type-arg]
        def __getitem__(self, index: Any) -> Any:
            return 2.0 * super().__getitem__(index)

    class Words(buffer_array):  # type: ignore[type-arg]
        def __iter__(self) -> Any:
            return iter(["x", "yy"])

    class Plain(buffer_array):  # type: ignore[type-arg]
        pass

    assert pp.map(lambda word: len(word), Words("d", [1.0])) == [1, 2]
    assert pp.array(Words("d", [1.0])).tolist() == ["x", "yy"]
    assert pp.map(lambda v: v, Doubled("d", [1.0, 2.0])) == list(Doubled("d", [1.0, 2.0]))
    assert isinstance(pp.map(lambda v: v, Plain("d", [1.0])), pp.Array)
