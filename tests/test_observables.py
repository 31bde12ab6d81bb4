"""Observables: definitions as matrices, closed forms, equations of motion, Wigner functions, brute force."""

import dataclasses
import itertools

import numpy as np
import pytest

import wignerlohe as wl
from tolerances import (
    DIFFERENCE,
    LARGEST_DISTANCE,
    MARGINAL,
    MOMENT,
    NEGATIVITY,
    OBSERVABLE,
    PHASE_SPACE_SUM,
    ROUNDING,
    SAMPLED,
    SMALL_PLANE,
    THERMAL_TAIL,
)
from wignerlohe import observables as ob
from wignerlohe.fields import WithoutWaveFunctions
from wignerlohe.observables import distances, groups, sample, states
from wignerlohe.plot import observables as plots

HBAR, MASS, OMEGA = 0.6, 1.7, 1.3
OSCILLATOR = f"0.5*{MASS}*{OMEGA}**2*x**2"
STENCIL = np.array([1, -8, 0, 8, -1]) / 12  # of order 4


def noise(rng, *shape):
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


@pytest.fixture
def line():
    return wl.Grid(-8.0, 7.5, 121, hbar=HBAR)


@pytest.fixture
def plane():
    return wl.Grid([-6.0, -6.5], [6.5, 6.0], [36, 39], hbar=HBAR)


def solved(grid, psi, times, potential=OSCILLATOR, coupling=0.0, **further):
    model = wl.SchrodingerLohe(grid, potential, coupling=coupling, mass=MASS, **further)
    return wl.solve(model, psi, times, rtol=1e-12)


@pytest.fixture
def mixed(line):
    position, momentum = [0.5, -0.4, 0.1], [0.3, 0.1, -0.6]
    with pytest.warns(wl.TruncationWarning):  # 7 components leave some weight out, here on purpose
        psi = wl.states.thermal(
            line, [0.1, 0.2, 0.3], frequency=OMEGA, position=position, momentum=momentum, components=7, mass=MASS
        )
    return wl.solve(wl.WignerLohe(line, OSCILLATOR, coupling=0.7, mass=MASS), psi, [0.0, 0.5, 1.1])


@pytest.fixture
def packets(line):
    psi = wl.states.gaussian(line, [-1.0, 0.2, 0.9, 1.4], [0.3, -0.2, 0.5, 0.0], width=0.8)
    return solved(line, psi, [0.0, 0.4, 1.0], coupling=0.7)


# ---- the definitions, with operators as matrices --------------------------------------------------------------------


def operators(grid):
    """x and p on all grid points as dense matrices, x first."""
    size = grid.size
    found = [np.diag(np.broadcast_to(x, grid.shape).ravel()).astype(complex) for x in grid.mesh]
    for axis in range(grid.dimension):
        n, length = grid.points[axis], grid.lengths[axis]
        orders = [k if 2 * k < n else k - n for k in range(n)]
        waves = np.array([[np.exp(2j * np.pi * k * j / n) / np.sqrt(n) for k in orders] for j in range(n)])
        one = waves @ np.diag([2 * np.pi * grid.hbar * k / length for k in orders]) @ waves.conj().T
        factors = [one if k == axis else np.eye(grid.points[k]) for k in range(grid.dimension)]
        whole = np.eye(1)
        for factor in factors:
            whole = np.kron(whole, factor)
        found.append(whole.reshape(size, size))
    return found


TINY = [
    wl.Grid(-1.3, 2.9, 5, hbar=HBAR),
    wl.Grid(-1.3, 2.9, 6, hbar=HBAR),
    wl.Grid([-1.3, 0.2], [2.9, 1.7], [5, 4], hbar=HBAR),
    wl.Grid([-1, 0, 0.5], [1.5, 2, 2], [2, 3, 4], hbar=HBAR),
]


@pytest.mark.parametrize("grid", TINY, ids=str)
def test_moments_and_energies_are_those_of_the_operators(rng, grid):
    d, psi, mass = grid.dimension, noise(rng, 2, 3, *grid.shape), 1.7
    psi *= 1.1 / np.sqrt(np.sum(np.abs(psi) ** 2, axis=tuple(range(1, d + 2)), keepdims=True) * grid.cell)
    potential = rng.normal(size=grid.shape)
    matrices = operators(grid)
    for node, components in enumerate(psi):
        rows = components.reshape(3, -1)
        rho = grid.cell * rows.T @ rows.conj()
        mean = np.array([np.trace(rho @ a).real for a in matrices])
        assert np.abs(states.mean(grid, psi)[node] - mean).max() < OBSERVABLE
        centred = [a - centre * np.eye(grid.size) for a, centre in zip(matrices, mean, strict=True)]
        covariance = [[np.trace(rho @ (a @ b + b @ a)).real / 2 for b in centred] for a in centred]
        assert np.abs(states.covariance(grid, psi)[node] - covariance).max() < OBSERVABLE
        kinetic = sum(np.trace(rho @ p @ p).real for p in matrices[d:]) / (2 * mass)
        inside = np.trace(rho @ np.diag(potential.ravel())).real
        found = states.energy(grid, psi, potential, mass)[node]
        assert np.abs(found - [kinetic, inside, kinetic + inside]).max() < OBSERVABLE
        flow = [sum((row.conj() * (p @ row)).real for row in rows).reshape(grid.shape) for p in matrices[d:]]
        assert np.abs(states.momentum_flow(grid, psi)[node] - flow).max() < OBSERVABLE


