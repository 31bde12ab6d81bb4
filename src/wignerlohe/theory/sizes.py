"""Section 3.1 of the paper, its second half: the sizes of functions on phase space.

``R(t) = max_ij ||w_ij(t)||`` in L^2, which is constant for pure nodes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wignerlohe.errors import TooLargeError
from wignerlohe.solution import Solution
from wignerlohe.splitting.phase_space_edges import shares
from wignerlohe.theory.diameter import PLAIN, passage
from wignerlohe.theory.evidence import ROUNDING, Evidence
from wignerlohe.theory.hypotheses import AGGREGATING, functions
from wignerlohe.theory.motion import kept, looks, slopes
from wignerlohe.theory.statement import Accuracy, Outcome, Statement, at_most, equal, statement, unmeasured

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

SECTION = "section 3.1, sizes"
WORK = 1e5  # distances between functions of nodes that are not pure, each by itself
MOST_NUMBERS = 2e7  # in all functions at one time, for products of them
VANISHING = 1e-7  # of rates relative to the coupling


def largest_size(seen: Evidence) -> FloatArray:
    """R at the output times, (T,)."""
    return np.asarray(seen.sizes.max(axis=(1, 2)))


@kept
def initial_size(seen: Evidence) -> float:
    """R(0)."""
    return float(seen.sizes_of(seen.start).max())


@dataclass(frozen=True)
class Products:
    """Inner products of functions on phase space, complex128 (N, N, N) each but z.

    ``own_ijk = <w_ik, w_jk>``, ``row_aik = <mean_l w_al, w_ik>``, ``column_aik = <mean_l w_la, w_ik>``, and
    ``z_ij = int w_ij dx dp`` (N, N).
    """

    own: ComplexArray
    row: ComplexArray
    column: ComplexArray
    z: ComplexArray


@dataclass(frozen=True)
class Moments(Products):
    """The same at some times (T,), which is a first axis of each, and the accuracy of all."""

    times: FloatArray
    accuracy: Accuracy


def few_functions(seen: Evidence) -> bool:
    """Whether there are functions on phase space, few enough for products of all."""
    return seen.has_functions and seen.count**2 * np.prod(seen.space.shape, dtype=float) <= MOST_NUMBERS


@kept
def moments(seen: Evidence) -> Moments:
    """Inner products from the functions themselves, at the times of `looks`."""
    if not few_functions(seen):
        raise TooLargeError(f"products of {seen.count}^2 functions are too many; try fewer nodes or points")
    times, found, share = looks(seen), [], 0.0
    for time in times:
        w = seen.functions(float(time))
        found.append(vars(products(seen, w)))
        share = max(share, float(shares(seen.space, np.einsum("ii...->i...", w)).max()))
    every = {name: np.array([each[name] for each in found]) for name in found[0]}
    lost = Accuracy(share**2, "what the box leaves out, squared")
    return Moments(**every, times=times, accuracy=seen.function_accuracy + lost)


def products(seen: Evidence, w: ComplexArray) -> Products:
    """Inner products of functions (N, N, *space.shape)."""
    n, cell = seen.count, seen.space.cell
    z = np.asarray(seen.space.integral(w))
    means = np.concatenate([w.mean(axis=1), w.mean(axis=0)]).reshape(2 * n, -1)
    w = w.reshape(n, n, -1)
    own: ComplexArray = np.stack([w[:, k] @ w[:, k].conj().T for k in range(n)], axis=2)
    along: ComplexArray = np.stack([means @ w[i].conj().T for i in range(n)], axis=1)  # (2N, i, k)
    return Products(own * cell, along[:n] * cell, along[n:] * cell, z)


def pure(seen: Evidence) -> bool:
    """Whether nodes are wave functions, for which correlations tell distances."""
    return seen.fields.unit and not seen.fields.mixed


def size_accuracy(seen: Evidence) -> Accuracy:
    """Relative accuracy of norms: of coordinates, or of functions that were stepped on phase space."""
    if seen.fields.numbers == 0:
        return seen.function_accuracy
    return Accuracy(10 * seen.solution.method.rtol + ROUNDING, "10 rtol: norms do not depend on the grid")


def row_squares(seen: Evidence, run: Solution) -> FloatArray:
    """``||w_ik - w_jk||^2`` at the times of a run, float64 (T, N, N, N); broadcast over k for pure nodes."""
    n = seen.count
    if pure(seen):
        squares = 2 / seen.cell * run.deviation.real[..., None]
        return np.broadcast_to(squares, (*squares.shape[:3], n))
    distances = len(run.times) * n * n * (n - 1) / 2
    if distances > WORK:
        raise TooLargeError(
            f"{distances:.1e} distances of nodes that are not pure are more than {WORK:.0e}; try fewer nodes"
        )
    found = np.zeros((len(run.times), n, n, n))
    for i in range(n):
        for j in range(i):
            for k in range(n):
                found[:, i, j, k] = found[:, j, i, k] = run.distance((i, k), (j, k)) ** 2
    return found


@dataclass(frozen=True)
class NormSlopes:
    """Derivatives of ``||w_ik - w_jk||^2`` (T, N, N, N) and of ``||w_ij||^2`` (T, N, N), and their errors."""

    rows: FloatArray
    row_error: FloatArray
    sizes: FloatArray
    size_error: FloatArray


@kept
def norm_slopes(seen: Evidence) -> NormSlopes:
    """How norms of nodes that are not pure move, at the times of `looks`."""
    n, times = seen.count, looks(seen)

    def measured(run: Solution) -> FloatArray:
        return np.concatenate([row_squares(seen, run).reshape(-1, n**3), seen.sizes_of(run).reshape(-1, n**2) ** 2], 1)

    parts = [np.split(each, [n**3], axis=1) for each in slopes(seen, measured, times)]
    (rows, sizes), (row_error, size_error) = parts
    shape = (len(times), n, n, n)
    return NormSlopes(
        rows.reshape(shape), row_error.reshape(shape), sizes.reshape(shape[:3]), size_error.reshape(shape[:3])
    )


@statement("Corollary 1 (2)", "functions stay bounded", *AGGREGATING, functions, source=SECTION)
def corollary_1_size(seen: Evidence, *, limit: float = 1.0) -> Outcome:
    """``R(t) <= R_infinity``, with ``R_infinity = R(0) / (1 - D0)`` (Derivations, S7)."""
    bound = limit * initial_size(seen) / (1 - np.float64(seen.initial_diameter))
    return at_most(largest_size(seen), bound, size_accuracy(seen), t=seen.times)


def _identity(seen: Evidence, factor: float) -> Outcome:
    """Compare the derivative of ``||w_ij||^2`` with what inner products say."""
    if pure(seen):
        return unmeasured("both sides vanish: the norms of pure nodes do not change")
    found = moments(seen)
    own = np.einsum("tiij->tij", found.own)
    exchanged = np.einsum("tjij->tij", found.column) + np.einsum("tiij->tij", found.row)
    rates = found.z.mean(axis=2)[:, :, None] + found.z.mean(axis=1)[:, None, :]
    predicted = factor * seen.kappa / 2 * (exchanged - rates * own).real
    if np.abs(predicted).max() <= VANISHING * abs(seen.kappa) * np.abs(own).max():
        return unmeasured("both sides vanish on this run")
    moving = norm_slopes(seen)
    scale = np.abs(predicted).max(axis=(1, 2), keepdims=True)
    noise = 10 * seen.solution.method.rtol * own.real / seen.step
    sides = (moving.size_error + noise + 2 * abs(seen.kappa) * found.accuracy.value * own.real) / scale
    accuracy = Accuracy(sides, f"differences in time of order 8; {found.accuracy.origin}")
    nodes = range(seen.count)
    outcome = equal(moving.sizes, predicted, accuracy, scale, t=found.times, i=nodes, j=nodes)
    return outcome.but(f"with functions on phase space at {len(found.times)} times")


@statement(
    "(25)-(26), printed",
    "the rate of a norm, where I_12 lacks a factor 2",
    functions,
    *PLAIN,
    source=SECTION,
    sharp=True,
)
def identity_printed(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``d/dt ||w_ij||^2 = (kappa/2N) sum_k Re [<w_kj + w_ik, w_ij> - (z_ik + z_kj) ||w_ij||^2]``."""
    return _identity(seen, factor)


