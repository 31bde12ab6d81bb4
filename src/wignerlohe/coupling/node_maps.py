"""The maps G and H of left and right factors, step by step: any data on any network, with detunings and under (6).

``phi_i(t) = sum_k G_ik(t) phi_k(0)``, ``Z(t) = G(t) Z(0) H(t)`` (docs, "Derivations", S1). From one output time to the
next the maps of `step` are multiplied: no map is common to all nodes, and N^2 numbers are held. Deviations are ``1 -
z`` of the correlations, right to rounding absolutely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.coupling.base import SEPARATES, BlowUp, Cost, Entry, FloatArray, Which
from wignerlohe.coupling.pairs import MatrixPairs
from wignerlohe.coupling.step import BlowUpError, CouplingStep
from wignerlohe.coupling.system import System

ComplexArray = NDArray[np.complex128]


@dataclass(frozen=True)
class NodeMapsState:
    """Where the maps stand: ``G`` and ``conj(H^T)``, both (N, N), which act on left and on right factors."""

    time: float
    left: ComplexArray
    right: ComplexArray


@dataclass(frozen=True)
class NodeMaps:
    """The coupling of left and right factors; see `wignerlohe.coupling.base`.

    Attributes
    ----------
    left, right : complex128 arrays, shape (N, r)
        Coordinates of phi_i(0) and chi_j(0); ``z_ij = <phi_i, chi_j>``.
    system : System
        The equation.
    division : bool
        Whether correlations are divided by ``z_ii``, as in (6), or not, as in (2).
    """

    left: ComplexArray
    right: ComplexArray
    system: System
    division: bool

    reason = SEPARATES

    @property
    def description(self) -> str:
        """The algorithm, for a report."""
        return f"maps of {self.count} nodes, power series in time to rounding"

    @property
    def count(self) -> int:
        """Number of nodes N."""
        return len(self.left)

    @cached_property
    def correlation(self) -> ComplexArray:
        """``z_ij(0)``."""
        return np.asarray(self.left @ self.right.conj().T)

    def start(self) -> NodeMapsState:
        """Return the maps at time 0."""
        one = np.eye(self.count, dtype=np.complex128)
        return NodeMapsState(0.0, one, one)

    def evolve(
        self, state: NodeMapsState, times: FloatArray, rtol: float, cost: Cost
    ) -> tuple[list[NodeMapsState], BlowUp | None]:
        """Carry the maps through increasing times, or up to a blow-up; always to rounding."""
        del rtol
        step = CouplingStep(self.system, self.division)
        found: list[NodeMapsState] = []
        for time in times.tolist():
            try:
                left, right = step.step(self._correlation(state), time - state.time)
            except BlowUpError as event:
                return found, BlowUp(state.time + event.elapsed)
            state = NodeMapsState(time, left.matrix() @ state.left, right.matrix().conj() @ state.right)
            found.append(state)
            cost.steps += 1
        return found, None

    def coordinates(self, state: NodeMapsState, which: Which = slice(None)) -> ComplexArray:
        """``phi_i(t)`` of some nodes: complex128 (nodes, r)."""
        return np.asarray(state.left[which] @ self.left)

    def right_coordinates(self, state: NodeMapsState, which: Which = slice(None)) -> ComplexArray:
        """``chi_j(t)`` of some nodes: complex128 (nodes, r)."""
        return np.asarray(state.right[which] @ self.right)

    def pairs(self, states: Sequence[NodeMapsState]) -> MatrixPairs:
        """Return the deviations at the times of the states."""
        return MatrixPairs([self._correlation(state) for state in states], self.count)

    def mean_field(self, states: Sequence[NodeMapsState]) -> ComplexArray:
        """``mean_k z_jk``, complex128 (T, N)."""
        found = [self._correlation(state).mean(axis=1) for state in states]
        return np.array(found, dtype=np.complex128).reshape(-1, self.count)

    def drift(self, state: NodeMapsState) -> float:
        """``max |z_jj - z_jj(0)|`` where that is conserved: with division, or for ``z_jj = 1``."""
        before, now = np.diag(self.correlation), np.diag(self._correlation(state))
        kept = np.full(self.count, True) if self.division else np.abs(before - 1) < 1e-8
        return float(np.abs(now - before)[kept].max(initial=0.0))

    def entries(self, states: Sequence[NodeMapsState]) -> dict[str, Entry]:
        """Return the maps as arrays over time."""
        shape = (-1, self.count, self.count)
        dims = ("time", "i", "j")
        sides = {"left_map": [s.left for s in states], "right_map": [s.right for s in states]}
        return {name: (dims, np.array(maps, dtype=np.complex128).reshape(shape)) for name, maps in sides.items()}

    def restore(self, times: FloatArray, arrays: dict[str, NDArray[Any]]) -> list[NodeMapsState]:
        """Make states again from such arrays."""
        rows = zip(times.tolist(), arrays["left_map"], arrays["right_map"], strict=True)
        return [NodeMapsState(*row) for row in rows]

    def _correlation(self, state: NodeMapsState) -> ComplexArray:
        """``Z = G Z(0) H``."""
        return np.asarray(state.left @ self.correlation @ state.right.conj().T)