@pytest.mark.parametrize("grid", TINY[:3], ids=str)
def test_momentum_densities_are_those_of_the_fourier_integral(rng, grid):
    psi = noise(rng, 2, *grid.shape)
    found = states.momentum_density(grid, psi)
    axes = states.momenta(grid)
    for axis, p in enumerate(axes):
        assert np.allclose(np.diff(p), 2 * np.pi * grid.hbar / grid.lengths[axis], rtol=1e-14)
    for index in np.ndindex(*grid.shape):
        wave = np.exp(-1j / grid.hbar * sum(p[k] * x for p, k, x in zip(axes, index, grid.mesh, strict=True)))
        amplitudes = [np.sum(component * wave) * grid.cell for component in psi]
        exact = np.sum(np.abs(amplitudes) ** 2) / (2 * np.pi * grid.hbar) ** grid.dimension
        assert abs(found[index] - exact) < OBSERVABLE


# ---- marginals of Wigner functions ----------------------------------------------------------------------------------


def test_densities_are_the_marginals_of_wigner_functions(mixed):
    grid = mixed.model.grid
    x, p = ob.position_density(mixed), ob.momentum_density(mixed)
    assert x.dims == ("time", "node", "x")
    assert p.dims == ("time", "node", "momentum")
    space = grid.phase_space
    dp = space.p[0][1] - space.p[0][0]
    for k, time in enumerate(mixed.times):
        for j in range(3):
            w = mixed.wigner(j, j, time).values.real
            assert np.abs(x[k, j] - w.sum(axis=1) * dp).max() < MARGINAL
            matching = np.flatnonzero(np.abs(space.p[0][:, None] - p.momentum.values).min(axis=1) < 1e-9)
            assert len(matching) == grid.points[0]
            assert np.abs(p[k, j] - w.sum(axis=0)[matching] * grid.spacing[0]).max() < 10 * MARGINAL
    assert np.allclose(p.sum("momentum") * 2 * np.pi * HBAR / 15.5, 1.0, atol=SAMPLED)


def test_marginals_in_the_plane(plane):
    psi = wl.states.cat(plane, [[0.9, 0.3], [-0.5, 0.8]], [[0.2, 0.1], [0.0, 0.3]], width=0.8)
    solution = solved(plane, psi, [0.0, 0.3], "0.5*x**2 + y**2", coupling=0.5)
    x, p = ob.position_density(solution), ob.momentum_density(solution, nodes=[1], times=[0.2])
    assert x.dims == ("time", "node", "x", "y")
    assert p.dims == ("time", "node", "momentum_x", "momentum_y")
    for j in range(2):
        w = solution.wigner(j, j, 0.3, axes=("x", "y")).values.real
        assert np.abs(x[1, j] - w).max() < MARGINAL
    w = solution.wigner(1, 1, 0.2, axes=("px", "py"))
    places = [np.abs(w[f"p{name}"].values[:, None] - p[f"momentum_{name}"].values).argmin(axis=0) for name in "xy"]
    assert np.abs(p[0, 0] - w.values.real[np.ix_(*places)]).max() < MARGINAL


def test_cross_densities_are_marginals_and_sum_to_correlations(packets):
    pairs = [(0, 2), (3, 1), (2, 2)]
    found = ob.cross_density(packets, pairs)
    space = packets.model.grid.phase_space
    for k, (i, j) in enumerate(pairs):
        w = packets.wigner(i, j, 1.0).values
        assert np.abs(found[2, k] - w.sum(axis=1) * (space.p[0][1] - space.p[0][0])).max() < MARGINAL
        total = found[:, k].sum("x") * packets.model.grid.cell
        assert np.abs(total - packets.correlation[:, i, j]).max() < SAMPLED
    assert found.pair_i.values.tolist() == [0, 3, 2]


def test_cross_densities_of_left_and_right_factors(line):
    left, right = wl.states.gaussian(line, [-1.0, 0.8], [0.5, -0.3]), wl.states.gaussian(line, [0.3, 1.1], [0.0, 0.9])
    model = wl.WignerLohe(line, OSCILLATOR, coupling=1.0, mass=MASS)
    solution = wl.solve(model, wl.Factors(left, right), [0.0, 0.5])
    found = ob.cross_density(solution, [(0, 1), (1, 0), (1, 1)])
    phi, chi = solution.factors(0.5)
    exact = np.stack([phi[i] * chi[j].conj() for i, j in ((0, 1), (1, 0), (1, 1))])
    assert np.abs(found[1] - exact).max() < ROUNDING
    with pytest.raises(wl.InvalidInputError, match=r"right factors of their own; try .*cross_density"):
        ob.position_density(solution)


# ---- closed forms ---------------------------------------------------------------------------------------------------


def test_squeezed_states_rotate_as_classical_ensembles(line):
    r, q, p = 0.4, 0.8, -0.5
    psi = wl.states.squeezed(line, [q], [p], squeezing=r, frequency=OMEGA, mass=MASS)
    times = np.array([0.0, 0.35, 1.2])
    solution = solved(line, psi, times)
    mean, covariance, energy = ob.mean(solution), ob.covariance(solution), ob.energy(solution)
    z, unit = MASS * OMEGA, HBAR / (2 * MASS * OMEGA)
    start = np.diag([unit * np.exp(-2 * r), unit * z**2 * np.exp(2 * r)])
    for k, t in enumerate(times):
        c, s = np.cos(OMEGA * t), np.sin(OMEGA * t)
        turn = np.array([[c, s / z], [-z * s, c]])
        assert np.abs(mean[k, 0] - turn @ [q, p]).max() < MOMENT
        assert np.abs(covariance[k, 0] - turn @ start @ turn.T).max() < MOMENT
        second = turn @ (start + np.outer([q, p], [q, p])) @ turn.T
        kinetic, potential = second[1, 1] / (2 * MASS), MASS * OMEGA**2 * second[0, 0] / 2
        assert np.abs(energy[k, 0] - [kinetic, potential, kinetic + potential]).max() < MOMENT


