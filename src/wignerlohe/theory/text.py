"""A report on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from wignerlohe.theory.verify import Report


def table(report: Report) -> str:
    """One line a statement: verdict, name, what was measured and predicted, margin, accuracy."""
    wide = max(len(row.statement) for row in report.rows)
    lines = []
    for row in report.rows:
        line = f"{row.verdict:<18}  {row.statement:<{wide}}"
        if not np.isnan(row.margin):
            line += f"  measured {number(row.measured)}, predicted {number(row.bound)}, margin {row.margin:+.1e}"
            line += f" +- {row.accuracy:.0e}" + (f" at {row.where}" if row.where else "")
        lines.append(line + (f"  ({row.note})" if row.note else ""))
    return "\n".join(lines)


def number(value: complex) -> str:
    """A real or a complex number, short.

    >>> number(0.25), number(1 - 2j)
    ('0.25', '1-2j')
    """
    return f"{value:.4g}"
