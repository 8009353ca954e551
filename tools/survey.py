"""What compiles of other people's Python: every module-level function of the standard library, and of ten packages.

    python tools/survey.py --packages FOLDER      # with those packages; `--install` puts them there first
    python tools/survey.py --part standard        # this table only, the others as they were last
    python tools/survey.py --only colorsys heapq  # a few modules, printed, nothing written

Each module is tried in a process of its own, so that a crash or a hang is one function's. Functions of the standard
library are compiled for plausible kinds of arguments and not run; those of its numeric modules and of the packages are
run over generated arguments as well, and compared with CPython in value, type and exception. Writes docs/survey.md.
"""

from __future__ import annotations

import argparse
import collections
import importlib
import importlib.util
import itertools
import json
import os
import pkgutil
import re
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {
    "more-itertools==11.2.1": "more_itertools",
    "toolz==1.2.0": "toolz",
    "boltons==26.2.0": "boltons",
    "humanize==4.17.0": "humanize",
    "inflection==0.5.1": "inflection",
    "mpmath==1.4.1": "mpmath",
    "wcwidth==0.9.4": "wcwidth",
    "convertdate==2.5.1": "convertdate",
    "webcolors==25.10.0": "webcolors",
    "PyMeeus==0.5.12": "pymeeus",
}
"""Requirements and import names of the packages that are tried."""

NUMERIC = [
    "_pydecimal",
    "_pyio",
    "bisect",
    "calendar",
    "cmath",
    "colorsys",
    "copy",
    "datetime",
    "decimal",
    "difflib",
    "fnmatch",
    "fractions",
    "functools",
    "graphlib",
    "heapq",
    "ipaddress",
    "keyword",
    "numbers",
    "operator",
    "posixpath",
    "quopri",
    "random",
    "reprlib",
    "statistics",
    "string",
    "stringprep",
    "textwrap",
    "turtle",
    "_strptime",
]
"""Pure-Python modules of the standard library whose functions are run; of these, `RUN_NOT` excepted."""
RUN_NOT = {"turtle", "copy", "functools", "_pyio"}
"""Those among them that only compile: their functions draw, or take objects that are not generated here."""
SKIPPED = re.compile(r"^(test|idlelib|lib2to3|turtledemo|antigravity|this|__phello__|.*\.__main__)(\.|$)")
"""Modules that do something when they are imported, or are no library."""
HANG = 60.0
"""Seconds of processor time after which one function is taken to hang, whatever else the machine does meanwhile."""
STUCK = 900.0
"""Seconds after which one that does not compute is taken to hang."""
PATIENCE = 0.5
"""Seconds that CPython may take for one element."""
SAMPLES = 6
MOST_ITEMS = 50
"""Of an iterator, so many are compared."""
MOST_GUESSES = 9
WOULD_RAISE = "every path would raise for these arguments"

FLOATS = [0.5, 1.5, -2.25, 3.0, 0.0, 10.75]
INTS = [1, 2, 5, 7, 12, 30]
TEXTS = ["abc", "Hello World", "x", "a1b2", "", "the quick brown fox"]
ROWS = [[3.0, 1.0, 2.0], [0.5, 0.25, 0.75], [1.0, 2.0, 4.0], [9.0, 8.0, 7.5], [0.0, 1.0, 0.0], [2.5, 2.5, 1.0]]
INT_ROWS = [[3, 1, 2], [5, 4, 6], [1, 2, 4], [9, 8, 7], [0, 1, 0], [2, 2, 1]]
PAIRS = [(0.5, 1.5), (2.0, 3.0), (1.0, -1.0), (0.25, 4.0), (0.0, 2.0), (3.5, 3.0)]
KINDS: dict[str, list[Any]] = {
    "float": FLOATS,
    "int": INTS,
    "text": TEXTS,
    "list of floats": ROWS,
    "list of ints": INT_ROWS,
    "pair": PAIRS,
    "bool": [True, False, True, True, False, False],
}
NAMES = {
    "text": [
        "s",
        "string",
        "str",
        "text",
        "name",
        "word",
        "pattern",
        "pat",
        "line",
        "path",
        "key",
        "sep",
        "prefix",
        "suffix",
        "msg",
        "url",
    ],
    "int": [
        "n",
        "i",
        "k",
        "year",
        "month",
        "day",
        "count",
        "size",
        "num",
        "index",
        "base",
        "start",
        "stop",
        "step",
        "width",
        "depth",
        "hour",
        "minute",
        "second",
    ],
    "list of floats": [
        "seq",
        "iterable",
        "data",
        "values",
        "xs",
        "it",
        "items",
        "population",
        "points",
        "args",
        "a",
        "lst",
        "array",
    ],
    "list of ints": ["heap", "counts", "bits"],
    "float": [
        "x",
        "y",
        "z",
        "r",
        "g",
        "b",
        "h",
        "l",
        "v",
        "value",
        "angle",
        "t",
        "lat",
        "lon",
        "mu",
        "sigma",
        "alpha",
        "beta",
    ],
}
"""Kinds that parameters of these names probably have."""


