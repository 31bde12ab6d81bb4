"""The Schrodinger-Lohe model, equation (1) of the paper.

``i hbar d_t psi_j = -(hbar^2 / 2m) Lap psi_j + (V_j + hbar Omega_j + g |psi_j|^2) psi_j + (i hbar kappa / 2N) sum_k
A_jk (psi_k - <psi_j, psi_k> / <psi_j, psi_j> psi_j)``

In the paper all detunings Omega_j are 0, all weights A_jk are 1, and there is no Gross-Pitaevskii term, g = 0. The
terms are the methods `hamiltonian` and
`coupling_term`; `derivative` is the sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.checks import real_number
from wignerlohe.grid import Grid
from wignerlohe.models.base import NodeModel
from wignerlohe.potentials import Potentials

ComplexArray = NDArray[np.complex128]


class SchrodingerLohe(NodeModel):
    """Wave functions ``psi_1 .. psi_N`` of nodes, equation (1).

    Parameters
    ----------
    grid : Grid
        The grid; it carries hbar.
    potential : str, number, callable or array, or list of N of these
        V(x) or V(t, x), an energy: an expression in ``x, y, z, r2, t``, a callable of the coordinates that may have a
        further parameter ``t``, or values on the grid. A list gives each node a potential of its own.
    coupling : float
        kappa, a rate; negative for repulsion.
    mass : float
        m > 0.
    detuning : array_like of float, shape (N,), optional
        Omega_j, angular frequencies.
    network : str, dict, matrix or Network, optional
        Weights A_jk; see `wignerlohe.network.build`. Sums are divided by N, never by a row sum.
    nonlinearity : float
        g of the Gross-Pitaevskii term ``g |psi_j|^2 psi_j``, an energy times length^d; for mixed nodes with the density
        ``sum_m |psi_j^m|^2``.

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

    nonlinearity: float

    def __init__(
        self, grid: Grid, potential: Potentials = 0.0, *, coupling: float, nonlinearity: float = 0.0, **further: Any
    ) -> None:
        super().__init__(grid, potential, coupling=coupling, **further)
        object.__setattr__(self, "nonlinearity", real_number("nonlinearity", nonlinearity, "nonlinearity=0.0"))

    def hamiltonian(self, psi: ComplexArray, time: float = 0.0) -> ComplexArray:
        """``H_j psi_j = -(hbar^2 / 2m) Lap psi_j + V_j psi_j``, spectrally exact on the grid.

        For nodes (N, *grid.shape) or (N, m, *grid.shape); where one potential is shared, for states (..., *grid.shape).
        Constants between potentials count as detunings.
        """
        grid = self.grid
        axes = tuple(range(-grid.dimension, 0))
        squares = sum(k**2 for k in np.meshgrid(*grid.wavenumbers, indexing="ij", sparse=True))
        kinetic = np.fft.ifftn(grid.hbar**2 / (2 * self.mass) * squares * np.fft.fftn(psi, axes=axes), axes=axes)
        potential = self.potential_at(time)
        if not self.shared:
            potential = potential.reshape(len(potential), *(1,) * (psi.ndim - 1 - grid.dimension), *grid.shape)
        return np.asarray(kinetic + potential * psi)

    def coupling_term(self, psi: ComplexArray) -> ComplexArray:
        """``(kappa / 2) (zeta_j - <psi_j, zeta_j> / <psi_j, psi_j> psi_j)`` for nodes (N, *grid.shape).

        ``zeta_j = (1/N) sum_k A_jk psi_k``; nodes of several components (N, m, *grid.shape) are vectors of L^2 (x) C^m.
        """
        nodes = psi.reshape(len(psi), -1)
        zeta = np.broadcast_to(self.system(len(psi)).mean_fields(nodes), nodes.shape)
        ratio = (nodes * zeta.conj()).sum(axis=1, keepdims=True) / (nodes * nodes.conj()).real.sum(
            axis=1, keepdims=True
        )
        return np.asarray(self.coupling / 2 * (zeta - ratio * nodes)).reshape(psi.shape)

    def derivative(self, psi: ComplexArray, time: float = 0.0) -> ComplexArray:
        """``d_t psi`` of (1), every term included, for nodes (N, *grid.shape) or (N, m, *grid.shape).

        Returns complex128 of the same shape.

        Examples
        --------
        >>> import wignerlohe as wl
        >>> grid = wl.Grid(-8.0, 8.0, 64)
        >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.7)
        >>> ground = wl.states.coherent(grid, position=0.0)
        >>> bool(np.allclose(model.derivative(ground), -0.5j * ground))     # energy hbar omega / 2
        True
        """
        result = self.hamiltonian(psi, time) / (1j * self.grid.hbar) + self.coupling_term(psi)
        detuning = self.system(len(psi)).detuning
        if detuning is not None:
            result -= 1j * detuning.reshape(-1, *(1,) * (psi.ndim - 1)) * psi
        if self.nonlinearity:
            components = tuple(range(1, psi.ndim - self.grid.dimension))
            density = (psi * psi.conj()).real.sum(axis=components, keepdims=True)
            result -= 1j * self.nonlinearity / self.grid.hbar * density * psi
        return np.asarray(result)
