"""Dicts, namedtuples, dataclasses and other objects, as elements and as results."""

from __future__ import annotations

import collections
import dataclasses
import gc
import weakref
from typing import Any, NamedTuple

import pytest
from conftest import same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import parallel_party as pp


class Slotted:
    __slots__ = ("x", "y", "label")

    def __init__(self, x: Any, y: Any, label: Any = None) -> None:
        self.x, self.y, self.label = x, y, label


class Plain:
    scale = 2.0
    offset = 1

    def __init__(self, x: Any, y: Any, label: Any = None) -> None:
        self.x = x
        self.y = y
        self.label = label

    def length(self) -> Any:
        return self.x * self.x + self.y * self.y

    def scaled(self, by: float = 3.0) -> Any:
        return self.length() * by * self.scale

    @property
    def double(self) -> Any:
        return self.x * 2

    @staticmethod
    def half(v: float) -> float:
        return v * 0.5


@dataclasses.dataclass
class Particle:
    x: Any
    y: Any
    label: Any = None


@dataclasses.dataclass(frozen=True)
class Frozen:
    x: Any
    y: Any
    label: Any = None


@dataclasses.dataclass
class Checked:
    x: float
    y: float
    label: Any = "none"
    total: float = dataclasses.field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.total = self.x + self.y


@dataclasses.dataclass(slots=True)
class SlottedData:
    x: Any
    y: Any
    label: Any = None


class Vector(NamedTuple):
    x: Any
    y: Any
    label: Any = None

    def dot(self, other: Any) -> Any:
        return self.x * other.x + self.y * other.y


class Added:
    def __init__(self, x: float) -> None:
        self.x = x

    def __add__(self, other: Any) -> Any:
        return self.x + other.x

    def __rmul__(self, other: Any) -> Any:
        return other * self.x

    def __neg__(self) -> Any:
        return -self.x


Point = collections.namedtuple("Point", "x y label", defaults=[None])
CLASSES: list[Any] = [Slotted, Plain, Particle, Frozen, SlottedData, Vector, Point]
MARK = object()


def fields(value: Any) -> Any:
    """Everything that can be seen of a result, types included."""
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return [type(value), *map(fields, value)]
    if isinstance(value, dict):
        return [type(value), *((key, fields(item)) for key, item in value.items())]
    if isinstance(value, tuple):
        return [type(value), *map(fields, value)]
    if hasattr(value, "__dict__") and not isinstance(value, type):
        return [type(value), *((key, fields(item)) for key, item in vars(value).items())]
    if hasattr(value, "__slots__"):
        return [type(value), *((name, fields(getattr(value, name))) for name in value.__slots__)]
    return [type(value), repr(value)]


def assert_agrees(f: Any, column: list[Any], **options: Any) -> None:
    got = pp.map(f, column, **{"device": "cpu", **options})
    want = [f(element) for element in column]
    assert [fields(a) for a in got] == [fields(b) for b in want]


@pytest.mark.parametrize("make", CLASSES)
@pytest.mark.parametrize(
    "f",
    [
        lambda p: p.x + p.y,
        lambda p: (p.x, p.label),
        lambda p: p.y if p.x > 2 else p.label,
        lambda p: p,
        lambda p: [p, p.x],
        lambda p: p.label is None,
        lambda p: p if p.x > 2 else None,
    ],
)
def test_attributes(make: Any, f: Any, device: str) -> None:
    assert_agrees(f, [make(float(i), i, MARK if i % 3 else None) for i in range(5)], device=device)
    assert_agrees(f, [make(float(i), i, MARK if i % 3 else None) for i in range(2000)], device=device)


@pytest.mark.parametrize("make", CLASSES)
def test_identity(make: Any) -> None:
    column = [make(1.0, 2, MARK) for _ in range(300)]
    assert all(a is b for a, b in zip(pp.map(lambda p: p, column, device="cpu"), column))
    got = pp.map(lambda p: (p.label, p.x, p), column, device="cpu")
    assert all(a[0] is MARK and a[1] is b.x and a[2] is b for a, b in zip(got, column))


