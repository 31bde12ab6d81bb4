"""Potentials: an expression, a callable or an array becomes real values on the grid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.checks import require
from wignerlohe.conventions import position_names
from wignerlohe.errors import InvalidInputError
from wignerlohe.expressions import parse
from wignerlohe.grid import Grid

Potential = str | float | Callable[..., Any] | NDArray[Any]


def on_grid(grid: Grid, potential: Potential) -> NDArray[np.float64]:
    """Evaluate a potential V(x) on a grid.

    Parameters
    ----------
    grid : Grid
        Where to evaluate.
    potential : str, number, callable or array
        An expression in ``x``, ``y``, ``z`` and ``r2 = x^2 + y^2 + z^2`` (see `wignerlohe.expressions`), a callable
        of the d coordinate arrays, or values of shape ``grid.shape``; in units of energy.

    Returns
    -------
    float64 array, shape grid.shape

    Raises
    ------
    InvalidInputError
        If it cannot be read, is complex, has another shape, or is not finite somewhere on the grid (the first such
        point is named).

    Examples
    --------
    >>> on_grid(Grid(-1.0, 1.0, 4), "0.5*r2")
    array([0.5  , 0.125, 0.   , 0.125])
    """
    if isinstance(potential, str):
        names = position_names(grid.dimension)
        expression = parse(potential, (*names, "r2"))
        values: Any = expression(**dict(zip(names, grid.mesh, strict=True)), r2=sum(axis**2 for axis in grid.mesh))
    elif callable(potential):
        values = potential(*grid.mesh)
    else:
        values = potential
    try:
        array = np.asarray(values)
    except ValueError:  # a ragged list
        array = np.array(None)
    require(array.dtype.kind in "fiu", "potential", "be real", f"its values are {array.dtype}", "real numbers")
    try:
        array = np.broadcast_to(array.astype(np.float64), grid.shape)
    except ValueError:
        raise InvalidInputError(
            f"`potential` must have the shape {grid.shape} of the grid, but its shape is {array.shape}; "
            "try an expression such as '0.5*x**2'"
        ) from None
    if not np.isfinite(array).all():
        where = np.argwhere(~np.isfinite(array))[0]
        point = [float(axis[index]) for axis, index in zip(grid.axes, where, strict=True)]
        raise InvalidInputError(
            f"`potential` must be finite on the grid, but it is {array[tuple(where)]} at {point}; "
            "try a grid that avoids the point, or a smoothed potential"
        )
    return np.array(array)
