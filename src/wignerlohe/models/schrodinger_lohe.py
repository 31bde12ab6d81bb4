"""The Schrodinger-Lohe model, equation (1) of the paper, for nodes that share a potential.

``i hbar d_t psi_j = -(hbar^2 / 2m) Lap psi_j + V psi_j + (i hbar kappa / 2N) sum_k (psi_k - <psi_j, psi_k> /
<psi_j, psi_j> psi_j)``

Its two terms are the methods `hamiltonian` and `coupling_term`; `derivative` is their sum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wignerlohe.models.base import NodeModel

ComplexArray = NDArray[np.complex128]


class SchrodingerLohe(NodeModel):
    """Wave functions ``psi_1 .. psi_N`` of nodes in one potential, equation (1).

    Parameters
    ----------
    grid : Grid
        The grid; it carries hbar.
    potential : str, number, callable or array
        V(x), an energy: an expression in ``x, y, z, r2``, a callable of the coordinates, or values on the grid.
    coupling : float
        kappa >= 0, a rate.
    mass : float
        m > 0.

    Raises
    ------
    InvalidInputError
        If the potential cannot be read or is not finite on the grid, or a number is not finite.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> model = wl.SchrodingerLohe(wl.Grid(-8.0, 8.0, 64), potential="0.5*x**2", coupling=0.7)
    >>> model.coupling
    0.7
    """

    def hamiltonian(self, psi: ComplexArray) -> ComplexArray:
        """``H psi = -(hbar^2 / 2m) Lap psi + V psi`` for states (..., *grid.shape), spectrally exact on the grid."""
        grid = self.grid
        axes = tuple(range(-grid.dimension, 0))
        squares = sum(k**2 for k in np.meshgrid(*grid.wavenumbers, indexing="ij", sparse=True))
        kinetic = np.fft.ifftn(grid.hbar**2 / (2 * self.mass) * squares * np.fft.fftn(psi, axes=axes), axes=axes)
        return np.asarray(kinetic + self.potential * psi)

    def coupling_term(self, psi: ComplexArray) -> ComplexArray:
        """``(kappa / 2) (mean_k psi_k - <psi_j, mean> / <psi_j, psi_j> psi_j)`` for states (N, *grid.shape)."""
        mean = psi.mean(axis=0)
        ratio = self.grid.inner(psi, mean) / self.grid.inner(psi, psi).real
        return np.asarray(self.coupling / 2 * (mean - ratio.reshape(-1, *(1,) * self.grid.dimension) * psi))

    def derivative(self, psi: ComplexArray) -> ComplexArray:
        """``d_t psi`` of (1) for states (N, *grid.shape): complex128, same shape.

        Examples
        --------
        >>> import wignerlohe as wl
        >>> grid = wl.Grid(-8.0, 8.0, 64)
        >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.7)
        >>> ground = wl.states.coherent(grid, position=0.0)
        >>> bool(np.allclose(model.derivative(ground), -0.5j * ground))     # energy hbar omega / 2
        True
        """
        return np.asarray(self.hamiltonian(psi) / (1j * self.grid.hbar) + self.coupling_term(psi))
