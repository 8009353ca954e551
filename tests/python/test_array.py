"""Arrays: elements, types, views, and what `map` makes of them."""

from __future__ import annotations

import copy
import gc
import math
import pickle
import random
from array import array as buffer_array
from collections import namedtuple
from typing import Any

import pytest
from conftest import same

import parallel_party as pp

DTYPES = [
    pp.float32, pp.float64, pp.int8, pp.int16, pp.int32, pp.int64, pp.uint8, pp.uint16, pp.uint32, pp.uint64, pp.bool_,
]  # fmt: skip
Point = namedtuple("Point", "x y")


def exact(values: Any) -> Any:
    """Values that compare equal only where types and bits are equal, too."""
    if isinstance(values, (list, tuple)):
        return [type(values), *(exact(value) for value in values)]
    return (type(values), repr(values))


@pytest.mark.parametrize(
    "data",
    [
        [1.5, -0.0, math.inf],
        [1, -2, 2**63 - 1],
        [True, False],
        [(1.0, 2.0, 3.0)] * 5,
        [(1.0, 2), (3.0, 4)],
        [(1, True, 2.5), (2, False, -0.5)],
        [((1.0, 2.0), 3.0), ((4.0, 5.0), 6.0)],
        [Point(1.0, 2), Point(3.0, 4)],
    ],
)
def test_elements_come_out_as_they_went_in(data: list[Any]) -> None:
    made = pp.array(data)
    assert len(made) == len(data)
    assert exact(made.tolist()) == exact(data)
    assert exact(list(made)) == exact(data)
    assert exact([made[i] for i in range(-len(data), 0)]) == exact(data)
    assert exact(pickle.loads(pickle.dumps(made)).tolist()) == exact(data)
    assert pickle.loads(pickle.dumps(made)).dtype == made.dtype
    assert exact(copy.deepcopy(made).tolist()) == exact(data)
    assert exact(pp.array(iter(data)).tolist()) == exact(data)
    assert exact(pp.array(made).tolist()) == exact(data)


def test_many_rows_are_read_and_made_by_all_threads() -> None:
    rng = random.Random(1)
    rows = [(rng.random(), rng.randrange(-300, 300), rng.random() < 0.5) for _ in range(100_000)]
    assert exact(pp.array(rows).tolist()) == exact(rows)
    floats = [rng.gauss(0.0, 1.0) for _ in range(200_000)]
    assert pp.array(floats).tolist() == floats
    assert pp.array([(x, x) for x in floats]).tolist() == [(x, x) for x in floats]


def test_rows_given_as_lists_are_tuples() -> None:
    made = pp.array([[1.0, 2.0], [3.0, 4.0]])
    assert made.tolist() == [(1.0, 2.0), (3.0, 4.0)]
    made[0] = [5.0, 6.0]
    assert made[0] == (5.0, 6.0)


def test_a_class_lives_as_long_as_its_elements() -> None:
    made = pp.array([namedtuple("Gone", "x y")(1.0, i) for i in range(3)][:1])
    gc.collect()
    assert made[0].y == 0 and type(made.tolist()[0]).__name__ == "Gone"
    result = pp.map(lambda p: p, made)
    assert type(result[0]) is type(made[0])


def test_ints_join_floats() -> None:
    assert exact(pp.array([1, 2.5, True]).tolist()) == exact([1.0, 2.5, 1.0])
    assert exact(pp.array([(1, 2.0), (3.5, 4)]).tolist()) == exact([(1.0, 2.0), (3.5, 4.0)])
    floats = pp.array([1.0])
    floats.append(2)
    assert exact(floats.tolist()) == exact([1.0, 2.0])
    with pytest.raises(OverflowError):
        floats.append(10**400)


@pytest.mark.parametrize(
    ("start", "bad"),
    [([1.0], "a"), ([1.0], None), ([1], 1.5), ([True], 1), ([(1.0, 2.0)], (1.0,)), ([(1.0, 2.0)], 1.0), ([1], 1j)],
)
def test_an_element_of_another_kind_is_refused(start: list[Any], bad: Any) -> None:
    made = pp.array(start * 3)
    for put in (
        lambda: made.append(bad),
        lambda: made.insert(0, bad),
        lambda: made.__setitem__(1, bad),
        lambda: made.__setitem__(slice(0, 1), [start[0], bad]),
        lambda: made.extend([start[0], bad]),
    ):
        with pytest.raises(pp.ConversionError):
            put()
        assert exact(made.tolist()) == exact(start * 3)


