"""The map (40) as a solver: against the separation, against brute force, and where it ends."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import wignerlohe as wl
from tolerances import IMAGE, PICARD, ROUNDING
from wignerlohe.phase_space.weyl import wigner_of_kernel
from wignerlohe.theory.picard import collocation, combined, contraction_bound, image, norm_in_x

KAPPA = 1.3
WELL = "0.05*x**4 - 0.3*x**2"
TIMES = np.array([0.0, 0.7, 2.9, 10 / KAPPA])  # up to kappa t = 10
PAIRS = [(0, 1), (2, 0), (2, 2)]


@pytest.fixture(scope="module")
def line():
    return wl.Grid(-8.5, 9.0, 71)


def packets(grid):
    return wl.states.gaussian(grid, position=[-0.4, 0.1, 0.5], momentum=[0.3, -0.2, 0.1])


def mixtures(grid):
    other = wl.states.gaussian(grid, position=[0.9, 1.2, 0.7], momentum=[-0.5, 0.1, 0.3], width=0.8)
    return np.stack([np.sqrt(0.7) * packets(grid), np.sqrt(0.3) * other], axis=1)


def unlike_factors(grid):
    left = packets(grid)
    right = left + 0.2 * wl.states.fock(grid, level=[1, 2, 0])
    own = (left * right.conj()).sum(axis=1) * grid.cell
    return wl.Factors(left, right / own.conj()[:, None])


def arrays(grid):
    """Any functions: neither Hermitian nor positive, but with z_ii = 1 and D(0) < 1."""
    rng, h = np.random.default_rng(3), wl.states.fock(grid, level=range(5))
    w = np.empty((3, 3, *grid.phase_space.shape), dtype=complex)
    for i, j in np.ndindex(3, 3):
        c = 0.15 * (rng.normal(size=(5, 5)) + 1j * rng.normal(size=(5, 5)))
        c[0, 0] += (1 if i == j else 1 + 0.5 * np.exp(1j * (2 * i + j))) - np.trace(c)
        w[i, j] = wigner_of_kernel(grid, h.T @ c @ h)
    return w


def compared(model, initial, times=TIMES):
    """The largest differences of correlations and of functions from those of the separation."""
    run = wl.picard(model, initial, times)
    other = wl.solve(model, initial, times, method="separation", rtol=1e-12)
    correlations = np.abs(run.correlation - other.correlation).max()
    between = 0.37 * times[-1]
    functions = np.abs(run.wigner_functions(PAIRS, between) - other.wigner_functions(PAIRS, between)).max()
    return run, other, max(correlations, functions)


@pytest.mark.parametrize("data", [packets, mixtures, unlike_factors, arrays])
def test_iterates_end_where_the_separation_does(line, data):
    run, other, error = compared(wl.WignerLohe(line, WELL, coupling=KAPPA), data(line))
    assert other.diameter[0] < 1
    assert error < PICARD
    assert run.windows[0].begin == 0
    assert run.windows[-1].end == TIMES[-1]
    assert all(a.end == b.begin for a, b in zip(run.windows, run.windows[1:], strict=False))


def test_norms_that_are_not_1_and_a_potential_that_moves():
    grid = wl.Grid(-7.0, 7.0, 36)
    psi = wl.states.gaussian(grid, position=[-0.4, 0.1, 0.5])
    model = wl.WignerLohe(grid, "0.5*x**2 + 0.2*x*sin(t)", coupling=KAPPA, mass=1.2, division=False)
    assert compared(model, wl.Factors(1.1 * psi, psi), np.array([0.1, 0.4]))[2] < PICARD


@pytest.mark.parametrize("kappa", [-0.8, 0.0])
def test_repulsion_and_no_coupling(line, kappa):
    run, _, error = compared(wl.SchrodingerLohe(line, WELL, coupling=kappa), packets(line), np.array([0.0, 2.5]))
    assert error < PICARD
    assert (len(run.windows) == 1) == (kappa == 0)


def test_the_plane():
    grid = wl.Grid([-5.5, -5.0], [5.0, 5.5], [16, 17])
    psi = wl.states.gaussian(grid, position=[[-0.3, 0.0], [0.3, 0.2], [0.0, 0.1]])
    assert compared(wl.WignerLohe(grid, "0.5*r2", coupling=KAPPA), psi, np.array([1.0]))[2] < PICARD


def test_windows_contract_as_the_bound_says(line):
    run = wl.picard(wl.WignerLohe(line, WELL, coupling=KAPPA), arrays(line), TIMES)
    for window in run.windows:
        assert 0 < window.factors.max() < window.bound < 1
        assert window.distances[-1] < 1e-13 < window.distances[0]
    z, n = run.correlation[0], 3
    first = run.windows[0]
    size = np.abs(z).max() + max(line.phase_space.norm(w) for w in arrays(line).reshape(n * n, *line.phase_space.shape))
    least = contraction_bound(KAPPA, first.end, size, np.abs(z).max())  # of the data alone
    assert least <= first.bound * (1 + ROUNDING)
    assert first.bound < 1.5 * least


def test_the_bound_is_the_formula():
    assert abs(contraction_bound(2.0, 0.3, 1.5, 0.7) - 2.0 * 1.5 * 0.3 * np.exp(2.0 * 1.7 * 0.3)) < ROUNDING


def test_an_image_obeys_40():
    """Against its right-hand side written as it stands, for a guess that moves, and data of no symmetry."""
    rng, n, advance = np.random.default_rng(0), 3, 0.7
    data = rng.normal(size=(n, n, 4)) + 1j * rng.normal(size=(n, n, 4))
    a, b = (rng.normal(size=(2, n, n)) + 1j * rng.normal(size=(2, n, n)))[:2]

    def guess(s):
        return a + b * np.sin(2 * s)

    def derivative(s, y):
        w, q, result = y.reshape(data.shape), guess(s), np.zeros(data.shape, dtype=complex)
        for i, j, k in np.ndindex(n, n, n):
            result[i, j] += (w[i, k] + w[k, j] - w[i, j] * (q[i, k] + q[k, j])) / (2 * n)
        return advance * result.ravel()

    points, one = collocation()[0], np.eye(n, dtype=complex)
    left, right = image(np.array([guess(s) for s in points]), one, one, advance)
    found = combined(left, data, right)
    expected = solve_ivp(derivative, (0, 1), data.ravel(), "DOP853", t_eval=points, rtol=1e-13, atol=1e-14).y.T
    assert np.abs(found - expected.reshape(found.shape)).max() < IMAGE


def test_norms_in_x_are_those_of_functions(line):
    run = wl.picard(wl.WignerLohe(line, WELL, coupling=KAPPA), arrays(line), [0.0, 0.1])
    w = run.wigner_functions([(1, 2)], 0.1)[0]
    window = run.windows[-1]
    expected = wl.operators.norm_in_x(line.phase_space, w)
    kernels = run._kernels.reshape(9, -1)
    scale = line.cell / np.sqrt(2 * np.pi)
    data = np.concatenate([scale * kernels, run.correlation[0].reshape(9, 1)], axis=1).reshape(3, 3, -1)
    left, right = (side[-1:] for side in (window.left, window.right))
    assert abs(norm_in_x(combined(left, data, right))[0, 1, 2] - expected) < IMAGE


def test_a_blow_up_ends_the_windows():
    grid = wl.Grid(-9.0, 9.0, 64)
    phi, start = wl.states.fock(grid, level=[0, 1, 2]), np.full((3, 3), -0.8) + 1.8 * np.eye(3)
    data, model = wl.Factors(phi, start @ phi), wl.WignerLohe(grid, "0.5*x**2", coupling=1.0)
    times = [0.5, 1.6]
    found, expected = wl.picard(model, data, times), wl.solve(model, data, times, rtol=1e-12)
    size = np.abs(expected.correlation).max()
    assert np.abs(found.correlation - expected.correlation).max() < PICARD * size
    with pytest.raises(wl.SolverError, match=r"shrink to nothing at t = 1\.7917"):
        wl.picard(model, data, [2.0])  # they blow up at ln 6 = 1.79176


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda grid: wl.SchrodingerLohe(grid, ["x**2", "x", "0"], coupling=1.0), "one potential for all nodes"),
        (lambda grid: wl.SchrodingerLohe(grid, "x**2", coupling=1.0, nonlinearity=0.1), "one potential for all nodes"),
        (lambda grid: wl.SchrodingerLohe(grid, coupling=1.0, detuning=[0, 1, 0]), "no detunings"),
        (lambda grid: wl.SchrodingerLohe(grid, coupling=1.0, network="star"), "all-to-all coupling"),
        (lambda grid: wl.WignerEquation(grid), "`model` must couple functions"),
        (lambda _: wl.Correlations(coupling=1.0), "`model` must couple functions"),
    ],
)
def test_other_equations_are_refused(line, model, message):
    with pytest.raises(wl.InvalidInputError, match=message):
        wl.picard(model(line), packets(line), [1.0])


def test_other_arguments_are_refused(line):
    model = wl.WignerLohe(line, "0.5*x**2", coupling=1.0, division=True)
    with pytest.raises(wl.InvalidInputError, match="divide by no z_ii other than 1"):
        wl.picard(model, wl.Factors(1.1 * packets(line), packets(line)), [1.0])
    with pytest.raises(wl.InvalidInputError, match="`times` must be finite, increasing"):
        wl.picard(model, packets(line), [1.0, 0.5])
    run = wl.picard(model, packets(line), [0.0])
    assert run.windows == ()
    assert run.correlation.shape == (1, 3, 3)
    expected = wl.wigner(line, packets(line)[0], packets(line)[1])
    assert np.abs(run.wigner(0, 1, time=0.0).values - expected).max() < ROUNDING
    for arguments in [(0, 1, 0.1), (0, 1, -1.0), (0, 3, 0.0)]:
        with pytest.raises(wl.InvalidInputError):
            run.wigner(*arguments)
