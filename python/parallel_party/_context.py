"""Which device calls use that do not say."""

from __future__ import annotations

from parallel_party._core import check_device, device_variable

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from contextvars import ContextVar
    from typing import Any


class Nesting:
    """What `with` statements put into a context variable, and what was there before.

    That is kept by the context, as the variable is, not by the object of the statement: several threads and tasks may
    be within the same one.
    """

    __slots__ = ("_before", "_nothing", "_variable")

    def __init__(self, variable: ContextVar[Any], nothing: Any) -> None:
        self._variable = variable
        self._nothing = nothing  # stands for a variable that has no value
        self._before: ContextVar[tuple[Any, ...]] = type(variable)(variable.name + ".before", default=())

    def enter(self, value: object) -> None:
        """Put the value there."""
        self._before.set((*self._before.get(), self._variable.get(self._nothing)))
        self._variable.set(value)

    def leave(self) -> None:
        """Put back what was there before; RuntimeError in a context that nothing was entered in."""
        if not self._before.get():
            raise RuntimeError(
                "a with statement is left in another context than it was entered in, as happens to a generator that "
                "another task closes; enter it within the generator's own task"
            )
        *before, last = self._before.get()
        self._before.set(tuple(before))
        self._variable.set(last)


_devices = Nesting(device_variable, "auto")


class device:
    """Within it, calls that leave `device="auto"` use this device.

    It belongs to the context (`contextvars`): other threads and tasks do not see it. A call's own `device=` wins, and
    it wins over `PARALLEL_PARTY_DEVICE`.

    Parameters
    ----------
    name
        `"auto"`, `"cpu"`, `"cuda"` or `"cuda:1"`.

    Raises
    ------
    ValueError
        There is no such name.

    Examples
    --------
    >>> import parallel_party as pp
    >>> with pp.device("cpu"):
    ...     print(pp.explain(lambda v: v + 1.0, [1.0]).device)
    cpu
    """

    __slots__ = ("name",)

    name: str
    """What was given."""

    def __init__(self, name: str, /) -> None:
        check_device(name)
        self.name = name

    def __enter__(self) -> device:
        _devices.enter(self.name)
        return self

    def __exit__(self, *exception: object) -> None:
        _devices.leave()

    def __repr__(self) -> str:
        return f"device({self.name!r})"
