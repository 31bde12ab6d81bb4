"""Files from strangers: what comes of them is a result or one refusal, and nothing else happens.

Every case runs under a guard: nothing is executed, imported, fetched or written outside its folder, and it takes no
longer than `BUSY` seconds of computing. WIGNERLOHE_TORTURE=1 runs all 20 000 generated cases instead of a few.
"""

import importlib
import io
import json
import os
import pickle
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
import zipfile
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import numpy as np
import pytest
import zarr
from scipy import sparse
from typer.testing import CliRunner

import wignerlohe as wl
from hostile import (
    CHANGES,
    EDGES,
    FORMULAS,
    FROM_FILE,
    GOOD,
    GOOD_ZARR,
    JOURNALS,
    LINE,
    NODES,
    NPY,
    NPZ,
    PIPE,
    PSI,
    SPARSE,
    STORES,
    SWEEPS,
    TEXT,
    TEXTS,
    ZARR,
    Bomb,
    archive,
    changed,
    npy,
    store,
    written,
)
from wignerlohe import network, potentials, states, sweeping
from wignerlohe import run as runs
from wignerlohe.cli import app
from wignerlohe.config import problem
from wignerlohe.config.faults import ConfigError
from wignerlohe.store.manifest import seal, unseal

TORTURE = os.environ.get("WIGNERLOHE_TORTURE", "0") != "0"
GENERATED = {"formulas": 8000, "configs": 5000, "npy": 2500, "npz": 1500, "zarr": 1500, "networks": 1500}
SHARE = 1 if TORTURE else 20  # one in so many

BUSY, WAITING = 2.0, 20.0  # seconds of computing, which other programs do not slow down, and of waiting for nothing
LONGEST_MESSAGE = 1200
EXECUTING = """exec import marshal. pickle. subprocess. socket. ctypes. urllib. webbrowser. os.system os.exec os.fork
    os.posix_spawn os.spawn os.putenv code.__new__ cpython.run"""
CHANGING = "os.remove os.rename os.mkdir os.rmdir os.symlink os.link os.ch os.truncate os.utime shutil. tempfile."
EXECUTING, CHANGING = tuple(EXECUTING.split()), tuple(CHANGING.split())  # audit events begin so
MEMORY = ("/proc/meminfo", "/proc/self/cgroup", "/proc/self/status")  # and control groups: how much there is
READABLE = [Path(sys.prefix), Path(sys.base_prefix), Path(wl.__file__).parent, Path(np.__file__).parents[1]]


class Hung(BaseException):
    """Not an Exception, so that no code under test takes it for a fault of a file."""


class Guard:
    """An audit hook that notes what must not happen while a case runs."""

    def __init__(self):
        self.folder, self.seen = None, []

    def __call__(self, event, arguments):
        if self.folder is None:
            return
        if event.startswith(EXECUTING):
            self.seen.append((event, ascii(arguments)[:200]))
        elif event.startswith(CHANGING):
            paths = [os.fsdecode(entry) for entry in arguments if isinstance(entry, str | bytes | os.PathLike)]
            self.seen += [(event, path) for path in paths if not self.inside(path)]
        elif event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
            path, flags = os.fsdecode(arguments[0]), arguments[2]
            if not self.inside(path) and (flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) or not self.readable(path)):
                self.seen.append((event, path))

    def inside(self, path):
        return Path(os.path.realpath(path)).is_relative_to(self.folder)

    def readable(self, path):
        found = Path(os.path.realpath(path))
        return (
            path in MEMORY
            or path.startswith("/sys/fs/cgroup/")
            or any(found.is_relative_to(place) for place in READABLE)
        )


GUARD = Guard()
sys.addaudithook(GUARD)


def _hung(number, _):
    raise Hung(f"{number}: no end in sight")


@contextmanager
def limited():
    """Fail what does not end."""
    before = [signal.signal(number, _hung) for number in (signal.SIGPROF, signal.SIGALRM)]
    signal.setitimer(signal.ITIMER_PROF, BUSY)
    signal.setitimer(signal.ITIMER_REAL, WAITING)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in zip((signal.SIGPROF, signal.SIGALRM), before, strict=True):
            signal.signal(number, handler)


