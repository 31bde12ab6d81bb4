"""`solve` against brute force, against closed forms, and against the symmetries of the model."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

import wignerlohe as wl
from tolerances import (
    BLOW_UP_TIME,
    BRUTE_FORCE,
    COHERENT,
    COUPLING,
    EPS,
    NORM,
    ROUNDING,
    SAME_PROBLEM,
    SPECTRAL_DERIVATIVE,
    TWO_NODES,
)
from wignerlohe.propagators import choice
from wignerlohe.propagators.eigenbasis import kinetic_matrix

# ---- brute force: equation (1) on the grid, written out -------------------------------------------------------------


def schrodinger_lohe_right_hand_side(psi, dx, squared_wavenumbers, potential, hbar, mass, kappa):
    """``d_t psi_j`` of equation (1), pair by pair."""
    count = len(psi)
    result = np.empty_like(psi)
    for j in range(count):
        kinetic = np.fft.ifft(hbar**2 / (2 * mass) * squared_wavenumbers * np.fft.fft(psi[j]))
        result[j] = (kinetic + potential * psi[j]) / (1j * hbar)
        norm = dx * np.sum(psi[j] * psi[j].conj())
        for k in range(count):
            overlap = dx * np.sum(psi[j] * psi[k].conj())
            result[j] += kappa / (2 * count) * (psi[k] - overlap / norm * psi[j])
    return result


def brute_force(x, length, psi, potential, hbar, mass, kappa, times):
    """Step the whole grid equations by SciPy's DOP853 at 1e-12: states (T, N, n)."""
    dx = length / len(x)
    squares = (2 * np.pi * np.fft.fftfreq(len(x), dx)) ** 2

    def derivative(_, y):
        shaped = y.reshape(psi.shape)
        return schrodinger_lohe_right_hand_side(shaped, dx, squares, potential, hbar, mass, kappa).ravel()

    found = solve_ivp(derivative, (0.0, times[-1]), psi.ravel(), method="DOP853", t_eval=times, rtol=1e-12, atol=1e-14)
    return found.y.T.reshape(len(times), *psi.shape)


BRUTE = {
    "harmonic": {
        "grid": {"lower": -9.0, "upper": 8.5, "points": 61, "hbar": 0.7},
        "potential": "0.35*x**2",
        "function": lambda x: 0.35 * x**2,
        "mass": 1.3,
        "coupling": 0.9,
        "states": {"position": [-1.0, 0.4, 1.1], "momentum": [0.3, -0.2, 0.5], "width": [1.0, 0.9, 1.1]},
    },
    "double well": {
        "grid": {"lower": -9.0, "upper": 9.0, "points": 76, "hbar": 1.0},
        "potential": "0.05*x**4 - 0.5*x**2",
        "function": lambda x: 0.05 * x**4 - 0.5 * x**2,
        "mass": 1.0,
        "coupling": 0.7,
        "states": {"position": [-1.0, -0.2, 0.5, 1.1, 1.5], "momentum": [0.4, -0.3, 0.5, -0.2, 0.0], "width": 1.0},
    },
    "smooth barrier on a slope": {
        "grid": {"lower": -10.0, "upper": 9.0, "points": 67, "hbar": 1.0},
        "potential": "1.5*exp(-(x - 0.3)**2) + 0.3*x**2 + 0.2*sin(x)",
        "function": lambda x: 1.5 * np.exp(-((x - 0.3) ** 2)) + 0.3 * x**2 + 0.2 * np.sin(x),
        "mass": 0.8,
        "coupling": 1.6,
        "states": {"position": [-2.0, 1.7], "momentum": [1.0, -0.4], "width": [1.0, 1.2]},
    },
}


@pytest.mark.parametrize("case", list(BRUTE))
def test_states_and_correlations_equal_brute_force_on_the_whole_grid_equations(case):
    setting = BRUTE[case]
    grid = wl.Grid(**setting["grid"])
    psi = wl.states.gaussian(grid, **setting["states"])
    model = wl.SchrodingerLohe(grid, setting["potential"], coupling=setting["coupling"], mass=setting["mass"])
    times = [0.31, 1.0, 2.3]
    solution = wl.solve(model, psi, times, rtol=1e-12)
    (x,), length = grid.axes, grid.upper[0] - grid.lower[0]
    expected = brute_force(
        x, length, psi, setting["function"](x), grid.hbar, setting["mass"], setting["coupling"], times
    )
    for k, time in enumerate(times):
        assert np.abs(solution.wavefunctions(time) - expected[k]).max() < BRUTE_FORCE
        for i in range(len(psi)):
            for j in range(len(psi)):
                overlap = length / len(x) * np.sum(expected[k, i] * expected[k, j].conj())
                assert abs(solution.correlation[k, i, j] - overlap) < BRUTE_FORCE


@pytest.mark.parametrize("case", list(BRUTE))
def test_the_right_hand_side_of_the_model_is_equation_1(case):
    setting = BRUTE[case]
    grid = wl.Grid(**setting["grid"])
    psi = 1.3 * wl.states.gaussian(grid, **setting["states"])  # (1) divides by <psi_j, psi_j>, which is not 1 here
    model = wl.SchrodingerLohe(grid, setting["potential"], coupling=setting["coupling"], mass=setting["mass"])
    (x,), length = grid.axes, grid.upper[0] - grid.lower[0]
    squares = (2 * np.pi * np.fft.fftfreq(len(x), length / len(x))) ** 2
    expected = schrodinger_lohe_right_hand_side(
        psi, length / len(x), squares, setting["function"](x), grid.hbar, setting["mass"], setting["coupling"]
    )
    assert np.abs(model.derivative(psi) - expected).max() < SPECTRAL_DERIVATIVE


