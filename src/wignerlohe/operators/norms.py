"""The norms of the paper, equation (36); that of L^2(R^2d), ``||w||``, is `PhaseSpace.norm`.

Each is one number for each function. For a matrix ``w_ij`` the paper takes the largest of its entries' norms, and the
largest over all times for a solution.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe.grid import PhaseSpace
from wignerlohe.operators.arguments import functions
from wignerlohe.operators.linear import transport


def norm_in_x(space: PhaseSpace, w: ArrayLike) -> NDArray[np.float64]:
    """The norm of the space X, ``||w||_X = ||w|| + |integral w dx dp|``, equation (36).

    Parameters
    ----------
    space : PhaseSpace
    w : array_like, shape (..., *space.shape)

    Returns
    -------
    float64 array, shape (...)

    Raises
    ------
    InvalidInputError
        If a shape does not fit, or a value is not finite.

    Examples
    --------
    >>> space = PhaseSpace(x_lower=-6, x_upper=6, x_points=48, p_lower=-6, p_upper=6, p_points=48)
    >>> w = np.exp(-space.x[0][:, None] ** 2 - space.p[0] ** 2) / np.pi
    >>> round(float(norm_in_x(space, w)), 12) == round(1 + (2 * np.pi) ** -0.5, 12)
    True
    """
    values = functions(space, w)
    return np.asarray(space.norm(values) + np.abs(space.integral(values)))


def norm_in_domain(space: PhaseSpace, w: ArrayLike, mass: float = 1.0) -> NDArray[np.float64]:
    """The graph norm of the domain D(A), ``||w|| + |integral w dx dp| + ||(p/m).grad_x w||``, below (36).

    The integral of ``(p/m).grad_x w`` is zero, so this is ``||w||_X + ||A w||_X`` with ``A = -(p/m).grad_x``.

    Parameters
    ----------
    space : PhaseSpace
    w : array_like, shape (..., *space.shape)
    mass : float
        m > 0; 1 in the paper.

    Returns
    -------
    float64 array, shape (...)

    Raises
    ------
    InvalidInputError
        If a shape does not fit, a value is not finite, or the mass not positive.

    Examples
    --------
    >>> space = PhaseSpace(x_lower=-6, x_upper=6, x_points=48, p_lower=-6, p_upper=6, p_points=48)
    >>> w = np.exp(-space.x[0][:, None] ** 2 - space.p[0] ** 2) / np.pi
    >>> round(float(norm_in_domain(space, w) - norm_in_x(space, w)), 12) == round((8 * np.pi) ** -0.5, 12)
    True
    """
    return np.asarray(norm_in_x(space, w) + space.norm(transport(space, w, mass)))
