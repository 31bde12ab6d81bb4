"""Sweeps: every point is the run that it says it is, faults are all named, and what is cut off goes on."""

import itertools
import os
import signal
import subprocess
import sys
import time
import tomllib

import numpy as np
import pytest
import xarray as xr
import zarr
from tomli_w import dumps
from typer.testing import CliRunner

import wignerlohe as wl
from tolerances import BLOW_UP_TIME, ROUNDING
from wignerlohe import limits, sweeping, workers
from wignerlohe.cli import app
from wignerlohe.config.faults import ConfigError
from wignerlohe.config.problem import read
from wignerlohe.config.sweep import pose, read_tables
from wignerlohe.plot.sweep import draw
from wignerlohe.run import execute
from wignerlohe.store.manifest import seal, unseal
from wignerlohe.sweeping import sweep

NODES = {
    "title": "A test",
    "grid": {"lower": -9.0, "upper": 8.0, "points": 65},
    "model": {"kind": "wigner-lohe", "coupling": 0.7, "potential": "0.5*x**2"},
    "initial": {"kind": "random", "count": 3, "modes": 4, "seed": 1},
    "time": {"stop": 2.0, "samples": 5},
    "wigner": {"pairs": [[0, 1]], "times": [0.0]},
}
GRID = {"model.coupling": [0.3, 0.9], "initial.seed": {"start": 5, "stop": 9, "count": 3}}
MATRIX = {
    "model": {"kind": "correlations", "coupling": 1.0},
    "initial": {"kind": "matrix", "real": [[1.0, -0.8, -0.8], [-0.8, 1.0, -0.8], [-0.8, -0.8, 1.0]]},
    "time": {"stop": 3.0, "samples": 7},
}


def swept(tables, **keys):
    return tables | {"sweep": {key.replace("__", "."): values for key, values in keys.items()}}


def over(tables, values):
    return tables | {"sweep": values}


@pytest.fixture
def here(monkeypatch):
    """Points run in this process, which is quick."""
    monkeypatch.setattr(sweeping, "work", lambda run, tasks, _: ((task, run(task)) for task in tasks))


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def arrays(store):
    """Every array of a store, by name."""
    return {name: array[...] for name, array in zarr.open_group(store, mode="r").arrays()}


def assert_same_arrays(first, second):
    first, second = arrays(first), arrays(second)
    assert first.keys() == second.keys()
    for name, values in first.items():
        assert values.tobytes() == second[name].tobytes(), name


def files(folder):
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


def test_points_are_single_runs_to_the_last_bit_whatever_process_they_run_in(tmp_path, request):
    found = sweep(over(NODES, GRID), tmp_path / "2", workers=2)
    request.getfixturevalue("here")
    alone = sweep(over(NODES, GRID), tmp_path / "1")
    for name in set(found.variables) - {"seconds"}:
        assert alone[name].values.tobytes() == found[name].values.tobytes(), name
    for index, (coupling, seed) in enumerate(itertools.product([0.3, 0.9], [5, 7, 9])):
        point = tmp_path / "2" / "points" / f"00{index}"
        tables = tomllib.loads((point / "config.toml").read_text())
        assert tables["model"]["coupling"] == coupling
        assert tables["initial"]["seed"] == seed
        assert "sweep" not in tables
        solution = wl.load(point)
        chosen = found.sel({"model.coupling": coupling, "initial.seed": seed})
        np.testing.assert_array_equal(chosen["order_parameter"], solution.order_parameter)
        np.testing.assert_array_equal(chosen["diameter"], solution.diameter)
        assert chosen["final_order_parameter"] == solution.order_parameter[-1]
        assert chosen["final_diameter"] == solution.diameter[-1]
    text = (point / "config.toml").read_text()  # the last one
    execute(read(point / "config.toml"), text, tmp_path / "run", lambda *_: None)
    assert_same_arrays(point / "data.zarr", tmp_path / "run" / "data.zarr")


