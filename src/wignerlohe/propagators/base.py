"""The contract of the linear flow: ``U(t) = exp(-i t H / hbar)``, ``H = -(hbar^2 / 2m) Lap + V``.

A flow turns states into amplitudes once, and amplitudes into states at as many times as are asked for. Both steps are
linear, so amplitudes may be combined in between: this is where the coupling enters.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

ComplexArray = NDArray[np.complex128]


class LinearFlow(Protocol):
    """What every linear flow offers. One method per file implements it."""

    def amplitudes(self, psi: ComplexArray) -> ComplexArray:
        """Return the amplitudes (..., n) of states (..., *grid.shape)."""

    def assemble(self, amplitudes: ComplexArray, time: ArrayLike) -> ComplexArray:
        """Return the states (..., *grid.shape) at ``time``, a number or an array over the leading axes."""
