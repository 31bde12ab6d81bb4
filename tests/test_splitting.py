"""Wave functions by splitting against brute force, closed forms, the separation, and themselves taken apart."""

from itertools import product
from math import factorial
from types import SimpleNamespace

import array_api_strict
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import wignerlohe as wl
from tolerances import (
    BRUTE_FORCE,
    NORM,
    ORDER,
    ORDER_CONDITION,
    ORDER_SIX,
    ORDER_TWO,
    REVERSED,
    ROUNDING,
    SAME_SPLITTING,
    SOLITON,
    SPLITTING,
)
from wignerlohe import threads
from wignerlohe.coupling.base import Cost
from wignerlohe.errors import SolverError
from wignerlohe.splitting import wave_functions
from wignerlohe.splitting.schemes import SCHEMES
from wignerlohe.splitting.wave_functions import SplitStep

WELLS = ["0.5*x**2", "0.7*x**2", "0.05*x**4 - 0.5*x**2"]
DRIVEN = ["0.5*x**2 + 0.3*x*cos(2*t)", "0.6*x**2", "0.5*x**2 + 2/(1 + x**2) * sin(t)"]
SMOOTH = ["0.5*x**2", "0.7*x**2", "0.5*x**2 + 0.4*cos(x)"]  # the far tails of packets meet no steep walls
SIGNED = np.array([[0.0, 1.5, -0.7], [0.3, 0.0, 2.0], [0.0, -1.2, 0.0]])


@pytest.fixture
def line():
    """A line on which these packets stay, with few points, and an odd number of them."""
    return wl.Grid(lower=-9.0, upper=8.0, points=63)


def packets(grid, count=3):
    return wl.states.gaussian(grid, position=np.linspace(-1.0, 1.2, count), momentum=np.linspace(0.4, -0.5, count))


def splitting(model, psi, **options):
    """The splitting for a model; nodes are (N, *grid) or (N, m, *grid)."""
    nodes = psi if psi.ndim == model.grid.dimension + 2 else psi[:, None]
    options = {"driven": model.drive is not None, "nonlinearity": getattr(model, "nonlinearity", 0.0)} | options
    return SplitStep(model.grid, model.potential_at, nodes, model.system(nodes.shape[0]), mass=model.mass, **options)


def carried(stepper, time, rtol=1e-9):
    """The state at a time."""
    return stepper.evolve(stepper.start(), np.array([time]), rtol, Cost())[0][0]


def brute_force(model, psi, time):
    """The plain equation, with no structure exploited."""

    def derivative(now, values):
        return model.derivative(values.reshape(psi.shape), now).ravel()

    found = solve_ivp(derivative, (0.0, time), psi.ravel(), method="DOP853", rtol=1e-12, atol=1e-13)
    return found.y[:, -1].reshape(psi.shape)


def distance(grid, one, other):
    """Largest distance of a node."""
    rows = (one - other).reshape(len(one), -1)
    return np.linalg.norm(rows, axis=1).max() * np.sqrt(grid.cell)


# -- coefficients ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", SCHEMES)
def test_coefficients_are_palindromes_and_add_up(order):
    a, b = SCHEMES[order]
    assert len(a) == len(b) + 1
    assert a == a[::-1]
    assert b == b[::-1]
    assert abs(sum(a) - 1) < ROUNDING
    assert abs(sum(b) - 1) < ROUNDING


def times_exponential(series, letter, duration, longest):
    """A power series in two letters that do not commute, {word: coefficient}, times ``exp(duration letter)``."""
    found = dict.fromkeys(map("".join, (word for n in range(longest + 1) for word in product("AB", repeat=n))), 0.0)
    for word, value in series.items():
        for n in range(longest - len(word) + 1):
            found[word + n * letter] += value * duration**n / factorial(n)
    return found


