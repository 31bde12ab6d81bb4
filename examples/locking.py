"""Locking of nodes that differ: correlation at long times, and the onset by bisection.

The heterogeneity s is the standard deviation of the detunings Omega_j of mean zero, in units of kappa. Three families
of nodes are compared with closed forms:

two detuned nodes, W = Omega_1 - Omega_2 = 2 s, that start from any states. They lock if |W| < kappa, with
Re z_12 = sqrt(1 - W^2 / kappa^2); beyond, z_12 circles around a point at which it is imaginary, so that the mean of
Re z_12 over time is 0.

five nodes of random detunings s g_j, from random states. In the end they differ by phases only, the Kuramoto model,
which locks while s g_j = kappa r sin(theta_j), r = (1/N) sum_j cos(theta_j) has a solution.

five oscillators of different frequency, omega_j = 4 kappa + 2 s g_j, whose wave functions are stepped. Their ground
states have the detunings (omega_j - 4 kappa) / 2 = s g_j, so that the closed form is the same but for their widths,
which differ and make r a little smaller.

Each seed draws its own g_j, of standard deviation 1. Nodes count as locked if the order parameter varies by less than
0.01 over the last third of a run. Next to the onset nothing happens for long, about 2 pi / sqrt(2 x) for a relative
distance x, and a run of T cannot tell distances below (2 pi / T)^2 from zero: that is 0.0004 for detunings. One sweep
is one step of the bisection, for all seeds at once.

    python examples/locking.py [FOLDER [small]]
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

import wignerlohe as wl

SETTLED = 0.01  # swing of the order parameter of locked nodes
COUNT, FREQUENCY = 5, 4.0
DETUNED = {
    "grid": {"lower": -7.0, "upper": 7.0, "points": 48},
    "model": {"kind": "schrodinger-lohe", "coupling": 1.0, "potential": "0.5*x**2"},
    "initial": {"kind": "random", "count": COUNT, "modes": 3, "seed": 1},
    "time": {"stop": 300.0, "samples": 901},
    "solver": {"rtol": 1e-6},
    "wigner": {"pairs": [], "times": [0.0]},
    "output": {"wavefunctions": False},
}
TWO = DETUNED | {"initial": DETUNED["initial"] | {"count": 2}}
OSCILLATORS = DETUNED | {
    "grid": {"lower": -7.0, "upper": 7.0, "points": 64},
    "initial": {"kind": "random", "count": COUNT, "modes": 2, "seed": 1, "frequency": FREQUENCY},
    "time": {"stop": 60.0, "samples": 181},
    "solver": {"rtol": 1e-4},
}


def wells(detuning):
    """Potentials whose ground states have these detunings."""
    return [f"{omega**2 / 2:.17g}*x**2" for omega in FREQUENCY + 2 * detuning]


# the tables of each family, the key that makes its nodes differ, and the value of that key by detunings
FAMILIES = {
    "two": (TWO, "model.detuning", list),
    "detuned": (DETUNED, "model.detuning", list),
    "oscillators": (OSCILLATORS, "model.potential", wells),
}


def late(family, detunings, **seeds):
    """Mean square and swing of the order parameter over the last third of runs, one for each row of detunings."""
    tables, key, value = FAMILIES[family]
    with tempfile.TemporaryDirectory() as folder:
        axes = {key: [value(row) for row in detunings]} | seeds
        found = wl.sweep(tables | {"sweep": axes}, folder)
    assert not found["failed"].any(), found["failed"].attrs["messages"]
    order = found["order_parameter"].where(found["time"] > tables["time"]["stop"] * 2 / 3, drop=True)
    return (order**2).mean("time").values, (order.max("time") - order.min("time")).values


def onset(family, shapes, steps):
    """Brackets of the heterogeneity up to which nodes lock, by bisection."""
    low, high = np.full(len(shapes), 0.2), np.full(len(shapes), 0.7)
    for _ in range(steps):
        middle = (low + high) / 2
        locked = late(family, middle[:, None] * shapes)[1] < SETTLED
        low, high = np.where(locked, middle, low), np.where(locked, high, middle)
    return np.stack([low, high], axis=-1)


def closed_form(shape):
    """Heterogeneities that lock, by the sine of the outermost phase, and their order parameters."""
    sines, top = np.linspace(0.0, 1.0, 4001), abs(shape).max()
    order = np.sqrt(1 - (sines[:, None] * shape / top) ** 2).mean(axis=1)
    spread = sines * order / top
    end = int(np.argmax(spread)) + 1
    return spread[:end], order[:end]


if __name__ == "__main__":
    folder, small = Path(sys.argv[1] if len(sys.argv) > 1 else "."), "small" in sys.argv[2:]

    # parameters
    seeds, starts = (1, 1) if small else (5, 8)
    steps = dict.fromkeys(FAMILIES, 1) if small else {"two": 7, "detuned": 7, "oscillators": 4}
    ratios = np.array([0.6, 1.4] if small else [0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.05, 1.1, 1.2, 1.4, 1.6, 1.8, 2])
    spreads = {
        "detuned": np.array([0.3, 0.6] if small else [0.1, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7]),
        "oscillators": np.array([0.3] if small else [0.1, 0.2, 0.3, 0.4, 0.5]),
    }
    pair = np.array([[1.0, -1.0]])
    draws = np.array([np.random.default_rng(seed).normal(size=COUNT) for seed in range(seeds)])
    draws = (draws - draws.mean(axis=1, keepdims=True)) / draws.std(axis=1, keepdims=True)

    # two nodes: over W and starts
    square, _ = late("two", ratios[:, None] / 2 * pair, **{"initial.seed": list(range(1, starts + 1))})
    found = {"two_correlation": (("W", "start"), 2 * square - 1)}
    expected = np.sqrt(np.maximum(1 - ratios**2, 0))

    # five nodes: over heterogeneity and draws, up to the onset of each draw and beyond
    curves = [closed_form(shape) for shape in draws]
    for family, values in spreads.items():
        rows = (values[:, None, None] * draws).reshape(-1, COUNT)
        square, swing = (part.reshape(len(values), seeds) for part in late(family, rows))
        dims = (f"spread_{family}", "draw")
        theory = [[np.interp(s, *curve) if s < curve[0][-1] else np.nan for curve in curves] for s in values]
        found |= {f"{family}_order": (dims, np.sqrt(square)), f"{family}_swing": (dims, swing)}
        found[f"{family}_order_expected"] = (dims, np.array(theory))

    # onsets
    for family in FAMILIES:
        shapes = pair if family == "two" else draws
        dims = ("pair",) if family == "two" else ("draw",)
        ends = {"long_name": "largest heterogeneity that locked, and least that did not"}
        found[f"{family}_onset"] = ((*dims, "end"), onset(family, shapes, steps[family]), ends)
        found[f"{family}_onset_expected"] = (dims, np.array([closed_form(shape)[0][-1] for shape in shapes]))
    coordinates = {"W": ratios} | {f"spread_{name}": s for name, s in spreads.items()}
    data = xr.Dataset(found, coordinates, {"title": "Locking of nodes that differ", "units": "kappa = 1"})
    data.to_zarr(folder / "locking.zarr", mode="w", zarr_format=3, consolidated=False)

    # what is found
    wrong = abs(data["two_correlation"] - expected[:, None])
    print(f"two nodes: largest difference from the closed form, locked {float(wrong[ratios < 1].max()):.1e}", end=", ")
    print(f"drifting {float(wrong[ratios > 1].max()):.1e}")
    for family in spreads:
        wrong = abs(data[f"{family}_order"] - data[f"{family}_order_expected"])
        print(f"{family}: largest difference of r from the closed form where locked {float(wrong.max()):.1e}")
    for family in FAMILIES:
        ends, theory = data[f"{family}_onset"].values, data[f"{family}_onset_expected"].values
        inside = np.sum((ends[:, 0] <= theory) & (theory <= ends[:, 1]))
        print(
            f"{family}: onset {ends.mean(axis=1).round(4)} +- {np.ptp(ends[0]) / 2:.4f}, closed form {theory.round(4)}"
        )
        print(f"{family}: brackets that hold the closed form: {inside} of {len(ends)}")

    # plot
    figure = Figure(figsize=(11.0, 3.9), layout="constrained")
    first, second, third = figure.subplots(1, 3)
    line = np.linspace(0, 2.05, 400)
    first.plot(line, np.sqrt(np.maximum(1 - line**2, 0)), color="0.5", label="closed form")
    mean, spread = data["two_correlation"].mean("start"), data["two_correlation"].std("start")
    first.errorbar(ratios, mean, spread, fmt="o", color="C0", ms=4, capsize=3, label=f"{starts} starts")
    first.axvspan(*2 * data["two_onset"].values[0], color="C3", alpha=0.5, label="bisection")
    first.set(xlabel=r"detuning $W/\kappa$", ylabel=r"Re $z_{12}$, mean over late times", ylim=(-0.08, 1.1))
    first.set_title("(a) Two detuned nodes", loc="left", fontsize=11)
    first.legend(loc="lower left", frameon=False, fontsize=8)
    end = min(curve[0][-1] for curve in curves)
    line = np.linspace(0, end, 200)
    mean = np.mean([np.interp(line, *curve) for curve in curves], axis=0)
    second.plot(line, mean, color="0.5", label="closed form, while all draws lock")
    looks = {"detuned": ("o", "C0", "detunings"), "oscillators": ("s", "C3", "oscillators")}
    for family, (mark, colour, label) in looks.items():
        order, x = data[f"{family}_order"], spreads[family]
        look = {"fmt": mark, "color": colour, "mfc": "w" if mark == "s" else colour, "ms": 4, "capsize": 3}
        second.errorbar(x, order.mean("draw"), order.std("draw"), label=label, **look)
        ends, theory = data[f"{family}_onset"].values, data[f"{family}_onset_expected"].values
        third.errorbar(theory, ends.mean(axis=1), np.ptp(ends, axis=1) / 2, label=f"{label}, N = {COUNT}", **look)
    second.set(xlabel=r"heterogeneity $s/\kappa$", ylabel="order parameter r, late times", ylim=(0.4, 1.03))
    second.set_title(f"(b) N = {COUNT}, mean and spread of {seeds} draws", loc="left", fontsize=11)
    second.legend(loc="lower left", frameon=False, fontsize=8)
    ends = data["two_onset"].values[0]
    third.errorbar(0.5, ends.mean(), np.ptp(ends) / 2, fmt="^", color="C2", ms=5, capsize=3, label="detunings, N = 2")
    third.axline((0.5, 0.5), slope=1, color="0.5", lw=1)
    third.set(xlabel=r"onset $s/\kappa$ by the closed form", ylabel=r"onset $s/\kappa$ by bisection")
    third.set_title("(c) Onset, bars: last bracket", loc="left", fontsize=11)
    third.legend(loc="upper left", frameon=False, fontsize=8)
    figure.savefig(folder / "locking.png", dpi=150)
