"""Phases ``exp(i angle)``, the exact flow of whatever multiplies."""

from __future__ import annotations

from typing import Any

import array_api_compat
import numpy as np

Array = Any  # of NumPy, PyTorch or CuPy


def unit(angle: Array) -> Array:
    """``exp(i angle)`` from one tangent: NumPy's is vectorised where its sine and cosine are not.

    >>> bool(np.allclose(unit(np.array([0.3, -7.0])), np.exp([0.3j, -7.0j]), rtol=1e-15))
    True
    """
    tangent = array_api_compat.array_namespace(angle).tan(angle / 2)
    scale = 1 / (1 + tangent**2)
    if array_api_compat.is_numpy_array(angle):
        found = np.empty(tangent.shape, dtype=np.complex128)
        found.real, found.imag = (1 - tangent**2) * scale, 2 * tangent * scale
        return found
    return (1 - tangent**2) * scale + (2j * tangent) * scale
