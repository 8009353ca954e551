"""Arrays of dicts and instances: written through where they are looked at, records of their class in functions."""

from __future__ import annotations

import copy
import dataclasses
import gc
import math
import pickle
import random
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

import pytest
from conftest import outcome

import parallel_party as pp


@dataclass
class Ball:
    height: float
    speed: float = 0.0
    hits: int = 0

    @property
    def energy(self) -> float:
        return 0.5 * self.speed * self.speed + 9.81 * self.height

    @energy.setter
    def energy(self, value: float) -> None:
        self.speed = math.sqrt(2.0 * (value - 9.81 * self.height))

    def fall(self, dt: float) -> None:
        self.speed -= 9.81 * dt
        self.height += self.speed * dt

    def twin(self) -> Ball:
        return type(self)(self.height, self.speed, self.hits)


@dataclass(frozen=True, order=True)
class Point:
    x: float
    y: float


@dataclass
class Segment:
    start: Point
    place: tuple[float, float]
    ball: Ball


@dataclass(slots=True)
class Slotted:
    x: float
    y: float


class Plain:
    def __init__(self, x: float, y: int) -> None:
        self.x, self.y = x, y


def balls(count: int) -> list[Ball]:
    return [Ball(10.0 + i, -0.5 * i, i) for i in range(count)]


def dicts(count: int) -> list[dict[str, Any]]:
    return [{"x": 0.5 * i, "n": i, "p": (1.0 * i, True)} for i in range(count)]


def shown(values: Any) -> str:
    """What can be seen of records, classes and bits included."""
    return repr([(type(v), vars(v)) if isinstance(v, Plain) else (v.__class__, v) for v in values])


MAKERS: dict[str, Any] = {
    "dataclass": balls,
    "frozen": lambda count: [Point(0.5 * i, -1.0 * i) for i in range(count)],
    "slots": lambda count: [Slotted(0.5 * i, -1.0 * i) for i in range(count)],
    "plain": lambda count: [Plain(0.5 * i, i) for i in range(count)],
    "dict": dicts,
    "nested": lambda count: [Segment(Point(0.5, i), (1.0, 2.0 * i), Ball(1.0, 2.0, i)) for i in range(count)],
    "rows of records": lambda count: [(Point(0.5, 1.0 * i), i) for i in range(count)],
}


# ---- elements --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("count", [1, 5, 3000])
def test_elements_come_out_as_they_went_in(kind: str, count: int) -> None:
    data = MAKERS[kind](count)
    made = pp.array(data)
    assert type(made) is pp.Array and len(made) == count
    for twin in (made, pp.array(iter(data)), pp.array(made), pp.array(list(made)), copy.deepcopy(made), made[:],
                 pickle.loads(pickle.dumps(made)), made[::-1][::-1]):  # fmt: skip
        assert shown(twin.tolist()) == shown(data)
        assert twin._type_information() == made._type_information()
    if kind == "dict":
        assert all(type(element) is dict for element in made.tolist())
        assert [dict(element) for element in made] == data
    elif kind == "plain":
        assert [(type(e), vars(e)) for e in made.tolist()] == [(Plain, vars(e)) for e in data]
    else:
        assert list(made) == data == made.tolist()


def test_instances_are_of_their_class() -> None:
    made = pp.array(balls(4))
    ball = made[1]
    assert isinstance(ball, Ball) and ball.__class__ is Ball
    assert ball == Ball(11.0, -0.5, 1) and Ball(11.0, -0.5, 1) == ball and ball != made[2]
    assert repr(ball) == repr(Ball(11.0, -0.5, 1))
    assert ball.energy == Ball(11.0, -0.5, 1).energy
    assert dataclasses.asdict(ball) == dataclasses.asdict(Ball(11.0, -0.5, 1))
    assert [field.name for field in dataclasses.fields(ball)] == ["height", "speed", "hits"]
    match ball:
        case Ball(height, speed):
            assert (height, speed) == (11.0, -0.5)
    assert vars(ball) == {"height": 11.0, "speed": -0.5, "hits": 1}
    for detached in (copy.copy(ball), copy.deepcopy(ball), pickle.loads(pickle.dumps(ball)), ball.twin(),
                     dataclasses.replace(ball)):  # fmt: skip
        assert type(detached) is Ball and detached == ball
        detached.height = -1.0
        assert made[1].height == 11.0
    assert type(made.tolist()[0]) is Ball


