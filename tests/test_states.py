"""Initial states against their formulas, written out point by point."""

import functools
import itertools
import math
import tracemalloc

import mpmath
import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

import wignerlohe as wl
from tolerances import EPS, ROUNDING, SAMPLED, SPECTRAL_DERIVATIVE, SQUEEZING, THERMAL
from wignerlohe import states
from wignerlohe.errors import TruncationWarning
from wignerlohe.states.oscillator import _tail, lowest_levels

LINE = wl.Grid(lower=-11.0, upper=10.0, points=131, hbar=0.7)
PLANE = wl.Grid(lower=[-9.0, -8.0], upper=[8.5, 9.0], points=[51, 64], hbar=0.7)


def gaussian_at(x, q, p, s, hbar):
    return (math.pi * s**2) ** -0.25 * np.exp(-((x - q) ** 2) / (2 * s**2) + 1j * p * (x - q) / hbar)


def hermite_at(n, xi):
    """``h_n(xi) = H_n(xi) e^{-xi^2/2} / sqrt(2^n n! sqrt(pi))``, H_n by its sum, at 40 digits."""
    with mpmath.workdps(40):
        xi = mpmath.mpf(xi)
        value = mpmath.hermite(n, xi) * mpmath.exp(-(xi**2) / 2)
        return float(value / mpmath.sqrt(mpmath.mpf(2) ** n * mpmath.factorial(n) * mpmath.sqrt(mpmath.pi)))


