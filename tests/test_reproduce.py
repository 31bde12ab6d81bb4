"""A result's own config, run again: identical, within the error bound, or named as different."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import zarr

import wignerlohe as wl
from commands import CONFIG, invoke
from tolerances import MEASURED, ROUNDING
from wignerlohe.reproduction import DIFFERS, FREE, IDENTICAL, WITHIN, compare
from wignerlohe.store.files import open_committed
from wignerlohe.store.manifest import seal, unseal

ONE = CONFIG + '[output]\nobservables = ["mean", "energy", "negativity"]\n'
FILES = CONFIG.replace('"gaussian"', '"file"').replace("position = [[-1.0], [0.5], [0.9]]", 'path = "psi.npy"')
FILES = FILES.replace("[1, 2]", "[0, 1]").replace("[initial]", 'network = {kind = "file", path = "a.npy"}\n[initial]')
MATRIX = {
    "model": {"kind": "correlations"},
    "initial": {"kind": "matrix", "real": [[1.0, 0.5], [0.5, 1.0]]},
    "time": {"stop": 1.0, "samples": 3},
    "sweep": {"model.coupling": [0.5, 1.0]},
}


@pytest.fixture(scope="module", autouse=True)
def _quick():
    """No figures of runs, and sweeps in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wignerlohe.run._draw", lambda *_: None)
        patch.setattr("wignerlohe.sweeping.work", lambda run, tasks, _: ((task, run(task)) for task in tasks))
        yield


def made(folder, config):
    (folder / "a.toml").write_text(config)
    done = invoke("run", folder / "a.toml", "--output", folder / "out")
    assert done.exit_code == 0, done.output
    return folder / "out"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return made(tmp_path_factory.mktemp("reproduce"), ONE)


@pytest.fixture(scope="module")
def filed(tmp_path_factory):
    """A run that reads two files, which lie beside it."""
    folder = tmp_path_factory.mktemp("files")
    np.save(folder / "psi.npy", wl.states.gaussian(wl.Grid(-9.0, 8.0, 65), [-0.5, 0.5]))
    np.save(folder / "a.npy", [[0.0, 1.0], [0.5, 0.0]])
    return made(folder, FILES)


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep") / "out"
    wl.sweep(MATRIX, folder, workers=1)
    return folder


def resealed(run, **attributes):
    """Change attributes of a run, as its writer would."""
    path = run / "data.zarr" / "zarr.json"
    known, files = unseal(path.read_bytes())
    path.write_bytes(seal(known | attributes, files))


def solved(**changed):
    words = {"potential": "0.05*x**4", "coupling": 0.7, "last": 0.9, "stop": 2.0, "method": "auto", "rtol": 1e-10}
    words |= changed
    grid = wl.Grid(-9.0, 8.0, 65)
    model = wl.SchrodingerLohe(grid, words["potential"], coupling=words["coupling"])
    psi = wl.states.gaussian(grid, [-1.0, 0.5, words["last"]])
    return wl.solve(model, psi, np.linspace(0, words["stop"], 5), method=words["method"], rtol=words["rtol"])


def compared(first, second):
    return compare(first.to_dataset(), second.to_dataset())


def test_a_run_is_reproduced_to_the_last_bit(run, tmp_path):
    done = invoke("reproduce", run, "--output", tmp_path / "again")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-2:] == ["software and machine: the same", "reproduced: identical"]
    assert done.stdout.count(IDENTICAL) == len(open_committed(run).variables) + 1
    assert invoke("reproduce", run, "--against", tmp_path / "again").exit_code == 0
    assert invoke("reproduce", run, "--output", tmp_path / "again").exit_code == 2


def test_a_result_that_differs_is_exit_code_1_with_its_variables(run, tmp_path):
    done = invoke("reproduce", run, "--against", made(tmp_path, ONE.replace("0.7", "0.7007")))
    assert done.exit_code == 1
    assert "other input: the config" in done.stdout
    named = set(done.stderr.removeprefix("differs: ").strip().split(", "))
    assert {"wavefunction", "mean", "energy", "correlation", "log_deviation", "wigner"} <= named
    assert not {"basis", "time", "x", "potential"} & named


@pytest.mark.parametrize(
    "changed", [{"coupling": 0.7007}, {"potential": "0.05005*x**4"}, {"last": 0.9009}, {"stop": 2.002}]
)
def test_a_coefficient_off_by_one_in_a_thousand_is_seen(changed):
    found = {row.variable for row in compared(solved(), solved(**changed)).different}
    assert "wavefunction" in found
    assert {"correlation", "log_deviation", "order_parameter"} <= found or "potential" in changed  # which all share


def test_another_number_of_threads_and_other_kernels_stay_within_the_bound(run):
    command = [sys.executable, "-m", "wignerlohe", "reproduce", str(run)]
    changed = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "Prescott"}
    done = subprocess.run(command, env=os.environ | changed, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] in ("reproduced: identical", "reproduced: within the error bound")


