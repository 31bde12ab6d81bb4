"""The fixed point of section 4.2 as a solver of its own: the map (40), iterated to rounding, window after window.

A matrix of guesses g_ij, of which only ``q_ij(t) = integral g_ij dx dp`` matters, has the image W with

``d_t w_ij + L w_ij = (kappa / 2N) sum_k [w_ik + w_kj - w_ij (q_ik + q_kj)]``,      (40)

W(0) given. That is linear in W, and the linear flow commutes with it (Derivations, S1): ``W(t) = e^{-tL} [G W(0) H]``,

``G' = (kappa / 2) (P - diag a) G``, ``a_i = (1/N) sum_k q_ik``,  ``H' = (kappa / 2) H (P - diag b)``, ``b_j = (1/N)
sum_k q_kj``,  ``P = 1/N`` everywhere.

On a window both are polynomials in time, by collocation at Chebyshev's points. Rows of G see each other through their
mean alone, so that N systems of the size of the points are solved, and one more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe import memory
from wignerlohe.blocks import Blocks
from wignerlohe.checks import require
from wignerlohe.coupling.pairs import check_pairs
from wignerlohe.errors import SolverError
from wignerlohe.labels import wigner_array
from wignerlohe.methods import UNIT, plan
from wignerlohe.models.base import NodeModel
from wignerlohe.models.schrodinger_lohe import SchrodingerLohe
from wignerlohe.models.wigner_lohe import WignerLohe
from wignerlohe.nodes import Nodes
from wignerlohe.phase_space.weyl import wigner_of_kernel
from wignerlohe.propagators.choice import linear_flow
from wignerlohe.solver import check_times
from wignerlohe.theory.motion import rule

if TYPE_CHECKING:
    import xarray

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

POINTS = 16  # intervals between Chebyshev's points of a window
SHARE = 0.5  # what the bound on the contraction is at the beginning of a window
LONGEST = 1.0  # windows in units of 1 / (kappa (1 + Q)), which so many points resolve to rounding
ROUNDED = 1e-14  # distances of iterates, relative to the largest function, that are rounding
MOST_ITERATES = 60
SHORTEST = 1e-6  # windows in units of 1 / kappa; where they would have to be shorter there is a blow-up
TOLERANCE = 1e-10  # of what prepares the data and of flows under V(t, x)

# Matrices of functions are arrays (..., N, N, D + 1): the coordinates of ``w_ij`` in an orthonormal basis of the span
# of the data, moved along by the linear flow, and last its integral, which in L^2 is an unknown of its own.


def norm_in_x(matrix: ComplexArray) -> FloatArray:
    """``||w_ij||_X = ||w_ij|| + |z_ij|``, float64 (..., N, N)."""
    return np.asarray(np.linalg.norm(matrix[..., :-1], axis=-1) + np.abs(matrix[..., -1]))


def combined(left: ComplexArray, data: ComplexArray, right: ComplexArray) -> ComplexArray:
    """``G W(0) H`` at some times: (T, N, N), (N, N, D + 1) and (T, N, N) to (T, N, N, D + 1)."""
    times, count = left.shape[:2]
    rows = (left.reshape(-1, count) @ data.reshape(count, -1)).reshape(times, count, count, -1)
    return np.asarray(right.swapaxes(1, 2)[:, None] @ rows)


@cache
def collocation() -> tuple[FloatArray, FloatArray]:
    """Chebyshev's points on [0, 1], and the matrix of integrals from 0 to each of them.

    >>> points, integrals = collocation()
    >>> bool(np.allclose(integrals @ points**7, points**8 / 8, atol=1e-15))
    True
    """
    points, degrees = rule(POINTS)[0], np.arange(POINTS + 1)
    angles = np.arccos(np.clip(2 * points - 1, -1, 1))[:, None]
    values = np.cos(degrees * angles)
    with np.errstate(divide="ignore", invalid="ignore"):
        above, below = np.cos((degrees + 1) * angles) / (degrees + 1), np.cos((degrees - 1) * angles) / (degrees - 1)
    primitive = (above - below) / 4  # of T_n(2 s - 1) in s, for n >= 2
    primitive[:, 1] = (2 * points - 1) ** 2 / 4
    primitive[:, 0] = points
    return points, np.linalg.solve(values.T, (primitive - primitive[0]).T).T


def image(
    q: ComplexArray, left: ComplexArray, right: ComplexArray, advance: float
) -> tuple[ComplexArray, ComplexArray]:
    """The maps G and H of the image of a guess, at the points of a window.

    Parameters
    ----------
    q : complex128 array, shape (points, N, N)
        Integrals of the guess.
    left, right : complex128 arrays, shape (N, N)
        G and H at the beginning of the window.
    advance : float
        kappa times the length of the window.

    Returns
    -------
    left, right : complex128 arrays, shape (points, N, N)
    """
    return _mixed(q.mean(axis=2), left, advance), _mixed(q.mean(axis=1), right.T, advance).swapaxes(1, 2)


def _mixed(loss: ComplexArray, start: ComplexArray, advance: float) -> ComplexArray:
    """Rows y_i with ``y_i' = (mean_k y_k - loss_i y_i) / 2`` over a time ``advance``: (points, N, M)."""
    integrals, half, count = collocation()[1], advance / 2, len(start)
    own = np.linalg.inv(np.eye(len(integrals)) + half * integrals * loss.T[:, None, :])
    free = own.sum(axis=2)  # rows on their own, from 1
    system = np.eye(len(integrals)) - half * own.mean(axis=0) @ integrals
    mean = np.linalg.solve(system, free.T @ start / count)
    return np.asarray(free.T[:, :, None] * start + half * (own @ (integrals @ mean)).swapaxes(0, 1))