def test_what_no_array_holds_names_the_element() -> None:
    with pytest.raises(pp.ConversionError, match=r"'str'.*\(element 2\)"):
        pp.array([1.0, 2.0, "a"])
    with pytest.raises(pp.ConversionError, match=r"'dict'.*\(element 0\)"):
        pp.array([{}])


@pytest.mark.parametrize("dtype", DTYPES, ids=repr)
def test_every_dtype(dtype: pp.DType) -> None:
    values: list[Any] = {float: [0.5, -2.0, 3.0], int: [0, 1, 100], bool: [True, False, True]}[dtype.kind]
    for wanted in (dtype, dtype.name):
        made = pp.array(values, dtype=wanted)
        assert exact(made.tolist()) == exact(values)
        assert made.dtype is dtype
        assert made.nbytes == 3 * dtype.itemsize
        assert pickle.loads(pickle.dumps(made)).dtype is dtype
        rows = pp.array([tuple(values), tuple(values)], dtype=wanted)
        assert exact(rows.tolist()) == exact([tuple(values)] * 2)
        assert rows.flat.dtype is dtype
    assert pp.array([], dtype=dtype).dtype is dtype


@pytest.mark.parametrize("dtype", [d for d in DTYPES if d.kind is int], ids=repr)
def test_bounds_of_ints(dtype: pp.DType) -> None:
    bits = 8 * dtype.itemsize
    low, high = (0, 2**bits - 1) if dtype.name.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    made = pp.array([low, high], dtype=dtype)
    assert made.tolist() == [low, high]
    assert [made[0], made[1]] == [low, high]
    for beyond in (low - 1, high + 1):
        with pytest.raises(OverflowError, match="element 1"):
            pp.array([low, beyond], dtype=dtype)
        with pytest.raises(OverflowError):
            made[0] = beyond
    assert made.tolist() == [low, high]


def test_float32_is_rounded_once() -> None:
    made = pp.array([0.1, 1e-50, 16777217], dtype=pp.float32)
    assert made.tolist() == list(buffer_array("f", [0.1, 1e-50, 16777217]))
    with pytest.raises(OverflowError):
        pp.array([1e300], dtype=pp.float32)
    assert pp.array([math.inf, -math.inf], dtype=pp.float32).tolist() == [math.inf, -math.inf]


def test_views_share_and_slices_do_not() -> None:
    made = pp.array([float(i) for i in range(10)])
    part, copied = made.view(2, 5), made[2:5]
    part[0] = 20.0
    made[3] = 30.0
    assert part.tolist() == [20.0, 30.0, 4.0]
    assert copied.tolist() == [2.0, 3.0, 4.0]
    copied[0] = -1.0
    assert made[2] == 20.0
    with pytest.raises(BufferError, match="views"):
        made.append(1.0)
    with pytest.raises(BufferError, match="fixed length"):
        part.append(1.0)
    del part
    made.append(1.0)
    assert len(made) == 11


def test_columns_and_flat_are_views() -> None:
    rows = pp.array([(1.0, 2.0), (3.0, 4.0)])
    rows.columns[1][:] = [20.0, 40.0]
    rows.flat[0] = 10.0
    assert rows.tolist() == [(10.0, 20.0), (3.0, 40.0)]
    mixed = pp.array([Point(1.0, 2), Point(3.0, 4)])
    mixed.columns.y[1] = 9
    assert mixed.tolist() == [Point(1.0, 2), Point(3.0, 9)]
    with pytest.raises(TypeError, match="columns"):
        _ = mixed.flat
    with pytest.raises(AttributeError):
        _ = mixed.columns.z
    nested = pp.array([((1.0, 2.0), 3.0)])
    assert nested.columns[0].tolist() == [(1.0, 2.0)]
    assert nested.columns[0].columns[1].tolist() == [2.0]
    assert rows.view(1).flat.tolist() == [3.0, 40.0]
    assert rows.flat.view(1, 3).tolist() == [20.0, 3.0]


def test_repr_is_short() -> None:
    text = repr(pp.array([1.0] * 10**5))
    assert len(text) < 300 and all(word in text for word in ("100000", "float64", "cpu"))
    assert "..." not in repr(pp.array([1.0, 2.0]))
    assert "<table>" in pp.array([Point(1.0, 2)] * 20)._repr_html_()


