"""What no Array holds, and what one Array does not: the message names the part of the element, and the reason."""

from __future__ import annotations

import enum
from collections import namedtuple
from types import SimpleNamespace
from typing import Any

import pytest

import parallel_party as pp


class Color(enum.Enum):
    RED = 1


class Computed:
    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


class Point(namedtuple("Point", "x y")):  # noqa: SLOT002
    pass


class Record:
    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


def nested(depth: int) -> Any:
    value: Any = 1.0
    for _ in range(depth):
        value = (value,)
    return value


@pytest.mark.parametrize(
    ("element", "why"),
    [
        ({}, "it is a dict without keys"),
        ({"a": {}}, r"\['a'\] is a dict without keys"),
        ({f"k{i}": i for i in range(300)}, "it is a dict of 300 keys, of which an Array holds at most 128"),
        ({1: 2}, "it is a dict with a key that is no text"),
        (nested(20), "nested more than 8 deep"),
        (Record(), "it is an instance without attributes"),
        ((1.0, {"a": [{3}]}), r"\[1\]\['a'\]\[0\] is of type 'set'"),
        (Record(a=Record(b=1j)), r"\.a\.b is of type 'complex'"),
        ((2**70, 1), r"\[0\] is an int of more than 64 bits"),
        ((1, "a") * 40, "more than 64 items of several kinds"),
        (Color.RED, "it is a member of the enum 'Color'"),
        ((1.0, Color.RED), r"\[1\] is a member of the enum 'Color'"),
        (object(), "it holds floats, ints"),
        (nested(9), "nested more than 8 deep"),
        ([[float(i) for i in range(40)]] * 30, "it has more than 1024 parts"),
        (Record(**{f"a{i}": i for i in range(129)}), "an instance of more than 128 attributes"),
        (Record(a=1, **{"a\0b": 1}), "an attribute with a NUL in its name"),
        (Record(a=1, **{"\ud800": 1}), "an attribute whose name is no text"),
        (Computed(), "it is of a class with a __getattr__ or __getattribute__ of its own"),
        (Exception(), "it is of a class that is written in C, or derived from one that is"),
        (SimpleNamespace(a=1), "it is of a class that is written in C"),
        ((1, SimpleNamespace(a=1)), r"\[1\] is of a class that is written in C"),
        (Point(1.0, 2.0), "it is of a class derived from 'tuple'"),
        (pp.array([1.0]), "it is an Array, or another buffer; give its items as a list or tuple"),
    ],
)
def test_the_reason_why_no_array_holds_it(element: Any, why: str) -> None:
    with pytest.raises(pp.ConversionError, match=f"of which an Array holds none: .*{why}.*element 0"):
        pp.array([element])


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ({"a": 1}, {"a": 1, "b": 2.5}, "it has the key 'b', which the others lack"),
        ({"a": 1, "b": 2.5}, {"a": 1}, "it lacks the key 'b'"),
        ({"a": {"b": 1.0}}, {"a": None}, r"\['a'\] is of type 'NoneType', not a dict"),
        ({"a": {"b": 1.0}}, {"a": {"c": 1.0}}, r"\['a'\] lacks the key 'b'"),
        ({"a": 1}, None, "dicts and instances cannot be left out"),
        (Record(a=1), Record(a=1, b=2), "it has the attribute 'b', which the others lack"),
        (Record(a=1, b=2), Record(a=1), "it lacks the attribute 'b'"),
        (("a", 1), ("b", "c"), r"\[1\] is of type 'str', not an int"),
        ((1, {"a": 1}), (1, {"b": 1}), r"\[1\] lacks the key 'a'"),
        ((1.0, None), (1.0,), "it is a row of another length, or of any, and these hold no None"),
        (("a", (1.0, 2.0)), ("b", (None,)), r"\[1\] is a row of another length, or of any, and these hold no None"),
    ],
)
def test_the_difference_to_the_others(first: Any, second: Any, why: str) -> None:
    with pytest.raises(pp.ConversionError, match=f"where the Array holds .*: {why}.*element 1"):
        pp.array([first, second])


