"""The hot loops of nodes on a large grid, compiled by numba; imported only when they pay.

The coupling needs all nodes at a point, transforms all points of a node. A tile of points is gathered once as planes of
real and imaginary parts, which stay in cache: phases are applied there and all products of two nodes summed, or the map
of the nodes applied and then phases. So a sub-step reads and writes the nodes twice beside its transforms.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from wignerlohe.threads import share

ComplexArray = NDArray[np.complex128]

LANES = 128  # of a tile: 2 kB for each node
PARTS = 16  # of the points, each summed by itself, so that bits do not depend on threads
FAST = {"contract", "nsz", "reassoc"}  # what lets sums and complex products use vector registers


@numba.njit(nogil=True, cache=True, fastmath=FAST, error_model="numpy")
def _turn_and_multiply(begin: int, before: int, nodes: ComplexArray, phases: ComplexArray, sums: ComplexArray) -> None:
    """``psi_ic <- phases psi_ic`` in place, and ``sums_ij = sum_c psi_ic conj(psi_jc)`` for i >= j, by parts."""
    count, components, points = nodes.shape
    tiles = (points + LANES - 1) // LANES
    for part in range(begin, before):
        planes, total = np.zeros((count, 2, LANES)), sums[part]
        for tile in range(part * tiles // PARTS, (part + 1) * tiles // PARTS):
            first = tile * LANES
            width = min(LANES, points - first)
            for component in range(components):
                for i in range(count):
                    row, turn, x, y = nodes[i, component], phases[i % len(phases)], planes[i, 0], planes[i, 1]
                    for lane in range(width):
                        value = row[first + lane] * turn[first + lane]
                        row[first + lane] = value
                        x[lane], y[lane] = value.real, value.imag
                    x[width:], y[width:] = 0.0, 0.0
                for i in range(count):
                    a, b = planes[i, 0], planes[i, 1]
                    for j in range(i + 1):
                        x, y, real, imag = planes[j, 0], planes[j, 1], 0.0, 0.0
                        for lane in range(LANES):
                            real += a[lane] * x[lane] + b[lane] * y[lane]
                            imag += b[lane] * x[lane] - a[lane] * y[lane]
                        total[i, j] += complex(real, imag)


@numba.njit(nogil=True, cache=True, fastmath=FAST, error_model="numpy")
def _map_and_turn(
    begin: int,
    before: int,
    nodes: ComplexArray,
    g: ComplexArray,
    u: ComplexArray,
    q: ComplexArray,
    phases: ComplexArray,
) -> None:
    """``psi_i <- phases g_i (psi_i + sum_a U_ia sum_k Q_ka psi_k)`` in place, for nodes (N, m, q)."""
    count, components, points = nodes.shape
    rank = u.shape[1]
    tiles = (points + LANES - 1) // LANES
    for part in range(begin, before):
        sums = np.zeros((rank, 2, LANES))
        x, y = np.zeros(LANES), np.zeros(LANES)
        for tile in range(part * tiles // PARTS, (part + 1) * tiles // PARTS):
            first = tile * LANES
            width = min(LANES, points - first)
            for component in range(components):
                sums[:] = 0.0
                for k in range(count):
                    row = nodes[k, component]
                    for lane in range(width):
                        x[lane], y[lane] = row[first + lane].real, row[first + lane].imag
                    for a in range(rank):
                        c, s, real, imag = q[k, a].real, q[k, a].imag, sums[a, 0], sums[a, 1]
                        for lane in range(LANES):
                            real[lane] += c * x[lane] - s * y[lane]
                            imag[lane] += c * y[lane] + s * x[lane]
                for i in range(count):
                    row = nodes[i, component]
                    for lane in range(width):
                        x[lane], y[lane] = row[first + lane].real, row[first + lane].imag
                    for a in range(rank):
                        c, s, real, imag = u[i, a].real, u[i, a].imag, sums[a, 0], sums[a, 1]
                        for lane in range(LANES):
                            x[lane] += c * real[lane] - s * imag[lane]
                            y[lane] += c * imag[lane] + s * real[lane]
                    factor = g[i]
                    for lane in range(width):
                        row[first + lane] = complex(x[lane], y[lane]) * (factor * phases[first + lane])


def turn_and_multiply(nodes: ComplexArray, phases: ComplexArray) -> ComplexArray:
    """``psi_ic <- phases psi_ic`` in place, with one row of phases or N; returns ``sum_c psi_ic conj(psi_jc)``.

    For nodes (N, m, q).
    """
    count = len(nodes)
    sums = np.zeros((PARTS, count, count), dtype=np.complex128)
    share(_turn_and_multiply, PARTS, nodes, phases, sums)
    lower = sums.sum(axis=0)
    strict = np.tril(lower, -1)
    return np.asarray(strict + strict.conj().T + np.diag(lower.diagonal().real))


def map_and_turn(nodes: ComplexArray, g: ComplexArray, u: ComplexArray, q: ComplexArray, phases: ComplexArray) -> None:
    """``psi_i <- phases g_i (psi_i + sum_a U_ia sum_k Q_ka psi_k)`` in place, for nodes (N, m, q)."""
    share(_map_and_turn, PARTS, nodes, g, u, q, phases)