def test_the_default_tolerance_keeps_its_promise_against_brute_force():
    setting = BRUTE["harmonic"]
    grid = wl.Grid(**setting["grid"])
    psi = wl.states.gaussian(grid, **setting["states"])
    model = wl.SchrodingerLohe(grid, setting["potential"], coupling=setting["coupling"], mass=setting["mass"])
    (x,), length = grid.axes, grid.upper[0] - grid.lower[0]
    expected = brute_force(
        x, length, psi, setting["function"](x), grid.hbar, setting["mass"], setting["coupling"], [2.0]
    )
    assert np.abs(wl.solve(model, psi, [2.0]).wavefunctions(2.0) - expected[0]).max() < 2 * BRUTE_FORCE


# ---- coherent states in their oscillator ----------------------------------------------------------------------------

HBAR, MASS, FREQUENCY, KAPPA = 0.6, 1.7, 0.9, 0.8
CENTRES = [(-1.2, 0.5), (0.3, -0.7), (1.0, 1.1)]


def oscillator():
    grid = wl.Grid(lower=-8.0, upper=8.5, points=121, hbar=HBAR)
    psi = np.array([wl.exact.coherent_flow(grid, q, p, 0.0, FREQUENCY, MASS) for q, p in CENTRES])
    potential = f"{MASS * FREQUENCY**2 / 2!r}*x**2"
    return grid, psi, wl.SchrodingerLohe(grid, potential, coupling=KAPPA, mass=MASS)


def coherent_overlap(first, second):
    """``<g_1, g_2>`` of coherent states with the phases of `wl.states.coherent`, by Gaussian integration."""
    (q1, p1), (q2, p2) = first, second
    s = np.sqrt(HBAR / (MASS * FREQUENCY))
    a, b = q1 - q2, p1 - p2
    return np.exp(-((a / s) ** 2) / 4 - (b * s / HBAR) ** 2 / 4 - 0.5j * a * (p1 + p2) / HBAR)


def coherent_overlaps():
    return np.array([[coherent_overlap(first, second) for second in CENTRES] for first in CENTRES])


def coupling_matrix(start, time):
    """``G(t)`` of ``psi_i(t) = U(t) sum_k G_ik psi_k(0)`` from the overlaps z(0): N x N equations, nothing clever."""
    count = len(start)

    def derivative(_, y):
        g = y.reshape(count, count)
        z = g @ start @ g.conj().T
        result = np.zeros_like(g)
        for i in range(count):
            for j in range(count):
                for k in range(count):
                    result[i, j] += KAPPA / (2 * count) * (g[k, j] - z[i, k] * g[i, j])
        return result.ravel()

    identity = np.eye(count, dtype=complex).ravel()
    return (
        solve_ivp(derivative, (0, time), identity, method="DOP853", rtol=1e-13, atol=1e-14)
        .y[:, -1]
        .reshape(count, count)
    )


def centre_and_phase(q, p, time):
    """Where the classical flow takes a coherent state, and the phase it picks up."""
    c, s, z = np.cos(FREQUENCY * time), np.sin(FREQUENCY * time), MASS * FREQUENCY
    moved_q, moved_p = q * c + p / z * s, p * c - z * q * s
    return moved_q, moved_p, np.exp(-0.5j * FREQUENCY * time + 0.5j * (moved_p * moved_q - p * q) / HBAR)


@pytest.mark.parametrize("time", [0.4, 2.9, 6.3])
def test_coherent_states_in_a_harmonic_potential_follow_the_closed_form(time):
    grid, psi, model = oscillator()
    solution = wl.solve(model, psi, [7.0], rtol=1e-13)
    g = coupling_matrix(coherent_overlaps(), time)
    free = np.array([wl.exact.coherent_flow(grid, q, p, time, FREQUENCY, MASS) for q, p in CENTRES])
    assert np.abs(solution.wavefunctions(time) - g @ free).max() < COHERENT


@pytest.mark.parametrize("time", [0.4, 2.9, 6.3])
def test_all_wigner_functions_of_coherent_states_follow_the_closed_form(time):
    grid, psi, model = oscillator()
    solution = wl.solve(model, psi, [7.0], rtol=1e-13)
    g, width = coupling_matrix(coherent_overlaps(), time), np.sqrt(HBAR / (MASS * FREQUENCY))
    moved = [centre_and_phase(q, p, time) for q, p in CENTRES]
    count = len(CENTRES)
    free = np.empty((count, count, *grid.phase_space.shape), dtype=complex)
    for k, (qk, pk, phase_k) in enumerate(moved):
        for m, (qm, pm, phase_m) in enumerate(moved):
            w = wl.exact.gaussian_wigner(grid.phase_space, (qk, pk), (qm, pm), width)
            free[k, m] = phase_k * np.conj(phase_m) * w
    pairs = [(i, j) for i in range(count) for j in range(count)]
    found = solution.wigner_functions(pairs, time)
    for (i, j), w in zip(pairs, found, strict=True):
        expected = sum(g[i, k] * np.conj(g[j, m]) * free[k, m] for k in range(count) for m in range(count))
        assert np.abs(w - expected).max() < COHERENT