@pytest.mark.parametrize("order", SCHEMES)
def test_coefficients_fulfil_all_conditions_of_their_order_and_no_more(order):
    """A step is ``exp(A + B)``, in which every word of n letters stands with 1 / n!, up to words of that length."""
    series = {"": 1.0}
    for a, b in zip(SCHEMES[order][0], (*SCHEMES[order][1], 0.0), strict=True):
        series = times_exponential(times_exponential(series, "A", a, order + 1), "B", b, order + 1)
    defects = {word: abs(value - 1 / factorial(len(word))) for word, value in series.items()}
    assert max(defect for word, defect in defects.items() if len(word) <= order) < ORDER_CONDITION
    assert max(defects.values()) > 1e3 * ORDER_CONDITION


# -- against other solvers ---------------------------------------------------------------------------------------------

CASES = {
    "different potentials": {"potential": WELLS},
    "detuned": {"potential": WELLS, "detuning": [0.8, -0.3, 0.1]},
    "network": {"potential": WELLS, "network": SIGNED},
    "repulsive": {"potential": WELLS, "coupling": -1.1},
    "driven": {"potential": DRIVEN},
    "nonlinear": {"potential": "0.5*x**2", "nonlinearity": 0.9},
    "all": {"potential": DRIVEN, "detuning": [0.8, -0.3, 0.1], "network": SIGNED, "nonlinearity": -0.6, "mass": 1.3},
}


@pytest.mark.parametrize(("case", "mixed"), [(case, False) for case in CASES] + [("detuned", True), ("all", True)])
def test_splitting_is_the_plain_equation(line, case, mixed):
    model = wl.SchrodingerLohe(line, **{"coupling": 1.3} | CASES[case])
    psi = packets(line)
    if mixed:
        others = wl.states.coherent(line, position=[0.5, 0.0, -0.7])
        psi = np.stack((np.sqrt(0.7) * psi, np.sqrt(0.3) * np.roll(others, 4, axis=1)), axis=1)
    stepper = splitting(model, psi)
    state = carried(stepper, 0.7)
    found = stepper.coordinates(state).reshape(psi.shape)
    assert distance(line, found, brute_force(model, psi, 0.7)) < SPLITTING
    assert stepper.drift(state) < NORM


def test_a_plane_with_another_hbar():
    grid = wl.Grid([-6.0, -5.0], [5.0, 6.0], [25, 24], hbar=0.8)
    model = wl.SchrodingerLohe(grid, ["0.5*r2", "0.6*x**2 + 0.4*y**2 + 0.2*x*y"], coupling=0.9, mass=0.9)
    psi = wl.states.gaussian(grid, position=[[-0.5, 0.2], [0.4, 0.0]], momentum=[[0.3, 0.0], [-0.2, 0.4]])
    stepper = splitting(model, psi)
    found = stepper.coordinates(carried(stepper, 0.7))[:, 0]
    assert distance(grid, found, brute_force(model, psi, 0.7)) < SPLITTING


@pytest.mark.parametrize("further", [{}, {"detuning": [0.8, -0.3, 0.1]}, {"network": SIGNED}])
def test_one_potential_is_the_separation(line, further):
    model = wl.SchrodingerLohe(line, WELLS[2], coupling=1.3, **further)
    psi = packets(line)
    stepper = splitting(model, psi)
    state = carried(stepper, 2.0, 1e-10)
    solution = wl.solve(model, psi, [2.0], rtol=1e-12)
    assert distance(line, stepper.coordinates(state)[:, 0], solution.wavefunctions(2.0)) < BRUTE_FORCE
    logs = stepper.pairs([state]).log_deviation()[0]
    off = ~np.eye(3, dtype=bool)
    assert np.abs(np.exp(logs) - solution.deviation[0])[off].max() < BRUTE_FORCE
    nodes = solution.wavefunctions(2.0)
    mean = np.array([line.inner(node, nodes.mean(axis=0)) for node in nodes])
    assert np.abs(stepper.mean_field([state])[0] - mean).max() < BRUTE_FORCE


