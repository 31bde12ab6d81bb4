"""The Mobius map against the N-node equations stepped plainly, on its group, at any kappa t."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

import wignerlohe as wl
from tolerances import COUPLING, CROSS_RATIO, GROUP, LOGARITHM, NORM, ROUNDING
from wignerlohe import threads
from wignerlohe.coupling import mobius
from wignerlohe.coupling.base import Cost
from wignerlohe.coupling.kernels import tiled, weighted_sums
from wignerlohe.coupling.mobius import MeanField, MobiusState
from wignerlohe.coupling.span import Span, deviation_rows


def unit_rows(rng, count, rank):
    rows = rng.normal(size=(count, rank)) + 1j * rng.normal(size=(count, rank))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def node_equations(nodes, kappa):
    """``C_i' = (kappa / 2) (zeta - <C_i, zeta> C_i)``, node by node and entry by entry."""
    count, rank = nodes.shape
    result = np.zeros_like(nodes)
    for i in range(count):
        for k in range(count):
            overlap = sum(nodes[i, a] * np.conj(nodes[k, a]) for a in range(rank))
            for a in range(rank):
                result[i, a] += kappa / (2 * count) * (nodes[k, a] - overlap * nodes[i, a])
    return result


def stepped(start, kappa, times):
    """The same equations by SciPy's DOP853."""
    found = solve_ivp(
        lambda _, y: node_equations(y.reshape(start.shape), kappa).ravel(),
        (0.0, times[-1]),
        start.ravel(),
        method="DOP853",
        t_eval=times,
        rtol=1e-13,
        atol=1e-13,
    )
    return found.y.T.reshape(len(times), *start.shape)


def factors(start, kappa_t):
    """``log g_i`` from ``u_i' = (e^{-tau} / 2N) u_i^2 sum_k d_ik conj(u_k)``, ``g_i = u_i e^{-tau/2}``, stepped.

    In ``s = 1 - e^{-tau}``, which is 1 for ever after kappa t = 37, this is ``du_i/ds = (u_i^2 / 2N) sum_k d_ik
    conj(u_k)``: any kappa t is within reach.
    """
    count = len(start)
    deviation = np.array([[1 - np.sum(a * b.conj()) for b in start] for a in start])

    def derivative(_, u):
        result = np.zeros_like(u)
        for i in range(count):
            for k in range(count):
                result[i] += u[i] ** 2 / (2 * count) * deviation[i, k] * np.conj(u[k])
        return result

    ones = np.ones(count, dtype=complex)
    found = solve_ivp(derivative, (0, -np.expm1(-kappa_t)), ones, method="DOP853", rtol=1e-13, atol=1e-14)
    return np.log(found.y[:, -1]) - kappa_t / 2


def evolve(start, kappa, times, rtol=1e-12, state=None, cost=None):
    state = MobiusState.identity(start.shape[1]) if state is None else state
    return mobius.evolve(start, kappa, state, np.array(times, dtype=float), rtol, cost or Cost())


# sizes: more nodes than dimensions, fewer, a phase circle, one node, one dimension more than nodes
SIZES = [(5, 3), (3, 5), (7, 1), (1, 4), (4, 4), (11, 2)]


@pytest.mark.parametrize(("count", "rank"), SIZES)
@pytest.mark.parametrize("kappa", [1.3, 0.2])
def test_nodes_follow_their_equations_stepped_plainly(rng, count, rank, kappa):
    start, times = unit_rows(rng, count, rank), [0.4, 3.1, 9.0]
    expected = stepped(start, kappa, times)
    for k, state in enumerate(evolve(start, kappa, times)):
        assert state.time == times[k]
        assert np.abs(state.nodes(start) - expected[k]).max() < COUPLING


def test_without_coupling_the_map_stays_the_identity(rng):
    start = unit_rows(rng, 5, 3)
    for state in evolve(start, 0.0, [0.0, 1.0, 1e6]):
        assert np.abs(state.nodes(start) - start).max() < ROUNDING
        assert np.abs(state.log_g(start)).max() < ROUNDING


