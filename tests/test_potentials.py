"""Potentials from expressions, callables, arrays and numbers."""

import numpy as np
import pytest

import wignerlohe as wl
from tolerances import ROUNDING, SPECTRAL_DERIVATIVE
from wignerlohe import potentials

PLANE = wl.Grid(lower=[-1.0, 0.0], upper=[2.0, 3.0], points=[5, 7])


def test_an_expression_is_evaluated_at_every_point(grid):
    found = potentials.on_grid(grid, "0.05*x**4 - 0.5*x**2 + sin(2*x)")
    for j, x in enumerate(grid.axes[0]):
        assert found[j] == pytest.approx(0.05 * x**4 - 0.5 * x**2 + np.sin(2 * x), rel=ROUNDING)
    assert found.dtype == np.float64


def test_expressions_on_a_plane_know_y_and_r2():
    found = potentials.on_grid(PLANE, "0.5*r2 + x*y")
    assert found.shape == (5, 7)
    for i, x in enumerate(PLANE.axes[0]):
        for j, y in enumerate(PLANE.axes[1]):
            assert found[i, j] == pytest.approx(0.5 * (x**2 + y**2) + x * y, abs=ROUNDING)


def test_r2_on_a_line_is_the_square_of_x(grid):
    assert np.array_equal(potentials.on_grid(grid, "r2"), grid.axes[0] ** 2)


def test_a_callable_gets_the_coordinates():
    found = potentials.on_grid(PLANE, lambda x, y: x - 2 * y)
    for i, x in enumerate(PLANE.axes[0]):
        for j, y in enumerate(PLANE.axes[1]):
            assert found[i, j] == x - 2 * y


def test_constants_fill_the_grid(grid):
    for constant in (2.5, 3, "2.5", lambda _: 2.5):
        found = potentials.on_grid(grid, constant)
        assert found.shape == (97,)
        assert np.all(found == found[0])
        assert found[0] in (2.5, 3.0)


def test_an_array_is_copied(grid):
    values = np.linspace(0.0, 1.0, 97)
    found = potentials.on_grid(grid, values)
    values[0] = 7.0
    assert found[0] == 0.0


@pytest.mark.parametrize("text", ["y", "z", "x + q", "r"])
def test_coordinates_that_a_line_does_not_have_are_refused(grid, text):
    with pytest.raises(wl.InvalidInputError, match="which is unknown; allowed are x, r2, t and pi"):
        potentials.on_grid(grid, text)


@pytest.mark.parametrize(
    ("potential", "value", "point"),
    [
        ("1/x", "inf", r"\[0\.0\]"),
        ("log(x)", "nan", r"\[-2\.0\]"),
        ("sqrt(x)", "nan", r"\[-2\.0\]"),
        ("1e200**2", "inf", ""),
    ],
)
def test_a_value_that_is_not_finite_is_named_with_its_point(potential, value, point):
    line = wl.Grid(-2.0, 2.0, 4)
    with pytest.raises(wl.InvalidInputError, match=rf"must be finite on the grid, but it is {value} at {point}"):
        potentials.on_grid(line, potential)


def test_an_array_with_a_nan_is_refused(grid):
    values = np.zeros(97)
    values[13] = np.nan
    with pytest.raises(wl.InvalidInputError, match="must be finite on the grid, but it is nan at"):
        potentials.on_grid(grid, values)


@pytest.mark.parametrize("potential", [np.zeros(96), np.zeros((97, 2)), lambda x: x[:3], [1.0, 2.0]])
def test_values_of_another_shape_are_refused(grid, potential):
    with pytest.raises(wl.InvalidInputError, match=r"must have the shape \(97,\) of the grid"):
        potentials.on_grid(grid, potential)


@pytest.mark.parametrize("potential", [np.zeros(97) * 1j, lambda x: x + 0j, None, True, {"x": 1}, ["x", "x**2"]])
def test_values_that_are_not_real_are_refused(grid, potential):
    with pytest.raises(wl.InvalidInputError, match="`potential` must be real"):
        potentials.on_grid(grid, potential)


