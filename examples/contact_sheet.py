"""A small software renderer whose arithmetic runs through pp.map: frames of a mesh, and a contact sheet of them.

A frame is made in four steps. Each triangle is turned towards the camera, lit and projected; a plain loop keeps what
is nearest in each sample of the picture; the shadow on the floor is gathered and blurred; each pixel is mixed from its
four samples and what is behind them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from mesh import Point, Triangle

import parallel_party as pp

WIDTH, HEIGHT = 320, 240  # of a frame
COLUMNS, ROWS, GUTTER = 6, 4, 10
PAPER = (13, 14, 20)

DISTANCE = 4.0  # from the camera to the origin
TILT = 0.5
BLOCK = 7  # samples a side: what a triangle may cover
DOT = 3 << BLOCK | 3  # the two upper left columns and rows of a block

Colour = tuple[float, float, float]
Sample = tuple[float, float, float, float]  # red, green, blue times coverage, and coverage
Splat = tuple[int, int, float, Sample]  # a block's first sample, bits of those covered in it, depth, colour

CLEAR: Sample = (0.0, 0.0, 0.0, 0.0)


class Camera(NamedTuple):
    """Looks at the origin, `turn` around it and `tilt` above the horizon; scales by `zoom`."""

    turn: float
    zoom: float
    tilt: float = TILT

    def uniforms(self) -> dict[str, Any]:
        """What the functions below need to know of the camera."""
        return {
            "turn_c": math.cos(self.turn),
            "turn_s": math.sin(self.turn),
            "tilt_c": math.cos(self.tilt),
            "tilt_s": math.sin(self.tilt),
            "zoom": self.zoom,
        }


# ---- functions of one triangle, one point, one pixel: these run through pp.map ---------------------------------------


def view(p: Point, turn_c: float, turn_s: float, tilt_c: float, tilt_s: float) -> Point:
    """A point as the camera sees it: x to the right, y up, z towards the camera."""
    x, y, z = p
    side = turn_c * x + turn_s * z
    ahead = turn_c * z - turn_s * x
    return (side, tilt_c * y - tilt_s * ahead, tilt_s * y + tilt_c * ahead)


def palette(v: float, hue: float) -> Colour:
    """Colours that change smoothly with `v`, and start at another place for another `hue`."""
    return (
        0.52 + 0.46 * math.cos(6.2832 * (0.9 * v + hue)),
        0.40 + 0.34 * math.cos(6.2832 * (0.9 * v + hue + 0.22)),
        0.50 + 0.42 * math.cos(6.2832 * (0.9 * v + hue + 0.48)),
    )


def light(nx: float, ny: float, nz: float, height: float, hue: float) -> Sample:
    """The colour of a surface that faces (nx, ny, nz): a key light, a sky, a highlight and a bright rim."""
    key = max(0.0, -0.45 * nx + 0.72 * ny + 0.53 * nz)
    sky = 0.5 + 0.5 * ny
    shine = max(0.0, -0.26 * nx + 0.41 * ny + 0.87 * nz) ** 40.0
    rim = (1.0 - min(1.0, max(0.0, nz))) ** 3.0
    red, green, blue = palette(0.35 * height + 0.28 * nz, hue)
    lit = 0.10 + 0.95 * key
    return (
        red * (lit + 0.20 * sky) + 0.75 * shine + 0.28 * rim * sky,
        green * (lit + 0.22 * sky) + 0.72 * shine + 0.36 * rim * sky,
        blue * (lit + 0.30 * sky) + 0.66 * shine + 0.55 * rim * sky,
        1.0,
    )


def splat(
    a: Point, b: Point, c: Point,
    turn_c: float, turn_s: float, tilt_c: float, tilt_s: float, zoom: float, hue: float, width: int, height: int,
    two_sided: bool,
) -> Splat | None:  # fmt: skip
    """Light a triangle and find the samples that it covers; None when it shows its back or covers none."""
    ax, ay, az = view(a, turn_c, turn_s, tilt_c, tilt_s)
    bx, by, bz = view(b, turn_c, turn_s, tilt_c, tilt_s)
    cx, cy, cz = view(c, turn_c, turn_s, tilt_c, tilt_s)
    if max(az, bz, cz) > DISTANCE - 1.0:
        return None
    nx, ny, nz = cross(bx - ax, by - ay, bz - az, cx - ax, cy - ay, cz - az)
    ax, ay = project(ax, ay, az, zoom, width, height)
    bx, by = project(bx, by, bz, zoom, width, height)
    cx, cy = project(cx, cy, cz, zoom, width, height)
    if (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) >= 0.0:
        if not two_sided:
            return None
        bx, by, cx, cy = cx, cy, bx, by
        nx, ny, nz = -nx, -ny, -nz
    left, top = int(min(ax, bx, cx)), int(min(ay, by, cy))
    if left < 0 or top < 0 or left + BLOCK >= width or top + BLOCK >= height:
        return None
    covered = coverage(ax - left, ay - top, bx - left, by - top, cx - left, cy - top)
    if covered == 0:
        return None
    size = math.sqrt(nx * nx + ny * ny + nz * nz) or 1.0
    y = (a[1] + b[1] + c[1]) / 3.0
    return (top * width + left, covered, -az - bz - cz, light(nx / size, ny / size, nz / size, y, hue))


def dot(
    p: Point,
    turn_c: float, turn_s: float, tilt_c: float, tilt_s: float, zoom: float, hue: float, width: int, height: int,
) -> Splat | None:  # fmt: skip
    """Draw a point that belongs to no triangle as a small square, lit as if the mesh were a ball."""
    x, y, z = view(p, turn_c, turn_s, tilt_c, tilt_s)
    if z > DISTANCE - 1.0:
        return None
    column, row = project(x, y, z, zoom, width, height)
    if column < 1.0 or row < 1.0 or column + BLOCK >= width or row + BLOCK >= height:
        return None
    size = math.sqrt(x * x + y * y + z * z) or 1.0
    return (int(row) * width + int(column), DOT, -3.0 * z, light(x / size, y / size, z / size, p[1], hue))


def project(x: float, y: float, z: float, zoom: float, width: int, height: int) -> tuple[float, float]:
    """Where in the picture, in samples from its upper left corner, a point lies that the camera sees at (x, y, z)."""
    scale = zoom * height / (DISTANCE - z)
    return (0.5 * width + scale * x, 0.5 * height - scale * y)


def cross(ux: float, uy: float, uz: float, vx: float, vy: float, vz: float) -> Point:
    """The cross product of two vectors."""
    return (uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx)


def coverage(ax: float, ay: float, bx: float, by: float, cx: float, cy: float) -> int:
    """Which samples of a block a clockwise triangle covers: bit BLOCK * row + column."""
    covered = 0
    columns = min(BLOCK, int(max(ax, bx, cx)) + 1)
    for row in range(min(BLOCK, int(max(ay, by, cy)) + 1)):
        y = row + 0.5
        for column in range(columns):
            x = column + 0.5
            ab = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
            bc = (cx - bx) * (y - by) - (cy - by) * (x - bx)
            ca = (ax - cx) * (y - cy) - (ay - cy) * (x - cx)
            if ab <= 0.0 and bc <= 0.0 and ca <= 0.0:
                covered |= 1 << (BLOCK * row + column)
    return covered


def shadow(
    p: Point, floor: float,
    turn_c: float, turn_s: float, tilt_c: float, tilt_s: float, zoom: float, width: int, height: int,
) -> int:  # fmt: skip
    """The pixel in which a point's shadow falls on the floor, or -1 outside of the picture."""
    x, y, z = p
    above = y - floor
    side, up, ahead = view((x + 0.22 * above, floor, z - 0.18 * above), turn_c, turn_s, tilt_c, tilt_s)
    column, row = project(side, up, ahead, zoom, width, height)
    if column < 0.0 or row < 0.0 or column >= width or row >= height:
        return -1
    return int(row) * width + int(column)


