"""The Kuramoto transition, from 2000 Schrodinger-Lohe equations.

Nodes that differ by phases alone, psi_j = e^{i theta_j} phi, remain of this form, and their phases obey the Kuramoto
model

    theta_j' = -Omega_j + (kappa / N) sum_k sin(theta_k - theta_j).

For detunings Omega_j of Lorentzian density, half-width gamma, infinitely many nodes are incoherent up to the onset
kappa = 2 gamma and have the stationary order parameter r = sqrt(1 - 2 gamma / kappa) beyond it. N nodes of random
phases leave noise instead of nothing below the onset, <r^2> = 1 / (N (1 - kappa / 2 gamma)), so that they blur it; well
above it r agrees with the theory to about a hundredth of its fluctuations in time.

The detunings stand at quantiles of equal probability, gamma tan(pi ((j + 1/2) / N - 1/2)). The outermost is 1273 gamma,
and an integrator has to follow each of its turns, though it hardly matters to the others: a node with |Omega_j| > kappa
r cannot lock, and those that drift at Omega and -Omega cancel in the mean. The stationary state does therefore not
depend on how fast they drift. Each tail beyond L = 5 gamma is spread evenly over (L, 2 L), which is as dense as the
Lorentzian at L, and steps become 130 times longer. The last line printed compares with the whole tails, for 100 nodes.

    python examples/kuramoto_limit.py [FOLDER [small]]
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import wignerlohe as wl

folder, small = Path(sys.argv[1] if len(sys.argv) > 1 else "."), "small" in sys.argv[2:]

# parameters; kappa r < limit for all couplings
count = 400 if small else 2000
gamma, limit = 1.0, 5.0
ratios = np.array([0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.05, 1.1, 1.2, 1.4, 1.7, 2.0, 2.5])[:: 3 if small else 1]
couplings = 2 * gamma * ratios
times = np.linspace(15.0, 30.0, 151)  # the window of the mean: by then the start is forgotten

# grid, state
grid = wl.Grid(lower=-6.0, upper=6.0, points=24)
phi = wl.states.coherent(grid, position=0.0)


def lorentzian(nodes):
    """Quantiles of equal probability."""
    return gamma * np.tan(np.pi * ((np.arange(nodes) + 0.5) / nodes - 0.5))


def folded(detuning):
    """The same, each tail beyond the limit spread evenly over (limit, 2 limit)."""
    beyond = np.arctan2(gamma, abs(detuning)) / np.pi  # the probability further out
    tail = limit * (2 - beyond * np.pi * limit / gamma)
    return np.where(abs(detuning) < limit, detuning, np.sign(detuning) * tail)


def order_parameter(coupling, detuning):
    """Solve from phases at random on three quarters of the circle; return r at all times."""
    theta = np.random.default_rng(7).uniform(0, 1.5 * np.pi, len(detuning))
    model = wl.SchrodingerLohe(grid, potential="0.5*x**2", coupling=coupling, detuning=detuning)
    return wl.solve(model, np.exp(1j * theta)[:, None] * phi, times, rtol=1e-6).order_parameter


# solve
runs = np.array([order_parameter(coupling, folded(lorentzian(count))) for coupling in couplings])
mean, spread, size = runs.mean(axis=1), runs.std(axis=1), np.sqrt((runs**2).mean(axis=1))

# theory: stationary values of infinitely many nodes, and the noise of finitely many
below, above = ratios < 0.97, ratios > 1.15
theory = np.sqrt(np.maximum(1 - 1 / ratios, 0))
noise = 1 / np.sqrt(count * (1 - ratios[below]))
for row in zip(ratios, mean, spread, theory, strict=True):
    print("kappa / 2 gamma = {:.2f}: r = {:.4f} +- {:.4f}, theory {:.4f}".format(*row))
print(f"largest deviation from the theory for kappa > 2.3 gamma: {abs(mean - theory)[above].max():.1e}")
print("root mean square below the onset over the noise expected:", (size[below] / noise).round(2))
whole, bent = order_parameter(4 * gamma, lorentzian(100)).mean(), order_parameter(4 * gamma, folded(lorentzian(100))).mean()
print(f"100 nodes, kappa = 4 gamma: r = {whole:.4f} with whole tails, {bent:.4f} with folded ones")

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
errors.semilogy(ratios[~below], abs(mean - theory)[~below], "s", color="C3", mfc="none", ms=5, label="|r - theory| above")
errors.semilogy(ratios[~below], spread[~below], "_", color="C3", ms=9, label="spread in time above")
errors.set(xlabel=r"coupling $\kappa / 2\gamma$", ylim=(1e-5, 3), title=f"Traces of finite N = {count}")
errors.legend(loc="upper right", frameon=False, fontsize="small")
figure.savefig(folder / "kuramoto_limit.png", dpi=150)