def test_attributes_are_written_through() -> None:
    made = pp.array(balls(4))
    before = made[:]
    ball = made[1]
    ball.height, ball.hits = 3, True  # as an int goes into floats
    assert made.columns.height.tolist() == [10.0, 3.0, 12.0, 13.0]
    assert made.tolist()[1] == Ball(3.0, -0.5, 1) and type(ball.height) is float and type(ball.hits) is int
    made.columns.speed[1] = 7.0
    assert ball.speed == 7.0
    ball.fall(0.5)
    reference = Ball(3.0, 7.0, 1)
    reference.fall(0.5)
    assert made[1] == reference
    ball.energy = 100.0
    reference.energy = 100.0
    assert made[1] == reference
    assert before.tolist() == balls(4)


def test_what_an_array_does_not_hold_is_not_set() -> None:
    made = pp.array(balls(2))
    ball = made[0]
    for act, error in [
        (lambda: setattr(ball, "colour", 1), AttributeError),
        (lambda: setattr(ball, "height", "high"), pp.ConversionError),
        (lambda: setattr(ball, "hits", 1.5), pp.ConversionError),
        (lambda: setattr(ball, "hits", 2**70), OverflowError),
        (lambda: setattr(ball, "_element", None), AttributeError),
        (lambda: setattr(ball, "__class__", Point), (AttributeError, TypeError)),
        (lambda: delattr(ball, "height"), AttributeError),
        (lambda: vars(ball).update(height=1.0), AttributeError),
        (lambda: made.append(Ball("a", 1.0)), pp.ConversionError),  # type: ignore[arg-type]
        (lambda: made.append(Point(1.0, 2.0)), pp.ConversionError),
        (lambda: made.append((1.0, 2.0, 3)), pp.ConversionError),
        (lambda: made.append({"height": 1.0, "speed": 1.0, "hits": 1}), pp.ConversionError),
    ]:
        with pytest.raises(error):  # type: ignore[arg-type]
            act()
        assert made.tolist() == balls(2)
    slotted = pp.array([Slotted(1.0, 2.0)])[0]
    with pytest.raises(AttributeError):
        slotted.z = 1.0
    slotted.x = 5.0
    assert slotted == Slotted(5.0, 2.0)


def test_elements_with_more_than_the_others_are_refused() -> None:
    more = balls(5)
    more[3].colour = 1.0  # type: ignore[attr-defined]
    with pytest.raises(pp.ConversionError, match="element 3"):
        pp.array(more)
    made = pp.array(balls(3))
    with pytest.raises(pp.ConversionError):
        made.append(more[3])
    with pytest.raises(pp.ConversionError):
        made[1:] = more
    assert made.tolist() == balls(3)
    fewer = balls(3)
    del fewer[1].speed
    with pytest.raises(pp.ConversionError, match="element 1"):
        pp.array(fewer)
    with pytest.raises(pp.ConversionError, match="element 1"):
        pp.array([{"a": 1.0}, {"a": 1.0, "b": 2.0}])
    with pytest.raises(pp.ConversionError, match="element 1"):
        pp.array([{"a": 1.0}, {"b": 1.0}])


