"""Wave functions by splitting: nodes with potentials of their own, or a Gross-Pitaevskii term.

``i hbar psi_j' = (-(hbar^2 / 2m) Lap + V_j(t, x) + hbar Omega_j + g |psi_j|^2) psi_j + (i hbar kappa / 2N) sum_k A_jk
(psi_k - <psi_j, psi_k> / <psi_j, psi_j> psi_j)``

The kinetic flow is common to all nodes, so it commutes with the coupling (docs, "Derivations", S1, with V = 0), and the
two together are one exact part A: ``psi_i <- sum_k G_ik e^{-i K h / hbar} psi_k`` with the maps G of `coupling.step`.
Part B are phases, exact as well, since they keep the density. The splittings of `schemes` join them; time goes on with
A, so that B finds V(t, x) at a time of its own and the order is kept.

Error control: every step is made twice, in two halves and in one. ``1 / (2^p - 1)`` of their distance, the largest of
any node, is the error of the halves for order p, which are kept; it has to stay below ``rtol`` times the way that the
node goes meanwhile. (To look at some steps only would be cheaper, and wrong where a packet climbs a steep potential.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from wignerlohe import fft
from wignerlohe.conventions import position_names
from wignerlohe.coupling.base import Cost, Entry, Which
from wignerlohe.coupling.pairs import CoordinatePairs
from wignerlohe.coupling.step import CouplingStep, NodeMap
from wignerlohe.coupling.system import System
from wignerlohe.errors import SolverError
from wignerlohe.grid import Grid
from wignerlohe.phases import unit
from wignerlohe.propagators.chebyshev import kinetic_energies
from wignerlohe.splitting.schemes import SCHEMES

Array = Any  # of NumPy, PyTorch or CuPy
ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

SHORT = 1e-3  # of the way to the next output: the step that a first guess is made from
SAFETY, SMALLEST_CHANGE, LARGEST_CHANGE = 0.9, 0.1, 4.0
FLOOR = 1e-15  # errors that are rounding
FEW = 4  # columns of a map that it does not pay to look for fewer of
COMPILED = 2**18  # numbers of all nodes from which compiled loops pay
NUMBERS = ("step", "error")


@dataclass(frozen=True)
class WaveState:
    """Where nodes stand: all that the next segment needs.

    Attributes
    ----------
    time : float
    psi : complex128 array, shape (N, m, *grid.shape)
        Unit nodes.
    step : float
        Longest step that the error allows; 0 if nothing is known yet.
    error : float
        Estimate of the splitting error so far: the largest of any node, summed over the steps.
    """

    time: float
    psi: Array
    step: float = 0.0
    error: float = 0.0


class SplitStep:
    """Nodes carried as functions on the grid; see `wignerlohe.coupling.base`.

    Parameters
    ----------
    grid : Grid
    potential : callable
        ``potential(time)`` gives V, an energy: float64 of shape grid.shape, or (N, *grid.shape).
    psi : array, shape (N, m, *grid.shape)
        Nodes of m components, of NumPy, PyTorch or CuPy. Their directions are carried; norms are kept apart.
    system : System
        Coupling, detunings and weights.
    driven : bool
        Whether V depends on time.
    mass : float
        m.
    nonlinearity : float
        g.
    order : {2, 4, 6}
        Of the splitting.
    step : float, optional
        A fixed length of steps, for measuring orders; by default ``rtol`` decides.
    """

    def __init__(
        self,
        grid: Grid,
        potential: Callable[[float], FloatArray],
        psi: Array,
        system: System,
        *,
        driven: bool = False,
        mass: float = 1.0,
        nonlinearity: float = 0.0,
        order: int = 6,
        step: float | None = None,
    ) -> None:
        self.grid, self.system, self.order, self.step = grid, system, order, step
        self._xp = array_api_compat.array_namespace(psi)
        self._plain = array_api_compat.is_numpy_array(psi)
        self._device = array_api_compat.device(psi)
        self._potential, self._driven, self._nonlinearity = potential, driven, nonlinearity
        self._kinetic = self._put(kinetic_energies(grid, mass) / grid.hbar)
        self._axes = tuple(range(-grid.dimension, 0))
        self._coupling = CouplingStep(replace(system, detuning=None))  # those are phases
        self._kinetic_phases: dict[float, Array] = {}
        self._potential_phases: dict[float, Array] = {}
        squares = self._xp.sum(self._xp.reshape(self._xp.abs(psi) ** 2, (psi.shape[0], -1)), axis=1)
        self.norms = np.sqrt(_host(squares) * grid.cell)
        self.psi = psi / self._put(_columns(self.norms, psi.ndim))
        if self._plain:
            self.psi = np.ascontiguousarray(self.psi)
        self._compiled = self._plain and self.psi.size >= COMPILED

    @property
    def description(self) -> str:
        """The algorithm, for a report."""
        return f"splitting of order {self.order}: kinetic flow with the coupling, and phases"

    @property
    def reason(self) -> str:
        """Why it is valid here."""
        return "the kinetic flow, common to all nodes, and the coupling are one exact part, the potentials the other"

    @property
    def count(self) -> int:
        """Number of nodes N."""
        return int(self.psi.shape[0])

    def start(self) -> WaveState:
        """Return the nodes at time 0."""
        return WaveState(0.0, self.psi)

    def evolve(self, state: WaveState, times: FloatArray, rtol: float, cost: Cost) -> tuple[list[WaveState], None]:
        """Carry nodes through increasing times, each from the one before.

        Raises
        ------
        SolverError
            If steps would be too short, or V is not finite at some time.
        """
        found = []
        with fft.alone(self._plain and self.psi.size):
            for time in times.tolist():
                state = self._carry(state, time, rtol, cost) if time > state.time else state
                found.append(state)
                if state.time < time:
                    break
        return found, None

    def coordinates(self, state: WaveState, which: Which = slice(None)) -> ComplexArray:
        """``psi_i(t)`` of some nodes, with their norms, in NumPy: (nodes, m, *grid.shape)."""
        return np.asarray(_host(state.psi)[which] * _columns(self.norms, self.psi.ndim)[which])

    def functions(self, state: WaveState) -> Array:
        """``psi_i(t)`` of all nodes, with their norms, in the library of the data: (N, m, *grid.shape)."""
        return state.psi * self._put(_columns(self.norms, self.psi.ndim))

    def pairs(self, states: Sequence[WaveState]) -> CoordinatePairs:
        """Return the deviations at the times of the states."""
        return CoordinatePairs([self._rows(state) for state in states], self.count)

    def mean_field(self, states: Sequence[WaveState]) -> ComplexArray:
        """``<psi_j, mean_k psi_k>`` of unit nodes, complex128 (T, N)."""
        found = [rows @ rows.mean(axis=0).conj() for rows in map(self._rows, states)]
        return np.array(found, dtype=np.complex128).reshape(-1, self.count)

    def drift(self, state: WaveState) -> float:
        """``max | |psi_j| - 1 |``."""
        return float(np.abs(np.linalg.norm(self._rows(state), axis=1) - 1).max())

    def entries(self, states: Sequence[WaveState]) -> dict[str, Entry]:
        """Return the states as arrays over time."""
        names = ("time", "node", "component", *position_names(self.grid.dimension))
        psi = np.array([_host(state.psi) for state in states], dtype=np.complex128)
        found: dict[str, Entry] = {"node_functions": (names, psi.reshape(-1, *self.psi.shape))}
        for name in NUMBERS:
            found[f"splitting_{name}"] = (("time",), np.array([getattr(state, name) for state in states], dtype=float))
        return found

    def restore(self, times: FloatArray, arrays: dict[str, NDArray[Any]]) -> list[WaveState]:
        """Make states again from such arrays."""
        numbers = [arrays[f"splitting_{name}"].tolist() for name in NUMBERS]
        rows = zip(times.tolist(), arrays["node_functions"], *numbers, strict=True)
        return [WaveState(time, self._put(psi), *further) for time, psi, *further in rows]

    # -- from one output to the next ----------------------------------------------------------------------------------

    def _carry(self, state: WaveState, target: float, rtol: float, cost: Cost) -> WaveState:
        """Take steps as the error allows, and land on the next output, unless it is time to rest."""
        psi, time, step, error = state.psi, state.time, state.step, state.error
        if self.step is not None:
            number = max(1, ceil((target - time) / self.step - FLOOR))
            psi = self._steps(psi, self._correlation(psi), time, (target - time) / number, number, cost)
            return replace(state, time=target, psi=psi)
        step = step or self._guess(psi, time, target - time)
        while time < target and cost.steps < cost.limit:
            number = ceil((target - time) / step * (1 - FLOOR))
            length = (target - time) / number
            z = self._correlation(psi)
            whole = self._steps(psi, z, time, length, 1, cost)
            halves = self._steps(psi, z, time, length / 2, 2, cost)
            missed = self._distance(whole, halves) / (2**self.order - 1)
            allowed = max(rtol * self._distance(halves, psi), FLOOR)
            change = SAFETY * (allowed / missed) ** (1 / self.order) if missed > 0 else LARGEST_CHANGE
            change = min(max(change, SMALLEST_CHANGE), LARGEST_CHANGE)
            # a step that was cut to land on an output says little about longer ones
            step = max(length * change, step) if missed <= allowed and number == 1 else length * change
            if missed <= allowed:
                psi, time, error = halves, target if number == 1 else time + length, error + missed
            elif time + step / 1024 == time:
                raise SolverError(f"the nodes stop at t = {time:g}: steps underflow. Try a larger rtol")
        return WaveState(time, psi, step, error)

    def _steps(self, psi: Array, z: ComplexArray, time: float, length: float, number: int, cost: Cost) -> Array:
        """Take a number of steps in a row; the last part of one and the first of the next are joined."""
        a, b = SCHEMES[self.order]
        psi = self._xp.asarray(psi, copy=True)
        joined = 0.0
        for _ in range(number):
            for drift, kick in zip(a[:-1], b, strict=True):
                duration, joined = (joined + drift) * length, 0.0
                psi = self._drift(psi, z, duration)
                time += duration
                z = self._kick(psi, time, kick * length)
            joined = a[-1]
        cost.steps += number
        cost.evaluations += number * len(b)
        return self._drift(psi, z, joined * length)

    def _guess(self, psi: Array, time: float, longest: float) -> float:
        """A first step: the time in which a node changes by its own size, from how far it goes in a short one."""
        moved = self._drift(self._xp.asarray(psi, copy=True), self._correlation(psi), SHORT * longest)
        self._kick(moved, time, SHORT * longest)
        return longest * min(1.0, SHORT / max(self._distance(moved, psi), FLOOR))

    def _drift(self, psi: Array, z: ComplexArray, duration: float) -> Array:
        """Part A: kinetic flow and coupling, which takes the correlations; may overwrite the nodes."""
        left = self._coupling.step(z, duration)[0] if self.system.coupling else None
        factor = self._phases(self._kinetic_phases, duration, lambda: self._kinetic)
        if not self._plain:
            spectrum = self._xp.fft.fftn(self._mapped(left, psi), axes=self._axes)
            spectrum *= factor
            return self._xp.fft.ifftn(spectrum, axes=self._axes)
        psi = psi if self._compiled else self._mapped(left, psi)
        fft.forward(psi, psi, self._axes)
        if self._compiled and left is not None:
            from wignerlohe.splitting.wave_kernels import map_and_turn

            few = left if left.U.shape[1] <= FEW else left.compressed().gathered()
            u, q = np.ascontiguousarray(few.U), np.ascontiguousarray(few.Q)
            map_and_turn(self._flat(psi), few.g, u, q, factor.ravel())
        else:
            psi *= factor
        fft.inverse(psi, self._axes)
        return psi

    def _mapped(self, left: NodeMap | None, psi: Array) -> Array:
        """Apply the map of the nodes."""
        if left is None:
            return psi
        rows = self._xp.reshape(psi, (self.count, -1))
        if 2 * left.U.shape[1] < self.count:  # a map of low rank
            g, u, q = (self._put(part) for part in (left.g[:, None], left.g[:, None] * left.U, left.Q.T))
            found = self._xp.matmul(u, self._xp.matmul(q, rows))
            found += g * rows
        else:
            found = self._xp.matmul(self._put(left.matrix()), rows)
        return self._xp.reshape(found, psi.shape)

    def _kick(self, psi: Array, time: float, duration: float) -> ComplexArray:
        """Part B, in place: phases of the potentials and detunings, and of the density; returns the correlations."""
        if self._driven:
            self._potential_phases.clear()
        phases = self._phases(self._potential_phases, duration, lambda: self._frequencies(time))
        if self._nonlinearity:
            density = self._xp.sum(self._xp.abs(psi) ** 2, axis=1, keepdims=True)
            phases = phases * unit(density * (-duration * self._nonlinearity / self.grid.hbar))
        if self._compiled and self.system.coupling:
            from wignerlohe.splitting.wave_kernels import turn_and_multiply

            z = turn_and_multiply(self._flat(psi), phases.reshape(len(phases), -1))
            return np.asarray(z * self.grid.cell)
        psi *= phases
        return self._correlation(psi)

    def _correlation(self, psi: Array) -> ComplexArray:
        """``<psi_i, psi_j>``, Hermitian to the last bit, where there is a coupling."""
        rows = self._xp.reshape(psi, (self.count, -1))
        if not self.system.coupling:
            return np.eye(self.count, dtype=np.complex128)
        if self._plain:  # a real matrix times its transpose is half the work of a complex product
            n, planes = self.count, np.concatenate((rows.real, rows.imag))
            products = planes @ planes.T
            z = products[:n, :n] + products[n:, n:] + 1j * (products[n:, :n] - products[:n, n:])
        else:
            z = _host(self._xp.matmul(rows, self._xp.conj(rows).T))
            z = (z + z.conj().T) / 2
        return np.asarray(z * self.grid.cell, dtype=np.complex128)

    def _flat(self, psi: ComplexArray) -> ComplexArray:
        """A view (N, m, q)."""
        return psi.reshape(*psi.shape[:2], -1)

    def _phases(self, known: dict[float, Array], duration: float, frequencies: Callable[[], Array]) -> Array:
        """``exp(-i frequency duration)``, remembered until the way back through the palindrome."""
        if duration not in known:
            if len(known) > len(SCHEMES[self.order][1]) // 2:
                known.pop(next(iter(known)))
            known[duration] = unit(frequencies() * -duration)
        return known[duration]

    def _frequencies(self, time: float) -> Array:
        """``V_j / hbar + Omega_j``, (N or 1, 1, *grid.shape)."""
        shape = self.grid.shape
        found = self._potential(time).reshape(-1, 1, *shape) / self.grid.hbar
        if not np.isfinite(found).all():
            raise SolverError(f"the potential is not finite at t = {time:g}; try one that is, or an earlier end")
        if self.system.detuning is not None:
            found = found + _columns(self.system.detuning, self.psi.ndim)
        return self._put(found)

    def _distance(self, one: Array, other: Array) -> float:
        """Largest distance of a node between two sets of nodes."""
        rows = self._xp.reshape(self._xp.abs(one - other) ** 2, (self.count, -1))
        return float(np.sqrt(_host(self._xp.sum(rows, axis=1)).max() * self.grid.cell))

    def _rows(self, state: WaveState) -> ComplexArray:
        """Nodes as vectors of unit norm, (N, q), in NumPy."""
        return np.asarray(_host(state.psi).reshape(self.count, -1) * np.sqrt(self.grid.cell))

    def _put(self, values: NDArray[Any]) -> Array:
        """An array of the library and device that the nodes live in."""
        return self._xp.asarray(values, device=self._device)


def _columns(values: FloatArray, dimension: int) -> FloatArray:
    """One number for each node, to be multiplied with nodes (N, m, *grid.shape)."""
    return values.reshape(-1, *(1,) * (dimension - 1))


def _host(values: Array) -> NDArray[Any]:
    """A NumPy array of the same values."""
    return np.asarray(values.cpu() if hasattr(values, "cpu") else values.get() if hasattr(values, "get") else values)
