"""Thermal nodes: what synchronization does to purity.

A thermal state of an oscillator at temperature T has the purity Tr rho^2 = tanh(hbar omega / 2 T). Here each node is a
displaced thermal state, written by m components psi^k = sqrt(p_k) D |k> with the same k for all nodes, so that
z_ij = sum_k <psi_i^k, psi_j^k> says how far two nodes agree, components and all.

Coupled nodes approach a common mixed state. On the way each is a superposition of differently displaced components,
and purities change: the cold nodes are warmed by the hot ones and the other way round, until all purities are equal.
Without coupling every purity stays what it was: the flow of one node is unitary.

    python examples/thermal_nodes.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import wignerlohe as wl
from wignerlohe.plot.style import DIVERGING

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")

# parameters: hbar = omega = mass = 1
coupling, components = 0.8, 60
temperatures = [0.15, 0.4, 0.8, 1.4]
positions, momenta = [1.2, -0.8, 0.3, -0.4], [0.0, 0.6, -0.9, 0.2]
times = np.linspace(0.0, 12.0, 121)

# grid, states, equation
grid = wl.Grid(lower=-20.0, upper=20.0, points=256)
psi = wl.states.thermal(grid, temperature=temperatures, position=positions, momentum=momenta, components=components)
model = wl.WignerLohe(grid, potential="0.5*x**2", coupling=coupling)

# solve, and once without coupling
solution = wl.solve(model, psi, times)
free = wl.solve(wl.WignerLohe(grid, potential="0.5*x**2", coupling=0.0), psi, times)
exact = np.tanh(0.5 / np.array(temperatures))
print(f"purity at t = 0 against tanh(hbar omega / 2T): {np.abs(solution.purity[0] - exact).max():.1e}")
print(f"without coupling it changes by {np.abs(free.purity - free.purity[0]).max():.1e}")
print("purities at the end:", solution.purity[-1].round(6), f"spread {np.ptp(solution.purity[-1]):.1e}")

# plot
figure = Figure(figsize=(9.0, 6.0), layout="constrained")
top, bottom = figure.subfigures(2, 1, height_ratios=(1, 0.9))
left, right = top.subplots(1, 2)
left.plot(times, solution.purity, label=[f"T = {t:g}" for t in temperatures])
left.set(xlabel="time t", ylabel=r"purity Tr $\rho_j^2$", ylim=(0, 1.02))
left.set_title(r"dots: $\tanh(\hbar\omega/2T)$", fontsize=10)
left.plot(np.zeros(4), exact, "ko", ms=4, clip_on=False, zorder=5)
left.legend(frameon=False, ncols=2)
right.plot(times, np.abs(solution.correlation[:, *np.triu_indices(4, 1)]))
right.set(xlabel="time t", ylabel=r"$|z_{ij}|$, i < j", ylim=(0, 1.02))
right.set_title("correlations of the nodes", fontsize=10)
panels = bottom.subplots(1, 4, sharey=True)
functions = [solution.wigner(0, 0, time).real for time in (0.0, 1.0, 2.5, 12.0)]
scale = max(float(np.abs(w).max()) for w in functions)
for axes, w in zip(panels, functions, strict=True):
    image = axes.pcolormesh(w.x, w.p, w.values.T, cmap=DIVERGING, vmin=-scale, vmax=scale, rasterized=True)
    axes.set(xlim=(-4, 4), ylim=(-4, 4), aspect="equal", xlabel="position x")
    axes.set_title(f"$w_{{00}}$, t = {w.attrs['time']:g}", fontsize=10)
panels[0].set_ylabel("momentum p")
bottom.colorbar(image, ax=panels, label="1 / action", shrink=0.9)
figure.savefig(folder / "thermal_nodes.png", dpi=120)
