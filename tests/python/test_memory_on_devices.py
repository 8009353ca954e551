"""Values of dynamic length on every device: text, rows of any length, lists that grow, recursion, captured data."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from conftest import agrees, same

import parallel_party as pp

TEXTS = ["", "a", "red", "Grün", "naïve café", "日本語 text", "x" * 300, "a,b,,c", "  padded ", "12", "🎉 party"]
NARROW = [s for s in TEXTS if s.isascii()]
RAGGED = [[0.5 * i + k for k in range(i % 7)] for i in range(200)]
MATRICES = [[[float(i + j + k) for k in range(j % 4)] for j in range(i % 5)] for i in range(200)]
NAMES = [["ab" * (i % 4), "é" * i, ""][: i % 4] for i in range(40)]
SMALL = [0, 1, 2, 3, 5, 8, 13]

NUMBERS = [0.25 * k * k for k in range(300)]
WORDS = [f"word {k}" * (k % 3) for k in range(120)]
TABLE = {k * k: f"square of {k}" for k in range(200)}
PRICES = {f"item {k}": 0.5 * k for k in range(150)}
ROWS = [[float(i + k) for k in range(i % 5)] for i in range(60)]


def on_device(f: Callable[..., Any], *columns: list[Any], device: str, handed_back: int = 0) -> bool:
    """Whether `f` gives CPython's answers there, and leaves no more than so many elements to it."""
    before = pp.stats()
    assert agrees(f, *columns, device=device)
    after = pp.stats()
    assert after.handed_back - before.handed_back <= handed_back
    assert after.launches > before.launches
    return True


def grown(n: int) -> list[int]:
    out = []
    for i in range(n):
        out.append(i * i)
    return out


def grown_in_turns(n: int) -> tuple[list[float], list[str]]:
    numbers, words = [0.5], []
    for i in range(n):
        numbers.append(i * 0.5)
        words.append(str(i))
    return numbers, words


def fibonacci(n: int) -> int:
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def ackermann(m: int, n: int) -> int:
    if m == 0:
        return n + 1
    return ackermann(m - 1, 1) if n == 0 else ackermann(m - 1, ackermann(m, n - 1))


def deep(n: int) -> float:
    return 0.0 if n == 0 else 0.5 + deep(n - 1)


def primes(n: int) -> list[int]:
    found: list[int] = []
    for k in range(2, n):
        if all(k % p for p in found):
            found.append(k)
    return found


def distance(a: str, b: str) -> int:
    before = list(range(len(b) + 1))
    for i, x in enumerate(a):
        row = [i + 1]
        for j, y in enumerate(b):
            row.append(min(before[j + 1] + 1, row[j] + 1, before[j] + (x != y)))
        before = row
    return before[-1]


CASES: dict[str, tuple[Any, ...]] = {
    "text": (lambda s: (len(s), s + "!", s[:2], s[::-1], f"<{s}>", s * 2, s == "red", s < "h", "a" in s), TEXTS),
    "text methods": (lambda s: (s.upper(), s.strip(), s.replace("a", "bcd"), s.split(","), s.find("b")), NARROW),
    "text of numbers": (lambda n: (str(n), f"{n:>5}|{n:04d}", chr(n + 65), hex(n)), SMALL),
    "constants": (lambda n: "zero" if n == 0 else "日本" if n < 5 else "many", SMALL),
    "text or number": (lambda n: str(n) if n % 2 else n * 0.5 if n else None, SMALL),
    "looked at": (lambda s: len(s) + (s == "red"), TEXTS),
    "one of two": (lambda s, t: s if len(s) > len(t) else t, TEXTS, TEXTS[::-1]),
    "within a row": (lambda p: (p[1], p[0] + 1, p[1] + "?"), [(i, s) for i, s in enumerate(TEXTS)]),
    "in a dict": (lambda d: {"name": d["name"] + ".", "n": d["n"]}, [{"name": s, "n": 1} for s in TEXTS]),
    "joined": (lambda s: "-".join([c for c in s if c != " "]), TEXTS),
    "counted": (lambda s: [s.count(c) for c in ("a", "b", "c")], NARROW),
    "rows": (lambda r: (len(r), sum(r), r[::2], [v * v for v in r if v > 1.0]), RAGGED),
    "row or none": (lambda r: r if r and r[0] > 20.0 else None, RAGGED),
    "max of rows": (lambda r: (max(r), min(r), sorted(r)) if r else None, RAGGED),
    "matrices": (lambda m: [sum(r, 0.0) for r in m], MATRICES),
    "new matrices": (lambda m: [[v + 1.0 for v in r] for r in m], MATRICES),
    "rows of text": (lambda r: (" ".join(r), [s + "." for s in r], len(r)), NAMES),
    "grown": (grown, SMALL),
    "grown in turns": (grown_in_turns, SMALL),
    "comprehension": (lambda n: [i * 0.5 for i in range(n) if i % 2 == 0], SMALL),
    "nested comprehension": (lambda n: [[j for j in range(i)] for i in range(n)], SMALL),
    "primes": (primes, [0, 10, 100, 300]),
    "recursion": (fibonacci, SMALL),
    "two calls deep": (ackermann, [0, 1, 2], [3, 2, 4]),
    "deep": (deep, [0, 10, 200, 700]),
    "distance": (distance, TEXTS, TEXTS[::-1]),
}