def test_the_coherent_flow_solves_the_schrodinger_equation():
    grid, _, model = oscillator()
    h = 1e-3
    stencil = {-3: -1 / 60, -2: 3 / 20, -1: -3 / 4, 1: 3 / 4, 2: -3 / 20, 3: 1 / 60}  # order 6: h^6 leaves 1e-17
    for q, p in CENTRES:
        flow = {m: wl.exact.coherent_flow(grid, q, p, 1.3 + m * h, FREQUENCY, MASS) for m in range(-3, 4)}
        derivative = sum(weight * flow[m] for m, weight in stencil.items()) / h
        assert np.abs(1j * HBAR * derivative - model.hamiltonian(flow[0])).max() < SPECTRAL_DERIVATIVE


def test_the_coherent_flow_starts_at_the_coherent_state():
    grid, psi, _ = oscillator()
    q, p = zip(*CENTRES, strict=True)
    assert np.abs(psi - wl.states.coherent(grid, q, p, FREQUENCY, MASS)).max() < ROUNDING


# ---- identities of one solution -------------------------------------------------------------------------------------


def random_states(grid, rng, count, modes=6):
    """Random unit vectors among the lowest oscillator states."""
    coefficients = rng.normal(size=(count, modes)) + 1j * rng.normal(size=(count, modes))
    return wl.states.superposition(grid, coefficients, of=[wl.states.fock(grid, level) for level in range(modes)])


def test_two_nodes_follow_equation_13(grid):
    psi = wl.states.gaussian(grid, position=[-1.1, 0.9], momentum=[0.7, -0.4])
    times = np.linspace(0.0, 12.0, 131)
    solution = wl.solve(wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.1), psi, times, rtol=1e-13)
    expected = wl.two_nodes.correlation(complex(grid.inner(psi[0], psi[1])), 1.1, times)
    assert np.abs(solution.correlation[:, 0, 1] - expected).max() < TWO_NODES


def test_correlations_are_the_gram_matrix_of_the_states(grid, rng):
    psi = random_states(grid, rng, count=5)
    model = wl.SchrodingerLohe(grid, "0.5*x**2 + 0.1*x", coupling=0.9)
    solution = wl.solve(model, psi, [0.0, 0.7, 5.0], rtol=1e-12)
    for k, time in enumerate(solution.times):
        states = solution.wavefunctions(time)
        for i in range(5):
            for j in range(5):
                overlap = grid.cell * np.sum(states[i] * states[j].conj())
                assert abs(solution.correlation[k, i, j] - overlap) < SAME_PROBLEM


def test_the_diameter_is_the_largest_deviation(grid, rng):
    psi = random_states(grid, rng, count=5)
    solution = wl.solve(wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.9), psi, [0.5, 30.0])
    for k in range(2):
        largest = max(abs(solution.deviation[k, i, j]) for i in range(5) for j in range(5))
        assert solution.diameter[k] == pytest.approx(largest, rel=ROUNDING)


def test_the_order_parameter_phases_and_amplitudes_are_those_of_the_mean_state(grid, rng):
    psi = random_states(grid, rng, count=4)
    solution = wl.solve(wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.9), psi, [0.0, 1.7], rtol=1e-12)
    for k, time in enumerate(solution.times):
        states = solution.wavefunctions(time)
        mean = sum(states) / 4
        assert solution.order_parameter[k] == pytest.approx(grid.norm(mean), abs=SAME_PROBLEM)
        for j in range(4):
            overlap = grid.cell * np.sum(states[j] * mean.conj())
            assert solution.amplitude[k, j] == pytest.approx(abs(overlap), abs=SAME_PROBLEM)
            assert solution.phase[k, j] == pytest.approx(np.angle(overlap), abs=SAME_PROBLEM)


@pytest.mark.parametrize("seed", range(4))
def test_the_order_parameter_never_falls(grid, seed):
    psi = random_states(grid, np.random.default_rng(seed), count=7)
    times = np.linspace(0.0, 60.0, 301)
    solution = wl.solve(wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.8), psi, times)
    assert solution.diameter[0] > 1  # beyond the paper's hypothesis
    assert np.diff(solution.order_parameter).min() > -10 * EPS
    assert solution.order_parameter[-1] == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("end", [5.0, 200.0, 2500.0])
def test_norms_stay_one_over_any_run(grid, rng, end):
    psi = random_states(grid, rng, count=5)
    solution = wl.solve(wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.8), psi, np.linspace(0.0, end, 70))
    for time in solution.times[::10]:
        assert np.abs(grid.norm(solution.wavefunctions(time)) - 1).max() < NORM


def test_correlations_are_hermitian_with_ones_on_the_diagonal(grid, rng):
    psi = random_states(grid, rng, count=5)
    z = wl.solve(wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.8), psi, [0.0, 1.0, 9.0]).correlation
    assert np.abs(z - z.conj().swapaxes(1, 2)).max() < ROUNDING
    assert np.all(z[:, range(5), range(5)] == 1)


@pytest.mark.parametrize("rtol", [1e-6, 1e-9, 1e-12])
def test_deviations_keep_ten_times_the_tolerance_relatively(grid, rng, rtol):
    psi = random_states(grid, rng, count=5)
    model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0)
    times = [1.0, 4.0, 15.0]
    found, best = wl.solve(model, psi, times, rtol=rtol), wl.solve(model, psi, times, rtol=1e-13)
    off_diagonal = ~np.eye(5, dtype=bool)
    error = np.abs(found.deviation / np.where(off_diagonal, best.deviation, 1) - 1)[:, off_diagonal]
    # the order parameter at the start, about .4, sets how far errors grow before the nodes agree
    assert error.max() < 10 * rtol / best.order_parameter.min() ** 2 + 1e-12


