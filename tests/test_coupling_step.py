"""The exact coupling over a step against its equations stepped by SciPy, closed forms, blow-ups and steps back."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.sparse import csr_array

from tolerances import BLOW_UP_TIME, COMPRESSED, EXACT_STEP, NORM, REVERSED_STEP, ROUNDING
from wignerlohe.coupling.step import BlowUpError, CouplingStep, NodeMap
from wignerlohe.coupling.system import System


def gram(rng, count, rank=4):
    """Correlations of random unit nodes, Hermitian to the last bit."""
    nodes = rng.normal(size=(count, rank)) + 1j * rng.normal(size=(count, rank))
    nodes /= np.linalg.norm(nodes, axis=1)[:, None]
    z = nodes @ nodes.conj().T
    return (z + z.conj().T) / 2


def general(rng, count):
    """Correlations of no states: not Hermitian, of different norms."""
    return 1 - 0.5 * rng.random((count, count)) * np.exp(2j * np.pi * rng.random((count, count)))


def systems(rng, count):
    """Every kind: attraction, repulsion, detunings, directed and signed networks, dense and sparse."""
    detuning, weights = rng.normal(size=count), rng.normal(size=(count, count))
    return {
        "complete": System(1.3, None, 0.9),
        "repulsive": System(-0.8, None, 1.0),
        "detuned": System(1.1, detuning, 1.0),
        "network": System(0.7, None, weights),
        "sparse": System(1.2, detuning, csr_array(np.where(weights > 0, weights, 0.0))),
    }


def reference(z, system, step, divide):
    """Z, G and H^T by the equations as they stand, in plain sums."""
    count = len(z)
    a_jk = system.weights
    a_jk = np.full((count, count), a_jk) if isinstance(a_jk, float) else a_jk @ np.eye(count)
    omega = np.zeros(count) if system.detuning is None else system.detuning
    half = system.coupling / 2

    def derivative(_, values):
        z, left, right = values.reshape(3, count, count)
        norms = np.diag(z) if divide else np.ones(count)
        a = np.array([sum(a_jk[i, k] * z[i, k] for k in range(count)) / count for i in range(count)]) / norms
        b = np.array([sum(a_jk[j, k] * z[k, j] for k in range(count)) / count for j in range(count)]) / norms
        rate_left = half * (a_jk / count - np.diag(a)) - 1j * np.diag(omega)
        rate_right = half * (a_jk / count - np.diag(b)) + 1j * np.diag(omega)
        return np.array([rate_left @ z + z @ rate_right.T, rate_left @ left, rate_right @ right]).ravel()

    one = np.eye(count)
    start = np.array([z, one, one], dtype=complex).ravel()
    found = solve_ivp(derivative, (0, step), start, method="DOP853", rtol=1e-13, atol=1e-14).y[:, -1]
    return found.reshape(3, count, count)


@pytest.mark.parametrize("kind", ["complete", "repulsive", "detuned", "network", "sparse"])
@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("divide", [True, False])
@pytest.mark.parametrize("data", [gram, general])
def test_maps_solve_their_equations(rng, kind, count, divide, data):
    system, z = systems(rng, count)[kind], data(rng, count)
    for step in (0.2, -0.3):
        left, right = CouplingStep(system, divide).step(z, step)
        after, g, h = reference(z, system, step, divide)
        assert np.abs(left.matrix() - g).max() < EXACT_STEP
        assert np.abs(right.matrix() - h).max() < EXACT_STEP
        assert np.abs(left.matrix() @ z @ right.matrix().T - after).max() < EXACT_STEP
    if data is gram:
        np.testing.assert_array_equal(right.matrix(), left.matrix().conj())


@pytest.mark.parametrize("kind", ["complete", "repulsive", "detuned", "network", "sparse"])
def test_a_step_cut_into_pieces_is_the_same(rng, kind):
    system, z = systems(rng, 4)[kind], gram(rng, 4)
    whole, _ = CouplingStep(system).step(z, 5.0 / 1.3)
    after, g, _ = reference(z, system, 5.0 / 1.3, True)
    assert np.abs(whole.matrix() - g).max() < EXACT_STEP
    assert np.abs(whole.matrix() @ z @ whole.matrix().conj().T - after).max() < EXACT_STEP


@pytest.mark.parametrize("kind", ["complete", "repulsive", "detuned", "network"])
@pytest.mark.parametrize("step", [1e-8, 0.05, 0.3])
def test_a_step_back_undoes_a_step_forth(rng, kind, step):
    coupling, z = CouplingStep(systems(rng, 7)[kind]), gram(rng, 7)
    forth = coupling.step(z, step)[0]
    there = forth.matrix() @ z @ forth.matrix().conj().T
    back = coupling.step((there + there.conj().T) / 2, -step)[0]
    assert np.abs(back.after(forth).matrix() - np.eye(7)).max() < REVERSED_STEP


@pytest.mark.parametrize("kind", ["complete", "repulsive", "detuned", "network"])
def test_norms_stay_over_many_steps(rng, kind):
    coupling, z = CouplingStep(systems(rng, 6)[kind]), gram(rng, 6)
    for _ in range(500):
        moved = coupling.step(z, 0.05)[0].matrix()
        z = moved @ z @ moved.conj().T
        z = (z + z.conj().T) / 2
    assert np.abs(np.diag(z) - 1).max() < NORM


def test_division_keeps_norms_that_differ(rng):
    z = general(rng, 3)
    left, right = CouplingStep(System(1.1, rng.normal(size=3), rng.normal(size=(3, 3))), divide=True).step(z, 1.5)
    after = left.matrix() @ z @ right.matrix().T
    np.testing.assert_allclose(np.diag(after), np.diag(z), rtol=ROUNDING)


def test_a_tiny_step_is_known_relatively(rng):
    z, step = gram(rng, 5), 1e-8
    left, _ = CouplingStep(System(2.0, None, 1.0)).step(z, step)
    rate = np.full((5, 5), 1 / 5) - np.diag(z.sum(axis=1) / 5)
    change = left.g[:, None] * (left.U @ left.Q.T)  # what the map adds beside factors of the nodes
    np.testing.assert_allclose(change, step * np.full((5, 5), 1 / 5), rtol=1e-7)
    np.testing.assert_allclose(left.matrix() - np.eye(5), step * rate, atol=ROUNDING)


def test_nodes_that_nearly_agree_stay_where_closed_form_has_them():
    gap = 1e-12 * (1 + 0.3j)
    z = np.array([[1, 1 - gap], [1 - gap.conjugate(), 1]])
    for step in (0.4, -0.4):  # (13) of the paper
        left, right = CouplingStep(System(1.5, None, 1.0)).step(z, step)
        exact = 2 * gap / (gap + (2 - gap) * np.exp(1.5 * step))
        assert abs(1 - (left.matrix() @ z @ right.matrix().T)[0, 1] - exact) < ROUNDING


def test_a_very_long_step_synchronises(rng):
    z = gram(rng, 5)
    left, right = CouplingStep(System(1.0, None, 1.0)).step(z, 1000.0)
    assert np.abs(left.matrix() @ z @ right.matrix().T - 1).max() < NORM


@pytest.mark.parametrize(("count", "depth", "event"), [(3, 0.8, np.log(6)), (4, 0.4, np.log(21))])
@pytest.mark.parametrize("coupling", [0.7, 2.0])
def test_blow_up_is_an_error_with_its_time(count, depth, event, coupling):
    z = np.full((count, count), -depth) + (1 + depth) * np.eye(count)
    step = CouplingStep(System(coupling, None, 1.0), divide=False)
    step.step(z, 0.999 * event / coupling)
    with pytest.raises(BlowUpError, match="blow up") as found:
        step.step(z, 1.1 * event / coupling)
    assert abs(found.value.elapsed * coupling - event) < BLOW_UP_TIME


def test_the_map_of_a_complete_graph_is_of_rank_two(rng):
    left, _ = CouplingStep(System(1.0, None, 1.0)).step(gram(rng, 9, rank=12), 0.1)
    few = left.compressed(1e-13)
    assert few.U.shape[1] == 2
    assert np.abs(few.matrix() - left.matrix()).max() < COMPRESSED


def test_maps_in_a_row_multiply(rng):
    def random_map(rank):
        g, u, q = (rng.normal(size=shape) + 1j * rng.normal(size=shape) for shape in (5, (5, rank), (5, rank)))
        return NodeMap(g, u, q)

    first, second = random_map(2), random_map(4)
    both = second.after(first)
    product = second.matrix() @ first.matrix()
    assert np.abs(both.matrix() - product).max() < ROUNDING * np.abs(product).max()
    assert both.gathered().U.shape == (5, 5)
    assert np.abs(both.gathered().matrix() - product).max() < ROUNDING * np.abs(product).max()
    np.testing.assert_array_equal(both.conj().matrix(), both.matrix().conj())