# ---- map -------------------------------------------------------------------------------------------------------------


def scale(x: Any) -> Any:
    return x * 2.0 + 1.0


def wave(p: Any, t: float) -> Any:
    return (p[0], math.sin(p[0] + p[2] + t), p[2])


@pytest.mark.parametrize("count", [1, 16, 1000, 50_000])
def test_map_gives_an_array(count: int, device: str) -> None:
    floats = [0.25 * i for i in range(count)]
    result = pp.map(scale, pp.array(floats), device=device)
    assert type(result) is pp.Array
    assert exact(result.tolist()) == exact([scale(x) for x in floats])
    points = [(0.1 * i, 0.0, 0.2 * i) for i in range(count)]
    posed = pp.map(wave, pp.array(points), t=0.5, device=device)
    assert same(posed.tolist(), [wave(p, 0.5) for p in points], 0 if device == "cpu" else 4)


@pytest.mark.parametrize("dtype", DTYPES, ids=repr)
def test_map_reads_every_dtype(dtype: pp.DType, device: str) -> None:
    values: list[Any] = {float: [0.5, 2.0, 3.0], int: [0, 1, 100], bool: [True, False, True]}[dtype.kind] * 1000
    for where in ("auto", device):
        result = pp.map(lambda v: v + 1, pp.array(values, dtype=dtype), device=where)
        assert exact(result.tolist()) == exact([v + 1 for v in values])
        pairs = pp.map(lambda p: (p[1], p[0]), pp.array([(v, v) for v in values], dtype=dtype), device=where)
        assert exact(pairs.tolist()) == exact([(v, v) for v in values])


def test_map_of_float32_gives_float32() -> None:
    single = pp.array([0.1, 0.7], dtype=pp.float32)
    result = pp.map(lambda x: x * x / 3.0, single, device="cpu")
    assert result.dtype is pp.float32
    assert result.tolist() == list(buffer_array("f", [x * x / 3.0 for x in single]))
    assert pp.map(lambda x, y: x * y, single, pp.array([1.0, 2.0])).dtype is pp.float64


def test_unsigned_beyond_64_bits_are_handed_back() -> None:
    huge = pp.array([1, 2**64 - 1, 7], dtype=pp.uint64)
    assert pp.map(lambda v: v % 1000, huge, device="cpu").tolist() == [1, (2**64 - 1) % 1000, 7]


def test_map_hands_back_and_boxes_nothing_else() -> None:
    before = pp.stats()
    made = pp.array([float(i) for i in range(5000)])
    result = pp.map(lambda x: math.sqrt(x) if x != 7.0 else len(str(x)) * 1.0, made, device="cpu")
    assert result.tolist() == [math.sqrt(x) if x != 7.0 else 3.0 for x in made]
    assert pp.stats().elements - before.elements == 5000


def test_an_exception_is_cpythons_and_nothing_is_written() -> None:
    made = pp.array([4.0, 1.0, 0.0, 2.0])
    out = pp.array([9.0] * 4)
    for device in ("auto", "cpu"):
        with pytest.raises(ZeroDivisionError) as raised:
            pp.map(lambda x: 1.0 / x, made, out=out, device=device)
        assert "element 2" in raised.value.__notes__[0]
        assert out.tolist() == [9.0] * 4


def test_results_of_several_kinds_are_stored_as_one() -> None:
    made = pp.array([-2.0, 0.5, 3.0] * 400)
    functions: list[Any] = [
        lambda x: x if x > 0.0 else 0,
        lambda x: 2**53 if x > 1.0 else x,
        lambda x: x > 0.0 if x < 1.0 else 3,
        lambda x: (1, x) if x > 0.0 else (x, 2),
    ]
    for function in functions:
        results = [function(x) for x in made]
        want = pp.array(results).tolist()
        got = pp.map(function, made, device="cpu")
        assert same(got.tolist(), want)
        out = pp.array([want[0]] * len(made))
        assert pp.map(function, made, out=out, device="cpu") is out
        assert same(out.tolist(), want)
    floats = pp.array([0.0] * len(made))
    ints = pp.array(list(range(len(made))))
    assert same(pp.map(lambda i: i, ints, out=floats, device="cpu").tolist(), [float(i) for i in ints])
    assert same(pp.map(lambda i: i > 5, ints, out=floats, device="cpu").tolist(), [float(i > 5) for i in ints])
    narrow = pp.array([0.0] * len(made), dtype=pp.float32)
    large = 2**53 + 2**29 + 1  # which would be another number if it were rounded twice
    assert pp.map(lambda i: large if i else 1.5, ints, out=narrow, device="cpu")[1] == float(2**53 + 2**30)