def momentum_expectation(grid, psi):
    """``<psi | -i hbar d/dx | psi>``, the derivative by the wavenumbers of the box."""
    n, length = grid.points[0], grid.upper[0] - grid.lower[0]
    derivative = np.zeros(n, dtype=complex)
    for m in range(-(n // 2), (n + 1) // 2):
        k = 2 * np.pi * m / length
        wave = np.exp(1j * k * (grid.axes[0] - grid.lower[0]))
        derivative += 1j * k * wave * np.sum(psi * wave.conj()) / n
    return (-1j * grid.hbar * np.sum(psi.conj() * derivative) * length / n).real


# ---- gaussian and coherent ------------------------------------------------------------------------------------------


def test_a_gaussian_is_its_formula_at_every_point():
    q, p, s = [-1.2, 0.4, 1.1], [0.7, 0.0, -1.3], [1.0, 0.8, 1.2]
    psi = states.gaussian(LINE, q, p, s)
    assert psi.shape == (3, 131)
    assert psi.dtype == np.complex128
    for i in range(3):
        for j, x in enumerate(LINE.axes[0]):
            assert abs(psi[i, j] - gaussian_at(x, q[i], p[i], s[i], 0.7)) < ROUNDING
    assert np.abs(LINE.norm(psi) - 1).max() < SAMPLED


def test_a_gaussian_on_a_plane_is_the_product_over_the_axes():
    psi = states.gaussian(PLANE, position=[[0.5, -0.3], [0.0, 1.0]], momentum=[0.4, -0.6], width=[0.9, 1.1])
    assert psi.shape == (2, 51, 64)
    for i, (q, s) in enumerate([((0.5, -0.3), 0.9), ((0.0, 1.0), 1.1)]):
        for a in range(0, 51, 5):
            for b in range(0, 64, 7):
                x, y = PLANE.axes[0][a], PLANE.axes[1][b]
                expected = gaussian_at(x, q[0], 0.4, s, 0.7) * gaussian_at(y, q[1], -0.6, s, 0.7)
                assert abs(psi[i, a, b] - expected) < ROUNDING
    assert np.abs(PLANE.norm(psi) - 1).max() < SAMPLED


def test_centres_and_spreads_of_a_gaussian_are_those_asked_for():
    (psi,) = states.gaussian(LINE, 0.6, -0.9, 0.8)
    x, density = LINE.axes[0], np.abs(psi) ** 2 * LINE.cell
    assert np.sum(x * density) == pytest.approx(0.6, abs=SAMPLED)
    assert np.sum((x - 0.6) ** 2 * density) == pytest.approx(0.8**2 / 2, abs=SAMPLED)
    assert momentum_expectation(LINE, psi) == pytest.approx(-0.9, abs=SPECTRAL_DERIVATIVE)


def test_overlaps_of_gaussians_are_the_gaussian_integral():
    q, p = [-0.7, 0.9], [0.6, -0.5]
    psi = states.gaussian(LINE, q, p, 1.1)
    a, b = q[0] - q[1], p[0] - p[1]
    exact = np.exp(-(a**2) / (4 * 1.1**2) - (1.1 * b / 0.7) ** 2 / 4 - 0.5j * a * sum(p) / 0.7)
    assert abs(LINE.inner(*psi) - exact) < SAMPLED


def test_a_coherent_state_is_the_gaussian_of_the_oscillator_length():
    mass, frequency = 1.7, 0.6
    psi = states.coherent(LINE, [0.3, -0.8], [0.5, 0.1], frequency, mass)
    for i, (q, p) in enumerate([(0.3, 0.5), (-0.8, 0.1)]):
        for j in range(0, 131, 6):
            expected = gaussian_at(LINE.axes[0][j], q, p, math.sqrt(0.7 / (mass * frequency)), 0.7)
            assert abs(psi[i, j] - expected) < ROUNDING


def test_a_coherent_state_has_the_least_energy_of_all_states_with_its_centre():
    mass, frequency = 1.7, 0.6
    (psi,) = states.coherent(LINE, 0.3, 0.5, frequency, mass)
    model = wl.SchrodingerLohe(LINE, f"{mass * frequency**2 / 2!r}*x**2", coupling=0.0, mass=mass)
    energy = LINE.inner(model.hamiltonian(psi), psi)
    classical = 0.5**2 / (2 * mass) + mass * frequency**2 * 0.3**2 / 2
    assert energy == pytest.approx(classical + 0.7 * frequency / 2, abs=SPECTRAL_DERIVATIVE)


# ---- squeezed -------------------------------------------------------------------------------------------------------


def squeezing_operator_on_the_ground_state(r, phi, size=100):
    """Coefficients of ``exp((conj(xi) a^2 - xi a^dagger^2) / 2) |0>`` in oscillator levels."""
    a = np.diag(np.sqrt(np.arange(1, size)), 1)
    xi = r * np.exp(1j * phi)
    return scipy.linalg.expm((np.conj(xi) * a @ a - xi * a.T @ a.T) / 2)[:, 0]


@pytest.mark.parametrize(("r", "phi"), [(0.5, 0.0), (0.45, 2.1), (-0.4, 1.3), (0.5, math.pi), (0.3, -8.0)])
def test_a_squeezed_state_is_the_operator_on_the_ground_state_phase_included(r, phi):
    mass, frequency = 1.7, 0.8
    (psi,) = states.squeezed(LINE, 0.0, 0.0, r, phi, frequency, mass)
    levels = states.fock(LINE, range(100), frequency, mass=mass)
    expected = sum(c * level for c, level in zip(squeezing_operator_on_the_ground_state(r, phi), levels, strict=True))
    assert np.abs(psi - expected).max() < SQUEEZING


def test_a_squeezed_state_is_displaced_like_a_packet():
    grid = wl.Grid(lower=-10.0, upper=10.0, points=200, hbar=0.7)
    (still,) = states.squeezed(grid, 0.0, 0.0, 0.4, 0.9, 0.8)
    (moved,) = states.squeezed(grid, 0.7, -0.6, 0.4, 0.9, 0.8)  # 0.7 is seven points
    phase = np.exp(-0.6j * (grid.axes[0] - 0.7) / 0.7)
    assert np.abs(moved - np.roll(still, 7) * phase).max() < ROUNDING
    assert momentum_expectation(grid, moved) == pytest.approx(-0.6, abs=SPECTRAL_DERIVATIVE)


def test_spreads_of_a_squeezed_state_are_those_of_the_turned_ellipse():
    r, phi, mass, frequency = 0.5, 1.1, 1.7, 0.8
    (psi,) = states.squeezed(LINE, 0.0, 0.0, r, phi, frequency, mass)
    spread = np.sum(LINE.axes[0] ** 2 * np.abs(psi) ** 2) * LINE.cell
    exact = 0.7 / (2 * mass * frequency) * (math.cosh(2 * r) - math.cos(phi) * math.sinh(2 * r))
    assert spread == pytest.approx(exact, abs=SAMPLED)
    assert abs(LINE.norm(psi) - 1) < SAMPLED


@pytest.mark.parametrize("r", [3.0, -3.0])
def test_strong_squeezing_keeps_its_digits(r):
    grid = wl.Grid(lower=-90.0, upper=90.0, points=9001)
    (psi,) = states.squeezed(grid, 0.0, 0.0, r)
    expected = states.gaussian(grid, 0.0, width=math.exp(-r))[0]
    assert np.abs(psi / expected[4500] - expected / expected[4500]).max() < ROUNDING
    turned = states.squeezed(grid, 0.0, 0.0, -r, math.pi)[0]  # the same xi
    assert np.abs(turned - psi).max() < SQUEEZING


def test_squeezing_is_one_for_all_axes_or_one_for_each():
    psi = states.squeezed(PLANE, [0.3, -0.2], 0.0, [[0.3, -0.4], [0.2, 0.2]], [[0.9, 0.0], [1.0, 1.0]], [0.9, 1.1])
    for i, (r, phi, omega) in enumerate([((0.3, -0.4), (0.9, 0.0), 0.9), ((0.2, 0.2), (1.0, 1.0), 1.1)]):
        parts = []
        for axis, q in enumerate((0.3, -0.2)):
            line = wl.Grid(PLANE.lower[axis], PLANE.upper[axis], PLANE.points[axis], hbar=0.7)
            parts.append(states.squeezed(line, q, 0.0, r[axis], phi[axis], omega)[0])
        assert np.abs(psi[i] - np.outer(*parts)).max() < ROUNDING
    same = states.squeezed(PLANE, [0.3, -0.2], 0.0, 0.2, 1.0, 1.1)
    assert np.abs(same[0] - psi[1]).max() < ROUNDING


def test_squeezing_that_overflows_is_refused():
    with pytest.raises(wl.InvalidInputError, match="`squeezing` must give finite values"):
        states.squeezed(LINE, 0.0, squeezing=500.0)


# ---- cat ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", [0.0, math.pi, -math.pi, 1.1])
@pytest.mark.parametrize(("q", "p"), [(1.5, 0.0), (0.9, 0.6), (0.0, 0.8), (0.0, -0.8)])
def test_a_cat_is_its_two_packets_divided_by_their_norm(q, p, phase):
    (psi,) = states.cat(LINE, q, p, 0.9, phase)
    x = LINE.axes[0]
    raw = gaussian_at(x, q, p, 0.9, 0.7) + np.exp(1j * phase) * gaussian_at(x, -q, -p, 0.9, 0.7)
    raw /= math.sqrt(np.sum(np.abs(raw) ** 2) * 21 / 131)
    assert np.abs(psi - raw).max() < ROUNDING
    assert abs(LINE.norm(psi) - 1) < SAMPLED


@pytest.mark.parametrize("q", [1.0, 1e-2, 1e-5, 1e-8])
@pytest.mark.parametrize("phase", [math.pi, 3.0])
def test_a_nearly_cancelling_cat_has_the_exact_normalisation(q, phase):
    p, s = 0.5 * q, 1.1
    (psi,) = states.cat(LINE, q, p, s, phase)
    with mpmath.workdps(50):
        exact = []
        for x in map(mpmath.mpf, LINE.axes[0][30:101:7].tolist()):
            ends = [
                mpmath.exp(-((x - a) ** 2) / (2 * mpmath.mpf(s) ** 2) + 1j * b * (x - a) / mpmath.mpf(0.7))
                for a, b in ((mpmath.mpf(q), mpmath.mpf(p)), (-mpmath.mpf(q), -mpmath.mpf(p)))
            ]
            exponent = (mpmath.mpf(q) / s) ** 2 + (mpmath.mpf(p) * s / mpmath.mpf(0.7)) ** 2
            square = 2 + 2 * mpmath.cos(mpmath.mpf(phase)) * mpmath.exp(-exponent)
            scale = (mpmath.pi * mpmath.mpf(s) ** 2) ** mpmath.mpf(-0.25) / mpmath.sqrt(square)
            exact.append(complex(scale * (ends[0] + mpmath.expj(mpmath.mpf(phase)) * ends[1])))
    # the packets themselves are rounded; what is left of their difference is of size sqrt(square)
    condition = 1 / math.sqrt(-2 * math.expm1(-((q / s) ** 2)) + 4 * math.cos(phase / 2) ** 2)
    assert np.abs(psi[30:101:7] - exact).max() < 10 * EPS * max(1, condition)


def test_a_cat_on_a_plane_has_norm_one():
    psi = states.cat(PLANE, [[1.0, 0.5], [0.0, 0.6]], [0.2, -0.4], 0.9, [math.pi, 0.3])
    assert np.abs(PLANE.norm(psi) - 1).max() < SAMPLED


def test_even_and_odd_cats_are_even_and_odd():
    grid = wl.Grid(lower=-10.0, upper=10.0, points=96)  # x and -x are both on the grid
    even, odd = states.cat(grid, 1.3, 0.4, 1.0, [0.0, np.pi])
    assert np.abs(even[1:] - even[:0:-1]).max() < ROUNDING
    assert np.abs(odd[1:] + odd[:0:-1]).max() < ROUNDING
    assert abs(grid.inner(even, odd)) < SAMPLED


def test_an_odd_cat_of_nothing_is_refused():
    with pytest.raises(wl.InvalidInputError, match="`phase` must leave a state that does not vanish"):
        states.cat(LINE, 0.0, 0.0, 1.0, np.pi)


# ---- fock -----------------------------------------------------------------------------------------------------------


def test_fock_states_are_hermite_functions_of_the_oscillator_length():
    mass, frequency = 1.7, 0.6
    scale = math.sqrt(mass * frequency / 0.7)
    psi = states.fock(LINE, [0, 1, 2, 7], frequency, mass=mass)
    for i, level in enumerate([0, 1, 2, 7]):
        for j in range(0, 131, 5):
            expected = math.sqrt(scale) * hermite_at(level, scale * LINE.axes[0][j])
            assert abs(psi[i, j] - expected) < ROUNDING


def test_displaced_fock_states_move_and_turn():
    mass, frequency, q, p = 1.7, 0.6, 0.8, -0.9
    scale = math.sqrt(mass * frequency / 0.7)
    (psi,) = states.fock(LINE, 3, frequency, q, p, mass)
    for j in range(0, 131, 5):
        x = LINE.axes[0][j]
        expected = math.sqrt(scale) * hermite_at(3, scale * (x - q)) * np.exp(1j * p * (x - q) / 0.7)
        assert abs(psi[j] - expected) < ROUNDING
    assert momentum_expectation(LINE, psi) == pytest.approx(p, abs=SPECTRAL_DERIVATIVE)


def test_fock_states_are_orthonormal():
    grid = wl.Grid(lower=-14.0, upper=13.0, points=151)
    psi = states.fock(grid, range(25), position=-0.4, momentum=0.6)
    for i in range(25):
        for j in range(25):
            assert abs(grid.cell * np.sum(psi[i] * psi[j].conj()) - (i == j)) < SAMPLED


@pytest.mark.parametrize("level", [0, 1, 2, 3, 8, 21])
def test_fock_states_are_real_and_positive_on_the_far_right(level):
    grid = wl.Grid(lower=-14.0, upper=13.0, points=151)
    (psi,) = states.fock(grid, level)
    assert np.all(psi.imag == 0)
    outside = grid.axes[0] > math.sqrt(2 * level + 1)  # beyond the turning point there is no sign change
    assert np.all(psi.real[outside] > 0)
    assert np.sum(np.diff(np.sign(psi.real[np.abs(psi) > 1e-9])) != 0) == level


def test_fock_states_are_eigenstates_of_their_oscillator():
    mass, frequency = 1.7, 0.6
    model = wl.SchrodingerLohe(LINE, f"{mass * frequency**2 / 2!r}*x**2", coupling=0.0, mass=mass)
    psi = states.fock(LINE, [0, 1, 4], frequency, mass=mass)
    for level, state in zip([0, 1, 4], psi, strict=True):
        energy = 0.7 * frequency * (level + 0.5)
        assert np.abs(model.hamiltonian(state) - energy * state).max() < SPECTRAL_DERIVATIVE


def test_fock_states_on_a_plane_take_one_level_per_axis():
    psi = states.fock(PLANE, [[1, 2], [0, 1]], frequency=0.8)
    scale = math.sqrt(0.8 / 0.7)
    for i, (m, n) in enumerate([(1, 2), (0, 1)]):
        for a in range(0, 51, 6):
            for b in range(0, 64, 9):
                x, y = scale * PLANE.axes[0][a], scale * PLANE.axes[1][b]
                assert abs(psi[i, a, b] - scale * hermite_at(m, x) * hermite_at(n, y)) < ROUNDING
    assert np.abs(PLANE.norm(psi) - 1).max() < SAMPLED


@pytest.mark.parametrize("level", [60, 400, 1000])
def test_high_fock_states_have_norm_one(level):
    reach = math.sqrt(2 * level + 1) + 8
    grid = wl.Grid(lower=-reach, upper=reach + 0.1, points=int(2 * reach**2 / math.pi * 1.3))
    (psi,) = states.fock(grid, level)
    assert abs(grid.norm(psi) - 1) < level * SAMPLED


@pytest.mark.parametrize("level", [-1, 0.5, 10_001, np.nan, "ground", [0, -1]])
def test_a_level_that_is_no_whole_number_is_refused(level):
    with pytest.raises(wl.InvalidInputError, match="`level` must be"):
        states.fock(LINE, level)


# ---- thermal --------------------------------------------------------------------------------------------------------


def test_a_thermal_state_is_the_kernel_of_mehler():
    mass, frequency = 1.7, 1.1
    square = 0.7 / (mass * frequency)
    heat, q, p = [0.7, 0.2, 0.0], [0.4, -0.8, 0.1], [-0.5, 0.3, 0.0]
    psi = states.thermal(LINE, heat, None, frequency, q, p, 60, mass)
    assert psi.shape == (3, 60, 131)
    assert psi.dtype == np.complex128
    for i in range(3):
        width = square * (2 * heat[i] + 1)
        for a, b in itertools.product(range(20, 110, 9), range(24, 110, 7)):
            x, y = LINE.axes[0][[a, b]] - q[i]
            exponent = -((x + y) ** 2) / (4 * width) - (x - y) ** 2 * (2 * heat[i] + 1) / (4 * square)
            exact = np.exp(exponent + 1j * p[i] * (x - y) / 0.7) / math.sqrt(math.pi * width)
            assert abs(sum(psi[i, k, a] * psi[i, k, b].conj() for k in range(60)) - exact) < THERMAL


def test_a_temperature_is_the_occupation_of_bose_and_einstein():
    frequency = [0.9, 1.2]
    occupation = [1 / (math.exp(0.7 * omega / 0.8) - 1) for omega in frequency]
    found = states.thermal(LINE, temperature=0.8, frequency=frequency, components=5 * 9)
    assert np.abs(found - states.thermal(LINE, occupation, frequency=frequency, components=5 * 9)).max() < ROUNDING


def test_components_of_a_thermal_state_are_displaced_levels_and_have_norm_one_together():
    with pytest.warns(TruncationWarning):
        psi = states.thermal(LINE, 0.5, frequency=0.9, position=0.3, momentum=-0.2, components=4)
    total = sum(3.0**-k for k in range(4))
    for k in range(4):
        expected = math.sqrt(3.0**-k / total) * states.fock(LINE, k, 0.9, 0.3, -0.2)[0]
        assert np.abs(psi[0, k] - expected).max() < ROUNDING
    assert abs(sum(LINE.norm(psi[0]) ** 2) - 1) < SAMPLED


def test_a_thermal_state_on_a_plane_has_the_levels_of_lowest_energy():
    with pytest.warns(TruncationWarning):
        psi = states.thermal(PLANE, 0.4, components=8, position=[0.2, -0.1])
    levels = [(0, 0), (0, 1), (1, 0), (0, 2), (1, 1), (2, 0), (0, 3), (1, 2)]
    x = 0.4 / 1.4
    total = sum(x ** sum(level) for level in levels)
    for k, level in enumerate(levels):
        expected = math.sqrt(x ** sum(level) / total) * states.fock(PLANE, [list(level)], position=[0.2, -0.1])[0]
        assert np.abs(psi[0, k] - expected).max() < ROUNDING


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_levels_come_by_energy_and_then_like_tuples(dimension):
    every = itertools.product(range(9), repeat=dimension)
    expected = sorted((level for level in every if sum(level) < 9), key=lambda level: (sum(level), level))
    for number in (1, 2, len(expected)):
        assert lowest_levels(dimension, number).tolist() == [list(level) for level in expected[:number]]


@pytest.mark.parametrize("without_heat", [{"occupation": 0.0}, {"temperature": 0}, {"temperature": 1e-320}])
def test_without_heat_a_thermal_state_is_the_ground_state(without_heat):
    psi = states.thermal(LINE, **without_heat, frequency=0.9, position=[0.5, -0.5])
    assert psi.shape == (2, 1, 131)
    assert np.abs(psi[:, 0] - states.coherent(LINE, [0.5, -0.5], frequency=0.9)).max() < ROUNDING


@pytest.mark.parametrize(
    ("dimension", "occupation", "components"), [(1, 2.0, 7), (2, 0.7, 8), (3, 0.3, 11), (3, 0.3, 10)]
)
def test_what_a_thermal_state_leaves_out_is_reported_with_what_would_do(dimension, occupation, components):
    grid = wl.Grid(lower=[-5.0] * dimension, upper=[5.0] * dimension, points=[9] * dimension)
    x = occupation / (1 + occupation)
    shells = [math.comb(total + dimension - 1, dimension - 1) for total in range(2000)]
    energies = [total for total, size in enumerate(shells[:60]) for _ in range(size)]
    left_out = 1 - (1 - x) ** dimension * sum(x ** energies[k] for k in range(components))
    rest = [(1 - x) ** dimension * sum(shells[s] * x**s for s in range(t, 2000)) for t in range(100)]
    enough = sum(shells[: next(t for t in range(100) if rest[t] <= 1e-10)])
    with pytest.warns(TruncationWarning, match=rf"probability {left_out:.2g}, .* components={enough} would") as caught:
        states.thermal(grid, occupation, components=components)
    assert caught[0].filename == __file__
    psi = states.thermal(grid, occupation)  # by default enough, without a warning
    assert psi.shape[1] == enough


def test_the_probability_left_out_has_its_digits_however_small_or_large():
    for dimension, number, log_x in [(1, 40, -2.0), (2, 17, -3.0), (3, 20, -5.0), (2, 50, -1e-3), (3, 4000, -0.5)]:
        found = _tail(log_x, dimension, number)
        energies = lowest_levels(dimension, number).sum(axis=1).tolist()
        with mpmath.workdps(60):
            x = mpmath.exp(mpmath.mpf(log_x))
            exact = 1 - (1 - x) ** dimension * sum(x**energy for energy in energies)
        assert abs(found / float(exact) - 1) < ROUNDING


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "`occupation` must be given, or else `temperature`, but neither were given"),
        ({"occupation": 1.0, "temperature": 1.0}, "but both were given"),
        ({"occupation": -0.1}, "`occupation` must not be negative"),
        ({"temperature": [1.0, -1.0]}, "`temperature` must not be negative"),
        ({"occupation": np.nan}, "`occupation` must be finite"),
        ({"occupation": 1.0, "components": 0}, "`components` must be a whole number, at least 1"),
        ({"occupation": 1.0, "components": 2.0}, "`components` must be a whole number"),
        ({"occupation": 1e6}, "`components` must be given for a state so hot, but 230258[0-9]* would be needed"),
        ({"occupation": 1.0, "frequency": -1.0}, "`frequency` must be positive"),
    ],
    ids=str,
)
def test_a_bad_argument_of_a_thermal_state_is_named(arguments, message):
    with pytest.raises(wl.InvalidInputError, match=message):
        states.thermal(LINE, **arguments)


