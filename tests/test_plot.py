"""The figures show the right numbers; looks are for people, contents for tests."""

import numpy as np
import pytest

import wignerlohe as wl
from tolerances import GIVEN, MARGINAL
from wignerlohe.phase_space.selection import select
from wignerlohe.plot import figures, observables, report
from wignerlohe.plot.mosaic import Axis
from wignerlohe.plot.style import DIVERGING, SEQUENTIAL


@pytest.fixture(scope="module")
def solution():
    grid = wl.Grid(-9.0, 8.0, 75)
    psi = wl.states.gaussian(grid, [-1.0, 0.3, 0.8], [0.2, -0.4, 0.1])
    return wl.solve(wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.8), psi, np.linspace(0.0, 3.0, 7))


def test_zero_is_white_on_both_colour_maps():
    assert DIVERGING(0.5)[:3] == (1, 1, 1)
    assert SEQUENTIAL(0.0)[:3] == (1, 1, 1)


def test_the_diameter_is_drawn_on_a_log_axis_below_the_bound_of_corollary_1(solution):
    (axes,) = figures.diameter(solution).axes
    drawn, bound = axes.lines
    np.testing.assert_allclose(drawn.get_ydata(), np.log10(solution.diameter), rtol=1e-14)
    start = solution.diameter[0]
    fall = np.exp(-0.8 * solution.times)
    np.testing.assert_allclose(bound.get_ydata(), np.log10(start * fall / (start * fall + 1 - start)), rtol=1e-12)
    assert np.all(drawn.get_ydata() <= bound.get_ydata() + 1e-12)


def test_the_diameter_says_when_corollary_1_does_not_apply():
    z = np.array([[1, -0.5], [-0.5, 1]])
    solution = wl.solve(wl.Correlations(coupling=1.0), z, np.linspace(0, 900.0, 5))
    (axes,) = figures.diameter(solution).axes
    assert "needs D(0) < 1, here D(0) = 1.5" in axes.get_title(loc="left")
    assert axes.lines[0].get_ydata()[-1] == pytest.approx(-390, abs=2)  # far below the smallest float


def test_nodes_that_agree_have_a_diameter_figure_too():
    solution = wl.solve(wl.Correlations(coupling=1.0), np.ones((2, 2)), [0.0, 1.0])
    (axes,) = figures.diameter(solution).axes
    assert "D = 0" in axes.get_title(loc="left")


def test_every_pair_is_a_path_in_the_plane(solution):
    (axes,) = figures.correlations(solution).axes
    paths = [line for line in axes.lines[1:] if len(line.get_xdata()) == 7]
    drawn = np.array([line.get_xdata() + 1j * line.get_ydata() for line in paths])
    expected = np.stack([solution.correlation[:, i, j] for i, j in ((0, 1), (0, 2), (1, 2))])
    np.testing.assert_allclose(drawn, expected, atol=1e-14)


def test_one_node_has_all_figures():
    grid = wl.Grid(-8.0, 8.0, 64)
    model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0)
    solution = wl.solve(model, wl.states.gaussian(grid, 0.5), [0.0, 1.0, 2.0])
    for draw in (figures.diameter, figures.correlations, figures.order_parameter, figures.density):
        assert draw(solution).axes
    assert len(figures.wigner_matrices(solution, [0], [0.0, 2.0])) == 2


def test_the_wigner_matrix_shows_real_parts_above_and_imaginary_parts_below(solution):
    (figure,) = figures.wigner_matrices(solution, [0, 2], [1.5])
    axes, bar = figure.axes
    (image,) = axes.images
    low, high = image.get_clim()
    assert low == -high
    values = np.asarray(image.get_array())
    half = values.shape[1] // 2
    w = solution.wigner(0, 2, 1.5).values
    peak = {"upper right": np.abs(w.real).max(), "lower left": np.abs(w.imag).max()}
    top, left = values.shape[0] // 2, half
    assert np.nanmax(np.abs(values[top + 2 :, left + 2 :])) == pytest.approx(peak["upper right"], rel=1e-6)
    assert np.nanmax(np.abs(values[: top - 2, : left - 2])) == pytest.approx(peak["lower left"], rel=1e-6)
    # the sign below the diagonal: the panel in row 2, column 0 shows Im w_20 = -Im w_02, with p upwards
    shown = values[: top - 2, : left - 2]
    row, column = np.unravel_index(np.nanargmax(shown), shown.shape)
    other = np.unravel_index(np.nanargmin(shown), shown.shape)
    x, p = np.unravel_index(np.argmax(-w.imag), w.shape)
    x_low, p_low = np.unravel_index(np.argmin(-w.imag), w.shape)
    assert (column - other[1], row - other[0]) == (x - x_low, p - p_low)
    assert bar.get_ylabel()


