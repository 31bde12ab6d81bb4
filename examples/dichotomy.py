"""Aggregation of almost all data, and the exception that must be constructed.

On a complete graph without detunings the order parameter r = |mean of the nodes| never falls,

    d(r^2)/dt = (kappa / N) sum_i (|zeta|^2 - Re <C_i, zeta>^2) >= 0,    zeta = mean of all nodes,

and it stands still only where every node is +-zeta/|zeta|. So the nodes end aggregated, or with at most one state at
the antipode -zeta/|zeta|. Random data have a diameter near 2, far from the hypothesis D < 1 of the theorem on complete
aggregation, and aggregate all the same (left).

The exception is a saddle. Put one node at -e and the others in mirror pairs around e, (x, v) and (x, -v) with x > 0
along e: then the mean of all nodes, that one included, lies along e and stays there, so that the node at -e feels a
field along itself and does not move. The others agree, D -> 2 and r -> 1 - 2/N. A displacement grows like
exp(kappa t / 2), and the node joins after about (2 / kappa) log(1 / displacement) (right).

So does a node that starts exactly at the antipode: rounding is a displacement too, of some 1e-17, and no arithmetic of
finite precision holds a saddle for longer than it allows, here 76 / kappa. Even that takes a method whose unknowns are
the nodes, method="per-node". One map for all of them divides by what vanishes at the antipode, relative to the map as
exp(-kappa r t), so that this node is lost to rounding first; the solver says so and stops at kappa t = 29.

    python examples/dichotomy.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import wignerlohe as wl

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")

# parameters
coupling, count, modes, seeds = 1.0, 25, 3, 40
early, times = np.linspace(0.0, 30.0, 121), np.linspace(0.0, 100.0, 401)
displacements = [1e-3, 1e-6, 1e-9, 1e-12, 0.0]

# grid, equation, basis
grid = wl.Grid(lower=-10.0, upper=10.0, points=96)
model = wl.SchrodingerLohe(grid, potential="0.5*x**2", coupling=coupling)
basis = wl.states.fock(grid, level=np.arange(modes))

# random data: no direction is preferred
runs = [wl.solve(model, wl.states.random_expansion(grid, count, modes, seed), early) for seed in range(seeds)]
orders = np.array([run.order_parameter for run in runs])
start = np.array([run.diameter[0] for run in runs])
fall = np.diff(orders, axis=1).min()
print(f"{seeds} random ensembles: D(0) from {start.min():.3f} to {start.max():.3f}")
aggregated = np.sum(orders[:, -1] > 1 - 1e-9)
print(f"aggregated: {aggregated} of {seeds}; largest fall of the order parameter {max(-fall, 0):.0e}")

# the exception: mirror pairs around mode 0, and one node displaced from the antipode
rng = np.random.default_rng(5)
angles = rng.uniform(0.2, 1.4, count // 2)
side = rng.normal(size=(count // 2, modes - 1)) + 1j * rng.normal(size=(count // 2, modes - 1))
side *= np.sin(angles)[:, None] / np.linalg.norm(side, axis=1, keepdims=True)
pairs = [np.column_stack([np.cos(angles), sign * side]) for sign in (1, -1)]


def exception(displacement):
    """All coordinates, the displaced node first."""
    odd = np.zeros((1, modes), dtype=complex)
    odd[0, :2] = -np.sqrt(1 - displacement**2), displacement
    return np.concatenate([odd, *pairs])


exceptions = [
    wl.solve(model, wl.states.Expansion(exception(size), basis), times, method="per-node") for size in displacements
]
joined = []
for size, run in zip(displacements, exceptions, strict=True):
    along = run.mean_field[:, 0].real
    joined.append(times[np.argmax(along > 0)])
    print(f"displacement {size:.0e}: joins at t = {joined[-1]:g}, r at the end {run.order_parameter[-1]:.6f}")
print(f"each factor 1e-3 delays by {np.diff(joined[:4])}; 2 log(1000) = {2 * np.log(1e3):.2f}")
half, alone = 200, exceptions[-1]  # t = 50
print(f"at the antipode, t = {times[half]:g}: D - 2 is {alone.diameter[half] - 2:.0e}", end=", ")
print(f"r - (1 - 2/N) is {alone.order_parameter[half] - (1 - 2 / count):.0e}")

# plot
figure = Figure(figsize=(9.0, 3.8), layout="constrained")
left, right = figure.subplots(1, 2)
left.plot(early, orders.T, color="C0", lw=0.6, alpha=0.6)
left.set(xlim=(0, 20), ylim=(0, 1.03), xlabel=r"time t in units of 1/$\kappa$", ylabel="order parameter")
left.set_title(f"{seeds} random ensembles, D(0) = {start.min():.2f} to {start.max():.2f}", fontsize=10)
for size, run, shade in zip(displacements, exceptions, np.linspace(0.65, 0.0, len(displacements)), strict=True):
    label = f"displaced by {size:.0e}" if size else "at the antipode"
    right.plot(times, run.order_parameter, color=str(shade), label=label)
right.axhline(1 - 2 / count, color="C3", lw=1, ls="--", label="1 - 2/N")
right.set(ylim=(0.4, 1.03), xlabel=r"time t in units of 1/$\kappa$", ylabel="order parameter")
right.set_title("One node near the antipode of the mean", fontsize=10)
right.legend(loc="lower right", frameon=False, fontsize=9)
figure.savefig(folder / "dichotomy.png", dpi=150)