@pytest.mark.usefixtures("here")
def test_a_folder_holds_config_points_data_set_and_figure(tmp_path):
    (tmp_path / "a.toml").write_text(dumps(swept(MATRIX, model__coupling=[0.1, 0.2])) + "# a remark\n")
    found = sweep(tmp_path / "a.toml", tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"config.toml", "points", "data.zarr", "figures", "sweep.jsonl"}
    assert (tmp_path / "out" / "config.toml").read_text() == (tmp_path / "a.toml").read_text()
    assert {path.name for path in (tmp_path / "out" / "points" / "001").iterdir()} == {"config.toml", "data.zarr"}
    assert (tmp_path / "out" / "figures" / "sweep.png").read_bytes().startswith(b"\x89PNG")
    with xr.open_zarr(tmp_path / "out" / "data.zarr", consolidated=False, chunks=None) as data:
        xr.testing.assert_equal(data.load(), found)
    assert found["order_parameter"].dims == ("model.coupling", "time")
    assert found["failed"].dtype == bool
    for name, variable in found.variables.items():
        assert variable.attrs["long_name"], name
        assert variable.attrs["units"], name
    assert found["model.coupling"].attrs["units"] == "1 / time"
    assert {"inner_product", "config", "wignerlohe_version"} <= found.attrs.keys()


@pytest.mark.usefixtures("here")
def test_reports_are_drawn_when_asked_for(tmp_path):
    sweep(swept(MATRIX, model__coupling=[0.1], reports=True), tmp_path / "out")
    point = tmp_path / "out" / "points" / "000"
    assert "data:image/png" in (point / "report.html").read_text()
    assert (point / "figures" / "diameter.png").is_file()


@pytest.mark.usefixtures("here")
def test_a_blow_up_is_a_result_with_its_time(tmp_path):
    found = sweep(swept(MATRIX, model__coupling=[0.1, 1.0]), tmp_path / "out")
    # the closed form of the symmetric matrix: kappa t = ln 6
    np.testing.assert_allclose(found["blow_up_time"], [np.nan, np.log(6)], rtol=BLOW_UP_TIME)
    assert not found["failed"].any()
    assert np.isnan(found["order_parameter"].values).sum(axis=1).tolist() == [0, 3]
    assert np.isnan(found["final_diameter"].values).tolist() == [False, True]


@pytest.mark.usefixtures("here")
def test_a_point_that_fails_costs_nothing_else_and_is_run_anew(tmp_path, monkeypatch):
    (tmp_path / "a.toml").write_text(dumps(swept(MATRIX, model__coupling=[0.1, 0.2, 0.3])))
    solved = sweeping.runs._solve
    with monkeypatch.context() as patch:

        def solve(problem, *rest):
            if problem.model.coupling == 0.2:
                raise OSError("disk\nfull")
            return solved(problem, *rest)

        patch.setattr(sweeping.runs, "_solve", solve)
        done = invoke("sweep", tmp_path / "a.toml", "--output", tmp_path / "out")
    assert done.exit_code == 1
    assert done.stderr == "failed at model.coupling = 0.2: disk full\n"
    with xr.open_zarr(tmp_path / "out" / "data.zarr", consolidated=False, chunks=None) as data:
        assert data["failed"].values.tolist() == [False, True, False]
        assert np.isnan(data["final_order_parameter"].values).tolist() == [False, True, False]
        assert data["failed"].attrs["messages"] == ["model.coupling = 0.2: disk full"]
    before = files(tmp_path / "out" / "points" / "000")
    done = invoke("sweep", tmp_path / "out", "--resume")
    assert done.exit_code == 0, done.output
    assert "done already: 2 of them" in done.output
    assert files(tmp_path / "out" / "points" / "000") == before
    assert wl.load(tmp_path / "out" / "points" / "001").model.coupling == 0.2
    done = invoke("sweep", tmp_path / "out", "--resume")
    assert done.exit_code == 0
    assert "done already: all of them" in done.output


@pytest.mark.usefixtures("here")
def test_what_the_solver_refuses_is_a_failed_point(tmp_path):
    found = sweep(swept(MATRIX, time__stop=[1.0, 1e12]), tmp_path / "out")
    assert found["failed"].values.tolist() == [False, True]
    assert "`times` must keep coupling" in found["failed"].attrs["messages"][0]
    assert "time" not in found.dims  # output times differ
    assert found["final_order_parameter"][0] == wl.load(tmp_path / "out" / "points" / "000").order_parameter[-1]


