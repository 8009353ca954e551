"""dataclasses.replace, asdict and astuple."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

from conftest import agrees, outcome

import parallel_party as pp


def agrees_or_refused(f: Callable[..., Any], column: list[Any]) -> bool:
    want = outcome(lambda: [f(element) for element in column])
    got = outcome(lambda: pp.map(f, column, device="cpu"))
    return got == want or (got[0] == "raises" and issubclass(got[1], pp.UnsupportedError))


@dataclasses.dataclass
class Inner:
    x: float
    tags: tuple[int, ...] = (1, 2)


@dataclasses.dataclass(frozen=True)
class Outer:
    name: str
    inner: Inner
    kind: ClassVar[int] = 3
    values: list[float] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Checked:
    x: float
    y: float = 2.0

    def __post_init__(self):
        self.y = self.y + self.x


@dataclasses.dataclass
class Hidden:
    x: float
    y: float = dataclasses.field(init=False, default=1.0)


class Plain:
    def __init__(self, x):
        self.x = x


INNERS = [Inner(1.0), Inner(2.5, (3,)), Inner(-1.0, ())]
OUTERS = [Outer("a", Inner(1.0), [1.0]), Outer("bc", Inner(2.0, (3, 4)), [])]


def test_replacing_fields(device):
    assert agrees(lambda d: dataclasses.replace(d, x=d.x * 2.0), INNERS, device=device)
    assert agrees(lambda d: dataclasses.replace(d, name=d.name + "!").name, OUTERS, device=device)
    assert agrees(lambda x: dataclasses.replace(Checked(x), y=0.5), [1.0, 2.0], device=device)
    assert agrees(lambda x: dataclasses.replace(Checked(x)), [1.0, 2.0], device=device)
    before = pp.stats().handed_back
    assert agrees(lambda d: dataclasses.replace(d, x=0.5), INNERS, device="cpu")
    assert pp.stats().handed_back == before


def test_fields_as_dicts_and_tuples(device):
    assert agrees(dataclasses.asdict, INNERS, device=device)
    assert agrees(lambda d: dataclasses.astuple(d), INNERS, device=device)
    assert agrees(lambda d: (dataclasses.asdict(d), dataclasses.astuple(d)), OUTERS, device=device)
    assert agrees(lambda x: dataclasses.asdict(Outer("n", Inner(x), [x, 1.0])), [1.0, 2.0], device=device)
    before = pp.stats().handed_back
    assert agrees(lambda d: (dataclasses.asdict(d), dataclasses.astuple(d)), OUTERS, device="cpu")
    assert pp.stats().handed_back == before


def test_fields_that_init_does_not_take():
    assert agrees_or_refused(lambda x: dataclasses.replace(Hidden(x), x=2.0), [1.0, 2.0])
    assert agrees_or_refused(lambda x: dataclasses.replace(Checked(x), z=2.0).x, [1.0, 2.0])
    assert agrees_or_refused(lambda x: dataclasses.asdict(Plain(x)), [1.0, 2.0])
    assert agrees_or_refused(lambda d: dataclasses.asdict(d, dict_factory=list), INNERS)
