"""Runs an ordinary Python function over a mesh in plain Python lists, in 24 frames, on every device: ./dev demo [MESH]

Prints milliseconds a frame for CPython, for NumPy where it is installed and for parallel_party on each device, checks
that all answers agree, and writes the frames as a contact sheet.
"""

from __future__ import annotations

import argparse
import array
import itertools
import math
import platform
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import contact_sheet
import generate
import mesh
import png
import prepare
from deform import deform
from mesh import Mesh, Point

import parallel_party as pp

FRAMES = contact_sheet.COLUMNS * contact_sheet.ROWS
CPYTHON_SECONDS = 6.0  # CPython poses as many frames as fit into this, at least two
TOLERANCE = 1e-11  # where a contender may round differently; coordinates are about 1
LONGEST_EDGE = 0.016  # of a triangle, for the picture; the mesh has radius 1

Poser = Callable[[list[Point], float], list[Point]]


class Contender:
    """One way to pose the points: its name, how long its frames took, and how its answers compare."""

    def __init__(self, name: str, pose: Poser, exact: bool) -> None:
        self.name = name
        self.pose = pose
        self.exact = exact
        self.first = math.nan
        self.seconds: list[float] = []
        self.worst = 0.0

    def run(self, points: list[Point], t: float) -> list[Point]:
        """Pose the points; the time taken is remembered, that of the first call apart."""
        start = time.perf_counter()
        posed = self.pose(points, t)
        taken = time.perf_counter() - start
        if math.isnan(self.first):
            self.first = taken
        else:
            self.seconds.append(taken)
        return posed

    def compare(self, posed: list[Point], reference: list[Point]) -> None:
        """Remember how far the answer is from CPython's: 0 only where every bit is the same."""
        flat, wanted = flatten(posed), flatten(reference)
        if flat.tobytes() == wanted.tobytes():
            return
        if len(flat) != len(wanted):
            self.worst = math.inf
            return
        gaps = (abs(a - b) for a, b in zip(flat, wanted, strict=True) if a != b)
        gap = max(gaps, default=0.0)
        self.worst = max(self.worst, gap if gap > 0.0 else math.ulp(0.0))  # 0.0 and -0.0 are not the same bits

    @property
    def agrees(self) -> bool:
        """Whether all answers were CPython's, to the bit or within the tolerance."""
        return self.worst == 0.0 if self.exact else self.worst <= TOLERANCE

    def verdict(self) -> str:
        """How the answers compare, in words."""
        if self.worst == 0.0:
            return "identical, bit for bit"
        return f"{'agree' if self.agrees else 'DIFFER'}, by {self.worst:.0e} at most"


def flatten(points: list[Point]) -> array.array[float]:
    """The coordinates of all points as one array."""
    return array.array("d", itertools.chain.from_iterable(points))


def by_cpython(points: list[Point], t: float) -> list[Point]:
    """Pose the points with a comprehension."""
    return [deform(point, t) for point in points]


def on_device(device: str) -> Poser:
    """Return a poser that runs on one of parallel_party's devices."""
    return lambda points, t: pp.map(deform, points, t=t, device=device)


def contenders() -> tuple[list[Contender], list[str]]:
    """Everyone who can pose points here beside CPython, and a line for each who cannot."""
    present: list[Contender] = []
    absent: list[str] = []
    try:
        import deform_numpy
        import numpy
    except ImportError:
        absent.append("NumPy: not installed")
    else:
        present.append(Contender(f"NumPy {numpy.__version__}", deform_numpy.deform, exact=False))
    for device in pp.devices():
        name = f"parallel_party, {device.name}"
        if device.available:
            present.append(Contender(name, on_device(device.name), exact=device.kind == "cpu"))
        else:
            absent.append(f"{name}: {device.reason}")
    return present, absent


