"""The hot loop for very many nodes, compiled by numba; imported only when a run is large enough to need it.

One pass reads C(0) once and writes nothing: for every node the denominator ``c.C_i + d``, its inverse g_i, and the
sums of g_i and ``g_i C_i``, all while the node is in cache. Nodes are stored in tiles of `LANES`, node index last, so
that every loop runs over nodes with unit stride, whatever the rank. The pass is cut into a fixed number of blocks whose
sums are added in order, so that results do not depend on the number of threads.

Kernels are functions of some blocks that let other threads run, and `wignerlohe.threads` shares the blocks. Threads of
numba's own are not used: it makes several versions of such a kernel, which round differently, and the process that
compiles runs another one than those that load what it compiled. For the same reason kernels take in what they call.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from wignerlohe.threads import share

LINE = 8
LANES = 64  # a tile of rank 32 is 32 kB: its second reading comes from the first-level cache
BLOCKS = 128

# What lets sums use vector registers; but for the error model of NumPy, every division would ask whether to raise.
FAST = {"reassoc", "contract", "arcp", "nsz"}


@numba.njit(nogil=True, cache=True, fastmath=FAST, error_model="numpy")
def _fill(begin: int, before: int, coordinates: NDArray[np.complex128], tiles: NDArray[np.float64]) -> None:
    nodes, rank = coordinates.shape
    for tile in range(begin, before):
        first = tile * LANES
        for start in range(0, LANES, LINE):  # whole cache lines of the result at a time
            for a in range(rank):
                for lane in range(start, start + LINE):
                    value = coordinates[first + lane, a] if first + lane < nodes else 0j
                    tiles[tile, 0, a, lane] = value.real
                    tiles[tile, 1, a, lane] = value.imag


@numba.njit(forceinline=True, cache=True, fastmath=FAST, error_model="numpy")
def _add_tiles(
    tiles: NDArray[np.float64],
    nodes: int,
    real: NDArray[np.float64],
    imag: NDArray[np.float64],
    total: NDArray[np.float64],
) -> None:
    rank = len(real) - 1
    x, y = np.empty(LANES), np.empty(LANES)
    for tile in range(len(tiles)):
        re, im = tiles[tile, 0], tiles[tile, 1]
        x[:], y[:] = real[rank], imag[rank]
        for a in range(rank):
            c, s, p, q = real[a], imag[a], re[a], im[a]
            for lane in range(LANES):
                x[lane] += p[lane] * c - q[lane] * s
                y[lane] += p[lane] * s + q[lane] * c
        for lane in range(LANES):
            square = x[lane] * x[lane] + y[lane] * y[lane]
            x[lane] /= square
            y[lane] /= -square
        x[nodes - tile * LANES :], y[nodes - tile * LANES :] = 0.0, 0.0
        u, v = 0.0, 0.0
        for lane in range(LANES):
            u += x[lane]
            v += y[lane]
        total[rank] += u
        total[2 * rank + 1] += v
        for a in range(rank):
            p, q = re[a], im[a]
            u, v = 0.0, 0.0
            for lane in range(LANES):
                u += x[lane] * p[lane] - y[lane] * q[lane]
                v += x[lane] * q[lane] + y[lane] * p[lane]
            total[a] += u
            total[rank + 1 + a] += v


@numba.njit(nogil=True, cache=True, fastmath=FAST, error_model="numpy")
def _block_sums(
    begin: int,
    before: int,
    tiles: NDArray[np.float64],
    nodes: int,
    real: NDArray[np.float64],
    imag: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> None:
    for block in range(begin, before):
        first, last = block * len(tiles) // BLOCKS, (block + 1) * len(tiles) // BLOCKS
        total = np.zeros(sums.shape[1])
        _add_tiles(tiles[first:last], nodes - first * LANES, real, imag, total)
        sums[block] = total


def tiled(coordinates: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Copy nodes into tiles, the last one filled up with zeros; nothing else of the size of C is made.

    Parameters
    ----------
    coordinates : complex128 array, shape (N, r)

    Returns
    -------
    float64 array, shape (ceil(N / LANES), 2, r, LANES)
        Real parts of the nodes of each tile, then imaginary parts.
    """
    nodes, rank = coordinates.shape
    tiles = np.empty((-(-nodes // LANES), 2, rank, LANES))
    share(_fill, len(tiles), coordinates, tiles)
    return tiles


def weighted_sums(tiles: NDArray[np.float64], nodes: int, row: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """``sum_i g_i (C_i, 1)`` with ``g_i = 1 / (c.C_i + d)`` for ``row = (c, d)``.

    Parameters
    ----------
    tiles : float64 array, shape (ceil(N / LANES), 2, r, LANES)
        C, from `tiled`.
    nodes : int
        N.
    row : complex128 array, shape (r + 1,)

    Returns
    -------
    complex128 array, shape (r + 1,)
    """
    sums = np.empty((BLOCKS, 2 * len(row)))
    real, imag = np.ascontiguousarray(row.real), np.ascontiguousarray(row.imag)
    share(_block_sums, BLOCKS, tiles, nodes, real, imag, sums)
    total = sums.sum(axis=0)
    return np.asarray(total[: len(row)] + 1j * total[len(row) :])