def test_the_order_of_attributes_and_keys_does_not_matter() -> None:
    turned = Plain(1.0, 2)
    del turned.x
    turned.x = 1
    made = pp.array([Plain(0.5, 1), turned])
    assert [(p.x, p.y) for p in made] == [(0.5, 1), (1.0, 2)]
    mixed = pp.array([{"a": 1, "b": 2.0}, {"b": 3, "a": 4.5}])
    assert mixed.tolist() == [{"a": 1.0, "b": 2.0}, {"a": 4.5, "b": 3.0}]
    assert [list(d) for d in mixed.tolist()] == [["a", "b"]] * 2


def test_dataclasses_have_the_order_of_their_class() -> None:
    turned = Ball.__new__(Ball)
    turned.hits, turned.speed, turned.height = 3, 2.0, 1.0
    made = pp.array([turned, Ball(4.0, 5.0, 6)], dtype=None)
    assert made._column_names() == ("height", "speed", "hits")
    assert made.tolist() == [Ball(1.0, 2.0, 3), Ball(4.0, 5.0, 6)]

    class Later:
        def __init__(self, a: float, b: float) -> None:
            if a > 1.0:
                self.a, self.b = a, b
            else:
                self.b, self.a = b, a

    one, other = pp.array([Later(2.0, 1.0)] * 300), pp.array([Later(0.0, 1.0)] * 300)
    one += other
    one[:2] = other[:2]
    assert [(v.a, v.b) for v in one] == [(0.0, 1.0)] * 2 + [(2.0, 1.0)] * 298 + [(0.0, 1.0)] * 300
    for device in ("auto", "cpu"):
        assert pp.map(lambda v: Later(v.b, v.a), other, out=other, device=device) is other
        assert {(v.a, v.b) for v in other} <= {(1.0, 0.0), (0.0, 1.0)}


def test_classes_whose_instances_no_array_holds() -> None:
    class Setting:
        def __init__(self) -> None:
            self.x = 1.0

        def __setattr__(self, name: str, value: Any) -> None:
            object.__setattr__(self, name, value)

    class Hidden:
        def __init__(self) -> None:
            self.__dict__["x"] = 1.0

        @property
        def x(self) -> float:
            return 2.0

    with pytest.raises(pp.ConversionError, match="__setattr__"):
        pp.array([Setting()])
    with pytest.raises(pp.ConversionError, match="property"):
        pp.array([Hidden()])
    with pytest.raises(pp.ConversionError, match=r"\(element 0\)"):
        pp.array([Plain(1j, None)])  # type: ignore[arg-type]
    with pytest.raises(pp.ConversionError):
        pp.array([object()])


def test_nobody_is_told_of_what_shows_instances() -> None:
    told: list[str] = []

    class Base:
        def __init_subclass__(cls) -> None:
            told.append(cls.__name__)

        def __del__(self) -> None:
            told.append("gone")

    class Thing(Base):
        def __init__(self, x: float) -> None:
            self.x = x

    thing = Thing(1.0)
    made = pp.array([thing])
    assert isinstance(made[0], Thing) and made[0].x == 1.0
    assert type(made[0])(2.0).x == 2.0 and type(type(made[0])(2.0)) is Thing
    assert told == ["Thing"] + ["gone"] * 2


def test_a_class_lives_as_long_as_its_elements() -> None:
    @dataclass
    class Gone:
        x: float

    made = pp.array([Gone(1.0)])
    del Gone
    gc.collect()
    made[0].x = 2.0
    assert repr(made.tolist()[0]).endswith("Gone(x=2.0)")


