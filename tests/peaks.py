"""The memory that runs take at their peak, measured, beside what was foreseen.

``python tests/peaks.py [KIND ...]`` prints a JSON line for each kind; `test_memory` compares them.
"""

import ctypes
import gc
import json
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

import wignerlohe as wl
from wignerlohe import run
from wignerlohe.config.problem import Problem, build
from wignerlohe.config.toml import read_text
from wignerlohe.phase_space.weyl import wigner_of_kernel

SMALL = """
[grid]
lower = [-9.0]
upper = [9.0]
points = [32]
[model]
kind = "schrodinger-lohe"
coupling = 0.5
potential = "0.5*x**2"
[initial]
kind = "gaussian"
position = [[-0.2], [0.5]]
[time]
stop = 0.01
samples = 3
"""


def config(grid, model, initial, time, *others):
    """The text of a config from the lines of its tables."""
    points = f"lower = {[-12.0] * len(grid)}\nupper = {[12.0] * len(grid)}\npoints = {list(grid)}"
    stop, samples = time
    tables = {"grid": points} if grid else {}
    tables |= {"model": model, "initial": initial, "time": f"stop = {stop}\nsamples = {samples}"}
    return "\n".join([f"[{name}]\n{lines}" for name, lines in tables.items()] + list(others)) + "\n"


def model(kind="schrodinger-lohe", potential="0.5*x**2", *lines):
    coupling = [] if kind == "wigner" else ["coupling = 0.5"]
    return "\n".join([f'kind = "{kind}"', *coupling, f"potential = {json.dumps(potential)}", *lines])


