"""The demo: readers of meshes, the pictures it draws, and what it says about files that it cannot use."""

from __future__ import annotations

import collections
import math
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import generate
import mesh
import png
import prepare
import pytest
from deform import deform

DEMO = Path(generate.__file__).with_name("demo.py")

CORNERS = [(x, y, z) for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)]
SQUARES = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
TRIANGLES = [part for a, b, c, d in SQUARES for part in ((a, b, c), (a, c, d))]


def obj_text() -> str:
    lines = ["# a cube", "o cube", *(f"v {x} {y} {z}" for x, y, z in CORNERS), "vn 0 0 1", "vt 0 0"]
    first, *rest = SQUARES
    lines.append("f " + " ".join(str(i - 8) for i in first))
    return "\n".join(lines + ["f " + " ".join(f"{i + 1}/1/1" for i in square) for square in rest]) + "\n"


def off_text() -> str:
    points = "".join(f"{x} {y} {z}\n" for x, y, z in CORNERS)
    return f"OFF\n# a cube\n8 6 0\n{points}" + "".join("4 " + " ".join(map(str, s)) + " 255 0 0\n" for s in SQUARES)


def ply_header(form: str, coordinate: str = "float") -> str:
    axes = "".join(f"property {coordinate} {axis}\n" for axis in "xyz")
    return (
        f"ply\nformat {form} 1.0\ncomment a cube\nelement vertex 8\n{axes}property uchar red\n"
        "element face 6\nproperty list uchar int vertex_indices\nend_header\n"
    )


def ply_text() -> str:
    points = "".join(f"{x} {y} {z} 200\n" for x, y, z in CORNERS)
    return ply_header("ascii") + points + "".join("4 " + " ".join(map(str, s)) + "\n" for s in SQUARES)


def ply_binary(order: str, coordinate: str = "float") -> bytes:
    form = {"<": "binary_little_endian", ">": "binary_big_endian"}[order]
    kind = coordinate[0]
    points = b"".join(struct.pack(f"{order}3{kind}B", *p, 200) for p in CORNERS)
    return ply_header(form, coordinate).encode() + points + b"".join(struct.pack(f"{order}B4i", 4, *s) for s in SQUARES)


GOOD = {
    "cube.obj": obj_text().encode(),
    "cube.OBJ": obj_text().replace("\n", "\r\n").encode(),
    "cube.off": off_text().encode(),
    "same_line.off": off_text().replace("OFF\n# a cube\n", "OFF ").encode(),
    "cube.ply": ply_text().encode(),
    "little.ply": ply_binary("<"),
    "double.ply": ply_binary("<", "double"),
    "big.ply": ply_binary(">"),
}


