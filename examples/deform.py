"""The function that the demo runs over every point, in every frame: ordinary Python, written for one point."""

from __future__ import annotations

import math

from mesh import Point


def hill(distance: float, radius: float) -> float:
    """Rise smoothly from 0, at `radius` and beyond, to 1 at the centre."""
    if distance >= radius:
        return 0.0
    s = 1.0 - (distance / radius) ** 2
    return s * s * s


def deform(point: Point, t: float) -> Point:
    """Pose a point of a mesh that fits the unit ball at the time `t`, between 0 and tau; the motion is a loop."""
    x, y, z = point

    # A swelling that travels around the vertical axis.
    away = math.sqrt((x - 0.75 * math.cos(t)) ** 2 + y * y + (z - 0.75 * math.sin(t)) ** 2)
    grow = 1.0 + 0.28 * hill(away, 0.7)
    x, y, z = x * grow, y * grow, z * grow

    # A ripple that runs outwards, strongest in the middle of the loop.
    reach = math.sqrt(x * x + z * z)
    if reach > 0.0:
        y += 0.045 * (1.0 - math.cos(t)) * math.sin(8.0 * reach - 3.0 * t)

    # A twist about the vertical axis, to one side and back.
    angle = 0.8 * math.sin(t) * y
    c, s = math.cos(angle), math.sin(angle)
    return (c * x - s * z, y, s * x + c * z)
