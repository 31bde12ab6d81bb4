"""N nodes on a grid: what does not change in time, and how to get states at a time from it.

``psi_i(t) = U(t) sum_a C_ia(t) e_a``: the coordinates C(t) come from the coupling, U(t) from the linear flow, and
neither knows of the other (docs, "Derivations", S1).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

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
    def amplitudes(self) -> ComplexArray:
        """Amplitudes (r, n) of the basis of the span."""
        return self.flow.amplitudes(self.span.basis)

    def initial_deviation(self, rows: slice) -> ComplexArray:
        """``1 - z_ij(0)`` for a slice of rows."""
        return deviation_rows(self.span.coordinates, rows)

    def wavefunctions(self, states: list[MobiusState], which: slice | list[int] = slice(None)) -> ComplexArray:
        """``psi_i(t)`` for some nodes at the times of ``states``: complex128 (T, nodes, *grid.shape)."""
        chosen = self.span.coordinates[which]
        coordinates = np.stack([state.nodes(chosen) for state in states])
        # one product for all times: a stack of small ones is several times slower
        amplitudes = (coordinates.reshape(-1, chosen.shape[1]) @ self.amplitudes).reshape(*coordinates.shape[:2], -1)
        return self.flow.assemble(amplitudes, np.array([[state.time] for state in states]))
