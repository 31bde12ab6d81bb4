"""The span of the data: N states become N short vectors of coordinates.

``psi_i = sum_a C_ia e_a`` in an orthonormal basis of r functions, r <= N. The coupling acts on C alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wignerlohe.grid import Grid

ComplexArray = NDArray[np.complex128]


@dataclass(frozen=True)
class Span:
    """An orthonormal basis of the data, the direction of each node in it, and its norm.

    The coupling acts between directions. Norms may differ from 1 by what `wignerlohe.solve` lets pass; they are kept
    apart, untouched, since a defect inside the coupling would grow there.

    Attributes
    ----------
    coordinates : complex128 array, shape (N, r)
        ``C_ia = <psi_i, e_a> / ||psi_i||``, unit rows.
    norms : float64 array, shape (N,)
        ``||psi_i||``.
    basis : complex128 array, shape (r, *grid.shape)
        ``e_a``, orthonormal in ``<., .>``.
    """

    coordinates: ComplexArray
    norms: NDArray[np.float64]
    basis: ComplexArray

    @classmethod
    def of(cls, grid: Grid, psi: ComplexArray) -> Span:
        """Build from states (N, *grid.shape) by an orthogonal factorisation and the singular values of its factor.

        Directions below rounding, ``8 eps sqrt(N)`` of the largest, are dropped: they are noise of the data. States
        that are equal to the last bit enter once, so that they stay equal to the last bit.
        """
        rows = np.ascontiguousarray(psi.reshape(len(psi), -1))
        bits = rows.view(f"V{rows.itemsize * rows.shape[1]}").ravel()
        _, first, same = np.unique(bits, return_index=True, return_inverse=True)
        q, r = np.linalg.qr(rows[first].T * np.sqrt(grid.cell))
        left, sizes, right = np.linalg.svd(r, full_matrices=False)
        rank = max(1, int(np.sum(sizes > 8 * np.finfo(float).eps * np.sqrt(len(psi)) * sizes[0])))
        basis = np.ascontiguousarray((q @ left[:, :rank]).T).reshape(rank, *grid.shape) / np.sqrt(grid.cell)
        coordinates = (sizes[:rank, None] * right[:rank]).T
        norms = np.linalg.norm(coordinates, axis=1)
        coordinates = np.ascontiguousarray((coordinates / norms[:, None])[same])
        return cls(coordinates=coordinates, norms=norms[same], basis=basis)


def deviation_rows(coordinates: ComplexArray, rows: slice) -> ComplexArray:
    """``1 - <psi_i, psi_j> = |a - b|^2 / 2 - i Im <a - b, b>`` for unit vectors, rows i of all pairs.

    For states that nearly agree the relative error is ``eps / |a - b|``, that of the data themselves, where
    ``1 - <a, b>`` has lost every digit.

    Parameters
    ----------
    coordinates : complex128 array, shape (N, r)
    rows : slice
        Which i.

    Returns
    -------
    complex128 array, shape (rows, N)
    """
    result = np.empty((len(coordinates[rows]), len(coordinates)), dtype=np.complex128)
    for row, vector in enumerate(coordinates[rows]):
        difference = vector - coordinates
        result[row].real = np.einsum("ja,ja->j", difference, difference.conj()).real / 2
        result[row].imag = -np.einsum("ja,ja->j", difference, coordinates.conj()).imag
    return result
