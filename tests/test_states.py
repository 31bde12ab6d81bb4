"""Initial states against their formulas, written out point by point."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wignerlohe as wl
from tolerances import EPS, ROUNDING, SAMPLED, SPECTRAL_DERIVATIVE
from wignerlohe import states

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
        ({"position": [[0.0, 1.0]]}, r"`position` must have shape \(1,\) or \(N, 1\)"),
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
    with pytest.raises(wl.InvalidInputError, match=r"`position` must have shape \(2,\) or \(N, 2\)"):
        states.gaussian(PLANE, [0.0, 1.0, 2.0])


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, "fast"])
@pytest.mark.parametrize("name", ["frequency", "mass"])
@pytest.mark.parametrize("make", [states.coherent, states.fock])
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


def test_real_files_become_complex(tmp_path, psi):
    np.save(tmp_path / "psi.npy", psi.real.astype(np.float32))
    found = states.from_file(LINE, tmp_path / "psi.npy")
    assert found.dtype == np.complex128
    assert np.array_equal(found, psi.real.astype(np.float32))


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
    [np.ones(131), np.ones((2, 130)), np.ones((2, 2, 131)), np.full((2, 131), "a"), np.ones((2, 131), bool)],
    ids=str,
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


def test_callables_on_a_plane_get_both_coordinates():
    found = states.on_grid(PLANE, lambda x, y: x + 10j * y)
    assert found[0, 3, 7] == PLANE.axes[0][3] + 10j * PLANE.axes[1][7]