def test_methods_properties_and_class_attributes(device: str) -> None:
    column = [Plain(float(i), i) for i in range(500)]
    assert_agrees(lambda p: p.length(), column, device=device)
    assert_agrees(lambda p: p.scaled() + p.scaled(2.0) + p.scaled(by=p.x), column, device=device)
    assert_agrees(lambda p: p.double + p.offset, column, device=device)
    assert_agrees(lambda p: p.half(p.x) + Plain.half(p.x) + Plain.scale, column, device=device)
    assert_agrees(lambda p: Plain.length(p), column, device=device)
    assert_agrees(lambda v: v.dot(v), [Vector(float(i), i) for i in range(500)], device=device)


def test_operators_of_classes() -> None:
    column = [Added(float(i)) for i in range(500)]
    assert_agrees(lambda a: a + a, column)
    assert_agrees(lambda a: 3.0 * a, column)
    assert_agrees(lambda a: -a, column)
    with pytest.raises(pp.UnsupportedError):
        pp.map(lambda a: a * 2, [MARK] * 3, device="cpu")


def test_a_class_that_changes_is_seen() -> None:
    class Changing:
        factor = 2.0

        def __init__(self, x: float) -> None:
            self.x = x

        def value(self) -> float:
            return self.x * self.factor

    column = [Changing(float(i)) for i in range(300)]
    f = lambda c: c.value()  # noqa: E731
    assert_agrees(f, column)
    Changing.factor = 5.0
    assert_agrees(f, column)
    Changing.value = lambda self: self.x + 1.0  # type: ignore[method-assign]
    assert_agrees(f, column)
    Changing.x = property(lambda self: 77.0)  # type: ignore[attr-defined]
    assert_agrees(f, column)
    del Changing.x  # type: ignore[attr-defined]
    assert_agrees(f, column)
    column[7].value = lambda: -1.0  # type: ignore[method-assign]
    assert pp.map(f, column, device="cpu")[7] == -1.0
    Changing.__getattribute__ = lambda self, name: 3 if name == "value" else object.__getattribute__(self, name)  # type: ignore
    with pytest.raises((pp.UnsupportedError, TypeError)):
        pp.map(f, column, device="cpu")


def test_what_only_python_can_tell_is_handed_back() -> None:
    class Asked:
        def __init__(self, x: float) -> None:
            self.y = x

        def __getattr__(self, name: str) -> float:
            return self.y

    mixed = [Plain(1.0, 2.0), Asked(3.0), Plain(4.0, 5.0)] * 5
    assert pp.map(lambda p: p.x, mixed, device="cpu") == [p.x for p in mixed]
    with pytest.raises(pp.UnsupportedError, match="Asked"):
        pp.map(lambda p: p.x, [Asked(1.0)] * 3, device="cpu")
    with pytest.raises(AttributeError, match="nothing"):
        pp.map(lambda p: p.nothing, [Plain(1.0, 2.0)] * 3, device="cpu")

    class Child(Plain):
        pass

    assert_agrees(lambda p: p.x, [Plain(1.0, 2.0), Child(3.0, 4.0)] * 200)


def test_fields_that_are_missing_here_and_there() -> None:
    class Loose:
        kind = "class"
        weight = 0.5

    column = []
    for i in range(600):
        item = Loose()
        item.x = float(i)  # type: ignore[attr-defined]
        if i % 3:
            item.weight = i
        if i % 5:
            item.unused = MARK  # type: ignore[attr-defined]
        column.append(item)
    assert_agrees(lambda p: p.x * p.weight, column)  # type: ignore[attr-defined]
    before = pp.stats().handed_back
    assert_agrees(lambda p: p.weight, column)
    assert pp.stats().handed_back == before
    del column[7].x  # type: ignore[attr-defined]
    with pytest.raises(AttributeError) as caught:
        pp.map(lambda p: p.x, column, device="cpu")
    assert any("element 7" in note for note in caught.value.__notes__)


