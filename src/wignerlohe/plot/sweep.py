"""The picture of a sweep: how far the nodes have synchronized at the end, over the parameters."""

from __future__ import annotations

import math
import textwrap
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from wignerlohe.plot.style import SEQUENTIAL, WIDTH, house_style, powers_of_ten

if TYPE_CHECKING:
    import xarray as xr

MOST_CURVES = 10
MOST_PANELS = 9
MOST_TICKS = 8
LONGEST_LABEL, LONGEST_LINE = 22, 60
ORDER = "order parameter"


@dataclass(frozen=True)
class _Averaged:
    """The variables of a sweep without the axes of its seeds: their mean, and the least and the largest value."""

    mean: xr.Dataset
    low: xr.Dataset
    high: xr.Dataset
    seeds: int


def draw(data: xr.Dataset) -> Figure:
    """Draw the data set of a sweep.

    Over one key: the order parameter and the diameter at the end, and the order parameter over time for at most ten
    values. Over two: a map of the order parameter at the end. Over more: such a map for each value of the others, at
    most nine. Keys that end in ``.seed`` are averaged over, their least and largest values shown as a band, or their
    difference as a second map.

    Parameters
    ----------
    data : xarray.Dataset
        From `wignerlohe.sweep`.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import wignerlohe as wl, xarray as xr
    >>> final = xr.DataArray([0.5, 0.9], coords={"model.coupling": [0.2, 0.4]})
    >>> data = xr.Dataset({"final_order_parameter": final, "failed": final > 1, "blow_up_time": final * float("nan")})
    >>> draw(data).axes[0].get_xlabel()
    'model.coupling'
    """
    swept = [str(key) for key in data["failed"].dims]
    keys = [key for key in swept if not key.endswith(".seed")] or swept
    averaged = _average(data, [key for key in swept if key not in keys])
    notes = [f"mean of {averaged.seeds} seeds"] if averaged.seeds > 1 else []
    for count, what in ((data["failed"].sum(), "failed"), (data["blow_up_time"].notnull().sum(), "blew up")):
        notes += [f"{int(count)} of {data['failed'].size} runs {what}"] if count else []
    note = f"\n{', '.join(notes)}" if notes else ""
    with house_style():
        figure = _curves(averaged, keys[0]) if len(keys) == 1 else _maps(averaged, keys)
        title = textwrap.fill(f"Synchronization over {', '.join(keys)}", LONGEST_LINE)
        figure.suptitle(f"{title}{note}", fontsize=11, x=0.02, ha="left")
    return figure


def _average(data: xr.Dataset, seeds: list[str]) -> _Averaged:
    """Average over seeds; where not one run came to its end nothing is drawn."""
    if "final_order_parameter" not in data:
        data = data.assign(final_order_parameter=data["blow_up_time"] * np.nan)
    names = [name for name in data if str(name).removeprefix("final_").startswith(("order_parameter", "diameter"))]
    drawn, count = data[names], math.prod(data.sizes[key] for key in seeds)
    if not seeds:
        return _Averaged(drawn, drawn, drawn, count)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Mean of empty slice|All-NaN slice", RuntimeWarning)
        return _Averaged(drawn.mean(seeds), drawn.min(seeds), drawn.max(seeds), count)


def _curves(data: _Averaged, key: str) -> Figure:
    """Draw final values over one key, and the order parameter over time."""
    over_time = "order_parameter" in data.mean and data.mean.sizes[key] <= MOST_CURVES
    figure = Figure(figsize=(WIDTH, 6.0 if over_time else 3.4), layout="constrained")
    grid = figure.add_gridspec(2 if over_time else 1, 2)
    left, right = (figure.add_subplot(grid[0, column]) for column in range(2))
    places = data.mean[key].values
    for axes in (left, right):
        axes.set_xlabel(_named(data.mean, key))
        if "values" in data.mean[key].attrs:
            axes.set_xticks(*_thinned(places, _texts(data.mean, key)))
        elif places.min() > 0 and places.max() > 100 * places.min():
            axes.set_xscale("log")
        else:
            axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=places.dtype.kind == "i"))
    final = "final_order_parameter"
    _line(left, places, data, final)
    left.set(ylabel=f"{ORDER} at the end", ylim=(0, _top(data.high[final].values)))
    bounds = {"final_diameter": "", "final_diameter_lower": "lower bound", "final_diameter_upper": "upper bound"}
    for name, label in bounds.items():
        if name in data.mean:
            _line(right, places, data, name, label)
    right.set(ylabel="diameter at the end")
    if any(np.any(data.mean[name].values > 0) for name in bounds if name in data.mean):
        powers_of_ten(right)
    if "final_diameter_lower" in data.mean:
        right.legend()
    if over_time:
        _series(figure.add_subplot(grid[1, :]), data, key)
    return figure


