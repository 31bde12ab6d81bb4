"""Boosts in place against the equation stepped by SciPy and the stereographic chart, their order, norms and threads."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.sparse import csr_array

from tolerances import BOOST, BOOST_STEPPED, NORM, ROUNDING
from wignerlohe import threads
from wignerlohe.coupling import boosts, sphere
from wignerlohe.coupling.base import Cost
from wignerlohe.coupling.boost import TO_2
from wignerlohe.coupling.common_field import CommonField
from wignerlohe.coupling.own_fields import OwnFields
from wignerlohe.coupling.system import System


def unit_rows(rng, count, rank):
    rows = rng.normal(size=(count, rank)) + 1j * rng.normal(size=(count, rank))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def some_weights(kind, rng, count):
    matrix = rng.normal(size=(count, count)) * 2
    return {
        "complete": 1.3,
        "dense": matrix,
        "sparse": csr_array(np.where(rng.random((count, count)) < 0.4, matrix, 0)),
    }[kind]


def node_derivative(system, nodes):
    """The equation node by node and entry by entry."""
    count, rank = nodes.shape
    weights = system.weights
    matrix = np.full((count, count), weights) if isinstance(weights, float) else np.asarray(weights @ np.eye(count))
    result = np.zeros_like(nodes)
    for i in range(count):
        for k in range(count):
            overlap = sum(nodes[i, a] * np.conj(nodes[k, a]) for a in range(rank))
            for a in range(rank):
                result[i, a] += system.coupling * matrix[i, k] / (2 * count) * (nodes[k, a] - overlap * nodes[i, a])
        if system.detuning is not None:
            result[i] -= 1j * system.detuning[i] * nodes[i]
    return result


def stepped(system, start, time, times):
    """The same equation by SciPy's DOP853."""
    found = solve_ivp(
        lambda _, y: node_derivative(system, y.reshape(start.shape)).ravel(),
        (time, times[-1]),
        start.ravel(),
        method="DOP853",
        t_eval=times,
        rtol=1e-12,
        atol=1e-12,
    )
    return found.y.T.reshape(len(times), *start.shape)


def evolve(system, start, times, rtol=1e-10, time=0.0, cost=None):
    return boosts.evolve(system, start, time, np.array(times, dtype=float), rtol, cost or Cost())


@pytest.mark.parametrize("kind", ["complete", "dense", "sparse"])
@pytest.mark.parametrize(
    ("count", "rank", "coupling", "detuned"), [(7, 3, 1.3, True), (5, 1, -0.8, True), (6, 4, 0.9, False)]
)
def test_nodes_follow_their_equation_stepped_plainly(rng, kind, count, rank, coupling, detuned):
    start = unit_rows(rng, count, rank)
    detuning = 2 * rng.normal(size=count) if detuned else None
    system = System(coupling, detuning, some_weights(kind, rng, count))
    times = [0.7, 1.1, 3.0]
    for found, expected in zip(evolve(system, start, times, time=0.2), stepped(system, start, 0.2, times), strict=True):
        assert np.abs(found - expected).max() < BOOST_STEPPED
        assert np.abs(np.linalg.norm(found, axis=1) - 1).max() < NORM


@pytest.mark.parametrize("kind", ["complete", "sparse"])
def test_many_nodes_agree_with_the_stereographic_chart(rng, kind):
    count = 331  # more than there are blocks, and no multiple
    start, detuning = unit_rows(rng, count, 5), rng.normal(size=count)
    weights = some_weights(kind, rng, count)
    system = System(1.1, detuning, weights if kind == "complete" else weights / 4)
    (found,) = evolve(system, start, [1.5])
    (expected,) = sphere.evolve(system, start, 0.0, np.array([1.5]), 1e-12, Cost())
    assert np.abs(found - expected).max() < BOOST_STEPPED


