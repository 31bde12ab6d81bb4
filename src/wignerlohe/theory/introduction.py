"""Section 1 of the paper: complete aggregation, and the equations (2) and (6); Remark 1 is in `transforms`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wignerlohe.methods import UNIT
from wignerlohe.operators.linear import apply_symbol
from wignerlohe.theory import transforms
from wignerlohe.theory.aggregation import largest
from wignerlohe.theory.diameter import PLAIN
from wignerlohe.theory.evidence import Evidence
from wignerlohe.theory.hypotheses import all_to_all, coupled, functions, positive, several
from wignerlohe.theory.motion import early, fitted_rate, kept, last_time
from wignerlohe.theory.residuals import VANISHING, balanced, frequencies, furthest, require_few, terms
from wignerlohe.theory.statement import Accuracy, Hypothesis, Outcome, Statement, at_most, equal, statement, unmeasured
from wignerlohe.theory.terms import accuracy_of, choose, looks, one_equation, sampled_note
from wignerlohe.theory.transforms import SECTION

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

FALLEN = 1e-6  # of its start the largest distance of an aggregated ensemble


def divided(seen: Evidence) -> Hypothesis:
    """The equation is (6), or cannot be told from it."""
    off = float(np.abs(np.diagonal(seen.start.deviation[0])).max())
    met = seen.model.division is not False or off <= UNIT
    return Hypothesis("equation (6), or z_ii = 1", f"z_ii = 1 to {off:.1e}", met)


def no_density(seen: Evidence) -> Hypothesis:
    """Potentials do not depend on what the nodes do."""
    g = getattr(seen.model, "nonlinearity", 0.0)
    return Hypothesis("no Gross-Pitaevskii term", f"g = {g:.6g}", g == 0)


@statement(
    "Definition 1.1", "complete aggregation, as far as a finite run tells", functions, coupled, several, all_to_all,
    positive, source=SECTION,
)  # fmt: skip
def definition_1_1(seen: Evidence, *, rate: float = 0.45) -> Outcome:
    """``lim ||w_ij - w_lm|| = 0`` for all i, j, l, m.

    The largest distance has fallen below 1e-6 of its start, and still decays by a rate of at least 0.45 kappa.
    """
    last_time(seen)
    found = largest(seen)
    if not found.sizes[0] > 0:
        return unmeasured("the nodes agree from the start: all distances are 0")
    fallen = float(found.sizes[-1] / found.sizes[0])
    if fallen > FALLEN:
        return unmeasured(f"at the end the largest distance is {fallen:.3g} of its start; a longer run may tell")
    fit = fitted_rate(found.times, found.sizes, found.errors)
    accuracy = Accuracy(fit.error / abs(rate * seen.kappa), "two standard errors, and both halves apart")
    outcome = at_most(-fit.value, -rate * seen.kappa, accuracy)
    return outcome.but(f"the largest distance fell to {fallen:.3g} of its start; numbers are minus its rate, {fit}")


def _equation_2(seen: Evidence, half: float, transport: float, turning: float) -> Outcome:
    """Compare both sides of (2), relative to the right one."""
    found = looks(seen)
    kappa = half * seen.kappa
    residuals = np.array([look.sizes(1, transport, turning, -kappa, kappa * look.loss) for look in found])
    right = np.array([look.sizes(0, 0, 0, seen.kappa / 2, -seen.kappa / 2 * look.loss) for look in found])
    rates = np.array([look.rate for look in found]).max(axis=1, keepdims=True)
    scale = right.max(axis=1, keepdims=True)
    scale = np.where(scale > VANISHING * rates, scale, rates)
    errors = np.array([10 * look.error + look.spilled + seen.function_accuracy.value * look.rate for look in found])
    pairs, times = [str(pair) for pair in choose(seen)], [look.time for look in found]
    outcome = equal(
        residuals / scale, 0.0, accuracy_of(seen, errors, scale), np.ones(residuals.shape), t=times, pair=pairs
    )
    return outcome.but(f"both sides' distance in L^2 relative to the right one, {sampled_note(seen)}")


@statement("(2), printed", "the model, for functions by (4) as printed, with e^{+ip.y}", functions, one_equation,
           *PLAIN, source=SECTION, sharp=True)  # fmt: skip
def equation_2_printed(seen: Evidence, *, half: float = 0.5, transport: float = -1.0, turning: float = -1.0) -> Outcome:
    """``d_t w_ij + (p/m).grad_x w_ij + Theta[V] w_ij = (kappa/2N) sum_k [w_kj + w_ik - (z_ik + z_kj) w_ij]``.

    Such functions are those of the run at -p, which turns the sign of the second and the third term around.
    """
    if all(np.all(look.sizes(0, 1, 1, 0, 0) <= look.error + look.spilled) for look in looks(seen)):
        return unmeasured("neither term moves w_ij: both signs are alike")
    return _equation_2(seen, half, transport, turning)


@statement("(2), mended", "the model, for functions by (4) with e^{-ip.y}", functions, one_equation, *PLAIN,
           source=SECTION, sharp=True)  # fmt: skip
def equation_2_mended(seen: Evidence, *, half: float = 0.5, transport: float = 1.0, turning: float = 1.0) -> Outcome:
    """``d_t w_ij + (p/m).grad_x w_ij + Theta[V] w_ij = (kappa/2N) sum_k [w_kj + w_ik - (z_ik + z_kj) w_ij]``."""
    return _equation_2(seen, half, transport, turning)


@kept
def _looks_6(seen: Evidence) -> list[tuple[float, ComplexArray, FloatArray, float]]:
    """At two times: d_t w, T w, Theta[V_i, V_j] w, Theta[V_j, V_i] w, the coupling; their squared norms; the error.

    Terms come in an orthonormal basis (5, 5).
    """
    i, j = furthest(seen)
    n, space, found = seen.count, seen.space, []
    require_few(seen, 2 * n)
    for time in seen.interior([early(seen), last_time(seen)]):
        table, exchanged = (frequencies(seen, a, b, float(time)) for a, b in ((i, j), (j, i)))
        each = terms(seen, [(i, j)], [1.0], float(time), table)
        rows = seen.solution.wigner_functions([(i, k) for k in range(n)] + [(k, j) for k in range(n)], float(time))
        row, column = rows[:n], rows[n:]
        z_row, z_column = space.integral(row), space.integral(column)
        loss = z_row.mean() / z_row[i] + z_column.mean() / z_column[j]
        gain = row.mean(axis=0) + column.mean(axis=0) - loss * each.u
        back = apply_symbol(space, exchanged, each.u)
        every = np.stack([part.ravel() for part in (each.slope, each.transport, each.turning, back, gain)], axis=1)
        basis = np.asarray(np.linalg.qr(every, mode="r")) * np.sqrt(space.cell)
        found.append((float(time), basis, np.linalg.norm(basis, axis=0), each.error))
    return found


def _equation_6(seen: Evidence, half: float, transport: float, turning: float, back: float) -> Outcome:
    """Compare both sides of (6), relative to the right one."""
    residuals, scales = [], []
    for _, basis, sizes, _ in _looks_6(seen):
        residuals.append(float(np.linalg.norm(basis @ [1, transport, turning, back, -half * seen.kappa])))
        right, moved = seen.kappa / 2 * sizes[4], sizes[1] + sizes[2]
        scales.append(abs(right) if abs(right) > VANISHING * moved else moved)
    times, _, _, errors = zip(*_looks_6(seen), strict=True)
    outcome = balanced(times, np.array(residuals), np.array(scales), np.array(errors))
    return outcome.but("i, j = {}, {}, at {} times".format(*furthest(seen), len(times)))


@statement("(6), printed", "the model for any potentials: Theta with e^{+i(p-p').y} and -i on the right-hand side",
           functions, coupled, all_to_all, divided, no_density, source=SECTION, sharp=True)  # fmt: skip
def equation_6_printed(seen: Evidence, *, half: float = 0.5, transport: float = 1.0, back: float = -1.0) -> Outcome:
    """``d_t w_ij + (p/m).grad_x w_ij + Theta w_ij = (kappa/2N) sum_k [w_kj + w_ik - (z_ik/z_ii + z_kj/z_jj) w_ij]``.

    With ``e^{+i(p-p').y}`` Theta is ``-Theta[V_j, V_i]``.
    """
    if all(np.linalg.norm(basis @ [0, 0, 1, 1, 0]) <= error for _, basis, _, error in _looks_6(seen)):
        return unmeasured("potentials are constant: both signs are alike")
    return _equation_6(seen, half, transport, 0.0, back)


@statement("(6), mended", "the model for any potentials: Theta with e^{-i(p-p').y}", functions, coupled, all_to_all,
           divided, no_density, source=SECTION, sharp=True)  # fmt: skip
def equation_6_mended(seen: Evidence, *, half: float = 0.5, transport: float = 1.0, turning: float = 1.0) -> Outcome:
    """``d_t w_ij + (p/m).grad_x w_ij + Theta w_ij = (kappa/2N) sum_k [w_kj + w_ik - (z_ik/z_ii + z_kj/z_jj) w_ij]``.

    ``Theta = Theta[V_i, V_j]``, detunings included.
    """
    return _equation_6(seen, half, transport, turning, 0.0)


STATEMENTS: tuple[Statement, ...] = (
    definition_1_1,
    *transforms.STATEMENTS,
    equation_2_printed,
    equation_2_mended,
    equation_6_printed,
    equation_6_mended,
)