@pytest.mark.parametrize("large", [2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63) + 1])
def test_ints_that_no_float_is_equal_to_are_not_rounded(large: int) -> None:
    made = pp.array([1, 2, large])
    functions: list[Any] = [
        lambda x: x if x else 1.5,
        lambda x: (x, 1.5) if x else (2.5, x),
        lambda x: 2**x if 0 < x < 3 else x,
    ]
    for function in functions:
        for device in ("auto", "cpu"):
            with pytest.raises(OverflowError, match="no float is equal to.*result of element 2"):
                pp.map(function, made, device=device)
        exact = pp.array([1, 2, 2**53, -(2**53), 2**54, -(2**62)])
        assert pp.map(function, exact[:2], device="cpu") == [function(x) for x in (1, 2)]
    assert pp.map(lambda x: x if x else 1.5, exact, device="cpu").tolist() == exact.tolist()
    out = pp.array([0.0] * 3)
    assert pp.map(functions[0], made, out=out, device="cpu")[2] == float(large)


def test_results_that_do_not_fit_are_refused() -> None:
    made = pp.array([1, 300, 2])
    out = pp.array([0, 0, 0], dtype=pp.uint8)
    for device in ("auto", "cpu"):
        with pytest.raises(OverflowError, match="element 1"):
            pp.map(lambda v: v + 1, made, out=out, device=device)
        assert out.tolist() == [0, 0, 0]
        with pytest.raises(pp.ConversionError):
            pp.map(lambda v: v * 0.5, made, out=out, device=device)
        with pytest.raises(OverflowError):
            pp.map(lambda v: v * 10**18, pp.array([10, 1]), device=device)


def test_out() -> None:
    made = pp.array([1.0, 2.0, 3.0])
    out = pp.array([0.0] * 3)
    window, everything = out.view(1, 2), memoryview(out)
    assert pp.map(scale, made, out=out, device="cpu") is out
    assert out.tolist() == window.tolist()[:0] + [3.0, 5.0, 7.0] == everything.tolist()
    assert window.tolist() == [5.0]
    assert pp.map(scale, out, out=out, device="cpu").tolist() == [7.0, 11.0, 15.0]
    table = pp.array([(0.0, 0.0)] * 3, dtype=pp.float32)
    pp.map(lambda x: x * 0.1, made, out=table.columns[1], device="cpu")
    assert table.columns[1].tolist() == list(buffer_array("f", [x * 0.1 for x in made]))
    with pytest.raises(ValueError, match="out has 2"):
        pp.map(scale, made, out=pp.array([0.0, 0.0]))
    fresh = pp.array([0.0] * 2)
    assert pp.map(scale, [1.0, 2.0], out=fresh) is fresh
    assert fresh.tolist() == [3.0, 5.0]
    assert pp.map(scale, pp.array([1.0, 2.0]), out=[0, 0]) == [3.0, 5.0]
    rows = pp.array([(0.0, 0)] * 2)
    assert pp.map(lambda i: (i * 0.5, i), range(2), out=rows) is rows
    assert rows.tolist() == [(0.0, 0), (0.5, 1)]
    with pytest.raises(pp.ConversionError):
        pp.map(lambda i: (i, "a"), [1, 2], out=rows)
    with pytest.raises(ValueError, match="out has 2"):
        pp.map(lambda i: (i, i), [1, 2, 3], out=rows)
    assert rows.tolist() == [(0.0, 0), (0.5, 1)]


def test_kinds_of_results_are_joined() -> None:
    made = pp.array([-1.0, 2.0] * 1000)
    assert exact(pp.map(lambda v: 0 if v < 0 else v * 1.5, made, device="cpu").tolist()) == exact([0.0, 3.0] * 1000)
    # What no Array holds comes as a list.
    assert pp.map(lambda v: None if v < 0 else v, made, device="cpu") == [None, 2.0] * 1000