def test_dicts_are_mappings_that_write_through() -> None:
    data = dicts(3)
    made = pp.array(data)
    element = made[1]
    assert isinstance(element, MutableMapping) and not isinstance(element, dict)
    assert element == data[1] and data[1] == element and not element != data[1] and element != data[2]
    assert repr(element) == repr(data[1]) and len(element) == 3 and list(element) == list(data[1])
    assert list(reversed(element)) == list(reversed(data[1])) and {**element} == data[1] == dict(**element)
    assert element.get("y", 7) == 7 and "y" not in element and list(element.values()) == list(data[1].values())
    element["x"] = 4
    element.update(n=9)
    element |= {"p": [5.0, False]}
    assert made.tolist()[1] == {"x": 4.0, "n": 9, "p": (5.0, False)}
    for detached in (element.copy(), copy.copy(element), pickle.loads(pickle.dumps(element)), element | {}):
        assert type(detached) is dict and detached == element
    assert {"z": 1} | element == {"z": 1, "x": 4.0, "n": 9, "p": (5.0, False)}
    match element:
        case {"n": n}:
            assert n == 9
    for act, error in [
        (lambda: element["y"], KeyError),
        (lambda: element[[]], TypeError),
        (lambda: element.__setitem__("y", 1.0), pp.ConversionError),
        (lambda: element.__delitem__("x"), pp.ConversionError),
        (lambda: element.pop("x"), pp.ConversionError),
        (lambda: element.clear(), pp.ConversionError),
        (lambda: element.__setitem__("n", 1.5), pp.ConversionError),
        (lambda: hash(element), TypeError),
        (lambda: type(element)(), TypeError),
    ]:
        with pytest.raises(error):  # type: ignore[arg-type]
            act()
        assert dict(element) == {"x": 4.0, "n": 9, "p": (5.0, False)}


def test_records_within_records() -> None:
    made = pp.array([Segment(Point(0.0, 1.0), (2.0, 3.0), Ball(4.0, 5.0, 6))] * 3)
    ball = made[1].ball
    ball.speed = 50.0
    made[1].place = [20.0, 30.0]
    made[1].start = Point(-1.0, 1.0)
    assert made.tolist()[1] == Segment(Point(-1.0, 1.0), (20.0, 30.0), Ball(4.0, 50.0, 6))
    made[2].ball = ball
    assert made.columns.ball.columns.speed.tolist() == [5.0, 50.0, 50.0]
    assert made.columns.ball[2] == ball and isinstance(made.columns.ball[2], Ball)
    made.columns["ball"][0].hits = 60
    assert made[0].ball.hits == 60
    column = pp.array([(Ball(1.0), 2.0)])
    column[0][0].height = 9.0
    assert column[0] == (Ball(9.0), 2.0)


# ---- as objects in a list --------------------------------------------------------------------------------------------


def random_step(rng: random.Random, count: int) -> Any:
    """One thing done to a list of records some of which are held: the same for an Array and its twin."""
    index, other = rng.randrange(-count - 1, count + 1), rng.randrange(-count - 1, count + 1)
    where = slice(rng.choice([None, index]), rng.choice([None, other]), rng.choice([None, 1, 2, -1, -2, 3]))
    value = rng.randrange(100)
    many = [rng.randrange(100) for _ in range(rng.randrange(4))]

    def hold(a: Any, held: list[Any], make: Any) -> None:
        held.append(a[index])

    def write(a: Any, held: list[Any], make: Any) -> None:
        held[value % len(held)].speed = value + 0.5

    def write_element(a: Any, held: list[Any], make: Any) -> None:
        a[index].speed = value + 0.25

    return rng.choice(
        [
            hold,
            hold,
            write,
            write_element,
            lambda a, held, make: a.append(make(value)),
            lambda a, held, make: a.extend([make(v) for v in many]),
            lambda a, held, make: a.insert(index, make(value)),
            lambda a, held, make: held.append(a.pop(index)),
            lambda a, held, make: a.__setitem__(index, make(value)),
            lambda a, held, make: a.__setitem__(where, [make(v) for v in many]),
            lambda a, held, make: a.__delitem__(index),
            lambda a, held, make: a.__delitem__(where),
            lambda a, held, make: a.reverse(),
            lambda a, held, make: a.sort(key=lambda ball: ball.hits % 7),
            lambda a, held, make: a.sort(key=lambda ball: -ball.speed, reverse=True),
            lambda a, held, make: a.index(make(value)),
            lambda a, held, make: a.remove(make(value)),
        ]
    )


