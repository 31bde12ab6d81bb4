"""Functions on phase space that are carried as such, by splitting: what users see is the state itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.blocks import one_by_one
from wignerlohe.coupling.pairs import Pairs
from wignerlohe.fields import Finding, WithoutWaveFunctions
from wignerlohe.models.base import NodeModel
from wignerlohe.models.wigner_equation import WignerEquation
from wignerlohe.phase_space.part import part
from wignerlohe.phase_space.selection import select
from wignerlohe.splitting.phase_space import FieldState, PhaseSpaceStep

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PhaseFields(WithoutWaveFunctions):
    """``w_ij`` at the times of states that hold them; see `wignerlohe.fields`.

    Attributes
    ----------
    model : NodeModel
    coupling : PhaseSpaceStep
    """

    model: NodeModel
    coupling: PhaseSpaceStep

    linear = "part of the splitting"
    notes = ()

    @property
    def count(self) -> int:
        """Number of nodes N, or of functions."""
        return self.coupling.count

    def wigner(
        self,
        state: FieldState,
        pairs: Sequence[tuple[int, int]],
        axes: Sequence[str] | None = None,
        at: Mapping[str, float] | None = None,
    ) -> ComplexArray:
        """``w_ij`` of some pairs of nodes, whole or in part: complex128 (pairs, axes that are kept)."""
        selection = select(self.model.space, axes, at)
        found = [part(selection, self._field(state, pair)) for pair in pairs]
        return np.array(found, dtype=np.complex128).reshape(len(pairs), *selection.shape)

    def unresolved(self, states: Sequence[FieldState]) -> list[Finding]:
        """Report where the box, or its spacing, becomes too small for the fields, at the last of the states."""
        return list(self.coupling.unresolved(states[-1]))

    def purity(self, states: Sequence[FieldState]) -> FloatArray:
        """``(2 pi hbar)^d ||w_jj||^2``, float64 (T, N)."""
        found = [[self._square(self._field(state, (j, j))) for j in range(self.count)] for state in states]
        return (
            np.array(found).reshape(-1, self.count) * (2 * np.pi * self.model.space.hbar) ** self.model.space.dimension
        )

    def sizes(self, states: Sequence[FieldState]) -> FloatArray:
        """``||w_ij||``, float64 (T, N, N)."""
        count = range(self.count)
        squares = [self._square(self._field(state, (i, j))) for state in states for i in count for j in count]
        return np.asarray(np.sqrt(np.array(squares)).reshape(-1, self.count, self.count))

    def distance(
        self, states: Sequence[FieldState], pairs: Pairs | None, first: tuple[int, int], second: tuple[int, int]
    ) -> FloatArray:
        """``||w_ij - w_km||``, float64 (T,)."""
        del pairs
        squares = [self._square(self._field(state, first) - self._field(state, second)) for state in states]
        return np.asarray(np.sqrt(np.array(squares)))

    def _field(self, state: FieldState, pair: tuple[int, int]) -> ComplexArray:
        """One function as a NumPy array."""
        if isinstance(self.model, WignerEquation):
            (number,) = one_by_one([pair])
            return _host(state.fields[number])
        return _host(self.coupling.w(state, *pair))

    def _square(self, w: ComplexArray) -> float:
        return float(np.linalg.norm(w) ** 2 * self.model.space.cell)


def _host(values: Any) -> ComplexArray:
    return np.asarray(values.cpu() if hasattr(values, "cpu") else values.get() if hasattr(values, "get") else values)
