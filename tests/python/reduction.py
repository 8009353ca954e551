"""Makes a program smaller that shows something, on its syntax tree, as long as it still shows it."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

_CONSTANTS = [0, 1.5, None, ()]
_BLOCKS = ["body", "orelse", "finalbody"]


class _Edit(NamedTuple):
    """Gives a field of a node another value."""

    node: ast.AST
    field: str
    old: Any
    new: Any

    def apply(self) -> None:
        setattr(self.node, self.field, self.new)

    def undo(self) -> None:
        setattr(self.node, self.field, self.old)


def _size(value: Any) -> int:
    nodes = value if isinstance(value, list) else [value]
    return sum(1 for node in nodes if isinstance(node, ast.AST) for _ in ast.walk(node))


def _blocks(tree: ast.AST) -> Iterator[tuple[ast.AST, str, list[ast.stmt]]]:
    for node in ast.walk(tree):
        for field in _BLOCKS:
            block = getattr(node, field, None)
            if isinstance(block, list) and block:
                yield node, field, block


def _without_statements(tree: ast.AST) -> Iterator[_Edit]:
    """Leave out half of a block, a quarter of it, and so on to single statements; `pass` where none is left."""
    for node, field, block in _blocks(tree):
        length = len(block)
        while length > 0:
            for first in range(0, len(block), length):
                rest = block[:first] + block[first + length :]
                is_needed = field == "body" and not isinstance(node, ast.Module)
                yield _Edit(node, field, block, rest or ([ast.Pass()] if is_needed else []))
            length //= 2


def _unwrapped(tree: ast.AST) -> Iterator[_Edit]:
    """Put what a statement holds into its place; leave out single handlers, cases and decorators."""
    for node, field, block in _blocks(tree):
        for i, statement in enumerate(block):
            inner = [getattr(statement, name, None) or [] for name in _BLOCKS]
            inner += [part.body for part in [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]]
            for held in inner if not isinstance(statement, (ast.FunctionDef, ast.ClassDef)) else []:
                if held:
                    yield _Edit(node, field, block, block[:i] + held + block[i + 1 :])
    for node in ast.walk(tree):
        for field in ("handlers", "cases"):
            parts = getattr(node, field, [])
            for i in range(len(parts)):
                yield _Edit(node, field, parts, parts[:i] + parts[i + 1 :])


def _smaller_expressions(tree: ast.AST) -> Iterator[_Edit]:
    """Put a part of an expression, or a constant, into its place; leave out single items and arguments."""
    for node in ast.walk(tree):
        for field, value in ast.iter_fields(node):
            expressions = value if isinstance(value, list) else [value]
            for i, old in enumerate(expressions):
                if not isinstance(old, (ast.expr, ast.keyword, ast.arg)) or isinstance(
                    getattr(old, "ctx", None), ast.Store
                ):
                    continue
                if isinstance(value, list):
                    yield _Edit(node, field, value, value[:i] + value[i + 1 :])
                if not isinstance(old, ast.expr):
                    continue
                parts = [part for part in ast.iter_child_nodes(old) if isinstance(part, ast.expr)]
                constants = _CONSTANTS if field not in ("func", "type") else []
                for new in [*parts, *(ast.Constant(constant) for constant in constants)]:
                    yield _Edit(node, field, value, [*value[:i], new, *value[i + 1 :]] if value is not old else new)


def _text(tree: ast.AST) -> str | None:
    """The program; None where the tree is that of none."""
    try:
        text = ast.unparse(ast.fix_missing_locations(tree))
        compile(text, "<smaller>", "exec")
    except (SyntaxError, ValueError, AttributeError, IndexError, TypeError):
        return None
    return text


def reduce(source: str, shows: Callable[[str], bool], seconds: float) -> str:
    """Return the smallest program found in that time that shows what `source` shows."""
    until = time.monotonic() + seconds
    tree = ast.parse(source)
    best = source
    changed = True
    while changed:
        changed = False
        for edits in (_without_statements, _unwrapped, _smaller_expressions):
            passed = 0  # of the edits before them it is known that they show nothing
            again = True
            while again:
                again = False
                for number, edit in enumerate(edits(tree)):
                    if number < passed or _size(edit.new) >= _size(edit.old):
                        continue
                    if time.monotonic() > until:
                        return best
                    edit.apply()
                    text = _text(tree)
                    if text is not None and shows(text):
                        best, passed, again, changed = text, number, True, True
                        break
                    edit.undo()
    return best