def test_cat_states_have_the_moments_of_two_packets(line):
    q, s = 1.1, 0.7
    solution = solved(line, wl.states.cat(line, [q, q], width=s, phase=[0.0, np.pi]), [0.0])
    overlap = np.exp(-((q / s) ** 2))
    for j, sign in enumerate((1, -1)):
        square = s**2 / 2 + q**2 / (1 + sign * overlap)
        momentum = HBAR**2 / (2 * s**2) - sign * HBAR**2 * q**2 / s**4 * overlap / (1 + sign * overlap)
        assert np.abs(ob.covariance(solution)[0, j] - np.diag([square, momentum])).max() < MOMENT
        assert np.abs(ob.mean(solution)[0, j]).max() < MOMENT


def test_levels_of_an_oscillator_have_their_energies_and_the_detuning_is_part_of_them(line):
    psi = wl.states.fock(line, [0, 1, 4], OMEGA, mass=MASS)
    detuning = np.array([0.3, -0.2, 0.1])
    energy = ob.energy(solved(line, psi, [0.0, 0.9], coupling=0.0, detuning=detuning))
    levels = HBAR * OMEGA * (np.array([0, 1, 4]) + 0.5)
    assert np.abs(energy.sel(part="kinetic") - levels / 2).max() < MOMENT
    assert np.abs(energy.sel(part="potential") - levels / 2 - HBAR * detuning).max() < MOMENT
    assert np.abs(energy.sel(part="total") - levels - HBAR * detuning).max() < MOMENT


def test_thermal_nodes_have_thermal_moments(line):
    occupation = 0.25
    psi = wl.states.thermal(line, occupation, frequency=OMEGA, position=[0.4], mass=MASS)
    solution = wl.solve(wl.WignerLohe(line, OSCILLATOR, coupling=1.0, mass=MASS), psi, [0.0])
    spread = HBAR / (2 * MASS * OMEGA) * (1 + 2 * occupation)
    exact = np.diag([spread, (MASS * OMEGA) ** 2 * spread])
    assert (
        np.abs(ob.covariance(solution)[0, 0] - exact).max() < THERMAL_TAIL
    )  # levels beyond 1e-10 of the weight are left out
    assert np.abs(ob.mean(solution)[0, 0] - [0.4, 0.0]).max() < MOMENT


# ---- equations of motion without coupling ---------------------------------------------------------------------------


def test_means_obey_ehrenfest_and_energies_stay(line):
    psi = wl.states.gaussian(line, [-0.8, 0.5], [0.3, -0.4], width=0.7)
    solution = solved(line, psi, np.linspace(0.0, 1.0, 5), "0.3*x**4 - 0.4*x**2 + 0.1*x")
    h, at = 1e-2, 0.6
    slopes = np.tensordot(STENCIL, ob.mean(solution, times=at + h * np.arange(-2, 3)).values, axes=1) / h
    (x,), now = line.axes, ob.position_density(solution, times=[at]).values[0]
    force = -(now * (1.2 * x**3 - 0.8 * x + 0.1)).sum(axis=1) * line.cell
    assert np.abs(slopes[:, 0] - ob.mean(solution, times=[at]).values[0, :, 1] / MASS).max() < DIFFERENCE
    assert np.abs(slopes[:, 1] - force).max() < DIFFERENCE
    total = ob.energy(solution).sel(part="total")
    assert np.abs(total - total[0]).max() < MOMENT
    assert np.abs(ob.energy(solution).sel(part="kinetic") - ob.energy(solution).sel(part="kinetic")[0]).max() > 1e-2


def test_energies_take_the_potential_of_their_time(line):
    psi = wl.states.coherent(line, [0.5, -0.2], frequency=OMEGA, mass=MASS)
    solution = solved(line, psi, [0.0, 0.7], f"{OSCILLATOR} - 0.3*x*sin(2*t)", coupling=0.4)
    x, density = line.axes[0], ob.position_density(solution)
    potential = 0.5 * MASS * OMEGA**2 * x**2 - 0.3 * x * np.sin(1.4)
    exact = (density[1] * potential).sum("x") * line.cell
    assert np.abs(ob.energy(solution)[1].sel(part="potential") - exact).max() < OBSERVABLE