def test_equal_nodes_stay_equal(grid):
    psi = wl.states.gaussian(grid, position=[-1.0, 0.5, 0.5])
    solution = wl.solve(wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0), psi, [0.0, 3.0, 3000.0])
    assert np.abs(solution.deviation[:, 1, 2]).max() < 4 * EPS
    assert np.all(np.abs(solution.deviation[:2, 0, 1]) > 0.01)


def test_states_that_nearly_agree_start_with_the_right_deviation(grid):
    shift = 1e-7
    psi = wl.states.gaussian(grid, position=[0.0, shift], momentum=[0.0, 0.0])
    solution = wl.solve(wl.SchrodingerLohe(grid, coupling=1.0), psi, [0.0])
    # 1 - exp(-shift^2 / 4) = 2.5e-15: 1 - z has one digit of it. The states themselves are rounded: eps / shift = 2e-9
    assert solution.deviation[0, 0, 1].real == pytest.approx(-np.expm1(-(shift**2) / 4), rel=20 * EPS / shift)


def test_states_between_output_times_equal_those_of_a_run_that_stops_there(grid, rng):
    psi = random_states(grid, rng, count=4)
    model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.9)
    solution = wl.solve(model, psi, [0.0, 2.0, 9.0], rtol=1e-12)
    for time in (0.0, 0.013, 1.37, 6.2, 9.0):
        direct = wl.solve(model, psi, [time], rtol=1e-12).wavefunctions(time)
        assert np.abs(solution.wavefunctions(time) - direct).max() < SAME_PROBLEM


def test_a_single_late_output_time_equals_a_run_with_many(grid, rng):
    psi = random_states(grid, rng, count=4)
    model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.9)
    many = wl.solve(model, psi, np.linspace(0.0, 7.0, 29), rtol=1e-12)
    one = wl.solve(model, psi, [7.0], rtol=1e-12)
    two = wl.solve(model, psi, [6.5, 7.0], rtol=1e-12)
    assert np.abs(many.correlation[-1] - one.correlation[-1]).max() < SAME_PROBLEM
    assert np.abs(many.correlation[-3] - two.correlation[0]).max() < SAME_PROBLEM


def test_many_segments_equal_one(grid, rng):
    psi = random_states(grid, rng, count=3)
    model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.9)
    times = np.linspace(0.0, 8.0, 161)  # 64 output times make a segment
    many, few = wl.solve(model, psi, times, rtol=1e-12), wl.solve(model, psi, times[::10], rtol=1e-12)
    assert many.times.shape == (161,)
    assert many.correlation.shape == (161, 3, 3)
    assert np.abs(many.correlation[::10] - few.correlation).max() < SAME_PROBLEM


def test_progress_rises_to_one(grid):
    psi = wl.states.gaussian(grid, position=[-1.0, 0.5])
    fractions = []
    model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0)
    wl.solve(model, psi, np.linspace(0.0, 4.0, 150), progress=fractions.append)
    assert len(fractions) == 3
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_the_method_says_what_ran_and_why(grid):
    psi = wl.states.gaussian(grid, position=[-1.0, 0.5])
    solution = wl.solve(wl.SchrodingerLohe(grid, coupling=1.0), psi, [1.0], rtol=1e-9)
    assert solution.method.name == "separation"
    assert "share one potential" in solution.method.reason
    assert solution.method.rtol == 1e-9
    assert solution.method.cost["evaluations"] > solution.method.cost["steps"] > 0


def test_wigner_lohe_and_schrodinger_lohe_have_the_same_states(grid, rng):
    psi = random_states(grid, rng, count=3)
    arguments = {"potential": "0.5*x**2", "coupling": 0.9}
    one = wl.solve(wl.SchrodingerLohe(grid, **arguments), psi, [1.5])
    other = wl.solve(wl.WignerLohe(grid, **arguments), psi, [1.5])
    assert np.array_equal(one.correlation, other.correlation)
    assert np.array_equal(one.wigner_functions([(0, 1)], 1.5), other.wigner_functions([(0, 1)], 1.5))


# ---- symmetries of the model ----------------------------------------------------------------------------------------

LINE = wl.Grid(lower=-9.0, upper=9.5, points=71, hbar=0.9)
WELL = np.asarray(0.4 * LINE.axes[0] ** 2 + 0.2 * np.cos(LINE.axes[0]))
ANY_CENTRES = st.lists(
    st.tuples(st.floats(-1.5, 1.5), st.floats(-1.0, 1.0), st.floats(0.8, 1.2)), min_size=1, max_size=5
)
COUPLINGS = st.floats(0.1, 2.0)


def packets(centres):
    q, p, s = zip(*centres, strict=True)
    return wl.states.gaussian(LINE, position=q, momentum=p, width=s)


def run(psi, coupling, times=(1.3, 4.1), potential=WELL):
    return wl.solve(wl.SchrodingerLohe(LINE, potential, coupling=coupling), psi, list(times), rtol=1e-12)


@given(centres=ANY_CENTRES, coupling=COUPLINGS, data=st.data())
def test_permuting_the_nodes_permutes_the_solution(centres, coupling, data):
    order = data.draw(st.permutations(range(len(centres))))
    psi = packets(centres)
    plain, permuted = run(psi, coupling), run(psi[order], coupling)
    assert np.abs(permuted.correlation - plain.correlation[:, order][:, :, order]).max() < SAME_PROBLEM
    assert np.abs(permuted.wavefunctions(4.1) - plain.wavefunctions(4.1)[order]).max() < SAME_PROBLEM


