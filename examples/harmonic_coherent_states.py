"""Two coherent states in a harmonic potential: the solver against the closed form.

Each state follows its classical ellipse in phase space; the coupling draws the two together along the way. With two
nodes everything is known in closed form, so the figure shows the numbers and their error side by side.

    python examples/harmonic_coherent_states.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import wignerlohe as wl

# parameters
coupling, frequency = 0.4, 1.0
positions, momenta = [2.0, -0.5], [0.0, 1.0]
times = np.linspace(0.0, 12.0, 121)

# grid, states, equation
grid = wl.Grid(lower=-9.0, upper=9.0, points=181)
psi = wl.states.coherent(grid, positions, momenta, frequency)
model = wl.SchrodingerLohe(grid, potential=f"0.5*{frequency}**2*x**2", coupling=coupling)

# solve
solution = wl.solve(model, psi, times)

# the closed form for two nodes
z0 = solution.correlation[0, 0, 1]
exact = wl.two_nodes.deviation(z0, coupling, times)
error = np.abs(solution.deviation[:, 0, 1] / exact - 1)

# mean positions, from the states
mean_x = np.array([(np.abs(solution.wavefunctions(t)) ** 2 @ grid.axes[0]) * grid.cell for t in times])

figure = Figure(figsize=(7.0, 5.2), layout="constrained")
upper, lower = figure.subplots(2, 1, sharex=True)
upper.plot(times, mean_x, label=["node 0", "node 1"])
upper.set(ylabel="mean position <x>", title="Two coherent states in a harmonic potential")
upper.legend(loc="upper right")
lower.semilogy(times, np.abs(exact), label=r"$|1 - z_{12}|$, closed form (13)")
lower.semilogy(times[::6], np.abs(solution.deviation[::6, 0, 1]), "o", mfc="none", label="wignerlohe")
lower.set(xlabel="time t", ylabel="deviation")
lower.legend(loc="upper right")

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
figure.savefig(folder / "harmonic_coherent_states.png", dpi=150)
print(f"largest relative error of 1 - z_12: {error.max():.1e}")
