"""Observables that a solution offers by itself, labelled: see `wignerlohe.Solution`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.observables.labels import Coordinates, array
from wignerlohe.solution import Solution

if TYPE_CHECKING:
    import xarray as xr


def order_parameter(solution: Solution) -> xr.DataArray:
    """``|mean_j psi_j|``, dims (time); see `wignerlohe.Solution.order_parameter`.

    >>> import wignerlohe as wl
    >>> order_parameter(wl.solve(wl.Correlations(coupling=1.0), [[1, 0.28], [0.28, 1]], times=[0.0])).values
    array([0.8])
    """
    return array("order_parameter", ("time",), solution.order_parameter, {"time": ("time", solution.times)})


def phase(solution: Solution) -> xr.DataArray:
    """``arg <psi_j, mean>`` in radians, dims (time, node); see `wignerlohe.Solution.phase`.

    >>> import wignerlohe as wl
    >>> phase(wl.solve(wl.Correlations(coupling=1.0), [[1, 1j], [-1j, 1]], times=[0.0])).values.round(9)      # pi / 4
    array([[ 0.78539816, -0.78539816]])
    """
    return _of_nodes("phase", solution, solution.phase)


def amplitude(solution: Solution) -> xr.DataArray:
    """``|<psi_j, mean>|``, dims (time, node); see `wignerlohe.Solution.amplitude`.

    >>> import wignerlohe as wl
    >>> amplitude(wl.solve(wl.Correlations(coupling=1.0), [[1, 0.5], [0.5, 1]], times=[0.0])).values
    array([[0.75, 0.75]])
    """
    return _of_nodes("amplitude", solution, solution.amplitude)


def purity(solution: Solution) -> xr.DataArray:
    """``Tr rho_j^2``, dims (time, node); see `wignerlohe.Solution.purity`.

    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-10.0, 10.0, 64)
    >>> nodes = wl.states.thermal(grid, occupation=[0.5])
    >>> purity(wl.solve(wl.WignerLohe(grid, "0.5*x**2", coupling=1.0), nodes, times=[0.0])).values.round(9)
    array([[0.5]])
    """
    return _of_nodes("purity", solution, solution.purity)


def _of_nodes(name: str, solution: Solution, values: NDArray[Any]) -> xr.DataArray:
    coordinates: Coordinates = {"time": ("time", solution.times), "node": ("node", np.arange(solution.count))}
    return array(name, ("time", "node"), values, coordinates)
