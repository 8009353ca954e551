"""Writes docs/language.md, the page "Python that compiles", from the tables that the front end itself uses.

python tools/gen_language.py            # with the package installed: the names come from it
"""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from parallel_party import _core

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "language.md"
FRONTEND = ROOT / "src" / "frontend"

OWN = {"prelude", "parallel_party", "object", "numpy"}
"""Prefixes of names that are the library's, or that only calls of classes come to."""
TYPES = {"float": "float", "int": "int and bool", "bool": "bool", "complex": "complex", "str": "str", "dict": "dict"}
LIST_CHANGES = {"append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"}
"""Methods of lists that are no intrinsics: list_methods.cpp and lists.cpp have them."""
SYMBOLS = {
    "Not": "not", "Negative": "-x", "Positive": "+x", "Invert": "~", "Add": "+", "Subtract": "-", "Multiply": "*",
    "TrueDivide": "/", "FloorDivide": "//", "Modulo": "%", "Power": "**", "LeftShift": "<<", "RightShift": ">>",
    "And": "&", "Or": "|", "Xor": "^", "Lt": "<", "Le": "<=", "Eq": "==", "Ne": "!=", "Gt": ">", "Ge": ">=",
}  # fmt: skip
"""How the members of the front end's enumerations of operators are written; those that are left out do not compile."""


def names_by_prefix() -> dict[str, list[str]]:
    """Return the names of the tables of intrinsics, by what stands before their last dot."""
    found: dict[str, list[str]] = {}
    for name in _core.intrinsic_names():
        prefix, _, last = name.rpartition(".")
        found.setdefault(prefix, []).append(last)
    return found


def code(names: Iterable[str]) -> str:
    """Return names as a line of code spans."""
    return " ".join(f"`{name}`" for name in names) or "none"


def enumeration(name: str) -> list[str]:
    """Return the members of an enumeration of bytecode.h."""
    text = (FRONTEND / "bytecode.h").read_text()
    body = re.search(rf"enum class {name} [^{{]*{{(.*?)}};", text, re.S)
    assert body, name
    return re.findall(r"\w+", re.sub(r"//.*", "", body[1]))


def operators() -> str:
    """Return the rows of the table of operators."""
    rows = []
    for title, name in (
        ("one operand", "UnaryOperator"),
        ("two operands", "BinaryOperator"),
        ("comparisons", "CompareOperator"),
    ):
        symbols = [SYMBOLS[member] for member in enumeration(name) if member in SYMBOLS]
        rows.append(f"| {title} | {code(symbol.replace('|', chr(92) + '|') for symbol in symbols)} |")
    return "\n".join(
        [
            "| operators | |",
            "|---|---|",
            *rows,
            "| others | `and` `or` `is` `is not` `in` `not in` `x if c else y` `:=` |",
        ]
    )


def types_to_test_for() -> list[str]:
    """Return the builtin types that have no constructor: `isinstance` and `is` know them."""
    found: set[str] = set()
    for path in FRONTEND.glob("*.cpp"):
        found |= set(re.findall(r'"builtins\.(\w+)", no_constructor', path.read_text()))
    return sorted(found)


def constructs_without_form() -> list[str]:
    """Return what the refusals call the constructs that have no compiled form."""
    text = (FRONTEND / "bytecode_unsupported.cpp").read_text() + (FRONTEND / "bytecode_unsupported.h").read_text()
    found = set(re.findall(r'return "([a-z*][^"]+)";', text)) | set(re.findall(r'= "([a-z][^"]+)";', text))
    return sorted(found, key=lambda name: name.lstrip("* "))


def math_rows() -> list[str]:
    """Return the rows of math functions: the bound on a GPU, and the functions that it holds for."""
    table = (ROOT / "src" / "ir" / "math_functions.inc").read_text()
    by_bound: dict[int, list[str]] = {}
    for name, bound in re.findall(r'^PP_MATH\(\w+, "(\w+)", \d, \w+, "[^"]*", (\d+)\)', table, re.M):
        by_bound.setdefault(int(bound), []).append(name)
    return [f"| {bound} | {code(sorted(names))} |" for bound, names in sorted(by_bound.items())]


def canonical_rows() -> list[str]:
    """Return the rows of canonical operations and what they do."""
    text = (FRONTEND / "bytecode.h").read_text()
    body = re.search(r"enum class Canon [^{]*{(.*?)\n};", text, re.S)
    assert body
    joined = re.sub(r"\n\s+///<? ?", " ", re.sub(r"\n\s+///< ", " ", body[1]))
    rows = []
    for name, comment in re.findall(r"^\s+(\w+),(?:\s*///<\s*(.*))?$", joined, re.M):
        if name not in ("Nothing", "Unsupported"):
            rows.append(f"| `{name}` | {comment.replace('|', chr(92) + '|') if comment else ''} |")
    return rows


def builtins_without_form(known: set[str]) -> list[str]:
    """Return Python's builtin functions and types that are in no table."""
    everything = [name for name in dir(builtins) if callable(getattr(builtins, name)) and name[0].islower()]
    site = {"copyright", "credits", "exit", "quit", "license", "help"}
    return [name for name in everything if name not in known and name not in site and not name.startswith("_")]


def page() -> str:
    """Return the page."""
    names = names_by_prefix()
    known = names.pop("builtins")
    tests = types_to_test_for()
    modules = {
        prefix: found
        for prefix, found in names.items()
        if prefix not in TYPES and prefix not in OWN | {"tuple", "list"}
    }
    lines = [
        "# Python that compiles",
        "",
        "Written by `tools/gen_language.py` from the tables that the front end itself uses;",
        "[what is supported](supported.md) says it in words. A path through a function that needs anything else",
        "is left to CPython, for the elements that take it; where all paths do, the function is refused with the",
        "place and what to write instead.",
        "",
        "Functions written in Python are not in these tables: whatever module they come from, they are followed into.",
        "",
        "## Operators",
        "",
        operators(),
        "",
        "## Builtins",
        "",
        f"{code(name for name in known if name not in tests)}",
        "",
        f"As types to test for: {code(tests)}",
        "",
        f"Left to CPython: {code(builtins_without_form(set(known)))}",
        "",
        "## Modules",
        "",
        "| module | functions |",
        "|---|---|",
        *(f"| `{module}` | {code(found)} |" for module, found in sorted(modules.items())),
        "",
        "Constants of modules, `math.pi` say, are read as any global is.",
        "",
        "## Methods and attributes",
        "",
        "| of | names |",
        "|---|---|",
        f"| list | {code(sorted(LIST_CHANGES | set(names['list'])))} |",
        f"| tuple | {code(name for name in names['tuple'] if not name.startswith('_'))} |",
        *(f"| {title} | {code(names[prefix])} |" for prefix, title in TYPES.items() if prefix in names),
        "",
        "Methods, properties and operators of classes written in Python are followed.",
        "",
        "## Functions of the math library",
        "",
        "What the expansions above call. On the CPU their bits are those of the running CPython; on a GPU they stay",
        "within so many units in the last place:",
        "",
        "| ulp | functions |",
        "|---|---|",
        *math_rows(),
        "",
        "## Constructs that are left to CPython",
        "",
        *(f"- {name}" for name in constructs_without_form()),
        "",
        "## Canonical operations",
        "",
        "What the bytecode of every CPython becomes before it is translated; `n` is the operation's argument.",
        "",
        "| operation | what it does |",
        "|---|---|",
        *canonical_rows(),
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Write the page."""
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