@pytest.mark.usefixtures("here")
def test_an_interrupted_sweep_goes_on_and_leaves_finished_points_alone(tmp_path):
    config, out = tmp_path / "a.toml", tmp_path / "out"
    config.write_text(dumps(over(NODES, {"model.coupling": [k / 10 for k in range(1, 25)]})))
    command = [sys.executable, "-m", "wignerlohe", "sweep", str(config), "--output", str(out), "--workers", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        until = time.monotonic() + 60
        while not (out / "sweep.jsonl").exists() or len((out / "sweep.jsonl").read_text().splitlines()) < 2:
            assert time.monotonic() < until
            assert run.poll() is None
            time.sleep(0.005)
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=60)
    assert run.returncode == 130
    assert said == f"interrupted; go on with: wignerlohe sweep {out} --resume\n"
    done = len((out / "sweep.jsonl").read_text().splitlines()) - 1
    assert 1 <= done < 24
    assert not (out / "data.zarr").exists()
    kept = [out / "points" / f"{k:03d}" for k in range(done)]
    before = [files(folder) for folder in kept]
    assert invoke("run", config, "--output", out).exit_code == 2
    assert invoke("sweep", config, "--output", out).exit_code == 2
    again = sweep(config, out, resume=True)
    assert [files(folder) for folder in kept] == before
    whole = sweep(config, tmp_path / "whole")
    for name in set(whole.variables) - {"seconds"}:
        assert again[name].values.tobytes() == whole[name].values.tobytes(), name


@pytest.mark.usefixtures("here")
def test_a_line_of_the_journal_that_was_cut_off_is_a_point_to_run_anew(tmp_path):
    config = swept(MATRIX, model__coupling=[0.1, 0.2])
    first = sweep(config, tmp_path / "out")
    journal = tmp_path / "out" / "sweep.jsonl"
    journal.write_text(journal.read_text()[:-9])
    assert sweeping.prepare(config, tmp_path / "out", resume=True).missing == [1]
    second = sweep(config, tmp_path / "out", resume=True)
    np.testing.assert_array_equal(first["diameter"], second["diameter"])
    assert sweeping.prepare(config, tmp_path / "out", resume=True).missing == []


@pytest.mark.usefixtures("here")
def test_resuming_is_refused_where_there_is_no_such_sweep(tmp_path):
    config = swept(MATRIX, model__coupling=[0.1, 0.2])
    sweep(config, tmp_path / "out")
    with pytest.raises(wl.InvalidInputError, match="`config` must be the one"):
        sweep(swept(MATRIX, model__coupling=[0.1, 0.3]), tmp_path / "out", resume=True)
    (tmp_path / "out" / "points" / "001" / "config.toml").write_text("")
    with pytest.raises(wl.InvalidInputError, match="point 1 is another one"):
        sweep(config, tmp_path / "out", resume=True)
    assert invoke("sweep", tmp_path / "nowhere", "--resume").exit_code == 2
    assert invoke("sweep", tmp_path, "--resume").exit_code == 2
    assert invoke("sweep", tmp_path / "out", "--resume", "--output", tmp_path / "b").exit_code == 2
    (tmp_path / "out" / "sweep.jsonl").write_text("[1]\n")
    with pytest.raises(wl.InvalidInputError, match=r"sweep\.jsonl in .* is not one"):
        sweep(config, tmp_path / "out", resume=True)


@pytest.mark.usefixtures("here")
def test_two_processes_do_not_share_a_folder(tmp_path):
    config = swept(MATRIX, model__coupling=[0.1, 0.2])
    message = "`output` must be free"

    def meddle(*_):
        with pytest.raises(wl.InvalidInputError, match=message):
            sweep(config, tmp_path / "out", resume=True)

    sweep(config, tmp_path / "out", progress=meddle)


