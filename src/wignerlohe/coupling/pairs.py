"""Pairs of nodes: every deviation ``1 - z_ij(t)``, as its logarithm, to the relative accuracy that the model allows.

Where one Mobius map or the scalar form carries the nodes, ``1 - z_ij(t) = (1 - z_ij(0)) g_i(t) h_j(t)`` (docs,
"Derivations", S2): one factor per node, and full relative accuracy also where the number itself is below the smallest
float (`FactoredPairs`). With detunings or a network no such factors exist; deviations come from differences of
coordinates, with the relative error ``eps / |C_i - C_j|`` (`CoordinatePairs`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from wignerlohe.checks import require
from wignerlohe.coupling.span import deviation_of, deviation_rows
from wignerlohe.errors import TooLargeError

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]
Indices = NDArray[np.int_]

MOST_ENTRIES = 2e7  # of a variable (T, N, N)
MOST_NODES = 20_000  # up to here the diameter is exact
BLOCK = 4_000_000  # entries of a block of rows


class Pairs(ABC):
    """Deviations of all pairs of N nodes at T times; nothing of size N x N is held for large N."""

    def __init__(self, times: int, count: int) -> None:
        self.times, self.count = times, count

    @abstractmethod
    def log_rows(self, rows: slice) -> Iterator[ComplexArray]:
        """Return ``log(1 - z_ij)`` for a slice of rows i and all j, one array (rows, N) after the other in time."""

    @abstractmethod
    def log_deviation_of(self, pairs: Sequence[tuple[int, int]]) -> ComplexArray:
        """``log(1 - z_ij(t))`` for chosen pairs: complex128 (T, pairs)."""

    def fits(self) -> bool:
        """Whether variables over all pairs and times are small enough to exist."""
        return self.times * self.count**2 <= MOST_ENTRIES

    def log_deviation(self) -> ComplexArray:
        """``log(1 - z_ij(t))``, complex128 (T, N, N); the real part is -inf where ``z_ij = 1`` exactly."""
        if not self.fits():
            raise TooLargeError(
                f"variables over all pairs would have {self.times} x {self.count}^2 entries, more than "
                f"{MOST_ENTRIES:.0e}; name some: to_dataset(pairs=[(0, 1)]), or [output] pairs in a config"
            )
        result = np.empty((self.times, self.count, self.count), dtype=np.complex128)
        for k, rows in enumerate(self.log_rows(slice(None))):
            result[k] = rows
        return result

    def log_diameter(self) -> FloatArray:
        """``log max_ij |1 - z_ij(t)|``, float64 (T,), exactly, in blocks of rows.

        Raises TooLargeError for more than 20 000 nodes; see `log_diameter_bounds`.
        """
        if self.count > MOST_NODES:
            raise TooLargeError(
                f"the diameter over {self.count}^2 pairs is exact up to {MOST_NODES} nodes only; "
                "try diameter_lower and diameter_upper"
            )
        largest = np.full(self.times, -np.inf)
        height = max(1, BLOCK // self.count)
        for first in range(0, self.count, height):
            for k, logs in enumerate(self.log_rows(slice(first, first + height))):
                largest[k] = np.fmax(largest[k], logs.real.max())
        return largest

    def log_diameter_bounds(self) -> tuple[FloatArray, FloatArray]:
        """Bounds of `log_diameter` from a few rows: float64 (T,) each; for unit states of any number.

        With p a node, ``1 - z_ij = (1 - z_ip) + (1 - z_pj) - <psi_i - psi_p, psi_j - psi_p>`` and ``||psi_i - psi_p||^2
        = 2 Re(1 - z_ip)``, hence ``max_i |1 - z_ip| <= D <= 2 max_i |1 - z_ip| + 2 max_i Re(1 - z_ip)``, and D <= 2.
        The landmarks p are three: node 0, and twice the node farthest from the one before at the last time.
        """
        lower, upper = np.full(self.times, -np.inf), np.full(self.times, np.log(2.0))
        landmark, logs = 0, np.zeros(1, dtype=np.complex128)
        for _ in range(3):
            for k, (logs,) in enumerate(self.log_rows(slice(landmark, landmark + 1))):
                top = logs.real.max()
                real = np.cos(logs.imag) * np.exp(logs.real - top) if top > -np.inf else np.zeros(1)
                lower[k] = np.fmax(lower[k], top)
                upper[k] = np.fmin(upper[k], top + np.log(2 + 2 * max(real.max(), 0.0)))
            landmark = int(np.argmax(logs.real))
        return lower, upper


class FactoredPairs(Pairs):
    """Deviations over time as one factor per node and time.

    Parameters
    ----------
    log_g, log_h : complex128 arrays, shape (T, N)
        Logarithms of the row and column factors.
    initial : callable
        ``initial(rows)`` gives ``1 - z_ij(0)`` for a slice of rows i and all j.
    chosen : callable
        ``chosen(rows, columns)`` gives it for chosen pairs.
    """

    def __init__(
        self,
        log_g: ComplexArray,
        log_h: ComplexArray,
        initial: Callable[[slice], ComplexArray],
        chosen: Callable[[Indices, Indices], ComplexArray],
    ) -> None:
        super().__init__(*log_g.shape)
        self.log_g, self.log_h, self.initial, self.chosen = log_g, log_h, initial, chosen

    def log_rows(self, rows: slice) -> Iterator[ComplexArray]:
        """See `Pairs`; the initial deviations are formed once for all times."""
        start = _log(self.initial(rows))
        for g, h in zip(self.log_g, self.log_h, strict=True):
            yield start + g[rows, None] + h

    def log_deviation_of(self, pairs: Sequence[tuple[int, int]]) -> ComplexArray:
        """See `Pairs`."""
        rows, columns = check_pairs(pairs, self.count)
        return _log(self.chosen(rows, columns)) + self.log_g[:, rows] + self.log_h[:, columns]


class CoordinatePairs(Pairs):
    """Deviations from the coordinates of unit nodes.

    Parameters
    ----------
    coordinates : sequence of T complex128 arrays, shape (N, r)
    """

    def __init__(self, coordinates: Sequence[ComplexArray], count: int) -> None:
        super().__init__(len(coordinates), count)
        self.coordinates = coordinates

    def log_rows(self, rows: slice) -> Iterator[ComplexArray]:
        """See `Pairs`."""
        for nodes in self.coordinates:
            yield _log(deviation_rows(nodes, rows))

    def log_deviation_of(self, pairs: Sequence[tuple[int, int]]) -> ComplexArray:
        """See `Pairs`."""
        rows, columns = check_pairs(pairs, self.count)
        found = [deviation_of(nodes, rows, columns) for nodes in self.coordinates]
        return _log(np.array(found, dtype=np.complex128).reshape(self.times, len(rows)))

    def log_diameter(self) -> FloatArray:
        """See `Pairs`. Matrix products of coordinates relative to their mean: exact relative to the diameter.

        With ``C_i = c + delta_i``: ``1 - z_ij = |delta_i - delta_j|^2 / 2 - i Im(<delta_i, c> - <delta_j, c> +
        <delta_i, delta_j>)``, where every term is as small as the diameter allows.
        """
        if self.count > MOST_NODES:
            return super().log_diameter()
        found = np.empty(self.times)
        height = max(1, BLOCK // self.count)
        for k, nodes in enumerate(self.coordinates):
            centre = nodes.mean(axis=0)
            delta = nodes - centre
            squares = (delta * delta.conj()).real.sum(axis=1) / 2
            along = (delta @ centre.conj()).imag
            largest = 0.0
            for first in range(0, self.count, height):
                rows = slice(first, first + height)
                products = delta[rows] @ delta.conj().T
                real = squares[rows, None] + squares - products.real
                imag = along[rows, None] - along + products.imag
                largest = max(largest, float((real**2 + imag**2).max()))
            found[k] = np.log(largest) / 2 if largest > 0 else -np.inf
        return found


class MatrixPairs(Pairs):
    """Deviations from matrices ``z(t)``: to the absolute accuracy of z, not the relative one of ``1 - z``.

    Parameters
    ----------
    matrices : sequence of T complex128 arrays, shape (N, N)
    """

    def __init__(self, matrices: Sequence[ComplexArray], count: int) -> None:
        super().__init__(len(matrices), count)
        self.matrices = matrices

    def log_rows(self, rows: slice) -> Iterator[ComplexArray]:
        """See `Pairs`."""
        for z in self.matrices:
            yield _log(1 - z[rows])

    def log_deviation_of(self, pairs: Sequence[tuple[int, int]]) -> ComplexArray:
        """See `Pairs`."""
        rows, columns = check_pairs(pairs, self.count)
        found = [_log(1 - z[rows, columns]) for z in self.matrices]
        return np.array(found, dtype=np.complex128).reshape(self.times, len(rows))


def check_pairs(pairs: Sequence[tuple[int, int]], count: int) -> Indices:
    """Refuse what is not a list of pairs (i, j) of nodes that exist; return the rows i and the columns j."""
    for pair in pairs if np.iterable(pairs) else [pairs]:
        good = np.shape(pair) == (2,) and all(isinstance(node, int | np.integer) and 0 <= node < count for node in pair)
        require(good, "pairs", f"name nodes 0 to {count - 1}, two at a time", f"{pair!r} was given", "[(0, 1)]")
    return np.array(pairs, dtype=int).reshape(-1, 2).T


def _log(values: ComplexArray) -> ComplexArray:
    """Complex logarithm with ``log 0 = -inf`` and no warning: equal nodes stay equal."""
    result = np.full(values.shape, -np.inf, dtype=np.complex128)
    np.log(values, out=result, where=values != 0)
    return result


def exponential(logs: ComplexArray) -> ComplexArray:
    """``exp`` of complex logarithms, with ``exp(-inf) = 0`` and no warning."""
    result = np.zeros(logs.shape, dtype=np.complex128)
    np.exp(logs, out=result, where=logs.real > -np.inf)
    return result
