"""Section 3.2 of the paper, step by step: how differences ``w_ik - w_jk`` decay.

For a pair (i, j) of nodes ``d_k = ||w_ik - w_jk||`` and ``S = sum_k d_k^2``; ``alpha = D0 / (1 - D0)`` and ``R_inf =
R(0) / (1 - D0)``; ``mean_l`` is ``(1/N) sum_l``. For pure nodes ``d_k^2 = 2 (2 pi hbar)^-d Re(1 - z_ij)`` whatever k is
(Derivations, S6); for others they are norms of differences.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wignerlohe.operators.linear import apply_symbol, around, symbol, transport
from wignerlohe.phase_space.transform import wigner
from wignerlohe.solution import Solution
from wignerlohe.splitting.phase_space_edges import shares
from wignerlohe.theory.diameter import PLAIN, Motion, absolute, alpha, different, motion, motion_looked_at
from wignerlohe.theory.evidence import ROUNDING, Evidence
from wignerlohe.theory.hypotheses import AGGREGATING, functions, positive
from wignerlohe.theory.motion import early, kept, last_time, looks, spread
from wignerlohe.theory.sizes import VANISHING, initial_size, moments, norm_slopes, pure, row_squares
from wignerlohe.theory.statement import Accuracy, Outcome, Statement, at_most, equal, statement, unmeasured

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

SECTION = "section 3.2, aggregation"
MOST_TRIPLES = 1e7  # (t, i, j, k)
LEAST = 5  # times
FINE = 0.05  # of the time in which a function on phase space changes, for differences in time


def row_noise(seen: Evidence, squares: FloatArray, deviation: ComplexArray) -> FloatArray:
    """Errors that such squares may have, as they are."""
    if pure(seen):
        return 2 / seen.cell * absolute(seen, deviation)[..., None]
    error = initial_size(seen) * (10 * seen.solution.method.rtol + ROUNDING)
    return 2 * np.sqrt(squares) * error + error**2


def row_slopes(seen: Evidence, found: Motion, times: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Derivatives of such squares, and their errors, at some of the times of a motion, or at those of `looks`."""
    if not pure(seen):
        return norm_slopes(seen).rows, norm_slopes(seen).row_error
    places = np.searchsorted(found.times, times)
    slope, error = (2 / seen.cell * each[places, :, :, None] for each in (found.slope.real, found.error))
    return slope, error


@dataclass(frozen=True)
class Rows:
    """``d_k^2`` of pairs (i, j) of different nodes at some instants, derivatives and errors: (T, pairs, N) each.

    ``step_l = |z_il - z_jl|`` and ``away_k = (1/N) sum_l Re(z_il + z_lk)``, shaped alike, ``size_k = ||w_jk||``.
    """

    times: FloatArray
    i: NDArray[np.int_]
    j: NDArray[np.int_]
    squares: FloatArray
    slope: FloatArray
    error: FloatArray
    step: FloatArray
    away: FloatArray
    size: FloatArray

    @property
    def d(self) -> FloatArray:
        """``d_k``."""
        return np.sqrt(np.maximum(self.squares, 0.0))

    @property
    def names(self) -> list[str]:
        """Of the pairs."""
        return [f"({i}, {j})" for i, j in zip(self.i, self.j, strict=True)]

    @property
    def total(self) -> FloatArray:
        """``S = sum_k d_k^2``, (T, pairs)."""
        return np.asarray(self.squares.sum(axis=2))