@given(centres=ANY_CENTRES, coupling=COUPLINGS, angle=st.floats(-np.pi, np.pi))
def test_a_global_phase_changes_only_itself(centres, coupling, angle):
    psi = packets(centres)
    plain, turned = run(psi, coupling), run(np.exp(1j * angle) * psi, coupling)
    assert np.abs(turned.correlation - plain.correlation).max() < SAME_PROBLEM
    assert np.abs(turned.wavefunctions(4.1) - np.exp(1j * angle) * plain.wavefunctions(4.1)).max() < SAME_PROBLEM


@given(centres=ANY_CENTRES, coupling=COUPLINGS, steps=st.integers(-8, 8))
def test_translating_states_and_potential_translates_the_solution(centres, coupling, steps):
    psi = packets(centres)
    plain = run(psi, coupling)
    moved = run(np.roll(psi, steps, axis=-1), coupling, potential=np.roll(WELL, steps))
    assert np.abs(moved.correlation - plain.correlation).max() < SAME_PROBLEM
    assert np.abs(moved.wavefunctions(4.1) - np.roll(plain.wavefunctions(4.1), steps, axis=-1)).max() < SAME_PROBLEM


@given(shift=st.floats(-30, 30))
def test_translating_the_box_with_everything_in_it_changes_nothing(shift):
    def correlations(offset):
        grid = wl.Grid(-8.0 + offset, 8.0 + offset, 65)
        psi = wl.states.gaussian(grid, position=np.array([-1.0, 0.3, 1.2]) + offset, momentum=[0.4, 0.0, -0.6])
        model = wl.SchrodingerLohe(grid, lambda x: 0.5 * (x - offset) ** 2, coupling=0.8)
        return wl.solve(model, psi, [1.0, 3.0], rtol=1e-12).correlation

    assert np.abs(correlations(shift) - correlations(0.0)).max() < SAME_PROBLEM


@given(centres=ANY_CENTRES)
def test_without_coupling_every_node_moves_alone(centres):
    psi = packets(centres)
    together = run(psi, 0.0)
    for node in range(len(psi)):
        alone = run(psi[node : node + 1], 0.0)
        assert np.abs(together.wavefunctions(4.1)[node] - alone.wavefunctions(4.1)[0]).max() < SAME_PROBLEM
    assert np.abs(together.deviation[1] - together.deviation[0]).max() < ROUNDING


@given(centres=ANY_CENTRES, coupling=COUPLINGS)
def test_one_node_feels_no_coupling(centres, coupling):
    psi = packets(centres[:1])
    coupled, free = run(psi, coupling), run(psi, 0.0)
    assert np.abs(coupled.wavefunctions(4.1) - free.wavefunctions(4.1)).max() < SAME_PROBLEM
    assert np.all(coupled.correlation == 1)
    assert np.all(coupled.diameter == 0)


@given(centres=ANY_CENTRES, coupling=COUPLINGS, t=st.floats(0.1, 3.0), s=st.floats(0.1, 3.0))
def test_solving_to_t_and_then_by_s_equals_solving_to_t_plus_s(centres, coupling, t, s):
    psi = packets(centres)
    direct = run(psi, coupling, times=(t + s,))
    first = run(psi, coupling, times=(t,))
    second = run(first.wavefunctions(t), coupling, times=(s,))
    assert np.abs(second.wavefunctions(s) - direct.wavefunctions(t + s)).max() < SAME_PROBLEM
    assert np.abs(second.correlation - direct.correlation).max() < SAME_PROBLEM


# ---- correlations alone ---------------------------------------------------------------------------------------------


def test_the_derivative_of_correlations_is_equation_20(rng):
    z = rng.normal(size=(5, 5)) + 1j * rng.normal(size=(5, 5))
    expected = np.zeros((5, 5), dtype=complex)
    for i in range(5):
        for j in range(5):
            for k in range(5):
                expected[i, j] += 0.7 / 10 * (z[i, k] + z[k, j]) * (1 - z[i, j])
    assert np.abs(wl.Correlations(coupling=0.7).derivative(z) - expected).max() < ROUNDING


def test_correlations_of_states_agree_with_the_states(grid, rng):
    psi = random_states(grid, rng, count=5)
    times = np.linspace(0.0, 9.0, 100)
    of_states = wl.solve(wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.9), psi, times, rtol=1e-12)
    start = np.array([[grid.inner(a, b) for b in psi] for a in psi])
    alone = wl.solve(wl.Correlations(coupling=0.9), start, times, rtol=1e-12)
    assert np.abs(alone.correlation - of_states.correlation).max() < COUPLING
    assert np.abs(alone.order_parameter - of_states.order_parameter).max() < COUPLING
    assert np.abs(alone.diameter - of_states.diameter).max() < COUPLING


def blowing_up():
    return np.full((3, 3), -0.8) + 1.8 * np.eye(3)


def test_a_blow_up_ends_the_solution_and_is_told():
    solution = wl.solve(wl.Correlations(coupling=2.0), blowing_up(), np.linspace(0.0, 3.0, 301))
    assert solution.blow_up_time == pytest.approx(np.log(6) / 2, abs=BLOW_UP_TIME)
    assert solution.times[-1] == 0.89  # the last output time before ln(6) / 2 = .8959
    assert solution.correlation.shape == (90, 3, 3)
    assert np.isfinite(solution.correlation).all()
    assert any("blow up at t = 0.8958797" in sentence for sentence in solution.warnings)


