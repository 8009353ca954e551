"""What the library found when it looked at the interpreter and the machine."""

from __future__ import annotations

import os
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


def _wrong_settings() -> list[str]:
    """What environment variables say that every call, or every compilation, would be an error for."""
    wrong = []
    try:
        _core.thread_count()
    except ValueError as error:
        wrong.append(str(error))
    name = os.environ.get("PARALLEL_PARTY_DEVICE", "")
    try:
        _core.check_device(name or "auto")
    except ValueError as error:
        wrong.append(f"PARALLEL_PARTY_DEVICE: {error}")
    effort = os.environ.get("PARALLEL_PARTY_EFFORT", "")
    if effort not in ("", "quick", "full"):
        wrong.append(f"PARALLEL_PARTY_EFFORT must be quick or full, not {effort!r}")
    return wrong


def _device_lines() -> list[str]:
    lines = []
    for device in devices():
        state = "available" if device.available else f"not available: {device.reason}"
        facts = device.attributes
        threads = f", {facts['threads']} threads" if "threads" in facts else ""
        lines.append(f"  {device.name:<17} {facts.get('model', device.kind)}{threads}, {state}")
    return lines


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
    try:
        lines += _device_lines()
    except ValueError as error:
        lines.append(f"  not known: {error}")
    wrong = _wrong_settings()
    if wrong:
        lines += ["", "settings that calls are refused with", *(f"  {why}" for why in wrong)]
    return "\n".join(lines)
