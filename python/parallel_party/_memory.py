"""Memory that is kept between calls."""

from __future__ import annotations

from parallel_party import _core


def trim() -> int:
    """Give memory that is kept for calls to come back to the system; return how many bytes of main memory that was.

    The library keeps the memory of columns and of results that have died, since mapping it anew costs more than using
    it; the next large call pays for that once. GPUs give back what they have of Arrays, of which the host fetches what
    only they have, and what their pools keep; not what another library shares.

    >>> import parallel_party as pp
    >>> pp.trim() >= 0
    True
    >>> pp.trim()
    0
    """
    return _core.trim()
