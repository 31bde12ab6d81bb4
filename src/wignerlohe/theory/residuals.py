"""The terms of an equation on phase space, for one combination of the functions of a run: see `Terms`.

``u = sum_k c_k w_k`` over some pairs of nodes moves by ``d_t u + T u + Theta[V_i, V_j] u = ..``, with transport
``T = (p/m).grad_x``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.errors import TooLargeError
from wignerlohe.operators.linear import apply_symbol, around, symbol
from wignerlohe.phase_space.transform import wigner
from wignerlohe.splitting.phase_space_edges import shares
from wignerlohe.theory.differences import functions_along
from wignerlohe.theory.evidence import COARSE, STENCIL, Evidence
from wignerlohe.theory.motion import kept
from wignerlohe.theory.statement import Accuracy, Outcome, equal
from wignerlohe.theory.terms import FINE, SPILL, edges, transported

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

MOST = 2**24  # numbers in all functions that are held at once
VANISHING = 1e-7  # of the rate at which u is moved: terms below are none


def furthest(seen: Evidence) -> tuple[int, int]:
    """The pair of nodes whose correlation is furthest from 1 at t = 0; of functions without any the first one."""
    if not seen.solution.coupled:
        return 0, 0
    i, j = np.unravel_index(int(np.argmax(np.abs(seen.start.deviation[0]))), (seen.count, seen.count))
    return int(i), int(j)


def some(count: int, most: int) -> NDArray[np.int_]:
    """At most so many of the numbers from 0 to count - 1, the first and the last among them.

    >>> some(10, 4)
    array([0, 3, 6, 9])
    """
    return np.unique(np.linspace(0, count - 1, min(most, count)).round().astype(int))


@kept
def factors_looked_at(seen: Evidence) -> tuple[ComplexArray, ComplexArray]:
    """Left and right factors of the nodes that are `furthest` apart, at the moments: (T, 2, m, *grid.shape) each."""
    states, nodes = seen.solution.at(seen.moments).states, list(furthest(seen))
    shape = (len(states), 2, -1, *seen.model.grid.shape)
    left, right = seen.fields.wavefunctions(states, nodes), seen.fields.right_factors(states, nodes)
    return left.reshape(shape), right.reshape(shape)


def function_at(seen: Evidence, moment: int, own: bool) -> ComplexArray:
    """``w_ij`` of the nodes that are `furthest` apart, or ``w_ii``, at one of the moments."""
    i, j = furthest(seen)
    if seen.fields.numbers == 0:
        (found,) = seen.solution.wigner_functions([(i, i if own else j)], float(seen.moments[moment]))
        return np.asarray(found)
    left, right = factors_looked_at(seen)  # of all moments in one go
    return np.asarray(wigner(seen.model.grid, left[moment, 0], right[moment, 0 if own else 1]), dtype=np.complex128)


def missing(seen: Evidence, w: NDArray[Any]) -> float:
    """What of a function the box, or its points, may not hold, relative to its norm in L^2."""
    return float(np.linalg.norm(shares(seen.space, w[None])))


def resolved(seen: Evidence, w: NDArray[Any]) -> float:
    """How far off a function may be, relative to its norm in L^2."""
    return float(seen.function_accuracy.value) + missing(seen, w)


def frequencies(seen: Evidence, i: int, j: int, time: float) -> FloatArray:
    """The symbol of ``Theta[V_i, V_j]``, detunings included."""
    sources, omega = seen.model.sampled.sources, seen.model.detuning
    left, right = (around(seen.space, sources[k if len(sources) > 1 else 0], time) for k in (i, j))
    return symbol(seen.space, left, right) + (0.0 if omega is None else omega[i] - omega[j])


def require_few(seen: Evidence, functions: int) -> None:
    """Refuse to hold so many functions at once, with those that are made of them."""
    numbers = functions * int(np.prod(seen.space.shape))
    if numbers > MOST:
        raise TooLargeError(f"{functions} functions have {numbers:.1e} numbers, more than {MOST:.1e}; try fewer points")


@dataclass(frozen=True)
class Terms:
    """Terms for one u at one time, each an array over phase space; ``error`` is that of all of them in L^2."""

    u: ComplexArray
    slope: ComplexArray
    transport: ComplexArray
    turning: ComplexArray
    error: float


def terms(
    seen: Evidence, pairs: Sequence[tuple[int, int]], weights: Sequence[float], time: float, table: FloatArray
) -> Terms:
    """Form them, with the symbol of Theta and with differences in time."""
    require_few(seen, 8 * len(pairs) + 8)
    norm, c = seen.space.norm, np.asarray(weights)
    u = np.tensordot(c, seen.solution.wigner_functions(pairs, time), axes=1)
    Tu, turned = transported(seen, u), apply_symbol(seen.space, table, u)
    rate = float(norm(Tu) + norm(turned)) / max(float(norm(u)), np.finfo(float).tiny)
    step = min(seen.step, FINE / (rate + seen.system.rate))
    offsets = np.concatenate([-np.arange(4, 0, -1), np.arange(1, 5)])
    every = functions_along(seen, seen.solution.at(time + step * offsets), list(pairs))
    size = float((norm(every) * np.abs(c)).sum(axis=1).max())
    fine, coarse = (
        np.einsum("t,tp...,p->...", np.sign(offsets) * each[abs(offsets) - 1] / step, every, c)
        for each in (STENCIL, COARSE)
    )
    noise = (10 * seen.solution.method.rtol + 4 * float(np.finfo(float).eps)) * size / step
    spilled = SPILL * float(norm(np.where(edges(seen), np.abs(Tu) + np.abs(turned), 0)))
    held = seen.function_accuracy.value * (rate + seen.system.rate) * size
    return Terms(u, fine, Tu, turned, float(norm(fine - coarse) + noise + spilled + held))


def balanced(times: Sequence[float], residuals: FloatArray, scales: FloatArray, errors: FloatArray) -> Outcome:
    """Compare norms of the difference of both sides of an equation with 0, relative to norms of its terms."""
    accuracy = Accuracy(np.asarray(errors / scales), "differences in time of order 8; edges of the box; 10 rtol")
    outcome = equal(residuals / scales, 0.0, accuracy, np.ones(len(times)), t=np.asarray(times))
    return outcome.but("both sides' distance in L^2, relatively")
