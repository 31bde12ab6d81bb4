"""Results depend neither on the number of threads nor on the process that compiled the loops."""

import os
import subprocess
import sys

import numpy as np
import pytest

from tolerances import THREADS
from wignerlohe import threads

PROGRAM = """
import sys
import numpy as np
import wignerlohe as wl
from wignerlohe.coupling import mobius, per_node
from wignerlohe.propagators import chebyshev
from wignerlohe.splitting import phase_space_nodes, wave_functions

grid = wl.Grid(-9.0, 9.0, 64)
plane = wl.Grid([-6.0, -6.0], [6.0, 6.0], [30, 28])
box = wl.PhaseSpace(x_lower=-6, x_upper=6, x_points=44, p_lower=-6, p_upper=6, p_points=40)
ring = {"kind": "ring", "neighbours": 3, "directed": True}
detuning = np.linspace(-1.0, 1.0, 901)
many = wl.states.random_expansion(grid, 901, 12, seed=1, coherence=1.0)
few = wl.states.gaussian(grid, np.linspace(-1, 1, 17))
two = wl.states.coherent(plane, [[0.5, 0], [0, 0.5]])
x, p = np.meshgrid(box.x[0], box.p[0], indexing="ij")
fields = np.array([[np.exp(-((x - 0.2 * (i + j)) ** 2) - p**2) / np.pi for j in range(2)] for i in range(2)])
wells, tilted = ["0.5*x**2", "0.6*x**2"], "0.5*r2 + 0.1*x*y"
found = {}
for name, model, initial in [
    ("one map", wl.SchrodingerLohe(grid, wells[0], coupling=1.0), few),
    ("plane", wl.SchrodingerLohe(plane, tilted, coupling=1.0), two),
    ("compiled map", wl.SchrodingerLohe(grid, wells[0], coupling=1.0), many),
    ("compiled boosts", wl.SchrodingerLohe(grid, wells[0], coupling=1.0, detuning=detuning), many),
    ("compiled ring", wl.SchrodingerLohe(grid, wells[0], coupling=1.0, detuning=detuning, network=ring), many),
    ("compiled plane", wl.SchrodingerLohe(plane, tilted, coupling=1.0), two),
    ("compiled splitting", wl.SchrodingerLohe(plane, [tilted, "0.6*r2"], coupling=1.0), two),
    ("compiled phase space", wl.WignerLohe(box, wells, coupling=0.3), fields),
]:
    compiled = name.startswith("compiled")
    mobius.LARGE = per_node.LARGE = chebyshev.COMPILED = 1 if compiled else 10**9
    wave_functions.COMPILED = phase_space_nodes.COMPILED = chebyshev.COMPILED
    solution = wl.solve(model, initial, [0.0, 0.3], rtol=1e-6)
    found[name] = solution.correlation if initial is fields else solution.mean_field
    if initial is not fields:
        found[name + ", states"] = solution.wavefunctions(0.3)
    if initial is fields or initial is few:
        found[name + ", functions"] = solution.wigner_functions([(0, 1), (1, 1)], 0.3)
np.savez(sys.argv[1], **found)
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The same runs by the process that compiles, by one that loads what it compiled, and by one of two threads."""
    results, folder = [], tmp_path_factory.mktemp("threads")
    for number, count in enumerate("112"):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        environment = os.environ | dict.fromkeys(names, count) | {"NUMBA_CACHE_DIR": str(folder / "compiled")}
        path = folder / f"{number}.npz"
        subprocess.run([sys.executable, "-W", "error", "-c", PROGRAM, str(path)], check=True, env=environment)
        results.append(dict(np.load(path)))
    return results


def test_the_process_that_compiles_gets_the_bits_of_those_that_load(found):
    """A run may begin in the one and be resumed in the other."""
    compiling, loading, _ = found
    for name, value in compiling.items():
        np.testing.assert_array_equal(value, loading[name], name)


def test_one_thread_and_two_give_the_same_numbers(found):
    """But for the linear algebra, which sums in another order."""
    _, one, two = found
    for name, value in one.items():
        assert np.abs(value - two[name]).max() <= THREADS * np.abs(value).max(), name


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("parts", [1, 2, 5, 128])
def test_every_part_is_done_once(monkeypatch, count, parts):
    monkeypatch.setattr(threads, "count", lambda: count)
    done = np.zeros(parts)

    def work(begin, before, amount):
        done[begin:before] += amount

    threads.share(work, parts, 2.0)
    assert (done == 2.0).all()


def test_what_a_thread_raises_is_raised(monkeypatch):
    monkeypatch.setattr(threads, "count", lambda: 2)
    with pytest.raises(ZeroDivisionError):
        threads.each(lambda task: 1 / task, [1, 0, 2])


@pytest.mark.parametrize(
    ("asked", "expected"), [("3", 3), ("2,1", 2), ("100", threads.MOST), ("0", None), ("", None), ("many", None)]
)
def test_the_number_of_threads_is_that_of_libraries(monkeypatch, asked, expected):
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert threads.count() == (expected or min(threads.processors(), threads.MOST))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own(monkeypatch):
    monkeypatch.setattr(threads, "count", lambda: 2)
    threads.each(abs, [1, 2])
    child = os.fork()
    if child == 0:
        threads.each(abs, [1, 2])
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
