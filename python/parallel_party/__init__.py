"""Plain Python functions over plain Python data, on every core or on an NVIDIA GPU, with the answers Python gives.

>>> import math, parallel_party as pp
>>> def wave(p, t):
...     x, y, z = p
...     return (x, math.sin(x + z + t), z)
>>> pp.map(wave, [(0.0, 0.0, 0.0), (1.0, 0.0, -1.0)], t=0.0)
[(0.0, 0.0, 0.0), (1.0, 0.0, -1.0)]
"""

from parallel_party._batched import batched
from parallel_party._core import compile as compile
from parallel_party._core import for_each
from parallel_party._core import map as map
from parallel_party._devices import Device, devices
from parallel_party._errors import ConversionError, DeviceError, PerformanceWarning, UnsupportedError
from parallel_party._explain import Explanation, explain
from parallel_party._memory import trim
from parallel_party._stats import Stats, stats

__version__ = "0.1.0"

# Without `map` and `compile`: a star import must not shadow builtins.
__all__ = [
    "ConversionError",
    "Device",
    "DeviceError",
    "Explanation",
    "PerformanceWarning",
    "Stats",
    "UnsupportedError",
    "batched",
    "devices",
    "explain",
    "for_each",
    "stats",
    "trim",
]
