"""Densities and currents of nodes from the states themselves: no window of phase space cuts them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from wignerlohe import memory
from wignerlohe.conventions import position_names
from wignerlohe.coupling.pairs import check_pairs
from wignerlohe.grid import Grid
from wignerlohe.observables import fields, states
from wignerlohe.observables.labels import Coordinates, array, momentum_axes
from wignerlohe.observables.sample import Sample
from wignerlohe.solution import Solution

if TYPE_CHECKING:
    import xarray as xr


def positions(grid: Grid) -> Coordinates:
    """The position axes as coordinates."""
    return {name: (name, axis) for name, axis in zip(position_names(grid.dimension), grid.axes, strict=True)}


def position_density(
    solution: Solution, nodes: Sequence[int] | None = None, times: ArrayLike | None = None
) -> xr.DataArray:
    """``sum_m |psi_j^m(t, x)|^2``, the integral of ``w_jj`` over p.

    Parameters
    ----------
    solution : Solution
        With states: wave functions, or Wigner functions.
    nodes : sequence of int, optional
        Which nodes; all unless given.
    times : array_like of float, optional
        Any times from 0 to the last output time; the output times unless given.

    Returns
    -------
    xarray.DataArray
        float64, dims (time, node, x, ...), in units of length^-d; its integral is the squared norm.

    Raises
    ------
    InvalidInputError
        If the solution has correlations only, or right factors of its own; a node or a time does not exist.
    TooLargeError
        If the result does not fit into memory.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0)
    >>> solution = wl.solve(model, wl.states.coherent(grid, [-0.5, 0.5]), times=[0.0, 2.0])
    >>> density = position_density(solution, nodes=[1])
    >>> density.dims, (density.sum("x") * grid.cell).values.round(12).tolist()
    (('time', 'node', 'x'), [[1.0], [1.0]])
    """
    sample = Sample.of(solution, nodes, times)
    grid, space = sample.grid, sample.model.space
    return sample.measure(
        "position_density",
        lambda block: states.density(grid, block.values),
        lambda block: fields.position_density_of(space, block.values),
        positions(grid),
    )


def momentum_density(
    solution: Solution, nodes: Sequence[int] | None = None, times: ArrayLike | None = None
) -> xr.DataArray:
    """``sum_m |psi_j^m(t, p)|^2``, the integral of ``w_jj`` over x.

    ``psi(p) = (2 pi hbar)^(-d/2) integral psi(x) e^{-i p.x / hbar} dx`` on the n momenta of the grid, ``2 pi hbar /
    length`` apart. They are every other sample of the p axes of `wignerlohe.wigner`, so their names differ. Data that
    were given on phase space keep its p axes.

    Parameters
    ----------
    solution, nodes, times
        As for `position_density`.

    Returns
    -------
    xarray.DataArray
        float64, dims (time, node, momentum), beyond a line (time, node, momentum_x, momentum_y, ...), in units of
        (action / length)^-d.

    Raises
    ------
    InvalidInputError, TooLargeError
        As `position_density`.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0)
    >>> solution = wl.solve(model, wl.states.coherent(grid, 0.0, momentum=[0.5, 1.0]), times=[0.0])
    >>> density = momentum_density(solution)
    >>> round(float(density.integrate("momentum")[0, 1]), 12)
    1.0
    """
    sample = Sample.of(solution, nodes, times)
    grid, space = sample.grid, sample.model.space
    axes = states.momenta(grid) if sample.waves else space.p
    return sample.measure(
        "momentum_density",
        lambda block: states.momentum_density(grid, block.values),
        lambda block: fields.momentum_density_of(space, block.values),
        {name: (name, axis) for name, axis in zip(momentum_axes(grid.dimension), axes, strict=True)},
    )


def current(solution: Solution, nodes: Sequence[int] | None = None, times: ArrayLike | None = None) -> xr.DataArray:
    """Probability current ``(hbar / m) sum_m Im conj(psi_j^m) grad psi_j^m`` of the linear flow.

    Without coupling ``d_t rho + div j = 0``; the coupling moves density between nodes in ways that no current shows.

    Parameters
    ----------
    solution, nodes, times
        As for `position_density`.

    Returns
    -------
    xarray.DataArray
        float64, dims (time, node, axis, x, ...), in units of length^(1-d) / time.

    Raises
    ------
    InvalidInputError, TooLargeError
        As `position_density`.

    Examples
    --------
    A packet of mean momentum 1 in all:

    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0, mass=2.0)
    >>> solution = wl.solve(model, wl.states.gaussian(grid, 0.0, momentum=[1.0]), times=[0.0])
    >>> round(float(current(solution).sum() * grid.cell), 12)
    0.5
    """
    sample = Sample.of(solution, nodes, times)
    grid, space, mass = sample.grid, sample.model.space, sample.model.mass
    inner: Coordinates = {"axis": ("axis", position_names(grid.dimension))}
    return sample.measure(
        "current",
        lambda block: states.momentum_flow(grid, block.values) / mass,
        lambda block: fields.current_of(space, block.values, mass),
        inner | positions(grid),
    )


def cross_density(solution: Solution, pairs: Sequence[tuple[int, int]], times: ArrayLike | None = None) -> xr.DataArray:
    """``rho_ij(x) = sum_m phi_i^m(x) conj(chi_j^m(x))``, the integral of ``w_ij`` over p.

    Left and right factors are both the wave functions, unless the data were `wignerlohe.Factors`.

    Parameters
    ----------
    solution : Solution
        With wave functions, or factors.
    pairs : sequence of (i, j)
        Which.
    times
        As for `position_density`.

    Returns
    -------
    xarray.DataArray
        complex128, dims (time, pair, x, ...), in units of length^-d; its integral is ``z_ij`` times both norms.

    Raises
    ------
    InvalidInputError, TooLargeError
        As `position_density`.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0)
    >>> solution = wl.solve(model, wl.states.coherent(grid, [-0.5, 0.5]), times=[0.0, 2.0])
    >>> total = cross_density(solution, [(0, 1)]).sum("x") * grid.cell
    >>> bool(np.allclose(total[:, 0], solution.correlation[:, 0, 1]))
    True
    """
    rows, columns = check_pairs(pairs, solution.count)
    sides = Sample.of(solution, rows.tolist(), times), Sample.of(solution, columns.tolist(), times)
    sides[0].require_waves()
    grid = sides[0].grid
    shape = (len(sides[0].times), len(rows), *grid.shape)
    memory.require_room({"cross densities": int(np.prod(shape, dtype=float)) * memory.COMPLEX})
    values = np.empty(shape, dtype=np.complex128)
    for left, right in zip(sides[0].blocks(), sides[1].blocks(right=True), strict=True):
        values[left.place] = (left.values * right.values.conj()).sum(axis=-1 - grid.dimension)
    coordinates: Coordinates = {"time": ("time", sides[0].times)}
    coordinates |= {"pair_i": ("pair", rows), "pair_j": ("pair", columns)} | positions(grid)
    return array("cross_density", ["time", "pair", *positions(grid)], values, coordinates)
