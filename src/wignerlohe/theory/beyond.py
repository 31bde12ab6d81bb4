"""Beyond the paper, for identical potentials: what docs/derivations.md derives, on a run.

S4 and S5 are in `locking`.
"""

from __future__ import annotations

from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from wignerlohe.errors import TooLargeError
from wignerlohe.methods import UNIT
from wignerlohe.solution import Solution
from wignerlohe.theory import locking
from wignerlohe.theory.diameter import PLAIN, TINY, absolute, different, motion, passage
from wignerlohe.theory.differences import constants, functions_in_turn, rows
from wignerlohe.theory.evidence import ROUNDING, Evidence
from wignerlohe.theory.hypotheses import AGGREGATING, all_to_all, coupled, functions, identical, positive, several
from wignerlohe.theory.locking import SECTION, detunings, divisors, one_potential, weights
from wignerlohe.theory.motion import along, early, kept, last_time, looks, runge_kutta
from wignerlohe.theory.residuals import missing, some
from wignerlohe.theory.sizes import (
    few_functions,
    initial_size,
    largest_size,
    moments,
    products,
    pure,
    row_squares,
    size_accuracy,
)
from wignerlohe.theory.statement import Accuracy, Hypothesis, Outcome, Statement, at_most, equal, statement, unmeasured

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]
Indices = NDArray[np.int_]

MOST_NODES = 128  # for which maps are integrated anew
STEPS = 32  # of Runge and Kutta over the time in which nodes move
SOME = 8  # nodes whose ratios are formed
APART = 4  # nodes whose functions are compared
VANISHING = 1e-12  # changes of correlations that are none
POSITIVE = 1e-9  # eigenvalues of z below minus this are those of no states


def of_states(seen: Evidence) -> Hypothesis:
    """Nodes are unit states, pure or mixed, or their correlations could be those of such states."""
    text = "z_ij(0) are correlations of unit states"
    if seen.solution.fields is not None and seen.solution.fields.unit:
        return Hypothesis(text, "given by wave functions", True)
    z = seen.start.correlation[0]
    off = float(max(np.abs(z - z.conj().T).max(), np.abs(np.diagonal(z) - 1).max()))
    least = float(np.linalg.eigvalsh((z + z.conj().T) / 2)[0])
    value = f"Hermitian with z_ii = 1 to {off:.1e}, smallest eigenvalue {least:.3g}"
    return Hypothesis(text, value, off <= UNIT and least >= -POSITIVE)


def symmetric(seen: Evidence) -> Hypothesis:
    """The network is symmetric."""
    A = weights(seen)
    good = bool(np.array_equal(A, A.T))
    return Hypothesis("symmetric weights", "symmetric" if good else "directed", good)


def four(seen: Evidence) -> Hypothesis:
    """There are four nodes or more."""
    return Hypothesis("N >= 4", f"N = {seen.count}", seen.count >= 4, essential=True)


def three(seen: Evidence) -> Hypothesis:
    """There are three nodes or more."""
    return Hypothesis("N >= 3", f"N = {seen.count}", seen.count >= 3, essential=True)


# S1


def _steps(seen: Evidence) -> int:
    """Steps to the time `early`: fewer where each costs steps of functions."""
    return STEPS // 4 if seen.stepped else STEPS


def _maps(seen: Evidence, half: float, steps: int, end: float) -> tuple[ComplexArray, ComplexArray]:
    """G and H at a time, from the correlations of the run."""
    if seen.count > MOST_NODES:
        raise TooLargeError(f"maps of {seen.count} nodes are more than those of {MOST_NODES}; try fewer nodes")
    A, omega, n = weights(seen) / seen.count, 1j * np.diag(detunings(seen)), seen.count
    kappa = half * seen.system.coupling
    z = along(seen, lambda run: run.correlation, np.linspace(0.0, end, 2 * steps + 1))
    own = divisors(seen, z)
    a = np.einsum("ik,tik->ti", A, z) / own
    b = np.einsum("jk,tkj->tj", A, z) / own

    def derivative(k: int, both: ComplexArray) -> ComplexArray:
        G, H = both
        return np.array([(kappa * (A - np.diag(a[k])) - omega) @ G, H @ (kappa * (A.T - np.diag(b[k])) + omega)])

    G, H = runge_kutta(derivative, np.array(2 * [np.eye(n)], dtype=np.complex128), end, steps)
    return G, H