def test_the_colour_scale_is_the_same_at_all_times(solution):
    limits = {f.axes[0].images[0].get_clim() for f in figures.wigner_matrices(solution, [0, 1], [0.0, 1.0, 3.0])}
    assert len(limits) == 1


def test_densities_are_those_of_the_nodes(solution):
    values = np.asarray(figures.density(solution).axes[0].images[0].get_array())
    assert values.shape[0] == 7
    panels = np.array_split(values[-1], 3)  # the last time, one third of the picture a node
    exact = np.abs(solution.wavefunctions(3.0)) ** 2
    for panel, density in zip(panels, exact, strict=True):
        inside = panel[np.isfinite(panel)]
        peak = int(np.argmax(density))
        assert inside.max() == pytest.approx(density.max(), rel=1e-6)
        shoulders = inside[np.argmax(inside) + np.array([-3, 3])]
        np.testing.assert_allclose(shoulders, density[[peak - 3, peak + 3]], rtol=1e-5)  # not mirrored


def test_the_density_of_left_and_right_factors_is_that_of_their_wigner_functions():
    grid = wl.Grid(-9.0, 9.0, 48)
    left, right = wl.states.gaussian(grid, [-1.0, 0.8], [0.5, -0.3]), wl.states.gaussian(grid, [0.3, 1.1], [0.0, 2.9])
    solution = wl.solve(wl.WignerLohe(grid, "0.5*x**2", coupling=1.0), wl.Factors(left, right), [0.0, 0.5])
    drawn = figures._densities(solution, solution.states, 2)
    for node in (0, 1):
        w = solution.wigner(node, node, 0.5)
        whole = w.values.sum(axis=1) * float(w.p[1] - w.p[0])
        assert np.abs(drawn[1, node] - whole.real).max() < MARGINAL
    figure = figures.density(solution)
    largest = float(np.abs(drawn).max())
    assert figure.axes[0].images[0].get_clim() == pytest.approx((-largest, largest), rel=1e-6)
    assert r"\mathrm{mean}_{ij}\, z_{ij}" in figures.order_parameter(solution).axes[0].get_ylabel()


def test_correlations_alone_have_no_densities():
    solution = wl.solve(wl.Correlations(coupling=1.0), np.eye(2), [0.0, 1.0])
    with pytest.raises(wl.InvalidInputError, match="wave functions"):
        figures.density(solution)


def test_drawing_leaves_the_users_matplotlib_settings_alone(solution):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    figures.diameter(solution)
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize(("low", "high"), [(-5.1, 5.1), (1000.0, 1020.0), (0.0, 0.001), (-3.0, 0.2)])
def test_ticks_of_neighbouring_panels_keep_apart(low, high):
    axis = Axis(np.linspace(low, high, 41), "x")
    alone, beside = axis.ticks(1), axis.ticks(4)
    assert len(alone) >= 2
    assert len(beside) >= 1
    assert min(beside[0] - low, high - beside[-1]) > 0.1 * (high - low)


def test_panels_of_left_and_right_factors_are_their_own_wigner_functions():
    grid = wl.Grid(-9.0, 9.0, 48)
    left = wl.states.gaussian(grid, [-1.0, 0.8], [0.5, -0.3])
    right = wl.states.gaussian(grid, [0.3, 1.1], [0.0, 0.9])
    solution = wl.solve(wl.WignerLohe(grid, "0.5*x**2", coupling=1.0), wl.Factors(left, right), [0.0, 0.5])
    panels = figures._panels(solution, [0, 1], 0.5, select(grid))
    for i, j, part in ((0, 0, "real"), (0, 1, "real"), (1, 0, "imag"), (1, 1, "real")):
        expected = getattr(solution.wigner(i, j, 0.5).values, part)
        assert np.abs(panels[i, j] - expected).max() < 1e-6  # single precision


# ---- functions on phase space, and those that stand by themselves ---------------------------------------------------


def transforms(grid, psi):
    """All w_ij of states, as arrays."""
    return np.array([[wl.wigner(grid, phi, chi) for chi in psi] for phi in psi])


