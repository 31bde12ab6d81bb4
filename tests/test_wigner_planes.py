"""Wigner functions in several dimensions, their slices and their marginals."""

import itertools
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import wignerlohe as wl
from test_wigner import fock_pair, gaussian_pair
from tolerances import MARGINAL, PHASE_SPACE, ROUNDING, WIGNER
from wignerlohe import threads
from wignerlohe.labels import wigner_array
from wignerlohe.phase_space import reduction
from wignerlohe.phase_space.reduction import Reduction
from wignerlohe.phase_space.selection import select
from wignerlohe.phase_space.transform import wigner_matrix

NAMES = {1: ("x", "p"), 2: ("x", "y", "px", "py"), 3: ("x", "y", "z", "px", "py", "pz")}


def samples(grid):
    """The axes of phase space by name, from the definition of the grid."""
    axes = list(zip(grid.lower, grid.upper, grid.points, strict=True))
    x = [np.array([low + j * (up - low) / n for j in range(n)]) for low, up, n in axes]
    p = [np.array([(k - n) * np.pi * grid.hbar / (up - low) for k in range(2 * n)]) for low, up, n in axes]
    return dict(zip(NAMES[grid.dimension], x + p, strict=True))


def noise(rng, *shape):
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def peak(grid, kept_pairs):
    """The largest value of a function of so many pairs (x, p) of unit states."""
    return (np.pi * grid.hbar) ** -kept_pairs


# ---- the definition -------------------------------------------------------------------------------------------------


