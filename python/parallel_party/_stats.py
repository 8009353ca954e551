"""Counters since start."""

from __future__ import annotations

from parallel_party import _core


class Stats:
    """What parallel_party has done in this process so far; two of them tell what happened in between.

    >>> import parallel_party as pp
    >>> before = pp.stats()
    >>> pp.map(lambda v: v + 1, [1, 2, 3])
    [2, 3, 4]
    >>> pp.stats().elements - before.elements
    3
    """

    __slots__ = (
        "compilations",
        "device_bytes",
        "downloaded_bytes",
        "elements",
        "handed_back",
        "kept_bytes",
        "launches",
        "reused",
        "uploaded_bytes",
    )

    uploaded_bytes: int
    """Bytes copied to GPUs."""
    downloaded_bytes: int
    """Bytes copied from GPUs."""
    launches: int
    """Kernel runs on any device."""
    compilations: int
    """Kernels compiled."""
    elements: int
    """Elements that `map` gave results for."""
    handed_back: int
    """Those among them that CPython had to evaluate."""
    reused: int
    """Kernels that were not compiled, since equal ones were in use or in the disk cache."""

    device_bytes: dict[str, int]
    """Bytes of each GPU's memory that the library holds now: copies of Arrays and of captured data, and blocks kept for
    calls to come. `trim()` gives back all but what another library shares."""

    kept_bytes: int
    """Bytes of host memory that data from outside functions takes as compiled code reads it, and by which lists are
    known that are given to a GPU again. Bounded; `trim()` lets all of it go."""

    def __init__(self, values: tuple[int, int, int, int, int, int, int, list[tuple[str, int]], int]) -> None:
        (
            self.uploaded_bytes,
            self.downloaded_bytes,
            self.launches,
            self.compilations,
            self.elements,
            self.handed_back,
            self.reused,
            held,
            self.kept_bytes,
        ) = values
        self.device_bytes = dict(held)

    def __repr__(self) -> str:
        fields = ["elements", "handed_back", "compilations", "reused", "launches", "uploaded_bytes", "downloaded_bytes"]
        if self.device_bytes:
            fields.append("device_bytes")
        return f"Stats({', '.join(f'{name}={getattr(self, name)}' for name in fields)})"


def stats() -> Stats:
    """Return the counters as they stand now."""
    return Stats(_core.statistics())
