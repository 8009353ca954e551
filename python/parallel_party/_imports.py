"""Imports that happen within calls, where another thread may fork."""

import os
from _thread import RLock
from types import ModuleType

_lock = RLock()


def load(name: str) -> ModuleType:
    """Return the module called ``name``. A fork waits until it is imported.

    CPython locks a module while it is imported. A child that was forked meanwhile by another thread would find it
    locked for ever.

    >>> load("math").sqrt(4.0)
    2.0
    """
    with _lock:
        return __import__(name, fromlist=["load"])


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)
