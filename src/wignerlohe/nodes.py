"""N nodes on a grid: what does not change in time, and how to get states at a time from it.

``psi_i(t) = U(t) sum_a C_ia(t) e_a``: the coordinates C(t) come from the coupling, U(t) from the linear flow, and
neither knows of the other (docs, "Derivations", S1).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.coupling.mobius import MobiusState
from wignerlohe.coupling.span import Span, deviation_rows
from wignerlohe.models.base import NodeModel
from wignerlohe.propagators.base import LinearFlow
from wignerlohe.propagators.eigenbasis import Eigenbasis

ComplexArray = NDArray[np.complex128]


@dataclass(frozen=True)
class Nodes:
    """The model and the span of the initial states."""

    model: NodeModel
    span: Span

    @property
    def count(self) -> int:
        """Number of nodes N."""
        return len(self.span.coordinates)

    @cached_property
    def flow(self) -> LinearFlow:
        """The linear flow, made when first needed."""
        return Eigenbasis(self.model.grid, self.model.potential, self.model.mass)

    @cached_property
    def prepared(self) -> Any:
        """The basis of the span as the linear flow wants it."""
        return self.flow.prepare(self.span.basis)

    def initial_deviation(self, rows: slice) -> ComplexArray:
        """``1 - z_ij(0)`` for a slice of rows."""
        return deviation_rows(self.span.coordinates, rows)

    def wavefunctions(self, states: list[MobiusState], which: slice | list[int] = slice(None)) -> ComplexArray:
        """``psi_i(t)`` for some nodes at the times of ``states``: complex128 (T, nodes, *grid.shape)."""
        return self.flow.assemble(self.prepared, *self._coordinates_at(states, which))

    def masses(self, states: list[MobiusState]) -> NDArray[np.float64]:
        """Probability of all nodes where the grid does not hold it: float64 (2 d, T, N)."""
        return self.flow.masses(self.prepared, *self._coordinates_at(states, slice(None)))

    def _coordinates_at(
        self, states: list[MobiusState], which: slice | list[int]
    ) -> tuple[ComplexArray, NDArray[np.float64]]:
        """Coordinates (T, nodes, r) of some nodes, with their norms, and the times (T,)."""
        start, norms = self.span.coordinates[which], self.span.norms[which]
        coordinates = np.stack([state.nodes(start) for state in states]) * norms[:, None]
        return coordinates, np.array([state.time for state in states])
