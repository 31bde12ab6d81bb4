"""Section 2.2 of the paper: two nodes.

``w_1 = w_11`` and ``w_2 = w_22`` are real, ``z_12 = integral w_12 dx dp`` and ``R_12 = Re z_12``. Closed forms are in
`wignerlohe.two_nodes`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from wignerlohe.errors import TooLargeError
from wignerlohe.methods import UNIT
from wignerlohe.models import two_nodes as closed
from wignerlohe.models.correlations import Correlations
from wignerlohe.solution import Solution
from wignerlohe.solver import solve
from wignerlohe.theory.diameter import PLAIN, TINY, absolute
from wignerlohe.theory.evidence import ROUNDING, Evidence
from wignerlohe.theory.hypotheses import functions, positive, two, unit
from wignerlohe.theory.motion import early, kept, last_time, runge_kutta
from wignerlohe.theory.residuals import VANISHING, balanced, frequencies, terms
from wignerlohe.theory.sizes import initial_size, pure
from wignerlohe.theory.statement import Accuracy, Hypothesis, Outcome, Statement, at_most, equal, statement, unmeasured
from wignerlohe.theory.terms import SPILL, one_equation

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

SECTION = "section 2.2, two nodes"
WINDOW = 0.5  # of the time in which nodes move: for so long (11) is solved
FIELD = 2**18  # numbers in each field of (11)
FIRST, MOST = 2, 64  # steps
SOLVED = 1e-3  # what halving them changes, of what the coupling does
OUTER = 1 / (2 - 2 ** (1 / 3))
SCHEME = (OUTER, 1 - 2 * OUTER, OUTER)  # three steps of order 2 that make one of order 4 (Yoshida 1990)
STARTS = (-1.2, -1.5, -3.0, 1.5, 3.0, -1.5 + 0.2j)  # z_12(0) beyond those of states
FAR = -0.99  # z_12(0) of two nodes that are almost opposite
CONJUGATE = 1e-8  # relative differences of functions that are each other's conjugates
ALMOST = 1e-12  # 1 + z_12(0) that is not told from 0


def twelve(seen: Evidence) -> Hypothesis:
    """The data are those of (12)."""
    z = seen.start.correlation[0]
    own, z0 = float(np.abs(np.diagonal(z) - 1).max()), complex(z[0, 1])
    good = own <= UNIT and abs(z0) <= 1 + UNIT and abs(1 + z0) > ALMOST
    text = "z_11 = z_22 = 1, |z_12(0)| <= 1, z_12(0) != -1"
    return Hypothesis(text, f"z_ii = 1 to {own:.1e}, z_12(0) = {z0:.6g}", good)


@kept
def hermitian(seen: Evidence) -> Hypothesis:
    """``w_ji = conj(w_ij)``, which the paper uses without saying so."""
    text = "w_ji = conj(w_ij)"
    if seen.fields.unit:
        return Hypothesis(text, "given by wave functions", True)
    z = seen.start.correlation[0]
    off = float(np.abs(z - z.conj().T).max())
    try:
        w = seen.functions(0.0)
        off = max(off, *(float(np.abs(w[i] - w[:, i].conj()).max() / np.abs(w).max()) for i in range(seen.count)))
    except TooLargeError:
        return Hypothesis(text, f"integrals to {off:.1e}; there are too many functions to look at", off <= CONJUGATE)
    return Hypothesis(text, f"to {off:.1e}", off <= CONJUGATE)


PAIR = (two, *PLAIN)  # equation (2) for two nodes


# (11), solved as three fields


def _flow(seen: Evidence, linear: float) -> Callable[[ComplexArray, float, float], ComplexArray]:
    """Steps of ``w' = -linear (T + Theta[V]) w`` from a time on, of order 2: transport by halves around Theta."""
    space, d = seen.space, seen.space.dimension
    x_axes, p_axes = tuple(range(-2 * d, -d)), tuple(range(-d, 0))
    velocity = np.zeros(space.shape)
    for axis, (k, p) in enumerate(zip(space.wavenumbers, space.p, strict=True)):
        others = [n for n in range(2 * d) if n not in (axis, d + axis)]
        velocity += np.expand_dims(np.multiply.outer(k, p), others) / seen.model.mass

    @lru_cache(maxsize=len(SCHEME))
    def factors(middle: float, h: float) -> tuple[ComplexArray, ComplexArray]:
        return np.exp(-0.5j * linear * h * velocity), np.exp(-1j * linear * h * frequencies(seen, 0, 0, middle))

    def step(w: ComplexArray, time: float, h: float) -> ComplexArray:
        half, turn = factors(0.0 if seen.model.drive is None else time + h / 2, h)
        w = np.fft.ifftn(half * np.fft.fftn(w, axes=x_axes), axes=x_axes)
        w = np.fft.fftn(turn * np.fft.ifftn(w, axes=p_axes), axes=p_axes)
        return np.asarray(np.fft.ifftn(half * np.fft.fftn(w, axes=x_axes), axes=x_axes))

    return step


