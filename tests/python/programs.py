"""Random Python functions for differential tests: source text over a few columns, and edge values to feed them.

What is generated terminates and stays small: no name multiplies itself in a loop, exponents and shifts are constants.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

FLOATS = [0.0, -0.0, 1.0, -1.5, 2.75, 1e-300, 5e-324, 1e300, -7.25, 0.1, 123456.789, math.inf, -math.inf, math.nan]
INTS = [0, 1, -1, 2, 7, -13, 255, 2**31, -(2**31), 2**53 + 1, 2**62, 2**63 - 1, -(2**63)]
BIG = [2**63, -(2**63) - 1, 10**30]
EDGES = {"float": FLOATS, "int": INTS, "bool": [True, False]}

Below = Callable[[int], int]
"""Chooses one of so many possibilities, numbered from 0."""

# Kinds of columns, and whether their elements are rows.
COLUMNS = {
    "float": False,
    "int": False,
    "bool": False,
    "mixed": False,
    "optional": False,
    "big": False,
    "point": True,
    "nested": True,
    "ints": True,
    "ragged": True,
}

# What every program can see: helpers, and values of all sorts. `signed` asks for no NaN's sign, which is any.
PRELUDE = """\
import functools, heapq, itertools, math, operator
from collections import Counter, defaultdict, deque
SCALE, COUNT, NOTHING, FLAG, BIG, LIMITS = 2.5, 3, None, True, 2**70, (0.5, 2)
def helper(x, k=1, *, scale=2):
    return x * scale + k
def pick(row, i=0):
    return row[i] if len(row) > 1 else row
def first_above(limit, *values):
    for value in values:
        if value > limit:
            return value
    return None
class Odd(Exception):
    pass
def checked(x, low=0):
    if x < low:
        raise Odd(low)
    return x
def signed(x, y):
    return math.copysign(x, y) if y == y else x