# ---- in a worker: one module ----------------------------------------------------------------------------------------


def functions_of(module: types.ModuleType) -> list[tuple[str, types.FunctionType]]:
    """Return the plain functions that a module itself defines, by name."""
    found = []
    for name, value in sorted(vars(module).items()):
        if isinstance(value, types.FunctionType) and value.__module__ == module.__name__:
            found.append((name, value))
    return found


def guesses(function: types.FunctionType) -> Iterator[tuple[str, ...]]:
    """Yield combinations of kinds for the parameters that must be given, the likeliest first."""
    code = function.__code__
    count = code.co_argcount - len(function.__defaults__ or ())
    if count == 0 and (code.co_argcount or code.co_flags & 4):
        count = 1
    names = code.co_varnames[:count]
    if count == 0:
        return
    by_name = tuple(
        next((kind for kind, known in NAMES.items() if name.lower().rstrip("0123456789_") in known), "float")
        for name in names
    )
    seen = {by_name}
    yield by_name
    for kind in KINDS:
        same = (kind,) * count
        if same not in seen:
            seen.add(same)
            yield same
    for first, rest in (("list of floats", "int"), ("text", "int"), ("int", "list of floats"), ("float", "int")):
        mixed = (first,) + (rest,) * (count - 1)
        if mixed not in seen:
            seen.add(mixed)
            yield mixed


def reason_of(error: BaseException) -> str:
    """Return the construct that a refusal names, without what is the caller's own."""
    line = str(error).splitlines()[0]
    line = re.sub(r"^.*?:\d+(:\d+)?: ", "", line)
    return re.sub(r"'[^']{25,}'", "'...'", line)[:110]


class TooLong(BaseException):
    """CPython itself takes longer than `PATIENCE`."""


def give_up(*_: object) -> None:
    """End what runs: for a signal."""
    raise TooLong


