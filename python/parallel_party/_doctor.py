"""What the library found when it looked at the interpreter and the machine."""

from __future__ import annotations

import platform
import sysconfig

from parallel_party import _core
from parallel_party._devices import devices


def capabilities() -> dict[str, str | None]:
    """Return why each capability is off, or None where it is on.

    Each is tried in this very interpreter. Where one is off, CPython's API is used instead: the answers are the same.

    >>> sorted(capabilities())
    ['pools', 'pools for records', 'pools for rows', 'raw reads', 'recycling', 'warm arenas']
    """
    return {name: reason for name, _, reason in _core.capabilities()}


def report() -> str:
    """Return what `python -m parallel_party doctor` prints."""
    is_free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    build = "free-threaded, its GIL turned on" if is_free_threaded else "with the GIL"
    lines = [f"CPython {platform.python_version()} {build}, {platform.platform()}", "", "capabilities"]
    for name, benefit, reason in _core.capabilities():
        lines.append(f"  {name:<17} {'on ' if reason is None else 'off'}  {benefit if reason is None else reason}")
    folder, reason, *_ = _core.disk_cache()
    lines.append(f"  {'disk cache':<17} {'on ' if reason is None else 'off'}  {folder if reason is None else reason}")
    lines += ["", "devices"]
    for device in devices():
        state = "available" if device.available else f"not available: {device.reason}"
        facts = device.attributes
        threads = f", {facts['threads']} threads" if "threads" in facts else ""
        lines.append(f"  {device.name:<17} {facts.get('model', device.kind)}{threads}, {state}")
    return "\n".join(lines)
