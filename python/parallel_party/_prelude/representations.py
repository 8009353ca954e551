"""``repr()`` of lists, tuples and dicts, and what instances of classes written in Python say of themselves."""

from __future__ import annotations

from .primitives import require

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from typing import Any


def list_text(items: Any) -> str:
    """Return ``repr(items)`` of a list."""
    return "[" + ", ".join([repr(item) for item in items]) + "]"


def tuple_text(items: Any) -> str:
    """Return ``repr(items)`` of a tuple."""
    shown = ", ".join([repr(item) for item in items])
    return "(" + shown + ",)" if len(items) == 1 else "(" + shown + ")"


def dict_text(values: Any) -> str:
    """Return ``repr(values)`` of a dict."""
    return "{" + ", ".join([repr(key) + ": " + repr(value) for key, value in values.items()]) + "}"


def str_of_instance(value: Any) -> str:
    """Return ``str(value)`` by the instance's own method."""
    text: str = value.__str__()
    require(isinstance(text, str))
    return text


def repr_of_instance(value: Any) -> str:
    """Return ``repr(value)`` by the instance's own method."""
    text: str = value.__repr__()
    require(isinstance(text, str))
    return text


def format_of_instance(value: Any, specification: str) -> str:
    """Return ``format(value, specification)`` by the instance's own method."""
    text: str = value.__format__(specification)
    require(isinstance(text, str))
    return text