def test_a_column_of_another_sort_makes_it_a_list() -> None:
    made = pp.array([1.0, 2.0])
    assert pp.map(lambda x, y: x + y, made, [10.0, 20.0]) == [11.0, 22.0]
    assert pp.map(lambda x, i: x + i, made, range(2)) == [1.0, 3.0]
    assert pp.map(lambda x, y: x * y, made, buffer_array("d", [3.0, 4.0, 5.0])).tolist() == [3.0, 8.0]
    with pytest.raises(ValueError, match="strict"):
        pp.map(lambda x, y: x * y, made, pp.array([1.0]), strict=True)
    assert len(pp.map(scale, pp.array([]))) == 0


@pytest.mark.parametrize("count", [100, 5000, 40_000])
def test_lists_beside_arrays_give_lists(count: int, device: str) -> None:
    floats, numbers = [0.5 * i for i in range(count)], list(range(count))
    rows = [(float(i), i) for i in range(count)]
    words = [str(i) for i in range(count)]
    columns = {
        "range": range(count), "steps": range(3 * count, 0, -3), "ints": numbers, "floats": floats, "rows": rows,
        "tuple": tuple(floats), "words": words, "mixed": [i if i % 2 else 0.5 for i in range(count)],
        "lists": [[x] for x in floats], "huge": range(2**62, 2**62 + 2**60 * count, 2**60),
    }  # fmt: skip
    functions: list[Any] = [
        lambda x, y: (x, y),
        lambda x, y: y,
        lambda x, y: y if x > 5.0 else x,
        lambda x, y: None if x > 5.0 else [x],
        lambda x, y: {"x": x, "s": str(x)},
        lambda x, y: 1.0 / (x + 1.0) if x != 7.0 else len(str(x)),
    ]
    for made in (pp.array(floats), pp.array(rows).columns[0]):
        for name, column in columns.items():
            for function in functions:
                result = pp.map(function, made, column, device=device if name in ("ints", "floats") else "auto")
                assert type(result) is list
                want = [function(x, y) for x, y in zip(made.tolist(), column)]
                assert exact(result) == exact(want), name
                if function is functions[1] and name not in ("range", "steps", "huge"):
                    assert all(got is given for got, given in zip(result, column))
    balls = pp.array([{"x": x} for x in floats])
    assert pp.map(lambda b, i: b["x"] * i, balls, range(count)) == [x * i for i, x in enumerate(floats)]
    with pytest.raises(ZeroDivisionError) as raised:
        pp.map(lambda x, i: x / (i - 50), pp.array(floats), range(count))
    assert "element 50" in raised.value.__notes__[0]
    assert len(pp.map(lambda x, i: i, pp.array(floats), range(7))) == 7
    with pytest.raises(ValueError, match="strict"):
        pp.map(lambda x, i: i, pp.array(floats), range(count + 1), strict=True)


def test_a_list_that_changes_meanwhile_is_as_it_was() -> None:
    made, others = pp.array([float(i) for i in range(5000)]), list(range(5000))

    def spoil(x: float, i: int) -> float:
        return x + i if x != 3.0 else eval("others.clear()", {"others": others}) or x + i

    assert pp.map(spoil, made, others) == [2.0 * i for i in range(5000)]
    assert others == []


def test_a_writer_meanwhile_does_not_disturb_the_columns() -> None:
    made = pp.array([float(i) for i in range(300)])

    def spoil(x: float) -> float:
        return x + 1.0 if x != 3.0 else eval("made.__setitem__(slice(None), [0.0] * 300)", {"made": made}) or x + 1.0

    assert pp.map(spoil, made).tolist() == [float(i + 1) for i in range(300)]
    assert made.tolist() == [0.0] * 300


def test_refusals_and_debugging() -> None:
    made = pp.array([1.0] * 3)
    with pytest.raises(pp.UnsupportedError):
        pp.map(lambda x: open("/dev/null"), made)


def test_debug_python_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARALLEL_PARTY_DEBUG", "python")
    result = pp.map(scale, pp.array([1.0, 2.0]))
    assert type(result) is pp.Array and result.tolist() == [3.0, 5.0]


@pytest.mark.parametrize("name", [1, b"cpu", ["cpu"]])
def test_a_device_is_named_by_a_str(name: Any) -> None:
    takes = (
        lambda: pp.array([1.0], device=name),
        lambda: pp.device(name),
        lambda: pp.map(abs, [1.0], device=name),
        lambda: pp.Event(device=name),
        lambda: pp.Stream(device=name),
    )
    for take in takes:
        with pytest.raises(TypeError, match=f"device must be a str such as \"cpu\", not '{type(name).__name__}'"):
            take()
