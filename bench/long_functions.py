"""Functions of any length, one family for each shape of code: what compile time is measured and tested with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _straight(lines: int) -> str:
    body = "".join(f"    y = y * {1.0 + i / 1000} + x - {i}.5\n" for i in range(lines - 2))
    return f"def f(x):\n    y = x\n{body}    return y\n"


def _many_names(lines: int) -> str:
    body = "".join(f"    v{i + 1} = v{i} * {1.0 + i / 1000} + x - {i}.5\n" for i in range(lines - 2))
    return f"def f(x):\n    v0 = x\n{body}    return v{lines - 2} + v{lines // 2} + v1\n"


def _ints(lines: int) -> str:
    body = "".join(f"    y = (y + k * {i + 3}) % 1000003\n" for i in range(lines - 3))
    return f"def f(x):\n    y = 1\n    k = int(x)\n{body}    return y\n"


def _branches(lines: int) -> str:
    return "def f(x):\n" + "".join(f"    if x > {i}.0: x = x - {i}.0\n" for i in range(1, lines)) + "    return x\n"


def _early_returns(lines: int) -> str:
    return "def f(x):\n" + "".join(f"    if x < {i}.0: return {i}.25\n" for i in range(1, lines)) + "    return x\n"


def _elif_chain(lines: int) -> str:
    arms = "".join(f"    elif x < {i}.0:\n        y = x * {i}.25\n" for i in range(1, lines // 2))
    return f"def f(x):\n    if x < 0.0:\n        y = 0.5\n{arms}    else:\n        y = 1.0\n    return y\n"


def _loops(lines: int) -> str:
    outer = "    for i in range(n):\n        y = y * 0.5 + i\n"
    pair = outer + "        for j in range(i):\n            if y > j: y = y - 1.0\n"
    return f"def f(x):\n    y = x\n    n = int(x) % 3 + 2\n{pair * (lines // 4)}    return y\n"


def _nested_loops(lines: int) -> str:
    heads = "".join("    " * depth + f"for i{depth} in range(n):\n" for depth in range(1, 8))
    nest = heads + "    " * 8 + "y = y * 0.5 + i1\n"
    return f"def f(x):\n    y = x\n    n = int(x) % 2 + 1\n{nest * (lines // 8)}    return y\n"


def _calls(lines: int) -> str:
    helpers = "def g(a, b):\n    return a * b + 1.0\ndef h(a):\n    if a > 5.0:\n        return a - 5.0\n    return a\n"
    body = "".join(f"    y = h(g(y, 0.5)) + {i}.0\n" for i in range(lines - 8))
    return f"{helpers}def f(x):\n    y = x\n{body}    return y\n"


def _math_functions(lines: int) -> str:
    body = "".join(f"    y = sin(y + {i}.0) * sqrt(abs(y)) / {i + 1}.0\n" for i in range(lines - 3))
    return f"from math import sin, sqrt\ndef f(x):\n    y = x\n{body}    return y\n"


def _big_expression(lines: int) -> str:
    terms = " +\n        ".join(f"(x * {i}.5 - x / {i + 1}.0)" for i in range(lines - 2))
    return f"def f(x):\n    return ({terms})\n"


def _divisions(lines: int) -> str:
    body = "".join(f"    y = y / (x + {i}.25) + x % {i + 1}.5\n" for i in range(lines - 2))
    return f"def f(x):\n    y = x\n{body}    return y\n"


SHAPES: dict[str, Callable[[int], str]] = {
    "straight": _straight,
    "many names": _many_names,
    "ints": _ints,
    "branches": _branches,
    "early returns": _early_returns,
    "elif chain": _elif_chain,
    "loops": _loops,
    "nested loops": _nested_loops,
    "calls": _calls,
    "math functions": _math_functions,
    "big expression": _big_expression,
    "divisions": _divisions,
}


def make(shape: str, lines: int) -> Callable[[float], Any]:
    """A function of that shape and about so many lines, over a float that is not negative."""
    names: dict[str, Any] = {}
    exec(compile(SHAPES[shape](lines), f"<{shape}, {lines} lines>", "exec"), names)
    function: Callable[[float], Any] = names["f"]
    return function
