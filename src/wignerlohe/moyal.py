"""Norms of Wigner functions without a Wigner function, by Moyal's identity.

``(2 pi hbar)^d <w[A, B], w[C, D]> = sum_ab <A^a, C^b> conj(<B^a, D^b>)`` for states of several components; see docs,
"Derivations", S6. Components come as vectors in an orthonormal basis.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]


def purity(left: ComplexArray, right: ComplexArray) -> FloatArray:
    """``(2 pi hbar)^d ||w[phi_i, chi_i]||^2`` of nodes (N, m, q): float64 (N,).

    >>> purity(*2 * [np.sqrt(np.array([[[0.75, 0], [0, 0.25]]]))])          # Tr rho^2 of a mixture 3 : 1
    array([0.625])
    """
    grams = [rows @ rows.conj().swapaxes(1, 2) for rows in (left, right)]
    return np.asarray((grams[0] * grams[1].conj()).real.sum(axis=(1, 2)))


def squared_sizes(left: ComplexArray, right: ComplexArray) -> FloatArray:
    """``(2 pi hbar)^d ||w[phi_i, chi_j]||^2`` of all pairs of nodes (N, m, q): float64 (N, N).

    >>> squared_sizes(*2 * [np.array([[[1.0, 0.0]], [[0.0, 3.0]]])])                         # ||phi_i||^2 ||phi_j||^2
    array([[ 1.,  9.],
           [ 9., 81.]])
    """
    grams = [rows @ rows.conj().swapaxes(1, 2) for rows in (left, right)]
    first, second = (gram.reshape(len(gram), -1) for gram in grams)
    return np.asarray((first @ second.conj().T).real)


def squared_distance(left: ComplexArray, right: ComplexArray) -> float:
    """``(2 pi hbar)^d ||w[phi_i, chi_j] - w[phi_k, chi_l]||^2`` of nodes i, j, k, l: (4, m, q) each.

    ``w_ij - w_kl = w[phi_i - phi_k, chi_j] + w[phi_k, chi_j - chi_l]``, so that nothing cancels.

    >>> node, other = np.array([[1.0, 0.0]]), np.array([[0.6, 0.8]])
    >>> round(squared_distance(*2 * [np.array([node, node, other, other])]), 12)               # 2 (1 - |z|^2)
    1.28
    """
    terms = ((left[0] - left[2], right[1]), (left[2], right[1] - right[3]))
    products = (((a @ c.conj().T) * (b @ d.conj().T).conj()).sum().real for a, b in terms for c, d in terms)
    return float(max(sum(products), 0.0))