def test_a_boost_is_the_closed_form_and_keeps_norms(rng):
    start, detuning = unit_rows(rng, 37, 3), rng.normal(size=37)
    nodes = OwnFields(System(2.0, detuning, np.ones((37, 37))), start, Cost())
    zeta, h = start.mean(axis=0), 0.9
    length = np.linalg.norm(zeta)
    direction, s = zeta / length, 2.0 * h * length / 4  # half of the field, as in the first pass
    turns = np.exp(1j * detuning * h / 2)
    nodes.half_turns = np.array([turns.real, turns.imag])
    nodes._move(TO_2, h, False, nodes.start, (nodes.first,) * 3, nodes.stage, nodes.none)
    for row, turn, found in zip(start, turns, nodes.stage[:, 0] + 1j * nodes.stage[:, 1], strict=True):
        along = np.sum(row * direction.conj())
        moved = (row + direction * (np.sinh(s) + (np.cosh(s) - 1) * along)) / (np.cosh(s) + np.sinh(s) * along)
        assert abs(np.linalg.norm(moved) - 1) < ROUNDING
        assert np.abs(found - moved / turn).max() < ROUNDING


@pytest.mark.parametrize("count", [1, 63, 64, 331])
def test_a_common_field_moves_nodes_as_equal_fields_of_their_own_do(rng, count):
    start, detuning = unit_rows(rng, count, 5), rng.normal(size=count)
    common = CommonField(System(1.1, detuning, 1.3), start, Cost())
    own = OwnFields(System(1.1, detuning, np.full((count, count), 1.3)), start, Cost())
    for step in (0.3, 0.2, 0.4):
        assert abs(common.step(step) - own.step(step)) < ROUNDING
        common.accept()
        own.accept()
    assert np.abs(common.coordinates(0.9) - own.coordinates(0.9)).max() < 10 * ROUNDING


@pytest.mark.parametrize("kind", ["complete", "sparse"])
def test_the_order_is_four(rng, kind):
    start, detuning = unit_rows(rng, 9, 3), rng.normal(size=9)
    weights = some_weights(kind, rng, 9)
    system = System(1.2, detuning, weights)
    best = stepped(system, start, 0.0, [1.0])[0]
    counts, errors = [8, 16, 32, 64], []
    for count in counts:
        nodes = (CommonField if kind == "complete" else OwnFields)(system, start, Cost())
        for _ in range(count):
            nodes.step(1.0 / count)
            nodes.accept()
        errors.append(np.abs(nodes.coordinates(1.0) - best).max())
    slope = -np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert abs(slope - 4) < 0.15


@pytest.mark.parametrize("kind", ["complete", "dense", "sparse"])
def test_errors_stay_within_the_promise_and_fall_with_the_tolerance(rng, kind):
    start, detuning = unit_rows(rng, 8, 3), rng.normal(size=8)
    system = System(0.9, detuning, some_weights(kind, rng, 8))
    exact = stepped(system, start, 0.0, [2.5])[0]
    z = exact @ exact.conj().T
    for rtol in (1e-3, 1e-5, 1e-7, 1e-9):
        (found,) = evolve(system, start, [2.5], rtol)
        assert np.abs(found @ found.conj().T - z).max() < BOOST * rtol


def test_norms_stay_over_ten_thousand_boosts(rng):
    count, rank = 5, 3
    nodes = OwnFields(System(1.0, None, rng.normal(size=(count, count))), unit_rows(rng, count, rank), Cost())
    fields = rng.normal(size=(3, count, 2, rank))
    angles = rng.normal(size=count)
    nodes.half_turns = np.array([np.cos(angles), np.sin(angles)])
    weights = rng.normal(size=(10_000, 3)) / 3
    nodes._move(weights, 1.0, True, nodes.start, tuple(fields), nodes.end, nodes.none)
    found = nodes.end[:, 0] + 1j * nodes.end[:, 1]
    assert np.abs(np.linalg.norm(found, axis=1) - 1).max() < NORM


