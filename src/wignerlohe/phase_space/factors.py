"""Left and right factors of a matrix of operator kernels, as few as its numerical rank.

``rho_ij(x, x') = sum_m phi_i^m(x) conj(chi_j^m(x'))``: the matrix R of all blocks, (N n) x (N n), is ``Phi X^dagger``.
Blocks that come from few functions have few singular values above rounding, and a random range finder with one power
iteration sees them in a few products with R (N. Halko, P.-G. Martinsson and J. A. Tropp, SIAM Review 53 (2011), 217,
algorithms 4.2 and 4.4): no decomposition of R itself is made.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe.checks import complex_array, require, whole_number
from wignerlohe.grid import Grid

ComplexArray = NDArray[np.complex128]

FIRST = 16  # directions tried at once, to begin with
SHARE = 0.5  # of rtol, for directions that are not found and for those that are dropped


@dataclass(frozen=True)
class LowRank:
    """Factors of blocks ``rho_ij``.

    Attributes
    ----------
    left, right : complex128 arrays, shape (N, m, *grid.shape)
        phi and chi, each with half of every singular value. For ``R = R^dagger >= 0`` they agree to the error.
    error : float
        ``||R - Phi X^dagger|| / ||R||`` in the Frobenius norm, computed entry by entry.
    """

    left: ComplexArray
    right: ComplexArray
    error: float


def factors(grid: Grid, kernels: ArrayLike, rtol: float = 1e-13, limit: int = 256) -> LowRank | None:
    """Factors of a matrix of kernels ``rho_ij(x, x') = sum_m phi_i^m(x) conj(chi_j^m(x'))``, m as small as can be.

    Parameters
    ----------
    grid : Grid
        The grid of x and of x'.
    kernels : array_like, shape (N, N, *grid.shape, *grid.shape)
        The blocks, Hermitian or not, as `wignerlohe.phase_space.weyl.weyl` returns them.
    rtol : float
        Bound on the error, relative to the Frobenius norm; above rounding, some 1e-15.
    limit : int
        The largest m that is of use: the work grows as its square.

    Returns
    -------
    LowRank or None
        None if more than ``limit`` factors would be needed.

    Raises
    ------
    InvalidInputError
        If a shape does not fit, or a value is not finite.

    Examples
    --------
    >>> from wignerlohe import states
    >>> grid = Grid(-8.0, 8.0, 48)
    >>> phi, chi = states.fock(grid, level=[0, 1]), states.fock(grid, level=[2, 3])
    >>> found = factors(grid, np.einsum("ia,jb->ijab", phi, chi.conj()))
    >>> found.left.shape, found.error < 1e-13
    ((2, 1, 48), True)
    """
    blocks = complex_array("kernels", kernels, "numpy.zeros((N, N, n, n))")
    count = len(blocks) if blocks.ndim else 0
    shape = (count, count, *grid.shape, *grid.shape)
    must, but = f"have shape (N, N, {', '.join(map(str, shape[2:]))})", f"its shape is {blocks.shape}"
    require(count and blocks.shape == shape, "kernels", must, but, "weyl(grid, w) of functions w_ij")
    require(0 < rtol < 1, "rtol", "lie between 0 and 1", f"{rtol!r} was given", "rtol=1e-13")
    size, limit = count * grid.size, whole_number("limit", limit, 1)
    matrix = blocks.reshape(count, count, grid.size, grid.size).swapaxes(1, 2).reshape(size, size)
    norm = float(np.linalg.norm(matrix))
    basis = _range(matrix, SHARE * rtol * norm, min(limit + FIRST, size))
    if basis is None:
        return None
    u, values, vh = np.linalg.svd(basis.conj().T @ matrix, full_matrices=False)
    dropped = np.sqrt(np.cumsum(values[::-1] ** 2))[::-1]  # if all from here on are left out
    rank = max(1, int(np.count_nonzero(dropped > SHARE * rtol * norm)))
    if rank > limit:
        return None
    roots = np.sqrt(values[:rank])
    left, right = basis @ u[:, :rank] * roots, vh[:rank].conj().T * roots
    rows = zip(np.split(matrix, count), np.split(left, count), strict=True)
    error = float(np.linalg.norm([np.linalg.norm(row - phi @ right.conj().T) for row, phi in rows]))
    return LowRank(_functions(grid, count, left), _functions(grid, count, right), error / norm if norm else 0.0)


def _range(matrix: ComplexArray, tolerance: float, limit: int) -> ComplexArray | None:
    """An orthonormal basis of the range of R, up to an error in the Frobenius norm; None if the limit is too small.

    Random vectors have ``E |A g|^2 = ||A||^2``, so those that look for new directions tell what is left.
    """
    random = np.random.default_rng(0)  # any seed serves, and this one gives the same factors every time
    size = len(matrix)
    basis = np.empty((size, 0), dtype=np.complex128)
    while basis.shape[1] < size:
        found, count = basis.shape[1], min(max(FIRST, basis.shape[1]), size - basis.shape[1])
        probes = random.normal(size=(size, count, 2)).view(np.complex128)[..., 0] / np.sqrt(2)
        new = _without(basis, matrix @ probes)
        if found and np.linalg.norm(new) <= tolerance * np.sqrt(count):
            break
        if found == limit:
            return None
        new = np.linalg.qr(new[:, : limit - found])[0]
        new = np.linalg.qr((new.conj().T @ matrix).conj().T)[0]  # small singular values come up as their squares
        new = np.linalg.qr(_without(basis, matrix @ new))[0]
        basis = np.hstack((basis, np.linalg.qr(_without(basis, new))[0]))  # once more: noise may lie in the basis
    return basis


def _without(basis: ComplexArray, columns: ComplexArray) -> ComplexArray:
    """Columns minus their projection on an orthonormal basis."""
    return np.asarray(columns - basis @ (basis.conj().T @ columns))


def _functions(grid: Grid, count: int, columns: ComplexArray) -> ComplexArray:
    """Columns (N n, m) as functions (N, m, *grid.shape)."""
    rank = columns.shape[1]
    return np.ascontiguousarray(columns.reshape(count, grid.size, rank).swapaxes(1, 2)).reshape(
        count, rank, *grid.shape
    )