def test_the_difference_where_one_is_put_in() -> None:
    made = pp.array([{"a": 1}, {"a": 2}])
    with pytest.raises(pp.ConversionError, match="it lacks the key 'a'"):
        made.append({"b": 1})
    with pytest.raises(pp.ConversionError, match="it has the key 'b'"):
        made[0] = {"a": 1, "b": 1}
    assert made.tolist() == [{"a": 1}, {"a": 2}]


LARGE = 2**53 + 1


@pytest.mark.parametrize(
    "data",
    [[LARGE, 1.0], [1.0, LARGE], [(1.0,), (LARGE,)], [(1.0,), (2.0, -LARGE)], [1.0, None, LARGE], [2**70 + 1, 0.5]],
)
def test_ints_that_no_float_is_equal_to_are_refused(data: list[Any]) -> None:
    with pytest.raises(OverflowError, match="no float is equal to.*element"):
        pp.array(data)


def test_ints_go_into_floats_as_they_are_or_not_at_all() -> None:
    assert pp.array([2**60, 1.0, -(2**63), 2**70]).tolist() == [2.0**60, 1.0, -(2.0**63), 2.0**70]
    assert pp.array([2**24 + 1], dtype=pp.float32).tolist() == [2.0**24]  # rounded once, as floats are
    floats = pp.array([1.0, 2.0])
    for put in (
        lambda: floats.append(LARGE),
        lambda: floats.__setitem__(0, -LARGE),
        lambda: floats.extend([1, LARGE]),
        lambda: floats.extend(pp.array([1, LARGE])),
        lambda: pp.array(pp.array([1, LARGE]), dtype=pp.float64),
        lambda: pp.array([2**63 - 1], dtype=float),
    ):
        with pytest.raises(OverflowError, match="no float is equal to"):
            put()
    assert floats.tolist() == [1.0, 2.0]


def test_explain_says_that_there_is_no_gpu() -> None:
    reason = pp.explain(lambda x: x * 2.0, [1.0] * 10).reason
    why_not = next(device.reason for device in pp.devices() if device.name.startswith("cuda"))
    if why_not:
        assert reason == f"no GPU can be used: {why_not}"
    else:
        assert "estimated" in reason


def test_numpys_arrays_and_numbers_are_refused_with_advice() -> None:
    np = pytest.importorskip("numpy")
    is_buffer = "it is an Array, or another buffer; give its items as a list or tuple"
    floats = pp.array([1.0])
    for act in (
        lambda: pp.array([np.array([1.0, 2.0]), np.array([3.0, 4.0])]),
        lambda: pp.array(np.array([[1, 2], [3, 4]], dtype=object)),
        lambda: floats.append(np.array([1.0, 2.0])),
        lambda: floats.append(np.array(2.5)),
        lambda: floats.__setitem__(0, np.array([1.0, 2.0])),
    ):
        with pytest.raises(pp.ConversionError, match=is_buffer):
            act()
    for number, advice in ((np.float32(1.0), "float"), (np.bool_(True), "bool"), (np.float16(1.0), "float")):
        with pytest.raises(pp.ConversionError, match=rf"it is a number of NumPy's; write {advice}\(x\)"):
            pp.array([number])
        with pytest.raises(pp.ConversionError, match=rf"\[0\] is a number of NumPy's; write {advice}\(x\)"):
            pp.array([(number, 1.0)])
        with pytest.raises(pp.ConversionError, match=rf"where the Array holds float64; write {advice}\(x\)"):
            floats.append(number)
    with pytest.raises(pp.ConversionError, match=r"\[0\] is a number of NumPy's; write int\(x\)"):
        pp.array([(np.int32(1), 1.0)])
    assert pp.array([np.array(2), np.int32(3)]).tolist() == [2, 3] and floats.tolist() == [1.0]


def test_an_index_that_raises_is_the_users() -> None:
    class Broken:
        def __index__(self) -> int:
            raise TypeError("mine")

    with pytest.raises(TypeError, match="mine"):
        pp.array([1, Broken()])
