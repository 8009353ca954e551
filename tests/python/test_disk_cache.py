"""What was compiled is kept for later processes; and what is kept in this one has bounds."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import parallel_party as pp

PROGRAM = """
import parallel_party as pp
space = {"k": 3}
exec("def f(x, y):\\n    return (x * 2.5 + y, x if x > y else k)", space)
xs, ys = [i * 0.5 for i in range(2000)], [i * 0.25 for i in range(2000)]
assert pp.map(space["f"], xs, ys, device="cpu") == [space["f"](x, y) for x, y in zip(xs, ys)]
print(pp.stats().compilations, pp.stats().reused)
"""


def run(cache: Path, program: str = PROGRAM, **environment: str) -> str:
    """What a program prints in a process of its own."""
    settings = {**os.environ, "XDG_CACHE_HOME": str(cache), "PARALLEL_PARTY_DISK_CACHE": "64", **environment}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, env=settings)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.strip()


def command(cache: Path, *arguments: str, **environment: str) -> str:
    """What the command line prints."""
    settings = {**os.environ, "XDG_CACHE_HOME": str(cache), "PARALLEL_PARTY_DISK_CACHE": "64", **environment}
    program = [sys.executable, "-m", "parallel_party", *arguments]
    return subprocess.run(program, capture_output=True, text=True, timeout=60, env=settings, check=True).stdout


def files(cache: Path) -> list[Path]:
    return sorted((cache / "parallel_party").iterdir()) if (cache / "parallel_party").exists() else []


def test_a_second_process_does_not_compile(tmp_path: Path) -> None:
    assert run(tmp_path) == "1 0"
    assert run(tmp_path) == "0 1"
    (file,) = files(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "change",
    [
        PROGRAM.replace("2.5", "2.25"),
        PROGRAM.replace("x > y", "x >= y"),
        PROGRAM.replace('"k": 3', '"k": 3.0'),
        PROGRAM.replace("i * 0.25", "i"),
        PROGRAM.replace('device="cpu"', 'device="cpu", fast_math=True'),
    ],
    ids=["constant", "operation", "kind of a name", "kind of a column", "option"],
)
def test_what_code_depends_on_is_compiled_for(tmp_path: Path, change: str) -> None:
    assert run(tmp_path) == "1 0"
    assert run(tmp_path, change).endswith(" 0")


@pytest.mark.parametrize("change", ['"k": 4', '"other": 1, "k": 3'])
def test_what_it_does_not_depend_on_is_not(tmp_path: Path, change: str) -> None:
    assert run(tmp_path) == "1 0"
    assert run(tmp_path, PROGRAM.replace('"k": 3', change).replace("def f(", "def g(").replace('"f"', '"g"')) == "0 1"


@pytest.mark.parametrize("damage", ["truncated", "emptied", "changed", "lengthened", "foreign", "writable"])
def test_damaged_and_hostile_files_are_compiled_anew(tmp_path: Path, damage: str) -> None:
    run(tmp_path)
    (file,) = files(tmp_path)
    content = file.read_bytes()
    if damage == "truncated":
        file.write_bytes(content[:-1])
    elif damage == "emptied":
        file.write_bytes(b"")
    elif damage == "changed":
        file.write_bytes(content[:200] + bytes([content[200] ^ 1]) + content[201:])
    elif damage == "lengthened":
        file.write_bytes(content + b"x")
    elif damage == "foreign":
        file.write_bytes(b"\x7fELF" + b"\x00" * 5000)
    else:
        file.chmod(0o666)
    assert run(tmp_path) == "1 0"
    assert run(tmp_path) == "0 1"


def test_a_folder_that_others_may_write_is_not_used(tmp_path: Path) -> None:
    run(tmp_path)
    (tmp_path / "parallel_party").chmod(0o777)
    assert run(tmp_path) == "1 0"
    assert "off: the folder belongs to another user, or others may write to it" in command(tmp_path, "cache")
    (tmp_path / "parallel_party").chmod(0o700)
    assert run(tmp_path) == "0 1"


def test_a_folder_behind_a_link_is_not_used(tmp_path: Path) -> None:
    run(tmp_path)
    (tmp_path / "parallel_party").rename(tmp_path / "elsewhere")
    (tmp_path / "parallel_party").symlink_to(tmp_path / "elsewhere")
    assert run(tmp_path) == "1 0"


def test_many_processes_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        printed = list(pool.map(lambda _: run(tmp_path), range(8)))
    assert set(printed) <= {"1 0", "0 1"}
    assert len(files(tmp_path)) == 1
    assert run(tmp_path) == "0 1"


def test_it_can_be_turned_off(tmp_path: Path) -> None:
    assert run(tmp_path, PARALLEL_PARTY_DISK_CACHE="0") == "1 0"
    assert not list(tmp_path.iterdir())
    assert "off: PARALLEL_PARTY_DISK_CACHE=0" in command(tmp_path, "cache", PARALLEL_PARTY_DISK_CACHE="0")
    assert "off  PARALLEL_PARTY_DISK_CACHE=0" in command(tmp_path, "doctor", PARALLEL_PARTY_DISK_CACHE="0")


def test_nothing_is_written_before_something_is_compiled(tmp_path: Path) -> None:
    run(tmp_path, "import parallel_party as pp; print(pp.map(lambda x: x + 1, [1, 2]))")
    assert "0 kernels" in command(tmp_path, "cache")
    assert f"on   {tmp_path / 'parallel_party'}" in command(tmp_path, "doctor")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", [{"XDG_CACHE_HOME": "{}/file"}, {"XDG_CACHE_HOME": "relative", "HOME": ""}])
def test_where_nothing_can_be_written_nothing_happens(tmp_path: Path, place: dict[str, str]) -> None:
    (tmp_path / "file").write_text("no folder")
    place = {name: text.format(tmp_path) for name, text in place.items()}
    assert run(tmp_path, **place) == "1 0"
    assert "disk cache: off: " in command(tmp_path, "cache", **place)


def test_without_a_cache_folder_it_is_in_the_home_folder(tmp_path: Path) -> None:
    assert run(tmp_path, XDG_CACHE_HOME="", HOME=str(tmp_path)) == "1 0"
    assert len(files(tmp_path / ".cache")) == 1


def test_the_command_shows_and_clears(tmp_path: Path) -> None:
    run(tmp_path)
    (tmp_path / "parallel_party" / "mine.txt").write_text("stays")
    shown = command(tmp_path, "cache")
    assert "disk cache: on" in shown and str(tmp_path / "parallel_party") in shown and "1 kernel," in shown
    assert "removed" in command(tmp_path, "cache", "--clear")
    assert [file.name for file in files(tmp_path)] == ["mine.txt"]
    assert run(tmp_path) == "1 0"


def test_equal_functions_share_code() -> None:
    column = [float(i) for i in range(1000)]
    functions = [eval(f"lambda v, {name}=1.0: v * 7.8125 + {name}") for name in ("a", "b")]
    before = pp.stats()
    first = pp.map(functions[0], column, device="cpu")
    assert pp.map(functions[1], column, device="cpu") == first
    after = pp.stats()
    assert (after.compilations - before.compilations, after.reused - before.reused) == (1, 1)


BOUNDED = """
import gc, resource, weakref
import parallel_party as pp

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()

