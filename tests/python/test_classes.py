"""Base classes and super(), with statements, generators that hand on, and callables that are not functions, mapped."""

from __future__ import annotations

import abc
import collections
import contextlib
import dataclasses
import enum
import functools
import numbers
import operator
from collections.abc import Callable
from typing import Any

import pytest
from conftest import agrees, agrees_or_is_refused, outcome, runs_compiled

import parallel_party as pp

NUMBERS = [0.5, -1.5, 2.0, 7.25, 0.0]


def runs(f: Callable[..., Any], *columns: list[Any], **uniform: Any) -> None:
    """Compare with CPython; no element may be handed back."""
    before = pp.stats().handed_back
    assert agrees(f, *[column * 40 for column in columns], device="cpu", **uniform)
    assert pp.stats().handed_back == before


# super()


class Shape:
    scale = 2.0

    def __init__(self, size):
        super().__init__()
        self.size = size

    def area(self):
        return self.size * self.size

    def name(self):
        return "shape"

    @property
    def double(self):
        return self.size * 2

    @staticmethod
    def unit():
        return 1.5

    @classmethod
    def factor(cls):
        return cls.scale


class Square(Shape):
    scale = 3.0

    def __init__(self, size, angle=0.5):
        super().__init__(size + 1.0)
        self.angle = angle

    def area(self):
        return super().area() + self.angle

    def name(self):
        return "square, a " + super().name()

    @property
    def double(self):
        return super().double + 100.0

    def others(self):
        return super().unit(), super().factor(), super().scale

    def explicit(self):
        return super(Square, self).area()

    def within(self):
        return [super(Square, self).area() for _ in range(2)]


class Left(Shape):
    def area(self):
        return super().area() * 2.0


class Right(Shape):
    def area(self):
        return super().area() + 10.0


class Both(Left, Right):
    def area(self):
        return super().area() - 1.0


@dataclasses.dataclass
class Base:
    x: float

    def value(self, more=0.0, *rest, factor=1.0):
        return self.x * factor + more + sum(rest)


@dataclasses.dataclass
class Derived(Base):
    y: float = 2.0

    def value(self, *args, **kwargs):
        return super().value(*args) + self.y


class Slots:
    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x


class More(Slots):
    __slots__ = ("y",)

    def __init__(self, x, y):
        super().__init__(x)
        self.y = y

    def sum(self):
        return self.x + self.y


def test_super_of_what_is_given():
    squares = [Square(x) for x in NUMBERS]
    runs(lambda s: (s.area(), s.name(), s.double, s.explicit()), squares)
    runs(lambda s: s.others(), squares)
    runs(lambda s: s.within(), squares)
    runs(lambda s: s.area(), [Both(x) for x in NUMBERS])
    runs(lambda d: (d.value(), d.value(1.0), d.value(1.0, 2.0)), [Derived(x) for x in NUMBERS])


def test_super_of_what_is_made():
    runs(lambda x: Square(x).area() + Square(x, angle=x).double, NUMBERS)
    runs(lambda x: Both(x).area(), NUMBERS)
    runs(lambda x: More(x, x + 1.0).sum(), NUMBERS)
    made = pp.map(lambda x: Square(x), NUMBERS * 90, device="cpu")
    assert [(s.size, s.angle) for s in made[:5]] == [(Square(x).size, Square(x).angle) for x in NUMBERS]


def test_super_raises_as_cpython_does():
    class Lonely:
        def area(self):
            return super().area() + 1.0

        def wrong(self):
            return super(Square, self).area()

    for f in (lambda s: s.area(), lambda s: s.wrong()):
        with pytest.raises((AttributeError, TypeError)):
            pp.map(f, [Lonely()] * 3, device="cpu")


def test_changes_of_bases_are_seen():
    class Low:
        def value(self):
            return 1.0

    class High(Low):
        def __init__(self, x):
            self.x = x

        def value(self):
            return super().value() + self.x

    def f(h):
        return h.value()

    elements = [High(x) for x in NUMBERS]
    runs(f, elements)
    Low.value = lambda self: 5.0
    runs(f, elements)

    class Other:
        def value(self):
            return 7.0

    High.__bases__ = (Other,)
    runs(f, elements)