def test_a_blow_up_before_the_first_output_time_leaves_no_output_but_its_time():
    solution = wl.solve(wl.Correlations(coupling=1.0), blowing_up(), [3.0, 4.0])
    assert solution.times.shape == (0,)
    assert solution.correlation.shape == (0, 3, 3)
    assert solution.blow_up_time == pytest.approx(np.log(6), abs=BLOW_UP_TIME)


@pytest.mark.parametrize("times", [[3.0], np.linspace(0.0, 3.0, 301)])
def test_progress_is_told_through_a_blow_up(times):
    fractions = []
    wl.solve(wl.Correlations(coupling=1.0), blowing_up(), times, progress=fractions.append)
    assert all(0 <= fraction <= 1 for fraction in fractions)


def test_a_negative_coupling_blows_up_where_the_reversed_flow_does():
    # z' = -(1 - z^2)/2 from 1.5: at ln((z0 + 1) / (z0 - 1)) = ln 5, to +infinity
    solution = wl.solve(wl.Correlations(coupling=-1.0), [[1.0, 1.5], [1.5, 1.0]], [0.0, 1.0, 2.0])
    assert solution.blow_up_time == pytest.approx(np.log(5), abs=BLOW_UP_TIME)


def test_correlations_have_no_wave_functions():
    solution = wl.solve(wl.Correlations(coupling=1.0), np.eye(2), [1.0])
    with pytest.raises(wl.InvalidInputError, match="Correlations has no wave functions"):
        solution.wavefunctions(1.0)
    with pytest.raises(wl.InvalidInputError, match="Correlations has no wave functions"):
        solution.wigner_functions([(0, 1)], 1.0)


# ---- bad input ------------------------------------------------------------------------------------------------------


def good_run(grid, **changes):
    """A run in which one thing is replaced."""
    arguments = {
        "model": wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0),
        "initial": wl.states.gaussian(grid, position=[-1.0, 0.5, 1.0]),
        "times": [0.0, 1.0],
    }
    return wl.solve(**(arguments | changes))


def test_a_node_whose_norm_is_not_one_is_named_with_its_norm(grid):
    psi = wl.states.gaussian(grid, position=[-1.0, 0.5, 1.0])
    psi[1] *= 1.01
    with pytest.raises(wl.InvalidInputError, match=r"unit norms .* node 1 is 1\.01; try wignerlohe\.normalise"):
        good_run(grid, initial=psi)


def test_a_norm_within_the_limit_is_accepted_and_one_beyond_is_not(grid):
    psi = wl.states.gaussian(grid, position=[-1.0, 0.5, 1.0])
    assert good_run(grid, initial=psi * (1 + 0.9e-8)).count == 3
    with pytest.raises(wl.InvalidInputError, match="unit norms"):
        good_run(grid, initial=psi * (1 + 1.1e-8))


@pytest.mark.parametrize("value", [np.nan, np.inf, complex(0, -np.inf)])
def test_a_node_with_values_that_are_not_finite_is_named(grid, value):
    psi = wl.states.gaussian(grid, position=[-1.0, 0.5, 1.0])
    psi[2, 40] = value
    with pytest.raises(wl.InvalidInputError, match=r"`initial` must be finite numbers of shape .*, but entry \(2, "):
        good_run(grid, initial=psi)


@pytest.mark.parametrize(
    "initial",
    [
        np.ones((3, 96)),
        np.ones(96),
        np.ones((2, 3, 1, 97)),
        np.zeros((0, 97)),
        1.0,
        "packets",
        None,
        [[1.0, 2.0], [3.0]],
        [lambda x: x[:5]],
        {"position": 1.0},
    ],
)
def test_initial_data_that_do_not_fit_the_grid_are_refused(grid, initial):
    with pytest.raises(wl.InvalidInputError, match=r"`initial` must .*97"):
        good_run(grid, initial=initial)


def test_a_zero_state_is_refused(grid):
    with pytest.raises(wl.InvalidInputError, match=r"unit norms .* node 0 is 0 "):
        good_run(grid, initial=np.zeros((2, 97)))


@pytest.mark.parametrize(
    "times",
    [
        [1.0, 0.5],
        [0.0, 1.0, 1.0],
        [-0.1, 1.0],
        [0.0, np.nan],
        [0.0, np.inf],
        [],
        [[0.0, 1.0]],
        "soon",
        None,
        [0.0, "x"],
        [1j],
    ],
    ids=str,
)
def test_times_that_do_not_increase_from_zero_are_refused(grid, times):
    with pytest.raises(wl.InvalidInputError, match="`times` must be finite, increasing numbers, none negative, but"):
        good_run(grid, times=times)


@pytest.mark.parametrize("rtol", [0.0, -1e-9, 1e-14, 0.1, np.nan, np.inf, "1e-9", None, 1])
def test_a_tolerance_out_of_range_is_refused(grid, rtol):
    with pytest.raises(wl.InvalidInputError, match=r"`rtol` must (lie in \[1e-13, 0.01\]|be a finite number), but"):
        good_run(grid, rtol=rtol)


@pytest.mark.parametrize("method", ["splitstep", "", None, 3])
def test_an_unknown_method_is_refused_and_the_known_ones_named(grid, method):
    with pytest.raises(wl.InvalidInputError, match=r"`method` must be one of .*'auto', 'separation'"):
        good_run(grid, method=method)


def test_something_that_is_no_model_is_refused(grid):
    with pytest.raises(wl.InvalidInputError, match="`model` must be a model"):
        good_run(grid, model="schrodinger-lohe")


