"""The scalar form: correlations of any starting matrix, one number per row and one per column.

On a complete graph without detuning, (20) factors (docs, "Derivations", S2):

``1 - z_ij(t) = (1 - z_ij(0)) g_i(t) h_j(t)``, ``g_i = exp(lambda_i - tau / 2)``, ``h_j = exp(mu_j - tau / 2)``,

``lambda_i' = (e^{-tau} / 2N) e^{lambda_i} sum_k d_ik e^{mu_k}``, ``mu_j' = (e^{-tau} / 2N) e^{mu_j} sum_k d_kj
e^{lambda_k}``, with ``d = 1 - z(0)``, ``tau = kappa t`` and ``' = d/d tau``.

The 2N unknowns have limits when the nodes synchronize, so the steps grow without end and every ``1 - z_ij`` keeps full
relative accuracy, as its logarithm, at any time. Data without states behind them can blow up: some lambda diverges,
``max |1 - z|`` grows like ``1 / (t* - t)``, and the run ends with t* as an event. Method: SciPy's DOP853.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import DOP853

from wignerlohe.coupling.base import BlowUp, Cost, Entry, FloatArray
from wignerlohe.coupling.pairs import FactoredPairs
from wignerlohe.errors import SolverError

ComplexArray = NDArray[np.complex128]

# Blow-up is called when the largest deviation has grown by this factor and its logarithmic rate says that it would
# be infinite within 1 / BLOW_UP of the unit of time. Paths that turn away before are no blow-up.
BLOW_UP = 1e10
LONGEST_STEP = 30.0


@dataclass(frozen=True)
class ScalarState:
    """Where the factors stand at a time: ``lambda`` and ``mu``, shape (N,) each. All that the next segment needs."""

    time: float
    lam: ComplexArray
    mu: ComplexArray

    @classmethod
    def identity(cls, count: int) -> ScalarState:
        """Return the factors at time 0."""
        zero = np.zeros(count, dtype=np.complex128)
        return cls(0.0, zero, zero)

    def logarithms(self, coupling: float) -> tuple[ComplexArray, ComplexArray]:
        """``log g`` and ``log h``, shape (N,) each."""
        half = coupling * self.time / 2
        return self.lam - half, self.mu - half


@dataclass(frozen=True)
class ScalarForm:
    """The correlations of N nodes as 2N logarithms; see `wignerlohe.coupling.base`.

    Attributes
    ----------
    deviation : complex128 array, shape (N, N)
        ``1 - z(0)``.
    coupling : float
        kappa, a rate of either sign.
    """

    deviation: ComplexArray
    coupling: float

    description = "scalar form, 2N logarithms (S2), DOP853"
    reason = "the correlations form a closed system, (20) of the paper, which factors over pairs (S2)"

    @property
    def count(self) -> int:
        """Number of nodes N."""
        return len(self.deviation)

    def start(self) -> ScalarState:
        """Return the factors at time 0."""
        return ScalarState.identity(self.count)

    def evolve(
        self, state: ScalarState, times: FloatArray, rtol: float, cost: Cost
    ) -> tuple[list[ScalarState], BlowUp | None]:
        """Carry the factors through increasing times, or up to a blow-up. See `evolve`."""
        return evolve(self.deviation, self.coupling, state, times, rtol, cost)

    def pairs(self, states: Sequence[ScalarState]) -> FactoredPairs:
        """Return the deviations at the times of the states."""
        logs = np.array([state.logarithms(self.coupling) for state in states]).reshape(-1, 2, self.count)
        return FactoredPairs(
            logs[:, 0],
            logs[:, 1],
            initial=lambda rows: self.deviation[rows],
            chosen=lambda rows, columns: self.deviation[rows, columns],
        )

    def mean_field(self, states: Sequence[ScalarState]) -> ComplexArray:
        """``mean_k z_jk = 1 - g_j mean_k (1 - z_jk(0)) h_k``, complex128 (T, N)."""
        pairs = self.pairs(states)
        # the scale of h keeps the exponentials from overflowing
        scale = pairs.log_h.real.max(axis=1, keepdims=True, initial=-np.inf)
        return np.asarray(
            1 - np.exp(pairs.log_g + scale) * (np.exp(pairs.log_h - scale) @ self.deviation.T) / self.count
        )

    def drift(self, state: ScalarState) -> float:  # noqa: ARG002 # the scalar form conserves nothing that could drift
        """Return 0."""
        return 0.0

    def entries(self, states: Sequence[ScalarState]) -> dict[str, Entry]:
        """Return the factors as arrays over time."""
        shape, dims = (len(states), self.count), ("time", "node")
        return {
            "row_logarithm": (dims, np.array([state.lam for state in states], dtype=np.complex128).reshape(shape)),
            "column_logarithm": (dims, np.array([state.mu for state in states], dtype=np.complex128).reshape(shape)),
        }

    def restore(self, times: FloatArray, arrays: dict[str, NDArray[Any]]) -> list[ScalarState]:
        """Make factors again from such arrays."""
        rows = zip(times.tolist(), arrays["row_logarithm"], arrays["column_logarithm"], strict=True)
        return [ScalarState(*row) for row in rows]


def evolve(
    deviation: ComplexArray,
    coupling: float,
    state: ScalarState,
    times: NDArray[np.float64],
    rtol: float,
    cost: Cost,
) -> tuple[list[ScalarState], BlowUp | None]:
    """Carry the factors from ``state`` through increasing times, or up to a blow-up.

    Parameters
    ----------
    deviation : complex128 array, shape (N, N)
        ``1 - z(0)``.
    coupling : float
        kappa, a rate.
    state : ScalarState
        Where to start.
    times : float64 array
        Increasing, none before ``state.time``.
    rtol : float
        Bound on the local error of lambda and mu, which are logarithms: relative in ``1 - z``.
    cost : Cost
        Added to in place.

    Returns
    -------
    list of ScalarState
        One for each time before a blow-up.
    BlowUp or None
        The event.

    Raises
    ------
    SolverError
        If the step size underflows away from a blow-up.
    """
    count = len(deviation)
    with np.errstate(divide="ignore"):
        sizes = np.log(np.abs(deviation))

    def derivative(tau: float, y: ComplexArray) -> ComplexArray:
        # stages beyond a blow-up overflow; the error control then shortens the step
        with np.errstate(over="ignore", invalid="ignore"):
            grown = np.exp(y)
            rates = np.concatenate((deviation @ grown[count:], grown[:count] @ deviation))
            return np.asarray(grown * rates * (np.exp(-tau) / (2 * count)))

    def growth(tau: float, y: NDArray[Any]) -> tuple[float, float]:
        """``log max |1 - z|`` and its rate."""
        logs = sizes + y[:count, None].real + y[None, count:].real - tau
        i, j = np.unravel_index(int(np.argmax(logs)), logs.shape)
        slope = derivative(tau, y)
        return float(logs[i, j]), float(slope[i].real + slope[count + j].real - 1)

    clocks = coupling * times
    tau, last = coupling * state.time, float(clocks[-1])
    forward = 1.0 if last >= tau else -1.0
    y = np.concatenate((state.lam, state.mu))
    states: list[ScalarState] = [ScalarState(float(t), state.lam, state.mu) for t in times if coupling * t == tau]
    if len(states) == len(times):
        return states, None
    first = float(sizes.max())  # at time 0: what counts as growth must not depend on the segment
    solver = DOP853(derivative, tau, y, last, rtol=1e-13, atol=rtol / np.sqrt(2 * count), max_step=LONGEST_STEP)
    while len(states) < len(times):
        before = solver.nfev
        with np.errstate(invalid="ignore", divide="ignore"):  # a step into a blow-up, which is then shortened
            message = solver.step()
        size, rate = growth(solver.t, solver.y)
        if is_blow_up(forward * rate, size - first, stuck=solver.status == "failed"):
            return states, BlowUp(time=float(solver.t + 1 / rate) / coupling)
        if solver.status == "failed":
            raise SolverError(f"the correlations stop at t = {solver.t / coupling}: {message} Try a larger rtol")
        inside = np.abs(clocks - tau) <= abs(solver.t - tau)  # tau: where this segment starts
        inside[: len(states)] = False
        if inside.any():
            columns = solver.dense_output()(clocks[inside]).T
            if solver.t == last:
                columns[-1] = solver.y  # the end itself, not its interpolant: the next segment starts there
            states += [
                ScalarState(t, c[:count], c[count:]) for t, c in zip(times[inside].tolist(), columns, strict=True)
            ]
        cost.steps += 1
        cost.evaluations += solver.nfev - before
    return states, None


def is_blow_up(rate: float, growth: float, stuck: bool) -> bool:
    """Whether the largest deviation is about to be infinite.

    Parameters
    ----------
    rate : float
        Its logarithmic rate, in units of the coupling and in the direction of the run.
    growth : float
        Logarithm of its growth since time 0.
    stuck : bool
        No smaller step resolves the clock: the same event, if it is under way.
    """
    return (stuck and rate > np.sqrt(BLOW_UP)) or (rate > BLOW_UP and growth > np.log(BLOW_UP))
