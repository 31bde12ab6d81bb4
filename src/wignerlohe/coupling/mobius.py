"""One Mobius map for all nodes: the coupling of a complete graph without detuning, exactly on its group.

With ``psi_i = sum_a C_ia e_a`` the coupling moves every node by the same map (docs, "Derivations", S3)

``C_i(t) = (A C_i + b) / (c.C_i + d)``, ``M = [[A, b], [c, d]]`` in U(r, 1),

``M' = (1/2) X(zeta) M``, ``X(zeta) = [[0, zeta], [zeta^dagger, 0]]``, ``zeta = mean_i C_i(t)``, ``' = d/d(kappa t)``.

The unknown has (r + 1)^2 entries however many nodes there are; one evaluation is one read pass over C(0). And
``g_i = 1 / (c.C_i + d)`` carries the deviations: ``1 - z_ij(t) = (1 - z_ij(0)) g_i conj(g_j)``.

Method: Lie-group Runge-Kutta of order 5 or 8 (Munthe-Kaas). Each step starts with a mean field zeta_0 and writes
``M = cay(Omega) B(t) M_0``, where B is the boost for zeta_0 held fixed, in closed form, and
``cay(Omega) = (1 - Omega/2)^-1 (1 + Omega/2)`` corrects it. Then

``Omega' = (1/2) [(1 - Omega/2) X(zeta) (1 + Omega/2) - (1 + Omega/2) X(zeta_0) (1 - Omega/2)]``, from ``Omega = 0``,

exactly, with no truncated series, in a linear space (the algebra u(r, 1)) which every Runge-Kutta method keeps.
So SciPy integrates Omega, with its error control and its interpolation, and M stays in the group to rounding: by the
pair of Dormand and Prince of order 5 while that needs fewer passes over C(0), by DOP853 at tighter tolerances.
Once the nodes agree, zeta is constant and the right-hand side vanishes: the boost is the solution.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import DOP853, RK45

from wignerlohe.coupling.base import SEPARATES, Cost, Entry, FloatArray, Which
from wignerlohe.coupling.pairs import FactoredPairs
from wignerlohe.coupling.span import deviation_of, deviation_rows
from wignerlohe.errors import SolverError

ComplexArray = NDArray[np.complex128]

FIRST_STEP = 0.5  # in units of 1 / coupling; the error control takes over from there
# In the same units. Where nodes nearly agree all changes decay like exp(-kappa t), so that steps beyond the range in
# which an explicit method is stable only amplify what the error control has found to be below rtol.
LONGEST_STEP = 6.0
TIGHT = 1e-9  # rtol below which order 8 needs fewer passes than order 5: 240 each to kappa t = 40
LARGE = 200_000  # entries of C(0) from which the compiled pass is used: 3 MB, about a cache
MOST_STEPS = 10_000  # of one call; a hundred take nodes from disorder to agreement
EPS = float(np.finfo(float).eps)
# Once 1 - |zeta|^2 is below this part of rtol, or rounding, what is left of the integral of 1 - |zeta|^2 is below that
# too: zeta is constant, and the boost is the solution.
SYNCHRONISED = 0.01


@dataclass(frozen=True)
class MobiusState:
    """Where the map stands: ``M = exp(log_scale) matrix`` at a time. All that the next segment needs.

    Attributes
    ----------
    time : float
    matrix : complex128 array, shape (r + 1, r + 1)
        M divided by ``exp(log_scale)``, which grows like ``exp(kappa t / 2)``.
    log_scale : float
    """

    time: float
    matrix: ComplexArray
    log_scale: float

    @classmethod
    def identity(cls, rank: int) -> MobiusState:
        """Return the map at time 0."""
        return cls(time=0.0, matrix=np.eye(rank + 1, dtype=np.complex128), log_scale=0.0)

    def nodes(self, coordinates: ComplexArray) -> ComplexArray:
        """``C_i(t) = (A C_i + b) / (c.C_i + d)`` from ``C(0)`` of shape (N, r)."""
        rank = coordinates.shape[1]
        found = coordinates @ self.matrix[:rank, :rank].T
        found += self.matrix[:rank, rank]  # in place: there may be very many
        found /= _denominators(self.matrix, coordinates)[:, None]
        return np.asarray(found)

    def log_g(self, coordinates: ComplexArray) -> ComplexArray:
        """``log g_i = -log(c.C_i + d)``, shape (N,): complex, finite at any time."""
        return np.asarray(-np.log(_denominators(self.matrix, coordinates)) - self.log_scale)

    def drift(self) -> float:
        """``max |M^dagger J M - J| / |M|^2``, which is zero on the group: how far rounding has led away from it."""
        signs = np.ones(len(self.matrix))
        signs[-1] = -1
        product = (self.matrix.conj().T * signs) @ self.matrix
        defect = product - np.diag(signs) * np.exp(-2 * self.log_scale)
        return float(np.abs(defect).max() / np.linalg.norm(self.matrix, 2) ** 2)


@dataclass(frozen=True)
class MobiusMap:
    """The coupling of a complete graph without detuning; see `wignerlohe.coupling.base`.

    Attributes
    ----------
    start_coordinates : complex128 array, shape (N, r)
        ``C(0)``, unit rows; read, never written or copied unless a compiled pass needs its own layout.
    coupling : float
        kappa times the common weight of all edges, >= 0.
    """

    start_coordinates: ComplexArray
    coupling: float

    reason = SEPARATES

    @property
    def description(self) -> str:
        """The algorithm, for a report."""
        rank = self.start_coordinates.shape[1]
        return f"Mobius map on the span of the data, rank {rank} (S3), Lie group, order 5 or 8"

    @property
    def count(self) -> int:
        """Number of nodes N."""
        return len(self.start_coordinates)

    def start(self) -> MobiusState:
        """Return the map at time 0."""
        return MobiusState.identity(self.start_coordinates.shape[1])

    def evolve(self, state: MobiusState, times: FloatArray, rtol: float, cost: Cost) -> tuple[list[MobiusState], None]:
        """Carry the map through increasing times. See `evolve`."""
        return evolve(self.start_coordinates, self.coupling, state, times, rtol, cost), None

    def coordinates(self, state: MobiusState, which: Which = slice(None)) -> ComplexArray:
        """``C_i(t)`` of some nodes: complex128 (nodes, r)."""
        return state.nodes(self.start_coordinates[which])

    def pairs(self, states: Sequence[MobiusState]) -> FactoredPairs:
        """Return the deviations at the times of the states."""
        start = self.start_coordinates
        log_g = np.array([state.log_g(start) for state in states]).reshape(-1, self.count)
        return FactoredPairs(
            log_g,
            log_g.conj(),
            initial=lambda rows: deviation_rows(start, rows),
            chosen=lambda rows, columns: deviation_of(start, rows, columns),
        )

    def mean_field(self, states: Sequence[MobiusState]) -> ComplexArray:
        """``<C_j, zeta>``, complex128 (T, N), by matrix-vector products: no (N, r) array is made."""
        found = np.empty((len(states), self.count), dtype=np.complex128)
        for k, state in enumerate(states):
            upper = state.matrix[:-1]
            g = 1 / _denominators(state.matrix, self.start_coordinates)
            zeta = upper @ np.append(g @ self.start_coordinates, g.sum()) / self.count
            row = zeta.conj() @ upper
            found[k] = g * (self.start_coordinates @ row[:-1] + row[-1])
        return found

    def drift(self, state: MobiusState) -> float:
        """Return `MobiusState.drift`."""
        return state.drift()

    def entries(self, states: Sequence[MobiusState]) -> dict[str, Entry]:
        """Return the maps as arrays over time."""
        size = self.start_coordinates.shape[1] + 1
        matrices = np.array([state.matrix for state in states], dtype=np.complex128).reshape(-1, size, size)
        return {
            "mobius_matrix": (("time", "row", "column"), matrices),
            "mobius_log_scale": (("time",), np.array([state.log_scale for state in states])),
        }

    def restore(self, times: FloatArray, arrays: dict[str, NDArray[Any]]) -> list[MobiusState]:
        """Make maps again from such arrays."""
        rows = zip(times.tolist(), arrays["mobius_matrix"], arrays["mobius_log_scale"].tolist(), strict=True)
        return [MobiusState(*row) for row in rows]


def evolve(
    coordinates: ComplexArray,
    coupling: float,
    state: MobiusState,
    times: NDArray[np.float64],
    rtol: float,
    cost: Cost,
) -> list[MobiusState]:
    """Carry the map from ``state`` through increasing times.

    Parameters
    ----------
    coordinates : complex128 array, shape (N, r)
        ``C(0)``, unit rows.
    coupling : float
        kappa >= 0, a rate.
    state : MobiusState
        Where to start.
    times : float64 array
        Increasing, none before ``state.time``.
    rtol : float
        Bound on the local error of Omega, in the Frobenius norm, per step.
    cost : Cost
        Added to in place.

    Returns
    -------
    list of MobiusState
        One for each time; the last one starts the next segment.

    Raises
    ------
    SolverError
        If the step size underflows, or after 10 000 steps.
    """
    field = MeanField(coordinates, cost)
    try:
        with field.undisturbed():
            return _evolve(field, coupling, state, times, rtol)
    finally:
        del field.weighted_sums  # SciPy's solvers refer to themselves: this copy of C(0) would wait for the collector


def _evolve(
    field: MeanField, coupling: float, state: MobiusState, times: NDArray[np.float64], rtol: float
) -> list[MobiusState]:
    """Carry the map; see `evolve`."""
    # the independent variable is tau = kappa t, so that steps need no units and coupling = 0 stands still
    clocks, cost = coupling * times, field.cost
    tau, last, step = coupling * state.time, float(clocks[-1]), FIRST_STEP
    zeta, most = field(state.matrix), cost.steps + MOST_STEPS
    states: list[MobiusState] = []
    while len(states) < len(times):
        if cost.steps > most:
            raise SolverError(
                f"the Mobius map took {MOST_STEPS} steps up to t = {state.time:g}: a node at the antipode of the mean "
                'is lost to rounding there; try method="per-node", or a larger rtol'
            )
        chart = _Chart(field, state, zeta, tau)
        if tau == last or abs(1 - np.vdot(zeta, zeta).real) <= max(SYNCHRONISED * rtol, 8 * EPS):
            return states + chart.states(times[len(states) :], clocks[len(states) :])
        size = len(state.matrix)
        method = DOP853 if rtol < TIGHT else RK45
        solver = method(
            chart,
            tau,
            np.zeros(size**2, dtype=np.complex128),
            last,
            rtol=1e-13,
            atol=rtol / size,  # SciPy's norm is the root mean square of size^2 entries: this bounds Frobenius'
            first_step=min(step, abs(last - tau)),
            max_step=LONGEST_STEP,
        )
        message = solver.step()
        if solver.status == "failed":
            raise SolverError(f"the Mobius map stops at t = {state.time}: {message} Try a larger rtol")
        cost.steps += 1
        # the last stage is the end of the step: its mean field starts the next one
        tau, zeta, step = solver.t, chart.zeta, solver.h_abs
        inside = clocks <= tau
        inside[: len(states)] = False
        if inside.any():
            # an interpolant costs evaluations, and the end of the step needs none
            at_end = clocks[inside][0] == tau
            omegas = solver.y[:, None] if at_end else solver.dense_output()(clocks[inside])
            states += chart.states(times[inside], clocks[inside], omegas)
        (state,) = chart.states(np.array([tau / coupling]), np.array([tau]), solver.y[:, None])
    return states


def _denominators(matrix: ComplexArray, coordinates: ComplexArray) -> ComplexArray:
    """``1 / g_i = c.C_i + d``, up to the scale of the matrix."""
    return np.asarray(coordinates @ matrix[-1, :-1] + matrix[-1, -1])


class MeanField:
    """``zeta = mean_i C_i(t)`` by one read pass over C(0): nothing N x N, nothing written."""

    def __init__(self, coordinates: ComplexArray, cost: Cost) -> None:
        self.cost = cost
        self.count = len(coordinates)
        self.many = coordinates.size >= LARGE
        self.weighted_sums = _fused_sums(coordinates) if self.many else _plain_sums(coordinates)

    def undisturbed(self) -> AbstractContextManager[object]:
        """Keep threads of BLAS off the processors, where compiled passes use them all: they would wait busily."""
        if not self.many:
            return nullcontext()
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # it ships no types

        limits: AbstractContextManager[object] = threadpool_limits(1, user_api="blas")
        return limits

    def sums(self, row: ComplexArray) -> ComplexArray:
        """``mean_i g_i (C_i, 1)`` with ``g_i = 1 / (c.C_i + d)`` for the last row ``(c, d)`` of M."""
        self.cost.evaluations += 1
        return self.weighted_sums(row) / self.count

    def __call__(self, matrix: ComplexArray) -> ComplexArray:
        """``zeta`` for the map M, any scale."""
        return np.asarray(matrix[:-1] @ self.sums(matrix[-1]))


def _plain_sums(coordinates: ComplexArray) -> Callable[[ComplexArray], ComplexArray]:
    """Two matrix-vector products: best while C(0) fits into cache."""
    affine = np.hstack((coordinates, np.ones((len(coordinates), 1))))
    return lambda row: np.asarray((1 / (affine @ row)) @ affine)


def _fused_sums(coordinates: ComplexArray) -> Callable[[ComplexArray], ComplexArray]:
    """One compiled pass: best beyond."""
    from wignerlohe.coupling.kernels import tiled, weighted_sums

    tiles, count = tiled(coordinates), len(coordinates)
    return lambda row: weighted_sums(tiles, count, row)


class _Chart:
    """Coordinates Omega around the boost whose mean field ``zeta_0`` is held fixed from ``tau_0`` on."""

    def __init__(self, field: MeanField, start: MobiusState, zeta_0: ComplexArray, tau_0: float) -> None:
        self.field, self.start, self.zeta_0, self.tau_0 = field, start, zeta_0, tau_0
        self.zeta = zeta_0
        self.length = float(np.linalg.norm(zeta_0))
        self.direction = zeta_0 / self.length if self.length > 0 else zeta_0
        self.identity = np.eye(len(start.matrix), dtype=np.complex128)
        self.fresh = True

    def __call__(self, tau: float, omega: ComplexArray) -> ComplexArray:
        """``d Omega / d tau``; leaves the mean field of the call in ``zeta``."""
        if self.fresh:  # Omega = 0 and zeta = zeta_0, where the right-hand side vanishes
            self.fresh = False
            return np.zeros_like(omega)
        half = omega.reshape(self.identity.shape) / 2
        minus, plus = self.identity - half, self.identity + half
        inverse = np.linalg.inv(minus)
        # the last row of M = (1 - Omega/2)^-1 (1 + Omega/2) B M_0, read from the left; B is Hermitian
        row = self._boost((inverse[-1] @ plus).conj(), tau).conj() @ self.start.matrix
        image = self._boost(self.start.matrix @ self.field.sums(row), tau)
        self.zeta = zeta = inverse[:-1] @ (plus @ image)
        # X(zeta) = (zeta, 0) e^T + e (zeta, 0)^dagger, so the right-hand side is a product of thin matrices
        left = np.empty((len(half), 4), dtype=np.complex128)
        right = np.empty((4, len(half)), dtype=np.complex128)
        left[:, 0], left[:, 1] = minus[:, :-1] @ zeta, minus[:, -1]
        left[:, 2], left[:, 3] = -plus[:, :-1] @ self.zeta_0, -plus[:, -1]
        right[0], right[1] = plus[-1], zeta.conj() @ plus[:-1]
        right[2], right[3] = minus[-1], self.zeta_0.conj() @ minus[:-1]
        return np.asarray((left @ right).ravel() / 2)

    def states(
        self, times: NDArray[np.float64], taus: NDArray[np.float64], omegas: NDArray[Any] | None = None
    ) -> list[MobiusState]:
        """Return ``cay(Omega) B M_0`` at each tau; the columns of ``omegas`` are Omega there, zero if not given."""
        matrices: NDArray[Any] = self._boosted_start(taus)
        if omegas is not None:
            halves = omegas.T.reshape(matrices.shape) / 2
            matrices = np.linalg.solve(self.identity - halves, (self.identity + halves) @ matrices)
        # dividing by a power of two is exact; the scale is kept apart
        _, exponents = np.frexp(np.abs(matrices).max(axis=(1, 2)))
        matrices *= np.ldexp(1.0, -exponents)[:, None, None]
        scales = self.start.log_scale + self.length * np.abs(taus - self.tau_0) / 2 + exponents * np.log(2.0)
        return [MobiusState(*entry) for entry in zip(times.tolist(), matrices, scales.tolist(), strict=True)]

    def _boost(self, vector: ComplexArray, tau: float) -> ComplexArray:
        """Apply ``exp(-|s|) B``, ``s = |zeta_0| (tau - tau_0) / 2``, to a vector."""
        s = self.length * (tau - self.tau_0) / 2
        shrink, small = math.exp(-abs(s)), math.exp(-2 * abs(s))
        cosh, sinh = (1 + small) / 2, math.copysign((1 - small) / 2, s)
        along = np.vdot(self.direction, vector[:-1])
        moved = shrink * vector
        moved[:-1] += ((cosh - shrink) * along + sinh * vector[-1]) * self.direction
        moved[-1] = cosh * vector[-1] + sinh * along
        return moved

    def _boosted_start(self, taus: NDArray[np.float64]) -> ComplexArray:
        """Return ``exp(-|s|) B M_0`` at each tau, shape (times, r + 1, r + 1): `_boost` for many."""
        matrix = self.start.matrix
        s = (self.length * (taus - self.tau_0) / 2)[:, None]
        shrink, small = np.exp(-np.abs(s)), np.exp(-2 * np.abs(s))
        cosh, sinh = (1 + small) / 2, np.copysign((1 - small) / 2, s)
        along = self.direction.conj() @ matrix[:-1]
        moved = shrink[:, :, None] * matrix
        moved[:, :-1] += self.direction[:, None] * ((cosh - shrink) * along + sinh * matrix[-1])[:, None, :]
        moved[:, -1] = cosh * matrix[-1] + sinh * along
        return moved
