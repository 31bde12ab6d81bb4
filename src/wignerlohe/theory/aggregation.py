"""Section 3 of the paper: complete aggregation for identical potentials.

Its first part is in `diameter` and `sizes`, its steps are in `differences`; here is what they lead to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wignerlohe.coupling.pairs import exponential
from wignerlohe.errors import TooLargeError
from wignerlohe.observables.distances import hull, largest_distance
from wignerlohe.observables.sample import Sample
from wignerlohe.solution import Solution
from wignerlohe.theory import diameter, differences, sizes
from wignerlohe.theory.differences import SECTION, row_noise
from wignerlohe.theory.evidence import ROUNDING, Evidence
from wignerlohe.theory.hypotheses import AGGREGATING, functions
from wignerlohe.theory.motion import LEAST_POINTS, Rate, fitted_rate, kept, last_time, spread
from wignerlohe.theory.sizes import WORK, initial_size, pure, row_squares
from wignerlohe.theory.statement import Accuracy, Outcome, Statement, equal, statement, unmeasured

FloatArray = NDArray[np.float64]

ALIKE = 1e-10  # of 1 - |z|^2 relative to |1 - z|: nodes that differ by phases only
SPAN = 1.0  # least length of a fit, in units of 1 / kappa
SOME = 3 * LEAST_POINTS  # output times of the later half to which a rate is fitted


@dataclass(frozen=True)
class Decay:
    """Distances that vanish in time, and their relative errors: (T,) each."""

    times: FloatArray
    sizes: FloatArray
    errors: FloatArray


def late(seen: Evidence) -> Solution:
    """The first output time, and some of the later half."""
    later = seen.times[seen.times >= last_time(seen) / 2]
    return seen.solution.at(np.union1d(seen.times[:1], spread(later, SOME)))


@kept
def largest(seen: Evidence) -> Decay:
    """``max ||w_ik - w_jm||`` over all i, j, k, m."""
    run = late(seen)
    if pure(seen):
        found = np.sqrt(2 / seen.cell) * _largest_of_pure(run)
        noise = 4 / seen.cell * diameter.absolute(seen, run.deviation).max(axis=(1, 2))
        return Decay(run.times, found, np.where(found > 0, noise / found**2, np.inf))
    found = largest_distance(run).values if Sample.of(run).waves else _largest_of_functions(seen, run)
    noise = 2 * initial_size(seen) * (10 * seen.solution.method.rtol + ROUNDING)
    return Decay(run.times, found, np.where(found > 0, noise / found, np.inf))


def _largest_of_pure(run: Solution) -> FloatArray:
    """``max Re(a + b - a conj(b))^(1/2)`` over all deviations a, b: affine in either, so at corners of the hull."""
    found = np.empty(len(run.times))
    for k, (logs, top) in enumerate(zip(run.log_deviation, run.log_diameter, strict=True)):
        a = hull(exponential(logs.ravel() - top)) if top > -np.inf else np.zeros(1)
        squares = (a[:, None] + a - np.exp(top) * a[:, None] * a.conj()).real
        found[k] = np.exp(top / 2) * np.sqrt(max(squares.max(), 0.0))
    return found


def _largest_of_functions(seen: Evidence, run: Solution) -> FloatArray:
    """The same from norms of differences, each by itself."""
    names = [(i, j) for i in range(seen.count) for j in range(seen.count)]
    if len(run.times) * len(names) ** 2 / 2 > WORK:
        raise TooLargeError(f"{len(names)}^2 distances at {len(run.times)} times are too many; try fewer nodes")
    pairs = [(a, b) for k, a in enumerate(names) for b in names[:k]]
    return np.asarray(np.max([run.distance(a, b) for a, b in pairs], axis=0))


@kept
def largest_row(seen: Evidence) -> Decay:
    """``max ||w_ik - w_jk||`` over all i, j, k."""
    run = late(seen)
    squares = row_squares(seen, run)
    noise = np.max(np.broadcast_to(row_noise(seen, squares, run.deviation), squares.shape), axis=(1, 2, 3))
    top = np.maximum(squares.max(axis=(1, 2, 3)), 0)
    return Decay(run.times, np.sqrt(top), np.where(top > 0, noise / top, np.inf))


def phases_only(seen: Evidence) -> bool:
    """Whether pure nodes differ by phases, ``|z_ij| = 1``: then distances are of second order."""
    d = seen.start.deviation[0]
    return bool(np.all(2 * d.real - np.abs(d) ** 2 <= ALIKE * np.abs(d)))


def _fit(seen: Evidence, found: Decay, rate: float) -> Outcome:
    """Compare the fitted rate of decay with the exact one."""
    if not np.any(found.sizes > 0):
        return unmeasured("the nodes agree from the start: all distances are 0")
    fit = fitted_rate(found.times, found.sizes, found.errors)
    if seen.kappa == 0:
        return unmeasured("nothing decays: kappa = 0")
    times = _order(seen, fit.value / (rate * seen.kappa))
    predicted = times * rate * seen.kappa
    if not pure(seen) and seen.kappa * (fit.end - fit.begin) < SPAN:
        return unmeasured(f"rates are fitted from t = {fit.begin:.4g} to {fit.end:.4g}: a longer run may tell")
    known = pure(seen) and times == 1  # how far the rate may be from its limit
    error = (fit.noise if known else fit.noise + 2 * fit.transient) / abs(predicted)
    error += _away(seen, found, fit) if times == 1 else 0.0
    share = error + 10 * seen.solution.method.rtol + ROUNDING
    accuracy = Accuracy(share, "two standard errors, transients, and 10 rtol")
    words = f"rate {fit}; distances go from {found.sizes[0]:.3g} to {found.sizes[-1]:.3g}"
    why = "nodes differ by phases only" if pure(seen) else "leading terms vanish"
    special = f"; {times} times kappa/2, since {why}" if times > 1 else ""
    return equal(fit.value, predicted, accuracy).but(words + special)


def _away(seen: Evidence, found: Decay, fit: Rate) -> float:
    """How far the rate of pure nodes may be from its limit, relatively.

    ``d = 1 - z_ij`` moves by ``(Re d)' = -(kappa/2) Re (a_i + b_j) d`` with ``|1 - a_i| <= D``, so that the rate is off
    by ``D (1 + |d| / Re d)`` at most; lines of least squares weigh slopes by a parabola. Others have transients beside.
    """
    window = (found.times >= fit.begin) & (found.times <= fit.end)
    t, squares = found.times[window], found.sizes[window] ** 2
    D = seen.solution.at(t).diameter
    return float(np.average(D + 2 * D**2 / (seen.cell * squares), weights=(t - t[0]) * (t[-1] - t)))


def _order(seen: Evidence, ratio: float) -> int:
    """Which power of ``e^{-kappa t/2}`` distances decay as: known for pure nodes, and for others the nearest one."""
    if pure(seen):
        return 2 if phases_only(seen) else 1
    return max(1, round(ratio))


@statement(
    "Theorem 3.1", "complete aggregation, and its exact rate", functions, *AGGREGATING, source=SECTION, sharp=True
)
def theorem_3_1(seen: Evidence, *, rate: float = 0.5) -> Outcome:
    """``lim ||w_ik - w_jm|| = 0`` for all i, j, k, m: the largest distance decays as ``e^{-kappa t/2}``.

    The rate is that of Derivations, S10; where leading terms vanish, as for nodes that differ by phases only, it is a
    multiple of kappa/2. The printed proof uses ``w_ji = conj(w_ij)``, which is not needed: columns are as rows.
    """
    return _fit(seen, largest(seen), rate)


@statement("(28)", "aggregation along rows, and its exact rate", functions, *AGGREGATING, source=SECTION, sharp=True)
def limit_28(seen: Evidence, *, rate: float = 0.5) -> Outcome:
    """``lim ||w_ik - w_jk|| = 0`` for all i, j, k: the largest decays as ``e^{-kappa t/2}``."""
    outcome = _fit(seen, largest_row(seen), rate)
    empty = "for N = 2 no k differs from i and j, as the paper asks: all k are taken"
    return outcome.but(empty) if seen.count == 2 else outcome


STATEMENTS: tuple[Statement, ...] = (
    *diameter.STATEMENTS,
    *sizes.STATEMENTS,
    theorem_3_1,
    limit_28,
    *differences.STATEMENTS,
)
