"""Reads meshes (.obj, .off, .ply as text or binary) into plain Python lists."""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

Point = tuple[float, float, float]
Triangle = tuple[int, int, int]


class Mesh(NamedTuple):
    """Points, and triangles as indices into the points; a point cloud has no triangles."""

    points: list[Point]
    triangles: list[Triangle]


class MeshError(Exception):
    """A mesh that cannot be used: the file, the line where reading stopped, and why."""

    def __init__(self, file: str | Path, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = str(file)
        self.line = line
        self.message = message


def read(file: str | Path) -> Mesh:
    """Read a mesh; the ending of its name tells the format. Raises MeshError."""
    path = Path(file)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise MeshError(file, 1, f"unknown kind of mesh '{path.suffix}', known are {', '.join(READERS)}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MeshError(file, 1, f"cannot be read: {error.strerror}") from error
    if not data.strip():
        raise MeshError(file, 1, "the file is empty")
    mesh = reader(path, data)
    if not mesh.points:
        raise MeshError(file, 1, "the mesh has no points")
    return mesh


# ---- what the formats share ------------------------------------------------------------------------------------------


def _point(file: Path, line: int, words: Sequence[Any]) -> Point:
    """Three finite coordinates from the first three words."""
    if len(words) < 3:
        raise MeshError(file, line, f"a point needs 3 coordinates, found {len(words)}")
    try:
        x, y, z = float(words[0]), float(words[1]), float(words[2])
    except ValueError:
        wrong = next(word for word in words if not _is_number(word))
        raise MeshError(file, line, f"'{wrong[:40]}' is not a number") from None
    if not (math.isfinite(x) and math.isfinite(y) and math.isfinite(z)):
        raise MeshError(file, line, "a coordinate is not finite")
    return (x, y, z)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _integer(file: Path, line: int, word: str) -> int:
    try:
        return int(word)
    except ValueError:
        raise MeshError(file, line, f"'{word[:40]}' is not an integer") from None


def _fan(file: Path, line: int, corners: Sequence[int], count: int) -> Iterator[Triangle]:
    """A polygon as triangles, after a check that its corners are among `count` points."""
    if len(corners) < 3:
        raise MeshError(file, line, f"a face needs at least 3 corners, found {len(corners)}")
    for corner in corners:
        if not 0 <= corner < count:
            raise MeshError(file, line, f"a face refers to point {corner + 1} of {count}")
    first = corners[0]
    for second, third in itertools.pairwise(corners[1:]):
        yield (first, second, third)


def _numbered_lines(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The words of each line that has any, comments left out, with the line's number."""
    for number, line in enumerate(data.decode("utf-8", errors="replace").splitlines(), 1):
        words = line.split("#", 1)[0].split()
        if words:
            yield number, words


class _Lines:
    """Words of successive lines; running out of them is a MeshError."""

    def __init__(self, file: Path, data: bytes) -> None:
        self.file = file
        self.number = 1
        self._lines = _numbered_lines(data)

    def next(self, wanted: str) -> list[str]:
        self.number, words = next(self._lines, (self.number, []))
        if not words:
            raise MeshError(self.file, self.number, f"the file ends where {wanted} should follow")
        return words


# ---- OBJ -------------------------------------------------------------------------------------------------------------


def _read_obj(file: Path, data: bytes) -> Mesh:
    points: list[Point] = []
    faces: list[tuple[int, list[int]]] = []
    for number, words in _numbered_lines(data):
        if words[0] == "v":
            points.append(_point(file, number, words[1:]))
        elif words[0] == "f":
            faces.append((number, [_obj_corner(file, number, word, len(points)) for word in words[1:]]))
    triangles = [triangle for number, corners in faces for triangle in _fan(file, number, corners, len(points))]
    return Mesh(points, triangles)


def _obj_corner(file: Path, line: int, word: str, count: int) -> int:
    """The point of a corner such as `7`, `7/2/5` or `-1`: counted from one, or backwards from the latest."""
    index = _integer(file, line, word.split("/", 1)[0])
    if index == 0:
        raise MeshError(file, line, "points are counted from 1, found 0")
    return index - 1 if index > 0 else count + index


# ---- OFF -------------------------------------------------------------------------------------------------------------


def _read_off(file: Path, data: bytes) -> Mesh:
    lines = _Lines(file, data)
    counts = lines.next("'OFF'")
    if counts[0].upper() == "OFF":
        counts = counts[1:] or lines.next("the counts")
    if len(counts) < 2:
        raise MeshError(file, lines.number, "the counts of points and faces should stand here")
    point_count, face_count = (_integer(file, lines.number, word) for word in counts[:2])
    if point_count < 0 or face_count < 0:
        raise MeshError(file, lines.number, "a count is negative")
    points = []
    for i in range(point_count):
        words = lines.next(f"point {i + 1} of {point_count}")
        points.append(_point(file, lines.number, words))
    triangles: list[Triangle] = []
    for i in range(face_count):
        words = lines.next(f"face {i + 1} of {face_count}")
        size = _integer(file, lines.number, words[0])
        corners = [_integer(file, lines.number, word) for word in words[1 : 1 + max(size, 0)]]
        if len(corners) != size:
            raise MeshError(file, lines.number, f"a face of {size} corners lists {len(corners)}")
        triangles += _fan(file, lines.number, corners, point_count)
    return Mesh(points, triangles)


# ---- PLY -------------------------------------------------------------------------------------------------------------

PLY_TYPES = {
    "char": "b",
    "uchar": "B",
    "short": "h",
    "ushort": "H",
    "int": "i",
    "uint": "I",
    "float": "f",
    "double": "d",
    "int8": "b",
    "uint8": "B",
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "float32": "f",
    "float64": "d",
}  # to the letters of the module struct


class _Property(NamedTuple):
    name: str
    type: str
    count_type: str | None  # of a list


class _Element(NamedTuple):
    name: str
    size: int
    line: int
    properties: list[_Property]

    def position(self, *names: str) -> int:
        """Where among the properties one of `names` stands, or -1."""
        return next((i for i, prop in enumerate(self.properties) if prop.name in names), -1)


def _read_ply(file: Path, data: bytes) -> Mesh:
    header = _ply_header(file, data)
    body = _PlyText(file, data, header) if header.order == "text" else _PlyBinary(file, data, header)
    points: list[Point] = []
    faces: list[tuple[int, Sequence[int]]] = []
    for element in header.elements:
        rows = body.rows(element)
        if element.name == "vertex":
            x, y, z = (element.position(axis) for axis in "xyz")
            for line, values in rows:
                points.append(_point(file, line, (values[x], values[y], values[z])))
        elif element.name == "face" and (corners := element.position("vertex_indices", "vertex_index")) >= 0:
            faces += [(line, values[corners]) for line, values in rows]
        else:
            for _ in rows:  # only to get past them
                pass
    triangles = [triangle for line, corners in faces for triangle in _fan(file, line, corners, len(points))]
    return Mesh(points, triangles)


class _PlyHeader(NamedTuple):
    order: str  # "text", or struct's sign of a byte order
    elements: list[_Element]
    line: int  # of the body's first line
    start: int  # of the body's first byte


def _ply_header(file: Path, data: bytes) -> _PlyHeader:
    orders = {"ascii": "text", "binary_little_endian": "<", "binary_big_endian": ">"}
    order = ""
    elements: list[_Element] = []
    start = 0
    for number in itertools.count(1):
        end = data.find(b"\n", start)
        if end < 0:
            raise MeshError(file, number, "the header has no 'end_header'")
        words = data[start:end].decode("utf-8", errors="replace").split()
        start = end + 1
        match words:
            case ["ply"] if number == 1:
                pass
            case _ if number == 1:
                raise MeshError(file, 1, "a PLY file begins with the line 'ply'")
            case ["format", name, _] if name in orders:
                order = orders[name]
            case ["element", name, count] if count.isdecimal():
                elements.append(_Element(name, int(count), number, []))
            case ["property", "list", count_type, kind, name] if elements and {count_type, kind} <= PLY_TYPES.keys():
                elements[-1].properties.append(_Property(name, PLY_TYPES[kind], PLY_TYPES[count_type]))
            case ["property", kind, name] if elements and kind in PLY_TYPES:
                elements[-1].properties.append(_Property(name, PLY_TYPES[kind], None))
            case ["comment" | "obj_info", *_] | []:
                pass
            case ["end_header"]:
                break
            case _:
                raise MeshError(file, number, f"not understood in a header: '{' '.join(words)[:60]}'")
    if not order:
        raise MeshError(file, number, "the header does not say its format")
    vertex = next((element for element in elements if element.name == "vertex"), None)
    if vertex is None or any(vertex.position(axis) < 0 for axis in "xyz"):
        raise MeshError(file, number, "the header declares no element 'vertex' with properties x, y and z")
    return _PlyHeader(order, elements, number + 1, start)


class _PlyText:
    """The body of a text file: one line for each element."""

    def __init__(self, file: Path, data: bytes, header: _PlyHeader) -> None:
        self.file = file
        self.lines = enumerate(data[header.start :].decode("utf-8", errors="replace").splitlines(), header.line)
        self.line = header.line

    def rows(self, element: _Element) -> Iterator[tuple[int, list[Any]]]:
        for i in range(element.size):
            words: list[str] = []
            while not words:
                self.line, text = next(self.lines, (self.line, None))
                if text is None:
                    raise MeshError(
                        self.file, self.line, f"the file ends before {element.name} {i + 1} of {element.size}"
                    )
                words = text.split()
            yield self.line, self._values(element, words)

    def _values(self, element: _Element, words: list[str]) -> list[Any]:
        values: list[Any] = []
        at = 0
        for prop in element.properties:
            size = 1
            if prop.count_type and at < len(words):
                size = _integer(self.file, self.line, words[at])
                at += 1
            if not 0 <= size <= len(words) - at:
                raise MeshError(self.file, self.line, f"the line ends before the property '{prop.name}'")
            taken = words[at : at + size]
            at += size
            if prop.count_type:
                values.append([_integer(self.file, self.line, word) for word in taken])
            else:
                values.append(taken[0])
        return values


class _PlyBinary:
    """The body of a binary file. Lines are those of the elements' declarations, since the body has none."""

    def __init__(self, file: Path, data: bytes, header: _PlyHeader) -> None:
        self.file = file
        self.data = data
        self.order = header.order
        self.at = header.start

    def rows(self, element: _Element) -> Iterator[tuple[int, Sequence[Any]]]:
        if any(prop.count_type for prop in element.properties):
            for i in range(element.size):
                yield element.line, [self._take(element, i, prop) for prop in element.properties]
            return
        row = struct.Struct(self.order + "".join(prop.type for prop in element.properties))
        end = self.at + row.size * element.size
        if end > len(self.data):
            have = (len(self.data) - self.at) // max(row.size, 1)
            raise MeshError(
                self.file, element.line, f"the file ends before {element.name} {have + 1} of {element.size}"
            )
        for values in row.iter_unpack(self.data[self.at : end]) if row.size else ():
            yield element.line, values
        self.at = end

    def _take(self, element: _Element, index: int, prop: _Property) -> Any:
        try:
            if not prop.count_type:
                return self._unpack(prop.type, 1)[0]
            (size,) = self._unpack(prop.count_type, 1)
            return self._unpack(prop.type, int(size))
        except struct.error:
            message = f"the file ends before {element.name} {index + 1} of {element.size}"
            raise MeshError(self.file, element.line, message) from None

    def _unpack(self, kind: str, count: int) -> tuple[Any, ...]:
        layout = f"{self.order}{count}{kind}"
        values = struct.unpack_from(layout, self.data, self.at)
        self.at += struct.calcsize(layout)
        return values


READERS: dict[str, Callable[[Path, bytes], Mesh]] = {".obj": _read_obj, ".ply": _read_ply, ".off": _read_off}