def smooth(a: float, b: float, c: float, d: float, e: float) -> float:
    """One step of a blur along a line."""
    return 0.0625 * (a + e) + 0.25 * (b + d) + 0.375 * c


def backdrop(x: float, y: float, shade: float, hue: float) -> Colour:
    """The studio behind the mesh: a glow that fades outwards, and the shadow on the floor."""
    glow = math.exp(-1.6 * ((x - 0.5) ** 2 + (y - 0.42) ** 2) / 0.30)
    red, green, blue = palette(0.55, hue + 0.42)
    dim = 1.0 - 0.72 * shade
    return (
        dim * (0.012 + glow * (0.03 + 0.16 * red)),
        dim * (0.014 + glow * (0.03 + 0.16 * green)),
        dim * (0.022 + glow * (0.05 + 0.18 * blue)),
    )


def tone(v: float) -> int:
    """A light's strength as a byte: bright ones are rolled off, the eye's gamma applied."""
    v = max(0.0, v)
    v = v * (1.0 + 0.16 * v) / (1.0 + v * 0.62)
    return min(255, int(255.0 * v**0.4545 + 0.5))


def pixel(a: Sample, b: Sample, c: Sample, d: Sample, behind: Colour) -> tuple[int, int, int]:
    """Four samples over what is behind them, as bytes."""
    through = 1.0 - 0.25 * (a[3] + b[3] + c[3] + d[3])
    return (
        tone(0.25 * (a[0] + b[0] + c[0] + d[0]) + through * behind[0]),
        tone(0.25 * (a[1] + b[1] + c[1] + d[1]) + through * behind[1]),
        tone(0.25 * (a[2] + b[2] + c[2] + d[2]) + through * behind[2]),
    )


