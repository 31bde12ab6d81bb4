"""Arbitrary data on phase space, where the coupling and the linear flow meet: a matrix of operator kernels.

``rho_ij(t) = U(t) [sum_kl G_ik(t) rho_kl(0) H_lj(t)] U(t)^dagger``, and w_ij is the Wigner transform of rho_ij.

The maps G and H come from the coupling alone (docs, "Derivations", S1), of which the blocks enter with their integrals
``z_ij = integral w_ij dx dp``; the coupling moves abstract factors, rows of (1, Z) and of (0, 1), whose products are z.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.checks import require
from wignerlohe.coupling.pairs import Pairs
from wignerlohe.diagnostics import resolution
from wignerlohe.fields import Finding, WithoutWaveFunctions, truncation_notes
from wignerlohe.models.base import NodeModel
from wignerlohe.phase_space.part import part
from wignerlohe.phase_space.selection import select
from wignerlohe.phase_space.weyl import wigner_of_kernel
from wignerlohe.propagators.base import LinearFlow
from wignerlohe.propagators.choice import linear_flow

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]


def abstract_factors(z: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
    """Left and right rows, (N, 2N) each, with ``<left_i, right_j> = z_ij``, from which `maps` reads G and H."""
    one, zero = np.eye(len(z), dtype=np.complex128), np.zeros_like(z)
    return np.hstack((one, z)), np.hstack((zero, one))


@dataclass(frozen=True)
class Blocks(WithoutWaveFunctions):
    """N^2 operator kernels on a grid; see `wignerlohe.fields`.

    Attributes
    ----------
    model : NodeModel
    coupling : Coupling
        What moves the rows of `abstract_factors`.
    kernels : complex128 array, shape (N, N, n, n)
        ``rho_ij(x, x')`` at t = 0 on n grid points; n is the number of points of the grid.
    defect : float
        Which part of the data, in L^2, belongs to no kernel on the grid and is left out.
    rtol : float
        Tolerance of the linear flow where it is not exact.
    """

    model: NodeModel
    coupling: Any
    kernels: ComplexArray
    defect: float
    rtol: float

    @property
    def count(self) -> int:
        """Number of nodes N."""
        return len(self.kernels)

    @property
    def linear(self) -> str:
        """The linear flow, in one line for a report."""
        return (
            f"{self.flow.description}, from both sides of operator kernels; {self.defect:.1e} of the data belongs to "
            "none, and is left out"
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the numbers should know, one sentence each."""
        return truncation_notes(self.defect)

    @cached_property
    def flow(self) -> LinearFlow:
        """The linear flow, made when first needed."""
        model = self.model
        return linear_flow(model.grid, model.potential, model.drive, model.mass, self.rtol)

    def wigner(
        self,
        state: Any,
        pairs: Sequence[tuple[int, int]],
        axes: Sequence[str] | None = None,
        at: Mapping[str, float] | None = None,
    ) -> ComplexArray:
        """``w_ij`` of some pairs of nodes, whole or in part: complex128 (pairs, axes that are kept)."""
        selection = select(self.model.grid, axes, at)
        found = np.empty((len(pairs), *selection.shape), dtype=np.complex128)
        for k, kernel in enumerate(self._moved(state, pairs)):
            whole = wigner_of_kernel(self.model.grid, kernel.reshape(2 * self.model.grid.shape))
            found[k] = part(selection, whole)
        return found

    def unresolved(self, states: Sequence[Any]) -> list[Finding]:
        """Report the worst functions ``w_jj`` where the grid does not hold them, at the last of the states.

        For ``rho = sum_m phi_m chi_m^dagger`` the share of ``||rho||^2`` in x at the edge, and in p at the top of the
        band.
        """
        grid = self.model.grid
        kernels = self._moved(states[-1], [(j, j) for j in range(self.count)])
        squares = (np.abs(kernels) ** 2).sum(axis=(1, 2), keepdims=True) * grid.cell
        rows = (kernels / np.sqrt(np.where(squares > 0, squares, 1.0))).swapaxes(1, 2)
        found = np.empty((2 * grid.dimension, 1, self.count))
        for j, row in enumerate(rows):  # columns of the kernel as components of one state
            grams = resolution.grams(grid, row.reshape(1, 1, -1, *grid.shape))
            found[:, 0, j] = grams[:, 0, 0, 0].real
        return list(resolution.find_unresolved(grid, found, np.array([states[-1].time])))

    def purity(self, states: Sequence[Any]) -> FloatArray:
        """``(2 pi hbar)^d ||w_jj||^2``, float64 (T, N), without the linear flow, which keeps it."""
        pairs = [(j, j) for j in range(self.count)]
        return np.array([self._squares(self._combined(state, pairs)) for state in states]).reshape(-1, self.count)

    def sizes(self, states: Sequence[Any]) -> FloatArray:
        """``||w_ij||``, float64 (T, N, N), without the linear flow, which keeps it."""
        count = range(self.count)
        rows = [self._squares(self._combined(state, [(i, j) for j in count])) for state in states for i in count]
        cell = (2 * np.pi * self.model.grid.hbar) ** self.model.grid.dimension
        return np.sqrt(np.array(rows) / cell).reshape(-1, self.count, self.count)

    def distance(
        self, states: Sequence[Any], pairs: Pairs | None, first: tuple[int, int], second: tuple[int, int]
    ) -> FloatArray:
        """``||w_ij - w_km||``, float64 (T,), without the linear flow, which keeps it."""
        del pairs  # 1 - z does not tell distances of arbitrary data
        cell = (2 * np.pi * self.model.grid.hbar) ** self.model.grid.dimension
        squares = np.empty(len(states))
        for k, state in enumerate(states):
            one, other = self._combined(state, [first, second])
            squares[k] = self._squares((one - other)[None])[0]
        return np.asarray(np.sqrt(squares / cell))

    def maps(self, state: Any) -> tuple[ComplexArray, ComplexArray]:
        """G and H, complex128 (N, N) each: ``W(t) = e^{-tL} [G W(0) H]``."""
        left, right = self.coupling.coordinates(state), self.coupling.right_coordinates(state)
        return left[:, : self.count], right[:, self.count :].conj().T

    def _combined(self, state: Any, pairs: Sequence[tuple[int, int]]) -> ComplexArray:
        """``sum_kl G_ik rho_kl(0) H_lj`` for some pairs: (pairs, n, n)."""
        left, right = self.maps(state)
        found = np.empty((len(pairs), *self.kernels.shape[2:]), dtype=np.complex128)
        flat = self.kernels.reshape(self.count, -1)
        rows: dict[int, ComplexArray] = {}
        for k, (i, j) in enumerate(pairs):
            if i not in rows:
                rows = {i: (left[i] @ flat).reshape(self.count, -1)}  # one row of blocks at a time
            found[k] = (right[:, j] @ rows[i]).reshape(found.shape[1:])
        return found

    def _moved(self, state: Any, pairs: Sequence[tuple[int, int]]) -> ComplexArray:
        """``rho_ij(t)`` for some pairs: (pairs, n, n)."""
        kernels = self._combined(state, pairs)
        if state.time == 0:
            return kernels
        # U rho U^dagger = (U (U rho)^dagger)^dagger, where U acts on the columns
        for _ in range(2):
            columns = kernels.swapaxes(1, 2).reshape(-1, 1, *self.model.grid.shape)
            moved = self.flow.evolve(self.flow.prepare(columns), np.array([state.time]))[0]
            kernels = moved.reshape(kernels.shape).conj()
        return kernels

    def _squares(self, kernels: ComplexArray) -> FloatArray:
        """``Tr rho^dagger rho`` of each kernel."""
        return np.asarray((np.abs(kernels) ** 2).sum(axis=(1, 2)) * self.model.grid.cell**2)


class Stack(Blocks):
    """M operator kernels by themselves, (M, n, n), under the linear Wigner equation."""

    def _combined(self, state: Any, pairs: Sequence[tuple[int, int]]) -> ComplexArray:
        """``rho_j``, which stands for ``rho_jj``."""
        del state
        return self.kernels[one_by_one(pairs)]


def one_by_one(pairs: Sequence[tuple[int, int]]) -> list[int]:
    """The numbers of functions that stand by themselves: those of pairs (j, j)."""
    for i, j in pairs:
        require(i == j, "pairs", "name one function, as (j, j)", f"{(i, j)} was given", "i = j")
    return [j for _, j in pairs]
