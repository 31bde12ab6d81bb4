"""Fields on phase space by splitting: any data ``w_ij(x, p)`` on any box, with no factors behind them.

``d_t w_ij + (p/m).grad_x w_ij + Theta[V_i, V_j] w_ij = -i (Omega_i - Omega_j) w_ij + (kappa/2N) sum_k [A_ik w_kj +
A_jk w_ik - (A_ik z_ik / z_ii + A_jk z_kj / z_jj) w_ij]``

is (6) of the paper; without the divisions, and V common, it is (2). Transport is common to all pairs, so it commutes
with the coupling, and the two together are one exact part; Theta is the other. For one potential the coupling commutes
with Theta too: the linear flow is then stepped alone, and the coupling applied once from output to output.

The splitting is reversible, and that is how its error is known without a copy of the fields: two half steps forth and a
whole step back miss the start by the error of the whole step, which is then taken forth again to where the halves led.
The start is remembered on a comb of momenta. ``1 / 2^p`` of what was missed, p the order, has to stay below ``rtol``
times the way that the fields go meanwhile; but no step tries to be better than the box, where the ends of axes and of
their spectra hold a larger share of a field than that (`phase_space_edges`). Where one potential serves many fields,
one combination of them goes ahead, and the others follow with its steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, inf, isfinite
from typing import Any

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from wignerlohe import fft
from wignerlohe.conventions import momentum_names, position_names
from wignerlohe.coupling.base import BlowUp, Cost, Entry
from wignerlohe.coupling.pairs import MatrixPairs
from wignerlohe.coupling.step import BlowUpError, CouplingStep, NodeMap
from wignerlohe.coupling.system import System
from wignerlohe.errors import SolverError
from wignerlohe.grid import PhaseSpace
from wignerlohe.memory import COMPLEX
from wignerlohe.splitting.phase_space_edges import UnresolvedField, find_unresolved, shares
from wignerlohe.splitting.phase_space_flow import Array, PhaseSpaceFlow, Sampler
from wignerlohe.splitting.phase_space_nodes import Layout, PairMap, is_hermitian
from wignerlohe.splitting.schemes import SCHEMES

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]
Plan = list[tuple[float, int]]  # lengths of steps, and how many of them

COMB = 8  # momenta of the last axis on which the start of a step is remembered, at least
MANY = 8  # fields from which one combination of all of them stands for their errors
SAFETY, GROWTH = 0.8, 4.0
WORTH = 1.3  # growth of a step that is worth new tables of phases
ROUNDING = 1e-14  # relative errors of one step that say nothing
ALIKE = 1e-9  # numbers this near to each other are the same
HALVINGS = 16  # of the way to a blow-up
FIRST = 1 / 64  # of the way to the next output: the first step that is tried
NARROW = 0.02  # of an axis, at its ends
SHORTEST = 1e-12  # of the time: a step that cannot be right
UNIT = 1e-8  # integrals this near to 1 are conserved under (2)
NUMBERS = ("step", "error")


@dataclass(frozen=True)
class FieldState:
    """Where fields stand: all that the next segment needs.

    Attributes
    ----------
    time : float
    fields : complex128 array, shape (M, *space.shape)
        All ``w_ij``, or those with i <= j of Hermitian data; see `PhaseSpaceStep.w`.
    step : float
        Length of the next step; 0 if nothing is known yet.
    error : float
        Estimate of the splitting error so far, relative to the norm of all fields.
    """

    time: float
    fields: Array
    step: float = 0.0
    error: float = 0.0


class _BlowUpAtError(Exception):
    """Correlations become infinite at a time."""

    def __init__(self, time: float) -> None:
        super().__init__()
        self.time = time


class PhaseSpaceStep:
    """The Wigner-Lohe model on a phase space by splitting; see `wignerlohe.coupling.base`.

    Parameters
    ----------
    space : PhaseSpace
    potentials : sequence of callables
        ``V(coordinates, time)``, energies at d arrays that broadcast against each other: one for all nodes, or N.
    w : array, shape (N, N, *space.shape)
        Data, Hermitian or not, of NumPy, PyTorch or CuPy; without a ``system`` any stack (M, *space.shape), for which
        there are no pairs.
    system : System, optional
        Coupling, detunings and weights; without it every field moves by the linear Wigner equation in one potential.
    divide : bool
        Whether the equation is (6), with ``z_ik / z_ii``, or (2).
    driven : bool
        Whether potentials depend on time.
    mass : float
        m.
    order : {2, 4, 6}
        Of the splitting.
    step : float, optional
        A fixed length of steps, for measuring orders; by default ``rtol`` decides.
    """

    def __init__(
        self,
        space: PhaseSpace,
        potentials: Sequence[Sampler],
        w: Array,
        system: System | None = None,
        *,
        divide: bool = True,
        driven: bool = False,
        mass: float = 1.0,
        order: int = 6,
        step: float | None = None,
    ) -> None:
        self.space, self.system, self.divide, self.order, self.step = space, system, divide, order, step
        self._xp = array_api_compat.array_namespace(w)
        w = self._xp.astype(w, self._xp.complex128, copy=False)
        self._layout = None if system is None else Layout(w.shape[0], is_hermitian(w))
        if system is None or self._layout is None:
            self._fields, left = w, np.zeros(w.shape[0], dtype=int)
            right = left
        else:
            self._fields, left, right = self._layout.pack(w), self._layout.left, self._layout.right
            self._map = PairMap(self._layout, space.x_points, w)
            self._coupling = CouplingStep(system, divide)
        kinds = len(set(SCHEMES[order][1])) * (3 if step is None else 1)  # half steps, and whole ones back and forth
        self.flow = PhaseSpaceFlow(space, potentials, driven, mass, left, right, w, kinds)
        self._entwined = system is not None and system.coupling != 0 and not self.flow.common
        self._ahead = self.flow.common and self.flow.fields >= MANY
        self._initial = self.integrals(self._fields)

    @property
    def description(self) -> str:
        """The algorithm."""
        hermitian = self._layout is not None and self._layout.hermitian
        return f"splitting of order {self.order} on phase space, {'fields with i <= j' if hermitian else 'all fields'}"

    @property
    def reason(self) -> str:
        """Why it is valid here."""
        if self._entwined:
            return "transport, common to all pairs, and the coupling are one exact part, Theta is the other"
        return "in one potential the linear flow commutes with the coupling, which is exact from output to output"

    @property
    def count(self) -> int:
        """Number of nodes N, or of fields without a system."""
        return int(self._fields.shape[0]) if self._layout is None else self._layout.count

    @property
    def memory(self) -> dict[str, int]:
        """Bytes that a run needs beside its data and the states that are kept, by contributor."""
        size = int(np.prod(self._fields.shape)) * COMPLEX
        drifts = (len(set(SCHEMES[self.order][0])) + 1) * self.flow.transport_bytes
        found = {"the next state": size, "phases": self.flow.scratch + drifts}
        if self._layout is not None:
            found["matrices of nodes"] = 5 * self._map.block * COMPLEX
        if self.step is None:
            part = 3 * COMB / self._fields.shape[-1] / (self._fields.shape[0] if self._ahead else 1)
            found["what a step is compared with"] = int(part * size)
        return found

    def start(self) -> FieldState:
        """Return the data at time 0."""
        return FieldState(0.0, self._fields)

    def w(self, state: FieldState, i: int, j: int) -> Array:
        """``w_ij``, complex128 of shape space.shape."""
        assert self._layout is not None
        number, conjugate = self._layout.number(i, j)
        field = state.fields[number, ...]
        return self._xp.conj(field) if conjugate else field

    def integrals(self, fields: Array) -> ComplexArray:
        """``integral w dx dp`` of each field, complex128 (M,)."""
        return _host(self.space.cell * self._xp.sum(fields, axis=tuple(range(1, fields.ndim))))

    def correlation(self, state: FieldState) -> ComplexArray:
        """``z_ij``, complex128 (N, N)."""
        assert self._layout is not None
        return self._layout.matrix(self.integrals(state.fields))

    def evolve(
        self, state: FieldState, times: FloatArray, rtol: float, cost: Cost
    ) -> tuple[list[FieldState], BlowUp | None]:
        """Carry fields through increasing times, each from the one before.

        Raises
        ------
        SolverError
            If fields are not finite any more, or steps would be too short.
        """
        found: list[FieldState] = []
        with fft.alone(self._fields.size if array_api_compat.is_numpy_array(self._fields) else 0):
            for time in times.tolist():
                try:
                    state = self._carry(state, time, rtol, cost) if time > state.time else state
                except _BlowUpAtError as event:
                    return found, self._approach(event.time, state, rtol, cost)
                found.append(state)
                if state.time < time:
                    break
        return found, None

    def pairs(self, states: Sequence[FieldState]) -> MatrixPairs:
        """Return the deviations at the times of the states, from the integrals of the fields: to absolute accuracy."""
        return MatrixPairs([self.correlation(state) for state in states], self.count)

    def mean_field(self, states: Sequence[FieldState]) -> ComplexArray:
        """``mean_k z_jk``, complex128 (T, N)."""
        found = [self.correlation(state).mean(axis=1) for state in states]
        return np.array(found, dtype=np.complex128).reshape(len(states), self.count)

    def drift(self, state: FieldState) -> float:
        """Largest change of an integral that is conserved: ``z_ii``, or any without a system.

        Under (2) that holds where ``z_ii`` is 1.
        """
        change = np.abs(self.integrals(state.fields) - self._initial)
        if self._layout is not None:
            kept = self._layout.left == self._layout.right
            change = change[kept if self.divide else kept & (np.abs(self._initial - 1) < UNIT)]
        return float(change.max(initial=0.0))

    def unresolved(self, state: FieldState) -> list[UnresolvedField]:
        """Report where the box, or its spacing, becomes too small for the fields."""
        nodes = None if self._layout is None else (self._layout.left, self._layout.right)
        return find_unresolved(self.space, state.fields, state.time, nodes)

    def entries(self, states: Sequence[FieldState]) -> dict[str, Entry]:
        """Return the states as arrays over time."""
        shape, names = self._fields.shape, (*position_names(d := self.space.dimension), *momentum_names(d))
        fields = np.array([_host(state.fields) for state in states]).reshape(len(states), *shape)
        found: dict[str, Entry] = {"fields": (("time", "field", *names), fields)}
        for name in NUMBERS:
            found[name] = (("time",), np.array([getattr(state, name) for state in states], dtype=float))
        return found

    def restore(self, times: FloatArray, arrays: dict[str, NDArray[Any]]) -> list[FieldState]:
        """Make states again from such arrays."""
        device = array_api_compat.device(self._fields)
        fields = [self._xp.asarray(np.array(field), device=device) for field in arrays["fields"]]
        numbers = [arrays[name].tolist() for name in NUMBERS]
        return [FieldState(*row) for row in zip(times.tolist(), fields, *numbers, strict=True)]

    # -- from one output to the next ----------------------------------------------------------------------------------

    def _carry(self, state: FieldState, time: float, rtol: float, cost: Cost) -> FieldState:
        """Fields at a time, or at an earlier one if it is time to rest, as a new state."""
        fields = self._xp.asarray(state.fields, copy=True)
        self.flow.enter(fields)
        after, plan = replace(state, time=time), None
        if self.step is not None:
            number = max(1, ceil((time - state.time) / self.step * (1 - ALIKE)))
            plan = [((time - state.time) / number, number)]
        elif self._ahead:
            ahead = Cost(limit=cost.limit - cost.steps)
            plan, after = self._adapt(_combination(fields), state, time, rtol, ahead)
        else:
            _, after = self._adapt(fields, state, time, rtol, cost)
        maps = None
        if self.system is not None and not self._entwined:
            maps = self._maps(self.correlation(state), state.time, after.time - state.time)
        if plan is not None:
            self._advance(fields, state.time, plan, cost)
        if maps is not None:
            self._map(fields, *maps)
        self.flow.leave(fields)
        return replace(after, fields=fields)

    def _approach(self, time: float, state: FieldState, rtol: float, cost: Cost) -> BlowUp:
        """Come nearer to a blow-up, half of the way each time: it was found in a step that may be long."""
        cost.limit = inf
        for number in range(HALVINGS if self._entwined else 0):
            last = number == HALVINGS - 1
            try:
                state = self._carry(state, 2 * time - state.time if last else (state.time + time) / 2, rtol, cost)
            except _BlowUpAtError as event:
                time = event.time
        return BlowUp(time)

    def _advance(self, fields: Array, time: float, plan: Plan, cost: Cost) -> None:
        """Take steps, in place over (k, p)."""
        still = (slice(None), *(0,) * self.space.dimension, ...)  # k = 0, where integrals stand
        p_axes = tuple(range(1, 1 + self.space.dimension))
        for length, number in plan:
            drifts, kicks = self._sub_steps(length, number)
            cost.steps += number
            cost.evaluations += len(kicks)
            if not self._entwined:
                self.flow.carry(fields, drifts, kicks, time)
                time += number * length
                continue
            for stage, drift in enumerate(drifts):
                assert self._layout is not None
                z = self._layout.matrix(_host(self.space.cell * self._xp.sum(fields[still], axis=p_axes)))
                self._map(fields, *self._maps(z, time, drift))
                self.flow.carry(fields, [drift], kicks[stage : stage + 1], time)
                time += drift

    def _maps(self, z: ComplexArray, time: float, duration: float) -> tuple[NodeMap, NodeMap]:
        """The coupling from a time on."""
        try:
            return self._coupling.step(z, duration)
        except BlowUpError as event:
            raise _BlowUpAtError(time + event.elapsed) from None

    def _sub_steps(self, length: float, number: int) -> tuple[list[float], list[float]]:
        """Drifts and kicks of steps in a row; the last drift of one and the first of the next are joined."""
        a, b = SCHEMES[self.order]
        inner = [part * length for part in a[1:-1]]
        joined = [*inner, (a[-1] + a[0]) * length]
        return [a[0] * length, *(number - 1) * joined, *inner, a[-1] * length], [part * length for part in b] * number

    def _adapt(
        self, fields: Array, state: FieldState, target: float, rtol: float, cost: Cost
    ) -> tuple[Plan, FieldState]:
        """Take steps as the error allows up to a time, or a rest, in place; return them, and where this is."""
        plan: Plan = []
        time, step, error = state.time, state.step or (target - state.time) * FIRST, state.error
        while time < target and cost.steps < cost.limit:
            rest = target - time
            number = ceil(rest / step * (1 - ALIKE))
            # steps that divide the rest to rounding keep their bits, and so their tables of phases
            length = step if abs(number * step - rest) < ALIKE * rest else rest / number
            missed, way = self._look(fields, time, length, cost)
            missed = max(missed, ROUNDING) / 2**self.order
            allowed = max(rtol * way, ROUNDING)
            if missed > SAFETY**self.order * allowed:  # the step would become shorter
                allowed = max(allowed, self._lost(fields) * way)
            change = min(GROWTH, max(1 / GROWTH**2, SAFETY * (allowed / missed) ** (1 / self.order)))
            if missed > allowed:
                self._advance(fields, time + length, [(-length / 2, 2)], cost)
                step = length * change
                if step < SHORTEST * target:
                    raise SolverError(f"steps become shorter than {step:.1g} at t = {time:.12g}; try a larger rtol")
                continue
            plan.append((length / 2, 2))
            error += missed
            time = target if number == 1 else time + length
            if not 1 <= change < WORTH:
                # a step that was cut to land on an output says little about longer ones
                step = max(length * change, step if number == 1 else 0.0)
        return plan, replace(state, time=time, step=step, error=error)

    def _lost(self, fields: Array) -> float:
        """The largest share of a field, given over (k, p), at the ends of axes and of their spectra."""
        self.flow.leave(fields)
        found = float(shares(self.space, fields, width=NARROW).max())
        self.flow.enter(fields)
        return found

    def _look(self, fields: Array, time: float, step: float, cost: Cost) -> tuple[float, float]:
        """Take a step as two halves; return the error of a whole one and the way, relative to the norm."""
        before = _comb(fields)
        size = self._norm(before)
        self._advance(fields, time, [(step / 2, 2)], cost)
        way = self._norm(_comb(fields) - before)
        self._advance(fields, time + step, [(-step, 1)], cost)
        missed = self._norm(_comb(fields) - before)
        self._advance(fields, time, [(step, 1)], cost)
        if not isfinite(missed) or size == 0:
            raise SolverError(f"the fields are not finite, or vanish, at t = {time + step:.12g}; try other data")
        return missed / size, way / size

    def _norm(self, values: Array) -> float:
        return float(self._xp.linalg.vector_norm(values))


def _combination(fields: Array) -> Array:
    """One field whose error has on average the size of all errors: the sum with independent phases."""
    phases = np.exp(2j * np.pi * np.random.default_rng(0).random(fields.shape[0])).tolist()
    total = fields[:1, ...] * phases[0]
    for number in range(1, fields.shape[0]):
        total += fields[number, ...] * phases[number]
    return total


def _comb(fields: Array) -> Array:
    """Every so many momenta of the last axis, as a copy."""
    teeth = fields[..., :: max(1, fields.shape[-1] // COMB)]
    return array_api_compat.array_namespace(fields).asarray(teeth, copy=True)


def _host(values: Array) -> ComplexArray:
    """The same values in NumPy."""
    near = values.cpu() if hasattr(values, "cpu") else values.get() if hasattr(values, "get") else values
    return np.asarray(near, dtype=np.complex128)