@pytest.mark.parametrize("seed", range(60))
def test_random_lives_of_records_that_are_held(seed: int) -> None:
    """Whoever holds an element holds what he would of a list, whatever happens to the others."""
    rng = random.Random(f"records{seed}")

    def make(value: int) -> Ball:
        return Ball(1.0 * value, 0.5 * value, value)

    twin = [make(v) for v in range(8)]
    made = pp.array([make(v) for v in range(8)])
    held_twin, held = [twin[3]], [made[3]]
    for _ in range(60):
        if len(twin) > 20:
            del twin[10:], made[10:]
        step = random_step(rng, len(twin))
        want = outcome(lambda: step(twin, held_twin, make))
        got = outcome(lambda: step(made, held, make))
        assert got[0] == want[0] and (got[0] != "raises" or got[1] == want[1])
        assert made.tolist() == twin
        assert held == held_twin


def test_sorting_needs_an_order() -> None:
    made = pp.array(balls(3))
    with pytest.raises(TypeError):
        made.sort()
    assert made.tolist() == balls(3)
    points = pp.array([Point(2.0, 1.0), Point(1.0, 5.0), Point(1.0, 2.0)])
    points.sort()
    assert points.tolist() == [Point(1.0, 2.0), Point(1.0, 5.0), Point(2.0, 1.0)]


def test_equality_is_that_of_lists() -> None:
    made = pp.array(balls(3))
    assert made == balls(3) and made == made.copy() and not made != balls(3) and made != balls(2)
    plain = pp.array([Plain(1.0, 2)])
    assert plain == plain and plain != plain.copy() and plain != [Plain(1.0, 2)]
    assert pp.array(dicts(3)) == dicts(3) and made.count(Ball(10.0, 0.0, 0)) == 1 and Ball(11.0, -0.5, 1) in made


def test_memory() -> None:
    made = pp.array([Slotted(1.0, 2.0), Slotted(3.0, 4.0)], dtype=pp.float32)
    assert made.dtype is pp.float32 and made.flat.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert memoryview(made.columns.y).tolist() == [2.0, 4.0]
    made[1].y = 0.1
    assert memoryview(made.flat).tolist()[3] != 0.1 and abs(made[1].y - 0.1) < 1e-7
    with pytest.raises(TypeError, match="columns"):
        _ = pp.array(balls(2)).flat
    element, view = made[0], made.view()
    with pytest.raises(BufferError):
        made.append(Slotted(0.0, 0.0))
    view[1].x = 30.0
    assert made[1].x == 30.0
    del view
    made.insert(0, Slotted(0.0, 0.0))
    assert element == Slotted(1.0, 2.0) and made[1] == element
    del made
    gc.collect()
    element.x = 4.0
    assert element == Slotted(4.0, 2.0)


def test_repr_and_tables() -> None:
    assert repr(pp.array(balls(1))) == (
        "Array([Ball(height=10.0, speed=-0.0, hits=0)], length=1, "
        "dtype=Ball(height: float64, speed: float64, hits: int64), device='cpu')"
    )
    assert "dtype=dict{x: float64, n: int64, p: tuple[float64, bool_]}" in repr(pp.array(dicts(1)))
    table = pp.array(balls(2))._repr_html_()
    assert "<th>height</th><th>speed</th><th>hits</th>" in table and "<td>11.0</td><td>-0.5</td><td>1</td>" in table
    assert "<td>0.5</td>" in pp.array(dicts(2))._repr_html_()


# ---- in functions ----------------------------------------------------------------------------------------------------


def energy(ball: Ball) -> float:
    return ball.energy if ball.hits % 3 else 0.0


def fallen(ball: Ball, dt: float) -> Ball:
    return Ball(ball.height + ball.speed * dt, ball.speed - 9.81 * dt, ball.hits)


