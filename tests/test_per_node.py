"""Nodes with detunings, networks and repulsion, against the node equations stepped plainly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.integrate import solve_ivp

from tolerances import COUPLING, NORM, ROUNDING
from wignerlohe.coupling import per_node, sphere
from wignerlohe.coupling.base import Cost
from wignerlohe.coupling.choice import choose
from wignerlohe.coupling.mobius import MobiusMap
from wignerlohe.coupling.pairs import CoordinatePairs
from wignerlohe.coupling.per_node import PerNode
from wignerlohe.coupling.system import System


def unit_rows(rng, count, rank):
    rows = rng.normal(size=(count, rank)) + 1j * rng.normal(size=(count, rank))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def node_equations(nodes, coupling, detuning, weights):
    """``C_i' = -i Omega_i C_i + (kappa / 2N) sum_k A_ik (C_k - <C_i, C_k> C_i)``, entry by entry."""
    count, rank = nodes.shape
    result = np.zeros_like(nodes)
    for i in range(count):
        for a in range(rank):
            result[i, a] = -1j * detuning[i] * nodes[i, a]
            for k in range(count):
                overlap = sum(nodes[i, b] * np.conj(nodes[k, b]) for b in range(rank))
                result[i, a] += coupling * weights[i, k] / (2 * count) * (nodes[k, a] - overlap * nodes[i, a])
    return result


def stepped(start, coupling, detuning, weights, times):
    def derivative(_, y):
        return node_equations(y.reshape(start.shape), coupling, detuning, weights).ravel()

    options = {"method": "DOP853", "t_eval": times, "rtol": 1e-13, "atol": 1e-14}
    found = solve_ivp(derivative, (0.0, times[-1]), start.ravel(), **options)
    return found.y.T.reshape(len(times), *start.shape)


TIMES = np.array([0.0, 0.7, 3.1])


def random_problem(rng, count, rank):
    return unit_rows(rng, count, rank), rng.normal(size=count), 2 * rng.normal(size=(count, count))


@pytest.mark.parametrize(("count", "rank"), [(5, 3), (3, 5), (4, 1), (1, 2)])
@pytest.mark.parametrize("coupling", [1.3, -0.8])
def test_nodes_follow_their_equations_stepped_plainly(rng, count, rank, coupling):
    start, detuning, weights = random_problem(rng, count, rank)
    found = sphere.evolve(System(coupling, detuning, weights), start, 0.0, TIMES, 1e-12, Cost())
    assert np.abs(np.array(found) - stepped(start, coupling, detuning, weights, TIMES)).max() < COUPLING


@pytest.mark.parametrize("form", [1.7, "dense", "sparse"])
@pytest.mark.parametrize("detuned", [False, True])
def test_every_form_of_weights_is_the_same_system(rng, form, detuned):
    start, detuning, weights = random_problem(rng, 5, 3)
    given = {"dense": weights, "sparse": sparse.csr_array(weights)}.get(form, form)
    full = weights if isinstance(form, str) else np.full((5, 5), form)
    system = System(0.9, detuning if detuned else None, given)
    expected = node_equations(start, 0.9, detuning * detuned, full)
    assert np.abs(system.derivative(start) - expected).max() < ROUNDING
    (end,) = sphere.evolve(system, start, 0.0, np.array([2.0]), 1e-12, Cost())
    assert np.abs(end - stepped(start, 0.9, detuning * detuned, full, [2.0])[0]).max() < COUPLING


def test_the_diagonal_of_the_weights_plays_no_part(rng):
    start, detuning, weights = random_problem(rng, 5, 3)
    other = weights + np.diag(rng.normal(size=5))
    ends = [sphere.evolve(System(1.0, detuning, a), start, 0.0, TIMES, 1e-12, Cost())[-1] for a in (weights, other)]
    assert np.abs(ends[0] - ends[1]).max() < COUPLING


def test_a_common_detuning_turns_all_nodes_alike(rng):
    start, detuning, weights = random_problem(rng, 5, 3)
    slow, fast = (
        sphere.evolve(System(1.0, detuning + shift, weights), start, 0.0, TIMES, 1e-11, Cost()) for shift in (0.0, 50.0)
    )
    for t, a, b in zip(TIMES, slow, fast, strict=True):
        assert np.abs(a * np.exp(-50j * t) - b).max() < 1e-12  # the same steps, and 50 t in rounding


def test_one_map_for_all_nodes_and_each_node_by_itself_agree(rng):
    start = unit_rows(rng, 7, 4)
    single = MobiusMap(start, 1.4)
    states, _ = single.evolve(single.start(), TIMES, 1e-12, Cost())
    ends = sphere.evolve(System(0.7, None, 2.0), start, 0.0, TIMES, 1e-12, Cost())
    for state, nodes in zip(states, ends, strict=True):
        assert np.abs(single.coordinates(state) - nodes).max() < COUPLING


@pytest.mark.parametrize("coupling", [1.0, -1.0])
def test_norms_hold_over_long_runs_of_either_sign(rng, coupling):
    start, detuning, weights = random_problem(rng, 5, 3)
    cost = Cost()
    (end,) = sphere.evolve(System(coupling, detuning, weights), start, 0.0, np.array([300.0]), 1e-6, cost)
    assert cost.steps > 300
    assert np.abs(np.linalg.norm(end, axis=1) - 1).max() < NORM


@given(st.integers(1, 7), st.integers(1, 5), st.floats(-2, 2), st.integers(0, 2**31))
def test_random_systems_run_backwards_to_their_start(count, rank, coupling, seed):
    """Complex conjugation turns time around where weights change their sign: C(t) conj -> -kappa, Omega kept."""
    start, detuning, weights = random_problem(np.random.default_rng(seed), count, rank)
    (end,) = sphere.evolve(System(coupling, detuning, weights), start, 0.0, np.array([0.8]), 1e-12, Cost())
    (back,) = sphere.evolve(System(-coupling, detuning, weights), end.conj(), 0.0, np.array([0.8]), 1e-12, Cost())
    assert np.abs(back.conj() - start).max() < COUPLING