# ---- random states and expansions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("coherence", [0.0, 1.5, -0.4])
def test_random_states_are_normalised_normal_numbers(coherence):
    found = states.random_expansion(LINE, 23, 5, seed=9, coherence=coherence).coefficients
    generator = np.random.default_rng(9)
    for row in found:
        draws = generator.standard_normal(10)
        expected = (draws[0::2] + 1j * draws[1::2]) / math.sqrt(2)
        expected[0] += coherence
        expected /= math.sqrt(sum(abs(expected) ** 2))
        assert np.abs(row - expected).max() < ROUNDING


def test_random_states_do_not_depend_on_blocks_and_their_rows_have_norm_one():
    found = states.random_expansion(LINE, 25_001, 5, seed=9, coherence=0.3).coefficients
    draws = np.random.default_rng(9).standard_normal((25_001, 10))
    expected = (draws[:, 0::2] + 1j * draws[:, 1::2]) / math.sqrt(2)
    expected[:, 0] += 0.3
    expected /= np.linalg.norm(expected, axis=1)[:, None]
    assert np.abs(found - expected).max() < ROUNDING
    assert np.abs(np.linalg.norm(found, axis=1) - 1).max() < 4 * EPS  # so that the solver takes them as they are


def test_random_states_are_expanded_in_the_lowest_oscillator_states():
    expansion = states.random_expansion(PLANE, 3, 7, seed=2, frequency=0.9, mass=1.2)
    levels = [[0, 0], [0, 1], [1, 0], [0, 2], [1, 1], [2, 0], [0, 3]]
    assert np.abs(expansion.of - states.fock(PLANE, levels, 0.9, mass=1.2)).max() < ROUNDING
    psi = states.random(PLANE, 3, 7, seed=2, frequency=0.9, mass=1.2)
    assert np.array_equal(psi, expansion.states())
    assert np.abs(PLANE.norm(psi) - 1).max() < SAMPLED