@pytest.mark.parametrize("count", [1, 10, 5000])
def test_map_sees_records(count: int, device: str) -> None:
    made = pp.array(balls(count))
    result = pp.map(energy, made, device=device)
    assert type(result) is pp.Array and result.tolist() == [energy(b) for b in balls(count)]
    moved = pp.map(fallen, made, dt=0.25, device=device)
    assert type(moved) is pp.Array and moved.tolist() == [fallen(b, 0.25) for b in balls(count)]
    assert type(moved.tolist()[0]) is Ball
    table = pp.array(dicts(count))
    result = pp.map(lambda d: d["x"] * d["n"] + d["p"][0], table, device=device)
    assert result.tolist() == [d["x"] * d["n"] + d["p"][0] for d in dicts(count)]
    named = pp.map(lambda d: {"twice": 2.0 * d["x"], "n": d["n"]}, table, device=device)
    assert type(named) is pp.Array and named.columns.twice.tolist() == [2.0 * d["x"] for d in dicts(count)]
    assert type(named.tolist()[0]) is dict
    assert pp.map(lambda b: b, made, device=device).tolist() == balls(count)
    points = pp.map(lambda b: Point(b.height, b.speed), made, device=device)
    assert points.tolist() == [Point(b.height, b.speed) for b in balls(count)]


def test_map_into_records(device: str) -> None:
    made, out = pp.array(balls(600)), pp.array(balls(600))
    held = out[5]
    assert pp.map(fallen, made, dt=0.5, out=out, device=device) is out
    assert out.tolist() == [fallen(b, 0.5) for b in balls(600)]
    assert held == balls(600)[5]
    assert pp.map(fallen, balls(600), dt=0.5, out=out) is out
    with pytest.raises(pp.ConversionError):
        pp.map(energy, made, out=out, device=device)


def test_handed_back_elements_see_instances() -> None:
    def odd(ball: Ball) -> Ball:
        if ball.hits == 7:
            assert type(ball) is Ball
            return Ball(float(len(str(vars(ball)))), 0.0, 1)
        return Ball(ball.height, math.sqrt(ball.height), 2)

    data = balls(1000)
    assert pp.map(odd, pp.array(data), device="cpu").tolist() == [odd(b) for b in data]

    def fails(ball: Ball) -> float:
        return 1.0 / (ball.hits - 500)

    with pytest.raises(ZeroDivisionError) as raised:
        pp.map(fails, pp.array(data), device="cpu")
    assert "element 500" in raised.value.__notes__[0]


def test_a_list_beside_it_gives_a_list() -> None:
    made = pp.array(balls(300))
    assert pp.map(lambda b, x: b.height * x, made, [2.0] * 300) == [b.height * 2.0 for b in balls(300)]


def step(ball: Ball, dt: float) -> None:
    ball.speed -= 9.81 * dt
    ball.height += ball.speed * dt
    if ball.height < 0.0:
        ball.height, ball.speed = -ball.height, -ball.speed
        ball.hits += 1


@pytest.mark.parametrize("count", [1, 10, 5000])
def test_for_each_writes_attributes(count: int, device: str) -> None:
    made, data = pp.array(balls(count)), balls(count)
    held, before = made[0], made[:]
    for _ in range(3):
        assert pp.for_each(step, made, dt=0.5, device=device) is None
        for ball in data:
            step(ball, 0.5)
    assert made.tolist() == data
    assert held == data[0] and before.tolist() == balls(count)


def test_for_each_writes_keys_and_nested_records(device: str) -> None:
    def change(d: Any, i: int) -> None:
        d["x"] = d["n"] * 0.5
        if i % 2:
            d["p"] = (d["x"], False)

    made, data = pp.array(dicts(1000)), dicts(1000)
    pp.for_each(change, made, range(1000), device=device)
    for i, element in enumerate(data):
        change(element, i)
    assert made.tolist() == data

    def shift(segment: Segment) -> None:
        segment.ball.speed += segment.place[0]
        segment.place = (segment.place[1], segment.ball.height)
        segment.start = Point(segment.start.x + 1.0, segment.start.y)

    nested, reference = pp.array(MAKERS["nested"](1000)), MAKERS["nested"](1000)
    pp.for_each(shift, nested, device=device)
    for segment in reference:
        shift(segment)
    assert nested.tolist() == reference


