"""Section 3.1 of the paper, its first half: how correlations move, and how the diameter decays.

``D(t) = max_ij |1 - z_ij(t)|``, ``D0 = D(0)``. Indices i, j are those of pairs of different nodes; z_ii = 1 does not
move.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wignerlohe.methods import UNIT
from wignerlohe.models.base import NodeModel
from wignerlohe.solution import Solution
from wignerlohe.theory.evidence import ROUNDING, Evidence
from wignerlohe.theory.hypotheses import AGGREGATING, all_to_all, coupled, identical, several
from wignerlohe.theory.motion import along, instants, integrals, kept, last_time, looks, slopes, spread
from wignerlohe.theory.statement import Accuracy, Hypothesis, Outcome, Statement, at_most, equal, statement, unmeasured

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

SECTION = "section 3.1, correlations"
TINY = 1e-280  # numbers below lose digits
SMALL = 1e-140  # and those whose squares would
LEGS = 6  # times to which integrals are formed where functions are stepped
NEAR = 1e-6  # of the diameter: pairs that attain it


def undivided(seen: Evidence) -> Hypothesis:
    """The equation is (2), or cannot be told from it."""
    divides = isinstance(seen.solution.model, NodeModel) and seen.solution.model.division is True
    off = float(np.abs(np.diagonal(seen.start.deviation[0])).max())
    return Hypothesis("equation (2), or z_ii = 1", f"z_ii = 1 to {off:.1e}", not divides or off <= UNIT)


PLAIN = (coupled, several, identical, all_to_all, undivided)  # equation (2), for any data


def different(seen: Evidence) -> tuple[NDArray[np.int_], NDArray[np.int_], list[str]]:
    """Pairs of different nodes: rows, columns, and names."""
    i, j = np.nonzero(~np.eye(seen.count, dtype=bool))
    return i, j, [f"({a}, {b})" for a, b in zip(i, j, strict=True)]


def absolute(seen: Evidence, deviation: ComplexArray) -> FloatArray:
    """Errors that deviations may have, as they are."""
    size = np.abs(deviation)
    return np.asarray(seen.deviation_accuracy(size).value * size)


@dataclass(frozen=True)
class Motion:
    """Deviations d = 1 - z at some instants (T,), their derivatives, and errors of these, (T, N, N) each."""

    times: FloatArray
    d: ComplexArray
    slope: ComplexArray
    error: FloatArray

    @property
    def z(self) -> ComplexArray:
        """Correlations."""
        return np.asarray(1 - self.d)


def motion_at(seen: Evidence, times: FloatArray) -> Motion:
    """How correlations move at some times."""
    d = along(seen, lambda run: run.deviation, times)
    slope, error = slopes(seen, lambda run: run.deviation, times)
    return Motion(times, d, slope, error + absolute(seen, d) / seen.step)


@kept
def motion(seen: Evidence) -> Motion:
    """How they move over the run, as long as squares of deviations do not underflow."""
    times = instants(seen)
    clear = (along(seen, lambda run: run.diameter, times) > SMALL) | (seen.initial_diameter == 0)
    return motion_at(seen, times[clear])


@kept
def motion_looked_at(seen: Evidence) -> Motion:
    """How they move where functions on phase space are looked at."""
    return motion(seen) if seen.stepped else motion_at(seen, looks(seen))


def sums(z: ComplexArray) -> ComplexArray:
    """``(1/N) sum_k (z_ik + z_kj)``, (T, N, N)."""
    return np.asarray(z.mean(axis=-1)[..., :, None] + z.mean(axis=-2)[..., None, :])


@dataclass(frozen=True)
class Passage:
    """Integrals from 0 to output times: of ``(1/N) sum_k z_ik``, of ``(1/N) sum_k z_kj`` and of D; their errors.

    Where functions are stepped, to some of the output times, the last among them; ``places`` are their numbers.
    """

    places: NDArray[np.int_]
    rows: ComplexArray
    columns: ComplexArray
    diameter: FloatArray
    error: FloatArray

    @property
    def pairs(self) -> ComplexArray:
        """``(1/N) sum_k int_0^t (z_ik + z_kj) ds``, complex128 (T, N, N)."""
        return self.rows[:, :, None] + self.columns[:, None, :]


@kept
def passage(seen: Evidence) -> Passage:
    """Integrals over the run, from one evaluation of it."""

    def measured(run: Solution) -> ComplexArray:
        z = run.correlation
        return np.concatenate([z.mean(axis=2), z.mean(axis=1), run.diameter[:, None]], axis=1)

    last_time(seen)
    times = spread(seen.times, LEGS) if seen.stepped else seen.times
    found, error = integrals(seen, measured, times)
    n, places = seen.count, np.searchsorted(seen.times, times)
    return Passage(places, found[:, :n], found[:, n : 2 * n], found[:, -1].real, error.max(axis=1, initial=0.0))


@statement("(20)", "correlations move by themselves", *PLAIN, source=SECTION, sharp=True)
def equation_20(seen: Evidence, *, half: float = 0.5) -> Outcome:
    """``z_ij' = (kappa/2N) sum_k (z_ik + z_kj) (1 - z_ij)``, for every pair."""
    i, j, names = different(seen)
    found = motion(seen)
    predicted = (half * seen.kappa * sums(found.z) * found.d)[:, i, j]
    scale = np.abs(predicted).max(axis=1, keepdims=True, initial=0.0)
    accuracy = Accuracy(_ratio(found.error[:, i, j], scale), "differences in time of order 8, and noise of the solver")
    return equal(-found.slope[:, i, j], predicted, accuracy, scale, t=found.times, pair=names)