def progress(frames: Iterable[int]) -> Iterator[int]:
    """Yield the frames, with a bar on the terminal (a line at the end where there is none)."""
    start = time.perf_counter()
    width = max(10, min(40, shutil.get_terminal_size().columns - 40))
    live = sys.stderr.isatty()
    for frame in frames:
        yield frame
        if live:
            done = (frame + 1) * width // FRAMES
            bar = "#" * done + "." * (width - done)
            print(f"\r  [{bar}] frame {frame + 1} of {FRAMES}", end="", file=sys.stderr, flush=True)
    if live:
        print("\r\033[K", end="", file=sys.stderr)
    print(f"  {FRAMES} frames in {time.perf_counter() - start:.1f} s, measuring and drawing included")


def run_frames(model: Mesh, cpython: Contender, others: list[Contender], two_sided: bool) -> list[bytes]:
    """Pose and draw all frames; answers are compared in the frames that CPython poses too."""
    points = model.points
    reference = cpython.run(points, 0.0)
    for contender in others:
        contender.compare(contender.run(points, 0.0), reference)
    frames_of_cpython = max(2, min(FRAMES, int(CPYTHON_SECONDS / max(cpython.first, 1e-9))))
    chosen = {i * FRAMES // frames_of_cpython for i in range(frames_of_cpython)}
    pictures: list[bytes] = []
    zoom = contact_sheet.zoom_for(points)
    for frame in progress(range(FRAMES)):
        t = math.tau * frame / FRAMES
        posed = [contender.run(points, t) for contender in others]
        if frame in chosen:
            reference = cpython.run(points, t)
            for contender, answer in zip(others, posed, strict=True):
                contender.compare(answer, reference)
        pictures.append(contact_sheet.frame(posed[-1], model.triangles, frame / FRAMES, zoom, two_sided))
    return pictures


def print_table(cpython: Contender, others: list[Contender], absent: list[str]) -> None:
    """Print the times a frame, and how the answers compare."""
    base = statistics.median(cpython.seconds)
    print(f"\n  {'list in, list out':<28}{'ms a frame':>12}{'CPython is 1':>14}{'first call':>13}   answers")
    for contender in (cpython, *others):
        typical = statistics.median(contender.seconds)
        first = "" if contender is cpython else f"{contender.first * 1e3:.1f} ms"
        verdict = f"(posed {len(cpython.seconds)} of {FRAMES} frames)" if contender is cpython else contender.verdict()
        print(f"  {contender.name:<28}{typical * 1e3:>12.1f}{base / typical:>13.1f}x{first:>13}   {verdict}")
    for line in absent:
        print(f"  not here: {line}")
    print()


def load(file: str | None) -> Mesh:
    """Read or generate the mesh, bring it into shape, and say in a line what it is."""
    start = time.perf_counter()
    original = mesh.read(file) if file else generate.knot()
    model = prepare.refine(prepare.into_unit_ball(original), LONGEST_EDGE)
    what = file or "a knot made by examples/generate.py"
    text = f"{what}: {len(original.points):,} points, {len(original.triangles):,} triangles"
    if len(model.points) != len(original.points):
        text += f", refined to {len(model.points):,} points"
    print(f"{text} ({time.perf_counter() - start:.1f} s)")
    return model


def main() -> int:
    """Run the demo; exit status 1 where answers differ, 2 where the mesh is unusable."""
    parser = argparse.ArgumentParser(prog="./dev demo", description="A Python function over a mesh, on every device.")
    parser.add_argument("mesh", nargs="?", metavar="MESH", help=".obj, .ply or .off; without it one is generated")
    parser.add_argument("--out", type=Path, default=Path("out/contact_sheet.png"), help="the picture to write")
    options = parser.parse_args()
    try:
        model = load(options.mesh)
    except mesh.MeshError as error:
        print(error, file=sys.stderr)
        return 2
    print("every point goes through deform() of examples/deform.py, an ordinary Python function")
    cpython = Contender(f"CPython {platform.python_version()}", by_cpython, exact=True)
    others, absent = contenders()
    pictures = run_frames(model, cpython, others, two_sided=options.mesh is not None)
    print_table(cpython, others, absent)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    png.write(options.out, *contact_sheet.sheet(pictures))
    print(f"the frames: {options.out}")
    if not all(contender.agrees for contender in others):
        print("answers differ", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