def contraction_bound(rate: float, length: float, size: float, largest: float) -> float:
    """``|kappa| B T e^{|kappa| (1 + Q) T}``: by how much (40) contracts distances in ``C([0, T]; X)``, at most."""
    return float(rate * size * length * np.exp(min(rate * (1 + largest) * length, 700.0)))


@dataclass(frozen=True)
class Window:
    """Iterates of (40) from ``begin`` to ``end``.

    Attributes
    ----------
    begin, end : float
        Times.
    distances : float64 array, shape (iterates,)
        ``sup_t max_ij ||w_ij^(n+1) - w_ij^(n)||_X``, down to rounding. The first iterate is constant, up to the linear
        flow.
    bound : float
        ``kappa B T e^{kappa (1 + Q) T}``, with ``Q = sup |q_ij|`` and ``B = sup ||w_ij||_X`` over all iterates.
    left, right : complex128 arrays, shape (points, N, N)
        G and H of the last iterate, at Chebyshev's points.
    """

    begin: float
    end: float
    distances: FloatArray
    bound: float
    left: ComplexArray = field(repr=False)
    right: ComplexArray = field(repr=False)

    @property
    def factors(self) -> FloatArray:
        """Measured contraction factors: ratios of consecutive distances, as long as these are not rounding."""
        seen = self.distances[self.distances > 100 * self.distances[-1]]
        return np.asarray(seen[1:] / seen[:-1])

    def maps(self, times: FloatArray) -> tuple[ComplexArray, ComplexArray]:
        """G and H at times within the window, (T, N, N) each."""
        points = collocation()[0]
        weights = (-1.0) ** np.arange(len(points))
        weights[[0, -1]] /= 2
        away = (times[:, None] - self.begin) / (self.end - self.begin) - points
        hit = np.abs(away) < np.finfo(float).eps
        rows = np.where(hit.any(axis=1, keepdims=True), hit, weights / np.where(hit, 1.0, away))
        rows = rows / rows.sum(axis=1, keepdims=True)
        return np.tensordot(rows, self.left, axes=1), np.tensordot(rows, self.right, axes=1)


def iterate(
    data: ComplexArray, left: ComplexArray, right: ComplexArray, kappa: float, begin: float, length: float
) -> Window | None:
    """Iterate (40) on one window to rounding; None if the window is too long for that."""
    known = combined(left[None], data, right[None])
    distances: list[float] = []
    size = largest = 0.0
    before = np.broadcast_to(known, (POINTS + 1, *known.shape[1:]))
    while len(distances) < MOST_ITERATES:
        q = before[..., -1]
        lefts, rights = image(q, left, right, kappa * length)
        after = combined(lefts, data, rights)
        largest, size = max(largest, float(np.abs(q).max())), max(size, float(norm_in_x(after).max()))
        bound = contraction_bound(abs(kappa), length, size, largest)
        if not bound < 1:
            return None
        distances.append(float(norm_in_x(after - before).max()))
        if distances[-1] <= ROUNDED * size:
            return Window(begin, begin + length, np.array(distances), bound, lefts, rights)
        before = after
    return None


