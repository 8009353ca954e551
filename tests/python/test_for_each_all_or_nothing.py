"""What elements that CPython evaluates reach, and what is put back where a later one raises."""

from __future__ import annotations

import collections
import functools
import types
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from conftest import outcome

import parallel_party as pp


class Node:
    def __init__(self, x):
        self.x = x
        self.y = 0
        self.links: Any = None
        self.flag = False


class Other:
    def __init__(self, x):
        self.x = x


class Plain:
    def __init__(self):
        self.value = 1


class ListOf(list):
    pass


class DictOf(dict):
    pass


class Guarded:
    def __init__(self, node):
        self.node = node

    def __getattr__(self, name):
        raise AttributeError(name)


def closure_over(node: Node) -> Callable[[], Node]:
    return lambda: node


def with_default(node: Node) -> Callable[[], Node]:
    return lambda one=node: one


def with_attribute(node: Node) -> Callable[[], Node]:
    def f():
        return f.node

    f.node = node
    return f


def class_with(node: Node) -> Any:
    class Kept:
        nodes = [node]

    return Kept()


WAYS: dict[str, tuple[Callable[[Node], Any], Callable[[Any], Node]]] = {
    "list": (lambda n: [n], lambda v: v[0]),
    "tuple": (lambda n: (n,), lambda v: v[0]),
    "dict": (lambda n: {"a": n}, lambda v: v["a"]),
    "instance": (lambda n: Other(n), lambda v: v.x),
    "set": (lambda n: {n}, lambda v: next(iter(v))),
    "frozenset": (lambda n: frozenset([n]), lambda v: next(iter(v))),
    "deque": (lambda n: collections.deque([n]), lambda v: v[0]),
    "defaultdict": (lambda n: collections.defaultdict(list, a=n), lambda v: v["a"]),
    "OrderedDict": (lambda n: collections.OrderedDict(a=n), lambda v: v["a"]),
    "list subclass": (lambda n: ListOf([n]), lambda v: v[0]),
    "dict subclass": (lambda n: DictOf(a=n), lambda v: v["a"]),
    "key": (lambda n: {n: 1}, lambda v: next(iter(v))),
    "view": (lambda n: {"a": n}.values(), lambda v: next(iter(v))),
    "namespace": (lambda n: types.SimpleNamespace(n=n), lambda v: v.n),
    "proxy": (lambda n: types.MappingProxyType({"a": n}), lambda v: v["a"]),
    "weakref": (lambda n: weakref.ref(n), lambda v: v()),
    "closure": (closure_over, lambda v: v()),
    "default": (with_default, lambda v: v()),
    "function's attribute": (with_attribute, lambda v: v()),
    "partial": (lambda n: functools.partial(max, n), lambda v: v.args[0]),
    "bound method": (lambda n: [n].copy, lambda v: v()[0]),
    "class": (class_with, lambda v: v.nodes[0]),
    "exception": (lambda n: ValueError(n), lambda v: v.args[0]),
    "with __getattr__": (lambda n: Guarded(n), lambda v: v.node),
}


@pytest.mark.parametrize("writes", [False, True], ids=["reads", "writes"])
@pytest.mark.parametrize("way", WAYS)
def test_elements_that_reach_another(way, writes):
    make, find = WAYS[way]

    def f(n):
        if n.flag:
            setattr(n, "y", find(n.links).x)  # noqa: B010 - left to CPython
            if writes:
                setattr(find(n.links), "x", 1000)  # noqa: B010
        n.x += 1

    def made():
        nodes = [Node(i) for i in range(200)]
        nodes[50].links, nodes[50].flag = make(nodes[20]), True
        nodes[30].links, nodes[30].flag = make(nodes[90]), True
        return nodes

    mine, theirs = made(), made()
    for n in theirs:
        f(n)
    pp.for_each(f, mine, device="cpu")
    assert [(n.x, n.y) for n in mine] == [(n.x, n.y) for n in theirs]


def state(value: Any) -> Any:
    if isinstance(value, (Node, Other, Plain)):
        return type(value).__name__, state(vars(value))
    if isinstance(value, dict):
        return type(value).__name__, [(key, state(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple, collections.deque)):
        return type(value).__name__, [state(item) for item in value]
    return value


CHANGES: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "deque": (lambda: collections.deque([1, 2, 3], maxlen=4), lambda d: (d.append(4), d.rotate(1), d.popleft())),
    "order": (lambda: collections.OrderedDict(a=1, b=2, c=3), lambda d: (d.move_to_end("a"), d.update(z=4))),
    "deleted": (lambda: collections.OrderedDict(a=1, b=2, c=3), lambda d: (d.pop("b"), d.popitem())),
    "class": (Plain, lambda p: setattr(p, "__class__", Other)),
    "attributes": (Plain, lambda p: setattr(p, "__dict__", {"x": 5})),
    "in a set": (lambda: frozenset([Plain()]), lambda s: [setattr(p, "value", 2) for p in s]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_put_back(name):
    make, change = CHANGES[name]

    def f(n):
        if n.flag:
            change(n.links)
        n.x = 10 // (n.x - 150)

    def made():
        nodes = [Node(i) for i in range(200)]
        for i in (3, 70):
            nodes[i].links, nodes[i].flag = make(), True
        return nodes

    def shown(nodes):
        return [(n.x, [state(p) for p in n.links] if name == "in a set" and n.links else state(n.links)) for n in nodes]

    mine, before = made(), made()
    dicts = [vars(n.links) if name == "attributes" and n.links else None for n in mine]
    want = outcome(lambda: [f(n) for n in made()])
    got = outcome(lambda: pp.for_each(f, mine, device="cpu"))
    assert want[0] == "raises" and got[:2] == want[:2]
    assert shown(mine) == shown(before)
    assert all(kept is None or vars(n.links) is kept for n, kept in zip(mine, dicts, strict=True))
    for n in mine:
        if isinstance(n.links, collections.OrderedDict):
            assert list(n.links) == list(reversed(list(reversed(n.links)))) == list(n.links.keys())