@contextmanager
def guarded(folder):
    """Watch what happens; fail if it executes, imports, fetches, writes elsewhere, or does not end."""
    GUARD.seen.clear()
    GUARD.folder = folder.resolve()
    try:
        with limited():
            yield
    finally:
        GUARD.folder = None
    assert GUARD.seen == []


def judged(call, folder):
    """What comes of a case: None for success, or the lines of one clean refusal."""
    with guarded(folder):
        try:
            call()
        except ConfigError as error:
            lines = error.faults
        except (wl.InvalidInputError, wl.TooLargeError) as error:
            lines = [str(error)]
        else:
            lines = None
    for line in lines or []:
        assert line.isprintable(), ascii(line)
        assert 0 < len(line) <= LONGEST_MESSAGE, line
    return lines


@pytest.mark.parametrize(
    "act",
    [
        lambda _: exec("1"),
        lambda _: __import__("tabnanny"),
        lambda _: subprocess.run(["true"], check=True),
        lambda _: os.system("true"),
        lambda _: socket.socket().close(),
        lambda _: pickle.loads(pickle.dumps(os.getcwd)),
        lambda folder: (folder.parent / "stolen").touch(),
        lambda folder: (folder.parent / "stolen").mkdir(),
        lambda folder: (folder / "link").write_text("through a link"),
        lambda _: Path("/etc/hostname").read_text(),
    ],
)
def test_the_guard_sees_what_it_is_there_for(act, tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "link").symlink_to(tmp_path / "outer")
    with suppress(OSError, ImportError), pytest.raises(AssertionError, match="=="), guarded(tmp_path / "inner"):
        act(tmp_path / "inner")
    assert GUARD.seen
    for path in tmp_path.glob("stolen"):
        path.rmdir() if path.is_dir() else path.unlink()


def test_the_guard_sees_what_does_not_end(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "BUSY", 0.1)
    monkeypatch.setattr(sys.modules[__name__], "WAITING", 0.5)
    os.mkfifo(tmp_path / "pipe")

    def work():
        while True:
            pass

    with pytest.raises(Hung), guarded(tmp_path):
        work()
    with pytest.raises(Hung), guarded(tmp_path):
        (tmp_path / "pipe").read_text()


@pytest.fixture(autouse=True)
def nothing_stolen(monkeypatch, tmp_path):
    """Relative paths start in the case's folder, in which nothing may appear under the name that hostile texts use."""
    monkeypatch.chdir(tmp_path)
    yield
    assert not list(tmp_path.rglob("stolen*"))
    assert not Path("/tmp/stolen").exists()


@pytest.fixture(scope="module", autouse=True)
def libraries(tmp_path_factory):
    """What good files load for the first time is loaded before the guard is on."""
    folder = prepare(tmp_path_factory.mktemp("good"))
    (folder / "config.toml").write_text(written(GOOD | {"initial": FROM_FILE}))
    problem.read(folder / "config.toml")
    methods = ("model.kind = 'wigner-lohe'", "solver.method = 'per-node'", "model.kind = 'wigner'")
    for change in ("initial.normalise = true", *methods):
        (folder / "config.toml").write_text(changed(change, folder))
        with suppress(ConfigError):
            problem.read(folder / "config.toml")
    for kind in ("erdos-renyi", "small-world"):
        network.build({"kind": kind, "probability": 0.5, "seed": 1} | ({"neighbours": 1} if "w" in kind else {}), 9)
    for name in ("states.npy", "states.npz", "states.zarr"):
        states.from_file(LINE, folder / name)
    importlib.import_module("wignerlohe.splitting.phase_space_edges")
    for name in ("net.npy", "net.npz", "net.txt"):
        network.from_file(folder / name, NODES)


# ---- formulas -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", FORMULAS, ids=lambda text: ascii(text)[:40])
def test_a_formula_is_finite_values_or_a_refusal(text, tmp_path):
    judged_formula(text, tmp_path)


def judged_formula(text, folder):
    found = []
    if judged(lambda: found.append(potentials.sample(LINE, text)), folder) is None:
        assert np.isfinite(found[0][0]).all()


