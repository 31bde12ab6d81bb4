"""A million nodes by one Mobius map.

On a complete graph all nodes move by the same map C -> (A C + b) / (c.C + d), so that the unknown is one matrix of
33 x 33 numbers however many nodes there are; each evaluation reads the coordinates once. The nodes are given as
coefficients of 32 oscillator states, 512 MB in all, and no wave function of them is ever formed.

Random nodes with a common part (coherence) aggregate: the order parameter rises to 1 and the amplitudes
|<psi_j, mean>| of the nodes, spread at first, gather at the order parameter. The order parameter at the start is, up
to about 1 / sqrt(N), the mean direction of a normal vector of R^{2 r} with unit variances and the mean sqrt(2) c.

    python examples/a_million_nodes.py [FOLDER [small]]
"""

import sys
import time
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy.special import gammaln, hyp1f1

import wignerlohe as wl
from wignerlohe import memory

folder, small = Path(sys.argv[1] if len(sys.argv) > 1 else "."), "small" in sys.argv[2:]

# parameters
count, modes, coherence = (20_000 if small else 1_000_000), 32, 2.0
times = np.linspace(0.0, 12.0, 25)

# grid, states, equation
grid = wl.Grid(lower=-14.0, upper=14.0, points=128)
nodes = wl.states.random_expansion(grid, count, modes, seed=1, coherence=coherence)
model = wl.SchrodingerLohe(grid, potential="0.5*x**2", coupling=1.0)

# solve
started = time.perf_counter()
solution = wl.solve(model, nodes, times, rtol=1e-8)
spent = time.perf_counter() - started
size, reads = nodes.coefficients.nbytes / 1e6, solution.method.cost["evaluations"]
print(f"{count} nodes, {size:.0f} MB: {spent:.1f} s, {reads} reads")
need = memory.of_nodes(grid, count=count, times=len(times), modes=modes)
print(f"memory foreseen before it started: {memory.readable(sum(need.peak.values()))}")
# the mean direction in closed form, by a confluent hypergeometric function
scale = np.exp(gammaln(modes + 0.5) - gammaln(modes + 1))
start = coherence * scale * hyp1f1(0.5, modes + 1, -(coherence**2))
print(f"order parameter at the start against infinitely many nodes: {abs(solution.order_parameter[0] - start):.1e}")
print(f"order parameter from {solution.order_parameter[0]:.4f} to {solution.order_parameter[-1]:.6f}")
print(f"diameter at the end between {solution.diameter_lower[-1]:.2e} and {solution.diameter_upper[-1]:.2e}")

# plot
figure = Figure(figsize=(8.5, 3.6), layout="constrained")
left, right = figure.subplots(1, 2)
left.plot(times, solution.order_parameter, color="k")
left.set(xlabel=r"time t in units of 1/$\kappa$", ylabel="order parameter", ylim=(0, 1.03))
bins = np.linspace(0, 1, 201)
for k, shade in zip((0, 4, 8, 12), (0.75, 0.5, 0.3, 0.0), strict=True):
    right.hist(solution.amplitude[k], bins, density=True, histtype="step", color=str(shade), label=f"t = {times[k]:g}")
    left.plot(times[k], solution.order_parameter[k], "o", color=str(shade), mec="k", ms=5)
right.set(xlabel=r"amplitude $|\langle\psi_j, \mathrm{mean}\rangle|$", ylabel="density of nodes", ylim=(0, 15))
right.legend(frameon=False, loc="upper center", ncols=4, fontsize=8)
figure.suptitle(f"{count:,} nodes in {modes} modes".replace(",", " "), fontsize=11)
figure.savefig(folder / "a_million_nodes.png", dpi=150)