def test_for_each_hands_back_and_takes_back() -> None:
    def careful(ball: Ball) -> None:
        ball.speed = math.sqrt(ball.height) if ball.hits != 7 else float(len(str(ball)))
        ball.hits += 1

    made, data = pp.array(balls(1000)), balls(1000)
    pp.for_each(careful, made, device="cpu")
    for ball in data:
        careful(ball)
    assert made.tolist() == data

    def fails(ball: Ball) -> None:
        ball.speed = 1.0 / (ball.hits - 500)

    with pytest.raises(ZeroDivisionError):
        pp.for_each(fails, made, device="cpu")
    assert made.tolist() == data

    def adds(ball: Ball) -> None:
        if ball.hits == 300:
            ball.colour = 1.0  # type: ignore[attr-defined]
        ball.speed = 0.0

    with pytest.raises(pp.ConversionError, match="element 299"):
        pp.for_each(adds, made, device="cpu")
    assert made.tolist() == data


def test_functions_read_records_by_name() -> None:
    table = pp.array(balls(50))
    assert pp.map(lambda i: table[i].height + table[-1 - i].speed, range(50)) == [
        b.height + c.speed for b, c in zip(balls(50), reversed(balls(50)))
    ]


def test_functions_that_name_an_array_of_records() -> None:
    table, rows, points = (
        pp.array(balls(500)),
        pp.array(dicts(500)),
        pp.array([Point(1.0 * i, 0.0) for i in range(500)]),
    )

    def lift(i: int) -> None:
        table[i].height = 5.0

    def lift_all(i: int) -> None:
        table[i] = Ball(1.0)

    def put(i: int) -> None:
        rows[i]["x"] = 5.0

    with pytest.raises(pp.UnsupportedError):
        pp.for_each(lift_all, range(500))
    for f in (lambda i: table[i], lambda i: type(table[i]) is Ball, lambda i: isinstance(rows[i], dict)):
        with pytest.raises(pp.UnsupportedError):
            pp.map(f, range(500))
    assert table.tolist() == balls(500) and rows.tolist() == dicts(500)
    handed_back = pp.stats().handed_back
    assert pp.map(lambda i: points[-1 - i], range(500)) == points.tolist()[::-1]
    assert pp.map(lambda i: isinstance(table[i], Ball), range(500)) == [True] * 500
    assert pp.map(lambda i: sum(b.height for b in table[i : i + 2]), range(499)) == [21.0 + 2.0 * i for i in range(499)]
    assert pp.stats().handed_back == handed_back
    heights = table.columns.height

    def column(i: int) -> None:
        heights[i] = heights[i] * 2.0

    pp.for_each(column, range(500))
    assert [b.height for b in table] == [2.0 * b.height for b in balls(500)]
    pp.for_each(lift, range(500))
    pp.for_each(put, range(500))
    assert [b.height for b in table] == [row["x"] for row in rows] == [5.0] * 500


class Swapped:
    """Slots whose names sort otherwise than they are declared and assigned."""

    __slots__ = ("x", "n")

    def __init__(self, x: float, n: int) -> None:
        self.x, self.n = x, n


def test_slots_made_by_functions_and_read_are_of_one_type() -> None:
    given = pp.array([Swapped(1.0, 2), Swapped(3.0, 4)])
    made = pp.map(lambda p: Swapped(p.x * 2.0, p.n), given)
    assert str(made.dtype) == str(given.dtype) and [(p.x, p.n) for p in given + made] == [
        (1, 2),
        (3, 4),
        (2, 2),
        (6, 4),
    ]
    assert pp.map(lambda p: Swapped(p.x + 1.0, p.n), given, out=given) is given
    assert [(p.x, p.n) for p in given] == [(2.0, 2), (4.0, 4)]