def test_a_process_that_is_killed_costs_its_task_only(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    death = "__import__('os').kill(__import__('os').getpid(), 9)"
    threads = [f"__import__('os').environ[{name!r}]" for name in workers.THREADS]
    found = dict(workers.work(eval, [threads[0], death, *threads[1:]], 1))
    assert found == dict.fromkeys(threads, "1") | {death: None}
    assert os.environ["OMP_NUM_THREADS"] == "3"
    assert "MKL_NUM_THREADS" not in os.environ


def test_a_killed_point_is_reported_as_failed(tmp_path, monkeypatch):
    work = lambda run, tasks, _: ((task, run(task) if task.index else None) for task in tasks)  # noqa: E731
    monkeypatch.setattr(sweeping, "work", work)
    found = sweep(swept(MATRIX, model__coupling=[0.1, 0.2]), tmp_path / "out")
    assert found["failed"].values.tolist() == [True, False]
    assert found["failed"].attrs["messages"][0].startswith("model.coupling = 0.1: its process died")


def test_a_script_without_a_guard_is_told_so(tmp_path):
    code = f"from wignerlohe.sweeping import sweep\nsweep({swept(MATRIX, model__coupling=[0.1])!r}, 'out')\n"
    (tmp_path / "script.py").write_text(code)
    done = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert done.returncode == 1
    assert '__name__ == "__main__"' in done.stderr.splitlines()[-1]


def test_workers_are_as_many_as_memory_holds(tmp_path, monkeypatch):
    plan = sweeping.prepare(swept(MATRIX, model__coupling=[0.1, 0.2, 0.3]), tmp_path / "out", resume=False)
    assert sweeping.choose_workers(plan, 8) == (3, "")
    need = sweeping.PROCESS + plan.sweep.points[0].need
    monkeypatch.setattr(limits, "available", lambda: 3 * need - 1)
    count, note = sweeping.choose_workers(plan, 8)
    assert count == 2
    assert note.startswith("2 of 3 workers: ")
    monkeypatch.setattr(sweeping, "work", lambda run, tasks, count: ((t, run(t)) for t in tasks if count == 2))
    with pytest.warns(UserWarning, match="2 of 3 workers"):
        sweep(swept(MATRIX, model__coupling=[0.1, 0.2, 0.3]), tmp_path / "out", workers=3)
    for wrong in (0, -1, 1.5):
        with pytest.raises(wl.InvalidInputError, match="`workers` must"):
            sweeping.choose_workers(plan, wrong)


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ({"start": 1, "stop": 5, "count": 5}, [1, 2, 3, 4, 5]),
        ({"start": 5, "stop": 1, "count": 3}, [5, 3, 1]),
        ({"start": 1, "stop": 2, "count": 5}, [1.0, 1.25, 1.5, 1.75, 2.0]),
        ({"start": 1.0, "stop": 3.0, "count": 3}, [1.0, 2.0, 3.0]),
        (np.array([0.5, 0.25]), [0.5, 0.25]),
        ((1, 2.5), [1, 2.5]),
    ],
)
def test_ranges_include_both_ends_and_stay_whole_where_they_can(given, values, tmp_path):
    tables, text = read_tables(swept(MATRIX, model__coupling=given))
    found = pose(tables, text, tmp_path).axes["model.coupling"]
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


def test_an_unquoted_key_is_the_same_key(tmp_path):
    text = "[sweep]\nmodel.coupling = [0.1, 0.2]\ntime.samples = {start = 3, stop = 5, count = 2}\n"
    (tmp_path / "a.toml").write_text(dumps(MATRIX) + text)
    assert pose(*read_tables(tmp_path / "a.toml"), tmp_path).axes == {
        "model.coupling": [0.1, 0.2],
        "time.samples": [3, 5],
    }


FAULTS = [
    ({"sweep.sweep": [1]}, "sweep.sweep.sweep: is unknown; a swept key is table.key, with a table of grid, model"),
    ({"modal.coupling": [1.0]}, "sweep.modal.coupling: is unknown; a swept key is table.key"),
    ({"title": ["a"]}, "sweep.title: is unknown; a swept key is table.key"),
    ({"model": [{"kind": "correlations"}]}, "sweep.model: is unknown; a swept key is table.key"),
    ({"model.": [1.0]}, "sweep.model.: is unknown"),
    ({"model..coupling": [1.0]}, "sweep.model..coupling: is unknown"),
    ({"model.coupling.x": [1.0]}, "sweep.model.coupling.x: is unknown; model.coupling is no table"),
    ({"model.coupling": 1.5}, "sweep.model.coupling: 1.5 was given; it must be a list of values, or {start = 1.0"),
    ({"model.coupling": []}, "sweep.model.coupling: [] was given; it must be a list"),
    ({"model.coupling": {"start": 1.0, "stop": 2.0, "count": 1}}, "sweep.model.coupling: {'start': 1.0"),
    ({"model.coupling": {"start": 1.0, "end": 2.0, "count": 3}}, "sweep.model.coupling: {'start': 1.0"),
    ({"model.coupling": [1, 1.0]}, "sweep.model.coupling: [1, 1.0] was given; the values must differ"),
    ({"reports": 1}, "sweep.reports: 1 was given; it must be true or false"),
    ({"reports": True}, "sweep: names no key"),
    ({"time.samples": list(range(2, 203)), "model.coupling": list(range(100))}, "sweep: has 201 x 100 points; at most"),
    ({"model.coupling": [0.1], "model.coupling.a": [0.1]}, "sweep.model.coupling.a: lies within model.coupling"),
]


