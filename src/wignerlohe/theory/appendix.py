"""The appendix of the paper: bounded perturbations of semigroups, semilinear equations, and the mean value inequality.

``S(t) = e^{-tL}``, ``L = (p/m).grad_x + Theta[V]``: transport is a group of isometries, M = 1 and w = 0, and B =
-Theta[V]; what the statements on S need is that V does not depend on time.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wignerlohe.errors import UnresolvedWarning
from wignerlohe.grid import PhaseSpace
from wignerlohe.models.wigner_equation import WignerEquation
from wignerlohe.operators import theta
from wignerlohe.potentials import Potential
from wignerlohe.solver import solve
from wignerlohe.theory.contraction import data, of_data
from wignerlohe.theory.diameter import PLAIN
from wignerlohe.theory.evidence import ROUNDING, Evidence
from wignerlohe.theory.hypotheses import bounded, coupled, functions, oscillation, several, steady
from wignerlohe.theory.motion import kept, last_time
from wignerlohe.theory.picard import combined, maps_at, norm_in_x, windows
from wignerlohe.theory.quadratic import EXACT, NOTE, F, derivative, norm, two_matrices, vanishes
from wignerlohe.theory.statement import Accuracy, Outcome, Statement, at_most, equal, statement, unmeasured
from wignerlohe.theory.terms import (
    FINE,
    below,
    box_errors,
    choose,
    height,
    looks,
    on_grid_only,
    one_equation,
    smooth,
    spilled,
    transported,
    turned,
    with_others,
)

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

SECTION = "appendix, semigroups"
ITERATIONS, NOISE = 12, 0.1  # of the power method, and in what it starts from
MOST = 2**18  # samples of phase space on which it runs
PUSH = 1e-3  # how far data are perturbed, relatively
TIMES = 9  # at which runs are compared
SEGMENT = np.linspace(0, 1, 101)  # from x to y
SHORT, LONG = 1e-6, 1e3  # t in the definition of the derivative


# Theorem A.1


@statement(
    "Theorem A.1, norm of B", "Theta[V] is bounded, and its norm is known", functions, one_equation, steady, bounded,
    source=SECTION, sharp=True,
)  # fmt: skip
def norm_of_theta(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``||Theta[V]|| = (ess sup V - ess inf V) / hbar``, an equality (Derivations, S7); by the power method."""
    source = seen.model.sampled.sources[0]
    predicted = height(seen)
    if predicted == 0:
        return unmeasured("Theta[V] vanishes: V is constant")
    if on_grid_only(seen):
        return unmeasured("V is known on its grid alone, not between the points")
    space = affordable(seen.space)
    found, last = max(power_method(space, source, guess) for guess in first_guesses(seen, space))
    beyond = oscillation(seen.model.grid, source) - predicted
    noise = NOISE**2 / ITERATIONS  # what is left of its share, of values below the largest
    error = (beyond + _unsampled(seen, space)) / predicted + last + noise
    return equal(found, factor * predicted / seen.hbar, Accuracy(error, "V beyond the box and between points"))


def power_method(space: PhaseSpace, source: Potential, f: ComplexArray) -> tuple[float, float]:
    """``||Theta f|| / ||f||`` after some iterations ``f <- Theta f``, and its relative change in the last of them."""
    found = [0.0]
    for _ in range(ITERATIONS):
        f = theta(space, source, source, f / space.norm(f))
        found.append(float(space.norm(f)))
    return found[-1], abs(found[-1] - found[-2]) / found[-1]


def affordable(space: PhaseSpace) -> PhaseSpace:
    """The same box with fewer samples where there are many: momenta up to a lower one, so that y reaches as far."""
    shrink = min(1.0, (MOST / np.prod(space.shape)) ** (1 / len(space.shape)))
    x_points, p_points = ([max(2, int(n * shrink)) for n in points] for points in (space.x_points, space.p_points))
    shares = np.array(p_points) / space.p_points
    low, high = (np.multiply(shares, side).tolist() for side in (space.p_lower, space.p_upper))
    return PhaseSpace(space.x_lower, space.x_upper, x_points, low, high, p_points, hbar=space.hbar)


