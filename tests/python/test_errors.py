"""Every diagnostic of the front end has a file in tests/errors with what the user sees, caret included.

``tests/errors/functions.txt`` has a function for each; PP_UPDATE_GOLDEN=1 writes the texts anew. Those of the front
end's own unit test (tests/unit/frontend_translate_errors_test.cpp) lie there, too.
"""

from __future__ import annotations

import collections
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import parallel_party as pp

ROOT = Path(__file__).resolve().parents[2]
ERRORS = ROOT / "tests" / "errors"
SOURCES = ("functions.txt", "classes.txt")
NO_FORM = " has no compiled form"


PAIR = collections.namedtuple("Pair", "a b")


def cases() -> dict[str, tuple[str, str, list[str]]]:
    """Name -> source, the function that is called, its columns."""
    found = {}
    for block in (ERRORS / "functions.txt").read_text().split("---\n"):
        head, source = block.split("\n", 1)
        name, call, *columns = head.split(" | ")
        found[name] = (source, call, columns)
    return found


CASES = cases()


def path_of(explained: str) -> str:
    """The first path without a compiled form that `explain` lists, as a refusal has it."""
    lines = explained.splitlines()
    first = next(i for i, line in enumerate(lines) if NO_FORM in line)
    indent = len(lines[first]) - len(lines[first].lstrip(" -"))
    text = [lines[first][indent:]]
    for line in lines[first + 1 :]:
        if not line.startswith(" " * (indent + 1)) and not line.startswith(" " * indent):
            break
        text.append(line[indent:])
    return "\n".join(text)


def diagnostic(name: str) -> str:
    """What the user is told."""
    source, call, columns = CASES[name]
    space: dict[str, Any] = {"pp": pp, "Pair": PAIR}
    exec(compile((ERRORS / "classes.txt").read_text(), "classes.py", "exec"), space)
    exec(compile(source, "refused.py", "exec"), space)
    data = [eval(column, space) for column in columns]
    try:
        {"pp.map": pp.map, "pp.for_each": pp.for_each}[call](space["f"], *data, device="cpu")
    except pp.UnsupportedError as error:
        return str(error) + "\n"
    # Only some path needs it, or these few elements were left to CPython.
    return path_of(str(pp.explain(space["f"], *data, device="cpu"))) + "\n"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_what_is_told(name: str) -> None:
    path = ERRORS / f"{name}.txt"
    text = diagnostic(name)
    if os.environ.get("PP_UPDATE_GOLDEN"):
        path.write_text(text)
    wanted = path.read_text()
    assert NO_FORM in wanted and "refused.py" in wanted
    if sys.version_info[:2] == (3, 11):
        assert text == wanted
    else:  # other bytecode marks other columns, and follows other modules
        assert text.splitlines()[0] == wanted.splitlines()[0]


def first_arguments(text: str) -> Iterator[str]:
    """The first argument of each call of `unsupported` and `refuse`."""
    for call in re.finditer(r"\b(?:t|t_|translation_)\.(?:unsupported|refuse)\(", text):
        depth, position, quoted = 0, call.end(), False
        while quoted or depth or text[position] not in ",)":
            letter = text[position]
            if letter == "\\":
                position += 1
            elif letter == '"':
                quoted = not quoted
            elif not quoted:
                depth += (letter in "([{") - (letter in ")]}")
            position += 1
        yield text[call.end() : position]


def constructs() -> set[str]:
    """A regular expression for what each diagnostic names."""
    patterns = set()
    for path in sorted((ROOT / "src" / "frontend").glob("*.cpp")):
        for argument in first_arguments(path.read_text()):
            literals = re.findall(r'"((?:[^"\\]|\\.)*)"', argument)
            if not literals:
                continue  # a table's: its rows are spelled elsewhere
            if " ? " in argument:
                patterns |= {re.escape(literal) for literal in literals}
                continue
            pieces = [piece.strip("+ \n") for piece in re.split(r'"(?:[^"\\]|\\.)*"', argument)]
            between = [".+" if piece not in ("", "std::string(", ")") else "" for piece in pieces]
            patterns.add("".join(a + re.escape(b) for a, b in zip(between, [*literals, ""])))
    return patterns


def test_every_diagnostic_has_a_file() -> None:
    told = [path.read_text().splitlines()[0] for path in ERRORS.glob("*.txt") if path.name not in SOURCES]
    missing = [pattern for pattern in constructs() if not any(re.fullmatch(pattern + NO_FORM, line) for line in told)]
    assert not missing
