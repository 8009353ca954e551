"""What calls run through lies side by side in the module (cmake/call_path.ld): it shows only after a pause."""

from __future__ import annotations

import asyncio
import concurrent.futures
import struct
import threading
from pathlib import Path

import parallel_party as pp
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


def test_one_device_object_within_several_tasks_and_threads() -> None:
    cpu = pp.device("cpu")

    async def task(number: int) -> list[int]:
        with cpu:
            await asyncio.sleep(0.002 * (3 - number))
            with cpu:
                return pp.map(lambda v: v + 1, [number])

    async def all_tasks() -> list[list[int]]:
        return await asyncio.gather(*(task(number) for number in range(3)))

    assert asyncio.run(all_tasks()) == [[1], [2], [3]]
    both = threading.Barrier(2)

    def in_thread(_: int) -> None:
        with cpu:
            both.wait(10)
        both.wait(10)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        assert list(pool.map(in_thread, range(2))) == [None, None]