def _attraction(seen: Evidence, w: ComplexArray, half: float, quarter: float) -> ComplexArray:
    """The right-hand sides of (11)."""
    first, second, cross = w
    z = complex(seen.space.integral(cross))
    own = half * seen.kappa * (cross.real - z.real * w[:2])
    return np.stack([*own, quarter * seen.kappa * (first + second - 2 * z * cross)])


def fields_11(seen: Evidence, w: ComplexArray, end: float, steps: int, *constants: float) -> ComplexArray:
    """``w_1, w_2, w_12`` of (11) at a time, from those at 0: (3, *space.shape); constants half, quarter, linear."""
    half, quarter, linear = constants
    flow, time = _flow(seen, linear), 0.0
    for h in end / steps * np.tile(SCHEME, steps):
        w = _coupled(seen, w, h / 2, half, quarter)
        w = flow(w, time, float(h))
        w = _coupled(seen, w, h / 2, half, quarter)
        time += float(h)
    return w


def _coupled(seen: Evidence, w: ComplexArray, h: float, half: float, quarter: float) -> ComplexArray:
    """One step of the right-hand sides alone, of order 4."""
    return runge_kutta(lambda _, v: _attraction(seen, v, half, quarter), w, h, 1)


@statement("(11)", "two nodes as three fields", functions, two, one_equation, *PLAIN, unit, hermitian, source=SECTION,
           sharp=True)  # fmt: skip
def system_11(seen: Evidence, *, half: float = 0.5, quarter: float = 0.25, linear: float = 1.0) -> Outcome:
    """``w_i' + L w_i = (kappa/2) (Re w_12 - R_12 w_i)``, i = 1, 2; ``L = (p/m).grad_x + Theta[V]``.

    ``w_12' + L w_12 = (kappa/4) (w_1 + w_2 - 2 z_12 w_12)``. Solved by itself on phase space, by splitting.
    """
    if np.prod(seen.space.shape) > FIELD:
        raise TooLargeError(
            f"fields have {np.prod(seen.space.shape):.1e} numbers, more than {FIELD:.1e}; try fewer points"
        )
    end, norm, chosen = min(last_time(seen), WINDOW / seen.system.rate), seen.space.norm, [(0, 0), (1, 1), (0, 1)]
    start, measured = (seen.solution.wigner_functions(chosen, time) for time in (0.0, end))
    scale = end * norm(_attraction(seen, start, 0.5, 0.25))
    if not np.all(scale > VANISHING * norm(start)):
        return unmeasured("the coupling does nothing on this run")
    steps, coarse = FIRST, fields_11(seen, start, end, FIRST, half, quarter, linear)
    while True:
        steps *= 2
        fine = fields_11(seen, start, end, steps, half, quarter, linear)
        change = norm(fine - coarse) / scale
        if change.max() <= SOLVED or steps >= MOST:
            break
        coarse = fine
    held = seen.function_accuracy * (SPILL * norm(start) / scale)
    accuracy = Accuracy(change, f"{steps // 2} and {steps} steps of order 4") + held
    outcome = equal(norm(measured - fine) / scale, 0.0, accuracy, np.ones(3), field=["w_1", "w_2", "w_12"])
    return outcome.but(f"distance in L^2 from the run at t = {end:.4g}, relative to what the coupling does until then")


# (12) to (15)


@statement("(12)", "what is asked of the data stays true", *PAIR, twelve, source=SECTION)
def bound_12(seen: Evidence, *, limit: float = 1.0) -> Outcome:
    """``|z_12(t)| <= 1``."""
    size = np.abs(seen.deviation[:, 0, 1])
    return at_most(np.abs(seen.z[:, 0, 1]), limit, seen.deviation_accuracy(size) * size, t=seen.times)


def amplification(d0: complex, kappa: float, times: FloatArray) -> FloatArray:
    """By how much relative errors of 1 - z_12(0) grow until some times."""
    rise, fall = np.exp(np.minimum(kappa * times, 0)), np.exp(-np.maximum(kappa * times, 0))
    return np.asarray(1 + np.abs(d0 * (rise - fall) / ((2 - d0) * rise + d0 * fall)))


