"""Means, covariances and energies of nodes, from the densities of x and p and the current."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe.conventions import momentum_names, position_names
from wignerlohe.models.schrodinger_lohe import SchrodingerLohe
from wignerlohe.observables import fields, states
from wignerlohe.observables.labels import Coordinates
from wignerlohe.observables.sample import Block, Sample
from wignerlohe.solution import Solution

if TYPE_CHECKING:
    import xarray as xr


def mean(solution: Solution, nodes: Sequence[int] | None = None, times: ArrayLike | None = None) -> xr.DataArray:
    """Means ``tr rho_j x`` and ``tr rho_j p`` of each node.

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
        float64, dims (time, node, a) with a = x, y, z, px, py, pz, on a line x, p; lengths and momenta.

    Raises
    ------
    InvalidInputError
        If the solution has correlations only, or right factors of its own; a node or a time does not exist.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.0)
    >>> solution = wl.solve(model, wl.states.coherent(grid, [1.0, 2.0]), times=[0.0, np.pi / 2])
    >>> mean(solution).sel(a="p").values.round(12) + 0.0
    array([[ 0.,  0.],
           [-1., -2.]])
    """
    sample = Sample.of(solution, nodes, times)
    grid, space = sample.grid, sample.model.space
    return sample.measure(
        "mean",
        lambda block: states.mean(grid, block.values),
        lambda block: fields.mean_of(space, block.values),
        _components("a", grid.dimension),
    )


def covariance(solution: Solution, nodes: Sequence[int] | None = None, times: ArrayLike | None = None) -> xr.DataArray:
    """Covariances ``tr rho_j [(a - <a>) (b - <b>) + (b - <b>) (a - <a>)] / 2`` of x and p, of each node.

    Parameters
    ----------
    solution, nodes, times
        As for `mean`.

    Returns
    -------
    xarray.DataArray
        float64, dims (time, node, a, b), a and b as in `mean`; ``hbar / 2`` is the least product of two spreads.

    Raises
    ------
    InvalidInputError
        As `mean`.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0)
    >>> solution = wl.solve(model, wl.states.squeezed(grid, [1.0], squeezing=np.log(2)), times=[0.0])
    >>> covariance(solution)[0, 0].values.round(9) + 0.0                         # e^{-2r} / 2 and e^{2r} / 2
    array([[0.125, 0.   ],
           [0.   , 2.   ]])
    """
    sample = Sample.of(solution, nodes, times)
    grid, space = sample.grid, sample.model.space
    return sample.measure(
        "covariance",
        lambda block: states.covariance(grid, block.values),
        lambda block: fields.covariance_of(space, block.values),
        _components("a", grid.dimension) | _components("b", grid.dimension),
    )


def energy(solution: Solution, nodes: Sequence[int] | None = None, times: ArrayLike | None = None) -> xr.DataArray:
    """Kinetic, potential and total energy ``tr rho_j (p^2 / 2m + V_j)`` of each node, without the coupling.

    ``V_j(t, x)`` is the node's own potential and includes its detuning, ``hbar Omega_j``, and under a Gross-Pitaevskii
    term ``(g / 2) rho_j(x)`` with the density ``rho_j``. Without coupling, and with V constant in time, the total is
    conserved.

    Parameters
    ----------
    solution, nodes, times
        As for `mean`.

    Returns
    -------
    xarray.DataArray
        float64, dims (time, node, part) with part = kinetic, potential, total; in units of energy.

    Raises
    ------
    InvalidInputError
        As `mean`.
    SolverError
        If V is not finite at a time.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.0)
    >>> solution = wl.solve(model, wl.states.coherent(grid, [0.0, 2.0]), times=[0.0])
    >>> energy(solution)[0].values.round(12)
    array([[0.25, 0.25, 0.5 ],
           [0.25, 2.25, 2.5 ]])
    """
    sample = Sample.of(solution, nodes, times)
    grid, model = sample.grid, sample.model
    detuning = model.system(solution.count).detuning

    def potential(block: Block) -> NDArray[np.float64]:
        """``V_j(t, x)``, (times, nodes or 1, *grid.shape)."""
        values = np.stack([model.potential_at(float(time)) for time in block.times])
        own = values[:, block.nodes] if values.ndim > 1 + grid.dimension else values[:, None]
        if detuning is not None:
            own = own + grid.hbar * detuning[block.nodes].reshape(-1, *[1] * grid.dimension)
        if isinstance(model, SchrodingerLohe) and model.nonlinearity:
            own = own + model.nonlinearity / 2 * states.density(grid, block.values)
        return own

    return sample.measure(
        "energy",
        lambda block: states.energy(grid, block.values, potential(block), model.mass),
        lambda block: fields.energy_of(model.space, block.values, potential(block), model.mass),
        {"part": ("part", ["kinetic", "potential", "total"])},
    )


def _components(name: str, dimension: int) -> Coordinates:
    return {name: (name, position_names(dimension) + momentum_names(dimension))}
