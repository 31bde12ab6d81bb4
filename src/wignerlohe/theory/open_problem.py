"""The open problem: nodes whose potentials differ, or that are detuned. What still holds, with proofs.

Aggregation is not to be expected: potentials pull nodes apart as fast as the coupling draws them together. With ``v =
max_ij sup_x |V_i - V_j| / hbar``, detunings included, and ``kappa > 4 v``, they stay near each other: see `diameter`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wignerlohe.conventions import position_names
from wignerlohe.solution import Solution
from wignerlohe.theory.diameter import different, passage, undivided
from wignerlohe.theory.evidence import ROUNDING, Evidence
from wignerlohe.theory.hypotheses import all_to_all, coupled, functions, positive, several, unit
from wignerlohe.theory.locking import detunings, divisors, one_potential, weights
from wignerlohe.theory.motion import POINTS, kept, last_time, rule
from wignerlohe.theory.statement import Accuracy, Hypothesis, Outcome, Statement, at_most, equal, statement

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

SECTION = "the open problem"
WINDOW = 0.1  # of the time in which nodes move: how long correlations are followed at each of the moments


def unlike(seen: Evidence) -> Hypothesis:
    """Potentials or detunings differ."""
    value = "potentials" if not seen.shared else "detunings" if seen.detuned else "none"
    return Hypothesis("potentials or detunings differ", value, value != "none", essential=True)


def only_detuned(seen: Evidence) -> Hypothesis:
    """Detunings differ."""
    value = "they do" if seen.detuned else "they do not"
    return Hypothesis("detunings differ", value, seen.detuned, essential=True)


def no_density(seen: Evidence) -> Hypothesis:
    """There is no Gross-Pitaevskii term."""
    strength = getattr(seen.solution.model, "nonlinearity", 0.0)
    return Hypothesis("no Gross-Pitaevskii term", f"g = {strength:.6g}", strength == 0)


def of_waves(seen: Evidence) -> Hypothesis:
    """Functions are those of states."""
    good = seen.fields.unit
    return Hypothesis("pure or mixed states", "wave functions" if good else "functions on phase space", good)


def weak(seen: Evidence) -> Hypothesis:
    """The coupling is strong beside what pulls nodes apart."""
    v = forcing_bound(seen)
    return Hypothesis("kappa > 4 v", f"kappa = {seen.kappa:.6g}, 4 v = {4 * v:.6g} on the box", seen.kappa > 4 * v > 0)


def near(seen: Evidence) -> Hypothesis:
    """The nodes start near enough to each other."""
    _, upper = _roots(seen.kappa, forcing_bound(seen))
    value = f"D(0) = {seen.initial_diameter:.6g}, D+ = {upper:.6g}"
    return Hypothesis("D(0) < D+ = (1 + sqrt(1 - 4 v/kappa)) / 2", value, seen.initial_diameter < upper)


def potentials(seen: Evidence, time: float) -> FloatArray:
    """``V_i + hbar Omega_i`` of all nodes, float64 (N, *grid.shape)."""
    values = seen.model.potential_at(time)
    values = np.broadcast_to(values, (seen.count, *seen.model.grid.shape))
    return np.asarray(values + seen.hbar * detunings(seen).reshape(-1, *[1] * seen.model.grid.dimension))


@kept
def forcing_bound(seen: Evidence) -> float:
    """``v = max_ij sup_x |V_i - V_j| / hbar`` on the box, over the output times where potentials depend on time."""
    times = [0.0] if seen.model.drive is None else [0.0, *seen.times.tolist()]
    found = [potentials(seen, time) for time in times]
    # |V_i - V_j| at a point is largest between the largest and the smallest
    return float(max(np.ptp(values, axis=0).max() for values in found) / seen.hbar)


def _roots(kappa: float, v: float) -> tuple[float, float]:
    """D- and D+, the roots of ``D^2 - D + v / kappa``; NaN where there are none."""
    ratio = 1 - 4 * v / kappa if kappa != 0 else np.nan
    root = float(np.sqrt(ratio)) if ratio >= 0 else float("nan")
    return (1 - root) / 2, (1 + root) / 2


@statement("Different potentials, norms", "norms are conserved", functions, coupled, unit, source=SECTION, sharp=True)
def norms(seen: Evidence, *, norm: float = 1.0) -> Outcome:
    """``int w_ii dx dp`` is constant for every node, whatever its potential."""
    pairs = [(j, j) for j in range(seen.count)]
    start, *others = (
        seen.solution.wigner_functions(pairs, float(time), axes=()).real for time in [0.0, *seen.moments.tolist()]
    )
    accuracy = seen.function_accuracy
    return equal(np.array(others), norm * start, accuracy, np.abs(start), t=seen.moments, i=range(seen.count))


def speeds(seen: Evidence, run: Solution, half: float, potential: float) -> ComplexArray:
    """``z_ij'`` by its equation at the times of a run, complex128 (T, N, N)."""
    z, A, n = run.correlation, weights(seen), seen.count
    own = divisors(seen, z)
    rows, columns = np.einsum("ik,tik->ti", A, z) / own, np.einsum("jk,tkj->tj", A, z) / own
    drawn = np.matmul(A, z) + np.matmul(z, A.T) - (rows[:, :, None] + columns[:, None, :]) * z
    return np.asarray(half * seen.system.coupling / n * drawn - 1j * potential * _pulled(seen, run))


