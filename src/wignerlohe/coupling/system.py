"""The equation that nodes obey in the span of the data, with detunings and a network.

``C_i' = -i Omega_i C_i + (kappa / 2) (zeta_i - <C_i, zeta_i> C_i)``, ``zeta_i = (1/N) sum_k A_ik C_k``

for unit vectors ``C_i`` in C^r, with ``<C, zeta> = sum_a C_a conj(zeta_a)``. Real weights A of either sign keep
``|C_i| = 1``, and so does either sign of kappa. The diagonal of A plays no part: ``C_i - <C_i, C_i> C_i = 0``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.network import Weights, mean_fields

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class System:
    """Coupling, detunings and weights of N nodes.

    Attributes
    ----------
    coupling : float
        kappa, a rate of either sign.
    detuning : float64 array, shape (N,), or None
        Omega, angular frequencies; None for none.
    weights : float, float64 array (N, N), or SciPy csr_array (N, N)
        A; a number is the complete graph with that weight on every edge, whose mean field is one for all nodes.
    """

    coupling: float
    detuning: FloatArray | None
    weights: Weights

    @property
    def rate(self) -> float:
        """A bound on how fast nodes move and turn against each other, per unit of time; above zero."""
        if isinstance(self.weights, float):
            weight = abs(self.weights)
        else:
            sizes: NDArray[Any] = np.asarray(abs(self.weights).sum(axis=1))  # type: ignore[attr-defined] # of csr arrays
            weight = float(sizes.max()) / len(sizes)
        spread = 0.0 if self.detuning is None else float(np.ptp(self.detuning))
        return float(max(abs(self.coupling) * weight + spread, float(np.finfo(float).tiny) ** 0.5))

    def centred(self) -> tuple[float, FloatArray | None]:
        """Detunings as their middle, which turns all nodes alike, and what each has beyond it; 0 and None for none."""
        if self.detuning is None:
            return 0.0, None
        centre = float(self.detuning.min() + self.detuning.max()) / 2
        return centre, self.detuning - centre

    @property
    def one_map(self) -> bool:
        """Whether one Mobius map moves all nodes: a complete graph, no detunings, no repulsion.

        Under repulsion, kappa A < 0, that map would amplify defects of the norms while nodes are near agreement.
        """
        plain = self.detuning is None or not np.any(self.detuning)
        return plain and isinstance(self.weights, float) and self.coupling * self.weights >= 0

    def mean_fields(self, coordinates: ComplexArray) -> ComplexArray:
        """``zeta_i`` for coordinates (N, r): shape (N, r), or (r,) if it is one for all nodes."""
        return mean_fields(self.weights, coordinates)

    def derivative(self, coordinates: ComplexArray) -> ComplexArray:
        """``C'`` for coordinates (N, r), written as the equation stands."""
        zeta = np.broadcast_to(self.mean_fields(coordinates), coordinates.shape)
        along = (coordinates * zeta.conj()).sum(axis=1, keepdims=True)
        result = self.coupling / 2 * (zeta - along * coordinates)
        return np.asarray(result if self.detuning is None else result - 1j * self.detuning[:, None] * coordinates)