@pytest.mark.parametrize("method", ["separation", "split-step"])
def test_the_bound_holds_between_a_run_and_a_finer_one(method):
    """What a step more or less may do on another machine is less than what another tolerance does."""
    found = compared(solved(method=method, rtol=1e-6), solved(method=method, rtol=1e-9))
    assert not found.identical
    assert not found.different, found
    assert 1e-5 <= found.bound < 1e-3


@pytest.mark.parametrize("share", [0.5, 2.0])
@pytest.mark.parametrize("name", ["correlation", "mean", "wigner", "phase", "order_parameter", "negativity"])
def test_a_difference_is_measured(name, share, run):
    """One entry of one variable, by half and by two of what is allowed."""
    data = open_committed(run)
    (row,) = compare(data, data.assign({name: data[name] + 1})).different
    scale = {"order_parameter": 2 * data["order_parameter"].values.flat[-1], "phase": data["amplitude"].values.flat[-1]}
    other = data.copy(deep=True)
    other[name].values.flat[-1] += share * row.allowed / scale.get(name, 1.0)
    (row,) = (row for row in compare(data, other).rows if row.variable == name)
    assert row.share == pytest.approx(share, rel=MEASURED, abs=0)
    assert row.verdict == (WITHIN if share < 1 else DIFFERS)


def test_the_bound_is_that_of_the_formula(run):
    """E = 10 rtol + eps ||H|| t / hbar, and 4 E times a norm: 1 of correlations, the box of positions."""
    data = open_committed(run)
    kinetic = 0.5 * (np.pi / (17 / 65)) ** 2
    found = compare(data, data.assign(correlation=data["correlation"] + 1, x=data["x"] + 1))
    bound = 1e-9 + np.finfo(float).eps * (kinetic + 0.5 * 81) * 2.0
    assert found.bound == pytest.approx(bound, rel=ROUNDING, abs=0)
    allowed = {row.variable: row.allowed for row in found.different}
    assert allowed == pytest.approx({"correlation": 4 * bound, "x": 4 * bound * 17}, rel=ROUNDING, abs=0)


def test_what_is_not_there_or_not_a_number_differs(run):
    data = open_committed(run)
    nan = data.copy(deep=True)
    nan["diameter"].values[-1] = np.nan
    assert [row.variable for row in compare(data, nan).different] == ["diameter"]
    assert compare(nan, nan).identical
    assert [row.variable for row in compare(data, data.drop_vars("energy")).different] == ["energy"]
    assert "time" in {row.variable for row in compare(data, data.isel(time=slice(0, 4))).different}


def test_a_basis_is_free(run):
    """Another basis of the same states makes no result differ."""
    data = open_committed(run)
    found = compare(data, data.assign(basis=-data["basis"], coordinates=-data["coordinates"]))
    assert not found.different
    assert [row.variable for row in found.rows if row.verdict == FREE] == ["basis", "coordinates"]


def test_small_deviations_are_judged_relatively_where_they_are_kept_so():
    times, matrix = np.linspace(0, 60, 7), [[1.0, 0.5], [0.5, 1.0]]
    first, second = (wl.solve(wl.Correlations(c), matrix, times) for c in (1.0, 1.0 + 1e-6))
    assert abs(first.deviation[-1, 0, 1]) < 1e-20
    rows = {row.variable: row for row in compared(first, second).rows}
    assert rows["log_deviation"].difference == pytest.approx(6e-5, rel=0.1)
    assert rows["log_deviation"].verdict == DIFFERS
    grid = wl.Grid(-9.0, 8.0, 65)
    model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0, detuning=[0.0, 1e-3])
    still = wl.solve(model, wl.states.gaussian(grid, [-0.1, 0.1]), [0.0, 20.0]).to_dataset()
    for step, verdict in ((1e-7, WITHIN), (1e-4, DIFFERS)):  # of deviations of 1e-3
        near = still.copy(deep=True)
        near["log_deviation"].values[-1] += step
        (row,) = (row for row in compare(still, near).rows if row.variable == "log_deviation")
        assert row.verdict == verdict


# ---- what a result needs to be run again -----------------------------------------------------------------------------


def test_files_are_found_where_they_were_or_where_they_are_now(filed, tmp_path):
    here = shutil.copytree(filed, tmp_path / "here")
    done = invoke("reproduce", here)
    assert done.exit_code == 0, done.output
    assert done.stdout.endswith("reproduced: identical\n")
    resealed(here, origin=str(tmp_path / "gone"))
    done = invoke("reproduce", here)
    assert done.exit_code == 2
    assert done.stderr.startswith("`inputs` must lead to the files of the config, but initial.path = psi.npy is not")
    again = wl.reproduce(here, inputs=filed.parent, output=tmp_path / "again")
    assert again.identical
    assert not again.inputs
    assert wl.reproduce(tmp_path / "again").identical  # its config names the files where they are


def test_a_file_that_has_changed_is_named(filed, tmp_path):
    shutil.copy(filed.parent / "psi.npy", tmp_path)
    np.save(tmp_path / "a.npy", [[0.0, 1.0], [0.5005, 0.0]])
    done = invoke("reproduce", filed, "--inputs", tmp_path)
    assert done.exit_code == 1
    assert "other input: model.network.path = a.npy has another SHA-256" in done.stdout
    assert "initial.path" not in done.stdout


