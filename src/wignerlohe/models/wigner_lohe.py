"""The Wigner-Lohe model with identical potentials, equation (2) of the paper.

``d_t w_ij + (p/m).grad_x w_ij + Theta[V] w_ij = (kappa / 2N) sum_k [w_kj + w_ik - (z_ik + z_kj) w_ij]``

``Theta[V] w (x, p) = (i / hbar) (2 pi hbar)^-d iint [V(x + y/2) - V(x - y/2)] w(x, p') e^{-i (p - p').y / hbar}
dp' dy``, and ``z_ij = integral w_ij dx dp``. For data ``w_ij = w[psi_i, psi_j]`` of unit states it is the image of the
Schrodinger-Lohe model under the Wigner transform.
"""

from __future__ import annotations

from wignerlohe.models.base import NodeModel


class WignerLohe(NodeModel):
    """(Cross-)Wigner functions ``w_ij(x, p)`` of nodes in one potential, equation (2).

    The arguments are those of `SchrodingerLohe`. The initial data of `solve` are N wave functions (pure nodes), N times
    m components (mixed nodes), ``w_ij = sum_m w[psi_i^m, psi_j^m]``, or `wignerlohe.Factors`, whose left and right
    factors differ. With detunings and a network the right-hand side is

    ``-i (Omega_i - Omega_j) w_ij + (kappa / 2N) sum_k [A_ik w_kj + A_jk w_ik - (A_ik z_ik + A_jk z_kj) w_ij]``.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> wl.WignerLohe(wl.Grid(-8.0, 8.0, 64), potential="0.5*x**2", coupling=0.7).mass
    1.0
    """
