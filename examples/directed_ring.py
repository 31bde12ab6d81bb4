"""A directed ring, on which each node sees the next one alone: a wave that phases cannot undo, and states can.

    psi_j' = -(i / hbar) H psi_j + (kappa / 2N) (psi_{j+1} - <psi_j, psi_{j+1}> psi_j)

As long as all nodes are one state phi up to phases, this is theta_j' = (kappa / N) sin(theta_{j+1} - theta_j). Besides
agreement, it has the travelling waves theta_j = j alpha + t (kappa / N) sin alpha with alpha = 2 pi q / N: q turns
around the ring, order parameter 0. A wave of |q| < N / 4 is stable against all phases, and no small change undoes a
turn.

States have more room: a closed curve that cannot leave a circle can be drawn together over a sphere. A second state,
perpendicular to phi and in one phase at all nodes, grows at the rate (kappa / 2N) (1 - cos alpha), since it is the only
thing that nodes of a wave have in common. A trace of it, 1e-5 of amplitude, is enough: the wave fades (in the figure to
white), and the nodes agree on the second state, which hardly any of them had.

    python examples/directed_ring.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from scipy.integrate import solve_ivp

import wignerlohe as wl

# parameters; sums are divided by N, so that each edge has the rate kappa / N = 1
count, coupling, turns, trace = 13, 13.0, 2, 1e-5
alpha = 2 * np.pi * turns / count
times = np.linspace(0.0, 90.0, 451)

# grid, states: phases within an arc, a wave with its phases disturbed, and the wave with a trace of another state
grid = wl.Grid(lower=-7.0, upper=7.0, points=40)
phi, other = wl.states.fock(grid, level=[0, 1])
rng = np.random.default_rng(3)
wave = alpha * np.arange(count)
arc, disturbed = rng.uniform(-1.8, 1.8, count), wave + 0.3 * rng.standard_normal(count)
traced = np.exp(1j * wave)[:, None] * phi + trace * rng.standard_normal((count, 1)) * other
starts = {
    "phases within an arc": np.exp(1j * arc)[:, None] * phi,
    "a wave, disturbed": np.exp(1j * disturbed)[:, None] * phi,
    "a wave, with a second state": wl.normalise(grid, traced),
}

# equation
model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=coupling, network={"kind": "ring", "directed": True})


def coefficients(solution, state, energy):
    """``<psi_j, state>`` at all times, in the frame in which the state stands still."""
    found = np.array([grid.inner(solution.wavefunctions(t), state) for t in times])
    return np.exp(1j * energy * times)[:, None] * found


def phase_equations(theta):
    """The phases alone, by SciPy."""

    def derivative(_, theta):
        return coupling / count * np.sin(np.roll(theta, -1) - theta)

    return solve_ivp(derivative, (0.0, times[-1]), theta, "DOP853", times, rtol=1e-11, atol=1e-12).y.T


# solve
solutions = {name: wl.solve(model, psi, times) for name, psi in starts.items()}
along = {name: coefficients(solution, phi, 0.5) for name, solution in solutions.items()}
for name, solution in solutions.items():
    r, share = solution.order_parameter, (abs(along[name]) ** 2).mean(axis=1)
    print(f"{name}: order parameter {r[0]:.3f}, then {r[-1]:.3f}; in phi {share[0]:.3f}, then {share[-1]:.3f}")
around = np.angle(np.roll(along["a wave, disturbed"], -1, axis=1) / along["a wave, disturbed"]).sum(axis=1)
print("turns of the disturbed wave around the ring:", sorted(set((around / (2 * np.pi)).round().astype(int).tolist())))
for name, theta in (("phases within an arc", arc), ("a wave, disturbed", disturbed)):
    print(f"{name}: against the phase equations {abs(along[name] - np.exp(1j * phase_equations(theta))).max():.1e}")
mode = abs(coefficients(solutions["a wave, with a second state"], other, 1.5).mean(axis=1))
early = mode < 1e-3
rate, theory = np.polyfit(times[early], np.log(mode[early]), 1)[0], coupling / (2 * count) * (1 - np.cos(alpha))
print(f"growth of the second state: rate {rate:.5f}, theory {theory:.5f}")

# plot
figure = Figure(figsize=(9.0, 5.8), layout="constrained")
upper, lower = figure.subplots(2, 3, sharex=True, height_ratios=(1.5, 1))
for axes, (name, found) in zip(upper, along.items(), strict=True):
    half, size = (times[1] - times[0]) / 2, np.clip(abs(found).T, 0, 1)
    box = (times[0] - half, times[-1] + half, -0.5, count - 0.5)
    look = {"cmap": "twilight", "vmin": -np.pi, "vmax": np.pi, "interpolation": "nearest"}
    image = axes.imshow(np.angle(found).T, alpha=size, extent=box, origin="lower", aspect="auto", **look)
    axes.set_title(name, fontsize=11)
upper[0].set_ylabel("node j")
colours = ScalarMappable(Normalize(-np.pi, np.pi), "twilight")  # the image's own bar would have its alpha
bar = figure.colorbar(colours, ax=upper, label=r"phase $\theta_j$ of $\langle\psi_j, \phi\rangle$", aspect=15)
bar.set_ticks([-np.pi, 0, np.pi], labels=[r"$-\pi$", "0", r"$\pi$"])
for axes, (name, solution) in zip(lower, solutions.items(), strict=True):
    axes.plot(times, solution.order_parameter, color="C0", label="order parameter")
    axes.plot(times, (abs(along[name]) ** 2).mean(axis=1), color="C3", ls="--", label=r"share of $\phi$")
    axes.set(xlabel="time t", ylim=(-0.05, 1.1))
lower[2].legend(loc="center left", frameon=False, fontsize="small")

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
figure.savefig(folder / "directed_ring.png", dpi=150)