def test_a_seed_names_random_states():
    first, again, other = (states.random(LINE, 4, 3, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert np.abs(first - other).max() > 0.1


def test_random_states_are_isotropic():
    coefficients = states.random_expansion(LINE, 20_000, 4, seed=3).coefficients
    covariance = coefficients.T @ coefficients.conj() / 20_000
    assert np.abs(covariance - np.eye(4) / 4).max() < 5 * 0.25 / math.sqrt(20_000)  # five deviations of a mean


def test_very_many_random_states_take_the_room_of_their_coefficients():
    states.random_expansion(LINE, 2, 2, seed=1)
    tracemalloc.start()
    expansion = states.random_expansion(LINE, 200_000, 8, seed=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.25 * expansion.coefficients.nbytes


@pytest.mark.parametrize("name", ["count", "modes", "seed"])
@pytest.mark.parametrize("value", [-1, 1.0, None, "1", True])
def test_counts_and_seeds_of_random_states_are_whole_numbers(name, value):
    arguments = {"count": 3, "modes": 2, "seed": 1} | {name: value}
    with pytest.raises(wl.InvalidInputError, match=f"`{name}` must be a whole number"):
        states.random(LINE, **arguments)


def test_random_states_that_would_not_fit_are_refused():
    with pytest.raises(wl.TooLargeError, match="random coefficients"):
        states.random_expansion(LINE, 10**11, 1000, seed=1)


def test_an_expansion_forms_the_nodes_asked_for(rng):
    of = states.fock(LINE, [0, 2, 1])
    coefficients = rng.normal(size=(7, 3)) + 1j * rng.normal(size=(7, 3))
    expansion = states.Expansion(coefficients, of)
    for which in (slice(None), [4, 1], slice(2, 5), np.array([6])):
        found = expansion.states(which)
        for i, row in zip(np.arange(7)[which], found, strict=True):
            assert np.abs(row - sum(coefficients[i, a] * of[a] for a in range(3))).max() < ROUNDING


def test_an_expansion_of_mixed_functions_gives_mixed_nodes(rng):
    of = rng.normal(size=(3, 2, 5, 4))
    expansion = states.Expansion([[1.0, 2j, 0.5]], of)
    assert np.abs(expansion.states() - (of[0] + 2j * of[1] + 0.5 * of[2])).max() < ROUNDING


def test_an_expansion_does_not_copy():
    coefficients, of = np.ones((4, 2), complex), np.ones((2, 131), complex)
    expansion = states.Expansion(coefficients, of)
    assert expansion.coefficients is coefficients
    assert expansion.of is of


@pytest.mark.parametrize(
    ("coefficients", "of", "message"),
    [
        ([[1.0, 1.0]], np.ones((3, 131)), r"`coefficients` must have shape \(N, 3\)"),
        ([1.0, 1.0], np.ones((2, 131)), r"`coefficients` must have shape \(N, 2\)"),
        (np.ones((0, 2)), np.ones((2, 131)), r"`coefficients` must have shape \(N, 2\)"),
        ([[1.0]], np.ones(131), "`of` must have shape"),
        ([[np.nan]], np.ones((1, 131)), "`coefficients` must be finite numbers"),
        ([[1.0]], np.full((1, 131), np.inf), "`of` must be finite numbers"),
        ([["a"]], np.ones((1, 131)), "`coefficients` must be"),
    ],
    ids=str,
)
def test_an_expansion_that_does_not_fit_is_refused(coefficients, of, message):
    with pytest.raises(wl.InvalidInputError, match=message):
        states.Expansion(coefficients, of)


# ---- superposition and normalise ------------------------------------------------------------------------------------


def test_a_superposition_is_the_normalised_sum():
    parts = [states.fock(LINE, 0), states.gaussian(LINE, 1.0, 0.5)[0]]
    coefficients = [[1.0, 1j], [0.5, -2.0], [0.0, 3.0]]
    psi = states.superposition(LINE, coefficients, of=parts)
    for i, (a, b) in enumerate(coefficients):
        raw = a * parts[0][0] + b * parts[1]
        raw = raw / math.sqrt(np.sum(np.abs(raw) ** 2) * LINE.cell)
        assert np.abs(psi[i] - raw).max() < ROUNDING


def test_one_row_of_coefficients_is_one_node():
    assert states.superposition(LINE, [1.0, 1.0], of=list(states.fock(LINE, [0, 1]))).shape == (1, 131)


@pytest.mark.parametrize("coefficients", [[[1.0]], [[1.0, 2.0, 3.0]], [[[1.0, 2.0]]]])
def test_coefficients_that_do_not_match_the_states_are_refused(coefficients):
    with pytest.raises(wl.InvalidInputError, match=r"`coefficients` must have shape \(N, 2\)"):
        states.superposition(LINE, coefficients, of=list(states.fock(LINE, [0, 1])))


@pytest.mark.parametrize("coefficients", ["one", [["a", "b"]], [[1.0], [1.0, 2.0]]])
def test_coefficients_that_are_no_numbers_are_refused(coefficients):
    with pytest.raises(wl.InvalidInputError, match="`coefficients` must"):
        states.superposition(LINE, coefficients, of=list(states.fock(LINE, [0, 1])))


def test_a_superposition_of_nothing_is_refused():
    with pytest.raises(wl.InvalidInputError, match="`coefficients` must"):
        states.superposition(LINE, [[]], of=[])


def test_a_superposition_of_states_on_another_grid_is_refused():
    with pytest.raises(wl.InvalidInputError, match="`of` must"):
        states.superposition(LINE, [[1.0, 1.0]], of=[np.ones(131), np.ones(130)])


@pytest.mark.parametrize("shape", [(2, 131), (1, 3, 131)])
def test_a_superposition_of_several_or_mixed_states_is_refused(shape):
    with pytest.raises(wl.InvalidInputError, match="`of` must hold single pure states"):
        states.superposition(LINE, [[1.0, 1.0]], of=[np.ones(131), np.ones(shape)])


def test_a_superposition_that_vanishes_is_refused_and_its_node_named():
    with pytest.raises(wl.InvalidInputError, match=r"norms above zero, but that of node \[1\] is 0"):
        states.superposition(LINE, [[1.0, 1.0], [1.0, -1.0]], of=[np.ones(131), np.ones(131)])


def test_normalise_divides_by_the_norm_and_by_nothing_else(rng):
    psi = rng.normal(size=(2, 3, 131)) + 1j * rng.normal(size=(2, 3, 131))
    found = wl.normalise(LINE, psi)
    for i in range(2):
        for m in range(3):
            norm = math.sqrt(np.sum(np.abs(psi[i, m]) ** 2) * 21 / 131)
            assert np.abs(found[i, m] - psi[i, m] / norm).max() < ROUNDING


def test_normalise_takes_a_mixed_state_as_one_vector(rng):
    psi = rng.normal(size=(3, 2, 51, 64)) + 1j * rng.normal(size=(3, 2, 51, 64))
    found = wl.normalise(PLANE, psi, mixed=True)
    for i in range(3):
        norm = math.sqrt(sum(np.sum(np.abs(psi[i, m]) ** 2) for m in range(2)) * PLANE.cell)
        assert np.abs(found[i] - psi[i] / norm).max() < ROUNDING


def test_a_mixed_state_may_have_components_that_vanish_but_not_all():
    psi = np.zeros((2, 3, 131))
    psi[0, 1] = psi[1, 2] = 1.0
    assert np.isfinite(wl.normalise(LINE, psi, mixed=True)).all()
    psi[1] = 0.0
    with pytest.raises(wl.InvalidInputError, match=r"that of node \[1\] is 0"):
        wl.normalise(LINE, psi, mixed=True)


def test_a_mixed_state_without_components_is_refused():
    with pytest.raises(wl.InvalidInputError, match="`psi` must have an axis of components"):
        wl.normalise(LINE, np.ones(131), mixed=True)


def test_normalise_takes_a_single_state():
    assert abs(LINE.norm(wl.normalise(LINE, np.exp(-(LINE.axes[0] ** 2)))) - 1) < ROUNDING


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
@pytest.mark.parametrize("shape", [(131,), (2, 131)])
def test_a_state_that_cannot_be_normalised_is_refused(value, shape):
    with pytest.raises(wl.InvalidInputError, match=r"`psi` must (have norms above zero|be finite numbers)"):
        wl.normalise(LINE, np.full(shape, value))


# ---- arguments per node ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ({"position": 0.5}, 1),
        ({"position": [0.5]}, 1),
        ({"position": [0.5, 1.0, 1.5]}, 3),
        ({"position": [[0.5], [1.0], [1.5]]}, 3),
        ({"position": 0.5, "momentum": [0.1, 0.2]}, 2),
        ({"position": 0.5, "width": [0.9, 1.0, 1.1, 1.2]}, 4),
        ({"position": [0.5, 0.6], "momentum": [[0.1]], "width": [1.0, 1.1]}, 2),
    ],
    ids=str,
)
def test_one_value_holds_for_all_nodes_and_lists_give_one_each(arguments, count):
    psi = states.gaussian(LINE, **arguments)
    assert psi.shape == (count, 131)
    for i in range(count):
        own = {}
        for name, value in arguments.items():
            flat = np.ravel(value)
            own[name] = float(flat[i if len(flat) > 1 else 0])
        assert np.array_equal(psi[i], states.gaussian(LINE, **own)[0])


@pytest.mark.parametrize(
    ("position", "shape"),
    [(0.5, 1), ([0.5, 1.0], 1), ([[0.5, 1.0]], 1), ([[0.5, 1.0], [0.0, 0.0], [1.0, 0.0]], 3)],
    ids=str,
)
def test_positions_on_a_plane_are_vectors(position, shape):
    psi = states.gaussian(PLANE, position)
    assert psi.shape == (shape, 51, 64)
    first = np.broadcast_to(np.atleast_2d(position), (shape, 2))[0]
    assert np.array_equal(psi[0], states.gaussian(PLANE, [list(first)])[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"position": [0.0, 1.0], "momentum": [0.0, 1.0, 2.0]},
            "`position` must be one value or one for each",
        ),
        (
            {"position": [0.0, 1.0, 2.0], "width": [1.0, 1.0]},
            "`width` must be one value or one for each",
        ),
        ({"position": [[0.0, 1.0]]}, r"`position` must have shape \(\), \(N,\) or \(N, 1\), .* try one number"),
        ({"position": []}, "`position` must have shape"),
        ({"position": 0.0, "width": [[1.0]]}, r"`width` must have shape \(\) or \(N,\)"),
        ({"position": 0.0, "width": 0.0}, "`width` must be positive"),
        ({"position": 0.0, "width": [1.0, -1.0]}, "`width` must be positive"),
        ({"position": 0.0, "width": np.inf}, "`width` must be finite real numbers"),
        ({"position": np.nan}, "`position` must be finite real numbers"),
        ({"position": 0.0, "momentum": [0.0, np.inf]}, "`momentum` must be finite real numbers"),
        ({"position": "left"}, "`position` must be finite real numbers"),
        ({"position": None}, "`position` must be finite real numbers"),
        ({"position": [0.0, [1.0, 2.0]]}, "`position` must be finite real numbers"),
        ({"position": 1j}, "`position` must be finite real numbers"),
    ],
    ids=str,
)
def test_a_bad_argument_of_a_gaussian_is_named(arguments, message):
    with pytest.raises(wl.InvalidInputError, match=message):
        states.gaussian(LINE, **arguments)


