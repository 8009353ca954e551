"""Generates the demo's own mesh: a trefoil knot of ribbed rope, 120,000 points."""

from __future__ import annotations

import math

from mesh import Mesh, Point, Triangle

ALONG = 1200
AROUND = 100


def knot(along: int = ALONG, around: int = AROUND) -> Mesh:
    """Return a closed tube that follows a trefoil knot, as `along` rings of `around` points."""
    points: list[Point] = []
    for i in range(along):
        points += _ring(math.tau * i / along, around)
    triangles: list[Triangle] = []
    for i in range(along):
        here, there = i * around, (i + 1) % along * around
        for j in range(around):
            k = (j + 1) % around
            triangles.append((here + j, there + j, there + k))
            triangles.append((here + j, there + k, here + k))
    return Mesh(points, triangles)


def _curve(u: float) -> Point:
    """The knot's centre line: it winds twice around the vertical axis while it goes around the tube three times."""
    radius = 1.0 + 0.42 * math.cos(3.0 * u)
    return (radius * math.cos(2.0 * u), 0.5 * math.sin(3.0 * u), radius * math.sin(2.0 * u))


def _ring(u: float, around: int) -> list[Point]:
    """One cross-section: ribs that turn along the rope, in the plane across the centre line."""
    cx, cy, cz = _curve(u)
    ax, ay, az = _curve(u + 1e-4)
    tx, ty, tz = _unit(ax - cx, ay - cy, az - cz)
    nx, ny, nz = _unit(tz, 0.0, -tx)  # level, across the tangent, which is never vertical
    bx, by, bz = (ty * nz - tz * ny, tz * nx - tx * nz, tx * ny - ty * nx)
    points = []
    for j in range(around):
        v = math.tau * j / around
        radius = 0.21 + 0.02 * math.cos(6.0 * v + 10.0 * u)
        c, s = radius * math.cos(v), radius * math.sin(v)
        points.append((cx + c * nx + s * bx, cy + c * ny + s * by, cz + c * nz + s * bz))
    return points


def _unit(x: float, y: float, z: float) -> Point:
    length = math.sqrt(x * x + y * y + z * z)
    return (x / length, y / length, z / length)