def call(function: types.FunctionType, elements: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what CPython makes of it; not in time is as good as raising."""
    import copy
    import signal

    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        return ("value", function(*copy.deepcopy(elements)))
    except TooLong:
        return ("takes long", None)
    except Exception as error:
        return ("raises", type(error))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def shown(value: object, depth: int = 0) -> str:
    """Return a text that is equal for equal results: iterators by what they give, other objects without addresses."""
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple) and depth < 4:
        return f"{type(value).__name__}({', '.join(shown(item, depth + 1) for item in value)})"
    if hasattr(value, "__next__") and depth < 4:
        items = itertools.islice(iter(value), MOST_ITEMS)  # type: ignore[call-overload]
        return f"{type(value).__name__} of {shown(list(items), depth + 1)}"
    return f"{type(value).__name__} {re.sub(r' at 0x[0-9a-f]+', '', repr(value))}"


def is_repeatable(function: types.FunctionType, columns: list[list[Any]]) -> bool:
    """Whether two runs of CPython's own give the same: not where chance, time or what was done before has a say."""

    def run() -> list[str]:
        results = [call(function, elements) for elements in zip(*columns, strict=True)]
        return [f"{how} {shown(what)}" for how, what in results]

    return run() == run()


def agrees(function: types.FunctionType, columns: list[list[Any]], wanted: list[tuple[Any, ...]]) -> bool:
    """Whether `map` gives what CPython gave, over the elements that gave values, then over each that raises."""
    import copy

    import parallel_party as pp

    good = [i for i, (how, _) in enumerate(wanted) if how == "value"]
    got = pp.map(function, *[[copy.deepcopy(column[i]) for i in good] for column in columns], device="cpu")
    if any(shown(a) != shown(wanted[i][1]) for i, a in zip(good, got, strict=True)):
        return False
    for i, (how, what) in enumerate(wanted):
        if how != "raises":
            continue
        try:
            pp.map(function, *[[copy.deepcopy(column[i])] for column in columns], device="cpu")
        except pp.UnsupportedError:
            continue  # this element alone has no compiled path: refused, as the contract says
        except Exception as error:
            if type(error) is not what:
                return False
        else:
            return False
    return True


def changes_alike(function: types.FunctionType, columns: list[list[Any]], wanted: list[tuple[Any, ...]]) -> bool:
    """Whether `for_each` does to the elements what calls do, those that raise left out."""
    import copy

    import parallel_party as pp

    good = [i for i, (how, _) in enumerate(wanted) if how == "value"]
    ours = [[copy.deepcopy(column[i]) for i in good] for column in columns]
    theirs = copy.deepcopy(ours)
    for elements in zip(*theirs, strict=True):
        function(*elements)
    pp.for_each(function, *ours, device="cpu")
    return repr(ours) == repr(theirs)


def try_function(function: types.FunctionType, runs: bool) -> dict[str, str]:
    """Return what comes of one function, for the kinds with which it fares best."""
    import parallel_party as pp

    best: dict[str, str] = {"state": "no arguments"}
    for kinds in itertools.islice(guesses(function), MOST_GUESSES):
        columns = [KINDS[kind][:SAMPLES] for kind in kinds]
        wanted = [call(function, elements) for elements in zip(*columns, strict=True)] if runs else []
        if any(how == "takes long" for how, _ in wanted):
            continue
        if runs and not any(how == "value" for how, _ in wanted):
            if best["state"] == "no arguments":
                best = {"state": "raises for all arguments tried"}
            continue
        try:
            pp.compile(function, *columns, device="cpu")
            if not pp.explain(function, *columns, device="cpu").types[1]:
                if best["state"] != "refused":
                    best = {"state": "refused", "why": WOULD_RAISE}
                continue
        except pp.UnsupportedError as error:
            # An iterator that would raise later is no reason, where other arguments give one.
            if best["state"] != "refused" or best["why"] == WOULD_RAISE:
                best = {"state": "refused", "why": reason_of(error)}
            continue
        if not runs:
            return {"state": "compiled", "kinds": ", ".join(kinds)}
        if not is_repeatable(function, columns):
            return {"state": "not repeatable"}
        before = pp.stats().handed_back
        try:
            is_exact = agrees(function, columns, wanted)
        except pp.UnsupportedError as error:
            if "for_each" not in str(error):  # compile() found a form for for_each(), which nobody asks for here
                best = {"state": "refused", "why": reason_of(error)}
                continue
            is_exact = changes_alike(function, columns, wanted)
        if not is_exact:
            return {"state": "DIFFERS", "kinds": ", ".join(kinds)}
        values = sum(how == "value" for how, _ in wanted)
        raising = len(wanted) - values
        by_python = pp.stats().handed_back - before
        state = "exact" if by_python <= raising else "exact, partly by CPython"
        return {"state": state, "kinds": ", ".join(kinds)}
    return best


def work(names: list[str], skip: int, runs: bool) -> None:
    """Try the functions of modules, of the first one from number `skip` on; a line of JSON before and after each."""
    # What modules print when they are imported or run is not the answer.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    sys.stdin = open(os.devnull)  # noqa: SIM115

    def say(**answer: object) -> None:
        print(json.dumps(answer), file=answers)

    for name in names:
        say(module=name, begins="importing it", number=-1)
        try:
            module = importlib.import_module(name)
        except BaseException:
            module = types.ModuleType(name)  # not for this system, or what it needs is not installed
        for number, (function_name, function) in enumerate(functions_of(module)):
            if number < skip:
                continue
            say(module=name, begins=function_name, number=number)
            try:
                answer = try_function(function, runs)
            except Exception as error:
                answer = {"state": "INTERNAL ERROR", "why": f"{type(error).__name__}: {error}"[:200]}
            say(module=name, name=function_name, **answer)
        skip = 0
        say(module=name, ends=True)


# ---- the survey -----------------------------------------------------------------------------------------------------

Survey = dict[str, list[dict[str, str]]]


def processor_time(process: subprocess.Popen[bytes]) -> float:
    """Return the seconds that a process has computed so far."""
    try:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def lines_of(process: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
    """Yield what a worker says; one that says nothing for too long is killed."""
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    rest = b""
    last, computed = time.monotonic(), 0.0
    while True:
        is_over = process.poll() is not None
        chunk = process.stdout.read()
        if chunk:
            last, computed = time.monotonic(), processor_time(process)
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                yield json.loads(line)
        elif is_over:
            return
        elif processor_time(process) - computed > HANG or time.monotonic() - last > STUCK:
            process.kill()
            process.wait()
        else:
            time.sleep(0.01)


def survey_modules(names: list[str], runs: bool, packages: Path | None) -> Survey:
    """Return one answer for each function of some modules, tried by one process after the other until all are."""
    environment = {**os.environ, "PARALLEL_PARTY_DISK_CACHE": "0", "PARALLEL_PARTY_NUM_THREADS": "1", "DISPLAY": ""}
    environment["PYTHONWARNINGS"] = "ignore"
    if packages:
        environment["PYTHONPATH"] = str(packages)
    found: Survey = {name: [] for name in names}
    left = list(names)
    skip = 0
    while left:
        command = [sys.executable, __file__, "--work", ",".join(left), str(skip), str(int(runs))]
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        begun: dict[str, Any] | None = None
        for answer in lines_of(process):
            if "ends" in answer:
                left.remove(answer["module"])
            elif "name" in answer:
                found[answer.pop("module")].append(answer)
            begun = answer if "begins" in answer else None
        if begun is None or not left:
            break
        code = process.returncode
        how = "HANGS" if code == -9 else "exits" if code >= 0 else f"CRASHES with signal {-code}"
        if begun["number"] >= 0:
            found[begun["module"]].append({"name": begun["begins"], "state": how})
        else:
            left.remove(begun["module"])
        skip = begun["number"] + 1
    return found


def standard_modules() -> list[str]:
    """Return every module of the standard library that can be imported without effects."""
    library = Path(os.__file__).parent
    names = []
    for module in sorted(sys.stdlib_module_names):
        if SKIPPED.match(module) or importlib.util.find_spec(module) is None:
            continue
        names.append(module)
        folder = library / module
        if (folder / "__init__.py").exists():
            names += [
                found.name for found in pkgutil.walk_packages([str(folder)], f"{module}.", onerror=lambda _: None)
            ]
    return [name for name in names if not SKIPPED.match(name) and ".test" not in name]


def package_modules(package: str, packages: Path) -> list[str]:
    """Return the modules of an installed package, tests left out."""
    folder = packages / package
    names = [package]
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(packages).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        if name not in names and not any(part.startswith(("test", "conftest", "__main__")) for part in parts):
            names.append(name)
    return names


def survey(modules: list[str], runs: set[str] | bool, packages: Path | None) -> Survey:
    """Try modules, as many processes at a time as there are processors."""
    from concurrent.futures import ThreadPoolExecutor

    def some(names: list[str]) -> Survey:
        return survey_modules(names, runs if isinstance(runs, bool) else names[0] in runs, packages)

    # Modules that are run have processes of their own: what they do to the interpreter is theirs.
    size = 1 if not isinstance(runs, bool) else 4 if runs else 16
    chunks = [modules[i : i + size] for i in range(0, len(modules), size)]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        found: Survey = {}
        for part in pool.map(some, chunks):
            found |= part
    return found


FAULTS = ("INTERNAL", "CRASHES", "HANGS", "DIFFERS")


def faults(found: Survey) -> list[str]:
    """Return a line for each function with which this library did wrong."""
    return [
        f"{module}.{answer['name']}: {answer['state']} {answer.get('kinds', '')} {answer.get('why', '')}".strip()
        for module, answers in found.items()
        for answer in answers
        if answer["state"].startswith(FAULTS)
    ]


STATES = ("exact", "exact, partly by CPython", "compiled", "refused")


def counts(answers: list[dict[str, str]]) -> list[int]:
    """Return how many functions came to each of `STATES`, to something else, and in all."""
    by_state = collections.Counter(answer["state"] for answer in answers)
    known = [by_state[state] for state in STATES]
    return [*known, len(answers) - sum(known), len(answers)]


def table(rows: dict[str, list[dict[str, str]]], what: str) -> list[str]:
    """Return a table in Markdown, a row for each entry that has functions, and their sum."""
    lines = [f"| {what} | {' | '.join(STATES)} | not tried | functions |", "|---" * (len(STATES) + 3) + "|"]
    for name, answers in rows.items():
        if answers:
            lines.append(f"| {name} | {' | '.join(map(str, counts(answers)))} |")
    total = counts([answer for answers in rows.values() for answer in answers])
    return [*lines, f"| **all** | {' | '.join(map(str, total))} |"]


def reasons(found: Survey, most: int = 25) -> list[str]:
    """Return why functions are refused, the most frequent first."""
    why = collections.Counter(
        answer["why"] for answers in found.values() for answer in answers if answer["state"] == "refused"
    )
    return ["| refused because of | functions |", "|---|---|"] + [
        f"| {reason.replace('|', chr(92) + '|')} | {count} |" for reason, count in why.most_common(most)
    ]


PAGE = """# Survey: other people's Python

Written by `tools/survey.py`, which tries every module-level function of what the tables below name under CPython
{version}, in processes of their own. Kinds of arguments are guessed from the parameters' names; a function
counts as refused where none of the guesses has a compiled form. *Exact*: run over generated arguments, and what `map`
gives is what CPython gives, in value, type and exception; *partly by CPython*: some elements that raise nothing were
handed back. *Compiled*: not run, since it may write files. *Not tried*: takes no argument, raises for all that were
generated, or gives something else each time under CPython, too.

{sections}
"""
TITLES = {
    "numeric": "Numeric modules of the standard library",
    "packages": "Ten packages",
    "standard": "The whole standard library",
}


def section(part: str, found: Survey) -> str:
    """Return a part's table, what went wrong in it, and why functions are refused."""
    rows: dict[str, list[dict[str, str]]] = collections.defaultdict(list)
    names = {package: requirement.replace("==", " ") for requirement, package in PACKAGES.items()}
    for module, answers in found.items():
        row = "all modules" if part == "standard" else module
        rows[names[module.split(".")[0]] if part == "packages" else row] += answers
    lines = table(rows, {"numeric": "module", "packages": "package", "standard": "of"}[part])
    wrong = faults(found)
    failed = ["The library failed (an internal error, a crash, a hang, another answer) with:"]
    failed = [*failed, "", *(f"- {line}" for line in wrong)] if wrong else [failed[0].replace("with:", "with none.")]
    return "\n".join([*(lines[:-1] if part == "standard" else lines), "", *failed, "", *reasons(found)])


def page(known: dict[str, Survey], old: str) -> str:
    """Return docs/survey.md; parts that are not known are taken from the `old` one."""
    texts = dict(re.findall(r"^## ([^\n]*)\n\n(.*?)\n*(?=^## |\Z)", old, re.MULTILINE | re.DOTALL))
    texts |= {TITLES[part]: section(part, found) for part, found in known.items()}
    order = [*TITLES.values(), *(title for title in texts if title not in TITLES.values())]
    return PAGE.format(
        version=".".join(map(str, sys.version_info[:3])),
        sections="\n\n".join(f"## {title}\n\n{texts[title]}" for title in order if title in texts),
    )


def survey_part(part: str, packages: Path | None) -> Survey:
    """Try what one table of the page is about."""
    if part == "numeric":
        modules = [name for name in NUMERIC if importlib.util.find_spec(name)]
        return survey(modules, set(NUMERIC) - RUN_NOT, None)
    if part == "packages":
        assert packages
        return survey(
            [name for package in PACKAGES.values() for name in package_modules(package, packages)], True, packages
        )
    return survey(standard_modules(), False, None)


def main() -> int:
    """Survey what the command line asks for; exit status 1 where the library did wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--packages", type=Path, help="folder with the packages")
    parser.add_argument(
        "--install", action="store_true", help="install the packages there first, from the index of pip"
    )
    parser.add_argument("--only", nargs="+", metavar="MODULE", help="print the answers for these modules")
    parser.add_argument("--run", action="store_true", help="with --only: run the functions as well")
    parser.add_argument("--part", choices=["numeric", "packages", "standard"], help="try only what this table is about")
    parser.add_argument("--json", type=Path, default=Path("out/survey.json"), help="every answer: read and written")
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work[0].split(","), int(options.work[1]), options.work[2] == "1")
        return 0
    if options.only:
        found = survey(options.only, options.run, options.packages)
        for module, answers in found.items():
            for answer in answers:
                print(f"{module}.{answer['name']}: {answer['state']} {answer.get('kinds') or answer.get('why') or ''}")
        return 1 if faults(found) else 0
    parts = [options.part] if options.part else ["numeric", "packages", "standard"]
    if "packages" in parts and not options.packages:
        parser.error("--packages is needed: a folder for them")
    if options.install:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]
        subprocess.run([*pip, options.packages, *PACKAGES], check=True)
    known: dict[str, Survey] = json.loads(options.json.read_text()) if options.json.exists() else {}
    for part in parts:
        known[part] = survey_part(part, options.packages)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(known, indent=1) + "\n")
    written = ROOT / "docs" / "survey.md"
    written.write_text(page(known, written.read_text()))
    wrong = [line for part in known.values() for line in faults(part)]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
