"""What was compiled and lies on disk for later processes."""

from __future__ import annotations

from parallel_party import _core

_MEBI = 2**20


def describe_cache() -> str:
    """Return what `python -m parallel_party cache` prints."""
    folder, reason, limit, files, size = _core.disk_cache()
    state = "on" if reason is None else f"off: {reason}"
    kernels = f"{files} kernel{'' if files == 1 else 's'}, {size / _MEBI:.1f} of at most {limit / _MEBI:.0f} MiB"
    return f"disk cache: {state}\nfolder: {folder or 'none'}\n{kernels}"


def clear_cache() -> str:
    """Remove every compiled kernel from disk; return what `python -m parallel_party cache --clear` prints.

    Processes that run go on: what they use is in their memory. Files that the library did not write stay.
    """
    return f"removed {_core.clear_disk_cache() / _MEBI:.1f} MiB"
