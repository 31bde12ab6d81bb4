"""The linear flow in the eigenbasis of H: exact at any time, at the cost of one diagonalisation.

``H = -(hbar^2 / 2m) Lap + V`` with the Laplacian of the Fourier grid is a real symmetric matrix ``H = Q E Q^T``, and
``U(t) = Q exp(-i E t / hbar) Q^T``: unitary to rounding, with an error of at most ``eps ||H|| t / hbar``.
"""

from __future__ import annotations

import functools

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from wignerlohe.checks import require
from wignerlohe.diagnostics.resolution import probes
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
        require(np.isfinite(hamiltonian).all(), "hbar", "give a finite Hamiltonian", "it overflows", "other units")
        self.grid = grid
        # NumPy's and not SciPy's: each has threads of its own, and two such pools in turn slow all small work down
        self.energies, self.vectors = np.linalg.eigh(hamiltonian)

    def prepare(self, basis: ComplexArray) -> ComplexArray:
        """Amplitudes ``Q^T e_a`` as columns, complex128 (grid.size, r)."""
        return _real_times_complex(self.vectors.T, basis.reshape(-1, self.grid.size).T)

    def assemble(self, prepared: ComplexArray, coefficients: ComplexArray, times: NDArray[np.float64]) -> ComplexArray:
        """Return ``Q exp(-i E t / hbar) sum_a c_ia(t) Q^T e_a``, complex128 (T, N, *grid.shape)."""
        states = _real_times_complex(self.vectors, self._moved(prepared, coefficients, times))
        return np.ascontiguousarray(states.T).reshape(*coefficients.shape[:2], *self.grid.shape)

    def masses(
        self, prepared: ComplexArray, coefficients: ComplexArray, times: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Probability at the edge and in the top of the band, without the states themselves: float64 (2 d, T, N)."""
        moved = self._moved(prepared, coefficients, times)
        products = (_real_times_complex(probe, moved) for probe in self._probes)
        found = [(product.real**2 + product.imag**2).sum(axis=0) for product in products]
        return np.array(found).reshape(-1, *coefficients.shape[:2])

    def _moved(self, prepared: ComplexArray, coefficients: ComplexArray, times: NDArray[np.float64]) -> ComplexArray:
        """Amplitudes of all states at their times, as columns (grid.size, T N)."""
        count, nodes, rank = coefficients.shape
        columns = (prepared @ coefficients.reshape(-1, rank).T).reshape(-1, count, nodes)
        columns *= np.exp(-1j / self.grid.hbar * np.multiply.outer(self.energies, times))[:, :, None]
        return np.asarray(columns.reshape(-1, count * nodes))

    @functools.cached_property
    def _probes(self) -> list[NDArray[np.float64]]:
        """``P Q`` for each probe P: few rows instead of all grid points."""
        return [probe @ self.vectors for probe in probes(self.grid)]

    def phase_error(self, time: float) -> float:
        """``eps ||H|| t / hbar``, the rounding of the fastest phase; not a number if H overflows."""
        with np.errstate(over="ignore", invalid="ignore"):
            return float(np.finfo(float).eps * np.abs(self.energies).max() * time / self.grid.hbar)


def _real_times_complex(matrix: NDArray[np.float64], columns: ComplexArray) -> ComplexArray:
    """Multiply a real matrix onto complex columns, as one real product on interleaved parts: half the work."""
    return (matrix @ np.ascontiguousarray(columns).view(np.float64)).view(np.complex128)