@statement("(22)", "the rate of each deviation from 1", *PLAIN, source=SECTION, sharp=True)
def equation_22(seen: Evidence, *, half: float = 0.5) -> Outcome:
    """``(1 - z_ij)' = -(kappa/2N) sum_k (z_ik + z_kj) (1 - z_ij)``, relative to ``1 - z_ij``."""
    i, j, names = different(seen)
    found = motion(seen)
    d = found.d[:, i, j]
    moving = np.abs(d) > TINY
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = np.where(moving, found.slope[:, i, j] / d, 0.0)
        errors = np.where(moving, found.error[:, i, j] / np.abs(d), 0.0)
    predicted = np.where(moving, -half * seen.kappa * sums(found.z)[:, i, j], 0.0)
    scale = np.abs(predicted)
    accuracy = Accuracy(_ratio(errors, scale), "differences in time of order 8, and noise of the solver")
    return equal(rates, predicted, accuracy, scale, t=found.times, pair=names)


@statement("(23)", "deviations as exponentials of integrals", *PLAIN, source=SECTION, sharp=True)
def equation_23(seen: Evidence, *, half: float = 0.5, initial: float = 1.0) -> Outcome:
    """``|1 - z_ij(t)| = |1 - z_ij(0)| exp(-(kappa/2N) sum_k int_0^t (R_ik + R_kj) ds)``, ``R_ij = Re z_ij``."""
    i, j, names = different(seen)
    over = passage(seen)
    start = initial * np.abs(seen.start.deviation[0, i, j])
    predicted = start * np.exp(-half * seen.kappa * over.pairs.real[:, i, j])
    times, measured = seen.times[over.places], np.abs(seen.deviation[over.places][:, i, j])
    predicted = np.where(measured > TINY, predicted, measured)
    rule = Accuracy(abs(seen.kappa) * over.error[:, None], "the rule of Clenshaw and Curtis")
    return equal(measured, predicted, seen.deviation_accuracy(measured) + rule, predicted, t=times, pair=names)


@statement("Lemma 3.2", "the diameter stays below 1", *AGGREGATING, source=SECTION)
def lemma_3_2(seen: Evidence, *, limit: float = 1.0) -> Outcome:
    """``D(0) < 1`` implies ``D(t) < 1`` for all t."""
    accuracy = seen.deviation_accuracy(seen.diameter)
    return at_most(seen.diameter, limit, accuracy * seen.diameter, t=seen.times)


@statement("Corollary 1 (1), inequality", "how fast the diameter decays at least", *AGGREGATING, source=SECTION)
def corollary_1_inequality(seen: Evidence, *, rate: float = 1.0, square: float = 1.0) -> Outcome:
    """``D' <= -kappa D + kappa D^2``, as ``D' + kappa D <= kappa D^2``.

    At a corner D' is the largest derivative of the pairs that attain the maximum, its upper Dini derivative.
    """
    found = motion(seen)
    sizes = np.abs(found.d)
    D = sizes.max(axis=(1, 2))
    attained = (sizes >= (1 - NEAR) * D[:, None, None]) & (D > TINY)[:, None, None]
    if not attained.any():
        return unmeasured("the nodes agree from the start: D = 0")
    t, i, j = np.nonzero(attained)
    along_it = (found.d[t, i, j].conj() * found.slope[t, i, j]).real / sizes[t, i, j]
    growth, error = np.full(len(D), -np.inf), np.zeros(len(D))
    np.maximum.at(growth, t, along_it)
    np.maximum.at(error, t, found.error[t, i, j])
    known = np.isfinite(growth)
    D, growth, error = D[known], growth[known], error[known]
    bound = square * seen.kappa * D**2
    accuracy = Accuracy(_ratio(error, np.abs(bound)), "differences in time of order 8, and noise of the solver")
    outcome = at_most(growth + rate * seen.kappa * D, bound, accuracy, t=found.times[known])
    return outcome.but("each pair that attains the maximum is differentiated by itself")


@statement("Corollary 1 (1), first", "decay of the diameter", *AGGREGATING, source=SECTION)
def corollary_1_first(seen: Evidence, *, rate: float = 1.0) -> Outcome:
    """``D(t) <= D0 e^{-kappa t} / (D0 e^{-kappa t} + 1 - D0)``."""
    D0, decay = seen.initial_diameter, np.exp(-rate * seen.kappa * seen.times)
    return _below(seen, D0 * decay / (D0 * decay + 1 - D0))


@statement("Corollary 1 (1), second", "exponential decay of the diameter", *AGGREGATING, source=SECTION)
def corollary_1_second(seen: Evidence, *, rate: float = 1.0) -> Outcome:
    """``D(t) <= D0 / (1 - D0) e^{-kappa t}``."""
    return _below(seen, alpha(seen) * np.exp(-rate * seen.kappa * seen.times))


def alpha(seen: Evidence) -> np.float64:
    """``D0 / (1 - D0)``."""
    D0 = np.float64(seen.initial_diameter)
    return np.float64(D0 / (1 - D0))


def _below(seen: Evidence, bound: FloatArray) -> Outcome:
    """Compare the diameter with a bound, as long as it can be told from 0."""
    D = seen.diameter
    told = (D > TINY) | (D == 0)
    accuracy = seen.deviation_accuracy(D[told])
    return at_most(D[told], np.where(D == 0, np.maximum(bound, 0), bound)[told], accuracy, t=seen.times[told])


def _ratio(error: FloatArray, scale: FloatArray) -> FloatArray:
    """Errors relative to a scale, and 0 where there is none; rounding is added."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(scale > 0, error / scale, 0.0) + ROUNDING)


STATEMENTS: tuple[Statement, ...] = (
    equation_20,
    equation_22,
    equation_23,
    lemma_3_2,
    corollary_1_inequality,
    corollary_1_first,
    corollary_1_second,
)
