"""Where a stepped flow stands: increasing times cost what the total time costs, not the sum of all times.

A flow starts a call from the latest state that it knows and that is not too late. It keeps the initial states, those at
the end of the furthest call, and those from which that call set out: what was just passed may be asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Link:
    """States (r, m, *grid.shape) at a time, and the step with which an adaptive flow goes on."""

    time: float
    states: ComplexArray
    step: float = 0.0


class Chain:
    """The links of one prepared basis."""

    def __init__(self, initial: Link) -> None:
        self.links = [initial]

    def carry(self, times: FloatArray, advance: Callable[[Link, FloatArray, ComplexArray], Link]) -> ComplexArray:
        """Fill states (T, r, m, *grid.shape) at any times by ``advance(link, increasing times, out) -> last link``."""
        order = np.argsort(times, kind="stable")
        link = [known for known in self.links if known.time <= times[order[0]]][-1]
        result = np.empty((len(times), *link.states.shape), dtype=np.complex128)
        last = advance(link, times[order], result)
        if last.time > self.links[-1].time:
            self.links = [self.links[0], *self.links[1:][-1:], last]
        return result if np.all(order[:-1] < order[1:]) else result[np.argsort(order)]

    def entries(self) -> dict[str, NDArray[Any]]:
        """What the flow has to remember for its next states to have the same bits."""
        found: dict[str, NDArray[Any]] = {}
        for number, link in enumerate(self.links[1:]):
            found[f"link_{number}"] = link.states
            found[f"link_{number}_time_and_step"] = np.array([link.time, link.step])
        return found

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Stand where a flow stood that gave these arrays."""
        self.links = self.links[:1]
        for number in range(2):
            if f"link_{number}" in arrays:
                time, step = arrays[f"link_{number}_time_and_step"].tolist()
                self.links.append(Link(time, arrays[f"link_{number}"], step))
