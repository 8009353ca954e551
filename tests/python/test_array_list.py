"""CPython's own tests of lists, run over Arrays; and random lives of lists, run over both."""

from __future__ import annotations

import random
import unittest
from array import array
from collections import namedtuple
from typing import Any

import pytest
from conftest import outcome

import parallel_party as pp

list_tests = pytest.importorskip("test.list_tests")

EXCUSED = {
    # One kind of element: these put None, strings or objects that watch their comparison beside ints.
    "test_constructors": "makes lists of characters",
    "test_contains_fake": "an element equal to everything",
    "test_contains_order": "elements that stop the comparison",
    "test_copy": "holds strings and lists",
    "test_count": "an element equal to everything",
    "test_extend": "takes in another list's list",
    "test_extendedslicing": "assigns strings among ints",
    "test_index": "an element equal to everything",
    "test_insert": "inserts strings among ints",
    "test_remove": "an element equal to everything",
    # What an Array says of itself is its own.
    "test_repr": "repr tells kind, length and place",
    "test_repr_deep": "holds itself",
    "test_setitem": "its message says 'list indices'",
}


class ArrayListTest(list_tests.CommonTest):  # type: ignore[misc,name-defined]
    """Every case of list's own tests."""

    __test__ = False  # collected by name below
    type2test = pp.Array


def problems_of(name: str) -> list[str]:
    result = ArrayListTest(name).run()
    assert result is not None and result.testsRun == 1
    return [text for _, text in result.errors + result.failures]


CASES = list(unittest.TestLoader().getTestCaseNames(ArrayListTest))


@pytest.mark.parametrize("name", [name for name in CASES if name not in EXCUSED])
def test_cpythons_case(name: str) -> None:
    problems = problems_of(name)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("name", [name for name in CASES if name in EXCUSED])
def test_nothing_is_excused_that_holds(name: str) -> None:
    assert problems_of(name)


def random_element(rng: random.Random, kind: str) -> Any:
    if kind == "float":
        return rng.choice([rng.uniform(-5.0, 5.0), 1.0, -0.0, 2.5])
    if kind == "int":
        return rng.randrange(-3, 4)
    if kind == "optional":
        return rng.choice([None, 1.5, -2.0, 1.5])
    if kind == "text":
        return rng.choice(["", "a", "b", "b", "caf\xe9", "word " * rng.randrange(9)])
    if kind == "wide text":
        return rng.choice(["", "a", "b", "caf\xe9", "\u65e5\u672c", "x" * 100 + "\U0001f600"])
    if kind == "ragged":
        return tuple(rng.choice([0.5, 1.5]) for _ in range(rng.choice([0, 1, 1, 2, 7])))
    if kind == "rows of text":
        return (rng.choice(["a", "bc", ""]), rng.choice([None, 1, 2]), tuple("xyz"[: rng.randrange(4)]))
    return (rng.randrange(0, 3), rng.choice([0.5, 1.5]))


def random_index(rng: random.Random) -> Any:
    return rng.randrange(-12, 13)


def random_slice(rng: random.Random) -> slice:
    def part() -> int | None:
        return None if rng.random() < 0.3 else rng.randrange(-12, 13)

    return slice(part(), part(), rng.choice([None, None, 1, 2, -1, -2, 3]))


def random_step(rng: random.Random, kind: str) -> Any:
    """One thing that is done to a list: the same function for an Array and its twin."""
    index, where, value = random_index(rng), random_slice(rng), random_element(rng, kind)
    many = [random_element(rng, kind) for _ in range(rng.randrange(5))]
    times = rng.randrange(-1, 3)
    return rng.choice(
        [
            lambda a: a.append(value),
            lambda a: a.extend(many),
            lambda a: a.extend(iter(many)),
            lambda a: a.insert(index, value),
            lambda a: a.pop(),
            lambda a: a.pop(index),
            lambda a: a.remove(value),
            lambda a: a.index(value),
            lambda a: a.index(value, index),
            lambda a: a.count(value),
            lambda a: a.reverse(),
            lambda a: a.sort(),
            lambda a: a.sort(reverse=True),
            lambda a: a.sort(key=repr),
            lambda a: a.sort(key=lambda v: str(v)[-1], reverse=True),
            lambda a: a[index],
            lambda a: list(a[where]),
            lambda a: a.__setitem__(index, value),
            lambda a: a.__setitem__(where, many),
            lambda a: a.__setitem__(where, a),
            lambda a: a.__delitem__(index),
            lambda a: a.__delitem__(where),
            lambda a: [a.__iadd__(many)] and None,
            lambda a: [a.__imul__(times)] and None,
            lambda a: list(a + many),
            lambda a: list(a * times),
            lambda a: list(times * a),
            lambda a: value in a,
            lambda a: list(reversed(a)),
            lambda a: (a == many, a < many, a >= many, a != list(a)),
            lambda a: a.copy() == a,
            lambda a: min(a, default=None),
        ]
    )


def told(result: tuple[Any, ...]) -> Any:
    """Of an exception its type: messages name the class."""
    return repr(result[:2] if result[0] == "raises" else result)


FIRST = {  # says what the others are
    "optional": [None, 2.0],
    "ragged": [(0.5,), ()],
    "rows of text": [("a", None, ()), ("", 1, ("x",))],
}