@pytest.mark.parametrize("coupling", [1.0, -1.0])
def test_norms_stay_where_nodes_attract_or_repel_each_other(rng, coupling):
    nodes = CommonField(System(coupling, 3 * rng.normal(size=5), 1.0), unit_rows(rng, 5, 3), Cost())
    for _ in range(400):
        nodes.step(0.2)
        nodes.accept()
    assert np.abs(np.linalg.norm(nodes.coordinates(0.0), axis=1) - 1).max() < NORM


def test_nodes_that_only_listen_are_followed_as_well(rng):
    # node 0 turns by itself, node 1 listens to it: every stage knows the field exactly
    start, detuning = unit_rows(rng, 2, 2), np.array([3.0, -2.0])
    system = System(1.0, detuning, csr_array(np.array([[0.0, 0.0], [4.0, 0.0]])))
    exact = stepped(system, start, 0.0, [2.0])[0]
    for rtol in (1e-5, 1e-9):
        assert np.abs(evolve(system, start, [2.0], rtol)[0] - exact).max() < BOOST * rtol


def test_two_detuned_nodes_turn_at_their_closed_period(rng):
    # z' = -i W z + (kappa / 2)(1 - z^2), |W| > kappa: period 2 pi / sqrt(W^2 - kappa^2)
    start, system = unit_rows(rng, 2, 3), System(1.0, np.array([1.5, -0.75]), 1.0)
    period = 2 * np.pi / np.sqrt(2.25**2 - 1)
    (found,) = evolve(system, start, [period])
    assert abs(np.vdot(found[1], found[0]) - np.vdot(start[1], start[0])) < BOOST_STEPPED


def test_a_common_detuning_only_turns_the_phases(rng):
    start, detuning = unit_rows(rng, 6, 3), rng.normal(size=6)
    (plain,) = evolve(System(1.1, detuning, 1.0), start, [2.0])
    (turned,) = evolve(System(1.1, detuning + 300.0, 1.0), start, [2.0])
    assert np.abs(turned * np.exp(600.0j) - plain).max() < 600 * ROUNDING


def test_standing_nodes_stand(rng):
    start = unit_rows(rng, 4, 3)
    assert np.array_equal(evolve(System(0.0, None, 1.0), start, [5.0])[0], start)
    balanced = np.array([[1.0, 0.0], [-1.0, 0.0]], dtype=complex)  # zeta = 0
    assert np.array_equal(evolve(System(1.0, None, 1.0), balanced, [5.0])[0], balanced)


def test_steps_land_on_the_times_and_leave_the_given_coordinates_alone(rng):
    start, system, cost = unit_rows(rng, 4, 3), System(1.0, rng.normal(size=4), 1.0), Cost()
    given = start.copy()
    found = evolve(system, start, [0.0, 0.5, 1.25], cost=cost)
    assert np.array_equal(start, given)
    assert np.array_equal(found[0], start)
    assert cost.evaluations >= 11 * cost.steps + 1 > 12
    (resumed,) = evolve(system, found[1], [1.25], time=0.5)
    assert np.abs(resumed - found[2]).max() < BOOST_STEPPED
    assert np.array_equal(resumed, evolve(system, found[1].copy(), [1.25], time=0.5)[0])


@pytest.mark.parametrize("kind", ["complete", "sparse"])
def test_results_are_the_same_bits_on_any_number_of_threads(rng, monkeypatch, kind):
    start = unit_rows(rng, 1001, 3)
    system = System(1.0, rng.normal(size=1001), 1.0 if kind == "complete" else some_weights(kind, rng, 1001) / 8)
    results = []
    for count in (1, 2, 3, 7):
        monkeypatch.setattr(threads, "count", lambda count=count: count)
        results.append(evolve(system, start, [0.3], 1e-6)[0])
    assert all(np.array_equal(result, results[0]) for result in results)