def _line(axes: Axes, places: NDArray[Any], data: _Averaged, name: str, label: str = "") -> None:
    """Draw means with a band from the least to the largest value; diameters as logarithms, for `powers_of_ten`."""
    values = [part[name].values for part in (data.mean, data.low, data.high)]
    if "diameter" in name:
        values = [np.log10(np.where(part > 0, part, np.nan)) for part in values]
    (line,) = axes.plot(places, values[0], "o-", ms=4, label=label)
    if data.seeds > 1:
        axes.fill_between(places, values[1], values[2], color=line.get_color(), alpha=0.25, lw=0)


def _series(axes: Axes, data: _Averaged, key: str) -> None:
    """Draw the order parameter over time, one curve per value."""
    name, times = "order_parameter", data.mean["time"].values
    values, low, high = (part[name].transpose(key, "time").values for part in (data.mean, data.low, data.high))
    colours = mpl.colormaps["viridis"](np.linspace(0, 0.9, len(values)))
    for k, text in enumerate(_texts(data.mean, key)):
        axes.plot(times, values[k], color=colours[k], label=text)
        if data.seeds > 1:
            axes.fill_between(times, low[k], high[k], color=colours[k], alpha=0.2, lw=0)
    axes.set(xlabel="time t", ylabel=ORDER, ylim=(0, _top(high)))
    axes.legend(title=_named(data.mean, key), loc="center left", bbox_to_anchor=(1.0, 0.5))


def _maps(data: _Averaged, keys: list[str]) -> Figure:
    """Draw the final order parameter over the first two keys, a panel for each value of the others."""
    sizes = [data.mean.sizes[key] for key in keys[2:]]
    panels = list(np.ndindex(*sizes))[:MOST_PANELS]
    columns = math.ceil(math.sqrt(len(panels)))
    rows = math.ceil(len(panels) / columns)
    width, height = (5.0, 3.4) if len(panels) == 1 else (1.4 + 2.3 * columns, 0.5 + 2.1 * rows)
    mean, low, high = (
        part["final_order_parameter"].transpose(*keys).values for part in (data.mean, data.low, data.high)
    )
    fields = {f"{ORDER} at the end": mean}
    if data.seeds > 1:
        fields["largest - least of the seeds"] = high - low
    cut = f"the first {len(panels)} of {math.prod(sizes)} panels" if len(panels) < math.prod(sizes) else ""
    with mpl.rc_context({"axes.grid": False}):
        figure = Figure(figsize=(width, height * len(fields) + 0.6), layout="constrained")
        parts = figure.subfigures(len(fields), 1, squeeze=False)[:, 0]
        for part, (what, values) in zip(parts, fields.items(), strict=True):
            seen = values[np.isfinite(values)]
            limits = (float(seen.min()), float(seen.max())) if len(seen) else (0.0, 1.0)
            frames = part.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
            for axes in frames.flat[len(panels) :]:
                axes.set_visible(False)
            for axes, at in zip(frames.flat, panels, strict=False):
                image = values[(slice(None), slice(None), *at)].T
                drawn = axes.imshow(
                    image, origin="lower", aspect="auto", cmap=SEQUENTIAL, vmin=limits[0], vmax=limits[1]
                )
                axes.set_facecolor("0.8")
                for setter, key in ((axes.set_xticks, keys[0]), (axes.set_yticks, keys[1])):
                    setter(*_thinned(np.arange(data.mean.sizes[key]), _texts(data.mean, key)), fontsize=8)
                title = [f"{key} = {_texts(data.mean, key)[k]}" for key, k in zip(keys[2:], at, strict=True)]
                axes.set_title("\n".join(title), loc="left", fontsize=8)
            part.supxlabel(_named(data.mean, keys[0]), fontsize=10)
            part.supylabel(_named(data.mean, keys[1]), fontsize=10)
            part.colorbar(drawn, ax=frames, label=what)
            part.suptitle(cut, fontsize=9)
    return figure


def _top(values: NDArray[Any]) -> float:
    """The upper end of an axis of order parameters, which starts at zero: 1 for unit states."""
    return 1.03 * max(1.0, float(np.nanmax(values, initial=0.0)))


def _named(data: xr.Dataset, key: str) -> str:
    """The name of a key with its unit, if it has one."""
    units = data[key].attrs.get("units", "1")
    return key if units in ("1", "as in the config") else f"{key} ({units})"


def _texts(data: xr.Dataset, key: str) -> list[str]:
    """The values of a key, as short texts; the brackets of lists take room and say little."""
    given = data[key].attrs.get("values") or [f"{value:.4g}" for value in data[key].values]
    texts = [text.replace("[", "").replace("]", "") for text in given]
    return [text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 3]}..." for text in texts]


def _thinned(places: NDArray[Any], texts: Sequence[str]) -> tuple[NDArray[Any], list[str]]:
    """Some of the ticks of an axis, evenly chosen, so that labels keep apart."""
    chosen = np.unique(np.linspace(0, len(places) - 1, min(len(places), MOST_TICKS)).round().astype(int))
    return places[chosen], [texts[k] for k in chosen]
