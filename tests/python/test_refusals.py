"""What cannot be compiled: refused with place and advice, or handed back where only some path needs it."""

from __future__ import annotations

import math
import os
import sys

import pytest
from conftest import agrees, same

import parallel_party as pp


def reads_a_file(v):
    with open("/dev/null") as f:
        return len(f.read()) + v


def test_message_has_file_line_caret_and_advice():
    with pytest.raises(pp.UnsupportedError) as caught:
        pp.map(reads_a_file, [1, 2], device="cpu")
    lines = str(caught.value).splitlines()
    first = reads_a_file.__code__.co_firstlineno
    place = next(i for i, line in enumerate(lines) if "File" in line)
    assert os.path.basename(__file__) in lines[place] and f"line {first + 1}" in lines[place]
    assert 'open("/dev/null")' in lines[place + 1]
    caret = lines[place + 2]
    assert set(caret.strip()) == {"^"}
    marked = lines[place + 1][caret.index("^") : caret.rindex("^") + 1]
    assert marked.startswith("open")
    assert "no compiled form" in lines[0]


def test_no_source_still_has_a_place():
    space: dict[str, object] = {}
    exec(compile("def f(v):\n    import os\n    return os.getpid() + v\n", "<maya console>", "exec"), space)
    with pytest.raises(pp.UnsupportedError) as caught:
        pp.map(space["f"], [1], device="cpu")
    assert "<maya console>" in str(caught.value) and "line 3" in str(caught.value)


def test_only_some_path(device):
    def f(v):
        if v > 100:
            return id(v)
        return v + 1

    column = [1, 2, 101, 3]
    before = pp.stats().handed_back
    assert same(pp.map(f, column, device=device), [f(v) for v in column])
    assert pp.stats().handed_back - before == 1
    text = str(pp.explain(f, column, device=device))
    assert "no compiled form" in text and "id(v)" in text


def test_print_is_not_run_by_analysis(capsys):
    def f(v):
        print("hello")
        return v

    with pytest.raises(pp.UnsupportedError, match="print"):
        pp.map(f, [1], device="cpu")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("f", [lambda v: v.upper(), lambda v: len(v)])
def test_elements_without_a_form(f):
    with pytest.raises(pp.UnsupportedError, match="bytes"):
        pp.map(f, [b"a", b"b"], device="cpu")


def test_mutation_is_refused():
    def f(row):
        row[0] = 1.0
        return row

    rows = [[0.0, 1.0]]
    with pytest.raises(pp.UnsupportedError):
        pp.map(f, rows, device="cpu")
    assert rows == [[0.0, 1.0]]


def test_the_way_down_a_chain_of_calls():
    def inner(v):
        return hash(v)

    def outer(v):
        return inner(v) + 1

    with pytest.raises(pp.UnsupportedError) as caught:
        pp.map(outer, [1], device="cpu")
    text = str(caught.value)
    assert "in inner" in text and "outer" in text


def test_generators_and_coroutines():
    def generator(v):
        yield v

    async def coroutine(v):
        return v

    for f in (generator, coroutine):
        with pytest.raises(pp.UnsupportedError):
            pp.map(f, [1], device="cpu")


TABLE: dict[float, float] = {}
SEEN: list[float] = []
COUNT = 0


class Settings:
    total = 0.0


SETTINGS = Settings()


def assigns_item(v):
    if v > 5.0:
        TABLE[v] = v
    return v


def assigns_item_augmented(v):
    if v > 5.0:
        TABLE[1.0] += v
    return v


def deletes_item(v):
    if v > 5.0:
        del TABLE[v]
    return v


def appends(v):
    if v > 5.0:
        SEEN.append(v)
    return v


def updates(v):
    if v > 5.0:
        TABLE.update({v: v})
    return v


def put(table, v):
    table[v] = v


def assigns_in_a_helper(v):
    if v > 5.0:
        put(TABLE, v)
    return v


def assigns_global(v):
    global COUNT
    if v > 5.0:
        COUNT = COUNT + 1
    return v + COUNT


def deletes_global(v):
    global COUNT
    if v > 5.0:
        del COUNT
    return v


def assigns_attribute(v):
    if v > 5.0:
        SETTINGS.total = v
    return v


def assigns_attribute_augmented(v):
    if v > 5.0:
        SETTINGS.total += v
    return v


def remembers(v, seen={}):  # noqa: B006
    if v > 5.0:
        seen[v] = v
    return v


def assigns_nonlocal():
    total = 0.0

    def f(v):
        nonlocal total
        if v > 5.0:
            total += v
        return v

    return f


