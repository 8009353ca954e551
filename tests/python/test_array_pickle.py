"""Pickled Arrays: what elements are comes back with them, also where the elements that are there do not say it."""

from __future__ import annotations

import pickle
from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import pytest

import parallel_party as pp

Point = namedtuple("Point", "x y")


@dataclass
class Ball:
    name: str
    height: float | None
    at: tuple[float, int]


def changed(data: list[Any], index: int, value: Any) -> pp.Array:
    made = pp.array(data)
    made[index] = value
    return made


def shortened(data: list[Any]) -> pp.Array:
    made = pp.array(data)
    made.pop(0)
    return made


ARRAYS: dict[str, pp.Array] = {
    "None in a dict": pp.array([{"a": 2}, {"a": None}]),
    "None in a row": pp.array([(1.0, None), (2.0, "x")]),
    "None first": pp.array([None, (False,)]),
    "only None is left": shortened(["a", None]),
    "no None is left": changed([1, None], 1, 2),
    "rows of one length are left": changed([(1.0,), (1.0, 2.0)], 0, (3.0, 4.0)),
    "narrow text is left": changed(["a", "Ā"], 1, "b"),
    "no rows": pp.array([(1.0, 2)])[:0],
    "no texts": pp.array(["x"])[:0],
    "no records": pp.array([Ball("a", None, (1.0, 2)), Ball("b", 0.5, (1.0, 2))])[:0],
    "nothing": pp.array([]),
    "several formats": pp.array([(1.0, 2, True), (-0.0, -5, False)]),
    "narrow": pp.array([(1.5, 2.5)], dtype=pp.float32),
    "unsigned": pp.array([2**64 - 1], dtype=pp.uint64),
    "namedtuples": pp.array([Point(1.0, 2), Point(3.0, 4)]),
    "instances": pp.array([Ball("a", None, (1.0, 2)), Ball("Ā", 0.5, (3.0, 4))]),
    "rows with records": pp.array([(1, {"x": 1.0, "t": ()}), (2, {"x": 2.0, "t": (1.5,)})]),
    "rows of rows": pp.array([((("a", True),),), ((),)]),
    "a column": pp.array([(1.0, 2.0), (3.0, 4.0)]).columns[1],
    "flat": pp.array([(1.0, 2.0), (3.0, 4.0)]).flat,
    "part of a column": pp.array([(1.0, 2), (3.0, 4), (5.0, 6)]).columns[1].view(1, 3),
}


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_elements_are_is_pickled(name: str, protocol: int) -> None:
    made = ARRAYS[name]
    twin = pickle.loads(pickle.dumps(made, protocol))
    assert type(twin) is pp.Array and repr(twin) == repr(made) and twin == made
    assert twin._type_information() == made._type_information()


def test_what_could_be_put_in_can_be_put_in_afterwards() -> None:
    gaps = pickle.loads(pickle.dumps(ARRAYS["no None is left"]))
    gaps.append(None)
    rows = pickle.loads(pickle.dumps(ARRAYS["rows of one length are left"]))
    rows.append((1.0, 2.0, 3.0))
    records = pickle.loads(pickle.dumps(ARRAYS["no records"]))
    records.append(Ball("c", None, (5.0, 6)))
    assert gaps.tolist() == [1, 2, None] and rows[-1] == (1.0, 2.0, 3.0) and records[0].at == (5.0, 6)
    with pytest.raises(pp.ConversionError):
        pickle.loads(pickle.dumps(ARRAYS["no texts"])).append(1)


def test_numbers_are_pickled_as_bytes() -> None:
    rows = [(0.5 * i, i, i % 2 == 0) for i in range(1000)]
    assert len(pickle.dumps(pp.array(rows))) < 1000 * 17 + 500
    assert pickle.loads(pickle.dumps(pp.array(rows))).tolist() == rows


def test_what_is_no_pickled_array_is_refused() -> None:
    restore, (version, description, count, elements) = pp.array([(1.0, 2)]).__reduce__()
    assert restore(version, description, count, elements).tolist() == [(1.0, 2)]
    for bad in (
        (version + 1, description, count, elements),
        (version, description, count + 1, elements),
        (version, description, -1, elements),
        (version, description, count, elements[:-1]),
        (version, description, count, list(elements)),
        (version, "float128", count, elements),
        (version, ("tuple", ()), count, elements),
        (version, ("tuple",), count, elements),
        (version, ("str", 2), count, elements),
        (version, ("dict", ["a", "b"], ("float64",)), count, elements),
        (version, ("optional", ("dict", ["a"], ("float64",))), count, elements),
        (version, (1, 2), count, elements),
        (version, 5, count, elements),
    ):
        with pytest.raises(ValueError):
            restore(*bad)
    for kind in (int, 5):
        with pytest.raises(pp.ConversionError, match="can no longer be of"):
            restore(version, ("object", ["a"], ("float64",), kind), 0, [])