@pytest.mark.parametrize("coupling", [np.nan, np.inf, "strong", None, 1j, [1.0, 2.0]])
@pytest.mark.parametrize("make", [lambda g, c: wl.SchrodingerLohe(g, coupling=c), lambda _, c: wl.Correlations(c)])
def test_a_coupling_that_is_no_finite_number_is_refused(grid, coupling, make):
    with pytest.raises(wl.InvalidInputError, match="`coupling` must be a finite number, but"):
        make(grid, coupling)


@pytest.mark.parametrize("mass", [0.0, -1.0, np.nan, np.inf, "heavy", None])
def test_a_mass_that_is_not_positive_is_refused(grid, mass):
    with pytest.raises(wl.InvalidInputError, match="`mass` must be"):
        wl.SchrodingerLohe(grid, coupling=1.0, mass=mass)


@pytest.mark.parametrize(
    "start",
    [np.ones((2, 3)), np.ones(4), 1.0, np.full((2, 2), np.nan), [[1.0, np.inf], [0.0, 1.0]], "z", np.ones((0, 0))],
)
def test_starting_correlations_that_are_no_finite_square_matrix_are_refused(start):
    with pytest.raises(wl.InvalidInputError, match="`initial` must be a finite square matrix"):
        wl.solve(wl.Correlations(coupling=1.0), start, [1.0])


@pytest.mark.parametrize("time", ["a", None, [0.1, 0.2], 1j, np.nan])
def test_asking_for_states_at_what_is_no_time_is_refused(grid, time):
    run = good_run(grid)
    for ask in (run.wavefunctions, run.factors, lambda moment: run.wigner(0, 1, moment)):
        with pytest.raises(wl.InvalidInputError, match=r"`time` must be a finite number, but .* try time=1"):
            ask(time)


@pytest.mark.parametrize("time", [-0.1, 1.1])
def test_asking_for_states_outside_of_the_run_is_refused(grid, time):
    with pytest.raises(wl.InvalidInputError, match=r"`time` must lie in \[0, 1\], but"):
        good_run(grid).wavefunctions(time)


@pytest.mark.parametrize("pair", [(0, 3), (-1, 0), (7, 7)])
def test_asking_for_nodes_that_do_not_exist_is_refused(grid, pair):
    with pytest.raises(wl.InvalidInputError, match="name nodes 0 to 2, two at a time, but"):
        good_run(grid).wigner_functions([pair], 1.0)


def test_callables_of_the_coordinates_are_states(grid):
    def packet(centre):
        return lambda x: np.pi**-0.25 * np.exp(-((x - centre) ** 2) / 2)

    by_callables = good_run(grid, initial=[packet(-1.0), packet(0.5), packet(1.0)])
    assert np.abs(by_callables.correlation - good_run(grid).correlation).max() < SAME_PROBLEM


def test_a_run_beyond_the_memory_of_the_machine_is_refused_before_it_starts(grid, monkeypatch):
    monkeypatch.setattr("wignerlohe.memory.tightest", lambda: (100_000, "the machine has"))
    with pytest.raises(wl.TooLargeError, match=r"needs about .*, but the machine has 100 kB free; .*'linear flow'"):
        good_run(grid)


def test_a_grid_too_large_for_the_eigenbasis_takes_the_expansion_and_agrees(monkeypatch):
    grid, results = wl.Grid(-125.0, 125.0, 257), []
    psi = wl.states.gaussian(grid, position=[-1.0, 0.5, 1.0], width=4.0)
    model = wl.SchrodingerLohe(grid, "1e-6*x**2", coupling=1.0)
    for most in (256, 257):  # in place of 4096, whose eigenbasis takes half a minute
        monkeypatch.setattr(choice, "MOST_POINTS", most)
        results.append(good_run(grid, model=model, initial=psi, rtol=1e-12))
    assert results[0].method.linear.startswith("Chebyshev")
    assert results[1].method.linear.startswith("eigenbasis")
    assert np.abs(results[0].correlation - results[1].correlation).max() < SAME_PROBLEM
    assert np.abs(results[0].wavefunctions(1.0) - results[1].wavefunctions(1.0)).max() < SAME_PROBLEM


# ---- the linear flow ------------------------------------------------------------------------------------------------