@pytest.mark.parametrize("name", CASES)
def test_what_lies_in_memory(name: str, device: str) -> None:
    f, *columns = CASES[name]
    assert on_device(f, *[column * 60 for column in columns], device=device)


CAPTURED: dict[str, Callable[[int], Any]] = {
    "enumerate": lambda i: [k for k, v in enumerate(NUMBERS) if v < i],
    "zip": lambda i: sum(a * len(b) for a, b in zip(NUMBERS, WORDS)) + i,
    "text": lambda i: WORDS[i],
    "text changed": lambda i: WORDS[i] + "!",
    "row": lambda i: [v * 2.0 for v in ROWS[i]],
    "values": lambda i: sum(v for v in PRICES.values()) + i,
    "items": lambda i: len([k for k, v in PRICES.items() if v < i]),
    "value": lambda i: TABLE[i * i],
    "miss": lambda i: TABLE.get(i, "none"),
    "found": lambda i: PRICES.get(f"item {i}", -1.0),
    "both": lambda i: (WORDS[i], WORDS[-1 - i], TABLE.get(4)),
}


@pytest.mark.parametrize("name", CAPTURED)
def test_captured_data(name: str, device: str) -> None:
    assert on_device(CAPTURED[name], list(range(60)) * 20, device=device)


def test_an_element_is_itself(device: str) -> None:
    column = [s + "." for s in TEXTS] * 30
    assert all(a is b for a, b in zip(pp.map(lambda s: s if len(s) < 9 else s, column, device=device), column))


def test_errors_are_cpythons(device: str) -> None:
    assert agrees(lambda s: s[2], ["abc", "ab"] * 300, device=device)
    assert agrees(lambda r: r[5], RAGGED, device=device)
    assert agrees(lambda s: int(s), ["1", "x"] * 300, device=device)
    assert agrees(deep, [5, 1500, 4] * 30, device=device)


def test_elements_that_are_handed_back(device: str) -> None:
    assert agrees(lambda s: s.upper() + str(len(s)), [*TEXTS, "straße", "ŉ"] * 50, device=device)
    assert agrees(lambda r: [v for v in r] + [2**70] if len(r) == 6 else r[:1], RAGGED, device=device)


def test_more_memory_than_was_guessed(device: str) -> None:
    """Heaps that a launch cannot do with are replaced by larger ones, until all elements are computed."""
    counts = [k % 3 * 400 for k in range(3000)]
    before = pp.stats()
    got = pp.map(lambda n: [i * 0.5 for i in range(n)], counts, device=device)
    assert got == [[i * 0.5 for i in range(n)] for n in counts]
    assert pp.stats().handed_back == before.handed_back


def test_one_element_that_takes_much(device: str) -> None:
    def powers(n: int) -> float:
        held = []
        for i in range(n):
            held.append(i * 0.5)
        return held[-1] if held else -1.0

    counts = [10] * 500 + [200_000] + [0] * 500
    assert on_device(powers, counts, device=device)


def test_an_element_that_takes_more_than_there_is(device: str) -> None:
    if device == "cpu":
        pytest.skip("a quarter of the machine's memory")

    def last(n: int) -> int:
        held = []
        for i in range(n):
            held.append(i)
        return held[-1]

    counts = [10] * 500 + [5_000_000] + [20] * 500
    before = pp.stats().handed_back
    assert pp.map(last, counts, device=device) == [n - 1 for n in counts]
    assert pp.stats().handed_back == before + 1


def test_floats_stay_within_their_ulp(device: str) -> None:
    f = lambda r: [math.sin(v) for v in r]  # noqa: E731
    got = pp.map(f, RAGGED, device=device)
    assert same(got, [f(r) for r in RAGGED], 0 if device == "cpu" else 2)


def test_for_each_with_text(device: str) -> None:
    records = [{"name": s, "label": ""} for s in NARROW * 40]
    want = [{"name": d["name"], "label": d["name"].upper() + "!"} for d in records]

    def label(d: dict[str, str]) -> None:
        d["label"] = d["name"].upper() + "!"

    pp.for_each(label, records, device=device)
    assert records == want
