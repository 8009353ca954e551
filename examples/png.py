"""Writes a PNG file with nothing but zlib."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path


def write(file: str | Path, width: int, height: int, pixels: bytes | bytearray) -> None:
    """Write `pixels`, three bytes of red, green and blue for each, rows from the top."""
    if len(pixels) != 3 * width * height:
        raise ValueError(f"{width} x {height} pixels are {3 * width * height} bytes, not {len(pixels)}")
    stride = 3 * width
    rows = (bytes(pixels[y * stride : (y + 1) * stride]) for y in range(height))
    # Each pixel as its difference from the one to its left (filter 1): smooth pictures become smaller.
    data = b"".join(
        b"\x01" + bytes((b - a) & 255 for a, b in zip(b"\x00\x00\x00" + row, row, strict=False)) for row in rows
    )
    with open(file, "wb") as out:
        out.write(b"\x89PNG\r\n\x1a\n")
        out.write(_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)))
        out.write(_chunk(b"IDAT", zlib.compress(data, 6)))
        out.write(_chunk(b"IEND", b""))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
