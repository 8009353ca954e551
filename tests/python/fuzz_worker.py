"""One process of fuzz.py: some generated programs, a line for each.

python tests/python/fuzz_worker.py 2000 2500 [--inputs 64] [--device cpu] [--until CLOCK]
"""

from __future__ import annotations

import argparse
import faulthandler
import resource
import signal
import sys
import time
from random import Random
from typing import Any, NamedTuple

from programs import columns, function

HANG = 60.0
"""Seconds of the processor's after which a program is taken to hang: how busy the machine is does not count."""
INPUTS = 12
"""Arguments with which each program is called, where nothing else is said."""
CHUNK = 500
"""Programs that one process runs."""
MEMORY = 4 << 30
"""Bytes of address space. `[x] * 2**31` is a MemoryError with it; a machine that has the 16 GiB works for a minute."""


class Setting(NamedTuple):
    """What the programs of a chunk run with."""

    environment: dict[str, str]
    inputs: int = 1  #: times as many calls


_ONE_THREAD = {"PARALLEL_PARTY_NUM_THREADS": "1"}
_BY_SIZE, _QUICK = Setting(_ONE_THREAD), Setting({**_ONE_THREAD, "PARALLEL_PARTY_EFFORT": "quick"})
_FULL = Setting({**_ONE_THREAD, "PARALLEL_PARTY_EFFORT": "full"})
_THREADS = Setting({"PARALLEL_PARTY_NUM_THREADS": "4", "PARALLEL_PARTY_EFFORT": "quick"}, inputs=16)
# Quick code takes a third of the time that code of full effort takes: more programs, the same front end.
SETTINGS = [_BY_SIZE, _QUICK, _FULL, _THREADS, *[_QUICK] * 12, _BY_SIZE, *[_QUICK] * 15]
# Memory is kept rather than given back to the system and faulted in again for each program.
_ALL = {
    "PARALLEL_PARTY_DISK_CACHE": "0",
    "MALLOC_TRIM_THRESHOLD_": str(512 << 20),
    "MALLOC_TOP_PAD_": str(16 << 20),
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
}


def setting(seed: int) -> Setting:
    """With what program number `seed` runs: the whole chunk of CHUNK that it belongs to runs with the same."""
    chosen = SETTINGS[seed // CHUNK % len(SETTINGS)]
    return chosen._replace(environment={**_ALL, **chosen.environment})


def program(seed: int, inputs: int = INPUTS) -> tuple[str, list[list[Any]]]:
    """Program number `seed`: source, which does not depend on the number of inputs, and columns."""
    random = Random(seed)
    kinds, data = columns(random.randrange, inputs)
    return function(random.randrange, kinds), data


def limit_memory() -> None:
    """Nothing in this process can take more than MEMORY."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard == resource.RLIM_INFINITY or hard > MEMORY:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, hard))


def work(first: int, last: int, inputs: int, device: str, until: float) -> None:
    """Compare programs [first, last), or those begun before `until`: a line when one begins, one with what came of it.

    SIGPROF ends the process where a program takes too long, and says where.
    """
    from comparison import Difference, compare

    faulthandler.enable()
    faulthandler.register(signal.SIGPROF, chain=True)
    if device == "cpu":
        limit_memory()  # a GPU's driver maps its memory into the process
    for seed in range(first, last):
        if time.time() > until:
            break
        signal.setitimer(signal.ITIMER_PROF, HANG)
        print(f"{seed} begins", flush=True)
        try:
            print(f"{seed} {'compiled' if compare(*program(seed, inputs), device) else 'refused'}", flush=True)
        except Difference as error:
            print(f"{seed} differs {error!s:.2000}".replace("\n", " "), flush=True)
        except Exception as error:
            print(f"{seed} fails {type(error).__name__}: {error!s:.2000}".replace("\n", " "), flush=True)


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    parser.add_argument("--inputs", type=int, default=INPUTS)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--until", type=float, default=float("inf"), help="no program is begun after this time.time()")
    options = parser.parse_args()
    work(options.first, options.last, options.inputs, options.device, options.until)
    return 0


if __name__ == "__main__":
    sys.exit(main())