@statement(
    "(25)-(26), mended", "the rate of a norm, with the factor 2 in I_12", functions, *PLAIN, source=SECTION, sharp=True
)
def identity_mended(seen: Evidence, *, factor: float = 2.0) -> Outcome:
    """``d/dt ||w_ij||^2 = 2 (kappa/2N) sum_k Re [<w_kj + w_ik, w_ij> - (z_ik + z_kj) ||w_ij||^2]``."""
    return _identity(seen, factor)


@statement("(27)", "how fast the largest norm grows at most", *AGGREGATING, functions, source=SECTION)
def inequality_27(seen: Evidence, *, factor: float = 2.0, size: float = 1.0) -> Outcome:
    """``d/dt R^2 <= 2 kappa D R^2``: between outputs ``R^2`` grows by ``exp(2 kappa int D ds)`` at most."""
    over = passage(seen)
    times, R = seen.times[over.places], largest_size(seen)[over.places]
    before = np.concatenate([[size * initial_size(seen)], size * R[:-1]])
    exponent = factor * seen.kappa * np.diff(over.diameter, prepend=0.0)
    rule = Accuracy(2 * abs(seen.kappa) * over.error, "the rule of Clenshaw and Curtis")
    return at_most(R**2, before**2 * np.exp(exponent), size_accuracy(seen) * 4.0 + rule, t=times)


STATEMENTS: tuple[Statement, ...] = (corollary_1_size, identity_printed, identity_mended, inequality_27)
