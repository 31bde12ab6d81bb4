"""Aggregation of almost all data, and the exception that must be constructed.

On a complete graph without detunings the order parameter r = |mean of the nodes| never falls,

    d(r^2)/dt = (kappa / N) sum_i (|zeta|^2 - Re <C_i, zeta>^2) >= 0,    zeta = mean of all nodes,

and it stands still only where every node is +-zeta/|zeta|. So the nodes end aggregated, or with at most one state at
the antipode -zeta/|zeta|. Random data have a diameter near 2, far from the hypothesis D < 1 of the theorem on complete
aggregation, and aggregate all the same (left).

The exception is a saddle: nodes in mirror pairs around one direction e keep their mean along e, so that a node at -e
feels a mean field along itself and never moves; the others agree, D -> 2 and r -> 1 - 2/N. A displacement grows like
exp(kappa r t / 2), and the node joins after about (2 / kappa) log(1 / displacement) (right).

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
times = np.linspace(0.0, 60.0, 241)
displacements = [1e-2, 1e-5, 1e-8, 0.0]

# grid, equation, basis
grid = wl.Grid(lower=-10.0, upper=10.0, points=96)
model = wl.SchrodingerLohe(grid, potential="0.5*x**2", coupling=coupling)
basis = wl.states.fock(grid, level=np.arange(modes))

# random data: no direction is preferred
runs = [wl.solve(model, wl.states.random_expansion(grid, count, modes, seed), times) for seed in range(seeds)]
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
    joined.append(times[np.argmax(along > 0)] if (along > 0).any() else np.inf)
    print(f"displacement {size:.0e}: joins at t = {joined[-1]:g}, r at the end {run.order_parameter[-1]:.6f}")
print(
    f"1 - 2/N = {1 - 2 / count:.6f}; later by factor 1e-3: {np.diff(joined[:3])}, 2 log(1000) = {2 * np.log(1e3):.1f}"
)

# plot
figure = Figure(figsize=(9.0, 3.8), layout="constrained")
left, right = figure.subplots(1, 2)
left.plot(times, orders.T, color="C0", lw=0.6, alpha=0.6)
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
