"""Rows of a report in words, for a terminal and for pages."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from wignerlohe.theory.statement import RESOLUTION

if TYPE_CHECKING:
    from wignerlohe.theory.statement import Row


def table(rows: Sequence[Row]) -> str:
    """One line a statement, under the section that it stands in: verdict, name, and how far from what was predicted."""
    wide = max((len(row.statement) for row in rows), default=0)
    lines: list[str] = []
    for source, group in groupby(rows, key=lambda row: row.source):
        lines.append(source)
        lines += [f"  {row.verdict:<18}  {row.statement:<{wide}}  {distance(row)}".rstrip() for row in group]
    return "\n".join(lines)


def details(row: Row) -> str:
    """All that is known of one statement, over several lines."""
    lines = [f"{row.statement}: {row.title} ({row.source})", *(f"    {line}" for line in row.prediction.splitlines())]
    lines += [f"  {'met    ' if hypothesis.met else 'NOT met'}  {hypothesis}" for hypothesis in row.hypotheses]
    if not np.isnan(row.margin):
        place = f" at {row.where}" if row.where else ""
        lines.append(f"  measured {number(row.measured)}, predicted {number(row.bound)}{place}")
        lines.append(f"  {distance(row)}; numbers are right to {row.accuracy:.1e} ({row.origin})")
    if row.note:
        lines.append(f"  {row.note}")
    return "\n".join([*lines, f"  verdict: {row.verdict}"])


def distance(row: Row) -> str:
    """How far a measurement is from its prediction, relative to that.

    >>> from wignerlohe.theory.statement import Row
    >>> distance(Row("", "", "", "", (), 0.5, 1.0, 0.5, 1e-9, "", "", "holds", ""))
    'room 50 %'
    """
    if np.isnan(row.margin):
        return row.note
    if row.margin < 0:
        return f"off by {-row.margin:.1e}"
    if 0 < row.margin <= min(row.accuracy, RESOLUTION):
        return f"equal to {row.margin:.1e}"
    if row.margin > 0:
        return f"room {_percent(row.margin)}"
    curve = row.curve
    if curve is None or curve.measured[-1] == curve.bound[-1]:
        return "equal to the last bit"
    return f"equal at {row.where}; room {_percent(1 - curve.measured[-1] / curve.bound[-1])} at the end"


def _percent(share: float) -> str:
    """With two digits.

    >>> _percent(0.99999), _percent(0.0123)
    ('100 %', '1.2 %')
    """
    return f"{float(f'{100 * share:.2g}'):g} %"


def number(value: complex) -> str:
    """A real or a complex number, short.

    >>> number(0.25), number(1 - 2j)
    ('0.25', '1-2j')
    """
    return f"{value:.6g}"
