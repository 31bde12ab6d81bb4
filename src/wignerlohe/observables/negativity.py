"""The volume of the negative part of Wigner functions: how far a node is from a classical mixture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from wignerlohe.observables import fields
from wignerlohe.observables.labels import array
from wignerlohe.observables.sample import Sample
from wignerlohe.phase_space.selection import select
from wignerlohe.solution import Solution

if TYPE_CHECKING:
    import xarray as xr


def negativity(
    solution: Solution,
    nodes: Sequence[int] | None = None,
    times: ArrayLike | None = None,
    *,
    axes: Sequence[str] | None = None,
) -> xr.DataArray:
    """``(1/2) (integral |w_jj| - 1) = integral max(-w_jj, 0)``, the volume of the negative part.

    That is half of the indicator of Kenfack and Zyczkowski (2004): ``2 / sqrt(e) - 1`` for the first excited state of
    an oscillator. The integral is a sum over ``grid.phase_space``. ``|w|`` has kinks, so that the error falls with the
    square of the spacings only: for that state it is 9e-4 with 128 points in a box of length 24, 6e-5 with 256. A
    longer box makes the spacing of p finer.

    Parameters
    ----------
    solution, nodes, times
        As for `wignerlohe.observables.position_density`.
    axes : sequence of str, optional
        Axes of phase space to keep, such as ``("x", "px")``, the others integrated over: the negativity of a reduced
        Wigner function. All of them unless given, which beyond a line takes much time and memory.

    Returns
    -------
    xarray.DataArray
        float64, dims (time, node), without unit.

    Raises
    ------
    InvalidInputError
        If the solution has correlations only, or right factors of its own; a node, a time or an axis does not exist.
    TooLargeError
        If a Wigner function does not fit into memory; keep fewer axes.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-12.0, 12.0, 256)
    >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0)
    >>> solution = wl.solve(model, wl.states.fock(grid, [0, 1]), times=[0.0])
    >>> bool(np.allclose(negativity(solution), [[0, 2 / np.sqrt(np.e) - 1]], atol=1e-4))
    True
    """
    sample = Sample.of(solution, nodes, times)
    sample.require_nodes()
    selection, space = select(sample.grid, axes), sample.model.space
    spacings = dict(zip(selection.fates, fields.spacings(space), strict=True))
    cell = math.prod(spacings[name] for name in selection.kept)
    values = np.empty((len(sample.states), len(sample.nodes)))
    for k, time in enumerate(sample.times.tolist()):
        for j, node in enumerate(sample.nodes):  # one at a time: each is larger than its states
            (w,) = solution.wigner_functions([(node, node)], time, axes)
            values[k, j] = -cell * np.minimum(w.real, 0).sum()
    attrs = {"integrated_over": ", ".join(selection.integrated)} if selection.integrated else None
    return array("negativity", ("time", "node"), values, sample.coordinates, attrs)
