"""Every example runs to its end, leaves the figure or report it promises, and prints the numbers that it is about."""

import re
import runpy
import shutil
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

from tolerances import BLOW_UP_TIME, SETTLED
from wignerlohe import sweeping
from wignerlohe.cli import app

EXAMPLES = Path(__file__).parents[1] / "examples"
SMALL = {
    "kuramoto_limit.py",
    "a_million_nodes.py",
    "basin.py",
    "locking.py",
}  # these take a second argument, for the tests

# what a script prints, and the largest value of each number found
PROMISES = {
    "cats_in_two_dimensions.py": (r"at the origin against the closed form: ([0-9.e+-]+)", 1e-10),
    "two_detuned_nodes.py": (r"against the solver ([0-9.e+-]+)", 1e-9),
    "harmonic_coherent_states.py": (r"relative error of 1 - z_12: ([0-9.e+-]+)", 1e-9),
    "directed_ring.py": (r"against the phase equations ([0-9.e+-]+)", 1e-8),
    "thermal_nodes.py": (r"tanh\(hbar omega / 2T\): ([0-9.e+-]+)", 1e-12),
    "states_from_a_file.py": (r"(?:cosine of its period|the closed form): ([0-9.e+-]+)", 1e-10),
    "dichotomy.py": (r"largest fall of the order parameter ([0-9.e+-]+)", 1e-12),
    "a_million_nodes.py": (r"against infinitely many nodes: ([0-9.e+-]+)", 3e-3),  # 20 000 nodes: 3 standard deviations
    "different_potentials.py": (r"difference from the theory: ([0-9.e+-]+)", 0.02),
    "basin.py": (r"relative error of blow-up times: ([0-9.e+-]+)", BLOW_UP_TIME),
    "locking.py": (r"(?:detuned: .* where locked|closed form, locked) ([0-9.e+-]+)", SETTLED),
    "kuramoto_limit.py": (r"deviation from the theory for kappa > 2.3 gamma: ([0-9.e+-]+)", 0.03),
}


def in_this_process(run, tasks, _):
    """The points of a sweep one after another, without worker processes."""
    return ((task, run(task)) for task in tasks)


@pytest.fixture
def run_script(tmp_path, monkeypatch, capsys):
    """Run an example as a main program, but in this process: libraries are imported once, not once for each."""
    monkeypatch.setattr(sweeping, "work", in_this_process)

    def run(script):
        monkeypatch.setattr(sys, "argv", [script, str(tmp_path), *(["small"] if script in SMALL else [])])
        runpy.run_path(str(EXAMPLES / script), run_name="__main__")
        return capsys.readouterr().out

    return run


def check_basins(printed, folder):
    assert "random states: aggregated 9 of 9, 95 % above 0.7009" in printed  # Wilson: n / (n + 1.96^2)
    assert "matrices with imaginary parts that do not: 0" in printed
    assert "cases on the wrong side of the threshold: 0" in printed
    assert "aggregate although agreement is unstable: 0" in printed
    delays = re.search(r"against the closed form: ([0-9.]+); at the antipode: never", printed)[1]
    assert float(delays) <= 0.25  # the distance of output times
    data = xr.open_zarr(folder / "basin.zarr", consolidated=False)
    real, complex_ = data["matrices"].transpose("imaginary", "diameter_at_start", "nodes_of_matrix").values
    assert np.all(real[0] > real[1])  # larger diameters aggregate less
    assert np.all(complex_ == 1)
    for name in ("matrices", "networks"):
        value, low, high = (data[f"{name}{end}"].values for end in ("", "_low", "_high"))
        assert np.all((low <= value) & (value <= high) & (high - low > 0.1))


def check_locking(printed, folder):
    for inside, count in re.findall(r"hold the closed form: (\d) of (\d)", printed):
        assert inside == count
    data = xr.open_zarr(folder / "locking.zarr", consolidated=False)
    assert data["two_onset_expected"].item() == pytest.approx(0.5, abs=1e-6)  # |W| = 2 s < kappa
    assert np.all(data["detuned_swing"].values[0] < 1e-6)
    assert np.all(data["detuned_swing"].values[1] > 0.05)


@pytest.mark.parametrize("script", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_script_runs_and_leaves_its_figure(script, tmp_path, run_script):
    printed = run_script(script)
    figure = tmp_path / f"{Path(script).stem}.png"
    assert figure.read_bytes().startswith(b"\x89PNG")
    if script in PROMISES:
        pattern, limit = PROMISES[script]
        found = re.findall(pattern, printed)
        assert found, printed
        assert all(float(number) <= limit for number in found), printed
    if script == "dichotomy.py":
        assert "aggregated: 40 of 40" in printed
        delays = re.search(r"delays by \[([0-9. ]+)\]", printed)[1].split()
        assert [float(delay) for delay in delays] == pytest.approx([13.8155] * 3, abs=0.25)  # 2 log(1000), output times
        gaps = re.search(r"D - 2 is (\S+), r - \(1 - 2/N\) is (\S+)", printed).groups()
        assert [float(gap) for gap in gaps] == pytest.approx([0, 0], abs=1e-9)
    if script == "basin.py":
        check_basins(printed, tmp_path)
    if script == "locking.py":
        check_locking(printed, tmp_path)
    if script == "directed_ring.py":
        rate, theory = re.search(r"rate ([0-9.]+), theory ([0-9.]+)", printed).groups()
        assert float(rate) == pytest.approx(float(theory), rel=1e-4)


@pytest.mark.parametrize("config", sorted(path.name for path in EXAMPLES.glob("*.toml")))
def test_config_runs_from_the_command_line(config, tmp_path, run_script, monkeypatch):
    monkeypatch.setattr(sweeping, "work", in_this_process)
    monkeypatch.setattr("wignerlohe.plot.page.DPI", 50)  # a third of the time to write pictures that nobody sees
    path = Path(shutil.copy(EXAMPLES / config, tmp_path))
    tables = tomllib.loads(path.read_text())
    if tables["initial"]["kind"] == "file":  # the script of the same name writes it
        run_script(f"{Path(config).stem}.py")
    swept = "sweep" in tables
    command = ["sweep", str(path), "--workers", "1"] if swept else ["run", str(path)]
    done = CliRunner().invoke(app, [*command, "--output", str(tmp_path / "run")])
    assert done.exit_code == 0, done.output
    result = "figures/sweep.png" if swept else "report.html"
    assert (tmp_path / "run" / result).stat().st_size > 10_000