@pytest.mark.parametrize("dimension", [1, 2])
def test_current_and_density_obey_the_equation_of_continuity(dimension):
    # fine grids: products of states have twice their band
    line, plane = wl.Grid(-5.0, 5.5, 151, HBAR), wl.Grid([-4.5, -4.0], [4.5, 5.0], [63, 60], HBAR)
    grid = line if dimension == 1 else plane
    position, momentum = [[-0.5, 0.3][:dimension], [0.4, -0.2][:dimension]], [[0.6, -0.4][:dimension]] * 2
    potential = "0.2*x**4" if dimension == 1 else "0.1*x**4 + 0.1*x*y + 0.5*y**2"
    solution = solved(grid, wl.states.gaussian(grid, position, momentum, 0.8), [0.0, 0.5], potential)
    h = 1e-2
    change = np.tensordot(STENCIL, ob.position_density(solution, times=0.3 + h * np.arange(-2, 3)).values, axes=1) / h
    flow = ob.current(solution, times=[0.3]).values[0]
    divergence = 0.0
    for axis in range(dimension):
        waves = 1j * grid.wavenumbers[axis].reshape([-1 if k == axis else 1 for k in range(dimension)])
        spectrum = np.fft.fft(flow[:, axis], axis=1 + axis)
        divergence = divergence + np.fft.ifft(waves * spectrum, axis=1 + axis).real
    assert np.abs(change).max() > 0.1
    assert np.abs(change + divergence).max() < 10 * DIFFERENCE


# ---- negativity and Husimi functions --------------------------------------------------------------------------------


def test_the_first_excited_state_has_negative_volume(line):
    grid = wl.Grid(-12.0, 12.0, 256)
    psi = wl.states.fock(grid, [0, 1, 1], position=[0.0, 0.3, 0.0], momentum=[0.0, 0.5, 0.0])
    found = ob.negativity(wl.solve(wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.0), psi, [0.0, 0.8]))
    assert np.abs(found - np.array([0, 1, 1]) * (2 / np.sqrt(np.e) - 1)).max() < NEGATIVITY
    cat = solved(line, wl.states.cat(line, [1.2], width=0.7), [0.0])
    w = cat.wigner(0, 0, 0.0).values.real.ravel()
    exact = 0.5 * (sum(abs(value) for value in w) * line.phase_space.cell - 1)
    assert abs(ob.negativity(cat).values.squeeze() - exact) < ROUNDING * len(w)


def test_negativity_in_the_plane_whole_and_reduced():
    grid = wl.Grid([-6.0, -6.5], [6.5, 6.0], [24, 25])
    psi = wl.states.fock(grid, [[1, 0], [1, 1]])
    solution = wl.solve(wl.SchrodingerLohe(grid, "0.5*r2", coupling=0.0), psi, [0.0])
    whole, reduced = ob.negativity(solution), ob.negativity(solution, nodes=[1], axes=("x", "px"))
    for j in range(2):
        w = wl.wigner(grid, psi[j])
        assert abs(whole[0, j] + w[w < 0].sum() * grid.phase_space.cell) < OBSERVABLE
        assert abs(ob.negativity_of(grid.phase_space, w) - whole[0, j]) < OBSERVABLE
    w, space = wl.wigner(grid, psi[1], axes=("x", "px")), grid.phase_space
    cell = (space.x[0][1] - space.x[0][0]) * (space.p[0][1] - space.p[0][0])
    assert abs(reduced[0, 0] + w[w < 0].sum() * cell) < OBSERVABLE
    assert reduced.attrs["integrated_over"] == "y, py"


def test_the_husimi_function_of_a_packet_is_a_gaussian_of_both_widths(line):
    q, p, s, width = 0.6, -0.4, 0.7, 1.1
    solution = solved(line, wl.states.gaussian(line, [q], [p], s), [0.0])
    x, momentum = np.linspace(-2, 2, 9), np.linspace(-1.5, 1.0, 7)
    found = ob.husimi(solution, width=width, points={"x": x, "p": momentum})
    assert found.dims == ("time", "node", "x", "momentum")
    spread, spread_p = s**2 + width**2, HBAR**2 * (s**-2 + width**-2)
    exact = (
        np.exp(-((x[:, None] - q) ** 2) / spread - (momentum - p) ** 2 / spread_p) / np.pi / np.sqrt(spread * spread_p)
    )
    assert np.abs(found[0, 0] - exact).max() < OBSERVABLE


def test_husimi_functions_are_smoothed_wigner_functions_and_integrate_to_one(mixed):
    width, grid, space = 0.9, mixed.model.grid, mixed.model.grid.phase_space
    whole = ob.husimi(mixed, nodes=[2, 0], times=[1.1], width=width)
    cells = grid.spacing[0] * 2 * np.pi * HBAR / grid.lengths[0]
    assert np.abs(whole.sum(["x", "momentum"]) * cells - 1).max() < PHASE_SPACE_SUM
    assert whole.node.values.tolist() == [2, 0]
    x, p = [-0.7, 0.2], [0.4, 0.9, -0.3]
    found = ob.husimi(mixed, nodes=[2], times=[1.1], width=width, points={"x": x, "p": p})
    w = mixed.wigner(2, 2, 1.1).values.real
    for i, j in itertools.product(range(2), range(3)):
        inside = ((space.x[0][:, None] - x[i]) / width) ** 2 + ((space.p[0] - p[j]) * width / HBAR) ** 2
        exact = (w * np.exp(-inside)).sum() * space.cell / (np.pi * HBAR)
        assert abs(found[0, 0, i, j] - exact) < PHASE_SPACE_SUM


