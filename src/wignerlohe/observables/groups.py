"""Averages over groups of nodes, and how groups agree with each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe import memory
from wignerlohe.checks import require
from wignerlohe.coupling.pairs import BLOCK, MOST_NODES, exponential
from wignerlohe.errors import TooLargeError
from wignerlohe.observables import fields, states
from wignerlohe.observables.densities import positions
from wignerlohe.observables.labels import Coordinates, array
from wignerlohe.observables.sample import Sample
from wignerlohe.solution import Solution

if TYPE_CHECKING:
    import xarray as xr

Groups = Mapping[str, Sequence[int]]


def group_density(solution: Solution, groups: Groups, times: ArrayLike | None = None) -> xr.DataArray:
    """Mean over each group of the position density ``sum_m |psi_j^m(t, x)|^2``.

    Parameters
    ----------
    solution : Solution
        With states: wave functions, or Wigner functions.
    groups : mapping of str to sequence of int
        The nodes of each group, such as ``{"left": [0, 1], "right": [2, 3]}``; groups may overlap.
    times : array_like of float, optional
        Any times from 0 to the last output time; the output times unless given.

    Returns
    -------
    xarray.DataArray
        float64, dims (time, group, x, ...), in units of length^-d.

    Raises
    ------
    InvalidInputError
        If a group is empty, names a node twice or one that does not exist; see also
        `wignerlohe.observables.position_density`.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0)
    >>> solution = wl.solve(model, wl.states.coherent(grid, [-0.5, 0.5, 0.7]), times=[0.0, 2.0])
    >>> group_density(solution, {"left": [0], "right": [1, 2]}).dims
    ('time', 'group', 'x')
    """
    members = weights(groups, solution.count)
    sample = Sample.of(solution, np.flatnonzero(members.any(axis=0)).tolist(), times)
    sample.require_nodes()
    grid, space = sample.grid, sample.model.space
    shape = (len(sample.times), len(members), *grid.shape)
    memory.require_room({"densities of groups": int(np.prod(shape, dtype=float)) * memory.REAL})
    values = np.zeros(shape)
    for block in sample.blocks():
        w = block.values
        densities = states.density(grid, w) if sample.waves else fields.position_density_of(space, w)
        values[block.place[0]] += np.moveaxis(np.tensordot(members[:, block.nodes], densities, axes=(1, 1)), 0, 1)
    coordinates: Coordinates = {"time": ("time", sample.times), "group": ("group", list(groups))}
    return array("group_density", ["time", "group", *positions(grid)], values, coordinates | positions(grid))


def group_correlation(solution: Solution, groups: Groups) -> xr.DataArray:
    """Mean of ``z_ij`` over i in one group and j in another: ``<mean_i psi_i, mean_j psi_j>``.

    Parameters
    ----------
    solution, groups
        As for `group_density`; the solution may have correlations only.

    Returns
    -------
    xarray.DataArray
        complex128, dims (time, group, other), without unit. N^2 operations a time.

    Raises
    ------
    InvalidInputError
        If a group is empty, names a node twice or one that does not exist.
    TooLargeError
        Beyond 20 000 nodes.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> solution = wl.solve(wl.Correlations(coupling=0.0), [[1, 0.5, 0.1], [0.5, 1, 0.3], [0.1, 0.3, 1]], times=[0.0])
    >>> group_correlation(solution, {"a": [0], "b": [1, 2]})[0].values.real.round(12)
    array([[1.  , 0.3 ],
           [0.3 , 0.65]])
    """
    names = list(groups)
    values = 1 - _mean_deviations(solution, groups)
    coordinates: Coordinates = {"time": ("time", solution.times)}
    coordinates |= {"group": ("group", names), "other": ("other", names)}
    return array("group_correlation", ("time", "group", "other"), values, coordinates)


def group_order_parameter(solution: Solution, groups: Groups) -> xr.DataArray:
    """``|mean over the group of psi_j| = sqrt(mean_ij Re z_ij)``, for general data ``sqrt(|mean_ij z_ij|)``.

    Parameters
    ----------
    solution, groups
        As for `group_correlation`.

    Returns
    -------
    xarray.DataArray
        float64, dims (time, group), without unit; 1 where a group agrees, whatever the others do.

    Raises
    ------
    InvalidInputError, TooLargeError
        As `group_correlation`.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> solution = wl.solve(wl.Correlations(coupling=0.0), [[1, -1], [-1, 1]], times=[0.0])
    >>> group_order_parameter(solution, {"one": [0], "both": [0, 1]}).values
    array([[1., 0.]])
    """
    means = 1 - np.diagonal(_mean_deviations(solution, groups), axis1=1, axis2=2)
    values = np.sqrt(np.maximum(means.real, 0) if solution._unit_nodes else np.abs(means))
    coordinates: Coordinates = {"time": ("time", solution.times), "group": ("group", list(groups))}
    return array("group_order_parameter", ("time", "group"), values, coordinates)


def _mean_deviations(solution: Solution, groups: Groups) -> NDArray[np.complex128]:
    """Means of ``1 - z_ij`` over pairs of groups, (T, groups, groups), in blocks of rows."""
    members, count = weights(groups, solution.count), solution.count
    if count > MOST_NODES:
        raise TooLargeError(f"groups of {count} nodes have too many pairs, at most {MOST_NODES} nodes; try fewer nodes")
    found = np.zeros((len(solution.times), len(members), len(members)), dtype=np.complex128)
    height = max(1, BLOCK // count)
    for first in range(0, count, height):
        rows = slice(first, first + height)
        for k, logs in enumerate(solution.pairs.log_rows(rows)):
            found[k] += members[:, rows] @ exponential(logs) @ members.T
    return found


def weights(groups: Groups, count: int) -> NDArray[np.float64]:
    """The weight of each node in each group, (groups, N); rows sum to 1."""
    must, attempt = "name groups of nodes", 'groups={"left": [0, 1], "right": [2, 3]}'
    require(isinstance(groups, Mapping) and len(groups) > 0, "groups", must, f"{groups!r} was given", attempt)
    found = np.zeros((len(groups), count))
    for row, (name, nodes) in zip(found, groups.items(), strict=True):
        good = [isinstance(node, int | np.integer) and 0 <= node < count for node in nodes]
        must = f"hold nodes, 0 to {count - 1}, each once"
        right = len(good) > 0 and all(good) and len(set(nodes)) == len(nodes)
        require(right, f"groups[{name!r}]", must, f"{nodes!r} was given", attempt)
        row[list(nodes)] = 1 / len(nodes)
    return found