def test_a_bright_soliton_moves_as_in_closed_form():
    """``psi = sech(x - v t) exp(i (v x + (1 - v^2) t / 2)) / sqrt(2)`` for g = -2."""
    grid, velocity, time = wl.Grid(-24.0, 24.0, 256), 0.5, 3.0
    phase = np.exp(1j * velocity * grid.axes[0])
    psi = phase / np.sqrt(2) / np.cosh(grid.axes[0])
    model = wl.SchrodingerLohe(grid, 0.0, coupling=0.0, nonlinearity=-2.0)
    stepper = splitting(model, wl.normalise(grid, psi[None]))
    exact = phase * np.exp(0.5j * (1 - velocity**2) * time) / np.sqrt(2) / np.cosh(grid.axes[0] - velocity * time)
    assert distance(grid, stepper.coordinates(carried(stepper, time, 1e-11))[:, 0], exact[None]) < SOLITON


# -- orders, and what is conserved -------------------------------------------------------------------------------------


ORDERS = {
    "one potential": ({"potential": "0.5*x**2"}, 0.1),
    "different potentials": ({"potential": SMOOTH, "detuning": [0.8, -0.3, 0.1]}, 0.1),
    "driven": ({"potential": DRIVEN}, 0.05),
    "nonlinear": ({"potential": "0.5*x**2", "nonlinearity": 0.9}, 0.1),
}


@pytest.mark.parametrize("case", ORDERS)
@pytest.mark.parametrize(("order", "shorter", "allowed"), [(2, 5, ORDER_TWO), (4, 1, ORDER)])
def test_orders_over_a_decade(line, case, order, shorter, allowed):
    options, step = ORDERS[case]
    model, psi = wl.SchrodingerLohe(line, coupling=1.3, **options), packets(line)
    exact = carried(splitting(model, psi, step=0.01), 0.5).psi
    steps = (step / shorter, step / shorter / 10)
    errors = [distance(line, carried(splitting(model, psi, order=order, step=h), 0.5).psi, exact) for h in steps]
    assert abs(np.log10(errors[0] / errors[1]) - order) < allowed


def test_order_six(line):
    model, psi = wl.SchrodingerLohe(line, DRIVEN, coupling=1.3), packets(line)
    exact = carried(splitting(model, psi, step=0.01), 0.5).psi
    errors = [distance(line, carried(splitting(model, psi, step=h), 0.5).psi, exact) for h in (0.04, 0.02)]
    assert abs(np.log2(errors[0] / errors[1]) - 6) < ORDER_SIX


@pytest.mark.parametrize("rtol", [1e-5, 1e-8, 1e-11])
def test_the_tolerance_bounds_the_error_and_the_estimate_knows_it(line, rtol):
    model = wl.SchrodingerLohe(line, WELLS, coupling=1.3)
    psi = packets(line)
    state = carried(splitting(model, psi), 1.5, rtol)
    error = distance(line, state.psi[:, 0], brute_force(model, psi, 1.5))
    assert error < 10 * rtol + BRUTE_FORCE / 10
    assert error < 3 * state.error + BRUTE_FORCE / 10


def test_a_wall_is_not_overlooked():
    """The first steps are long, before the packet meets a wall a hundred times steeper."""
    grid = wl.Grid(-7.0, 9.0, 96)
    model = wl.SchrodingerLohe(grid, ["20*exp(-(x - 5)**2/0.3)", 0.0], coupling=0.2)
    psi = wl.states.gaussian(grid, position=[-1.0, 0.0], momentum=[3.0, 0.0])
    error = distance(grid, carried(splitting(model, psi), 2.0, 1e-8).psi[:, 0], brute_force(model, psi, 2.0))
    assert error < 1e-7


def test_without_coupling_time_runs_backwards(line):
    """The conjugate of the end, carried as far again, is the conjugate of the start."""
    model = wl.SchrodingerLohe(line, WELLS, coupling=0.0, nonlinearity=0.7)
    psi = packets(line)
    there = carried(splitting(model, psi, step=0.1), 2.0).psi
    back = carried(splitting(model, there.conj(), step=0.1), 2.0).psi
    assert distance(line, back[:, 0], psi.conj()) < REVERSED


