"""What stands where an index is to be: ints of any size, objects with an __index__, and what is none."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import pytest
from conftest import same

import parallel_party as pp


class Index:
    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


class Plain:
    def __init__(self, value: int) -> None:
        self.value = value


class Level(enum.IntEnum):
    LOW = 1


class Colour(enum.Enum):
    RED = 1


def of_row(key: Any) -> Any:
    try:
        return [1.5, 2.5, 3.5][key]
    except IndexError:
        return "outside"
    except TypeError:
        return "no index"


def of_list(key: Any) -> Any:
    values = [0.5 * i for i in range(3)]
    try:
        return values[key]
    except IndexError:
        return "outside"
    except TypeError:
        return "no index"


def of_text(key: Any) -> Any:
    try:
        return "abc"[key]
    except IndexError:
        return "outside"
    except TypeError:
        return "no index"


def of_slice(key: Any) -> Any:
    try:
        return len([1, 2, 3][key:]) + len("abc"[:key])
    except TypeError:
        return "no index"


def of_pop(key: Any) -> Any:
    values = [1, 2, 3]
    try:
        return values.pop(key)
    except (IndexError, OverflowError):
        return "outside"
    except TypeError:
        return "no index"


def of_store(key: Any) -> Any:
    values = [1, 2, 3]
    try:
        values[key] = 5
    except IndexError:
        return "outside"
    except TypeError:
        return "no index"
    return values


KEYS = [1, -1, 7, True, 2**63, 10**30, -(10**30), Index(1), Index(9), Plain(1), Level.LOW, Colour.RED, 1.0, None, "a"]


@pytest.mark.parametrize("function", [of_row, of_list, of_text, of_slice, of_pop, of_store])
def test_indices_of_any_kind(function: Callable[[Any], Any], device: str) -> None:
    for keys in [*([key] * 300 for key in KEYS), KEYS * 30]:
        try:
            got = pp.map(function, keys, device=device)
        except pp.UnsupportedError:
            continue  # where nothing has a compiled form
        assert same(got, [function(key) for key in keys]), keys[0]
