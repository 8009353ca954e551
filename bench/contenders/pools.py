"""Process pools of multiprocessing and joblib, started before they are measured; rows are sent in chunks."""

from __future__ import annotations

import functools
import itertools
import multiprocessing
import os
from collections.abc import Callable
from typing import Any

from workloads import WORKLOADS

PROCESSES = len(os.sched_getaffinity(0))


def prepare(workload: str, device: str, package: str) -> Callable[..., list[Any]]:
    """Return a run over columns in the processes of `package`'s pool."""
    function = WORKLOADS[workload].function
    if package == "joblib":
        import joblib

        return functools.partial(_by_joblib, joblib.Parallel(n_jobs=PROCESSES), joblib.delayed(_chunk), function)
    return functools.partial(_by_pool, multiprocessing.Pool(PROCESSES), function)


def _by_pool(pool: Any, function: Callable[..., Any], *columns: list[Any]) -> list[Any]:
    size = len(columns[0]) // (4 * PROCESSES) + 1
    if len(columns) == 1:
        return list(pool.map(function, columns[0], size))
    return list(pool.starmap(function, zip(*columns, strict=True), size))


def _by_joblib(parallel: Any, delayed: Any, function: Callable[..., Any], *columns: list[Any]) -> list[Any]:
    rows = list(zip(*columns, strict=True))
    size = len(rows) // (4 * PROCESSES) + 1
    chunks = parallel(delayed(function, rows[i : i + size]) for i in range(0, len(rows), size))
    return list(itertools.chain.from_iterable(chunks))


def _chunk(function: Callable[..., Any], rows: list[tuple[Any, ...]]) -> list[Any]:
    return [function(*row) for row in rows]
