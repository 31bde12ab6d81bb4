"""The figures of a run. Each function takes a solution and returns a matplotlib figure, ready to save."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from wignerlohe.diagnostics.bounds import log_diameter_bound
from wignerlohe.errors import require
from wignerlohe.models.base import NodeModel
from wignerlohe.plot.style import DIVERGING, SEQUENTIAL, house_style, powers_of_ten, single
from wignerlohe.solution import Solution

MOST_PATHS = 500
MOST_LABELS = 10
MOST_PANELS = 8
MOST_WIGNER_NODES = 5


def diameter(solution: Solution) -> Figure:
    """``D(Z(t))`` on a log axis, beside the bound of Corollary 1 or the note that its hypothesis is not met.

    Parameters
    ----------
    solution : Solution
        Any.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure, axes = single()
        times, logs = solution.times, solution.log_diameter / np.log(10)
        shown = np.isfinite(logs)
        axes.plot(times[shown], logs[shown], label=r"$D(Z(t)) = \max_{ij}\,|1 - z_{ij}(t)|$")
        initial = float(np.exp(solution.log_diameter[0])) if len(times) and times[0] == 0 else np.inf
        bound = log_diameter_bound(initial, solution.model.coupling, times)
        note = ""
        if not shown.any():
            note = "all nodes agree: D = 0"
        elif bound is not None:
            axes.plot(times, bound / np.log(10), "--", color="0.35", label=r"bound of Corollary 1, $D(0) < 1$")
        elif solution.model.coupling > 0 and np.isfinite(initial):
            note = f"Corollary 1 does not apply: it needs D(0) < 1, here D(0) = {initial:.3g}"
        axes.set(xlabel="time t", ylabel="diameter D(Z(t))")
        axes.set_title(note or "Diameter of the correlations", loc="left")
        if shown.any():
            powers_of_ten(axes)
            axes.legend()
    return figure


def correlations(solution: Solution) -> Figure:
    """All ``z_ij(t)``, i < j, as paths in the complex plane with the unit circle.

    Each path starts at a hollow dot and ends at a full one. Beyond 500 pairs, evenly chosen ones are drawn, and the
    title says so.
    """
    with house_style():
        figure, axes = single(5.8, 5.0)
        count = solution.count
        rows, columns = np.triu_indices(count, 1)
        chosen = np.unique(np.linspace(0, max(len(rows) - 1, 0), min(len(rows), MOST_PATHS)).astype(int))
        pairs = np.stack((rows[chosen], columns[chosen]), axis=1)
        circle = np.exp(2j * np.pi * np.linspace(0, 1, 361))
        axes.plot(circle.real, circle.imag, color="0.6", lw=1)
        labelled = len(pairs) <= MOST_LABELS
        colours = mpl.colormaps["tab10" if labelled else "viridis"]
        paths = 1 - np.exp(solution.pairs.log_deviation_of(pairs)) if len(pairs) else np.ones((len(solution.times), 0))
        for k, (i, j) in enumerate(pairs.tolist()):
            path = paths[:, k]
            colour = colours(k % 10 if labelled else k / max(len(pairs) - 1, 1))
            label = rf"$z_{{{i}{j}}}$" if count <= 10 else rf"$z_{{{i},{j}}}$"
            style: dict[str, Any] = {"color": colour, "lw": 1.6 if labelled else 0.6, "alpha": 1 if labelled else 0.6}
            axes.plot(path.real, path.imag, label=label if labelled else None, **style)
            if len(path):
                axes.plot(path[0].real, path[0].imag, "o", mfc="white", mec=colour, ms=5 if labelled else 2.5)
                axes.plot(path[-1].real, path[-1].imag, "o", color=colour, ms=5 if labelled else 2.5)
        axes.set(xlabel=r"Re $z_{ij}$", ylabel=r"Im $z_{ij}$", aspect="equal")
        if len(pairs) == 0 or np.abs(paths).max() < 1.05:
            axes.set(xlim=(-1.08, 1.08), ylim=(-1.08, 1.08))
        total = f"{len(pairs)} of {len(rows)} pairs" if len(pairs) < len(rows) else "all pairs i < j"
        axes.set_title(f"Correlations over time, {total}", loc="left")
        if labelled and len(pairs):
            axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def order_parameter(solution: Solution) -> Figure:
    """The order parameter ``|mean_j psi_j|`` over time."""
    with house_style():
        figure, axes = single()
        axes.plot(solution.times, solution.order_parameter)
        axes.set(xlabel="time t", ylabel=r"order parameter $|\frac{1}{N}\sum_j \psi_j|$")
        top = max(1.0, float(solution.order_parameter.max())) if len(solution.times) else 1.0
        axes.set_ylim(0, 1.03 * top)
        axes.set_title("Order parameter", loc="left")
    return figure


