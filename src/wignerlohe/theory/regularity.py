"""Section 4.1 of the paper: the spaces X and D(A), and the bound on ``p.grad_x w_ij`` of Lemma 4.2.

``||f||_X = ||f|| + |integral f|`` with the norm of L^2; ``A = -(p/m).grad_x``, ``L = (p/m).grad_x + Theta[V]``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wignerlohe.grid import PhaseSpace
from wignerlohe.models.correlations import Correlations
from wignerlohe.operators import norm_in_x
from wignerlohe.solution import Solution
from wignerlohe.solver import solve
from wignerlohe.theory import terms
from wignerlohe.theory.diameter import PLAIN
from wignerlohe.theory.evidence import ROUNDING, Evidence
from wignerlohe.theory.hypotheses import AGGREGATING, bounded, coupled, functions, steady
from wignerlohe.theory.motion import integrals, kept, last_time
from wignerlohe.theory.sizes import initial_size
from wignerlohe.theory.statement import Accuracy, Outcome, Statement, at_most, equal, statement, unmeasured
from wignerlohe.theory.terms import below, box_errors, choose, looks, one_equation, smooth, spilled, transported

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

SECTION = "section 4.1, spaces and regularity"
SIDES = (1, 2, 4, 8)  # of cubes [0, m]^2d
MOVED = 1e-3  # differences of correlations count relative to their change, if that is larger
MODES = (1, 2, 4, 8)  # wavenumbers of plane waves, in those of the box


def cubes(dimension: int) -> tuple[PhaseSpace, ComplexArray]:
    """``f_m = m^-2d`` on the cube [0, m]^2d, and 0 elsewhere, for a few m: exact on these samples."""
    n, axes = SIDES[-1], 2 * dimension
    low, high, points = [0.0] * dimension, [float(n)] * dimension, [n] * dimension
    space = PhaseSpace(low, high, points, low, high, points)
    found = np.zeros((len(SIDES), *space.shape), dtype=np.complex128)
    for f, m in zip(found, SIDES, strict=True):
        f[(slice(m),) * axes] = float(m) ** -axes
    return space, found


@statement(
    "(36), printed", "X is a Banach space: a sequence of Cauchy in X converges in X, to its limit in L^2", functions,
    source=SECTION,
)  # fmt: skip
def complete_printed(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``||f_m - f||_X <= sup_n ||f_m - f_n||_X`` over ``n >= m``, if ``f_m -> f``.

    ``f_m = m^-2d`` on ``[0, m]^2d`` and 0 elsewhere is a sequence of Cauchy that tends to f = 0 in L^2.
    """
    space, found = cubes(seen.space.dimension)
    apart = np.array([norm_in_x(space, found[k:] - f).max() for k, f in enumerate(found)])
    rest = space.norm(found[-1])  # members beyond the last one are nearer to each other than this
    outcome = at_most(norm_in_x(space, found), factor * (apart + rest), Accuracy(ROUNDING, "rounding"), m=SIDES)
    return outcome.but("norms in L^2 tend to 0 while all integrals stay 1: X is not complete")


@statement(
    "(36), mended", "instead of X: pairs (w_ij, z_ij) in L^2 and C, where z_ij is an unknown of its own", *PLAIN,
    functions, source=SECTION, sharp=True,
)  # fmt: skip
def complete_mended(seen: Evidence, *, integral: float = 1.0, coupling: float = 1.0) -> Outcome:
    """``integral w_ij dx dp = z_ij``, where z solves (20), which is closed, by itself."""
    last_time(seen)
    times, z = np.union1d([0.0], seen.moments), seen.start.correlation[0]
    rtol = min(seen.solution.method.rtol, 1e-10)
    run = solve(Correlations(coupling * seen.kappa), z, times, rtol=rtol)
    if len(run.times) < len(times):
        return unmeasured("correlations are close to a blow-up")
    chosen = choose(seen)
    i, j = np.array(chosen).T
    at = [float(time) for time in seen.moments]
    looked = [_integrals(seen, seen.solution, chosen, time) for time in at]
    found, lost = (np.array(each) for each in zip(*looked, strict=True))
    predicted = integral * run.correlation[-len(at) :, i, j]
    change = float(np.abs(found - z[i, j]).max())
    scale = change if change > MOVED else float(np.abs(found).max())
    error = seen.function_accuracy * (float(seen.sizes.max()) + float(np.abs(found).max()))
    error = error + Accuracy(float(lost.max()), "edges of the box")
    accuracy = (error + Accuracy(10 * (rtol + seen.solution.method.rtol), "(20) solved by itself")) * (1 / scale)
    outcome = equal(found, predicted, accuracy, scale, t=seen.moments, pair=[str(pair) for pair in chosen])
    return outcome.but(f"with functions on phase space of {len(chosen)} pairs at {len(at)} times")


def _integrals(seen: Evidence, run: Solution, pairs: terms.Pairs, time: float) -> tuple[ComplexArray, FloatArray]:
    """Integrals of functions at a time, and what the box does not hold."""
    w = run.wigner_functions(pairs, time)
    return np.asarray(seen.space.integral(w)), spilled(seen, w)


