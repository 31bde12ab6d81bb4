"""Husimi functions: how likely a node is found in each coherent state."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe.checks import positive_number, real_array, require
from wignerlohe.conventions import momentum_names, position_names
from wignerlohe.grid import Grid
from wignerlohe.observables import states
from wignerlohe.observables.labels import array, momentum_axes
from wignerlohe.observables.sample import Block, Sample
from wignerlohe.solution import Solution

if TYPE_CHECKING:
    import xarray as xr

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]


def husimi(
    solution: Solution,
    nodes: Sequence[int] | None = None,
    times: ArrayLike | None = None,
    *,
    width: float = 1.0,
    axes: Sequence[str] | None = None,
    points: Mapping[str, ArrayLike] | None = None,
) -> xr.DataArray:
    """``Q_j(x, p) = (2 pi hbar)^-d <g_xp| rho_j |g_xp>``, g the packet of `wignerlohe.states.gaussian`.

    It is never negative, its integral over phase space is the squared norm, and it is ``w_jj`` smoothed by the Wigner
    function of the packet, ``(pi hbar)^-d exp(-x^2/s^2 - s^2 p^2/hbar^2)``. It is computed from the states.

    Parameters
    ----------
    solution, nodes, times
        As for `wignerlohe.observables.position_density`.
    width : float
        s of the packet, a length; ``sqrt(hbar / (m omega))`` for the coherent states of an oscillator.
    axes : sequence of str, optional
        Position axes to keep, each with its momentum; all unless given. The others are traced out.
    points : mapping of str to float array, optional
        Where to sample: ``x``, ``px`` and so on, on a line ``x`` and ``p``; the points and momenta of the grid unless
        given.

    Returns
    -------
    xarray.DataArray
        float64, dims (time, node, x, momentum), beyond a line (time, node, x, y, ..., momentum_x, momentum_y, ...), in
        units of action^-(number of axes kept).

    Raises
    ------
    InvalidInputError
        If the solution has no wave functions, or right factors of its own; a node, a time or an axis does not exist;
        the width is not positive.
    TooLargeError
        If the result does not fit into memory; keep fewer axes, points, nodes or times.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0)
    >>> solution = wl.solve(model, wl.states.coherent(grid, [1.0]), times=[0.0])
    >>> peak = husimi(solution, nodes=[0], times=[0.0], points={"x": [1.0], "p": [0.0]})
    >>> round(float(peak.squeeze() * 2 * np.pi), 12)
    1.0
    """
    sample = Sample.of(solution, nodes, times)
    sample.require_waves()
    sample.require_nodes()
    grid, scale = sample.grid, positive_number("width", width, "width=1.0")
    names, momentum = position_names(grid.dimension), momentum_names(grid.dimension)
    kept = names if axes is None else tuple(axes)
    good = all(name in names for name in kept) and 0 < len(set(kept)) == len(kept) and not isinstance(axes, str)
    must = f"name position axes, of {', '.join(names)}, each once"
    require(good, "axes", must, f"{axes!r} was given", 'axes=("x",)')
    chosen = [axis for axis, name in enumerate(names) if name in kept]
    known = {names[axis]: grid.axes[axis] for axis in chosen}
    known |= {momentum[axis]: states.momenta(grid)[axis] for axis in chosen}
    where = known if points is None else known | {name: _points(name, points[name], known) for name in points}
    windows = [_windows(grid, axis, where[names[axis]], where[momentum[axis]], scale) for axis in chosen]
    labels = dict(zip(momentum, momentum_axes(grid.dimension), strict=True))
    coordinates = dict(sample.coordinates)
    coordinates |= {labels.get(name, name): (labels.get(name, name), values) for name, values in where.items()}
    values = sample.fill("husimi", lambda block: _of_block(grid, block, chosen, windows), coordinates)
    return array("husimi", list(coordinates), values, coordinates, {"width": scale, "hbar": grid.hbar})


def _points(name: str, value: ArrayLike, known: Mapping[str, FloatArray]) -> FloatArray:
    must = f"name axes that are kept, {', '.join(known)}"
    require(name in known, "points", must, f"{name!r} was given", f"points={{{next(iter(known))!r}: [0.0]}}")
    found = np.atleast_1d(real_array(f"points[{name!r}]", value, "[0.0]"))
    require(found.ndim == 1, f"points[{name!r}]", "be a list", f"its shape is {found.shape}", "[0.0]")
    return found


def _windows(grid: Grid, axis: int, x: FloatArray, p: FloatArray, width: float) -> tuple[FloatArray, ComplexArray]:
    """``g(x' - x)`` and ``e^{-i p x' / hbar} dx'`` over the points x' of an axis: (points, n) and (n, momenta)."""
    points = grid.axes[axis]
    packets: FloatArray = np.asarray((np.pi * width**2) ** -0.25 * np.exp(-(((points - x[:, None]) / width) ** 2) / 2))
    return packets, np.asarray(grid.spacing[axis] * np.exp(-1j / grid.hbar * np.multiply.outer(points, p)))


def _of_block(grid: Grid, block: Block, axes: list[int], windows: list[tuple[FloatArray, ComplexArray]]) -> FloatArray:
    """Node by node, since every x takes a copy of the state."""
    traced, count = grid.dimension - len(axes), len(axes)
    unit = math.prod(grid.spacing[axis] for axis in range(grid.dimension) if axis not in axes)
    shape = [len(packets) for packets, _ in windows] + [waves.shape[1] for _, waves in windows]
    found = np.empty((*block.values.shape[:2], *shape))
    for place in np.ndindex(found.shape[:2]):
        # components and traced axes first; each axis that is kept leaves its place, and its x and p join the end
        amplitudes = np.moveaxis(block.values[place], [1 + axis for axis in axes], range(-count, 0))
        for packets, waves in windows:
            values = np.moveaxis(amplitudes, 1 + traced, -1)
            amplitudes = (values[..., None, :] * packets) @ waves
        squares = (amplitudes.real**2 + amplitudes.imag**2).sum(axis=tuple(range(1 + traced)))
        found[place] = squares.transpose([*range(0, 2 * count, 2), *range(1, 2 * count, 2)])
    found *= unit / (2 * np.pi * grid.hbar) ** count
    return found
