"""The command line: exit codes, what is written, and what is not."""

import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import wignerlohe as wl
from commands import CONFIG, invoke
from wignerlohe import signals
from wignerlohe.coupling.pairs import FactoredPairs


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(CONFIG)
    return path


def test_a_run_leaves_config_data_figures_and_a_report_that_needs_no_network(config, tmp_path):
    done = invoke("run", config, "--output", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "memory: about" in done.output
    assert (tmp_path / "out" / "config.toml").read_text() == CONFIG
    names = {path.name for path in (tmp_path / "out" / "figures").iterdir()}
    assert names == {
        "correlations.png",
        "density.png",
        "diameter.png",
        "order_parameter.png",
        "wigner_00_t0.png",
        "wigner_01_t1.7.png",
    }
    report = (tmp_path / "out" / "report.html").read_text()
    assert report.count("data:image/png;base64,") == 6
    assert "://" not in report
    assert "0.5*x**2" in report
    with xr.open_zarr(tmp_path / "out" / "data.zarr", consolidated=False, chunks=None) as data:
        assert data["correlation"].shape == (5, 3, 3)
        assert data["wigner"].shape == (2, 2, 65, 130)
        assert data["wigner_time"].values.tolist() == [0.0, 1.7]
        assert data.attrs["config"] == CONFIG
        assert data.attrs["title"] == "A test"
        assert "seed" in data.attrs
    solution = wl.load(tmp_path / "out")
    with xr.open_zarr(tmp_path / "out" / "data.zarr", consolidated=False, chunks=None) as data:
        np.testing.assert_allclose(data["wigner"][1, 1], solution.wigner(1, 2, 1.7), atol=1e-14)


def test_a_run_finds_each_diameter_once(config, tmp_path, monkeypatch):
    looked: list[int] = []
    plain = FactoredPairs.log_diameter
    monkeypatch.setattr(FactoredPairs, "log_diameter", lambda pairs: looked.append(pairs.times) or plain(pairs))
    assert invoke("run", config, "--output", tmp_path / "out").exit_code == 0
    assert looked == [5]


def test_show_prints_the_summary(config, tmp_path):
    invoke("run", config, "--output", tmp_path / "out")
    done = invoke("show", tmp_path / "out")
    assert done.exit_code == 0
    assert "WignerLohe, 3 nodes, coupling 0.7" in done.output
    assert "separation" in done.output


def test_a_bad_config_is_exit_2_with_a_line_per_fault_and_nothing_written(config, tmp_path):
    config.write_text(CONFIG.replace("coupling = 0.7", "coupling = nan").replace("stop = 2.0", "stop = -2.0"))
    done = invoke("run", config, "--output", tmp_path / "out")
    assert done.exit_code == 2
    assert done.stderr.splitlines() == [
        "model.coupling: nan was given; input should be a finite number",
        "time.stop: -2.0 was given; input should be greater than 0",
    ]
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(config, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious.txt").write_text("mine")
    for options in ([], ["--overwrite"]):
        done = invoke("run", config, "--output", tmp_path / "out", *options)
        assert done.exit_code == 2
        assert len(done.stderr.splitlines()) == 1
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["precious.txt"]


def test_overwrite_replaces_a_run_only_after_the_new_one_succeeded(config, tmp_path, monkeypatch):
    assert invoke("run", config, "--output", tmp_path / "out").exit_code == 0
    assert invoke("run", config, "--output", tmp_path / "out").exit_code == 2
    config.write_text(CONFIG.replace("0.7", "0.9"))
    with monkeypatch.context() as patch:
        patch.setattr("wignerlohe.plot.figures.density", lambda _: (_ for _ in ()).throw(OSError("disk")))
        done = invoke("run", config, "--output", tmp_path / "out", "--overwrite")
        assert done.exit_code == 1
        assert done.stderr == "failed: disk\n"
    assert wl.load(tmp_path / "out").model.coupling == 0.7
    assert invoke("run", config, "--output", tmp_path / "out", "--overwrite").exit_code == 0
    assert wl.load(tmp_path / "out").model.coupling == 0.9
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.toml", "out"]


def test_init_writes_a_config_that_runs(tmp_path):
    done = invoke("init", tmp_path / "mine")
    assert done.exit_code == 0
    assert invoke("init", tmp_path / "mine.toml").exit_code == 2
    done = invoke("run", tmp_path / "mine.toml", "--output", tmp_path / "out")
    assert done.exit_code == 0, done.output


def test_correlations_blow_up_as_an_event_with_its_time(tmp_path):
    (tmp_path / "a.toml").write_text(
        '[model]\nkind = "correlations"\ncoupling = 1.0\n[initial]\nkind = "matrix"\n'
        "real = [[1.0, -0.8, -0.8], [-0.8, 1.0, -0.8], [-0.8, -0.8, 1.0]]\n[time]\nstop = 3.0\nsamples = 31\n"
    )
    done = invoke("run", tmp_path / "a.toml", "--output", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "blow up at t = 1.791759469" in done.stderr
    solution = wl.load(tmp_path / "out")
    assert solution.blow_up_time == pytest.approx(np.log(6), rel=1e-8)
    assert len(solution.times) == 18
    assert "blow up" in (tmp_path / "out" / "report.html").read_text()


def test_a_state_that_leaves_the_box_is_reported_with_numbers_and_a_way_out(config, tmp_path):
    config.write_text(CONFIG.replace('"0.5*x**2"', '"0"').replace("stop = 2.0", "stop = 3.0"))
    done = invoke("run", config, "--output", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "try a wider box than [-9, 8)" in done.stderr
    assert "try a wider box" in (tmp_path / "out" / "report.html").read_text()
    assert any("edge of the box" in warning for warning in wl.load(tmp_path / "out").warnings)


@pytest.mark.parametrize("arguments", [["run"], ["run", "x"], ["fly"], ["show"], ["init"], ["run", "--output", "x"]])
def test_bad_arguments_are_exit_2(arguments):
    assert invoke(*arguments).exit_code == 2


@pytest.mark.parametrize(
    "arguments", [["show", "nowhere"], ["run", "none.toml", "--output", "x"], ["run", ".", "--output", "x"]]
)
def test_missing_files_are_exit_2_in_one_line(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_gets_a_progress_bar_and_a_log_gets_plain_lines(config, tmp_path):
    command = [sys.executable, "-m", "wignerlohe", "run", str(config), "--output"]
    log = subprocess.run([*command, str(tmp_path / "log")], capture_output=True, text=True, timeout=60, check=True)
    assert "solving: 100 %" in log.stdout.splitlines()
    assert "\x1b" not in log.stdout
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*command, str(tmp_path / "terminal")], stdout=theirs, env=os.environ | {"TERM": "xterm"}
    ) as run:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
        assert run.wait(timeout=60) == 0
    os.close(ours)
    assert b"\xe2\x94\x81" in shown  # the bar
    assert b"solving: 100 %" not in shown


def test_the_shipped_example_names_every_kind_of_state():
    text = (Path(wl.__file__).parent / "example.toml").read_text()
    for kind in ("gaussian", "coherent", "cat", "fock", "superposition", "file", "matrix"):
        assert f'"{kind}"' in text


MATRIX = """
[model]
kind = "correlations"
coupling = 1.0
[initial]
kind = "matrix"
real = [[1.0, -0.8, -0.8], [-0.8, 1.0, -0.8], [-0.8, -0.8, 1.0]]
[time]
stop = 3.5814
samples = 128
[output]
pairs = [[0, 1]]
"""


def test_a_blow_up_in_the_first_gap_of_a_segment_is_kept_on_disk(tmp_path):
    # 64 output times end at 1.7766, and ln 6 = 1.7918 comes before the next one, which opens the second segment
    (tmp_path / "a.toml").write_text(MATRIX)
    done = invoke("run", tmp_path / "a.toml", "--output", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert wl.load(tmp_path / "out").blow_up_time == pytest.approx(np.log(6), rel=1e-8)
    with xr.open_zarr(tmp_path / "out" / "data.zarr", consolidated=False, chunks=None) as data:
        assert data["correlation"].dims == ("time", "chosen_pair")
        assert data.attrs["committed_times"] == 64


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("stop = 2.0", "stop = 1e10"),
        ("stop = 2.0", "stop = 1e200"),
        ("coupling = 0.7", "coupling = 0.7\ndetuning = [0.1]"),
        ("coupling = 0.7", 'coupling = 0.7\nnetwork = "web"'),
        ("coupling = 0.7", "coupling = 0.7\nmass = 1e-305"),
        ('"0.5*x**2"', '"1e30*x**2"'),
        ("points = [65]", "points = [65]\nhbar = 1e-90"),
    ],
)
def test_what_only_the_solver_can_refuse_is_refused_before_anything_is_written(config, tmp_path, old, new):
    config.write_text(CONFIG.replace(old, new).replace("times = [0.0, 1.7]", "times = [0.0]"))
    done = invoke("run", config, "--output", tmp_path / "out")
    assert done.exit_code == 2, done.output
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_an_interrupt_is_exit_130(config, tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("wignerlohe.run._draw", interrupt)
    done = invoke("run", config, "--output", tmp_path / "out")
    assert done.exit_code == 130
    assert done.stderr == f"interrupted; go on with: wignerlohe run {tmp_path / 'out'} --resume\n"
    assert invoke("run", tmp_path / "out", "--resume").exit_code == 130
    monkeypatch.undo()
    assert invoke("run", tmp_path / "out", "--resume").exit_code == 0
    done = invoke("run", tmp_path / "out", "--resume")
    assert done.exit_code == 0
    assert done.output == f"{tmp_path / 'out'} is finished; open {tmp_path / 'out' / 'report.html'}\n"


def test_a_fault_of_the_program_itself_is_one_line_too(config, tmp_path, monkeypatch):
    monkeypatch.setattr("wignerlohe.run._draw", lambda *_: {}["no such key"])
    done = invoke("run", config, "--output", tmp_path / "out")
    assert done.exit_code == 1
    assert done.stderr == "failed: KeyError: 'no such key'; please report this\n"


@pytest.mark.parametrize("name", [".", "..", "nowhere/x"])
def test_init_refuses_names_that_are_no_files(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = invoke("init", name)
    assert done.exit_code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["coordinates", "potential", "mobius_matrix", "time"])
def test_show_of_a_damaged_run_is_one_line(config, tmp_path, damage):
    assert invoke("run", config, "--output", tmp_path / "out").exit_code == 0
    (tmp_path / "out" / "data.zarr" / damage / "zarr.json").write_text("{")
    done = invoke("show", tmp_path / "out")
    assert done.exit_code == 2
    assert done.stderr.startswith("`path` must")


def test_overwriting_keeps_the_mode_of_the_folder_and_follows_a_link(config, tmp_path):
    assert invoke("run", config, "--output", tmp_path / "real").exit_code == 0
    mode = (tmp_path / "real").stat().st_mode
    (tmp_path / "link").symlink_to(tmp_path / "real")
    done = invoke("run", config, "--output", tmp_path / "link", "--overwrite")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "real").stat().st_mode == mode
    assert (tmp_path / "link").is_symlink()


def test_wigner_times_that_agree_to_six_digits_have_figures_of_their_own(config, tmp_path):
    config.write_text(CONFIG.replace("times = [0.0, 1.7]", "times = [0.3333333333333333, 0.3333334]"))
    assert invoke("run", config, "--output", tmp_path / "out").exit_code == 0
    names = {path.name for path in (tmp_path / "out" / "figures").glob("wigner_*.png")}
    assert names == {"wigner_00_t0.3333.png", "wigner_01_t0.3333.png"}


PLANE = """
title = "A plane"
[grid]
lower = [-7.0, -7.0]
upper = [7.0, 7.0]
points = [25, 28]
[model]
kind = "wigner-lohe"
coupling = 0.7
potential = "0.5*r2 + 0.01*x**2*y**2"
detuning = [0.1, -0.1, 0.05]
network = {kind = "ring", directed = true, weight = 2.0}
[initial]
kind = "thermal"
position = [[-1.0, 0.5], [1.0, 0.0], [0.3, -1.0]]
temperature = 0.3
components = 10
[time]
stop = 1.0
samples = 4
[wigner]
times = [0.0, 1.0]
axes = ["x", "px"]
at = {y = 0.0}
"""


def test_a_plane_of_mixed_detuned_nodes_on_a_ring_runs_from_start_to_report(tmp_path):
    (tmp_path / "plane.toml").write_text(PLANE)
    done = invoke("run", tmp_path / "plane.toml", "--output", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "figures" / "purity.png").is_file()
    assert "warning: initial: the 10 components of a thermal state leave out" in done.stderr
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Purity of each node over time" in report
    assert "Corollary 1" not in report  # which speaks of complete graphs without detunings
    for words in ("directed ring of 3 nodes", "3 frequencies", "Chebyshev", "leave out levels", "integrated over"):
        assert words in report or words == "integrated over"
    with xr.open_zarr(tmp_path / "out" / "data.zarr", consolidated=False) as data:
        assert data["wigner"].dims == ("wigner_time", "pair", "x", "px")
        assert data["wigner"].attrs["units"] == "length^-1 action^-1"
        assert data["wigner"].attrs["at_y"] == 0.0
        assert data["purity"].dims == ("time", "node")
    shown = invoke("show", tmp_path / "out")
    assert "directed ring of 3 nodes, 1 neighbour ahead, weight 2" in shown.output


def test_very_many_nodes_run_and_bound_their_diameter(tmp_path, monkeypatch):
    monkeypatch.setattr("wignerlohe.coupling.pairs.MOST_NODES", 100)
    for module in ("wignerlohe.store.dataset", "wignerlohe.summary", "wignerlohe.plot.figures"):
        monkeypatch.setattr(f"{module}.MOST_NODES", 100)
    text = PLANE[: PLANE.index("[initial]")].replace("[grid]", "[output]\npairs = []\n[grid]")
    text = text.replace("detuning = [0.1, -0.1, 0.05]\n", "").replace(
        'network = {kind = "ring", directed = true, weight = 2.0}', ""
    )
    text += '[initial]\nkind = "random"\ncount = 400\nmodes = 5\nseed = 1\n[time]\nstop = 1.0\nsamples = 4\n'
    (tmp_path / "many.toml").write_text(text)
    done = invoke("run", tmp_path / "many.toml", "--output", tmp_path / "out")
    assert done.exit_code == 0, done.output
    with xr.open_zarr(tmp_path / "out" / "data.zarr", consolidated=False) as data:
        assert (data["diameter_lower"] <= data["diameter_upper"]).all()
        assert "diameter" not in data
        assert data.attrs["seed"] == "initial 1"
    assert "between" in invoke("show", tmp_path / "out").output


# ---- methods that step, functions on phase space, observables -------------------------------------------------------

HEAD = """
title = "A kind"
[grid]
lower = [-7.0]
upper = [7.0]
points = [48]
[time]
stop = 1.0
samples = 4
[wigner]
times = [0.0, 1.0]
"""
BOX = HEAD.replace("[grid]", "[phase_space]").replace(
    "lower = [-7.0]\nupper = [7.0]\npoints = [48]",
    "x_lower = -7.0\nx_upper = 7.0\nx_points = 40\np_lower = -7.0\np_upper = 7.0\np_points = 44",
)
PAIRED = {"diameter", "correlations", "order_parameter"}
FROM_FILE = '[initial]\nkind = "file"\npath = "w.npy"\n'
STATES = '[initial]\nkind = "gaussian"\nposition = [[-0.6], [0.1], [0.5]]\n'
COUPLED = '[model]\nkind = "wigner-lohe"\ncoupling = 0.7\n'
RUNS = {
    "potentials": (
        HEAD
        + '[model]\nkind = "schrodinger-lohe"\ncoupling = 0.7\npotential = ["0.5*x**2", "0.6*x**2", 0.0]\n'
        + STATES,
        {*PAIRED, "energy", "group_order_parameter"},
        "split-step: the potentials of the nodes differ",
    ),
    "general": (BOX + COUPLED + 'potential = "0.5*x**2"\n' + FROM_FILE, PAIRED, "phase-space: the box in phase space"),
    "box": (
        BOX + COUPLED + 'potential = "0.5*x**2"\n' + FROM_FILE,
        {*PAIRED, "energy", "group_order_parameter"},
        "phase-space: the box in phase space",
    ),
    "functions": (
        BOX + '[model]\nkind = "wigner"\npotential = "0.5*x**2"\n' + FROM_FILE,
        {"energy"},
        "3 functions, no correlations",
    ),
    "states": (HEAD + '[model]\nkind = "wigner"\npotential = "0.02*x**4"\n' + STATES, {"energy"}, "separation: the eq"),
}


@pytest.mark.parametrize("kind", RUNS)
def test_every_kind_of_run_has_its_figures_and_its_store(kind, tmp_path, monkeypatch):
    monkeypatch.setattr("wignerlohe.plot.page.DPI", 40)
    text, drawn, words = RUNS[kind]
    if "energy" in drawn:
        text += '[output]\nobservables = ["energy", "position_density"]\n'
    if "group_order_parameter" in drawn:
        text += "groups = {left = [0], right = [1, 2]}\n"
    x, p = np.meshgrid(14 * np.arange(40) / 40 - 7, 14 * np.arange(44) / 44 - 7, indexing="ij")
    w = np.array([[np.exp(-((x - 0.2 * (i + j)) ** 2) - p**2) / np.pi for j in range(3)] for i in range(3)])
    if kind == "general":
        w = w * np.exp(np.subtract.outer(np.arange(3.0), 2 * np.arange(3.0)) * 0.1j * (1 - np.eye(3)))[:, :, None, None]
    np.save(tmp_path / "w.npy", w[0] if kind == "functions" else w)
    (tmp_path / "a.toml").write_text(text)
    done = invoke("run", tmp_path / "a.toml", "--output", tmp_path / "out")
    assert done.exit_code == 0, done.output
    names = {path.stem for path in (tmp_path / "out" / "figures").iterdir()}
    assert names == {*drawn, "density", "wigner_00_t0", "wigner_01_t1"}
    shown = invoke("show", tmp_path / "out")
    assert words in shown.output
    report = (tmp_path / "out" / "report.html").read_text()
    alone = kind in ("functions", "states")
    assert ("there are no correlations" in report) == alone
    assert ("1 is complete synchronization" in report) != alone
    solution = wl.load(tmp_path / "out")
    with xr.open_zarr(tmp_path / "out" / "data.zarr", consolidated=False, chunks=None) as data:
        assert ("correlation" in data) != alone
        pairs = list(zip(data["pair_i"].values.tolist(), data["pair_j"].values.tolist(), strict=True))
        assert len(pairs) == (3 if alone else 9 if FROM_FILE in text else 6)
        np.testing.assert_array_equal(data["p"], solution.model.space.p[0])
        np.testing.assert_allclose(data["wigner"][1], solution.wigner_functions(pairs, 1.0), rtol=0, atol=1e-14)
        if "energy" in drawn:
            assert data["energy"].attrs["part"] == ["kinetic", "potential", "total"]
            found = solution.observables(["energy", "position_density"])
            np.testing.assert_allclose(data["energy"], found["energy"], rtol=1e-13)
            np.testing.assert_allclose(data["position_density"], found["position_density"], rtol=0, atol=1e-14)


def test_a_method_that_is_not_valid_is_exit_2_and_nothing_is_written(config, tmp_path):
    config.write_text(f'{CONFIG}[solver]\nmethod = "split-step"\n'.replace('"wigner-lohe"', '"schrodinger-lohe"'))
    assert invoke("run", config, "--output", tmp_path / "out").exit_code == 0
    config.write_text(config.read_text().replace('"split-step"', '"phase-space"'))
    done = invoke("run", config, "--output", tmp_path / "other")
    assert done.exit_code == 2
    assert done.stderr.startswith("solver.method: `model` must be WignerLohe or WignerEquation")
    assert not (tmp_path / "other").exists()


def test_observables_of_segments_are_those_of_the_whole_run(tmp_path, monkeypatch):
    monkeypatch.setattr("wignerlohe.plot.page.DPI", 40)
    names = ["mean", "covariance", "negativity", "husimi", "purity", "phase"]
    text = HEAD.replace("samples = 4", "samples = 70") + COUPLED + 'potential = "0.02*x**4"\n' + STATES
    (tmp_path / "a.toml").write_text(f"{text}[output]\nobservables = {names}\n")
    done = invoke("run", tmp_path / "a.toml", "--output", tmp_path / "out")
    assert done.exit_code == 0, done.output
    solution = wl.load(tmp_path / "out")
    with xr.open_zarr(tmp_path / "out" / "data.zarr", consolidated=False, chunks=None) as data:
        found = solution.observables([name for name in names if name != "husimi"])
        for name in found:
            assert data[name].dims == found[name].dims
            np.testing.assert_allclose(data[name], found[name], rtol=1e-12, atol=1e-13)
        assert data["husimi"].dims == ("husimi_time", "node", "x", "momentum")
        np.testing.assert_allclose(
            data["husimi"], wl.observables.husimi(solution, times=[0.0, 1.0]), rtol=0, atol=1e-14
        )
    drawn = {path.stem for path in (tmp_path / "out" / "figures").iterdir()}
    assert {"mean", "negativity", "husimi", "purity"} <= drawn


def test_a_sweep_over_methods_agrees_and_one_without_correlations_is_refused(tmp_path):
    text = HEAD + COUPLED + 'potential = "0.5*x**2"\n' + STATES
    (tmp_path / "a.toml").write_text(text + '[sweep]\n"solver.method" = ["separation", "split-step", "phase-space"]\n')
    data = wl.sweep(tmp_path / "a.toml", tmp_path / "out", workers=1)
    assert np.ptp(data["final_diameter"].values) < 1e-8
    assert np.isfinite(data["splitting_error"].values).tolist() == [False, True, True]
    alone = text.replace(COUPLED, '[model]\nkind = "wigner"\n')
    (tmp_path / "b.toml").write_text(alone + '[sweep]\n"model.mass" = [1.0, 2.0]\n')
    done = invoke("sweep", tmp_path / "b.toml", "--output", tmp_path / "none")
    assert done.exit_code == 2
    assert done.stderr == "model.kind: 'wigner' has no correlations for a sweep to compare; try single runs\n"


@pytest.mark.parametrize("command", ["run", "show"])
def test_a_library_that_is_interrupted_while_it_loads_is_no_fault(command, tmp_path, monkeypatch):
    def loading(*_):
        with suppress(KeyboardInterrupt):
            signals.interrupt()
        raise ImportError("initialization failed")

    monkeypatch.setattr("wignerlohe.cli._run", loading)
    monkeypatch.setattr("wignerlohe.store.sweep.is_sweep", loading)
    done = invoke(command, tmp_path, *(["--resume"] if command == "run" else []))
    assert (done.exit_code, done.stderr) == (130, "interrupted\n")
    monkeypatch.setattr("wignerlohe.store.sweep.is_sweep", lambda _: int("no number"))
    done = invoke("show", tmp_path)  # the next fault is one again
    assert done.exit_code == 1
    assert done.stderr.endswith("please report this\n")


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_run_needs_no_open_output(config, tmp_path, closed):
    command = f"exec {sys.executable} -m wignerlohe run {config.name} --output out {closed}"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path)
    assert done.returncode == 0
    assert wl.load(tmp_path / "out").count == 3


def test_a_run_does_not_end_with_its_reader(config, tmp_path):
    command = f"{sys.executable} -m wignerlohe run {config.name} --output out | head -1"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""
    assert len(wl.load(tmp_path / "out").times) == 5
    assert (tmp_path / "out" / "report.html").is_file()


def test_a_folder_whose_name_leaves_no_room_for_others_is_refused(config, tmp_path):
    done = invoke("run", config, "--output", tmp_path / ("y" * 250))
    assert done.exit_code == 2
    assert "at most 240 bytes" in done.output