@pytest.mark.parametrize(
    "f",
    [
        assigns_item,
        assigns_item_augmented,
        deletes_item,
        appends,
        updates,
        assigns_in_a_helper,
        assigns_global,
        deletes_global,
        assigns_attribute,
        assigns_attribute_augmented,
        remembers,
        assigns_nonlocal(),
    ],
)
def test_what_all_elements_share_is_written_on_no_path(f):
    for column in ([1.0, 2.0], [1.0, 9.0]):
        with pytest.raises(pp.UnsupportedError, match="return the value") as caught:
            pp.map(f, column, device="cpu")
        assert "^" in str(caught.value) and os.path.basename(__file__) in str(caught.value)
    rows = [[1.0], [9.0]]

    def step(row):
        row[0] = f(row[0])

    with pytest.raises(pp.UnsupportedError, match="return the value"):
        pp.for_each(step, rows, device="cpu")
    assert (TABLE, SEEN, COUNT, Settings.total, rows) == ({}, [], 0, 0.0, [[1.0], [9.0]])


def clamps(row):
    if row[0] > 5.0:
        row[0] = 5.0
    return row[0]


def clamps_augmented(row):
    if row[0] > 5.0:
        row[0] += float(str(row[0]))
    return row[0]


def clamps_nested(row):
    if row[1][0] > 5.0:
        row[1][0] = 5.0
    return row[0]


def shortens(row):
    if row[0] > 5.0:
        del row[0]
    return row[0]


def sorts(row):
    if row[0] > 5.0:
        row.sort()
    return row[0]


@pytest.mark.parametrize(
    ("f", "rows"),
    [(f, [[1.0] * length, [9.0] * length]) for f in (clamps, clamps_augmented, shortens, sorts) for length in (1, 100)]
    + [(clamps_nested, [[1.0, [1.0]], [9.0, [9.0]]])],
)
def test_an_element_is_written_on_no_path(f, rows):
    before = repr(rows)
    with pytest.raises(pp.UnsupportedError, match="for_each"):
        pp.map(f, rows, device="cpu")
    assert repr(rows) == before


def test_what_the_function_makes_is_its_own_to_write(device):
    def f(v):
        row = [v, v]
        if v > 5.0:
            row[0] = 5.0
            row.append(1.0)
        return row

    column = [1.0, 9.0]
    assert same(pp.map(f, column, device=device), [f(v) for v in column])


def test_a_captured_container_is_read_by_cpython():
    def f(v):
        return v if v < 5.0 else NAMES[v]

    assert pp.map(f, [1.0, 9.0], device="cpu") == [1.0, "nine"]
    assert "an item of a 'dict' has no compiled form" in str(pp.explain(f, [1.0]))


NAMES = {9.0: "nine", "nine": [9.0]}


def wrap(f):
    def wrapper(*args, **kwargs):
        return f(*args, **kwargs) + 1

    return wrapper


def test_empty_keywords_are_handed_on(device):
    f = wrap(wrap(lambda v, scale=2.0: v * scale))
    assert same(pp.map(f, [1.0, 2.0], device=device), [4.0, 6.0])
    assert not pp.explain(f, [1.0]).signatures[0].hand_backs


def uses_keywords(v, **options):
    return v + len(options) + options["extra"] if "extra" in options else v


def test_keywords_of_no_parameter_are_a_dict(device):
    f = lambda v: (uses_keywords(v, extra=v, more=1), uses_keywords(v))  # noqa: E731
    assert same(pp.map(f, [1.0, 2.0], device=device), [f(v) for v in (1.0, 2.0)])
    assert not pp.explain(f, [1.0]).signatures[0].hand_backs
    assert same(pp.map(lambda v, **rest: (v, rest), [1.0], t=2), [(1.0, {"t": 2})])


def chain_of(length):
    space: dict[str, object] = {"f0": lambda v: v + 1}
    for i in range(1, length):
        exec(f"def f{i}(v):\n    return f{i - 1}(v) + 1\n", space)
    return space[f"f{length - 1}"]


def recurses(v):
    return recurses(v - 1) if v > 0 else v


def test_deep_chains_and_recursion_are_told_apart():
    assert pp.map(chain_of(64), [1], device="cpu") == [65]
    with pytest.raises(pp.UnsupportedError, match="a chain of more than 64 calls") as caught:
        pp.map(chain_of(65), [1], device="cpu")
    assert "recursion" not in str(caught.value)
    assert "recursion" in str(pp.explain(recurses, [1]))


