"""The scalar form against equation (20) stepped plainly, up to its blow-ups."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

import wignerlohe as wl
from tolerances import BLOW_UP_TIME, COUPLING, CROSS_RATIO, LOGARITHM, TWO_NODES
from wignerlohe.coupling import scalars
from wignerlohe.coupling.base import Cost
from wignerlohe.coupling.pairs import FactoredPairs
from wignerlohe.coupling.scalars import ScalarState
from wignerlohe.models import two_nodes


def equation_20(z, kappa):
    """``z_ij' = (kappa / 2N) sum_k (z_ik + z_kj) (1 - z_ij)``, term by term."""
    count = len(z)
    result = np.zeros_like(z)
    for i in range(count):
        for j in range(count):
            for k in range(count):
                result[i, j] += kappa / (2 * count) * (z[i, k] + z[k, j]) * (1 - z[i, j])
    return result


def stepped(start, kappa, times):
    """Equation (20) by SciPy's DOP853."""
    found = solve_ivp(
        lambda _, y: equation_20(y.reshape(start.shape), kappa).ravel(),
        (0.0, times[-1]),
        start.ravel().astype(complex),
        method="DOP853",
        t_eval=times,
        rtol=1e-13,
        atol=1e-13,
    )
    return found.y.T.reshape(len(times), *start.shape)


def evolve(start, kappa, times, rtol=1e-12, state=None):
    """States at the times, and the event."""
    state = ScalarState.identity(len(start)) if state is None else state
    return scalars.evolve(1 - np.asarray(start), kappa, state, np.array(times, dtype=float), rtol, Cost())


def deviations(start, kappa, states):
    """``1 - z_ij = (1 - z_ij(0)) g_i h_j``, pair by pair, as logarithms: (T, N, N)."""
    result = np.empty((len(states), *np.shape(start)), dtype=complex)
    for k, state in enumerate(states):
        log_g, log_h = state.logarithms(kappa)
        for i in range(len(start)):
            for j in range(len(start)):
                with np.errstate(divide="ignore"):  # log 0 = -inf where z_ij = 1
                    result[k, i, j] = np.log(complex(1 - start[i][j])) + log_g[i] + log_h[j]
    return result


def random_matrix(rng, count, size=0.8):
    """No symmetry, no ones on the diagonal."""
    return size * (rng.normal(size=(count, count)) + 1j * rng.normal(size=(count, count))) / np.sqrt(2 * count) + 0.3


def equal_correlations(count, c):
    return (1 + c) * np.eye(count) - np.full((count, count), c)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("kappa", [1.3, 0.4])
def test_any_matrix_follows_equation_20_stepped_plainly(rng, count, kappa):
    start, times = random_matrix(rng, count), [0.2, 1.7, 6.0]
    states, event = evolve(start, kappa, times)
    assert event is None
    z = 1 - np.exp(deviations(start, kappa, states))
    assert np.abs(z - stepped(start, kappa, times)).max() < COUPLING


def test_a_negative_coupling_follows_equation_20_too(rng):
    start, times = random_matrix(rng, 4), [0.2, 0.9]
    states, _ = evolve(start, -0.7, times)
    z = 1 - np.exp(deviations(start, -0.7, states))
    assert np.abs(z - stepped(start, -0.7, times)).max() < COUPLING


def test_without_coupling_correlations_stand_still(rng):
    states, event = evolve(random_matrix(rng, 4), 0.0, [0.0, 1.0, 50.0])
    assert event is None
    for state in states:
        assert np.all(state.lam == 0)
        assert np.all(state.mu == 0)


def test_hermitian_data_stay_hermitian(rng):
    start = random_matrix(rng, 5)
    start = (start + start.conj().T) / 2
    states, _ = evolve(start, 1.0, [3.0])
    assert np.abs(states[0].lam - states[0].mu.conj()).max() < COUPLING


@pytest.mark.parametrize(("count", "c", "growth"), [(3, 0.8, 6.0), (4, 0.4, 21.0), (5, 0.5, 6.0), (7, 0.3, 9.75)])
def test_negative_correlations_blow_up_at_the_time_of_the_formula(count, c, growth):
    assert growth == pytest.approx((count - 1) * (1 + c) / ((count - 1) * c - 1))
    expected = np.log(growth)
    _, event = evolve(equal_correlations(count, c), 1.0, [10.0], rtol=1e-10)
    assert event.time == pytest.approx(expected, abs=BLOW_UP_TIME)


def test_blow_up_times_scale_with_the_coupling():
    _, event = evolve(equal_correlations(3, 0.8), 0.25, [100.0])
    assert event.time == pytest.approx(4 * np.log(6), abs=4 * BLOW_UP_TIME)


