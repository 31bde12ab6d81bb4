"""The largest distance between any two Wigner functions of a solution, without a Wigner function."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wignerlohe.coupling.pairs import BLOCK, exponential
from wignerlohe.errors import TooLargeError
from wignerlohe.grid import Grid
from wignerlohe.observables.labels import array
from wignerlohe.observables.sample import Sample
from wignerlohe.solution import Solution

if TYPE_CHECKING:
    import xarray as xr

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

MOST_NODES = 4000  # pure nodes: 16 million pairs, some seconds a time
MOST_PRODUCTS = 1e12  # of mixed nodes, over all times: a minute or two


def largest_distance(solution: Solution) -> xr.DataArray:
    """``max ||w_ij - w_lm||`` in L^2 of phase space, over all i, j, l, m.

    For pure unit nodes ``||w_ij - w_lm||^2 = 2 (2 pi hbar)^-d Re(d_il + d_jm - d_il conj(d_jm))``, d = 1 - z (docs,
    "Derivations", S6). It depends on two of the N^2 numbers d only and is affine in either, so the largest value is
    between two corners of their convex hull in the plane: N^2 log N operations for N^4 distances, and the relative
    accuracy of d. Mixed nodes, and data with right factors of their own, take all ``N^4 m^2`` products of Gram
    matrices, of differences, so that little is lost when nodes nearly agree.

    Parameters
    ----------
    solution : Solution
        With wave functions.

    Returns
    -------
    xarray.DataArray
        float64, dims (time), in units of action^(-d/2); at most ``2 (2 pi hbar)^(-d/2)`` for unit nodes.

    Raises
    ------
    InvalidInputError
        If the solution has no wave functions.
    TooLargeError
        Beyond 4000 pure nodes, or ``T N^4 m^2 > 3e11`` for others; see `wignerlohe.Solution.distance` for chosen pairs.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0)
    >>> solution = wl.solve(model, wl.states.coherent(grid, [-0.5, 0.5]), times=[0.0, 2.0, 200.0])
    >>> distance = largest_distance(solution)
    >>> bool(np.allclose(distance, solution.distance((0, 0), (1, 1)), rtol=1e-12, atol=0))
    True
    """
    sample = Sample.of(solution)
    sample.require_waves()
    grid, times = sample.grid, sample.times
    pure = not len(times) or (sample.components == 1 and not sample.factored)
    halves = _of_pure(solution) if pure else _of_any(sample)
    values = np.sqrt(2 * (2 * np.pi * grid.hbar) ** -grid.dimension) * halves
    return array("largest_distance", ("time",), values, {"time": ("time", times)})


def _refuse(must: str) -> TooLargeError:
    return TooLargeError(f"the largest distance {must}; try solution.distance((0, 0), (1, 1)) for chosen pairs")


def _of_pure(solution: Solution) -> FloatArray:
    """``(2 pi hbar)^(d/2) / sqrt(2)`` times the distance, (T,), of pure unit nodes."""
    if solution.count > MOST_NODES:
        raise _refuse(f"is over {solution.count}^4 pairs of pairs and limited to {MOST_NODES} pure nodes")
    logs, height = solution.log_diameter, max(1, BLOCK // solution.count)
    hulls = [np.zeros(1, dtype=np.complex128) for _ in logs]  # d_ii = 0 is one of the points
    for first in range(0, solution.count, height):
        for k, rows in enumerate(solution.pairs.log_rows(slice(first, first + height))):
            if logs[k] > -np.inf:
                hulls[k] = hull(np.concatenate([hulls[k], exponential(rows.ravel() - logs[k])]))
    squares = [farthest(corners, scale) for corners, scale in zip(hulls, np.exp(logs), strict=True)]
    return np.asarray(np.exp(logs / 2) * np.sqrt(squares))


def hull(points: ComplexArray) -> ComplexArray:
    """Corners of the convex hull of points in the plane, anticlockwise from the leftmost.

    >>> hull(np.array([0, 1, 1j, 1 + 1j, 0.5 + 0.5j, 0.5]))
    array([0.+0.j, 1.+0.j, 1.+1.j, 0.+1.j])
    """
    ordered = np.sort(points)  # by the real, then by the imaginary part
    new = np.flatnonzero(np.diff(ordered.real, prepend=np.nan) != 0)
    lower, upper = _chain(ordered[new], -1.0), _chain(ordered[np.append(new[1:], len(ordered)) - 1], 1.0)
    both = np.concatenate([lower, upper[::-1]])
    return both[both != np.roll(both, 1)] if len(both) > 2 or both[0] != both[-1] else both[:1]


def _chain(points: ComplexArray, side: float) -> ComplexArray:
    """The corners above points of increasing real part (below, for side -1).

    A point that is not above the line between two others, one on either side, is no corner, so that all such points may
    go at once. The two are its neighbours in the end, and before that points farther off: a few passes are enough.
    """
    reach = len(points)
    while len(points) > 2:
        reach = max(1, min(reach, len(points)) // 8)
        place = np.arange(len(points))
        first = points[np.maximum(place - reach, 0)]
        before, after = points - first, points[np.minimum(place + reach, len(points) - 1)] - first
        corner = side * (before.imag * after.real - after.imag * before.real) > 0
        corner[[0, -1]] = True
        if reach == 1:
            if corner.all():
                break
            reach = len(points)
        points = points[corner]
    return points


def farthest(corners: ComplexArray, scale: float) -> float:
    """``max Re(a + b - scale a conj(b))`` over corners a, b of a convex polygon, anticlockwise.

    For each a it is ``Re a + max Re(b conj(u))``, ``u = 1 - scale a``: the corner b farthest in the direction u, where
    the outward normals of both edges have u between them.
    """
    directions = 1 - scale * corners
    edges = np.roll(corners, -1) - corners
    turns = np.zeros(len(corners))
    turns[1:] = np.angle(edges[1:] / edges[0]) % (2 * np.pi)  # that of the first is 0, which rounding may make 2 pi
    wanted = np.angle(1j * directions * edges[0].conj()) % (2 * np.pi)
    found = np.searchsorted(np.maximum.accumulate(turns), wanted)
    near = corners[(found + np.array([[-1], [0], [1]])) % len(corners)]  # rounding may be one corner off
    return float(max((corners.real + (near * directions.conj()).real).max(), 0.0))


def _of_any(sample: Sample) -> FloatArray:
    """The same for nodes of m components, or left and right factors."""
    count = len(sample.nodes)
    products = 3.0 * len(sample.states) * count**4 * sample.components**2
    if products > MOST_PRODUCTS:
        raise _refuse(f"of mixed nodes takes {products:.1e} products, limited to {MOST_PRODUCTS:.0e}")
    found = np.empty(len(sample.states))
    sides = zip(_by_time(sample, right=False), _by_time(sample, right=True), strict=True)
    for k, (left, right) in enumerate(sides):
        first, second = _products(sample.grid, left, right)
        height = max(1, BLOCK // len(second))
        found[k] = max(float((first[row : row + height] @ second.T).max()) for row in range(0, len(first), height))
    return np.asarray(np.sqrt(np.maximum(found, 0) / 2))


def _by_time(sample: Sample, right: bool) -> Iterator[ComplexArray]:
    """All factors (N, m, n) at one time after the other."""
    for state in sample.states:
        blocks = Sample(sample.solution, [state], sample.nodes).blocks(right)
        yield np.concatenate([block.values[0] for block in blocks]).reshape(len(sample.nodes), -1, sample.grid.size)


def _products(grid: Grid, phi: ComplexArray, chi: ComplexArray) -> tuple[FloatArray, FloatArray]:
    """Rows over (i, l) and over (j, m) whose products are ``(2 pi hbar)^d ||w_ij - w_lm||^2``.

    ``w_ij - w_lm = w[phi_i - phi_l, chi_j] + w[phi_l, chi_j - chi_m]``, and by Moyal's identity
    ``(2 pi hbar)^d <w[A, B], w[C, D]> = sum_ab <A^a, C^b> conj(<B^a, D^b>)``: three terms, squares and twice the mixed.
    """
    count = len(phi)
    left, right = [], []
    for i in range(count):
        step, change, own = phi[i] - phi, chi[i] - chi, np.broadcast_to(chi[i], chi.shape)
        left.append([_gram(step, step), _gram(phi, phi), 2 * _gram(step, phi)])
        right.append([_gram(own, own), _gram(change, change), _gram(own, change)])
    rows = (grid.cell * np.moveaxis(np.array(side), 1, 2).reshape(count**2, -1) for side in (left, right))
    first, second = (np.ascontiguousarray(side).view(np.float64) for side in rows)
    return first, second


def _gram(a: ComplexArray, b: ComplexArray) -> ComplexArray:
    """``<a^k, b^l>`` of each node, without the cell: (N, m, m)."""
    return a @ b.conj().swapaxes(1, 2)
