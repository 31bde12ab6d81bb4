"""Pairs of nodes: every deviation ``1 - z_ij(t)`` from one factor per node, to full relative accuracy.

``1 - z_ij(t) = (1 - z_ij(0)) g_i(t) h_j(t)`` (docs, "Derivations", S2). The factors are kept as logarithms, so that
``log(1 - z_ij)`` is right even where the number itself is below the smallest float.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wignerlohe.checks import require
from wignerlohe.errors import TooLargeError

ComplexArray = NDArray[np.complex128]

LARGEST = 2e7  # entries of a (T, N, N) variable
BLOCK = 4_000_000  # entries of initial deviations held at once


@dataclass(frozen=True)
class Pairs:
    """Deviations over time as factors.

    Attributes
    ----------
    log_g, log_h : complex128 arrays, shape (T, N)
        Logarithms of the row and column factors.
    initial : callable
        ``initial(rows)`` gives ``1 - z_ij(0)`` for a slice of rows i and all j.
    """

    log_g: ComplexArray
    log_h: ComplexArray
    initial: Callable[[slice], ComplexArray]

    @property
    def count(self) -> int:
        """Number of nodes N."""
        return int(self.log_g.shape[1])

    def fits(self) -> bool:
        """Whether variables over all pairs and times are small enough to exist."""
        return len(self.log_g) * self.count**2 <= LARGEST

    def log_deviation(self) -> ComplexArray:
        """``log(1 - z_ij(t))``, complex128 (T, N, N); the real part is -inf where ``z_ij = 1`` exactly."""
        if not self.fits():
            raise TooLargeError(
                f"variables over all pairs would have {self.log_g.shape[0]} x {self.count}^2 entries, more than "
                f"{LARGEST:.0e}; name some: to_dataset(pairs=[(0, 1)]), or [output] pairs in a config"
            )
        return _log(self.initial(slice(None))) + self.log_g[:, :, None] + self.log_h[:, None, :]

    def log_deviation_of(self, pairs: Sequence[tuple[int, int]]) -> ComplexArray:
        """``log(1 - z_ij(t))`` for chosen pairs: complex128 (T, pairs)."""
        check_pairs(pairs, self.count)
        rows, columns = np.array(pairs, dtype=int).reshape(-1, 2).T
        start = np.array([self.initial(slice(i, i + 1))[0, j] for i, j in pairs], dtype=np.complex128)
        return _log(start) + self.log_g[:, rows] + self.log_h[:, columns]

    def row_means(self) -> ComplexArray:
        """``mean_j (1 - z_ij(t))``, complex128 (T, N), in blocks of rows."""
        shift = self.log_h.real.max(axis=1, keepdims=True)  # keeps the exponentials from overflowing
        columns = np.exp(self.log_h - shift).T / self.count
        means = np.empty(self.log_g.shape, dtype=np.complex128)
        for rows, block in self._blocks():
            means[:, rows] = (block @ columns).T * np.exp(self.log_g[:, rows] + shift)
        return means

    def log_diameter(self) -> NDArray[np.float64]:
        """``log max_ij |1 - z_ij(t)|``, float64 (T,), in blocks of rows: no N x N array is held for large N."""
        largest = np.full(len(self.log_g), -np.inf)
        for rows, block in self._blocks():
            sizes = _log(block).real
            for k in range(len(largest)):
                logs = sizes + self.log_g[k, rows, None].real + self.log_h[k].real
                largest[k] = np.fmax(largest[k], logs.max())
        return largest

    def _blocks(self) -> Iterator[tuple[slice, ComplexArray]]:
        height = max(1, BLOCK // self.count)
        for first in range(0, self.count, height):
            rows = slice(first, min(first + height, self.count))
            yield rows, self.initial(rows)


def check_pairs(pairs: Sequence[tuple[int, int]], count: int) -> None:
    """Refuse what is not a list of pairs (i, j) of nodes that exist."""
    for pair in pairs:
        good = np.shape(pair) == (2,) and all(isinstance(node, int | np.integer) and 0 <= node < count for node in pair)
        require(good, "pairs", f"name nodes 0 to {count - 1}, two at a time", f"{pair!r} was given", "[(0, 1)]")


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