def test_husimi_functions_in_the_plane_whole_and_traced(plane):
    psi = wl.states.gaussian(plane, [[0.4, -0.3]], [[0.2, 0.5]], 0.8)
    psi = wl.normalise(plane, psi * (1 + 0.5 * plane.mesh[0] * plane.mesh[1]))
    solution = solved(plane, psi, [0.0], "r2")
    points = {"x": [0.1, 0.5, -0.2], "px": [0.3, -0.6]}
    traced = ob.husimi(solution, width=0.9, axes=("x",), points=points)
    assert traced.dims == ("time", "node", "x", "momentum_x")
    whole = ob.husimi(solution, width=0.9, points=points)
    assert whole.dims == ("time", "node", "x", "y", "momentum_x", "momentum_y")
    cell = plane.spacing[1] * 2 * np.pi * HBAR / plane.lengths[1]
    assert np.abs(traced - whole.sum(["y", "momentum_y"]) * cell).max() < PHASE_SPACE_SUM
    i, k = 2, 1
    packet = wl.states.gaussian(plane, [[-0.2, plane.axes[1][20]]], [[-0.6, states.momenta(plane)[1][17]]], 0.9)[0]
    exact = abs(plane.inner(psi[0], packet)) ** 2 / (2 * np.pi * HBAR) ** 2
    assert abs(whole[0, 0, i, 20, k, 17] - exact) < OBSERVABLE


# ---- overlaps -------------------------------------------------------------------------------------------------------


def test_overlaps_with_a_packet_follow_the_coherent_flow(line):
    psi = wl.states.coherent(line, [0.5, -0.7], [0.2, 0.4], OMEGA, MASS)
    times = [0.0, 0.8]
    solution = solved(line, psi, times)
    (phi,) = wl.states.gaussian(line, 0.3, 0.1, 0.6)
    found, chances = ob.overlap(solution, phi), ob.fidelity(solution, phi, nodes=[1])
    for k, t in enumerate(times):
        for j, (q, p) in enumerate(((0.5, 0.2), (-0.7, 0.4))):
            exact = np.sum(wl.exact.coherent_flow(line, q, p, t, OMEGA, MASS) * phi.conj()) * line.cell
            assert abs(found[k, j] - exact) < MOMENT
        assert abs(chances[k, 0] - abs(exact) ** 2) < MOMENT


def test_fidelities_of_mixed_nodes_sum_over_components(mixed):
    (phi,) = wl.states.gaussian(mixed.model.grid, 0.3, 0.1, 0.6)
    found = ob.fidelity(mixed, phi, times=[0.7])
    psi = mixed.wavefunctions(0.7)
    for j in range(3):
        exact = sum(abs(np.sum(component * phi.conj()) * mixed.model.grid.cell) ** 2 for component in psi[j])
        assert abs(found[0, j] - exact) < ROUNDING
    with pytest.raises(wl.InvalidInputError, match=r"have pure nodes, but each has 7 components; try .*fidelity"):
        ob.overlap(mixed, phi)
    with pytest.raises(wl.InvalidInputError, match=r"`state` must have the shape \(121,\) of the grid"):
        ob.fidelity(mixed, phi[:-1])


# ---- distances ------------------------------------------------------------------------------------------------------


def by_force(solution):
    pairs = list(itertools.product(range(solution.count), repeat=2))
    return np.max([solution.distance(a, b) for a, b in itertools.combinations(pairs, 2)], axis=0)


def test_the_largest_distance_of_pure_nodes_is_that_of_all_pairs(line):
    psi = wl.states.gaussian(line, [-1.0, 0.2, 0.9, 1.4, -0.3], [0.3, -0.2, 0.5, 0.0, -0.9], width=0.8)
    psi *= np.exp(1j * np.array([0.0, 2.0, 0.4, 5.0, 3.3]))[:, None]
    solution = solved(line, psi, [0.0, 0.4, 3.0, 200.0], coupling=0.7)
    found, exact = ob.largest_distance(solution), by_force(solution)
    assert np.abs(found / exact - 1).max() < LARGEST_DISTANCE
    assert 0 < found[-1] < 1e-20


def test_the_largest_distance_of_phases_is_twice_the_norm_of_opposite_ones(line):
    theta = 2 * np.pi * np.arange(7) / 7 + 0.1
    psi = np.exp(1j * theta)[:, None] * wl.states.gaussian(line, 0.0)
    solution = solved(line, psi, [0.0])
    exact = by_force(solution)
    assert abs(ob.largest_distance(solution).values / exact - 1) < LARGEST_DISTANCE
    steps = [abs(np.exp(2j * np.pi * k / 7) - 1) for k in range(7)]
    assert abs(exact - max(steps) * (2 * np.pi * HBAR) ** -0.5) < LARGEST_DISTANCE
    same = solved(line, np.repeat(wl.states.gaussian(line, 0.0), 3, axis=0), [0.0, 1.0])
    assert ob.largest_distance(same).values.tolist() == [0.0, 0.0]


def test_the_largest_distance_of_mixed_nodes_and_of_factors(line, mixed):
    assert np.abs(ob.largest_distance(mixed) / by_force(mixed) - 1).max() < LARGEST_DISTANCE
    left = wl.states.gaussian(line, [-1.0, 0.8, 0.1], [0.5, -0.3, 0.0])
    right = wl.states.gaussian(line, [0.3, 1.1, -0.4], [0.0, 0.9, 0.2])
    model = wl.WignerLohe(line, OSCILLATOR, coupling=1.0, mass=MASS)
    solution = wl.solve(model, wl.Factors(left, right), [0.0, 0.5])
    assert np.abs(ob.largest_distance(solution) / by_force(solution) - 1).max() < LARGEST_DISTANCE


