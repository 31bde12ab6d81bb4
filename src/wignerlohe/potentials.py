"""Potentials: an expression, a callable or an array becomes real values on the grid, at any time that it depends on."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.checks import require
from wignerlohe.conventions import position_names
from wignerlohe.errors import InvalidInputError, SolverError
from wignerlohe.expressions import parse
from wignerlohe.grid import Grid

Potential = str | float | Callable[..., Any] | NDArray[Any]
FloatArray = NDArray[np.float64]
Drive = Callable[[float], FloatArray]


def sample(grid: Grid, potential: Potential) -> tuple[FloatArray, Drive | None]:
    """Evaluate a potential V(x), or V(t, x), on a grid.

    Parameters
    ----------
    grid : Grid
        Where to evaluate.
    potential : str, number, callable or array
        An expression in ``x``, ``y``, ``z``, ``r2 = x^2 + y^2 + z^2`` and the time ``t`` (see
        `wignerlohe.expressions`), a callable of the d coordinate arrays, which also gets the time if it has a further
        parameter named ``t``, or values of shape ``grid.shape``; in units of energy.

    Returns
    -------
    start : float64 array, shape grid.shape
        V at t = 0.
    drive : callable or None
        V at a time, as such an array; None if V does not depend on time. It raises SolverError if V is not finite or
        not real there.

    Raises
    ------
    InvalidInputError
        If it cannot be read, or at t = 0 is complex, has another shape, or is not finite somewhere on the grid (the
        first such point is named).

    Examples
    --------
    >>> start, drive = sample(Grid(-1.0, 1.0, 4), "0.5*r2 - x*sin(t)")
    >>> start, drive(np.pi / 2)
    (array([0.5  , 0.125, 0.   , 0.125]), array([ 1.5  ,  0.625,  0.   , -0.375]))
    >>> start, drive = sample(Grid(-1.0, 1.0, 4), lambda x: x**2)
    >>> drive is None
    True
    """
    values, moves = _reader(grid, potential)
    start = _checked(grid, values(0.0))

    def drive(time: float) -> FloatArray:
        try:
            return _checked(grid, values(time))
        except InvalidInputError as fault:
            raise SolverError(f"at t = {time:.12g}, {fault}") from None

    return start, drive if moves else None


def on_grid(grid: Grid, potential: Potential) -> FloatArray:
    """V at t = 0 as a float64 array of shape grid.shape; see `sample`.

    >>> on_grid(Grid(-1.0, 1.0, 4), "0.5*r2")
    array([0.5  , 0.125, 0.   , 0.125])
    """
    return sample(grid, potential)[0]


def _reader(grid: Grid, potential: Potential) -> tuple[Callable[[float], Any], bool]:
    """Values at a time, unchecked, and whether they depend on it."""
    if isinstance(potential, str):
        names = position_names(grid.dimension)
        expression = parse(potential, (*names, "r2", "t"))
        known = dict(zip(names, grid.mesh, strict=True)) | {"r2": sum(axis**2 for axis in grid.mesh)}
        return lambda time: expression(**known, t=time), "t" in expression.names
    if not callable(potential):
        return lambda _: potential, False
    try:
        further = list(inspect.signature(potential).parameters)[grid.dimension :]
    except (TypeError, ValueError):  # compiled functions may not tell their parameters
        further = []
    if "t" in further:
        return lambda time: potential(*grid.mesh, t=time), True
    return lambda _: potential(*grid.mesh), False


def _checked(grid: Grid, values: Any) -> FloatArray:
    """Real and finite values of the shape of the grid, as an array of their own."""
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
