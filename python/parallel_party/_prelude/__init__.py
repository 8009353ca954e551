"""What CPython computes by algorithms of its own, in Python that compiles.

The translator follows these functions as it follows the user's. They hold to the subset it compiles, name no scalar
global (each would be a value read at every call) and avoid branches where arithmetic does, so that loops vectorise.
A case that none of this covers ends in ``require(False)``: CPython then computes the element itself.

Called from Python they give what the functions they stand for give, to the bit; the tests hold them to that. The front
end asks this package for them by name.
"""

from __future__ import annotations

from sys import version_info

from .complexes import complex_quotient, complex_quotient_314
from .gammas import gamma, lgamma
from .integers import comb, factorial, gcd, gcd_of, int_power, isqrt, lcm, lcm_of, perm, power_modulo
from .lengths import norm_311, norm_312
from .parts import frexp, isclose, ldexp, modf, nextafter, ulp
from .primitives import (
    HandedBack,
    bits_float,
    float_bits,
    floor,
    fma,
    require,
    round_even,
    same,
    text_at,
    text_put,
    text_put_code,
    text_room,
    trunc,
)
from .rounding import round_float, round_int, round_places, round_tens
from .sequences import (
    all_of,
    any_of,
    first_or,
    greatest,
    greatest_or,
    least,
    least_or,
    list_backwards,
    list_of,
    list_repeated,
    merged,
    row_contains,
    row_lacks,
    rows_at_least,
    rows_at_most,
    rows_differ,
    rows_equal,
    rows_greater,
    rows_less,
    sorted_items,
    tuple_backwards,
    tuple_of,
    tuple_repeated,
)
from .sums import fsum, prod, sum_311, sum_312, sum_314, sumprod
from .texts import (
    int_of_text,
    is_space,
    text_backwards,
    text_contains,
    text_count,
    text_find,
    text_isalnum,
    text_isalpha,
    text_isdigit,
    text_islower,
    text_isspace,
    text_isupper,
    text_join,
    text_lacks,
    text_lower,
    text_lstrip,
    text_of_int,
    text_repeated,
    text_replace,
    text_rstrip,
    text_split,
    text_strip,
    text_upper,
    text_words,
)

TYPE_CHECKING = False  # as typing has it, which takes milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "HandedBack",
    "all_of",
    "any_of",
    "bits_float",
    "comb",
    "complex_quotient",
    "complex_quotient_314",
    "factorial",
    "first_or",
    "float_bits",
    "floor",
    "fma",
    "for_version",
    "frexp",
    "fsum",
    "gamma",
    "gcd",
    "gcd_of",
    "greatest",
    "greatest_or",
    "int_of_text",
    "int_power",
    "is_space",
    "isclose",
    "isqrt",
    "lcm",
    "lcm_of",
    "ldexp",
    "least",
    "least_or",
    "lgamma",
    "list_backwards",
    "list_of",
    "list_repeated",
    "merged",
    "modf",
    "nextafter",
    "norm",
    "perm",
    "power_modulo",
    "prod",
    "require",
    "round_even",
    "round_float",
    "round_int",
    "round_places",
    "round_tens",
    "row_contains",
    "row_lacks",
    "rows_at_least",
    "rows_at_most",
    "rows_differ",
    "rows_equal",
    "rows_greater",
    "rows_less",
    "same",
    "sorted_items",
    "sum_items",
    "sumprod",
    "text_at",
    "text_backwards",
    "text_contains",
    "text_count",
    "text_find",
    "text_isalnum",
    "text_isalpha",
    "text_isdigit",
    "text_islower",
    "text_isspace",
    "text_isupper",
    "text_join",
    "text_lacks",
    "text_lower",
    "text_lstrip",
    "text_of_int",
    "text_put",
    "text_put_code",
    "text_repeated",
    "text_replace",
    "text_room",
    "text_rstrip",
    "text_split",
    "text_strip",
    "text_upper",
    "text_words",
    "trunc",
    "tuple_backwards",
    "tuple_of",
    "tuple_repeated",
    "ulp",
]

# One algorithm for each CPython that changed it, by the version that brought it.
VERSIONS: dict[str, dict[int, Callable[..., float]]] = {
    "norm": {311: norm_311, 312: norm_312},
    "sum_items": {311: sum_311, 312: sum_312, 314: sum_314},
}


def for_version(name: str, version: int) -> Callable[..., float]:
    """Return the algorithm that a CPython, given as 312 for 3.12, uses."""
    known = VERSIONS[name]
    return known[max(since for since in known if since <= version)]


norm = for_version("norm", version_info[0] * 100 + version_info[1])
sum_items = for_version("sum_items", version_info[0] * 100 + version_info[1])