def halves(n):
    return 0 if n < 1 else halves(n // 2) + halves(n // 3) + 1
"""

_MATH_1 = (
    "sqrt sin cos tan exp log log2 log10 log1p expm1 atan asin tanh sinh asinh floor ceil trunc fabs erf erfc gamma "
    "lgamma isnan isinf isfinite degrees radians ulp cbrt exp2"
).split()
_MATH_2 = "atan2 pow fmod hypot remainder nextafter isclose".split()
_MATH_2 = [*(f"math.{name}" for name in _MATH_2), "signed"]
_MATH_INT = [
    "math.gcd({}, {})",
    "math.lcm({}, {})",
    "math.comb(abs({}), {} % 9)",
    "pow({}, 2, {})",
    "math.isqrt({} & {})",
]
_OF_ROW = ["sum({})", "len({})", "min({})", "max({})", "math.fsum({})", "math.prod({})", "any({})", "all({})"]
_UNARY = ["abs({})", "float({})", "bool({})", "round({}, 2)", "(-{})", "(+{})", "(not {})", "({} ** 2)", "({} ** 0)"]
_UNARY += ["({} ** -1)", "(abs({}) ** 0.5)", "math.frexp({})[0]", "math.modf({})[1]", "math.ldexp({}, 3)"]
_WHOLE = ["int({})", "round({})", "math.floor({})", "(1 if {} else 0)"]
_BINARY = ["+", "-", "*", "/", "//", "%", "+", "-", "*"]
_COMPARE = ["<", "<=", "==", "!=", ">", ">="]
_CONSTANTS = "0 1 2 -3 0.5 1.5 -2.25 10 True 1e10 SCALE COUNT FLAG LIMITS[0] k0 k1".split()
_ODD = ["None", "NOTHING", "BIG"]
_CAUGHT = [
    "ZeroDivisionError",
    "(ValueError, OverflowError)",
    "ArithmeticError",
    "IndexError",
    "Odd",
    "TypeError",
    "Exception",
]
_OF_FUNCTIONS = [
    "sum(map(abs, {}))", "sorted({}, key=abs)[0]", "max({}, key=lambda x: -x)", "min({}, key=abs, default=0)",
    "len(list(filter(None, {})))", "functools.reduce(operator.add, {})", "sum(itertools.accumulate({}))",
    "sum(a * b for a, b in itertools.pairwise({}))", "[a for a, _ in itertools.combinations({}, 2)][:1] == [1]",
    "sum(itertools.chain({}, (1, 2)))", "{}.count(1)", "sorted({}, reverse=True)[-1]", "len(set({}))",
    "{{1: 0.5, 2.5: 3, 0: 7}}.get({}[0], 9)", "({}[0] in {{0, 1, 2.5}})", "next(iter({}), 0)",
]  # fmt: skip
# How a container is made, changed, and what it is asked.
_CONTAINERS = [
    (
        ["deque({})", "deque({}, 2)", "deque(maxlen=3)", "deque()"],
        [
            "{0}.append({1})",
            "{0}.append({1})",
            "{0}.appendleft({1})",
            "{0}.rotate(1)",
            "{0}.pop()",
            "if {0}: {0}.popleft()",
        ],
        ["len({0})", "sum({0})", "{0}[0]", "list({0})[:2]", "({1} in {0})", "(1 if {0} else 2)", "sorted({0})[-1:]"],
    ),
    (
        ["Counter({})", "Counter()", "Counter({})"],
        ["{0}[{1}] += 1", "{0}[{1}] -= 2", "{0}.update([{1}, 1])", "del {0}[{1}]", "{0}[1] = {1}"],
        ["len({0})", "{0}[{1}]", "{0}.total()", "{0}.most_common(2)[:1]", "list({0}.values())[:2]", "({1} in {0})"],
    ),
    (
        ["[]", "sorted({})", "[1]"],
        ["heapq.heappush({0}, {1})", "heapq.heappush({0}, {1})", "heapq.heappushpop({0}, {1})", "heapq.heapify({0})"],
        ["len({0})", "{0}[:2]", "heapq.heappop({0})", "heapq.nsmallest(2, {0})[:1]"],
    ),
]
_RANGES = ["3", "4", "0, 7, 2", "5, 0, -2", "{} % 4", "len({})"]


def _scalar(random: Random, kind: str) -> object:
    if kind == "float":
        return random.choice([random.choice(FLOATS), random.uniform(-100, 100)])
    if kind == "int":
        return random.choice([random.choice(INTS), random.randint(-20, 20)])
    return random.random() < 0.5


def _element(random: Random, kind: str) -> object:
    if kind == "mixed":
        kind = random.choice(["float", "int", "bool"])
    if kind == "optional":
        return _scalar(random, "float") if random.random() < 0.5 else None
    if kind == "big":
        return random.choice(BIG) if random.random() < 0.2 else _scalar(random, "int")
    if kind == "point":
        return (_scalar(random, "float"), _scalar(random, "float"), _scalar(random, "float"))
    if kind == "nested":
        return (_scalar(random, "float"), _scalar(random, "int"), [_scalar(random, "float"), _scalar(random, "bool")])
    if kind == "ints":
        return [_scalar(random, "int"), _scalar(random, "int"), _scalar(random, "int")]
    if kind == "ragged":
        return tuple(_scalar(random, "float") for _ in range(random.randint(1, 3)))
    return _scalar(random, kind)


def columns(below: Below, size: int = 30) -> tuple[list[str], list[list[Any]]]:
    """Two or three columns of `size` elements, and the kind of each."""
    kinds = [list(COLUMNS)[below(len(COLUMNS))] for _ in range(2 + below(2))]
    # Choosing each number by itself would take longer than all the rest.
    random = Random(below(2**32))
    return kinds, [[_element(random, kind) for _ in range(size)] for kind in kinds]


class _Writer:
    """Writes one function. Names that are surely bound so far are in `numbers` and `rows`, by what they should hold;
    those in `integers` are numbers that should be ints, those in `tables` dicts, sets and their like."""

    def __init__(self, below: Below, numbers: list[str], rows: list[str], integers: list[str]) -> None:
        self.below = below
        self.numbers, self.rows, self.integers = list(numbers), list(rows), list(integers)
        self.tables: list[str] = []
        self.lines: list[str] = []
        self.counter = 0
        self.loops = 0  #: around what is written now

    def pick(self, items: list[str]) -> str:
        return items[self.below(len(items))]

    def fresh(self, prefix: str) -> str:
        self.counter += 1
        return f"{prefix}{self.counter}"

    # ---- expressions -------------------------------------------------------------------------------------------------

    def atom(self) -> str:
        choice = self.below(40)
        if choice <= 20 and self.numbers:
            return self.pick(self.numbers)
        if choice <= 30 and self.rows:
            return f"{self.pick(self.rows)}[{self.pick(['0', '0', '1', '-1', 'COUNT - 3'])}]"
        if choice == 39:
            return self.pick(_ODD)  # no rows: times an int they may fill the memory
        return self.pick(_CONSTANTS)

    def integer(self, depth: int) -> str:
        choice = self.below(8)
        if choice <= 2 and self.integers:
            return self.pick(self.integers)
        if choice <= 5 or depth == 0:
            return self.pick(["COUNT", "7", "-2", "FLAG", "2**40"])
        return self.pick(_WHOLE).format(self.expression(depth - 1))

    def any(self) -> str:
        return self.pick([*self.numbers, *self.rows, *_ODD])

    def expression(self, depth: int) -> str:
        if depth == 0 or self.below(5) == 0:
            return self.atom()
        writers: list[Callable[[Callable[[], str]], str]] = [
            lambda sub: f"({sub()} {self.pick(_BINARY)} {sub()})",
            lambda sub: f"({sub()} {self.pick(_BINARY)} {sub()})",
            lambda sub: f"({self.integer(depth)} {self.pick(['&', '|', '^'])} {self.integer(depth)})",
            lambda sub: f"({self.integer(depth)} {self.pick(['<<', '>>'])} {self.pick(['1', '3', '7'])})",
            lambda sub: f"(~{self.integer(depth)})",
            lambda sub: self.pick(_MATH_INT).format(self.integer(depth), self.integer(0)),
            lambda sub: self.pick(_WHOLE).format(sub()),
            lambda sub: f"({sub()} {self.pick(_COMPARE)} {sub()})",
            lambda sub: f"({sub()} {self.pick(_COMPARE)} {sub()} {self.pick(_COMPARE)} {sub()})",
            lambda sub: f"({sub()} if {sub()} else {sub()})",
            lambda sub: f"({sub()} {self.pick(['and', 'or'])} {sub()})",
            lambda sub: f"math.{self.pick(_MATH_1)}({sub()})",
            lambda sub: f"{self.pick(_MATH_2)}({sub()}, {sub()})",
            lambda sub: self.pick(_UNARY).format(sub()),
            lambda sub: self.pick(["min({}, {})", "max({}, {})", "divmod({}, {})[0]"]).format(sub(), sub()),
            lambda sub: f"({sub()} {self.pick(['in', 'not in'])} ({sub()}, {sub()}))",
            lambda sub: f"({self.row(0)} {self.pick(_COMPARE)} {self.row(0)})",
            lambda sub: (
                f"({self.pick([*self.numbers, *self.rows, 'NOTHING'])} is {self.pick(['None', 'not None', 'NOTHING'])})"
            ),
            lambda sub: f"isinstance({self.any()}, {self.pick(['int', 'float', 'bool', '(int, tuple)', 'list'])})",
            self.call,
            lambda sub: self.pick(_OF_ROW).format(self.row(depth - 1)),
            lambda sub: self.pick(_OF_FUNCTIONS).format(self.row(0)),
            lambda sub: f"checked({sub()}, {self.pick(['0', '-5', 'k0'])})",
            lambda sub: f"halves({self.integer(0)} % 20)",
            lambda sub: f"math.dist(({sub()}, {sub()}), ({sub()}, 1))",
        ]
        return writers[self.below(len(writers))](lambda: self.expression(depth - 1))

    def call(self, sub: Callable[[], str]) -> str:
        form = self.pick(
            [
                "helper({0})",
                "helper({0}, {1})",
                "helper({0}, scale={1})",
                "helper(k={0}, x={1})",
                "helper(*({0}, {1}), scale=FLAG)",
                "first_above({0}, {1}, 0.5)",
                "(lambda x, y=k0: x - y)({0})",
                "(lambda *rest: len(rest) + rest[0])({0}, {1})",
            ]
        )
        return form.format(sub(), sub())

    def row(self, depth: int) -> str:
        if self.rows and self.below(3) > 0:
            name = self.pick(self.rows)
            return self.pick(["{}", "{}", "{}[1:]", "{}[::-1]", "tuple({})", "list({})", "pick({}, 2)"]).format(name)
        items = [self.expression(min(depth, 1)) for _ in range(1 + self.below(3))]
        forms = ["({},)", "[{}]", "({},)"]
        if depth > 0:
            forms += ["tuple(x * 2 for x in ({},))", "[x for x in ({},) if x]", "[*({},), 1]", "(({},), [1.5])"]
        return self.pick(forms).format(", ".join(items))

    # ---- statements --------------------------------------------------------------------------------------------------

    def statement(self, indent: str, depth: int) -> None:
        writers = [self.assign, self.assign, self.assign_row, self.augment, self.unpack, self.define]
        if depth > 0:
            writers += [
                self.attempt,
                self.attempt,
                self.change_list,
                self.match,
                self.table,
                self.nested,
                self.container,
            ]
            writers += [self.branch, self.branch, self.for_range, self.for_row, self.while_loop]
        writers[self.below(len(writers))](indent, depth)

    def assign(self, indent: str, depth: int) -> None:
        name = self.fresh("v")
        self.lines.append(f"{indent}{name} = {self.expression(2)}")
        self.numbers.append(name)

    def assign_row(self, indent: str, depth: int) -> None:
        name = self.fresh("r")
        self.lines.append(f"{indent}{name} = {self.row(1)}")
        self.rows.append(name)

    def augment(self, indent: str, depth: int) -> None:
        if not self.numbers:
            return self.assign(indent, depth)
        # Never by itself in a loop: numbers would double their digits each time, or treble them (`b += comb(b, 3)`).
        change = f"*= {self.pick(['-1', '0.5', 'FLAG'])}"
        if self.below(3) > 0:
            value = self.expression(1)
            if self.loops > 0:
                value = self.pick([self.atom(), f"(({value}) % 1009)"])
            change = f"{self.pick(['+', '-', '+', '/', '//', '%'])}= {value}"
        self.lines.append(f"{indent}{self.pick(self.numbers)} {change}")

    def unpack(self, indent: str, depth: int) -> None:
        first, second = self.fresh("u"), self.fresh("u")
        if self.rows and self.below(3) == 0:
            self.lines.append(f"{indent}{first}, *{second} = {self.pick(self.rows)}")
            self.numbers.append(first)
            self.rows.append(second)
        else:
            form = self.pick(["{}, {} = {}, {}", "({}, {}) = [{}, {}]", "{}, {} = divmod({}, {})"])
            self.lines.append(indent + form.format(first, second, self.expression(1), self.expression(1)))
            self.numbers += [first, second]

    def define(self, indent: str, depth: int) -> None:
        """A nested function over what is bound here, and a call of it."""
        name, result = self.fresh("g"), self.fresh("v")
        default, first, second = self.expression(0), self.expression(1), self.expression(0)
        self.numbers += ["x", "y"]
        body = self.expression(2)
        self.numbers = self.numbers[:-2]
        self.lines += [f"{indent}def {name}(x, y={default}):", f"{indent}    return {body}"]
        call = self.pick([f"{name}({first})", f"{name}({first}, {second})", f"{name}(y={first}, x={second})"])
        self.lines.append(f"{indent}{result} = {call}")
        self.numbers.append(result)

    def branch(self, indent: str, depth: int) -> None:
        self.lines.append(f"{indent}if {self.expression(2)}:")
        self.block(indent, depth)
        if self.below(3) == 0:
            self.lines.append(f"{indent}elif {self.expression(1)}:")
            self.block(indent, depth)
        self.otherwise(indent, depth)

    def attempt(self, indent: str, depth: int) -> None:
        """A try statement; names that it binds are not used behind it, for it may not come to that."""
        name = self.fresh("v")
        self.lines += [f"{indent}{name} = {self.expression(0)}", f"{indent}try:"]
        self.lines.append(f"{indent}    {name} = {self.expression(2)}")
        self.block(indent, depth)
        caught = sorted({self.pick(_CAUGHT), self.pick(_CAUGHT)} - {"Exception"})
        for names in caught:
            self.lines.append(f"{indent}except {names}:")
            self.block(indent, depth)
        if self.below(2) == 0:
            self.lines += [
                f"{indent}except {self.pick(_CAUGHT)} as error:",
                f"{indent}    {name} = {self.expression(1)}",
            ]
        elif not caught:
            self.lines += [f"{indent}except Exception:", f"{indent}    pass"]
        if self.below(3) == 0:
            self.lines.append(f"{indent}else:")
            self.block(indent, depth)
        if self.below(3) == 0:
            self.lines += [f"{indent}finally:", f"{indent}    {name} = ({name}, 1)[0]"]
        self.numbers.append(name)

    def change_list(self, indent: str, depth: int) -> None:
        """A list of one's own and some changes of it."""
        name = self.fresh("r")
        self.lines.append(f"{indent}{name} = [{self.expression(0)}, {self.expression(1)}, {self.expression(0)}]")
        for _ in range(1 + self.below(3)):
            change = self.pick(
                [
                    "append({0})",
                    "insert(1, {0})",
                    "pop()",
                    "pop(0)",
                    "reverse()",
                    "sort()",
                    "remove({0})",
                    "extend(({0}, 1))",
                ]
            )
            self.lines.append(f"{indent}{name}.{change.format(self.expression(0))}")
        if self.below(2) == 0:
            self.lines.append(f"{indent}{name}.append(1)")
        self.rows.append(name)

    def table(self, indent: str, depth: int) -> None:
        """A dict or set that grows by computed keys, and what it is asked."""
        name, result = self.fresh("t"), self.fresh("v")
        is_set = self.below(3) == 0
        self.lines.append(f"{indent}{name} = {'set()' if is_set else self.pick(['{}', '{}', '{1: 2}'])}")
        self.lines.append(f"{indent}for k{depth} in {self.row(1)}:")
        self.numbers.append(f"k{depth}")
        key, value = self.pick([f"k{depth}", f"k{depth}", self.expression(1)]), self.expression(1)
        self.numbers.pop()
        # No NaNs: CPython orders those of a set by their addresses, and sorts by what comes first.
        add = "if {1} == {1}: {0}.add({1})"
        changes = [add, add, "{0}.discard({1})"]
        if not is_set:
            changes = [
                "{0}[{1}] = {0}.get({1}, 0) + 1",
                "{0}[{1}] = {2}",
                "{0}.setdefault({1}, {2})",
                "{0}.pop({1}, None)",
            ]
        for _ in range(1 + self.below(2)):
            self.lines.append(f"{indent}    {self.pick(changes).format(name, key, value)}")
        asked = ["len({0})", "({1} in {0})", "sorted({0})[:1]", "(1 if {0} else 2)"]
        if not is_set:
            asked += [
                "{0}.get({1}, 0.5)",
                "sum({0}.values())",
                "list({0}.items())[-1:]",
                "{0}[{1}]",
                "max({0}, default=0)",
            ]
        question = self.pick(asked)
        self.lines.append(f"{indent}{result} = {question.format(name, self.expression(0))}")
        (self.rows if "]" in question[-5:] and ":" in question else self.numbers).append(result)
        self.tables.append(name)

    def container(self, indent: str, depth: int) -> None:
        """A deque, a Counter or a heap, some changes of it, and what it is asked."""
        name, result = self.fresh("q"), self.fresh("v")
        made, changes, asked = _CONTAINERS[self.below(len(_CONTAINERS))]
        self.lines.append(f"{indent}{name} = {self.pick(made).format(self.row(0))}")
        self.lines.append(f"{indent}for k{depth} in {self.row(1)}:")
        self.numbers.append(f"k{depth}")
        value = self.pick([f"k{depth}", self.expression(1)])
        self.numbers.pop()
        for _ in range(1 + self.below(3)):
            self.lines.append(f"{indent}    {self.pick(changes).format(name, value)}")
        question = self.pick(asked)
        self.lines.append(f"{indent}{result} = {question.format(name, self.expression(0))}")
        (self.rows if question.endswith("]") and ":" in question else self.numbers).append(result)
        self.tables.append(name)

    def nested(self, indent: str, depth: int) -> None:
        """Lists in a list or a dict, changed there, now and then while a variable names one."""
        name, named, result = self.fresh("t"), self.fresh("r"), self.fresh("v")
        number = self.integer(0) if self.below(3) else self.expression(1)
        is_dict = self.below(2) == 0
        first = "[[] for _ in range(3)]", "[[0] * 3 for _ in range(COUNT)]", f"[[{number}, 1] for _ in {self.row(0)}]"
        made = self.pick(["{}", "{}", "defaultdict(list)"] if is_dict else [*first])
        self.lines += [f"{indent}{name} = {made}", f"{indent}{named} = [0]"]
        self.lines.append(f"{indent}for k{depth} in {self.row(1)}:")
        self.numbers.append(f"k{depth}")
        value = self.integer(1) if self.below(3) else self.expression(1)
        key = self.pick([f"k{depth}", f"len({name}) % 2"] if is_dict else ["0", "-1", f"int(k{depth}) % 3"])
        self.numbers.pop()
        changes = ["{0}[{1}].append({2})", "{0}[{1}].append({2})", "{0}[{1}].extend(({2}, 0))", "{0}[{1}][0] = {2}"]
        changes += ["{0}[{1}][-1] += {2}", "{0}[{1}].insert(0, {2})", "{0}[{1}].pop()", named + " = {0}[{1}]"]
        changes += ["{0}.setdefault({1}, []).append({2})", "{0}[{1}] = [{2}]"] if is_dict else ["{0}.append([{2}])"]
        for _ in range(1 + self.below(3)):
            self.lines.append(f"{indent}    {self.pick(changes).format(name, key, value)}")
        rows = f"{name}.values()" if is_dict else name
        asked = [
            f"sum(len(x) for x in {rows})",
            f"len({name}) + len({named})",
            f"max(map(len, {rows}), default=0)",
            f"sorted(map(sum, {rows}))",
        ]
        self.lines.append(f"{indent}{result} = {self.pick([*asked, f'{name}[{self.integer(0)}]'])}")
        if self.below(3) > 0:
            self.rows.append(named if is_dict or self.below(2) else name)

    def match(self, indent: str, depth: int) -> None:
        subject = self.pick([*self.numbers, *self.rows, "None", "COUNT"])
        self.lines.append(f"{indent}match {subject}:")
        for case in (self.pick(["0", "1 | 2", "None", "True"]), self.pick(["(_, _)", "[_, *_]", "int()", "float(_)"])):
            self.lines.append(f"{indent}    case {case}:")
            self.block(indent + "    ", depth)
        self.lines.append(f"{indent}    case _:")
        self.block(indent + "    ", depth)

    def otherwise(self, indent: str, depth: int) -> None:
        if self.below(2) == 0:
            self.lines.append(f"{indent}else:")
            self.block(indent, depth)

    def for_range(self, indent: str, depth: int) -> None:
        bounds = self.pick(_RANGES)
        bounds = bounds.format(self.row(0) if bounds.startswith("len") else self.integer(1))
        self.lines.append(f"{indent}for i{depth} in range({bounds}):")
        self.block(indent, depth, loop_numbers=[f"i{depth}"])
        self.otherwise(indent, depth)

    def for_row(self, indent: str, depth: int) -> None:
        item, index = f"i{depth}", f"j{depth}"
        heads = [(f"{item} in {self.row(1)}", [item])]
        heads.append((f"{index}, {item} in enumerate({self.row(0)})", [item, index]))
        heads.append((f"{item}, {index} in zip({self.row(0)}, {self.row(0)})", [item, index]))
        head, names = heads[self.below(3)]
        self.lines.append(f"{indent}for {head}:")
        self.block(indent, depth, loop_numbers=names)
        self.otherwise(indent, depth)

    def while_loop(self, indent: str, depth: int) -> None:
        if self.below(4) == 0:
            return self.grow(indent)
        name = self.fresh("n")
        self.lines.append(f"{indent}{name} = 0")
        self.lines.append(f"{indent}while {name} < 4 and {self.expression(1)}:")
        self.lines.append(f"{indent}    {name} += 1")
        self.block(indent, depth, loop_numbers=[name])
        self.otherwise(indent, depth)

    def grow(self, indent: str) -> None:
        """A loop whose turns depend on the data: over values that no element has it might never end."""
        name = self.fresh("v")
        self.lines.append(f"{indent}{name} = {self.pick([self.expression(0), self.expression(1)])}")
        self.lines.append(f"{indent}while abs({name}) < {self.pick(['10', '1e3', '2**40'])}:")
        self.lines.append(f"{indent}    {name} = abs({name}) * 2 + 1")
        self.numbers.append(name)

    def block(self, indent: str, depth: int, loop_numbers: list[str] | None = None) -> None:
        known = list(self.numbers), list(self.rows), list(self.integers), list(self.tables)
        # Names of the loop are read only: what counts its turns must not be changed.
        inner = indent + "    "
        self.loops += loop_numbers is not None
        for _ in range(1 + self.below(2)):
            self.statement(inner, depth - 1)
        self.loops -= loop_numbers is not None
        if loop_numbers:
            name = self.fresh("v")
            self.lines.append(f"{inner}{name} = {self.pick(loop_numbers)} + {self.expression(1)}")
            self.numbers.append(name)
        tail = self.below(6)
        if tail == 0:
            self.lines.append(f"{inner}return {self.result(1)}")
        elif tail == 1 and loop_numbers:
            self.lines.append(f"{inner}{self.pick(['break', 'continue'])}")
        self.numbers, self.rows, self.integers, self.tables = known

    def result(self, depth: int) -> str:
        choice = self.below(6)
        if choice <= 2:
            return self.expression(depth)
        if choice == 3:
            return self.row(depth)
        items = ", ".join(self.expression(depth) for _ in range(1 + self.below(3)))
        if self.tables and self.below(2) == 0:
            return self.pick(["{1}", "({0}, {1})", "[{1}, None]"]).format(items, self.pick(self.tables))
        return self.pick(["({},)", "[{}]", "({}, None)", "({}, ['text', FLAG])", "[({},), 0.5]"]).format(items)


def function(below: Below, kinds: list[str]) -> str:
    """Source of a function `f` of columns of these kinds, made by `make(k0, k1)`, which it captures."""
    names = ["a", "b", "c"][: len(kinds)]
    rows = [name for name, kind in zip(names, kinds) if COLUMNS[kind]]
    numbers = [name for name in names if name not in rows]
    integers = [name for name, kind in zip(names, kinds) if kind in ("int", "bool", "big")]
    writer = _Writer(below, [*numbers, "d"], rows, integers)
    for _ in range(1 + below(4)):
        writer.statement("        ", 2)
    parameters = ", ".join(names) + writer.pick([", d=1", ", d=k1", ", *, d=0.5"])
    body = [f"    def f({parameters}):", *writer.lines, f"        return {writer.result(2)}"]
    captured = ", ".join(writer.pick(["2", "0.5", "-1", "True", "3.5", "None", "2**70"]) for _ in range(2))
    return "\n".join([f"{PRELUDE}def make(k0, k1):", *body, "    return f", f"f = make({captured})", ""])
