"""What statements assume, each as a question to a run."""

from __future__ import annotations

import numpy as np

from wignerlohe import potentials
from wignerlohe.errors import InvalidInputError
from wignerlohe.grid import Grid
from wignerlohe.methods import UNIT
from wignerlohe.potentials import Potential
from wignerlohe.theory.evidence import Evidence
from wignerlohe.theory.statement import Hypothesis


def coupled(seen: Evidence) -> Hypothesis:
    """There are correlations."""
    return Hypothesis("nodes are coupled", seen.solution.method.coupling, seen.solution.coupled, essential=True)


def functions(seen: Evidence) -> Hypothesis:
    """There are functions on phase space, not correlations alone."""
    value = "given" if seen.has_functions else "correlations only"
    return Hypothesis("functions w_ij on phase space", value, seen.has_functions, essential=True)


def several(seen: Evidence) -> Hypothesis:
    """There are two nodes or more."""
    return Hypothesis("N >= 2", f"N = {seen.count}", seen.count >= 2, essential=True)


def two(seen: Evidence) -> Hypothesis:
    """There are two nodes."""
    return Hypothesis("N = 2", f"N = {seen.count}", seen.count == 2, essential=True)


def positive(seen: Evidence) -> Hypothesis:
    """The coupling is attractive."""
    return Hypothesis("kappa > 0", f"kappa = {seen.kappa:.6g}", seen.kappa > 0)


def identical(seen: Evidence) -> Hypothesis:
    """All nodes have one potential and no detunings: the first half of (9)."""
    found = "they differ" if not seen.shared else "detunings differ" if seen.detuned else "one for all nodes"
    return Hypothesis("identical potentials", found, seen.shared and not seen.detuned)


def all_to_all(seen: Evidence) -> Hypothesis:
    """The network is the complete graph of the paper."""
    return Hypothesis("all-to-all coupling", "complete" if seen.complete else "a network", seen.complete)


def unit(seen: Evidence) -> Hypothesis:
    """``z_ii = 1``: the second half of (9)."""
    off = float(np.abs(np.diagonal(seen.start.deviation[0])).max())
    return Hypothesis("z_ii(0) = 1", f"to {off:.1e}", off <= UNIT)


def close(seen: Evidence) -> Hypothesis:
    """Hypothesis (3) of the paper."""
    return Hypothesis("|1 - z_ij(0)| < 1", f"at most {seen.initial_diameter:.6g}", seen.initial_diameter < 1)


IDENTICAL = (coupled, identical, all_to_all, unit)  # equation (2) with (9)
AGGREGATING = (*IDENTICAL, positive, several, close)  # and hypothesis (3)


BOUNDED = 0.01  # by so much of it sup - inf may change when the box is doubled


def steady(seen: Evidence) -> Hypothesis:
    """The potential does not depend on time."""
    moves = seen.model.drive is not None
    return Hypothesis("V does not depend on time", "V(t, x)" if moves else "V(x)", not moves)


def bounded(seen: Evidence) -> Hypothesis:
    """V is bounded, as far as a box twice as wide tells, and a few times; an array is judged on its box."""
    text, sources, model = "V is bounded", seen.model.sampled.sources, seen.model
    times = [0.0] if model.drive is None else [0.0, *seen.moments.tolist()]
    on_box = max(float(np.ptp(model.potential_at(t).reshape(-1, model.grid.size), axis=1).max()) for t in times)
    arrays = [isinstance(source, np.ndarray) or str(source).startswith("given as ") for source in sources]
    if any(arrays):  # a store keeps values alone of what is no formula
        return Hypothesis(text, f"given as an array, and judged on its box: sup V - inf V = {on_box:.6g} there", True)
    try:
        beyond = max(oscillation(model.grid, source, time) for source in sources for time in times)
    except InvalidInputError:
        return Hypothesis(text, "not finite on a box twice as wide", False)
    value = f"sup V - inf V = {on_box:.6g}, and {beyond:.6g} on a box twice as wide"
    return Hypothesis(text, value, beyond - on_box <= BOUNDED * beyond)


def oscillation(grid: Grid, source: Potential, time: float = 0.0) -> float:
    """``sup V - inf V`` on the points of a grid, and on those of a box twice as wide."""
    middle, half = np.add(grid.lower, grid.upper) / 2, np.subtract(grid.upper, grid.lower)
    double = Grid((middle - half).tolist(), (middle + half).tolist(), grid.points, grid.hbar)
    return float(np.ptp([potentials.evaluate(source, each.mesh, time) for each in (grid, double)]))