def test_correlations_below_the_threshold_do_not_blow_up():
    # N = 4: c > 1/3 does
    states, event = evolve(equal_correlations(4, 0.33), 1.0, [30.0])
    assert event is None
    assert len(states) == 1


@given(z0=st.floats(-6.0, -1.05))
def test_two_nodes_blow_up_at_the_mended_time(z0):
    _, event = evolve([[1.0, z0], [z0, 1.0]], 1.4, [20.0])
    assert event.time == pytest.approx(np.log((z0 - 1) / (z0 + 1)) / 1.4, abs=BLOW_UP_TIME)
    assert event.time == pytest.approx(two_nodes.blow_up_time(z0, 1.4), abs=BLOW_UP_TIME)


def test_two_nodes_above_one_fall_to_one_without_a_blow_up():
    start = np.array([[1.0, 1.5], [1.5, 1.0]])
    times = np.linspace(0.1, 40.0, 60)
    states, event = evolve(start, 1.0, times)
    z = 1 - np.exp(deviations(start, 1.0, states))[:, 0, 1]
    assert event is None
    assert np.all(np.diff(z.real[:20]) < 0)
    assert np.abs(z - two_nodes.correlation(1.5, 1.0, times)).max() < TWO_NODES


def test_output_times_before_a_blow_up_are_kept_and_later_ones_dropped():
    start, times = equal_correlations(3, 0.8), [0.5, 1.0, 1.7, 1.79, 1.8, 5.0]
    states, event = evolve(start, 1.0, times)
    assert [state.time for state in states] == [0.5, 1.0, 1.7, 1.79]
    assert event.time > 1.79
    z = 1 - np.exp(deviations(start, 1.0, states))
    assert np.abs(z[:2] - stepped(start, 1.0, [0.5, 1.0])).max() < COUPLING
    # near the blow-up z' = z^2 (N - 1)/N for these data, so z = -(N/(N - 1)) / (t* - t)
    assert z[-1, 0, 1].real == pytest.approx(-1.5 / (np.log(6) - 1.79), rel=5e-3)


def test_a_large_start_is_no_blow_up():
    start = np.array([[1.0, 1e6], [1e6, 1.0]])
    states, event = evolve(start, 1.0, [5.0])
    assert event is None
    deviation = np.exp(deviations(start, 1.0, states))[0, 0, 1]
    assert deviation == pytest.approx(two_nodes.deviation(1e6, 1.0, 5.0), rel=COUPLING)


def test_cross_ratios_are_constant(rng):
    start = random_matrix(rng, 4)
    states, _ = evolve(start, 1.0, [0.5, 4.0, 300.0])
    logs = deviations(start, 1.0, states)

    def cross_ratio(log):
        return np.exp(log[0, 1] + log[2, 3] - log[0, 3] - log[2, 1])

    before = (1 - start[0, 1]) * (1 - start[2, 3]) / ((1 - start[0, 3]) * (1 - start[2, 1]))
    for log in logs:
        assert abs(cross_ratio(log) / before - 1) < CROSS_RATIO


def test_cross_ratios_of_the_plain_equation_are_constant_too(rng):
    start = random_matrix(rng, 4)
    (z,) = stepped(start, 1.0, [2.0])
    ratios = [(1 - m[0, 1]) * (1 - m[2, 3]) / ((1 - m[0, 3]) * (1 - m[2, 1])) for m in (start, z)]
    assert abs(ratios[1] / ratios[0] - 1) < CROSS_RATIO


@pytest.mark.parametrize("kappa_t", [40.0, 200.0, 700.0, 2000.0])
def test_deviations_of_two_nodes_are_right_as_logarithms_at_any_time(kappa_t):
    z0 = 0.3 - 0.4j
    start = np.array([[1.0, z0], [np.conj(z0), 1.0]])
    states, _ = evolve(start, 0.5, [2 * kappa_t], rtol=1e-13)
    found = deviations(start, 0.5, states)[0, 0, 1]
    # (13) for e^{-kappa t} << 1: log(1 - z) = log(2 (1 - z0) / (1 + z0)) - kappa t
    expected = np.log(2 * (1 - z0) / (1 + z0)) - kappa_t
    assert abs(found - expected) < LOGARITHM


def test_going_on_from_a_state_equals_going_all_the_way(rng):
    start = random_matrix(rng, 5)
    (half,), _ = evolve(start, 1.1, [1.3])
    (resumed,), _ = evolve(start, 1.1, [4.0], state=half)
    (direct,), _ = evolve(start, 1.1, [4.0])
    assert np.abs(resumed.lam - direct.lam).max() < COUPLING
    assert np.abs(resumed.mu - direct.mu).max() < COUPLING


def test_a_state_does_not_depend_on_which_other_times_are_asked_for(rng):
    start, times = random_matrix(rng, 3), [0.0, 0.1, 0.15, 2.0, 7.0]
    together, _ = evolve(start, 1.0, times)
    for time, state in zip(times, together, strict=True):
        (alone,), _ = evolve(start, 1.0, [time])
        assert state.time == time
        assert np.abs(state.lam - alone.lam).max() < COUPLING


