"""Complex numbers, bit for bit."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import parallel_party as pp

SPECIAL = [0.0, -0.0, 1.0, -1.0, 1.5, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan]
PARTS = st.one_of(st.sampled_from(SPECIAL), st.floats(width=64))
NUMBERS = st.one_of(st.builds(complex, PARTS, PARTS), PARTS, st.integers(-(2**60), 2**60), st.booleans())


def bits(value: Any) -> Any:
    """A number's type and bits; all NaNs are one."""
    if isinstance(value, complex):
        return ("complex", bits(value.real), bits(value.imag))
    if isinstance(value, float):
        return "nan" if math.isnan(value) else struct.pack("d", value)
    if isinstance(value, tuple):
        return tuple(map(bits, value))
    return (type(value), value)


def outcome(call: Any) -> Any:
    try:
        return bits(call())
    except Exception as error:
        return type(error), str(error)


def agrees(f: Any, *elements: Any) -> None:
    want = outcome(lambda: f(*elements))
    columns = [[element] * 2 for element in elements]
    assert outcome(lambda: pp.map(f, *columns, device="cpu")[1]) == want


TWO = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "row": lambda a, b: (a, b * 1j, a.conjugate()),
}
ONE = {
    "neg": lambda z: -z,
    "pos": lambda z: +z,
    "parts": lambda z: (z.real, z.imag),
    "conjugate": lambda z: z.conjugate(),
    "truth": lambda z: 1 if z else 2,
    "square": lambda z: z**2,
    "power": lambda z: z**5,
    "made": lambda z: complex(z.imag, z.real),
    "mixed": lambda z: z * 2 + 1j - 0.5,
    "same": lambda z: complex(z),
}


@pytest.mark.parametrize("name", TWO)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(a=NUMBERS, b=NUMBERS)
@example(a=1 + 2j, b=0j)
@example(a=complex(-0.0, -0.0), b=0.0)
@example(a=2, b=complex(-0.0, 3.0))
def test_two_operands(name: str, a: Any, b: Any) -> None:
    if name == "/" and not isinstance(a, complex) and not isinstance(b, complex):
        return
    agrees(TWO[name], a, b)


@pytest.mark.parametrize("name", ONE)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(z=st.builds(complex, PARTS, PARTS))
def test_one_operand(name: str, z: complex) -> None:
    agrees(ONE[name], z)


def test_columns(device: str) -> None:
    column = [complex(i * 0.5, -i) for i in range(3000)]
    f = lambda z: (z * z + 0.25j, z)  # noqa: E731
    got = pp.map(f, column, device=device)
    assert [bits(row) for row in got] == [bits(f(z)) for z in column]
    assert all(row[1] is z for row, z in zip(got, column))


def test_mandelbrot(device: str) -> None:
    def steps(c: complex, limit: int) -> int:
        z = 0j
        for i in range(limit):
            z = z * z + c
            if z.real * z.real + z.imag * z.imag > 4.0:
                return i
        return limit

    grid = [complex(-2.0 + i * 0.01, -1.0 + j * 0.05) for i in range(250) for j in range(40)]
    assert pp.map(steps, grid, device=device, limit=50) == [steps(c, 50) for c in grid]


def test_order_raises() -> None:
    with pytest.raises(TypeError):
        pp.map(lambda z: z < 1j, [1j, 2j], device="cpu")
    with pytest.raises(ZeroDivisionError):
        pp.map(lambda z: 1 / z, [1j, 0j], device="cpu")


def test_captured() -> None:
    shift = 1 + 2j
    assert pp.map(lambda z: z + shift, [1j, 2j] * 200, device="cpu") == [1 + 3j, 1 + 4j] * 200