def packets(count, dimension=1):
    """Oscillator states, whose span has as many dimensions as there are nodes."""
    levels = [[k // 4**axis % 4 if dimension > 1 else k for axis in range(dimension)] for k in range(count)]
    return f'kind = "fock"\nlevel = {levels}'


def random(count, modes):
    return f'kind = "random"\ncount = {count}\nmodes = {modes}\nseed = 1'


def matrix(count):
    z = np.exp(-0.1 * np.subtract.outer(np.arange(count), np.arange(count)) ** 2 / count)
    return f'kind = "matrix"\nreal = {z.round(6).tolist()}'


def from_file(path):
    return f'kind = "file"\npath = "{path}"'


def thermal(count, components):
    places = [[0.3 * k] for k in range(count)]
    return f'kind = "thermal"\noccupation = 1.0\ncomponents = {components}\nposition = {places}'


def several(count):
    return [f"{0.5 + 0.01 * k}*x**2" for k in range(count)]


def kernels(count, size):
    """Arrays (N, N, n, 2 n) of full rank on the phase space of a line."""
    grid, rng = wl.Grid(-12.0, 12.0, size), np.random.default_rng(1)
    x = grid.axes[0]
    envelope = np.exp(-np.add.outer(x**2, x**2) / 8)
    rho = rng.normal(size=(count, count, size, size)) * envelope + 0j
    for j in range(count):
        rho[j, j] /= np.trace(rho[j, j]) * grid.cell
    return wigner_of_kernel(grid, rho)


NO_WIGNER = "[wigner]\npairs = []\ntimes = [0.0]"
NO_PAIRS = "[output]\npairs = []\nwavefunctions = false"
PER_NODE = '[solver]\nmethod = "per-node"'
PHASE_SPACE = '[solver]\nmethod = "phase-space"'
PHASE_1D = ("x", "px")


def wigner(pairs, times, *lines):
    return "\n".join(["[wigner]", f"pairs = {json.dumps(pairs)}", f"times = {times}", *lines])


def output(**lines):
    return "\n".join(["[output]", *(f"{name} = {json.dumps(value)}" for name, value in lines.items())])


KINDS = {
    "one map, long axis": lambda: config((2000,), model(), packets(4), (2.0, 21), NO_WIGNER),
    "one map, very many nodes": lambda: config((64,), model(), random(400_000, 6), (2.0, 5), NO_PAIRS, NO_WIGNER),
    "one map, many nodes": lambda: config((64,), model(), random(100_000, 10), (2.0, 31), NO_PAIRS, NO_WIGNER),
    "one map, plane": lambda: config((256, 256), model(potential="0.5*r2"), packets(12, 2), (2.0, 9), NO_WIGNER),
    "Chebyshev, plane": lambda: config(
        (256, 256), model(potential="0.5*r2 + 0.01*x**2*y**2"), packets(12, 2), (0.05, 3), NO_WIGNER
    ),
    "driven": lambda: config((4096,), model(potential="0.5*x**2 + 0.1*x*sin(t)"), packets(40), (0.002, 17), NO_WIGNER),
    "mixed": lambda: config((1024,), model(), thermal(8, 40), (2.0, 12), NO_WIGNER),
    "per node": lambda: config((64,), model(), random(30_000, 16), (2.0, 11), NO_PAIRS, NO_WIGNER, PER_NODE),
    "network": lambda: config(
        (64,),
        model("schrodinger-lohe", "0.5*x**2", 'network = "ring"'),
        random(30_000, 8),
        (2.0, 21),
        NO_PAIRS,
        NO_WIGNER,
    ),
    "detuning": lambda: config(
        (64,),
        model("schrodinger-lohe", "0.5*x**2", f"detuning = {np.linspace(-1, 1, 500).tolist()}"),
        random(500, 16),
        (2.0, 21),
        NO_WIGNER,
    ),
    "pairs": lambda: config((64,), model(), random(400, 8), (2.0, 41), NO_WIGNER),
    "many times": lambda: config((64,), model(), packets(8), (2.0, 40_000), NO_WIGNER, output(wavefunctions=False)),
    "wave functions": lambda: config((256,), model(), packets(20), (2.0, 1000), NO_WIGNER, output(wavefunctions=True)),
    "Wigner functions": lambda: config((768,), model(), packets(6), (2.0, 5), wigner("all", [0.0, 2.0])),
    "Wigner functions, plane": lambda: config(
        (48, 48),
        model(potential="0.5*r2"),
        packets(3, 2),
        (2.0, 3),
        wigner([[0, 0], [0, 1]], [0.0, 2.0], 'axes = ["x", "y", "px", "py"]'),
    ),
    "Husimi functions": lambda: config(
        (512,), model(), packets(16), (2.0, 11), NO_WIGNER, output(observables=["husimi"])
    ),
    "observables": lambda: config(
        (1024,),
        model(),
        packets(20),
        (2.0, 300),
        NO_WIGNER,
        output(
            wavefunctions=False, observables=["position_density", "momentum_density", "energy", "covariance", "current"]
        ),
    ),
    "correlations": lambda: config((), 'kind = "correlations"\ncoupling = 0.5', matrix(700), (2.0, 21)),
    "split-step": lambda: config(
        (4096,), model(potential=several(16)), packets(16), (0.002, 101), NO_WIGNER, output(wavefunctions=False)
    ),
    "split-step, plane": lambda: config(
        (384, 384), model(potential=several(4)), packets(4, 2), (0.001, 3), NO_WIGNER, output(wavefunctions=False)
    ),
    "Gross-Pitaevskii": lambda: config(
        (256, 256),
        model("schrodinger-lohe", "0.5*r2", "nonlinearity = 1.0"),
        packets(8, 2),
        (0.001, 9),
        NO_WIGNER,
        output(wavefunctions=False),
    ),
    "phase space": lambda: config(
        (192,), model("wigner-lohe", several(5)), packets(5), (0.001, 4), NO_WIGNER, PHASE_SPACE
    ),
    "Wigner equation": lambda: config(
        (256,), model("wigner", "0.1*x**4"), packets(12), (0.001, 4), NO_WIGNER, PHASE_SPACE
    ),
    "Wigner equation, states": lambda: config(
        (1024,), model("wigner", "0.1*x**4"), packets(6), (1.0, 4), wigner("all", [1.0])
    ),
    "kernels": lambda: config(
        (128,), model("wigner-lohe"), from_file("kernels.npy"), (2.0, 11), NO_WIGNER, '[solver]\non_violation = "warn"'
    ),
}


def resident(key):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return 1024 * int(line.split()[1])
    raise KeyError(key)


def settle():
    """Hand back what is free, and forget the peak so far; return what is left."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return resident("VmRSS")


def measure(text, folder):
    """Bytes foreseen by contributor, and the peak beyond what was there before the problem was built."""
    before = settle()
    problem: Problem = build(read_text(text, "config.toml"), folder)
    need = problem.need
    run.execute(problem, text, folder / "run", lambda *_: None, origin=folder)
    return need, resident("VmHWM") - before


def main():
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        many = config((64,), model(), random(40_000, 6), (0.1, 2), NO_PAIRS, NO_WIGNER)
        steps = config((8192,), model(potential=several(33)), packets(33), (1e-6, 2), NO_PAIRS, NO_WIGNER)
        first = SMALL + output(observables=["husimi", "energy"]), many, many + PER_NODE, steps
        for number, text in enumerate(first):  # all libraries are loaded, and loops compiled
            (folder / str(number)).mkdir()
            measure(text, folder / str(number))
        for name in sys.argv[1:] or KINDS:
            place = folder / name
            place.mkdir()
            if name == "kernels":
                np.save(place / "kernels.npy", kernels(8, 128))
            need, peak = measure(KINDS[name](), place)
            print(json.dumps({"kind": name, "need": need, "peak": peak}), flush=True)


if __name__ == "__main__":
    main()
