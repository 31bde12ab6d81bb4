"""Figures of observables: each function takes a data set of `wignerlohe.observables.compute` and returns a figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from wignerlohe.checks import require
from wignerlohe.plot.mosaic import Axis, mosaic
from wignerlohe.plot.style import DIVERGING, SEQUENTIAL, house_style, powers_of_ten, single

if TYPE_CHECKING:
    import xarray as xr

MOST_PANELS = 8
MOST_MAPS = 4
MOST_CURVES = 10
MOST_BANDS = 4  # of which more would hide each other
SEEN = 1e-3  # of the largest value: axes are cut where nothing above it is left


def position_density(data: xr.Dataset) -> Figure:
    """Density of each node over x and time, one panel per node; further axes are integrated over."""
    return _heat_maps(data["position_density"], "Position density", "density over x")


def momentum_density(data: xr.Dataset) -> Figure:
    """Density of each node over p and time, one panel per node; further axes are integrated over."""
    return _heat_maps(data["momentum_density"], "Momentum density", "density over p")


def current(data: xr.Dataset) -> Figure:
    """Current along x of each node over x and time, one panel per node; further axes are integrated over."""
    return _heat_maps(data["current"].isel(axis=0), "Probability current", "current along x", signed=True)


def mean(data: xr.Dataset) -> Figure:
    """Means of x and p of each node, one panel per component; bands show one standard deviation of up to four nodes.

    Parameters
    ----------
    data : xarray.Dataset
        With ``mean`` and, for the bands, ``covariance``.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import wignerlohe as wl
    >>> from wignerlohe import observables
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0)
    >>> solution = wl.solve(model, wl.states.coherent(grid, [-0.5, 0.5]), times=[0.0, 1.0, 2.0])
    >>> [axes.get_ylabel() for axes in mean(observables.compute(solution, ["mean", "covariance"])).axes]
    ['mean of x', 'mean of p']
    """
    values = data["mean"]
    count = len(values["a"])
    banded = "covariance" in data and len(values["node"]) <= MOST_BANDS
    width, height, left, right, bottom, gap, top = 6.4, 1.9, 0.85, 1.1, 0.55, 0.2, 0.55
    total = bottom + count * height + (count - 1) * gap + top
    with house_style():
        figure = Figure(figsize=(width, total))
        for row, name in enumerate(values["a"].values.tolist()):
            low = total - top - (row + 1) * height - row * gap
            place = left / width, low / total, (width - left - right) / width, height / total
            axes = figure.add_axes(place)
            component = values.sel(a=name)
            for k, (label, curve) in enumerate(_curves(component)):
                colour = mpl.colormaps["tab10"](k)
                axes.plot(component["time"], curve, color=colour, label=label)
                if banded:
                    spread = np.sqrt(np.maximum(data["covariance"].sel(a=name, b=name)[:, k], 0))
                    axes.fill_between(component["time"], curve - spread, curve + spread, color=colour, alpha=0.15, lw=0)
            axes.set_ylabel(f"mean of {name}")
            if row < count - 1:
                axes.tick_params(labelbottom=False)
        axes.set_xlabel("time t")
        bands = ", with one standard deviation" if banded else ""
        figure.axes[0].set_title(f"Means of position and momentum{bands}{_some(values)}", loc="left")
        _legend(figure.axes[0])
    return figure


def energy(data: xr.Dataset) -> Figure:
    """Total, kinetic and potential energy of each node over time: solid, dashed and dotted."""
    values = data["energy"]
    with house_style():
        figure, axes = single(right=1.25)
        for part, dash in (("total", "-"), ("kinetic", "--"), ("potential", ":")):
            one = values.sel(part=part)
            for k, (label, curve) in enumerate(_curves(one)):
                axes.plot(
                    one["time"], curve, dash, color=mpl.colormaps["tab10"](k), label=label if dash == "-" else None
                )
        for part, dash in (("kinetic", "--"), ("potential", ":")):
            axes.plot([], [], dash, color="0.35", label=part)
        axes.set(xlabel="time t", ylabel="energy of a node")
        axes.set_title(f"Energies: total (solid), kinetic, potential{_some(values)}", loc="left")
        _legend(axes)
    return figure


def purity(data: xr.Dataset) -> Figure:
    """Purity of each node over time."""
    return _lines(data["purity"], "Purity", r"purity Tr $\rho_j^2$", limits=(0.0, 1.03))


def negativity(data: xr.Dataset) -> Figure:
    """Volume of the negative part of each node's Wigner function over time."""
    title = r"Negative volume of Wigner functions, $(\int |w_{jj}|\,dx\,dp - 1)\,/\,2$"
    return _lines(data["negativity"], title, "negative volume")


def largest_distance(data: xr.Dataset) -> Figure:
    """Largest distance between any two Wigner functions over time, on a log axis."""
    values = data["largest_distance"]
    positive = values.values > 0
    with house_style():
        figure, axes = single()
        axes.plot(values["time"][positive], np.log10(values.values[positive]))
        axes.set(xlabel="time t", ylabel=r"$\max\,\Vert w_{ij} - w_{lm}\Vert$")
        title = "Largest distance between Wigner functions"
        axes.set_title(title if positive.any() else f"{title}: all nodes agree", loc="left")
        if positive.any():
            powers_of_ten(axes)
    return figure


