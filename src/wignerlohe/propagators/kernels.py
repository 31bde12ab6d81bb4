"""The passes of the Chebyshev recurrence for large grids, compiled by numba; imported only when they pay.

Functions come as real arrays of interleaved real and imaginary parts.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from wignerlohe.threads import share

FloatArray = NDArray[np.float64]

PIECE = 1024  # 16 kB of each vector


@numba.njit(nogil=True, cache=True, fastmath={"contract"})
def _multiply(begin: int, before: int, values: FloatArray, factors: FloatArray) -> None:
    for i in range(begin, before):
        values[2 * i] *= factors[i]
        values[2 * i + 1] *= factors[i]


@numba.njit(nogil=True, cache=True, fastmath={"contract"})
def _recur(begin: int, before: int, new: FloatArray, factors: FloatArray, old: FloatArray, older: FloatArray) -> None:
    for i in range(begin, before):
        new[2 * i] += factors[i] * old[2 * i] - older[2 * i]
        new[2 * i + 1] += factors[i] * old[2 * i + 1] - older[2 * i + 1]


@numba.njit(nogil=True, cache=True, fastmath={"contract"})
def _add(begin: int, before: int, vectors: FloatArray, weights: FloatArray, sums: FloatArray) -> None:
    count, numbers = vectors.shape[0], vectors.shape[1] // 2
    for piece in range(begin, before):
        first, last = piece * PIECE, min(numbers, (piece + 1) * PIECE)
        for t in range(len(weights)):
            total = sums[t]
            for k in range(0, count - 1, 2):
                even, odd = vectors[k], vectors[k + 1]
                a, b = weights[t, k], weights[t, k + 1]
                for i in range(first, last):
                    total[2 * i] += a * even[2 * i] + b * odd[2 * i + 1]
                    total[2 * i + 1] += a * even[2 * i + 1] - b * odd[2 * i]
            if count % 2:
                even, a = vectors[count - 1], weights[t, count - 1]
                for i in range(2 * first, 2 * last):
                    total[i] += a * even[i]


def multiply(values: FloatArray, factors: FloatArray) -> None:
    """``values *= factors``, one real factor for each complex number."""
    share(_multiply, len(factors), values, factors)


def recur(new: FloatArray, factors: FloatArray, old: FloatArray, older: FloatArray) -> None:
    """``new += factors * old - older``."""
    share(_recur, len(factors), new, factors, old, older)


def add(vectors: FloatArray, weights: FloatArray, sums: FloatArray) -> None:
    """``sums[t] += sum_k (-i)^(k mod 2) weights[t, k] vectors[k]``, a piece at a time that stays in cache."""
    share(_add, -(-vectors.shape[1] // (2 * PIECE)), vectors, weights, sums)