@pytest.mark.parametrize("kind", ["cloud", "circle", "bow", "segment", "upright", "grid", "point"])
@pytest.mark.parametrize("scale", [0.0, 0.3, 1.0])
def test_the_farthest_corners_of_a_hull_are_those_of_all_points(rng, kind, scale):
    points = {
        "cloud": noise(rng, 60),
        "circle": 1 - np.exp(1j * rng.uniform(0, 2 * np.pi, 60)),
        "bow": np.append(0.9 * np.exp(2j * np.pi * np.arange(200) / 200), [1.5, -0.95]),
        "segment": rng.normal(size=20) * (1 + 0.5j),
        "upright": 1j * rng.normal(size=20) + 0.5,
        "grid": np.add.outer(np.arange(4), 1j * np.arange(5)).ravel() + 0j,
        "point": np.full(5, 0.7 + 0.2j),
    }[kind]
    a, b = np.meshgrid(points, points)
    exact = max((a + b - scale * a * b.conj()).real.max(), 0.0)
    assert distances.farthest(distances.hull(points), scale) == pytest.approx(exact, rel=1e-13, abs=1e-15)


def test_rounding_turns_no_edge_of_a_hull_by_a_whole_turn(rng):
    """The first edge divided by itself may be 1 - 1e-17j."""
    for _ in range(300):
        points = noise(rng, 9)
        a, b = np.meshgrid(points, points)
        exact = max((a + b - 0.3 * a * b.conj()).real.max(), 0.0)
        assert distances.farthest(distances.hull(points), 0.3) == pytest.approx(exact, rel=1e-13)


def test_too_many_pairs_of_pairs_are_refused(packets, mixed, monkeypatch):
    monkeypatch.setattr(distances, "MOST_NODES", 3)
    with pytest.raises(wl.TooLargeError, match=r"limited to 3 pure nodes; try solution\.distance"):
        ob.largest_distance(packets)
    monkeypatch.setattr(distances, "MOST_PRODUCTS", 1e3)
    with pytest.raises(wl.TooLargeError, match=r"limited to 1e\+03; try solution\.distance"):
        ob.largest_distance(mixed)


# ---- groups ---------------------------------------------------------------------------------------------------------


def test_groups_average_nodes_and_pairs(packets):
    parts = {"outer": [3, 0], "inner": [1], "all": [0, 1, 2, 3]}
    density, nodes = ob.group_density(packets, parts), ob.position_density(packets)
    correlation, order = ob.group_correlation(packets, parts), ob.group_order_parameter(packets, parts)
    for g, (name, members) in enumerate(parts.items()):
        assert np.abs(density.sel(group=name) - nodes[:, members].mean("node")).max() < ROUNDING
        for h, others in enumerate(parts.values()):
            exact = np.mean([packets.correlation[:, i, j] for i in members for j in others], axis=0)
            assert np.abs(correlation[:, g, h] - exact).max() < ROUNDING
        exact = np.abs([packets.wavefunctions(t)[members].mean(axis=0) for t in packets.times]) ** 2
        assert np.abs(order.sel(group=name) - np.sqrt(exact.sum(axis=1) * packets.model.grid.cell)).max() < OBSERVABLE
    assert np.abs(order.sel(group="all") - packets.order_parameter).max() < ROUNDING


@pytest.mark.parametrize(
    ("parts", "match"),
    [({"a": []}, r"groups\['a'\]. must hold nodes, 0 to 3"), ({"a": [4]}, "each once"), ({"a": [1, 1]}, "each once")],
)
def test_groups_must_hold_nodes_once(packets, parts, match):
    with pytest.raises(wl.InvalidInputError, match=match):
        ob.group_density(packets, parts)
    with pytest.raises(wl.InvalidInputError, match="must name groups of nodes"):
        ob.group_correlation(packets, [[0, 1]])


def test_groups_in_blocks_are_the_same(packets, monkeypatch):
    parts = {"a": [0, 2], "b": [1, 3]}
    before = ob.group_density(packets, parts), ob.group_correlation(packets, parts)
    monkeypatch.setattr(sample, "BLOCK", 100)
    monkeypatch.setattr(groups, "BLOCK", 3)
    after = ob.group_density(packets, parts), ob.group_correlation(packets, parts)
    for one, other in zip(before, after, strict=True):
        assert np.abs(one - other).max() < ROUNDING


# ---- Wigner functions in place of states ----------------------------------------------------------------------------


@pytest.mark.parametrize("dimension", [1, 2])
def test_observables_of_wigner_functions_are_those_of_states(line, dimension):
    grid = line if dimension == 1 else wl.Grid([-6.5, -6.0], [6.0, 6.5], [30, 33])
    position, momentum = [[0.4, -0.3][:dimension], [-0.2, 0.6][:dimension]], [[0.3, -0.5][:dimension]] * 2
    psi = wl.states.squeezed(grid, position, momentum, 0.2, 0.9)
    potential = 0.3 * sum(x**2 for x in grid.mesh) + 0.1 * grid.mesh[0] ** 3
    space, w = grid.phase_space, np.stack([wl.wigner(grid, state) for state in psi])
    waves, tolerance = psi[:, None], SMALL_PLANE if dimension == 2 else PHASE_SPACE_SUM
    for found, exact in (
        (ob.position_density_of(space, w), states.density(grid, waves)),
        (ob.current_of(space, w, MASS), states.momentum_flow(grid, waves) / MASS),
        (ob.mean_of(space, w), states.mean(grid, waves)),
        (ob.covariance_of(space, w), states.covariance(grid, waves)),
        (ob.energy_of(space, w, potential, MASS), states.energy(grid, waves, potential, MASS)),
        (ob.purity_of(space, w), np.ones(2)),
    ):
        assert found.shape == exact.shape
        assert np.abs(found - exact).max() < tolerance
    momentum_density = ob.momentum_density_of(space, w)
    places = [np.abs(p[:, None] - q).argmin(axis=0) for p, q in zip(space.p, states.momenta(grid), strict=True)]
    assert np.abs(momentum_density[np.ix_([0, 1], *places)] - states.momentum_density(grid, waves)).max() < tolerance


