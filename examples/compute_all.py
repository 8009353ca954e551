"""A deformer that computes everything: each frame takes the points of a mesh as a list and gives a list.

    python examples/compute_all.py [--device cpu|cuda] [--frames N] [--fine N]

This is what a host gives that knows of lists only. resident_mesh.py does the same with a mesh that stays.
"""

from __future__ import annotations

import argparse
import math
import time

import generate
from deform import deform

import parallel_party as pp


def main() -> None:
    """Pose a mesh frame by frame, print how long a frame took, and check the last one against CPython."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--fine", type=int, default=4, help="how fine the mesh is")
    options = parser.parse_args()
    points = generate.knot(200 * options.fine, 40 * options.fine).points
    posed = list(points)
    start = time.perf_counter()
    for frame in range(options.frames):
        posed = pp.map(deform, points, t=frame / options.frames * math.tau, out=posed, device=options.device)
    each = (time.perf_counter() - start) / options.frames * 1e3
    print(f"{len(points)} points, list in, list out: {each:.2f} ms a frame")
    t = (options.frames - 1) / options.frames * math.tau
    sample = range(0, len(points), 97)
    assert all(math.dist(posed[i], deform(points[i], t)) < 1e-12 for i in sample), "not what CPython gives"


if __name__ == "__main__":
    main()
