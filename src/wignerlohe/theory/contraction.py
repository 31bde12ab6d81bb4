"""Section 4.2 of the paper: equation (2) in matrix form (39), and the map (40) with its estimates.

(40) maps guesses g to images w: ``w_ij' + L w_ij = (kappa/2N) sum_k [w_ik + w_kj - w_ij (q_ik + q_kj)]``, ``q_ij =
integral g_ij dx dp``, with w(0) given; see `picard`. Two guesses differ by ``dq``, their images by ``dw``, ``dz``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wignerlohe.checks import require
from wignerlohe.theory.diameter import PLAIN, motion
from wignerlohe.theory.evidence import ROUNDING, Evidence
from wignerlohe.theory.existence import SECTION
from wignerlohe.theory.hypotheses import functions
from wignerlohe.theory.motion import kept, last_time
from wignerlohe.theory.picard import collocation, combined, contraction_bound, image, norm_in_x, suggested
from wignerlohe.theory.residuals import some
from wignerlohe.theory.sizes import pure
from wignerlohe.theory.statement import Accuracy, Outcome, Statement, at_most, equal, statement, unmeasured

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

WINDOW = 0.5  # of the time in which nodes move: on it the fixed point is looked at
ITERATES = 4  # from two starts
MOST_NODES = 8  # whose data are taken: they are as many numbers to the power of 4
ATTAINED = 1 - 1e-9  # of a maximum
STILL = 1e-9  # changes of correlations that are none


# (39)


def matrix_sum(z: ComplexArray) -> ComplexArray:
    """``sum_ij (E_ii Z C_j + R_i Z E_jj)``, (T, N, N)."""
    return np.asarray(z.sum(axis=2, keepdims=True) + z.sum(axis=1, keepdims=True))


def _compare_39(seen: Evidence, half: float, gain: ComplexArray, loss: ComplexArray) -> Outcome:
    """Compare z' with ``(kappa/2N) (gain - loss)``."""
    found, nodes = motion(seen), range(seen.count)
    predicted = half * seen.kappa / seen.count * (gain - loss)
    size = float(np.abs(predicted).max())
    if not size > STILL * abs(seen.kappa):
        return unmeasured("both sides vanish: the nodes agree, or are not coupled")
    error = found.error + ROUNDING * abs(seen.kappa) * max(1.0, float(np.abs(found.z).max()))  # of gain - loss
    accuracy = Accuracy(error / size, "differences in time of order 8, and noise of the solver")
    outcome = equal(-found.slope, predicted, accuracy, size, t=found.times, i=nodes, j=nodes)
    return outcome.but("over phase space both sides of (39) are integrated: Z = integral W, and L W vanishes")


@statement(
    "(39), printed", "equation (2) for matrices, with E_ij for E_ii and E_jj, and a product of matrices", *PLAIN,
    source=SECTION,
)  # fmt: skip
def equation_39_printed(seen: Evidence, *, half: float = 0.5) -> Outcome:
    """``Z' = (kappa/2N) (S - Z S)``, ``S = sum_ij (E_ij Z C_j + R_i Z E_ij)``, of (39) integrated over phase space.

    ``E_ij`` has one 1, ``C_j`` a column of them, ``R_i`` a row.
    """
    z = motion(seen).z
    gain = matrix_sum(z).swapaxes(1, 2)  # E_ij Z C_j has row j of Z where E_ii Z C_j has row i
    return _compare_39(seen, half, gain, z @ gain)


@statement(
    "(39), mended", "equation (2) for matrices, with E_ii and E_jj, and the product entry by entry", *PLAIN,
    source=SECTION, sharp=True,
)  # fmt: skip
def equation_39_mended(seen: Evidence, *, half: float = 0.5) -> Outcome:
    """``Z' = (kappa/2N) (S - Z o S)``, ``S = sum_ij (E_ii Z C_j + R_i Z E_jj)``, of (39) integrated over phase space.

    ``E_ij`` has one 1, ``C_j`` a column of them, ``R_i`` a row; o multiplies entry by entry.
    """
    z = motion(seen).z
    return _compare_39(seen, half, matrix_sum(z), z * matrix_sum(z))


# (40)-(43)


@statement("(40)", "the solution is a fixed point of Picard's map", *PLAIN, source=SECTION, sharp=True)
def fixed_point(seen: Evidence, *, half: float = 0.5) -> Outcome:
    """``w = g``: the integrals of the image of the solution under (40) are those of the solution."""
    end = min(last_time(seen), WINDOW / seen.system.rate)
    times = end * collocation()[0]
    q, one = seen.solution.at(times).correlation, np.eye(seen.count, dtype=np.complex128)
    left, right = image(q, one, one, 2 * half * seen.kappa * end)
    change = float(np.abs(q - q[0]).max())
    if not change > STILL:
        return unmeasured("the correlations do not move")
    accuracy = Accuracy((10 * seen.solution.method.rtol + ROUNDING) * float(np.abs(q).max()) / change, "10 rtol")
    nodes = range(seen.count)
    outcome = equal(left @ q[0] @ right, q, accuracy, change, t=times, i=nodes, j=nodes)
    return outcome.but(f"on the window from t = 0 to {end:.4g}, relative to how far correlations move there")


