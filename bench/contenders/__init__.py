"""Who is measured: each module offers `prepare(workload, device)`, which returns a function from columns to a list.

Every contender does the job the way its documentation shows, and from list to list: conversions are part of the time.
"""

from __future__ import annotations

from typing import NamedTuple


class Contender(NamedTuple):
    """A name for tables, the module here that drives it, the package that must be installed, and its device."""

    name: str
    module: str
    package: str
    device: str
    takes_objects: bool = False  # can be driven to write into Python objects


CONTENDERS = {
    "pp-cpu": Contender("parallel_party, cpu", "party", "parallel_party", "cpu", True),
    "numpy": Contender("NumPy", "arrays", "numpy", "cpu", True),
    "numba": Contender("Numba, njit parallel", "numba_cpu", "numba", "cpu"),
    "joblib": Contender("joblib", "pools", "joblib", "cpu"),
    "multiprocessing": Contender("multiprocessing.Pool", "pools", "multiprocessing", "cpu"),
    "pp-cuda": Contender("parallel_party, cuda", "party", "parallel_party", "cuda", True),
    "cupy": Contender("CuPy", "arrays", "cupy", "cuda", True),
    "jax": Contender("JAX", "jax_arrays", "jax", "cuda"),
    "warp": Contender("Warp", "warp_kernels", "warp", "cuda"),
    "taichi": Contender("Taichi", "taichi_kernels", "taichi", "cuda"),
    "numba-cuda": Contender("Numba-CUDA", "numba_gpu", "numba_cuda", "cuda"),
}
