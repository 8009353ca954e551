"""Makes any mesh fit for the demo: moved and scaled into the unit ball, large triangles split."""

from __future__ import annotations

import math

from mesh import Mesh, Point, Triangle

POINT_LIMIT = 2_000_000


def into_unit_ball(mesh: Mesh) -> Mesh:
    """Move the middle of the mesh's box to the origin and scale its farthest point to distance 1."""
    lows = [min(axis) for axis in zip(*mesh.points, strict=True)]
    highs = [max(axis) for axis in zip(*mesh.points, strict=True)]
    mx, my, mz = (low / 2 + high / 2 for low, high in zip(lows, highs, strict=True))
    reach = max(math.hypot(x - mx, y - my, z - mz) for x, y, z in mesh.points)
    scale = reach if 0.0 < reach < math.inf else 1.0
    return Mesh([((x - mx) / scale, (y - my) / scale, (z - mz) / scale) for x, y, z in mesh.points], mesh.triangles)


def refine(mesh: Mesh, longest: float) -> Mesh:
    """Halve edges longer than `longest`, again and again, so that what was flat can bend smoothly."""
    points = list(mesh.points)
    triangles = mesh.triangles
    while len(points) < POINT_LIMIT:
        middles = _middles_of_long_edges(points, triangles, longest)
        if not middles:
            break
        triangles = [part for triangle in triangles for part in _split(triangle, middles)]
    return Mesh(points, triangles)


def _middles_of_long_edges(
    points: list[Point], triangles: list[Triangle], longest: float
) -> dict[tuple[int, int], int]:
    """Append the middle of each long edge to `points`; return its index for the edge (lower end first)."""
    middles: dict[tuple[int, int], int] = {}
    short: set[tuple[int, int]] = set()
    for a, b, c in triangles:
        for i, j in ((a, b), (b, c), (c, a)):
            edge = (i, j) if i < j else (j, i)
            if edge in middles or edge in short:
                continue
            p, q = points[i], points[j]
            if math.dist(p, q) > longest:
                middles[edge] = len(points)
                points.append((p[0] / 2 + q[0] / 2, p[1] / 2 + q[1] / 2, p[2] / 2 + q[2] / 2))
            else:
                short.add(edge)
    return middles


def _split(triangle: Triangle, middles: dict[tuple[int, int], int]) -> list[Triangle]:
    """The parts of a triangle whose long edges have been halved: one to four."""
    a, b, c = triangle
    ab, bc, ca = (middles.get((min(i, j), max(i, j))) for i, j in ((a, b), (b, c), (c, a)))
    if ab is not None and bc is not None and ca is not None:
        return [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    for _ in range(2):  # turn the triangle until its first edge is halved, and its last is not
        if ab is not None and ca is None:
            break
        a, b, c, ab, bc, ca = b, c, a, bc, ca, ab
    if ab is None:
        return [triangle]
    if bc is None:
        return [(a, ab, c), (ab, b, c)]
    return [(a, ab, c), (ab, b, bc), (ab, bc, c)]