WORDS = ["x", "pi", "t", "r2", "0", "1", "2", "0.5", "1e300", "100", "1e-320", "0x10", "y", "os", "__class__", "lambda"]
OPERATORS = ["+", "-", "*", "/", "**", "//", "%", "@", "<", "==", " if ", " or ", " and ", ",", ".", ":=", " for ", "^"]
NAMES = ["sin", "cos", "exp", "log", "sqrt", "tanh", "abs", "maximum", "minimum", "arctan", "eval", "x", "open", "f"]
LETTERS = "x0123456789.+-*/() eE,_pisncoxqrtlgabh[]{}'\"=:<>!@#%&|~^;\\\n\t\0\x1bπх²"


def formula(rng, depth=6):
    """A formula by a grammar: mostly good, now and then with what is forbidden."""
    kind = rng.random()
    if depth == 0 or kind < 0.25:
        return rng.choice(WORDS[: 8 if rng.random() < 0.9 else None])
    if kind < 0.6:
        sign = rng.choice(OPERATORS[: 5 if rng.random() < 0.9 else None])
        return f"({formula(rng, depth - 1)}{sign}{formula(rng, depth - 1)})"
    if kind < 0.85:
        count = rng.choice((1, 1, 1, 2, 2, 0, 3))
        name = rng.choice(NAMES[: 10 if rng.random() < 0.9 else None])
        return f"{name}({', '.join(formula(rng, depth - 1) for _ in range(count))})"
    return rng.choice(("-", "+", "--", "~", "not ")[: 3 if rng.random() < 0.9 else None]) + formula(rng, depth - 1)


def text_of(rng):
    if rng.random() < 0.2:
        return "".join(rng.choice(LETTERS) for _ in range(rng.randrange(1, 60)))
    text = formula(rng, rng.choice((2, 4, 6, 12)))
    return text if rng.random() < 0.7 else mutated(rng, text.encode()).decode("utf-8", "surrogateescape")


def mutated(rng, data):
    """Bytes with a few of them flipped, cut, repeated, moved or replaced."""
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5))):
        first = rng.randrange(len(found) + 1)
        last = min(len(found), first + rng.choice((1, 1, 2, 8, 64)))
        piece = found[first:last]
        match rng.randrange(6):
            case 0:
                found[first:last] = bytes(byte ^ (1 << rng.randrange(8)) for byte in piece)
            case 1:
                del found[first:last]
            case 2:
                found[first:last] = piece * rng.choice((2, 3, 50))
            case 3:
                place = rng.randrange(len(found) + 1)
                found[place:place] = piece
            case 4:
                found[first:last] = rng.randbytes(len(piece) + rng.choice((0, 1)))
            case 5:
                del found[first if rng.random() < 0.1 else last :]
    return bytes(found)


# ---- configs --------------------------------------------------------------------------------------------------------


def prepare(folder):
    """Good files, and things with their names that are none."""
    np.save(folder / "states.npy", PSI)
    np.savez(folder / "states.npz", psi=PSI)
    zarr.open_group(folder / "states.zarr", mode="w", zarr_format=3).create_array("psi", data=PSI)
    ring = network.ring(NODES).weights
    np.save(folder / "net.npy", ring)
    sparse.save_npz(folder / "net.npz", sparse.csr_array(ring))
    (folder / "net.txt").write_text("0 1 0.5\n1 0 -0.5 # a comment\n")
    for name in ("zero.npy", "zero.npz", "zero.txt"):
        (folder / name).symlink_to("/dev/zero")
    for name in ("pipe.npy", "pipe.npz", "pipe.txt", "pipe.zarr"):
        os.mkfifo(folder / name)
    (folder / "loop.npy").symlink_to(folder / "loop.npy")
    (folder / "folder.npy").mkdir()
    return folder


