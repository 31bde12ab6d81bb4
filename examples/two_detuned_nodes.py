"""Two detuned nodes: locking, the threshold, and drift.

The potentials of the two nodes differ by a constant, V_2 = V_1 - hbar W, so that the second turns its phase W faster.
For coupling kappa the correlation z_12 locks if |W| < kappa, drifts with period 2 pi / sqrt(W^2 - kappa^2) if
|W| > kappa, and approaches its limit like 1/t on the threshold. The closed forms are drawn as lines; the dots are the
solver's, which moves each node by itself and knows no closed form.

    python examples/two_detuned_nodes.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import wignerlohe as wl

# parameters
coupling = 1.0
detunings = {"locked, W = 0.6": 0.6, "threshold, W = 1": 1.0, "drifting, W = 1.6": 1.6}
times = np.linspace(0.0, 20.0, 401)
samples = times[::20]

# grid, states, equation
grid = wl.Grid(lower=-7.0, upper=7.0, points=48)
psi = wl.states.coherent(grid, position=[1.0, -0.4], momentum=[0.0, 0.8])
z0 = complex(grid.inner(psi[0], psi[1]))


def solved(detuning):
    """z_12 of nodes with frequencies +W/2 and -W/2 at the samples."""
    frequencies = [detuning / 2, -detuning / 2]
    model = wl.SchrodingerLohe(grid, potential="0.5*x**2", coupling=coupling, detuning=frequencies)
    return wl.solve(model, psi, samples).correlation[:, 0, 1]


figure = Figure(figsize=(10.0, 4.2), layout="constrained")
plane, time_axes = figure.subplots(1, 2, width_ratios=(1, 1.5))
circle = np.exp(2j * np.pi * np.linspace(0, 1, 361))
plane.plot(circle.real, circle.imag, color="0.6", lw=1)
for colour, (label, detuning) in zip(("C0", "C2", "C3"), detunings.items(), strict=True):
    exact = wl.two_nodes.correlation(z0, coupling, times, detuning)
    dots = solved(detuning)
    print(f"{label}: closed form against the solver {np.abs(dots - exact[::20]).max():.1e}", end="; ")
    if detuning <= coupling:
        print(f"limit {wl.two_nodes.locked_correlation(coupling, detuning):.3f}")
    else:
        print(f"period {wl.two_nodes.period(coupling, detuning):.4f}")
    plane.plot(exact.real, exact.imag, color=colour)
    plane.plot(dots.real, dots.imag, "o", color=colour, ms=3)
    time_axes.plot(times, np.abs(1 - exact), color=colour, label=label)
    time_axes.plot(samples, np.abs(1 - dots), "o", color=colour, ms=3)
plane.set(xlabel=r"Re $z_{12}$", ylabel=r"Im $z_{12}$", aspect="equal", title="Correlation")
time_axes.set(xlabel="time t", ylabel=r"$|1 - z_{12}|$", ylim=(0, 2.0), title="Deviation; dots: the solver")
time_axes.legend(loc="upper center", ncols=3, fontsize="small")

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
figure.savefig(folder / "two_detuned_nodes.png", dpi=150)
