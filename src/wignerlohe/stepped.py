"""Nodes that are carried as functions on the grid, by splitting: what users see is the state itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe import moyal
from wignerlohe.coupling.base import Which
from wignerlohe.coupling.pairs import Pairs
from wignerlohe.diagnostics import resolution
from wignerlohe.fields import Finding, norm_notes
from wignerlohe.models.base import NodeModel
from wignerlohe.phase_space.transform import wigner_matrix
from wignerlohe.splitting.wave_functions import SplitStep, WaveState

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Stepped:
    """Wave functions at the times of states that hold them; see `wignerlohe.fields`.

    Attributes
    ----------
    model : NodeModel
    coupling : SplitStep
    mixed : bool
        Whether nodes are shown with their components.
    """

    model: NodeModel
    coupling: SplitStep
    mixed: bool

    unit = True
    linear = "part of the splitting"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the numbers should know, one sentence each."""
        return norm_notes(self.coupling.norms)

    @property
    def count(self) -> int:
        """Number of nodes N."""
        return self.coupling.count

    @property
    def numbers(self) -> int:
        """Numbers in all wave functions at one time."""
        return int(np.prod(self.coupling.psi.shape))

    def wavefunctions(self, states: Sequence[WaveState], which: Which = slice(None)) -> ComplexArray:
        """``psi_i(t)`` of some nodes: complex128 (T, nodes, *grid.shape), or with m components before the grid."""
        found = np.array([np.asarray(self.coupling.coordinates(state, which)) for state in states])
        found = found.reshape(len(states), -1, *self.coupling.psi.shape[1:])
        return found if self.mixed else found[:, :, 0]

    right_factors = wavefunctions

    def as_given(self, state: WaveState) -> Any:
        """``psi_i(t)`` of all nodes at one time, in the library that the data came in."""
        found = self.coupling.functions(state)
        return found if self.mixed else found[:, 0, ...]

    def wigner(
        self,
        state: WaveState,
        pairs: Sequence[tuple[int, int]],
        axes: Sequence[str] | None = None,
        at: Mapping[str, float] | None = None,
    ) -> ComplexArray:
        """``w_ij`` of some pairs of nodes, whole or in part: complex128 (pairs, axes that are kept)."""
        return wigner_matrix(self.model.grid, self._nodes(state), pairs, axes=axes, at=at)

    def unresolved(self, states: Sequence[WaveState]) -> list[Finding]:
        """Report the worst nodes where the grid does not hold them."""
        grid = self.model.grid
        found = np.array([resolution.node_masses(grid, self._nodes(state)) for state in states])
        return list(resolution.find_unresolved(grid, found.swapaxes(0, 1), np.array([state.time for state in states])))

    def purity(self, states: Sequence[WaveState]) -> FloatArray:
        """``(2 pi hbar)^d ||w_jj||^2``, float64 (T, N)."""
        found = [moyal.purity(nodes, nodes) for nodes in map(self._components, states)]
        return np.array(found).reshape(-1, self.count)

    def sizes(self, states: Sequence[WaveState]) -> FloatArray:
        """``||w_ij||``, float64 (T, N, N)."""
        squares = [moyal.squared_sizes(nodes, nodes) for nodes in map(self._components, states)]
        cell = (2 * np.pi * self.model.grid.hbar) ** self.model.grid.dimension
        return np.sqrt(np.maximum(squares, 0) / cell).reshape(-1, self.count, self.count)

    def distance(
        self, states: Sequence[WaveState], pairs: Pairs | None, first: tuple[int, int], second: tuple[int, int]
    ) -> FloatArray:
        """``||w_ij - w_km||``, float64 (T,)."""
        del pairs  # to rounding, the states know as much
        chosen = list(first + second)
        squares = [moyal.squared_distance(*2 * [self._components(state)[chosen]]) for state in states]
        cell = (2 * np.pi * self.model.grid.hbar) ** self.model.grid.dimension
        return np.asarray(np.sqrt(np.array(squares) / cell))

    def _nodes(self, state: WaveState) -> ComplexArray:
        """All nodes (N, m, *grid.shape) as a NumPy array."""
        return np.asarray(self.coupling.coordinates(state))

    def _components(self, state: WaveState) -> ComplexArray:
        """All components as vectors: (N, m, q)."""
        nodes = self._nodes(state)
        return np.asarray(nodes.reshape(*nodes.shape[:2], -1) * np.sqrt(self.model.grid.cell))
