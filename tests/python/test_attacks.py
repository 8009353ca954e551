"""What could break results that all threads have made, tried on every kind of result: each attack in a process of its
own, which must end well and silently."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

PRELUDE = """
import collections, copy, gc, itertools, os, pickle, random, signal, sys, threading, time, weakref
import parallel_party as pp
Pair = collections.namedtuple("Pair", "x y")
class Plain:
    def __init__(self, x, y): self.x, self.y = x, y
class Slots:
    __slots__ = ("x", "y", "__weakref__")
    def __init__(self, x, y): self.x, self.y = x, y
KINDS = {
    "floats": lambda v: v * 0.5,
    "ints": lambda v: int(v) * 1234567 + 1000,
    "complex": lambda v: complex(v, v + 1.0),
    "texts": lambda v: f"row {int(v)}",
    "tuples": lambda v: (v, v + 0.5, v * 2.0),
    "lists": lambda v: [v, v + 0.5, v * 2.0],
    "mixed": lambda v: (v, [v + 1.0, int(v)], None),
    "ragged": lambda v: [v * k for k in range(int(v) % 5)],
    "dicts": lambda v: {"x": v, "y": v + 1.0},
    "pairs": lambda v: Pair(v, v + 1.0),
    "plain": lambda v: Plain(v, v + 1.0),
    "slots": lambda v: Slots(v, v + 1.0),
}
COLUMN = [float(i) for i in range(40_000)]
def make(kind, n=9000): return pp.map(KINDS[kind], COLUMN[:n], device="cpu")
def plainly(o): return (type(o), o.x, o.y) if isinstance(o, (Plain, Slots)) else o
def right(kind, result):
    f = KINDS[kind]
    return all(plainly(r) == plainly(f(v)) and type(r) is type(f(v)) for r, v in zip(result, COLUMN))
def everything(n=9000): return {kind: make(kind, n) for kind in KINDS}
def all_right(results): return all(right(kind, result) for kind, result in results.items())
"""

TIMEOUT = 120


def run(program: str, *options: str, **environment: str) -> str:
    """What a program prints in a process of its own, which must end well and silently."""
    answer = subprocess.run(
        [sys.executable, *options, "-c", PRELUDE + program],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        env={**os.environ, **environment},
    )
    assert answer.returncode == 0 and not answer.stderr, (answer.returncode, answer.stdout, answer.stderr[-2000:])
    return answer.stdout


SEMANTICS = """
d = everything()
assert all_right(d)
f, t, l, s = d["floats"], d["tuples"], d["lists"], d["texts"]
value = f[7]; count = sys.getrefcount(value); again = value
assert sys.getrefcount(value) == count + 1; del again, value
assert hash(t[9]) == hash((9.0, 9.5, 18.0)) and t[9] in {(9.0, 9.5, 18.0)} and hash(s[4]) == hash("row 4")
assert len(set(s)) == len(s) and sys.intern(s[777]) is s[777] and sys.intern("".join(list(s[777]))) is s[777]
text = s.pop(); text += "xyz"; assert text == "row 8999xyz"; text = s.pop(); text = text + text; del text
for kind, result in d.items():
    copies = pickle.loads(pickle.dumps(result[:50])) if kind not in ("plain", "slots") else copy.copy(result[:50])
    assert right(kind, copies) and right(kind, copy.deepcopy(result[:50])), kind
    assert [plainly(x) for x in sorted(result[:9], key=id)] and result[5].__sizeof__() > 0
del copies
for r in l[::7]: r.append(9.0)
for r in l[1::7]: r.extend(range(20))
for r in l[2::7]: r.clear()
for r in l[3::7]: del r[0:2]
for r in l[4::7]: r.insert(0, 5.0); r.sort(); r.reverse()
for r in l[5::7]: r.pop()
for r in l[6::7]: r[:] = []; r += [1.0, 2.0]
for r in l[::11]: r.append(r)
assert l[1][-1] == 19 and l[2] == [] and l[3] == [6.0] and l[5] == [5.0, 5.5] and l[6] == [1.0, 2.0]
f.sort(reverse=True); f.append(1.0); f.extend(f[:5]); del f[10:5000]; f *= 2
for o in d["slots"], d["plain"]:
    o[3].x = "hello"; dead = weakref.ref(o[3]); assert dead().x == "hello"; o[3] = None; assert dead() is None
    assert o[5].x == 5.0; del o[6].y; assert not hasattr(o[6], "y"); o[6].y = o[6]