def windows(data: ComplexArray, kappa: float, last: float) -> Iterator[Window]:
    """Windows from 0 to a last time, each beginning where the one before ends.

    Raises
    ------
    SolverError
        Where they would have to be ever shorter: at a blow-up.
    """
    begin, left, right = 0.0, *(np.eye(len(data), dtype=np.complex128) for _ in range(2))
    while begin < last:
        known = combined(left[None], data, right[None])[0]
        length = min(suggested(known, abs(kappa)), last - begin)
        while (found := iterate(data, left, right, kappa, begin, length)) is None:
            length /= 2
        if abs(kappa) * length < SHORTEST and begin + length < last:
            size = float(np.abs(known[..., -1]).max())
            raise SolverError(
                f"windows on which (40) contracts shrink to nothing at t = {begin:.12g}, where correlations have "
                f"grown to {size:.3g}: the solution blows up. Try times before that"
            )
        yield found
        begin, left, right = found.end, found.left[-1], found.right[-1]


def suggested(matrix: ComplexArray, rate: float) -> float:
    """The length of a window on which the bound on the contraction is `SHARE`, if nothing grew."""
    from scipy.special import lambertw

    if rate == 0:
        return np.inf
    growth = 1 + float(np.abs(matrix[..., -1]).max())
    size = float(norm_in_x(matrix).max())
    clock = float(lambertw(SHARE * growth / size).real) if size > 0 else LONGEST
    return min(clock, LONGEST) / (rate * growth)


@dataclass(frozen=True)
class PicardRun:
    """What `picard` found.

    Attributes
    ----------
    model : NodeModel
    times : float64 array, shape (T,)
        The output times.
    correlation : complex128 array, shape (T, N, N)
        ``z_ij(t) = integral w_ij dx dp``.
    windows : tuple of Window
        Each with its iterates' distances, measured contraction factors, and the bound on them.
    """

    model: NodeModel
    times: FloatArray
    correlation: ComplexArray
    windows: tuple[Window, ...]
    _kernels: ComplexArray = field(repr=False)

    def wigner_functions(self, pairs: Sequence[tuple[int, int]], time: float) -> ComplexArray:
        """``w_ij`` of some pairs of nodes at a time up to the last one: complex128 (pairs, *space.shape).

        Raises
        ------
        InvalidInputError
            If the time lies outside of the run, or a node does not exist.
        """
        model, count, last = self.model, len(self._kernels), float(self.times[-1])
        check_pairs(pairs, count)
        instant = check_times(time)
        require(instant[0] <= last, "time", f"lie in [0, {last:g}]", f"{time!r} was given", f"time={last:g}")
        left, right = (side[0] for side in maps_at(self.windows, instant, count))
        kernels = np.array([np.tensordot(np.outer(left[i], right[:, j]), self._kernels) for i, j in pairs])
        flow = linear_flow(model.grid, model.potential, model.drive, model.mass, TOLERANCE)
        for _ in range(2):  # U rho U^dagger = (U (U rho)^dagger)^dagger, where U acts on the columns
            columns = flow.prepare(kernels.swapaxes(1, 2).reshape(-1, 1, *model.grid.shape))
            kernels = flow.evolve(columns, instant)[0].reshape(kernels.shape).conj()
        return wigner_of_kernel(model.grid, kernels.reshape(-1, *model.grid.shape, *model.grid.shape))

    def wigner(self, i: int, j: int, time: float) -> xarray.DataArray:
        """``w_ij`` at a time up to the last one, labelled as `wignerlohe.Solution.wigner` does it."""
        values = self.wigner_functions([(i, j)], time)[0]
        return wigner_array(self.model.space, values, i, j, time, None, None)


