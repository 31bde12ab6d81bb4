"""Right-hand sides of the Wigner-Lohe equations, as they stand: for any data, Hermitian or not.

``L_ij = (p/m).grad_x + Theta[V_i, V_j] + i (Omega_i - Omega_j)`` is the linear part and ``z_ij = integral w_ij dx dp``.
With all weights ``A_ik = 1`` and without detunings Omega these are the equations of the paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe import network as networks
from wignerlohe import potentials
from wignerlohe.checks import real_array, real_number, require
from wignerlohe.grid import PhaseSpace
from wignerlohe.operators.arguments import functions
from wignerlohe.operators.linear import apply_symbol, around, symbol, transport

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]


def derivative_identical(
    space: PhaseSpace,
    w: ArrayLike,
    potential: potentials.Potential = 0.0,
    *,
    coupling: float,
    mass: float = 1.0,
    detuning: ArrayLike | None = None,
    network: Any = None,
    time: float = 0.0,
) -> ComplexArray:
    """``d_t w_ij`` of nodes in one potential, equation (2): nothing is divided by ``z_ii``.

    ``d_t w_ij + L_ij w_ij = (kappa / 2N) sum_k [A_jk w_ik + A_ik w_kj - (A_ik z_ik + A_jk z_kj) w_ij]``,
    ``V_i = V_j = V``.

    Parameters
    ----------
    space : PhaseSpace
    w : array_like, shape (N, N, *space.shape)
        Functions ``w_ij``.
    potential : str, number or callable
        V(x) or V(t, x), an energy.
    coupling : float
        kappa, a rate.
    mass : float
        m > 0.
    detuning : array_like of float, shape (N,), optional
        Omega_i, angular frequencies.
    network : optional
        Weights A_ik; see `wignerlohe.network.build`, which drops the diagonal of a matrix. Without it all are 1.
    time : float
        t, for a potential that depends on it.

    Returns
    -------
    complex128 array, shape (N, N, *space.shape)

    Raises
    ------
    InvalidInputError
        If a shape does not fit, a number is not finite, or the potential is not known between points.

    Examples
    --------
    Its integrals obey (20):

    >>> import wignerlohe as wl
    >>> space = PhaseSpace(x_lower=-6, x_upper=6, x_points=24, p_lower=-6, p_upper=6, p_points=25)
    >>> gaussian = np.exp(-space.x[0][:, None] ** 2 - space.p[0] ** 2) / np.pi
    >>> z = np.array([[1, 0.3 + 0.4j], [-0.2j, 1]])
    >>> found = derivative_identical(space, z[:, :, None, None] * gaussian, "0.1*x**4", coupling=0.7)
    >>> bool(np.allclose(space.integral(found), wl.Correlations(coupling=0.7).derivative(z)))
    True
    """
    values = _matrix(space, w)
    one = around(space, potential, time)
    z = space.integral(values)
    linear = _linear(space, values, [one] * len(values), mass, detuning)
    return np.asarray(_coupling(values, z, z, coupling, network) - linear)


def derivative_general(
    space: PhaseSpace,
    w: ArrayLike,
    potential: Sequence[potentials.Potential],
    *,
    coupling: float,
    mass: float = 1.0,
    detuning: ArrayLike | None = None,
    network: Any = None,
    time: float = 0.0,
) -> ComplexArray:
    """``d_t w_ij`` of nodes that each have a potential of their own, equation (6) with its signs mended.

    ``d_t w_ij + L_ij w_ij = (kappa / 2N) sum_k [A_jk w_ik + A_ik w_kj - (A_ik z_ik/z_ii + A_jk z_kj/z_jj) w_ij]``

    Parameters
    ----------
    space : PhaseSpace
    w : array_like, shape (N, N, *space.shape)
        Functions ``w_ij``, with ``z_ii != 0``.
    potential : sequence of N str, numbers or callables
        V_i(x) or V_i(t, x), energies.
    coupling, mass, detuning, network, time : optional
        As for `derivative_identical`.

    Returns
    -------
    complex128 array, shape (N, N, *space.shape)

    Raises
    ------
    InvalidInputError
        If a shape does not fit, a number is not finite, a potential is not known between points, or a ``z_ii`` is 0.

    Examples
    --------
    One node feels no coupling:

    >>> space = PhaseSpace(x_lower=-6, x_upper=6, x_points=24, p_lower=-6, p_upper=6, p_points=25)
    >>> w = np.exp(-space.x[0][:, None] ** 2 - space.p[0] ** 2)[None, None]
    >>> found = derivative_general(space, w, ["0.1*x**4"], coupling=0.7)
    >>> bool(np.allclose(found, derivative_general(space, w, ["0.1*x**4"], coupling=0.0)))
    True
    """
    values = _matrix(space, w)
    given = not isinstance(potential, str) and isinstance(potential, Sequence) and len(potential) == len(values)
    but = f"{potential!r} was given for {len(values)} nodes"
    require(given, "potential", "be a list of one for each node", but, "['0.5*x**2', ...]")
    tables = [around(space, own, time) for own in potential]
    z = space.integral(values)
    norms = np.diagonal(z)
    require(np.all(norms != 0), "w", "have nonzero integrals of each w_ii", f"they are {norms}", "w[psi_i, psi_j]")
    linear = _linear(space, values, tables, mass, detuning)
    return np.asarray(_coupling(values, z / norms[:, None], z / norms, coupling, network) - linear)


def _linear(
    space: PhaseSpace, w: ComplexArray, tables: Sequence[FloatArray], mass: float, detuning: ArrayLike | None
) -> ComplexArray:
    """``L_ij w_ij``, where node i has the potential of ``tables[i]``, from `around`."""
    result = transport(space, w, mass)
    for i, j in np.ndindex(w.shape[:2]):
        result[i, j] += apply_symbol(space, symbol(space, tables[i], tables[j]), w[i, j])
    if detuning is not None:
        omega = real_array("detuning", detuning, "detuning=[0.1, -0.1]", "one finite number for each node")
        must = "have one entry for each node"
        require(omega.shape == (len(w),), "detuning", must, f"its shape is {omega.shape}", f"{len(w)} numbers")
        result += _times(np.asarray(1j * (omega[:, None] - omega)), w)
    return result


def _coupling(w: ComplexArray, left: ComplexArray, right: ComplexArray, coupling: float, network: Any) -> ComplexArray:
    """``(kappa / 2N) sum_k [A_jk w_ik + A_ik w_kj - (A_ik left_ik + A_jk right_kj) w_ij]``."""
    count = len(w)
    weights = networks.build(network, count).weights
    if isinstance(weights, float):
        A = np.full((count, count), weights)
    else:
        A = weights if isinstance(weights, np.ndarray) else weights.toarray()
    gain = np.tensordot(A, w, (1, 1)).swapaxes(0, 1) + np.tensordot(A, w, (1, 0))  # A_jk w_ik + A_ik w_kj
    loss = (A * left).sum(axis=1)[:, None] + (A * right.T).sum(axis=1)
    kappa = real_number("coupling", coupling, "coupling=1.0")
    return np.asarray(kappa / (2 * count) * (gain - _times(loss, w)))


def _times(numbers: ComplexArray, w: ComplexArray) -> ComplexArray:
    """A number for each pair, times its function."""
    return numbers.reshape(*numbers.shape, *(1,) * (w.ndim - 2)) * w


def _matrix(space: PhaseSpace, w: ArrayLike) -> ComplexArray:
    """Convert to complex128 (N, N, *space.shape)."""
    values = functions(space, w)
    lead = values.shape[: -len(space.shape)]
    must, but = f"have shape (N, N, {str(space.shape)[1:]}", f"its shape is {values.shape}"
    require(len(lead) == 2 and lead[0] == lead[1] > 0, "w", must, but, "one function for each pair of nodes")
    return values
