"""Whether `map` does with a program what CPython does: in value, type, identity of kind, and exception."""

from __future__ import annotations

import copy
import functools
import re
from types import CodeType
from typing import Any

from programs import PRELUDE
from sameness import outcome, same

import parallel_party as pp

GPU_ULP = 16


class Difference(AssertionError):
    """`map` and CPython disagree, in a way that `kind` names without the values."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


def _name(result: tuple[Any, ...]) -> str:
    return result[1].__name__ if result[0] == "raises" else "a value"


@functools.cache
def _prelude() -> CodeType:
    return compile(PRELUDE, "<prelude>", "exec")


def execute(source: str) -> dict[str, Any]:
    """The names of a program. What all programs begin with is compiled once: it is most of the text."""
    space: dict[str, Any] = {}
    if source.startswith(PRELUDE):
        exec(_prelude(), space)
        source = source[len(PRELUDE) :]
    exec(source, space)
    return space


def compare(source: str, data: list[list[Any]], device: str) -> bool:
    """Compare `f` of a program over its columns: elements that give values in one call, then all of them.

    False where the function was refused, as only one that raises or needs what has no form for every element may be.
    Raises Difference.
    """
    f = execute(source)["f"]
    ulp = 0 if device == "cpu" else GPU_ULP
    # Copies: a program may change a list that it was given (`b += b`), as CPython lets it.
    each = [outcome(lambda: f(*copy.deepcopy(elements))) for elements in zip(*data)]
    good = [i for i, result in enumerate(each) if result[0] == "value"]
    try:
        if good:
            got = pp.map(f, *[[copy.deepcopy(column[i]) for i in good] for column in data], device=device)
            for i, result in zip(good, got):
                if not same(result, each[i][1], ulp):
                    what = "a value" if type(result) is type(each[i][1]) else "a type"
                    raise Difference(f"f{tuple(c[i] for c in data)} is {each[i][1]!r}, but map gives {result!r}", what)
        bad = next((i for i, result in enumerate(each) if result[0] == "raises"), None)
        if bad is not None:
            whole = outcome(lambda: pp.map(f, *copy.deepcopy(data), device=device))
            if whole[1] is pp.UnsupportedError:
                raise pp.UnsupportedError(whole[2])
            if whole != each[bad]:
                what = f"{_name(each[bad])}, but map gives {_name(whole)}"
                raise Difference(f"f{tuple(c[bad] for c in data)} gives {each[bad]}, but map {whole}", what)
    except pp.UnsupportedError as error:
        reasons = ["no compiled form", "too many"]
        if not any(reason in str(error) for reason in reasons):
            reason = re.sub(r"'[^']*'|\d+", "_", str(error).splitlines()[0])
            raise Difference(f"refused for no good reason: {error}", f"refused: {reason}") from error
        return False
    return True