def test_shadowed_super():
    def super(*_):  # noqa: A001
        return Shape(3.0)

    class Odd:
        def __init__(self, x):
            self.x = x

        def area(self):
            return super().area() + self.x

    runs(lambda o: o.area(), [Odd(x) for x in NUMBERS])


# abstract base classes


class Solid(abc.ABC):
    @abc.abstractmethod
    def volume(self):
        raise NotImplementedError

    def doubled(self):
        return self.volume() * 2.0


class Cube(Solid):
    def __init__(self, side):
        self.side = side

    def volume(self):
        return self.side * self.side * self.side


class Any3(abc.ABC):  # noqa: B024
    @classmethod
    def __subclasshook__(cls, other):
        return hasattr(other, "volume")


def test_abstract_base_classes():
    runs(lambda c: (c.volume(), c.doubled(), isinstance(c, Solid), isinstance(c, Cube)), [Cube(x) for x in NUMBERS])
    runs(lambda x: Cube(x).doubled(), NUMBERS)
    for f in (lambda x: Solid().doubled() + x, lambda x: isinstance(x, Solid), lambda x: isinstance(Cube(x), Any3)):
        assert agrees_or_refused(f, NUMBERS)
    assert agrees_or_refused(lambda x: isinstance(Cube(x), numbers.Number), NUMBERS)


def agrees_or_refused(f: Callable[..., Any], *columns: list[Any]) -> bool:
    want = outcome(lambda: [f(*elements) for elements in zip(*columns, strict=True)])
    got = outcome(lambda: pp.map(f, *columns, device="cpu"))
    return got == want or (got[0] == "raises" and issubclass(got[1], pp.UnsupportedError))


def test_registered_classes_are_seen():
    class Marked(abc.ABC):  # noqa: B024
        pass

    def f(c):
        return 1 if isinstance(c, Marked) else 0

    cubes = [Cube(x) for x in NUMBERS]
    assert agrees_or_refused(f, cubes)
    Marked.register(Cube)
    assert agrees_or_refused(f, cubes)


def test_methods_become_abstract():
    class Whole(abc.ABC):
        @abc.abstractmethod
        def value(self):
            return 1.0

    class Part(Whole):
        def value(self):
            return 2.0

    def f(x):
        return Part().value() + x

    runs(f, NUMBERS)
    del Part.value
    abc.update_abstractmethods(Part)
    with pytest.raises(TypeError, match="abstract"):
        pp.map(f, NUMBERS * 50, device="cpu")


# with statements


class Scale:
    def __init__(self, factor):
        self.factor = factor
        self.state = "new"

    def __enter__(self):
        self.state = "open"
        return self.factor

    def __exit__(self, kind, error, trace):
        self.state = "closed"


class Swallows:
    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return True


def scaled(x):
    with Scale(x) as factor:
        y = factor * 2.0
    return y


def returns_within(x):
    with Scale(x) as factor:
        return factor + 1.0


def nested(x):
    with Scale(x) as a, Scale(a + 1.0) as b:
        return a * b


def state_after(x):
    scale = Scale(x)
    with scale as factor:
        inside = scale.state
    return inside, scale.state, factor


def in_a_loop(x):
    total = 0.0
    for i in range(5):
        with Scale(i) as factor:
            if factor > 3:
                break
            if factor == 1:
                continue
            total += factor * x
    return total


def swallowed(x):
    y = 0.0
    with Swallows():
        y = 1.0 / x
    return y


def not_swallowed(x):
    with Scale(x):
        return 1.0 / x


def raises_within(x):
    with Swallows():
        if x > 1.0:
            raise ValueError(x)
        return 1
    return 2


def null(x):
    with contextlib.nullcontext(x) as y:
        return y * 2.0


def caught_outside(x):
    try:
        with Swallows():
            if x < 0.0:
                raise ValueError(x)
            x = 1.0 / x
        return 5.0 + x
    except (ValueError, ZeroDivisionError):
        return -1.0


def caught_after_the_end(x):
    scale = Scale(x)
    try:
        with scale:
            y = 1.0 / x
        return y, scale.state
    except ZeroDivisionError:
        return -1.0, scale.state


WITH = [scaled, returns_within, nested, state_after, in_a_loop]


@pytest.mark.parametrize("f", WITH, ids=lambda f: f.__name__)
def test_with_statements(f):
    runs(f, NUMBERS)