def test_a_ragged_list_is_refused(grid):
    with pytest.raises(wl.InvalidInputError, match="`potential` must"):
        potentials.on_grid(grid, [[1.0], [1.0, 2.0]])


def test_a_model_keeps_the_text_of_its_potential(grid):
    assert wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0).potential_text == "0.5*x**2"
    assert wl.SchrodingerLohe(grid, coupling=1.0).potential_text == "0"
    assert np.all(wl.SchrodingerLohe(grid, coupling=1.0).potential == 0)


# ---- potentials that depend on time ---------------------------------------------------------------------------------

DRIVES = [
    "0.5*x**2 - x*sin(t)",
    lambda x, t: 0.5 * x**2 - x * np.sin(t),
    lambda x, *, t: 0.5 * x**2 - x * np.sin(t),
]


@pytest.mark.parametrize("potential", DRIVES)
def test_a_potential_with_t_is_followed_in_time(grid, potential):
    start, drive = potentials.sample(grid, potential)
    (x,) = grid.axes
    assert np.array_equal(start, 0.5 * x**2)
    for time in (0.0, 0.7, 30.0):
        found = drive(time)
        assert found.shape == grid.shape
        assert found.dtype == np.float64
        for j in range(97):
            assert found[j] == pytest.approx(0.5 * x[j] ** 2 - x[j] * np.sin(time), rel=ROUNDING, abs=ROUNDING)


def test_a_number_that_depends_on_time_fills_the_grid(grid):
    _, drive = potentials.sample(grid, "t")
    assert np.all(drive(1.5) == np.full(97, 1.5))


@pytest.mark.parametrize("potential", ["0.5*x**2", 2.0, np.ones(97), lambda x: x, lambda t: t**2, np.cos, np.abs])
def test_a_potential_without_time_stands_still(grid, potential):
    """A coordinate may have any name, t too; compiled functions may not tell theirs."""
    start, drive = potentials.sample(grid, potential)
    assert drive is None
    assert np.array_equal(start, potentials.on_grid(grid, potential))


def test_a_value_that_is_not_finite_later_is_named_with_time_and_point():
    line = wl.Grid(-2.0, 2.0, 4)
    _, drive = potentials.sample(line, "1/(x + 1 - t + 0.5)")
    with pytest.raises(wl.SolverError, match=r"at t = 0\.5, `potential` must be finite .* but it is inf at \[-1\.0\]"):
        drive(0.5)
    _, drive = potentials.sample(line, lambda x, t: x if t < 1 else x[:2])
    with pytest.raises(wl.SolverError, match=r"at t = 1, `potential` must have the shape"):
        drive(1.0)


def test_a_model_knows_its_potential_at_every_time(grid):
    (x,) = grid.axes
    model = wl.SchrodingerLohe(grid, "0.5*x**2 - t*x", coupling=1.0)
    assert np.array_equal(model.potential, 0.5 * x**2)
    assert np.array_equal(model.potential_at(0.0), 0.5 * x**2)
    assert np.abs(model.potential_at(2.0) - (0.5 * x**2 - 2 * x)).max() < ROUNDING
    still = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0)
    assert still.drive is None
    assert still.potential_at(2.0) is still.potential


def test_the_hamiltonian_takes_the_potential_of_its_time(grid):
    model = wl.SchrodingerLohe(grid, "t*x**2", coupling=1.0)
    psi = wl.states.gaussian(grid, position=[0.3, -0.4])
    for found, before in (
        (model.hamiltonian(psi, 2.0), model.hamiltonian(psi)),
        (1j * model.derivative(psi, 2.0), 1j * model.derivative(psi)),
    ):
        assert np.abs(found - before - 2 * grid.axes[0] ** 2 * psi).max() < SPECTRAL_DERIVATIVE
