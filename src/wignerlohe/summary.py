"""A solution in a few lines, for a terminal and for a notebook."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np

from wignerlohe.coupling.pairs import MOST_NODES
from wignerlohe.models.base import NodeModel
from wignerlohe.models.schrodinger_lohe import SchrodingerLohe
from wignerlohe.text import printable

if TYPE_CHECKING:
    from wignerlohe.solution import Solution


def summary_rows(solution: Solution) -> list[tuple[str, str]]:
    """What to know about a run, as (label, text)."""
    model, times = solution.model, solution.times
    of = f"{counted(solution.count, 'function')}, no correlations"
    if solution.coupled:
        of = f"{counted(solution.count)}, coupling {model.coupling:g}"
    rows = [("model", f"{type(model).__name__}, {of}")]
    if isinstance(model, NodeModel):
        grid = model.grid
        boxes = " x ".join(f"[{low:g}, {high:g})" for low, high in zip(grid.lower, grid.upper, strict=True))
        shape = " x ".join(map(str, grid.points))
        rows.append(("grid", f"{shape} points on {boxes}, hbar = {grid.hbar:g}, mass = {model.mass:g}"))
        if model.space != grid.phase_space:
            axes = zip(model.space.p_points, model.space.p_lower, model.space.p_upper, strict=True)
            rows.append(("momenta", " x ".join(f"{n} points on [{low:g}, {high:g})" for n, low, high in axes)))
        rows.append(("potential", f"V = {model.potential_text}"))
        if isinstance(model, SchrodingerLohe) and model.nonlinearity:
            rows.append(("nonlinearity", f"g = {model.nonlinearity:g}"))
        if model.division is not None:
            rows.append(("equation", "(6), z_ik / z_ii" if model.division else "(2)"))
        if model.network is not None:
            rows.append(("network", model.network_of(solution.count).description))
        if model.detuning is not None:
            low, high = model.detuning.min(), model.detuning.max()
            rows.append(("detuning", f"{len(model.detuning)} frequencies from {low:.6g} to {high:.6g}"))
    if len(times):
        rows.append(("times", f"{len(times)} from {times[0]:g} to {times[-1]:g}"))
    if len(times) and solution.coupled:
        if solution.count <= MOST_NODES:
            logs = solution.log_diameter
            rows.append(("diameter", f"{_power(logs[0])} -> {_power(logs[-1])}"))
        else:
            lower, upper = solution.log_diameter_lower, solution.log_diameter_upper
            spans = [f"{_power(lower[k])} to {_power(upper[k])}" for k in (0, -1)]
            rows.append(("diameter", f"between {spans[0]} -> between {spans[1]}"))
        order = solution.order_parameter
        rows.append(("order parameter", f"{order[0]:.6g} -> {order[-1]:.6g}"))
    method = solution.method
    cost = ", ".join(f"{value:.3g} {name.replace('_', ' ')}" for name, value in method.cost.items())
    rows.append(("method", f"{method.name}: {method.reason}"))
    if solution.coupled:
        rows.append(("coupling by", method.coupling))
    rows.append(("linear flow by", method.linear))
    drift = "" if solution.fields is None else f"; drift of what is conserved {solution.drift:.1e}"
    rows.append(("tolerance", f"rtol = {method.rtol:g}; {cost}{drift}"))
    rows += [("warning", warning) for warning in solution.warnings]
    return [(label, printable(text)) for label, text in rows]  # some of it may come from a file


def counted(number: int, what: str = "node") -> str:
    """Count nodes, or something else, in words.

    >>> counted(1), counted(2)
    ('1 node', '2 nodes')
    """
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def text_summary(solution: Solution) -> str:
    """Lay the rows out in two columns."""
    rows = summary_rows(solution)
    width = max(len(label) for label, _ in rows)
    return "\n".join(["wignerlohe solution", *(f"  {label:<{width}}  {text}" for label, text in rows)])


def html_summary(solution: Solution) -> str:
    """Lay the rows out as a table."""
    cells = "".join(
        f"<tr><th style='text-align:left'>{html.escape(label)}</th>"
        f"<td style='text-align:left'>{html.escape(text)}</td></tr>"
        for label, text in summary_rows(solution)
    )
    return f"<table><caption>wignerlohe solution</caption>{cells}</table>"


def _power(log: float) -> str:
    """Write exp(log) readably, also where it is below the smallest float."""
    if log == -np.inf:
        return "0"
    if log > np.log(1e-300):
        return f"{np.exp(log):.6g}"
    exponent = int(np.floor(log / np.log(10)))
    return f"{np.exp(log - exponent * np.log(10)):.6g}e{exponent}"
