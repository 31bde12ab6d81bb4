"""The Kuramoto transition, from 2000 Schrodinger-Lohe equations.

Nodes that differ by phases alone, psi_j = e^{i theta_j} phi, remain of this form, and their phases obey the Kuramoto
model

    theta_j' = -Omega_j + (kappa / N) sum_k sin(theta_k - theta_j).

For detunings Omega_j of Lorentzian density, half-width gamma, infinitely many nodes are incoherent up to the onset
kappa = 2 gamma and have the stationary order parameter r = sqrt(1 - 2 gamma / kappa) beyond it. N nodes of random
phases leave noise instead of nothing below the onset, <r^2> = 1 / (N (1 - kappa / 2 gamma)), so that they blur it; well
above it r agrees with the theory to a fraction of its fluctuations in time.

The detunings stand at quantiles of equal probability, gamma tan(pi ((j + 1/2) / N - 1/2)). The outermost is 1273 gamma,
and the solver follows each of its turns, though it hardly matters to the others: that makes 2000 nodes a matter of some
minutes, and the small version, of 120 nodes, one of seconds.

    python examples/kuramoto_limit.py [FOLDER [small]]
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import wignerlohe as wl

folder, small = Path(sys.argv[1] if len(sys.argv) > 1 else "."), "small" in sys.argv[2:]

# parameters
count = 120 if small else 2000
gamma = 1.0
ratios = np.array([0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.05, 1.1, 1.2, 1.4, 1.7, 2.0, 2.5])[:: 3 if small else 1]
couplings = 2 * gamma * ratios
times = np.linspace(10.0, 20.0, 101)  # the window of the mean: by then the start is forgotten, but next to the onset

# grid, state
grid = wl.Grid(lower=-6.0, upper=6.0, points=24)
phi = wl.states.coherent(grid, position=0.0)

# Lorentzian detunings, phases at random on three quarters of the circle
detuning = gamma * np.tan(np.pi * ((np.arange(count) + 0.5) / count - 0.5))
theta = np.random.default_rng(7).uniform(0, 1.5 * np.pi, count)


def order_parameter(coupling):
    """Solve, and return r at all times."""
    model = wl.SchrodingerLohe(grid, potential="0.5*x**2", coupling=coupling, detuning=detuning)
    return wl.solve(model, np.exp(1j * theta)[:, None] * phi, times, rtol=1e-6).order_parameter


# solve
runs = np.array([order_parameter(coupling) for coupling in couplings])
mean, spread, size = runs.mean(axis=1), runs.std(axis=1), np.sqrt((runs**2).mean(axis=1))

# theory: stationary values of infinitely many nodes, and the noise of finitely many
below, above = ratios < 0.97, ratios > 1.15
theory = np.sqrt(np.maximum(1 - 1 / ratios, 0))
noise = 1 / np.sqrt(count * (1 - ratios[below]))
for row in zip(ratios, mean, spread, theory, strict=True):
    print("kappa / 2 gamma = {:.2f}: r = {:.4f} +- {:.4f}, theory {:.4f}".format(*row))
print(f"largest deviation from the theory for kappa > 2.3 gamma: {abs(mean - theory)[above].max():.1e}")
print("root mean square below the onset over the noise expected:", (size[below] / noise).round(2))

# plot
figure = Figure(figsize=(8.0, 3.9), layout="constrained")
axes, errors = figure.subplots(1, 2, width_ratios=(1.5, 1))
line = np.linspace(0.25, 2.6, 471)
axes.plot(line, np.sqrt(np.maximum(1 - 1 / line, 0)), color="0.5", label=r"$\sqrt{1 - 2\gamma/\kappa}$, $N = \infty$")
axes.errorbar(ratios, mean, spread, fmt="o", color="C0", ms=4, capsize=3, label=f"N = {count}, mean and spread in time")
axes.set(xlabel=r"coupling $\kappa / 2\gamma$", ylabel="order parameter r", ylim=(0, 0.85), title="Stationary state")
axes.legend(loc="upper left", frameon=False)
dots = line[line < 0.98]
errors.semilogy(dots, 1 / np.sqrt(count * (1 - dots)), "--", color="0.5", label=r"noise $[N(1-\kappa/2\gamma)]^{-1/2}$")
errors.semilogy(ratios[below], size[below], "o", color="C0", ms=4, label=r"$\langle r^2\rangle^{1/2}$ below the onset")
errors.semilogy(
    ratios[~below], abs(mean - theory)[~below], "s", color="C3", mfc="none", ms=5, label="|r - theory| above"
)
errors.semilogy(ratios[~below], spread[~below], "_", color="C3", ms=9, label="spread in time above")
errors.set(xlabel=r"coupling $\kappa / 2\gamma$", ylim=(1e-5, 3), title=f"Traces of finite N = {count}")
errors.legend(loc="upper right", frameon=False, fontsize="small")
figure.savefig(folder / "kuramoto_limit.png", dpi=150)