def test_the_kinetic_matrix_is_the_second_derivative_of_waves_that_fit_into_the_box():
    for n in (8, 9):
        grid = wl.Grid(lower=1.0, upper=3.5, points=n, hbar=0.7)
        matrix = kinetic_matrix(grid, mass=1.3)
        for m in range(-(n // 2), (n + 1) // 2):
            k = 2 * np.pi * m / 2.5
            wave = np.exp(1j * k * grid.axes[0])
            assert np.abs(matrix @ wave - (0.7 * k) ** 2 / 2.6 * wave).max() < SPECTRAL_DERIVATIVE


def test_two_coherent_nodes_on_a_plane_follow_the_closed_form():
    plane = wl.Grid(lower=[-7.6, -7.5], upper=[7.7, 7.6], points=[39, 40])
    lines = [wl.Grid(plane.lower[a], plane.upper[a], plane.points[a]) for a in range(2)]
    centres = [((-0.4, 0.2), (0.3, -0.3)), ((0.3, 0.0), (-0.1, 0.4))]  # ((q, p) along x, (q, p) along y)

    def flow(time):
        along = [[wl.exact.coherent_flow(line, *c[a], time) for a, line in enumerate(lines)] for c in centres]
        return np.array([np.multiply.outer(x, y) for x, y in along])

    psi, time = flow(0.0), 1.9
    solution = wl.solve(wl.SchrodingerLohe(plane, "0.5*r2", coupling=KAPPA), psi, [time], rtol=1e-13)
    start = np.array([[plane.cell * np.sum(a * b.conj()) for b in psi] for a in psi])
    expected = np.tensordot(coupling_matrix(start, time), flow(time), 1)
    assert np.abs(solution.wavefunctions(time) - expected).max() < COHERENT


# ---- unresolved states ----------------------------------------------------------------------------------------------


def warned(grid, psi, times, **model):
    with pytest.warns(wl.UnresolvedWarning) as caught:
        solution = wl.solve(wl.SchrodingerLohe(grid, coupling=1.0, **model), psi, times)
    return solution, [str(entry.message) for entry in caught]


def test_a_packet_near_the_edge_is_reported_with_its_mass_and_what_to_change(grid):
    psi = wl.states.gaussian(grid, position=[0.0, 6.0])
    _, (message,) = warned(grid, psi, [0.0])
    margin = 0.05 * 21
    mass = sum(abs(value) ** 2 * 21 / 97 for x, value in zip(grid.axes[0], psi[1], strict=True) if x >= 10 - margin)
    found = re.fullmatch(
        r"node 1 has probability (\S+) at the edge of the box on axis 0 at t = 0 "
        r"\(allowed: 1e-08\); try a wider box than \[-11, 10\)",
        message,
    )
    assert float(found[1]) == pytest.approx(mass, rel=0.05)  # the message has two digits


def test_a_packet_with_too_much_momentum_is_reported_with_its_mass_and_what_to_change(grid):
    largest = np.pi * 97 / 21  # 14.5
    psi = wl.states.gaussian(grid, position=[0.0, 1.0, 2.0], momentum=[0.0, 1.0, 10.0])
    _, (message,) = warned(grid, psi, [0.0])
    mass = 0.0
    for k in 2 * np.pi / 21 * np.arange(-48, 49):
        amplitude = 21 / 97 * np.sum(psi[2] * np.exp(-1j * k * grid.axes[0]))
        mass += abs(amplitude) ** 2 / 21 if abs(k) > 0.9 * largest else 0
    found = re.fullmatch(
        r"node 2 has probability (\S+) at the top of the momentum band on axis 0 at t = 0 "
        r"\(allowed: 1e-08\); try more points than 97",
        message,
    )
    assert float(found[1]) == pytest.approx(mass, rel=0.05)


def test_a_packet_that_reaches_the_edge_later_is_reported_when_it_does(grid):
    psi = wl.states.gaussian(grid, position=[0.0, 0.5], momentum=[0.0, 2.5])
    solution, messages = warned(grid, psi, [0.0, 0.5, 2.0])
    assert solution.findings[0].time == 2.0
    assert any("at the edge of the box on axis 0 at t = 2 " in message for message in messages)
    assert solution.warnings == tuple(messages)


def test_a_packet_accelerated_beyond_the_momentum_band_is_reported_later(grid):
    psi = wl.states.gaussian(grid, position=[-4.0], width=0.6)
    _, messages = warned(grid, psi, [0.0, 0.45], potential="3*x**2")
    assert any("top of the momentum band on axis 0 at t = 0.45 " in message for message in messages)


def test_the_axis_on_which_a_state_leaves_the_box_is_named():
    plane = wl.Grid(lower=[-9.0, -8.0], upper=[8.0, 9.0], points=[40, 41])
    psi = wl.states.gaussian(plane, position=[[0.0, 0.0], [0.5, 4.6]])
    _, (message,) = warned(plane, psi, [0.0])
    assert message.startswith("node 1 has probability ")
    assert "at the edge of the box on axis 1 at t = 0 " in message
    assert "try a wider box than [-8, 9)" in message


def test_a_resolved_run_has_nothing_to_report(grid):
    assert good_run(grid).warnings == ()


def test_the_limit_is_1e_minus_8(grid):
    # the tail of a Gaussian beyond the margin at 8.95: erfc(8.95 - q) / 2 is 1e-8 at q = 4.98
    wl.solve(wl.SchrodingerLohe(grid, coupling=1.0), wl.states.gaussian(grid, position=4.8), [0.0])
    with pytest.warns(wl.UnresolvedWarning, match="edge"):
        wl.solve(wl.SchrodingerLohe(grid, coupling=1.0), wl.states.gaussian(grid, position=5.2), [0.0])


def test_states_are_never_renormalised(grid):
    psi = wl.states.gaussian(grid, position=[-1.0, 0.5]) * (1 + 5e-9)
    solution = wl.solve(wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.0), psi, [0.0, 1.0])
    assert np.abs(grid.norm(solution.wavefunctions(1.0)) - (1 + 5e-9)).max() < NORM


def test_norms_within_the_limit_neither_grow_nor_change_the_correlations(grid):
    psi = wl.states.gaussian(grid, [0.3, -0.4, 0.1])
    model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0)
    scale = np.array([1 + 4e-9, 1 - 4e-9, 1])[:, None]
    exact, scaled = (wl.solve(model, data, [0.0, 30.0]) for data in (psi, scale * psi))
    np.testing.assert_allclose(grid.norm(scaled.wavefunctions(30.0)), scale[:, 0], atol=NORM)
    different = ~np.eye(3, dtype=bool)
    np.testing.assert_allclose(scaled.deviation[:, different], exact.deviation[:, different], rtol=1e-7)
    assert any("norms differ from 1 by up to 4.0e-09" in warning for warning in scaled.warnings)
    assert not exact.warnings