def test_instances_whose_dictionaries_were_looked_at() -> None:
    column = [Plain(float(i), i) for i in range(400)]
    for item in column[::2]:
        vars(item)["extra"] = 1
    for item in column[::3]:
        del item.label
        item.label = "again"
    for item in column[::5]:
        item.__dict__ = {"label": 1, "y": item.y, "x": item.x}
    assert_agrees(lambda p: (p.x + p.y, p.label), column)


def test_dicts(device: str) -> None:
    column = [{"x": float(i), "n": i, "name": f"element {i}"} for i in range(2000)]
    assert_agrees(lambda d: d["x"] * d["n"], column, device=device)
    assert_agrees(lambda d: (d["name"], d.get("x"), d.get("z"), d.get("z", 7)), column, device=device)
    assert_agrees(lambda d: "x" in d and "z" not in d, column)  # reads the text as well, which no GPU takes
    assert_agrees(lambda d: len(d), column, device=device)
    assert_agrees(lambda d: {"n": d["n"] + 1, "x": d["x"], "whole": d}, column, device=device)
    assert_agrees(lambda d: {"a": {"b": (d["n"],)}, "c": []}, column, device=device)
    assert_agrees(lambda d: {"half": d["x"] * 0.5}, column, device=device)
    assert_agrees(lambda d: {"half": d["x"] * 0.5, "more": d["x"] + 1.0}, column, device=device)
    assert_agrees(lambda d: d, column)


def test_dicts_of_other_shapes() -> None:
    column: list[dict[Any, Any]] = [
        {"x": 1.0},
        {"y": 2, "x": 3.0},
        {"x": 3.0, "y": 2},
        {"x": "text", "y": None},
        {"x": 4.0, 1: 2},
        collections.OrderedDict(x=5.0),
        {"".join(["", "x"]): 6.0, "z": MARK},
    ] * 100
    assert_agrees(lambda d: d["x"], column)
    assert_agrees(lambda d: (d.get("y"), "y" in d, len(d)), column)
    numbers = [d for d in column if d["x"] != "text"]
    assert_agrees(lambda d: d["x"] + 1.0, numbers)
    del numbers[3]["x"]
    with pytest.raises(KeyError):
        pp.map(lambda d: d["x"], numbers, device="cpu")


def test_named_tuples_are_tuples_too(device: str) -> None:
    column = [Point(float(i), i, MARK) for i in range(1000)]
    assert_agrees(lambda p: p[0] + p[1], column, device=device)
    assert_agrees(lambda p: p[:2], column, device=device)
    assert_agrees(lambda p: p[:], column, device=device)
    assert_agrees(lambda p: (len(p), p[-1], tuple(p)[0]), column, device=device)
    assert_agrees(lambda p: [v for v in p][1:], column, device=device)
    assert_agrees(lambda p: p[:2] == (1.0, 1), column, device=device)
    assert_agrees(lambda p: (p + (1,))[3], column, device=device)
    assert_agrees(lambda p: isinstance(p, tuple) and isinstance(p, Point) and not isinstance(p, Vector), column)

    def parts(p: Any) -> Any:
        x, y, _ = p
        return x - y

    assert_agrees(parts, column, device=device)


def test_is_instance() -> None:
    class Child(Plain):
        pass

    column = [Plain(1.0, 2.0), Child(1.0, 2.0), Slotted(1.0, 2.0), 1, 2.5, (1,), {"x": 1}, Point(1, 2)] * 30
    assert_agrees(lambda v: (isinstance(v, Plain), isinstance(v, (Slotted, int)), isinstance(v, dict)), column)
    assert_agrees(lambda v: v.x if isinstance(v, (Plain, Slotted)) else -1, column)
    assert_agrees(lambda v: type(v) is Plain, column[:3] * 20)


