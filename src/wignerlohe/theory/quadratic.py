"""Lemma 4.3 of the paper: the nonlinear part F of equation (2), its derivative, and how far it is from Lipschitz.

``F(W)_ij = (kappa/2N) sum_k (z_ik + z_kj) w_ij``, ``z_ij = integral w_ij``; ``||W||_X = max_ij (||w_ij|| + |z_ij|)``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wignerlohe.checks import require
from wignerlohe.theory.evidence import ROUNDING, Evidence
from wignerlohe.theory.existence import SECTION
from wignerlohe.theory.hypotheses import coupled, functions
from wignerlohe.theory.motion import kept
from wignerlohe.theory.picard import norm_in_x
from wignerlohe.theory.statement import Accuracy, Outcome, Statement, at_most, equal, statement, unmeasured

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

NODES = 3  # whose functions are looked at
MULTIPLES = (1.0, 10.0, 100.0)
WIDTHS = (1.0, 1e1, 1e3, 1e6)  # of cubes that carry the integral 1
NOTE = "U and V are functions of the first nodes at the first and the last time; F is that of so many nodes"
SMALL = 1e-9  # of sizes that values of DF may have: values that are none
EXACT = Accuracy(10 * ROUNDING, "rounding")


def F(W: ComplexArray, kappa: float) -> ComplexArray:  # noqa: N802 # the paper's letter
    """F of a matrix of functions in coordinates, whose last one is the integral: (n, n, D + 1); see `picard`."""
    return np.asarray(kappa / 2 * sums(W) * W)


def derivative(U: ComplexArray, V: ComplexArray, kappa: float, half: float = 0.5) -> ComplexArray:
    """``DF(U)(V)``."""
    return np.asarray(half * kappa * (sums(V) * U + sums(U) * V))


def sums(W: ComplexArray) -> ComplexArray:
    """``(1/N) sum_k integral (w_ik + w_kj)``, (n, n, 1)."""
    z = W[..., -1]
    return np.asarray((z.mean(axis=1)[:, None] + z.mean(axis=0))[..., None])


def norm(W: ComplexArray) -> float:
    """``||W||_X``."""
    return float(norm_in_x(W).max())


def vanishes(derived: ComplexArray, U: ComplexArray, V: ComplexArray, kappa: float) -> bool:
    """Whether a value of DF(U)(V) cannot be told from 0, beside the size that it may have."""
    return not norm(derived) > SMALL * abs(kappa) * norm(U) * norm(V)


@kept
def two_matrices(seen: Evidence) -> tuple[ComplexArray, ComplexArray]:
    """U and V: functions of a few nodes at the first and the last time, as coordinates and integrals."""
    require(seen.kappa != 0, "coupling", "not be 0, for F not to vanish", "it is", "coupling=1.0")
    n = min(NODES, seen.count)
    pairs = [(i, j) for i in range(n) for j in range(n)]
    ends = [0.0, float(seen.moments[-1])] if len(seen.moments) else [0.0, 0.0]
    w = np.concatenate([seen.solution.wigner_functions(pairs, time) for time in ends])
    triangle = np.asarray(np.linalg.qr(w.reshape(len(w), -1).T, mode="r")) * np.sqrt(seen.space.cell)
    both = np.concatenate([triangle.T, seen.space.integral(w)[:, None]], axis=1).reshape(2, n, n, -1)
    return both[0], both[1]


@statement("Lemma 4.3, derivative", "the derivative of F", coupled, functions, source=SECTION, sharp=True)
def lemma_4_3_derivative(seen: Evidence, *, half: float = 0.5) -> Outcome:
    """``DF(U)(V)_ij = (kappa/2N) sum_k [u_ij int (v_ik + v_kj) + v_ij int (u_ik + u_kj)]``.

    F is quadratic, so that ``[F(U + V) - F(U - V)]/2 = DF(U)(V)``; measured entry by entry in ``X``.
    """
    U, V = two_matrices(seen)
    difference = (F(U + V, seen.kappa) - F(U - V, seen.kappa)) / 2
    rest = norm_in_x(difference - derivative(U, V, seen.kappa, half))
    if vanishes(difference, U, V, seen.kappa):
        return unmeasured("both sides vanish: sums of correlations do")
    nodes = range(len(U))
    lost = EXACT * (abs(seen.kappa) * norm(U) * norm(V) / norm(difference))
    return equal(rest, 0.0, lost, norm(difference), i=nodes, j=nodes).but(NOTE)


@statement("Lemma 4.3, bound", "the derivative of F is bounded", coupled, functions, source=SECTION)
def lemma_4_3_bound(seen: Evidence, *, factor: float = 2.0) -> Outcome:
    """``||DF(U)(V)||_X <= 2 kappa ||U||_X ||V||_X``."""
    pairs = [(a, b) for a in two_matrices(seen) for b in two_matrices(seen)]
    found = [norm(derivative(a, b, seen.kappa)) for a, b in pairs]
    bound = [factor * abs(seen.kappa) * norm(a) * norm(b) for a, b in pairs]
    return at_most(found, bound, EXACT, at=["(U, U)", "(U, V)", "(V, U)", "(V, V)"]).but(NOTE)


@statement("Lemma 4.3, sharpness", "the constant 2 kappa cannot be improved", source=SECTION, sharp=True)
def lemma_4_3_sharp(seen: Evidence, *, factor: float = 2.0, size: float = 1.0) -> Outcome:
    """``||DF(U)(U)||_X = 2 kappa ||U||_X^2 / (1 + 1/m)``, relative to kappa, for ``u_ij = m^-2 1_[0, m]^2``.

    As m grows the ratio tends to 2 kappa.
    """
    del seen  # one example for all runs
    found = []
    for m in WIDTHS:
        U = np.broadcast_to(np.array([1 / m, 1.0]), (NODES, NODES, 2)).astype(np.complex128)
        found.append(norm(derivative(U, U, 1.0)) / norm(U) ** 2)
    predicted = factor / (1 + size / np.array(WIDTHS))
    return equal(found, predicted, EXACT, m=WIDTHS).but(f"for {NODES} nodes on a line; ||u_ij|| = 1/m, int u_ij = 1")


@statement(
    "Lemma 4.3, Lipschitz, printed", "F is Lipschitz, with one constant for all U and V", coupled, functions,
    source=SECTION,
)  # fmt: skip
def lipschitz_printed(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``||F(sU) - F(sV)||_X <= C ||sU - sV||_X`` for all s, with the C of ``s = 1``."""
    U, V = two_matrices(seen)
    if not norm(U - V) > EXACT.value * norm(U):
        return unmeasured("the functions do not move")
    ratios = [norm(F(s * U, seen.kappa) - F(s * V, seen.kappa)) / norm(s * (U - V)) for s in MULTIPLES]
    return at_most(ratios, factor * ratios[0], EXACT, s=MULTIPLES).but(f"F is quadratic. {NOTE}")


@statement(
    "Lemma 4.3, Lipschitz, mended", "F is Lipschitz on balls, with a constant that depends on the ball", coupled,
    functions, source=SECTION,
)  # fmt: skip
def lipschitz_mended(seen: Evidence, *, factor: float = 2.0) -> Outcome:
    """``||F(U) - F(V)||_X <= 2 kappa sup_s ||sU + (1 - s)V||_X ||U - V||_X``, s between 0 and 1."""
    U, V = two_matrices(seen)
    found = [norm(F(s * U, seen.kappa) - F(s * V, seen.kappa)) for s in MULTIPLES]
    bound = [factor * abs(seen.kappa) * max(norm(U), norm(V)) * norm(U - V) * s**2 for s in MULTIPLES]
    return at_most(found, bound, EXACT, s=MULTIPLES).but(f"for sU and sV too; the norm is convex. {NOTE}")


STATEMENTS: tuple[Statement, ...] = (
    lemma_4_3_derivative,
    lemma_4_3_bound,
    lemma_4_3_sharp,
    lipschitz_printed,
    lipschitz_mended,
)
