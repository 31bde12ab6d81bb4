"""Nodes with detunings or a network, each moved by its own boosts: order 4 in compiled passes, for very many nodes.

In the frame that rotates with each node from t_0 on, ``D_i = e^{i Omega_i (t - t_0)} C_i``, the equation of `system`
reads

``D_i' = (kappa / 2) (eta_i - <D_i, eta_i> D_i)``, ``eta_i = e^{i Omega_i (t - t_0)} zeta_i``.

For eta_i held fixed over a time h it is solved by a boost (docs, "Derivations", S3): with ``v = (kappa h / 2) eta_i``
and ``s = |v|``,

``exp(v): D -> [D + v (rho sinh s / s + (cosh s - 1) / s^2 <D, v>)] / (cosh s + sinh s / s <D, v> / rho)``,

which keeps ``rho = |D|`` exactly, 1 or not. (With rho = 1 written out, defects of rounding would grow like
``exp(-kappa int Re <D_i, eta_i> dt)``, without bound where nodes repel each other.) It is added as an increment, and
detunings count from their centre, so that rounding has no part that repeats from step to step. Method: the
commutator-free Lie group method of order 4 of Celledoni, Marthinsen and Owren (2003). With ``F_k = (kappa h / 2) eta``
at the nodes Y_k, and ``Y_1 = D(t_0)``,

``Y_2 = exp(F_1 / 2) Y_1``, ``Y_3 = exp(F_2 / 2) Y_1``, ``Y_4 = exp(F_3 - F_1 / 2) exp(F_1 / 2) Y_1``,

``D(t_0 + h) = exp((-F_1 + 2 F_2 + 2 F_3 + 3 F_4) / 12) exp((3 F_1 + 2 F_2 + 2 F_3 - F_4) / 12) Y_1``.

Boosts of a node need no other node, so each of the four passes over the nodes makes its boosts from Y_1 while the node
is in cache. `common_field` does so where one mean field is common to all nodes, on a complete graph; `own_fields` where
each has its own.

Each step is made twice, in two halves and in one: a fifteenth of the largest distance of a node between the two is the
error of the halves, which are kept. (Fields at the stages alone do not tell: where a node only listens to others that
turn by themselves, all stages agree on a field whose quadrature is wrong.) A step is accepted if its error per unit of
time is below half of rtol. Held at once, besides what is given and returned: 2 arrays of the size of C on a complete
graph, 7 on a network.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wignerlohe.coupling.base import Cost
from wignerlohe.coupling.boost import LARGEST_BOOST
from wignerlohe.coupling.common_field import CommonField
from wignerlohe.coupling.own_fields import OwnFields
from wignerlohe.coupling.system import System
from wignerlohe.errors import SolverError

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

LONGEST_STEP = LARGEST_BOOST  # in units of 1 / rate
SAFETY, SMALLEST_CHANGE, LARGEST_CHANGE = 0.9, 0.2, 4.0
SHARE = 0.5  # of rtol: errors then stay within the promise with room
HALVES = 15  # 2^4 - 1: how often the error of two halves goes into their distance from the whole step


def evolve(
    system: System, coordinates: ComplexArray, time: float, times: FloatArray, rtol: float, cost: Cost
) -> list[ComplexArray]:
    """Carry coordinates (N, r), unit rows, from ``time`` through increasing times.

    Parameters
    ----------
    system : System
        The equation.
    coordinates : complex128 array, shape (N, r)
        Read, never written.
    time : float
        Where they stand.
    times : float64 array
        Increasing, none before ``time``.
    rtol : float
        Bound on the error of each node per unit of time, in units of `System.rate`.
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

    Examples
    --------
    Two nodes without detuning approach each other as in closed form:

    >>> import numpy as np
    >>> from wignerlohe.coupling.base import Cost
    >>> from wignerlohe.coupling.system import System
    >>> nodes = np.array([[1.0, 0.0], [0.6, 0.8]], dtype=complex)
    >>> (end,) = evolve(System(2.0, None, 1.0), nodes, 0.0, np.array([1.5]), 1e-9, Cost())
    >>> growth = (1 + 0.6) * np.exp(2.0 * 1.5)
    >>> bool(abs(np.vdot(end[1], end[0]) - (growth - 0.4) / (growth + 0.4)) < 1e-8)
    True
    """
    kind = CommonField if isinstance(system.weights, float) else OwnFields
    nodes = kind(system, coordinates, cost)
    rate, begin = system.rate, time
    step = min(rtol**0.25, LONGEST_STEP) / rate
    found: list[ComplexArray] = []
    for stop in times.tolist():
        while time < stop:
            if cost.steps >= cost.limit:
                cost.rested = time
                return [*found, nodes.coordinates(time - begin)]
            parts = math.ceil((stop - time) / step)
            step = (stop - time) / parts
            if time + step == time:
                raise SolverError(f"the nodes stop at t = {time}: the step underflows. Try a larger rtol")
            error = nodes.step(step) / (SHARE * HALVES * rate * step)
            if error <= rtol:
                nodes.accept()
                cost.steps += 1
                time = stop if parts == 1 else time + step
            change = SAFETY * (rtol / error) ** 0.25 if error > 0 else LARGEST_CHANGE
            step = min(step * min(max(change, SMALLEST_CHANGE), LARGEST_CHANGE), LONGEST_STEP / rate)
        found.append(nodes.coordinates(time - begin))
    return found