@pytest.mark.parametrize(
    "f", [swallowed, raises_within, caught_outside, caught_after_the_end], ids=lambda f: f.__name__
)
def test_what_raises_within_is_cpythons(f):
    assert agrees(f, NUMBERS * 40, device="cpu")
    with pytest.raises(ZeroDivisionError):
        pp.map(not_swallowed, NUMBERS, device="cpu")


def test_with_over_others():
    runs(null, NUMBERS)

    def opens(x):
        with open(x) as file:
            return file

    with pytest.raises(pp.UnsupportedError, match="open"):
        pp.map(opens, ["/dev/null"] * 300, device="cpu")

    def no_manager(x):
        with x as y:
            return y

    with pytest.raises(pp.UnsupportedError, match="with statement"):
        pp.map(no_manager, NUMBERS * 90, device="cpu")


# methods, partials and callable objects as what is mapped


@dataclasses.dataclass
class Camera:
    fov: float
    near: float = 0.5

    def project(self, x, scale=1.0):
        return x * self.fov * scale + self.near

    def __call__(self, x, y=0.0):
        return x / self.fov + y

    @classmethod
    def depth(cls, x):
        return x * 2.0

    @staticmethod
    def half(x):
        return x / 2

    def counts(self, x):
        self.near += x
        return x


class WithTable:
    def __init__(self, table):
        self.table = table

    def look_up(self, i):
        return self.table[i] * 2

    def __call__(self, i):
        return self.look_up(i) + 1


class Adder:
    def __init__(self, x):
        self.x = x

    def __call__(self, other):
        return super().__getattribute__("x") + other


def test_mapped_methods():
    camera = Camera(2.0)
    runs(camera.project, NUMBERS)
    runs(camera.project, NUMBERS, scale=3.0)
    runs(camera, NUMBERS)
    runs(camera, NUMBERS, NUMBERS)
    runs(Camera.depth, NUMBERS)
    runs(camera.half, NUMBERS)
    runs(functools.partial(camera.project, scale=0.5), NUMBERS)
    runs(functools.partial(camera, 4.0), NUMBERS)
    runs(functools.partial(functools.partial(Camera.project, camera), scale=2.0), NUMBERS)
    camera.fov = 5.0
    runs(camera.project, NUMBERS)
    runs(camera, NUMBERS)
    Camera.__call__ = lambda self, x: self.near - x
    runs(camera, NUMBERS)


def test_mapped_methods_with_data():
    table = WithTable([0.5 * i for i in range(100)])
    runs(table.look_up, [1, 5, 99])
    runs(table, [1, 5, 99])
    table.table[5] = 77.0
    runs(table, [1, 5, 99])
    assert agrees(table, [1, 5, 100], device="cpu")


def test_methods_that_are_refused():
    camera = Camera(2.0)
    with pytest.raises(pp.UnsupportedError):
        pp.map(camera.counts, NUMBERS * 90, device="cpu")
    assert camera.near == 0.5
    with pytest.raises(pp.UnsupportedError):
        pp.map(Adder(1.0), NUMBERS * 90, device="cpu")
    with pytest.raises(pp.UnsupportedError):
        pp.map([].append, NUMBERS * 90, device="cpu")
    with pytest.raises(TypeError, match="must be a function"):
        pp.map(5, NUMBERS, device="cpu")

    class Device:
        def at(self, x, device):
            return x

    with pytest.raises(TypeError, match="also a parameter"):
        pp.map(Device().at, NUMBERS, device="cpu")


def test_for_each_with_a_method():
    class Mover:
        def __init__(self, step):
            self.step = step

        def move(self, p):
            p[0] += self.step

        def __call__(self, p):
            p[1] -= self.step

    mover = Mover(0.5)
    ours = [[float(i), 1.0] for i in range(300)]
    theirs = [list(p) for p in ours]
    for f in (mover.move, mover):
        pp.for_each(f, ours, device="cpu")
        for p in theirs:
            f(p)
    assert ours == theirs


class Sphere:
    def __init__(self, radius, centre=(0.0, 0.0, 0.0), *, density=1.0):
        if radius < 0.0:
            raise ValueError("a negative radius")
        self.radius = radius
        self.centre = centre
        self.mass = density * radius**3

    def __eq__(self, other):
        return vars(self) == vars(other)


class Ball(Sphere):
    __slots__ = ("bounce",)

    def __init__(self, radius):
        super().__init__(radius, density=2.0)
        self.bounce = radius > 1.0


