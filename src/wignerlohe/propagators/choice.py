"""Which linear flow solves a problem."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from wignerlohe.grid import Grid
from wignerlohe.propagators.base import LinearFlow
from wignerlohe.propagators.chebyshev import Chebyshev
from wignerlohe.propagators.driven import Driven
from wignerlohe.propagators.eigenbasis import MOST_POINTS, Eigenbasis, split_over_axes

FloatArray = NDArray[np.float64]


def linear_flow(
    grid: Grid, potential: FloatArray, drive: Callable[[float], FloatArray] | None, mass: float, rtol: float
) -> LinearFlow:
    """Choose: steps if V depends on time, the eigenbasis if V is a sum over short axes, else a Chebyshev expansion.

    Parameters
    ----------
    grid : Grid
    potential : float64 array, shape grid.shape
        V(0, x), an energy.
    drive : callable or None
        V(t, x) for a time t, if it depends on time.
    mass : float
        m.
    rtol : float
        Tolerance of the steps; the others are exact.

    Returns
    -------
    LinearFlow

    Raises
    ------
    InvalidInputError
        If H overflows.

    Examples
    --------
    >>> grid = Grid([-8.0, -8.0], [8.0, 8.0], [32, 32])
    >>> x, y = grid.mesh
    >>> linear_flow(grid, x**2 + y**2, None, 1.0, 1e-10).description
    'eigenbasis of H, axis by axis, exact at any time'
    >>> linear_flow(grid, x**2 * y**2, None, 1.0, 1e-10).description
    'Chebyshev expansion of exp(-i H t / hbar), exact to 1e-14 at any time'
    """
    if drive is not None:
        return Driven(grid, drive, mass, rtol)
    parts = split_over_axes(potential) if max(grid.points) <= MOST_POINTS else None
    return Chebyshev(grid, potential, mass) if parts is None else Eigenbasis(grid, parts, mass)
