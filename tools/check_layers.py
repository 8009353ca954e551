"""Checks that includes between the layers of src/ point down only, and that foreign headers stay where they belong."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src"

# Each layer and the layers whose headers it may include.
MAY_USE: dict[str, set[str]] = {
    "base": set(),
    "ir": {"base"},
    "frontend": {"base", "ir"},
    "passes": {"base", "ir"},
    "codegen": {"base", "ir", "passes"},
    "device": {"base"},
    "data": {"base", "ir", "device"},
    "engine": {"base", "ir", "frontend", "passes", "codegen", "device", "data"},
}
MAY_USE["python"] = {*MAY_USE, "engine"}

# A foreign header, and the only files under src/ that may include it.
HOMES = [
    (r"llvm(-c)?/", r"codegen/.*\.cpp"),
    (r"cuda\.h|cuda_runtime|cub/|thrust/", r"device/(cuda|gpu)_"),
    (r"Python\.h", r"(python|data)/"),
]


def findings() -> Iterator[str]:
    """Yield one line for each include that breaks a rule."""
    for path in sorted(file for file in SOURCE.rglob("*") if file.suffix in (".h", ".cpp", ".cu", ".inc")):
        name = path.relative_to(SOURCE).as_posix()
        layer = name.split("/")[0]
        if layer not in MAY_USE:
            yield f"src/{name}: no layer is called {layer}"
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*[<"]([^>"]+)', line)
            if not include:
                continue
            used = include[1].split("/")[0]
            if used in MAY_USE and used != layer and used not in MAY_USE[layer]:
                yield f"src/{name}:{number}: {layer} may not include {used}"
            for header, home in HOMES:
                if re.match(header, include[1]) and not re.match(home, name):
                    yield f"src/{name}:{number}: {include[1]} belongs in {home}"


def main() -> int:
    """Print the findings; exit status 1 when there are any."""
    found = list(findings())
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