def test_one_node_stands_still(rng):
    start = unit_rows(rng, 1, 4)
    for state in evolve(start, 1.7, [1.0, 30.0, 900.0]):
        assert np.abs(state.nodes(start) - start).max() < NORM


def test_nodes_that_balance_exactly_stand_still():
    start = np.array([[1.0 + 0j, 0], [-1.0, 0], [0, 1j], [0, -1j]])
    (state,) = evolve(start, 1.0, [2.0])
    assert np.abs(state.nodes(start) - start).max() < ROUNDING


def test_an_incoherent_start_grows_out_of_its_balance_as_the_equations_say():
    start = np.array([[1.0 + 0j, 0], [-1.0, 0], [0, 1.0], [0, -np.exp(1e-3j)]])
    assert np.abs(start.mean(axis=0)).max() < 3e-4
    times = [1.0, 12.0, 30.0]
    expected = stepped(start, 1.0, times)
    for k, state in enumerate(evolve(start, 1.0, times)):
        # the balance is unstable: an error at the start grows by up to e^{kappa t / 2} until the nodes agree
        assert np.abs(state.nodes(start) - expected[k]).max() < 1e4 * COUPLING
        assert state.drift() < GROUP


def test_a_common_phase_of_all_nodes_is_kept(rng):
    start = unit_rows(rng, 5, 3)
    (plain,), (turned,) = evolve(start, 1.1, [4.0]), evolve(1j * start, 1.1, [4.0])
    assert np.abs(turned.nodes(1j * start) - 1j * plain.nodes(start)).max() < COUPLING


@pytest.mark.parametrize("kappa_t", [0.7, 8.0, 200.0, 2000.0, 20000.0])
@pytest.mark.parametrize(("count", "rank"), [(5, 3), (3, 5), (7, 1)])
def test_norms_stay_one_and_the_map_on_its_group(rng, kappa_t, count, rank):
    start = unit_rows(rng, count, rank)
    for state in evolve(start, 0.5, [kappa_t, 2 * kappa_t], rtol=1e-8):
        assert np.abs(np.linalg.norm(state.nodes(start), axis=1) - 1).max() < NORM
        assert state.drift() < GROUP


@pytest.mark.parametrize("kappa_t", [5.0, 60.0, 200.0])
@pytest.mark.parametrize(("count", "rank"), [(5, 3), (3, 5), (7, 2)])
def test_factors_are_those_of_the_scalar_equations(rng, kappa_t, count, rank):
    start = unit_rows(rng, count, rank)
    (state,) = evolve(start, 2.0, [kappa_t / 2])
    difference = state.log_g(start) - factors(start, kappa_t)
    assert np.abs(np.exp(difference) - 1).max() < COUPLING


def test_factors_stay_right_as_logarithms_at_kappa_t_2000(rng):
    start = unit_rows(rng, 5, 3)
    late = evolve(start, 1.0, [2000.0], rtol=1e-13)[0].log_g(start)
    expected = factors(start, 2000.0)
    assert np.abs(np.exp(1j * (late - expected).imag) - 1).max() < COUPLING
    # the real part, about -1000, is kept to a few of its last bits, and the limits to the accuracy of the slow run
    assert np.abs((late - expected).real).max() < LOGARITHM + COUPLING


@pytest.mark.parametrize("kappa_t", [1.0, 20.0])
def test_factors_give_the_deviations_of_the_nodes(rng, kappa_t):
    start = unit_rows(rng, 5, 3)
    (state,) = evolve(start, 1.0, [kappa_t])
    g = np.exp(state.log_g(start))
    nodes = state.nodes(start)
    for i in range(5):
        for j in range(5):
            deviation = (1 - np.sum(start[i] * start[j].conj())) * g[i] * np.conj(g[j])
            assert abs(deviation - (1 - np.sum(nodes[i] * nodes[j].conj()))) < ROUNDING