def test_errors_fall_with_the_tolerance(rng):
    start = random_matrix(rng, 5)
    (best,), _ = evolve(start, 1.0, [5.0], rtol=1e-13)
    for rtol in (1e-5, 1e-8, 1e-11):
        (found,), _ = evolve(start, 1.0, [5.0], rtol=rtol)
        assert np.abs(found.lam - best.lam).max() < 10 * rtol


# ---- pairs ----------------------------------------------------------------------------------------------------------


def some_pairs(rng):
    initial = rng.normal(size=(5, 5)) + 1j * rng.normal(size=(5, 5))
    np.fill_diagonal(initial, 0)
    log_g, log_h = rng.normal(size=(2, 3, 5)) + 1j * rng.normal(size=(2, 3, 5))
    return FactoredPairs(log_g, log_h, lambda rows: initial[rows], lambda i, j: initial[i, j]), initial


def test_deviations_of_pairs_are_products_of_their_factors(rng):
    pairs, initial = some_pairs(rng)
    logs = pairs.log_deviation()
    for k in range(3):
        for i in range(5):
            for j in range(5):
                expected = initial[i, j] * np.exp(pairs.log_g[k, i]) * np.exp(pairs.log_h[k, j])
                assert abs(np.exp(logs[k, i, j]) - expected) < 1e-12


def test_chosen_pairs_are_entries_of_all_pairs(rng):
    pairs, _ = some_pairs(rng)
    chosen = np.array([[0, 1], [4, 2], [3, 3]])
    expected = pairs.log_deviation()[:, chosen[:, 0], chosen[:, 1]]
    assert np.array_equal(pairs.log_deviation_of(chosen), expected)


def test_the_diameter_in_blocks_is_the_diameter(rng, monkeypatch):
    pairs, _ = some_pairs(rng)
    whole = pairs.log_deviation().real.max(axis=(1, 2))
    assert np.abs(pairs.log_diameter() - whole).max() < 1e-14
    monkeypatch.setattr("wignerlohe.coupling.pairs.BLOCK", 10)  # two rows at a time
    assert np.abs(pairs.log_diameter() - whole).max() < 1e-14


def test_too_many_pairs_are_refused_and_the_way_out_named(rng, monkeypatch):
    pairs, _ = some_pairs(rng)
    monkeypatch.setattr("wignerlohe.coupling.pairs.MOST_ENTRIES", 74)
    with pytest.raises(MemoryError, match=r"3 x 5\^2 entries.*pairs=.*\[output\] pairs"):
        pairs.log_deviation()


@pytest.mark.parametrize("gap", [1e-4, 1e-6, 1e-9, 1e-11])
def test_a_blow_up_close_after_a_segment_ends_is_the_same_event(gap):
    start = np.full((3, 3), -0.8) + 1.8 * np.eye(3)
    times = np.append(np.linspace(0.0, np.log(6) * (1 - gap), 64), 3.0)
    solution = wl.solve(wl.Correlations(coupling=1.0), start, times)
    assert len(solution.times) >= 63  # a time within rounding of the event may fall to either side
    assert solution.blow_up_time == pytest.approx(np.log(6), rel=1e-8)


def test_the_mean_field_of_a_matrix_needs_no_array_over_all_pairs_and_times(rng, monkeypatch):
    z = 0.2 * (rng.normal(size=(5, 5)) + 1j * rng.normal(size=(5, 5))) + 0.5j
    solution = wl.solve(wl.Correlations(coupling=0.7), z, [0.0, 0.4, 2.0])
    expected = solution.correlation.mean(axis=2)
    monkeypatch.setattr("wignerlohe.coupling.pairs.MOST_ENTRIES", 10)
    fresh = wl.solve(wl.Correlations(coupling=0.7), z, [0.0, 0.4, 2.0])
    assert np.abs(fresh.mean_field - expected).max() < 1e-14
    assert np.abs(fresh.order_parameter - np.sqrt(np.abs(expected.mean(axis=1)))).max() < 1e-14


@pytest.mark.parametrize("miss", [1e-6, 1e-8])
def test_a_path_that_passes_close_by_infinity_is_no_blow_up(miss):
    z0 = -1.5 + miss * 1j
    solution = wl.solve(wl.Correlations(coupling=1.0), [[1.0, z0], [z0, 1.0]], [1.0, 3.0])
    assert solution.blow_up_time is None
    # the passage multiplies the error of the integration by 1 / miss
    assert abs(solution.correlation[1, 0, 1] / two_nodes.correlation(z0, 1.0, 3.0) - 1) < 10 * 1e-10 / miss
