"""The boxer of src/data, through the test extension `_data_probe` (see test_data_layer.py)."""

from __future__ import annotations

import copy
import gc
import sys
from collections.abc import Iterator
from typing import Any

import data_model as model
import pytest
from hypothesis import given
from hypothesis import strategies as st

probe = pytest.importorskip("_data_probe", reason="build with PP_BUILD_TESTS and put _data_probe on PYTHONPATH")


way = "api"  # in which results are made: through CPython's API, or in claimed pools


@pytest.fixture(params=["api", "pools"], scope="module", autouse=True)
def each_way(request: pytest.FixtureRequest) -> Iterator[None]:
    global way
    if request.param == "pools" and (reason := probe.why_no_pools()):
        pytest.skip(reason)
    way = request.param
    yield
    way = "api"


def box(*arguments: Any, **keywords: Any) -> list[Any]:
    return probe.box(*arguments, path=way, **keywords)


def variant(kind: model.Kind, first_slot: int = 0, origins: list[int] | None = None) -> tuple[Any, ...]:
    """A variant whose leaves lie in consecutive slots."""
    slots = list(range(first_slot, first_slot + len(model.leaf_types(kind))))
    return kind, origins or [0] * model.nodes(kind), slots


def paths_of(kind: model.Kind, column: int = 0) -> list[tuple[int, ...]]:
    """The way to every object of an element, in preorder."""
    if isinstance(kind, str):
        return [(column,)]
    below = [(i, path) for i, item in enumerate(kind) for path in paths_of(item)]
    return [(column,)] + [(column, i, *path[1:]) for i, path in below]


def at(value: Any, path: tuple[int, ...]) -> Any:
    """The object at the end of a path."""
    for i in path[1:]:
        value = value[i]
    return value


@st.composite
def uniform_columns(draw: st.DrawFn) -> tuple[model.Kind, list[Any]]:
    kind = draw(model.kinds)
    return kind, draw(st.lists(model.values_of(kind), min_size=1, max_size=8))


@model.examples
@given(uniform_columns())
def test_fresh_results(column: tuple[model.Kind, list[Any]]) -> None:
    kind, rows = column
    slots, _ = model.columns(rows, kind)
    result = box([variant(kind)], slots, len(rows))
    assert model.same(result, rows)
    assert all(model.same(probe.rebuild(kind, slots, i), row) for i, row in enumerate(rows))


@model.examples
@given(st.data())
def test_variants_by_tag(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(model.kinds, min_size=2, max_size=4))
    count = data.draw(st.integers(1, 8))
    tags = data.draw(st.lists(st.integers(0, len(kinds) - 1), min_size=count, max_size=count))
    columns = [data.draw(st.lists(model.values_of(kind), min_size=count, max_size=count)) for kind in kinds]
    slots, variants = [bytes(tags)], []
    for kind, rows in zip(kinds, columns):
        variants.append(variant(kind, len(slots)))
        slots += model.columns(rows, kind)[0]
    result = box(variants, slots, count)
    assert model.same(result, [columns[tag][i] for i, tag in enumerate(tags)])


@model.examples
@given(uniform_columns(), st.data())
def test_an_unchanged_element_is_the_same_object(column: tuple[model.Kind, list[Any]], data: st.DataObject) -> None:
    kind, rows = column
    paths = paths_of(kind)
    slots, _ = model.columns(rows, kind)
    whole = box([variant(kind, 0, list(range(1, len(paths) + 1)))], slots, len(rows), [rows], paths)
    assert all(a is b for a, b in zip(whole, rows, strict=True))

    # Some nodes only: each that has an origin is the object of that place, whatever its row is.
    has_origin = [data.draw(st.booleans()) for _ in paths]
    origins = [i + 1 if used else 0 for i, used in enumerate(has_origin)]
    some = box([variant(kind, 0, origins)], slots, len(rows), [rows], paths)
    assert model.same(some, rows)
    for made, row in zip(some, rows):
        for path, used in zip(paths, has_origin):
            if used:
                assert at(made, path) is at(row, path)


@model.examples
@given(st.data())
def test_a_changed_element_is_made_anew(data: st.DataObject) -> None:
    kind = data.draw(model.kinds)
    rows = data.draw(st.lists(model.values_of(kind), min_size=1, max_size=6))
    slots, _ = model.columns(rows, kind)
    now = [data.draw(st.just(row) | model.values_of(kind) | model.disturbed(kind)) for row in rows]
    paths = paths_of(kind)
    result = box([variant(kind, 0, list(range(1, len(paths) + 1)))], slots, len(rows), [now], paths)
    assert model.same(result, rows)
    for made, row, changed in zip(result, rows, now):
        if model.same(row, changed):
            assert made is changed
        elif isinstance(made, list):
            assert made is not changed