@pytest.mark.parametrize(("points", "kind"), [(72, "Blocks"), (96, "Nodes")])
def test_densities_and_observables_of_functions_are_those_of_their_states(points, kind):
    grid = wl.Grid(-9.0, 9.0, points) if kind == "Blocks" else wl.Grid(-10.0, 10.0, points)
    psi = wl.states.gaussian(grid, [-1.0, 0.6, 1.2], [0.3, -0.5, 0.0])
    if kind == "Blocks":  # mixed nodes of too many components for factors
        psi = wl.states.thermal(grid, occupation=0.3, position=[-1.0, 0.6], components=20)
    w = transforms(grid, psi)
    model = wl.WignerLohe(grid, "0.5*x**2", coupling=0.8)
    states, functions = (wl.solve(model, data, [0.0, 0.7]) for data in (psi, w))
    assert type(functions.fields).__name__ == kind
    drawn = [figures._densities(solution, solution.states, 2) for solution in (states, functions)]
    assert np.abs(drawn[0] - drawn[1]).max() < GIVEN
    names = ["position_density", "mean", "covariance", "energy", "current", "purity"]
    expected, found = states.observables(names), functions.observables(names)
    for name in names:
        assert np.abs(found[name] - expected[name]).max() < GIVEN, name
    (image,) = figures.density(functions).axes[0].images
    assert image.get_clim()[0] == 0
    assert figures.rate(functions) == figures.rate(states) == 0.8


def test_functions_that_stand_by_themselves_are_a_row_and_of_complex_ones_two():
    grid = wl.Grid(-8.0, 8.0, 64)
    psi = wl.states.gaussian(grid, [-1.0, 0.6, 1.2])
    model = wl.WignerEquation(grid, "0.02*x**4")
    for initial, rows in ((psi, 1), (np.array([wl.wigner(grid, psi[0], psi[k]) for k in range(2)]), 2)):
        solution = wl.solve(model, initial, [0.0, 0.5])
        first, last = figures.wigner_matrices(solution, range(solution.count), [0.0, 0.5])
        texts = [text.get_text() for text in last.axes[0].texts]
        assert len(texts) == rows * solution.count
        assert texts[0] == ("$w_{0}$" if rows == 1 else "Re $w_{0}$")
        panels = figures._rows(solution, [0, 1], 0.5, select(grid))
        w = solution.wigner_functions([(0, 0), (1, 1)], 0.5)
        np.testing.assert_allclose(panels, [w.real, w.imag], atol=1e-6)  # single precision
        assert first.axes[0].images[0].get_clim() == last.axes[0].images[0].get_clim()
        names = [picture.name for picture in report.draw(solution, None)]
        assert names == ["density"]
    assert "Re" not in figures.density(wl.solve(model, psi, [0.0, 0.5])).axes[0].get_title(loc="left")


@pytest.mark.parametrize(
    ("options", "bound"),
    [
        ({}, 0.8),
        ({"network": {"kind": "complete", "weight": 0.5}}, 0.4),
        ({"potential": ["0.5*x**2", "0.5*x**2 + 1"]}, None),
        ({"potential": ["0.5*x**2", "0.6*x**2"]}, None),
        ({"nonlinearity": 0.1}, None),
        ({"network": "ring", "detuning": [0.1, 0.0]}, None),
    ],
)
def test_corollary_1_speaks_of_equal_nodes_on_a_complete_graph(options, bound):
    grid = wl.Grid(-8.0, 8.0, 64)
    options = {"potential": "0.5*x**2", "coupling": 0.8} | options
    psi = wl.states.gaussian(grid, [-0.3, 0.3])
    solution = wl.solve(wl.SchrodingerLohe(grid, **options), psi, [0.0, 0.1])
    assert figures.rate(solution) == bound
    (axes,) = figures.diameter(solution).axes
    assert len(axes.lines) == (1 if bound is None else 2)


def test_a_flat_curve_has_ticks_that_differ():
    z = np.array([[1.0, 0.3], [0.3, 1.0]])
    (axes,) = figures.diameter(wl.solve(wl.Correlations(coupling=1e-9), z, [0.0, 1.0])).axes
    texts = [axes.yaxis.get_major_formatter()(value, 0) for value in axes.yaxis.get_majorticklocs()]
    assert len(set(texts)) == len(texts) > 1


def test_groups_are_drawn_with_their_correlations(solution):
    groups = {"left": [0], "right": [1, 2]}
    data = wl.observables.group_order_parameter(solution, groups).to_dataset()
    data["group_correlation"] = wl.observables.group_correlation(solution, groups)
    (axes,) = observables.groups(data).axes
    drawn = [line.get_ydata() for line in axes.lines]
    np.testing.assert_allclose(drawn[2], np.abs(solution.correlation[:, 0, 1:].mean(axis=1)), rtol=1e-13)
    assert [line.get_label() for line in axes.lines] == ["left", "right", "left, right"]
