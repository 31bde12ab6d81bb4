"""The memory that runs take at their peak, as the system counts it, beside what a dry run foresees.

``python tests/peaks.py [KIND ...]`` prints a line for each kind; `test_memory` compares them.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import wignerlohe as wl
from wignerlohe.phase_space.weyl import wigner_of_kernel

# the system counts what a process has in common with the one that starts it: that has to be a small one
SMALL = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
SMALL += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"


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
    "correlations": lambda: config((), 'kind = "correlations"\ncoupling = 0.5', matrix(200), (2.0, 151)),
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


def measure(kind, folder, warm=True):
    """Bytes that a run is said to need, and the peak of its process; ``warm``: once its loops are compiled."""
    if kind == "kernels":
        np.save(folder / "kernels.npy", kernels(8, 128))
    (folder / "config.toml").write_text(KINDS[kind]())
    run = [sys.executable, "-W", "ignore", "-m", "wignerlohe", "run", str(folder / "config.toml")]
    said = subprocess.run([*run, "--dry-run"], check=True, capture_output=True, text=True).stdout
    number, unit = re.search(r"^memory\n(?:  .*\n)*?  total +(\S+) (\wB)", said, re.MULTILINE).groups()
    for name in ["warm", "out"] if warm else ["out"]:
        whole = [sys.executable, "-c", SMALL, *run, "--output", str(folder / name)]
        peak = subprocess.run(whole, check=True, capture_output=True, text=True).stdout
    return float(number) * {"kB": 1e3, "MB": 1e6, "GB": 1e9}[unit], int(peak) * 1024


def main():
    for kind in sys.argv[1:] or KINDS:
        with tempfile.TemporaryDirectory() as folder:
            foreseen, peak = measure(kind, Path(folder))
        print(f"{kind:26} {foreseen / 1e6:6.0f} MB foreseen, {peak / 1e6:6.0f} MB at the peak, {foreseen / peak:.3f}")


if __name__ == "__main__":
    main()