@model.examples
@given(uniform_columns(), st.data())
def test_dynamic_origins(column: tuple[model.Kind, list[Any]], data: st.DataObject) -> None:
    kind, rows = column
    paths = paths_of(kind)
    slots, _ = model.columns(rows, kind)
    other = copy.deepcopy(rows)
    nodes = model.nodes(kind)
    dynamic = [data.draw(st.booleans()) for _ in range(nodes)]
    # An origin slot for each dynamic node: fresh, from the first column or from the second.
    sources = [[data.draw(st.sampled_from([0, 1, 2])) for _ in rows] for used in dynamic if used]
    origins = [-1 if used else 0 for used in dynamic]
    own = list(range(len(slots)))
    numbered = [
        [0 if s == 0 else node + 1 + (s - 1) * nodes for s in source]
        for source, node in zip(sources, [n for n in range(nodes) if dynamic[n]])
    ]
    packed = [b"".join(n.to_bytes(4, "little") for n in source) for source in numbered]
    shape = (kind, origins, own + list(range(len(slots), len(slots) + len(packed))))
    result = box([shape], slots + packed, len(rows), [rows, other], paths + paths_of(kind, 1))
    assert model.same(result, rows)
    sources_of = dict(zip([path for path, used in zip(paths, dynamic) if used], sources))
    for path, source in sources_of.items():
        for i, made in enumerate(result):
            # What lies in a row that is itself an original is what that row holds.
            in_original = any(sources_of.get(path[:n], [0] * len(rows))[i] for n in range(1, len(path)))
            if source[i] and not in_original:
                assert at(made, path) is at((rows, other)[source[i] - 1][i], path)


def test_origin_in_another_column_and_place() -> None:
    left = [(0.1 * i, [0.2 * i]) for i in range(5)]
    right = [0.3 * i for i in range(5)]
    slots = [model.pack(right, "float"), model.pack([row[1][0] for row in left], "float")]
    result = box([(("float", ["float"]), [0, 3, 2, 0], [0, 1])], slots, 5, [left, right], [(0,), (0, 1), (1,)])
    assert all(made[0] is b and made[1] is a[1] for made, a, b in zip(result, left, right))


def test_bits_decide() -> None:
    zeros = [0.0, -0.0, float("nan"), 1, True, 1.0]
    packed = model.pack([-0.0, -0.0, float("nan"), 1.0, 1.0, 1.0], "float")
    result = box([("float", [1], [0])], [packed], 6, [zeros], [(0,)])
    assert [made is was for made, was in zip(result, zeros)] == [False, True, True, False, False, True]
    assert model.same(result[0], -0.0)


def test_skipped_and_selected() -> None:
    rows = [0.5 * i for i in range(6)]
    packed = model.pack([2.5, 0.0, 1.5], "float")
    result = box([("float", [1], [0])], [packed], 3, [rows], [(0,)], indices=[5, 1, 3], skip=b"\0\1\0")
    assert result == [..., ..., ..., 1.5, ..., 2.5]
    assert result[3] is rows[3] and result[5] is rows[5]
    fresh = box([(("float",), [0, 0], [0])], [packed], 3, indices=[5, 1, 3], skip=b"\0\1\0")
    assert fresh == [..., ..., ..., (1.5,), ..., (2.5,)]
    tagged = box([variant("float", 1), variant("None")], [b"\0\1\1", packed], 3, indices=[2, 0, 1])
    assert tagged == [None, None, 2.5]


def test_constants() -> None:
    class Thing:
        pass

    constants = ["text", Thing()]
    before = [sys.getrefcount(constant) for constant in constants]
    result = box([((0, [1, "None"], "bool"), [0] * 6, [0])], [b"\0\1"], 2, objects=constants)
    assert [row[0] for row in result] == [constants[0]] * 2
    assert all(row[0] is constants[0] and row[1][0] is constants[1] and row[1][1] is None for row in result)
    assert [row[2] for row in result] == [False, True]
    assert sys.getrefcount(constants[1]) == before[1] + 2
    assert box([(1, [0], [])], [], 2, objects=constants) == [constants[1]] * 2
    del result
    assert sys.getrefcount(constants[1]) == before[1]


@pytest.mark.parametrize("count", [1, 2048, 2049, 30_000])
def test_many_results_of_many_shapes(count: int) -> None:
    """So many that several threads take part, each with its own blocks of each size."""
    floats = [0.5 * i for i in range(count)]
    ints = [(i % 300 - 5, i * 10**6, -i * 10**12 - 2**59, 2**62 + i, i - 2**63)[i % 5] for i in range(count)]
    flags = [i % 2 == 1 for i in range(count)]
    f, n, b = model.pack(floats, "float"), model.pack(ints, "int"), model.pack(flags, "bool")
    small = box([("int", [0], [0])], [n], count)
    assert small == ints and all(made is i for made, i in zip(small, ints) if -5 <= i <= 256)

    rows = box([(["float", "int", ("bool", "None", ()), ["float"]], [0] * 9, [0, 1, 2, 3])], [f, n, b, f], count)
    assert rows == [[x, i, (flag, None, ()), [x]] for x, i, flag in zip(floats, ints, flags)]
    assert all(gc.is_tracked(row) and not gc.is_tracked(row[2]) for row in rows)
    for row in rows[::3]:
        row.append(rows)
    for row in rows[::5]:
        row.clear()
    gc.collect(1)

    tags = bytes(i % 3 for i in range(count))
    mixed = box([("float", [0], [1]), ("int", [0], [2]), (["float"], [0, 0], [1])], [tags, f, n], count)
    assert mixed == [(x, i, [x])[tag] for x, i, tag in zip(floats, ints, tags)]

    given = [[x, i, (x,)] for x, i in zip(floats, ints)]
    before = [sys.getrefcount(row[0]) for row in given]
    kind = (["float", "int", ("float",)], "float", "float")
    paths = [(0,), (0, 0), (0, 1), (0, 2), (0, 2, 0)]
    passed = box(
        [(kind, [0, 1, 2, 3, 4, 5, 2, 5], [0, 1, 0, 0, 0])], [f, n], count, [given], paths, column_kind=kind[0]
    )
    assert all(p[0] is row and p[1] is row[0] and p[2] is row[2][0] for p, row in zip(passed, given))
    del rows, row, mixed, passed
    gc.collect()
    assert [sys.getrefcount(row[0]) for row in given] == before


