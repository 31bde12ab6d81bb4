"""Runs that are cut off, at any moment and by anything, end with the bits of runs that were not."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

import torture
import wignerlohe as wl
from wignerlohe.solver import segments
from wignerlohe.store import checkpoints, durable
from wignerlohe.store.checkpoints import Checkpoint
from wignerlohe.store.record import Record

LINE = wl.Grid(-8.0, 8.0, 64)
PLANE = wl.Grid([-6.0, -6.0], [6.0, 6.0], [24, 27])
BOX = wl.PhaseSpace(x_lower=-7, x_upper=7, x_points=30, p_lower=-7, p_upper=7, p_points=34)
THREE = ["0.5*x**2", "0.55*x**2", "0.6*x**2"]


def packets():
    return wl.states.gaussian(LINE, [-1.0, 0.5, 0.9])


def fields(count=3):
    x, p = np.meshgrid(BOX.x[0], BOX.p[0], indexing="ij")
    w = [[np.exp(-((x - 0.2 * (i + j)) ** 2) - p**2) / np.pi for j in range(count)] for i in range(count)]
    return np.array(w)


def kinds():
    """A model, initial data and times for every way in which data are carried."""
    sl, wig, few = wl.SchrodingerLohe, wl.WignerLohe, np.linspace(0.0, 0.6, 5)
    yield "one map", sl(LINE, "0.5*x**2", coupling=0.3), packets(), np.linspace(0.0, 9.0, 150)
    detuned = sl(LINE, "0.5*x**2", coupling=0.3, detuning=[0.4, 0.0, -0.3])
    yield "each node", detuned, packets(), np.linspace(0.0, 400.0, 7)
    yield "driven", sl(LINE, "0.5*x**2 + 0.2*x*sin(t)", coupling=0.3), packets(), np.linspace(0.0, 1.0, 130)
    square = wl.states.coherent(PLANE, [[-1.0, 0.2], [0.5, 0.0]])
    yield "Chebyshev", sl(PLANE, "0.5*r2 + 0.01*x**2*y**2", coupling=0.3), square, np.linspace(0.0, 9.0, 130)
    factors = wl.Factors(packets(), packets()[::-1] + 0.2 * packets())
    yield "left and right", wig(LINE, "0.5*x**2", coupling=0.3), factors, np.linspace(0.0, 2.0, 130)
    ring = wig(LINE, coupling=0.3, network="ring", division=True)
    yield "node maps", ring, factors, np.linspace(0.0, 2.0, 130)
    yield "split-step", sl(LINE, THREE, coupling=0.3), packets(), few
    yield "nonlinear", sl(LINE, "0.5*x**2", coupling=0.3, nonlinearity=1.3), packets(), [4.0]
    yield "phase space", wig(BOX, "0.5*x**2", coupling=0.3), fields(), few
    yield "pairs of potentials", wig(BOX, THREE, coupling=0.3), fields(), [0.6]
    yield "linear", wl.WignerEquation(BOX, "0.1*x**4"), fields()[0], few
    z = np.array([[1.0, 0.2, -0.4], [0.2, 1.0, 0.1], [-0.4, 0.1, 1.0]])
    yield "correlations", wl.Correlations(coupling=0.5), z, np.linspace(0.0, 9.0, 150)
    start = np.full((3, 3), -0.8) + 1.8 * np.eye(3)
    yield "blow-up", wl.Correlations(coupling=1.0), start, np.linspace(0.0, 2.5, 150)


KINDS = {name: rest for name, *rest in kinds()}


def solve(kind, folder=None, **options):
    model, initial, times = KINDS[kind]
    return wl.solve(model, initial, times, rtol=1e-7, checkpoint=folder, checkpoint_every=0.0, **options)


def same(one, other):
    """Whether two solutions agree in every bit of their states, and in all that is said about them."""
    stored = [solution.coupling.entries(solution.states) for solution in (one, other)]
    numbers = all(np.array_equal(stored[0][name][1], stored[1][name][1], equal_nan=True) for name in stored[0])
    costs = [{k: v for k, v in solution.method.cost.items() if k != "seconds"} for solution in (one, other)]
    said = [(s.findings, s.blow_up_time, s.drift, s.times.tolist()) for s in (one, other)]
    return numbers and costs[0] == costs[1] and said[0] == said[1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore::wignerlohe.UnresolvedWarning")
def test_what_lies_on_the_disk_at_any_moment_goes_on_to_the_same_bits(kind, tmp_path, monkeypatch):
    # a process that is killed leaves what is there between two calls of the system: copies are made at random ones
    rng, plain, moments = random.Random(5), os.fsync, []

    def watched(number):
        if rng.random() < 0.1 and len(moments) < 2:
            moments.append(shutil.copytree(tmp_path / "run", tmp_path / str(len(moments))))
        return plain(number)

    monkeypatch.setattr(os, "fsync", watched)
    kept = solve(kind, tmp_path / "run")
    monkeypatch.undo()
    whole = solve(kind)
    assert same(kept, whole)
    assert same(wl.load(tmp_path / "run"), whole)
    assert len(moments) == 2
    for moment in moments:
        assert same(solve(kind, moment), whole)


@pytest.mark.parametrize("kind", ["one map", "driven", "Chebyshev", "nonlinear", "phase space", "blow-up"])
@pytest.mark.filterwarnings("ignore::wignerlohe.UnresolvedWarning")
def test_an_interrupted_run_goes_on_from_where_it_was(kind, tmp_path, monkeypatch):
    model, initial, times = KINDS[kind]
    rested, plain = [], Record._rested

    def interrupt(record, here):
        plain(record, here)
        rested.append(here)
        if len(rested) % 2 == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(Record, "_rested", interrupt)
    for _ in range(50):
        try:  # nothing is due for a minute: what is saved is saved at the interruption
            ended = wl.solve(model, initial, times, rtol=1e-7, checkpoint=tmp_path / "run")
            break
        except KeyboardInterrupt:
            assert len(list((tmp_path / "run" / "checkpoints").iterdir())) <= checkpoints.KEPT
    whole = solve(kind)
    assert same(ended, whole)
    if whole.fields is not None and whole.fields.numbers:  # of which a linear flow may be stepped, too
        for time in (whole.times[-1] / 2, whole.times[-1]):
            assert np.array_equal(ended.wavefunctions(time), whole.wavefunctions(time))
    reached = [(here.first, len(here.found), here.state.time) for here in rested]
    assert reached == sorted(reached)
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bits(tmp_path):
    config = torture.prepare(tmp_path, "split-step")
    config.write_text(config.read_text().replace("samples = 200", "samples = 70"))
    subprocess.run([*torture.COMMAND, str(config), "--output", str(tmp_path / "whole")], check=True, **torture.QUIET)
    assert torture.kill_again_and_again(config, tmp_path / "cut", kills=1, seed=2) > 0
    assert torture.results(tmp_path / "cut") == torture.results(tmp_path / "whole")
    assert {path.name for path in (tmp_path / "cut").iterdir()} == {
        path.name for path in (tmp_path / "whole").iterdir()
    }


@pytest.mark.parametrize(("number", "times"), [(signal.SIGINT, 1), (signal.SIGTERM, 1), (signal.SIGINT, 2)])
def test_a_signal_ends_a_run_soon_and_says_how_to_go_on(number, times, tmp_path):
    config, output = torture.prepare(tmp_path, "one long step"), tmp_path / "out"
    config.write_text(config.read_text().replace("stop = 8.0", "stop = 80.0"))
    command = [*torture.COMMAND, str(config), "--output", str(output)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while not torture.newest(output):
            time.sleep(0.01)
        sent = time.monotonic()
        for _ in range(times):
            process.send_signal(number)
        said = process.communicate(timeout=30)[1]
        waited = time.monotonic() - sent
    assert process.returncode == 130
    assert waited < 10.0  # the promise is 2 s, on a machine that is free
    if times == 1:
        assert said == f"interrupted; go on with: wignerlohe run {output} --resume\n"
        assert checkpoints.newest(output / "checkpoints").words["first"] == 0


# ---- how a commit is made -------------------------------------------------------------------------------------------


def test_a_file_is_on_the_disk_before_it_takes_its_place_and_its_folder_after(tmp_path, monkeypatch):
    done, sync, replace = [], os.fsync, Path.replace

    def synced(number):
        done.append(("sync", os.readlink(f"/proc/self/fd/{number}")))
        sync(number)

    def replaced(path, target):
        done.append(("replace", str(path), str(target)))
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    solve("split-step", tmp_path / "run")
    moves = [place for place, what in enumerate(done) if what[0] == "replace"]
    assert {Path(done[place][2]).suffix for place in moves} == {".json", ".npz", ".copy"}
    assert len(moves) > 6
    written = {str(path) for path in (tmp_path / "run" / "data.zarr").rglob("c.*")}
    last = 0
    for place in moves:
        _, source, target = done[place]
        assert ("sync", source) in done[last:place]
        assert ("sync", str(Path(target).parent)) == done[place + 1]
        last = place
    before = {what[1] for what in done[: moves[-1]] if what[0] == "sync"}
    assert written <= before
    assert {str(Path(path).parent) for path in written} <= before


@pytest.mark.parametrize("step", ["fsync", "replace", "write_bytes", "savez", "unlink"])
def test_whatever_fails_in_a_commit_the_last_one_counts(step, tmp_path, monkeypatch):
    kind = "correlations"
    whole, home = solve(kind), {"fsync": os, "savez": np}.get(step, Path)
    plain, calls = getattr(home, step), 0
    for number in (0, 3, 11, 29, 40, 57, 90):
        calls = 0

        def failing(*arguments, number=number, **options):
            nonlocal calls
            calls += 1
            if calls > number:
                raise OSError(28, "No space left on device")
            return plain(*arguments, **options)

        folder = tmp_path / f"{step}{number}"
        with monkeypatch.context() as patch, contextlib.suppress(OSError):
            patch.setattr(home, step, failing)
            solve(kind, folder)
            assert calls > 0
            break
        with contextlib.suppress(wl.InvalidInputError):  # where nothing was committed
            reached = wl.load(folder)
            assert np.array_equal(reached.deviation, whole.deviation[: len(reached.times)])
        assert same(solve(kind, folder), whole)


def test_a_power_cut_leaves_no_half_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(TypeError), durable.replacing(path) as file:
        file.write("no bytes")
    assert path.read_bytes() == b"old"
    with durable.replacing(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["file"]


def test_the_two_newest_checkpoints_are_kept_and_the_newest_whole_one_is_taken(tmp_path):
    for number in range(4):
        checkpoints.write(tmp_path, Checkpoint({"number": number}, {"values": np.arange(number + 1.0)}))
    first, second = sorted(tmp_path.iterdir())
    assert checkpoints.newest(tmp_path).words == {"number": 3}
    second.write_bytes(second.read_bytes()[:-30])
    assert checkpoints.newest(tmp_path).arrays["values"].tolist() == [0.0, 1.0, 2.0]
    first.write_bytes(first.read_bytes().replace(np.float64(2.0).tobytes(), np.float64(3.0).tobytes()))
    with pytest.raises(wl.DamagedError, match=rf"{second.name} cannot be read .*{first.name} cannot be read"):
        checkpoints.newest(tmp_path)


# ---- folders that are not to be gone on with ------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"coupling": 0.31}, {"mass": 1.001}, {"potential": "0.51*x**2"}, {"times": 9.01}])
def test_a_folder_of_another_run_is_refused(change, tmp_path):
    solve("one map", tmp_path / "run")
    asked = {"potential": "0.5*x**2", "coupling": 0.3} | change
    times = np.linspace(0.0, asked.pop("times", 9.0), 150)
    with pytest.raises(wl.InvalidInputError, match="`checkpoint` must be a folder for this run"):
        wl.solve(wl.SchrodingerLohe(LINE, **asked), packets(), times, rtol=1e-7, checkpoint=tmp_path / "run")


def test_a_folder_of_other_files_is_refused_and_left_alone(tmp_path):
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(wl.InvalidInputError, match="`checkpoint` must be a new or empty folder"):
        solve("one map", tmp_path)
    with pytest.raises(wl.InvalidInputError, match="`checkpoint_every` must be a time"):
        wl.solve(*KINDS["one map"], checkpoint=tmp_path / "new", checkpoint_every=-1.0)
    assert os.listdir(tmp_path) == ["precious.txt"]


def test_a_finished_run_is_not_computed_again(tmp_path, monkeypatch):
    whole = solve("split-step", tmp_path / "run")
    monkeypatch.setattr("wignerlohe.splitting.wave_functions.SplitStep.evolve", None)
    assert same(solve("split-step", tmp_path / "run"), whole)


def test_other_software_is_said_to_go_on(tmp_path, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("platform.python_version", lambda: "2.7")
    with pytest.raises(KeyboardInterrupt):
        solve("one map", tmp_path / "run", progress=interrupt)
    monkeypatch.undo()
    with pytest.warns(UserWarning, match=r"goes on with other software, .* python_version 2.7 before"):
        solve("one map", tmp_path / "run")


def test_a_run_that_ends_before_its_first_time_is_kept_too(tmp_path):
    start = np.full((3, 3), -0.8) + 1.8 * np.eye(3)
    for _ in range(2):
        solution = wl.solve(wl.Correlations(coupling=1.0), start, [5.0, 6.0], checkpoint=tmp_path / "run")
        assert solution.times.size == 0
        assert solution.blow_up_time == wl.load(tmp_path / "run").blow_up_time


# ---- where a run rests ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["each node", "nonlinear", "pairs of potentials"])
@pytest.mark.filterwarnings("ignore::wignerlohe.UnresolvedWarning")
def test_a_long_way_between_two_outputs_has_rests_on_it(kind, monkeypatch):
    monkeypatch.setattr("wignerlohe.segments.MOST_STEPS", 7)
    rests = []
    model, initial, times = KINDS[kind]
    course = segments(model, initial, times[-1:], rtol=1e-7)
    (solution,) = course.go(course.start(), lambda here: rests.append((here.cost.steps, here.state.time)))
    assert len(rests) > 3
    assert rests == sorted(rests)
    taken = [steps for steps, _ in rests[:-2]]  # the last one comes with the end
    assert np.diff(taken, prepend=0).min() >= 7
    assert np.diff(taken, prepend=0).max() < 14
    assert solution.times.tolist() == [times[-1]]
    if kind == "nonlinear":  # whose steps know nothing of the rests between them
        monkeypatch.undo()
        assert same(solution, next(iter(segments(model, initial, times[-1:], rtol=1e-7))))


class StopError(Exception):
    """Ends a run from its progress."""


def cut_off(folder, model, times):
    def progress(fraction):
        if fraction > 0.4:
            raise StopError

    with contextlib.suppress(StopError):
        wl.solve(model, packets(), times, rtol=1e-7, checkpoint=folder, checkpoint_every=0.0, progress=progress)
    assert 0 < len(wl.load(folder).times) < len(times)


def test_checkpoints_of_another_run_are_refused(tmp_path):
    one, other = (wl.SchrodingerLohe(LINE, THREE, coupling=coupling) for coupling in (0.3, 0.9))
    times = np.linspace(0.0, 3.0, 200)
    cut_off(tmp_path / "one", one, times)
    cut_off(tmp_path / "other", other, times)
    shutil.rmtree(tmp_path / "one" / "checkpoints")
    shutil.copytree(tmp_path / "other" / "checkpoints", tmp_path / "one" / "checkpoints")
    with pytest.raises(wl.DamagedError, match="checkpoints of its own run"):
        wl.solve(one, packets(), times, rtol=1e-7, checkpoint=tmp_path / "one")


@pytest.mark.parametrize("nonlinearity", [0.0, 1.3])
def test_another_callable_potential_is_another_run_though_it_begins_alike(tmp_path, nonlinearity):
    def model(amplitude):
        wells = [lambda x, t: 0.5 * x**2 + amplitude * x * np.sin(2 * t), *THREE[1:]]
        return wl.SchrodingerLohe(LINE, wells, coupling=0.3, nonlinearity=nonlinearity)

    first = wl.solve(model(0.1), packets(), [0.0, 0.5], rtol=1e-7, checkpoint=tmp_path / "out")
    again = wl.solve(model(0.1), packets(), [0.0, 0.5], rtol=1e-7, checkpoint=tmp_path / "out")
    assert np.array_equal(first.correlation, again.correlation)
    with pytest.raises(wl.InvalidInputError, match="holds another"):
        wl.solve(model(0.1 * 1.001), packets(), [0.0, 0.5], rtol=1e-7, checkpoint=tmp_path / "out")
