"""Streams and events of GPUs: the order with other libraries' work, and times."""

from __future__ import annotations

from parallel_party import _core
from parallel_party._context import Nesting

_entered = Nesting(_core.stream_variable, None)

# How libraries that have no __cuda_stream__ call the handle: PyTorch, CuPy, Numba.
_HANDLES = ("cuda_stream", "ptr", "handle")


def _gpu(device: str | None) -> str:
    """The GPU of that name, or the context's, or the first, with its number."""
    if device is None:
        current = _core.device_variable.get("auto")
        device = current if current.startswith("cuda") else "cuda"
    else:
        _core.check_device(device)
    return "cuda:0" if device == "cuda" else device


def _handle_of(stream: object) -> int:
    """The driver's handle of another library's stream."""
    if isinstance(stream, int) and not isinstance(stream, bool):
        return stream
    if hasattr(type(stream), "__cuda_stream__"):
        version, handle = getattr(stream, "__cuda_stream__")()  # noqa: B009
        if version != 0:
            raise ValueError(f"__cuda_stream__ of version {version} is not known")
        return int(handle)
    for name in _HANDLES:
        handle = getattr(stream, name, None)
        handle = getattr(handle, "value", handle)  # Numba's is a ctypes object
        if isinstance(handle, int):
            return handle
    raise TypeError(f"'{type(stream).__name__}' is no stream: it has neither __cuda_stream__ nor a handle")


class Stream:
    """A queue of work on a GPU.

    Within `with stream:` calls that run on the stream's GPU queue their work there. Calls wait for their results all
    the same. The library's own work on a GPU is done in the order of the calls, whatever streams it goes to; a stream
    is for the order with the work of other libraries, which share it: what they have queued there is done before, and
    what they queue later behind.

    It belongs to the context (`contextvars`): other threads and tasks do not see it.

    Parameters
    ----------
    stream
        A stream of another library's: an object with `__cuda_stream__`, PyTorch's, CuPy's and Numba's streams, or the
        driver's handle as an int. It is kept alive. None makes a new one.
    device
        Its GPU: `"cuda"`, `"cuda:1"`. None: that of `with pp.device(...)`, or the first.

    Raises
    ------
    DeviceError
        There is no such GPU.
    TypeError
        `stream` is no stream.
    ValueError
        `stream` belongs to another GPU.

    Examples
    --------
    ::

        with pp.Stream(torch.cuda.current_stream()):
            posed = pp.map(wave, tensor, t=0.5)
    """

    __slots__ = ("_is_foreign", "_stream")

    def __init__(self, stream: object = None, /, *, device: str | None = None) -> None:
        name = _gpu(device)
        self._is_foreign = stream is not None
        self._stream = _core.stream_open(name) if stream is None else _open_foreign(name, stream)

    @property
    def device(self) -> str:
        """Its GPU, `"cuda:0"`."""
        return f"cuda:{_core.stream_information(self._stream)[0]}"

    @property
    def handle(self) -> int:
        """The driver's handle, for libraries that ask for a number."""
        return _core.stream_information(self._stream)[1]

    def __cuda_stream__(self) -> tuple[int, int]:
        """Hand the stream to another library: (version, handle)."""
        return 0, self.handle

    @property
    def done(self) -> bool:
        """Whether all that was queued to it is done."""
        return _core.stream_is_done(self._stream)

    def synchronize(self) -> None:
        """Wait until all that was queued to it is done."""
        _core.stream_synchronize(self._stream)

    def record(self) -> Event:
        """Return a new event that is reached when all that was queued to it is done."""
        return Event(device=self.device).record(self)

    def wait(self, event: Event) -> None:
        """Let what is queued to it from now on wait for the event."""
        _core.stream_wait(self._stream, event._event)

    def __enter__(self) -> Stream:
        _entered.enter(self._stream)
        return self

    def __exit__(self, *exception: object) -> None:
        _entered.leave()
        if self._is_foreign:
            _core.stream_leave(self._stream)  # its owner may destroy it now

    def __repr__(self) -> str:
        return f"<Stream {self.handle:#x} of {self.device!r}>"


def _open_foreign(name: str, stream: object) -> object:
    handle = _handle_of(stream)
    if handle < 0:
        raise ValueError(f"{handle} is no handle of a stream")
    return _core.stream_open(name, handle, stream)


class Event:
    """A point in the work of a GPU, and the time when it was reached.

    As a context manager it measures what the GPU did in the block: from what was queued before it to what was queued in
    it.

    Parameters
    ----------
    device
        Its GPU: `"cuda"`, `"cuda:1"`. None: that of `with pp.device(...)`, or the first.

    Raises
    ------
    DeviceError
        There is no such GPU.

    Examples
    --------
    ::

        with pp.Event() as lap:
            posed = pp.map(wave, rest, t=0.5)
        print(lap.milliseconds)
    """

    __slots__ = ("_device", "_event", "_is_recorded", "_start")

    def __init__(self, *, device: str | None = None) -> None:
        self._device = _gpu(device)
        self._event = _core.event_open(self._device)
        self._start: Event | None = None
        self._is_recorded = False

    def record(self, stream: Stream | None = None) -> Event:
        """Set the point behind all that was queued to the stream, or to the current one, so far; return the event."""
        _core.event_record(self._event, None if stream is None else stream._stream)
        self._is_recorded = True
        return self

    @property
    def done(self) -> bool:
        """Whether the point has been reached; also where none was set."""
        return _core.event_is_done(self._event)

    def synchronize(self) -> None:
        """Wait until the point has been reached."""
        _core.event_synchronize(self._event)

    def elapsed_time(self, end: Event, /) -> float:
        """Return the milliseconds from this event to `end`, which is waited for.

        Raises
        ------
        ValueError
            One of the two was not recorded, or they belong to different GPUs.
        """
        if not (self._is_recorded and end._is_recorded):
            raise ValueError("an event that was not recorded has no time: call record() first")
        if self._device != end._device:
            raise ValueError(f"there is no time between events of {self._device!r} and {end._device!r}")
        end.synchronize()
        return _core.event_milliseconds(self._event, end._event)

    @property
    def milliseconds(self) -> float:
        """What the GPU took for the block of the last `with` statement.

        Raises
        ------
        ValueError
            There was none.
        """
        if self._start is None:
            raise ValueError("the event was not used in a with statement")
        return self._start.elapsed_time(self)

    def __enter__(self) -> Event:
        self._start = Event(device=self._device).record()
        return self

    def __exit__(self, *exception: object) -> None:
        self.record()

    def __repr__(self) -> str:
        return f"<Event of {self._device!r}, {'done' if self.done else 'not done'}>"


def synchronize() -> None:
    """Wait until everything that was queued on any GPU by this library is done.

    >>> import parallel_party as pp
    >>> pp.synchronize()
    """
    _core.synchronize()
