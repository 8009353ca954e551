"""The exceptions and warnings of parallel_party."""


class UnsupportedError(TypeError):
    """A function cannot be compiled: no path of it has a compiled form for the elements given.

    The message names file and line, marks the expression, and says what to write instead.
    """


class ConversionError(TypeError):
    """An element is of a kind that its place does not take."""


class DeviceError(RuntimeError):
    """A device is missing or failed; the message has the driver's own words."""


class PerformanceWarning(UserWarning):
    """More than one in a hundred elements of a large run had to be evaluated by CPython.

    Given once for each function, after the result is safe. `parallel_party.explain` lists the paths.
    """