@kept
def data(seen: Evidence) -> ComplexArray:
    """Data as coordinates in an orthonormal basis of their span, and their integrals; those of some nodes if many."""
    chosen = some(seen.count, MOST_NODES)
    z, n = seen.start.correlation[0][np.ix_(chosen, chosen)], len(chosen)
    if pure(seen):
        sizes, axes = np.linalg.eigh(z)
        C = axes * np.sqrt(np.maximum(sizes, 0))
        rows = np.einsum("ia,jb->ijab", C, C.conj()).reshape(n, n, -1) / np.sqrt(seen.cell)
    else:
        w = seen.solution.wigner_functions([(int(i), int(j)) for i in chosen for j in chosen], 0.0).reshape(n * n, -1)
        sizes, axes = np.linalg.eigh(w @ w.conj().T * seen.space.cell)
        rows = (axes * np.sqrt(np.maximum(sizes, 0))).reshape(n, n, -1)
    return np.concatenate([rows, z[..., None]], axis=2)


def of_data(seen: Evidence, note: str) -> str:
    """A note, and whose data they are."""
    return f"{note}; the data are those of {len(data(seen))} of {seen.count} nodes" if seen.count > MOST_NODES else note


@dataclass(frozen=True)
class Pair:
    """Iterates of (40) from two guesses on a window: the data at all times, and 0.

    ``iterates`` holds for each n the n-th iterates of both, (points, N, N, D + 1), the guesses first; ``largest`` and
    ``size`` are Q and B over all of them.
    """

    length: float
    iterates: list[tuple[ComplexArray, ComplexArray]]
    largest: float
    size: float

    @property
    def apart(self) -> FloatArray:
        """Distances of n-th iterates in ``C([0, T]; X)``."""
        return np.array([norm_in_x(first - second).max() for first, second in self.iterates])


@kept
def two_guesses(seen: Evidence) -> Pair:
    """Iterates on a window on which (40) contracts."""
    require(seen.kappa != 0, "coupling", "not be 0, for (40) to differ from its data", "it is", "coupling=1.0")
    start = data(seen)
    one = np.eye(len(start), dtype=np.complex128)
    length = min(suggested(start, abs(seen.kappa)), last_time(seen))
    points = len(collocation()[0])
    guess = np.broadcast_to(start, (points, *start.shape))
    found = [(guess, np.zeros_like(guess))]
    for _ in range(ITERATES):
        first, second = (_image(start, g, one, seen.kappa * length) for g in found[-1])
        found.append((first, second))
    largest = max(float(np.abs(side[..., -1]).max()) for both in found[:-1] for side in both)
    size = max(float(norm_in_x(side).max()) for both in found[1:] for side in both)
    return Pair(length, found, largest, size)


def _image(start: ComplexArray, guess: ComplexArray, one: ComplexArray, advance: float) -> ComplexArray:
    """The image of a guess under (40)."""
    left, right = image(guess[..., -1], one, one, advance)
    return combined(left, start, right)


@statement("(41)-(43), printed", "Corollary 1 holds for iterates of (40): they keep z_ii = 1", *PLAIN, source=SECTION)
def iterates_printed(seen: Evidence) -> Outcome:
    """``z_ii = 1`` for the images of all guesses g with the data of the solution; measured for that of ``g = 0``."""
    end = min(last_time(seen), 1 / seen.system.rate)
    if seen.kappa == 0:
        return unmeasured("kappa = 0: nothing moves")
    start, one = seen.start.correlation[0], np.eye(seen.count, dtype=np.complex128)
    left, right = image(np.zeros((len(collocation()[0]), *start.shape), complex), one, one, seen.kappa * end)
    z = np.diagonal(left @ start @ right, axis1=1, axis2=2)
    accuracy = Accuracy(10 * seen.solution.method.rtol + ROUNDING, "10 rtol")
    return equal(z, np.diagonal(start), accuracy, t=end * collocation()[0], i=range(seen.count))


