"""Section 4 of the paper: well-posedness.

Its spaces and Lemma 4.2 are in `regularity`, Theorem 4.1 in `existence`, the map (40) in `contraction`, Lemma 4.3 in
`quadratic`; `picard` is the map as a solver.
"""

from __future__ import annotations

from wignerlohe.theory import contraction, existence, quadratic, regularity
from wignerlohe.theory.statement import Statement

STATEMENTS: tuple[Statement, ...] = (
    *regularity.STATEMENTS,
    *existence.STATEMENTS,
    *contraction.STATEMENTS,
    *quadratic.STATEMENTS,
)