def density(solution: Solution, wavefunctions: NDArray[np.complex128] | None = None) -> Figure:
    """``|psi_j(x)|^2`` over (x, t), one panel per node, one colour scale; at most 8 nodes are drawn.

    Parameters
    ----------
    solution : Solution
        With nodes on a line.
    wavefunctions : complex128 array, shape (T, nodes, n), optional
        If already known for the first nodes.
    """
    nodes = solution.nodes
    require(nodes is not None, "solution", "have wave functions", "it has correlations only", "another model")
    assert nodes is not None
    grid = nodes.model.grid
    count = min(solution.count, MOST_PANELS)
    if wavefunctions is None:
        wavefunctions = nodes.wavefunctions(list(solution._mobius_states()), slice(count))
    values = np.abs(wavefunctions[:, :count]) ** 2
    window = _window(values.max(axis=(0, 1)), 1e-3)
    extent = _extent(grid.axes[0], window)
    columns = min(count, 4)
    with house_style(), mpl.rc_context({"axes.grid": False}):
        lines = -(-count // columns)
        figure = Figure(figsize=(1.0 + 1.9 * columns, 0.9 + 2.3 * lines), layout="constrained")
        panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        for node, axes in enumerate(panels.ravel()):
            if node >= count:
                axes.set_visible(False)
                continue
            image = axes.imshow(
                values[:, node, window],
                origin="lower",
                aspect="auto",
                cmap=SEQUENTIAL,
                vmin=0,
                vmax=values.max(),
                extent=(*extent, float(solution.times[0]), float(solution.times[-1])),
            )
            axes.set_title(f"node {node}", fontsize=10)
        figure.supxlabel("position x", fontsize=10)
        figure.supylabel("time t", fontsize=10)
        figure.colorbar(image, ax=panels, label=r"$|\psi_j(x, t)|^2$", shrink=0.9)
        if count < solution.count:
            figure.suptitle(f"the first {count} of {solution.count} nodes", fontsize=10)
    return figure


def wigner_matrices(solution: Solution, nodes: Sequence[int], times: Sequence[float]) -> list[Figure]:
    """The matrix of Wigner functions ``w_ij`` at each time, on one symmetric colour scale, zero white.

    The panel in row i and column j shows w_ij: real on the diagonal, Re w_ij above it, Im w_ij below it.

    Parameters
    ----------
    solution : Solution
        With nodes on a line.
    nodes : sequence of int
        Which nodes; at most 5 are drawn.
    times : sequence of float
        When.

    Returns
    -------
    list of matplotlib.figure.Figure
        One for each time.
    """
    shown = list(nodes)[:MOST_WIGNER_NODES]
    model = solution.model
    assert isinstance(model, NodeModel)
    panels = np.stack([_panels(solution, shown, time) for time in times])
    scale = float(np.abs(panels).max())
    size = np.abs(panels).max(axis=(0, 1, 2))
    x_window, p_window = _window(size.max(axis=1), 5e-3), _window(size.max(axis=0), 5e-3)
    space = model.grid.phase_space
    x, p = space.x[0][x_window], space.p[0][p_window]
    return [
        _mosaic(panels[k][:, :, x_window, p_window], shown, x, p, scale, f"t = {time:g},  hbar = {model.grid.hbar:g}")
        for k, time in enumerate(times)
    ]


def _panels(solution: Solution, nodes: list[int], time: float) -> NDArray[np.float32]:
    """Real pictures (M, M, n, 2n) of the matrix at one time."""
    pairs = [(i, j) for i in nodes for j in nodes if i <= j]
    functions = solution.wigner_functions(pairs, time)
    found = np.empty((len(nodes), len(nodes), *functions.shape[1:]), dtype=np.float32)
    for (i, j), w in zip(pairs, functions, strict=True):
        row, column = nodes.index(i), nodes.index(j)
        found[column, row] = -w.imag  # w_ji is the conjugate of w_ij
        found[row, column] = w.real
    return found


def _mosaic(
    panels: NDArray[np.float32],
    nodes: list[int],
    x: NDArray[np.float64],
    p: NDArray[np.float64],
    scale: float,
    text: str,
) -> Figure:
    """Draw all panels as one image in one pair of axes: quick, and every panel equally large."""
    count, gap = len(nodes), max(1, len(x) // 40)
    height, width = len(p) + gap, len(x) + gap
    image = np.full((count * height - gap, count * width - gap), np.nan, dtype=np.float32)
    for row in range(count):
        for column in range(count):
            top, left = (count - 1 - row) * height, column * width
            image[top : top + len(p), left : left + len(x)] = panels[row, column].T
    with house_style(), mpl.rc_context({"axes.grid": False, "axes.spines.left": False, "axes.spines.bottom": False}):
        side = 1.55 * count + 0.4
        figure = Figure(figsize=(side + 1.9, side + 0.9))
        axes = figure.add_axes((0.75 / (side + 1.9), 0.55 / (side + 0.9), side / (side + 1.9), side / (side + 0.9)))
        axes.set_facecolor("0.8")
        drawn = axes.imshow(image, origin="lower", aspect="auto", cmap=DIVERGING, vmin=-scale, vmax=scale)
        for row in range(count):
            for column in range(count):
                part = "" if row == column else "Re " if column > row else "Im "
                label = rf"{part}$w_{{{nodes[row]},{nodes[column]}}}$"
                place = (column * width + 0.04 * len(x), (count - 1 - row) * height + 0.96 * len(p))
                axes.text(*place, label, va="top", ha="left", fontsize=9)
        for setter, axis, size in ((axes.set_xticks, x, width), (axes.set_yticks, p, height)):
            ticks = _ticks(axis)
            positions = np.interp(ticks, axis, np.arange(len(axis)))
            places = [k * size + position for k in range(count) for position in positions]
            setter(places, [f"{tick:g}" for tick in ticks] * count, fontsize=8)
        axes.tick_params(length=2)
        axes.set(xlabel="position x", ylabel="momentum p")
        axes.set_title(f"Wigner functions $w_{{ij}}(x, p)$ at {text}", loc="left")
        bar = figure.add_axes(
            ((0.9 + side) / (side + 1.9), 0.55 / (side + 0.9), 0.16 / (side + 1.9), side / (side + 0.9))
        )
        figure.colorbar(drawn, cax=bar)
        bar.tick_params(labelsize=8)
        bar.set_ylabel(r"$w_{ij}$ in units of 1 / action", fontsize=9)
    return figure


def _ticks(axis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Three round values inside an axis, symmetric about zero where it allows."""
    reach = min(-axis[0], axis[-1]) if axis[0] < 0 < axis[-1] else 0.0
    if reach > 0.3 * (axis[-1] - axis[0]):
        step = float(f"{0.7 * reach:.1g}")
        return np.array([-step, 0.0, step])
    return np.array([float(f"{value:.2g}") for value in np.quantile(axis, (0.2, 0.5, 0.8))])


def _window(profile: NDArray[np.floating], share: float) -> slice:
    """The part of an axis where something is to be seen, with a margin."""
    inside = np.flatnonzero(profile > share * profile.max())
    margin = max(2, (inside[-1] - inside[0]) // 12)
    return slice(max(0, int(inside[0]) - margin), min(len(profile), int(inside[-1]) + margin + 1))


def _extent(axis: NDArray[np.float64], window: slice) -> tuple[float, float]:
    part, step = axis[window], axis[1] - axis[0]
    return float(part[0] - step / 2), float(part[-1] + step / 2)
