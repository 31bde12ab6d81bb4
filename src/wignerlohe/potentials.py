"""Potentials: an expression, a callable or an array becomes real values on a grid, at any time that it depends on.

All but arrays can be evaluated between the points of a grid as well, where phase space asks for them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe import memory
from wignerlohe.checks import require
from wignerlohe.conventions import position_names
from wignerlohe.errors import InvalidInputError, SolverError
from wignerlohe.expressions import parse
from wignerlohe.grid import Grid

Potential = str | float | Callable[..., Any] | NDArray[Any]
Potentials = Potential | Sequence[Potential]
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
    values, moves = _reader(grid.mesh, potential)
    start = _checked(grid.mesh, values(0.0))

    def drive(time: float) -> FloatArray:
        try:
            return _checked(grid.mesh, values(time))
        except InvalidInputError as fault:
            raise SolverError(f"at t = {time:.12g}, {fault}") from None

    return start, drive if moves else None


@dataclass(frozen=True)
class Sampled:
    """Potentials of all nodes on a grid.

    Attributes
    ----------
    sources : tuple
        What was given, one for all nodes or one for each.
    values : float64 array, shape grid.shape or (N, *grid.shape)
        V at t = 0; one for all where nodes differ by constants at most.
    drive : callable or None
        V at a time, as such an array; None if it does not depend on time.
    offsets : float64 array, shape (N,), or None
        The constants by which the nodes' potentials exceed ``values``, where one stands for all.
    """

    sources: tuple[Potential, ...]
    values: FloatArray
    drive: Drive | None
    offsets: FloatArray | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """Formulas and numbers, or how a potential was given instead."""
        return tuple(map(_text, self.sources))


def _text(source: Potential) -> str:
    if isinstance(source, int | float):
        return f"{source:.17g}"
    return source if isinstance(source, str) else f"given as {type(source).__name__}"


def sample_all(grid: Grid, potential: Potentials) -> Sampled:
    """Evaluate one potential for all nodes, or a list of one for each. See `sample`.

    Potentials that differ by constants are recognised: they leave the nodes one potential, and detunings.

    Parameters
    ----------
    grid : Grid
    potential : Potential, or sequence of N of them, or array of shape (N, *grid.shape)

    Examples
    --------
    >>> grid = Grid(-1.0, 1.0, 4)
    >>> sample_all(grid, ["x**2", "x**2 + 0.25"]).offsets
    array([0.  , 0.25])
    >>> sample_all(grid, ["x**2", "x**4"]).values.shape
    (2, 4)
    """
    if isinstance(potential, np.ndarray) and potential.ndim == grid.dimension + 1:
        potential = list(potential)
    if not isinstance(potential, list | tuple):
        start, drive = sample(grid, potential)  # type: ignore[arg-type] # a single potential, or refused there
        return Sampled((potential,), start, drive)  # type: ignore[arg-type]
    numbers = all(isinstance(source, int | float) for source in potential)
    must, attempt = "be one potential, or a list of one for each node", "['0.5*x**2', '0.6*x**2']"
    but = "a list of numbers was given" if numbers else "a list within a list was given"
    nested = any(isinstance(source, list | tuple | dict | None) for source in potential)
    require(not numbers and not nested, "potential", must, but, f"numpy.array of values on the grid, or {attempt}")
    in_memory(grid, len(potential))
    each = [sample(grid, source) for source in potential]
    starts, drives = np.array([start for start, _ in each]), [drive for _, drive in each]
    sources, (first, first_drive) = tuple(potential), each[0]
    if any(drive is not None for drive in drives):
        if all(isinstance(source, str) and source == sources[0] for source in sources):
            return Sampled(sources, first, first_drive)

        def drive_all(time: float) -> FloatArray:
            return np.array([start if drive is None else drive(time) for start, drive in each])

        return Sampled(sources, starts, drive_all)
    differences = (starts - first).reshape(len(starts), -1)
    constant = np.ptp(differences, axis=1) <= 8 * np.finfo(float).eps * np.abs(starts).max()
    if not constant.all():
        return Sampled(sources, starts, None)
    offsets = differences.mean(axis=1)
    return Sampled(sources, first, None, offsets if offsets.any() else None)


def in_memory(grid: Grid, count: int) -> bool:
    """Whether potentials of so many nodes fit into memory; TooLargeError is raised if not, before one is evaluated."""
    memory.require_room({"potentials of all nodes": 3 * count * grid.size * memory.REAL})
    return True


def on_grid(grid: Grid, potential: Potential) -> FloatArray:
    """V at t = 0 as a float64 array of shape grid.shape; see `sample`.

    >>> on_grid(Grid(-1.0, 1.0, 4), "0.5*r2")
    array([0.5  , 0.125, 0.   , 0.125])
    """
    return sample(grid, potential)[0]


def evaluate(potential: Potential, coordinates: Sequence[FloatArray], time: float = 0.0) -> FloatArray:
    """V(t, x) at any points, on a grid or not.

    Parameters
    ----------
    potential : str, number or callable
        See `sample`; in units of energy.
    coordinates : sequence of d float64 arrays
        Coordinates of the points, that broadcast against each other.
    time : float
        t.

    Returns
    -------
    float64 array, of the shape to which the coordinates broadcast

    Raises
    ------
    InvalidInputError
        If it is an array, which is known on its grid alone, cannot be read, or is not real and finite at each point
        (the first such point is named).

    Examples
    --------
    >>> evaluate("0.5*x**2 + t*y", (np.array([[1.0], [2.0]]), np.array([0.0, 10.0])), time=0.1)
    array([[0.5, 1.5],
           [2. , 3. ]])
    """
    known = isinstance(potential, str) or callable(potential) or np.ndim(potential) == 0
    must = "be an expression, a number or a callable where it is needed between the points of a grid"
    require(known, "potential", must, f"a {type(potential).__name__} was given", "'0.5*x**2', or a callable of x")
    return _checked(coordinates, _reader(coordinates, potential)[0](time), "at each point")


def _reader(coordinates: Sequence[FloatArray], potential: Potential) -> tuple[Callable[[float], Any], bool]:
    """Values at a time, unchecked, and whether they depend on it."""
    if isinstance(potential, str):
        names = position_names(len(coordinates))
        expression = parse(potential, (*names, "r2", "t"))
        known = dict(zip(names, coordinates, strict=True)) | {"r2": sum(axis**2 for axis in coordinates)}
        return lambda time: expression(**known, t=time), "t" in expression.names
    if not callable(potential):
        return lambda _: potential, False
    try:
        further = list(inspect.signature(potential).parameters)[len(coordinates) :]
    except (TypeError, ValueError):  # compiled functions may not tell their parameters
        further = []
    if "t" in further:
        return lambda time: potential(*coordinates, t=time), True
    return lambda _: potential(*coordinates), False


def _checked(coordinates: Sequence[FloatArray], values: Any, where: str = "on the grid") -> FloatArray:
    """Real and finite values of the shape of the points, as an array of their own."""
    try:
        array = np.asarray(values)
    except ValueError:  # a ragged list
        array = np.array(None)
    require(array.dtype.kind in "fiu", "potential", "be real", f"its values are {array.dtype}", "real numbers")
    shape = np.broadcast_shapes(*(axis.shape for axis in coordinates))
    try:
        array = np.broadcast_to(array.astype(np.float64), shape)
    except ValueError:
        raise InvalidInputError(
            f"`potential` must have the shape {shape} of the grid, but its shape is {array.shape}; "
            "try an expression such as '0.5*x**2'"
        ) from None
    if not np.isfinite(array).all():
        first = tuple(np.argwhere(~np.isfinite(array))[0])
        point = [float(axis[first]) for axis in np.broadcast_arrays(*coordinates)]
        raise InvalidInputError(
            f"`potential` must be finite {where}, but it is {array[first]} at {point}; "
            "try a grid that avoids the point, or a smoothed potential"
        )
    return np.array(array)