def test_a_refused_update_changes_nothing() -> None:
    made = pp.array([{"a": 1, "b": 2.0, "c": "x"}, {"a": 2, "b": 3.0, "c": "y"}])
    before = made.tolist()
    element = made[0]
    for change in (
        lambda: element.update({"a": 9, "b": "bad"}),
        lambda: element.update([("a", 9), ("c", "z")], b=None),
        lambda: element.update(a=9, d=1),
        lambda: element.__ior__({"c": "new", "a": 1.5}),
        lambda: element.update({"a": 9, "b": 1.0, "c": 5}),
        lambda: element.update({"a": 2**64}),
    ):
        with pytest.raises((pp.ConversionError, OverflowError)):
            change()
        assert made.tolist() == before
    element.update({"a": 9}, b=5, c="\u0100wide")
    element.update(made[1].copy() | {"c": "z"})
    element |= {"a": 7}
    element.update()
    assert made.tolist() == [{"a": 7, "b": 3.0, "c": "z"}, before[1]]


def test_rows_that_have_records_in_them_are_sorted_by_a_key() -> None:
    data = [(i % 5, {"x": float(i), "name": str(i)}) for i in range(200)]
    keys: list[Any] = [lambda r: -r[0], lambda r: r[1]["x"] % 7.0, lambda r: r[1]["name"]]
    for key in keys:
        for is_reversed in (False, True):
            made = pp.array(data)
            held = made[3][1]
            made.sort(key=key, reverse=is_reversed)
            assert made.tolist() == sorted(data, key=key, reverse=is_reversed)
            held["x"] = -1.0
            assert [row[1]["name"] for row in made if row[1]["x"] == -1.0] == ["3"]
    made = pp.array(data)
    with pytest.raises(ValueError, match="modified during sort"):
        made.sort(key=lambda r: made.pop()[0])
    made = pp.array(data)
    with pytest.raises(ZeroDivisionError):
        made.sort(key=lambda r: 1 / (r[1]["x"] - 3.0))
    assert made.tolist() == data


def test_keys_with_a_nul() -> None:
    data = [{"a": 1, "a\0b": 2}, {"a": 3, "a\0b": 4}]
    made = pp.array(data)
    assert made.tolist() == data and made[0]["a\0b"] == 2 and len(made[0]) == 2
    made[1]["a\0b"] = 5
    assert dict(made[1]) == {"a": 3, "a\0b": 5} and made.columns["a\0b"].tolist() == [2, 5]
    assert pickle.loads(pickle.dumps(made)) == made == copy.deepcopy(made)
    assert pp.map(lambda v: {"a\0b": v}, pp.array([1, 2])).tolist() == [{"a\0b": 1}, {"a\0b": 2}]
    assert pp.map(lambda d: d["a\0b"] + d["a"], [{"a": 1, "a\0b": 2}]) == [3]
    with pytest.raises(pp.ConversionError, match="NUL"):
        made.__arrow_c_array__()
    ball = Ball(1.0)
    setattr(ball, "a\0b", 2)
    with pytest.raises(pp.ConversionError, match="a NUL in its name"):
        pp.array([ball])
    assert pp.map(lambda b: b.height, [ball]) == [1.0]


def test_columns_are_copied_and_pickled() -> None:
    made = pp.array([(1.0, 2), (3.0, 4)])
    columns = made.columns
    copy.copy(columns)[0][0] = 9.0  # of the same Array
    assert made[0] == (9.0, 2)
    for other in (copy.deepcopy(columns), pickle.loads(pickle.dumps(columns))):
        other[0][0] = 7.0
        assert made[0] == (9.0, 2) and [column.tolist() for column in other] == [[7.0, 3.0], [2, 4]]
    with pytest.raises(AttributeError):
        type(columns).__new__(type(columns)).x  # noqa: B018