@pytest.mark.parametrize(("given", "fault"), FAULTS)
def test_hostile_keys_and_values_are_faults_of_one_line(given, fault, tmp_path):
    with pytest.raises(ConfigError) as caught:
        sweep(over(MATRIX, given), tmp_path / "out")
    assert len(caught.value.faults) == 1
    assert caught.value.faults[0].startswith(fault)
    assert not (tmp_path / "out").exists()


def test_faults_of_all_points_are_said_once(tmp_path):
    tables = MATRIX | {"time": {"stop": -3.0}, "extra": {}}
    (tmp_path / "a.toml").write_text(dumps(swept(tables, model__coupling=[0.1, -0.2, "b"], time__samples=[1, 2])))
    done = invoke("sweep", tmp_path / "a.toml", "--output", tmp_path / "out")
    assert done.exit_code == 2
    lines = done.stderr.splitlines()
    assert len(set(lines)) == len(lines)
    expected = {
        "extra: is unknown": "",
        "time.stop: -3.0 was given": "",
        "time.samples: 1 was given": "(at 3 of 6 points, first model.coupling = 0.1, time.samples = 1)",
        "model.coupling: 'b' was given": "(at 2 of 6 points, first model.coupling = 'b', time.samples = 1)",
    }
    for start, end in expected.items():
        (line,) = [line for line in lines if line.startswith(start)]
        assert line.endswith(end)
        assert end or "(at" not in line
    assert not (tmp_path / "out").exists()


def test_run_and_sweep_name_each_other(tmp_path):
    (tmp_path / "a.toml").write_text(dumps(MATRIX))
    done = invoke("sweep", tmp_path / "a.toml", "--output", tmp_path / "out")
    assert done.exit_code == 2
    assert "`wignerlohe run`" in done.stderr
    (tmp_path / "b.toml").write_text(dumps(swept(MATRIX, model__coupling=[0.1])))
    done = invoke("run", tmp_path / "b.toml", "--output", tmp_path / "out")
    assert done.exit_code == 2
    assert done.stderr == "sweep: was given; a grid of runs is for `wignerlohe sweep`\n"
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "a.toml").write_text(dumps(swept(MATRIX, model__coupling=[0.1])))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious.txt").write_text("mine")
    for arguments in (["--output", tmp_path / "out"], [], ["--output", tmp_path / "b", "--workers", "0"]):
        assert invoke("sweep", tmp_path / "a.toml", *arguments).exit_code == 2
    assert invoke("sweep", tmp_path / "none.toml", "--output", tmp_path / "b").exit_code == 2
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["precious.txt"]
    assert not (tmp_path / "b").exists()


@pytest.mark.usefixtures("here")
def test_lists_texts_and_files_are_swept_by_their_place(tmp_path):
    grid = wl.Grid(-9.0, 8.0, 65)
    for k, position in enumerate((0.5, 1.0)):
        np.save(tmp_path / f"psi{k}.npy", wl.states.gaussian(grid, position=[-position, position]))
    tables = NODES | {"initial": {"kind": "file", "path": "none.npy"}}
    sweeps = swept(tables, initial__path=["psi0.npy", "psi1.npy"], model__detuning=[[0.0, 0.1], [0.1, 0.3]])
    (tmp_path / "a.toml").write_text(dumps(sweeps))
    found = sweep(tmp_path / "a.toml", tmp_path / "out")
    assert found["initial.path"].values.tolist() == [0, 1]
    assert found["initial.path"].attrs["values"] == ["psi0.npy", "psi1.npy"]
    assert found["model.detuning"].attrs["values"] == ["[0.0, 0.1]", "[0.1, 0.3]"]
    point = tmp_path / "out" / "points" / "003"
    assert tomllib.loads((point / "config.toml").read_text())["initial"]["path"] == str(tmp_path / "psi1.npy")
    model = wl.WignerLohe(grid, "0.5*x**2", coupling=0.7, detuning=[0.1, 0.3])
    alone = wl.solve(model, np.load(tmp_path / "psi1.npy"), times=np.linspace(0, 2, 5))
    np.testing.assert_array_equal(found["order_parameter"][1, 1], alone.order_parameter)


