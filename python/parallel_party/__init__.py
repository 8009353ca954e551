"""Plain Python functions over plain Python data, on every core or on an NVIDIA GPU, with the answers Python gives.

>>> import math, parallel_party as pp
>>> def wave(p, t):
...     x, y, z = p
...     return (x, math.sin(x + z + t), z)
>>> pp.map(wave, [(0.0, 0.0, 0.0), (1.0, 0.0, -1.0)], t=0.0)
[(0.0, 0.0, 0.0), (1.0, 0.0, -1.0)]
"""

from parallel_party._array import Array, array
from parallel_party._batched import batched
from parallel_party._context import device
from parallel_party._core import compile as compile
from parallel_party._core import for_each
from parallel_party._core import map as map
from parallel_party._devices import Device, devices
from parallel_party._dtypes import (
    DType,
    bool_,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)
from parallel_party._errors import ConversionError, DeviceError, PerformanceWarning, UnsupportedError
from parallel_party._explain import Explanation, explain
from parallel_party._memory import trim
from parallel_party._stats import Stats, stats
from parallel_party._streams import Event, Stream, synchronize

__version__ = "0.1.0"

# Without `map` and `compile`: a star import must not shadow builtins.
__all__ = [
    "Array",
    "ConversionError",
    "DType",
    "Device",
    "DeviceError",
    "Event",
    "Explanation",
    "PerformanceWarning",
    "Stats",
    "Stream",
    "UnsupportedError",
    "array",
    "batched",
    "bool_",
    "device",
    "devices",
    "explain",
    "float32",
    "float64",
    "for_each",
    "int8",
    "int16",
    "int32",
    "int64",
    "stats",
    "synchronize",
    "trim",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]