@pytest.mark.parametrize("name", GOOD)
def test_every_format_gives_the_same_plain_lists(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(GOOD[name])
    points, triangles = mesh.read(file)
    assert points == CORNERS and type(points) is list and type(points[0]) is tuple
    assert {type(value) for point in points for value in point} == {float}
    assert triangles == TRIANGLES


def test_a_point_cloud_has_no_triangles(tmp_path: Path) -> None:
    file = tmp_path / "cloud.obj"
    file.write_text("v 1 2 3\nv 4 5 6 1.0\n")
    assert mesh.read(file) == ([(1.0, 2.0, 3.0), (4.0, 5.0, 6.0)], [])


BAD = {
    "empty.obj": (b"", 1, "empty"),
    "blank.ply": (b" \n\n", 1, "empty"),
    "no_points.obj": (b"# nothing\no a\n", 1, "no points"),
    "short.obj": (b"v 0 0 0\nv 1 2\n", 2, "3 coordinates, found 2"),
    "word.obj": (b"# x\nv 0 zero 0\n", 2, "'zero' is not a number"),
    "nan.obj": (b"v 0 0 nan\n", 1, "not finite"),
    "index.obj": (b"v 0 0 0\n\nf 1 2 3\n", 3, "point 2 of 1"),
    "zero.obj": (b"v 0 0 0\nf 0 1 1\n", 2, "counted from 1"),
    "backwards.obj": (b"v 0 0 0\nf -1 -2 -1\n", 2, "of 1"),
    "edge.obj": (b"v 0 0 0\nv 1 0 0\nf 1 2\n", 3, "at least 3 corners"),
    "corner.obj": (b"v 0 0 0\nf a b c\n", 2, "'a' is not an integer"),
    "noise.obj": (bytes(range(1, 256)), 1, "no points"),
    "kind.stl": (b"solid", 1, "unknown kind of mesh '.stl'"),
    "word.off": (b"OFT\n1 0 0\n0 0 0\n", 1, "counts of points and faces"),
    "count.off": (b"OFF\n2 x 0\n", 2, "'x' is not an integer"),
    "negative.off": (b"OFF\n-1 0 0\n", 2, "negative"),
    "ends.off": (b"OFF\n2 0 0\n0 0 0\n", 3, "point 2 of 2"),
    "no_faces.off": (b"OFF\n1 1 0\n0 0 0\n", 3, "face 1 of 1"),
    "face.off": (b"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n4 0 1 2\n", 6, "a face of 4 corners lists 3"),
    "index.off": (b"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 3\n", 6, "point 4 of 3"),
    "magic.ply": (b"plx\n", 1, "begins with the line 'ply'"),
    "header.ply": (b"ply\nformat ascii 1.0\nelement vertex many\n", 3, "not understood"),
    "endless.ply": (b"ply\nformat ascii 1.0\n", 3, "no 'end_header'"),
    "formless.ply": (b"ply\nelement vertex 0\nend_header\n", 3, "does not say its format"),
    "flat.ply": (b"ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nend_header\n1\n", 5, "x, y and z"),
    "ends.ply": (ply_text().encode()[:-20], 23, "face 5 of 6"),
    "short.ply": (ply_text().replace("\n1.0 1.0 1.0 200", "\n1.0 1.0").encode(), 19, "before the property 'z'"),
    "word.ply": (ply_text().replace("\n1.0 1.0 1.0 200", "\n1.0 one 1.0 200").encode(), 19, "'one' is not a number"),
    "index.ply": (ply_text().replace("4 6 7 5", "4 6 9 5").encode(), 21, "point 10 of 8"),
    "points.ply": (ply_binary("<")[: ply_binary("<").index(b"end_header") + 110], 4, "vertex 8 of 8"),
    "faces.ply": (ply_binary("<")[:-1], 9, "face 6 of 6"),
    "infinite.ply": (ply_binary("<").replace(struct.pack("<f", 1.0), struct.pack("<f", math.inf), 1), 4, "not finite"),
    "huge.ply": (ply_binary("<").replace(b"vertex 8", b"vertex 99999999999999"), 4, "the file ends before vertex"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_mesh_is_an_error_with_file_and_line(name: str, tmp_path: Path) -> None:
    data, line, message = BAD[name]
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(mesh.MeshError) as caught:
        mesh.read(file)
    assert str(caught.value).startswith(f"{file}:{line}: ") and message in caught.value.message
    assert (caught.value.file, caught.value.line) == (str(file), line)
    assert "\n" not in str(caught.value)


def test_an_unreadable_mesh_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "folder.obj").mkdir()
    for name, reason in (("folder.obj", "directory"), ("missing.ply", "No such file")):
        with pytest.raises(mesh.MeshError, match=reason):
            mesh.read(tmp_path / name)


@pytest.mark.parametrize("name", ["missing.obj", "empty.obj", "word.obj", "faces.ply"])
def test_the_demo_says_one_line_and_exits_with_2(name: str, tmp_path: Path) -> None:
    if name in BAD:
        (tmp_path / name).write_bytes(BAD[name][0])
    line = BAD[name][1] if name in BAD else 1
    done = subprocess.run([sys.executable, DEMO, name], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and done.stderr.startswith(f"{name}:{line}: ")


def edge_counts(triangles: list[mesh.Triangle]) -> collections.Counter[tuple[int, int]]:
    return collections.Counter(edge for a, b, c in triangles for edge in ((a, b), (b, c), (c, a)))


def is_closed(triangles: list[mesh.Triangle]) -> bool:
    """Whether every edge is met once in each direction."""
    counts = edge_counts(triangles)
    return all(count == 1 and counts[j, i] == 1 for (i, j), count in counts.items())


def test_the_generated_mesh_is_large_closed_and_finite() -> None:
    points, triangles = generate.knot()
    assert len(points) >= 100_000
    assert {i for triangle in triangles for i in triangle} == set(range(len(points)))
    assert is_closed(triangles)
    assert all(math.isfinite(value) for point in points for value in point)


def test_a_coarse_mesh_is_scaled_and_split_without_cracks() -> None:
    model = prepare.refine(prepare.into_unit_ball(mesh.Mesh(CORNERS, TRIANGLES)), 0.1)
    assert max(math.hypot(*point) for point in model.points) == pytest.approx(1.0)
    assert is_closed(model.triangles)
    assert all(math.dist(model.points[i], model.points[j]) <= 0.1 for i, j in edge_counts(model.triangles))


def test_a_mesh_in_one_spot_is_left_alone() -> None:
    assert prepare.into_unit_ball(mesh.Mesh([(5.0, 5.0, 5.0)] * 3, [(0, 1, 2)])).points == [(0.0, 0.0, 0.0)] * 3


def read_png(file: Path) -> tuple[int, int, bytes]:
    """Width, height and the pixels of an 8-bit RGB file whose rows are stored as differences from the left one."""
    data = file.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks: dict[bytes, bytes] = {}
    at = 8
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack_from(">I", data, at + 8 + size) == (zlib.crc32(kind + body),)
        chunks[kind] = body
        at += 12 + size
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, colour, rest) == (8, 2, [0, 0, 0])
    rows = zlib.decompress(chunks[b"IDAT"])
    stride = 1 + 3 * width
    assert len(rows) == stride * height and set(rows[::stride]) == {1}
    pixels = bytearray()
    for y in range(height):
        row = bytearray(3) + rows[y * stride + 1 : (y + 1) * stride]
        for i in range(3, len(row)):
            row[i] = (row[i] + row[i - 3]) & 255
        pixels += row[3:]
    return width, height, bytes(pixels)


def test_png_files_hold_what_was_written(tmp_path: Path) -> None:
    pixels = bytes(i * 7 % 256 for i in range(3 * 5 * 4))
    png.write(tmp_path / "a.png", 5, 4, pixels)
    assert read_png(tmp_path / "a.png") == (5, 4, pixels)
    with pytest.raises(ValueError, match="60 bytes, not 59"):
        png.write(tmp_path / "b.png", 5, 4, pixels[:-1])


def test_a_frame_shows_the_mesh_where_it_is() -> None:
    import contact_sheet

    model = prepare.refine(mesh.Mesh([(x / 4, y / 4, z / 4) for x, y, z in CORNERS], TRIANGLES), 0.02)
    empty = contact_sheet.frame([(0.0, -9.0, 9.0)], [], 0.3)
    outside = contact_sheet.frame(model.points, model.triangles, 0.3)
    both = contact_sheet.frame(model.points, model.triangles, 0.3, two_sided=True)
    assert len(outside) == 3 * contact_sheet.WIDTH * contact_sheet.HEIGHT
    middle = 3 * (contact_sheet.HEIGHT // 2 * contact_sheet.WIDTH + contact_sheet.WIDTH // 2)
    assert outside[middle : middle + 3] != empty[middle : middle + 3]
    assert outside[:3] == empty[:3]
    assert both == outside, "of a closed mesh only fronts can be seen"


def test_frames_are_laid_out_in_rows() -> None:
    import contact_sheet

    size = contact_sheet.WIDTH * contact_sheet.HEIGHT
    width, height, pixels = contact_sheet.sheet([bytes((i, i, i)) * size for i in range(24)])
    assert len(pixels) == 3 * width * height
    column, row = 3, 2
    x = contact_sheet.GUTTER + column * (contact_sheet.WIDTH + contact_sheet.GUTTER)
    y = contact_sheet.GUTTER + row * (contact_sheet.HEIGHT + contact_sheet.GUTTER)
    at = 3 * (y * width + x)
    assert pixels[at : at + 3] == bytes((15, 15, 15)) and pixels[:3] == bytes(contact_sheet.PAPER)


def test_the_numpy_twin_computes_the_same() -> None:
    pytest.importorskip("numpy")
    import deform_numpy

    points = prepare.into_unit_ball(generate.knot(60, 20)).points + [(0.0, 0.0, 0.0)]
    for t in (0.0, 1.0, 4.0):
        for got, wanted in zip(deform_numpy.deform(points, t), [deform(p, t) for p in points], strict=True):
            assert got == pytest.approx(wanted, abs=1e-13)


def test_the_demo_runs_over_a_mesh_file(tmp_path: Path) -> None:
    (tmp_path / "cube.ply").write_bytes(ply_binary("<"))
    done = subprocess.run(
        [sys.executable, DEMO, "cube.ply", "--out", "sheet.png"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "cube.ply: 8 points, 12 triangles, refined to" in done.stdout
    assert "parallel_party, cpu" in done.stdout and "identical, bit for bit" in done.stdout
    width, height, pixels = read_png(tmp_path / "sheet.png")
    assert width > height > 500
    assert len({pixels[i : i + 3] for i in range(0, len(pixels), 3 * 11)}) > 500


@pytest.mark.parametrize("script", ["compute_all.py", "resident_mesh.py"])
def test_deformers_run(script: str) -> None:
    command = [sys.executable, str(DEMO.with_name(script)), "--device", "cpu", "--frames", "3", "--fine", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "8000 points" in done.stdout