def _pulled(seen: Evidence, run: Solution) -> ComplexArray:
    """``(1/hbar) int (V_i - V_j) rho_ij dx``, complex128 (T, N, N), with detunings and Gross-Pitaevskii terms."""
    if seen.shared:
        omega = detunings(seen)
        return np.asarray((omega[:, None] - omega) * run.correlation)
    found: ComplexArray = np.array([_pulled_at(seen, run, k) for k in range(len(run.times))])
    return found / seen.hbar


def _pulled_at(seen: Evidence, run: Solution, k: int) -> ComplexArray:
    grid, n, fields, time = seen.model.grid, seen.count, seen.fields, float(run.times[k])
    V = potentials(seen, time)
    if fields.unit:
        psi = fields.wavefunctions([run.states[k]])[0].reshape(n, -1, *grid.shape)
        V = V + getattr(seen.model, "nonlinearity", 0.0) * (np.abs(psi) ** 2).sum(axis=1)
        moved, psi = ((V[:, None] * psi).reshape(n, -1), psi.reshape(n, -1))
        return np.asarray(grid.cell * (moved @ psi.conj().T - psi @ moved.conj().T))
    pairs = [(i, j) for i in range(n) for j in range(n)]
    rho = run.wigner_functions(pairs, time, axes=position_names(grid.dimension)).reshape(n, n, -1)
    V = V.reshape(n, -1)
    return np.asarray(grid.cell * (np.einsum("ix,ijx->ij", V, rho) - np.einsum("jx,ijx->ij", V, rho)))


@statement("Different potentials, correlations", "Lemma 2.3 (ii), mended, over time", functions, coupled, several,
           source=SECTION, sharp=True)  # fmt: skip
def correlations(seen: Evidence, *, half: float = 0.5, potential: float = 1.0) -> Outcome:
    """``z_ij(t) - z_ij(s) = int_s^t [-(i/hbar) int (V_i - V_j) rho_ij dx + (kappa/2N) sum_k (..)] dt``.

    ``(..) = A_ik z_kj + A_jk z_ik - (A_ik z_ik/z_ii + A_jk z_kj/z_jj) z_ij``, and ``rho_ij = int w_ij dp``; without the
    divisions under equation (2). Detunings and Gross-Pitaevskii terms count as parts of V_i.
    """
    last = last_time(seen)
    length = min(WINDOW / seen.system.rate, last / 2)
    starts = np.unique(np.minimum([0.0, last / 2, last], last - length))
    nodes, weights_, coarse = rule(POINTS if seen.stepped else 2 * POINTS)
    i, j, names = different(seen)
    changes, predicted, errors = [], [], []
    for start in starts:
        run = seen.solution.at(start + length * nodes)
        speed = speeds(seen, run, half, potential)[:, i, j]
        fine, rough = (length * np.tensordot(w, s, axes=1) for w, s in ((weights_, speed), (coarse, speed[::2])))
        z = run.correlation[:, i, j]
        changes.append(z[-1] - z[0])
        predicted.append(fine)
        errors.append(np.abs(fine - rough) + 20 * seen.solution.method.rtol + ROUNDING)
    scale = np.abs(predicted).max(axis=1, keepdims=True)
    accuracy = Accuracy(np.array(errors) / np.where(scale > 0, scale, 1.0), "the rule of Clenshaw and Curtis; 20 rtol")
    outcome = equal(np.array(changes), np.array(predicted), accuracy, scale, s=starts, pair=names)
    return outcome.but(f"over {length:.3g} from each of {len(starts)} times s on")