def test_a_position_of_the_wrong_dimension_is_named():
    with pytest.raises(
        wl.InvalidInputError, match=r"`position` must have shape \(\), \(2,\) or \(N, 2\), .* try 2 numbers"
    ):
        states.gaussian(PLANE, [0.0, 1.0, 2.0])


@pytest.mark.parametrize("mass", [[1.0, 2.0], None, 1j])
@pytest.mark.parametrize(
    "make",
    [
        functools.partial(states.coherent, LINE, 0.5),
        functools.partial(states.fock, LINE, 1),
        functools.partial(states.squeezed, LINE, 0.5),
        functools.partial(states.thermal, LINE, occupation=0.5),
        functools.partial(states.random, LINE, 3, 4, 1),
        functools.partial(wl.SchrodingerLohe, LINE, coupling=1.0),
    ],
)
def test_a_mass_that_is_no_number_is_named(make, mass):
    with pytest.raises(wl.InvalidInputError, match=r"`mass` must be a finite number, but .* try mass=1.0"):
        make(mass=mass)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, "fast"])
@pytest.mark.parametrize("name", ["frequency", "mass"])
@pytest.mark.parametrize("make", [states.coherent, states.fock, states.squeezed, states.thermal])
def test_a_frequency_or_mass_that_is_not_positive_is_named(make, name, value):
    with pytest.raises(wl.InvalidInputError, match=f"`{name}` must be"):
        make(LINE, 0, **{name: value})


