"""docs/language.md says what the front end's tables say."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gen_language", ROOT / "tools" / "gen_language.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date() -> None:
    current = (ROOT / "docs" / "language.md").read_text()
    assert current == generator().page(), "run tools/gen_language.py and commit what it writes"


def test_the_page_names_what_there_is() -> None:
    text = generator().page()
    for name in ("`abs`", "`sqrt`", "`startswith`", "`**`", "with statement", "`StoreLocal`"):
        assert name in text, name
