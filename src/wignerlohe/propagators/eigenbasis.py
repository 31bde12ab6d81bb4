"""The linear flow in the eigenbasis of H, axis by axis: exact at any time, at the cost of one diagonalisation each.

A potential that is a sum over the axes, ``V(x, y, z) = V_1(x) + V_2(y) + V_3(z)``, leaves the axes apart: each has its
own real symmetric ``H_k = -(hbar^2 / 2m) d^2 + V_k = Q_k E_k Q_k^T`` on the Fourier grid, and U(t) is the product of
the ``Q_k exp(-i E_k t / hbar) Q_k^T``: unitary to rounding, with an error of at most ``eps ||H|| t / hbar``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wignerlohe.checks import require
from wignerlohe.diagnostics.resolution import probes
from wignerlohe.grid import Grid

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

MOST_POINTS = 4096  # of an axis: 128 MiB of eigenvectors, found in about a minute
CACHED = 2**18  # amplitudes moved in time at once, 4 MB
EPS = float(np.finfo(float).eps)


def split_over_axes(potential: FloatArray) -> list[FloatArray] | None:
    """``V_1, .., V_d`` with ``V = V_1(x) + V_2(y) + ..`` to rounding, or None if there are no such functions.

    The means over the other axes are the only candidates, up to constants. What they leave may be at most 16 roundings
    of the largest value, as much as the phases of H lose anyway.
    """
    d = potential.ndim
    if d == 1:
        return [potential]
    others = [tuple(axis for axis in range(d) if axis != kept) for kept in range(d)]
    excess = potential.mean() * (1 - 1 / d)
    parts = [potential.mean(axis=axes) - excess for axes in others]
    rest = potential.copy()
    for part, axes in zip(parts, others, strict=True):
        rest -= np.expand_dims(part, axes)
    return parts if np.abs(rest).max() <= 16 * EPS * np.abs(potential).max() else None


def kinetic_matrix(grid: Grid, mass: float, axis: int = 0) -> FloatArray:
    """``-(hbar^2 / 2m) d^2`` along one axis of the Fourier grid, real symmetric, shape (points, points)."""
    with np.errstate(over="ignore", invalid="ignore"):  # H is looked at as a whole
        column = np.fft.ifft(grid.hbar**2 / (2 * mass) * grid.wavenumbers[axis] ** 2).real
    place = np.arange(grid.points[axis])
    return np.asarray(column[place[:, None] - place])  # circulant: a negative index counts from the end


class Eigenbasis:
    """The linear flow by diagonalisation of H along each axis.

    Parameters
    ----------
    grid : Grid
        At most 4096 points on each axis.
    parts : d float64 arrays, shapes (points,)
        ``V_1, .., V_d``, energies, as from `split_over_axes`.
    mass : float
        m.

    Raises
    ------
    InvalidInputError
        If an axis is too long, or H overflows.

    Examples
    --------
    >>> grid = Grid(-10.0, 10.0, 128)
    >>> flow = Eigenbasis(grid, [grid.axes[0] ** 2 / 2], mass=1.0)
    >>> flow.energies[0][:3].round(12)
    array([0.5, 1.5, 2.5])
    """

    description = "eigenbasis of H, axis by axis, exact at any time"

    def __init__(self, grid: Grid, parts: list[FloatArray], mass: float) -> None:
        longest = max(grid.points)
        must = f"give at most {MOST_POINTS} grid points on an axis for the eigenbasis of H"
        require(longest <= MOST_POINTS, "points", must, f"{longest} were given", "fewer points")
        self.grid = grid
        self.energies: list[FloatArray] = []
        self.vectors: list[FloatArray] = []
        for axis, part in enumerate(parts):
            hamiltonian = kinetic_matrix(grid, mass, axis)
            hamiltonian[np.diag_indices(len(part))] += part
            require(np.isfinite(hamiltonian).all(), "hbar", "give a finite Hamiltonian", "it overflows", "other units")
            # NumPy's and not SciPy's: each has threads of its own, and two such pools in turn slow all small work down
            energies, vectors = np.linalg.eigh(hamiltonian)
            self.energies.append(energies)
            self.vectors.append(vectors)
        self._probes = [[probe @ vectors for probe in probes(grid, axis)] for axis, vectors in enumerate(self.vectors)]

    def prepare(self, basis: ComplexArray) -> ComplexArray:
        """Amplitudes ``(Q_1 x .. x Q_d)^T e_a``, grid axes first: complex128 (*grid.shape, r, m)."""
        values = basis.reshape(-1, *self.grid.shape)
        for vectors in reversed(self.vectors):  # the last axis comes first in turn, so that each product is one matrix
            values = _real_times_complex(vectors.T, np.moveaxis(values, -1, 0))
        return values.reshape(*self.grid.shape, *basis.shape[:2])

    def evolve(self, prepared: ComplexArray, times: FloatArray) -> ComplexArray:
        """``Q exp(-i E t / hbar) Q^T e_a``, one real matrix product per axis for all times: (T, r, m, *grid.shape)."""
        d, (r, m) = self.grid.dimension, prepared.shape[-2:]
        values = np.repeat(prepared.reshape(*self.grid.shape, 1, r * m), len(times), axis=d)
        for axis, phases in enumerate(self._phases(times)):
            values *= np.expand_dims(phases, (*(k for k in range(d) if k != axis), d + 1))
        for vectors in self.vectors:
            values = np.moveaxis(_real_times_complex(vectors, values), 0, -1)
        return np.ascontiguousarray(values).reshape(len(times), r, m, *self.grid.shape)

    def grams(self, prepared: ComplexArray, times: FloatArray) -> ComplexArray:
        """Gram matrices of the probes: few rows of one axis instead of all grid points, complex128 (2 d, T, r, r).

        The other axes carry a unitary that is the same for all functions, and drops out.
        """
        r = prepared.shape[-2]
        found = np.empty((2 * self.grid.dimension, len(times), r, r), dtype=np.complex128)
        block = max(1, CACHED // prepared.size)
        for axis, phases in enumerate(self._phases(times)):
            amplitudes = np.moveaxis(prepared, axis, 0)[:, None]
            phases = np.expand_dims(phases, tuple(range(2, amplitudes.ndim)))
            for first in range(0, len(times), block):
                moved = amplitudes * phases[:, first : first + block]
                for kind, probe in enumerate(self._probes[axis]):
                    product = np.moveaxis(_real_times_complex(probe, moved), (1, -2), (0, 1))
                    rows = product.reshape(*product.shape[:2], -1)
                    found[2 * axis + kind, first : first + block] = rows @ rows.conj().swapaxes(1, 2)
        return found

    def phase_error(self, time: float) -> float:
        """``eps ||H|| t / hbar``, the rounding of the fastest phase; not a number if H overflows."""
        with np.errstate(over="ignore", invalid="ignore"):
            lowest, highest = (sum(float(axis[end]) for axis in self.energies) for end in (0, -1))
            return EPS * max(abs(lowest), abs(highest)) * time / self.grid.hbar

    def _phases(self, times: FloatArray) -> list[ComplexArray]:
        """``exp(-i E_k t / hbar)`` for each axis, complex128 (points, T)."""
        return [np.exp(-1j / self.grid.hbar * np.multiply.outer(energies, times)) for energies in self.energies]


def _real_times_complex(matrix: FloatArray, values: ComplexArray) -> ComplexArray:
    """Multiply a real matrix onto the first axis, as one real product on interleaved parts: half the work."""
    columns = np.ascontiguousarray(values).reshape(len(values), -1)
    return (matrix @ columns.view(np.float64)).view(np.complex128).reshape(len(matrix), *values.shape[1:])
