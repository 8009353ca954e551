"""deform.py again, as NumPy wants it written: whole arrays instead of one point. List in, list of tuples out."""

from __future__ import annotations

import math

import numpy as np
from mesh import Point


def deform(points: list[Point], t: float) -> list[Point]:
    """Pose all points of a mesh at the time `t`."""
    x, y, z = np.asarray(points).T.copy()

    away = np.sqrt((x - 0.75 * math.cos(t)) ** 2 + y * y + (z - 0.75 * math.sin(t)) ** 2)
    s = np.where(away >= 0.7, 0.0, 1.0 - (away / 0.7) ** 2)
    grow = 1.0 + 0.28 * (s * s * s)
    x, y, z = x * grow, y * grow, z * grow

    reach = np.sqrt(x * x + z * z)
    y = np.where(reach > 0.0, y + 0.045 * (1.0 - math.cos(t)) * np.sin(8.0 * reach - 3.0 * t), y)

    angle = 0.8 * math.sin(t) * y
    cos, sin = np.cos(angle), np.sin(angle)
    return list(zip((cos * x - sin * z).tolist(), y.tolist(), (sin * x + cos * z).tolist(), strict=True))
