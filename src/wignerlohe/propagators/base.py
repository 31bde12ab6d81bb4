"""The contract of the linear flow: ``i hbar d_t f = H f``, ``H = -(hbar^2 / 2m) Lap + V``, ``f(t) = U(t) f(0)``.

The states are ``psi_i(t) = sum_a C_ia(t) U(t) e_a``: the coordinates C come from the coupling, and the flow is asked
for the r basis functions only, r <= N. A basis function may have several components, m of them.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]


class LinearFlow(Protocol):
    """What every linear flow offers. One method per file implements it."""

    @property
    def description(self) -> str:
        """One line for reports: the method, and where it is exact."""

    def prepare(self, basis: ComplexArray) -> Any:
        """Take a basis (r, m, *grid.shape) in; the result is for the methods below."""

    def evolve(self, prepared: Any, times: FloatArray) -> ComplexArray:
        """``U(t) e_a`` at some times, none negative: complex128 (T, r, m, *grid.shape)."""

    def phase_error(self, time: float) -> float:
        """Return a bound on the rounding error of states at a time, relative to their norm."""
