"""Records code objects as text fixtures for the decoder's unit tests, with what `dis` says of them.

    python3.X tools/record_bytecode.py corpus > tests/bytecode/corpus_3XX.txt
    python3.X tools/record_bytecode.py language > tests/bytecode/language_3XX.txt
    python3.X tools/record_bytecode.py stdlib > stdlib.txt      (made by cmake, for the unit tests)

The format is a stream of words separated by white space; tests/unit/frontend_code_view_text.cpp reads it. Texts are
percent-encoded ("%" alone is the empty one), lists begin with their length.
"""

from __future__ import annotations

import ast
import dis
import importlib.util
import inspect
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

SOURCES = Path(__file__).resolve().parent.parent / "tests" / "bytecode"

# Pure Python of every flavour: numbers, parsing, text, data structures, protocols.
STDLIB_MODULES = (
    "bisect", "heapq", "fractions", "statistics", "colorsys", "textwrap", "calendar", "random", "argparse", "ast",
    "configparser", "copy", "csv", "difflib", "enum", "functools", "json.decoder", "numbers", "shlex", "string",
    "tokenize", "typing", "zipfile", "asyncio.queues", "asyncio.locks", "contextlib", "dataclasses",
)  # fmt: skip
STDLIB_LIMIT = 320
INT64 = range(-(2**63), 2**63)


def text(value: str) -> str:
    """One word."""
    return quote(value, safe="<>.()[]'_,:/") or "%"


def constant(value: object) -> Iterator[str]:
    """The words of one constant: a letter for its kind, then its value."""
    if value is None:
        yield "N"
    elif isinstance(value, bool):
        yield "T" if value else "F"
    elif type(value) is int and value in INT64:
        yield f"i {value}"
    elif type(value) is float:
        yield f"f {value.hex()}"
    elif type(value) is tuple:
        yield f"t {len(value)}"
        for item in value:
            yield from constant(item)
    elif isinstance(value, types.CodeType):
        yield "c"
        yield from code_view(value)
    else:
        items = (value.start, value.stop, value.step) if isinstance(value, slice) else ()
        yield f"o {type(value).__name__} {text(value) if isinstance(value, str) else '%'} {len(items)}"
        for item in items:
            yield from constant(item)


def slots(code: types.CodeType) -> list[tuple[str, str]]:
    """The frame's slots: name and kind (L local, C cell, F free)."""
    cells = set(code.co_cellvars)
    names = [(name, "C" if name in cells else "L") for name in code.co_varnames]
    names += [(name, "C") for name in code.co_cellvars if name not in code.co_varnames]
    return names + [(name, "F") for name in code.co_freevars]


def positions(code: types.CodeType) -> Iterator[str]:
    """Runs of equal positions: count, line, column, end line, end column."""
    runs: list[tuple[int, tuple[int, int, int, int]]] = []
    for line, end_line, column, end_column in code.co_positions():
        span = (line or 0, -1 if column is None else column, end_line or 0, -1 if end_column is None else end_column)
        if runs and runs[-1][1] == span:
            runs[-1] = (runs[-1][0] + 1, span)
        else:
            runs.append((1, span))
    yield f"positions {len(runs)}"
    for count, span in runs:
        yield " ".join(map(str, (count, *span)))


def code_view(code: types.CodeType) -> Iterator[str]:
    """The words of a CodeView."""
    version = sys.version_info.major * 100 + sys.version_info.minor
    yield f"code {version} {text(code.co_name)} {text(code.co_qualname)} {code.co_firstlineno} {code.co_flags}"
    yield f"{code.co_argcount} {code.co_posonlyargcount} {code.co_kwonlyargcount} {code.co_code.hex()}"
    yield f"constants {len(code.co_consts)}"
    for value in code.co_consts:
        yield from constant(value)
    yield " ".join(("names", str(len(code.co_names)), *map(text, code.co_names)))
    yield " ".join(("slots", str(len(slots(code))), *(f"{text(name)} {kind}" for name, kind in slots(code))))
    yield from positions(code)


def instructions(code: types.CodeType) -> Iterator[str]:
    """What dis says: for each instruction its code unit, name, argument and the code unit it may jump to."""
    listed = [i for i in dis.get_instructions(code) if i.opname not in ("EXTENDED_ARG", "CACHE")]
    jumps = {*dis.hasjrel, *dis.hasjabs}
    yield f"dis {len(listed)}"
    for i in listed:
        target = i.argval // 2 if i.opcode in jumps else -1
        yield f"{i.offset // 2} {i.opname} {i.arg or 0} {target}"


def functions_in(code: types.CodeType) -> Iterator[types.CodeType]:
    """The functions of a module and the methods of its classes."""
    for value in code.co_consts:
        if isinstance(value, types.CodeType):
            if value.co_flags & inspect.CO_OPTIMIZED:
                yield value
            elif not value.co_name.startswith("<"):
                yield from functions_in(value)


def compiled(path: Path) -> types.CodeType:
    """A module without its docstrings, which would only fill the fixtures."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
            ast.fix_missing_locations(node)
    return compile(tree, path.name, "exec", dont_inherit=True, optimize=0)


def standard_library() -> Iterator[types.CodeType]:
    """Evenly chosen functions of STDLIB_MODULES."""
    found: list[types.CodeType] = []
    for name in STDLIB_MODULES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise SystemExit(f"no source of {name}")
        found += functions_in(compiled(Path(spec.origin)))
    step = max(1, len(found) // STDLIB_LIMIT)
    yield from found[::step]


def main() -> None:
    """Prints the fixture that the argument names."""
    chosen = sys.argv[1]
    codes = standard_library() if chosen == "stdlib" else functions_in(compiled(SOURCES / f"{chosen}.py"))
    for code in codes:
        if code.co_name.startswith("__annotate"):
            continue
        print("\n".join(code_view(code)))
        print("\n".join(instructions(code)))
    print("end")


if __name__ == "__main__":
    main()
