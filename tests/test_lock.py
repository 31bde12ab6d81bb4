"""One writer a folder, and readers whenever they like."""

import os
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest
from typer.testing import CliRunner

import torture
import wignerlohe as wl
from wignerlohe.cli import app
from wignerlohe.store.lock import LOCK, is_empty, locked

HOLD = "import sys, time, pathlib; from wignerlohe.store.lock import locked\n"
HOLD += "with locked(pathlib.Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"

CONFIG = """
[model]
kind = "correlations"
coupling = 1.0
[initial]
kind = "matrix"
real = [[1.0, 0.5], [0.5, 1.0]]
[time]
stop = 1.0
samples = 3
"""


def hold(folder):
    """Another process that holds a folder."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    return process


@contextmanager
def ended(process):
    """End a process, whatever happens."""
    try:
        yield
    finally:
        process.kill()


def test_a_second_writer_is_refused_in_one_line_until_the_first_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("wignerlohe.run._draw", lambda *_: None)
    (tmp_path / "a.toml").write_text(CONFIG)
    folder, runner = tmp_path / "out", CliRunner()
    folder.mkdir()
    command = ["run", str(tmp_path / "a.toml"), "--output", str(folder)]
    with hold(folder) as other, ended(other):
        done = runner.invoke(app, command)
        assert done.exit_code == 2
        assert done.stderr.splitlines() == [
            f"`output` must be a folder that no other process writes to, but {folder} is held by process {other.pid}; "
            "try another folder, or wait"
        ]
        with pytest.raises(wl.InvalidInputError, match=f"held by process {other.pid}"):
            wl.solve(wl.Correlations(coupling=1.0), [[1, 0.5], [0.5, 1]], [1.0], checkpoint=folder)
    assert (folder / LOCK).exists()
    assert is_empty(folder)
    done = runner.invoke(app, command)
    assert done.exit_code == 0, done.output
    assert not (folder / LOCK).exists()


def test_readers_wait_for_nobody(tmp_path):
    folder = tmp_path / "out"
    kept = wl.solve(wl.Correlations(coupling=1.0), [[1, 0.5], [0.5, 1]], [0.0, 1.0], checkpoint=folder)
    with locked(folder):
        assert np.array_equal(wl.load(folder).deviation, kept.deviation)


def test_a_reader_of_a_run_under_way_sees_whole_slabs(tmp_path):
    config = torture.prepare(tmp_path, "split-step")
    text = config.read_text().replace(torture.WIGNER, "").replace(torture.ASKED, "")
    config.write_text(text.replace("samples = 200", "samples = 70"))
    subprocess.run([*torture.COMMAND, str(config), "--output", str(tmp_path / "whole")], check=True, **torture.QUIET)
    seen = torture.read_while_written(config, tmp_path / "whole", tmp_path / "out")
    assert seen[-1] == 70
    assert set(seen) <= {35, 70}


def test_a_folder_is_held_once_in_a_process_too(tmp_path):
    with locked(tmp_path), pytest.raises(wl.InvalidInputError, match=f"process {os.getpid()}"), locked(tmp_path):
        pass
    assert os.listdir(tmp_path) == []


def test_a_lock_that_was_taken_away_is_not_taken_for_one(tmp_path):
    with locked(tmp_path):
        (tmp_path / LOCK).unlink()
        with locked(tmp_path):
            assert (tmp_path / LOCK).exists()
    assert os.listdir(tmp_path) == []


def test_what_goes_wrong_inside_lets_the_folder_go(tmp_path):
    with pytest.raises(RuntimeError), locked(tmp_path):
        raise RuntimeError
    with locked(tmp_path):
        pass


def test_a_run_that_replaces_another_holds_both(tmp_path, monkeypatch):
    monkeypatch.setattr("wignerlohe.run._draw", lambda *_: None)
    (tmp_path / "a.toml").write_text(CONFIG)
    runner, command = CliRunner(), ["run", str(tmp_path / "a.toml"), "--output", str(tmp_path / "out"), "--overwrite"]
    assert runner.invoke(app, command).exit_code == 0
    with locked(tmp_path / "out"):
        assert "is held by process" in runner.invoke(app, command).stderr
    seen = []
    monkeypatch.setattr("wignerlohe.run._draw", lambda *_: seen.append(runner.invoke(app, command)))
    assert runner.invoke(app, command).exit_code == 0
    assert [(done.exit_code, "is held by process" in done.stderr) for done in seen] == [(2, True)]
    assert sorted(os.listdir(tmp_path)) == ["a.toml", "out"]
    assert sorted(os.listdir(tmp_path / "out")) == ["config.toml", "data.zarr"]


def test_an_interrupted_replacement_goes_on_and_then_takes_its_place(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("wignerlohe.run._draw", lambda *_: None)
    runner, out = CliRunner(), str(tmp_path / "out")
    command = ["run", str(tmp_path / "a.toml"), "--output", out, "--overwrite"]
    (tmp_path / "a.toml").write_text(CONFIG)
    assert runner.invoke(app, command).exit_code == 0
    (tmp_path / "a.toml").write_text(CONFIG.replace("samples = 3", "samples = 5"))
    monkeypatch.setattr("wignerlohe.run._draw", interrupt)
    assert runner.invoke(app, command).exit_code == 130
    assert len(wl.load(out).times) == 3
    monkeypatch.setattr("wignerlohe.run._draw", lambda *_: None)
    assert runner.invoke(app, ["run", out, "--resume"]).exit_code == 0
    assert len(wl.load(out).times) == 5
    assert sorted(os.listdir(tmp_path)) == ["a.toml", "out"]
    assert "is finished" in runner.invoke(app, ["run", out, "--resume"]).stdout


@pytest.mark.parametrize("arguments", [["run", "nowhere", "--resume"], ["run", ".", "--resume"]])
def test_there_must_be_a_run_to_go_on_with(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith("`DIR` must hold a run that was begun, but")