def picard(model: NodeModel, initial: Any, times: ArrayLike) -> PicardRun:
    """Solve equation (2) by the fixed point of section 4.2 of the paper, window after window, from any data.

    ``d_t w_ij + L w_ij = (kappa / 2N) sum_k [w_ik + w_kj - w_ij (q_ik + q_kj)]``, ``q_ij = integral g_ij dx dp``   (40)

    maps guesses g to their images w, and has the mild solution as its fixed point. Windows T are such that the map
    contracts, ``kappa B T e^{kappa (1 + Q) T} < 1`` with ``Q = sup |q_ij|``, ``B = sup ||w_ij||_X``; on each it is
    iterated until nothing changes but rounding. In time everything is a polynomial on Chebyshev's points; the linear
    flow ``e^{-tL}`` commutes with the map and is exact. This is a second solver, as independent of `wignerlohe.solve`
    as can be, and not a fast one.

    Parameters
    ----------
    model : SchrodingerLohe or WignerLohe
        On a `wignerlohe.Grid`, with one potential V(x) or V(t, x) for all nodes, all-to-all coupling of either sign,
        and without detunings.
    initial : array or Factors
        Nodes (N, *grid.shape), mixed nodes (N, m, *grid.shape), `wignerlohe.Factors`, or arrays (N, N,
        *grid.phase_space.shape); see `wignerlohe.solve`.
    times : array_like of float, shape (T,)
        Output times, increasing, none negative. The initial data are those at t = 0.

    Returns
    -------
    PicardRun
        ``times``, ``correlation`` (T, N, N), ``wigner(i, j, time)`` at any time, and ``windows`` with the distances of
        iterates, the measured contraction factors and the bounds on them.

    Raises
    ------
    InvalidInputError
        If the model has another equation than (2), or the data do not fit.
    TooLargeError
        If the functions do not fit into memory: all ``w_ij`` are held at once.
    SolverError
        If the solution blows up before the last output time.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> model = wl.WignerLohe(grid, "0.5*x**2", coupling=1.0)
    >>> psi = wl.states.gaussian(grid, position=[-0.4, 0.1, 0.5])
    >>> run = wl.picard(model, psi, times=[0.0, 2.0])
    >>> bool(np.allclose(run.correlation, wl.solve(model, psi, [0.0, 2.0]).correlation, atol=1e-10))
    True
    >>> len(run.windows), bool(run.windows[0].factors.max() < run.windows[0].bound < 1)
    (9, True)
    """
    instants = check_times(times)
    couples, but = isinstance(model, SchrodingerLohe | WignerLohe), f"{type(model).__name__} was given"
    require(couples, "model", "couple functions", but, "SchrodingerLohe or WignerLohe")
    alone = model.shared and getattr(model, "nonlinearity", 0.0) == 0
    require(alone, "model", "have one potential for all nodes", "they differ", "wignerlohe.solve")
    kernels = _kernels(model, initial, len(instants))
    z = np.trace(kernels, axis1=2, axis2=3) * model.grid.cell
    system = model.system(len(z))
    plain = isinstance(system.weights, float) and (system.detuning is None or np.ptp(system.detuning) == 0)
    require(plain, "model", "have all-to-all coupling and no detunings", "it has not", "wignerlohe.solve")
    divides = model.division is True and np.abs(np.diagonal(z) - 1).max() > UNIT
    require(not divides, "model", "divide by no z_ii other than 1", "it does", "division=False")
    kappa = system.coupling * float(system.weights)  # type: ignore[arg-type] # a number, as required
    found = tuple(windows(_coordinates(model, kernels, z), kappa, float(instants[-1])))
    left, right = maps_at(found, instants, len(z))
    return PicardRun(model, instants, left @ z @ right, found, kernels)


def _kernels(model: NodeModel, initial: Any, times: int) -> ComplexArray:
    """Operator kernels ``rho_ij`` of the data, (N, N, n, n), converted and checked as `wignerlohe.solve` does."""
    found = plan(model, initial, "separation", TOLERANCE, times)
    fields, n = found.fields, model.grid.size
    if isinstance(fields, Blocks):
        return fields.kernels
    assert isinstance(fields, Nodes)
    count = fields.count
    memory.require_room(memory.of_kernels((count, count), n).peak)
    states = [found.coupling.start()]
    left, right = (side(states)[0].reshape(count, -1, n) for side in (fields.wavefunctions, fields.right_factors))
    return np.asarray(np.einsum("imx,jmy->ijxy", left, right.conj(), optimize=True))


def _coordinates(model: NodeModel, kernels: ComplexArray, z: ComplexArray) -> ComplexArray:
    """The data as a matrix of functions in coordinates, and their integrals: (N, N, D + 1)."""
    grid, count = model.grid, len(z)
    triangle = np.asarray(np.linalg.qr(kernels.reshape(count**2, -1).T, mode="r"))
    scale = grid.cell / np.sqrt((2 * np.pi * grid.hbar) ** grid.dimension)
    return np.concatenate([scale * triangle.T.reshape(count, count, -1), z[..., None]], axis=2)


def maps_at(found: Sequence[Window], times: FloatArray, count: int) -> tuple[ComplexArray, ComplexArray]:
    """G and H at some times, (T, N, N) each; windows begin at 0, and there is none where nothing is beyond."""
    if not found:
        one = np.broadcast_to(np.eye(count, dtype=np.complex128), (len(times), count, count))
        return one, one
    places = np.searchsorted([window.end for window in found], times).clip(max=len(found) - 1)
    maps = [found[place].maps(times[k : k + 1]) for k, place in enumerate(places)]
    return np.concatenate([left for left, _ in maps]), np.concatenate([right for _, right in maps])
