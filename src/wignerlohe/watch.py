"""Numbers watched while a run goes on: one that leaves its bounds stops the run before more is made of it.

Watched are, of every state at which a run rests and of the last of every segment, that its numbers are finite, the
estimate of the splitting error so far, and what the coupling conserves; of the states at all output times, and of those
at rests in between where functions are stepped, the mass at the edge of the box and at the top of the momentum band.

Bounds are where results are no longer worth their computation. One number stands behind most of them: a state of which
a tenth of the norm, and so a hundredth of the probability, is wrong. What is conserved is kept to rounding,
1e-13 as a rule: more than `DRIFT` says that rounding has been amplified ten million times, and goes on growing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import array_api_compat
import numpy as np

from wignerlohe.coupling.base import Coupling
from wignerlohe.coupling.mobius import MobiusMap, MobiusState
from wignerlohe.diagnostics.resolution import Unresolved
from wignerlohe.errors import ViolationError
from wignerlohe.fields import Fields, Finding

WRONG, MASS = 0.1, 0.01  # of the norm of a state, and so of its probability
DRIFT, PART = 1e-6, 0.01
FEW = 64  # nodes of one map that are looked at: those that rounding meets first
EVERY = 16  # steps from one look at masses between output times to the next: a look costs as much as a fifth of a step
EPS, LARGEST = float(np.finfo(float).eps), float(np.finfo(float).max)


def violation(
    coupling: Coupling, fields: Fields | None, state: Any, findings: Sequence[Finding], drift: float
) -> ViolationError | None:
    """The first number that has left its bounds: at a state, or among masses that were found up to it.

    Parameters
    ----------
    coupling : Coupling
    fields : Fields or None
    state : state of the coupling
    findings : sequence of Finding
        From `Fields.unresolved`.
    drift : float
        From `drift`.
    """
    found = _infinite(drift, state) or _splitting_error(state) or _lost(coupling, state) or _drift(drift, fields, state)
    return found or next(filter(None, (_mass(finding, fields, state) for finding in findings)), None)


def looks_between(before: int, after: int) -> bool:
    """Whether masses are looked at where a stepped run rests, by the steps that it took.

    >>> looks_between(0, 15), looks_between(15, 17)
    (False, True)
    """
    return after // EVERY > before // EVERY


def drift(coupling: Coupling, state: Any) -> float:
    """How far rounding has led away from what the coupling conserves; nan where a number is not finite."""
    return coupling.drift(state) if finite(state) else math.nan


def finite(state: Any) -> bool:
    """Whether all numbers of a state are."""
    return all(map(_all_finite, vars(state).values()))


def may_lose(state: MobiusState) -> bool:
    """Whether rounding may have been amplified to a part of the bound.

    It is divided by ``c.C_i + d``, which is ``|d| - |c|`` or more for unit nodes, and stands beside ``|d| + |c|``.
    """
    c, d = float(np.linalg.norm(state.matrix[-1, :-1])), abs(state.matrix[-1, -1])
    return bool(EPS * (d + c) >= PART * DRIFT * (d - c))


def lost(coupling: MobiusMap, state: MobiusState) -> tuple[int, float]:
    """The node whose norm is furthest from 1, and how far, among those next to the antipode of the mean.

    There ``(A C_i + b) / (c.C_i + d)`` has a small denominator.
    """
    start, row = coupling.start_coordinates, state.matrix[-1]
    few = min(FEW, coupling.count)
    near = np.argpartition(np.abs(start @ row[:-1] + row[-1]), few - 1)[:few].tolist()
    off = np.abs(np.linalg.norm(coupling.coordinates(state, near), axis=1) - 1)
    return near[int(np.argmax(off))], float(off.max())


def size(fields: Fields | None, state: Any) -> float:
    """How large functions are, ``max(1, max_j Tr rho_jj^dagger rho_jj)^(1/2)``: 1 for unit nodes.

    General data may have any norm, and grow without end towards a blow-up. Rounding and masses are seen beside that.
    """
    if fields is None or fields.unit:
        return 1.0
    return math.sqrt(max(1.0, float(fields.purity([state]).max())))


def _infinite(drift: float, state: Any) -> ViolationError | None:
    if not math.isnan(drift):
        return None
    remedy = "smaller values of the potential, the coupling or the data"
    return ViolationError("largest number of the state", math.inf, LARGEST, state.time, remedy)


def _splitting_error(state: Any) -> ViolationError | None:
    error = float(getattr(state, "error", 0.0))  # only what is stepped has one
    if error <= WRONG:
        return None
    remedy = "a smaller rtol, or a shorter run"
    return ViolationError("estimated error of the splitting", error, WRONG, state.time, remedy)


def _lost(coupling: Coupling, state: Any) -> ViolationError | None:
    if not (isinstance(coupling, MobiusMap) and may_lose(state)):
        return None
    node, off = lost(coupling, state)
    if off <= DRIFT:
        return None
    remedy = 'method="per-node", which loses no node to rounding'
    return ViolationError("distance of the norm from 1", off, DRIFT, state.time, remedy, node)


def _drift(drift: float, fields: Fields | None, state: Any) -> ViolationError | None:
    if drift <= DRIFT or drift <= DRIFT * size(fields, state):
        return None
    return ViolationError("drift of what is conserved", drift, DRIFT, state.time, "a smaller rtol, or a shorter run")


def _mass(finding: Any, fields: Fields | None, state: Any) -> ViolationError | None:
    """A finding that is a violation; of factors, which have any norm, beside that."""
    remedy = finding.advice.removeprefix("try ")
    if isinstance(finding, Unresolved):
        allowed = MASS
        factors = fields is not None and bool(fields.numbers) and finding.mass > allowed
        mass = finding.mass / (size(fields, state) if factors else 1.0)
        place = "edge of the box" if finding.kind == "edge" else "top of the momentum band"
        what, whose = f"probability at the {place} on axis {finding.axis}", finding.node
    else:
        allowed, mass = WRONG, finding.mass
        place = "edge" if finding.kind == "edge" else "top of the spectrum"
        what, whose = f"share at the {place} of {finding.axis}", finding.field
    return ViolationError(what, mass, allowed, finding.time, remedy, whose) if mass > allowed else None


def _all_finite(value: Any) -> bool:
    if not array_api_compat.is_array_api_obj(value):
        return math.isfinite(value)
    xp = array_api_compat.array_namespace(value)
    return bool(xp.all(xp.isfinite(value)))