@statement("(36), norm", "the norm of X", *PLAIN, functions, source=SECTION, sharp=True)
def norm_36(seen: Evidence, *, size: float = 1.0, integral: float = 1.0) -> Outcome:
    """``||w_ij||_X = ||w_ij|| + |z_ij|``: of functions on phase space, and from inner products of states."""
    chosen, run = choose(seen), seen.solution.at(seen.moments)
    i, j = np.array(chosen).T
    predicted = size * seen.sizes_of(run)[:, i, j] + integral * np.abs(run.correlation[:, i, j])
    functions = (run.wigner_functions(chosen, float(time)) for time in run.times)
    found, lost = zip(*((norm_in_x(seen.space, w), spilled(seen, w)) for w in functions), strict=True)
    edges = Accuracy(2 * float(np.max(lost) / np.abs(predicted).max()), "edges of the box")
    names = [str(pair) for pair in chosen]
    outcome = equal(found, predicted, seen.function_accuracy + edges, t=run.times, pair=names)
    return outcome.but(f"with functions on phase space at {len(run.times)} times")


def modulated(seen: Evidence) -> tuple[FloatArray, ComplexArray, FloatArray, Accuracy]:
    """Wavenumbers k of the first axis, one w = w_ij(0), ``||A (e^{+-i k x} w)||`` (2, k), and their accuracy."""
    w = seen.solution.wigner_functions(choose(seen, most=1)[:1], 0.0)[0]
    modes = [m for m in MODES if m == 1 or 2 * terms.EDGE * m <= seen.space.x_points[0]]
    k = 2 * np.pi / (seen.space.x_upper[0] - seen.space.x_lower[0]) * np.array(modes)
    x = np.expand_dims(seen.space.x[0], list(range(1, w.ndim)))
    found = [[seen.space.norm(transported(seen, np.exp(1j * s * each * x) * w)) for each in k] for s in (1, -1)]
    Tw = transported(seen, w)
    lost = float((spilled(seen, Tw) + terms.SPILL * seen.space.norm(terms.upper(seen, Tw))) / seen.space.norm(Tw))
    return np.asarray(k), w, np.array(found), Accuracy(lost + ROUNDING, "edges of the box, and of wavenumbers")


