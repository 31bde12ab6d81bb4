"""The contract of the coupling: how nodes move in the span of the data, with no partial differential equation.

With ``psi_i = sum_a C_ia e_a`` the coupling acts on the coordinates C alone. Between two segments of a run its state is
all that there is: a time and a few arrays. One method per file implements the contract; `choice` picks one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wignerlohe.coupling.pairs import Pairs

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]
Which = slice | list[int]
Entry = tuple[tuple[str, ...], NDArray[Any]]


# why couplings that know no positions are valid, in a report
SEPARATES = "all nodes share one potential up to constants, so the coupling commutes with the linear flow (S1)"


@dataclass
class Cost:
    """What a run has cost so far: accepted steps, and evaluations of the mean field; and when it is to rest."""

    steps: int = 0
    evaluations: int = 0
    limit: float = float("inf")  # number of steps from which a coupling that may take long rests
    rested: float | None = None  # the time at which nodes do so that are moved one by one


@dataclass(frozen=True)
class BlowUp:
    """The event that ends a solution: its time."""

    time: float


class State(Protocol):
    """Where a coupling stands: all that the next segment needs."""

    @property
    def time(self) -> float:
        """The time t."""


class Coupling(Protocol):
    """What every coupling offers. States are those of its own kind."""

    @property
    def description(self) -> str:
        """The algorithm, for a report."""

    @property
    def reason(self) -> str:
        """Why it is valid here."""

    @property
    def count(self) -> int:
        """Number of nodes N."""

    def start(self) -> Any:
        """Return the state at time 0."""

    def evolve(self, state: Any, times: FloatArray, rtol: float, cost: Cost) -> tuple[list[Any], BlowUp | None]:
        """Carry a state through increasing times, none before its own, or up to a blow-up; add to the cost.

        Once there are as many steps as the cost allows, a coupling may rest: the last state that it returns is then one
        between the output times, and earlier than that of its place. From any state that was returned, or restored, the
        rest of the times has the same bits.
        """

    def pairs(self, states: Sequence[Any]) -> Pairs:
        """Return the deviations ``1 - z_ij`` at the times of the states."""

    def mean_field(self, states: Sequence[Any]) -> ComplexArray:
        """``<psi_j, mean_k psi_k>``, complex128 (T, N)."""

    def drift(self, state: Any) -> float:
        """How far rounding has led away from what the flow conserves."""

    def entries(self, states: Sequence[Any]) -> dict[str, Entry]:
        """Return the states as labelled arrays over time, for a store."""

    def restore(self, times: FloatArray, arrays: dict[str, NDArray[Any]]) -> list[Any]:
        """Make states again from such arrays."""
