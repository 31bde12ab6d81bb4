"""The page of a verification: every statement with its hypotheses, its numbers and its curve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from wignerlohe.plot.page import inline, png, render
from wignerlohe.plot.style import house_style, single
from wignerlohe.summary import counted
from wignerlohe.theory.statement import HOLDS, INCONCLUSIVE, NOT_MET, VIOLATED, Curve, Row
from wignerlohe.theory.text import distance, number
from wignerlohe.theory.verify import Report

CLASSES = {HOLDS: "holds", VIOLATED: "violated", NOT_MET: "not-met", INCONCLUSIVE: "inconclusive"}
SMALLEST, LARGEST = 1e-200, 1e200  # ticks of an axis to larger ones overflow
DECADE = 10.0  # curves that span more are drawn on a logarithmic axis


def page(report: Report, title: str, progress: Callable[[float], None] | None = None) -> str:
    """Return the page as HTML that needs no other file.

    Parameters
    ----------
    report : Report
    title : str
    progress : callable, optional
        Called with the fraction of the statements that is drawn.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> report = wl.verify(wl.Correlations(coupling=1.0), [[1, 0.5], [0.5, 1]], statements=["Lemma 3.2"])
    >>> "the diameter stays below 1" in page(report, "Two nodes")
    True
    """
    rows = []
    for k, row in enumerate(report.rows, start=1):
        rows.append(_shown(row))
        if progress is not None:
            progress(k / len(report.rows))
    counts = Counter(row.verdict for row in report.rows)
    printed = sum(row.printed and row.verdict == VIOLATED for row in report.rows)
    solution = report.solution
    span = f" from t = {solution.times[0]:g} to {solution.times[-1]:g}" if len(solution.times) else ""
    return render(
        "verdicts.html.j2",
        title=title,
        lead=f"{len(rows)} statements on a run of {counted(solution.count)}{span}.",
        counts=[(verdict, counts[verdict]) for verdict in CLASSES if counts[verdict]],
        classes=CLASSES,
        printed=printed,
        rows=rows,
    )


def section(row: Row, number: int = 0) -> str:
    """Return the part of the page that is about one statement."""
    return render("verdict.html.j2", row=_shown(row), number=number, classes=CLASSES)


def _shown(row: Row, drawn: bool = True) -> dict[str, Any]:
    """A row as the template takes it."""
    known = not np.isnan(row.margin)
    return {
        **{name: getattr(row, name) for name in ("verdict", "statement", "title", "source", "note")},
        "prediction": row.prediction.split("``"),  # words and formulas in turn
        "hypotheses": row.hypotheses,
        "measured": number(row.measured) if known else "",
        "bound": number(row.bound),
        "place": f" at {row.where}" if row.where else "",
        "distance": distance(row),
        "accuracy": f"{row.accuracy:.1e}",
        "origin": row.origin,
        "figure": inline(png(figure(row.curve))) if drawn and row.curve is not None else "",
    }


def figure(curve: Curve) -> Figure:
    """Measured and predicted values along an axis; where they vary by more than a decade on a logarithmic one."""
    with house_style():
        drawn, axes = single(5.6, 2.6)
        sides = np.concatenate([curve.measured, curve.bound])
        finite = sides[np.isfinite(_drawable(sides, False))]
        positive = finite[finite > 0]
        logarithmic = len(positive) > 0 and (finite >= 0).all() and positive.max() > DECADE * positive.min()
        axes.plot(curve.along, _drawable(curve.measured, logarithmic), label="measured")
        axes.plot(curve.along, _drawable(curve.bound, logarithmic), "--", color="0.35", label="predicted")
        axes.set(xlabel=f"time {curve.axis}" if curve.axis == "t" else curve.axis)
        if logarithmic:
            axes.set_yscale("log")
        axes.legend(fontsize=9)
    return drawn


def _drawable(values: Any, logarithmic: bool) -> Any:
    """Values without those that an axis cannot show."""
    shown = np.isfinite(values) & (np.abs(values) < LARGEST)
    return np.where(shown & ((values > SMALLEST) | (not logarithmic)), values, np.nan)


def comparison(reports: Mapping[str, Report]) -> str:
    """Return a table of all verdicts of several runs, with the distance from the prediction on each."""
    return render("comparison.html.j2", runs=list(reports), rows=_side_by_side(reports), classes=CLASSES)


def errata(reports: Mapping[str, Report]) -> str:
    """Return a table of the statements that are printed wrongly, beside their mended forms, where both are measured."""
    ends = (", printed", ", mended")
    pairs: dict[str, list[dict[str, Any]]] = {}
    for report in reports.values():
        met = [row for row in report.rows if row.verdict != NOT_MET and row.statement.endswith(ends)]
        for row in met:
            stem = row.statement.rsplit(", ", 1)[0]
            if not any(known["statement"] == row.statement for known in pairs.get(stem, [])):
                pairs.setdefault(stem, []).append(_shown(row, drawn=False))
    return render("errata.html.j2", pairs=pairs, classes=CLASSES)


def _side_by_side(reports: Mapping[str, Report]) -> list[list[dict[str, Any]]]:
    """The rows of each statement, one for each run."""
    return [
        [_shown(row, drawn=False) for row in rows] for rows in zip(*(r.rows for r in reports.values()), strict=True)
    ]