p = d["plain"]
p[7].new = 4; assert p[7].__dict__ == {"x": 7.0, "y": 8.0, "new": 4}
for k in range(100): setattr(p[9], f"z{k}", k)
p[10].__dict__ = {"q": 1}; assert p[10].q == 1
kept = p[11].__dict__; p[11] = None; assert kept == {"x": 11.0, "y": 12.0}
class Other: pass
p[12].__class__ = Other; assert type(p[12]) is Other and p[12].y == 13.0
b = d["dicts"]
b[4]["w"] = 1; del b[5]["x"]; b[6].update({str(k): k for k in range(50)}); b[7].clear()
b[8]["x"] = "n"; b[9]["me"] = b[9]
assert b[4] == {"x": 4.0, "y": 5.0, "w": 1} and b[5] == {"y": 6.0}
assert len(b[6]) == 52 and not b[7] and list(b[8]) == ["x", "y"]
for generation in 0, 1, 2: gc.collect(generation)
assert gc.is_tracked(l[5]) and sum(type(o) is list for o in gc.get_objects()) > 8000
assert d["slots"][6].y is d["slots"][6] and b[9]["me"] is b[9]
b = p = o = r = f = t = l = s = kept = dead = None
d.clear(); gc.collect(); d = everything(); assert all_right(d)
print("fine")
"""


@pytest.mark.parametrize(
    "environment",
    [{}, {"PYTHONMALLOC": "debug"}, {"PARALLEL_PARTY_POOLS": "0"}, {"PARALLEL_PARTY_NUM_THREADS": "5"}],
    ids=lambda environment: "-".join(environment.values()) or "as it is",
)
def test_results_behave_like_any_other_object(environment):
    assert run(SEMANTICS, **environment) == "fine\n"


def test_tuples_that_c_resizes():
    """`_PyTuple_Resize` may move the block, which is then one of the allocator's own choosing."""
    program = """
import ctypes
api = ctypes.pythonapi
api._PyTuple_Resize.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_ssize_t]
api.PyTuple_SetItem.argtypes = [ctypes.c_void_p, ctypes.c_ssize_t, ctypes.py_object]
for name in "Py_IncRef", "Py_DecRef": getattr(api, name).argtypes = [ctypes.py_object]
def resized(tuples, size):
    taken = tuples.pop(); before = len(taken); api.Py_IncRef(taken); place = ctypes.c_void_p(id(taken)); del taken
    assert api._PyTuple_Resize(ctypes.byref(place), size) == 0
    for k in range(before, size): api.Py_IncRef(k); api.PyTuple_SetItem(place, k, k)
    made = ctypes.cast(place, ctypes.py_object).value; api.Py_DecRef(made)
    return made
tuples = make("tuples"); kept = []
for k in range(2000): kept.append(resized(tuples, k % 40 + 1))
assert all(t[:3] == (8999.0 - k, 8999.5 - k, 17998.0 - 2 * k)[:k % 40 + 1] for k, t in enumerate(kept))
assert all(t[3:] == tuple(range(3, k % 40 + 1)) for k, t in enumerate(kept))
del kept; gc.collect(); assert right("tuples", tuples) and right("tuples", make("tuples"))
print("fine")
"""
    assert run(program) == "fine\n"