def test_other_software_is_named(run, tmp_path):
    other = shutil.copytree(run, tmp_path / "run")
    resealed(other, version_numpy="1.0\x1b[2J", continued=["a: b before, c now"])
    done = invoke("reproduce", other, "--against", run)
    assert f"other software: version_numpy 1.0\\x1b[2J before, {np.__version__} now" in done.stdout
    assert "other software: a: b before, c now" in done.stdout


def test_a_point_of_a_sweep_is_a_run(swept):
    assert not wl.reproduce(swept / "points" / "001").different
    assert "it is a sweep; try one of its points" in invoke("reproduce", swept).stderr


def test_what_cannot_be_run_again_is_refused(run, tmp_path):
    wl.solve(wl.Correlations(1.0), np.eye(2), [0.0, 1.0]).save(tmp_path / "saved")
    assert "it was made in Python" in invoke("reproduce", tmp_path / "saved").stderr
    assert wl.reproduce(tmp_path / "saved", against=tmp_path / "saved").identical
    with pytest.raises(wl.InvalidInputError, match="`against` must stand alone"):
        wl.reproduce(run, output=tmp_path / "b", against=run)
    cut = shutil.copytree(run, tmp_path / "cut")
    resealed(cut, complete=False)
    with pytest.raises(wl.InvalidInputError, match="must be finished"):
        wl.reproduce(cut)
    (cut / "data.zarr" / "diameter" / "c.0").unlink()
    with pytest.raises(wl.DamagedError):
        wl.reproduce(cut)


@pytest.mark.parametrize(
    "words",
    [{"inputs": "[1"}, {"inputs": '{"initial.path": 3}'}, {"origin": 7}, {"method": "{}"}, {"config": "[grid"}],
)
def test_a_result_of_a_stranger_is_a_fault_of_one_line(words, filed, tmp_path):
    run = shutil.copytree(filed, tmp_path / "run")
    resealed(run, **words)
    done = invoke("reproduce", run)
    assert done.exit_code == 2, done.output
    assert len(done.stderr.splitlines()) == 1


def test_a_forged_size_is_refused_before_anything_is_made_of_it(run, tmp_path):
    for points in ([10**12], [66], [65, 65]):
        other = shutil.copytree(run, tmp_path / str(points))
        resealed(other, points=points)
        with pytest.raises(wl.InvalidInputError, match="hold arrays of the size of its grid"):
            wl.load(other)


# ---- the data set of a sweep -----------------------------------------------------------------------------------------


def test_a_sweep_is_verified_when_it_is_opened(swept):
    whole = wl.load_sweep(swept)
    assert {"started", "finished", "origin", "wignerlohe_sources"} <= whole.attrs.keys()
    done = invoke("show", swept)
    assert "a sweep of 2 runs over model.coupling (2)" in done.stdout
    assert not done.stderr
    store = swept / "data.zarr"
    for path in [path for path in store.rglob("*") if path.is_file()]:
        kept = path.read_bytes()
        for damaged in (b"", kept[:-1], kept + b"\0", kept[:-2] + bytes([kept[-2] ^ 4]) + kept[-1:], None):
            path.unlink() if damaged is None else path.write_bytes(damaged)
            with pytest.raises(wl.InvalidInputError):
                wl.load_sweep(swept)
            path.write_bytes(kept)
    assert wl.load_sweep(store).identical(whole)


def test_damage_beside_the_data_set_of_a_sweep_is_a_warning_and_it_is_made_again(swept, tmp_path):
    folder = shutil.copytree(swept, tmp_path / "out")
    for name in ("figures/sweep.png", "config.toml", "sweep.jsonl"):
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes(kept[:-1] + b"x")
        assert f"{name} has changed" in invoke("show", folder).stderr
        (folder / name).write_bytes(kept)
    (folder / "data.zarr" / "failed" / "zarr.json").unlink()
    done = invoke("show", folder)
    assert done.exit_code == 2
    assert "failed/zarr.json is missing; try `wignerlohe sweep DIR --resume`" in done.stderr
    assert invoke("sweep", folder, "--resume").exit_code == 0
    np.testing.assert_array_equal(wl.load_sweep(folder)["diameter"], wl.load_sweep(swept)["diameter"])


def test_runs_and_sweeps_name_each_other(swept):
    with pytest.raises(wl.InvalidInputError, match=r"it is a sweep; .*, such as points/000, or wl\.load_sweep"):
        wl.load(swept)
    with pytest.raises(wl.InvalidInputError, match=r"must be a sweep, but it is a run; try wl\.load"):
        wl.load_sweep(swept / "points" / "000")
    with pytest.raises(wl.InvalidInputError, match=r"must be a sweep, but '.*' is none"):
        wl.load_sweep(swept / "points")


def test_zarr_opens_a_sealed_sweep_as_it_stands(swept):
    found = zarr.open_group(swept / "data.zarr", mode="r")
    np.testing.assert_array_equal(found["model.coupling"][:], [0.5, 1.0])
    assert json.loads(found.attrs["manifest"]).keys() >= {"failed/zarr.json", "model.coupling/zarr.json"}
