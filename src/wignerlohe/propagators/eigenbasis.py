"""The linear flow in the eigenbasis of H: exact at any time, at the cost of one diagonalisation.

``H = -(hbar^2 / 2m) Lap + V`` with the Laplacian of the Fourier grid is a real symmetric matrix ``H = Q E Q^T``, and
``U(t) = Q exp(-i E t / hbar) Q^T``: unitary to rounding, with an error of at most ``eps ||H|| t / hbar``.
"""

from __future__ import annotations

import functools

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike, NDArray

from wignerlohe.checks import require
from wignerlohe.grid import Grid

ComplexArray = NDArray[np.complex128]

LARGEST = 4096  # points: 128 MiB of eigenvectors, found in about a minute


def kinetic_matrix(grid: Grid, mass: float) -> NDArray[np.float64]:
    """``-(hbar^2 / 2m) Lap`` on the Fourier grid, real symmetric, shape (grid.size, grid.size)."""
    total = np.zeros((1, 1))
    for n, k in zip(grid.points, grid.wavenumbers, strict=True):
        column = np.fft.ifft(grid.hbar**2 / (2 * mass) * k**2).real
        total = np.kron(total, np.eye(n)) + np.kron(np.eye(len(total)), scipy.linalg.toeplitz(column))
    return total


class Eigenbasis:
    """The linear flow by diagonalisation of H.

    Parameters
    ----------
    grid : Grid
        At most 4096 points in all.
    potential : float64 array, shape grid.shape
        V, an energy.
    mass : float
        m.

    Raises
    ------
    InvalidInputError
        If the grid is too large.

    Examples
    --------
    >>> grid = Grid(-10.0, 10.0, 128)
    >>> flow = Eigenbasis(grid, grid.axes[0] ** 2 / 2, mass=1.0)
    >>> flow.energies[:3].round(12)
    array([0.5, 1.5, 2.5])
    """

    def __init__(self, grid: Grid, potential: NDArray[np.float64], mass: float) -> None:
        require(
            grid.size <= LARGEST,
            "points",
            f"give at most {LARGEST} grid points for the eigenbasis of H",
            f"{grid.size} were given",
            "fewer points",
        )
        hamiltonian = kinetic_matrix(grid, mass)
        hamiltonian[np.diag_indices(grid.size)] += potential.ravel()
        self.grid = grid
        self.energies, self.vectors = scipy.linalg.eigh(hamiltonian, driver="evd", overwrite_a=True, check_finite=False)

    def amplitudes(self, psi: ComplexArray) -> ComplexArray:
        """``Q^T psi`` for states (..., *grid.shape); result (..., grid.size)."""
        return _apply(self.vectors.T, psi.reshape(*psi.shape[: psi.ndim - self.grid.dimension], self.grid.size))

    def assemble(self, amplitudes: ComplexArray, time: ArrayLike) -> ComplexArray:
        """``Q exp(-i E t / hbar) a`` for amplitudes (..., grid.size); result (..., *grid.shape)."""
        phases = np.exp(-1j / self.grid.hbar * np.multiply.outer(np.asarray(time, dtype=float), self.energies))
        moved = amplitudes * phases
        return _apply(self.vectors, moved).reshape(*moved.shape[:-1], *self.grid.shape)

    @functools.cached_property
    def norm(self) -> float:
        """``||H||``, the largest energy on the grid in modulus."""
        return float(np.abs(self.energies).max())


def _apply(matrix: NDArray[np.float64], vectors: ComplexArray) -> ComplexArray:
    """Multiply a real matrix onto the last axis, as one real product on interleaved parts: half the work."""
    columns = np.ascontiguousarray(vectors.reshape(-1, vectors.shape[-1]).T)
    product = (matrix @ columns.view(np.float64)).view(np.complex128)
    return np.ascontiguousarray(product.T).reshape(*vectors.shape[:-1], len(matrix))