def test_the_collector_calls_python_that_maps():
    """Its callbacks, finalisers and weak references' callbacks run the library while garbage of it is being freed."""
    program = """
made, phases = [], []
def callback(phase, info):
    phases.append(phase); made.append(make(random.choice(list(KINDS)), 8500))
    del made[:-3]
class Noisy:
    def __init__(self, row): self.row, self.me = row, self
    def __del__(self):
        kept.append(self.row) if random.random() < 0.2 else None
        if random.random() < 0.05: assert right("tuples", make("tuples", 8500))
kept, hits = [], []
gc.callbacks.append(callback)
for turn in range(6):
    rows = make("lists"); slots = make("slots")
    for r in rows[::2]: r.append(r)
    for o in slots: o.y = o
    watched = [weakref.ref(o, lambda w: hits.append(1)) for o in slots]
    noisy = [Noisy(r) for r in rows[:200]]
    del rows, slots, r, o, noisy
    gc.collect(turn % 3)
    results = everything(8500); assert all_right(results)
gc.callbacks.clear(); gc.collect()
assert phases and kept and all(r[:3] == [r[0], r[0] + 0.5, r[0] * 2.0] for r in kept), kept[:3]
gc.set_debug(gc.DEBUG_SAVEALL); rows = make("lists")
for r in rows: r.append(r)
del rows, r; gc.collect(); assert len(gc.garbage) >= 9000; gc.set_debug(0); gc.garbage.clear(); gc.collect()
print("fine")
"""
    assert run(program) == "fine\n"


FORKS = """
def child_is_right():
    pid = os.fork()
    if pid == 0:
        try:
            gc.collect()
            os._exit(0 if all_right(everything(8500)) else 1)
        except BaseException:
            os._exit(2)
    return os.waitpid(pid, 0)[1] == 0
"""

# Fork where the library is in the midst of something: each place calls back into Python.
PLACES = {
    "handed_back": "pp.map(lambda v: v if v < 8000.0 else check(v), COLUMN[:8005], device='cpu')",
    "collector": "gc.callbacks.append(lambda phase, info: check(0)); make('lists'); gc.collect(); gc.callbacks.clear()",
    "iterator": "pp.map(lambda v: [v], (check(v) or v if v in (5, 89) else v for v in COLUMN[:9000]), device='cpu')",
    "setter": """
class Watched:
    def __init__(self): self.v = 1.0
    y = property(lambda self: self.v, lambda self, value: (check(value), setattr(self, "v", value))[0])
def step(o, k):
    if k > 3: o.v = 3.0
    else: o.y = o.v + 1.0
objects = [Watched() for _ in range(900)]; pp.for_each(step, objects, range(900), device="cpu")
assert [o.v for o in objects] == [2.0] * 4 + [3.0] * 896
""",
    "warning": """
import warnings
warnings.showwarning = lambda message, kind, *rest, **more: check(0) if kind is pp.PerformanceWarning else None
warnings.simplefilter("always")
pp.map(lambda v: v + 2**70, list(range(10_000)), device="cpu")
""",
}


@pytest.mark.parametrize("place", PLACES)
def test_forks_in_the_midst_of_a_call(place):
    program = (
        FORKS
        + "import warnings; warnings.simplefilter('ignore')\nkept = everything(8500); forks = []\n"
        + "class Check:\n    def __call__(self, v): forks.append(child_is_right()) if len(forks) < 3 else None\n"
        + "    def __getattr__(self, name): raise AttributeError(name)  # which has no compiled form\n"
        + "check = Check()\n"
        + PLACES[place]
        + "\nassert forks and all(forks), forks\nassert all_right(kept) and all_right(everything(8500))\nprint('fine')"
    )
    assert run(program, "-Wignore") == "fine\n"


def test_a_fork_while_other_threads_map_and_exec_at_the_end():
    program = (
        FORKS
        + """
import multiprocessing
stop = []
def churn():
    while not stop:
        kind = random.choice(list(KINDS)); assert right(kind, make(kind, 8500))
workers = [threading.Thread(target=churn) for _ in range(2)]
kept = everything(8500)
for w in workers: w.start()
forks = [child_is_right() for _ in range(4)]
stop.append(1)
for w in workers: w.join()
with multiprocessing.get_context("fork").Pool(2) as pool: lengths = pool.map(len, [kept["dicts"]] * 4)
assert all(forks) and lengths == [8500] * 4, (forks, lengths)
assert all_right(kept)
os.execv(sys.executable, [sys.executable, "-c", "print('fine')"])
"""
    )
    assert run(program, "-Wignore") == "fine\n"


