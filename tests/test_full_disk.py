"""Disks that fill up: one line says so, what is committed stays readable, and the run goes on once there is room.

WIGNERLOHE_TORTURE=1 takes all 20 sizes of each kind of limit instead of a few.
"""

import errno
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import tomllib
from contextlib import contextmanager

import numpy as np
import pytest

import torture
import wignerlohe as wl
from commands import CONFIG, invoke
from tolerances import ROOM_ON_DISK
from wignerlohe import disk
from wignerlohe import run as runs
from wignerlohe.config.problem import build
from wignerlohe.store import checkpoints
from wignerlohe.store.beside import changed
from wignerlohe.store.checkpoints import Checkpoint
from wignerlohe.store.manifest import COPY, ROOT, Committed
from wignerlohe.store.provenance import FORMAT
from wignerlohe.store.provenance import SWEEP as SWEEP_FORMAT

TALL = CONFIG.replace("samples = 5", "samples = 70") + '[output]\nobservables = ["husimi"]\n'
SWEEP = """
[model]
kind = "correlations"
[initial]
kind = "matrix"
real = [[1.0, 0.2, -0.4], [0.2, 1.0, 0.1], [-0.4, 0.1, 1.0]]
[time]
stop = 3.0
samples = 70
[sweep]
"model.coupling" = [0.5, 1.0]
"""
MANY = (
    torture.LINE
    + torture.model(torture.SL)
    + '[initial]\nkind = "random"\ncount = 301\nmodes = 11\nseed = 3\n[output]\nobservables = ["mean"]\n'
    + torture.times(6.0, 7)
)
PROBLEM = wl.Correlations(coupling=0.5), [[1.0, 0.2], [0.2, 1.0]], np.linspace(0.0, 9.0, 250)
SIZES = range(20)
TAKEN = SIZES if os.environ.get("WIGNERLOHE_TORTURE") else (5, 14)
SAID = re.compile(
    r"failed: cannot write (\S+): (.*); once there is room: (the same run again|wignerlohe .* --resume)\n"
)
REASONS = {"file": "the limit on the size of a file is reached", "disk": "the disk is full"}
AGAIN = "the same run again"  # where nothing is there to go on with
PAGE = 4096  # below which a library of threads complains, too, of a file of its own
# others take the room that was there at the start
START = "import wignerlohe.disk, wignerlohe.cli; wignerlohe.disk.require_room = print; wignerlohe.cli.main()"
BEGIN = f"{sys.executable} -c '{START}' run"
# a disk of so many kB, in a namespace of its own: the run, a copy of what it leaves, more room, and the run again
DISK = """
mount -t tmpfs -o size={size}k tmpfs {disk} || exit 99
{begin} {config} --output {disk}/out --checkpoint-every 0
code=$?
cp -r {disk}/out {kept}
mount -o remount,size=64m {disk}
{{ {run} {disk}/out --resume || {run} {config} --output {disk}/out; }} > {kept}.log 2>&1
echo $? >> {kept}.log
cp -r {disk}/out {kept}.done
exit $code
"""


def may_mount():
    """Whether this process may have a disk of its own."""
    if shutil.which("unshare") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        command = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", folder]
        return subprocess.run(command, check=False, **torture.QUIET).returncode == 0


MOUNTED = (
    [pytest.param("disk", size, id=f"disk-{size}") for size in TAKEN[len(TAKEN) < len(SIZES) :]] if may_mount() else []
)
LIMITED = [pytest.param("file", size, id=f"file-{size}") for size in TAKEN]


def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


@contextmanager
def at_most(size):
    """Let no file of this process grow beyond ``size``."""
    limit(size)
    try:
        yield
    finally:
        limit(resource.RLIM_INFINITY)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    (folder / "config.toml").write_text(TALL)
    assert invoke("run", folder / "config.toml", "--output", folder / "out").exit_code == 0
    return folder / "out"


def files(folder):
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def check_left(folder, whole):
    """What a run leaves that had no room: nothing that is half written, or does not count; all that counts loads."""
    store = folder / "data.zarr"
    assert not [name for name in files(folder) if name.endswith(".new") or ".lock" in name]
    if not (store / ROOT).is_file():
        return
    committed = Committed(store, (store / ROOT).read_bytes())
    assert files(store).keys() - {ROOT, COPY} == committed.files.keys()
    count = committed.attributes["committed_times"]
    if count:
        reached, full = wl.load(folder), wl.load(whole)
        assert np.array_equal(reached.deviation, full.deviation[:count])
        assert np.array_equal(reached.wavefunctions(reached.times[-1]), full.wavefunctions(reached.times[-1]))
    else:
        with pytest.raises(wl.InvalidInputError, match="committed time"):
            wl.load(folder)


