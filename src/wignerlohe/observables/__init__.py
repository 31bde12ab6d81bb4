"""Observables of a solution: densities, moments, energies and distances as labelled arrays over time.

Those of one node come from its states, in `states` the formulas, in `densities`, `moments`, `husimi`, `negativity` and
`overlaps` the arrays; `distances` and `groups` compare nodes; `ensemble` labels what a solution offers by itself.
`fields` takes Wigner functions on any phase space in place of states. `compute` gathers by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wignerlohe.checks import require
from wignerlohe.observables.densities import cross_density, current, momentum_density, position_density
from wignerlohe.observables.distances import largest_distance
from wignerlohe.observables.ensemble import amplitude, order_parameter, phase, purity
from wignerlohe.observables.fields import (
    covariance_of,
    current_of,
    energy_of,
    mean_of,
    momentum_density_of,
    negativity_of,
    position_density_of,
    purity_of,
)
from wignerlohe.observables.groups import group_correlation, group_density, group_order_parameter
from wignerlohe.observables.husimi import husimi
from wignerlohe.observables.moments import covariance, energy, mean
from wignerlohe.observables.negativity import negativity
from wignerlohe.observables.overlaps import fidelity, overlap
from wignerlohe.solution import Solution

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "OBSERVABLES",
    "Observable",
    "amplitude",
    "check_names",
    "compute",
    "covariance",
    "covariance_of",
    "cross_density",
    "current",
    "current_of",
    "energy",
    "energy_of",
    "fidelity",
    "group_correlation",
    "group_density",
    "group_order_parameter",
    "husimi",
    "largest_distance",
    "mean",
    "mean_of",
    "momentum_density",
    "momentum_density_of",
    "negativity",
    "negativity_of",
    "order_parameter",
    "overlap",
    "phase",
    "position_density",
    "position_density_of",
    "purity",
    "purity_of",
]


@dataclass(frozen=True)
class Observable:
    """What can be asked for by its name: a line about it, and what computes it from a solution alone."""

    description: str
    of: Callable[[Solution], xr.DataArray]


OBSERVABLES = {
    "position_density": Observable("density of each node over x", position_density),
    "momentum_density": Observable("density of each node over the momenta of the grid", momentum_density),
    "current": Observable("probability current of each node over x", current),
    "mean": Observable("means of x and p of each node", mean),
    "covariance": Observable("symmetrised covariances of x and p of each node", covariance),
    "energy": Observable("kinetic, potential and total energy of each node, with its detuning", energy),
    "purity": Observable("purity Tr rho^2 of each node", purity),
    "negativity": Observable("volume of the negative part of each node's Wigner function", negativity),
    "husimi": Observable("Husimi function of each node for packets of width 1", husimi),
    "order_parameter": Observable("norm of the mean of all nodes", order_parameter),
    "phase": Observable("phase of each node relative to the mean", phase),
    "amplitude": Observable("modulus of each node's product with the mean", amplitude),
    "largest_distance": Observable("largest distance between any two Wigner functions", largest_distance),
}


def check_names(names: Sequence[str]) -> None:
    """Refuse names that are not in `OBSERVABLES`; the message lists those that are.

    >>> check_names(["enthalpy"])
    Traceback (most recent call last):
    ...
    wignerlohe.errors.InvalidInputError: `observables` must name any of position_density, ..., but 'enthalpy' ...
    """
    must, attempt = f"name any of {', '.join(OBSERVABLES)}, each once", 'observables=["energy", "mean"]'
    require(not isinstance(names, str), "observables", must, f"{names!r} was given, not a list", attempt)
    for name in names:
        known = isinstance(name, str) and name in OBSERVABLES
        require(known, "observables", must, f"{name!r} was given", attempt)
    require(len(set(names)) == len(names), "observables", must, f"{list(names)} were given", attempt)


def compute(solution: Solution, names: Sequence[str]) -> xr.Dataset:
    """Gather observables at the output times by name.

    Parameters
    ----------
    solution : Solution
    names : sequence of str
        Any of `OBSERVABLES`.

    Returns
    -------
    xarray.Dataset
        One variable for each name, with ``long_name`` and ``units``.

    Raises
    ------
    InvalidInputError
        If a name is not known, or the solution has no such observable.
    TooLargeError
        If a result does not fit into memory.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0)
    >>> solution = wl.solve(model, wl.states.coherent(grid, [-0.5, 0.5]), times=[0.0, 2.0])
    >>> data = compute(solution, ["energy", "momentum_density"])
    >>> dict(data.sizes)
    {'time': 2, 'node': 2, 'part': 3, 'momentum': 64}
    """
    import xarray as xr

    check_names(names)
    return xr.Dataset({name: OBSERVABLES[name].of(solution) for name in names})