@dataclasses.dataclass(frozen=True)
class Sample:
    x: float
    weight: float = 0.5


class OwnWay:
    def __new__(cls, x):
        return super().__new__(cls)


def test_mapped_classes():
    positive = [abs(x) for x in NUMBERS]
    runs(Sphere, positive)
    runs(Sphere, positive, density=3.0)
    runs(Sphere, positive, [(x, x, 1.0) for x in positive])
    runs(Ball, positive)
    runs(Sample, NUMBERS)
    runs(functools.partial(Sample, weight=2.0), NUMBERS)
    runs(collections.namedtuple("Pair", "a b"), NUMBERS, NUMBERS)
    assert pp.compile(Sample, NUMBERS, device="cpu") is Sample
    assert "Sample" in str(pp.explain(Sample, NUMBERS, device="cpu"))
    for f, column in ((Sphere, [1.0, -1.0]), (Sample, [])):
        assert agrees(f, column, device="cpu")
    with pytest.raises(TypeError, match="positional argument"):
        pp.map(Sample, NUMBERS, NUMBERS, NUMBERS, device="cpu")


def test_mapped_classes_that_are_refused():
    with pytest.raises(pp.UnsupportedError, match="making a 'OwnWay'"):
        pp.map(OwnWay, NUMBERS * 90, device="cpu")
    with pytest.raises(pp.UnsupportedError):
        pp.map(ValueError, NUMBERS * 90, device="cpu")


# Defaults that are made, and marks

NOTHING = object()


@dataclasses.dataclass
class Basket:
    owner: float
    items: list = dataclasses.field(default_factory=list)
    prices: dict = dataclasses.field(default_factory=dict)
    total: float = dataclasses.field(default_factory=lambda: 1.5)


def fill_basket(x):
    basket = Basket(x)
    basket.items.append(x)
    basket.items.append(2 * x)
    return basket.total + sum(basket.items) + len(basket.prices)


def or_nothing(x, given=NOTHING):
    return x if given is NOTHING else given


def test_defaults_that_are_made():
    runs(fill_basket, NUMBERS)
    runs(lambda x: Basket(x, [1.0], total=x).total, NUMBERS)
    runs(lambda x: dataclasses.fields and Basket(x).items == [], NUMBERS)


def test_marks():
    runs(lambda x: (or_nothing(x), or_nothing(x, 1), or_nothing(x, None), or_nothing(x, [x])), NUMBERS)


# Instances in the place of numbers


class Numbered:
    def __init__(self, n):
        self.n = n

    def __index__(self):
        return self.n

    def __float__(self):
        return self.n + 0.5

    def __int__(self):
        return self.n

    def __abs__(self):
        return -self.n

    def __round__(self, digits=None):
        return self.n


def or_minus_one(f):
    def g(x):
        try:
            return f(x)
        except TypeError:
            return -1

    return g


IN_PLACE_OF_NUMBERS = {
    "index": lambda r: [10, 20, 30][r],
    "index of a text": lambda r: "abc"[r],
    "slice": lambda r: [10, 20, 30][r:],
    "slice of a tuple": lambda r: (10, 20, 30)[:r],
    "slice of a text": lambda r: "abc"[:r],
    "repetition": lambda r: [0] * r,
    "repetition of a text": lambda r: r * "ab",
    "range": lambda r: list(range(r)),
    "float": lambda r: float(r),
    "int": lambda r: int(r),
    "abs": lambda r: abs(r),
    "round": lambda r: round(r),
    "chr": lambda r: chr(r),
    "hex": lambda r: hex(r),
    "pop": lambda r: [1, 2, 3].pop(r),
}


@pytest.mark.parametrize("name", IN_PLACE_OF_NUMBERS)
def test_instances_in_the_place_of_numbers(name):
    column = [Numbered(i % 3) for i in range(600)]
    assert agrees_or_is_refused(IN_PLACE_OF_NUMBERS[name], column)
    assert agrees_or_is_refused(or_minus_one(IN_PLACE_OF_NUMBERS[name]), column)


class Vector:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __iadd__(self, other):
        self.x += other.x
        self.y += other.y
        return self

    def __isub__(self, other):
        return Vector(self.x - other.x, self.y - other.y)

    def __add__(self, other):
        return "not this one"


