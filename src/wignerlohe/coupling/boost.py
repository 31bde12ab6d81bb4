"""One boost in closed form, and how the method of `boosts` is made of them."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from wignerlohe.coupling.kernels import FAST

FloatArray = NDArray[np.float64]

# The boosts of each pass, in turn: weights of the fields at the start of the step, half-way and at its end.
TO_2 = np.array([[1 / 2, 0, 0]])  # F_1
TO_3 = np.array([[0, 1 / 2, 0]])  # F_2
TO_4 = np.array([[1 / 2, 0, 0], [-1 / 2, 1, 0]])  # F_1, F_3
TO_END = np.array([[3, 2, -1], [-1, 2, 3]]) / 12  # F_1, F_2 + F_3, F_4

LARGEST_BOOST = 1.0  # |F| of a step: the power series below need |v| < 1, and |v| reaches 3/4 of it
TERMS = 7  # of power series: the first one left out is below eps / 8 up to 3/4


@numba.njit(forceinline=True, cache=True, fastmath=FAST, error_model="numpy")
def boost_factors(
    p: FloatArray, q: FloatArray, x: FloatArray, y: FloatArray, turn: FloatArray, series: FloatArray
) -> None:
    """Turn ``|D|^2, |v|^2, <D, v>`` and a phase less 1 into factors of D less 1, in ``turn``, and of v, in ``x, y``."""
    # sinh s / s and 2 (cosh s - 1) / s^2 as power series in q = s^2 < 1, in full accuracy at q = 0 too
    series[:] = 1.0
    for n in range(TERMS, 0, -1):
        left, right = 1.0 / (2 * n * (2 * n + 1)), 1.0 / ((2 * n + 1) * (2 * n + 2))
        for k in range(len(p)):
            series[0, k] = 1.0 + q[k] * left * series[0, k]
            series[1, k] = 1.0 + q[k] * right * series[1, k]
    for k in range(len(p)):
        sinh, cosh = series[0, k], series[1, k] / 2
        rho, over_rho = (1.0 + p[k]) / 2, (3.0 - p[k]) / 2  # of p = rho^2, which is 1 to rounding
        more, im = q[k] * cosh + sinh * over_rho * x[k], sinh * over_rho * y[k]
        re = 1.0 + more  # the denominator
        square = re * re + im * im
        c, s = turn[0, k] - more, turn[1, k] - im
        f, g = sinh * rho + cosh * x[k], cosh * y[k]
        f, g = f + (turn[0, k] * f - turn[1, k] * g), g + (turn[0, k] * g + turn[1, k] * f)
        turn[0, k], turn[1, k] = (c * re + s * im) / square, (s * re - c * im) / square
        x[k], y[k] = (f * re + g * im) / square, (g * re - f * im) / square