def test_one_survivor_in_each_pool():
    """The holes between survivors are used by ordinary Python, and by later results."""
    program = """
def rss(): return int(open("/proc/self/statm").read().split()[1]) / 256
column = [float(i) for i in range(600_000)]; half = lambda v: v * 0.5
before = rss(); result = pp.map(half, column, device="cpu"); full = rss() - before
survivors = result[::400]; del result; gc.collect(); pp.trim()
ordinary = [v * 0.25 for v in column]; then = rss() - before
assert survivors == [v * 0.5 for v in column[::400]] and ordinary[77] == 19.25
print(then < full + 8, (full, then) if then >= full + 8 else "")
"""
    assert run(program, PYTHONMALLOC="default").startswith("True")


def test_many_pools_that_are_partly_filled():
    program = """
random.seed(3); alive = []
for k in range(150):
    kind = random.choice(list(KINDS)); n = random.choice((1, 2, 255, 509, 510, 511, 512, 1020, 8192, 8193, 9000))
    alive.append((kind, make(kind, n)))
    ordinary = [[random.random()] for _ in range(random.randrange(2000))]; random.shuffle(ordinary); del ordinary[::2]
    if len(alive) > 25: random.shuffle(alive); del alive[:12]
    if k % 50 == 0:
        gc.collect()
        assert all(right(kind, result) for kind, result in alive)
assert all(right(kind, result) for kind, result in alive)
print("fine")
"""
    assert run(program) == "fine\n"


def test_other_threads_free_results_while_more_are_made():
    program = """
import queue
sys.setswitchinterval(1e-4)
results = queue.Queue(4); bad = []
def free():
    while (item := results.get()) is not None:
        kind, result = item
        if not right(kind, result[:50]): bad.append(kind)
        random.shuffle(result); del result[::2]; del item, result
workers = [threading.Thread(target=free) for _ in range(3)]
for w in workers: w.start()
for turn in range(8):
    for kind in KINDS: results.put((kind, make(kind, 8500)))
for w in workers: results.put(None)
for w in workers: w.join()
assert not bad and all_right(everything())
print("fine")
"""
    assert run(program) == "fine\n"


def test_tracemalloc_starts_and_stops_in_the_midst_of_a_call():
    program = """
import tracemalloc
def odd(v):
    if v >= 8990.0:
        tracemalloc.stop() if tracemalloc.is_tracing() else tracemalloc.start(1)
        return [v, str(v)]
    return [v, v + 1.0]
kept = []
for turn in range(4):
    kept.append(pp.map(odd, COLUMN[:8991 + turn], device="cpu"))
    assert kept[-1][:8990] == [[v, v + 1.0] for v in COLUMN[:8990]] and all_right(everything(8500))
    if turn == 2: del kept[0]
if tracemalloc.is_tracing(): tracemalloc.stop()
del kept; gc.collect(); assert all_right(everything())
print("fine")
"""
    assert run(program) == "fine\n"


def test_signal_handlers_that_map():
    """Handlers run within a call, where it looks for Ctrl-C and between handed-back elements."""
    program = """
hits, inside = [], []
def handler(number, frame):
    if inside: return
    inside.append(1)
    kind = random.choice(list(KINDS)); hits.append(right(kind, make(kind, 8500)))
    inside.clear()
assert all_right(everything(8500))  # loads all that is loaded lazily: an import must not be entered again
signal.signal(signal.SIGALRM, handler); signal.setitimer(signal.ITIMER_REAL, 0.01, 0.02)
def slow(v):
    for _ in range(2000): v = v * 0.5 + 1.0
    return [v, v]
until = time.monotonic() + 1.5
while time.monotonic() < until:
    assert len(pp.map(slow, COLUMN[:5000], device="cpu")) == 5000
    result = pp.map(lambda v: (v, int(v) * 2**62) if v < 20.0 else (v, 1), COLUMN[:9000], device="cpu")
    assert result[19][1] == 19 * 2**62 and result[20] == (20.0, 1)
signal.setitimer(signal.ITIMER_REAL, 0)
assert hits and all(hits)
print("fine")
"""
    assert run(program, "-Wignore") == "fine\n"


