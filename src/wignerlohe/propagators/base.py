"""The contract of the linear flow: ``U(t) = exp(-i t H / hbar)``, ``H = -(hbar^2 / 2m) Lap + V``.

The coupling hands over coefficients c(t), and the flow returns ``psi_i(t) = sum_a c_ia(t) U(t) e_a``. A flow prepares
the basis e_a once, in whatever form suits it, and may combine first or propagate first: both are linear.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

ComplexArray = NDArray[np.complex128]


class LinearFlow(Protocol):
    """What every linear flow offers. One method per file implements it."""

    def prepare(self, basis: ComplexArray) -> Any:
        """Take a basis (r, *grid.shape) in; the result is for the two methods below."""

    def phase_error(self, time: float) -> float:
        """Return a bound on the error of states at a time, relative to their norm."""

    def assemble(self, prepared: Any, coefficients: ComplexArray, times: NDArray[np.float64]) -> ComplexArray:
        """Return states (T, N, *grid.shape) for coefficients (T, N, r) at T times."""

    def masses(self, prepared: Any, coefficients: ComplexArray, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the masses (2 d, T, N) of `wignerlohe.diagnostics.resolution` of those states."""
