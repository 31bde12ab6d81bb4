"""N nodes on a grid, where the coupling and the linear flow meet.

``psi_i(t) = sum_a C_ia(t) U(t) e_a``: the coordinates C(t) come from the coupling, U(t) from the linear flow, and
neither knows of the other (docs, "Derivations", S1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.coupling.base import Which
from wignerlohe.coupling.choice import choose
from wignerlohe.coupling.left_right import LeftRight
from wignerlohe.coupling.mobius import MobiusMap
from wignerlohe.coupling.pairs import Pairs, exponential
from wignerlohe.coupling.per_node import PerNode
from wignerlohe.diagnostics import resolution
from wignerlohe.initial import Prepared
from wignerlohe.models.base import NodeModel
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
    """

    model: NodeModel
    data: Prepared
    rtol: float
    one_map: bool = True
    _memory: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def count(self) -> int:
        """Number of nodes N."""
        return len(self.data.coordinates)

    @cached_property
    def coupling(self) -> MobiusMap | PerNode | LeftRight:
        """What moves the coordinates."""
        system = self.model.system(self.count)
        if self.data.right is None:
            return choose(self.data.coordinates, system, self.one_map)
        assert isinstance(system.weights, float)  # `wignerlohe.solver.check_factors`
        assert self.data.deviation is not None  # right factors come with it
        rate = system.coupling * system.weights
        return LeftRight(self.data.coordinates, self.data.right, self.data.deviation, rate)

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
        if not isinstance(self.coupling, LeftRight):
            return self.wavefunctions(states, which)
        return self._assemble(states, [self._right(state, which) for state in states], which)

    def unresolved(self, states: Sequence[Any]) -> list[resolution.Unresolved]:
        """Report the worst nodes where the grid does not hold them."""
        times = np.array([state.time for state in states])
        grid = self.model.grid
        if isinstance(self.flow, Eigenbasis):  # which knows them without the states
            grams = self.flow.grams(self.prepared, times)
        else:
            grams = resolution.grams(grid, self._evolved(times))
        sides = [self.coupling.coordinates]
        if isinstance(self.coupling, LeftRight):
            sides.append(self.coupling.right_coordinates)
        norms = self.data.norms[:, None] if len(sides) == 1 else np.ones(1)  # of factors the balanced ones are judged
        found: list[resolution.Unresolved] = []
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
        found = np.empty((len(states), self.count))
        for k, state in enumerate(states):
            left, right = self._components(state)
            grams = [rows @ rows.conj().swapaxes(1, 2) for rows in (left, right)]
            found[k] = (grams[0] * grams[1].conj()).real.sum(axis=(1, 2))
        return found

    def distance(
        self, states: Sequence[Any], pairs: Pairs, first: tuple[int, int], second: tuple[int, int]
    ) -> FloatArray:
        """``||w_ij - w_km||``, float64 (T,). See `wignerlohe.Solution.distance`."""
        (i, j), (k, m) = first, second
        if self.data.basis.shape[1] == 1 and self.data.right is None:
            d_ik, d_jm = exponential(pairs.log_deviation_of([(i, k), (j, m)])).T
            squares = 2 * (d_ik + d_jm - d_ik * d_jm.conj()).real
        else:
            squares = np.array([self._square(*self._components(state, [i, j, k, m])) for state in states])
        cell = (2 * np.pi * self.model.grid.hbar) ** self.model.grid.dimension
        return np.asarray(np.sqrt(np.maximum(squares, 0) / cell))

    def _square(self, left: ComplexArray, right: ComplexArray) -> float:
        """``(2 pi hbar)^d ||w[phi_i, chi_j] - w[phi_k, chi_m]||^2`` of components (4, m, q), without cancellation.

        ``w_ij - w_km = w[phi_i - phi_k, chi_j] + w[phi_k, chi_j - chi_m]``, and by Moyal's identity
        ``(2 pi hbar)^d <w[A, B], w[C, D]> = sum_ab <A^a, C^b> conj(<B^a, D^b>)``.
        """
        terms = ((left[0] - left[2], right[1]), (left[2], right[1] - right[3]))
        products = (((a @ c.conj().T) * (b @ d.conj().T).conj()).sum().real for a, b in terms for c, d in terms)
        return float(sum(products))

    def _components(self, state: Any, which: Which = slice(None)) -> tuple[ComplexArray, ComplexArray]:
        """Left and right factors in an orthonormal basis of all components, constant in time: (nodes, m, q)."""
        left = np.tensordot(self.coupling.coordinates(state, which) * self.data.norms[which, None], self._frame, axes=1)
        if not isinstance(self.coupling, LeftRight):
            return left, left
        return left, np.tensordot(self._right(state, which), self._frame, axes=1)

    def _right(self, state: Any, which: Which) -> ComplexArray:
        """Coordinates of the right factors as they were given: the left ones are multiplied by what these lack."""
        assert isinstance(self.coupling, LeftRight)
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
        found = np.stack([np.tensordot(rows, basis, axes=1) for rows, basis in zip(coordinates, evolved, strict=True)])
        return found if self.data.mixed else found[:, :, 0]

    def _evolved(self, times: FloatArray) -> ComplexArray:
        """The basis at some times, remembered until other times are asked for: (T, r, m, *grid.shape)."""
        key = times.tobytes()
        if self._memory.get("key") != key:
            self._memory.update(key=key, basis=self.flow.evolve(self.prepared, times))
        return np.asarray(self._memory["basis"])
