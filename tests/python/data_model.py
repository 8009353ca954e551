"""What src/data promises, said again in Python: kinds, leaves and the strategies that make values for them."""

from __future__ import annotations

import os
import struct
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# Trees of values are slow to generate, most of all the first time and on a busy machine.
examples = settings(
    max_examples=int(os.environ.get("PARALLEL_PARTY_TEST_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

MAXIMUM_ROW, MAXIMUM_DEPTH, MAXIMUM_NODES = 64, 8, 1024
LOOKED_AT = 32  # items of a longer row

# A kind is described by 'float', 'int', 'bool', 'None', 'Any', 'Some' or 'Other', or by a tuple or list of descriptions
# for a row of that type; rows of any length by their text.
Kind = Any


class FloatChild(float):
    """A float in every respect but its type."""


class IntChild(int):
    """An int in every respect but its type."""


class TupleChild(tuple):  # type: ignore[type-arg]
    """A tuple in every respect but its type."""


class ListChild(list):  # type: ignore[type-arg]
    """A list in every respect but its type."""


def fits(value: int) -> bool:
    """Whether an int fits in 64 bits."""
    return -(2**63) <= value < 2**63


def kind_of(value: Any) -> Kind:
    """The description of a value's kind: as deep as is not too much."""
    visited = 0

    def find(item: Any, depth: int) -> Kind:
        nonlocal visited
        visited += 1
        if visited > MAXIMUM_NODES:
            return "Other"
        if type(item) in (float, bool):
            return type(item).__name__
        if type(item) is int:
            return "int" if fits(item) else "Other"
        if item is None:
            return "None"
        if type(item) is str:
            return "str" if all(ord(character) < 256 for character in item) else "str[wide]"
        if type(item) is complex:
            return "complex"
        if type(item) not in (tuple, list) or depth == deepest:
            return "Other"
        if len(item) > MAXIMUM_ROW:
            looked_at = [find(item[i * (len(item) - 1) // (LOOKED_AT - 1)], depth + 1) for i in range(LOOKED_AT)]
            is_one = all(kind == looked_at[0] for kind in looked_at) and is_plain(looked_at[0])
            return f"{type(item).__name__}[{text(looked_at[0])}, ...]" if is_one else "Other"
        return type(item)([find(child, depth + 1) for child in item])

    deepest = MAXIMUM_DEPTH
    while True:
        visited = 0
        kind = find(value, 0)
        if visited <= MAXIMUM_NODES or deepest == 0:
            return kind
        deepest //= 2


def is_plain(kind: Kind) -> bool:
    """Whether memory can hold it: nothing in it is only carried."""
    return kind not in ("Other", "complex") if isinstance(kind, str) else all(map(is_plain, kind))


def text(kind: Kind) -> str:
    """A kind spelled as in annotations."""
    if isinstance(kind, str):
        return kind
    return f"{type(kind).__name__}[{', '.join(str(text(item)) for item in kind) or '()'}]"


def leaf_types(kind: Kind) -> list[str]:
    """The scalar leaves of a kind, depth first."""
    if isinstance(kind, str):
        return {"None": [], "Any": [], "Some": [], "Other": [], "complex": ["float", "float"]}.get(kind, [kind])
    return [leaf for item in kind for leaf in leaf_types(item)]


def nodes(kind: Kind) -> int:
    """How many objects a value of that kind is made of."""
    return 1 if isinstance(kind, str) else 1 + sum(map(nodes, kind))


def leaves(value: Any, kind: Kind) -> list[Any] | None:
    """The scalars of `value`, or None when it is not of that kind."""
    if isinstance(kind, str):
        if kind == "Any":
            return []
        if kind == "Some":
            return None if value is None or type(value) is bool else []
        if kind == "Other":
            is_known = value is None or type(value) in (bool, float) or (type(value) is int and fits(value))
            return None if is_known else []
        if kind == "None":
            return [] if value is None else None
        if kind == "complex":
            return [value.real, value.imag] if type(value) is complex else None
        if type(value).__name__ != kind or (kind == "int" and not fits(value)):
            return None
        return [value]
    if type(value) is not type(kind) or len(value) != len(kind):
        return None
    result: list[Any] = []
    for item, item_kind in zip(value, kind):
        found = leaves(item, item_kind)
        if found is None:
            return None
        result += found
    return result


FORMATS = {"float": "d", "int": "q", "bool": "?"}


def pack(values: list[Any], leaf: str) -> bytes:
    """An array of scalars as the library stores it."""
    return struct.pack(f"={len(values)}{FORMATS[leaf]}", *values)


def columns(rows: list[Any], kind: Kind) -> tuple[list[bytes], list[int]]:
    """What reading `rows` as `kind` gives: an array for each leaf, and the positions of other kinds."""
    types = leaf_types(kind)
    zeros = [{"float": 0.0, "int": 0, "bool": False}[leaf] for leaf in types]
    found = [leaves(row, kind) for row in rows]
    others = [i for i, row in enumerate(found) if row is None]
    filled = [zeros if row is None else row for row in found]
    return [pack([row[k] for row in filled], leaf) for k, leaf in enumerate(types)], others


def same(a: Any, b: Any) -> bool:
    """Equal in types and bits, all the way down."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return struct.pack("d", a) == struct.pack("d", b)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


EDGES = sorted(
    {
        sign * (2**bit) + offset
        for bit in (0, 1, 8, 30, 31, 59, 60, 61, 62, 63, 64, 90, 120)
        for sign in (1, -1)
        for offset in (-1, 0, 1)
    }
)

floats = st.floats(width=64) | st.sampled_from([0.0, -0.0, 5e-324, float("inf"), float("nan")])
small_ints = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([i for i in EDGES if fits(i)])
scalar_kinds = st.sampled_from(["float", "int", "bool", "None"])
kinds = st.recursive(
    scalar_kinds,
    lambda inner: st.lists(inner, max_size=5).flatmap(lambda items: st.sampled_from([items, tuple(items)])),
    max_leaves=12,
)


def values_of(kind: Kind) -> st.SearchStrategy[Any]:
    """Values of exactly that kind."""
    if isinstance(kind, str):
        return {"float": floats, "int": small_ints, "bool": st.booleans(), "None": st.none()}[kind]
    rows = st.tuples(*map(values_of, kind))
    return rows if isinstance(kind, tuple) else rows.map(list)


strangers = st.one_of(
    st.sampled_from(EDGES),
    floats,
    st.booleans(),
    st.none(),
    st.text(max_size=3),
    st.binary(max_size=3),
    floats.map(FloatChild),
    st.integers().map(IntChild),
    st.just(object()),
    st.complex_numbers(),
    st.lists(floats, max_size=4),
    st.lists(floats, max_size=4).map(tuple),
    st.lists(floats, max_size=4).map(ListChild),
    st.lists(floats, max_size=4).map(TupleChild),
)


@st.composite
def disturbed(draw: st.DrawFn, kind: Kind) -> Any:
    """A value of `kind` of which one part, somewhere, was replaced by something else."""
    if isinstance(kind, str) or not kind or draw(st.integers(0, 3)) == 0:
        return draw(strangers)
    row = list(draw(values_of(kind)))
    at = draw(st.integers(0, len(row) - 1))
    how = draw(st.sampled_from(["item", "shorter", "longer", "child"]))
    if how == "item":
        row[at] = draw(disturbed(kind[at]))
    elif how == "shorter":
        del row[at]
    elif how == "longer":
        row.insert(at, draw(strangers))
    else:
        return (ListChild if isinstance(kind, list) else TupleChild)(row)
    return row if isinstance(kind, list) else tuple(row)


def carried(draw: st.DrawFn, kind: Kind) -> Kind:
    """`kind` with parts of it, here and there, that are not looked at."""
    if draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(["Any", "Some", "Other"]))
    return kind if isinstance(kind, str) else type(kind)([carried(draw, item) for item in kind])


@st.composite
def columns_of(draw: st.DrawFn) -> tuple[Kind, list[Any]]:
    """A kind, and elements of which most are of that kind, or of one of which not all is looked at."""
    kind = draw(kinds)
    elements = draw(st.lists(values_of(kind) | values_of(kind) | disturbed(kind), max_size=12))
    if draw(st.booleans()):
        return carried(draw, kind), elements
    return kind, elements


@st.composite
def plain_columns_of(draw: st.DrawFn) -> tuple[Kind, list[Any]]:
    """A kind that looks at everything, and elements of which most are of that kind."""
    kind = draw(kinds)
    return kind, draw(st.lists(values_of(kind) | values_of(kind) | disturbed(kind), max_size=12))
