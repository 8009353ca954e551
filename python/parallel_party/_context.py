"""Which device calls use that do not say."""

from __future__ import annotations

from parallel_party._core import check_device, device_variable

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from contextvars import Token


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

    __slots__ = ("_tokens", "name")

    name: str
    """What was given."""

    def __init__(self, name: str, /) -> None:
        check_device(name)
        self.name = name
        self._tokens: list[Token[str]] = []

    def __enter__(self) -> device:
        self._tokens.append(device_variable.set(self.name))
        return self

    def __exit__(self, *exception: object) -> None:
        device_variable.reset(self._tokens.pop())

    def __repr__(self) -> str:
        return f"device({self.name!r})"
