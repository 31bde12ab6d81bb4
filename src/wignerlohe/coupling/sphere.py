"""Nodes with detunings or a network, each moved on its own sphere: high order, for small and middling problems.

In the frame that rotates with each node from t_0 on, ``D_i = e^{i Omega_i (t - t_0)} C_i``, the equation of `system`
reads

``D_i' = F_i = (kappa / 2) (eta_i - <D_i, eta_i> D_i)``, ``eta_i = e^{i Omega_i (t - t_0)} zeta_i``.

F is tangent to the unit sphere of C^r = R^{2r}. Each step writes D in the stereographic chart around its start B,

``D = ((1 - q) B + v) / (1 + q)``, ``q = |v|^2 / 4``, ``v`` orthogonal to B (as real vectors),

whose image has unit norm for every v. By the chain rule, with ``F.B = Re sum_a F_a conj(B_a)``,

``v' = (1 + q) (F - (F.B) (B + v / 2))``.

So SciPy's DOP853 integrates v, of order 8 with error control and interpolation, and norms hold to rounding. The
rotating frame treats the detunings exactly: a detuning that is common to all drops out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import DOP853

from wignerlohe.coupling.base import Cost
from wignerlohe.coupling.system import System
from wignerlohe.errors import SolverError

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

FIRST_STEP = 0.1  # in units of 1 / rate
LONGEST_STEP = 3.0  # likewise: the range in which the explicit method is stable


def evolve(
    system: System, coordinates: ComplexArray, time: float, times: FloatArray, rtol: float, cost: Cost
) -> list[ComplexArray]:
    """Carry coordinates (N, r), unit rows, from ``time`` through increasing times.

    Parameters
    ----------
    system : System
        The equation.
    coordinates : complex128 array, shape (N, r)
    time : float
        Where they stand.
    times : float64 array
        Increasing, none before ``time``.
    rtol : float
        Bound on the local error of each node, in the root mean square over the nodes.
    cost : Cost
        Added to in place.

    Returns
    -------
    list of complex128 arrays, shape (N, r)
        One for each time; for each that is reached, and one more, if the nodes rest at ``cost.rested``.

    Raises
    ------
    SolverError
        If the step size underflows.
    """
    rate = system.rate
    step, last = FIRST_STEP / rate, float(times[-1])
    found: list[ComplexArray] = []
    while len(found) < len(times):
        if time == last:
            return found + [coordinates] * (len(times) - len(found))
        if cost.steps >= cost.limit:
            cost.rested = time
            return [*found, coordinates]
        chart = _Chart(system, coordinates, time)
        solver = DOP853(
            chart,
            time,
            np.zeros(2 * coordinates.size),
            last,
            rtol=1e-13,
            atol=rtol / np.sqrt(2 * coordinates.shape[1]),  # SciPy's norm is the root mean square of 2 N r entries
            first_step=min(step, last - time),
            max_step=LONGEST_STEP / rate,
        )
        message = solver.step()
        if solver.status == "failed":
            raise SolverError(f"the nodes stop at t = {time}: {message} Try a larger rtol")
        cost.steps += 1
        cost.evaluations += solver.nfev
        inside = times <= solver.t
        inside[: len(found)] = False
        end = chart.coordinates(solver.t, solver.y)
        if inside.any():
            values = solver.dense_output()(times[inside]).T
            found += [
                end if t == solver.t else chart.coordinates(t, v) for t, v in zip(times[inside], values, strict=True)
            ]
        coordinates, time, step = end, float(solver.t), float(solver.h_abs)
    return found


class _Chart:
    """Stereographic coordinates around the nodes at a time, in their rotating frame."""

    def __init__(self, system: System, base: ComplexArray, time: float) -> None:
        self.system, self.base, self.time = system, base, time
        # a frequency that all nodes share turns them alike: it is left out, and put back at the end of a step
        self.common, self.turns = system.centred()

    def __call__(self, time: float, flat: FloatArray) -> FloatArray:
        """``v'``, real and imaginary parts in turn."""
        v = flat.view(np.complex128).reshape(self.base.shape)
        one_plus_q, nodes = self._sphere(v)
        phases = self._phases(time)
        eta = self.system.mean_fields(nodes if phases is None else phases.conj() * nodes)
        eta = np.broadcast_to(eta, nodes.shape) if phases is None else phases * eta
        along = (nodes * eta.conj()).sum(axis=1, keepdims=True)
        field = self.system.coupling / 2 * (eta - along * nodes)
        across = (field * self.base.conj()).real.sum(axis=1, keepdims=True)
        return np.asarray((one_plus_q * (field - across * (self.base + v / 2))).ravel().view(np.float64))

    def coordinates(self, time: float, flat: FloatArray) -> ComplexArray:
        """``C`` at v, back from the rotating frame."""
        nodes = self._sphere(np.ascontiguousarray(flat).view(np.complex128).reshape(self.base.shape))[1]
        phases = self._phases(time)
        return nodes if phases is None else np.exp(-1j * self.common * (time - self.time)) * phases.conj() * nodes

    def _sphere(self, v: ComplexArray) -> tuple[FloatArray, ComplexArray]:
        """``1 + q`` as a column, and D."""
        q = (v.real**2 + v.imag**2).sum(axis=1, keepdims=True) / 4
        return 1 + q, ((1 - q) * self.base + v) / (1 + q)

    def _phases(self, time: float) -> ComplexArray | None:
        """``e^{i Omega_i (t - t_0)}`` as a column, without the common frequency."""
        if self.turns is None:
            return None
        return np.asarray(np.exp(1j * self.turns * (time - self.time))[:, None])