def test_errors_fall_with_the_tolerance(rng):
    start, detuning, weights = random_problem(rng, 6, 3)
    system = System(1.0, detuning, weights)
    best = sphere.evolve(system, start, 0.0, np.array([5.0]), 1e-13, Cost())[0]
    errors = []
    for rtol in (1e-4, 1e-6, 1e-8, 1e-10):
        found = sphere.evolve(system, start, 0.0, np.array([5.0]), rtol, Cost())[0]
        errors.append(np.abs(found - best).max())
        assert errors[-1] < 10 * rtol
    assert errors[0] > 1e3 * errors[-1]


# ---- which coupling is chosen ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "kind"),
    [
        (System(1.0, None, 1.0), MobiusMap),
        (System(0.0, None, 1.0), MobiusMap),
        (System(1.0, np.zeros(3), 2.0), MobiusMap),
        (System(-1.0, None, -1.0), MobiusMap),
        (System(-1.0, None, 1.0), PerNode),
        (System(1.0, np.array([0.0, 0.0, 1e-9]), 1.0), PerNode),
        (System(1.0, None, np.ones((3, 3))), PerNode),
        (System(1.0, None, sparse.csr_array((3, 3))), PerNode),
    ],
)
def test_one_map_is_chosen_exactly_where_it_holds(rng, system, kind):
    chosen = choose(unit_rows(rng, 3, 2), system)
    assert type(chosen) is kind
    if kind is MobiusMap:
        assert chosen.coupling == system.coupling * system.weights


def test_large_problems_are_moved_in_place_and_agree(rng, monkeypatch):
    start, detuning, weights = random_problem(rng, 9, 3)
    coupling = PerNode(start, System(0.8, detuning, weights))
    small, _ = coupling.evolve(coupling.start(), TIMES, 1e-9, Cost())
    monkeypatch.setattr(per_node, "LARGE", 1)
    large, _ = coupling.evolve(coupling.start(), TIMES, 1e-9, Cost())
    assert "in place" in coupling.description
    for a, b in zip(small, large, strict=True):
        assert np.abs(a.nodes - b.nodes).max() < 1e-8  # 10 rtol


# ---- pairs from coordinates -----------------------------------------------------------------------------------------


def some_nodes(rng, spread, count=9):
    """T = 2 times, nodes within ``spread`` of each other."""
    base = unit_rows(rng, 1, 4)
    rows = base + spread * (rng.normal(size=(2, count, 4)) + 1j * rng.normal(size=(2, count, 4)))
    return rows / np.linalg.norm(rows, axis=2, keepdims=True)


@pytest.mark.parametrize("spread", [1.0, 1e-3, 1e-7])
def test_deviations_and_diameters_keep_their_relative_accuracy(rng, spread):
    """Against 50 digits: the rounding of coordinates, eps / spread, is all that is lost."""
    mpmath = pytest.importorskip("mpmath")
    nodes = some_nodes(rng, spread)
    pairs = CoordinatePairs(list(nodes), 9)
    with mpmath.workdps(50):
        exact = np.empty((2, 9, 9), dtype=complex)
        for k in range(2):
            vectors = [[mpmath.mpc(complex(entry)) for entry in row] for row in nodes[k]]
            vectors = [[entry / mpmath.sqrt(sum(abs(e) ** 2 for e in row)) for entry in row] for row in vectors]
            for i in range(9):
                for j in range(9):
                    overlap = sum(a * mpmath.conj(b) for a, b in zip(vectors[i], vectors[j], strict=True))
                    exact[k, i, j] = complex(1 - overlap)
    found = np.exp(pairs.log_deviation())
    allowed = 30 * np.finfo(float).eps / spread
    off = ~np.eye(9, dtype=bool)
    assert np.abs(found[:, off] / exact[:, off] - 1).max() < allowed
    diameter = np.abs(exact).max(axis=(1, 2))
    assert np.abs(np.exp(pairs.log_diameter()) / diameter - 1).max() < allowed


def test_bounds_of_the_diameter_hold_and_are_within_four(rng):
    for spread in (2.0, 0.3, 1e-6):
        pairs = CoordinatePairs(list(some_nodes(rng, spread, count=31)), 31)
        lower, upper = pairs.log_diameter_bounds()
        exact = pairs.log_diameter()
        assert (lower <= exact + 1e-9).all()
        assert (exact <= upper + 1e-9).all()
        assert (upper - lower <= np.log(4) + 1e-12).all()


def test_too_many_nodes_for_the_exact_diameter_are_refused(rng, monkeypatch):
    monkeypatch.setattr("wignerlohe.coupling.pairs.MOST_NODES", 8)
    with pytest.raises(MemoryError, match="diameter_lower and diameter_upper"):
        CoordinatePairs(list(some_nodes(rng, 1.0)), 9).log_diameter()


def test_a_huge_common_detuning_changes_no_correlation(rng):
    start, detuning, weights = random_problem(rng, 4, 3)
    ends = [
        sphere.evolve(System(1.0, detuning + shift, weights), start, 0.0, np.array([3.0]), 1e-12, Cost())[0]
        for shift in (0.0, 2.0**30)
    ]
    grams = [end @ end.conj().T for end in ends]
    # what rounding of Omega_i to eps 2^30 leaves: 3e-7 in three units of time
    assert np.abs(grams[0] - grams[1]).max() < 1e-6
