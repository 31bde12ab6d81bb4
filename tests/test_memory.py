"""Memory is foreseen, and what does not fit is refused before it is allocated."""

import os
import resource
import subprocess
import sys

import pytest

import peaks
import wignerlohe as wl
from commands import CONFIG, invoke
from tolerances import FORESEEN
from wignerlohe import limits, memory
from wignerlohe.coupling import per_node
from wignerlohe.propagators import chebyshev
from wignerlohe.splitting import phase_space_nodes, wave_functions

TORTURE = os.environ.get("WIGNERLOHE_TORTURE") == "1"
FEW = ["one map, plane", "Wigner functions", "pairs"]  # without compiled loops, whose compilation takes more
GB = 1_000_000_000


@pytest.mark.parametrize("kind", peaks.KINDS if TORTURE else FEW)
def test_the_peak_of_a_run_is_foreseen(kind, tmp_path):
    foreseen, peak = peaks.measure(kind, tmp_path, warm=TORTURE)
    assert abs(foreseen / peak - 1) < FORESEEN


def test_the_sizes_from_which_loops_are_compiled_are_those_of_the_code():
    sizes = per_node.LARGE, chebyshev.COMPILED, wave_functions.COMPILED, phase_space_nodes.COMPILED
    assert sizes == (memory.LARGE, memory.CHEBYSHEV, memory.SPLIT_STEP, memory.PAIRS)


def test_a_limit_of_addresses_below_the_need_is_refused_before_the_run(tmp_path):
    (tmp_path / "a.toml").write_text(CONFIG.replace("samples = 5", "samples = 150_000"))
    limit = limits.ADDRESSES + limits.THREAD * min(32, (os.cpu_count() or 1) + 4) + 100_000_000
    done = subprocess.run(
        [sys.executable, "-m", "wignerlohe", "run", "a.toml", "--output", "out"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("memory: this run needs about")
    assert "the largest part is" in line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("which", "name", "megabytes"),
    [(resource.RLIMIT_AS, "ulimit -v", size) for size in (150, 300, 400, 900)]
    + [(resource.RLIMIT_DATA, "ulimit -d", size) for size in (50, 150, 350)],
)
def test_a_limit_below_what_the_libraries_take_is_refused_before_they_are_loaded(which, name, megabytes, tmp_path):
    (tmp_path / "a.toml").write_text(CONFIG)
    done = subprocess.run(
        [sys.executable, "-m", "wignerlohe", "run", "a.toml", "--output", "out"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=30,  # some libraries hang
        preexec_fn=lambda: resource.setrlimit(which, (megabytes * 10**6, megabytes * 10**6)),
    )
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert name in line
    assert not (tmp_path / "out").exists()


def test_limits_and_control_groups_count(monkeypatch):
    monkeypatch.setattr(limits, "_of_machine", lambda: 8 * GB)
    monkeypatch.setattr(limits, "_of_groups", lambda: [5 * GB, 6 * GB])
    monkeypatch.setattr(limits, "_of_process", lambda _: [("ulimit -v", 9 * GB, GB, 2 * GB)])
    assert limits.tightest() == (5 * GB, "its control group has")
    monkeypatch.setattr(limits, "_of_process", lambda _: [("ulimit -d", GB, 2 * GB, 0)])
    assert limits.tightest() == (0, "ulimit -d leaves")


def test_a_run_of_many_points_that_needs_no_eigenbasis_is_not_refused():
    need = memory.of_nodes(wl.Grid(-90.0, 90.0, 65536), 4, 3).peak
    assert sum(need.values()) < GB


def test_a_dry_run_says_what_a_run_would_need_and_writes_nothing(tmp_path):
    (tmp_path / "a.toml").write_text(CONFIG)
    before = sorted(tmp_path.rglob("*"))
    done = invoke("run", tmp_path / "a.toml", "--dry-run")
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == "A test: 3 nodes, 5 times to t = 2"
    assert lines[1].startswith("method: separation; ")
    assert lines[2] == "segments: 1"
    assert {"memory", "disk"} < set(lines)
    assert sum(line.startswith("  total") and line.endswith(" are free") for line in lines) == 2
    assert sorted(tmp_path.rglob("*")) == before
    (tmp_path / "held").write_text("")
    assert invoke("run", tmp_path / "a.toml", "--dry-run", "--output", tmp_path).exit_code == 2
    assert invoke("run", tmp_path, "--dry-run", "--resume").exit_code == 2


def test_a_dry_run_of_what_would_be_refused_is_refused(tmp_path, monkeypatch):
    (tmp_path / "a.toml").write_text(CONFIG)
    monkeypatch.setattr("wignerlohe.disk.free", lambda _: 10_000)
    done = invoke("run", tmp_path / "a.toml", "--dry-run")
    assert done.exit_code == 2
    assert "the largest part is 'figures and report'" in done.output
    monkeypatch.setattr(memory, "tightest", lambda: (200_000, "the machine has"))
    done = invoke("run", tmp_path / "a.toml", "--dry-run")
    assert done.exit_code == 2
    assert done.output.startswith("memory: this run needs about")
