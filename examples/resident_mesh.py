"""A deformer that keeps its mesh resident: it is uploaded once, then only what an artist has touched.

    python examples/resident_mesh.py [--device cpu|cuda] [--frames N] [--fine N]

One per cent of the points changes before each frame, as under a brush. The host looks at a buffer of the result.
"""

from __future__ import annotations

import argparse
import math
import time

import generate
from deform import deform

import parallel_party as pp


def main() -> None:
    """Sculpt and pose a mesh frame by frame, print how long a frame took and how many bytes moved, and check it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--fine", type=int, default=4, help="how fine the mesh is")
    options = parser.parse_args()
    points = generate.knot(200 * options.fine, 40 * options.fine).points
    rest = pp.array(points, device=options.device)
    posed = pp.map(deform, rest, t=0.0)
    brush = max(len(points) // 100, 1)
    before = pp.stats()
    start = time.perf_counter()
    for frame in range(options.frames):
        first = frame * brush % (len(points) - brush)
        rest[first : first + brush] = [(x * 1.01, y * 1.01, z * 1.01) for x, y, z in points[first : first + brush]]
        posed = pp.map(deform, rest, t=frame / options.frames * math.tau, out=posed)
        memoryview(posed.flat).release()  # here a host would take the buffer
    each = (time.perf_counter() - start) / options.frames * 1e3
    up = (pp.stats().uploaded_bytes - before.uploaded_bytes) / options.frames
    down = (pp.stats().downloaded_bytes - before.downloaded_bytes) / options.frames
    print(f"{len(points)} points on {rest.device}, {brush} of them changed: {each:.2f} ms a frame")
    print(f"{up:.0f} bytes up and {down:.0f} down for each frame, of {rest.nbytes}")
    t = (options.frames - 1) / options.frames * math.tau
    sample = range(0, len(points), 97)
    assert all(math.dist(posed[i], deform(rest[i], t)) < 1e-12 for i in sample), "not what CPython gives"


if __name__ == "__main__":
    main()
