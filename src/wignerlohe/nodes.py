"""N nodes on a grid, where the coupling and the linear flow meet.

``psi_i(t) = sum_a C_ia(t) U(t) e_a``: the coordinates C(t) come from the coupling, U(t) from the linear flow, and
neither knows of the other (docs, "Derivations", S1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe import moyal
from wignerlohe.coupling.base import Which
from wignerlohe.coupling.choice import choose, choose_factors
from wignerlohe.coupling.left_right import LeftRight
from wignerlohe.coupling.mobius import MobiusMap
from wignerlohe.coupling.node_maps import NodeMaps
from wignerlohe.coupling.pairs import Pairs, exponential
from wignerlohe.coupling.per_node import PerNode
from wignerlohe.diagnostics import resolution
from wignerlohe.fields import Finding, norm_notes, truncation_notes
from wignerlohe.initial import Prepared
from wignerlohe.models.base import NodeModel
from wignerlohe.phase_space.transform import wigner, wigner_matrix
from wignerlohe.propagators.base import LinearFlow
from wignerlohe.propagators.choice import linear_flow
from wignerlohe.propagators.eigenbasis import Eigenbasis

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Nodes:
    """The model and its initial data in an orthonormal basis.

    Attributes
    ----------
    model : NodeModel
    data : Prepared
    rtol : float
        Tolerance of the linear flow where it is not exact: under a potential that depends on time.
    one_map : bool
        Whether one map may move all nodes, where it holds.
    factors, truncation : int, float
        How many factors of each node stand for data given on phase space, and which part of those, in L^2, they leave
        out.
    """

    model: NodeModel
    data: Prepared
    rtol: float
    one_map: bool = True
    factors: int = 0
    truncation: float = 0.0
    _memory: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def count(self) -> int:
        """Number of nodes N."""
        return len(self.data.coordinates)

    @property
    def numbers(self) -> int:
        """Numbers in all wave functions at one time."""
        return int(self.count * self.data.basis[0].size)

    @property
    def mixed(self) -> bool:
        """Whether nodes are shown with their components."""
        return self.data.mixed

    @property
    def unit(self) -> bool:
        """Whether correlations are those of normalised states."""
        return self.data.right is None

    @property
    def norms(self) -> FloatArray:
        """Norms of the nodes, which are kept apart; 1 for left and right factors."""
        return self.data.norms if self.unit else np.ones(self.count)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the numbers should know, one sentence each."""
        return norm_notes(self.norms) + truncation_notes(self.truncation)

    @property
    def linear(self) -> str:
        """The linear flow, in one line for a report."""
        if not self.factors:
            return self.flow.description
        return (
            f"{self.flow.description}; {self.factors} left and right factors of each node stand for the data, "
            f"{self.truncation:.1e} of which is left out"
        )

    @cached_property
    def coupling(self) -> MobiusMap | PerNode | LeftRight | NodeMaps:
        """What moves the coordinates."""
        system = self.model.system(self.count)
        if self.data.right is None:
            return choose(self.data.coordinates, system, self.one_map)
        assert self.data.deviation is not None  # right factors come with it
        division = bool(self.model.division)
        return choose_factors(self.data.coordinates, self.data.right, self.data.deviation, system, division)

    @cached_property
    def flow(self) -> LinearFlow:
        """The linear flow, made when first needed."""
        model = self.model
        return linear_flow(model.grid, model.potential, model.drive, model.mass, self.rtol)

    @cached_property
    def prepared(self) -> Any:
        """The basis as the linear flow wants it."""
        return self.flow.prepare(self.data.basis)

    def wavefunctions(self, states: Sequence[Any], which: Which = slice(None)) -> ComplexArray:
        """``psi_i(t)``, or left factors, of some nodes at the times of ``states``.

        Returns complex128 (T, nodes, *grid.shape), or (T, nodes, m, *grid.shape) for mixed nodes.
        """
        found = [self.coupling.coordinates(state, which) * self.data.norms[which, None] for state in states]
        return self._assemble(states, found, which)

    def right_factors(self, states: Sequence[Any], which: Which = slice(None)) -> ComplexArray:
        """``chi_j(t)``: the wave functions themselves unless the data have right factors of their own."""
        if self.data.right is None:
            return self.wavefunctions(states, which)
        return self._assemble(states, [self._right(state, which) for state in states], which)

    def wigner(
        self,
        state: Any,
        pairs: Sequence[tuple[int, int]],
        axes: Sequence[str] | None = None,
        at: Mapping[str, float] | None = None,
    ) -> ComplexArray:
        """``w_ij`` of some pairs of nodes, whole or in part: complex128 (pairs, axes that are kept)."""
        grid, used = self.model.grid, sorted({node for pair in pairs for node in pair})
        psi = self.wavefunctions([state], used)[0]
        places = [(used.index(i), used.index(j)) for i, j in pairs]
        if self.data.right is None:
            return wigner_matrix(grid, psi, places, axes=axes, at=at)
        chi = self.right_factors([state], used)[0]
        found = [wigner(grid, psi[i], chi[j], axes=axes, at=at) for i, j in places]
        return np.array(found, dtype=np.complex128)

    def unresolved(self, states: Sequence[Any]) -> list[Finding]:
        """Report the worst nodes where the grid does not hold them."""
        times = np.array([state.time for state in states])
        grid = self.model.grid
        if isinstance(self.flow, Eigenbasis):  # which knows them without the states
            grams = self.flow.grams(self.prepared, times)
        else:
            grams = resolution.grams(grid, self._evolved(times))
        sides = [self.coupling.coordinates]
        if isinstance(self.coupling, LeftRight | NodeMaps):
            sides.append(self.coupling.right_coordinates)
        norms = self.data.norms[:, None] if len(sides) == 1 else np.ones(1)  # of factors the balanced ones are judged
        found: list[Finding] = []
        for side in sides:

            def coefficients(k: int, side: Any = side) -> ComplexArray:
                return np.asarray(side(states[k]) * norms)

            bound = float(np.max(norms) ** 2)
            if len(sides) > 1:  # factors have any size
                bound = max(float((np.abs(coefficients(k)) ** 2).sum(axis=1).max()) for k in range(len(states)))
            found += resolution.survey(grid, grams, coefficients, times, bound)
        return found

    def purity(self, states: Sequence[Any]) -> FloatArray:
        """``Tr rho_i^2 = sum_ab |<phi_i^a, phi_i^b>|^2``, of w_ii with its right factors: float64 (T, N)."""
        found = [moyal.purity(*self._components(state)) for state in states]
        return np.array(found).reshape(-1, self.count)

    def sizes(self, states: Sequence[Any]) -> FloatArray:
        """``||w_ij||``, float64 (T, N, N)."""
        squares = [moyal.squared_sizes(*self._components(state)) for state in states]
        cell = (2 * np.pi * self.model.grid.hbar) ** self.model.grid.dimension
        return np.sqrt(np.maximum(squares, 0) / cell).reshape(-1, self.count, self.count)

    def distance(
        self, states: Sequence[Any], pairs: Pairs | None, first: tuple[int, int], second: tuple[int, int]
    ) -> FloatArray:
        """``||w_ij - w_km||``, float64 (T,). See `wignerlohe.Solution.distance`."""
        (i, j), (k, m) = first, second
        if pairs is not None and self.data.basis.shape[1] == 1 and self.data.right is None:
            d_ik, d_jm = exponential(pairs.log_deviation_of([(i, k), (j, m)])).T
            squares = 2 * (d_ik + d_jm - d_ik * d_jm.conj()).real
        else:
            squares = np.array([moyal.squared_distance(*self._components(state, [i, j, k, m])) for state in states])
        cell = (2 * np.pi * self.model.grid.hbar) ** self.model.grid.dimension
        return np.asarray(np.sqrt(np.maximum(squares, 0) / cell))

    def _components(self, state: Any, which: Which = slice(None)) -> tuple[ComplexArray, ComplexArray]:
        """Left and right factors in an orthonormal basis of all components, constant in time: (nodes, m, q)."""
        left = np.tensordot(self.coupling.coordinates(state, which) * self.data.norms[which, None], self._frame, axes=1)
        if self.data.right is None:
            return left, left
        return left, np.tensordot(self._right(state, which), self._frame, axes=1)

    def _right(self, state: Any, which: Which) -> ComplexArray:
        """Coordinates of the right factors as they were given: the left ones are multiplied by what these lack."""
        assert isinstance(self.coupling, LeftRight | NodeMaps)
        return np.asarray(self.coupling.right_coordinates(state, which) / self.data.norms[which, None])

    @cached_property
    def _frame(self) -> ComplexArray:
        """Coordinates of the components e_a^m of the basis among themselves: (r, m, q). U(t) does not change them."""
        rank, components = self.data.basis.shape[:2]
        rows = self.data.basis.reshape(rank * components, -1) * np.sqrt(self.model.grid.cell)
        return np.ascontiguousarray(np.asarray(np.linalg.qr(rows.T, mode="r")).T).reshape(rank, components, -1)

    def _assemble(self, states: Sequence[Any], coordinates: Sequence[ComplexArray], which: Which) -> ComplexArray:
        """``sum_a C_ia(t) U(t) e_a``."""
        if not states:  # a blow-up before the first output time
            shape = self.data.basis.shape[1:] if self.data.mixed else self.model.grid.shape
            return np.empty((0, len(self.data.norms[which]), *shape), dtype=np.complex128)
        evolved = self._evolved(np.array([state.time for state in states]))
        found = np.empty((len(states), len(coordinates[0]), *evolved.shape[2:]), dtype=np.complex128)
        for functions, rows, basis in zip(found, coordinates, evolved, strict=True):
            functions[...] = np.tensordot(rows, basis, axes=1)
        return found if self.data.mixed else found[:, :, 0]

    def _evolved(self, times: FloatArray) -> ComplexArray:
        """The basis at some times, remembered until other times are asked for: (T, r, m, *grid.shape)."""
        key = times.tobytes()
        if self._memory.get("key") != key:
            self._memory.update(key=key, basis=self.flow.evolve(self.prepared, times))
        return np.asarray(self._memory["basis"])