MEETING = (coupled, several, functions, unlike, of_waves, all_to_all, unit, no_density, positive, weak, near)


def _riccati(seen: Evidence, forcing: float, rate: float) -> tuple[FloatArray, float]:
    """The solution of ``y' = v - kappa y + kappa y^2``, ``y(0) = D(0)``, at the output times, and its limit.

    Where it has none D is at most 2, as for all unit states.
    """
    kappa, D0 = rate * seen.kappa, seen.initial_diameter
    lower, upper = _roots(kappa, forcing * forcing_bound(seen))
    share = np.float64(D0 - lower) / (upper - D0) * np.exp(-kappa * (upper - lower) * seen.times)
    return np.fmin((lower + upper * share) / (1 + share), 2.0), float(np.fmin(lower, 2.0))


@statement("Different potentials, diameter", "nodes stay near each other", *MEETING, source=SECTION)
def diameter(seen: Evidence, *, forcing: float = 1.0, rate: float = 1.0) -> Outcome:
    """``D(t) <= y(t)``, where ``y' = v - kappa y + kappa y^2``, ``y(0) = D(0)``, ``v = max sup |V_i - V_j| / hbar``.

    Proof: ``(1 - z_ij)' = (i/hbar) int (V_i - V_j) rho_ij dx - (kappa/2N) sum_k (z_ik + z_kj) (1 - z_ij)``. The first
    term is at most v for unit states, by the inequality of Cauchy and Schwarz, and ``Re z >= 1 - D``. So ``D' <= v -
    kappa (1 - D) D``, and y is what this compares with.
    """
    bound, _ = _riccati(seen, forcing, rate)
    return at_most(seen.diameter, bound, seen.deviation_accuracy(seen.diameter), t=seen.times)


@statement("Different potentials, practical aggregation", "how near nodes are in the end", *MEETING, source=SECTION)
def practical_aggregation(seen: Evidence, *, forcing: float = 1.0) -> Outcome:
    """``limsup D(t) <= D- = (1 - sqrt(1 - 4 v/kappa)) / 2``, about ``v/kappa``: the limit of y above."""
    y, limit = _riccati(seen, forcing, 1.0)
    late = seen.times >= 0.75 * last_time(seen)
    D, transient = seen.diameter[late], float(np.maximum(y[late][0] - limit, 0) / limit)
    rest = Accuracy(transient, "how far y is from its limit")
    outcome = at_most(D, limit, seen.deviation_accuracy(D) + rest, t=seen.times[late])
    return outcome.but(f"over the last quarter of the run; v = {forcing_bound(seen):.4g}")


@statement("Detunings, phase locking", "correlations settle where D stays below 1/2", coupled, several, only_detuned,
           one_potential, all_to_all, undivided, positive, source=SECTION)  # fmt: skip
def phase_locking(seen: Evidence, *, rate: float = 1.0) -> Outcome:
    """``max_ij |z_ij'(t)| <= max_ij |z_ij'(0)| exp(-kappa int_0^t (1 - 2 D) ds)``: nodes lock where D stays below 1/2.

    Proof: ``u = z'`` obeys ``u_ij' = -i (Omega_i - Omega_j) u_ij + (kappa/2N) sum_k [(u_ik + u_kj) (1 - z_ij) - (z_ik +
    z_kj) u_ij]``, and ``Re z >= 1 - D``; so ``|u|' <= kappa D max |u| - kappa (1 - D) |u|`` where ``|u|`` is largest.
    With ``kappa > 4 v`` and ``D(0) < D+`` the limit of y is below 1/2: see "Different potentials, diameter".
    """
    over = passage(seen)
    start = float(np.abs(speeds(seen, seen.start, 0.5, 1.0)).max())
    times, found = seen.times[over.places], np.abs(speeds(seen, seen.solution, 0.5, 1.0)).max(axis=(1, 2))[over.places]
    noise = 20 * seen.solution.method.rtol * seen.system.rate
    bound = np.maximum(start * np.exp(-rate * seen.kappa * (times - 2 * over.diameter)), noise)
    accuracy = Accuracy(
        noise / bound + 2 * abs(seen.kappa) * over.error, "20 rtol, and the rule of Clenshaw and Curtis"
    )
    return at_most(found, bound, accuracy, t=times)


STATEMENTS: tuple[Statement, ...] = (norms, correlations, diameter, practical_aggregation, phase_locking)