NUMBERS = st.one_of(st.floats(), st.lists(st.floats(), max_size=3), st.none(), st.text(max_size=2))


@given(position=NUMBERS, momentum=NUMBERS, width=NUMBERS)
def test_any_arguments_give_states_or_a_named_fault(position, momentum, width):
    with np.errstate(all="ignore"):  # packets of extreme size are made, and refused by `solve`
        try:
            psi = states.gaussian(LINE, position, momentum, width)
        except wl.InvalidInputError:
            return
        assert psi.shape[1:] == (131,)


# ---- files ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def psi():
    return states.gaussian(LINE, [-1.0, 0.5, 0.9], [0.3, 0.0, -0.2])


def test_a_npy_file_holds_states(tmp_path, psi):
    np.save(tmp_path / "psi.npy", psi)
    assert np.array_equal(states.from_file(LINE, tmp_path / "psi.npy"), psi)
    assert np.array_equal(states.from_file(LINE, str(tmp_path / "psi.npy")), psi)


@pytest.mark.parametrize("kind", ["<f4", ">f8", ">c16", "<c8", "<i2"])
def test_files_of_other_numbers_become_complex(tmp_path, psi, kind):
    values = (1000 * (psi if "c" in kind else psi.real)).astype(kind)
    np.save(tmp_path / "psi.npy", values)
    found = states.from_file(LINE, tmp_path / "psi.npy")
    assert found.dtype == np.complex128
    assert np.array_equal(found, values)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(3, 131), (2, 4, 131)])