def test_no_caret_without_source():
    space: dict[str, object] = {}
    exec(compile("def f(v):\n    return open(v)\n", "<stdin>", "exec"), space)
    with pytest.raises(pp.UnsupportedError) as caught:
        pp.map(space["f"], [1], device="cpu")
    text = str(caught.value)
    assert 'File "<stdin>", line 2, columns 12-15, in f' in text
    assert "^" not in text and all(line.strip() for line in text.splitlines())


def test_a_map_within_a_map():
    with pytest.raises(pp.UnsupportedError, match="map\\(\\) within a function that is mapped(.|\\n)*comprehension"):
        pp.map(lambda row: pp.map(abs, row), [(1.0, 2.0)], device="cpu")


def test_bounds_of_rows_are_named():
    deep: object = 1.0
    for _ in range(9):
        deep = (deep,)
    wide = (1.0, None) * 40
    assert pp.map(lambda row: (1, row), [deep, wide], device="cpu") == [(1, deep), (1, wide)]
    innermost = lambda v: v[0][0][0][0][0][0][0][0][0]  # noqa: E731
    with pytest.raises(pp.UnsupportedError, match="nested more than 8 deep"):
        pp.map(innermost, [deep], device="cpu")
    with pytest.raises(pp.UnsupportedError, match="more than 64 items of several types"):
        pp.map(lambda row: row[0], [wide], device="cpu")


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="it warns since 3.12")
def test_inverted_bool(device):
    f = lambda v: ~v  # noqa: E731
    assert same(pp.map(f, [True, False], device=device), [-2, -1])
    assert not pp.explain(f, [True]).signatures[0].hand_backs


def test_generators_over_what_never_ends():
    """They are run at once: one would fill the memory before its first item is taken."""
    import itertools

    def first(x):
        return next(i for i in itertools.count(x) if i % 7 == 0)

    def numbered(x):
        return next((i, k) for i, k in zip(itertools.count(x), enumerate(itertools.count())) if i % 7 == 0)

    for f in (first, numbered):
        with pytest.raises(pp.UnsupportedError, match="a generator over itertools.count"):
            pp.map(f, [1, 2] * 200, device="cpu")


class Tagged:
    def __init__(self, tags):
        self.tags = tags


def append_tag(p):
    p.tags.append(1)


def append_item(row):
    row.append(1)


def set_new(p):
    p.extra = 1


def test_what_for_each_advises():
    for function, element in ((append_tag, Tagged([1])), (append_item, [1])):
        with pytest.raises(pp.UnsupportedError, match="changing the length or order of an element's list"):
            pp.for_each(function, [element, element])
    with pytest.raises(pp.UnsupportedError, match="assign to attributes that are there") as told:
        pp.for_each(set_new, [Tagged([1])])
    assert "return the new value" not in str(told.value)


def test_operators_of_dicts_are_not_said_to_raise():
    told = str(pp.explain(lambda d: d | {"z": 1} if d else d, [{"a": 1}]))
    assert "CPython raises" not in told
    assert agrees(lambda d: d | {"z": 1} if "b" in d else d, [{"a": 1}, {"a": 1, "b": 2}] * 300, device="cpu")


OUTSIDE = pp.array([1.0, 2.0])
BYTES = bytearray(b"abc")


def deletes_of_array(i):
    del OUTSIDE[0]


def writes_bytes(i):
    BYTES[i] = 1


@pytest.mark.parametrize(
    ("call", "function", "advice"),
    [
        (pp.map, lambda i: [*OUTSIDE][i], r"write list\(...\) of the Array, or index it"),
        (pp.map, lambda i: list(reversed(OUTSIDE))[i], r"write \[::-1\] behind the Array"),
        (pp.map, lambda i: hasattr(math, "no_such_name"), "ask outside the function, and name the answer"),
        (pp.for_each, deletes_of_array, "delete it outside the function"),
        (pp.for_each, writes_bytes, r"an Array, parallel_party.array\(\), can be written to"),
    ],
)
def test_advice_for_what_is_named(call, function, advice):
    with pytest.raises(pp.UnsupportedError, match=advice):
        call(function, range(2), device="cpu")


def test_advice_for_numpys_arrays():
    numpy = pytest.importorskip("numpy")
    numbers = numpy.zeros(3)
    for function in (lambda i: numbers[i], lambda i: len(numbers), lambda i: [v for v in numbers][i]):
        with pytest.raises(pp.UnsupportedError, match=r"make an Array of it, parallel_party.array\(\)"):
            pp.map(function, range(2), device="cpu")
    assert pp.map(lambda i: OUTSIDE[::-1][i] + list(OUTSIDE)[i], range(2), device="cpu") == [3.0, 3.0]