@pytest.mark.parametrize("make", CLASSES)
def test_made_anew(make: Any, device: str) -> None:
    column = [(float(i), i) for i in range(1500)]
    assert_agrees(lambda p: make(p[1], p[0]), column, device=device)
    assert_agrees(lambda p: make(p[0] + 0.5, p[0] * 2.0, p[0] - 1.0), column, device=device)
    assert_agrees(lambda p: make(p[1], y=p[0], label=p), column, device=device)
    assert_agrees(lambda p: [make(p[0], p[1], "text"), make(p[1], p[0])], column, device=device)
    assert_agrees(lambda p: make(p[0], 1).x + make(p[1], 2).y, column, device=device)
    objects = [make(float(i), i, MARK) for i in range(500)]
    assert_agrees(lambda p: make(p.y, p.x, p.label), objects, device=device)


def test_post_init(device: str) -> None:
    assert_agrees(lambda p: Checked(p, p * 2.0), [float(i) for i in range(500)], device=device)


def test_results_are_like_any_other_object() -> None:
    made = pp.map(lambda v: Particle(v, v), [1.0, 2.0] * 200, device="cpu")
    made[0].extra = 1
    made[0].x = 5
    assert made[0] == Particle(5, 1.0) and made[1] == Particle(2.0, 2.0)
    assert gc.is_tracked(made[0]) and weakref.ref(made[0])() is made[0]
    made[0].label = made
    seen = weakref.ref(made[1])
    del made
    gc.collect()
    assert seen() is None
    tuples = pp.map(lambda v: Point(v, v), [1, 2] * 200, device="cpu")
    assert hash(tuples[0]) == hash((1, 1, None)) and tuples[0]._asdict() == {"x": 1, "y": 1, "label": None}


@pytest.mark.parametrize(
    "f",
    [
        lambda p: Particle(p.x),  # too few
        lambda p: Point(p.x, 2, 3, 4),
        lambda p: Frozen(p.x, z=1),
    ],
)
def test_wrong_calls_raise(f: Any) -> None:
    with pytest.raises(TypeError) as caught:
        pp.map(f, [Plain(1.0, 2.0)] * 3, device="cpu")
    with pytest.raises(TypeError) as wanted:
        f(Plain(1.0, 2.0))
    assert str(caught.value) == str(wanted.value)


def test_changing_an_element_is_refused() -> None:
    def f(p: Any) -> Any:
        p.x = 1.0
        return p

    column = [Plain(2.0, 3.0)] * 3
    with pytest.raises(pp.UnsupportedError):
        pp.map(f, column, device="cpu")
    assert column[0].x == 2.0


def test_objects_within_objects() -> None:
    column = [Plain(Vector(float(i), i), {"weight": 0.5, "id": i}, [Slotted(1.0, 2)]) for i in range(500)]
    assert_agrees(lambda p: p.x.x * p.y["weight"] + p.label[0].y, column)
    loop = Plain(1.0, 2.0)
    loop.label = loop
    assert_agrees(lambda p: p.x + p.label.x, [loop] * 100)


def test_unused_fields_cost_no_specialisation() -> None:
    f = eval("lambda p: p.x * 2.0078125")  # equal code made for another test would be shared
    column = []
    for i, extra in enumerate([1, "a", None, 2.5, MARK, [1], {"k": 1}, (), b"", 1j] * 30):
        item = Plain(float(i), extra)
        setattr(item, f"more{i % 7}", extra)
        column.append(item)
    before = pp.stats()
    assert_agrees(f, column)
    assert pp.stats().compilations - before.compilations == 1
    assert pp.stats().handed_back == before.handed_back


