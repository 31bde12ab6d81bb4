"""Left and right factors: two maps against the plain equations, the scalar form, and the known blow-up times."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from tolerances import BLOW_UP_TIME, COUPLING, GROUP, ROUNDING
from wignerlohe.coupling.base import Cost
from wignerlohe.coupling.left_right import LeftRight, _exponential, _generator
from wignerlohe.coupling.mobius import MobiusMap
from wignerlohe.coupling.scalars import ScalarForm


def factors(rng, count, rank, size=0.5):
    """General factors: no unit norms, no symmetry."""
    left, right = size * (rng.normal(size=(2, count, rank)) + 1j * rng.normal(size=(2, count, rank)))
    return left, right + 0.3 * left


def moved(left, right, kappa):
    return LeftRight(left, right, 1 - left @ right.conj().T, kappa)


def equations(left, right, kappa):
    """``phi_i' = (kappa/2N) sum_k (phi_k - z_ik phi_i)``, ``chi_j' = (kappa/2N) sum_k (chi_k - conj(z_kj) chi_j)``."""
    count = len(left)
    results = np.zeros_like(left), np.zeros_like(right)
    for i in range(count):
        for k in range(count):
            z_ik, z_ki = np.sum(left[i] * right[k].conj()), np.sum(left[k] * right[i].conj())
            results[0][i] += kappa / (2 * count) * (left[k] - z_ik * left[i])
            results[1][i] += kappa / (2 * count) * (right[k] - np.conj(z_ki) * right[i])
    return np.array(results)


@pytest.mark.parametrize(("count", "rank"), [(5, 3), (3, 4), (4, 1), (1, 2)])
@pytest.mark.parametrize("kappa", [1.3, -0.6])
def test_factors_follow_their_equations_stepped_plainly(rng, count, rank, kappa):
    left, right = factors(rng, count, rank)
    times = np.array([0.0, 0.4, 1.1])
    coupling = moved(left, right, kappa)
    states, event = coupling.evolve(coupling.start(), times, 1e-12, Cost())
    found = solve_ivp(
        lambda _, y: equations(*y.reshape(2, count, rank), kappa).ravel(),
        (0.0, 1.1),
        np.array([left, right]).ravel(),
        method="DOP853",
        t_eval=times,
        rtol=1e-13,
        atol=1e-14,
    ).y.T.reshape(-1, 2, count, rank)
    assert event is None
    for state, (phi, chi) in zip(states, found, strict=True):
        assert np.abs(coupling.coordinates(state) - phi).max() < COUPLING
        assert np.abs(coupling.right_coordinates(state) - chi).max() < COUPLING


def test_pairs_are_those_of_the_scalar_form(rng):
    left, right = factors(rng, 6, 3)
    times = np.array([0.3, 1.0, 40.0])
    maps, numbers = moved(left, right, 0.9), ScalarForm(1 - left @ right.conj().T, 0.9)
    states = maps.evolve(maps.start(), times, 1e-12, Cost())[0]
    others = numbers.evolve(numbers.start(), times, 1e-12, Cost())[0]
    difference = maps.pairs(states).log_deviation() - numbers.pairs(others).log_deviation()
    assert np.abs(np.exp(difference) - 1).max() < COUPLING
    assert np.abs(maps.mean_field(states) - numbers.mean_field(others)).max() < COUPLING


def test_equal_factors_are_nodes(rng):
    rows = rng.normal(size=(5, 3)) + 1j * rng.normal(size=(5, 3))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    times = np.array([0.5, 2.0])
    two, one = moved(rows, rows, 1.1), MobiusMap(rows, 1.1)
    states, plain = two.evolve(two.start(), times, 1e-12, Cost())[0], one.evolve(one.start(), times, 1e-12, Cost())[0]
    for a, b in zip(states, plain, strict=True):
        assert np.abs(two.coordinates(a) - one.coordinates(b)).max() < COUPLING
        assert np.abs(two.right_coordinates(a) - one.coordinates(b)).max() < COUPLING


@pytest.mark.parametrize(("count", "c", "time"), [(3, 0.8, np.log(6)), (4, 0.4, np.log(21))])
@pytest.mark.parametrize("kappa", [1.0, 2.5])
def test_blow_up_times(count, c, time, kappa):
    z = np.full((count, count), -c) + (1 + c) * np.eye(count)
    coupling = moved(np.eye(count, dtype=complex), z.astype(complex), kappa)
    states, event = coupling.evolve(coupling.start(), np.array([0.1, 0.5, 100.0]) / kappa, 1e-10, Cost())
    assert event.time * kappa == pytest.approx(time, rel=BLOW_UP_TIME)
    assert len(states) == 2


def test_maps_stay_in_their_group(rng):
    left, right = factors(rng, 5, 4)
    coupling = moved(left, right, 1.0)
    (state,), _ = coupling.evolve(coupling.start(), np.array([60.0]), 1e-10, Cost())
    assert coupling.drift(state) < GROUP
    spoilt = moved(left, right, 1.0).drift(type(state)(1.0, state.left_matrix * 1.001, 0.0, state.right_matrix, 0.0))
    assert spoilt > GROUP


def test_a_run_in_two_parts_is_the_run(rng):
    left, right = factors(rng, 5, 3)
    coupling = moved(left, right, 1.0)
    (half,), _ = coupling.evolve(coupling.start(), np.array([0.7]), 1e-12, Cost())
    (resumed,), _ = coupling.evolve(half, np.array([2.0]), 1e-12, Cost())
    (whole,), _ = coupling.evolve(coupling.start(), np.array([2.0]), 1e-12, Cost())
    assert np.abs(coupling.coordinates(resumed) - coupling.coordinates(whole)).max() < COUPLING


@pytest.mark.parametrize("size", [0.0, 1e-6, 1.0])
def test_the_exponential_of_a_generator(rng, size):
    phi, chi = size * (rng.normal(size=(2, 3)) + 1j * rng.normal(size=(2, 3)))
    generator = _generator(phi, chi)
    series, term = np.eye(4, dtype=complex), np.eye(4, dtype=complex)
    for k in range(1, 60):
        term = term @ (0.8 * generator) / k
        series += term
    assert np.abs(_exponential(generator, 0.8) - series).max() < ROUNDING * np.abs(series).max()
