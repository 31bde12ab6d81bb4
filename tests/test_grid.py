"""Grids and phase spaces: where the points are, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wignerlohe as wl
from tolerances import ROUNDING


def test_points_start_at_the_lower_corner_and_leave_out_the_upper_one():
    grid = wl.Grid(lower=-1.5, upper=2.0, points=7)
    for j in range(7):
        assert grid.axes[0][j] == pytest.approx(-1.5 + j * 3.5 / 7, abs=ROUNDING)
    assert grid.spacing == (0.5,)
    assert grid.lengths == (3.5,)
    assert grid.cell == 0.5
    assert grid.shape == grid.points == (7,)
    assert grid.size == 7
    assert grid.hbar == 1.0


@pytest.mark.parametrize("n", [6, 7])
def test_momenta_of_the_phase_space_are_those_of_the_definition(n):
    grid = wl.Grid(lower=-1.5, upper=2.0, points=n, hbar=0.3)
    space = grid.phase_space
    assert space.shape == (n, 2 * n)
    assert np.array_equal(space.x[0], grid.axes[0])
    for k in range(2 * n):
        assert space.p[0][k] == pytest.approx((k - n) * np.pi * 0.3 / 3.5, abs=ROUNDING)
    assert space.p[0][n] == pytest.approx(0, abs=ROUNDING)
    assert space.cell == pytest.approx(3.5 / n * np.pi * 0.3 / 3.5, rel=ROUNDING)
    assert space.hbar == 0.3


@pytest.mark.parametrize("n", [6, 7])
def test_wavenumbers_are_those_whose_waves_fit_into_the_box(n):
    grid = wl.Grid(lower=1.0, upper=3.5, points=n)
    expected = sorted(2 * np.pi * m / 2.5 for m in range(-(n // 2), (n + 1) // 2))
    assert np.sort(grid.wavenumbers[0]) == pytest.approx(expected, rel=ROUNDING)


def test_three_axes_are_independent():
    grid = wl.Grid(lower=[-1.0, 0.0, 2.0], upper=[1.0, 3.0, 2.5], points=[4, 6, 5], hbar=2.0)
    assert grid.dimension == 3
    assert grid.shape == (4, 6, 5)
    assert grid.size == 120
    assert grid.cell == pytest.approx(0.5 * 0.5 * 0.1)
    for axis, (low, step, n) in enumerate([(-1.0, 0.5, 4), (0.0, 0.5, 6), (2.0, 0.1, 5)]):
        assert grid.axes[axis] == pytest.approx([low + j * step for j in range(n)])
        assert grid.mesh[axis].shape == tuple(n if a == axis else 1 for a in range(3))
    assert grid.phase_space.shape == (4, 6, 5, 8, 12, 10)
    assert grid.phase_space.dimension == 3


def test_one_number_holds_for_every_axis():
    grid = wl.Grid(lower=-1.0, upper=[1.0, 3.0], points=8)
    assert grid.lower == (-1.0, -1.0)
    assert grid.points == (8, 8)


def test_a_phase_space_of_any_box():
    space = wl.PhaseSpace(x_lower=-4, x_upper=4, x_points=16, p_lower=-3, p_upper=3.5, p_points=13, hbar=0.5)
    assert space.x[0] == pytest.approx([-4 + 0.5 * j for j in range(16)])
    assert space.p[0] == pytest.approx([-3 + 0.5 * k for k in range(13)])
    assert space.cell == pytest.approx(0.25)
    assert space.dimension == 1


def test_the_inner_product_is_linear_in_the_first_slot(rng):
    grid = wl.Grid(lower=[0.0, -1.0], upper=[1.0, 2.0], points=[4, 5])
    f, g = rng.normal(size=(2, 4, 5)) + 1j * rng.normal(size=(2, 4, 5))
    slow = 0.0
    for a in range(4):
        for b in range(5):
            slow += f[a, b] * np.conj(g[a, b]) * (1 / 4) * (3 / 5)
    assert abs(grid.inner(f, g) - slow) < ROUNDING
    assert abs(grid.inner(2j * f, g) - 2j * slow) < ROUNDING
    assert grid.norm(f) == pytest.approx(np.sqrt(grid.inner(f, f).real))


def test_inner_products_of_many_states_broadcast(rng):
    grid = wl.Grid(lower=0.0, upper=1.0, points=5)
    psi = rng.normal(size=(3, 5)) + 1j * rng.normal(size=(3, 5))
    gram = grid.inner(psi[:, None], psi[None])
    for i in range(3):
        for j in range(3):
            assert abs(gram[i, j] - 0.2 * np.sum(psi[i] * psi[j].conj())) < ROUNDING


def test_equal_grids_are_equal_and_cannot_be_changed():
    one, two = wl.Grid(-1.0, 1.0, 8), wl.Grid([-1], [1], [8])
    assert one == two
    assert hash(one) == hash(two)
    assert one != wl.Grid(-1.0, 1.0, 8, hbar=2.0)
    with pytest.raises(AttributeError):
        one.hbar = 2.0


BAD_GRIDS = [
    ({"lower": 1.0, "upper": 1.0}, "`upper` must exceed `lower`"),
    ({"lower": 2.0, "upper": 1.0}, "`upper` must exceed `lower`"),
    ({"lower": [-1.0, 3.0], "upper": [1.0, 2.0]}, "`upper` must exceed `lower`"),
    ({"lower": np.nan}, "`lower` must be a finite number"),
    ({"upper": np.inf}, "`upper` must be a finite number"),
    ({"upper": "far"}, "`upper` must be a finite number"),
    ({"lower": None}, "`lower` must be a finite number"),
    ({"points": 1}, "`points` must be whole and at least 2"),
    ({"points": 0}, "`points` must be whole and at least 2"),
    ({"points": -8}, "`points` must be whole and at least 2"),
    ({"points": 8.5}, "`points` must be whole and at least 2"),
    ({"points": np.nan}, "`points` must be a finite number"),
    ({"points": [8, 1]}, "`points` must be whole and at least 2"),
    ({"points": [8, 8], "lower": [0.0, 0.0, 0.0]}, "`points` must have 1 or 3 entries"),
    ({"points": [8, 8, 8, 8]}, "`points` must speak of 1 to 3 axes"),
    ({"lower": []}, "`lower` must speak of 1 to 3 axes"),
    ({"lower": [], "upper": [], "points": []}, " must "),
    ({"lower": [[-1.0], [-1.0, 2.0]]}, "`lower` must"),
    ({"hbar": 0.0}, "`hbar` must be positive"),
    ({"hbar": -1.0}, "`hbar` must be positive"),
    ({"hbar": np.inf}, "`hbar` must be a finite number"),
    ({"hbar": [1.0, 2.0]}, "`hbar` must have 1"),
]


@pytest.mark.parametrize(("changes", "message"), BAD_GRIDS, ids=str)
def test_a_bad_grid_is_refused_and_its_fault_named(changes, message):
    with pytest.raises(wl.InvalidInputError) as caught:
        wl.Grid(**({"lower": -2.0, "upper": 2.0, "points": 8} | changes))
    assert message in str(caught.value)
    assert "; try " in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_upper": -5.0}, "`x_upper` must exceed `x_lower`"),
        ({"p_upper": -5.0}, "`p_upper` must exceed `p_lower`"),
        ({"p_points": 1}, "`p_points` must be whole and at least 2"),
        ({"x_points": 2.5}, "`x_points` must be whole and at least 2"),
        ({"p_lower": np.nan}, "`p_lower` must be a finite number"),
        ({"hbar": 0.0}, "`hbar` must be positive"),
    ],
    ids=str,
)
def test_a_bad_phase_space_is_refused_and_its_fault_named(changes, message):
    good = {"x_lower": -1.0, "x_upper": 1.0, "x_points": 4, "p_lower": -1.0, "p_upper": 1.0, "p_points": 4}
    with pytest.raises(wl.InvalidInputError, match=message):
        wl.PhaseSpace(**(good | changes))


ANYTHING = st.one_of(
    st.floats(), st.integers(-5, 300), st.none(), st.text(max_size=3), st.lists(st.floats(), max_size=4), st.booleans()
)


@given(lower=ANYTHING, upper=ANYTHING, points=ANYTHING, hbar=ANYTHING)
def test_any_arguments_give_a_grid_or_a_named_fault(lower, upper, points, hbar):
    try:
        grid = wl.Grid(lower, upper, points, hbar)
    except wl.InvalidInputError:
        return
    assert 1 <= grid.dimension <= 3
