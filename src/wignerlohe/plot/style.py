"""How every figure looks: one place for sizes, colours and fonts, made to be read in print."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

# white at zero to the last bit (an odd number of colours has a middle one), which the stock colour maps are not
DIVERGING = LinearSegmentedColormap.from_list(
    "wignerlohe_diverging", ["#053061", "#2166ac", "#92c5de", "#ffffff", "#f4a582", "#b2182b", "#67001f"], N=257
)
SEQUENTIAL = LinearSegmentedColormap.from_list(
    "wignerlohe_sequential", ["#ffffff", "#c6dbef", "#6baed6", "#2171b5", "#08306b", "#041a3a"]
)
WIDTH, HEIGHT = 6.4, 4.0  # inches
DPI = 150
CONSTANT = 1e-4  # decades: a curve that varies less is flat

RULES: Any = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Apply the style to what is drawn inside; nothing outside changes."""
    with mpl.rc_context(RULES):
        yield


def single(width: float = WIDTH, height: float = HEIGHT, right: float = 0.2) -> tuple[Figure, Axes]:
    """Make a figure with one pair of axes, without pyplot and its global state; margins are fixed, which is quick."""
    figure = Figure(figsize=(width, height))
    left, bottom, top = 0.85, 0.55, 0.35  # inches, as is `right`
    size = (left / width, bottom / height, 1 - (left + right) / width, 1 - (bottom + top) / height)
    return figure, figure.add_axes(size)


def powers_of_ten(axes: Axes) -> None:
    """Label a linear axis of log10 values with the values themselves: no float is too small for it."""
    low, high = axes.get_ylim()
    if high - low < CONSTANT:  # labels of six digits would be the same
        low, high = low - 0.05, high + 0.05
        axes.set_ylim(low, high)
    if high - low > 2.5:
        axes.yaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, steps=[1, 2, 4, 5, 10], min_n_ticks=2))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: rf"$10^{{{value:.0f}}}$"))
        return
    decades = 10.0 ** np.arange(np.floor(low), np.ceil(high) + 1)
    round_values = np.sort(np.outer(decades, (1, 2, 5)).ravel())
    if high - low < 0.7:  # within a factor of five: evenly spaced values
        round_values = np.asarray(MaxNLocator(nbins=6).tick_values(10**low, 10**high))
    values = round_values[(round_values >= 10**low) & (round_values <= 10**high)]
    axes.yaxis.set_major_locator(FixedLocator(np.log10(values).tolist()))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{10**value:.6g}"))
