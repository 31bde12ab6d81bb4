"""A result says what made it: code, libraries, machine, files and time."""

import hashlib
import json
import os
from datetime import datetime

import numpy as np
import pytest

import wignerlohe as wl
from commands import CONFIG, invoke
from wignerlohe.store.files import open_committed
from wignerlohe.store.provenance import changes, digest, provenance
from wignerlohe.store.revision import revision

COMMIT, OTHER = "1234567890abcdef" * 2 + "12345678", "f" * 40


def test_versions_of_all_that_numbers_depend_on_are_kept():
    found = provenance()
    assert found["wignerlohe_version"] == wl.__version__
    assert found["version_numpy"] == np.__version__
    assert found["blas"]
    for name in (
        "python_version",
        "platform",
        "processor",
        "threads",
        "version_scipy",
        "version_numba",
        "version_zarr",
    ):
        assert found[name] not in ("", "none"), name
    assert len(found["wignerlohe_sources"]) == 16
    assert provenance() == found
    assert changes(found, found | {"version_numpy": "1.0"}) == [f"version_numpy {np.__version__} before, 1.0 now"]


def test_what_wrote_a_run_is_looked_up_a_few_times_only(tmp_path, monkeypatch):
    calls = []
    count = lambda: calls.append(1) or provenance()  # noqa: E731 # the same, counted
    monkeypatch.setattr("wignerlohe.store.record.provenance", count)
    monkeypatch.setattr("wignerlohe.store.dataset.provenance", count)
    wl.solve(wl.Correlations(1.0), np.eye(2), [0.0, 1.0], checkpoint=tmp_path / "run")
    assert len(calls) == 1


@pytest.mark.parametrize("packed", [False, True])
def test_the_commit_is_read_from_the_files_of_git(packed, tmp_path):
    git, inner = tmp_path / ".git", tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert revision(inner) == ""
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/topic/new-1.2\n")
    assert revision(inner) == ""  # no commit yet
    if packed:
        lines = [f"{OTHER} refs/heads/topic/new-1", f"{COMMIT} refs/heads/topic/new-1.2", f"^{OTHER}"]
        (git / "packed-refs").write_text("# pack-refs with: peeled\n" + "\n".join(lines) + "\n")
    else:
        (git / "refs" / "heads" / "topic").mkdir()
        (git / "refs" / "heads" / "topic" / "new-1.2").write_text(f"{COMMIT}\n")
    assert revision(inner) == COMMIT
    (git / "HEAD").write_text(f"{OTHER}\n")  # a commit, and no branch
    assert revision(inner) == OTHER


def test_further_checkouts_of_a_repository_have_their_own_commit(tmp_path):
    main, other = tmp_path / "main" / ".git", tmp_path / "other"
    (main / "worktrees" / "other").mkdir(parents=True)
    other.mkdir()
    (other / ".git").write_text(f"gitdir: {main / 'worktrees' / 'other'}\n")
    (main / "worktrees" / "other" / "HEAD").write_text("ref: refs/heads/b\n")
    (main / "worktrees" / "other" / "commondir").write_text("../..\n")
    (main / "refs" / "heads").mkdir(parents=True)
    (main / "refs" / "heads" / "b").write_text(COMMIT)
    assert revision(other) == COMMIT


@pytest.mark.parametrize(
    "head",
    [
        "ref: ../../secret",
        "ref: refs/../../secret",
        "ref: refs/heads/..",
        "ref: /etc/passwd",
        "ref: ",
        "",
        "\0",
        "x" * 99,
    ],
)
def test_a_repository_of_a_stranger_is_no_way_to_other_files(head, tmp_path):
    (tmp_path / "checkout" / ".git" / "refs" / "heads").mkdir(parents=True)
    (tmp_path / "secret").write_text(COMMIT)
    (tmp_path / "checkout" / ".git" / "HEAD").write_text(head)
    assert revision(tmp_path / "checkout") == ""


def test_a_pipe_in_a_repository_is_not_waited_for(tmp_path):
    (tmp_path / ".git").mkdir()
    os.mkfifo(tmp_path / ".git" / "HEAD")
    assert revision(tmp_path) == ""


def test_digests_are_those_of_contents(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert digest(tmp_path / "a") == digest(tmp_path / "none") == ""
    (tmp_path / "a" / "b" / "x").write_bytes(b"12")
    assert digest(tmp_path / "a" / "b" / "x") == hashlib.sha256(b"12").hexdigest()
    before = digest(tmp_path / "a")
    (tmp_path / "a" / "b" / "x").rename(tmp_path / "a" / "b" / "y")
    assert digest(tmp_path / "a") not in (before, "")


def test_a_run_says_where_it_comes_from(tmp_path, monkeypatch):
    monkeypatch.setattr("wignerlohe.run._draw", lambda *_: None)
    grid = wl.Grid(-9.0, 8.0, 65)
    np.save(tmp_path / "psi.npy", wl.states.gaussian(grid, [-0.5, 0.5]))
    tail = '[initial]\nkind = "file"\npath = "psi.npy"\n[time]'
    head, rest = CONFIG.split("[initial]")[0], CONFIG.split("[time]")[1].replace("[1, 2]", "[0, 1]")
    (tmp_path / "a.toml").write_text(head + tail + rest)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text(COMMIT)
    done = invoke("run", tmp_path / "a.toml", "--output", tmp_path / "out")
    assert done.exit_code == 0, done.output
    found = open_committed(tmp_path / "out").attrs
    assert found["config_revision"] == COMMIT
    assert found["origin"] == str(tmp_path)
    sha = hashlib.sha256((tmp_path / "psi.npy").read_bytes()).hexdigest()
    assert json.loads(found["inputs"]) == {"initial.path": {"path": "psi.npy", "sha256": sha}}
    assert datetime.fromisoformat(found["started"]) <= datetime.fromisoformat(found["finished"])
    assert provenance().items() <= found.items()


def test_what_is_saved_or_solved_in_a_folder_says_it_too(tmp_path):
    solution = wl.solve(wl.Correlations(1.0), np.eye(2), [0.0, 1.0], checkpoint=tmp_path / "run")
    solution.save(tmp_path / "saved")
    for name in ("run", "saved"):
        found = open_committed(tmp_path / name).attrs
        assert provenance().items() <= found.items()
        assert datetime.fromisoformat(found["finished"]).tzinfo is not None