def zoom_for(points: list[Point]) -> float:
    """How far to zoom in, so that a mesh stays in the picture from every side and has some room to move."""
    high = max(math.cos(TILT) * abs(y) + math.sin(TILT) * math.hypot(x, z) for x, y, z in points)
    return min(2.05, 1.5 / max(high, 0.1))


# ---- a frame ---------------------------------------------------------------------------------------------------------


def nearest(splats: Sequence[Splat | None], width: int, height: int) -> list[Sample]:
    """The samples of a picture, each from the splat that is nearest to the camera there."""
    samples = [CLEAR] * (width * height)
    depths = [math.inf] * (width * height)
    offsets: dict[int, list[int]] = {}
    for item in splats:
        if item is not None:
            start, covered, depth, colour = item
            if covered not in offsets:
                places = (divmod(bit, BLOCK) for bit in range(BLOCK * BLOCK) if covered >> bit & 1)
                offsets[covered] = [row * width + column for row, column in places]
            for offset in offsets[covered]:
                if depth < depths[start + offset]:
                    depths[start + offset] = depth
                    samples[start + offset] = colour
    return samples


def shadows(points: list[Point], camera: dict[str, Any]) -> list[float]:
    """For each pixel of a frame how much of the light the mesh keeps from the floor, 0 to 1."""
    floor = min(y for _, y, _ in points) - 0.03
    where = pp.map(shadow, points, floor=floor, width=WIDTH, height=HEIGHT, **camera)
    density = [0.0] * (WIDTH * HEIGHT)
    for i in where:
        if i >= 0:
            density[i] = 1.0
    for stride in (1, 2, 4, 8):
        for step in (stride, stride * WIDTH):
            edge = [0.0] * (2 * step)
            padded = edge + density + edge
            density = pp.map(smooth, *(padded[k * step : k * step + WIDTH * HEIGHT] for k in range(5)))
    return density


def frame(
    points: list[Point], triangles: list[Triangle], time: float, zoom: float = 2.0, two_sided: bool = False
) -> bytes:
    """One frame of the mesh, WIDTH by HEIGHT pixels of three bytes; `time` runs from 0 to 1 over the sheet."""
    camera = Camera(0.5 * math.pi * time, zoom).uniforms()
    hue = 0.5 * time
    width, height = 2 * WIDTH, 2 * HEIGHT
    if triangles:
        corners = [list(map(points.__getitem__, corner)) for corner in zip(*triangles, strict=True)]
        splats = pp.map(splat, *corners, hue=hue, width=width, height=height, two_sided=two_sided, **camera)
    else:
        splats = pp.map(dot, points, hue=hue, width=width, height=height, **camera)
    samples = nearest(splats, width, height)
    xs, ys = PIXELS
    behind = pp.map(backdrop, xs, ys, shadows(points, camera), hue=hue)
    quarters = [
        list(itertools.chain.from_iterable(samples[y * width + dx : (y + 1) * width : 2] for y in range(dy, height, 2)))
        for dy in (0, 1)
        for dx in (0, 1)
    ]
    return bytes(itertools.chain.from_iterable(pp.map(pixel, *quarters, behind)))


PIXELS = (
    [(i % WIDTH + 0.5) / WIDTH for i in range(WIDTH * HEIGHT)],
    [(i // WIDTH + 0.5) / HEIGHT for i in range(WIDTH * HEIGHT)],
)


# ---- the sheet -------------------------------------------------------------------------------------------------------


def sheet(frames: Sequence[bytes]) -> tuple[int, int, bytearray]:
    """Lay frames out on dark paper; returns width, height and pixels."""
    width = COLUMNS * WIDTH + (COLUMNS + 1) * GUTTER
    height = ROWS * HEIGHT + (ROWS + 1) * GUTTER
    pixels = bytearray(bytes(PAPER) * (width * height))
    for number, picture in enumerate(frames):
        left = GUTTER + number % COLUMNS * (WIDTH + GUTTER)
        top = GUTTER + number // COLUMNS * (HEIGHT + GUTTER)
        for y in range(HEIGHT):
            at = 3 * ((top + y) * width + left)
            pixels[at : at + 3 * WIDTH] = picture[3 * WIDTH * y : 3 * WIDTH * (y + 1)]
    return width, height, pixels