def _changes(
    start: ComplexArray, measured: ComplexArray, fine: ComplexArray, coarse: ComplexArray, error: float
) -> Outcome:
    """Compare the change of correlations from their start with what all steps say, and half of them for the error."""
    predicted = fine - start
    size = float(np.abs(predicted).max())
    if size <= VANISHING:
        return unmeasured("correlations do not change")
    rounding = ROUNDING * max(1.0, float(np.abs(fine).max()))
    accuracy = Accuracy((float(np.abs(fine - coarse).max()) + rounding + error) / size, "half the steps; 10 rtol")
    return equal(measured - start, predicted, accuracy, i=range(len(start)), j=range(len(start)))


@statement("S1, correlations", "the coupling separates from the linear flow", coupled, several, one_potential,
           source=SECTION, sharp=True)  # fmt: skip
def s1_correlations(seen: Evidence, *, half: float = 0.5) -> Outcome:
    """``Z(t) = G Z(0) H``, ``G' = [(kappa/2) (A/N - diag a) - i Omega] G`` with ``a_i = (1/N) sum_k A_ik z_ik``.

    ``H' = H [(kappa/2) (A^T/N - diag b) + i Omega]``, ``b_j = (1/N) sum_k A_jk z_kj`` (Derivations, S1).
    """
    start, end = seen.start.correlation[0], seen.solution.at([early(seen)])
    steps = _steps(seen)
    fine, coarse = (G @ start @ H for G, H in (_maps(seen, half, n, early(seen)) for n in (steps, steps // 2)))
    error = 10 * float(absolute(seen, end.deviation).max()) + UNIT * float(np.abs(end.deviation).max())
    outcome = _changes(start, end.correlation[0], fine, coarse, error)
    return outcome.but(f"the change of z from t = 0 to {early(seen):.4g}, with maps G and H integrated anew")


@statement("S1, functions", "functions are mixed by the same maps, and else moved by a unitary flow", coupled, several,
           functions, one_potential, source=SECTION, sharp=True)  # fmt: skip
def s1_functions(seen: Evidence, *, half: float = 0.5) -> Outcome:
    """``W(t) = e^{-tL} [G W(0) H]``: inner products of functions at t are those of ``G W(0) H`` (Derivations, S1).

    Measured on ``<w_ik, w_jk>``, from functions on phase space.
    """
    found, time = moments(seen).own[0], float(moments(seen).times[0])
    count = _steps(seen)
    (G, H), (G2, H2) = (_maps(seen, half, n, time) for n in (count, count // 2))
    w = seen.functions(0.0)
    start = products(seen, w).own
    w = np.tensordot(G, np.array([np.tensordot(H.T, row, axes=1) for row in w]), axes=1)
    predicted = products(seen, w).own - start
    steps = float(np.abs(G - G2).max() + np.abs(H - H2).max()) * 2 * seen.count
    size, largest = float(np.abs(predicted).max()), float(np.abs(start).max())
    error = (4 * moments(seen).accuracy.value + UNIT + steps) * largest
    if not size > 10 * error:
        return unmeasured("inner products do not change enough on this run")
    accuracy = Accuracy(error / size, f"half the steps; {moments(seen).accuracy.origin}")
    nodes = range(seen.count)
    outcome = equal(found - start, predicted, accuracy, i=nodes, j=nodes, k=nodes)
    return outcome.but(f"the change of <w_ik, w_jk> from t = 0 to {time:.4g}, with maps G and H integrated anew")


# S2


@kept
def observed(seen: Evidence) -> tuple[FloatArray, ComplexArray, FloatArray]:
    """Some times, 1 - z there, from the functions on phase space where these are few, and errors of that."""
    if few_functions(seen):
        found = moments(seen)
        size = found.accuracy.value * max(1.0, float(np.abs(found.z).max()))
        return found.times, 1 - found.z, np.full(found.z.shape, size)
    d = seen.solution.at(seen.moments).deviation
    return seen.moments, d, absolute(seen, d)


def _ratios(seen: Evidence, above: Indices, below: Indices, power: float) -> Outcome:
    """Compare products of 1 - z over pairs ``above``, divided by those over pairs ``below``, with what they were.

    Pairs are (factors, ratios, 2).
    """
    times, d, error = observed(seen)
    chosen = np.concatenate([above, below])
    start = seen.start.deviation[0][chosen[..., 0], chosen[..., 1]]
    known = np.all(np.abs(start) > np.sqrt(UNIT), axis=0)
    if not known.any():
        return unmeasured("nodes agree from the start: 1 - z_ij vanishes")
    chosen = chosen[:, known]
    i, j = chosen[..., 0], chosen[..., 1]
    signs = np.repeat([1.0, -power], [len(above), len(below)])
    before = np.exp(np.tensordot(signs, np.log(start[:, known]), axes=1))
    now = np.exp(np.einsum("s,tsp->tp", signs, np.log(d[:, i, j])))
    errors = (error[:, i, j] / np.abs(d[:, i, j])).sum(axis=1)
    clear = errors < 1
    now, errors = np.where(clear, now, before), np.where(clear, errors, np.inf)
    names = [", ".join(f"({a}, {b})" for a, b in pairs) for pairs in chosen.swapaxes(0, 1)]
    how = "integrals of functions on phase space" if few_functions(seen) else "correlations"
    few = f", of the first {SOME} nodes" if seen.count > SOME else ""
    accuracy = Accuracy(errors + ROUNDING, "errors of all 1 - z together")
    outcome = equal(now, np.broadcast_to(before, now.shape), accuracy, np.abs(before), t=times, pairs=names)
    return outcome.but(f"from {how} at {len(times)} times{few}")


@statement("S2, cross-ratios", "cross-ratios of deviations are constant", four, *PLAIN, source=SECTION, sharp=True)
def s2_cross_ratios(seen: Evidence, *, power: float = 1.0) -> Outcome:
    """``(1 - z_ij) (1 - z_kl) / [(1 - z_il) (1 - z_kj)]`` is constant in time (Derivations, S2)."""
    i, j, k, m = np.array(list(permutations(range(min(seen.count, SOME)), 4))).T
    return _ratios(seen, _pairs((i, j), (k, m)), _pairs((i, m), (k, j)), power)


@statement("S2, cycles", "ratios around three nodes are constant", three, *PLAIN, source=SECTION, sharp=True)
def s2_cycles(seen: Evidence, *, power: float = 1.0) -> Outcome:
    """``(1 - z_ij) (1 - z_jk) (1 - z_ki) / [(1 - z_ji) (1 - z_kj) (1 - z_ik)]`` is constant (Derivations, S2)."""
    i, j, k = np.array(list(permutations(range(min(seen.count, SOME)), 3))).T
    return _ratios(seen, _pairs((i, j), (j, k), (k, i)), _pairs((j, i), (k, j), (i, k)), power)


def _pairs(*columns: tuple[Indices, Indices]) -> Indices:
    return np.moveaxis(np.array(columns), 1, 2)


@statement("S2, limit", "how deviations vanish, with the constant", *PLAIN, positive, source=SECTION, sharp=True)
def s2_limit(seen: Evidence, *, rate: float = 1.0, half: float = 0.5) -> Outcome:
    """``(1 - z_ij) e^{kappa t}`` tends to ``(1 - z_ij(0)) exp((kappa/2N) sum_k int_0^inf (2 - z_ik - z_kj) ds)``.

    What the end of the run leaves out is at most ``D / (1 - D)`` there, relatively (Derivations, S2).
    """
    i, j, names = different(seen)
    end, over, D = last_time(seen), passage(seen), float(seen.diameter[-1])
    if D >= 1:
        return unmeasured(f"the run ends too early: D = {D:.3g}")
    logs = seen.solution.log_deviation[-1, i, j]
    finite = np.isfinite(logs)
    if not finite.any():
        return unmeasured("the nodes agree from the start: D = 0")
    i, j, logs, names = i[finite], j[finite], logs[finite], [names[k] for k in np.flatnonzero(finite)]
    measured = np.exp(logs + rate * seen.kappa * end)
    predicted = seen.start.deviation[0, i, j] * np.exp(half * seen.kappa * (2 * end - over.pairs[-1, i, j]))
    left = Accuracy(D / (1 - D) + seen.kappa * over.error[-1], "the integral beyond the run, and its rule")
    accuracy = left + seen.deviation_accuracy(np.exp(logs.real))
    return equal(measured, predicted, accuracy, np.abs(predicted), pair=names)


# S3


@statement("S3", "one Mobius map moves all nodes", *PLAIN, of_states, source=SECTION, sharp=True)
def s3(seen: Evidence, *, half: float = 0.5) -> Outcome:
    """``z_ij = <C_i, C_j>``, ``C_i(t) = (A C_i + b) / (c.C_i + d)`` with one matrix ``M = [[A, b], [c, d]]``.

    ``M' = (kappa/2) [[0, zeta], [zeta^dagger, 0]] M``, ``zeta = (1/N) sum_i C_i(t)`` (Derivations, S3).
    """
    end = early(seen)
    start, run = seen.start.correlation[0], seen.solution.at([end])
    values, vectors = np.linalg.eigh((start + start.conj().T) / 2)
    C = vectors[:, values > POSITIVE] * np.sqrt(values[values > POSITIVE])

    def moved(M: ComplexArray) -> ComplexArray:
        return np.asarray((C @ M[:-1, :-1].T + M[:-1, -1]) / (C @ M[-1, :-1] + M[-1, -1])[:, None])

    def derivative(_: int, M: ComplexArray) -> ComplexArray:
        zeta = moved(M).mean(axis=0)
        generator = np.zeros_like(M)
        generator[:-1, -1], generator[-1, :-1] = zeta, zeta.conj()
        return np.asarray(half * seen.kappa * generator @ M)

    one = np.eye(C.shape[1] + 1, dtype=np.complex128)
    nodes = [moved(runge_kutta(derivative, one, end, steps)) for steps in (STEPS, STEPS // 2)]
    fine, coarse = (each @ each.conj().T for each in nodes)
    error = 10 * float(absolute(seen, run.deviation).max()) + POSITIVE * float(np.abs(run.deviation).max())
    outcome = _changes(start, run.correlation[0], fine, coarse, error)
    return outcome.but(f"the change of z from t = 0 to {end:.4g}, with the map M integrated anew")


# S6, S7


def of_pure(seen: Evidence) -> Hypothesis:
    """Nodes are pure."""
    return Hypothesis("pure nodes", "wave functions" if pure(seen) else "others", pure(seen))


@statement("S6", "distances by correlations", coupled, several, functions, of_pure, source=SECTION, sharp=True)
def s6(seen: Evidence, *, factor: float = 2.0, product: float = 1.0) -> Outcome:
    """``||w_ij - w_lm||^2 = 2 (2 pi hbar)^-d Re(d_il + d_jm - d_il conj(d_jm))``, ``d = 1 - z`` (Derivations, S6).

    Measured from functions on phase space.
    """
    times, chosen = looks(seen), some(seen.count, APART)
    pairs = [(int(i), int(j)) for i in chosen for j in chosen]
    first, second = np.array(pairs).T
    found, lost = [], 0.0
    for w in functions_in_turn(seen, seen.solution.at(times), pairs):
        flat = w.reshape(len(pairs), -1)
        products = (flat @ flat.conj().T).real * seen.space.cell
        norms = np.diagonal(products)
        found.append(norms[:, None] + norms - 2 * products)
        lost = max(lost, missing(seen, w[0]))
    d = seen.solution.at(times).deviation
    rows, columns = d[:, first[:, None], first], d[:, second[:, None], second]
    predicted = factor / seen.cell * (rows + columns - product * rows * columns.conj()).real
    scale = np.maximum(np.abs(predicted).max(axis=(1, 2), keepdims=True), ROUNDING / seen.cell)
    accuracy = seen.function_accuracy + Accuracy(lost**2, "what the box leaves out, squared")
    names = [str(pair) for pair in pairs]
    outcome = equal(found, predicted, accuracy * (8 / seen.cell / scale), scale, t=times, ij=names, lm=names)
    few = "all nodes" if len(chosen) == seen.count else f"{len(chosen)} of {seen.count} nodes"
    return outcome.but(f"all differences of functions of {few}, at {len(times)} times")


@statement("S7", "an explicit bound of sizes", *AGGREGATING, functions, source=SECTION)
def s7(seen: Evidence, *, limit: float = 1.0) -> Outcome:
    """``R(t) <= R(0) / (1 - D0 + D0 e^{-kappa t}) <= R(0) / (1 - D0)``, ``R = max ||w_ij||`` (Derivations, S7)."""
    D0 = np.float64(seen.initial_diameter)
    bound = limit * initial_size(seen) / (1 - D0 + D0 * np.exp(-seen.kappa * seen.times))
    return at_most(largest_size(seen), bound, size_accuracy(seen), t=seen.times)


# S9


GROWING = (coupled, several, identical, symmetric, of_states)


def _lack(seen: Evidence, run: Solution) -> FloatArray:
    """``(1/N^2) sum_ik A_ik Re(1 - z_ik)``, (T,): what E lacks from its value for nodes that agree."""
    return np.asarray(np.einsum("ik,tik->t", weights(seen), run.deviation.real) / seen.count**2)


def _gain(A: FloatArray, d: ComplexArray) -> FloatArray:
    """``(1/N) sum_i [|zeta_i|^2 - Re <C_i, zeta_i>^2]`` from deviations (T, N, N), without cancellation."""
    n = len(A)
    total = A.sum(axis=1) / n
    own = np.einsum("ik,tik->ti", A, d) / n
    square = np.einsum("ik,il,tkl->ti", A, A, d, optimize=True) / n**2
    return np.asarray((2 * total * own - own**2 - square).real.mean(axis=1))


@statement("S9, rate", "how fast the order parameter grows", *GROWING, source=SECTION, sharp=True)
def s9_rate(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``E' = (kappa/N) sum_i [|zeta_i|^2 - Re(<C_i, zeta_i>^2)]``, ``E = (1/N) sum_i Re <C_i, zeta_i>``.

    ``zeta_i = (1/N) sum_k A_ik C_k``; on a complete graph E is the square of the order parameter (Derivations, S9).
    """
    found, A = motion(seen), weights(seen)
    slope = -np.einsum("ik,tik->t", A, found.slope.real) / seen.count**2
    predicted = factor * seen.system.coupling * _gain(A, found.d)
    noise = 4 * abs(seen.system.coupling) * absolute(seen, found.d).max(axis=(1, 2))
    size = np.abs(predicted)
    errors = np.abs(A).mean() * (found.error.max(axis=(1, 2)) + noise) / np.where(size > 0, size, 1.0)
    accuracy = Accuracy(errors, "differences in time of order 8, and 10 rtol")
    return equal(slope, predicted, accuracy, size, t=found.times)


@statement("S9, growth", "the order parameter never falls", *GROWING, positive, source=SECTION)
def s9_growth(seen: Evidence, *, limit: float = 1.0) -> Outcome:
    """``E(t)`` does not fall: ``mean_ij A_ij Re(1 - z_ij)`` does not grow from one output to the next."""
    times = np.union1d([0.0], seen.times)
    run = seen.solution.at(times)
    lack = _lack(seen, run)
    noise = np.abs(weights(seen)).mean() * absolute(seen, run.deviation).max(axis=(1, 2))
    clear = (np.abs(lack[1:]) > TINY) | (lack[:-1] == 0)
    bound = limit * lack[:-1][clear]
    accuracy = Accuracy(np.where(bound == 0, 0.0, noise[:-1][clear] / np.abs(bound)), "10 rtol")
    return at_most(lack[1:][clear], bound, accuracy, t=times[1:][clear])


@statement("S9, dichotomy", "aggregation, or one state at the antipode", *GROWING, all_to_all, positive, source=SECTION)
def s9_dichotomy(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """All nodes end at ``zeta/|zeta|``, but those of one initial state at most, if ``zeta(0) != 0``.

    With ``c_j = Re <C_j, zeta> / |zeta|`` the others have ``1 - c_j <= sum_k [1 - Re(<C_k, zeta>^2) / |zeta|^2]``.
    This sum tends to 0, and is small only where each c_k is near 1 or -1 (Derivations, S9).
    """
    d = seen.deviation[-1]
    own = d.mean(axis=1)
    mean = own.mean().real
    order = np.sqrt(np.maximum(1 - mean, 0.0))
    if not order > np.sqrt(ROUNDING):
        return unmeasured("the order parameter vanishes: zeta = 0")
    total = seen.count * _gain(np.ones((seen.count, seen.count)), d[None])[0] / order**2
    if total > 0.5:
        return unmeasured(f"the run ends before the nodes have decided: the sum is {total:.2g}")
    below = (own.real - mean / (1 + order)) / order  # 1 - c_j
    first = int(np.argmax(below))
    others = np.abs(seen.start.deviation[0, first]) > UNIT
    if not others.any():
        return unmeasured("the nodes agree from the start")
    error = 10 * float(absolute(seen, d).max())
    bound = factor * max(total, 0.0) + 2 * error  # sums below their own errors are none
    outcome = at_most(below[others].max(), bound, Accuracy(error / bound if bound > 0 else 0.0, "10 rtol"))
    ends = "at the antipode" if below[first] > 1 else "with the others"
    return outcome.but(f"the node farthest from the mean, {first}, ends {ends}; at t = {seen.times[-1]:.4g}")


# S10


@statement("S10", "decay of differences without a factor t", functions, *AGGREGATING, source=SECTION)
def s10(seen: Evidence, *, rate: float = 0.5, second: float = 2.0) -> Outcome:
    """``sqrt(S(t)) <= e^alpha (sqrt(S(0)) + 2 alpha sqrt(N) R_inf) e^{-kappa t/2}``, ``S = sum_k ||w_ik - w_jk||^2``.

    ``alpha = D0 / (1 - D0)``, ``R_inf = R(0) / (1 - D0)`` (Derivations, S10).
    """
    found, (a, R) = rows(seen), constants(seen)
    start = np.sqrt(np.maximum(row_squares(seen, seen.start)[0, found.i, found.j].sum(axis=1), 0))
    bound = np.exp(a) * (start + second * a * np.sqrt(seen.count) * R)
    bound = bound * np.exp(-rate * seen.kappa * found.times)[:, None]
    S = np.maximum(found.total, 0)
    error = np.sqrt(S + found.error.sum(axis=2) * seen.step) - np.sqrt(S)
    accuracy = Accuracy(np.where(bound == 0, 0.0, error / np.abs(bound)), "10 rtol of correlations")
    return at_most(np.sqrt(S), bound, accuracy, t=found.times, pair=found.names)


STATEMENTS: tuple[Statement, ...] = (
    s1_correlations,
    s1_functions,
    s2_cross_ratios,
    s2_cycles,
    s2_limit,
    s3,
    *locking.STATEMENTS,
    s6,
    s7,
    s9_rate,
    s9_growth,
    s9_dichotomy,
    s10,
)