def _grows(seen: Evidence, part: slice, growth: float, source: float) -> Outcome:
    """Compare the growth of the largest difference of images with its bound, in L^2 or of integrals."""
    found = two_guesses(seen)
    (q, other), (w, image_of_other) = found.iterates[:2]
    q, dq = q[..., -1], (q - other)[..., -1]
    dw = (w - image_of_other)[..., part]
    slope = seen.kappa / 2 * (_mixing(dw, q) - _sums(dq)[..., None] * image_of_other[..., part])
    sizes = np.linalg.norm(dw, axis=-1)
    top = sizes.max(axis=(1, 2))
    along = np.where(sizes > 0, (dw.conj() * slope).real.sum(axis=-1) / sizes, np.linalg.norm(slope, axis=-1))
    grows = np.where(sizes >= ATTAINED * top[:, None, None], along, -np.inf).max(axis=(1, 2))
    largest = np.linalg.norm(image_of_other[..., part], axis=-1).max(axis=(1, 2))
    own = growth * (1 + np.abs(q).max(axis=(1, 2))) * top
    bound = abs(seen.kappa) * (own + source * largest * np.abs(dq).max(axis=(1, 2)))
    times = found.length * collocation()[0]
    outcome = at_most(grows, bound, Accuracy(100 * ROUNDING, "rounding of a solver on Chebyshev's points"), t=times)
    note = "for the guesses g = w(0), up to the linear flow, and g = 0, on a window on which (40) contracts"
    return outcome.but(of_data(seen, note))


def _sums(q: ComplexArray) -> ComplexArray:
    """``(1/N) sum_k (q_ik + q_kj)``."""
    return np.asarray(q.mean(axis=2)[:, :, None] + q.mean(axis=1)[:, None, :])


def _mixing(w: ComplexArray, q: ComplexArray) -> ComplexArray:
    """``(1/N) sum_k [w_ik + w_kj - w_ij (q_ik + q_kj)]``."""
    gain = w.mean(axis=2)[:, :, None] + w.mean(axis=1)[:, None]
    return np.asarray(gain - _sums(q)[..., None] * w)


@statement("(41), mended", "images of two guesses in L^2, with all factors of kappa", functions, *PLAIN, source=SECTION)
def inequality_41(seen: Evidence, *, growth: float = 1.0, source: float = 1.0) -> Outcome:
    """``d/dt max ||dw|| <= kappa (1 + Q) max ||dw|| + kappa max ||w|| max |dq|``, ``Q = max |q_ij|``."""
    return _grows(seen, slice(-1), growth, source)


@statement("(42), mended", "integrals of images of two guesses, with all factors of kappa", functions, *PLAIN,
           source=SECTION)  # fmt: skip
def inequality_42(seen: Evidence, *, growth: float = 1.0, source: float = 1.0) -> Outcome:
    """``d/dt max |dz| <= kappa (1 + Q) max |dz| + kappa max |z| max |dq|``, ``Q = max |q_ij|``."""
    return _grows(seen, slice(-1, None), growth, source)


@statement("(43), mended", "how much (40) contracts", functions, *PLAIN, source=SECTION)
def inequality_43(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``sup ||dw||_X <= kappa B T e^{kappa (1 + Q) T} sup |dq|`` on [0, T].

    ``B = sup ||w_ij||_X``, ``Q = sup |q_ij|``.
    """
    found = two_guesses(seen)
    bound = contraction_bound(abs(seen.kappa), found.length, found.size, found.largest)
    steps = [float(np.abs((first - second)[..., -1]).max()) for first, second in found.iterates[:-1]]
    known = np.array(steps) > ROUNDING * found.size
    told, limits = found.apart[1:][known], factor * bound * np.array(steps)[known]
    accuracy = Accuracy(100 * ROUNDING * found.size / np.abs(limits), "rounding")
    outcome = at_most(told, limits, accuracy, iterate=np.flatnonzero(known) + 1)
    note = f"on a window of length {found.length:.4g}, where it contracts by {bound:.3g} at least"
    return outcome.but(of_data(seen, note))


@statement(
    "Theorem 4.1 (1), uniqueness", "iterates of (40) from two guesses come together", functions, *PLAIN,
    source=SECTION,
)  # fmt: skip
def theorem_4_1_unique(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``||w^(n) - v^(n)||_X <= c^n ||w^(0) - v^(0)||_X`` with ``c = kappa B T e^{kappa (1 + Q) T} < 1`` on [0, T]."""
    found = two_guesses(seen)
    bound = contraction_bound(abs(seen.kappa), found.length, found.size, found.largest)
    powers = np.arange(1, ITERATES + 1)
    limits = factor * bound**powers * found.apart[0]
    accuracy = Accuracy(100 * ROUNDING * found.size / np.abs(limits), "rounding")
    outcome = at_most(found.apart[1:], limits, accuracy, n=powers)
    note = f"from w(0), up to the linear flow, and from 0, on a window of length {found.length:.4g}"
    return outcome.but(of_data(seen, note))


STATEMENTS: tuple[Statement, ...] = (
    theorem_4_1_unique,
    equation_39_printed,
    equation_39_mended,
    fixed_point,
    iterates_printed,
    inequality_41,
    inequality_42,
    inequality_43,
)