def judged_config(text, folder):
    found = []
    (folder / "config.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    lines = judged(lambda: found.append(problem.read(folder / "config.toml")), folder)
    if lines is None:
        assert np.isfinite(np.asarray(getattr(found[0].initial, "coefficients", found[0].initial))).all()
    return lines


@pytest.mark.parametrize("line", CHANGES, ids=range(len(CHANGES)))
def test_a_changed_config_is_a_problem_or_a_list_of_faults(line, tmp_path):
    judged_config(changed(line, tmp_path), prepare(tmp_path))


@pytest.mark.parametrize("name", TEXTS)
def test_any_text_is_a_config_or_a_list_of_faults(name, tmp_path):
    judged_config(TEXTS[name], tmp_path)


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_is_no_config(make, tmp_path):
    make(tmp_path / "config.toml")
    assert "is no file" in judged(lambda: problem.read(tmp_path / "config.toml"), tmp_path)[0]


LITERALS = [
    "nan",
    "-inf",
    "0",
    "-1",
    "2",
    "1e300",
    "1e-300",
    "9223372036854775807",
    "true",
    "[]",
    "{}",
    "''",
    "'x'",
    "[[1.0]]",
]
LITERALS += [
    "[1.0, 2.0]",
    "'all'",
    "'ring'",
    "'wigner-lohe'",
    "'correlations'",
    "'fock'",
    "'cat'",
    "'x**2 + t'",
    "{a = 1}",
    "3",
]
KEYS = [
    "level",
    "frequency",
    "phase",
    "real",
    "of",
    "seed",
    "modes",
    "count",
    "path",
    "network",
    "detuning",
    "axes",
    "at",
]


def config_of(rng):
    """A config with some values exchanged, or some of its bytes."""
    if rng.random() < 0.4:
        text = mutated(rng, TEXT.encode())
        return text if rng.random() < 0.2 else text.decode("ascii", "ignore")
    tables = {name: dict(keys) for name, keys in GOOD.items()}
    for _ in range(rng.choice((1, 1, 2, 3))):
        table = tables[rng.choice(list(tables))]
        key = rng.choice([*table, *table, rng.choice(KEYS)])
        other = rng.choice(list(tables.values()))
        table[key] = rng.choice([rng.choice(LITERALS), rng.choice(list(other.values())), ""])
    return written(tables)


# ---- arrays ---------------------------------------------------------------------------------------------------------


def judged_states(path, folder, variable=None):
    found = []
    lines = judged(lambda: found.append(states.from_file(LINE, path, variable)), folder)
    if lines is None:
        assert found[0].dtype == np.complex128
        assert found[0].shape[-1] in (64, 128)
    return lines


@pytest.mark.parametrize("name", NPY)
def test_a_npy_file_is_states_or_refused(name, tmp_path):
    (tmp_path / "a.npy").write_bytes(NPY[name])
    lines = judged_states(tmp_path / "a.npy", tmp_path)
    good = ("good", "Fortran order", "big endian", "nan", "less than there is", "long doubles", "half", "version three")
    assert (lines is None) == (name in good)
    config = written(GOOD | {"initial": FROM_FILE}).replace("states.npy", "a.npy")
    assert judged_config(config, tmp_path) is None or name != "good"


@pytest.mark.parametrize("name", NPY)
def test_a_npy_file_in_an_archive_is_states_or_refused(name, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("psi.npy", NPY[name])
    judged_states(tmp_path / "a.npz", tmp_path)


@pytest.mark.parametrize("name", NPY)
def test_a_npy_file_is_a_network_or_refused(name, tmp_path):
    (tmp_path / "a.npy").write_bytes(NPY[name].replace(b"(2, 64)", b"(9, 9)"))
    judged(lambda: network.from_file(tmp_path / "a.npy", NODES), tmp_path)


@pytest.mark.parametrize("name", NPZ)
def test_a_npz_file_is_states_or_refused(name, tmp_path):
    path = tmp_path / "a.npz"
    with pytest.warns(UserWarning, match="Duplicate") if "twice" in name else nullcontext():
        archive(path, NPZ[name])
    lines = judged_states(path, tmp_path)
    assert lines is None or name != "good"
    judged_states(path, tmp_path, "psi")
    judged_states(path, tmp_path, "../psi")
    judged(lambda: network.from_file(path, NODES), tmp_path)


@pytest.mark.parametrize("name", SPARSE)
def test_a_sparse_matrix_is_a_network_or_refused(name, tmp_path):
    parts = {"format": b"csr", "shape": np.array([NODES, NODES]), "data": np.ones(3), "indices": np.arange(3)}
    parts |= {"indptr": np.array([0] * NODES + [3])} | SPARSE[name]
    np.savez_compressed(tmp_path / "a.npz", **{key: value for key, value in parts.items() if value is not None})
    lines = judged(lambda: network.from_file(tmp_path / "a.npz", NODES), tmp_path)
    assert (lines is None) == (name in ("good", "indices of a short type"))
    assert name != "very many" or "at most one weight for each pair" in lines[0]


@pytest.mark.parametrize("text", EDGES, ids=range(len(EDGES)))
def test_a_list_of_edges_is_a_network_or_refused(text, tmp_path):
    (tmp_path / "a.txt").write_text(text, encoding="utf-8", newline="")
    judged(lambda: network.from_file(tmp_path / "a.txt", NODES), tmp_path)


# ---- zarr -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ZARR)
def test_a_zarr_store_is_states_or_refused(name, tmp_path):
    lines = judged_states(store(tmp_path, *ZARR[name]), tmp_path)
    assert (lines is None) == (name in GOOD_ZARR)
    assert name not in ("a bomb", "a bomb that hides its size") or "is larger, or does not tell" in lines[0]


def test_stores_of_zarr_2_are_refused_before_their_filters_are_looked_at(tmp_path):
    folder = tmp_path / "a.zarr"
    (folder / "psi").mkdir(parents=True)
    (folder / ".zgroup").write_text('{"zarr_format": 2}')
    pickled = {"zarr_format": 2, "shape": [2, 64], "chunks": [2, 64], "dtype": "|O", "compressor": None, "order": "C"}
    (folder / "psi" / ".zarray").write_text(json.dumps(pickled | {"filters": [{"id": "pickle"}], "fill_value": None}))
    (folder / "psi" / "0.0").write_bytes(pickle.dumps(Bomb()))
    assert judged_states(folder, tmp_path)


# ---- results --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", SWEEPS, ids=range(len(SWEEPS)))
def test_a_sweep_is_a_plan_or_a_list_of_faults(lines, tmp_path):
    (tmp_path / "config.toml").write_text(TEXT + "[sweep]\n" + lines)
    judged(lambda: sweeping.prepare(tmp_path / "config.toml", tmp_path / "output", False), tmp_path)
    assert not (tmp_path / "output").exists()


@pytest.mark.parametrize("name", JOURNALS)
def test_a_sweep_goes_on_from_its_journal_or_refuses_to(name, tmp_path):
    folder = tmp_path / "output"
    (folder / "points" / "000").mkdir(parents=True)
    (folder / "config.toml").write_text(TEXT + '[sweep]\n"model.coupling" = [0.5, 1.0]\n')
    JOURNALS[name](folder)
    lines = judged(lambda: sweeping.prepare(folder / "config.toml", folder, True), tmp_path)
    assert (lines is None) == name.startswith("good")


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """The store of a finished run."""
    model = wl.SchrodingerLohe(LINE, "0.5*x**2", coupling=0.7, network="ring", detuning=[0.1, 0.0])
    solution = wl.solve(model, PSI, times=[0.0, 1.0])
    path = tmp_path_factory.mktemp("result") / "run.zarr"
    solution.save(path)
    str(wl.load(path))
    return path


@pytest.mark.parametrize("name", STORES)
def test_a_store_that_says_something_else_is_a_solution_or_refused(name, result, tmp_path):
    path = Path(shutil.copytree(result, tmp_path / "run.zarr"))
    attributes, files = unseal((path / "zarr.json").read_bytes())
    STORES[name](attributes, files)
    (path / "zarr.json").write_bytes(seal(attributes, files))
    judged(lambda: str(wl.load(path)), tmp_path)


LINKS = {
    "a chunk": ("data.zarr/time/c.0", "/dev/zero"),
    "the store": ("data.zarr", "../elsewhere"),
    "the report": ("report.html", "../elsewhere/kept"),
    "the page": ("verify.html", "../elsewhere/kept"),
    "the figures": ("figures", "../elsewhere"),
    "the config": ("config.toml", "../elsewhere/kept"),
    "a new config": (".config.toml.new", "../elsewhere/kept"),
    "the lock": (".lock", "../elsewhere/kept"),
    "a pipe": ("data.zarr/time/c.0", PIPE),
}
CORRELATIONS = """
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


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of the command line."""
    folder = tmp_path_factory.mktemp("finished")
    runs.execute(problem.build(tomllib.loads(CORRELATIONS), folder), CORRELATIONS, folder / "run", lambda _, __: None)
    return folder / "run"


@pytest.mark.parametrize("command", ["show", "run --resume", "run config.toml --overwrite --output", "verify --html"])
@pytest.mark.parametrize("name", LINKS)
def test_links_in_a_run_lead_nowhere(name, command, finished, tmp_path):
    folder = Path(shutil.copytree(finished, tmp_path / "run"))
    kept = tmp_path / "elsewhere" / "kept"
    kept.parent.mkdir()
    kept.write_text("kept")
    (tmp_path / "config.toml").write_text(CORRELATIONS)
    place, target = LINKS[name]
    shutil.rmtree(folder / place) if (folder / place).is_dir() else (folder / place).unlink(missing_ok=True)
    os.mkfifo(folder / place) if target == PIPE else (folder / place).symlink_to(target)
    with limited():
        done = CliRunner().invoke(app, [*command.split(), "run"])
    if command != "show" or "data" in place:  # it reads no more than the data
        assert done.exit_code == 2, done.output
        assert done.output.rstrip("\n").isprintable()
    assert [path.name for path in kept.parent.iterdir()] == ["kept"]
    assert kept.read_text() == "kept"


def test_show_prints_text_of_a_store_and_a_terminal_never_obeys_it(finished, tmp_path):
    path = Path(shutil.copytree(finished / "data.zarr", tmp_path / "run.zarr"))
    attributes, files = unseal((path / "zarr.json").read_bytes())
    method = json.loads(attributes["method"]) | {"reason": "\x1b]0;owned\x07", "linear": "\x1b[2J\r"}
    (path / "zarr.json").write_bytes(seal(attributes | {"method": json.dumps(method)}, files))
    done = CliRunner().invoke(app, ["show", str(path)])
    assert done.exit_code == 0
    assert all(line.isprintable() for line in done.output.split("\n"))


def test_a_terminal_shows_text_of_a_config_and_never_obeys_it(tmp_path):
    for line in CHANGES:
        if "\\u001b" in line or "\\n" in line:
            (tmp_path / "config.toml").write_text(changed(line, tmp_path))
            done = CliRunner().invoke(app, ["run", str(tmp_path / "config.toml"), "--output", str(tmp_path / "output")])
            assert done.exit_code == 2, line
            assert all(shown.isprintable() for shown in done.output.splitlines()), line
    assert not (tmp_path / "output").exists()


def test_a_report_shows_text_of_a_config_and_never_obeys_it(tmp_path):
    bad = "<script>alert(1)</script> {{ 7*7 }} ${7*7} <img src=x onerror=alert(1)>"
    text = changed("output = {}", tmp_path).replace("A good run", bad) + "# </pre><script>alert(2)</script>\n"
    posed = problem.build(tomllib.loads(text), tmp_path)
    runs.execute(posed, text, tmp_path / "output", lambda _, __: None)
    report = (tmp_path / "output" / "report.html").read_text()
    assert "alert(1)" in report
    assert "alert(2)" in report
    assert not re.search(r"<script|<img src=x|7\*7 }} 49", report)
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:|//)""", report)


# ---- generated ------------------------------------------------------------------------------------------------------


def one_formula(rng, folder):
    judged_formula(text_of(rng), folder)


def one_config(rng, folder):
    judged_config(config_of(rng), folder)


def one_npy(rng, folder):
    (folder / "a.npy").write_bytes(array_of(rng, rng.choice(NPY_SEEDS)))
    judged_states(folder / "a.npy", folder)


def array_of(rng, data):
    """A .npy file that is changed somewhere, mostly in its header."""
    if rng.random() < 0.3:
        return mutated(rng, data)
    length = 10 + int.from_bytes(data[8:10], "little")
    text = mutated(rng, data[10:length].rstrip()).decode("latin1")
    return npy(header=text + "\n", size=0) + data[length:]


def one_npz(rng, folder):
    with zipfile.ZipFile(io.BytesIO(rng.choice(NPZ_SEEDS))) as before:
        entries = {name: before.read(name) for name in before.namelist()}
    if rng.random() < 0.7:
        name = rng.choice(list(entries))
        entries[name] = array_of(rng, entries[name])
        archive(folder / "a.npz", entries.items())
    else:
        (folder / "a.npz").write_bytes(mutated(rng, rng.choice(NPZ_SEEDS)))
    judged_states(folder / "a.npz", folder)
    judged(lambda: network.from_file(folder / "a.npz", NODES), folder)


VALUES = [
    None,
    True,
    0,
    -1,
    1,
    2,
    64,
    2**40,
    2**70,
    0.5,
    1e300,
    "",
    "x",
    "bytes",
    "zstd",
    "complex128",
    "float64",
    "group",
    "array",
]
VALUES += [
    [],
    [2, 64],
    [1, 1],
    [64, 2],
    {},
    {"name": "bytes"},
    {"name": "regular"},
    {"name": "zstd", "configuration": {}},
    "NaN",
    "\x1b",
]


def exchanged(rng, value):
    """JSON with one of its values exchanged, or left out."""
    if not isinstance(value, dict | list) or not value or rng.random() < 0.1:
        return rng.choice(VALUES)
    keys = list(value) if isinstance(value, dict) else range(len(value))
    key, found = rng.choice(keys), value.copy()
    if rng.random() < 0.1:
        del found[key]
    else:
        found[key] = exchanged(rng, value[key])
    return found


def one_zarr(rng, folder):
    found = folder / "a.zarr"
    path = found / rng.choice(("zarr.json", "psi/zarr.json", "psi/zarr.json", "psi/zarr.json", "psi/c/0/0"))
    before = path.read_bytes()
    if path.suffix and rng.random() < 0.7:
        value = json.loads(before)
        for _ in range(rng.choice((1, 1, 2))):
            value = exchanged(rng, value)
        path.write_text(json.dumps(value))
    else:
        path.write_bytes(mutated(rng, before))
    judged_states(found, folder)
    path.write_bytes(before)


def one_network(rng, folder):
    name, data = rng.choice(list(NETWORK_SEEDS.items()))
    (folder / name).write_bytes(mutated(rng, data))
    judged(lambda: network.from_file(folder / name, NODES), folder)


MAKERS = dict(zip(GENERATED, (one_formula, one_config, one_npy, one_npz, one_zarr, one_network), strict=True))
NPY_SEEDS = [NPY["good"], NPY["big endian"], NPY["good"][:160], npy(dtype="'<f4'")]
NPZ_SEEDS, NETWORK_SEEDS = [], {}


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    folder = prepare(tmp_path_factory.mktemp("seeds"))
    np.savez_compressed(folder / "packed.npz", psi=PSI)
    NPZ_SEEDS[:] = [(folder / name).read_bytes() for name in ("states.npz", "packed.npz", "net.npz")]
    NETWORK_SEEDS.update({f"net.{kind}": (folder / f"net.{kind}").read_bytes() for kind in ("npy", "npz", "txt")})


@pytest.mark.usefixtures("seeds")
@pytest.mark.parametrize("kind", GENERATED)
def test_generated_cases(kind, tmp_path):
    if kind == "zarr":
        zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=3).create_array("psi", data=PSI)
    for number in range(GENERATED[kind] // SHARE):
        try:
            MAKERS[kind](random.Random(f"{kind} {number}"), tmp_path)
        except BaseException as error:
            raise AssertionError(f"case {number} of {kind}: {type(error).__name__}: {error}") from error


def test_there_are_20_000_of_them():
    assert sum(GENERATED.values()) >= 20_000