class OnPhaseSpace(wl.Solution):
    """A solution that knows Wigner functions only."""

    def wigner_functions(self, pairs, time, axes=None, at=None):
        psi = self.fields.wavefunctions_of_the_test(time)
        return np.array([wl.wigner(self.model.grid, psi[i], psi[j], axes, at) for i, j in pairs])


class Kept(WithoutWaveFunctions):
    def __init__(self, solution):
        self.model, self.wavefunctions_of_the_test = solution.model, solution.wavefunctions


def test_solutions_without_wave_functions_have_the_same_observables(packets):
    fields = {field.name: getattr(packets, field.name) for field in dataclasses.fields(packets)}
    without = OnPhaseSpace(**fields | {"fields": Kept(packets)})
    for name in ("position_density", "current", "mean", "covariance", "energy", "negativity"):
        found, exact = (getattr(ob, name)(solution, nodes=[2, 0], times=[0.4, 0.9]) for solution in (without, packets))
        assert found.dims == exact.dims
        assert np.abs(found.values - exact.values).max() < PHASE_SPACE_SUM
    density = ob.momentum_density(without)
    assert density.sizes["momentum"] == 2 * 121
    assert np.abs(density[:, :, 1::2].values - ob.momentum_density(packets).values).max() < PHASE_SPACE_SUM
    parts = {"a": [0, 2]}
    assert np.abs(ob.group_density(without, parts) - ob.group_density(packets, parts)).max() < PHASE_SPACE_SUM
    for of in (ob.husimi, ob.largest_distance, lambda s: ob.cross_density(s, [(0, 1)])):
        with pytest.raises(wl.InvalidInputError, match=r"its data were given on phase space; try solution\.wigner"):
            of(without)


# ---- what all share -------------------------------------------------------------------------------------------------


def test_every_node_has_the_energy_of_its_own_potential(packets, monkeypatch):
    grid, psi = packets.model.grid, packets.wavefunctions(0.0)
    own = np.multiply.outer([0.5, 1.0, 2.0, -0.5], grid.axes[0] ** 2)
    monkeypatch.setattr(type(packets.model), "potential_at", lambda _, time: own + time)
    found = ob.energy(packets, nodes=[3, 1], times=[0.0]).sel(part="potential")
    exact = [(own[j] * np.abs(psi[j]) ** 2).sum() * grid.cell for j in (3, 1)]
    assert np.abs(found[0] - exact).max() < OBSERVABLE
    late = ob.energy(packets, times=[0.4]).sel(part="potential")
    assert (
        np.abs(
            late[0]
            - [
                (v * np.abs(f) ** 2).sum() * grid.cell + 0.4
                for v, f in zip(own, packets.wavefunctions(0.4), strict=True)
            ]
        ).max()
        < OBSERVABLE
    )


@pytest.mark.parametrize("block", [1, 200, 500])
def test_small_blocks_give_the_same(packets, mixed, block, monkeypatch):
    names = ["position_density", "momentum_density", "current", "mean", "covariance", "energy"]
    before = [ob.compute(solution, names) for solution in (packets, mixed)]
    monkeypatch.setattr(sample, "BLOCK", block)
    for data, solution in zip(before, (packets, mixed), strict=True):
        again = ob.compute(solution, names)
        for name in names:
            assert np.abs(data[name] - again[name]).max() < ROUNDING


def test_all_names_are_computed_labelled_and_described(packets):
    data = ob.compute(packets, list(ob.OBSERVABLES))
    assert set(data.data_vars) == set(ob.OBSERVABLES)
    for variable in (*data.data_vars.values(), *data.coords.values()):
        assert variable.attrs["long_name"]
        assert variable.attrs["units"]
    for name in ob.OBSERVABLES:
        assert ob.OBSERVABLES[name].of.__name__ == name
        assert "time" in data[name].dims
    assert np.array_equal(data["purity"], packets.purity)
    assert np.array_equal(data["phase"], packets.phase)
    assert np.array_equal(data["amplitude"], packets.amplitude)
    assert np.array_equal(data["order_parameter"], packets.order_parameter)


@pytest.mark.parametrize("names", ["energy", ["energy", "entropy"], ["energy", "energy"], [3]])
def test_names_must_be_known(packets, names):
    with pytest.raises(wl.InvalidInputError, match=r"`observables` must name any of position_density, .*; try"):
        ob.compute(packets, names)


def test_correlations_alone_have_those_of_the_ensemble_only():
    solution = wl.solve(wl.Correlations(coupling=1.0), [[1, 0.5], [0.5, 1]], [0.0, 1.0])
    assert set(ob.compute(solution, ["order_parameter", "phase", "amplitude"])) == {
        "order_parameter",
        "phase",
        "amplitude",
    }
    for name in ("energy", "largest_distance", "husimi"):
        with pytest.raises(wl.InvalidInputError, match="`solution` must have states, but it has correlations only"):
            ob.compute(solution, [name])