@statement("(36), A on L^2, printed", "A maps all of L^2 to L^2, so that it is bounded", functions, source=SECTION)
def bounded_printed(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``||A f|| <= C ||f||`` for all f with one C: that of ``f = w`` for ``f = e^{i k x} w`` too."""
    k, w, found, accuracy = modulated(seen)
    bound = factor * seen.space.norm(transported(seen, w))
    outcome = at_most(found.max(axis=0), bound, accuracy, k=k)
    return outcome.but("w is one of the w_ij(0); ||e^{i k x} w|| is the same for all k")


@statement(
    "(36), A on L^2, mended", "A is unbounded: D(A) asks for p.grad_x f in the space", functions, source=SECTION,
    sharp=True,
)  # fmt: skip
def bounded_mended(seen: Evidence, *, own: float = 2.0, square: float = 2.0) -> Outcome:
    """``||A (e^{i k x} w)||^2 + ||A (e^{-i k x} w)||^2 = 2 ||A w||^2 + 2 k^2 ||p w/m||^2``, which grows with k."""
    k, w, found, accuracy = modulated(seen)
    p = np.expand_dims(seen.space.p[0], [n for n in range(w.ndim) if n != seen.space.dimension])
    still = own * seen.space.norm(transported(seen, w)) ** 2
    predicted = still + square * k**2 * seen.space.norm(p / seen.model.mass * w) ** 2
    outcome = equal((found**2).sum(axis=0), predicted, accuracy * 2.0, np.abs(predicted), k=k)
    return outcome.but("w is one of the w_ij(0)")


@statement(
    "Lemma 4.2, Case C.2, printed", "Theta[V] and p.grad_x commute", functions, coupled, one_equation,
    source=SECTION,
)  # fmt: skip
def case_c2_printed(seen: Evidence) -> Outcome:
    """``Theta[V] (p.grad_x w) = p.grad_x (Theta[V] w)``; measured as the norm of the difference."""
    found, pairs = looks(seen), [str(pair) for pair in choose(seen)]
    size = np.array([look.product for look in found])
    rates, lost = np.array([look.rate for look in found]), np.array([look.spilled for look in found])
    if not np.any(size > seen.function_accuracy.value * rates):
        return unmeasured("Theta[V] vanishes: V is constant")
    accuracy = terms.accuracy_of(seen, seen.function_accuracy.value * size + lost, size)
    outcome = equal(
        [look.commutator for look in found], 0.0, accuracy, size, t=[look.time for look in found], pair=pairs
    )
    return outcome.but(terms.sampled_note(seen))


@statement(
    "Lemma 4.2, Case C.2, mended", "L commutes with the whole dynamics, instead of Theta[V] with p.grad_x",
    functions, one_equation, steady, *AGGREGATING, smooth, source=SECTION,
)  # fmt: skip
def case_c2_mended(seen: Evidence, *, limit: float = 1.0) -> Outcome:
    """``max ||L w_ij(t)|| <= max ||L w_ij(0)|| / (1 - D0)`` (Derivations, S8)."""
    sizes = [look.sizes(0, 1, 1, 0, 0) for look in looks(seen)]
    return below(seen, sizes, limit * terms.start(seen).moved / np.float64(1 - seen.initial_diameter), box_errors(seen))


@statement(
    "Lemma 4.2", "p.grad_x w_ij stays bounded", functions, one_equation, steady, *AGGREGATING, bounded, smooth,
    source=SECTION,
)  # fmt: skip
def lemma_4_2(seen: Evidence, *, limit: float = 1.0) -> Outcome:
    """``sup_t ||p.grad_x w_ij/m|| < infinity``: ``<= (max ||L w_ij(0)|| + osc(V) R(0)/hbar) / (1 - D0)``.

    The bound is that of Derivations, S8; ``osc(V) = sup V - inf V``.
    """
    sizes = [look.sizes(0, 1, 0, 0, 0) for look in looks(seen)]
    return below(seen, sizes, limit * transport_bound(seen), box_errors(seen))


def transport_bound(seen: Evidence) -> np.float64:
    """``(max ||L w_ij(0)|| + osc(V) R(0)/hbar) / (1 - D0)``."""
    turning = terms.height(seen) / seen.hbar * initial_size(seen)
    return np.float64((terms.start(seen).moved + turning) / np.float64(1 - seen.initial_diameter))


@statement(
    "(37)", "the rate of ||p.grad_x w_ij||^2, real parts taken", functions, one_equation, *PLAIN, smooth,
    source=SECTION, sharp=True,
)  # fmt: skip
def equation_37(seen: Evidence, *, turning: float = 2.0, factor: float = 2.0) -> Outcome:
    """``d/dt ||A w_ij||^2 = 2 (kappa/2N) sum_k Re [<A (w_kj + w_ik), A w_ij> - (z_ik + z_kj) ||A w_ij||^2] - J``.

    ``J = 2 Re <A Theta[V] w_ij, A w_ij>`` vanishes for ``Theta[V] A = A Theta[V]``, which does not hold.
    """
    found = looks(seen)
    predicted = np.array([_rate_37(seen, look, turning, factor) for look in found])
    slopes, errors = (np.array([getattr(look, name) for look in found]) for name in ("slope", "slope_error"))
    squares = np.array([look.sizes(0, 1, 0, 0, 0) ** 2 for look in found])
    scale = np.abs(predicted).max(axis=1, keepdims=True)
    rates = np.array([look.product * look.sizes(0, 1, 0, 0, 0) for look in found]) + abs(seen.kappa) * squares
    if np.abs(predicted).max() <= 10 * seen.function_accuracy.value * rates.max():
        return unmeasured("both sides vanish on this run")
    lost = np.array([2 * look.spilled**2 for look in found])
    accuracy = terms.accuracy_of(seen, errors + lost + 4 * seen.function_accuracy.value * rates, scale)
    pairs = [str(pair) for pair in choose(seen)]
    outcome = equal(slopes, predicted, accuracy, scale, t=[look.time for look in found], pair=pairs)
    return outcome.but(terms.sampled_note(seen))


def _rate_37(seen: Evidence, look: terms.Look, turning: float, factor: float) -> FloatArray:
    """The right-hand side of (37)."""
    squares = look.sizes(0, 1, 0, 0, 0) ** 2
    gained = factor * seen.kappa / 2 * (look.gaining - look.loss.real * squares)
    return np.asarray(gained - turning * look.turning)


@statement(
    "(38)", "how fast L w_ij grows at most", functions, one_equation, steady, *AGGREGATING, smooth, source=SECTION,
)  # fmt: skip
def inequality_38(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``d/dt max ||L w_ij||^2 <= 2 kappa D max ||L w_ij||^2``, integrated from t = 0."""
    exponents, rough = (each[:, None] for each in passed(seen))
    bound = factor * terms.start(seen).moved * np.exp(seen.kappa * exponents)
    sizes = np.array([look.sizes(0, 1, 1, 0, 0) for look in looks(seen)])
    return below(seen, sizes, bound, box_errors(seen) + abs(seen.kappa) * rough * sizes)


@kept
def passed(seen: Evidence) -> tuple[FloatArray, FloatArray]:
    """``int_0^t D ds`` up to the time of each look, and its error."""
    times = np.array([look.time for look in looks(seen)])
    return integrals(seen, lambda run: run.diameter, times)


STATEMENTS: tuple[Statement, ...] = (
    complete_printed,
    complete_mended,
    norm_36,
    bounded_printed,
    bounded_mended,
    case_c2_printed,
    case_c2_mended,
    lemma_4_2,
    equation_37,
    inequality_38,
)