def test_assignments_in_place_by_methods_of_the_class():
    def f(v):
        a = Vector(1, 1)
        b = a
        a += v
        c = a
        a -= v
        return a.x, b.y, c is b, a is b, a.y

    assert runs_compiled(f, [Vector(i, i * 0.5) for i in range(100)])


class Countdown:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n <= 0:
            raise StopIteration
        self.n -= 1
        return self.n + 1


class Itself:
    def __iter__(self):
        return self


def test_iterator_classes_end():
    def both(row):
        total = 0
        for n in row:
            for v in Countdown(n):
                total += v
        return total

    def neither(row):
        for n in row:
            for v in Itself():
                n += v
        return len(row)

    for f in (both, lambda row: sum(Countdown(len(row))), lambda row: [*Countdown(len(row))]):
        assert agrees_or_is_refused(f, [[1, 2], [], [3]] * 50)
    assert agrees_or_is_refused(neither, [[], []] * 50)
    assert agrees_or_is_refused(neither, [[], [1]] * 50)


class Amount:
    def __init__(self, c):
        self.c = c

    def __add__(self, other):
        return Amount(self.c + other.c)

    def __neg__(self):
        return Amount(-self.c)

    def __lt__(self, other):
        return self.c < other.c

    def __eq__(self, other):
        return self.c == other.c

    def __bool__(self):
        return self.c > 3

    def __getitem__(self, i):
        return self.c + i

    def __contains__(self, i):
        return i == self.c


def caught(f):
    def g(x):
        try:
            return f(x)
        except Exception:
            return "caught"

    return g


BY_NAME = {
    "add": lambda x: operator.add(x, x).c,
    "neg": lambda x: operator.neg(x).c,
    "lt": lambda x: operator.lt(x, Amount(5)),
    "eq": lambda x: operator.eq(x, Amount(5)),
    "truth": lambda x: (operator.truth(x), operator.not_(x)),
    "getitem": lambda x: operator.getitem(x, 2),
    "contains": lambda x: operator.contains(x, 4),
    "reduce": lambda x: functools.reduce(operator.add, [x, x, Amount(1)]).c,
    "missing": lambda x: operator.mul(x, x),
}


@pytest.mark.parametrize("name", BY_NAME)
def test_operators_by_name(name):
    data = [Amount(i % 9) for i in range(200)]
    assert agrees_or_is_refused(caught(BY_NAME[name]), data)
    assert agrees_or_is_refused(BY_NAME[name], data)
    if name != "missing":
        assert runs_compiled(caught(BY_NAME[name]), data)


def test_operators_by_name_of_containers():
    def f(x):
        counts = collections.defaultdict(int)
        counts[x] += 1
        made = (operator.or_({1, x}, {2}), operator.and_({1, x}, {1}), operator.le({1}, {1, x}))
        return sorted(made[0]), sorted(made[1]), made[2], operator.getitem(counts, 5), len(counts)

    assert agrees_or_is_refused(caught(f), list(range(60)))
    assert runs_compiled(caught(lambda x: operator.add([x], [1]) + operator.mul([x], 2)), list(range(60)))
    assert runs_compiled(caught(lambda x: operator.mod("%d", x) + operator.add("a", "b")), list(range(60)))


class ByIndex:
    def __init__(self, v):
        self.v = v

    def __getitem__(self, i):
        if i > 2:
            raise IndexError
        return i

    def __len__(self):
        return 3

    def __pow__(self, n, m=None):
        return self.v

    def __rpow__(self, n):
        return self.v + 1


class Member(enum.Enum):
    A = 1

    def __call__(self, v):
        return v


UNSURE = {
    "in": lambda x: 1 in x,
    "pow": lambda x: (pow(x, 2), pow(2, x)),
    "class of None": lambda x: None.__class__.__name__,
    "equality of None": lambda x: None.__eq__(None),
    "bases": lambda x: len(type(x).__mro__),
    "name": lambda x: type(x).__qualname__,
    "mro": lambda x: len(type(x).mro()),
    "members": lambda x: len(Member.__members__),
    "called": lambda x: Member.A(2),
}


@pytest.mark.parametrize("name", UNSURE)
def test_handlers_run_for_what_raises_only(name):
    assert agrees_or_is_refused(caught(UNSURE[name]), [ByIndex(i) for i in range(60)])