def test_cross_ratios_of_the_nodes_are_constant(rng):
    start = unit_rows(rng, 4, 3)

    def cross_ratio(nodes):
        d = 1 - nodes @ nodes.conj().T
        return d[0, 1] * d[2, 3] / (d[0, 3] * d[2, 1])

    for state in evolve(start, 1.0, [0.5, 2.0, 6.0]):
        assert abs(cross_ratio(state.nodes(start)) / cross_ratio(start) - 1) < CROSS_RATIO


@given(first=st.floats(0.01, 6.0), second=st.floats(0.01, 6.0), seed=st.integers(0, 50))
def test_going_on_from_a_state_equals_going_all_the_way(first, second, seed):
    start = unit_rows(np.random.default_rng(seed), 5, 3)
    (half,) = evolve(start, 1.2, [first])
    (resumed,) = evolve(start, 1.2, [first + second], state=half)
    (direct,) = evolve(start, 1.2, [first + second])
    assert resumed.time == direct.time
    assert np.abs(resumed.nodes(start) - direct.nodes(start)).max() < COUPLING
    assert np.abs(np.exp(resumed.log_g(start) - direct.log_g(start)) - 1).max() < COUPLING


@given(times=st.lists(st.floats(0.0, 12.0), min_size=1, max_size=9, unique=True), seed=st.integers(0, 50))
def test_a_state_does_not_depend_on_which_other_times_are_asked_for(times, seed):
    start = unit_rows(np.random.default_rng(seed), 4, 3)
    ordered = sorted(times)
    together = evolve(start, 0.8, ordered)
    assert [state.time for state in together] == ordered
    for time, state in zip(ordered, together, strict=True):
        (alone,) = evolve(start, 0.8, [time])
        assert np.abs(state.nodes(start) - alone.nodes(start)).max() < COUPLING


def test_output_times_from_a_later_state_on_are_right(rng):
    start, coupling = unit_rows(rng, 4, 3), 0.8
    (half,) = evolve(start, coupling, [1.0])
    times = np.linspace(3.0, 5.0, 9)
    for time, state in zip(times, evolve(start, coupling, times, state=half), strict=True):
        (alone,) = evolve(start, coupling, [time])
        assert np.abs(state.nodes(start) - alone.nodes(start)).max() < COUPLING


def test_resuming_where_a_run_stopped_gives_the_same_bits(rng):
    start = unit_rows(rng, 4, 3)
    one, two = evolve(start, 0.8, [1.0])[0], evolve(start, 0.8, [1.0])[0]
    copy = MobiusState(two.time, two.matrix.copy(), two.log_scale)
    left, right = evolve(start, 0.8, [3.0], state=one)[0], evolve(start, 0.8, [3.0], state=copy)[0]
    assert np.array_equal(left.matrix, right.matrix)
    assert left.log_scale == right.log_scale


def test_errors_fall_with_the_tolerance(rng):
    start = unit_rows(rng, 6, 4)
    best = evolve(start, 1.0, [5.0], rtol=1e-13)[0].nodes(start)
    tolerances = [1e-4, 1e-6, 1e-8, 1e-10]
    errors = [np.abs(evolve(start, 1.0, [5.0], rtol=rtol)[0].nodes(start) - best).max() for rtol in tolerances]
    for rtol, error in zip(tolerances, errors, strict=True):
        assert error < 10 * rtol
    assert errors[-1] < 1e-4 * errors[0]


@pytest.mark.parametrize(("tight", "order"), [(np.inf, 8), (0.0, 5)])
def test_the_order_is_eight_or_five(rng, monkeypatch, tight, order):
    monkeypatch.setattr(mobius, "TIGHT", tight)
    monkeypatch.setattr(mobius, "SYNCHRONISED", 0.0)
    start = unit_rows(rng, 5, 3)
    best = evolve(start, 1.0, [3.0], rtol=1e-13)[0].nodes(start)
    errors, steps = [], [3.0 / 2, 3.0 / 3, 3.0 / 4, 3.0 / 6]
    for step in steps:
        monkeypatch.setattr(mobius, "FIRST_STEP", step)
        monkeypatch.setattr(mobius, "LONGEST_STEP", step)
        cost = Cost()
        (state,) = evolve(start, 1.0, [3.0], rtol=1e6, cost=cost)  # every step is accepted
        assert cost.steps == round(3.0 / step)
        errors.append(np.abs(state.nodes(start) - best).max())
    slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert errors[-1] > 4e-13  # rounding is not what is measured
    assert slope > order - 0.5


