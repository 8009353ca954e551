"""Readers and kinds of src/data, through the test extension `_data_probe`.

Needs a build with PP_BUILD_TESTS; the extension's folder belongs on PYTHONPATH.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from typing import Any

import data_model as model
import pytest
from hypothesis import given
from hypothesis import strategies as st

probe = pytest.importorskip("_data_probe", reason="build with PP_BUILD_TESTS and put _data_probe on PYTHONPATH")

has_gil = getattr(sys, "_is_gil_enabled", lambda: True)()
PATHS = ["raw", "api", "auto"] if has_gil else ["api", "auto"]


def check_read(rows: list[Any] | tuple[Any, ...], kind: model.Kind, indices: list[int] | None = None) -> None:
    """Every way of reading gives what the model gives."""
    wanted = range(len(rows)) if indices is None else indices
    arrays, others = model.columns([rows[i] for i in wanted], kind)
    for path in PATHS:
        assert probe.read(rows, kind, path, indices) == (arrays, [wanted[i] for i in others]), path


@model.examples
@given(st.one_of(model.kinds.flatmap(model.values_of), model.kinds.flatmap(model.disturbed), model.strangers))
def test_kind_of(value: Any) -> None:
    assert probe.kind_of(value) == model.text(model.kind_of(value))


@pytest.mark.parametrize("value", model.EDGES)
def test_ints_end_at_64_bits(value: int) -> None:
    assert probe.kind_of(value) == ("int" if model.fits(value) else "Other")
    check_read([value, -value, (value,)], "int")
    check_read([(value, 1.0), (1, 1.0)], ("int", "float"))


def nested(depth: int, size: int) -> Any:
    """Rows within rows, all of them one shared object."""
    value: Any = 1.0
    for _ in range(depth):
        value = (value,) * size
    return value


@pytest.mark.parametrize(
    "value",
    [
        nested(8, 1),
        nested(9, 1),
        nested(1, 64),
        nested(1, 65),
        nested(2, 31),
        nested(2, 32),
        nested(8, 64),
        (),
        [],
        [[[]]],
        ((((((((),),),),),),),),
        (((((((((),),),),),),),),),
    ],
)
def test_kind_of_bounds(value: Any) -> None:
    kind = model.kind_of(value)
    assert probe.kind_of(value) == model.text(kind)
    if "..." not in str(model.text(kind)):
        check_read([value, value, None], kind)


def test_list_within_itself_is_looked_into_so_far() -> None:
    row: list[Any] = [1.0]
    row.append(row)
    pair: list[Any] = [row]
    row[1] = (pair,)
    assert probe.kind_of(row) == model.text(model.kind_of(row))
    check_read([row, row, [1.0]], model.kind_of(row))


def test_kinds_are_told_apart_by_type_and_order() -> None:
    values: list[Any] = [(1.0, 2), (2, 1.0), [1.0, 2], (1.0, True), (1.0, None), (1.0, (2,)), ((1.0,), 2)]
    assert len({probe.kind_of(value) for value in values}) == len(values)


@model.examples
@given(model.columns_of(), st.randoms(use_true_random=False))
def test_read_any_kind(column: tuple[model.Kind, list[Any]], shuffle: random.Random) -> None:
    kind, rows = column
    check_read(rows, kind)
    check_read(tuple(rows), kind)
    indices = [shuffle.randrange(len(rows)) for _ in range(7)] if rows else []
    check_read(rows, kind, indices)


@model.examples
@given(model.columns_of())
def test_read_uniform(column: tuple[model.Kind, list[Any]]) -> None:
    kind, rows = column
    for row in rows:
        found = model.leaves(row, kind)
        words = None
        if found is not None:
            packed = b"".join(
                model.pack([value], leaf).ljust(8, b"\0") for value, leaf in zip(found, model.leaf_types(kind))
            )
            words = [int.from_bytes(packed[i : i + 8], "little") for i in range(0, len(packed), 8)]
        for path in PATHS:
            assert probe.read_uniform(row, kind, path) == words


@pytest.mark.parametrize("size", range(1, 7))
@pytest.mark.parametrize("row", [tuple, list])
def test_float_rows_of_every_size(row: type, size: int) -> None:
    kind = row(["float"] * size)
    rows: list[Any] = [row(0.5 * i + k for k in range(size)) for i in range(50)]
    check_read(rows, kind)
    rows[3] = row([1] * size)
    rows[17] = row([0.5] * (size + 1))
    rows[18] = row([0.5] * (size - 1))
    rows[30] = (list if row is tuple else tuple)(rows[30])
    rows[49] = None
    check_read(rows, kind)
    check_read(rows, kind, [49, 3, 3, 0, 48] + list(range(50)))


LARGE = 100_000
CASES: dict[str, tuple[model.Kind, Any]] = {
    "float": ("float", lambda i: i * 0.1),
    "int": ("int", lambda i: i * 1_000_003**3 % 2**63 - 2**62),
    "bool": ("bool", lambda i: i % 3 == 0),
    "none": ("None", lambda i: None),
    "tuple": (("float", "float", "float"), lambda i: (i * 0.1, -i * 0.5, i / 7)),
    "list": (["float", "float", "float"], lambda i: [i * 0.1, -i * 0.5, i / 7]),
    "mixed": (("float", "int", "bool"), lambda i: (i * 0.1, i, i % 2 == 0)),
    "nested": ((["float", ("int", "int")], "None"), lambda i: ([i * 0.1, (i, -i)], None)),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("shuffled", [False, True])
def test_many_elements_by_many_threads(name: str, shuffled: bool) -> None:
    kind, make = CASES[name]
    rows: list[Any] = [make(i) for i in range(LARGE)]
    stray = random.Random(7)
    for i in stray.sample(range(LARGE), 500):
        rows[i] = stray.choice(["text", 2**70, (), [], (1.0, 2.0), object(), model.FloatChild(1.0)])
    if shuffled:
        stray.shuffle(rows)
    assert probe.read(rows, kind) == model.columns(rows, kind)
    indices = list(range(LARGE - 1, -1, -1))
    arrays, others = model.columns(rows[::-1], kind)
    assert probe.read(rows, kind, "auto", indices) == (arrays, [indices[i] for i in others])


def test_elements_of_other_kinds_only() -> None:
    rows = ["text"] * LARGE
    expected = model.columns(rows, ("float", "int"))
    assert expected[1] == list(range(LARGE))
    assert probe.read(rows, ("float", "int")) == expected


def test_kind_of_text() -> None:
    wanted = {"": "str", "a\xff": "str", "\u0100": "str[wide]", "\U0001f600": "str[wide]", "\ud800": "str[wide]"}
    assert {text: probe.kind_of(text) for text in wanted} == wanted
    assert probe.kind_of(("a", [1.0, "\u65e5"])) == "tuple[str, list[float, str[wide]]]"
    assert probe.kind_of(type("Text", (str,), {})("a")) == "Other"


def test_constants_are_never_read() -> None:
    for path in PATHS:
        assert probe.read(["text", 1.0], 0, path) == ([], [0, 1])
        assert probe.read_uniform(("text", 1.0), (0, "float"), path) is None


def test_nothing_is_kept() -> None:
    value = 0.1 * random.random()
    row = [value, 3]
    before = sys.getrefcount(value), sys.getrefcount(row)
    for path in PATHS:
        probe.read([row] * 100, ["float", "int"], path)
    probe.kind_of(row)
    assert (sys.getrefcount(value), sys.getrefcount(row)) == before


def test_reads_while_other_threads_change_the_rows() -> None:
    rows: list[Any] = [[i * 0.5, i * 0.25] for i in range(50_000)]
    stop = threading.Event()

    def change() -> None:
        """Replaces rows, makes them longer and shorter, swaps them."""
        chance = random.Random(3)
        while not stop.is_set():
            at = chance.randrange(len(rows))
            rows[at] = [chance.random(), chance.random()]
            rows[at - 1].append(1.0)
            del rows[at - 1][0]
            rows[at], rows[0] = rows[0], rows[at]

    worker = threading.Thread(target=change)
    worker.start()
    try:
        for _ in range(100):
            (first, second), others = probe.read(rows, ["float", "float"])
            assert len(first) == len(second) == 8 * 50_000
            assert len(others) <= 1  # the row that has been appended to, and not yet cut
    finally:
        stop.set()
        worker.join()


def run_with(setting: str | None) -> bool:
    """Whether a fresh interpreter reads raw under that setting."""
    environment = {k: v for k, v in os.environ.items() if k != "PARALLEL_PARTY_RAW_READS"}
    environment["PYTHONPATH"] = os.path.dirname(probe.__file__)
    if setting is not None:
        environment["PARALLEL_PARTY_RAW_READS"] = setting
    code = (
        "import _data_probe as p; r = p.read([1.5, 2, True], 'float');"
        "assert r[1] == [1, 2] and r[0][0][:8] == b'\\0\\0\\0\\0\\0\\0\\xf8?', r; print(p.raw_reads_enabled())"
    )
    answer = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return {"True": True, "False": False}[answer.stdout.strip()]


def test_raw_reads_work_here_and_can_be_turned_off() -> None:
    assert run_with(None) is has_gil
    assert run_with("1") is has_gil
    assert run_with("0") is False
