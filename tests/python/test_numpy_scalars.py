"""numpy's scalars as elements: read raw, computed with where numpy has nothing to say of its own, else CPython's."""

from __future__ import annotations

import datetime
import decimal
import math
import operator
import os
import random
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from conftest import agrees, assert_fine

import parallel_party as pp

np = pytest.importorskip("numpy")

NUMBERS = [random.Random(k).uniform(-50.0, 50.0) for k in range(600)]
FLOATS = [np.float64(x) for x in NUMBERS]
INTEGERS = ["int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "longlong", "ulonglong"]


def handed_back(f: Callable[..., Any], *columns: list[Any]) -> int:
    """How many elements CPython evaluates; the answer is that of the comprehension."""
    before = pp.stats().handed_back
    assert agrees(f, *columns, device="cpu")
    return pp.stats().handed_back - before


@pytest.mark.parametrize(
    "f",
    [
        lambda v: v + 1.5,
        lambda v: 1.5 - v,
        lambda v: v * 3,
        lambda v: 2 * v,
        lambda v: True + v,
        lambda v: v * v - v,
        lambda v: v / 3.0,
        lambda v: v / 7,
        lambda v: v**2,
        lambda v: (v * v) ** 0.5,
        lambda v: -v,
        lambda v: +v,
        lambda v: abs(v),
        lambda v: pow(v, 3),
        lambda v: float(v),
        lambda v: int(v),
        lambda v: bool(v),
        lambda v: v.item(),
        lambda v: v.item() + 1,
        lambda v: math.sin(v) + math.floor(v) + math.trunc(v),
        lambda v: math.atan2(v, 2.0),
        lambda v: math.isfinite(v),
        lambda v: v > 1.0,
        lambda v: (v < 1, v <= 1, v == 1, v != 1, 1 < v, 1.5 >= v),
        lambda v: 1.0 if v > 1 else 2.0,
        lambda v: v if v > 0 else -v,
        lambda v: v if v > 0 else 0.0,
        lambda v: not v > 1,
        lambda v: (v > 1) & (v < 20),
        lambda v: (v > 1) | (v < -20),
        lambda v: (v > 1) ^ True,
        lambda v: v > 1 and v < 20,
        lambda v: v > 1 or v,
        lambda v: -20 < v < 20,
        lambda v: (v, float(v), v + 1),
        lambda v: [v, v],
        lambda v: {"a": v * 2.0, "b": v},
        lambda v: isinstance(v, float),
        lambda v: isinstance(v, int),
        lambda v: isinstance(v, np.float64),
        lambda v: v.__class__ is np.float64 and type(v) is not float,
        lambda v: v is None,
        lambda v: operator.mul(v, 2.0),
        lambda v: 1.0 if v else 0.0,
    ],
)
def test_float64(f):
    assert handed_back(f, FLOATS) == 0
    assert agrees(
        f, [*FLOATS[:40], *NUMBERS[:40], 3, None, "text", np.float32(2.5), np.int64(3), np.True_], device="cpu"
    )


def test_what_passes_is_the_same_object():
    assert all(x is y for x, y in zip(pp.map(lambda v: v, FLOATS, device="cpu"), FLOATS, strict=True))
    kept = pp.map(lambda v: v if v > 0 else (v, 1), FLOATS, device="cpu")
    assert all((x if v > 0 else x[0]) is v for x, v in zip(kept, FLOATS, strict=True))


def test_loops_and_rows():
    def total(row: list[Any]) -> Any:
        s = row[0]
        for x in row:
            s = s + x * 2.0
        return s

    def halved(v: Any) -> Any:
        while v > 0.1:
            v = v / 2.0
        return v

    rows = [[np.float64(k), np.float64(-1.5 * k), np.float64(0.25)] for k in range(300)]
    assert handed_back(total, rows) == 0
    assert handed_back(halved, FLOATS) == 0
    assert handed_back(lambda r: (r[0], r[1] + r[2]), rows) == 0
    assert agrees(sum, rows, device="cpu")
    assert handed_back(lambda r: (max(r[0], r[1]), min(r)), rows) == 0
    long = [[np.float64(k)] * (k % 90) for k in range(300)]
    assert agrees(lambda r: [float(x) for x in r], long, device="cpu")
    pairs = handed_back(lambda a, b: a * b + a, FLOATS, FLOATS[::-1])
    assert pairs == 0 and handed_back(lambda a, b: a * b + a, FLOATS, NUMBERS) == 0


def test_made_ones_are_numpys():
    made = pp.map(lambda v: v * 2.0, FLOATS * 20, device="cpu")
    assert {type(x) for x in made} == {np.float64}
    assert [hash(x) for x in made[:600]] == [hash(x * 2.0) for x in NUMBERS]
    wanted = [v * 2.0 for v in FLOATS]
    assert [sys.getrefcount(made[k]) for k in range(9)] == [sys.getrefcount(wanted[k]) for k in range(9)]
    assert sum(made[:600]) == sum(v * 2.0 for v in FLOATS) and made[0].dtype == np.dtype("float64")
    truths = pp.map(lambda v: v > 1.0, FLOATS, device="cpu")
    assert all(x is (np.True_ if v > 1.0 else np.False_) for x, v in zip(truths, NUMBERS, strict=True))


SPECIAL = [0.0, -0.0, 1.0, -1.0, 5e-324, -2.5e-308, 1e308, -1.7e308, math.inf, -math.inf, math.nan, 2.0**53, 0.1]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("op", ["+", "-", "*", "/", "//", "%", "**", "<", "<=", "==", "!=", ">", ">="])
def test_all_pairs_of_special_values(op):
    values = [*map(np.float64, SPECIAL), *SPECIAL, 0, 1, -3, 2**53 + 1, -(2**53) - 1, 2**62, True, False]
    pairs = [(a, b) for a in values for b in values if isinstance(a, np.float64) or isinstance(b, np.float64)]
    pairs = [(a, b) for a, b in pairs if not (op == "**" and abs(b) > 1e9)]
    f = eval(f"lambda a, b: a {op} b")
    lefts, rights = [a for a, _ in pairs], [b for _, b in pairs]
    want = [f(a, b) for a, b in pairs]
    got = pp.map(f, lefts, rights, device="cpu")
    assert [(type(x), repr(x)) for x in got] == [(type(x), repr(x)) for x in want]


@pytest.mark.parametrize("op", ["+", "-", "*", "/", "**"])
def test_random_bits(op):
    draw = random.Random(op)
    numbers = [draw.uniform(-1, 1) * 10.0 ** draw.randint(-160, 160) for _ in range(3000)]
    others = [
        draw.choice([draw.uniform(-9, 9), draw.randint(-9, 9), draw.randint(-(2**63), 2**63 - 1)]) for _ in numbers
    ]
    if op == "**":
        numbers = [abs(x) for x in numbers]
        others = [x if abs(x) < 10 else 0.5 for x in others]
    f = eval(f"lambda a, b: a {op} b")
    column = [np.float64(x) for x in numbers]
    with np.errstate(all="ignore"):
        want = [f(a, b) for a, b in zip(column, others, strict=True)]
        got = pp.map(f, column, others, device="cpu")
    assert [(type(x), x.hex()) for x in got] == [(type(x), x.hex()) for x in want]


@pytest.mark.parametrize("what", ["over", "under", "divide", "invalid"])
def test_what_numpy_was_told_to_raise(what):
    pairs = {"over": (1e308, 1e10), "under": (1e-300, 1e-10), "divide": (1.0, 0.0), "invalid": (math.inf, 0.0)}
    a, b = pairs[what]
    f = (lambda v, w: v / w) if what == "divide" else (lambda v, w: v * w)
    with np.errstate(**{what: "raise"}), pytest.raises(FloatingPointError):
        pp.map(f, [np.float64(1.0), np.float64(a)] * 300, [1.0, b] * 300, device="cpu")


@pytest.mark.parametrize("name", INTEGERS)
def test_ints(name):
    kind = getattr(np, name)
    info = np.iinfo(kind)
    draw = random.Random(name)
    # Older numpys compare unsigned ones of 64 bits with ints as floats.
    most = 2**53 if info.bits == 64 and info.min == 0 else int(info.max)
    column = [kind(draw.randint(int(info.min), most)) for _ in range(600)] + [kind(info.min), kind(0), kind(most)]
    for f in (
        lambda v: int(v),
        lambda v: float(v),
        lambda v: v.item() // 3,
        lambda v: 1 if v else 0,
        lambda v: math.sqrt(abs(float(v))),
        lambda v: math.sin(v),
        lambda v: (v > 3, v == 7, 5 <= v),
        lambda v: v if v > 3 else None,
        lambda v: isinstance(v, int) or isinstance(v, float),
    ):
        assert handed_back(f, column) == 0
        assert agrees(f, [*column[:30], 1, 2.5, np.float64(1.5)], device="cpu")
    assert agrees(lambda v: int(v) + 1 if v > 3 else v * 2, [kind(1), kind(9)] * 300, device="cpu")
    assert agrees(lambda v: int(v), [kind(info.max), kind(1)] * 40, device="cpu")
    with pytest.raises(pp.UnsupportedError, match=rf"'numpy\.{kind.__name__}'"):
        pp.map(lambda v: v * 2, column, device="cpu")


def test_float32_and_bool():
    column = [np.float32(x) for x in NUMBERS]
    for f in (
        lambda v: float(v) * 2.125,
        lambda v: int(v),
        lambda v: v.item(),
        lambda v: math.exp(v),
        lambda v: v or 1,
    ):
        assert handed_back(f, column) == 0
    assert agrees(lambda v: float(v) if v else v * 2, [np.float32(0.5), np.float32(0.0)] * 90, device="cpu")
    with pytest.raises(pp.UnsupportedError, match=r"'numpy\.float32'.*|write float"):
        pp.map(lambda v: v * 2.0, column, device="cpu")
    truths = [np.bool_(x > 0) for x in NUMBERS]
    for f in (lambda v: 1 if v else 2, lambda v: bool(v), lambda v: v & True, lambda v: not v, lambda v: int(v)):
        assert handed_back(f, truths) == 0


@pytest.mark.parametrize(
    "f",
    [
        lambda v: v // 2.0,
        lambda v: v % 2.0,
        lambda v: round(v),
        lambda v: round(v, 2),
        lambda v: f"{v}",
        lambda v: str(v),
        lambda v: v.real,
        lambda v: v.is_integer(),
        lambda v: v + np.float64(1.0),
        lambda v: v + 1j,
        lambda v: v == None,  # noqa: E711
        lambda v: v in (1.0, 2.0),
        lambda v: min(v, 0.0),
        lambda v: divmod(v, 3.0),
        lambda v: [1, 2, 3][int(abs(v)) % 3] * v,
        lambda v: np.float64(v),
        lambda v: hash(v) if v > 1 else v,
        lambda v: v is FLOATS[0],
        lambda v: (v > 0) is np.True_,
        lambda v: (v > 0) + 1,
    ],
)
def test_what_cpython_evaluates(f):
    assert agrees(f, FLOATS[:90], device="cpu")


def test_for_each():
    rows = [[v, 0.0] for v in FLOATS]

    def step(row: list[Any]) -> None:
        row[1] = row[0] * 2.0
        row[0] = float(row[0])

    want = [[float(v), v * 2.0] for v in FLOATS]
    pp.for_each(step, rows, device="cpu")
    assert [[(type(x), x) for x in row] for row in rows] == [[(type(x), x) for x in row] for row in want]


def test_refusals_name_the_type_that_was_met():
    f = lambda v: v % 3
    for element in (decimal.Decimal(1), datetime.timedelta(1), decimal.Decimal(2)):
        with pytest.raises(pp.UnsupportedError, match=f"'{type(element).__module__}.{type(element).__name__}'"):
            pp.map(f, [element] * 300, device="cpu")
    for kind in (np.float32, np.int8, np.uint16):
        with pytest.raises(pp.UnsupportedError, match=f"'numpy.{kind.__name__}'"):
            pp.map(f, [kind(1)] * 300, device="cpu")


def test_a_type_of_the_same_name_is_none():
    fake = type("float64", (float,), {"__module__": "numpy", "__mul__": lambda self, other: "mine"})
    assert agrees(lambda v: v * 2.0, [fake(1.5)] * 90, device="cpu")


PROGRAM = """
import numpy as np
import parallel_party as pp
column = [np.float64(k / 7) for k in range(20000)]
for f in (lambda v: v * 2.0, lambda v: float(v), lambda v: v > 9.0, lambda v: (v, v + 1.0)):
    got, want = pp.map(f, column, device="cpu"), [f(v) for v in column]
    assert got == want and [type(x) for x in got] == [type(x) for x in want]
assert pp.stats().handed_back == 0, pp.stats()
assert pp.map(lambda v: int(v), [np.int32(k) for k in range(999)], device="cpu") == list(range(999))
print("fine")
"""


@pytest.mark.parametrize("setting", [{}, {"PARALLEL_PARTY_RAW_READS": "0"}, {"PYTHONMALLOC": "debug"}], ids=str)
def test_in_other_surroundings(setting):
    assert_fine(PROGRAM, setting)


def test_numpy_is_never_imported():
    program = "import sys, parallel_party as pp; pp.map(lambda v: v + 1, [1.5] * 300); print('numpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], env=dict(os.environ), capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
