"""The figures of a run. Each function takes a solution and returns a matplotlib figure, ready to save."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from wignerlohe.checks import require
from wignerlohe.conventions import position_names
from wignerlohe.coupling.pairs import MOST_NODES
from wignerlohe.diagnostics.bounds import log_diameter_bound
from wignerlohe.fields import Fields
from wignerlohe.labels import VARIABLES
from wignerlohe.memory import give_back
from wignerlohe.models.correlations import Correlations
from wignerlohe.phase_space.selection import Selection, select
from wignerlohe.plot.mosaic import Axis, mosaic
from wignerlohe.plot.style import DIVERGING, SEQUENTIAL, house_style, powers_of_ten, single
from wignerlohe.solution import Solution

MOST_PATHS = 500
MOST_LABELS = 10
MOST_PANELS = 8
MOST_MAPS = 4
MOST_WIGNER_NODES = 5
MOST_ROWS = 361  # times that a panel of densities has room for
NEGATIVE = 1e-3  # of the largest value: densities that reach below are drawn as of either sign
IMAGINARY = 1e-6  # of the largest value: functions with a larger imaginary part are drawn with it
FARTHEST = 3.0  # correlations of general data are drawn up to here


def diameter(solution: Solution) -> Figure:
    """``D(Z(t))`` on a log axis, beside the bound of Corollary 1 or the note that its hypothesis is not met.

    Parameters
    ----------
    solution : Solution
        Any.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import wignerlohe as wl
    >>> solution = wl.solve(wl.Correlations(coupling=1.0), [[1, 0.5], [0.5, 1]], times=[0.0, 1.0, 2.0])
    >>> diameter(solution).axes[0].get_xlabel()
    'time t'
    """
    with house_style():
        figure, axes = single()
        times = solution.times
        if solution.count <= MOST_NODES:
            curves = {r"$D(Z(t)) = \max_{ij}\,|1 - z_{ij}(t)|$": solution.log_diameter}
        else:
            curves = {"lower bound of D(Z(t))": solution.log_diameter_lower}
            curves["upper bound of D(Z(t))"] = solution.log_diameter_upper
        for label, logs in curves.items():
            shown = np.isfinite(logs)
            axes.plot(times[shown], logs[shown] / np.log(10), label=label)
        initial = float(np.exp(logs[0])) if len(times) and times[0] == 0 else np.inf
        kappa = rate(solution)
        bound = None if kappa is None else log_diameter_bound(initial, kappa, times)
        note = ""
        if not shown.any():
            note = "all nodes agree: D = 0"
        elif bound is not None:
            axes.plot(times, bound / np.log(10), "--", color="0.35", label=r"bound of Corollary 1, $D(0) < 1$")
        elif kappa is None:
            note = "Diameter; Corollary 1 needs one potential and a complete graph"
        elif kappa > 0 and np.isfinite(initial):
            note = f"Corollary 1 does not apply: it needs D(0) < 1, here D(0) = {initial:.3g}"
        axes.set(xlabel="time t", ylabel="diameter D(Z(t))")
        if len(times) > 1:
            margin = 0.03 * (times[-1] - times[0])
            axes.set_xlim(times[0] - margin, times[-1] + margin)
        axes.set_title(note or "Diameter of the correlations", loc="left")
        if shown.any():
            powers_of_ten(axes)
            axes.legend()
    return figure


def rate(solution: Solution) -> float | None:
    """The coupling, where Corollary 1 speaks of the nodes: of one potential, on a complete graph without detunings."""
    model = solution.model
    if isinstance(model, Correlations):
        return model.coupling
    system = model.system(solution.count)
    detuned = system.detuning is not None and bool(np.any(system.detuning))
    divided = bool(model.division) and not _require_fields(solution).unit
    if detuned or divided or not model.shared or getattr(model, "nonlinearity", 0.0) != 0:
        return None
    return system.coupling * system.weights if isinstance(system.weights, float) else None


def correlations(solution: Solution) -> Figure:
    """All ``z_ij(t)``, i < j, as paths in the complex plane with the unit circle.

    Each path starts at a hollow dot and ends at a full one. Beyond 500 pairs, evenly chosen ones are drawn, and the
    title says so.
    """
    with house_style():
        figure, axes = single(6.2, 5.0, right=1.25)
        count = solution.count
        pairs, number = _some_pairs(count), count * (count - 1) // 2
        circle = np.exp(2j * np.pi * np.linspace(0, 1, 361))
        axes.plot(circle.real, circle.imag, color="0.6", lw=1)
        labelled = len(pairs) <= MOST_LABELS
        colours = mpl.colormaps["tab10" if labelled else "viridis"]
        paths = 1 - np.exp(solution.pairs.log_deviation_of(pairs)) if len(pairs) else np.ones((len(solution.times), 0))
        for k, (i, j) in enumerate(pairs):
            path = paths[:, k]
            colour = colours(k % 10 if labelled else k / max(len(pairs) - 1, 1))
            label = rf"$z_{{{i}{j}}}$" if count <= 10 else rf"$z_{{{i},{j}}}$"
            style: dict[str, Any] = {"color": colour, "lw": 1.6 if labelled else 0.6, "alpha": 1 if labelled else 0.6}
            axes.plot(path.real, path.imag, label=label if labelled else None, **style)
            if len(path):
                axes.plot(path[0].real, path[0].imag, "o", mfc="white", mec=colour, ms=5 if labelled else 2.5)
                axes.plot(path[-1].real, path[-1].imag, "o", color=colour, ms=5 if labelled else 2.5)
        axes.set(xlabel=r"Re $z_{ij}$", ylabel=r"Im $z_{ij}$", aspect="equal")
        reach = float(np.abs(paths).max(initial=0.0))
        side = 1.08 if reach < 1.05 else min(1.08 * reach, FARTHEST)
        axes.set(xlim=(-side, side), ylim=(-side, side))
        axes.locator_params(nbins=5)
        total = f"{len(pairs)} of {number} pairs" if len(pairs) < number else "all pairs i < j"
        cut = f", cut at {FARTHEST:g}" if side == FARTHEST else ""
        axes.set_title(f"Correlations over time, {total}{cut}", loc="left")
        if labelled and len(pairs):
            axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _some_pairs(count: int) -> list[tuple[int, int]]:
    """Pairs i < j, evenly chosen of all of them in order; nothing of size N x N is made.

    >>> _some_pairs(3)
    [(0, 1), (0, 2), (1, 2)]
    """
    before = np.arange(count) * (2 * count - np.arange(count) - 1) // 2  # pairs in the rows above
    number = count * (count - 1) // 2
    chosen = np.unique(np.linspace(0, max(number - 1, 0), min(number, MOST_PATHS)).astype(int))
    rows = np.searchsorted(before[:-1], chosen, side="right") - 1
    return list(zip(rows.tolist(), (chosen - before[rows] + rows + 1).tolist(), strict=True))


def order_parameter(solution: Solution) -> Figure:
    """The order parameter ``|mean_j psi_j|`` over time."""
    with house_style():
        figure, axes = single()
        axes.plot(solution.times, solution.order_parameter)
        general = solution.fields is None or not solution.fields.unit
        meaning = r"$|\mathrm{mean}_{ij}\, z_{ij}|^{1/2}$" if general else r"$|\mathrm{mean}_j\,\psi_j|$"
        axes.set(xlabel="time t", ylabel=f"order parameter {meaning}")
        top = max(1.0, float(solution.order_parameter.max())) if len(solution.times) else 1.0
        axes.set_ylim(0, 1.03 * top)
        axes.set_title("Order parameter", loc="left")
    return figure


def density(solution: Solution) -> Figure:
    """``|psi_j(x)|^2`` over (x, t), one panel per node, one colour scale; at most 8 nodes are drawn.

    Parameters
    ----------
    solution : Solution
        With nodes on a line; of mixed nodes the components are summed, of other data the real part of the integral of
        w_jj over p is drawn, for left and right factors ``sum_m phi_j^m conj(chi_j^m)``.
    """
    grid = _require_fields(solution).model.grid
    count = min(solution.count, MOST_PANELS)
    chosen = np.unique(np.linspace(0, len(solution.times) - 1, MOST_ROWS).round().astype(int))
    values = _densities(solution, [solution.states[k] for k in chosen], count)
    give_back()
    window = _window(np.abs(values).max(axis=(0, 1)), 1e-3)
    columns = min(count, 4)
    panels = np.full((-(-count // columns), columns, window.stop - window.start, len(values)), np.nan, dtype=np.float32)
    labels = [["" for _ in range(columns)] for _ in panels]
    colours, limits, what = _shades(solution, values)
    for node in range(count):
        panels[node // columns, node % columns] = values[:, node, window].T
        labels[node // columns][node % columns] = f"{_word(solution)} {node}"
    return mosaic(
        panels,
        labels,
        Axis(grid.axes[0][window], "position x"),
        Axis(solution.times[chosen], "time t"),
        colours,
        limits,
        f"{what}{_some(count, solution)}",
        "density over x",
        height=2.4,
    )


def density_maps(solution: Solution) -> Figure:
    """The density of each node over (x, y) at up to four output times, one row for each; at most 4 nodes are drawn.

    Parameters
    ----------
    solution : Solution
        With nodes in a plane or in space, where the density is integrated over z.
    """
    grid = _require_fields(solution).model.grid
    count = min(solution.count, MOST_MAPS)
    chosen = np.unique(np.linspace(0, len(solution.times) - 1, MOST_MAPS).round().astype(int))
    values = _densities(solution, [solution.states[k] for k in chosen], count)
    give_back()
    if grid.dimension == 3:
        values = values.sum(axis=-1) * grid.spacing[2]
    colours, limits, what = _shades(solution, values)
    reach = np.abs(values).max(axis=(0, 1))
    x_window, y_window = _window(reach.max(axis=1), 1e-3), _window(reach.max(axis=0), 1e-3)
    word = _word(solution)
    labels = [[f"{word} {node}, t = {solution.times[k]:.4g}" for node in range(count)] for k in chosen]
    return mosaic(
        values[:, :, x_window, y_window].astype(np.float32),
        labels,
        Axis(grid.axes[0][x_window], "position x"),
        Axis(grid.axes[1][y_window], "position y"),
        colours,
        limits,
        f"{what}{_some(count, solution)}",
        "density over x and y" if grid.dimension == 2 else "density over x and y, integrated over z",
    )


def _densities(solution: Solution, states: Sequence[Any], count: int) -> NDArray[np.float64]:
    """Densities of the first nodes: float64 (times, nodes, *grid.shape)."""
    fields = _require_fields(solution)
    if not fields.numbers:  # no wave functions
        over, pairs = position_names(fields.model.grid.dimension), [(j, j) for j in range(count)]
        return np.array([fields.wigner(state, pairs, over).real for state in states])
    left = fields.wavefunctions(states, slice(count))
    if fields.unit:
        values = left.real**2 + left.imag**2
    else:
        values = (left * fields.right_factors(states, slice(count)).conj()).real
    return np.asarray(values.sum(axis=2) if fields.mixed else values)


def _shades(solution: Solution, values: NDArray[np.float64]) -> tuple[Colormap, tuple[float, float], str]:
    """The colours of densities, their limits, and what they are: those of other data than states have either sign."""
    unit = _require_fields(solution).unit
    what = "Probability density" if unit else rf"Density $\int\,\mathrm{{Re}}\,{_function(solution)}\,dp$"
    scale = float(np.abs(values).max())
    if values.min() < -NEGATIVE * scale:
        return DIVERGING, (-scale, scale), what
    return SEQUENTIAL, (0.0, scale), what


def _word(solution: Solution) -> str:
    return "node" if solution.coupled else "function"


def _function(solution: Solution) -> str:
    return "w_{jj}" if solution.coupled else "w_j"


def _some(drawn: int, solution: Solution) -> str:
    """Say which nodes are drawn, on a line of its own."""
    count = solution.count
    return f"\nthe first {drawn} of {count} {_word(solution)}s" if drawn < count else ""


def _require_fields(solution: Solution) -> Fields:
    require(
        solution.fields is not None,
        "solution",
        "have wave functions or Wigner functions",
        "it has correlations only",
        "another model",
    )
    assert solution.fields is not None
    return solution.fields


def wigner_matrices(
    solution: Solution, nodes: Sequence[int], times: Sequence[float], selection: Selection | None = None
) -> list[Figure]:
    """The matrix of Wigner functions ``w_ij`` at each time, on one symmetric colour scale, zero white.

    The panel in row i and column j shows w_ij: real on the diagonal, Re w_ij above it, Im w_ij below it. Functions that
    stand by themselves, under the linear equation, are a row, of their imaginary parts a second one unless these are 0.

    Parameters
    ----------
    solution : Solution
        With nodes.
    nodes : sequence of int
        Which nodes; at most 5 are drawn.
    times : sequence of float
        When.
    selection : Selection, optional
        Which two axes of phase space to draw, the others cut or integrated over; all of them on a line.

    Returns
    -------
    list of matplotlib.figure.Figure
        One for each time.
    """
    shown = list(nodes)[:MOST_WIGNER_NODES]
    space = _require_fields(solution).model.space
    selection = select(space) if selection is None else selection
    require(len(selection.kept) == 2, "axes", "name two axes to draw", f"they are {selection.kept}", '("x", "px")')
    matrix = solution.coupled
    panels = np.stack([(_panels if matrix else _rows)(solution, shown, time, selection) for time in times])
    if not matrix and np.abs(panels[:, 1]).max() <= IMAGINARY * np.abs(panels).max():
        panels = panels[:, :1]
    scale = float(np.abs(panels).max())
    size = np.abs(panels).max(axis=(0, 1, 2))
    windows = _window(size.max(axis=1), 5e-3), _window(size.max(axis=0), 5e-3)
    first, second = (
        Axis(points[window], VARIABLES[name][0])
        for (name, points), window in zip(selection.coordinates.items(), windows, strict=True)
    )
    labels = [[_wigner_label(i, j, row, column) for column, j in enumerate(shown)] for row, i in enumerate(shown)]
    if not matrix:
        parts = ("Re ", "Im ") if len(panels[0]) > 1 else ("",)
        labels = [[f"{part}$w_{{{j}}}$" for j in shown] for part in parts]
    cut = "".join(f", {name} = {value:g}" for name, value in selection.at.items())
    name = "w_{ij}" if matrix else "w_j"
    reduced = f", integrated over {', '.join(selection.integrated)}" if selection.integrated else ""
    return [
        mosaic(
            panels[k][:, :, windows[0], windows[1]],
            labels,
            first,
            second,
            DIVERGING,
            (-scale, scale),
            f"Wigner functions ${name}${reduced}\nt = {time:g}{cut}, hbar = {space.hbar:g}",
            rf"${name}$ in units of {_raised(selection.units)}",
        )
        for k, time in enumerate(times)
    ]


def _raised(units: str) -> str:
    """Set powers as superscripts."""
    return re.sub(r"\^(-?\d+)", r"$^{\1}$", units)


def _wigner_label(i: int, j: int, row: int, column: int) -> str:
    part = "" if row == column else "Re " if column > row else "Im "
    return rf"{part}$w_{{{i},{j}}}$"


def _panels(solution: Solution, nodes: list[int], time: float, selection: Selection) -> NDArray[np.float32]:
    """Real pictures (M, M, points, points) of the matrix at one time."""
    general = not _require_fields(solution).unit  # w_ji is the conjugate of w_ij for nodes only
    pairs = [(i, j) for i in nodes for j in nodes if i <= j or general]
    functions = solution.wigner_functions(pairs, time, selection.kept, selection.at)
    found = np.empty((len(nodes), len(nodes), *functions.shape[1:]), dtype=np.float32)
    for (i, j), w in zip(pairs, functions, strict=True):
        row, column = nodes.index(i), nodes.index(j)
        if general:
            found[row, column] = w.imag if row > column else w.real
        else:
            found[column, row] = -w.imag
            found[row, column] = w.real
    return found


def _rows(solution: Solution, chosen: list[int], time: float, selection: Selection) -> NDArray[np.float32]:
    """Real and imaginary parts (2, M, points, points) of functions that stand by themselves."""
    functions = solution.wigner_functions([(j, j) for j in chosen], time, selection.kept, selection.at)
    return np.stack([functions.real, functions.imag]).astype(np.float32)


def _window(profile: NDArray[np.floating], share: float) -> slice:
    """The part of an axis where something is to be seen, with a margin."""
    inside = np.flatnonzero(profile > share * profile.max())
    margin = max(2, (inside[-1] - inside[0]) // 12)
    return slice(max(0, int(inside[0]) - margin), min(len(profile), int(inside[-1]) + margin + 1))
