"""Two cat states in the plane that talk each other out of being cats.

Node 0 starts as the even superposition of two packets, left and right, node 1 as the odd one:

    psi_0 = (L + R) / norm,  psi_1 = (L - R) / norm,  z_01 = 0.

In a potential with V(-x, y) = V(x, y) the reflection of x commutes with everything, and by the symmetry between the
nodes both tend to (psi_0 + psi_1) / sqrt(2), which is L up to a small overlap: agreement leaves one packet, and the
interference is gone. With z_01 = tanh(kappa t / 2), the parity of each node is +-sqrt(1 - z_01^2), and so the reduced
Wigner function (integrated over y and p_y) has at the origin exactly the value

    w_jj(x = 0, p_x = 0) = +-1 / (pi hbar cosh(kappa t / 2)).

Fringes show twice: in the density whenever both packets meet at x = 0, bright in the middle for the even cat and dark
for the odd one, and at any time between the packets in the (x, p_x) plane.

    python examples/cats_in_two_dimensions.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import wignerlohe as wl

# parameters
coupling, shown = 0.5, np.array([0.0, 0.5, 1.0, 2.5]) * np.pi
times = np.linspace(0.0, 8.0, 81)
potential = "0.5*x**2 + 0.8*y**2 + 0.02*x**2*y**2"

# grid, states, equation
grid = wl.Grid(lower=[-7.0, -6.0], upper=[7.0, 6.0], points=[64, 54])
left, right = (wl.states.gaussian(grid, position=[[x, 1.2]]) for x in (-2.4, 2.4))
psi = wl.states.superposition(grid, [[1, 1], [1, -1]], of=[left, right])
model = wl.SchrodingerLohe(grid, potential=potential, coupling=coupling)

# solve
solution = wl.solve(model, psi, times)
print(solution)
import time
t0=time.perf_counter()
w = np.array([[solution.wigner(j, j, t, axes=("x", "px")).real for t in shown] for j in (0, 1)])
print(time.perf_counter()-t0)
space = grid.phase_space
exact = 1 / (np.pi * grid.hbar * np.cosh(coupling * shown / 2))
i0, k0 = abs(space.x[0]).argmin(), abs(space.p[0]).argmin()
print(w[:, :, i0, k0] / exact)
print(w.min(axis=(2,3)))
