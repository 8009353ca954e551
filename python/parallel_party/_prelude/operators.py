"""The functions of the operator module for what is more than a number: classes are asked for their operators."""

from __future__ import annotations

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from typing import Any


def operator_add(a: Any, b: Any) -> Any:
    """Return ``a + b``."""
    return a + b


def operator_sub(a: Any, b: Any) -> Any:
    """Return ``a - b``."""
    return a - b


def operator_mul(a: Any, b: Any) -> Any:
    """Return ``a * b``."""
    return a * b


def operator_truediv(a: Any, b: Any) -> Any:
    """Return ``a / b``."""
    return a / b


def operator_floordiv(a: Any, b: Any) -> Any:
    """Return ``a // b``."""
    return a // b


def operator_mod(a: Any, b: Any) -> Any:
    """Return ``a % b``."""
    return a % b


def operator_pow(a: Any, b: Any) -> Any:
    """Return ``a ** b``."""
    return a**b


def operator_lshift(a: Any, b: Any) -> Any:
    """Return ``a << b``."""
    return a << b


def operator_rshift(a: Any, b: Any) -> Any:
    """Return ``a >> b``."""
    return a >> b


def operator_and_(a: Any, b: Any) -> Any:
    """Return ``a & b``."""
    return a & b


def operator_or_(a: Any, b: Any) -> Any:
    """Return ``a | b``."""
    return a | b


def operator_xor(a: Any, b: Any) -> Any:
    """Return ``a ^ b``."""
    return a ^ b


def operator_lt(a: Any, b: Any) -> Any:
    """Return ``a < b``."""
    return a < b


def operator_le(a: Any, b: Any) -> Any:
    """Return ``a <= b``."""
    return a <= b


def operator_eq(a: Any, b: Any) -> Any:
    """Return ``a == b``."""
    return a == b


def operator_ne(a: Any, b: Any) -> Any:
    """Return ``a != b``."""
    return a != b


def operator_gt(a: Any, b: Any) -> Any:
    """Return ``a > b``."""
    return a > b


def operator_ge(a: Any, b: Any) -> Any:
    """Return ``a >= b``."""
    return a >= b


def operator_neg(a: Any) -> Any:
    """Return ``-a``."""
    return -a


def operator_pos(a: Any) -> Any:
    """Return ``+a``."""
    return +a


def operator_invert(a: Any) -> Any:
    """Return ``~a``."""
    return ~a


def operator_not_(a: Any) -> Any:
    """Return ``not a``."""
    return not a


def operator_truth(a: Any) -> Any:
    """Return ``bool(a)``."""
    return True if a else False


def operator_getitem(a: Any, b: Any) -> Any:
    """Return ``a[b]``."""
    return a[b]


def operator_contains(a: Any, b: Any) -> Any:
    """Return ``b in a``."""
    return b in a
