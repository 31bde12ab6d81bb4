"""Two cat states in the plane, which agree on not being cats.

Node 0 starts as the even superposition of a packet on the left and one on the right, node 1 as the odd one:

    psi_0 = (L + R) / norm,  psi_1 = (L - R) / norm,  z_01 = 0.

Where V(-x, y) = V(x, y), reflecting x commutes with the flow, and since the nodes play equal parts both tend to the
state (psi_0 + psi_1) / sqrt(2) carried by the flow. That is L, up to a small overlap: one packet, and no interference.
On the way z_01 = tanh(kappa t / 2), the parity of a node is +-sqrt(1 - z_01^2), and its reduced Wigner function
(integrated over y and p_y) is at the origin, in any such potential and at any time,

    w_jj(x = 0, p_x = 0) = +-1 / (pi hbar cosh(kappa t / 2)).

Interference shows in both rows: as stripes in the density while the packets run through each other (t = pi / 2 and 3 pi
/ 2; in the middle a bright one for the even cat, a dark one for the odd cat), and between the packets in the (x, p_x)
plane at any time.

    python examples/cats_in_two_dimensions.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import wignerlohe as wl
from wignerlohe.plot.style import DIVERGING

# parameters
coupling, centre = 0.6, (2.4, 1.2)
potential = "0.5*x**2 + 0.8*y**2 + 0.02*x**2*y**2"
times = {"0": 0.0, r"\pi/2": np.pi / 2, "\\pi": np.pi, r"3\pi/2": 1.5 * np.pi, r"3\pi": 3 * np.pi}

# grid, states, equation
grid = wl.Grid(lower=[-8.0, -8.0], upper=[8.0, 8.0], points=[64, 64])
left, right = (wl.states.gaussian(grid, position=[[side * centre[0], centre[1]]]) for side in (-1, 1))
psi = wl.states.superposition(grid, [[1, 1], [1, -1]], of=[left, right])
model = wl.SchrodingerLohe(grid, potential=potential, coupling=coupling)

# solve
solution = wl.solve(model, psi, list(times.values()))
density = np.array([abs(solution.wavefunctions(t)) ** 2 for t in times.values()])
wigner = np.array([[solution.wigner(j, j, t, axes=("x", "px")).real for j in (0, 1)] for t in times.values()])

# the value at the origin against the closed form
x, p = grid.phase_space.x[0], grid.phase_space.p[0]
origin = wigner[:, :, abs(x).argmin(), abs(p).argmin()]
exact = 1 / (np.pi * grid.hbar * np.cosh(coupling * solution.times / 2))
print(f"Wigner functions at the origin against the closed form: {abs(origin - np.outer(exact, [1, -1])).max():.1e}")
z_error = abs(solution.correlation[:, 0, 1] - np.tanh(coupling * solution.times / 2)).max()
print(f"z_01 against tanh(kappa t / 2): {z_error:.1e}")
for t, (even, odd) in zip(solution.times, wigner.min(axis=(2, 3)) * np.pi, strict=True):
    print(f"t = {t:.2f}: most negative value, in units of 1 / (pi hbar), {even:.3f} and {odd:.3f}")

# plot
figure = Figure(figsize=(10.0, 7.6), layout="constrained")
panels = figure.subplots(4, len(times), sharex="row", sharey="row")
for node in (0, 1):
    for k, name in enumerate(times):
        dots = panels[node, k].pcolormesh(
            *grid.axes, density[k, node].T, cmap="Greys", vmin=0, vmax=density.max(), rasterized=True
        )
        look = {"cmap": DIVERGING, "vmin": -1 / np.pi, "vmax": 1 / np.pi, "rasterized": True}
        waves = panels[2 + node, k].pcolormesh(x, p, wigner[k, node].T, **look)
        panels[2 + node, k].contour(x, p, wigner[k, node].T, levels=[-0.03], colors="k", linewidths=0.6)
        panels[0, k].set_title(f"$t = {name}$")
        panels[node, k].set(xlim=(-5, 5), ylim=(-3.5, 3.5))
        panels[2 + node, k].set(xlim=(-5, 5), ylim=(-5, 5))
for row, label in enumerate(("node 0: y", "node 1: y", r"node 0: $p_x$", r"node 1: $p_x$")):
    panels[row, 0].set_ylabel(label)
figure.supxlabel("position x", fontsize=10)
figure.colorbar(dots, ax=panels[:2], label=r"density $|\psi_j(x, y)|^2$", aspect=25)
figure.colorbar(waves, ax=panels[2:], label=r"$w_{jj}(x, p_x)$; line: $-0.03$", aspect=25)

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
figure.savefig(folder / "cats_in_two_dimensions.png", dpi=130)
