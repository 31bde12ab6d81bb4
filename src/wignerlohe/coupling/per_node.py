"""The coupling with detunings, a network or repulsion: each node moves by itself in the span of the data.

No map is common to all nodes; the state is the coordinates C(t) themselves, of shape (N, r). The equation stands in
`system`. Small and middling problems take `sphere` (order 8), large ones `boosts` (order 4, in place).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.coupling import sphere
from wignerlohe.coupling.base import SEPARATES, Cost, Entry, FloatArray, Which
from wignerlohe.coupling.pairs import CoordinatePairs
from wignerlohe.coupling.system import System

ComplexArray = NDArray[np.complex128]

LARGE = 200_000  # entries of C from which nodes are moved in place by compiled boosts


@dataclass(frozen=True)
class NodeState:
    """Where the nodes stand: coordinates (N, r) at a time."""

    time: float
    nodes: ComplexArray


@dataclass(frozen=True)
class PerNode:
    """Nodes moved one by one; see `wignerlohe.coupling.base`.

    Attributes
    ----------
    start_coordinates : complex128 array, shape (N, r)
        ``C(0)``, unit rows.
    system : System
        The equation.
    """

    start_coordinates: ComplexArray
    system: System

    reason = SEPARATES

    @property
    def description(self) -> str:
        """The algorithm, for a report."""
        rank = self.start_coordinates.shape[1]
        how = "boosts in place, Lie group, order 4" if self._large else "stereographic charts, DOP853, order 8"
        return f"each node on its sphere in the span of the data, rank {rank}; {how}"

    @property
    def count(self) -> int:
        """Number of nodes N."""
        return len(self.start_coordinates)

    @property
    def _large(self) -> bool:
        return self.start_coordinates.size >= LARGE

    def start(self) -> NodeState:
        """Return the nodes at time 0."""
        return NodeState(0.0, self.start_coordinates)

    def evolve(self, state: NodeState, times: FloatArray, rtol: float, cost: Cost) -> tuple[list[NodeState], None]:
        """Carry the nodes through increasing times, or up to a rest."""
        method = sphere.evolve
        if self._large:
            from wignerlohe.coupling.boosts import evolve as method  # brings numba with it
        found = method(self.system, state.nodes, state.time, times, rtol, cost)
        instants = times.tolist() if cost.rested is None else [*times[: len(found) - 1].tolist(), cost.rested]
        return [NodeState(time, nodes) for time, nodes in zip(instants, found, strict=True)], None

    def coordinates(self, state: NodeState, which: Which = slice(None)) -> ComplexArray:
        """``C_i(t)`` of some nodes: complex128 (nodes, r)."""
        return state.nodes[which]

    def pairs(self, states: Sequence[NodeState]) -> CoordinatePairs:
        """Return the deviations at the times of the states."""
        return CoordinatePairs([state.nodes for state in states], self.count)

    def mean_field(self, states: Sequence[NodeState]) -> ComplexArray:
        """``<C_j, mean_k C_k>``, complex128 (T, N)."""
        found = [state.nodes @ state.nodes.mean(axis=0).conj() for state in states]
        return np.array(found, dtype=np.complex128).reshape(-1, self.count)

    def drift(self, state: NodeState) -> float:
        """``max | |C_i| - 1 |``."""
        return float(np.abs(np.linalg.norm(state.nodes, axis=1) - 1).max())

    def entries(self, states: Sequence[NodeState]) -> dict[str, Entry]:
        """Return the coordinates as an array over time."""
        values = np.array([state.nodes for state in states], dtype=np.complex128)
        return {"node_coordinates": (("time", "node", "mode"), values.reshape(-1, *self.start_coordinates.shape))}

    def restore(self, times: FloatArray, arrays: dict[str, NDArray[Any]]) -> list[NodeState]:
        """Make states again from such an array."""
        return [NodeState(*row) for row in zip(times.tolist(), arrays["node_coordinates"], strict=True)]