def start_of(seen: Evidence) -> complex:
    """``1 - z_12(0)``."""
    return complex(seen.start.deviation[0, 0, 1])


@statement("(13)", "correlations of two nodes in closed form", *PAIR, unit, source=SECTION, sharp=True)
def equation_13(seen: Evidence, *, factor: float = 2.0, rate: float = 1.0) -> Outcome:
    """``z_12 = ((1+z0) e^{kappa t} - (1-z0)) / ((1+z0) e^{kappa t} + (1-z0))``.

    Measured as ``1 - z_12 = 2 (1-z0) / ((1+z0) e^{kappa t} + 1-z0)``.
    """
    d0, measured = start_of(seen), seen.deviation[:, 0, 1]
    predicted = factor / 2 * closed.deviation(1 - d0, rate * seen.kappa, seen.times)
    told = np.abs(measured) > TINY
    if not told.any():
        return unmeasured("the nodes agree from the start: z_12 = 1")
    size = np.abs(predicted[told])
    accuracy = seen.deviation_accuracy(size) * amplification(d0, seen.kappa, seen.times)[told]
    return equal(measured[told], predicted[told], accuracy, size, t=seen.times[told])


@cache
def beyond(z0: complex) -> Solution:
    """Correlations for kappa = 1 that start at z_12(0) = z0, to 2 |ln((z0 - 1)/(z0 + 1))|."""
    end = abs(np.log((complex(z0) - 1) / (complex(z0) + 1)))
    return solve(Correlations(1.0), [[1.0, z0], [np.conj(z0), 1.0]], np.linspace(0.0, 2 * end, 17), rtol=1e-10)


OWN = "numbers are for kappa = 1 and z_12(0) of its own, since states have |z_12| <= 1"


