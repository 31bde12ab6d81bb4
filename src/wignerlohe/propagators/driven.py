"""The linear flow under a potential that depends on time, ``H(t) = T + V(t, x)``: adaptive steps of order 4.

A step of the commutator-free Magnus method (S. Blanes and P. C. Moan, Appl. Numer. Math. 56, 1519 (2006)) takes V at
the two Gauss points, ``t + (1/2 -+ sqrt(3)/6) h``, and is two flows of static potentials,

``U(t + h, t) = exp(-i (h/2 hbar) (T + b V_1 + a V_2)) exp(-i (h/2 hbar) (T + a V_1 + b V_2)) + O(h^5)``

with ``a = 1/2 + 1/sqrt(3)``, ``b = 1/2 - 1/sqrt(3)``, both by Chebyshev expansion to 1e-14: norms are kept to rounding.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from wignerlohe.errors import SolverError
from wignerlohe.grid import Grid
from wignerlohe.propagators.chain import Chain, Link
from wignerlohe.propagators.chebyshev import EPS, Exponential, kinetic_energies

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

A, B = 1 / 2 + 1 / np.sqrt(3), 1 / 2 - 1 / np.sqrt(3)
GAUSS = (1 / 2 - np.sqrt(3) / 6, 1 / 2 + np.sqrt(3) / 6)
SIMPSON = np.array([1, 4, 2, 4, 1]) / 12  # at the quarters of a step
FIRST_STEP, LONGEST_STEP = 8.0, 256.0  # ||H|| h / hbar of the first step, and of any: longer ones would save little
SAFETY, GROWTH, SHRINKING = 0.85, 4.0, 0.2
MANY, LITTLE = 5_000, 1e-5  # so many steps to carry on by so small a part of the time lead nowhere


class Driven:
    """The linear flow under V(t, x), with the error of every step under control.

    A step of length h at time t is made shorter until the error of its two halves is at most ``rtol h / (t + h)`` for
    every unit combination of the basis. The flow is unitary, so errors only add up: the states at time t are right to
    ``rtol (1 + ln(t / h_1))``, where h_1 is the first step, whatever the unit of time. The error is told by comparison
    with the undivided step, and by the integral of V over the step at other points in time, so that a jump of V, which
    the former can miss, is seen.

    Parameters
    ----------
    grid : Grid
    drive : callable
        V(t, x) as a float64 array of shape grid.shape for a time t; an energy.
    mass : float
        m.
    rtol : float
        Tolerance, as above.

    Raises
    ------
    SolverError
        By `evolve`, if the steps become so small that the time stands still, or nearly so, as before a pole.

    Examples
    --------
    >>> grid = Grid(-8.0, 8.0, 64)
    >>> (x,) = grid.axes
    >>> flow = Driven(grid, lambda t: x**2 / 2 + np.sin(t), mass=1.0, rtol=1e-10)
    >>> ground = np.exp(-(x**2) / 2)[None, None] / np.pi**0.25 + 0j
    >>> moved = flow.evolve(flow.prepare(ground), np.array([2.0]))
    >>> phase = np.exp(-1j * (2.0 / 2 + 1 - np.cos(2.0)))                        # energy 1/2, and the integral of sin
    >>> bool(np.abs(moved[0] - phase * ground).max() < 1e-9)
    True
    """

    description = "commutator-free Magnus steps of order 4 with error control, each by Chebyshev expansion"

    def __init__(self, grid: Grid, drive: Callable[[float], FloatArray], mass: float, rtol: float) -> None:
        self.grid, self.rtol = grid, rtol
        self._drive = drive
        self._kinetic = kinetic_energies(grid, mass)
        self._size = Exponential(self._kinetic, drive(0.0), grid.hbar).size

    def prepare(self, basis: ComplexArray) -> Chain:
        """Start a chain of states at time 0."""
        return Chain(Link(0.0, basis, step=FIRST_STEP / self._size))

    def evolve(self, prepared: Chain, times: FloatArray) -> ComplexArray:
        """``U(t, 0) e_a``, complex128 (T, r, m, *grid.shape); steps land on the times."""
        return prepared.carry(times, self._advance)

    def phase_error(self, time: float) -> float:
        """``eps ||H(0)|| t / hbar``: the rounding alone, without the error of the steps."""
        return EPS * self._size * time

    def gauss(self, time: float, h: float) -> tuple[FloatArray, FloatArray]:
        """V at the two Gauss points of a step of length h."""
        return self._drive(time + GAUSS[0] * h), self._drive(time + GAUSS[1] * h)

    def step(self, states: ComplexArray, potentials: tuple[FloatArray, FloatArray], h: float) -> ComplexArray:
        """One step of length h with V at its Gauss points, without error control."""
        first, second = potentials
        for potential in (A * first + B * second, B * first + A * second):
            moved = np.empty((1, *states.shape), dtype=np.complex128)
            Exponential(self._kinetic, potential, self.grid.hbar)(states, np.array([h / 2]), moved)
            states = moved[0]
        return states

    def _advance(self, link: Link, times: FloatArray, out: ComplexArray) -> Link:
        """Go from a link to increasing times."""
        time, states, step = link.time, link.states, link.step
        for number, target in enumerate(times):
            tried, before = 0, time
            while time < target:
                h = min(step, target - time)
                if step < target - time < 2 * step:  # no sliver at the end
                    h = (target - time) / 2
                tried += 1
                stuck = tried % MANY == 0 and time - before < LITTLE * time
                if stuck or time + h / 2 == time:
                    remedy = "try one that is smoother there, or an earlier end"
                    raise SolverError(f"`potential` changes too fast at t = {time:.12g}; {remedy}")
                before = time if tried % MANY == 0 else before
                halves, error = self._halves(states, time, h)
                allowed = max(self.rtol * h / (time + h), EPS * (4 + self._size * h))
                factor = SAFETY * (allowed / max(error, EPS * EPS)) ** 0.25
                proposal = min(h * min(max(factor, SHRINKING), GROWTH), LONGEST_STEP / self._size)
                if error <= allowed:
                    time, states = (float(target) if h >= target - time else time + h), halves
                    step = max(step, proposal) if h < step else proposal
                else:
                    step = proposal
            out[number] = states
        return Link(time, states.copy(), step)

    def _halves(self, states: ComplexArray, time: float, h: float) -> tuple[ComplexArray, float]:
        """States after two half steps, and a bound on their error."""
        early, late = self.gauss(time, h / 2), self.gauss(time + h / 2, h / 2)
        halves = self.step(self.step(states, early, h / 2), late, h / 2)
        whole = self.step(states, self.gauss(time, h), h)
        simpson = sum(weight * self._drive(time + k * h / 4) for k, weight in enumerate(SIMPSON))
        missed = h / self.grid.hbar * ((sum(early) + sum(late)) / 4 - simpson)
        return halves, max(self._norm(halves - whole) / 15, self._norm(missed * states))  # error of the whole: 16 times

    def _norm(self, difference: ComplexArray) -> float:
        """Bound on the norm of every unit combination of functions (r, m, *grid.shape)."""
        return float(np.sqrt(self.grid.cell) * np.linalg.norm(difference))
