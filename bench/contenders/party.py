"""parallel_party: the plain function, as it is."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from workloads import WORKLOADS

import parallel_party as pp


def prepare(workload: str, device: str) -> Callable[..., list[Any]]:
    """Return a run over columns on a device; raises where the device is missing."""
    found = [d for d in pp.devices() if d.kind == device]
    if not any(d.available for d in found):
        raise RuntimeError(found[0].reason if found else f"no device of kind {device}")
    work = WORKLOADS[workload]
    if work.fields is None:
        return functools.partial(pp.map, work.function, device=device)

    def in_place(*columns: list[Any]) -> list[Any]:
        pp.for_each(work.function, *columns, device=device)
        return columns[0]

    return in_place