def husimi(data: xr.Dataset) -> Figure:
    """Husimi functions over phase space, one row for each of up to four times; at most four nodes, on a line."""
    values = data["husimi"]
    must, but = "be over one position and its momentum", f"its dimensions are {values.dims}"
    require(values.ndim == 4, "husimi", must, but, 'axes=("x",)')
    x_name, p_name = values.dims[2:]
    nodes = values.isel(node=slice(MOST_MAPS))
    chosen = np.unique(np.linspace(0, len(values["time"]) - 1, MOST_MAPS).round().astype(int))
    panels = nodes.isel(time=chosen).values
    reach = panels.max(axis=(0, 1))
    x, p = _window(reach.max(axis=1)), _window(reach.max(axis=0))
    times, names = values["time"].values[chosen], nodes["node"].values
    return mosaic(
        panels[:, :, x, p].astype(np.float32),
        [[f"node {node}, t = {time:.4g}" for node in names] for time in times],
        Axis(values[x_name].values[x], values[x_name].attrs["long_name"]),
        Axis(values[p_name].values[p], values[p_name].attrs["long_name"]),
        SEQUENTIAL,
        (0.0, float(panels.max())),
        f"Husimi functions, packets of width {values.attrs['width']:g}{_some(values, MOST_MAPS)}",
        "Q in units of 1 / action",
    )


FIGURES: dict[str, Callable[[xr.Dataset], Figure]] = {
    "position_density": position_density,
    "momentum_density": momentum_density,
    "current": current,
    "mean": mean,
    "energy": energy,
    "purity": purity,
    "negativity": negativity,
    "husimi": husimi,
    "largest_distance": largest_distance,
}


def groups(data: xr.Dataset) -> Figure:
    """Order parameter of each group over time, solid, and the modulus of the mean correlation of any two, dashed."""
    names = data["group"].values.tolist()
    colours = mpl.colormaps["tab10"]
    with house_style():
        figure, axes = single(right=1.5)
        for k, name in enumerate(names[:MOST_CURVES]):
            axes.plot(data["time"], data["group_order_parameter"].sel(group=name), color=colours(k), label=name)
        if "group_correlation" in data:
            pairs = [(one, other) for k, one in enumerate(names) for other in names[:k]][:MOST_CURVES]
            for k, (one, other) in enumerate(pairs):
                mean = np.abs(data["group_correlation"].sel(group=other, other=one))
                axes.plot(data["time"], mean, "--", lw=1, color=colours(9 - k), label=f"{other}, {one}")
        axes.set(xlabel="time t", ylabel="order parameter", ylim=(0, None))
        axes.set_title("Groups (solid) and their mean correlations (dashed)", loc="left")
        _legend(axes)
    return figure


def _lines(values: xr.DataArray, title: str, label: str, limits: tuple[float, float] | None = None) -> Figure:
    """One curve per node over time."""
    with house_style():
        figure, axes = single(right=1.1)
        for k, (name, curve) in enumerate(_curves(values)):
            axes.plot(values["time"], curve, color=mpl.colormaps["tab10"](k), label=name)
        axes.set(xlabel="time t", ylabel=label)
        if limits is not None:
            axes.set_ylim(*limits)
        axes.set_title(f"{title}{_some(values)}", loc="left")
        _legend(axes)
    return figure


def _curves(values: xr.DataArray) -> list[tuple[str, NDArray[np.float64]]]:
    """Label and values over time of the first few nodes."""
    return [(f"node {node}", values.sel(node=node).values) for node in values["node"].values[:MOST_CURVES]]


def _legend(axes: Axes) -> None:
    """Beside the axes, where it hides nothing."""
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=9, handlelength=1.6)


def _heat_maps(values: xr.DataArray, title: str, bar: str, signed: bool = False) -> Figure:
    """Values over the first axis of the grid and time, one panel per node, on one colour scale."""
    _, _, axis, *others = values.dims
    line = values.isel(node=slice(MOST_PANELS))
    for other in others:
        points = values[other].values
        line = line.sum(str(other)) * (points[1] - points[0])
    shown = line.values.astype(np.float32)
    times, count, _ = shown.shape
    size = float(np.abs(shown).max())
    window = _window(np.abs(shown).max(axis=(0, 1)))
    columns = min(count, 4)
    panels = np.full((-(-count // columns), columns, window.stop - window.start, times), np.nan, dtype=np.float32)
    labels = [["" for _ in range(columns)] for _ in panels]
    for k, node in enumerate(line["node"].values):
        panels[k // columns, k % columns] = shown[:, k, window].T
        labels[k // columns][k % columns] = f"node {node}"
    over = f", integrated over {', '.join(str(values[other].attrs['long_name']) for other in others)}" if others else ""
    return mosaic(
        panels,
        labels,
        Axis(values[axis].values[window], values[axis].attrs["long_name"]),
        Axis(values["time"].values, "time t"),
        DIVERGING if signed else SEQUENTIAL,
        (-size if signed else 0.0, size),
        f"{title}{over}{_some(values, MOST_PANELS)}",
        bar,
        height=2.4,
    )


def _some(values: xr.DataArray, most: int = MOST_CURVES) -> str:
    """Say which nodes are drawn, on a line of its own."""
    count = len(values["node"])
    return f"\nthe first {most} of {count} nodes" if count > most else ""


def _window(profile: NDArray[np.floating]) -> slice:
    """The part of an axis where something is to be seen, with a margin."""
    inside = np.flatnonzero(profile > SEEN * profile.max())
    if not len(inside):
        return slice(0, len(profile))
    margin = max(2, (inside[-1] - inside[0]) // 12)
    return slice(max(0, int(inside[0]) - margin), min(len(profile), int(inside[-1]) + margin + 1))
