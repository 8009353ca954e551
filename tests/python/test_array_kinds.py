"""Arrays of text, of rows of any length, and of what may be None."""

from __future__ import annotations

import copy
import gc
import math
import pickle
import random
from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import pytest

import parallel_party as pp

WORDS = ["", "a", "caf\xe9", "word" * 20, "zebra", "\x00mid\x00", "\xff"]
WIDE = [*WORDS, "\u65e5\u672c", "\U0001f600!", "\ud800"]


Named = namedtuple("Named", "x y")


@dataclass
class Person:
    name: str
    age: int | None
    scores: tuple[float, ...] = ()


def people(count: int) -> list[Person]:
    return [Person(f"name {i}", None if i % 3 == 0 else i, (0.5,) * (i % 4)) for i in range(count)]


DATA: dict[str, list[Any]] = {
    "text": WORDS,
    "wide text": WIDE,
    "ragged floats": [(), (0.5,), (1.5, -0.0, math.inf)],
    "ragged ints": [(1,), (2, 2**62), (), tuple(range(200))],
    "ragged bools": [(True,), (), (False, True)],
    "ragged rows": [((0.5, 1),), (), ((1.5, 2), (2.5, 3))],
    "long rows": [tuple(0.5 * i for i in range(100)), tuple(0.25 * i for i in range(300))],
    "rows of words": [("a", "bc"), (), ("",)],
    "ragged ragged": [((0.5,), ()), (), ((1.5, 2.5),)],
    "optional floats": [None, 0.5, -0.0, None],
    "optional bools": [True, None, False],
    "optional text": [None, "a", "caf\xe9", None],
    "optional rows": [(1.0, 2), None, (3.0, 4)],
    "optional ragged": [(1.0,), None, (), (1.0, 2.0)],
    "rows with gaps": [(1.0, None), (None, 2), (3.0, 4)],
    "rows of text": [("a", 1.0), ("", 2.0)],
    "dicts": [{"name": "a", "n": None}, {"name": "bcd", "n": 3}],
    "people": people(5),
}