def test_the_mean_field_is_the_mean_of_the_nodes(rng):
    start = unit_rows(rng, 7, 3)
    (state,) = evolve(start, 1.0, [1.3])
    field = MeanField(start, Cost())
    slow = sum(state.nodes(start)) / 7
    assert np.abs(field(state.matrix) - slow).max() < ROUNDING
    assert field.cost.evaluations == 1


def test_agreed_nodes_cost_nothing_more(rng):
    start, short, long = unit_rows(rng, 5, 3), Cost(), Cost()
    evolve(start, 1.0, [100.0], cost=short)
    evolve(start, 1.0, [10000.0], cost=long)
    assert long.steps == short.steps > 0


# ---- the span of the data -------------------------------------------------------------------------------------------


def test_coordinates_in_the_span_have_the_gram_matrix_of_the_states(grid, rng):
    psi = rng.normal(size=(5, 97)) + 1j * rng.normal(size=(5, 97))
    span = Span.of(grid, psi[:, None])
    rows = span.norms[:, None] * span.coordinates
    assert np.abs(rows @ rows.conj().T - grid.inner(psi[:, None], psi)).max() < 1e3 * ROUNDING
    assert np.abs(np.tensordot(rows, span.basis[:, 0], 1) - psi).max() < ROUNDING
    assert np.abs(np.linalg.norm(span.coordinates, axis=1) - 1).max() < ROUNDING
    assert np.abs(grid.inner(span.basis, span.basis[:, 0]) - np.eye(5)).max() < ROUNDING


def test_dependent_states_have_a_smaller_span(grid, rng):
    few = rng.normal(size=(2, 97)) + 1j * rng.normal(size=(2, 97))
    psi = (rng.normal(size=(6, 2)) + 1j * rng.normal(size=(6, 2))) @ few
    span = Span.of(grid, psi[:, None])
    assert span.coordinates.shape == (6, 2)
    assert np.abs(np.tensordot(span.norms[:, None] * span.coordinates, span.basis[:, 0], 1) - psi).max() < ROUNDING


def test_many_nodes_are_read_in_blocks(rng, monkeypatch):
    """More nodes than unknowns, of several components, of lower rank than unknowns; one block against many."""
    from wignerlohe.coupling import span as module

    small = wl.Grid(-4.0, 4.0, 7)
    functions = rng.normal(size=(9, 2, 7)) + 1j * rng.normal(size=(9, 2, 7))
    psi = np.tensordot(rng.normal(size=(101, 9)) + 1j * rng.normal(size=(101, 9)), functions, 1)
    whole = Span.of(small, psi)
    monkeypatch.setattr(module, "BLOCK", 200)
    for span in (whole, Span.of(small, psi)):
        assert span.coordinates.shape == (101, 9)
        rows = span.norms[:, None] * span.coordinates
        assert np.abs(np.tensordot(rows, span.basis, 1) - psi).max() < ROUNDING * np.abs(psi).max()
        gram = np.tensordot(span.basis, span.basis.conj(), axes=([1, 2], [1, 2])) * small.cell
        assert np.abs(gram - np.eye(9)).max() < ROUNDING
        assert np.abs(np.linalg.norm(span.coordinates, axis=1) - 1).max() < ROUNDING


