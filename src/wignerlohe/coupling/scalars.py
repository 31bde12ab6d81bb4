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

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import DOP853

from wignerlohe.errors import SolverError

ComplexArray = NDArray[np.complex128]

# Blow-up is called when the largest deviation has grown by this factor and its logarithmic rate says that it would
# be infinite within 1 / BLOW_UP of the unit of time. Paths that turn away before are no blow-up.
BLOW_UP = 1e10
LARGEST_CHANGE = 30.0


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
class BlowUp:
    """The event that ends a solution: its time."""

    time: float


def evolve(
    deviation: ComplexArray,
    coupling: float,
    state: ScalarState,
    times: NDArray[np.float64],
    rtol: float,
    step_done: Callable[[int], None],
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
    step_done : callable
        Called after each step with the number of evaluations it took.

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
    solver = DOP853(derivative, tau, y, last, rtol=1e-13, atol=rtol / np.sqrt(2 * count), max_step=LARGEST_CHANGE)
    while len(states) < len(times):
        before = solver.nfev
        with np.errstate(invalid="ignore", divide="ignore"):  # a step into a blow-up, which is then shortened
            message = solver.step()
        size, rate = growth(solver.t, solver.y)
        # no smaller step resolves the clock: the same event, if it is under way
        stuck = solver.status == "failed" and forward * rate > np.sqrt(BLOW_UP)
        if stuck or (forward * rate > BLOW_UP and size - first > np.log(BLOW_UP)):
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
        step_done(solver.nfev - before)
    return states, None
