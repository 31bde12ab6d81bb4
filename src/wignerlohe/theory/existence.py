"""Theorem 4.1 of the paper: mild solutions by Duhamel's formula, and classical ones, on functions of a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wignerlohe.theory import terms
from wignerlohe.theory.diameter import PLAIN
from wignerlohe.theory.evidence import Evidence
from wignerlohe.theory.hypotheses import AGGREGATING, bounded, functions, steady
from wignerlohe.theory.motion import kept, last_time, rule
from wignerlohe.theory.regularity import transport_bound
from wignerlohe.theory.sizes import initial_size
from wignerlohe.theory.statement import Accuracy, Outcome, Statement, at_most, equal, statement
from wignerlohe.theory.terms import below, box_errors, choose, looks, one_equation, smooth, spilled, transported, turned

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

SECTION = "section 4.2, existence and uniqueness"
INTERVALS = 12  # of the rule of Clenshaw and Curtis over the time in which a function changes
POSITIONS, MOMENTA = 2**14, 33  # at which the hat is looked at


# Theorem 4.1 (1)


@dataclass(frozen=True)
class Mild:
    """Duhamel's formula for one function from 0 to a time.

    Columns of ``terms`` (5, 5) are ``w(t)``, ``e^{tA} w(0)``, and the integrals of ``e^{(t-s)A}`` applied to ``Theta
    w(s)``, to the gain ``(1/N) sum_k (w_ik + w_kj)`` and to ``(1/N) sum_k (z_ik + z_kj) w_ij``, in an orthonormal
    basis; ``error`` is that of the integrals and of the box in L^2.
    """

    time: float
    pair: tuple[int, int]
    terms: ComplexArray
    error: float


@kept
def mild(seen: Evidence) -> Mild:
    """Duhamel's formula from functions of the run."""
    pair = (0, min(1, seen.count - 1))
    w = seen.solution.wigner_functions([pair], 0.0)[0]
    norm = seen.space.norm
    rate = (norm(transported(seen, w)) + norm(turned(seen, w))) / max(norm(w), np.finfo(float).tiny)
    end = min(last_time(seen), 1 / float(rate + seen.system.rate))
    nodes, fine, coarse = rule(INTERVALS)
    run = seen.solution.at(end * nodes)
    sums = np.zeros((2, 3, *seen.space.shape), dtype=np.complex128)
    for k, time in enumerate(run.times.tolist()):
        (now,), (gain,), (loss,) = terms.with_others(seen, run, [pair], time)
        parts = _freely(seen, np.array([turned(seen, now, time), gain, loss * now]), end - time)
        sums[0] += end * fine[k] * parts
        if k % 2 == 0:
            sums[1] += end * coarse[k // 2] * parts
    columns = np.array([now, _freely(seen, w, end), *sums[0]]).reshape(5, -1).T
    kappa = abs(seen.kappa) / 2
    quadrature = float(norm(sums[0] - sums[1]) @ [1.0, kappa, kappa])
    lost = end * float(spilled(seen, transported(seen, now), turned(seen, now, end)))
    triangle = np.asarray(np.linalg.qr(columns, mode="r")) * np.sqrt(seen.space.cell)
    return Mild(end, pair, triangle, quadrature + lost)


def _freely(seen: Evidence, w: ComplexArray, time: float) -> ComplexArray:
    """``e^{t A} w``, free transport: w(x - p t/m, p) for functions (..., *space.shape)."""
    d = seen.space.dimension
    axes, turn = tuple(range(-2 * d, -d)), np.zeros(seen.space.shape)
    for axis, (k, p) in enumerate(zip(seen.space.wavenumbers, seen.space.p, strict=True)):
        sides = [np.expand_dims(side, [n for n in range(2 * d) if n != at]) for side, at in ((k, axis), (p, d + axis))]
        turn += sides[0] * sides[1] * time / seen.model.mass
    return np.asarray(np.fft.ifftn(np.exp(-1j * turn) * np.fft.fftn(w, axes=axes), axes=axes))


@statement(
    "Theorem 4.1 (1)", "the solution is mild: Duhamel's formula", functions, one_equation, *PLAIN, bounded,
    source=SECTION, sharp=True,
)  # fmt: skip
def theorem_4_1_mild(seen: Evidence, *, initial: float = 1.0, turning: float = 1.0, half: float = 0.5) -> Outcome:
    """``w_ij(t) = e^{tA} w_ij(0) + int_0^t e^{(t-s)A} [(kappa/2N) sum_k J_k - Theta[V] w_ij](s) ds``.

    ``A = -(p/m).grad_x``, ``J_k = w_ik + w_kj - (z_ik + z_kj) w_ij``; measured as the norm of the difference.
    """
    found, rate = mild(seen), half * seen.kappa
    rest = float(np.linalg.norm(found.terms @ [1.0, -initial, turning, -rate, rate]))
    moved = float(np.linalg.norm(found.terms @ [1.0, -1.0, 0, 0, 0]))
    size = float(np.linalg.norm(found.terms[:, 0]))
    lost = seen.function_accuracy
    origin = f"the rule of Clenshaw and Curtis; edges of the box; {lost.origin}"
    scale = moved if moved > 10 * float(lost.value) * size else 0.0
    accuracy = Accuracy((found.error + 2 * float(lost.value) * size) / scale if scale else 0.0, origin)
    outcome = equal(rest, 0.0, accuracy, scale)
    return outcome.but(f"for the pair {found.pair} from t = 0 to {found.time:.4g}") if scale else outcome


@statement("Theorem 4.1 (1), for all times", "w_ij stay in a ball of X", functions, *AGGREGATING, source=SECTION)
def theorem_4_1_ball(seen: Evidence, *, size: float = 1.0) -> Outcome:
    """``sup_t ||w_ij(t)||_X <= R(0)/(1 - D0) + 1 + D0`` (Derivations, S7), so that no window is the last one."""
    found = seen.sizes + np.abs(seen.z)
    bound = size * _ball(seen)
    nodes = range(seen.count)
    return at_most(found, bound, seen.function_accuracy, t=seen.times, i=nodes, j=nodes)


def _ball(seen: Evidence) -> np.float64:
    D0 = np.float64(seen.initial_diameter)
    return np.float64(initial_size(seen) / (1 - D0) + 1 + D0)


# Theorem 4.1 (2)


def hat_quotient(step: float) -> float:
    """``||A [w(h) - w(0)] / h||`` for ``w(t) = f(x - p t, p)``, f a hat in x on [-1, 1] times a Gaussian in p.

    On samples; it is ``(6 int |p|^3 g(p)^2 dp / h)^(1/2)`` for small h, since the slope of the hat jumps by 1, -2, 1.
    """
    x = np.linspace(-3, 3, POSITIONS, endpoint=False)
    p = np.linspace(-2.5, 2.5, MOMENTA)[:, None]
    gaussian = np.exp(-(p**2)) / np.sqrt(np.pi)

    def slope(x: FloatArray) -> FloatArray:
        return np.asarray(np.where(np.abs(x) < 1, -np.sign(x), 0.0))

    change = p * gaussian * (slope(x - p * step) - slope(x)) / step
    return float(np.sqrt((change**2).sum() * (x[1] - x[0]) * (p[1, 0] - p[0, 0])))


@statement(
    "Theorem 4.1 (2), printed", "classical solutions are in C([0, T]; X) and in C^1([0, T]; D(A))", source=SECTION
)
def theorem_4_1_printed(seen: Evidence, *, quotient: float = 1.0) -> Outcome:
    """``||A [w(h) - w(0)]/h||`` tends to a limit as ``h -> 0``: its ratio for h/4 and h to 1.

    Equal nodes ``w_ij = f`` move as ``f(x - p t, p)`` for V = 0; here f in D(A) is a hat in x times a Gaussian in p.
    """
    del seen  # one counterexample for all runs
    ratio = hat_quotient(0.025) / hat_quotient(0.1)
    outcome = equal(ratio, quotient, Accuracy(0.01, "samples in x and p"))
    return outcome.but("it grows as h^(-1/2): w is in C([0, T]; D(A)) and C^1([0, T]; X), but not in C^1([0, T]; D(A))")


@statement(
    "Theorem 4.1 (2), mended", "classical solutions are in C([0, T]; D(A)) and in C^1([0, T]; X): equation (2) in L^2",
    functions, one_equation, *PLAIN, smooth, bounded, source=SECTION, sharp=True,
)  # fmt: skip
def theorem_4_1_classical(
    seen: Evidence, *, transport: float = 1.0, turning: float = 1.0, half: float = 0.5
) -> Outcome:
    """``w_ij' + (p/m).grad_x w_ij + Theta[V] w_ij = (kappa/2N) sum_k [w_ik + w_kj - (z_ik + z_kj) w_ij]`` in L^2.

    Measured as the norm of the difference of both sides.
    """
    found, pairs, rate = looks(seen), [str(pair) for pair in choose(seen)], half * seen.kappa
    rest = np.array([look.sizes(1.0, transport, turning, -rate, rate * look.loss) for look in found])
    sizes = np.array([look.sizes(0, 0, 0, 0, 1.0) for look in found])
    scale = np.array([look.sizes(1.0, 0, 0, 0, 0) for look in found])
    lost = np.array(
        [seen.function_accuracy.value * (look.rate + 2 * abs(seen.kappa) * look.sizes(0, 0, 0, 1, 1)) for look in found]
    )
    errors = np.array([look.error + look.spilled for look in found]) + lost
    scale = np.where(scale > 10 * seen.function_accuracy.value * sizes * seen.system.rate, scale, 0.0)
    accuracy = terms.accuracy_of(seen, errors, scale)
    outcome = equal(rest, 0.0, accuracy, scale, t=[look.time for look in found], pair=pairs)
    return outcome.but(terms.sampled_note(seen)) if np.any(scale > 0) else outcome


@statement(
    "Theorem 4.1 (2), in D(A)", "w_ij stay in a ball of D(A)", functions, one_equation, steady, *AGGREGATING, bounded,
    smooth, source=SECTION,
)  # fmt: skip
def theorem_4_1_domain(seen: Evidence, *, limit: float = 1.0) -> Outcome:
    """``sup_t [||w_ij||_X + ||(p/m).grad_x w_ij||] <= R(0)/(1 - D0) + 1 + D0 + M``, M the bound of Lemma 4.2."""
    found, (i, j) = looks(seen), np.array(choose(seen)).T
    z = np.abs(seen.solution.at([look.time for look in found]).correlation[:, i, j])
    sizes = z + np.array([look.sizes(0, 0, 0, 0, 1) + look.sizes(0, 1, 0, 0, 0) for look in found])
    return below(seen, sizes, limit * (_ball(seen) + transport_bound(seen)), box_errors(seen))


@statement(
    "Theorem 4.1 (2), in C^1", "how fast w_ij move in L^2", functions, one_equation, steady, *AGGREGATING, smooth,
    source=SECTION,
)  # fmt: skip
def theorem_4_1_speed(seen: Evidence, *, limit: float = 1.0) -> Outcome:
    """``sup_t ||w_ij'|| <= [max ||L w_ij(0)|| + kappa (2 + D0) R(0)] / (1 - D0)`` (Derivations, S7, S8)."""
    found, D0 = looks(seen), np.float64(seen.initial_diameter)
    bound = limit * (terms.start(seen).moved + seen.kappa * (2 + D0) * initial_size(seen)) / (1 - D0)
    speeds = [look.sizes(1, 0, 0, 0, 0) for look in found]
    return below(seen, speeds, bound, [look.error + look.spilled for look in found])


STATEMENTS: tuple[Statement, ...] = (
    theorem_4_1_mild,
    theorem_4_1_ball,
    theorem_4_1_printed,
    theorem_4_1_classical,
    theorem_4_1_domain,
    theorem_4_1_speed,
)
