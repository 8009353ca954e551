"""Random Python functions for differential tests: source text over a few columns, and edge values to feed them."""

from __future__ import annotations

import math

from hypothesis import strategies as st

FLOATS = [0.0, -0.0, 1.0, -1.5, 2.75, 1e-300, 5e-324, 1e300, -7.25, 0.1, 123456.789, math.inf, -math.inf, math.nan]
INTS = [0, 1, -1, 2, 7, -13, 255, 2**31, -(2**31), 2**53 + 1, 2**62, 2**63 - 1, -(2**63)]
EDGES = {"float": FLOATS, "int": INTS, "bool": [True, False]}

_MATH = [
    "sqrt",
    "sin",
    "cos",
    "exp",
    "log",
    "atan",
    "tanh",
    "floor",
    "ceil",
    "fabs",
    "erf",
    "log1p",
    "isnan",
    "degrees",
]
_BINARY = ["+", "-", "*", "/", "//", "%", "+", "-", "*"]
_BITS = ["&", "|", "^", "<<", ">>"]
_COMPARE = ["<", "<=", "==", "!=", ">", ">="]


@st.composite
def columns(draw: st.DrawFn) -> list[list[object]]:
    """Two or three columns of 30 elements: scalars of one kind, of mixed kinds, or rows."""
    result = []
    for _ in range(draw(st.integers(2, 3))):
        kind = draw(st.sampled_from(["float", "float", "int", "int", "bool", "mixed", "row", "rows of ints"]))
        result.append([_element(draw, kind) for _ in range(30)])
    return result


def _scalar(draw: st.DrawFn, kind: str) -> object:
    if kind == "float":
        return draw(st.one_of(st.sampled_from(FLOATS), st.floats(-100, 100)))
    if kind == "int":
        return draw(st.one_of(st.sampled_from(INTS), st.integers(-20, 20)))
    return draw(st.booleans())


def _element(draw: st.DrawFn, kind: str) -> object:
    if kind == "mixed":
        kind = draw(st.sampled_from(["float", "int", "bool"]))
    if kind == "row":
        return (_scalar(draw, "float"), _scalar(draw, "int"), [_scalar(draw, "float"), _scalar(draw, "bool")])
    if kind == "rows of ints":
        return [_scalar(draw, "int"), _scalar(draw, "int"), _scalar(draw, "int")]
    return _scalar(draw, kind)


class _Writer:
    """Writes one function; names that are surely bound so far are in `names`."""

    def __init__(self, draw: st.DrawFn, parameters: list[str]) -> None:
        self.draw = draw
        self.names = list(parameters)
        self.lines: list[str] = []
        self.loops = 0
        self.counter = 0

    def pick(self, items: list[str]) -> str:
        return self.draw(st.sampled_from(items))

    def expression(self, depth: int) -> str:
        choice = self.draw(st.integers(0, 13 if depth else 2))
        if choice <= 1:
            return self.pick(self.names)
        if choice == 2:
            return self.pick(["0", "1", "2", "-3", "0.5", "1.5", "-2.25", "10", "True", "1e10", "None"])
        sub = lambda: self.expression(depth - 1)  # noqa: E731
        if choice <= 6:
            return f"({sub()} {self.pick(_BINARY)} {sub()})"
        if choice == 7:
            return (
                f"({sub()} {self.pick(_BITS[:3])} {sub()})"
                if self.draw(st.booleans())
                else f"({sub()} {self.pick(_BITS[3:])} {self.pick(['1', '3', '7'])})"
            )
        if choice == 8:
            return f"({sub()} {self.pick(_COMPARE)} {sub()})"
        if choice == 9:
            return f"({sub()} if {sub()} else {sub()})"
        if choice == 10:
            return f"({sub()} {self.pick(['and', 'or'])} {sub()})"
        if choice == 11:
            return f"math.{self.pick(_MATH)}({sub()})"
        if choice == 12:
            call = self.pick(
                ["abs({})", "int({})", "float({})", "bool({})", "round({})", "(-{})", "(not {})", "(~{})", "({} ** 2)"]
            )
            return call.format(sub())
        return self.pick(["min({}, {})", "max({}, {})", "divmod({}, {})[0]", "({}, {})[1]", "[{}, {}][0]"]).format(
            sub(), sub()
        )

    def row_name(self) -> str:
        return self.pick(self.names)

    def statement(self, indent: str, depth: int) -> None:
        choice = self.draw(st.integers(0, 8 if depth else 3))
        if choice <= 2:
            name = f"v{self.counter}"
            self.counter += 1
            self.lines.append(f"{indent}{name} = {self.expression(2)}")
            self.names.append(name)
        elif choice == 3:
            self.lines.append(f"{indent}{self.pick(self.names)} {self.pick(['+', '-', '*'])}= {self.expression(1)}")
        elif choice <= 5:
            self.lines.append(f"{indent}if {self.expression(2)}:")
            self.block(indent, depth)
            if self.draw(st.booleans()):
                self.lines.append(f"{indent}else:")
                self.block(indent, depth)
        elif choice == 6:
            self.lines.append(f"{indent}for i{depth} in range({self.pick(['3', '4', '0, 7, 2', '5, 0, -2'])}):")
            self.block(indent, depth, in_loop=True)
        elif choice == 7:
            self.lines.append(
                f"{indent}for i{depth} in ({self.expression(1)}, {self.expression(1)}, {self.row_name()}):"
            )
            self.block(indent, depth, in_loop=True)
        else:
            name = f"n{self.counter}"
            self.counter += 1
            self.lines.append(f"{indent}{name} = 0")
            self.lines.append(f"{indent}while {name} < 4 and {self.expression(1)}:")
            self.lines.append(f"{indent}    {name} += 1")
            self.block(indent, depth, in_loop=True)

    def block(self, indent: str, depth: int, in_loop: bool = False) -> None:
        known = list(self.names)
        inner = indent + "    "
        for _ in range(self.draw(st.integers(1, 2))):
            self.statement(inner, depth - 1)
        tail = self.draw(st.integers(0, 5))
        if tail == 0:
            self.lines.append(f"{inner}return {self.expression(1)}")
        elif tail == 1 and in_loop:
            self.lines.append(f"{inner}{self.pick(['break', 'continue'])}")
        self.names = known


@st.composite
def functions(draw: st.DrawFn, parameters: int) -> str:
    """Source of a function `f` of so many parameters."""
    names = ["a", "b", "c"][:parameters]
    writer = _Writer(draw, names)
    for _ in range(draw(st.integers(1, 4))):
        writer.statement("    ", 2)
    results = [writer.expression(2) for _ in range(draw(st.integers(1, 3)))]
    result = results[0] if len(results) == 1 else f"({', '.join(results)})"
    return "\n".join([f"def f({', '.join(names)}):", *writer.lines, f"    return {result}", ""])