def use(number):
    # One function for 300 and more combinations of kinds, each compiled: rows of other lengths, of other kinds.
    row = tuple([0.5, 1][(number >> bit) & 1] for bit in range(9))
    assert pp.map(total, [row] * 3, device="cpu") == [total(row)] * 3

def total(row):
    a, b, c, d, e, f, g, h, i = row
    return a + b + c + d + e + f + g + h + i

for number in range(150):
    use(number)
at_150 = resident()
for number in range(150, 450):
    use(number)
assert pp.stats().compilations >= 400, pp.stats()
grown = resident() - at_150
assert grown < 8 * 2**20, grown

# Functions that are no longer called are forgotten, with what they refer to.
def make(number):
    space = {}
    exec(f"def g(x): return x + {number}\\ndef f(x): return g(x) * 0.5", space)
    return space["f"]

first = make(0)
watched = weakref.ref(first.__globals__["g"].__code__)
def call(f):
    for column in ([1.5], [1], [True]):
        pp.map(f, column)
call(first)
del first
for number in range(1, 400):
    call(make(number))
gc.collect()
assert watched() is None
print("fine")
"""


def test_what_is_compiled_in_a_process_has_bounds() -> None:
    environment = {**os.environ, "PARALLEL_PARTY_DISK_CACHE": "0"}
    done = subprocess.run([sys.executable, "-c", BOUNDED], capture_output=True, text=True, timeout=300, env=environment)
    assert done.stdout == "fine\n", done.stderr[-1000:]