def test_a_blow_up_before_the_first_time_leaves_empty_arrays():
    grid = wl.Grid(-10.0, 10.0, 64)
    phi = wl.states.fock(grid, level=[0, 1, 2])
    right = (np.full((3, 3), -0.8) + 1.8 * np.eye(3)) @ phi
    solution = wl.solve(wl.WignerLohe(grid, "0.5*x**2", coupling=1.0), wl.Factors(phi, right), [3.0])
    assert ob.cross_density(solution, [(0, 1)]).shape == (0, 1, 64)
    assert ob.largest_distance(solution).shape == (0,)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"nodes": [4]}, "`nodes` must be a list of nodes, 0 to 3"),
        ({"nodes": []}, "`nodes` must be a list"),
        ({"times": [1.5]}, r"lie in \[0, 1\]"),
        ({"times": ["a"]}, "`times` must be"),
        ({"width": 0.0}, "`width` must be positive"),
        ({"axes": ("p",)}, "`axes` must name position axes"),
        ({"points": {"y": [0.0]}}, "`points` must name axes that are kept, x, p"),
        ({"points": {"x": [[0.0]]}}, "must be a list, but its shape"),
    ],
)
def test_arguments_are_checked(packets, arguments, match):
    with pytest.raises(wl.InvalidInputError, match=match):
        ob.husimi(packets, **arguments)


# ---- figures --------------------------------------------------------------------------------------------------------


def test_heat_maps_show_each_node_over_time(packets):
    data = ob.compute(packets, ["position_density", "current"])
    for name, values in (("position_density", data["position_density"]), ("current", data["current"][:, :, 0])):
        axes = plots.FIGURES[name](data).axes[0]
        image = np.asarray(axes.images[0].get_array())
        assert image.shape[0] == 3
        for node, panel in enumerate(np.array_split(image, 4, axis=1)):
            inside, exact = panel[1][np.isfinite(panel[1])], values[1, node].values
            assert inside.max() == pytest.approx(exact.max(), rel=1e-6)
            assert np.abs(inside[np.argmax(inside) + 2] - exact[np.argmax(exact) + 2]) < 1e-6  # not mirrored
    assert axes.images[0].get_clim()[0] == -axes.images[0].get_clim()[1]


def test_heat_maps_in_the_plane_are_integrated_over_the_other_axis(plane):
    solution = solved(plane, wl.states.gaussian(plane, [[0.4, -0.3]], [[0.2, 0.5]], 0.8), [0.0, 0.2], "r2")
    data = ob.compute(solution, ["position_density"])
    axes = plots.position_density(data).axes[0]
    exact = data["position_density"].sum("y") * plane.spacing[1]
    assert np.nanmax(axes.images[0].get_array()) == pytest.approx(float(exact.max()), rel=1e-6)
    assert "integrated over position y" in axes.get_title(loc="left")


def test_curves_are_those_of_the_data(packets):
    data = ob.compute(packets, ["mean", "covariance", "energy", "negativity", "purity", "largest_distance"])
    upper, lower = plots.mean(data).axes
    assert np.array_equal(upper.lines[2].get_ydata(), data["mean"][:, 2, 0])
    assert np.array_equal(lower.lines[3].get_ydata(), data["mean"][:, 3, 1])
    (band, *_), spread = upper.collections, np.sqrt(data["covariance"][:, 0, 0, 0])
    heights = band.get_paths()[0].vertices[:, 1]
    assert heights.max() == pytest.approx(float((data["mean"][:, 0, 0] + spread).max()), rel=1e-12)
    (axes,) = plots.energy(data).axes
    for k, part in enumerate((2, 0, 1)):
        assert np.array_equal(axes.lines[4 * k + 1].get_ydata(), data["energy"][:, 1, part])
    for name in ("negativity", "purity"):
        (axes,) = plots.FIGURES[name](data).axes
        assert np.array_equal(axes.lines[1].get_ydata(), data[name][:, 1])
    (axes,) = plots.largest_distance(data).axes
    np.testing.assert_allclose(axes.lines[0].get_ydata(), np.log10(data["largest_distance"]), rtol=1e-14)


def test_energy_is_conserved_under_a_gross_pitaevskii_term(line):
    psi = wl.states.gaussian(line, position=[0.7, -0.4], momentum=[0.0, 0.5])
    model = wl.SchrodingerLohe(line, "0.5*x**2", coupling=0.0, nonlinearity=1.5)
    total = ob.energy(wl.solve(model, psi, [0.0, 0.4, 0.8], rtol=1e-10)).sel(part="total").values
    linear = wl.SchrodingerLohe(line, "0.5*x**2", coupling=0.0)
    more = total[0] - ob.energy(wl.solve(linear, psi, [0.0])).sel(part="total").values[0]
    assert np.abs(more - 0.75 / np.sqrt(2 * np.pi)).max() < 1e-9  # (g / 2) int |psi|^4 of a packet of width 1
    assert np.abs(total - total[0]).max() < 1e-8  # rtol times the path, with room


def test_every_observable_with_a_figure_is_drawn(packets):
    data = ob.compute(packets, list(plots.FIGURES))
    for draw in plots.FIGURES.values():
        assert draw(data).axes[0].get_title(loc="left")
    same = data.assign(largest_distance=0 * data["largest_distance"])
    assert "all nodes agree" in plots.largest_distance(same).axes[0].get_title(loc="left")
