"""The correlation dynamics, equation (20) of the paper: a closed system for the matrix ``z_ij`` alone.

``d_t z_ij = (kappa / 2N) sum_k (z_ik + z_kj) (1 - z_ij)``

The starting matrix may be any complex matrix. Data that do not come from states can blow up in finite time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wignerlohe.checks import real_number


@dataclass(frozen=True)
class Correlations:
    """Correlations ``z_ij(t)`` of N nodes, equation (20), from any starting matrix (N, N).

    Parameters
    ----------
    coupling : float
        kappa, a rate.

    Raises
    ------
    InvalidInputError
        If the coupling is not a finite number.

    Examples
    --------
    Three nodes with ``z_ij = -0.8`` blow up at ``ln(6) / kappa``:

    >>> import wignerlohe as wl
    >>> start = np.full((3, 3), -0.8) + 1.8 * np.eye(3)
    >>> solution = wl.solve(wl.Correlations(coupling=1.0), start, times=[0.0, 1.0, 2.0])
    >>> round(solution.blow_up_time, 8)
    1.79175947
    """

    coupling: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "coupling", real_number("coupling", self.coupling, "coupling=1.0"))

    def derivative(self, z: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """``d_t z`` of (20) for a matrix (N, N): complex128, same shape.

        >>> Correlations(coupling=2.0).derivative(np.array([[1.0, 0.5], [0.5, 1.0]]))
        array([[0.  , 0.75],
               [0.75, 0.  ]])
        """
        return np.asarray(self.coupling / 2 * (z.mean(axis=1, keepdims=True) + z.mean(axis=0, keepdims=True)) * (1 - z))
