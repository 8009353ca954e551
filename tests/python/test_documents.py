"""The examples of the README and of the documentation do what they show, and links lead somewhere."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

import parallel_party as pp

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def examples(path: Path) -> doctest.DocTest:
    """The prompts of a document's Python blocks; the blocks share their names, as a reader would expect."""
    text = path.read_text()
    blocks = [
        (match[1], text[: match.start()].count("\n") + 1) for match in re.finditer(r"```python\n(.*?)```", text, re.S)
    ]
    parser = doctest.DocTestParser()
    found: list[doctest.Example] = []
    for source, line in blocks:
        for example in parser.get_examples(source, path.name):
            example.lineno += line
            found.append(example)
    return doctest.DocTest(found, {}, path.name, str(path), 0, text)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_examples_do_what_they_show(path: Path) -> None:
    test = examples(path)
    output: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=output.append)
    assert result.failed == 0, "".join(output)
    assert (result.attempted > 0) == (">>>" in path.read_text())


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", path.read_text())
    local = [target for target in targets if not target.startswith(("http:", "https:"))]
    assert [target for target in local if not (path.parent / target).exists()] == []


def test_every_environment_variable_is_documented() -> None:
    sources = [*ROOT.glob("src/**/*.cpp"), *ROOT.glob("python/**/*.py")]
    used = {name for path in sources for name in re.findall(r'"(PARALLEL_PARTY_\w+)"', path.read_text())}
    documented = set(re.findall(r"^\| `(\w+)`", (ROOT / "docs" / "environment.md").read_text(), re.M))
    assert used == documented


def test_bounds_of_gpu_functions_are_documented() -> None:
    table = (ROOT / "src" / "ir" / "math_functions.inc").read_text()
    bounds = dict(re.findall(r'^PP_MATH\(\w+, "(\w+)", \d, \w+, "[^"]*", (\d+)\)', table, re.M))
    rows = re.findall(r"^\| (`.*) \| (\d+) \|", (ROOT / "docs" / "devices.md").read_text(), re.M)
    assert {name: ulp for names, ulp in rows for name in re.findall(r"`(\w+)`", names)} == bounds


def test_every_public_name_is_documented() -> None:
    documented = set(re.findall(r"auto\w+:: (\w+)", (ROOT / "docs" / "api.md").read_text()))
    assert documented == {*pp.__all__, "compile", "map"}
