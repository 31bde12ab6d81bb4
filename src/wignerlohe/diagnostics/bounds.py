"""Corollary 1 of the paper: how fast the diameter must fall.

``D(t) <= D0 e^{-kappa t} / (D0 e^{-kappa t} + 1 - D0)`` if ``D0 = D(Z(0)) < 1`` and ``kappa > 0``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def log_diameter_bound(initial: float, coupling: float, times: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Logarithm of the bound of Corollary 1, float64 (T,), or None where its hypothesis D0 < 1 is not met.

    Parameters
    ----------
    initial : float
        D0.
    coupling : float
        kappa, a rate.
    times : float64 array, shape (T,)

    Examples
    --------
    >>> np.exp(log_diameter_bound(0.5, coupling=1.0, times=np.array([0.0, np.log(3.0)]))).round(12)
    array([0.5 , 0.25])
    >>> log_diameter_bound(1.2, coupling=1.0, times=np.zeros(1)) is None
    True
    """
    if not (initial < 1 and coupling > 0):
        return None
    with np.errstate(divide="ignore"):  # equal nodes: D0 = 0, and the bound is zero
        start = np.log(initial)
    return np.asarray(start - coupling * times - np.log(initial * np.exp(-coupling * times) + 1 - initial))
