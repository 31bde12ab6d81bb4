"""Verify a run against the statements of the paper, one after the other."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from wignerlohe.checks import require
from wignerlohe.models.base import NodeModel
from wignerlohe.models.correlations import Correlations
from wignerlohe.solution import Solution
from wignerlohe.solver import solve
from wignerlohe.theory import STATEMENTS
from wignerlohe.theory.evidence import Evidence
from wignerlohe.theory.statement import VIOLATED, Row

SAMPLES, SPAN = 101, 10.0  # output times, and kappa t at the last of them, where none are given


@dataclass(frozen=True, repr=False)
class Report:
    """What `verify` found.

    Attributes
    ----------
    rows : tuple of Row
        One for each statement, in the order of the paper.
    solution : Solution
        The run.
    seconds : float
        What it took.
    """

    rows: tuple[Row, ...]
    solution: Solution
    seconds: float

    def __getitem__(self, name: str) -> Row:
        """Return the row of a statement."""
        return {row.statement: row for row in self.rows}[name]

    @property
    def violated(self) -> tuple[Row, ...]:
        """Rows that are violated and should not be: those of statements printed wrongly are expected to be."""
        return tuple(row for row in self.rows if row.verdict == VIOLATED and not row.printed)

    def __str__(self) -> str:
        from wignerlohe.theory.text import table

        return table(self.rows)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from wignerlohe.plot.verdicts import comparison

        return comparison({"this run": self})


def verify(
    solution: Solution | NodeModel | Correlations,
    initial: Any = None,
    times: ArrayLike | None = None,
    *,
    statements: Sequence[str] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Report:
    """Check the paper's statements, and the sharper ones beyond it, on a run.

    Parameters
    ----------
    solution : Solution, or a model
        A run; or a model, which is solved from ``initial`` first.
    initial : array or others, optional
        Initial data of a model; see `wignerlohe.solve`.
    times : array_like of float, optional
        Output times for a model; by default 101 up to 10 / kappa.
    statements : sequence of str, optional
        Names, or beginnings of names, such as ``["Theorem 3.1"]``; by default all.
    progress : callable, optional
        Called with the fraction of the statements that is done.

    Returns
    -------
    Report
        ``report.rows`` has, for each statement, its hypotheses with their values, what was measured and predicted, the
        margin, the accuracy of the numbers and where it is from, and the verdict.

    Raises
    ------
    InvalidInputError
        If no statement has such a name, a model comes without data, or `wignerlohe.solve` refuses them.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> report = wl.verify(wl.Correlations(coupling=1.0), [[1, 0.5], [0.5, 1]], statements=["Lemma 3.2"])
    >>> report.rows[0].verdict
    'holds'
    """
    chosen = choose(statements)
    started = clock.perf_counter()
    if not isinstance(solution, Solution):
        require(initial is not None, "initial", "be given with a model", "it is missing", "verify(model, psi)")
        if times is None:
            rate = abs(solution.coupling)
            times = np.linspace(0.0, SPAN / rate if rate > 0 else SPAN, SAMPLES)
        solution = solve(solution, initial, times)
    seen, rows = Evidence(solution), []
    for k, each in enumerate(chosen, start=1):
        rows.append(each.check(seen))
        if progress is not None:
            progress(k / len(chosen))
    return Report(tuple(rows), solution, clock.perf_counter() - started)


def choose(names: Sequence[str] | None) -> list[Any]:
    """Statements by name, or by the beginning of it; all of them without names.

    Raises
    ------
    InvalidInputError
        If there is none.
    """
    if names is None:
        return list(STATEMENTS.values())
    found = []
    for name in [names] if isinstance(names, str) else names:
        fitting = [each for full, each in STATEMENTS.items() if full.lower().startswith(str(name).lower())]
        attempt = f"one of: {'; '.join(STATEMENTS)}"
        require(bool(fitting), "statements", "name statements", f"none begins with {name!r}", attempt)
        found += [each for each in fitting if each not in found]
    return found
