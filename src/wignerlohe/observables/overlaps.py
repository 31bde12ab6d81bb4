"""Overlaps of nodes with a state of the user's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe.checks import complex_array, require
from wignerlohe.grid import Grid
from wignerlohe.observables.labels import array
from wignerlohe.observables.sample import Block, Sample
from wignerlohe.solution import Solution

if TYPE_CHECKING:
    import xarray as xr


def overlap(
    solution: Solution,
    state: ArrayLike,
    nodes: Sequence[int] | None = None,
    times: ArrayLike | None = None,
) -> xr.DataArray:
    """``<psi_j(t), phi> = integral psi_j conj(phi)``, linear in the node, of pure nodes.

    Parameters
    ----------
    solution : Solution
        With pure nodes.
    state : array_like of complex, shape grid.shape
        phi; it is taken as it is, whatever its norm.
    nodes : sequence of int, optional
        Which nodes; all unless given.
    times : array_like of float, optional
        Any times from 0 to the last output time; the output times unless given.

    Returns
    -------
    xarray.DataArray
        complex128, dims (time, node), without unit.

    Raises
    ------
    InvalidInputError
        If the nodes are mixed, or the state does not fit the grid; see also
        `wignerlohe.observables.position_density`.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.0)
    >>> solution = wl.solve(model, wl.states.fock(grid, [0, 1]), times=[0.0, np.pi])
    >>> found = overlap(solution, wl.states.fock(grid, 1)[0])
    >>> bool(np.allclose(found, [[0, 1], [0, np.exp(-1.5j * np.pi)]]))
    True
    """
    sample, phi = _prepared(solution, state, nodes, times)
    must, but = "have pure nodes", f"each has {sample.components} components"
    require(sample.components == 1, "solution", must, but, "wignerlohe.observables.fidelity")

    def kernel(block: Block) -> NDArray[np.complex128]:
        return _amplitudes(sample.grid, block, phi)[..., 0]

    values = sample.fill("overlap", kernel, sample.coordinates, np.complex128)
    return array("overlap", ("time", "node"), values, sample.coordinates)


def fidelity(
    solution: Solution,
    state: ArrayLike,
    nodes: Sequence[int] | None = None,
    times: ArrayLike | None = None,
) -> xr.DataArray:
    """``<phi| rho_j |phi> = sum_m |<psi_j^m, phi>|^2``, of pure and mixed nodes.

    Parameters
    ----------
    solution, state, nodes, times
        As for `overlap`; nodes may be mixed.

    Returns
    -------
    xarray.DataArray
        float64, dims (time, node), from 0 to 1 for a state of norm 1.

    Raises
    ------
    InvalidInputError
        If the state does not fit the grid; see also `wignerlohe.observables.position_density`.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-10.0, 10.0, 64)
    >>> model = wl.WignerLohe(grid, "0.5*x**2", coupling=1.0)
    >>> solution = wl.solve(model, wl.states.thermal(grid, occupation=[0.25]), times=[0.0])
    >>> fidelity(solution, wl.states.fock(grid, 0)[0]).values.round(9)           # 1 / (1 + 1/4)
    array([[0.8]])
    """
    sample, phi = _prepared(solution, state, nodes, times)

    def kernel(block: Block) -> NDArray[np.float64]:
        return np.asarray((np.abs(_amplitudes(sample.grid, block, phi)) ** 2).sum(axis=-1))

    return array("fidelity", ("time", "node"), sample.fill("fidelity", kernel, sample.coordinates), sample.coordinates)


def _prepared(
    solution: Solution, state: ArrayLike, nodes: Sequence[int] | None, times: ArrayLike | None
) -> tuple[Sample, NDArray[np.complex128]]:
    """Convert and check."""
    sample = Sample.of(solution, nodes, times)
    sample.require_waves()
    sample.require_nodes()
    phi = complex_array("state", state, "a state from wignerlohe.states on the same grid")
    must, but = f"have the shape {sample.grid.shape} of the grid", f"its shape is {phi.shape}"
    require(phi.shape == sample.grid.shape, "state", must, but, "one state, as wignerlohe.states.fock(grid, 0)[0]")
    return sample, phi


def _amplitudes(grid: Grid, block: Block, phi: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """``<psi_j^m, phi>``, (times, nodes, m)."""
    return np.asarray(grid.inner(block.values, phi))
