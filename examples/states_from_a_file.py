"""States of one's own from a file: eigenstates of a double well, and what their coupling does to tunnelling.

Any program can write the states: an array of shape (N, points), here the left and right localised states of a double
well, saved by numpy.save. `wignerlohe.states.from_file` maps the file instead of reading it, checks it,
and nothing in it is executed. A config says the same by [initial] kind = "file": states_from_a_file.toml, from a folder
that holds the file.

A node localised on the left tunnels to the right and back with the period 2 pi hbar / (E_1 - E_0). Coupled to a node
that starts on the right, z_01 = tanh(kappa t / 2), the two agree on the even ground state, which does not tunnel, and
on the way the swing between left and right shrinks like 1 / cosh(kappa t / 2).

    python examples/states_from_a_file.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import wignerlohe as wl

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")

# parameters
potential, coupling = "0.15*x**4 - 1.0*x**2", 0.05
grid = wl.Grid(lower=-7.0, upper=7.0, points=96)

# another program: the two lowest states of the well, from finite differences of high order would do as well
x, n = grid.axes[0], grid.size
kinetic = np.fft.ifft(grid.wavenumbers[0][:, None] ** 2 / 2 * np.fft.fft(np.eye(n), axis=0), axis=0).real
energies, vectors = np.linalg.eigh(kinetic + np.diag(0.15 * x**4 - x**2))
even, odd = (vectors[:, k] * np.sign(vectors[n // 2 + 8, k]) / np.sqrt(grid.cell) for k in (0, 1))
period = 2 * np.pi / (energies[1] - energies[0])
np.save(folder / "states.npy", np.array([even - odd, even + odd]) / np.sqrt(2) + 0j)

# states, equation
psi = wl.states.from_file(grid, folder / "states.npy")
print(f"{psi.shape} from the file, memory-mapped: {isinstance(psi.base, np.memmap)}; tunnelling period {period:.3f}")
model = wl.SchrodingerLohe(grid, potential, coupling=coupling)
times = np.linspace(0.0, 3 * period, 181)

# solve, with and without coupling
coupled = wl.solve(model, psi, times)
free = wl.solve(wl.SchrodingerLohe(grid, potential, coupling=0.0), psi, times)


def left_share(solution):
    """Probability of each node to be found at x < 0: (T, N). Half of the sample at x = 0 belongs to either side."""
    weights = np.heaviside(-x, 0.5) * grid.cell
    return np.array([np.abs(solution.wavefunctions(t)) ** 2 @ weights for t in times])


shares, alone = left_share(coupled), left_share(free)
expected = alone[0].mean() + np.outer(np.cos(2 * np.pi * times / period), alone[0] - alone[0].mean())
print(f"free tunnelling against the cosine of its period: {np.abs(alone - expected).max():.1e}")
shrunk = alone[0].mean() + (expected - alone[0].mean()) / np.cosh(coupling * times / 2)[:, None]
print(f"coupled tunnelling against the closed form: {np.abs(shares - shrunk).max():.1e}")
print(f"at the end the coupled nodes differ by {np.abs(np.diff(shares[-1]))[0]:.3f} in their share on the left")

# plot
figure = Figure(figsize=(8.0, 3.6), layout="constrained")
states, tunnel = figure.subplots(1, 2, width_ratios=(1, 1.5))
states.plot(x, 0.15 * x**4 - x**2, color="0.5", label="V(x)")
for k, colour in enumerate(("C0", "C3")):
    states.plot(x, energies[0] + np.abs(psi[k]) ** 2, color=colour, label=rf"$|\psi_{k}|^2$, shifted")
    tunnel.plot(times / period, shares[:, k], color=colour, label=f"node {k}, coupled")
    tunnel.plot(times / period, alone[:, k], color=colour, lw=0.8, ls=":", label=f"node {k}, alone")
states.set(xlim=(-3.4, 3.4), ylim=(-2.2, 1.5), xlabel="position x", ylabel="energy")
states.legend(loc="upper center", frameon=False, fontsize=8)
tunnel.set(xlabel="time in tunnelling periods", ylabel="probability at x < 0", ylim=(-0.02, 1.32))
tunnel.legend(loc="upper right", ncols=2, frameon=False, fontsize=8)
figure.savefig(folder / "states_from_a_file.png", dpi=150)