def test_results_of_every_kind_at_the_very_end():
    """Objects that outlive modules and the interpreter's own dictionaries."""
    program = """
import codecs, copyreg, ctypes, functools
def search(name, keep=everything(8500)): return None
codecs.register(search)
try: codecs.lookup("no such codec")
except LookupError: pass
for text in make("texts", 8500): sys.intern(text)
copyreg.kept = everything(8500)
class Meta(type): pass
class Owner(metaclass=Meta): kept = make("plain", 8500)
class Late:
    kept = make("slots", 8500)
    def __del__(self): Late.kept[5].y = self
sys.late = Late()
def generate(x):
    try: yield x
    finally: x.append(pp)
sys.generator = generate(make("dicts", 8500)); next(sys.generator)
api = ctypes.pythonapi
api.PyInterpreterState_Get.restype = ctypes.c_void_p
api.PyInterpreterState_GetDict.argtypes, api.PyInterpreterState_GetDict.restype = [ctypes.c_void_p], ctypes.py_object
api.PyInterpreterState_GetDict(api.PyInterpreterState_Get())["kept"] = everything(8500)
print("end")
"""
    assert run(program) == "end\n"


EMBEDDING = r"""
#include <Python.h>
#include <stdio.h>

/* argv: the program to run in one interpreter after another; how often. */
int main(int argc, char** argv) {
    for (int turn = 0; turn < atoi(argv[2]); ++turn) {
        PyConfig config;
        PyConfig_InitPythonConfig(&config);
        PyConfig_SetBytesString(&config, &config.program_name, argv[3]);
        if (PyStatus_Exception(Py_InitializeFromConfig(&config))) return 10;
        PyConfig_Clear(&config);
        if (PyRun_SimpleString(argv[1]) != 0) return 11;
        if (Py_FinalizeEx() != 0) return 12;
    }
    puts("fine");
    return argc != 4;
}
"""


def dynamic_linker(program: str) -> str:
    """What the kernel starts a program with: a Python beside the system's C library brings its own."""
    data = Path(program).read_bytes()
    table, size, count = (
        int.from_bytes(data[32:40], "little"),
        int.from_bytes(data[54:56], "little"),
        int.from_bytes(data[56:58], "little"),
    )
    for entry in range(table, table + size * count, size):
        kind, offset, length = (
            int.from_bytes(data[entry + at : entry + at + width], "little") for at, width in ((0, 4), (8, 8), (32, 8))
        )
        if kind == 3:  # PT_INTERP
            return data[offset : offset + length].rstrip(b"\0").decode()
    raise ValueError(f"{program} names no dynamic linker")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A program that embeds this Python."""
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc")
    folder, library = sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("LDLIBRARY")
    if not compiler or not sysconfig.get_config_var("Py_ENABLE_SHARED") or not Path(folder, library).exists():
        pytest.skip("needs a C compiler and a shared libpython")
    place = tmp_path_factory.mktemp("host")
    (place / "host.c").write_text(EMBEDDING)
    command = [compiler, "host.c", "-o", "host", f"-I{sysconfig.get_path('include')}", str(Path(folder, library))]
    linked = f"-Wl,--disable-new-dtags,-rpath,{folder},--allow-shlib-undefined"
    loader = f"-Wl,--dynamic-linker={dynamic_linker(os.path.realpath(sys.executable))}"
    subprocess.run([*command, linked, loader], cwd=place, check=True, capture_output=True)
    return str(place / "host")


@pytest.mark.parametrize("environment", [{}, {"PYTHONMALLOC": "debug"}], ids=str)
def test_interpreters_that_end_and_begin_again(host, environment):
    """An application that embeds Python may end it and start it anew: nothing of the old one may be used in the new."""
    program = (
        # An application's name does not lead every CPython to the virtual environment.
        f"import site; site.addsitedir({sysconfig.get_path('platlib')!r})\n"
        + PRELUDE
        + "sys.kept = everything(8500); assert all_right(sys.kept)\n"
        + "def step(row): row[0] = row[1] * 2.0\n"
        + "rows = make('lists'); pp.for_each(step, rows, device='cpu'); assert rows[4] == [9.0, 4.5, 8.0]\n"
        + "rows[5].append(rows)\nassert pp.map(abs, [-1.0] * 9000, device='cpu') == [1.0] * 9000"
    )
    answer = subprocess.run(
        [host, program, "4", sys.executable],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        env={**os.environ, **environment},
    )
    assert (answer.returncode, answer.stdout, answer.stderr[-2000:]) == (0, "fine\n", "")
