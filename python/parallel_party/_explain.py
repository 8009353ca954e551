"""What `map` or `for_each` would do with a function, in words."""

from __future__ import annotations

from parallel_party import _core
from parallel_party._errors import UnsupportedError

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_EMPTY = "the columns are empty; what is compiled depends on the kinds of their elements"
_NO_KIND = "the columns hold no element of a kind that has a compiled form"
_STATIONS = ("analyse", "compile", "read", "upload", "run", "download", "hand_back", "box")


class Explanation:
    """How a function is compiled for some columns; `print` it.

    Everything is about the kinds of elements found first; `signatures` has one entry for each combination of kinds
    among the first thousand elements.
    """

    __slots__ = ("count", "name", "signatures")

    name: str
    """The function's name."""
    signatures: list[_core.ExplainedCall]
    """One for each combination of kinds: `columns`, `results`, `hand_backs`, `device`, `why`, `timings`, `refusal`."""
    count: int
    """How many elements there are."""

    def __init__(self, name: str, count: int, signatures: list[_core.ExplainedCall]) -> None:
        self.name = name
        self.count = count
        self.signatures = signatures

    def _first(self) -> _core.ExplainedCall:
        if not self.count:
            raise ValueError(f"{self.name}: {_EMPTY}")
        if not self.signatures:
            raise UnsupportedError(f"{self.name}: {_NO_KIND}")
        return self.signatures[0]

    @property
    def device(self) -> str:
        """Where `map` would run it: "cpu", "cuda:0", or "none" where it is refused."""
        return self._first().device

    @property
    def reason(self) -> str:
        """Why there."""
        return self._first().why

    @property
    def types(self) -> tuple[list[str], list[str]]:
        """Kinds of the columns, and the kinds a result may be of."""
        return self._first().columns, self._first().results

    @property
    def ir(self) -> str:
        """The typed intermediate representation."""
        return self._first().ir()

    @property
    def llvm_ir(self) -> str:
        """LLVM IR of the CPU kernel, optimised."""
        return self._first().llvm_ir(True)

    @property
    def assembly(self) -> str:
        """Assembly of the CPU kernel."""
        return self._first().assembly()

    def ptx(self, compute_capability: int = 75) -> str:
        """Return the GPU kernel's PTX for a compute capability such as 75 or 90; needs no GPU."""
        return self._first().ptx(compute_capability)

    def __repr__(self) -> str:
        return f"<Explanation of {self.name}, {len(self.signatures)} signature(s)>"

    def __str__(self) -> str:
        if not self.signatures:
            return f"{self.name}: {_NO_KIND if self.count else _EMPTY}"
        return "\n\n".join(_describe(self.name, signature) for signature in self.signatures)


def _describe(name: str, signature: _core.ExplainedCall) -> str:
    """One signature in a few lines."""
    lines = [f"{name}({', '.join(signature.columns)}) -> {' | '.join(signature.results) or 'nothing'}"]
    if signature.refusal is not None:
        return "\n".join([*lines, "refused:", *("  " + line for line in signature.refusal.splitlines())])
    lines.append(f"device: {signature.device}, because {signature.why}")
    if signature.hand_backs:
        lines.append("paths that hand an element back to CPython:")
        for message, _ in signature.hand_backs:
            first, *rest = message.splitlines()
            lines += [f"  - {first}", *("    " + line for line in rest)]
    if signature.has_run:
        spent = signature.timings
        lines.append("last run, ms: " + ", ".join(f"{name} {spent[name]:.3f}" for name in _STATIONS if spent[name]))
    return "\n".join(lines)


def explain(
    f: Callable[..., object],
    /,
    *columns: Iterable[object],
    device: str = "auto",
    fast_math: bool = False,
    **uniform: object,
) -> Explanation:
    """Say what `map` would do with these arguments, or `for_each` with a function that changes its elements.

    Nothing is run. The columns may not be iterators, which would be used up. `strict` and `out` belong to `map` alone.

    Raises
    ------
    TypeError, ValueError
        The arguments do not fit, as in `map`. What the function would raise is listed, not raised.

    Examples
    --------
    >>> import parallel_party as pp
    >>> print(pp.explain(lambda v: 1.0 / v if v else None, [1.0, 0.0], device="cpu"))
    <lambda>(float) -> float | None
    device: cpu, because the call asks for it
    """
    name = getattr(f, "__name__", None) or repr(f)
    return Explanation(name, *_core.explain(f, *columns, device=device, fast_math=fast_math, **uniform))
