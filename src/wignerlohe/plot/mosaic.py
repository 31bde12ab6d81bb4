"""Many panels as one image in one pair of axes: every panel equally large, one colour scale, and quick to draw."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from wignerlohe.plot.style import house_style

# inches: a panel's side, and the space around the panels for labels, title and colour bar
SIDE = 1.55
LEFT, RIGHT, BOTTOM, TOP = 0.75, 1.15, 0.55, 0.6

# labels stay readable on dark colours
LABEL = {"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 1.0}


@dataclass(frozen=True)
class Axis:
    """One axis of every panel: its points and its name."""

    points: NDArray[np.float64]
    name: str

    def ticks(self, panels: int) -> NDArray[np.float64]:
        """A few round values inside; between neighbouring panels they keep off the ends, where labels would meet."""
        low, high = float(self.points[0]), float(self.points[-1])
        if panels > 1:
            low, high = low + 0.12 * (high - low), high - 0.12 * (high - low)
        values = np.asarray(MaxNLocator(nbins=3, steps=[1, 2, 3, 5, 10]).tick_values(low, high))
        return values[(values >= low) & (values <= high)]


def mosaic(
    panels: NDArray[np.float32],
    labels: list[list[str]],
    x: Axis,
    y: Axis,
    colours: Colormap,
    limits: tuple[float, float],
    title: str,
    bar: str,
    height: float = SIDE,
) -> Figure:
    """Draw panels (rows, columns, x points, y points), the first row on top.

    Parameters
    ----------
    panels : float32 array
        NaN panels stay empty.
    labels : list of lists of str
        One text for each panel, drawn in its corner.
    x, y : Axis
        The axes that all panels share.
    colours, limits
        The colour map and its range.
    title, bar : str
        Text above, two short lines at most, and beside the colour bar.
    height : float
        Of a panel, in inches.
    """
    rows, columns, width, depth = panels.shape
    gaps = max(1, width // 40), max(1, depth // 40)
    steps = width + gaps[0], depth + gaps[1]
    image = np.full((rows * steps[1] - gaps[1], columns * steps[0] - gaps[0]), np.nan, dtype=np.float32)
    with house_style(), mpl.rc_context({"axes.grid": False, "axes.spines.left": False, "axes.spines.bottom": False}):
        inner = SIDE * columns, height * rows
        size = LEFT + inner[0] + RIGHT, BOTTOM + inner[1] + TOP
        figure = Figure(figsize=size)
        axes = figure.add_axes((LEFT / size[0], BOTTOM / size[1], inner[0] / size[0], inner[1] / size[1]))
        for row in range(rows):
            for column in range(columns):
                left, low = column * steps[0], (rows - 1 - row) * steps[1]
                image[low : low + depth, left : left + width] = panels[row, column].T
                place = left - 0.5 + 0.04 * width, low - 0.5 + 0.96 * depth
                axes.text(*place, labels[row][column], va="top", ha="left", fontsize=9, bbox=LABEL)
        drawn = axes.imshow(image, origin="lower", aspect="auto", cmap=colours, vmin=limits[0], vmax=limits[1])
        axes.set_facecolor("0.8")
        for setter, axis, count, step in (
            (axes.set_xticks, x, columns, steps[0]),
            (axes.set_yticks, y, rows, steps[1]),
        ):
            ticks = axis.ticks(count)
            places = np.interp(ticks, axis.points, np.arange(len(axis.points)))
            setter([k * step + p for k in range(count) for p in places], [f"{t:g}" for t in ticks] * count, fontsize=8)
        axes.tick_params(length=2)
        axes.set(xlabel=x.name, ylabel=y.name)
        axes.set_title(title, loc="left")
        right = (LEFT + inner[0] + 0.15) / size[0]
        beside = figure.add_axes((right, BOTTOM / size[1], 0.16 / size[0], inner[1] / size[1]))
        figure.colorbar(drawn, cax=beside)
        beside.tick_params(labelsize=8)
        beside.set_ylabel(bar, fontsize=9)
    return figure
