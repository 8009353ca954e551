"""The devices that work can go to, and why one is missing."""

from __future__ import annotations

from parallel_party import _core


class Device:
    """A device, or a kind of device that this machine has none of.

    >>> import parallel_party as pp
    >>> cpu = pp.devices()[0]
    >>> cpu.kind, cpu.available, cpu.reason
    ('cpu', True, None)
    """

    __slots__ = ("attributes", "available", "kind", "memory_free", "memory_total", "name", "reason")

    name: str
    """As `device=` takes it: "cpu", "cuda:0"."""
    kind: str
    """"cpu" or "cuda"."""
    available: bool
    """Whether work can go there."""
    reason: str | None
    """Why not, in a sentence; None where it can."""
    memory_total: int
    """Bytes of memory; 0 where unknown."""
    memory_free: int
    """Bytes of it that are free; 0 where unknown, for a GPU before it is first used."""
    attributes: dict[str, int | str]
    """Facts by name: the model, threads, the driver's attributes."""

    def __init__(
        self,
        name: str,
        kind: str,
        reason: str | None,
        memory: tuple[int, int] = (0, 0),
        attributes: dict[str, int | str] | None = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.available = reason is None
        self.reason = reason
        self.memory_total, self.memory_free = memory
        self.attributes = attributes or {}

    def __repr__(self) -> str:
        state = "available" if self.available else f"not available: {self.reason}"
        return f"<Device {self.name!r}, {self.attributes.get('model', self.kind)}, {state}>"


def _memory() -> tuple[int, int]:
    """Total and available bytes of this machine, as the kernel says."""
    fields: dict[str, int] = {}
    with open("/proc/meminfo", encoding="ascii") as lines:
        for line in lines:
            name, value = line.split(":", 1)
            fields[name] = int(value.split()[0]) * 1024
    return fields["MemTotal"], fields["MemAvailable"]


def devices() -> list[Device]:
    """Return every device: the CPU first, then the GPUs, or one entry that says why there is none.

    Opens the NVIDIA driver where there is one, but starts nothing on it.

    >>> [device.kind for device in devices()][0]
    'cpu'
    """
    cpu: dict[str, int | str] = {"model": _core.host_processor(), "threads": _core.thread_count()}
    found = [Device("cpu", "cpu", None, _memory(), cpu)]
    reason, gpus = _core.cuda_devices()
    if reason and not gpus:
        found.append(Device("cuda", "cuda", reason))
    for gpu in gpus:
        facts = {"model": gpu["name"], "compute_capability": gpu["compute_capability"], **gpu["attributes"]}
        memory = (gpu["memory_total"], gpu["memory_free"])
        found.append(
            Device(f"cuda:{gpu['ordinal']}", "cuda", None if gpu["available"] else gpu["reason"], memory, facts)
        )
    return found