def test_a_npy_file_of_pure_or_mixed_nodes_is_mapped_and_not_copied(tmp_path, rng, shape, order):
    values = np.asarray(rng.normal(size=shape) + 1j, order=order)
    np.save(tmp_path / "psi.npy", values)
    found = states.from_file(LINE, tmp_path / "psi.npy")
    assert isinstance(found.base, np.memmap)
    assert not found.flags.writeable
    assert np.array_equal(found, values)
    assert np.shares_memory(states.on_grid(LINE, found), found)


def test_a_large_npy_file_is_not_loaded_until_it_is_needed(tmp_path):
    large = np.lib.format.open_memmap(tmp_path / "psi.npy", mode="w+", dtype=complex, shape=(20_000, 131))
    large[:] = 1.0
    large.flush()
    tracemalloc.start()
    found = states.on_grid(LINE, states.from_file(LINE, tmp_path / "psi.npy"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.shape == (20_000, 131)
    assert peak < found.nbytes / 8


def test_a_variable_of_a_npy_file_is_refused(tmp_path, psi):
    np.save(tmp_path / "psi.npy", psi)
    with pytest.raises(wl.InvalidInputError, match=r"`variable` must be left out for a \.npy file"):
        states.from_file(LINE, tmp_path / "psi.npy", "psi")


def test_a_npz_file_names_its_variable_unless_there_is_one(tmp_path, psi):
    np.savez(tmp_path / "one.npz", psi=psi)
    np.savez(tmp_path / "two.npz", psi=psi, phi=2 * psi)
    assert np.array_equal(states.from_file(LINE, tmp_path / "one.npz"), psi)
    assert np.array_equal(states.from_file(LINE, tmp_path / "two.npz", "phi"), 2 * psi)
    for variable in (None, "chi"):
        with pytest.raises(wl.InvalidInputError, match=r"`variable` must be one of \['phi', 'psi'\]"):
            states.from_file(LINE, tmp_path / "two.npz", variable)


def test_a_zarr_store_holds_states(tmp_path, psi):
    import zarr

    group = zarr.open_group(tmp_path / "psi.zarr", mode="w", zarr_format=3)
    group.create_array("psi", data=psi)
    assert np.array_equal(states.from_file(LINE, tmp_path / "psi.zarr"), psi)
    assert np.array_equal(states.from_file(LINE, tmp_path / "psi.zarr", "psi"), psi)
    with pytest.raises(wl.InvalidInputError, match=r"`variable` must be one of \['psi'\]"):
        states.from_file(LINE, tmp_path / "psi.zarr", "phi")


@pytest.mark.parametrize(
    ("shape", "chunks"), [((7, 131), (2, 50)), ((1703, 131), (300, 131)), ((3, 2, 131), (1, 1, 131))]
)
def test_zarr_arrays_are_read_in_blocks_of_whole_chunks(tmp_path, rng, shape, chunks):
    import zarr

    values = rng.normal(size=shape).astype(np.float32)
    group = zarr.open_group(tmp_path / "psi.zarr", mode="w", zarr_format=3)
    group.create_array("psi", data=values, chunks=chunks)
    found = states.from_file(LINE, tmp_path / "psi.zarr")
    assert found.dtype == np.complex128
    assert np.array_equal(found, values)


def test_a_zarr_array_that_would_not_fit_is_refused_before_it_is_read(tmp_path):
    import zarr

    group = zarr.open_group(tmp_path / "psi.zarr", mode="w", zarr_format=3)
    group.create_array("psi", shape=(10**12, 131), chunks=(10**6, 131), dtype=complex)
    with pytest.raises(wl.TooLargeError, match="states in the file"):
        states.from_file(LINE, tmp_path / "psi.zarr")


class Bomb:
    """Unpickling this sets a mark."""

    exploded = False

    def __reduce__(self):
        return (setattr, (Bomb, "exploded", True))


def test_pickles_are_refused_and_not_opened(tmp_path):
    bombs = np.array([Bomb()], dtype=object)
    np.save(tmp_path / "bomb.npy", bombs, allow_pickle=True)
    np.savez(tmp_path / "bomb.npz", psi=bombs)
    for name in ("bomb.npy", "bomb.npz"):
        with pytest.raises(wl.InvalidInputError, match="readable array file without Python objects"):
            states.from_file(LINE, tmp_path / name)
    assert not Bomb.exploded


def test_a_bare_pickle_with_the_name_of_an_array_is_refused_and_not_opened(tmp_path):
    import pickle

    (tmp_path / "bomb.npy").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(wl.InvalidInputError, match="readable array file without Python objects"):
        states.from_file(LINE, tmp_path / "bomb.npy")
    assert not Bomb.exploded


@pytest.mark.parametrize("name", ["none.npy", "none.npz", "none.zarr"])
def test_a_missing_file_is_named(tmp_path, name):
    with pytest.raises(wl.InvalidInputError, match=f"must name an existing file, but .*{name}.* does not exist"):
        states.from_file(LINE, tmp_path / name)


@pytest.mark.parametrize("name", ["psi.npy", "psi.npz", "psi.zarr"])
@pytest.mark.parametrize("content", [b"", b"not an array", b"\x93NUMPY\x01\x00", b"PK\x03\x04"])
def test_a_malformed_file_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(wl.InvalidInputError, match="`path` must be a readable array file"):
        states.from_file(LINE, tmp_path / name)


def test_a_truncated_file_is_refused(tmp_path, psi):
    np.save(tmp_path / "psi.npy", psi)
    whole = (tmp_path / "psi.npy").read_bytes()
    (tmp_path / "psi.npy").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(wl.InvalidInputError, match="`path` must be a readable array file"):
        states.from_file(LINE, tmp_path / "psi.npy")


def test_an_empty_folder_is_no_zarr_store(tmp_path):
    (tmp_path / "psi.zarr").mkdir()
    with pytest.raises(wl.InvalidInputError, match="`path` must be a readable array file"):
        states.from_file(LINE, tmp_path / "psi.zarr")


def test_another_kind_of_file_is_refused(tmp_path):
    (tmp_path / "psi.pkl").write_bytes(b"")
    with pytest.raises(wl.InvalidInputError, match=r"must end in \.npy, \.npz or \.zarr"):
        states.from_file(LINE, tmp_path / "psi.pkl")


@pytest.mark.parametrize(
    "array",
    [
        np.ones(131),
        np.ones((2, 130)),
        np.ones((0, 131)),
        np.full((2, 131), "a"),
        np.ones((2, 131), bool),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_a_file_with_an_array_of_another_shape_or_kind_is_refused(tmp_path, array):
    np.save(tmp_path / "psi.npy", array)
    with pytest.raises(wl.InvalidInputError, match=r"hold numbers of shape \(N, 131\)"):
        states.from_file(LINE, tmp_path / "psi.npy")


# ---- what `solve` accepts -------------------------------------------------------------------------------------------


def test_arrays_callables_and_lists_of_them_become_states():
    def one(x):
        return np.exp(-(x**2))

    values = one(LINE.axes[0])
    assert np.array_equal(states.on_grid(LINE, one), values[None])
    assert np.array_equal(states.on_grid(LINE, values), values[None])
    assert np.array_equal(states.on_grid(LINE, [values, 2 * values]), np.array([values, 2 * values]))
    assert np.array_equal(states.on_grid(LINE, [one, values]), np.array([values, values]))
    assert states.on_grid(LINE, lambda x: np.array([one(x), one(x - 1)])).shape == (2, 131)


@pytest.mark.parametrize("kind", [np.float32, np.complex64, int, bool])
def test_arrays_of_other_numbers_become_complex(kind):
    psi = np.arange(262).reshape(2, 131).astype(kind)
    found = states.on_grid(LINE, psi)
    assert found.dtype == np.complex128
    assert np.array_equal(found, psi)


def test_mixed_nodes_stay_as_they_are(rng):
    psi = rng.normal(size=(3, 2, 51, 64)) + 0j
    assert states.on_grid(PLANE, psi) is psi
    assert states.on_grid(PLANE, [lambda x, y: np.array([[x + y, x - y]]), psi]).shape == (4, 2, 51, 64)


@pytest.mark.parametrize(
    "initial",
    [
        np.ones((2, 130)),
        np.ones((131, 2)),
        np.ones((2, 2, 2, 131)),
        np.ones((0, 131)),
        np.ones((2, 0, 131)),
        [lambda x: np.array([[x, x]]), lambda x: x],
    ],
    ids=["points", "order", "phase space", "no nodes", "no components", "mixed and pure"],
)
def test_states_of_another_shape_are_refused(initial):
    with pytest.raises(wl.InvalidInputError, match=r"`initial` must have shape \(N, 131\), or \(N, m, 131\)"):
        states.on_grid(LINE, initial)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1j * np.inf, 1e200])
def test_a_number_that_is_not_finite_is_named_wherever_it_stands(value):
    psi = np.zeros((2000, 3, 131), complex)
    psi[1777, 2, 5] = value
    with pytest.raises(wl.InvalidInputError, match=r"`initial` must be finite numbers .* entry \(1777, 2, 5\) is"):
        states.on_grid(LINE, psi)


def test_callables_on_a_plane_get_both_coordinates():
    found = states.on_grid(PLANE, lambda x, y: x + 10j * y)
    assert found[0, 3, 7] == PLANE.axes[0][3] + 10j * PLANE.axes[1][7]
