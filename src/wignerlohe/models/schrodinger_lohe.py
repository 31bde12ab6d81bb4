"""The Schrodinger-Lohe model, equation (1) of the paper, for nodes that share a potential.

``i hbar d_t psi_j = -(hbar^2 / 2m) Lap psi_j + (V + hbar Omega_j) psi_j + (i hbar kappa / 2N) sum_k A_jk (psi_k -
<psi_j, psi_k> / <psi_j, psi_j> psi_j)``

In the paper all detunings Omega_j are 0 and all weights A_jk are 1. The terms are the methods `hamiltonian` and
`coupling_term`; `derivative` is the sum.
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
        V(x) or V(t, x), an energy: an expression in ``x, y, z, r2, t``, a callable of the coordinates that may have a
        further parameter ``t``, or values on the grid.
    coupling : float
        kappa, a rate; negative for repulsion.
    mass : float
        m > 0.
    detuning : array_like of float, shape (N,), optional
        Omega_j, angular frequencies.
    network : str, dict, matrix or Network, optional
        Weights A_jk; see `wignerlohe.network.build`. Sums are divided by N, never by a row sum.

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

    def hamiltonian(self, psi: ComplexArray, time: float = 0.0) -> ComplexArray:
        """``H psi = -(hbar^2 / 2m) Lap psi + V psi`` for states (..., *grid.shape), spectrally exact on the grid."""
        grid = self.grid
        axes = tuple(range(-grid.dimension, 0))
        squares = sum(k**2 for k in np.meshgrid(*grid.wavenumbers, indexing="ij", sparse=True))
        kinetic = np.fft.ifftn(grid.hbar**2 / (2 * self.mass) * squares * np.fft.fftn(psi, axes=axes), axes=axes)
        return np.asarray(kinetic + self.potential_at(time) * psi)

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
        """``d_t psi`` of (1) with detunings and network, for nodes (N, *grid.shape) or (N, m, *grid.shape).

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
        linear = self.hamiltonian(psi, time) / (1j * self.grid.hbar)
        if self.detuning is not None:
            linear = linear - 1j * self.detuning.reshape(-1, *(1,) * (psi.ndim - 1)) * psi
        return np.asarray(linear + self.coupling_term(psi))
