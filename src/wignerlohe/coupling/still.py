"""No coupling at all: functions that do not see each other, as under the linear Wigner equation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.coupling.base import Cost, Entry, FloatArray
from wignerlohe.coupling.pairs import Pairs
from wignerlohe.errors import InvalidInputError


@dataclass(frozen=True)
class Instant:
    """A time, which is all there is to know."""

    time: float


@dataclass(frozen=True)
class Still:
    """A number of functions; see `wignerlohe.coupling.base`."""

    count: int

    description = "none: each function moves by itself"
    reason = "the equation is linear, and its flow is exact"

    def start(self) -> Instant:
        """Return time 0."""
        return Instant(0.0)

    def evolve(self, state: Instant, times: FloatArray, rtol: float, cost: Cost) -> tuple[list[Instant], None]:
        """Let time pass."""
        del state, rtol, cost
        return [Instant(time) for time in times.tolist()], None

    def pairs(self, states: Sequence[Instant]) -> Pairs:
        """Refuse: there are no correlations."""
        del states
        raise InvalidInputError("`model` must couple nodes for correlations, but its functions do not see each other")

    def mean_field(self, states: Sequence[Instant]) -> NDArray[np.complex128]:
        """Refuse: there are no correlations."""
        return self.pairs(states)  # type: ignore[return-value] # it raises

    def drift(self, state: Instant) -> float:
        """Nothing drifts."""
        del state
        return 0.0

    def entries(self, states: Sequence[Instant]) -> dict[str, Entry]:
        """There is nothing to store but the time."""
        del states
        return {}

    def restore(self, times: FloatArray, arrays: dict[str, NDArray[Any]]) -> list[Instant]:
        """Make states again."""
        del arrays
        return [Instant(time) for time in times.tolist()]
