"""Text as elements: passed through, compared, looked into, and made."""

from __future__ import annotations

import collections
import os
from typing import Any

import pytest
from conftest import agrees, agrees_or_is_refused, outcome, runs_compiled, same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import parallel_party as pp

ASCII = ["", "a", "abc", "hello world", "  padded\t", "x" * 300, "A1b2", "42", "-17", "a,b,,c"] * 30
MIXED = ["", "a", "\u00e4\u00f6\u00fc", "\u65e5\u672c", "\U0001f600", "x" * 300, "\x00\xff", "\ud800"] * 30
SUFFIX = "\u00e9!"
Pair = collections.namedtuple("Pair", "a b")


def vowels(s):
    count = 0
    for c in s:
        if c in "aeiou":
            count += 1
    return count


def caesar(s):
    out = []
    for c in s:
        out.append(chr((ord(c) + 3) % 128))
    return "".join(out)


ANY = {
    "same": lambda s: s,
    "len": lambda s: len(s),
    "truth": lambda s: 1 if s else 0,
    "append": lambda s: s + "!",
    "prepend": lambda s: "\u65e5" + s,
    "suffix": lambda s: s + SUFFIX,
    "double": lambda s: s + s,
    "repeat": lambda s: s * 3,
    "repeat computed": lambda s: s * (len(s) % 4),
    "repeat constant": lambda s: "ab" * len(s),
    "equal": lambda s: (s == "a", s != "", s == s + ""),
    "order": lambda s: (s < "b", s <= "a", s > "\u00f6", s >= "x", "a" < s),
    "in": lambda s: ("a" in s, "\u00f6" in s, "" in s, s in "abc", "zz" not in s),
    "first": lambda s: s[0] if s else "-",
    "last": lambda s: s[-1:] + s[:1],
    "slice": lambda s: s[1:3],
    "slice computed": lambda s: s[len(s) // 2 :],
    "backwards": lambda s: s[::-1],
    "characters": lambda s: [c for c in s],
    "positions": lambda s: [i for i, c in enumerate(s) if c > "a"],
    "starts": lambda s: (s.startswith("a"), s.startswith(""), s.startswith("\u65e5\u672c\u8a9e")),
    "ends": lambda s: (s.endswith("x"), s.endswith("xxx"), s.endswith("\u00fc")),
    "find": lambda s: (s.find("b"), s.find(""), s.find("\u00fc")),
    "replace": lambda s: s.replace("a", "<>"),
    "split": lambda s: s.split(","),
    "join": lambda s: "-".join([s, s, "z"]),
    "join characters": lambda s: ", ".join(s),
    "codes": lambda s: [ord(c) for c in s],
    "palindrome": lambda s: s == s[::-1],
    "isinstance": lambda s: isinstance(s, str),
    "row": lambda s: (s, [s, s + "."], len(s)),
    "f-string": lambda s: f"<{s}>",
    "f-string of int": lambda s: f"{s}: {len(s)}",
    "sorted": lambda s: sorted(s),
    "least": lambda s: min(s, default="none"),
}

OF_ASCII = {
    "vowels": vowels,
    "caesar": caesar,
    "upper": lambda s: s.upper(),
    "lower": lambda s: s.lower() + "Q",
    "strip": lambda s: (s.strip(), s.lstrip(), s.rstrip()),
    "words": lambda s: s.split(),
    "count": lambda s: s.count("l"),
    "is": lambda s: (s.isdigit(), s.isalpha(), s.isalnum(), s.isspace(), s.isupper(), s.islower()),
}


@pytest.mark.parametrize("name", ANY)
@pytest.mark.parametrize("column", [ASCII, MIXED], ids=["ascii", "mixed"])
def test_any_text(name: str, column: list[str]) -> None:
    assert runs_compiled(ANY[name], column)


@pytest.mark.parametrize("name", OF_ASCII)
def test_ascii(name: str) -> None:
    assert runs_compiled(OF_ASCII[name], ASCII)
    assert agrees(OF_ASCII[name], [s for s in MIXED if s != "\ud800"], device="cpu")


def test_numbers_as_text():
    assert runs_compiled(lambda n: str(n), [0, 7, -7, 10, 99, 100, -12345, 2**62, -(2**63) + 1] * 20)
    assert agrees(lambda n: str(n), [0, -(2**63), 2**63 - 1] * 20, device="cpu")
    assert runs_compiled(lambda s: int(s), ["0", "42", "-17", "+5", "123456789012345678", "007"] * 20)
    assert agrees(lambda s: int(s), ["1", " 2 ", "1_000", "9" * 30] * 20, device="cpu")
    assert agrees(lambda s: int(s), ["1", "x"] * 20, device="cpu")
    assert runs_compiled(lambda n: chr(n), [0, 65, 255, 256, 0xFFFF, 0x10FFFF] * 20)
    assert agrees(lambda n: chr(n), [65, -1] * 20, device="cpu")


def test_the_same_objects():
    for column in (ASCII, MIXED):
        assert all(a is b for a, b in zip(pp.map(lambda s: s, column, device="cpu"), column))
        got = pp.map(lambda s, n: s if n % 2 else "even", column, range(len(column)), device="cpu")
        assert all(a is (s if n % 2 else "even") for n, (a, s) in enumerate(zip(got, column)))


def test_single_characters_are_cpythons_own():
    got = pp.map(lambda s: s[:1], ["abc", "\u00e4b", ""] * 50, device="cpu")
    assert all(a is b for a, b in zip(got, [s[:1] for s in ["abc", "\u00e4b", ""] * 50]))


def test_text_in_rows():
    column = [(i, "n" + str(i), ["a", "\u00e4"][i % 2]) for i in range(100)]
    assert runs_compiled(lambda p: (p[2] * 2, p[1] + p[2], p[0]), column)
    got = pp.map(lambda p: (p[1], p[0]), column, device="cpu")
    assert all(a[0] is b[1] for a, b in zip(got, column))
    names = [["ann", "bob"], [], ["\u00e9ve"] * 5] * 40
    assert runs_compiled(lambda r: [n + "!" for n in r], names)
    assert runs_compiled(lambda r: "bob" in r, names)
    assert runs_compiled(lambda r: sorted(r), names)
    assert runs_compiled(lambda r: ", ".join(r), names)


def test_columns_of_text_and_others():
    column: list[Any] = ["a", None, 3, 2.5, "\u65e5", ("a", 1), b"bytes"] * 50

    def f(v):
        if isinstance(v, str):
            return v + "."
        return v if v is None or isinstance(v, (tuple, bytes)) else v + 1

    assert agrees(f, column[:-1], device="cpu")


def test_what_raises_is_cpythons():
    assert agrees(lambda s: s + 1, ["a"] * 30, device="cpu")
    assert agrees(lambda s: s[2], ["abc", "ab"] * 30, device="cpu")
    assert agrees(lambda s: s < 1, ["a"] * 30, device="cpu")


def test_lengths_that_no_machine_has_are_cpythons_to_refuse():
    def length(s, n):
        return len(s * n)

    def padded(s, n):
        return len(s.rjust(n))

    for character in "a\u00e4\u65e5":
        for n in (2**59, 2**60, 2**61, 2**62, 2**62 + 1, 2**63 - 1):
            assert agrees(length, [character] * 3, [2, n, 1], device="cpu")
            assert agrees(padded, [character] * 3, [2, n, 1], device="cpu")


def test_a_list_changed_while_it_runs_gives_what_it_held():
    rows = [["a", "bb"], ["ccc"]] * 500
    want = [[s + "x" for s in r] for r in rows]
    assert same(pp.map(lambda r: [s + "x" for s in r], rows), want)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(column=st.lists(st.text(max_size=12), min_size=2, max_size=30), which=st.sampled_from(sorted(ANY)))
def test_any_column_of_text(column: list[str], which: str) -> None:
    assert agrees(ANY[which], column, device="cpu")


class Name(str):
    """Equal to text, though its type may say otherwise."""


def test_text_in_records():
    column = [{"name": f"n{i}", "place": ("x", "\u00e9")[i % 2], "i": i} for i in range(200)]
    wider = [{"name": ("n", "\u65e5")[i % 2] * i, "place": "x", "i": i} for i in range(200)]
    for records in (column, wider):
        assert runs_compiled(lambda d: d["name"] + d["place"], records)
        assert runs_compiled(lambda d: (f"{d['name']}: {d['i']}", d["place"] == "x", d["name"]), records)
        got = pp.map(lambda d: (d["name"], d["i"]), records, device="cpu")
        assert all(a[0] is d["name"] for a, d in zip(got, records))


def test_what_may_equal_text_is_not_guessed():
    def f(p):
        return (p[0] == p[1], p[0] != p[1])

    with pytest.raises(pp.UnsupportedError, match="comparing 'str' with 'Name'"):
        pp.map(f, [("a", Name("a"))] * 3, device="cpu")
    assert agrees(f, [("a", "a"), ("a", Name("a")), ("a", 1)] * 30, device="cpu")


def test_text_is_taken_apart():
    def swap(s):
        a, b = s
        return (b, a)

    assert runs_compiled(swap, ["ab", "c\u00e9", "  "] * 40)
    assert agrees(swap, ["ab", "abc"] * 40, device="cpu")


# formats that are computed


def widths(x, w, p):
    return f"{x:{w}.{p}f}|{x:>{w}.{p}e}|{x:+{w}}|{x:*^{w}.{p}g}"


def int_widths(n, w):
    return f"{n:{w}}|{n:0{w}d}|{n:<{w}x}|{n:{w},}|{n:_>+{w}}|{n:{w}.2f}"


def text_widths(s, w, p):
    return f"{s:{w}}|{s:>{w}.{p}}|{s:-^{w}s}"


def fields(x, w, p):
    return "{:{}.{}f}|".format(x, w, p) + "{0:{1}.{2}e}".format(x, w, p) + "{x:>{w}}{{}}".format(x=p, w=w)


NUMBERS = [0.0, -0.0, 1.5, -2.25, 1234567.891, 1e-7, 3.0e9, 0.5, 99.995]


def test_computed_widths_and_places(device):
    cells = [(x, w, p) for x in NUMBERS for w in (0, 1, 7, 14) for p in (0, 1, 3, 12)]
    columns = [list(column) for column in zip(*cells)]
    assert agrees(widths, *columns, device=device)
    assert agrees(fields, *columns, device=device)


def test_computed_widths_of_ints_and_bools(device):
    cells = [(n, w) for n in (0, 1, -1, 7, -123456, 2**40, 999) for w in (1, 2, 8, 20)]
    columns = [list(column) for column in zip(*cells)]
    assert agrees(int_widths, *columns, device=device)
    assert agrees(lambda b, w: f"{b:{w}}|{b:>{w}d}", [True, False] * 4, [1, 2, 3, 4, 5, 6, 7, 8], device=device)


def test_computed_widths_of_text(device):
    texts = ["", "a", "hello", "\u00e9t\u00e9", "\u20ac" * 4]
    cells = [(s, w, p) for s in texts for w in (1, 5, 9) for p in (0, 2, 8)]
    assert agrees(text_widths, *[list(column) for column in zip(*cells)], device=device)


SPECIFICATIONS = [
    "", "d", "5", "<5", ">05", "^7.2f", "+.3e", " g", "=+8", "0>6", "\u00e9^9", "x", "X", "o", "b", "%",
    ".1%", ",", "_", "08.3f", "#x", "s", "n", "c", "z.1f", "5.", "10,.2f", "0,d", "+010", "qq", "}", ".30f",
    "999999999999999", "<<3", "e", ".0G", "E",
]  # fmt: skip


@pytest.mark.parametrize("value", [0.5, -1234.5678, 7, -41, True, "text"])
def test_any_specification(value):
    for specification in SPECIFICATIONS:
        assert agrees(lambda v, s: format(v, s), [value], [specification], device="cpu"), specification
    known = [s for s in SPECIFICATIONS if outcome(lambda s=s: format(value, s))[0] == "value"]
    assert agrees(lambda v, s: format(v, s), [value] * len(known), known, device="cpu")


def test_computed_formats_are_compiled():
    before = pp.stats().handed_back
    pp.map(widths, [1.5, 2.5], [3, 9], [1, 2], device="cpu")
    pp.map(int_widths, [15, 2], [3, 9], device="cpu")
    pp.map(text_widths, ["a", "bcd"], [3, 9], [1, 2], device="cpu")
    pp.map(fields, [1.5, 2.5], [3, 9], [1, 2], device="cpu")
    assert pp.stats().handed_back == before


def with_two_formats(x):
    return f"{x:}" if x > 0 else f"{x!s:}|{x!r:}"


PERCENT = {
    "bool": lambda x: "%s" % (x > 1),
    "bool in a width": lambda x: "%5s|" % (x > 1),
    "bool to the left": lambda x: "%-7s|" % (x > 1),
    "bool and percent": lambda x: "%s%%" % (x > 1),
    "bool cut": lambda x: "%.2s" % (x > 1),
    "bool as a number": lambda x: "%d %5d %x" % (x > 1, x > 1, x > 1),
    "int": lambda x: "%s|%5s|%-5s|%.1s" % (x, x, x, x),
    "float": lambda x: "%s|%8s|%-8s|%.2s" % (x * 0.5, x * 0.5, x * 0.5, x * 0.5),
    "None": lambda x: "%s|%6s" % (None, None),
    "text": lambda x: "%s|%3s|%.1s" % ("ab", "ab", "ab"),
    "several": lambda x: "%s: %d of %5.1f%%" % (x > 1, x, x * 1.5),
}


@pytest.mark.parametrize("name", PERCENT)
def test_percent_formats(name: str) -> None:
    assert runs_compiled(PERCENT[name], [0, 1, 2, -17, 12345] * 120)


def test_percent_formats_with_too_few_or_too_many_values() -> None:
    def caught(format):
        def f(x):
            try:
                return format % x
            except TypeError:
                return "-"

        return f

    pairs = [Pair(1, 2), Pair(3, 4)] * 300
    for format in ("%s", "%s %s", "%d %d", "%s %s %s", "none"):
        for column in ([1, 2] * 300, [(1, 2), (3, 4)] * 300, pairs, [(1,), (1, 2), (1, 2, 3)] * 200, ["a", "bc"] * 300):
            assert agrees_or_is_refused(caught(format), column)
        for column in ([[1, 2], [3]] * 300, [{"a": 1}] * 600):
            assert agrees_or_is_refused(caught(format), column)


def test_empty_specifications() -> None:
    assert runs_compiled(lambda x: f"{x:}", [1.5, -2.0, 0.25] * 200)
    assert runs_compiled(lambda x: f"{x!s:}", [1.5, -2.0, 0.25] * 200)
    assert runs_compiled(with_two_formats, [1.5, -2.0, 0.25] * 200)
    assert runs_compiled(lambda s: f"{s:}|{s!s:}", ASCII)
    assert "(float) -> str" in str(pp.explain(lambda x: f"{x:}", [1.5]))


def test_formats_by_themselves() -> None:
    assert agrees(lambda x: f"{x:{x}}", [1, 5, 12, -3] * 150, device="cpu")
    assert "9223372036854775808" not in str(pp.explain(lambda x: f"{x:{x}}", [1, 5, 12]))


REPRESENTED = ["", "a", "it's", 'say "so"', "both ' and \"", "back\\slash", "new\nline", "\u00e9", "\x7f"] * 70


def test_representations() -> None:
    assert agrees(lambda s: repr(s), REPRESENTED, device="cpu")
    assert agrees(lambda s: f"{s!r:>12}", REPRESENTED, device="cpu")
    assert runs_compiled(lambda s: repr(s), ["", "a", "it's", 'say "so"'] * 150)
    assert runs_compiled(lambda x: f"{'a' if x else 'b'!r}", [0, 1] * 300)


def count_vowels(s):
    return sum(1 for c in s for v in "aeiou" if c == v)


CONSTANT_TEXT = {
    "loop": lambda s: [c + s for c in "aeiou"],
    "loop beyond Latin": lambda s: [c + s for c in "\u65e5\u672c"],
    "nested loop": count_vowels,
    "zip": lambda s: [(a, b) for a, b in zip("xyz", s)],
    "zip of constants": lambda s: [(a, b) for a, b in zip("xyz", "abcd")],
    "enumerate": lambda s: [(i, c) for i, c in enumerate("abc")],
    "reversed": lambda s: [c for c in reversed("abc")],
    "set": lambda s: [c in set("aeiou") for c in s],
    "sorted": lambda s: sorted("bca"),
    "list": lambda s: list("bca"),
    "tuple": lambda s: tuple("bca"),
    "taken apart": lambda s: pair_of_letters(s),
    "order": lambda s: ("b" > "a", "a" <= "ab", "\u00e9" < "z", "\u65e5" > "\uffff", "Z" >= "a"),
    "order of rows": lambda s: ((len(s), "a") < (len(s), "b"), (1, s) < (1, "b"), ("a", len(s)) >= ("a", 2)),
    "least": lambda s: (min("hello"), max("hello")),
    "Counter": lambda s: collections.Counter("hello")["l"],
    "fromkeys": lambda s: len(dict.fromkeys("hello", 1)),
    "join": lambda s: ".".join("abc"),
    "any": lambda s: any(c in s for c in "aeiou"),
    "map": lambda s: list(map(ord, "abc")),
    "taken apart in a list": lambda s: [s, *"a\u65e5c", s],
    "index": lambda s: ["abc"[i % 3] for i in range(len(s))],
}


def pair_of_letters(s):
    a, b = "xy"
    return a + s + b


@pytest.mark.parametrize("name", CONSTANT_TEXT)
def test_constant_text(name: str) -> None:
    assert runs_compiled(CONSTANT_TEXT[name], ["", "a", "hello", "education", "xyz"] * 120)


def test_sum_of_texts_raises():
    for rows in ([["a"], ["b", "c"]] * 50, [[], []] * 50, [[], ["a"]] * 50, [("a", "b")] * 50):
        assert agrees(lambda row: sum(row, ""), rows, device="cpu")
        assert agrees(lambda row: sum(row, start="x"), rows, device="cpu")


def test_paths(device):
    column = ["a", "/b/c.tar.gz", "d/e.py", "", "/", "x/.hidden"]
    assert agrees(lambda s: (os.path.join("/q", s), os.path.basename(s), os.path.dirname(s)), column, device=device)
    assert agrees(lambda s: (os.path.splitext(s), os.fspath(s)), column, device=device)
    with pytest.raises(TypeError):
        pp.map(lambda n: os.fspath(n), [1, 2], device="auto")