def exact(values: Any) -> str:
    return repr(values)


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("times", [1, 1000, 30_000])
def test_elements_come_out_as_they_went_in(kind: str, times: int) -> None:
    data = DATA[kind] * times
    if times > 1 and kind in ("long rows", "ragged ints"):
        data = DATA[kind] * (times // 30)
    made = pp.array(data)
    assert type(made) is pp.Array and len(made) == len(data)
    assert exact(made.tolist()) == exact(data)
    assert exact(list(made[:50])) == exact(data[:50])
    assert exact(made[::-1].tolist()) == exact(data[::-1])
    assert made == data and made[1:] != made[:-1]
    for twin in (pp.array(iter(data)), pp.array(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert exact(twin.tolist()) == exact(data) and repr(twin) == repr(made)
    assert made.nbytes > 0


@pytest.mark.parametrize(
    "data",
    [
        [((), "a"), ((1.0,), "b")],
        [([], "a", 1), ([], "b", 2), ([2.5, 3.5], "c", 3)],
        [{"tags": [], "name": "ann"}, {"tags": [1.0], "name": "bob"}],
        [("x", (), ("y", ())), ("", ("a",), ("z", (1,)))],
        [((), None), ((), "text"), ((True,), None)],
        [(((), "in"), "out"), (((1,), "inner"), "outer")],
        [Person("a", 1, ()), Person("b", None, (1.5,))],
    ],
)
@pytest.mark.parametrize("times", [1, 3000])
def test_empty_rows_beside_text(data: list[Any], times: int) -> None:
    first = [data[0]] * times  # the first ones do not say what the rows hold
    made = pp.array(first + data * times)
    want = repr([tuple_rows(element) for element in first + data * times])
    assert repr(made.tolist()) == want and repr(list(made)) == want
    assert repr(pp.map(lambda element: element, made).tolist()) == want
    with pytest.raises(pp.ConversionError, match="do not say"):
        pp.array(first)


def tuple_rows(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return tuple(map(tuple_rows, value))
    return {key: tuple_rows(item) for key, item in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("kind", DATA)
def test_a_body_goes_and_its_slices_stay(kind: str) -> None:
    data = DATA[kind]
    made = pp.array(data * 100)
    part, stepped, shown = made[3:50], made[::7], made[0]
    want = exact((data * 100)[3:50]), exact((data * 100)[::7]), exact(data[0])
    made[:] = data[::-1] * 100
    made.clear()
    del made
    gc.collect()
    others = [pp.array(data * 100) for _ in range(5)]
    assert (exact(part.tolist()), exact(stepped.tolist()), exact(shown)) == want
    assert len(others) == 5


@pytest.mark.parametrize(
    ("start", "bad"),
    [
        (["a"], 1),
        (["a"], None),
        (["a"], b"a"),
        ([(1.0,), ()], (1.0, "a")),
        ([(1,), ()], (1.5,)),
        ([(1.0,), ()], 1.0),
        ([1.0, None], "a"),
        ([1.0], None),
        ([("a", None), ("b", 1)], ("a", 1.5)),
        ([("a", None), ("b", 1)], (None, 1)),
        ([{"a": "x"}], {"a": None}),
    ],
)
def test_an_element_of_another_kind_is_refused(start: list[Any], bad: Any) -> None:
    made = pp.array(start * 3)
    for put in (
        lambda: made.append(bad),
        lambda: made.insert(0, bad),
        lambda: made.__setitem__(1, bad),
        lambda: made.__setitem__(slice(0, 1), [start[0], bad]),
        lambda: made.extend([start[0], bad]),
        lambda: made.extend(pp.array([bad, bad]) if bad is not None else [bad]),
    ):
        with pytest.raises(pp.ConversionError):
            put()
        assert exact(made.tolist()) == exact(start * 3)


def test_elements_that_say_nothing_are_refused() -> None:
    for data in ([None, None], [(), ()], [[]], [(None, 1.0), (None, 2.0)]):
        with pytest.raises(pp.ConversionError, match="do not say"):
            pp.array(data)
    assert pp.array([None, None], dtype=pp.float32).tolist() == [None, None]
    for given, then in (([(), ()], (1.5, 2.5)), ([[], []], (1.5,)), ([(None, 1.0), (None, 2.0)], (3.0, 4.0))):
        made = pp.array(given, dtype=float)
        made.append(then)
        assert made.tolist() == [*map(tuple, given), then] and made.dtype in (pp.float64, None)
    with pytest.raises(pp.ConversionError, match="cannot be stored as int8"):
        pp.array([[], []], dtype="int8")
    with pytest.raises(pp.ConversionError, match="NoneType"):
        pp.array([{"a": 1}, None])


def test_dtype_is_that_of_the_numbers() -> None:
    assert pp.array(["a"]).dtype is None
    assert pp.array([("a", 1.0)], dtype=pp.float32).dtype is pp.float32
    made = pp.array([None, 0.1, 3], dtype=pp.float32)
    assert made.dtype is pp.float32 and pickle.loads(pickle.dumps(made)).dtype is pp.float32
    assert made.tolist() == [None, pp.array([0.1], dtype=pp.float32)[0], 3.0]
    mixed = pp.array([("a", 1.0, 2)] * 3, dtype=None)
    assert [d.name for d in mixed.dtype] == ["float64", "int64"]
    assert pp.array([(1.0,), ()], dtype=float).tolist() == [(1.0,), ()]
    for data in (["a"], [(1.0,), ()]):
        with pytest.raises(pp.ConversionError, match="cannot be stored as float32"):
            pp.array(data, dtype=pp.float32)


def test_columns_are_views() -> None:
    made = pp.array([("a", None, 1.0), ("bc", 2, 3.0)])
    made.columns[0][1] = "longer than before"
    made.columns[1][:] = [7, None]
    assert made.tolist() == [("a", 7, 1.0), ("longer than before", None, 3.0)]
    assert memoryview(made.columns[2]).tolist() == [1.0, 3.0]
    words = pp.array(["a", "b"])
    words.view(1)[0] = "c"
    assert words.columns[0].tolist() == ["a", "c"]
    for act in (lambda: memoryview(words), lambda: memoryview(pp.array([1.0, None]))):
        with pytest.raises(BufferError, match="no buffer of one format"):
            act()
    with pytest.raises(TypeError):
        _ = words.flat
    assert "<td>&#x27;c&#x27;</td>" in words._repr_html_()
    assert "<td>None</td>" in pp.array([None, 1.0])._repr_html_()
    assert repr(pp.array([(1.0,), ()])).endswith("dtype=tuple[float64, ...], device='cpu')")


def test_text_becomes_wide_where_it_must() -> None:
    made = pp.array(["a", "b"])
    narrow = made.nbytes
    kept = made[:]
    made.append("\u65e5")
    assert made.tolist() == ["a", "b", "\u65e5"] and kept.tolist() == ["a", "b"] and kept.nbytes == narrow
    for put in (
        lambda a: a.__setitem__(0, "\u65e5"),
        lambda a: a.__setitem__(slice(0, 1), ["\u65e5"]),
        lambda a: a.__setitem__(slice(None, None, 2), ["\u65e5"]),
        lambda a: a.extend(["x", "\u65e5"]),
        lambda a: a.extend(pp.array(["\u65e5"])),
        lambda a: a.insert(0, "\u65e5"),
    ):
        narrow_text, twin = pp.array(["a", "b"]), ["a", "b"]
        put(narrow_text)
        put(twin)
        assert narrow_text.tolist() == twin
        narrow_text.append("c")
        assert narrow_text.tolist() == [*twin, "c"]
    persons = pp.array(people(3))
    first = persons[0]
    persons[1].name = "\u65e5\u672c"
    assert [p.name for p in persons] == ["name 0", "\u65e5\u672c", "name 2"] and first.name == "name 0"
    pinned = pp.array(["a", "b"])
    view = pinned.view()
    with pytest.raises(BufferError, match="views"):
        pinned[0] = "\u65e5"
    assert view.tolist() == ["a", "b"]


def test_replaced_text_leaves_no_waste() -> None:
    made = pp.array(["x" * 1000] * 100)
    size = made.nbytes
    for i in range(20_000):
        made[i % 100] = "y" * 1000
    assert made.tolist() == ["y" * 1000] * 100
    assert made.nbytes == size
    for _ in range(1000):
        made[:50] = ["z" * 1000] * 50
    assert made.tolist() == ["z" * 1000] * 50 + ["y" * 1000] * 50


# ---- in functions ----------------------------------------------------------------------------------------------------


def shout(word: str) -> str:
    return word.upper() + "!" if len(word) > 1 else word


FUNCTIONS: list[tuple[Any, str]] = [
    (len, "text"),
    (shout, "text"),
    (shout, "wide text"),
    (lambda w: w == "zebra", "text"),
    (lambda w: (w, len(w)), "wide text"),
    (lambda w: "long" if len(w) > 3 else "short", "text"),
    (lambda w: w if len(w) > 3 else "\u65e5", "text"),
    (lambda w: {"word": w, "n": len(w)}, "text"),
    (lambda w: Person(w, len(w), (1.0, 2.0)), "text"),
    (lambda w: [c for c in w], "text"),
    (lambda w: None if w == "" else w[0], "text"),
    (lambda r: sum(r, 0.5), "ragged floats"),
    (lambda r: [x * 2.0 for x in r], "ragged floats"),
    (lambda r: r[::-1], "ragged ints"),
    (lambda r: len(r), "rows of words"),
    (lambda r: r[0] if len(r) else None, "ragged floats"),
    (lambda r: [r, r], "ragged bools"),
    (lambda v: None if v is None else v * 2.0, "optional floats"),
    (lambda v: 0.0 if v is None else v, "optional floats"),
    (lambda v: v, "optional floats"),
    (lambda v: None, "optional floats"),
    (lambda v: v is None, "optional rows"),
    (lambda v: v, "optional text"),
    (lambda v: v, "optional ragged"),
    (lambda p: p[0], "rows with gaps"),
    (lambda p: (p[1], p[0]), "rows of text"),
    (lambda d: d["name"] + "?", "dicts"),
    (lambda p: p.name, "people"),
    (lambda p: p, "people"),
    (lambda p: Person(p.name + "!", p.age, p.scores), "people"),
]


@pytest.mark.parametrize("number", range(len(FUNCTIONS)))
@pytest.mark.parametrize("times", [1, 400])
def test_map_gives_what_the_comprehension_gives(number: int, times: int, device: str) -> None:
    function, kind = FUNCTIONS[number]
    data = DATA[kind] * times
    for where in ("auto", device):
        try:
            result = pp.map(function, pp.array(data), device=where)
        except pp.UnsupportedError:
            assert number == 16  # one list in two places
            continue
        assert type(result) is pp.Array
        want = [function(element) for element in data]
        assert exact(result.tolist()) == exact([tuple(w) if isinstance(w, list) else w for w in want])


def test_map_makes_them_of_numbers(device: str) -> None:
    numbers = pp.array([0.25 * i for i in range(3000)])
    for function in (
        str,
        lambda x: None if x < 100.0 else x,
        lambda x: [x] * int(x % 5.0),
        lambda x: (str(x), x),
        lambda x: "big" if x > 100.0 else None,
        lambda x: [x] * 3 if x < 10.0 else [x],
        lambda x: "\u65e5" if x < 10.0 else str(x),
    ):
        result = pp.map(function, numbers, device=device)
        assert type(result) is pp.Array
        want = [function(x) for x in numbers.tolist()]
        assert exact(result.tolist()) == exact([tuple(w) if isinstance(w, list) else w for w in want])


def test_handed_back_elements() -> None:
    words = pp.array([str(i) for i in range(2000)])

    def odd(word: str) -> str:
        return word + "?" if word != "7" else eval("'\\u65e5' + word", {"word": word})

    assert pp.map(odd, words, device="cpu").tolist() == [odd(w) for w in words.tolist()]

    def fails(word: str) -> int:
        return 1 // (len(word) - 3)

    with pytest.raises(ZeroDivisionError) as raised:
        pp.map(fails, words, device="cpu")
    assert "element 100" in raised.value.__notes__[0]


def test_out(device: str) -> None:
    words, out = pp.array(WORDS * 100), pp.array([""] * 700)
    held = out[:]
    assert pp.map(shout, words, out=out, device=device) is out
    assert out.tolist() == [shout(w) for w in WORDS * 100] and held.tolist() == [""] * 700
    assert pp.map(lambda w: "\u65e5" + w, words, out=out, device=device).tolist() == ["\u65e5" + w for w in WORDS * 100]
    gaps = pp.array([None, 1.0] * 350)
    assert pp.map(lambda w: len(w) * 1.0 if w else None, words, out=gaps, device=device) is gaps
    assert gaps.tolist() == [len(w) * 1.0 if w else None for w in WORDS * 100]
    assert pp.map(lambda w: None, words, out=gaps, device=device).tolist() == [None] * 700
    rows = pp.array([(), (1,)] * 350)
    assert pp.map(lambda w: [], words, out=rows, device=device).tolist() == [()] * 700
    assert pp.map(lambda w: [len(w)] * len(w), words, out=rows, device=device) is rows
    assert rows.tolist() == [(len(w),) * len(w) for w in WORDS * 100]
    for function, target in ((len, out), (shout, gaps), (lambda w: None, out)):
        before = target.tolist()
        with pytest.raises(pp.ConversionError):
            pp.map(function, words, out=target, device=device)
        assert target.tolist() == before


def test_other_columns() -> None:
    words, gaps = pp.array(WORDS), pp.array([None, 1.0, 2.0, None, 3.0, 4.0, 5.0])
    assert pp.map(lambda w, n: w * n, words, pp.array(range(7))).tolist() == [w * n for n, w in enumerate(WORDS)]
    result = pp.map(lambda w, g: len(w) if g is None else g, words, gaps)
    assert type(result) is pp.Array and result.tolist() == [0.0, 1.0, 2.0, 80.0, 3.0, 4.0, 5.0]
    assert pp.map(lambda w, n: w * n, words, [2] * 7) == [w * 2 for w in WORDS]


def test_for_each_writes_them(device: str) -> None:
    def grow(person: Any) -> None:
        person.name = person.name + "!" * len(person.scores)

    made, data = pp.array([Person(p.name, 1, p.scores) for p in people(2000)]), people(2000)
    pp.for_each(grow, made, device=device)
    for person in data:
        grow(person)
    assert [p.name for p in made.tolist()] == [p.name for p in data]

    def fill(person: Any) -> None:
        if person.age is None:
            person.age = len(person.name)
            person.scores = (1.0, 2.0)

    made, data = pp.array(people(500)), people(500)
    pp.for_each(fill, made, device=device)
    for person in data:
        fill(person)
    assert made.tolist() == data

    def spoil(row: Any) -> None:
        row[0] = row[0] + "x"
        row[1] = 1.0 / (row[1] - 300.0)

    rows = pp.array([("a" * (i % 5), float(i)) for i in range(1000)])
    before = rows.tolist()
    with pytest.raises(ZeroDivisionError):
        pp.for_each(spoil, rows, device="cpu")
    assert rows.tolist() == before


@pytest.mark.parametrize("kind", ["text", "wide text", "ragged floats", "ragged ints", "ragged rows", "rows of words"])
def test_functions_read_them_by_name(kind: str, device: str) -> None:
    data = DATA[kind] * 200
    made, view = pp.array(data), pp.array([(d, 1.0) for d in data]).columns[0]
    handed_back = pp.stats().handed_back
    for table in (made, view):
        for function in (
            lambda i: table[i],  # noqa: B023
            lambda i: (len(table), len(table[-1 - i])),  # noqa: B023
            lambda i: sum(len(element) for element in table[i : i + 3]),  # noqa: B023
        ):
            assert pp.map(function, range(500), device=device) == [function(i) for i in range(500)]
    assert pp.stats().handed_back == handed_back
    made[3], made[4] = data[1], data[0]
    assert pp.map(lambda i: made[i], range(500)) == made[:500].tolist()
    made.append(data[2])
    del made[0]
    assert pp.map(lambda i: made[-1 - i], range(500)) == made[::-1][:500].tolist()
    with pytest.raises(IndexError):
        pp.map(lambda i: made[i], [10**6] * 500)
    if kind == "text":
        made[0] = "\u65e5"
        assert pp.map(lambda i: made[i], range(500)) == made[:500].tolist()


def test_functions_that_write_or_name_gaps() -> None:
    words, gaps, sums = pp.array(WORDS), pp.array([None, "a"]), pp.array([0] * 7)

    def put(i: int) -> None:
        words[i] = "x"

    def add(i: int) -> None:
        sums[i] += len(words[i])

    for function in (put, add):
        with pytest.raises(pp.UnsupportedError):
            pp.for_each(function, range(7))
    with pytest.raises(pp.UnsupportedError):
        pp.map(lambda i: gaps[i], range(500))
    assert words.tolist() == WORDS and sums.tolist() == [0] * 7


def test_random_columns_of_records_that_are_held() -> None:
    rng = random.Random(5)
    twin = people(10)
    made = pp.array(people(10))
    held = [(made[i], twin[i]) for i in range(0, 10, 2)]
    for step in range(2000):
        index = rng.randrange(len(twin))
        name = rng.choice(["", "x" * rng.randrange(50), "\u65e5" * rng.randrange(3)])
        act = rng.choice(["name", "insert", "delete", "scores", "age", "replace"])
        new = Person(name, rng.choice([None, 3]), (1.0,) * rng.randrange(3))
        for persons in (made, twin):
            if act == "name":
                persons[index].name = name
            elif act == "scores":
                persons[index].scores = new.scores
            elif act == "age":
                persons[index].age = new.age
            elif act == "insert":
                persons.insert(index, new)
            elif act == "replace":
                persons[index] = copy.copy(new)
            elif len(persons) > 5:
                del persons[index]
        if step % 50 == 0:
            held.append((made[index % len(twin)], twin[index % len(twin)]))
            assert made.tolist() == twin
            assert [a for a, _ in held] == [b for _, b in held]


def test_tuples_of_all_classes_become_those_of_the_array() -> None:
    class Pair(tuple[int, int]):
        __slots__ = ()

    plain, named = pp.array([(1, 2)]), pp.array([Named(1, 2)])
    for made in (plain, named):
        made.append(Named(3, 4))
        made.extend([(5, 6), Named(7, 8)])
        made[0] = [9, 10]
        assert {type(element) for element in made} == ({tuple} if made is plain else {Named})
        assert [tuple(element) for element in made] == [(9, 10), (3, 4), (5, 6), (7, 8)]
    plain.append(Pair((11, 12)))
    assert type(plain[-1]) is tuple and plain[-1] == (11, 12)


def test_unsigned_numbers_of_64_bits_in_rows() -> None:
    large, Pair = 2**64 - 3, namedtuple("Pair", "x y")
    for data in ([(large, 1)], [(1, 2), (3, large)], [Pair(large, 0)], [{"a": large, "b": 1}], [(large, (1, large))]):
        made = pp.array(data, dtype="uint64")
        assert exact(made.tolist()) == exact(data) and made.dtype is pp.uint64
        assert exact(pp.array(made.tolist(), dtype=made.dtype).tolist()) == exact(data)
        with pytest.raises((pp.ConversionError, OverflowError)):
            pp.array(data, dtype="int64")
        with pytest.raises((pp.ConversionError, OverflowError)):
            pp.array(data)
    with pytest.raises(OverflowError):
        pp.array([(2**64, 1)], dtype="uint64")
    with pytest.raises(OverflowError):
        pp.array([(large, -1)], dtype="uint64")
    with pytest.raises(pp.ConversionError):
        pp.array([(large, 1), (large, 1, 1)], dtype="uint64")