def test_norms_stay_and_are_kept_apart(line):
    model = wl.SchrodingerLohe(line, WELLS, coupling=1.3)
    norms = 1 + np.array([4e-9, -7e-9, 0.0])
    psi = packets(line) * norms[:, None]
    stepper = splitting(model, psi, step=0.05)
    state = carried(stepper, 5.0)
    assert stepper.drift(state) < NORM
    np.testing.assert_allclose(stepper.norms, norms, rtol=ROUNDING)
    found = stepper.coordinates(state, [2, 1])[:, 0]
    np.testing.assert_allclose([line.norm(node) for node in found], norms[[2, 1]], rtol=NORM)


# -- one run, in other ways --------------------------------------------------------------------------------------------


def test_a_run_cut_and_resumed_has_the_same_bits(line):
    model = wl.SchrodingerLohe(line, DRIVEN, coupling=1.3)
    stepper, times, cost = splitting(model, packets(line)), np.array([0.0, 0.3, 1.1, 1.5]), Cost()
    whole, event = stepper.evolve(stepper.start(), times, 1e-8, cost)
    assert event is None
    (first, second), _ = stepper.evolve(stepper.start(), times[:2], 1e-8, Cost())
    arrays = {name: values for name, (_, values) in stepper.entries([first, second]).items()}
    later = splitting(model, packets(line))
    rest, _ = later.evolve(later.restore(times[:2], arrays)[-1], times[2:], 1e-8, Cost())
    assert [state.time for state in rest] == [1.1, 1.5]
    for state, again in zip(whole[2:], rest, strict=True):
        np.testing.assert_array_equal(state.psi, again.psi)
        assert (state.step, state.error) == (again.step, again.error)


@pytest.mark.parametrize("further", [{}, {"nonlinearity": 0.8}, {"coupling": 0.0}, {"network": SIGNED}])
def test_compiled_loops_do_the_same_on_any_number_of_threads(monkeypatch, further):
    grid = wl.Grid([-6.0, -5.0], [5.0, 6.0], [17, 31])
    wells = ["0.5*r2", "0.6*r2", "0.5*x**2 + 0.8*y**2"]
    model = wl.SchrodingerLohe(grid, wells, **{"coupling": 1.3} | further)
    psi = wl.states.gaussian(grid, position=[[-0.5, 0.2], [0.4, 0.0], [0.0, 0.6]])
    psi = np.stack((0.8 * psi, 0.6j * psi[::-1]), axis=1)
    plain = carried(splitting(model, psi, step=0.1), 0.5).psi
    monkeypatch.setattr(wave_functions, "COMPILED", 1)
    found = []
    for count in (1, 2, 5):
        monkeypatch.setattr(threads, "count", lambda count=count: count)
        found.append(carried(splitting(model, psi, step=0.1), 0.5).psi)
        np.testing.assert_array_equal(found[0], found[-1])
    assert distance(grid, found[0], plain) < SAME_SPLITTING


@pytest.mark.parametrize("case", ["driven", "all"])
def test_another_array_library_gives_the_same(line, case):
    model = wl.SchrodingerLohe(line, **{"coupling": 1.3} | CASES[case])
    psi = packets(line)
    known = splitting(model, psi)
    other = splitting(model, array_api_strict.asarray(psi[:, None]))
    expected, found = carried(known, 0.6, 1e-7), carried(other, 0.6, 1e-7)
    assert type(found.psi) is type(other.psi) is type(array_api_strict.asarray(psi))
    assert distance(line, np.asarray(found.psi), expected.psi) < SAME_SPLITTING
    assert abs(other.drift(found)) < NORM
    for states, stepper in (([expected], known), ([found], other)):
        assert stepper.entries(states)["node_functions"][1].shape == (1, 3, 1, 63)
    assert np.abs(other.mean_field([found]) - known.mean_field([expected])).max() < SAME_SPLITTING


def test_a_potential_that_is_not_finite_ends_the_run(line):
    model = wl.SchrodingerLohe(line, WELLS, coupling=1.3)
    broken = SimpleNamespace(at=lambda time: model.potential_at(0.0) * (1.0 if time < 0.5 else np.nan))
    psi = packets(line)[:, None]
    stepper = SplitStep(line, broken.at, psi, model.system(3), driven=True)
    with pytest.raises(SolverError, match="not finite"):
        carried(stepper, 1.0)
