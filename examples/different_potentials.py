"""Nodes in potentials of different frequency: agreement, and where it ends.

Node j stands in V_j = omega_j^2 x^2 / 2, with frequencies evenly spread about their mean. No linear flow is common to
the nodes, so the library steps their wave functions. The coupling drains what the oscillators do not agree on, and
leaves each node near its ground state, of energy omega_j / 2. What remains are phases that turn at different rates: the
Kuramoto model with detunings (omega_j - mean) / 2. It locks while

    sin(theta_j) = (omega_j - mean) / (2 kappa R),    R = (1/N) sum_j cos(theta_j)

has a solution, and then R is the order parameter, but for the ground states, whose widths differ.

    python examples/different_potentials.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import wignerlohe as wl

# parameters
count, mean, coupling = 5, 3.0, 1.0
spreads = np.array([0.4, 1.0, 1.5, 2.0, 2.4, 2.7, 2.9])  # highest frequency less the lowest
times = np.linspace(0.0, 20.0, 101)
late = times > 12

# grid, states
grid = wl.Grid(lower=-8.0, upper=8.0, points=96)
psi = wl.states.coherent(grid, position=np.linspace(-0.6, 0.6, count), frequency=mean)


def order_parameter(spread):
    """Solve, and return r at all times."""
    wells = [f"{omega**2 / 2:.17g}*x**2" for omega in mean + spread * np.linspace(-0.5, 0.5, count)]
    return wl.solve(wl.SchrodingerLohe(grid, wells, coupling=coupling), psi, times, rtol=1e-6).order_parameter


# theory: R over the spread, by the sine of the outermost phase, up to the largest spread that locks
sines = np.linspace(0.0, 1.0, 2001)
theory = np.sqrt(1 - (sines[:, None] * np.linspace(-1, 1, count)) ** 2).mean(axis=1)
reach = 4 * coupling * sines * theory
end = int(np.argmax(reach)) + 1
sines, theory, reach = sines[:end], theory[:end], reach[:end]

# solve
runs = np.array([order_parameter(spread) for spread in spreads])
final, swing = runs[:, late].mean(axis=1), runs[:, late].std(axis=1)
locks = spreads < reach[-1]
for row in zip(spreads, final, swing, strict=True):
    print("spread {:.1f} kappa: r = {:.4f} +- {:.4f}".format(*row))
print(f"locked up to a spread of {reach[-1]:.3f} kappa by theory")
print(f"largest swing of r where locked: {swing[locks].max():.1e}")
print(f"largest difference from the theory: {abs(final - np.interp(spreads, reach, theory))[locks].max():.1e}")
print(f"smallest swing of r beyond: {swing[~locks].min():.1e}")

# plot
figure = Figure(figsize=(9.0, 3.9), layout="constrained")
axes, course = figure.subplots(1, 2)
axes.plot(reach, theory, color="0.5", label="Kuramoto model of the ground states")
axes.axvline(reach[-1], color="0.7", ls=":", lw=1)
axes.errorbar(spreads, final, swing, fmt="o", color="C0", ms=4, capsize=3, label="solver, mean and swing at late times")
axes.set(xlabel=r"spread of frequencies / coupling $\kappa$", ylabel="order parameter r", ylim=(0, 1.05))
axes.set_title("Late times")
axes.legend(loc="lower left", frameon=False)
for k, colour in ((1, "C0"), (4, "C2"), (6, "C3")):
    course.plot(times, runs[k], color=colour, label=rf"spread {spreads[k]:.1f} $\kappa$")
course.set(xlabel="time t", ylim=(0, 1.05), title="Course of r")
course.legend(loc="lower left", frameon=False)

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
figure.savefig(folder / "different_potentials.png", dpi=150)
