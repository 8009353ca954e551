"""Arrays as sequences: what the library's own classes expect of a list, they find in an Array."""

from __future__ import annotations

import copy
import gc
import inspect
import operator
import pickle
import random
import sys
import weakref
from collections.abc import Callable, MutableSequence
from typing import Any

import pytest
from conftest import outcome

import parallel_party as pp

# ---- iterators -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [iter, reversed])
@pytest.mark.parametrize("again", [copy.copy, lambda it: pickle.loads(pickle.dumps(it))])
def test_iterators_are_a_lists(make: Callable[[Any], Any], again: Callable[[Any], Any]) -> None:
    for count in range(4):
        one, other = make(pp.array(range(count))), make(list(range(count)))
        for _ in range(count + 2):
            assert operator.length_hint(one) == operator.length_hint(other)
            assert list(again(one)) == list(again(other))
            assert next(one, None) == next(other, None)


@pytest.mark.parametrize("make", [iter, reversed])
@pytest.mark.parametrize("seed", range(30))
def test_iterators_while_the_length_changes(make: Callable[[Any], Any], seed: int) -> None:
    rng = random.Random(seed)
    twin = list(range(5))
    made = pp.array(twin)
    one, other = make(made), make(twin)
    for _ in range(25):
        step = rng.randrange(4)
        if step == 0:
            made.append(9), twin.append(9)  # type: ignore[func-returns-value]
        elif step == 1 and twin:
            made.pop(0), twin.pop(0)
        elif step == 2 and rng.random() < 0.2 and sys.version_info < (3, 14):  # there it revives those at their end
            index = rng.randrange(-3, 8)
            one.__setstate__(index), other.__setstate__(index)
        assert next(one, None) == next(other, None)
        assert operator.length_hint(one) == operator.length_hint(other)


def test_reversed_starts_where_it_was_made() -> None:
    made = pp.array([1, 2, 3])
    backwards = reversed(made)
    made.append(4)
    assert list(backwards) == [3, 2, 1] and list(backwards) == []
    made.append(5)
    assert next(backwards, None) is None and iter(backwards) is backwards


# ---- what is asked of sequences --------------------------------------------------------------------------------------


def test_it_is_a_mutable_sequence() -> None:
    assert isinstance(pp.array([1]), MutableSequence) and issubclass(pp.Array, MutableSequence)
    assert sorted(random.sample(pp.array([1, 2, 3]), 3)) == [1, 2, 3]
    match pp.array([1, 2, 3]):
        case [first, *rest]:
            assert first == 1 and rest == [2, 3]
        case _:
            pytest.fail("it is no sequence")


def test_it_is_subscriptable_for_annotations() -> None:
    def f(numbers: pp.Array[int]) -> pp.Array[float]:
        raise NotImplementedError

    assert pp.Array[int].__origin__ is pp.Array and pp.Array[int].__args__ == (int,)
    assert inspect.signature(f, eval_str=True).parameters["numbers"].annotation == pp.Array[int]


def test_a_list_and_an_array_are_not_added() -> None:
    assert (pp.array([1]) + [2]).tolist() == [1, 2]
    with pytest.raises(TypeError):
        _ = [1] + pp.array([2])
    joined = [1]
    joined += pp.array([2])
    assert joined == [1, 2] and [1, *pp.array([2])] == [1, 2]


@pytest.mark.parametrize("name", [name for name in dir(list) if not name.startswith("_")])
def test_methods_show_their_parameters(name: str) -> None:
    own = inspect.signature(getattr(pp.Array, name)).parameters.values()
    lists = inspect.signature(getattr(list, name)).parameters.values()
    assert [(p.kind, p.default) for p in own] == [(p.kind, p.default) for p in lists]
    assert inspect.getdoc(getattr(pp.Array, name))


# ---- derived classes -------------------------------------------------------------------------------------------------


class Track(pp.Array):
    name: str
    __slots__ = ("__dict__", "color")


class TrackList(list):  # type: ignore[type-arg]
    __slots__ = ("__dict__", "color")


def track(kind: Any) -> Any:
    made = kind([1.5, 2.5])
    made.name, made.color, made.tags = "run", "red", ["a"]
    return made


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, *(lambda t, p=p: pickle.loads(pickle.dumps(t, p)) for p in range(2, 6))]
)
def test_copies_of_derived_classes(again: Callable[[Any], Any]) -> None:
    for kind in (Track, TrackList):
        made = track(kind)
        made.append(3.5)
        twin = again(made)
        assert type(twin) is kind and list(twin) == [1.5, 2.5, 3.5]
        assert (twin.name, twin.color, twin.tags) == ("run", "red", ["a"])
        assert (twin.tags is made.tags) == (again is copy.copy)
        twin[0] = 7.0
        assert made[0] == 1.5


def test_a_derived_array_that_holds_itself() -> None:
    made = track(Track)
    made.me = made
    assert (twin := copy.deepcopy(made)).me is twin is not made
    assert (twin := pickle.loads(pickle.dumps(made))).me is twin
    assert copy.copy(made).me is made


def test_plain_arrays_stay_plain() -> None:
    made = pp.array([(1.0, 2)])
    for twin in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert type(twin) is pp.Array and twin.tolist() == [(1.0, 2)]


# ---- equal elements --------------------------------------------------------------------------------------------------

