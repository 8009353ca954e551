"""What calls run through lies side by side in the module (cmake/call_path.ld): it shows only after a pause."""

from __future__ import annotations

import struct
from pathlib import Path

from parallel_party import _core

SECTION = ".text.call_path"
LINKER_SCRIPT = Path(__file__).resolve().parents[2] / "cmake" / "call_path.ld"


def section_sizes(module: Path) -> dict[str, int]:
    """Bytes of each section of a 64-bit ELF file."""
    data = module.read_bytes()
    at, entry, count, names = (
        struct.unpack_from("<Q", data, 0x28)[0],
        *struct.unpack_from("<3H", data, 0x3A),
    )
    headers = [struct.unpack_from("<2I4Q", data, at + entry * i) for i in range(count)]
    texts = headers[names][4]

    def name(offset: int) -> str:
        return data[texts + offset : data.index(b"\0", texts + offset)].decode()

    return {name(header[0]): header[5] for header in headers}


def test_functions_of_calls_lie_side_by_side() -> None:
    listed = LINKER_SCRIPT.read_text().count("*(.text.")
    sizes = section_sizes(Path(_core.__file__))
    # A function takes some hundreds of bytes: fewer would mean that most of the names are no longer there.
    assert listed > 100 and sizes[SECTION] > 200 * listed
    assert sizes[SECTION] < sizes[".text"] // 10