@statement("(14), printed", "for z0 < -1 and for z0 > 1, z_12 grows to +infinity in finite time", two, source=SECTION)
def equation_14_printed(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``z_12 -> +infinity at t = ln((1 - z0)/(1 + z0)) / kappa``; measured is whether ``-z_12(t) <= -z0``."""
    del seen
    real = [z0 for z0 in STARTS if np.isreal(z0)]
    last = [beyond(z0).correlation[-1, 0, 1].real for z0 in real]
    outcome = at_most(-np.array(last), -factor * np.real(real), Accuracy(1e-9, "10 rtol"), z0=real)
    return outcome.but(f"the logarithm is that of a negative number; {OWN}")


@statement("(14), mended", "z_12 falls to -infinity in finite time for real z0 < -1, and for no other z0", two,
           source=SECTION, sharp=True)  # fmt: skip
def equation_14_mended(seen: Evidence, *, rate: float = 1.0) -> Outcome:
    """``z_12 -> -infinity at t = ln((z0 - 1)/(z0 + 1)) / kappa``; measured is 1 over that time, 0 if it is none."""
    del seen
    measured = [1 / (beyond(z0).blow_up_time or np.inf) for z0 in STARTS]
    predicted = [rate / closed.blow_up_time(z0, 1.0) for z0 in STARTS]
    return equal(measured, predicted, Accuracy(1e-8, "100 rtol"), z0=STARTS).but(OWN)


@kept
def looks_15(seen: Evidence) -> list[tuple[float, FloatArray, float]]:
    """At two times: ``d_t u``, ``L u`` and ``(kappa/2) R_12 u`` for u = w_1 - w_2, in some basis; the error."""
    found = []
    for time in seen.interior([early(seen), last_time(seen)]):
        each = terms(seen, [(0, 0), (1, 1)], [1.0, -1.0], float(time), frequencies(seen, 0, 0, float(time)))
        right = seen.kappa / 2 * seen.solution.at([time]).correlation[0, 0, 1].real * each.u
        rows = np.stack([part.ravel() for part in (each.slope, each.transport + each.turning, right)], axis=1)
        found.append((float(time), np.asarray(np.linalg.qr(rows, mode="r")) * np.sqrt(seen.space.cell), each.error))
    return found


@statement("(15)", "the equation of the difference of two nodes", functions, two, one_equation, *PLAIN, unit, hermitian,
           source=SECTION, sharp=True)  # fmt: skip
def equation_15(seen: Evidence, *, linear: float = 1.0, half: float = 0.5) -> Outcome:
    """``(w_1 - w_2)' + L (w_1 - w_2) = -(kappa R_12/2) (w_1 - w_2)``."""
    times, bases, errors = zip(*looks_15(seen), strict=True)
    scales = np.array([np.linalg.norm(basis[:, 2]) for basis in bases])
    if not np.all(scales > np.array(errors)):
        return unmeasured("w_1 - w_2 vanishes, or does not shrink, as far as the numbers tell")
    residuals = np.array([np.linalg.norm(basis @ [1, linear, 2 * half]) for basis in bases])
    return balanced(times, residuals, scales, np.array(errors))


# Theorem 2.4


@statement("Theorem 2.4, first", "the correlation tends to 1", *PAIR, positive, twelve, source=SECTION)
def theorem_2_4_first(seen: Evidence, *, factor: float = 2.0, rate: float = 1.0) -> Outcome:
    """``|1 - z_12(t)| <= const e^{-kappa t}``, const = ``2 |1 - z0| / |1 + z0|``, which is attained at infinity."""
    d0, size = start_of(seen), np.abs(seen.deviation[:, 0, 1])
    told = (size > TINY) | (size == 0)
    bound = factor * np.abs(d0) / np.abs(np.complex128(2 - d0)) * np.exp(-rate * seen.kappa * seen.times)
    accuracy = seen.deviation_accuracy(size[told]) * amplification(d0, seen.kappa, seen.times)[told]
    return at_most(size[told], bound[told], accuracy, t=seen.times[told])


@statement("Theorem 2.4, second, printed", "how fast w_1 and w_2 meet, with the constant 1", functions, two,
           source=SECTION)  # fmt: skip
def theorem_2_4_printed(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``||w_1 - w_2||^2 <= e^{-kappa t}``."""
    times = np.linspace(0.0, 20.0, 41)
    d = solve(Correlations(1.0), [[1.0, FAR], [FAR, 1.0]], times, rtol=1e-10).deviation[:, 0, 1]
    squares = 2 / seen.cell * (2 * d.real - np.abs(d) ** 2)
    outcome = at_most(squares, factor * np.exp(-times), Accuracy(1e-6, "10 rtol, of nodes almost opposite"), t=times)
    return outcome.but(f"for kappa = 1 and pure nodes with z_12(0) = {FAR}; nodes near each other do not show it")


def square_error(seen: Evidence, run: Solution, squares: FloatArray | float) -> FloatArray:
    """Errors that ``||w_1 - w_2||^2`` at the times of a run may have, as they are."""
    if pure(seen):
        return 4 / seen.cell * absolute(seen, run.deviation)[:, 0, 1]
    error = initial_size(seen) * (10 * seen.solution.method.rtol + ROUNDING)
    return np.asarray(2 * np.sqrt(squares) * error + error**2)


@statement("Theorem 2.4, second, mended", "how fast w_1 and w_2 meet, exactly", functions, *PAIR, unit, hermitian,
           source=SECTION, sharp=True)  # fmt: skip
def theorem_2_4_mended(seen: Evidence, *, factor: float = 4.0, rate: float = 1.0) -> Outcome:
    """``||w_1 - w_2||^2 = ||w_1(0) - w_2(0)||^2 4 e^{kappa t} / |(1+z0) e^{kappa t} + 1-z0|^2`` (Derivations, S10)."""
    d0, measured = start_of(seen), seen.solution.distance((0, 0), (1, 1)) ** 2
    start = float(seen.start.distance((0, 0), (1, 1))[0] ** 2)
    change = rate * seen.kappa * seen.times
    rise, fall = np.exp(np.minimum(change, 0)), np.exp(-np.maximum(change, 0))
    predicted = factor * start * np.exp(-np.abs(change)) / np.abs((2 - d0) * rise + d0 * fall) ** 2
    error = square_error(seen, seen.solution, measured) + square_error(seen, seen.start, start) * predicted / start
    told = predicted > np.maximum(error, TINY)
    if not told.any():
        return unmeasured("w_1 = w_2 from the start, as far as the numbers tell")
    accuracy = Accuracy((error / predicted)[told], "10 rtol of correlations, or of coordinates")
    accuracy = accuracy * (2 * amplification(d0, seen.kappa, seen.times)[told])
    return equal(measured[told], predicted[told], accuracy, predicted[told], t=seen.times[told])


STATEMENTS: tuple[Statement, ...] = (
    system_11,
    bound_12,
    equation_13,
    equation_14_printed,
    equation_14_mended,
    equation_15,
    theorem_2_4_first,
    theorem_2_4_printed,
    theorem_2_4_mended,
)
