"""The closed forms of two nodes against their equation stepped plainly, and against 50 digits."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

import wignerlohe as wl
from tolerances import CLOSED_FORM, LOGARITHM, ROUNDING, TWO_NODES
from wignerlohe import two_nodes

STARTS = [0.3 - 0.4j, -0.9 + 0.2j, 0.99, -0.5, 1j, 1.5, 0.4 + 1.3j]
KAPPA = 1.25


def stepped(z0, kappa, times, detuning):
    """``z' = -i W z + (kappa / 2)(1 - z^2)`` by SciPy's DOP853."""
    return solve_ivp(
        lambda _, z: -1j * detuning * z + kappa / 2 * (1 - z**2),
        (0.0, times[-1]),
        [complex(z0)],
        method="DOP853",
        t_eval=times,
        rtol=1e-13,
        atol=1e-14,
    ).y[0]


def fifty_digits(z0, kappa, time, detuning):
    """``1 - z(t)`` from the fixed points: ``(z - z_+) / (z - z_-)`` falls exponentially."""
    with mpmath.workdps(50 + int(0.5 * abs(kappa) * time)):
        z0, kappa, time, detuning = mpmath.mpmathify(z0), mpmath.mpf(kappa), mpmath.mpf(time), mpmath.mpf(detuning)
        root = mpmath.sqrt(mpmath.mpc(1 - (detuning / kappa) ** 2))
        plus, minus = -1j * detuning / kappa + root, -1j * detuning / kappa - root
        if z0 == plus:
            return complex(1 - plus)
        if root == 0:
            return complex(1 - (plus + 1 / (kappa * time / 2 + 1 / (z0 - plus))))
        ratio = (z0 - plus) / (z0 - minus) * mpmath.exp(-kappa * root * time)
        return complex(1 - (plus - ratio * minus) / (1 - ratio))


@pytest.mark.parametrize("z0", STARTS)
@pytest.mark.parametrize(
    "detuning",
    [0.0, 0.5, -1.2, KAPPA, -KAPPA, KAPPA * (1 - 1e-9), KAPPA * (1 + 1e-9), KAPPA * (1 + 1e-4), 1.3, -2.0, 7.0],
)
def test_correlations_solve_their_equation(z0, detuning):
    times = np.linspace(0.1, 10.0, 23)
    if detuning and abs(z0) > 1:
        times = times[:4]  # detuned data beyond |z| = 1 may pass near infinity
    found = two_nodes.correlation(z0, KAPPA, times, detuning)
    assert np.abs(found - stepped(z0, KAPPA, times, detuning)).max() < 10 * TWO_NODES
    assert np.abs(two_nodes.deviation(z0, KAPPA, times, detuning) - (1 - found)).max() < TWO_NODES


@pytest.mark.parametrize("z0", STARTS[:5])
@pytest.mark.parametrize("detuning", [0.0, 0.5, KAPPA, KAPPA * (1 - 1e-12), KAPPA * (1 + 1e-7), 1.3, 7.0])
@pytest.mark.parametrize("time", [0.0, 1e-3, 2.0, 30.0, 160.0, 1600.0])
def test_correlations_agree_with_fifty_digits(z0, detuning, time):
    # rounding of W t, and near |W| = kappa of kappa - W, is amplified by the time passed
    allowed = CLOSED_FORM * (1 + time)
    exact = fifty_digits(z0, KAPPA, time, detuning)
    assert abs(two_nodes.correlation(z0, KAPPA, time, detuning) - (1 - exact)) < allowed
    assert abs(two_nodes.deviation(z0, KAPPA, time, detuning) - exact) < allowed


@pytest.mark.parametrize("z0", STARTS)
@pytest.mark.parametrize("kappa_t", [0.0, 1e-6, 1.0, 37.0, 200.0, 650.0])
def test_deviations_without_detuning_are_relatively_right(z0, kappa_t):
    exact = fifty_digits(z0, KAPPA, kappa_t / KAPPA, 0.0)
    found = complex(two_nodes.deviation(z0, KAPPA, kappa_t / KAPPA))
    assert abs(found / exact - 1) < max(CLOSED_FORM, 3e-16 * kappa_t)


def test_the_deviation_at_kappa_t_200_is_the_formula_of_the_paper():
    # 2 (1 - z0) / ((1 + z0) e^{200} + 1 - z0), z0 = 1/2: 2/3 e^{-200} to 87 digits
    exact = float(mpmath.mpf(2) / 3 * mpmath.exp(-200))
    assert float(two_nodes.deviation(0.5, 1.0, 200.0).real) == pytest.approx(exact, rel=CLOSED_FORM)


def test_kappa_t_2000_neither_overflows_nor_is_wrong():
    times = [2000.0, 1e5]
    for detuning in (0.0, 0.4, 1.0, 1.7):
        z = two_nodes.correlation(0.2 + 0.1j, 1.0, times, detuning)
        assert np.isfinite(z).all()
    assert np.all(two_nodes.deviation(0.2 + 0.1j, 1.0, times) == 0)  # e^{-2000} is below every float
    assert two_nodes.correlation(0.2, 1.0, 2000.0, 0.4) == pytest.approx(np.sqrt(0.84) - 0.4j, abs=LOGARITHM)


def test_a_negative_coupling_runs_time_backwards():
    there = two_nodes.correlation(0.3 - 0.4j, 1.1, 2.0, 0.4)
    # z(t; kappa, W) undone: z' = -(...) is the equation with -kappa and -W
    back = two_nodes.correlation(complex(there), -1.1, 2.0, -0.4)
    assert abs(back - (0.3 - 0.4j)) < TWO_NODES
    assert two_nodes.deviation(0.3, -1.1, 3.0) == pytest.approx(
        1 - two_nodes.correlation(0.3, -1.1, 3.0), rel=TWO_NODES
    )


def test_results_have_the_shape_of_the_times():
    assert two_nodes.correlation(0.1, 1.0, 2.0).shape == ()
    assert two_nodes.correlation(0.1, 1.0, np.ones((2, 3)), 0.3).shape == (2, 3)
    assert two_nodes.deviation(0.1, 1.0, np.ones((2, 3))).shape == (2, 3)


def test_without_coupling_only_the_phase_turns():
    z = two_nodes.correlation(0.3 - 0.4j, 0.0, 2.0, 0.7)
    assert abs(z - (0.3 - 0.4j) * np.exp(-1.4j)) < CLOSED_FORM


@given(z0=st.complex_numbers(max_magnitude=1), detuning=st.floats(-3, 3), t=st.floats(0, 5), s=st.floats(0, 5))
def test_going_on_from_t_equals_going_all_the_way(z0, detuning, t, s):
    half = complex(two_nodes.correlation(z0, 1.0, t, detuning))
    direct = complex(two_nodes.correlation(z0, 1.0, t + s, detuning))
    # near the repelling point -1 an error of the first part grows by e^s
    assert abs(two_nodes.correlation(half, 1.0, s, detuning) - direct) < TWO_NODES


def test_locked_nodes_approach_the_fixed_point_at_the_locking_rate():
    for detuning in (0.6, -0.9):
        limit = two_nodes.locked_correlation(KAPPA, detuning)
        assert abs(-1j * detuning * limit + KAPPA / 2 * (1 - limit**2)) < ROUNDING
        assert limit.real > 0
        early, late = np.abs(two_nodes.correlation(0.2j, KAPPA, [8.0, 10.0], detuning) - limit)
        rate = np.log(early / late) / 2
        expected = np.sqrt(KAPPA**2 - detuning**2)
        assert two_nodes.locking_rate(KAPPA, detuning) == pytest.approx(expected, rel=ROUNDING)
        assert rate == pytest.approx(expected, rel=1e-3)  # the rate is a limit: e^{-8} is still to come


def test_critical_nodes_approach_the_fixed_point_like_two_over_kappa_t():
    for detuning in (KAPPA, -KAPPA):
        t = 1e6
        gap = two_nodes.correlation(0.3 + 0.1j, KAPPA, t, detuning) + 1j * detuning / KAPPA
        # 1 / gap = kappa t / 2 + 1 / gap(0), and gap(0) is above 1 / 3
        assert t * abs(gap) == pytest.approx(2 / KAPPA, rel=6 * 2 / (KAPPA * t))
        assert two_nodes.locking_rate(KAPPA, detuning) == 0
        assert two_nodes.locked_correlation(KAPPA, detuning) == pytest.approx(-1j * np.sign(detuning))


def test_drifting_nodes_come_back_after_one_period():
    for detuning in (1.3, -2.0, 5.0):
        period = two_nodes.period(KAPPA, detuning)
        assert period == pytest.approx(2 * np.pi / np.sqrt(detuning**2 - KAPPA**2), rel=ROUNDING)
        for z0 in STARTS[:4]:
            assert abs(two_nodes.correlation(z0, KAPPA, period, detuning) - z0) < TWO_NODES
            assert abs(two_nodes.correlation(z0, KAPPA, period / 2, detuning) - z0) > 1e-3
    assert two_nodes.period(KAPPA, KAPPA) == np.inf
    assert two_nodes.period(KAPPA, 0.3) == np.inf


def test_near_critical_rates_and_periods_keep_their_digits():
    for ratio, function in ((1 - 1e-10, two_nodes.locking_rate), (1 + 1e-10, two_nodes.period)):
        with mpmath.workdps(40):
            root = float(mpmath.sqrt(abs(1 - mpmath.mpf(ratio) ** 2)))
        expected = root if function is two_nodes.locking_rate else 2 * np.pi / root
        assert function(1.0, ratio) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("z0", [-1.01, -1.5, -4.0, -1000.0])
def test_blow_up_is_to_minus_infinity_at_the_mended_time(z0):
    time = two_nodes.blow_up_time(z0, KAPPA)
    exact = mpmath.log((mpmath.mpf(z0) - 1) / (mpmath.mpf(z0) + 1)) / KAPPA
    assert time == pytest.approx(float(exact), rel=1e-12)
    before, after = two_nodes.correlation(z0, KAPPA, [time * (1 - 1e-6), time * (1 + 1e-6)]).real
    assert before < -1e4
    assert after > 1e4


@pytest.mark.parametrize("z0", [1.5, 40.0, -1.0, 1.0, 0.0, -1.5 + 1e-9j, 2j])
def test_nothing_else_blows_up(z0):
    assert two_nodes.blow_up_time(z0, KAPPA) == np.inf
    assert np.isfinite(two_nodes.correlation(z0, KAPPA, np.linspace(0, 9, 1001))).all()


def test_z_above_one_falls_to_one():
    z = two_nodes.correlation(1.5, KAPPA, np.linspace(0, 20, 101)).real
    assert np.all(np.diff(z[:60]) < 0)
    assert z[-1] == pytest.approx(1, abs=1e-10)


def test_the_repelling_fixed_point_stays():
    assert two_nodes.correlation(-1.0, KAPPA, [0.0, 5.0]) == pytest.approx([-1, -1])


@pytest.mark.parametrize("coupling", [0.0, -1.0, np.nan])
def test_rates_need_a_positive_coupling(coupling):
    for call in (two_nodes.locking_rate, two_nodes.locked_correlation, two_nodes.period):
        with pytest.raises(wl.InvalidInputError, match="`coupling` must be positive"):
            call(coupling, 0.1)
    with pytest.raises(wl.InvalidInputError, match="`coupling` must be positive"):
        two_nodes.blow_up_time(-2.0, coupling)


def test_drifting_nodes_have_no_locked_state():
    for call in (two_nodes.locking_rate, two_nodes.locked_correlation):
        with pytest.raises(wl.InvalidInputError, match="`detuning` must not exceed the coupling"):
            call(1.0, 1.01)


@pytest.mark.parametrize(("z0", "kappa_t"), [(-1.0, 200.0), (-1 + 1e-10, 23.0), (-1 + 1e-6, 14.0), (-0.3, 5.0)])
def test_correlations_near_the_antipode_are_one_minus_the_deviation(z0, kappa_t):
    found = two_nodes.correlation(z0, 1.0, kappa_t)
    assert abs(found - (1 - two_nodes.deviation(z0, 1.0, kappa_t))) < 1e-15
