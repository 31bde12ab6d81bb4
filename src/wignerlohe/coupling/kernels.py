"""The hot loop for very many nodes, compiled by numba; imported only when a run is large enough to need it.

One pass reads C(0) once and writes nothing: for every node the denominator ``c.C_i + d``, its inverse g_i, and the
sums of g_i and ``g_i C_i``, all while the row is in cache. The pass is cut into a fixed number of blocks whose sums are
added in order, so that results do not depend on the number of threads.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

BLOCKS = 128


@numba.njit(parallel=True, cache=True, fastmath={"reassoc", "contract"})  # lets the inner sums use vector registers
def _block_sums(
    planes: NDArray[np.float64], real: NDArray[np.float64], imag: NDArray[np.float64], sums: NDArray[np.float64]
) -> None:
    nodes, rank = planes.shape[0], planes.shape[1] // 2
    for block in numba.prange(BLOCKS):
        total = np.zeros(2 * rank + 2)
        for i in range(block * nodes // BLOCKS, (block + 1) * nodes // BLOCKS):
            x, y = real[rank], imag[rank]
            for a in range(rank):
                x += planes[i, a] * real[a] - planes[i, rank + a] * imag[a]
                y += planes[i, a] * imag[a] + planes[i, rank + a] * real[a]
            square = x * x + y * y
            u, v = x / square, -y / square
            for a in range(rank):
                total[a] += u * planes[i, a] - v * planes[i, rank + a]
                total[rank + 1 + a] += u * planes[i, rank + a] + v * planes[i, a]
            total[rank] += u
            total[2 * rank + 1] += v
        sums[block] = total


def weighted_sums(planes: NDArray[np.float64], row: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """``sum_i g_i (C_i, 1)`` with ``g_i = 1 / (c.C_i + d)`` for ``row = (c, d)``.

    Parameters
    ----------
    planes : float64 array, shape (N, 2 r)
        Real parts of C, then imaginary parts.
    row : complex128 array, shape (r + 1,)

    Returns
    -------
    complex128 array, shape (r + 1,)
    """
    sums = np.empty((BLOCKS, 2 * len(row)))
    _block_sums(planes, np.ascontiguousarray(row.real), np.ascontiguousarray(row.imag), sums)
    total = sums.sum(axis=0)
    return np.asarray(total[: len(row)] + 1j * total[len(row) :])
