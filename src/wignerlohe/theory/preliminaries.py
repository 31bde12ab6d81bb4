"""Section 2 of the paper, before two nodes: Theta[V], integrals of functions, and two inequalities of Gronwall's kind.

Statements about Theta[V] alone are measured on functions of the run, and on combinations for which neither side
vanishes by symmetry.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wignerlohe.conventions import momentum_names, position_names
from wignerlohe.methods import UNIT
from wignerlohe.operators.linear import apply_symbol, around, symbol
from wignerlohe.theory.diameter import PLAIN, absolute, different, sums
from wignerlohe.theory.differences import functions_along
from wignerlohe.theory.evidence import ROUNDING, Evidence
from wignerlohe.theory.hypotheses import all_to_all, coupled, functions, several
from wignerlohe.theory.introduction import divided, no_density
from wignerlohe.theory.motion import instants, integrals, kept, last_time, looks, runge_kutta, spread
from wignerlohe.theory.residuals import frequencies, function_at, furthest, missing, some
from wignerlohe.theory.statement import Accuracy, Hypothesis, Outcome, Statement, at_most, equal, statement, unmeasured
from wignerlohe.theory.terms import NUMBERS, SPILL
from wignerlohe.theory.transforms import waves

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

SECTION = "section 2.1, preliminaries"
FLAT = unmeasured("Theta[V] vanishes: V is constant where the functions are")
STILL = 1e-9  # changes of correlations that are none
MARGINALS = 2**20  # numbers of all marginals at one time
LEGS = 9  # times to which integrals are formed
FINE = 0.05  # of the time in which potentials turn correlations, for differences in time
RATES = np.array([[-1.0, 2.0, 3.0], [-0.7, 0.4, 0.2], [-2.0, 1.0, 0.5]])  # a1, a2, b2
RESONANT = np.array([[-1.0, 2.0], [-0.3, 0.7], [-2.0, 5.0]])  # a1, a2, and b2 = -a1
GROWING = np.array([[1.0, 1.0], [0.5, 2.0], [3.0, 1.5]])  # a1, b1
Y0, LENGTH, STEPS = 1.5, 4.0, 400  # of the inequalities that are solved


def uncoupled(seen: Evidence) -> Hypothesis:
    """There is no coupling."""
    return Hypothesis("kappa = 0", f"kappa = {seen.kappa:.6g}", seen.kappa == 0)


def pure_states(seen: Evidence) -> Hypothesis:
    """Nodes are wave functions of one component."""
    value = "mixed" if seen.fields.mixed else "pure"
    return Hypothesis("nodes are pure", value, not seen.fields.mixed, essential=True)


# Theta[V]


def turned(seen: Evidence, moment: int, own: bool) -> tuple[FloatArray, ComplexArray, ComplexArray, float]:
    """The symbol of Theta[V], one function w, Theta[V] w, and rounding of the latter in L^2."""
    i, _ = furthest(seen)
    table = frequencies(seen, i, i, float(seen.moments[moment]))
    w = function_at(seen, moment, own)
    rounding = ROUNDING * float(np.abs(table).max() * seen.space.norm(w))
    return table, w, apply_symbol(seen.space, table, w), rounding


@statement("Lemma 2.2 (i)", "Theta[V] is antisymmetric", functions, source=SECTION, sharp=True)
def lemma_2_2_i(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``integral Theta[V](f) g dx dp = -integral Theta[V](g) f dx dp``; for f = w_ij, g = conj(Theta[V] f)."""
    measured, predicted, errors = [], [], []
    for k in range(len(seen.moments)):
        table, f, turn, rounding = turned(seen, k, own=False)
        g = turn.conj()
        measured.append(seen.space.integral(turn * g))
        predicted.append(-factor * seen.space.integral(apply_symbol(seen.space, table, g) * f))
        errors.append(4 * rounding * float(seen.space.norm(turn)))
    return _relative(seen, np.array(measured), np.array(predicted), np.array(errors))


