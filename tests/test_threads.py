"""Results do not depend on the number of threads: the same runs in two processes, with one thread and with two."""

import os
import subprocess
import sys

import numpy as np

from tolerances import THREADS

PROGRAM = """
import sys
import numpy as np
import wignerlohe as wl
from wignerlohe.coupling import mobius, per_node

grid = wl.Grid(-9.0, 9.0, 64)
plane = wl.Grid([-6.0, -6.0], [6.0, 6.0], [30, 28])
ring = {"kind": "ring", "neighbours": 3, "directed": True}
detuning = np.linspace(-1.0, 1.0, 901)
many = wl.states.random_expansion(grid, 901, 12, seed=1, coherence=1.0)
few = wl.states.gaussian(grid, np.linspace(-1, 1, 17))
two = wl.states.coherent(plane, [[0.5, 0], [0, 0.5]])
found = {}
for name, model, initial in [
    ("one map", wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0), few),
    ("plane", wl.SchrodingerLohe(plane, "0.5*r2 + 0.1*x*y", coupling=1.0), two),
    ("compiled map", wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0), many),
    ("compiled boosts", wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0, detuning=detuning), many),
    ("compiled ring", wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0, detuning=detuning, network=ring), many),
]:
    mobius.LARGE = per_node.LARGE = 1 if name.startswith("compiled") else 10**9
    solution = wl.solve(model, initial, [0.0, 1.0], rtol=1e-8)
    found[name] = solution.mean_field
    found[name + ", states"] = solution.wavefunctions(0.7)
found["wigner"] = solution.wigner_functions([(0, 1), (2, 2)], 1.0)
np.savez(sys.argv[1], **found)
"""


def test_one_thread_and_two_give_the_same_numbers(tmp_path):
    results = []
    for threads in ("1", "2"):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
        environment = os.environ | dict.fromkeys(names, threads)
        path = tmp_path / f"{threads}.npz"
        subprocess.run([sys.executable, "-W", "error", "-c", PROGRAM, str(path)], check=True, env=environment)
        results.append(np.load(path))
    one, two = results
    for name in one.files:
        scale = np.abs(one[name]).max()
        assert np.abs(one[name] - two[name]).max() <= THREADS * scale, name