def first_guesses(seen: Evidence, space: PhaseSpace) -> Iterator[ComplexArray]:
    """Waves in p at one x, and noise: ``x + y/2`` is where V is largest, or least, ``x - y/2`` next to the other."""
    V, d = seen.model.potential, space.dimension
    ends = [np.unravel_index(int(find(V)), V.shape) for find in (np.argmax, np.argmin)]
    noise = np.random.default_rng(0).normal(size=space.shape) * NOISE / np.sqrt(np.prod(space.x_points))
    for end in ends:
        phase, place = np.zeros(space.p_points), []
        for axis, (x, p) in enumerate(zip(space.x, space.p, strict=True)):
            a, b = (float(seen.model.grid.axes[axis][index[axis]]) for index in ends)
            place.append(int(np.argmin(np.abs(x - (a + b) / 2))))
            step = 2 * np.pi * space.hbar / (space.p_upper[axis] - space.p_lower[axis])
            y = step * round(2 * (float(seen.model.grid.axes[axis][end[axis]]) - float(x[place[-1]])) / step)
            phase = phase + np.expand_dims(p * y / space.hbar, [n for n in range(d) if n != axis])
        found = noise.astype(np.complex128)
        found[tuple(place)] += np.exp(1j * phase)
        yield found


def _unsampled(seen: Evidence, space: PhaseSpace) -> float:
    """How far V is from its extremes at the points next to them: one of them is met exactly on the run's own grid."""
    V, drops = seen.model.potential, []
    strides = [-(-n // m) for n, m in zip(V.shape, space.x_points, strict=True)]
    for end in (np.argmax(V), np.argmin(V)):
        place = np.unravel_index(int(end), V.shape)
        sides = zip(place, strides, V.shape, strict=True)
        near = [np.clip([k - stride, k + stride], 0, n - 1) for k, stride, n in sides]
        drops.append(float(np.abs(V[np.ix_(*near)] - V[place]).max()))
    return min(drops) if space == seen.space else sum(drops)


@statement(
    "Theorem A.1, B on functions", "Theta[V] is bounded on the functions of the run", functions, coupled, one_equation,
    bounded, source=SECTION,
)  # fmt: skip
def theta_on_functions(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``||Theta[V] w_ij|| <= (ess sup V - ess inf V) / hbar ||w_ij||``."""
    limits = [factor * height(seen, look.time) / seen.hbar for look in looks(seen)]
    if not max(limits) > 0:
        return unmeasured("Theta[V] vanishes: V is constant")
    bounds = [limit * look.sizes(0, 0, 0, 0, 1) for limit, look in zip(limits, looks(seen), strict=True)]
    return below(seen, [look.sizes(0, 0, 1, 0, 0) for look in looks(seen)], bounds, box_errors(seen))


@dataclass(frozen=True)
class Moved:
    """Norms of ``S(t) f`` for a few functions f of the run, (T, functions), and their accuracy."""

    times: FloatArray
    sizes: FloatArray
    accuracy: Accuracy


@kept
def moved(seen: Evidence) -> Moved:
    """The linear flow alone, on functions of the run."""
    model, end, some = seen.model, min(last_time(seen), 1 / seen.system.rate), list(range(min(2, seen.count)))
    if seen.fields.unit:
        start = seen.solution.wavefunctions(0.0)[some]
    else:
        pairs = choose(seen, most=1) if seen.solution.coupled else [(j, j) for j in some]
        start = seen.solution.wigner_functions(pairs, 0.0)
    domain = model.grid if model.space == model.grid.phase_space else model.space
    source = model.potential if on_grid_only(seen) else model.sampled.sources[0]
    free = WignerEquation(domain, source, mass=model.mass)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnresolvedWarning)  # what the box does not hold is part of the accuracy
        run = solve(free, start, [0.0, end / 2, end], rtol=seen.solution.method.rtol)
    names = [(j, j) for j in range(run.count)]
    w = [run.wigner_functions(names, float(time)) for time in run.times]
    sizes, lost = np.array([seen.space.norm(each) for each in w]), np.array([spilled(seen, each) for each in w])
    defect = float((lost / sizes).max()) + float(getattr(run.fields, "defect", 0.0))
    edges = Accuracy(defect, "edges of the box, and what belongs to no kernel on the grid")
    return Moved(run.times, sizes, seen.function_accuracy + edges)


@statement(
    "Theorem A.1", "L generates a semigroup S, which grows exponentially at most", functions, one_equation, steady,
    bounded, source=SECTION,
)  # fmt: skip
def theorem_a_1(seen: Evidence, *, M: float = 1.0, w: float = 0.0) -> Outcome:
    """``||S(t) f|| <= M e^{(w + M ||B||) t} ||f||``, with M = 1, w = 0 and ``||B|| = ||Theta[V]||``."""
    found = moved(seen)
    B = height(seen) / seen.hbar
    bound = M * np.exp((w + M * B) * found.times)[:, None] * found.sizes[0]
    outcome = at_most(found.sizes, bound, found.accuracy * (1 / M), t=found.times, f=range(len(bound[0])))
    return outcome.but("for functions of the run; S(t) is even an isometry, see the next row")


@statement(
    "Theorem A.1, isometry",
    "S is even a group of isometries",
    functions,
    one_equation,
    source=SECTION,
    sharp=True,
)
def isometry(seen: Evidence, *, size: float = 1.0) -> Outcome:
    """``||S(t) f|| = ||f||``, since Theta[V] is anti-symmetric."""
    found = moved(seen)
    predicted = size * found.sizes[0]
    outcome = equal(found.sizes, predicted, found.accuracy, t=found.times, f=range(len(predicted)))
    return outcome.but("for functions of the run")


# Theorem A.2


@statement(
    "Theorem A.2 (1)", "mild solutions depend on their data continuously", functions, *PLAIN, several,
    source=SECTION,
)  # fmt: skip
def theorem_a_2(seen: Evidence, *, M: float = 1.0, lipschitz: float = 1.0) -> Outcome:
    """``||u(t) - v(t)||_X <= M e^{M C t} ||u(0) - v(0)||_X``, ``C = kappa (1 + 2 rho)`` on the ball of radius rho in X.

    C is the constant of Lipschitz of the right-hand side of (2) there (Lemma 4.3).
    """
    start, end = data(seen), min(last_time(seen), 1 / seen.system.rate)
    shift = np.roll(np.arange(len(start)), 1)
    other = (1 - PUSH) * start + PUSH * start[shift][:, shift]
    times = np.linspace(0.0, end, TIMES)
    first, second = (_run(each, seen.kappa, times) for each in (start, other))
    apart = norm_in_x(first - second).max(axis=(1, 2))
    if not apart[0] > ROUNDING:
        return unmeasured("the perturbed data are the same: nodes agree")
    radius = max(float(norm_in_x(each).max()) for each in (first, second))
    rate = lipschitz * abs(seen.kappa) * (1 + 2 * radius)
    bound = M * np.exp(M * rate * times) * apart[0]
    accuracy = Accuracy(100 * ROUNDING * radius / np.abs(bound), "rounding of Picard's iterates")
    outcome = at_most(apart, bound, accuracy, t=times)
    note = f"data are moved by {PUSH:g} towards those of the next node; both runs by the map (40)"
    return outcome.but(of_data(seen, note))


@statement(
    "Theorem A.2 (2)", "solutions from D(A) are differentiable from t = 0 on", functions, one_equation, *PLAIN, smooth,
    source=SECTION,
)  # fmt: skip
def theorem_a_2_classical(seen: Evidence, *, share: float = 0.75) -> Outcome:
    """``[w(h) - w(0)]/h`` tends to ``-L w(0) + (kappa/2N) sum_k (..)``: the error for h/2 is 3/4 of that for h at most.

    It is halved in the limit h -> 0.
    """
    pair, size = (0, min(1, seen.count - 1)), seen.space.norm
    (w,), (gain,), (loss,) = with_others(seen, seen.solution, [pair], 0.0)
    moving, turning = transported(seen, w), turned(seen, w)
    slope = seen.kappa / 2 * (gain - loss * w) - moving - turning
    step = min(FINE / (float(size(moving) + size(turning)) / float(size(w)) + seen.system.rate), last_time(seen))
    run = seen.solution.at([step / 2, step])
    half, whole = (float(size((run.wigner_functions([pair], h)[0] - w) / h - slope)) for h in run.times.tolist())
    noise = float(seen.function_accuracy.value * size(w)) * 4 / step
    if not whole > 10 * noise:
        return unmeasured("the function hardly moves")
    accuracy = Accuracy(noise / (share * whole), f"{seen.function_accuracy.origin}, over h")
    return at_most(half, share * whole, accuracy).but(f"for the pair {pair} and h = {step:.3g}")


def _run(start: ComplexArray, kappa: float, times: FloatArray) -> ComplexArray:
    """The solution in coordinates, (T, N, N, D + 1)."""
    left, right = maps_at(tuple(windows(start, kappa, float(times[-1]))), times, len(start))
    return combined(left, start, right)


# Lemma A.3


def small_map(u: FloatArray) -> FloatArray:
    """A map of the plane: ``f(u) = (u_0^2 - u_1, sin(u_0 u_1))``."""
    return np.array([u[0] ** 2 - u[1], np.sin(u[0] * u[1])])


def small_derivative(u: FloatArray) -> FloatArray:
    """Its derivative, (2, 2)."""
    turn = np.cos(u[0] * u[1])
    return np.array([[2 * u[0], -1.0], [u[1] * turn, u[0] * turn]])


@statement("Lemma A.3, derivative, printed", "the derivative in a direction, as t -> infinity", coupled, functions,
           source=SECTION)  # fmt: skip
def direction_printed(seen: Evidence) -> Outcome:
    """``delta_v f(u) = lim [f(u + t v) - f(u)] / t`` as t -> infinity; for the f = F of Lemma 4.3, at t = 1000."""
    return _direction(seen, LONG, 0.5)


@statement("Lemma A.3, derivative, mended", "the derivative in a direction, as t -> 0", coupled, functions,
           source=SECTION, sharp=True)  # fmt: skip
def direction_mended(seen: Evidence, *, half: float = 0.5) -> Outcome:
    """``delta_v f(u) = lim [f(u + t v) - f(u)] / t`` as t -> 0; for the f = F of Lemma 4.3, at t = 1e-6."""
    return _direction(seen, SHORT, half)


def _direction(seen: Evidence, t: float, half: float) -> Outcome:
    """Compare the quotient with ``DF(U)(V)``, entry by entry."""
    U, V = two_matrices(seen)
    expected = derivative(U, V, seen.kappa, half)
    rest = norm_in_x((F(U + t * V, seen.kappa) - F(U, seen.kappa)) / t - expected)
    if vanishes(expected, U, V, seen.kappa):
        return unmeasured("both sides vanish: sums of correlations do")
    size = norm(expected)
    error = min(t, SHORT) * norm(F(V, seen.kappa)) + ROUNDING * norm(F(U, seen.kappa)) / t
    accuracy = Accuracy(error / size, "the next term in t, and rounding over t")
    nodes = range(len(U))
    return equal(rest, 0.0, accuracy, size, i=nodes, j=nodes).but(NOTE)


@statement("Lemma A.3, on F", "the mean value inequality, for the F of Lemma 4.3", coupled, functions,
           source=SECTION)  # fmt: skip
def mean_value_of_f(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``||F(V) - F(U)||_X <= sup_s ||DF(sU + (1 - s)V)(V - U)||_X``, at most ``||V - U||_X sup_s ||DF(..)||``."""
    U, V = two_matrices(seen)
    found = norm(F(V, seen.kappa) - F(U, seen.kappa))
    bound = max(norm(derivative(s * U + (1 - s) * V, V - U, seen.kappa)) for s in SEGMENT)
    if not bound > EXACT.value * norm(F(U, seen.kappa)):
        return unmeasured("both sides vanish: the functions do not move, or are not coupled")
    return at_most(found, factor * bound, EXACT).but(NOTE)


@statement("Lemma A.3", "the mean value inequality, for a map of the plane", source=SECTION)
def mean_value(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``||f(y) - f(x)|| <= ||x - y|| sup_s ||Df(sx + (1 - s)y)||``, 0 <= s <= 1.

    For ``f(u) = (u_0^2 - u_1, sin(u_0 u_1))`` between points of ``[-1, 1]^2``.
    """
    del seen  # one map for all runs
    found, bounds = [], []
    for x, y in np.random.default_rng(0).uniform(-1, 1, (32, 2, 2)):
        found.append(float(np.linalg.norm(small_map(y) - small_map(x))))
        slopes = [np.linalg.norm(small_derivative(s * x + (1 - s) * y), 2) for s in SEGMENT]
        bounds.append(factor * float(np.linalg.norm(x - y) * np.max(slopes)))
    return at_most(found, bounds, Accuracy(1e-4, "101 points between x and y"), pair=range(len(found)))


STATEMENTS: tuple[Statement, ...] = (
    norm_of_theta,
    theta_on_functions,
    theorem_a_1,
    isometry,
    theorem_a_2,
    theorem_a_2_classical,
    direction_printed,
    direction_mended,
    mean_value_of_f,
    mean_value,
)