def check_ended(folder, whole):
    """A run that went on is the one that was never disturbed."""
    assert torture.results(folder) == torture.results(whole)
    assert files(folder).keys() == files(whole).keys()
    assert changed(folder, FORMAT) == []


@pytest.mark.parametrize(("kind", "size"), LIMITED + MOUNTED)
def test_a_full_disk_ends_a_run_in_one_line_and_room_lets_it_go_on(kind, size, whole, tmp_path):
    config, kept = whole.parent / "config.toml", tmp_path / "kept"
    sizes = sorted({path.stat().st_size for path in files(whole).values()} - set(range(PAGE)))
    run = [*torture.COMMAND, str(config), "--output", str(kept), "--checkpoint-every", "0"]
    if kind == "file":  # smaller than one file of the run after the other
        most = int(0.95 * sizes[size * (len(sizes) - 1) // SIZES[-1]])
        ended = subprocess.run(run, preexec_fn=lambda: limit(most), capture_output=True, text=True, check=False)
    else:
        (tmp_path / "disk").mkdir()
        room = sum(path.stat().st_size for path in files(whole).values()) / 1024
        words = {"size": int((0.02 + 0.9 * size / SIZES[-1]) * room), "disk": tmp_path / "disk", "kept": kept}
        script = DISK.format(**words, config=config, run=" ".join(torture.COMMAND), begin=BEGIN)
        ended = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 1, ended.stderr
    said = SAID.fullmatch(ended.stderr)
    assert said, ended.stderr
    assert said[2] == REASONS[kind]
    assert (said[3] == AGAIN) != (kept / "config.toml").is_file()
    check_left(kept, whole)
    if kind == "file":
        again = invoke("run", *([config, "--output", kept] if said[3] == AGAIN else [kept, "--resume"]))
        assert again.exit_code == 0, again.output
    else:
        log = kept.with_name("kept.log").read_text()
        assert log.endswith("\n0\n"), log
        kept = kept.with_name("kept.done")
    check_ended(kept, whole)


def interrupted_by_size(most, *arguments):
    """What the command line says where no file may grow beyond ``most`` bytes."""
    with at_most(most):
        return invoke(*arguments)


def test_a_run_that_was_to_replace_another_goes_on_and_the_other_stays(whole, tmp_path):
    config, output = whole.parent / "config.toml", tmp_path / "out"
    shutil.copytree(whole, output)
    before = torture.results(output)
    ended = interrupted_by_size(30_000, "run", config, "--output", output, "--overwrite")
    assert ended.exit_code == 1
    assert ended.stderr.endswith(f"; once there is room: wignerlohe run {output} --resume\n")
    assert torture.results(output) == before
    check_left(tmp_path / ".out.new", whole)
    assert invoke("run", output, "--resume").exit_code == 0
    check_ended(output, whole)
    assert not (tmp_path / ".out.new").exists()


@pytest.mark.parametrize("most", [0, 3000, 40_000])
def test_a_sweep_goes_on_once_there_is_room(most, tmp_path):
    config, output = tmp_path / "config.toml", tmp_path / "out"
    config.write_text(SWEEP)
    ended = interrupted_by_size(most, "sweep", config, "--output", output, "--workers", "1")
    assert ended.exit_code == 1
    assert "Traceback" not in ended.stderr
    assert "the limit on the size of a file is reached" in ended.stderr
    assert not [path for path in output.rglob(".*") if path.name != ".lock"]
    begun = (output / "sweep.jsonl").exists()
    assert begun or not os.listdir(output)
    words = [output, "--resume"] if begun else [config, "--output", output]
    assert invoke("sweep", *words, "--workers", "1").exit_code == 0
    assert not wl.load_sweep(output)["failed"].any()
    assert changed(output, SWEEP_FORMAT) == []


def test_a_page_that_does_not_fit_does_not_stay(whole, tmp_path):
    folder = tmp_path / "out"
    shutil.copytree(whole, folder)
    ended = interrupted_by_size(20_000, "verify", folder, "--html", "--statement", "lemma")
    assert (ended.exit_code, (folder / "verify.html").exists()) == (1, False)
    assert ended.stderr == f"failed: cannot write {folder / 'verify.html'}: {REASONS['file']}\n"


def test_a_checkpoint_that_does_not_fit_leaves_the_one_before(tmp_path):
    checkpoints.write(tmp_path, Checkpoint({"number": 0}, {"values": np.zeros(3)}))
    with at_most(50_000), pytest.raises(OSError, match=r"00000001\.npz"):
        checkpoints.write(tmp_path, Checkpoint({"number": 1}, {"values": np.zeros(10_000)}))
    assert os.listdir(tmp_path) == ["00000000.npz"]
    assert checkpoints.newest(tmp_path).words == {"number": 0}


def test_what_fsync_has_refused_does_not_count(tmp_path, monkeypatch):
    # a second fsync of a file may succeed although the first one has lost what it could not write
    plain, calls = os.fsync, []

    def refused(number):
        calls.append(number)
        if len(calls) >= 60:
            raise OSError(errno.ENOSPC, "No space left on device")
        return plain(number)

    whole = wl.solve(*PROBLEM)
    monkeypatch.setattr(os, "fsync", refused)
    with pytest.raises(OSError, match=f"No space left on device: '{tmp_path}"):
        wl.solve(*PROBLEM, checkpoint=tmp_path / "run", checkpoint_every=0.0)
    monkeypatch.undo()
    reached = wl.load(tmp_path / "run")
    assert 0 < len(reached.times) < len(whole.times)
    ended = wl.solve(*PROBLEM, checkpoint=tmp_path / "run")
    assert np.array_equal(ended.deviation, whole.deviation)


# ---- room foreseen --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["one map", "split-step", "phase space", "node maps", "many nodes"])
@pytest.mark.filterwarnings("ignore::wignerlohe.UnresolvedWarning")
def test_the_room_on_the_disk_is_foreseen(name, tmp_path, monkeypatch):
    text = torture.RUNS.get(name, MANY)
    torture.prepare(tmp_path, name if name in torture.RUNS else "one map")
    problem = build(tomllib.loads(text), tmp_path)
    monkeypatch.setattr(runs, "_draw", lambda *_: None)
    need = disk.foresee(problem, runs.course_of(problem))
    runs.execute(problem, text, tmp_path / "out", lambda *_: None, origin=tmp_path)
    found = {path: path.stat().st_size for path in files(tmp_path / "out" / "data.zarr").values()}
    beside = need["checkpoints"] + need["figures and report"]
    assert sum(need.values()) - beside == pytest.approx(sum(found.values()), rel=ROOM_ON_DISK)
    for variable in need.keys() & {path.parent.name for path in found}:
        size = sum(size for path, size in found.items() if path.parent.name == variable and path.name.startswith("c."))
        assert 0 <= size - need[variable] < 1000  # checksums of chunks


@pytest.mark.parametrize("name", ["pairs of potentials", "linear"])
@pytest.mark.filterwarnings("ignore::wignerlohe.UnresolvedWarning")
def test_the_room_of_checkpoints_is_foreseen(name, tmp_path, monkeypatch):
    text = torture.prepare(tmp_path, name).read_text()
    problem, sizes, put = build(tomllib.loads(text), tmp_path), [], checkpoints.put

    def watched(path, checkpoint):
        put(path, checkpoint)
        sizes.append(path.stat().st_size)

    monkeypatch.setattr(checkpoints, "put", watched)
    monkeypatch.setattr(runs, "_draw", lambda *_: None)
    need = disk.foresee(problem, runs.course_of(problem))["checkpoints"]
    runs.execute(problem, text, tmp_path / "out", lambda *_: None, origin=tmp_path, every=0.0)
    assert need == pytest.approx((checkpoints.KEPT + 1) * max(sizes), rel=ROOM_ON_DISK)


def test_the_folder_with_its_figures_is_foreseen(whole):
    problem = build(tomllib.loads(TALL), whole.parent)
    need = disk.foresee(problem, runs.course_of(problem))
    found = sum(path.stat().st_size for path in files(whole).values())
    assert sum(need.values()) - need["checkpoints"] == pytest.approx(found, rel=0.15)


def test_more_than_the_disk_has_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    config, output = tmp_path / "config.toml", tmp_path / "here" / "out"
    config.write_text(TALL)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: {tmp_path: shutil._ntuple_diskusage(9, 8, 100_000)}[place])
    ended = invoke("run", config, "--output", output)
    assert (ended.exit_code, (tmp_path / "here").exists()) == (2, False)
    said = (
        r"\w+: this run needs about \d\.\d+ MB on the disk, but .* 100 kB free; the largest part is '.*' with .*B: try "
    )
    assert re.match(said, ended.stderr)
    assert len(ended.stderr.splitlines()) == 1