def test_captured_records() -> None:
    origin = Point(1.0, 2.0, 3)
    settings_ = {"gain": 2.0, "bias": 1}
    f = lambda v: v * settings_["gain"] + origin.x + settings_["bias"]  # noqa: E731
    column = [float(i) for i in range(500)]
    assert_agrees(f, column)
    settings_["gain"] = 4.0
    assert_agrees(f, column)
    settings_["gain"] = 4
    assert_agrees(f, column)


values = st.one_of(st.floats(-9, 9), st.integers(-9, 9), st.none(), st.text(max_size=2), st.booleans())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_generated(data: st.DataObject) -> None:
    make = data.draw(st.sampled_from(CLASSES))
    column = [make(*parts) for parts in data.draw(st.lists(st.tuples(values, values, values), min_size=1, max_size=9))]
    body = data.draw(
        st.sampled_from(
            [
                "make(p.y, p.x, p.label)",
                "(p.label, p.x, p)",
                "{'x': p.y, 'y': {'z': p.x}}",
                "p.x if p.y is None else make(p.label, 1)",
                "p.y if isinstance(p.x, float) else (p.label,)",
                "p.x * 2 if isinstance(p.x, (int, float)) else [p.y]",
            ]
        )
    )
    f = eval(f"lambda p: {body}", {"make": make, "isinstance": isinstance, "int": int, "float": float})
    assert_agrees(f, column)
    assert same(1, 1)


@pytest.mark.parametrize(
    "f",
    [
        lambda s: ({"n": 1}, s.split(",")),
        lambda s: (Vector(1, s), [c for c in s]),
        lambda s: {"a": {"k": len(s)}, "b": [c for c in s]},
        lambda s: (SlottedData(1, 2), "".join([c for c in s])),
    ],
)
def test_new_records_beside_rows_of_any_length(f: Any) -> None:
    assert_agrees(f, ["a,b", "c", "", "abc"] * 90)


def doubled(x: Any) -> Any:
    made = {"a": 1}
    while made["a"] < x:
        made = {"a": made["a"] * 2}
    return made


def counted(x: Any) -> Any:
    made = Plain(0, x)
    for _ in range(x):
        made.x = made.x + 1
    return made


def test_records_made_in_loops_of_any_length() -> None:
    assert_agrees(doubled, [0, 1, 5] * 110)
    assert_agrees(counted, [0, 1, 5] * 110)


@pytest.mark.parametrize(
    "f",
    [
        lambda n: [{"k": i} for i in range(n)],
        lambda n: [(i, Vector(i, n)) for i in range(n)],
        lambda n: [complex(i, n) for i in range(n)],
    ],
)
def test_rows_of_records_of_any_length_are_left_to_cpython(f: Any) -> None:
    assert_agrees(f, [0, 1, 2, 3] * 90)
    assert "with records or complex numbers" in str(pp.explain(f, [1]))


class Noted:
    ended: list[int] = []

    def __init__(self, x: Any) -> None:
        self.x = x

    def __del__(self) -> None:
        Noted.ended.append(1)


def test_classes_with_del_are_left_to_cpython() -> None:
    with pytest.raises(pp.UnsupportedError, match="its class has a __del__"):
        pp.map(lambda x: Noted(x).x, [1.0] * 400, device="cpu")
    assert pp.map(lambda x: Noted(x).x if x > 1.0 else x, [1.0, 2.0], device="cpu") == [1.0, 2.0]
    assert len(Noted.ended) == 1


@pytest.mark.parametrize("count", [64, 65, 128, 129])
def test_records_of_many_fields(count: int) -> None:
    elements = [{f"k{i}": 1.0 * i + j for i in range(count)} for j in range(300)]
    table = dict(elements[0])
    for f in (
        lambda d: d["k1"] + d["k50"],
        lambda d: sum(d.values()),
        lambda d: d,
        lambda d: {**d},
        lambda d: table.get("k3", 0.5) + table["k" + str(int(d["k0"]) % 64)],
    ):
        try:
            assert pp.map(f, elements, device="cpu") == [f(d) for d in elements]
        except pp.UnsupportedError:
            assert count > 128