def made_up(**sizes):
    """A data set of a sweep with smooth values over keys of these sizes."""
    dims = [name.replace("__", ".") for name in sizes]
    shape = tuple(sizes.values())
    final = np.linspace(0.1, 0.9, int(np.prod(shape))).reshape(shape)
    series = final[..., None] * np.linspace(0.5, 1, 7)
    return xr.Dataset(
        {
            "final_order_parameter": (dims, final),
            "final_diameter": (dims, 1 - final),
            "order_parameter": ([*dims, "time"], series),
            "failed": (dims, final > 0.89),
            "blow_up_time": (dims, final * np.nan),
        },
        {name: np.arange(1, size + 1) for name, size in zip(dims, shape, strict=True)} | {"time": np.linspace(0, 1, 7)},
    )


@pytest.mark.parametrize(
    ("sizes", "labels"),
    [
        ({"model__coupling": 4}, ["final", "final", "time"]),
        ({"model__coupling": 12}, ["final", "final"]),
        ({"model__coupling": 3, "initial__seed": 4}, ["final", "final", "time"]),
        ({"initial__seed": 3}, ["final", "final", "time"]),
        ({"model__coupling": 3, "model__mass": 5}, ["map"]),
        ({"model__coupling": 3, "initial__seed": 2, "model__mass": 5}, ["map", "map"]),
        ({"model__coupling": 3, "model__mass": 5, "grid__hbar": 4}, ["map"] * 4),
        ({"model__coupling": 2, "model__mass": 2, "grid__hbar": 4, "time__stop": 3}, ["map"] * 9),
    ],
)
def test_the_picture_suits_the_number_of_keys(sizes, labels):
    figure = draw(made_up(**sizes))
    panels = [axes for axes in figure.get_axes() if axes.get_visible() and axes.get_label() != "<colorbar>"]
    kinds = ["map" if axes.images else "time" if axes.get_xlabel() == "time t" else "final" for axes in panels]
    assert kinds == labels
    assert "1 of" in figure.get_suptitle()
    assert ("seeds" in figure.get_suptitle()) == ("initial__seed" in sizes and len(sizes) > 1)


def test_the_picture_shows_the_numbers():
    data = made_up(model__coupling=3, initial__seed=5)
    mean = data["final_order_parameter"].values.mean(axis=1)
    axes = draw(data).get_axes()[0]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), mean, rtol=ROUNDING)
    band = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert {band.min(), band.max()} == {0.1, 0.9}
    data = made_up(model__coupling=3, model__mass=5)
    (image,) = draw(data).get_axes()[0].images
    np.testing.assert_array_equal(image.get_array(), data["final_order_parameter"].values.T)


@pytest.mark.usefixtures("here")
def test_points_that_are_not_the_finished_runs_they_are_said_to_be_are_run_again(tmp_path):
    config = swept(MATRIX, model__coupling=[0.1, 0.2, 0.3])
    first = sweep(config, tmp_path / "out")
    points = tmp_path / "out" / "points"
    stores = [points / name / "data.zarr" for name in ("000", "002")]
    stores[0].rename(tmp_path / "kept")
    stores[1].rename(stores[0])
    (tmp_path / "kept").rename(stores[1])
    assert sweeping.prepare(config, tmp_path / "out", resume=True).missing == [0, 2]
    second = sweep(config, tmp_path / "out", resume=True)
    np.testing.assert_array_equal(first["diameter"], second["diameter"])
    attributes, files = unseal((stores[0] / "zarr.json").read_bytes())
    (stores[0] / "zarr.json").write_bytes(seal(attributes | {"complete": False}, files))
    assert sweeping.prepare(config, tmp_path / "out", resume=True).missing == [0]