NAN = float("nan")
ARRAYS: list[tuple[list[Any], Any]] = [
    ([1.0, -1.0, 0.0, -0.0, 2.0**53, 1e300, NAN, 0.1], None),
    ([1.0, -1.0, 0.5, 2.0**20], "float32"),
    ([1, -1, 0, 2**53 + 1, -(2**63), 2**63 - 1], None),
    ([0, 1, 200, 255], "uint8"),
    ([2**64 - 1, 0, 1], "uint64"),
    ([True, False, True], None),
    (["", "a", "pear", "\xe9", "a\0"], None),
    (["", "a", "\u4e2d", "\U0001f600"], None),
    ([(1.0, 2), (0.0, -1), (NAN, 1)], None),
    ([("a", (1.0, True)), ("b", (2.0, False))], None),
    ([{"x": 1.0, "t": "a"}, {"x": 2.0, "t": "b"}], None),
    ([{"x": 1.0, "p": {"y": 1}}, {"x": 2.0, "p": {"y": 2}}], None),
    ([1.5, None, 2.0], None),
    ([[1.0, 2.0], [1.0]], None),
]
VALUES: list[Any] = [
    *(element for elements, _ in ARRAYS for element in elements),
    *(-1, 2**53, 2**53 + 1, 2**64, -(2**70), 1.5, float("inf"), 1e400, 0.1, 300, 256.0, 2.0**63, 2.0**64),
    *("b", "\u00e9\u4e2d", b"a", 1 + 0j, (), (1, 2.0), [1.0, 2], {"t": "a", "x": 1}, {"x": True, "t": "a"}, {}),
    *({"x": 1, "p": {"y": 1.0}}, ("a", (1, 1)), ("a", [1.0, True]), object()),
]


@pytest.mark.parametrize("elements, dtype", ARRAYS, ids=repr)
def test_what_is_found_is_what_a_list_finds(elements: list[Any], dtype: str | None) -> None:
    made = pp.array(elements * 3, dtype)
    twin = made.tolist()  # objects of their own: no NaN is the other
    for value in VALUES:
        assert (value in made) is (value in twin), value
        assert made.count(value) == twin.count(value), value
        for bounds in ((), (2,), (1, 3), (-4, -1), (len(twin),)):
            want = outcome(lambda value=value, bounds=bounds: twin.index(value, *bounds))
            got = outcome(lambda value=value, bounds=bounds: made.index(value, *bounds))
            assert got[:2] == want[:2], (value, bounds)
        one, other = made.copy(), list(twin)
        assert outcome(lambda: one.remove(value))[:2] == outcome(lambda: other.remove(value))[:2]
        assert len(one) == len(other)
    for element in made:
        assert (element in made) is (element in twin) and made.count(element) == twin.count(element)


@pytest.mark.parametrize("elements, dtype", ARRAYS, ids=repr)
def test_arrays_are_equal_where_lists_of_their_elements_are(elements: list[Any], dtype: str | None) -> None:
    made = pp.array(elements * 700, dtype)
    assert (made == made.copy()) is (made.tolist() == made.tolist())
    if len(elements) > 1:
        other = made.copy()
        other[-1] = elements[0] if elements[-1] != elements[0] else elements[1]
        assert made != other and not made == other and made[:-1] != made


def test_parts_and_views_are_searched() -> None:
    made = pp.array([{"p": (float(i), str(i % 5))} for i in range(3000)])
    assert made.columns.p.columns[1].count("3") == 600 and made.columns.p.index((2500.0, "0")) == 2500
    assert made.view(10, 20).index({"p": (13.0, "3")}) == 3 and (9.0, "4") not in made.view(10, 20).columns.p
    flat = pp.array([(1.0, 2.0), (3.0, 4.0)]).flat
    assert flat.index(3) == 2 and 5.0 not in flat


@pytest.mark.parametrize("times", [0, 1, 2, 3, 7, 100, 1001])
def test_repeating(times: int) -> None:
    for elements in ([1.5], ["a", "pear"], [(1.0, 2), (3.0, 4), (5.0, 6)], []):
        made = pp.array(elements)
        assert (made * times).tolist() == elements * times == (times * made).tolist()
        made *= times
        assert made.tolist() == elements * times


# ---- what functions do not do with Arrays ----------------------------------------------------------------------------


def test_refusals_say_why_and_what_instead() -> None:
    numbers, words, gaps = pp.array([1, 2]), pp.array(["a", "b"]), pp.array(["a", None])
    with pytest.raises(pp.ConversionError, match="results of type str where out holds float64"):
        pp.map(lambda i: "s", numbers, out=pp.array([0.0, 0.0]))
    with pytest.raises(pp.UnsupportedError, match="may be None.*give it as a column"):
        pp.map(lambda i: gaps[i], [0])

    def write(i: int) -> None:
        words[i] = "c"

    def append(i: int) -> None:
        numbers.append(i)

    with pytest.raises(pp.UnsupportedError, match="text or rows of any length where the function writes to Arrays"):
        pp.for_each(write, [0, 1])
    with pytest.raises(pp.UnsupportedError, match="its length does not change"):
        pp.for_each(append, [0, 1])

    def add(row: dict[str, float]) -> None:
        row["x"] += 1.0

    table = pp.array([{"x": 1.0}])
    with pytest.raises(pp.UnsupportedError, match="two parts of one Array"):
        pp.for_each(lambda row, other: add(row), list(table), table)
    pp.for_each(add, list(table))
    pp.for_each(add, table)
    assert table.tolist() == [{"x": 3.0}] and numbers.tolist() == [1, 2] and words.tolist() == ["a", "b"]


def test_an_iterator_in_a_cycle_is_collected() -> None:
    class Holder(pp.Array):
        iterator: Any

    holder = Holder([1.0, 2.0])
    holder.iterator = iter(holder)
    assert next(holder.iterator) == 1.0
    weak = weakref.ref(holder)
    del holder
    gc.collect()
    assert weak() is None


def test_what_help_shows_of_view() -> None:
    assert str(inspect.signature(pp.Array.view)) == str(inspect.signature(pp.Array.index)).replace("value, ", "")
    assert "fixed length" in (pp.Array.view.__doc__ or "")
