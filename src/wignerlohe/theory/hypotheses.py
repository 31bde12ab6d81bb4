"""What statements assume, each as a question to a run."""

from __future__ import annotations

import numpy as np

from wignerlohe.methods import UNIT
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
