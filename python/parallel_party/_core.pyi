"""The extension module; everything public of it is in `parallel_party` itself."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

from typing_extensions import Buffer

from parallel_party._batched import batched

_R = TypeVar("_R")
_Out = TypeVar("_Out", bound=list[Any] | batched | Buffer)

@overload
def map(
    f: Callable[..., _R],
    /,
    *columns: Iterable[object],
    device: str = "auto",
    out: None = None,
    strict: bool = False,
    fast_math: bool = False,
    **uniform: object,
) -> list[_R]: ...
@overload
def map(
    f: Callable[..., _R],
    /,
    *columns: Iterable[object],
    device: str = "auto",
    out: _Out,
    strict: bool = False,
    fast_math: bool = False,
    **uniform: object,
) -> _Out: ...
def for_each(
    f: Callable[..., object],
    /,
    *columns: Iterable[object],
    device: str = "auto",
    strict: bool = False,
    fast_math: bool = False,
    **uniform: object,
) -> None: ...

class ExplainedCall:
    @property
    def columns(self) -> list[str]: ...
    @property
    def results(self) -> list[str]: ...
    @property
    def hand_backs(self) -> list[tuple[str, bool]]: ...
    @property
    def refusal(self) -> str | None: ...
    @property
    def device(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def timings(self) -> dict[str, float]: ...
    @property
    def has_run(self) -> bool: ...
    def ir(self) -> str: ...
    def llvm_ir(self, optimized: bool) -> str: ...
    def assembly(self) -> str: ...
    def ptx(self, compute_capability: int) -> str: ...

def explain(
    f: Callable[..., object], /, *columns: Iterable[object], **keywords: object
) -> tuple[int, list[ExplainedCall]]: ...
def statistics() -> tuple[int, int, int, int, int, int]: ...
def cuda_devices() -> tuple[str, list[dict[str, Any]]]: ...
def thread_count() -> int: ...
def host_processor() -> str: ...
def intrinsic_names() -> list[str]: ...