def _relative(seen: Evidence, measured: ComplexArray, predicted: ComplexArray, errors: FloatArray) -> Outcome:
    """Compare numbers at the moments, relative to those measured."""
    scale = np.abs(measured)
    if not np.all(scale > errors):
        return FLAT
    return equal(measured, predicted, Accuracy(errors / scale, "rounding"), scale, t=seen.moments)


@statement("Lemma 2.2 (ii)", "Theta[V] has no integral", functions, source=SECTION, sharp=True)
def lemma_2_2_ii(seen: Evidence, *, right: float = 1.0) -> Outcome:
    """``integral Theta[V] f dx dp = 0``, relative to ``integral V f dx dp / hbar``; for f = w_jj.

    Measured with ``V >= 0``: constants are taken off, which does not change Theta[V].
    """
    measured, scale, errors = [], [], []
    space, source = seen.space, seen.model.sampled.sources[0]
    for k, time in enumerate(seen.moments):
        f = function_at(seen, k, own=True)
        V = around(space, source, float(time))
        on_grid = V[tuple([...] + [n // 2 for n in space.p_points])]  # at y = 0
        V, on_grid = V - on_grid.min(), on_grid - on_grid.min()
        density = f.reshape(*space.x_points, -1).sum(axis=-1)
        measured.append(space.integral(apply_symbol(space, symbol(space, V, right * V), f)))
        scale.append(float(np.abs((on_grid * density).sum())) * space.cell / space.hbar)
        errors.append(ROUNDING * float(np.abs(V).max() / space.hbar * np.abs(f).sum() * space.cell))
    size = np.array(scale)
    if not np.all(size > errors):
        return FLAT
    accuracy = Accuracy(np.array(errors) / size, "rounding")
    return equal(np.array(measured) / size, 0.0, accuracy, np.ones(len(size)), t=seen.moments)


def _remark_2(seen: Evidence, conjugated: bool, factor: float) -> Outcome:
    """Compare ``integral Theta[V](u) conj(u)`` with minus itself, or its conjugate."""
    found, errors = [], []
    for k in range(len(seen.moments)):
        table, w, turn, rounding = turned(seen, k, own=True)
        size, turning = float(seen.space.norm(w)), float(seen.space.norm(turn))
        if turning <= rounding:
            return FLAT
        u = w - 1j * size / turning * turn
        found.append(seen.space.integral(apply_symbol(seen.space, table, u) * u.conj()))
        errors.append(ROUNDING * float(np.abs(table).max()) * float(seen.space.norm(u)) ** 2)
    measured = np.array(found, dtype=np.complex128)
    last = measured.conj() if conjugated else measured
    return _relative(seen, measured, -factor * last, np.array(errors, dtype=np.float64)).but(
        "u = w_jj - i s Theta[V] w_jj with real s, so that the integral does not vanish"
    )


@statement("Remark 2, printed", "integral of Theta[V](u) conj(u): the last member without its conjugate", functions,
           source=SECTION, sharp=True)  # fmt: skip
def remark_2_printed(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``integral Theta[V](u) conj(u) = -integral Theta[V](u) conj(u)``, so that it vanishes."""
    return _remark_2(seen, conjugated=False, factor=factor)


@statement("Remark 2, mended", "the real part of the integral of Theta[V](u) conj(u) vanishes", functions,
           source=SECTION, sharp=True)  # fmt: skip
def remark_2_mended(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``integral Theta[V](u) conj(u) = -conj(integral Theta[V](u) conj(u))``, so that its real part vanishes."""
    return _remark_2(seen, conjugated=True, factor=factor)


# Lemma 2.3 and Remark 3


@kept
def own_integrals(seen: Evidence) -> tuple[NDArray[np.int_], ComplexArray, ComplexArray]:
    """Some nodes, their ``integral w_jj dx dp`` at the moments (T, nodes), and those at t = 0."""
    most = max(2, NUMBERS // int(np.prod(seen.space.shape)))
    nodes = some(seen.count, most)
    pairs = [(int(j), int(j)) for j in nodes]
    run = seen.solution.at(np.union1d([0.0], seen.moments))
    found = seen.space.integral(functions_along(seen, run, pairs))
    return nodes, found[-len(seen.moments) :], found[0]


def _kept_integrals(seen: Evidence, factor: float) -> Outcome:
    """Compare integrals of w_jj with those at t = 0."""
    nodes, found, start = own_integrals(seen)
    outcome = equal(found, factor * start, seen.function_accuracy, t=seen.moments, i=nodes)
    which = "all" if len(nodes) == seen.count else f"{len(nodes)} of {seen.count}"
    return outcome.but(f"functions on phase space of {which} nodes, at {len(seen.moments)} times")


@statement("Lemma 2.3 (i)", "integrals of w_ii do not change", functions, coupled, divided, source=SECTION, sharp=True)
def lemma_2_3_i(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``d/dt integral w_ii dx dp = 0``: ``integral w_ii(t) = integral w_ii(0)``."""
    return _kept_integrals(seen, factor)


@dataclass(frozen=True)
class Turning:
    """How integrals move at some times, (T, pairs) each.

    ``slope`` is ``d/dt z_ij``, from differences in time, with its error; ``gain`` is ``(1/N) sum_k [..]`` of the
    mended lemma, ``apart`` is ``integral (V_i - V_j) rho_ij dx`` and ``sliced`` the integral of the printed one.
    """

    times: FloatArray
    names: list[str]
    slope: ComplexArray
    error: FloatArray
    gain: ComplexArray
    apart: ComplexArray
    sliced: ComplexArray


@kept
def turning(seen: Evidence) -> Turning:
    """Measure them, for some pairs of different nodes."""
    last_time(seen)
    i, j, names = different(seen)
    most = max(2, MARGINALS // seen.model.grid.size)
    chosen = np.random.default_rng(0).permutation(len(i))[:most] if len(i) > most else np.arange(len(i))
    i, j, names = i[chosen], j[chosen], [names[k] for k in chosen]
    times = looks(seen) if turns(seen) else instants(seen)
    parts = [_forces(seen, i, j, float(time)) for time in times]
    apart, sliced = (np.array([part[k] for part in parts]) for k in (0, 1))
    rate = float(np.abs(apart).max(initial=0.0)) / seen.hbar
    step = min(seen.step, FINE / rate) if rate > 0 else seen.step
    slope, error = seen.derivative(lambda run: run.correlation[:, i, j], times, step)
    z = seen.solution.at(times).correlation
    own = np.diagonal(z, axis1=1, axis2=2)
    rows, columns = z.mean(axis=2), z.mean(axis=1)
    loss = rows[:, i] / own[:, i] + columns[:, j] / own[:, j]
    gain = rows[:, i] + columns[:, j] - loss * z[:, i, j]
    noise = 10 * seen.solution.method.rtol * np.abs(z[:, i, j]) / step + UNIT * seen.system.rate
    return Turning(times, names, np.asarray(slope), error + noise, gain, apart, sliced)


def turns(seen: Evidence) -> bool:
    """Whether potentials or detunings differ."""
    return not seen.shared or seen.detuned


@kept
def own_norms(seen: Evidence) -> FloatArray:
    """``||psi_j||^2`` of wave functions."""
    psi = seen.fields.wavefunctions(seen.start.states)[0].reshape(seen.count, -1)
    return np.asarray((np.abs(psi) ** 2).sum(axis=1) * seen.model.grid.cell)


def _forces(seen: Evidence, i: NDArray[np.int_], j: NDArray[np.int_], time: float) -> tuple[ComplexArray, ComplexArray]:
    """``integral (V_i - V_j) rho_ij dx``, and ``integral (V_i - V_j) w_ij(x, 0) dx``."""
    if not turns(seen):
        return np.zeros(len(i), dtype=np.complex128), np.zeros(len(i), dtype=np.complex128)
    grid, axes = seen.model.grid, position_names(seen.space.dimension)
    V = np.broadcast_to(seen.model.potential_at(time), (seen.count, *grid.shape)).reshape(seen.count, -1)
    omega = (seen.system if seen.shared else seen.model).detuning
    V = V if omega is None else V + seen.hbar * omega[:, None]
    pairs = list(zip(i.tolist(), j.tolist(), strict=True))
    zero = dict.fromkeys(momentum_names(seen.space.dimension), 0.0)
    rho = seen.solution.wigner_functions(pairs, time, axes=axes).reshape(len(i), -1)
    slices = seen.solution.wigner_functions(pairs, time, axes=axes, at=zero).reshape(len(i), -1)
    apart = V[i] - V[j]
    return (apart * rho).sum(axis=1) * grid.cell, (apart * slices).sum(axis=1) * grid.cell


def _lemma_2_3_ii(seen: Evidence, force: complex, half: float, sliced: bool) -> Outcome:
    """Compare derivatives of integrals with forces and coupling."""
    found = turning(seen)
    predicted = force * (found.sliced if sliced else found.apart) + half * seen.kappa * found.gain
    right = -1j / seen.hbar * found.apart + seen.kappa / 2 * found.gain
    scale = float(np.abs(right).max(initial=0.0))
    if not scale > STILL * seen.system.rate:
        return unmeasured("both sides vanish on this run")
    accuracy = Accuracy(found.error / scale + ROUNDING, "differences in time of order 8, and noise of the solver")
    outcome = equal(found.slope, predicted, accuracy, scale, t=found.times, pair=found.names)
    which = "all pairs" if len(found.names) == seen.count * (seen.count - 1) else f"{len(found.names)} pairs"
    return outcome.but(
        f"{which} of different nodes at {len(found.times)} times, relative to the mended right-hand side"
    )


@statement("Lemma 2.3 (ii), printed", "how integrals of w_ij move: a slice at p = 0, and no coupling", functions,
           coupled, several, all_to_all, divided, no_density, source=SECTION, sharp=True)  # fmt: skip
def lemma_2_3_ii_printed(seen: Evidence, *, force: float = 1.0) -> Outcome:
    """``d/dt integral w_ij dx dp = integral (V_i - V_j) w_ij(t, x, 0) dx``."""
    return _lemma_2_3_ii(seen, force, 0.0, sliced=True)


@statement("Lemma 2.3 (ii), mended", "how integrals of w_ij move", functions, coupled, several, all_to_all, divided,
           no_density, source=SECTION, sharp=True)  # fmt: skip
def lemma_2_3_ii_mended(seen: Evidence, *, force: float = 1.0, half: float = 0.5) -> Outcome:
    """``z_ij' = -(i/hbar) integral (V_i - V_j) rho_ij dx + (kappa/2N) sum_k [z_ik + z_kj - a_ijk z_ij]``.

    ``a_ijk = z_ik/z_ii + z_kj/z_jj``, ``rho_ij = integral w_ij dp``; detunings are part of the potentials.
    """
    return _lemma_2_3_ii(seen, -1j / seen.hbar * force, half, sliced=False)


@statement("Remark 3 (i), first", "integrals do not change without coupling", functions, uncoupled,
           source=SECTION, sharp=True)  # fmt: skip
def remark_3_i(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``d/dt integral w_j dx dp = 0`` for kappa = 0: ``integral w_j(t) = integral w_j(0)``."""
    return _kept_integrals(seen, factor)


@statement("Remark 3 (i), second", "integrals are squares of norms", functions, waves, source=SECTION, sharp=True)
def remark_3_norms(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``w_j = w[psi_j]`` gives ``integral w_j dx dp = ||psi_j||^2``."""
    nodes, found, _ = own_integrals(seen)
    return equal(found, factor * own_norms(seen)[nodes], seen.function_accuracy, t=seen.moments, i=nodes)


def _squares(seen: Evidence, factor: float) -> Outcome:
    """Compare squared norms of functions with fourth powers of those of states."""
    nodes = own_integrals(seen)[0]
    pairs = [(int(j), int(j)) for j in nodes]
    functions = functions_along(seen, seen.solution.at(seen.moments), pairs)
    found = seen.space.norm(functions) ** 2
    lost = max(missing(seen, w) for each in functions for w in each)
    accuracy = seen.function_accuracy * 4.0 + Accuracy(SPILL * lost**2, "what the grid does not hold, squared")
    return equal(found, factor * own_norms(seen)[nodes] ** 2, accuracy, t=seen.moments, i=nodes)


@statement("Remark 3 (ii), printed", "norms of functions and of states, without the factor (2 pi)^-d", functions, waves,
           pure_states, source=SECTION, sharp=True)  # fmt: skip
def remark_3_ii_printed(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``||w[psi]||^2 = ||psi||^4``."""
    return _squares(seen, factor)


@statement("Remark 3 (ii), mended", "norms of functions and of states", functions, waves, pure_states,
           source=SECTION, sharp=True)  # fmt: skip
def remark_3_ii_mended(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``||w[psi]||^2 = (2 pi hbar)^-d ||psi||^4``."""
    return _squares(seen, factor / seen.cell)


@kept
def changes(seen: Evidence) -> tuple[FloatArray, ComplexArray, ComplexArray, FloatArray]:
    """Some times, ``z(t) - z(0)``, ``mean_k int_0^t (z_ik + z_kj)(1 - z_ij) ds``, and the error of both, in kappa."""
    last_time(seen)
    times = spread(seen.times, LEGS)
    found, error = integrals(seen, lambda run: sums(run.correlation) * run.deviation, times)
    d, start = seen.solution.at(times).deviation, seen.start.deviation
    return times, start - d, found, absolute(seen, start) + absolute(seen, d) + abs(seen.kappa) * error


@statement("Remark 3 (iii), printed", "in one potential, integrals of w_ij do not change", *PLAIN,
           source=SECTION, sharp=True)  # fmt: skip
def remark_3_iii_printed(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``integral w_ij(t) dx dp = integral w_ij(0) dx dp`` for all i and j."""
    i, j, names = different(seen)
    times, change, _, error = changes(seen)
    start = seen.start.correlation[:, i, j]
    if np.abs(change).max(initial=0.0) <= STILL:
        return unmeasured("correlations do not change on this run")
    scale = float(np.abs(change).max())
    accuracy = Accuracy(float(error.max()) / scale, "10 rtol of correlations")
    outcome = equal(start + change[:, i, j], factor * start, accuracy, scale, t=times, pair=names)
    return outcome.but("relative to the largest change")


@statement("Remark 3 (iii), mended", "in one potential, integrals of w_ii alone do not change", *PLAIN,
           source=SECTION, sharp=True)  # fmt: skip
def remark_3_iii_mended(seen: Evidence, *, half: float = 0.5) -> Outcome:
    """``z_ij(t) - z_ij(0) = (kappa/2N) sum_k int_0^t (z_ik + z_kj)(1 - z_ij) ds``, which is 0 for i = j."""
    times, change, found, error = changes(seen)
    scale = float(np.abs(change).max(initial=0.0))
    if scale <= STILL:
        return unmeasured("correlations do not change on this run")
    accuracy = Accuracy(float(error.max()) / scale, "the rule of Clenshaw and Curtis; 10 rtol of correlations")
    nodes = range(seen.count)
    return equal(change, half * seen.kappa * found, accuracy, scale, t=times, i=nodes, j=nodes)


# Lemma 2.5, on given coefficients


def solved(a1: FloatArray, b1: FloatArray, a2: FloatArray, b2: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """``y' = a1 e^{-b1 t} y + a2 e^{-b2 t}`` with equality: times (T,), y (T, cases), and its relative error."""
    times = np.linspace(0.0, LENGTH, 9)

    def run(steps: int) -> FloatArray:
        found = [np.full(len(a1), Y0)]
        for begin, end in pairwise(times.tolist()):
            h = (end - begin) / steps / 2

            def derivative(k: int, y: FloatArray, begin: float = begin, h: float = h) -> FloatArray:
                t = begin + k * h
                return np.asarray(a1 * np.exp(-b1 * t) * y + a2 * np.exp(-b2 * t))

            found.append(runge_kutta(derivative, found[-1], end - begin, steps))
        return np.array(found)

    fine, coarse = run(STEPS // 8), run(STEPS // 16)
    return times, fine, float((np.abs(fine - coarse) / fine).max())


def _given(error: float) -> Accuracy:
    return Accuracy(error + ROUNDING, "half of the steps of Runge and Kutta")


@statement("Lemma 2.5 (1)", "an inequality of Gronwall's kind, attained where it is an equation", source=SECTION,
           sharp=True)  # fmt: skip
def lemma_2_5_1(seen: Evidence, *, first: float = 1.0, second: float = 1.0) -> Outcome:
    """``y' <= a1 y + a2 e^{-b2 t}`` gives ``y <= (y0 + c) e^{a1 t} - c e^{-b2 t}``, ``c = a2/(a1 + b2)``.

    For ``a1 < 0 < a2, b2``.
    """
    del seen
    a1, a2, b2 = RATES.T
    times, y, error = solved(a1, np.zeros(len(a1)), a2, b2)
    t, c = times[:, None], a2 / (a1 + b2)
    bound = (Y0 + first * c) * np.exp(a1 * t) - second * c * np.exp(-b2 * t)
    cases = [f"a1, a2, b2 = {case}" for case in RATES.tolist()]
    outcome = equal(y, bound, _given(error), np.abs(y), t=times, case=cases)
    return outcome.but("on given coefficients, not on the run; y' = .. is solved, which attains the bound")


@statement("Lemma 2.5 (1), a1 + b2 = 0, mended", "the case that is used in section 3.2, where the proof divides by 0",
           source=SECTION, sharp=True)  # fmt: skip
def lemma_2_5_resonant(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``y' <= a1 y + a2 e^{a1 t}`` gives ``y <= (y0 + a2 t) e^{a1 t}``."""
    del seen
    a1, a2 = RESONANT.T
    times, y, error = solved(a1, np.zeros(len(a1)), a2, -a1)
    t = times[:, None]
    cases = [f"a1, a2 = {case}" for case in RESONANT.tolist()]
    bound = (Y0 + factor * a2 * t) * np.exp(a1 * t)
    outcome = equal(y, bound, _given(error), np.abs(y), t=times, case=cases)
    return outcome.but("on given coefficients, not on the run; y' = .. is solved, which attains the bound")


@statement("Lemma 2.5 (2)", "another one, attained as t -> infinity", source=SECTION)
def lemma_2_5_2(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``y' <= a1 e^{-b1 t} y`` gives ``y <= y0 exp(a1/b1)``, for a1, b1 > 0."""
    del seen
    a1, b1 = GROWING.T
    times, y, error = solved(a1, b1, np.zeros(len(a1)), np.ones(len(a1)))
    cases = [f"a1, b1 = {case}" for case in GROWING.tolist()]
    outcome = at_most(y, factor * Y0 * np.exp(a1 / b1), _given(error), t=times, case=cases)
    return outcome.but("on given coefficients, not on the run; y' = .. is solved")


STATEMENTS: tuple[Statement, ...] = (
    lemma_2_2_i,
    lemma_2_2_ii,
    remark_2_printed,
    remark_2_mended,
    lemma_2_3_i,
    lemma_2_3_ii_printed,
    lemma_2_3_ii_mended,
    remark_3_i,
    remark_3_norms,
    remark_3_ii_printed,
    remark_3_ii_mended,
    remark_3_iii_printed,
    remark_3_iii_mended,
    lemma_2_5_1,
    lemma_2_5_resonant,
    lemma_2_5_2,
)
