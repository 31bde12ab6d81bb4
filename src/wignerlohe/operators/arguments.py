"""What users hand to the operators: functions on phase space."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe.checks import complex_array, require
from wignerlohe.grid import PhaseSpace

ComplexArray = NDArray[np.complex128]


def functions(space: PhaseSpace, w: ArrayLike) -> ComplexArray:
    """Convert to complex128 (..., *space.shape)."""
    values = complex_array("w", w, "values on the phase space")
    must, but = f"have shape (..., {str(space.shape)[1:]}", f"its shape is {values.shape}"
    require(values.shape[-len(space.shape) :] == space.shape, "w", must, but, "values on the phase space")
    return values