@pytest.mark.parametrize("kind", ["float", "int", "row", "optional", "text", "wide text", "ragged", "rows of text"])
@pytest.mark.parametrize("seed", range(40))
def test_random_lives(kind: str, seed: int) -> None:
    rng = random.Random(f"{kind}{seed}")
    start = FIRST.get(kind, []) + [random_element(rng, kind) for _ in range(8)]
    twin, made = list(start), pp.array(start)
    slices: list[tuple[list[Any], pp.Array]] = []
    for _ in range(60):
        if rng.random() < 0.1:
            where = random_slice(rng)
            slices.append((twin[where], made[where]))
        if len(twin) > 30:
            del twin[10:], made[10:]
        step = random_step(rng, kind)
        want, got = outcome(lambda: step(twin)), outcome(lambda: step(made))
        assert told(got) == told(want)
        if want[0] == "raises" and sorted(map(repr, twin)) == sorted(map(repr, made)):
            twin[:] = made.tolist()  # a list that could not be sorted is half sorted, an Array as it was
        assert repr(made.tolist()) == repr(twin)
        for copied, shared in slices:
            assert repr(shared.tolist()) == repr(copied)


def buffer(numbers: list[float]) -> array[float]:
    return array("d", numbers)


class Index:
    """An int that does something when it is asked for."""

    def __init__(self, number: int, act: Any) -> None:
        self.number, self.act = number, act

    def __index__(self) -> int:
        self.act()
        return self.number


@pytest.mark.parametrize(
    ("start", "first", "items"),
    [
        (["a"], "\u20ac", ["b" * 100_000]),
        (["a"], "\u20ac", ["b", "\u20ac\u20ac"]),
        ([], 1.5, [3, 4]),
        ([], (1, 2.0), [(3, 4.5)]),
        ([1, 2, 3], 4, [5, 6]),
    ],
)
def test_iterators_that_change_what_the_array_holds(start: Any, first: Any, items: Any) -> None:
    def giving(target: Any) -> Any:
        target.append(first)
        yield from items

    for put in (
        lambda a: a.extend(giving(a)),
        lambda a: a.__iadd__(giving(a)),
        lambda a: a.__setitem__(slice(1, None), giving(a)),
        lambda a: a.__setitem__(slice(0, 1), giving(a)),
    ):
        made, twin = pp.array(start), list(start)
        put(made)
        put(twin)
        assert made == twin and len({type(element) for element in made}) == 1


def test_iterators_that_make_the_array_hold_something_else() -> None:
    def giving(target: Any) -> Any:
        target.append("x")
        yield (12345678, 4)

    made = pp.array()
    with pytest.raises(pp.ConversionError):
        made.extend(giving(made))
    assert made.tolist() == ["x"]


def test_elements_that_change_what_the_array_holds() -> None:
    puts = [
        lambda a, value: a.__setitem__(0, value),
        lambda a, value: a.append(value),
        lambda a, value: a.insert(0, value),
        lambda a, value: a.extend([value]),
        lambda a, value: a.__setitem__(slice(0, 1), [value]),
    ]
    for put in puts:
        for data, is_taken in (([1.5, 2.5], True), (["x"], False), ([(1, 2)], False)):
            made = pp.array([1, 2, 3])
            value = Index(7, lambda made=made, data=data: made.__init__(data))
            if is_taken:
                put(made, value)
                assert made.tolist().count(7) == 1 and len(made) in (1, len(data), len(data) + 1)
                continue
            with pytest.raises((pp.ConversionError, IndexError)):
                put(made, value)
            assert made.tolist() == data
    restless = pp.array([1, 2, 3])
    kinds = iter([[1.5], [1]] * 100)
    with pytest.raises((RuntimeError, pp.ConversionError)):
        restless.append(Index(7, lambda: restless.__init__(next(kinds))))


def test_bounds_that_change_what_the_array_holds() -> None:
    made = pp.array([1, 2, 3])
    made[Index(1, lambda: made.__init__([0.5, 1.5, 2.5])) : 2] = [7]
    assert made.tolist() == [0.5, 7.0, 2.5]


def test_repeating_beyond_all_memory() -> None:
    for data in ([1.0], [(1.0, 2.0)], [(1.0, 2)], ["a"], [{"x": 1.0}]):
        made = pp.array(data)
        for times in (2**63 - 1, 2**62, 2**59):
            with pytest.raises(MemoryError):
                made * times
            with pytest.raises(MemoryError):
                made *= times
        assert made.tolist() == data


def test_memory_is_given_back_when_elements_go() -> None:
    def resident() -> int:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    for shrink in (lambda a: a.clear(), lambda a: a.__delitem__(slice(10, None)), lambda a: a.__imul__(0)):
        made = pp.array([1.0]) * 20_000_000
        before = resident()
        shrink(made)
        pp.trim()
        assert resident() < before - 100_000_000
        made.append(2.0)
        assert made[-1] == 2.0
    made, twin = pp.array(range(5000)), list(range(5000))
    while twin:
        del made[len(twin) // 3 :], twin[len(twin) // 3 :]
        made.append(7)
        twin.append(7)
        made.pop(0)
        twin.pop(0)
        assert made == twin


def test_what_a_list_would_take_in_of_buffers_and_arrays() -> None:
    Pair = namedtuple("Pair", "x y")
    gaps = pp.array([1.0, None, 3.0])
    gaps[0:2] = buffer([8.0, 9.0])
    gaps.extend(buffer([1.0]))
    assert gaps.tolist() == [8.0, 9.0, 3.0, 1.0]
    pairs = pp.array([Pair(1.0, 2.0)])
    pairs.extend(pp.array([(5.0, 6.0)]))
    assert pairs.tolist() == [Pair(1.0, 2.0), Pair(5.0, 6.0)] and type(pairs[1]) is Pair
    rows = pp.array([(1.0,), ()])
    rows.extend(pp.array([(1.0, 2.0, 3.0)]))
    assert rows.tolist() == [(1.0,), (), (1.0, 2.0, 3.0)]
    with pytest.raises(pp.ConversionError):
        pp.array([1, 2]).extend(buffer([1.0]))
    with pytest.raises(pp.ConversionError):
        pairs.extend(buffer([1.0]))
