"""What "the same" means, for tests and for the workers of fuzz.py: no other import, for these start often."""

from __future__ import annotations

import collections
import math
import struct
from collections.abc import Callable
from typing import Any


def same(a: Any, b: Any, ulp: int = 0) -> bool:
    """Equal in every type and value, in the same order: floats bit for bit (NaNs count as one), or within `ulp`."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        if struct.pack("d", a) == struct.pack("d", b) or (math.isnan(a) and math.isnan(b)):
            return True
        return math.isfinite(a) and math.isfinite(b) and abs(a - b) <= ulp * math.ulp(b)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y, ulp) for x, y in zip(a, b))
    if isinstance(a, dict):
        is_alike = getattr(a, "default_factory", None) is getattr(b, "default_factory", None)
        return is_alike and same(list(a.items()), list(b.items()), ulp)
    if isinstance(a, (set, frozenset)):
        return same(list(a), list(b), ulp)
    if isinstance(a, collections.deque):
        return a.maxlen == b.maxlen and same(list(a), list(b), ulp)
    return bool(a == b)


def outcome(call: Callable[[], Any]) -> tuple[Any, ...]:
    """("value", result), or ("raises", type, message)."""
    try:
        return ("value", call())
    except Exception as error:
        return ("raises", type(error), str(error))