def interpolated(psi, grid, point):
    """The trigonometric polynomial through the samples, term by term; zero outside of the box."""
    value = psi
    for n, low, up, x in zip(grid.points, grid.lower, grid.upper, point, strict=True):
        if not low - 1e-9 <= x < up - 1e-9:
            return 0.0
        row = np.zeros(n, dtype=complex)
        for j in range(n):
            for nu in range(-(n // 2), n // 2 + 1):
                weight = 0.5 if n % 2 == 0 and abs(nu) == n // 2 else 1.0
                row[j] += weight * np.exp(2j * np.pi * nu * ((x - low) / (up - low) - j / n)) / n
        value = np.tensordot(row, value, axes=(0, 0))
    return value


def wigner_at(psi, phi, grid, x, p):
    """``(2 pi hbar)^-d integral psi(x + y/2) conj(phi(x - y/2)) e^{-i p.y / hbar} dy``, y in steps of dx."""
    steps = [(up - low) / n for low, up, n in zip(grid.lower, grid.upper, grid.points, strict=True)]
    total = 0.0
    for m in itertools.product(*(range(-n, n) for n in grid.points)):
        y = np.multiply(m, steps)
        left = interpolated(psi, grid, x + y / 2)
        right = interpolated(phi, grid, x - y / 2)
        total += left * np.conj(right) * np.exp(-1j * np.dot(p, y) / grid.hbar)
    return total * np.prod(steps) / (2 * np.pi * grid.hbar) ** grid.dimension


LOOPS = [
    ({"lower": -1.3, "upper": 2.9, "points": 5}, None, {"x": 0.37}),
    ({"lower": -1.3, "upper": 2.9, "points": 6}, None, {"x": -1.2}),
    ({"lower": -1.3, "upper": 2.9, "points": 6}, None, {"p": 0.71}),
    ({"lower": -1.3, "upper": 2.9, "points": 5}, (), {"x": 2.8, "p": -0.2}),
    ({"lower": [-1.0, 0.5], "upper": [1.2, 2.0], "points": [2, 3]}, None, {}),
    ({"lower": [-1.0, 0.5], "upper": [1.2, 2.0], "points": [3, 2]}, None, {"y": 1.1, "py": 0.4}),
    ({"lower": [-1.0, 0.5], "upper": [1.2, 2.0], "points": [3, 2]}, None, {"x": 0.13, "py": 0.4}),
    ({"lower": [-1.0, 0.5], "upper": [1.2, 2.0], "points": [2, 3]}, None, {"y": 1.9, "px": -0.3}),
    ({"lower": [-1.0, 0.5], "upper": [1.2, 2.0], "points": [3, 2]}, None, {"x": 0.3}),
    ({"lower": [-1.0, 0.5], "upper": [1.2, 2.0], "points": [2, 3]}, None, {"px": 0.3, "py": 1.7}),
    ({"lower": [-1.0, 0.5], "upper": [1.2, 2.0], "points": [3, 2]}, (), {"x": 0.2, "y": 0.9, "px": 0.3, "py": 1.7}),
    ({"lower": [-1, 0, 0], "upper": [1, 1, 2], "points": [2, 3, 2]}, None, {"x": 0.2, "px": 0.3, "py": 1.7, "pz": 0.5}),
]


@pytest.mark.parametrize(("box", "axes", "at"), LOOPS)
def test_any_samples_transform_as_the_defining_integral_says_on_and_off_the_grid(rng, box, axes, at):
    grid = wl.Grid(**box, hbar=0.6)
    d, names = grid.dimension, NAMES[grid.dimension]
    psi, phi = noise(rng, 2, *grid.shape)
    points = [samples(grid)[name] if name not in at else [at[name]] for name in names]
    expected = [wigner_at(psi, phi, grid, np.array(z[:d]), np.array(z[d:])) for z in itertools.product(*points)]
    found = wl.wigner(grid, psi, phi, axes, at)
    assert found.shape == tuple(len(axis) for name, axis in zip(names, points, strict=True) if name not in at)
    assert np.abs(found.ravel() - expected).max() < WIGNER
    own = wl.wigner(grid, psi, None, axes, at)
    assert own.dtype == np.float64
    assert np.abs(own - wl.wigner(grid, psi, psi, axes, at)).max() < WIGNER


@pytest.mark.parametrize("n", [5, 8, 13])
def test_a_slice_at_any_point_of_the_grid_is_a_row_of_the_whole(rng, n):
    grid = wl.Grid(lower=-1.3, upper=2.9, points=n, hbar=0.6)  # samples that neither vanish nor match at the edges
    psi, phi = noise(rng, 2, n)
    whole, axes = wl.wigner(grid, psi, phi), samples(grid)
    for j, x in enumerate(axes["x"]):
        assert np.abs(wl.wigner(grid, psi, phi, at={"x": x}) - whole[j]).max() < WIGNER
    for k, p in enumerate(axes["p"]):
        assert np.abs(wl.wigner(grid, psi, phi, at={"p": p}) - whole[:, k]).max() < WIGNER


def test_momentum_densities_of_any_samples_are_those_of_their_fourier_sums(rng):
    grid = wl.Grid(lower=[-1.3, 0.2], upper=[2.9, 1.7], points=[5, 4], hbar=0.6)
    psi, phi = noise(rng, 2, 5, 4)
    (x, y), p = grid.axes, samples(grid)

    def in_momentum(state, px, py):
        terms = [state[a, b] * np.exp(-1j * (px * x[a] + py * y[b]) / 0.6) for a in range(5) for b in range(4)]
        return sum(terms) * (4.2 / 5) * (1.5 / 4) / (2 * np.pi * 0.6)

    expected = [[in_momentum(psi, k, q) * np.conj(in_momentum(phi, k, q)) for q in p["py"]] for k in p["px"]]
    assert np.abs(wl.wigner(grid, psi, phi, ("px", "py")) - expected).max() < WIGNER
    expected = [in_momentum(psi, k, 0.77) * np.conj(in_momentum(phi, k, 0.77)) for k in p["px"]]
    assert np.abs(wl.wigner(grid, psi, phi, ("px",), {"py": 0.77}) - expected).max() < WIGNER


# ---- parts of the whole ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole():
    """An entangled pair of resolved states in the plane, and their whole function; sizes odd and unequal."""
    grid = wl.Grid(lower=[-8.0, -7.6], upper=[7.6, 7.9], points=[37, 41], hbar=1.0)
    left, right, other = wl.states.gaussian(
        grid, [[-0.4, 0.3], [0.5, -0.2], [0.1, 0.4]], [[0.3, -0.2], [0, 0.4], [-0.5, 0]]
    )
    psi, phi = 0.8 * left + 0.5j * right, 0.9 * other - 0.4 * left
    return grid, psi, phi, wl.wigner(grid, psi, phi)


fates = st.tuples(*(st.sampled_from(["keep", "cut", "integrate"]) for _ in range(4)))


@given(fates, st.tuples(*(st.floats(0.3, 0.7) for _ in range(4))))
@example(("keep", "integrate", "keep", "integrate"), (0.5,) * 4)
@example(("keep", "cut", "keep", "cut"), (0.5, 0.52, 0.5, 0.48))
@example(("keep", "keep", "integrate", "integrate"), (0.5,) * 4)
@example(("integrate", "integrate", "keep", "keep"), (0.5,) * 4)
@example(("keep", "cut", "cut", "keep"), (0.5, 0.52, 0.47, 0.48))
@example(("keep", "keep", "cut", "keep"), (0.5, 0.52, 0.47, 0.48))
@example(("integrate",) * 4, (0.5,) * 4)
@example(("cut",) * 4, (0.45, 0.52, 0.47, 0.56))
def test_every_part_is_that_of_the_whole_array(whole, fates, where):
    grid, psi, phi, values = whole
    axes = samples(grid)
    names = list(axes)
    chosen = {name: int(fraction * len(axes[name])) for name, fraction in zip(names, where, strict=True)}
    cuts = {name: chosen[name] for name, fate in zip(names, fates, strict=True) if fate == "cut"}
    part = values[tuple(cuts.get(name, slice(None)) for name in names)]
    rest = [(name, fate) for name, fate in zip(names, fates, strict=True) if fate != "cut"]
    for k, (name, fate) in reversed(list(enumerate(rest))):
        if fate == "integrate":
            part = part.sum(axis=k) * (axes[name][1] - axes[name][0])
    kept = tuple(name for name, fate in rest if fate == "keep")
    found = wl.wigner(grid, psi, phi, kept[::-1], {name: axes[name][k] for name, k in cuts.items()})
    tolerance = PHASE_SPACE if "integrate" in fates[:2] else WIGNER  # sums over x are exact for resolved states only
    assert found.shape == part.shape
    assert np.abs(found - part).max() < tolerance


def test_marginals_are_densities(whole):
    grid, psi, phi, _ = whole
    assert np.abs(wl.wigner(grid, psi, axes=("x", "y")) - np.abs(psi) ** 2).max() < MARGINAL
    assert np.abs(wl.wigner(grid, psi, phi, axes=("x", "y")) - psi * phi.conj()).max() < MARGINAL
    assert np.abs(wl.wigner(grid, psi, axes=("y",)) - np.sum(np.abs(psi) ** 2, axis=0) * 15.6 / 37).max() < MARGINAL
    hat = np.fft.fft2(psi) * grid.cell / (2 * np.pi)  # at every second momentum, from zero on
    found = np.fft.ifftshift(wl.wigner(grid, psi, axes=("px", "py"))[1::2, 1::2])
    assert np.abs(found - np.abs(hat) ** 2).max() < PHASE_SPACE


def test_the_integral_is_the_inner_product_and_moyals_identity_holds(whole):
    grid, psi, phi, values = whole
    z = grid.cell * np.sum(psi * phi.conj())
    assert abs(z.imag) > 0.01
    assert abs(values.sum() * grid.phase_space.cell - z) < PHASE_SPACE
    assert abs(wl.wigner(grid, psi, phi, axes=()) - z) < MARGINAL
    own, others = wl.wigner(grid, psi), wl.wigner(grid, phi)
    found = np.vdot(others, own) * grid.phase_space.cell
    assert abs(found - abs(z) ** 2 / (2 * np.pi) ** 2) < PHASE_SPACE
    squares = grid.norm(psi) ** 2 * grid.norm(phi) ** 2
    found = np.vdot(values, values) * grid.phase_space.cell
    assert abs(found - squares / (2 * np.pi) ** 2) < PHASE_SPACE
    found = np.vdot(wl.wigner(grid, phi, psi), values) * grid.phase_space.cell  # <w[psi, phi], w[phi, psi]>
    assert abs(found - z * np.conj(np.conj(z)) / (2 * np.pi) ** 2) < PHASE_SPACE


def test_exchanging_the_states_conjugates_every_part(whole):
    grid, psi, phi, _ = whole
    for axes, at in [(("x", "px"), {"y": 0.1}), (("x", "py"), {}), (("x", "y"), {"px": 0.3, "py": 0.2}), (("px",), {})]:
        forth, back = wl.wigner(grid, psi, phi, axes, at), wl.wigner(grid, phi, psi, axes, at)
        assert np.abs(forth - back.conj()).max() < 10 * ROUNDING
        assert np.abs(forth).max() > 0.01


# ---- closed forms ---------------------------------------------------------------------------------------------------

BOX = {"lower": [-8.1, -7.7, -8.0], "upper": [7.8, 8.2, 7.9], "points": [48, 51, 50]}
Q = np.array([[-0.5, 0.3, 0.2], [0.4, -0.3, 0.6]])
P = np.array([[0.4, -0.2, 0.3], [-0.3, 0.5, 0.1]])


def factor(grid, axis, x, p, left=0, right=1):
    """The closed form on one axis, for packets of width 0.9."""
    ends = [(Q[k, axis], P[k, axis]) for k in (left, right)]
    return gaussian_pair(np.asarray(x), np.asarray(p), grid.hbar, *ends, 0.9)


def overlap(grid, axis):
    """``<g_0, g_1>`` on one axis, by completing the square."""
    (q, r), (k, m) = Q[:, axis], P[:, axis]
    exponent = -((q - r) ** 2) / (4 * 0.9**2) - 0.9**2 * (k - m) ** 2 / (4 * grid.hbar**2)
    return np.exp(exponent + 1j * (r - q) * (k + m) / (2 * grid.hbar))


def density(grid, axis, x):
    """``g_0 conj(g_1)`` on one axis."""
    value = [
        (np.pi * 0.81) ** -0.25
        * np.exp(-((x - Q[k, axis]) ** 2) / 1.62 + 1j * P[k, axis] * (x - Q[k, axis]) / grid.hbar)
        for k in (0, 1)
    ]
    return value[0] * value[1].conj()


@pytest.fixture(scope="module", params=[0.8, 1.1])
def space(request):
    grid = wl.Grid(**BOX, hbar=request.param)
    return grid, *wl.states.gaussian(grid, Q, P, width=0.9)


def test_planes_of_gaussians_in_space_are_the_closed_form(space):
    grid, psi, phi = space
    axes, at = samples(grid), {"y": 0.21, "py": -0.33, "z": -0.17, "pz": 0.4}
    expected = (
        factor(grid, 0, axes["x"][:, None], axes["px"]) * factor(grid, 1, 0.21, -0.33) * factor(grid, 2, -0.17, 0.4)
    )
    assert np.abs(expected.imag).max() > 1e-3
    assert np.abs(wl.wigner(grid, psi, phi, ("x", "px"), at) - expected).max() < WIGNER * peak(grid, 3)
    at = {"x": 0.21, "px": -0.33, "pz": -0.17, "y": 0.4}
    expected = (
        factor(grid, 2, axes["z"], -0.17)[:, None] * factor(grid, 1, 0.4, axes["py"]) * factor(grid, 0, 0.21, -0.33)
    )
    assert np.abs(wl.wigner(grid, psi, phi, ("z", "py"), at) - expected).max() < WIGNER * peak(grid, 3)
    at = {"px": 0.21, "py": -0.33}
    expected = factor(grid, 0, axes["x"], 0.21)[:, None] * factor(grid, 1, axes["y"], -0.33) * overlap(grid, 2)
    assert np.abs(wl.wigner(grid, psi, phi, ("x", "y"), at) - expected).max() < WIGNER * peak(grid, 2)


def test_marginals_of_gaussians_in_space_are_the_closed_form(space):
    grid, psi, phi = space
    axes = samples(grid)
    expected = factor(grid, 1, axes["y"][:, None], axes["py"]) * overlap(grid, 0) * overlap(grid, 2)
    assert np.abs(wl.wigner(grid, psi, phi, ("y", "py")) - expected).max() < WIGNER * peak(grid, 1)
    expected = factor(grid, 2, axes["z"][:, None], axes["pz"]) * density(grid, 0, 0.3) * overlap(grid, 1)
    assert np.abs(wl.wigner(grid, psi, phi, ("z", "pz"), {"x": 0.3}) - expected).max() < WIGNER * peak(grid, 1)
    plane = factor(grid, 1, axes["y"][:, None], axes["py"]) * overlap(grid, 2)
    expected = density(grid, 0, axes["x"])[:, None, None] * plane
    assert np.abs(wl.wigner(grid, psi, phi, ("x", "y", "py")) - expected).max() < WIGNER * peak(grid, 1)
    assert abs(wl.wigner(grid, psi, phi, ()) - overlap(grid, 0) * overlap(grid, 1) * overlap(grid, 2)) < MARGINAL


def test_the_whole_function_of_gaussians_in_the_plane_is_the_closed_form():
    grid = wl.Grid(lower=[-7.4, -7.0], upper=[7.0, 7.2], points=[42, 41], hbar=0.8)
    psi, phi = wl.states.gaussian(grid, Q[:, :2], P[:, :2], width=0.9)
    x, y, px, py = samples(grid).values()
    some = slice(1, None, 6)
    expected = np.multiply.outer(factor(grid, 0, x[some, None], px), factor(grid, 1, y[:, None], py)).swapaxes(1, 2)
    assert np.abs(wl.wigner(grid, psi, phi)[some] - expected).max() < WIGNER * peak(grid, 2)


def test_the_whole_function_in_space_is_the_product_over_its_axes(rng):
    grid = wl.Grid(lower=[-1, -2, 0], upper=[1.5, 1, 2.5], points=[5, 4, 7], hbar=1.3)
    lines = [wl.Grid(low, up, n, hbar=1.3) for low, up, n in zip(grid.lower, grid.upper, grid.points, strict=True)]
    states = [noise(rng, 2, line.size) for line in lines]
    psi, phi = (np.einsum("a,b,c->abc", *(state[k] for state in states)) for k in (0, 1))
    expected = np.einsum("xp,yq,zr->xyzpqr", *(wl.wigner(line, *s) for line, s in zip(lines, states, strict=True)))
    assert np.abs(wl.wigner(grid, psi, phi) - expected).max() < WIGNER * np.abs(expected).max()


@pytest.mark.parametrize("phase", [0.0, 0.9])
def test_planes_of_cats_are_the_closed_form(phase):
    grid = wl.Grid(lower=[-8.4, -8.0], upper=[8.0, 8.1], points=[61, 64], hbar=0.8)
    q, p, s = np.array([1.1, -0.6]), np.array([0.3, 0.5]), 0.9
    (psi,) = wl.states.cat(grid, q, p, s, phase)
    x, _, px, _ = samples(grid).values()
    weights = {1: 1.0, -1: np.exp(1j * phase)}
    expected = sum(
        weights[a]
        * np.conj(weights[b])
        * gaussian_pair(x[:, None], px, 0.8, (a * q[0], a * p[0]), (b * q[0], b * p[0]), s)
        * gaussian_pair(0.13, -0.2, 0.8, (a * q[1], a * p[1]), (b * q[1], b * p[1]), s)
        for a in weights
        for b in weights
    ) / (2 + 2 * np.cos(phase) * np.exp(-q @ q / s**2 - p @ p * s**2 / 0.8**2))
    found = wl.wigner(grid, psi, axes=("x", "px"), at={"y": 0.13, "py": -0.2})
    assert np.abs(found - expected).max() < WIGNER * peak(grid, 2)


def test_planes_of_fock_states_of_heavy_particles_are_laguerre_functions():
    grid = wl.Grid(lower=[-9.0, -9.2, -8.8], upper=[9.1, 8.9, 9.0], points=[64, 61, 63], hbar=0.8)
    mass, frequency = 1.4, 0.7
    s = math.sqrt(0.8 / (mass * frequency))
    psi, phi = wl.states.fock(grid, [[2, 1, 0], [1, 1, 2]], frequency, mass=mass)
    axes = samples(grid)
    expected = fock_pair(axes["x"][:, None], axes["px"], 0.8, 2, 1, s)
    expected = expected * fock_pair(np.array(0.4), np.array(-0.3), 0.8, 1, 1, s)
    expected = expected * fock_pair(np.array(-0.2), np.array(0.5), 0.8, 0, 2, s)
    found = wl.wigner(grid, psi, phi, ("x", "px"), {"y": 0.4, "py": -0.3, "z": -0.2, "pz": 0.5})
    assert np.abs(expected.imag).max() > 1e-3
    assert np.abs(found - expected).max() < WIGNER * peak(grid, 3)
    reduced = wl.wigner(grid, psi, axes=("y", "py"))
    expected = fock_pair(axes["y"][:, None], axes["py"], 0.8, 1, 1, s)
    assert np.abs(reduced - expected).max() < WIGNER * peak(grid, 1)


@pytest.mark.parametrize("centre", [(-3.1, 3.4), (3.2, 2.9)])
def test_there_is_no_ghost_half_a_box_away(centre):
    grid = wl.Grid(lower=[-9.0, -9.0], upper=[9.0, 9.0], points=[60, 61])
    (psi,) = wl.states.gaussian(grid, centre, [0.8, -0.4], width=0.8)
    far = np.abs(samples(grid)["x"] - centre[0]) > 7
    assert far.any()
    for at in ({"y": centre[1], "py": -0.4}, {}):
        assert np.abs(wl.wigner(grid, psi, axes=("x", "px"), at=at)[far]).max() < WIGNER
    ghost = {"y": centre[1] - 9.0, "py": -0.4}  # half a box away on the axis that is cut
    assert np.abs(wl.wigner(grid, psi, axes=("x", "px"), at=ghost)).max() < WIGNER


# ---- mixed states ---------------------------------------------------------------------------------------------------


def test_the_reduced_function_of_an_entangled_state_is_that_of_its_reduced_density_matrix(whole):
    grid, psi, _, _ = whole
    line = wl.Grid(grid.lower[1], grid.upper[1], grid.points[1])
    rho = psi.T @ psi.conj() * grid.spacing[0]  # rho(y, y') = integral psi(x, y) conj(psi(x, y')) dx
    weights, vectors = np.linalg.eigh(rho * line.cell)
    assert weights[-2] > 1e-3
    expected = sum(w * wl.wigner(line, v) / line.cell for w, v in zip(weights, vectors.T, strict=True))
    assert np.abs(wl.wigner(grid, psi, axes=("y", "py")) - expected).max() < WIGNER * peak(grid, 1)


@pytest.mark.parametrize("points", [(11,), (5, 4), (3, 4, 2)])
def test_a_mixed_node_is_the_sum_over_its_components(rng, points):
    d = len(points)
    grid = wl.Grid(lower=[-1.0, 0.0, 0.3][:d], upper=[1.0, 1.3, 2.0][:d], points=points, hbar=0.7)
    psi, phi = noise(rng, 2, 3, *points)
    names = NAMES[d]
    for axes, at in [(None, {}), ((names[0], names[d]), {}), ((names[0],), {names[d]: 0.2}), ((names[d],), {"x": 0.2})]:
        for other in (phi, None):
            found = wl.wigner(grid, psi, other, axes, at)
            single = [wl.wigner(grid, psi[k], None if other is None else phi[k], axes, at) for k in range(3)]
            expected = sum(single)
            assert found.dtype == expected.dtype
            assert np.abs(found - expected).max() < WIGNER * np.abs(expected).max()


# ---- many pairs, threads and pieces ---------------------------------------------------------------------------------

CHOICES = [
    ((9,), None, {}),
    ((9,), ("p",), {"x": 0.1}),
    ((6, 5), None, {}),
    ((6, 5), ("x", "px"), {}),
    ((6, 5), ("x", "y", "py"), {"px": 0.3}),
    ((6, 5), (), {"px": 0.3}),
    ((3, 4, 5), ("y", "py"), {"x": 0.1, "px": 0.2}),
    ((3, 4, 5), ("x", "y", "px", "py"), {}),
]


@pytest.mark.parametrize(("points", "axes", "at"), CHOICES)
@pytest.mark.parametrize("components", [(), (2,)])
def test_many_pairs_are_the_single_ones_to_the_last_bit_on_any_number_of_threads(
    rng, monkeypatch, points, axes, at, components
):
    grid = wl.Grid(lower=[-1.0, 0.0, 0.3][: len(points)], upper=[1.0, 1.3, 2.0][: len(points)], points=points)
    psi = noise(rng, 4, *components, *points)
    pairs = [(2, 0), (1, 1), (0, 3), (3, 3), (0, 2)]
    single = np.array([wl.wigner(grid, psi[i], None if i == j else psi[j], axes, at) for i, j in pairs])
    assert np.all(single[[1, 3]].imag == 0)
    for count in (1, 2, 3, 8):
        monkeypatch.setattr(threads, "count", lambda count=count: count)
        out = np.full(single.shape, np.nan + 1j * np.nan)
        assert wigner_matrix(grid, psi, pairs, out, axes, at) is out
        np.testing.assert_array_equal(out, single)
        np.testing.assert_array_equal(wigner_matrix(grid, psi, pairs[:1], axes=axes, at=at), single[:1])
        np.testing.assert_array_equal(wl.wigner(grid, psi[2], psi[0], axes, at), single[0])


@pytest.mark.parametrize(("points", "axes", "at"), CHOICES[1:])
def test_work_in_pieces_gives_the_same(rng, monkeypatch, points, axes, at):
    grid = wl.Grid(lower=[-1.0, 0.0, 0.3][: len(points)], upper=[1.0, 1.3, 2.0][: len(points)], points=points)
    psi, phi = noise(rng, 2, 3, *points)
    expected = [wl.wigner(grid, psi, phi, axes, at), wl.wigner(grid, psi, None, axes, at)]
    monkeypatch.setattr(reduction, "PIECE", 7)
    found = [wl.wigner(grid, psi, phi, axes, at), wl.wigner(grid, psi, None, axes, at)]
    for a, b in zip(found, expected, strict=True):
        assert np.abs(a - b).max() < WIGNER * np.abs(b).max()


@pytest.mark.parametrize(
    ("axes", "at"),
    [
        (("x", "px"), {"y": 0.0, "py": 0.1, "z": 0.2, "pz": 0.3}),
        (("x", "px"), {}),
        (("x", "y"), {"px": 0.1, "py": 0.2}),
        (("y", "pz"), {"x": 0.1, "px": 0.2, "py": 0.3, "z": 0.4}),
    ],
)
def test_scratch_space_stays_small(axes, at):
    grid = wl.Grid(lower=[-5.0] * 3, upper=[5.0] * 3, points=[40] * 3)
    psi, phi = wl.states.gaussian(grid, [[0.0, 0.1, 0.2], [0.1, 0.0, 0.3]])
    tracemalloc.start()
    wl.wigner(grid, psi, phi, axes, at)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200e6


def test_both_ways_to_transform_a_line_agree(rng):
    grid = wl.Grid(lower=-1.0, upper=1.3, points=13, hbar=0.7)
    psi, phi = noise(rng, 2, 3, 13)
    found = np.empty((13, 26), dtype=complex)
    Reduction(select(grid)).into(found, psi, phi)
    assert np.abs(found - wl.wigner(grid, psi, phi)).max() < WIGNER


# ---- labels ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("d", "axes", "at", "units"),
    [
        (1, None, {}, "action^-1"),
        (2, None, {}, "action^-2"),
        (3, ("x", "px"), {}, "action^-1"),
        (3, ("x", "px"), {"y": 0.1, "py": 0.2, "z": 0.3, "pz": 0.4}, "action^-3"),
        (1, ("x",), {}, "length^-1"),
        (3, ("x", "y", "z"), {}, "length^-3"),
        (2, ("y",), {}, "length^-1"),
        (2, ("px", "py"), {}, "length^2 action^-2"),
        (2, ("x", "y"), {"py": 0.2}, "length^-1 action^-1"),
        (2, (), {}, "1"),
    ],
)
def test_every_part_is_labelled_with_its_axes_and_units(d, axes, at, units):
    grid = wl.Grid(lower=[-1.0] * d, upper=[1.5] * d, points=[4, 3, 2][:d], hbar=0.7)
    values = wl.wigner(grid, np.ones(grid.shape), axes=axes, at=at)
    found = wigner_array(grid, values, 2, 1, 0.5, axes, at)
    kept = tuple(name for name in NAMES[d] if (axes is None or name in axes))
    assert found.dims == kept
    assert found.attrs["units"] == units
    assert found.attrs["long_name"] == "Wigner function w_ij(t, x, p)"
    assert (found.attrs["i"], found.attrs["j"], found.attrs["time"], found.attrs["hbar"]) == (2, 1, 0.5, 0.7)
    for name in kept:
        np.testing.assert_allclose(found[name], samples(grid)[name], atol=ROUNDING)
        assert found[name].attrs["units"] == ("action / length" if "p" in name else "length")
    assert {name: found.attrs[f"at_{name}"] for name in at} == at
    rest = [name for name in NAMES[d] if name not in kept and name not in at]
    assert found.attrs.get("integrated_over", "") == ", ".join(rest)


# ---- bad input ------------------------------------------------------------------------------------------------------

PLANE = {"lower": [-1.0, -2.0], "upper": [1.0, 2.0], "points": [5, 7]}


@pytest.mark.parametrize(
    ("axes", "at", "message"),
    [
        ("x", {}, r"`axes` must be a sequence of names, but 'x' was given; try axes=\('x',\)"),
        (("x", "p"), {}, r"`axes` must name axes of this phase space, x, y, px, py, but 'p' was given"),
        (("x", "x"), {}, r"`axes` must name each axis once"),
        (None, {"q": 0.0}, r"`at` must name axes of this phase space, x, y, px, py, but 'q' was given"),
        (("x", "px"), {"x": 0.0}, r"`at` must fix axes that are not kept, but 'x' is in `axes`"),
        (None, {"y": 2.0}, r"`at\['y'\]` must lie in \[-2, 2\), the range of this axis, but 2.0 was given; try 0"),
        (None, {"px": -8.0}, r"`at\['px'\]` must lie in \[-7.85398, 7.85398\)"),
        (None, {"px": "0"}, r"`at\['px'\]` must be a finite number"),
        (None, ["px"], r"`at` must give a number per axis"),
    ],
)
def test_axes_and_slices_that_do_not_exist_are_refused(axes, at, message):
    with pytest.raises(wl.InvalidInputError, match=message):
        wl.wigner(wl.Grid(**PLANE), np.ones((5, 7)), axes=axes, at=at)


def test_states_with_other_numbers_of_components_are_refused():
    with pytest.raises(wl.InvalidInputError, match="`phi` must have 2 components as `psi`, but it has 3"):
        wl.wigner(wl.Grid(**PLANE), np.ones((2, 5, 7)), np.ones((3, 5, 7)))


def test_a_function_that_does_not_fit_is_refused_before_anything_is_allocated():
    grid = wl.Grid(lower=[-1.0] * 3, upper=[1.0] * 3, points=[64] * 3)
    psi = np.ones((1, 64, 64, 64))
    message = r"64 x 64 x 64 x 128 x 128 x 128 points need about 4.4 TB .* axes=\('x', 'px'\) .* at="
    with pytest.raises(wl.TooLargeError, match=message):
        wl.wigner(grid, psi[0])
    with pytest.raises(wl.TooLargeError, match=r"8.8 TB"):
        wigner_matrix(grid, psi, [(0, 0)])