def test_original_rows_hold_their_constants() -> None:
    marker, other = object(), object()
    rows: list[Any] = [(1.0, marker), (1.0, other), (1.0, None)]
    result = box([(("float", 0), [1, 0, 0], [0])], [model.pack([1.0] * 3, "float")], 3, [rows], [(0,)], [marker])
    assert result == [(1.0, marker)] * 3
    assert [made is row for made, row in zip(result, rows)] == [True, False, False]


def test_the_collector_watches_what_can_be_part_of_a_cycle() -> None:
    packed = model.pack([1.5, 2.5], "float")
    kinds: list[tuple[model.Kind, bool]] = [
        (("float",), False),
        (("float", ("float", "None")), False),
        ((["float"], "float"), True),
        (["float"], True),
        ((), False),
    ]
    for kind, tracked in kinds:
        slots = [packed] * len(model.leaf_types(kind))
        assert all(gc.is_tracked(made) is tracked for made in box([variant(kind)], slots, 2)), kind
    for constant, tracked in (("text", False), (frozenset([1]), True)):
        made = box([(("float", 0), [0, 0, 0], [0])], [packed], 2, objects=[constant])
        assert all(gc.is_tracked(row) is tracked for row in made), constant


@pytest.mark.parametrize("enabled", [True, False])
def test_nothing_is_collected_meanwhile(enabled: bool) -> None:
    rows = [[0.5 * i] for i in range(2000)]
    slots, _ = model.columns(rows, ["float"])

    class Trap:
        """Garbage that empties the column when it is found."""

        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            rows.clear()

    before = gc.isenabled(), gc.get_threshold()
    gc.collect()
    gc.disable()
    Trap()
    try:
        if enabled:
            gc.set_threshold(100_000)
            gc.enable()
            gc.set_threshold(1)
        made = box([(["float"], [0, 0], [0])], slots, 2000, [rows], [(0,)])
        assert gc.isenabled() is enabled
    finally:
        gc.set_threshold(*before[1])
        (gc.enable if before[0] else gc.disable)()
    assert made == [[0.5 * i] for i in range(2000)]


def test_out_of_memory_leaves_nothing_behind() -> None:
    if way != "api":
        pytest.skip("an allocator that fails is not pymalloc; see test_pools.py for claims that fail")
    testcapi = pytest.importorskip("_testcapi", reason="this Python comes without _testcapi")
    rows: list[Any] = [(1e10 + i, 2**60 + i, [None]) for i in range(5)]
    kind: model.Kind = ("float", "int", ["None"])
    slots, _ = model.columns(rows, kind)
    shape = (kind, [0, 2, 0, 0, 0], [0, 1])
    before = [sys.getrefcount(row[0]) for row in rows]
    outcomes = set()
    for start in range(60):
        testcapi.set_nomemory(start, start + 1)
        try:
            result = box([shape], slots, 5, [rows], [(0,), (0, 0)])
            testcapi.remove_mem_hooks()
            outcomes.add("made")
            assert result == rows
        except MemoryError:
            testcapi.remove_mem_hooks()
            outcomes.add("refused")
        finally:
            testcapi.remove_mem_hooks()
        result = None
        assert [sys.getrefcount(row[0]) for row in rows] == before
    assert outcomes == {"made", "refused"}


def test_nothing_leaks() -> None:
    rows = [(1e10 + i, [0.5]) for i in range(200)]
    kind = ("float", ["float"])
    slots, _ = model.columns(rows, kind)
    for origins in ([1, 2, 3, 4], [0, 2, 0, 4], [0, 0, 0, 0]):
        before = [sys.getrefcount(row) + sys.getrefcount(row[0]) + sys.getrefcount(row[1]) for row in rows]
        for i in range(20):
            box([(kind, origins, [0, 1])], slots, 200, [rows], paths_of(kind))
            if i == 9:  # free lists have been filled
                blocks = sys.getallocatedblocks()
        assert sys.getallocatedblocks() < blocks + 200
        assert [sys.getrefcount(row) + sys.getrefcount(row[0]) + sys.getrefcount(row[1]) for row in rows] == before
