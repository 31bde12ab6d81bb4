"""The Wigner-Lohe model: equation (2) of the paper for identical potentials, and (6), mended, for any.

``d_t w_ij + (p/m).grad_x w_ij + Theta[V_i, V_j] w_ij = (kappa / 2N) sum_k [w_kj + w_ik - (z_ik + z_kj) w_ij]``      (2)

``d_t w_ij + .. = (kappa / 2N) sum_k [w_kj + w_ik - (z_ik / z_ii + z_kj / z_jj) w_ij]``      (6)

``Theta[V_i, V_j] w (x, p) = (i / hbar) (2 pi hbar)^-d iint [V_i(x + y/2) - V_j(x - y/2)] w(x, p') e^{-i (p - p').y /
hbar} dp' dy``, and ``z_ij = integral w_ij dx dp``. For data ``w_ij = w[psi_i, psi_j]`` it is the image of the
Schrodinger-Lohe model under the Wigner transform. The paper states (2) for identical potentials and ``z_ii = 1``, where
the two equations agree.
"""

from __future__ import annotations

from typing import Any, ClassVar

from wignerlohe.checks import require
from wignerlohe.grid import Grid, PhaseSpace
from wignerlohe.models.base import NodeModel
from wignerlohe.potentials import Potentials


class WignerLohe(NodeModel):
    """(Cross-)Wigner functions ``w_ij(x, p)`` of nodes, equation (2) or (6).

    The initial data of `solve` are N wave functions (pure nodes), N times m components (mixed nodes),
    ``w_ij = sum_m w[psi_i^m, psi_j^m]``, `wignerlohe.Factors`, whose left and right factors differ, or arrays
    (N, N, *space.shape), any functions of phase space. With detunings and a network the right-hand side is

    ``-i (Omega_i - Omega_j) w_ij + (kappa / 2N) sum_k [A_ik w_kj + A_jk w_ik - (A_ik z_ik + A_jk z_kj) w_ij]``,

    with ``z_ik / z_ii`` and ``z_kj / z_jj`` under (6).

    Parameters
    ----------
    grid : Grid or PhaseSpace
        The grid of the states, whose Wigner functions live on ``grid.phase_space``; or any box in phase space, for
        arrays.
    potential, coupling, mass, detuning, network
        As for `SchrodingerLohe`.
    division : bool, optional
        Whether correlations are divided by ``z_ii``: True for (6), False for (2). The two agree for ``z_ii = 1``, the
        only data for which it may be left out.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> wl.WignerLohe(wl.Grid(-8.0, 8.0, 64), potential="0.5*x**2", coupling=0.7).mass
    1.0
    """

    domains: ClassVar[tuple[type, ...]] = (Grid, PhaseSpace)

    division: bool | None

    def __init__(
        self,
        grid: Grid | PhaseSpace,
        potential: Potentials = 0.0,
        *,
        coupling: float,
        division: bool | None = None,
        **further: Any,
    ) -> None:
        super().__init__(grid, potential, coupling=coupling, **further)
        good = division is None or isinstance(division, bool)
        require(good, "division", "be True or False", f"{division!r} was given", "division=True for equation (6)")
        object.__setattr__(self, "division", division)
