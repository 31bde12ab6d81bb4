"""Beyond the paper: detuned nodes, two of them (S4), and nodes that differ by phases only (S5)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from wignerlohe.models import two_nodes
from wignerlohe.models.base import NodeModel
from wignerlohe.theory.diameter import different, motion, undivided
from wignerlohe.theory.evidence import ROUNDING, Evidence
from wignerlohe.theory.hypotheses import all_to_all, coupled, several, two, unit
from wignerlohe.theory.motion import last_time, spread
from wignerlohe.theory.statement import Accuracy, Hypothesis, Outcome, Statement, equal, statement, unmeasured

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

SECTION = "beyond the paper"
ALIKE = 1e-8  # of |z_ij| and 1: nodes that differ by phases only
BORDER = 1e-12  # of the relative detuning and the coupling: they are equal
SOME = 20  # times at which periods are looked at
FIXED = 1e-6  # distances from a fixed point that say nothing


def one_potential(seen: Evidence) -> Hypothesis:
    """All nodes have one potential up to constants, and no term of their own."""
    value = "so it is" if seen.shared else "they differ"
    return Hypothesis("one potential, up to constants", value, seen.shared, essential=True)


def weights(seen: Evidence) -> FloatArray:
    """The weights A_ik as a matrix."""
    A = seen.system.weights
    if isinstance(A, float):
        return np.full((seen.count, seen.count), A)
    return np.asarray(A.toarray() if sparse.issparse(A) else A)


def detunings(seen: Evidence) -> FloatArray:
    """The detunings Omega_i, constants between potentials among them."""
    found = seen.system.detuning
    return np.zeros(seen.count) if found is None else found


def divisors(seen: Evidence, z: ComplexArray) -> ComplexArray:
    """What sums over ``z_ik`` are divided by: ``z_ii`` under (6), (T, N), where it is not 1; else 1."""
    model = seen.solution.model
    divides = isinstance(model, NodeModel) and model.division is True
    return np.asarray(np.diagonal(z, axis1=1, axis2=2) if divides else np.ones(z.shape[:2], dtype=np.complex128))


def _apart(seen: Evidence) -> float:
    """``W = Omega_1 - Omega_2`` of two nodes."""
    return float(-np.diff(detunings(seen))[0])


def _at_border(seen: Evidence) -> bool:
    return abs(abs(_apart(seen)) - seen.kappa) <= BORDER * abs(seen.kappa)


def locked(seen: Evidence) -> Hypothesis:
    """Two nodes whose detuning is below the coupling."""
    W = _apart(seen)
    met = abs(W) < seen.kappa and not _at_border(seen)
    return Hypothesis("|W| < kappa", f"W = {W:.6g}, kappa = {seen.kappa:.6g}", met, essential=True)


def drifting(seen: Evidence) -> Hypothesis:
    """Two nodes whose detuning is above the coupling, over a period at least."""
    W = _apart(seen)
    met = abs(W) > seen.kappa > 0 and not _at_border(seen)
    value = f"W = {W:.6g}, kappa = {seen.kappa:.6g}"
    return Hypothesis("|W| > kappa", value, met, essential=True)


def at_border(seen: Evidence) -> Hypothesis:
    """Two nodes whose detuning is the coupling."""
    value = f"W = {_apart(seen):.6g}, kappa = {seen.kappa:.6g}"
    return Hypothesis("|W| = kappa > 0", value, seen.kappa > 0 and _at_border(seen), essential=True)


def phases(seen: Evidence) -> Hypothesis:
    """Nodes differ by phases only."""
    z = seen.start.correlation[0]
    off = float(max(np.abs(np.abs(z) - 1).max(), np.abs(z - z.conj().T).max()))
    return Hypothesis("|z_ij(0)| = 1", f"to {off:.1e}", off <= ALIKE, essential=True)


PAIR = (coupled, two, one_potential, all_to_all, unit)


def _accuracy(seen: Evidence) -> float:
    """Absolute accuracy of z over a run, in which errors add up."""
    return (10 * seen.solution.method.rtol + ROUNDING) * (1 + seen.system.rate * last_time(seen))


@statement("S4", "two detuned nodes in closed form", *PAIR, source=SECTION, sharp=True)
def s4(seen: Evidence, *, rate: float = 1.0, turn: float = 1.0) -> Outcome:
    """``z_12' = -i W z_12 + (kappa/2) (1 - z_12^2)``, ``W = Omega_1 - Omega_2``, which has a closed form.

    See `wignerlohe.two_nodes` (Derivations, S4).
    """
    z0 = complex(seen.start.correlation[0, 0, 1])
    predicted = two_nodes.correlation(z0, rate * seen.kappa, seen.times, turn * _apart(seen))
    change = float(np.abs(predicted - z0).max(initial=0.0))
    if not change > _accuracy(seen):
        return unmeasured("z_12 does not move, as far as the numbers tell")
    accuracy = Accuracy(_accuracy(seen) / change, "10 rtol, which adds up over the run")
    return equal(seen.z[:, 0, 1] - z0, predicted - z0, accuracy, t=seen.times).but("the change of z_12 since t = 0")


@statement("S4, locked", "two nodes whose detuning is below the coupling", *PAIR, locked, source=SECTION, sharp=True)
def s4_locked(seen: Evidence, *, rate: float = 1.0) -> Outcome:
    """``z_12 -> z* = -iW/kappa + q/kappa`` at the rate ``q = sqrt(kappa^2 - W^2)``.

    ``(z_12 - z*) / (z_12 - z**) = const e^{-q t}``, ``z** = -iW/kappa - q/kappa`` (Derivations, S4).
    """
    W, kappa = _apart(seen), seen.kappa
    q = two_nodes.locking_rate(kappa, W)
    stable, unstable = (-1j * W + q) / kappa, (-1j * W - q) / kappa
    z0, times = complex(seen.start.correlation[0, 0, 1]), seen.times
    if min(abs(z0 - stable), abs(z0 - unstable)) < FIXED:
        return unmeasured("the nodes start at a fixed point")
    z = seen.z[:, 0, 1]
    predicted = (z0 - stable) / (z0 - unstable) * np.exp(-rate * q * times)
    errors = _accuracy(seen) * (1 / np.abs(z - stable) + 1 / np.abs(z - unstable))
    accuracy = Accuracy(errors, "10 rtol, which adds up over the run, relative to the distances from both points")
    return equal((z - stable) / (z - unstable), predicted, accuracy, np.abs(predicted), t=times)


@statement(
    "S4, drifting", "two nodes whose detuning is above the coupling", *PAIR, drifting, source=SECTION, sharp=True
)
def s4_drifting(seen: Evidence, *, period: float = 1.0) -> Outcome:
    """``z_12`` is periodic, with the period ``2 pi / sqrt(W^2 - kappa^2)`` (Derivations, S4)."""
    length, last = two_nodes.period(seen.kappa, _apart(seen)), last_time(seen)
    if last < length:
        return unmeasured(f"the run is shorter than a period, {length:.4g}")
    later = period * length
    times = spread(seen.times[seen.times + later <= last], SOME)
    both = np.union1d(times, times + later)
    z = seen.solution.at(both).correlation[:, 0, 1]
    first, second = z[np.searchsorted(both, times)], z[np.searchsorted(both, times + later)]
    swing = float(np.abs(seen.z[:, 0, 1] - seen.z[0, 0, 1]).max())
    if not swing > FIXED:
        return unmeasured("the nodes start at a fixed point")
    accuracy = Accuracy(2 * _accuracy(seen) / swing, "10 rtol, which adds up over the run")
    return equal(second, first, accuracy, np.full(len(times), swing), t=times)


@statement("S4, border", "two nodes whose detuning is the coupling", *PAIR, at_border, source=SECTION, sharp=True)
def s4_border(seen: Evidence, *, half: float = 0.5) -> Outcome:
    """``t |z_12 + iW/kappa| -> 2/kappa``: ``1/(z_12 + iW/kappa)`` grows by ``kappa t/2`` (Derivations, S4)."""
    fixed, times = -1j * _apart(seen) / seen.kappa, seen.times
    z, z0 = seen.z[:, 0, 1], complex(seen.start.correlation[0, 0, 1])
    if abs(z0 - fixed) < FIXED:
        return unmeasured("the nodes start at the fixed point")
    predicted = half * seen.kappa * times
    errors = _accuracy(seen) / np.abs(z - fixed) ** 2
    later = times > 0
    accuracy = Accuracy((errors / predicted)[later], "10 rtol, which adds up over the run, near a double fixed point")
    measured = (1 / (z - fixed) - 1 / (z0 - fixed))[later]
    return equal(measured, predicted[later], accuracy, predicted[later], t=times[later])


@statement("S5", "nodes that differ by phases obey the Kuramoto equation", coupled, several, one_potential, undivided,
           phases, source=SECTION, sharp=True)  # fmt: skip
def s5(seen: Evidence, *, coupling: float = 1.0, detuning: float = 1.0) -> Outcome:
    """``theta_j' = -Omega_j + (kappa/N) sum_k A_jk sin(theta_k - theta_j)`` for ``psi_j = e^{i theta_j} phi``.

    Measured on ``theta_i - theta_j``, the phase of z_ij (Derivations, S5).
    """
    i, j, names = different(seen)
    found = motion(seen)
    z = found.z
    own = coupling * seen.system.coupling * np.einsum("ik,tki->ti", weights(seen), z.imag) / seen.count
    own = own - detuning * detunings(seen)
    predicted = own[:, i] - own[:, j]
    measured = (-found.slope / z).imag[:, i, j]
    scale = np.abs(predicted).max(axis=1, keepdims=True)
    errors = found.error[:, i, j] / np.where(scale > 0, scale, 1.0)
    accuracy = Accuracy(errors, "differences in time of order 8, and noise of the solver")
    return equal(measured, predicted, accuracy, scale, t=found.times, pair=names)


STATEMENTS: tuple[Statement, ...] = (s4, s4_locked, s4_drifting, s4_border, s5)
