"""The hot loop of the coupling on phase space, compiled by numba; imported only when fields are large enough.

For each pair of points k and -k, and a tile of p, the matrix of all pairs of nodes is gathered once, as planes of real
and imaginary parts that stay in cache, and both maps act on it there.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

LANES = 64  # of a tile: for 16 nodes 256 kB
FAST = {"contract", "nsz"}  # what lets products of complex numbers use vector registers


@numba.njit(forceinline=True, cache=True, fastmath=FAST, error_model="numpy")
def _add_map(
    planes: NDArray[np.float64], first: int, step: int, u: NDArray[np.complex128], q: NDArray[np.complex128]
) -> None:
    """``w_i <- w_i + sum_a U_ia sum_k Q_ka w_k`` for every so many planes (N^2, 2, lanes), a row or a column."""
    count, rank = u.shape
    sums = np.zeros((rank, 2, LANES))
    for k in range(count):
        x, y = planes[first + k * step, 0], planes[first + k * step, 1]
        for a in range(rank):
            c, s, re, im = q[k, a].real, q[k, a].imag, sums[a, 0], sums[a, 1]
            for lane in range(LANES):
                re[lane] += c * x[lane] - s * y[lane]
                im[lane] += c * y[lane] + s * x[lane]
    for i in range(count):
        x, y = planes[first + i * step, 0], planes[first + i * step, 1]
        for a in range(rank):
            c, s, re, im = u[i, a].real, u[i, a].imag, sums[a, 0], sums[a, 1]
            for lane in range(LANES):
                x[lane] += c * re[lane] - s * im[lane]
                y[lane] += c * im[lane] + s * re[lane]


@numba.njit(nogil=True, cache=True, fastmath=FAST, error_model="numpy")
def pair_map(
    begin: int,
    before: int,
    fields: NDArray[np.complex128],
    rows: NDArray[np.int_],
    minus: NDArray[np.int_],
    hermitian: bool,
    g: NDArray[np.complex128],
    u: NDArray[np.complex128],
    q: NDArray[np.complex128],
    h: NDArray[np.complex128],
    s: NDArray[np.complex128],
    t: NDArray[np.complex128],
) -> None:
    """``w_ij <- sum_kl G_ik w_kl H_lj`` in some rows, and in their opposites ``minus`` if only i <= j are there.

    In place, with ``G = diag(g) (1 + u q^T)`` and ``H^T = diag(h) (1 + s t^T)``.
    """
    count, length = len(g), fields.shape[2]
    tiles = (length + LANES - 1) // LANES
    w = np.zeros((count**2, 2, LANES))
    for task in range(begin * tiles, before * tiles):
        k, first = rows[task // tiles], LANES * (task % tiles)
        other, width = minus[k], min(LANES, length - first)
        number = 0
        for i in range(count):
            for j in range(i if hermitian else 0, count):
                for lane in range(width):
                    value = fields[number, k, first + lane]
                    w[i * count + j, 0, lane], w[i * count + j, 1, lane] = value.real, value.imag
                    if hermitian and j > i:
                        value = fields[number, other, first + lane]
                        w[j * count + i, 0, lane], w[j * count + i, 1, lane] = value.real, -value.imag
                number += 1
        for i in range(count):
            _add_map(w, i * count, 1, s, t)
        for j in range(count):
            _add_map(w, j, count, u, q)
        number = 0
        for i in range(count):
            for j in range(i if hermitian else 0, count):
                factor, mirrored = g[i] * h[j], np.conj(g[j] * h[i])
                for lane in range(width):
                    fields[number, k, first + lane] = factor * complex(
                        w[i * count + j, 0, lane], w[i * count + j, 1, lane]
                    )
                    if hermitian and other != k:
                        fields[number, other, first + lane] = mirrored * complex(
                            w[j * count + i, 0, lane], -w[j * count + i, 1, lane]
                        )
                number += 1