@kept
def rows(seen: Evidence) -> Rows:
    """How differences move: at many instants for pure nodes, at a few for others; where pairs are many, of some."""
    (i, j, _), n = different(seen), seen.count
    times = looks(seen)
    if pure(seen):
        times = spread(motion(seen).times, max(LEAST, int(MOST_TRIPLES // n**3)))
    most = int(MOST_TRIPLES // (len(times) * n))
    if most < len(i):
        furthest = np.argmax(np.abs(seen.start.deviation[0, i, j]))
        chosen = np.union1d(np.random.default_rng(0).permutation(len(i))[:most], furthest)
        i, j = i[chosen], j[chosen]
    slope, error = row_slopes(seen, motion(seen), times)
    run = seen.solution.at(times)
    d, squares = run.deviation, row_squares(seen, run)
    error = error + row_noise(seen, squares, d) * (1 / seen.step + 4 * abs(seen.kappa))
    z = 1 - d
    return Rows(
        times=times,
        i=i,
        j=j,
        squares=squares[:, i, j],
        slope=np.broadcast_to(slope, squares.shape)[:, i, j],
        error=np.broadcast_to(error, squares.shape)[:, i, j],
        step=np.abs(z[:, i] - z[:, j]),
        away=z.mean(axis=2).real[:, i, None] + z.mean(axis=1).real[:, None, :],
        size=seen.sizes_of(run)[:, j],
    )


def constants(seen: Evidence) -> tuple[np.float64, np.float64]:
    """alpha, and ``R_inf``."""
    return alpha(seen), np.float64(initial_size(seen) / (1 - np.float64(seen.initial_diameter)))


def _below(seen: Evidence, measured: FloatArray, bound: FloatArray, error: FloatArray) -> Outcome:
    """Compare what a bound is for, (T, pairs) or (T, pairs, N), with it; errors are absolute."""
    found = rows(seen)
    accuracy = Accuracy(
        np.where(bound == 0, 0.0, error / np.abs(bound)) + ROUNDING,
        "differences in time of order 8, and 10 rtol of correlations",
    )
    axes = {"t": found.times, "pair": found.names} | ({"k": range(seen.count)} if bound.ndim == 3 else {})
    how = "for pure nodes d_k is the same for all k" if pure(seen) else "norms of all differences, at a few times"
    every = seen.count * (seen.count - 1)
    some = "" if len(found.i) == every else f"; {len(found.i)} of {every} pairs, the furthest at t = 0 among them"
    return at_most(measured, bound, accuracy, **axes).but(how + some)


@statement("(18)", "the differential inequality behind Theorem 3.1", functions, *AGGREGATING, source=SECTION)
def inequality_18(seen: Evidence, *, rate: float = 1.0, first: float = 2.0, second: float = 4.0) -> Outcome:
    """``S' <= -kappa (1 - C1 e^{-kappa t}) S + C2 e^{-kappa t}``, as ``S' + kappa S <= ..``, for every pair (i, j).

    ``C1 = 2 alpha``, ``C2 = 4 N kappa R_inf^2 alpha``.
    """
    found, (a, R) = rows(seen), constants(seen)
    decay = np.exp(-seen.kappa * found.times)[:, None]
    bound = seen.kappa * a * decay * (first * found.total + second * seen.count * R**2)
    return _below(seen, found.slope.sum(axis=2) + rate * seen.kappa * found.total, bound, found.error.sum(axis=2))


@statement("(29)", "the equation of a difference of two functions", functions, *PLAIN, source=SECTION, sharp=True)
def equation_29(seen: Evidence, *, half: float = 0.5, linear: float = 1.0) -> Outcome:
    """``(d_t + L) u = (kappa/2) mean_l [w_il - w_jl - (z_il + z_lk) u - (z_il - z_jl) w_jk]`` for ``u = w_ik - w_jk``.

    ``L = (p/m).grad_x + Theta[V]``.
    """
    i, j = np.unravel_index(np.argmax(np.abs(seen.start.deviation[0])), (seen.count, seen.count))
    k = min(set(range(seen.count)) - {i, j}, default=int(j))
    times = seen.interior([early(seen), last_time(seen)])
    found = np.array([_residual(seen, (int(i), int(j), k), float(time), half, linear) for time in times])
    residual, size, error = found.T
    origin = f"differences in time of order 8; what the box leaves out; {seen.function_accuracy.origin}"
    accuracy = Accuracy(error / size, origin)
    if size.min() <= VANISHING * abs(seen.kappa) * initial_size(seen):
        return unmeasured("both sides vanish on this run")
    outcome = equal(residual / size, 0.0, accuracy, np.ones(len(times)), t=times)
    return outcome.but(
        f"i = {i}, j = {j}, k = {k} only, at {len(times)} times: both sides' distance in L^2, relatively"
    )


def functions_along(seen: Evidence, run: Solution, pairs: list[tuple[int, int]]) -> ComplexArray:
    """Some ``w_ij`` at all times of a run, complex128 (T, pairs, *space.shape)."""
    return np.array(list(functions_in_turn(seen, run, pairs)))


def functions_in_turn(seen: Evidence, run: Solution, pairs: list[tuple[int, int]]) -> Iterator[ComplexArray]:
    """The same, one time after the other."""
    if seen.fields.numbers == 0:
        yield from (run.wigner_functions(pairs, float(time)) for time in run.times)
        return
    left, right = seen.fields.wavefunctions(run.states), seen.fields.right_factors(run.states)  # all times in one go
    for phi, chi in zip(left, right, strict=True):
        yield np.array([wigner(seen.model.grid, phi[i], chi[j]) for i, j in pairs])


def _residual(
    seen: Evidence, triple: tuple[int, int, int], time: float, half: float, linear: float
) -> tuple[float, float, float]:
    """``||left - right||`` of (29), ``||right||``, and the error of the former."""
    i, j, k = triple
    n, space, model = seen.count, seen.space, seen.model
    needed = [(i, m) for m in range(n)] + [(j, m) for m in range(n)]
    w = seen.solution.wigner_functions(needed, time).reshape(2, n, *space.shape)
    z = seen.solution.at([time]).correlation[0]
    difference, step = w[0, k] - w[1, k], z[i] - z[j]
    right = w[0].mean(axis=0) - w[1].mean(axis=0)
    right = half * seen.kappa * (right - (z[i] + z[:, k]).mean() * difference - step.mean() * w[1, k])
    V = around(space, model.sampled.sources[0], time)
    table = symbol(space, V, V)
    flow = transport(space, difference, model.mass) + apply_symbol(space, table, difference)
    size, change = float(space.norm(difference)), float(space.norm(flow))
    h = min(seen.step, FINE * size / change) if change > 0 else seen.step

    def measured(run: Solution) -> ComplexArray:
        both = functions_along(seen, run, [(i, k), (j, k)])
        return both[:, 0] - both[:, 1]

    slope, error = seen.derivative(measured, [time], h)
    noise = seen.function_accuracy.value * (float(space.norm(w[0, k])) / h + change)
    moved = sum(np.abs(p).max() * np.abs(k).max() for p, k in zip(space.p, space.wavenumbers, strict=True))
    fastest = np.abs(table).max() + moved / model.mass
    noise += float(np.linalg.norm(shares(space, difference[None])) * fastest) * size
    left = slope[0] + linear * flow
    return float(space.norm(left - right)), float(space.norm(right)), float(space.norm(error[0]) + noise)


def _identity_30(seen: Evidence, sign: float, factor: float) -> Outcome:
    """Compare the derivative of ``d_k^2`` with inner products of functions."""
    found, (i, j, names), n = moments(seen), different(seen), seen.count
    z, own, pair = found.z, found.own, np.arange(len(i))
    apart = found.row[:, i] - found.row[:, j]  # <mean_l (w_il - w_jl), w_ak>
    first = apart[:, pair, i] - apart[:, pair, j]
    square = (own[:, i, i] + own[:, j, j] - own[:, i, j] - own[:, j, i]).real
    last = own[:, j, i] - own[:, j, j]  # <w_jk, w_ik - w_jk>
    away = z.mean(axis=2)[:, i, None] + z.mean(axis=1)[:, None, :]
    step = (z.mean(axis=2)[:, i] - z.mean(axis=2)[:, j])[..., None]
    predicted = factor * seen.kappa * (first - away * square + sign * step * last).real
    scale = np.abs(predicted).max(axis=(1, 2), keepdims=True)
    if scale.max() <= VANISHING * abs(seen.kappa) * initial_size(seen) ** 2:
        return unmeasured("both sides vanish on this run")
    run = seen.solution.at(found.times)
    slope, error = row_slopes(seen, motion_looked_at(seen), found.times)
    error = error + row_noise(seen, row_squares(seen, run), run.deviation) / seen.step
    noise = 8 * abs(seen.kappa) * found.accuracy.value * initial_size(seen) ** 2
    slope, error = (np.broadcast_to(each, (len(found.times), n, n, n))[:, i, j] for each in (slope, error))
    accuracy = Accuracy((error + noise) / scale, f"differences in time of order 8; {found.accuracy.origin}")
    outcome = equal(slope, predicted, accuracy, scale, t=found.times, pair=names, k=range(n))
    return outcome.but(f"inner products of functions on phase space at {len(found.times)} times")


@statement(
    "(30), printed", "the rate of d_k^2, where the last term of J has the sign +", functions, *PLAIN,
    source=SECTION, sharp=True,
)  # fmt: skip
def identity_30_printed(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``(d_k^2)' = kappa mean_l Re <w_il - w_jl - (z_il + z_lk) u + (z_il - z_jl) w_jk, u>``, ``u = w_ik - w_jk``."""
    return _identity_30(seen, 1.0, factor)


@statement(
    "(30), mended", "the rate of d_k^2, where the last term of J has the sign -", functions, *PLAIN,
    source=SECTION, sharp=True,
)  # fmt: skip
def identity_30_mended(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``(d_k^2)' = kappa mean_l Re <w_il - w_jl - (z_il + z_lk) u - (z_il - z_jl) w_jk, u>``, ``u = w_ik - w_jk``."""
    return _identity_30(seen, -1.0, factor)


@statement("(31)", "the rate of d_k^2 by norms", functions, *PLAIN, positive, source=SECTION)
def inequality_31(seen: Evidence, *, first: float = 1.0, second: float = 1.0) -> Outcome:
    """``(d_k^2)' <= kappa mean_l [d_k d_l - Re(z_il + z_lk) d_k^2 + |z_il - z_jl| ||w_jk|| d_k]``.

    Measured with the term of ``Re(z_il + z_lk)`` on the left.
    """
    found = rows(seen)
    mean, step = (each.mean(axis=2, keepdims=True) for each in (found.d, found.step))
    bound = seen.kappa * found.d * (first * mean + second * step * found.size)
    return _below(seen, found.slope + seen.kappa * found.away * found.squares, bound, found.error)


def _bound_32(seen: Evidence, first: float, second: float) -> FloatArray:
    """The right-hand side of (32) without ``-2 kappa d_k^2``."""
    found, (a, R) = rows(seen), constants(seen)
    decay = np.exp(-seen.kappa * found.times)[:, None, None]
    mean, step = (each.mean(axis=2, keepdims=True) for each in (found.d, found.step))
    return np.asarray(seen.kappa * found.d * (2 * a * decay * found.d + first * mean + second * R * step))


@statement("(32)", "the rate of d_k^2 by the decay of the diameter", functions, *AGGREGATING, source=SECTION)
def inequality_32(seen: Evidence, *, first: float = 1.0, second: float = 1.0) -> Outcome:
    """``(d_k^2)' <= -2 kappa (1 - alpha e^{-kappa t}) d_k^2 + kappa d_k mean_l (d_l + R_inf |z_il - z_jl|)``.

    Measured with ``2 kappa d_k^2`` on the left.
    """
    found = rows(seen)
    return _below(seen, found.slope + 2 * seen.kappa * found.squares, _bound_32(seen, first, second), found.error)


@statement("(33)", "the rate of S", functions, *AGGREGATING, source=SECTION)
def inequality_33(seen: Evidence, *, first: float = 1.0, second: float = 1.0) -> Outcome:
    """``S' <= -2 kappa (1 - alpha e^{-kappa t}) S + kappa sum_k d_k mean_l (d_l + R_inf |z_il - z_jl|)``.

    Measured with ``2 kappa S`` on the left.
    """
    found, bound = rows(seen), _bound_32(seen, first, second).sum(axis=2)
    return _below(seen, found.slope.sum(axis=2) + 2 * seen.kappa * found.total, bound, found.error.sum(axis=2))


@statement("(34)", "Cauchy and Schwarz, with equality for pure nodes", functions, *PLAIN, positive, source=SECTION)
def inequality_34(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``(kappa/N) (sum_k d_k)^2 <= kappa S``."""
    found = rows(seen)
    bound = factor * seen.kappa * found.total
    return _below(seen, seen.kappa / seen.count * found.d.sum(axis=2) ** 2, bound, found.error.sum(axis=2))


@statement("(35)", "the inhomogeneous term decays", functions, *AGGREGATING, source=SECTION)
def inequality_35(seen: Evidence, *, factor: float = 4.0, rate: float = 1.0) -> Outcome:
    """``(kappa R_inf/N) sum_l |z_il - z_jl| sum_k d_k <= 4 N kappa R_inf^2 alpha e^{-kappa t}``."""
    found, (a, R) = rows(seen), constants(seen)
    left = seen.kappa * R * found.step.mean(axis=2) * found.d.sum(axis=2)
    bound = factor * seen.count * seen.kappa * R**2 * a * np.exp(-rate * seen.kappa * found.times)[:, None]
    return _below(seen, left, np.broadcast_to(bound, left.shape), found.error.sum(axis=2))


@statement(
    "Lemma 2.5 (1), as used in 3.2, mended",
    "what (18) says of S: the printed proof divides by alpha_1 + beta_2, which is 0 here",
    functions,
    *AGGREGATING,
    source=SECTION,
)
def lemma_2_5_used(seen: Evidence, *, rate: float = 1.0, second: float = 4.0) -> Outcome:
    """``S(t) <= e^{C1} (S(0) + C2 t) e^{-kappa t}``, ``C1 = 2 alpha``, ``C2 = 4 N kappa R_inf^2 alpha``.

    It is ``(S e^{kappa t})' <= kappa C1 e^{-kappa t} S e^{kappa t} + C2``, integrated.
    """
    found, (a, R) = rows(seen), constants(seen)
    start = row_squares(seen, seen.start)[0, found.i, found.j].sum(axis=1)
    growth = second * seen.count * seen.kappa * R**2 * a * found.times[:, None]
    bound = np.exp(2 * a) * (start + growth) * np.exp(-rate * seen.kappa * found.times)[:, None]
    return _below(seen, found.total, bound, found.error.sum(axis=2) * seen.step)


STATEMENTS: tuple[Statement, ...] = (
    inequality_18,
    equation_29,
    identity_30_printed,
    identity_30_mended,
    inequality_31,
    inequality_32,
    inequality_33,
    inequality_34,
    inequality_35,
    lemma_2_5_used,
)
