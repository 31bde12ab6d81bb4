"""Runs of every method that are killed again and again, and have to end as if nothing had happened.

``python tests/torture.py`` does it at full counts (``make torture``); `test_checkpoints` takes a few of them.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import wignerlohe as wl

LINE = """
[grid]
lower = [-8.0]
upper = [8.0]
points = [64]
"""
PLANE = """
[grid]
lower = [-6.0, -6.0]
upper = [6.0, 6.0]
points = [27, 24]
"""
BOX = """
[phase_space]
x_lower = -7.0
x_upper = 7.0
x_points = 40
p_lower = -7.0
p_upper = 7.0
p_points = 44
"""
PACKETS = """
[initial]
kind = "gaussian"
position = [[-1.0], [0.5], [0.9]]
"""
SQUARE = """
[initial]
kind = "coherent"
position = [[-1.0, 0.2], [0.5, 0.0], [0.9, -0.4]]
"""
THREE = 'potential = ["0.5*x**2", "0.55*x**2", "0.6*x**2"]'
RTOL = "[solver]\nrtol = 1e-7\n"
KERNELS = '[initial]\nkind = "file"\npath = "kernels.npy"\n'
FIELDS = '[initial]\nkind = "file"\npath = "fields.npy"\n'


def model(kind: str, *lines: str, potential: str = 'potential = "0.5*x**2"', coupling: float = 0.3) -> str:
    return "\n".join(["[model]", f'kind = "{kind}"', f"coupling = {coupling}", potential, *lines, ""])


def times(stop: float, samples: int) -> str:
    return f"[time]\nstop = {stop}\nsamples = {samples}\n"


SL, WL = "schrodinger-lohe", "wigner-lohe"
ASKED = '[output]\nobservables = ["mean", "energy", "husimi"]\n'
WIGNER = "[wigner]\npairs = [[0, 0], [0, 1]]\ntimes = [0.0, 1.7]\n"
RUNS = {
    "one map": LINE + model(SL) + PACKETS + times(40.0, 400) + ASKED + WIGNER,
    "each node": LINE + model(SL, "detuning = [0.4, 0.0, -0.3]") + PACKETS + times(400.0, 500) + WIGNER,
    "boosts": "[grid]\nlower = [-14.0]\nupper = [14.0]\npoints = [192]\n"
    + model(SL, "detuning = [" + "0.4, 0.1, -0.3, 0.0, " * 1300 + "]")
    + '[initial]\nkind = "random"\ncount = 5200\nmodes = 40\nseed = 3\n[solver]\nrtol = 1e-7\n'
    + "[output]\npairs = [[0, 1]]\nwavefunctions = false\n"
    + times(6.0, 4),
    "driven": LINE + model(SL, potential='potential = "0.5*x**2 + 0.2*x*sin(t)"') + PACKETS + times(4.0, 200) + WIGNER,
    "Chebyshev": PLANE + model(SL, potential='potential = "0.5*r2 + 0.01*x**2*y**2"') + SQUARE + times(30.0, 330),
    "split-step": LINE + model(SL, potential=THREE) + PACKETS + times(3.0, 200) + ASKED + WIGNER,
    "one long step": LINE + model(SL, "nonlinearity = 1.3") + PACKETS + times(8.0, 2),
    "phase space": BOX + model(WL) + FIELDS + times(2.0, 70) + RTOL,
    "pairs of potentials": BOX + model(WL, potential=THREE) + FIELDS + times(1.0, 4) + RTOL,
    "left and right": LINE + model(WL, "division = false") + KERNELS + times(3.0, 200) + WIGNER,
    "node maps": LINE + model(WL, 'network = "ring"', "division = true") + KERNELS + times(3.0, 200),
    "linear": BOX + '[model]\nkind = "wigner"\npotential = "0.1*x**4"\n' + FIELDS + times(0.5, 70) + RTOL,
    "correlations": '[model]\nkind = "correlations"\ncoupling = 0.5\n[initial]\nkind = "matrix"\n'
    "real = [[1.0, 0.2, -0.4], [0.2, 1.0, 0.1], [-0.4, 0.1, 1.0]]\n" + times(30.0, 500),
    "blow-up": '[model]\nkind = "correlations"\ncoupling = 1.0\n[initial]\nkind = "matrix"\n'
    "real = [[1.0, -0.8, -0.8], [-0.8, 1.0, -0.8], [-0.8, -0.8, 1.0]]\n" + times(2.5, 500),
}
COMMAND = [sys.executable, "-m", "wignerlohe", "run"]
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def prepare(folder: Path, name: str) -> Path:
    """Write the config of a run, and the file that it may read."""
    box = wl.PhaseSpace(x_lower=-7, x_upper=7, x_points=40, p_lower=-7, p_upper=7, p_points=44)
    for file, space in (("fields", box), ("kernels", wl.Grid(-8.0, 8.0, 64).phase_space)):
        x, p = np.meshgrid(space.x[0], space.p[0], indexing="ij")
        w = [[np.exp(-((x - 0.2 * (i + j)) ** 2) - p**2) / np.pi for j in range(3)] for i in range(3)]
        np.save(folder / f"{file}.npy", w[0] if name == "linear" else w)
    path = folder / "config.toml"
    path.write_text(RUNS[name])
    return path


def results(folder: Path) -> tuple[dict[str, bytes], dict[str, object]]:
    """All files of the results, and what their attributes say, but for when they were made and how long it took."""
    store = folder / "data.zarr"
    files = {str(path.relative_to(store)): path.read_bytes() for path in store.rglob("*") if path.is_file()}
    attributes = json.loads(files.pop("zarr.json"))["attributes"]
    del files["time/zarr.json.copy"]
    method = json.loads(attributes["method"])
    del method["cost"]["seconds"]
    for name in ("checksum", "started", "finished", "beside"):
        del attributes[name]
    return files, attributes | {"method": method}


def kill_again_and_again(config: Path, output: Path, kills: int, seed: int) -> int:
    """Run, killing the process at random moments after it has got on; return how often it was killed."""
    rng, killed = random.Random(seed), 0
    command = [*COMMAND, str(config), "--output", str(output), "--checkpoint-every", "0"]
    while True:
        before = newest(output)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if killed < kills:
            while process.poll() is None and newest(output) == before:
                time.sleep(0.002)
            time.sleep(rng.uniform(0, 0.1))
        if killed >= kills or process.poll() is not None:
            _, said = process.communicate()
            assert process.returncode == 0, said
            return killed
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += 1
        command = [*COMMAND, str(output), "--resume", "--checkpoint-every", "0"]


def newest(output: Path) -> str:
    """The name of the newest checkpoint."""
    return max((path.name for path in (output / "checkpoints").glob("0*.npz")), default="")


def main(kills: int) -> int:
    failed = 0
    for number, name in enumerate(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            config, begun = prepare(Path(folder), name), time.perf_counter()
            subprocess.run([*COMMAND, str(config), "--output", f"{folder}/whole"], check=True, **QUIET)
            whole, done, same = results(Path(folder) / "whole"), 0, True
            while done < kills:
                output = Path(folder) / "cut"
                done += max(1, kill_again_and_again(config, output, kills - done, seed=1000 * number + done))
                same &= results(output) == whole
                shutil.rmtree(output)
        failed += not same
        words = "bit-identical" if same else "NOT THE SAME"
        print(f"{name:20} killed {done:3} times: {words}, {time.perf_counter() - begun:.0f} s", flush=True)
    return failed


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