@pytest.mark.parametrize("case", ["orthonormal", "oblique", "wide", "longer"])
def test_expansions_are_the_states_that_they_stand_for(grid, rng, case):
    functions = wl.states.fock(grid, level=np.arange(3))[:, None]
    rows = unit_rows(rng, 2 if case == "wide" else 8, 3)
    if case == "oblique":
        functions = functions + 0.3 * functions[::-1]
    if case == "longer":
        rows = 1.5 * rows
    span = Span.of_expansion(grid, rows, functions)
    expected = np.tensordot(rows, functions, 1)
    found = np.tensordot(span.norms[:, None] * span.coordinates, span.basis, 1)
    assert np.abs(found - expected).max() < ROUNDING
    assert np.abs(span.norms - np.sqrt((np.abs(expected) ** 2).sum(axis=(1, 2)) * grid.cell)).max() < ROUNDING
    assert (span.coordinates is rows) == (case == "orthonormal")


@settings(max_examples=10)
@given(size=st.floats(-12, 0))
def test_deviations_of_near_states_are_relatively_right(size):
    # a and b = (cos e, sin e) in the plane: 1 - <a, b> = 2 sin^2(e / 2)
    angle = 10.0**size
    rows = np.array([[1.0 + 0j, 0.0], [np.cos(angle), np.sin(angle)]])
    found = deviation_rows(rows, slice(0, 1))
    assert found[0, 0] == 0
    assert found[0, 1].real == pytest.approx(2 * np.sin(angle / 2) ** 2, rel=ROUNDING)


def test_deviations_are_one_minus_the_inner_products(rng):
    nodes = unit_rows(rng, 5, 3)
    found = deviation_rows(nodes, slice(1, 4))
    for i in range(1, 4):
        for j in range(5):
            assert abs(found[i - 1, j] - (1 - np.sum(nodes[i] * nodes[j].conj()))) < ROUNDING


# ---- the compiled pass for very many nodes --------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "rank"), [(301, 3), (7, 2), (128, 1), (1000, 5), (64, 4)])
def test_the_compiled_pass_sums_what_the_definition_says(rng, count, rank):
    nodes = unit_rows(rng, count, rank)
    row = 0.3 * (rng.normal(size=rank + 1) + 1j * rng.normal(size=rank + 1)) / np.sqrt(rank)
    row[-1] += 2.0
    expected = np.zeros(rank + 1, dtype=complex)
    for i in range(count):
        g = 1 / (sum(row[a] * nodes[i, a] for a in range(rank)) + row[rank])
        for a in range(rank):
            expected[a] += g * nodes[i, a]
        expected[rank] += g
    assert np.abs(weighted_sums(tiled(nodes), count, row) - expected).max() < ROUNDING * count


def test_many_nodes_move_the_same_by_either_pass(rng, monkeypatch):
    start = unit_rows(rng, 301, 3)
    plain = evolve(start, 1.1, [0.7, 9.0])
    monkeypatch.setattr(mobius, "LARGE", 1)
    for one, other in zip(plain, evolve(start, 1.1, [0.7, 9.0]), strict=True):
        assert np.abs(one.nodes(start) - other.nodes(start)).max() < COUPLING
        assert other.drift() < GROUP


def test_the_compiled_pass_gives_the_same_bits_on_any_number_of_threads(rng, monkeypatch):
    nodes = unit_rows(rng, 1001, 3)
    tiles, row = tiled(nodes), np.array([0.1, 0.2j, -0.3, 1.5])
    results = []
    for count in (1, 2, 3, 7):
        monkeypatch.setattr(threads, "count", lambda count=count: count)
        results.append(weighted_sums(tiles, len(nodes), row))
    assert all(np.array_equal(result, results[0]) for result in results)


def test_drift_sees_a_matrix_off_the_group_by_one_part_in_a_thousand():
    matrix = np.array([[np.cosh(1.0), np.sinh(1.0)], [np.sinh(1.0), np.cosh(1.0)]], dtype=complex)
    assert MobiusState(1.0, matrix, 0.0).drift() < ROUNDING
    matrix[0, 0] *= 1.001
    assert MobiusState(1.0, matrix, 0.0).drift() > 1e-5
