"""The span of the data: N states become N short vectors of coordinates.

``psi_i = sum_a C_ia e_a`` in an orthonormal basis of r functions, r <= N. The coupling acts on C alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.grid import Grid

ComplexArray = NDArray[np.complex128]

BLOCK = 4_000_000  # numbers read at once from data with more nodes than unknowns
EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Span:
    """An orthonormal basis of the data, the direction of each node in it, and its norm.

    A node of m components is one vector of L^2 (x) C^m. The coupling acts between directions. Norms may differ from 1
    by what `wignerlohe.solve` lets pass; they are kept apart, untouched, since a defect inside the coupling would grow
    there.

    Attributes
    ----------
    coordinates : complex128 array, shape (N, r)
        ``C_ia = <psi_i, e_a> / ||psi_i||``, unit rows.
    norms : float64 array, shape (N,)
        ``||psi_i||``.
    basis : complex128 array, shape (r, m, *grid.shape)
        ``e_a``, orthonormal.
    """

    coordinates: ComplexArray
    norms: NDArray[np.float64]
    basis: ComplexArray

    @classmethod
    def of(cls, grid: Grid, psi: ComplexArray) -> Span:
        """Build from nodes (N, m, *grid.shape), which may be memory-mapped.

        Directions below rounding, ``8 eps sqrt(N)`` of the largest, are dropped: they are noise of the data.
        """
        rows = psi.reshape(len(psi), -1)
        if len(rows) > rows.shape[1] and rows.size > BLOCK:
            coordinates, norms, axes = _tall(rows, np.sqrt(grid.cell))
        else:
            coordinates, norms, axes = _whole(rows, np.sqrt(grid.cell))
        return cls(coordinates, norms, axes.reshape(-1, *psi.shape[1:]) / np.sqrt(grid.cell))

    @classmethod
    def of_expansion(cls, grid: Grid, coefficients: ComplexArray, functions: ComplexArray) -> Span:
        """Build from N nodes given as coefficients (N, r) of functions (r, m, *grid.shape).

        Where the functions are orthonormal and the rows have unit norm, both to rounding, the coefficients are the
        coordinates, without a copy.
        """
        rows = functions.reshape(len(functions), -1)
        defect = np.abs(rows @ rows.conj().T * grid.cell - np.eye(len(rows))).max()
        if len(coefficients) < len(rows) or defect > 16 * EPS * np.sqrt(rows.shape[1]):
            inner = cls.of(grid, functions)  # functions = norms * coordinates @ basis
            change = inner.norms[:, None] * inner.coordinates
            coordinates, basis = coefficients @ change, inner.basis
        else:
            coordinates, basis = coefficients, functions
        norms = _norms(coordinates)
        if np.abs(norms - 1).max() <= 4 * EPS:
            return cls(coordinates, np.ones(len(norms)), basis)
        return cls(coordinates / _divisors(norms), norms, basis)


def _whole(rows: ComplexArray, root: float) -> tuple[ComplexArray, NDArray[np.float64], ComplexArray]:
    """Factor rows by QR and the singular values of the small factor: coordinates, norms, orthonormal axes.

    Rows that are equal to the last bit enter once, so that they stay equal to the last bit.
    """
    rows = np.ascontiguousarray(rows)
    bits = rows.view(f"V{rows.itemsize * rows.shape[1]}").ravel()
    _, first, same = np.unique(bits, return_index=True, return_inverse=True)
    q, r = np.linalg.qr(rows[first].T * root)
    left, sizes, right = np.linalg.svd(r, full_matrices=False)
    rank = _rank(sizes, len(rows))
    coordinates = (sizes[:rank, None] * right[:rank]).T
    norms = np.linalg.norm(coordinates, axis=1)
    coordinates = np.ascontiguousarray((coordinates / _divisors(norms))[same])
    return coordinates, norms[same], np.ascontiguousarray((q @ left[:, :rank]).T)


def _tall(rows: ComplexArray, root: float) -> tuple[ComplexArray, NDArray[np.float64], ComplexArray]:
    """The same for many more nodes than unknowns, read twice in blocks: the triangular factor, then coordinates."""
    height = max(rows.shape[1], BLOCK // rows.shape[1])
    blocks = [slice(first, first + height) for first in range(0, len(rows), height)]
    triangle: NDArray[Any] = np.empty((0, rows.shape[1]), dtype=np.complex128)
    for block in blocks:
        triangle = np.asarray(np.linalg.qr(np.concatenate((triangle, rows[block] * root)), mode="r"))
    _, sizes, right = np.linalg.svd(triangle)
    axes = np.ascontiguousarray(right[: _rank(sizes, len(rows))])
    coordinates = np.empty((len(rows), len(axes)), dtype=np.complex128)
    norms = np.empty(len(rows))
    back = axes.conj().T * root
    for block in blocks:
        found = rows[block] @ back
        norms[block] = np.linalg.norm(found, axis=1)
        coordinates[block] = found / _divisors(norms[block])
    return coordinates, norms, axes


def _rank(sizes: NDArray[np.float64], count: int) -> int:
    """How many singular values stand above rounding."""
    return max(1, int(np.sum(sizes > 8 * EPS * np.sqrt(count) * sizes[0])))


def _divisors(norms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Norms as a column; a state that vanishes keeps vanishing coordinates, and is refused or not by the caller."""
    return np.where(norms > 0, norms, 1.0)[:, None]


def _norms(coordinates: ComplexArray) -> NDArray[np.float64]:
    """Norms of rows, without a temporary array of their size."""
    parts = coordinates.view(np.float64)
    return np.asarray(np.sqrt(np.einsum("ia,ia->i", parts, parts)))


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


def deviation_of(coordinates: ComplexArray, rows: NDArray[np.int_], columns: NDArray[np.int_]) -> ComplexArray:
    """The same for chosen pairs of nodes: complex128 (pairs,)."""
    difference, others = coordinates[rows] - coordinates[columns], coordinates[columns]
    result = np.empty(len(difference), dtype=np.complex128)
    result.real = np.einsum("ja,ja->j", difference, difference.conj()).real / 2
    result.imag = -np.einsum("ja,ja->j", difference, others.conj()).imag
    return result
