"""Runs of every method, and ways to harm them: each has to end as if nothing had happened.

`torture_table` does it at full counts; tests take a little of each.
"""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
SIGNALS = {"Ctrl-C": [signal.SIGINT], "Ctrl-C twice": [signal.SIGINT] * 2, "SIGTERM": [signal.SIGTERM]}
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


@contextmanager
def running(config: Path, output: Path, every: float) -> Iterator[subprocess.Popen[str]]:
    """A run in a process of its own, which is ended with the block."""
    command = [*COMMAND, str(config), "--output", str(output), "--checkpoint-every", str(every)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def go_on(output: Path) -> None:
    subprocess.run([*COMMAND, str(output), "--resume"], check=True, **QUIET)


def signal_at(moment: str, numbers: list[int], config: Path, output: Path, rng: random.Random) -> float:
    """Send signals to a run at the start, in the middle or while it writes; return how long it takes to end."""
    with running(config, output, 0.0 if moment == "while writing" else 60.0) as process:
        if moment == "at the start":
            time.sleep(0.3)  # in which the interpreter starts
        while moment != "at the start" and not newest(output):
            time.sleep(0.002)
        time.sleep(rng.uniform(0.0, 0.5))
        sent = time.perf_counter()
        for number in numbers:
            process.send_signal(number)
            time.sleep(0.02)
        said = process.communicate()[1]
        assert process.returncode == 130, said
        assert "Traceback" not in said, said
        if (output / "config.toml").exists() and len(numbers) == 1:
            assert f"wignerlohe run {output} --resume" in said, said
    return time.perf_counter() - sent


def read_while_written(config: Path, whole: Path, output: Path) -> list[int]:
    """Load a run again and again while it is written; return how many output times there were each time."""
    last, seen = wl.load(whole), []
    with running(config, output, 0.0) as process:
        while process.poll() is None:
            time.sleep(0.05)
            if not (output / "data.zarr" / "zarr.json").exists():
                continue
            try:
                found = wl.load(output)
            except wl.InvalidInputError as error:
                if "hold at least one committed time" in str(error):
                    continue
                raise
            assert np.array_equal(found.deviation, last.deviation[: len(found.times)])
            seen.append(len(found.times))
        assert process.returncode == 0
    assert seen == sorted(seen)
    return seen
