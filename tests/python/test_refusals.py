"""What cannot be compiled: refused with place and advice, or handed back where only some path needs it."""

from __future__ import annotations

import os

import pytest
from conftest import same

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
    assert "<maya console>" in str(caught.value) and "line 2" in str(caught.value)


def test_only_some_path(device):
    def f(v):
        if v > 100:
            return str(v)
        return v + 1

    column = [1, 2, 101, 3]
    before = pp.stats().handed_back
    assert same(pp.map(f, column, device=device), [f(v) for v in column])
    assert pp.stats().handed_back - before == 1
    text = str(pp.explain(f, column, device=device))
    assert "no compiled form" in text and "str(v)" in text


def test_print_is_not_run_by_analysis(capsys):
    def f(v):
        print("hello")
        return v

    with pytest.raises(pp.UnsupportedError, match="print"):
        pp.map(f, [1], device="cpu")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("f", [lambda v: v.upper(), lambda v: len(v)])
def test_elements_without_a_form(f):
    with pytest.raises(pp.UnsupportedError, match="str"):
        pp.map(f, ["a", "b"], device="cpu")


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
