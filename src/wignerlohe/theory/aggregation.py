"""Section 3 of the paper: complete aggregation for identical potentials."""

from __future__ import annotations

import numpy as np

from wignerlohe.theory.evidence import Evidence
from wignerlohe.theory.hypotheses import AGGREGATING
from wignerlohe.theory.statement import Outcome, Statement, at_most, statement

SECTION = "section 3"


@statement("Lemma 3.2", "the diameter stays below 1", *AGGREGATING, source=SECTION)
def lemma_3_2(seen: Evidence, *, limit: float = 1.0) -> Outcome:
    """``D(0) < 1`` implies ``D(t) < 1`` for all t."""
    accuracy = seen.deviation_accuracy(seen.diameter)
    return at_most(seen.diameter, limit, accuracy * seen.diameter, t=seen.times)


@statement("Corollary 1 (1), first", "decay of the diameter", *AGGREGATING, source=SECTION)
def corollary_1_first(seen: Evidence, *, rate: float = 1.0) -> Outcome:
    """``D(t) <= D0 e^{-kappa t} / (D0 e^{-kappa t} + 1 - D0)``."""
    D0, decay = seen.initial_diameter, np.exp(-rate * seen.kappa * seen.times)
    bound = D0 * decay / (D0 * decay + 1 - D0)
    return at_most(seen.diameter, bound, seen.deviation_accuracy(seen.diameter), t=seen.times)


STATEMENTS: tuple[Statement, ...] = (lemma_3_2, corollary_1_first)
