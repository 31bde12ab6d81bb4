"""Which method runs and why, what each refuses, and that every kind of solution is kept by a store."""

import re
import warnings
from functools import cache

import numpy as np
import pytest

import wignerlohe as wl
from tolerances import BLOW_UP_TIME, COARSE_PLANE, PHASE_SPACE_SUM, SAME_METHOD, SAME_PROBLEM, THREE_WAYS

H, OWN = "0.5*x**2", ["0.5*x**2", "0.4*x**2 + 0.3*cos(x)"]
GRID = wl.Grid(lower=-9.0, upper=9.0, points=63)
BOX = wl.PhaseSpace(-7.0, 7.0, 52, -7.5, 7.5, 55)
PSI = wl.states.gaussian(GRID, position=[-0.3, 0.4], momentum=[0.2, -0.1])
MIXED = np.array([PSI, wl.states.fock(GRID, level=[0, 1])]) * np.sqrt([[[0.7], [0.3]], [[0.6], [0.4]]])
FEW = wl.Factors(PSI, PSI[::-1] + 0.2 * PSI)
Z = np.array([[1.0, 0.5 + 0.2j], [0.1 - 0.4j, 1.0]])


def blocks(space, z=Z, spread=1.3):
    """Gaussians at places of their own that come from no states, with integrals z."""
    x, p = space.x[0][:, None], space.p[0]
    q = np.linspace(-0.4, 0.5, z.size).reshape(*z.shape, 1, 1)
    return z[..., None, None] * np.exp(-((x - q) ** 2 + (p + q) ** 2) / spread) / (np.pi * spread)


def solve(model, initial, times=(0.0, 0.2), **how):
    return wl.solve(model, initial, times, **how)


def lohe(potential=H, **terms):
    return wl.SchrodingerLohe(GRID, potential, **{"coupling": 0.8} | terms)


def fields(domain=GRID, potential=H, **terms):
    return wl.WignerLohe(domain, potential, **{"coupling": 0.8} | terms)


# ---- what runs, and why ---------------------------------------------------------------------------------------------

CHOICES = {
    "one potential": (lohe(), PSI, "auto", "separation", "all nodes share one potential"),
    "constants": (lohe([H, f"{H} + 0.3"]), PSI, "auto", "separation", "all nodes share one potential up to constants"),
    "by itself": (lohe(), PSI, "per-node", "per-node", "all nodes share one potential"),
    "own potentials": (lohe(OWN), PSI, "auto", "split-step", "^the potentials of the nodes differ .*; the kinetic"),
    "Gross-Pitaevskii": (lohe(nonlinearity=0.3), MIXED, "auto", "split-step", "the Gross-Pitaevskii term depends"),
    "both": (lohe(OWN, nonlinearity=0.3), PSI, "auto", "split-step", "differ by more than constants; the Gross-"),
    "asked for": (lohe(), PSI, "split-step", "split-step", "^the kinetic flow, common"),
    "callables": (
        fields(GRID, OWN),
        [lambda x: np.pi**-0.25 * np.exp(-(x**2) / 2)] * 2,
        "auto",
        "split-step",
        "differ",
    ),
    "arrays": (fields(), blocks(GRID.phase_space), "auto", "separation", "all nodes share one potential"),
    "arrays in lists": (fields(), [list(row) for row in blocks(GRID.phase_space)], "auto", "separation", "all nodes"),
    "factors": (fields(), FEW, "auto", "separation", "all nodes share one potential"),
    "arrays, own potentials": (
        fields(GRID, OWN),
        blocks(GRID.phase_space),
        "auto",
        "phase-space",
        "differ.*; transport, common",
    ),
    "arrays on a box": (
        fields(BOX),
        blocks(BOX),
        "auto",
        "phase-space",
        "^the box .* is not that of a grid.*one potential",
    ),
    "states as fields": (fields(GRID, OWN), PSI, "phase-space", "phase-space", "transport, common to all pairs"),
    "factors, own potentials": (fields(GRID, OWN, division=False), FEW, "auto", "phase-space", "transport, common"),
    "linear": (wl.WignerEquation(GRID, H), blocks(GRID.phase_space)[0], "auto", "separation", "the equation is linear"),
    "linear, one": (wl.WignerEquation(BOX, H), blocks(BOX)[0, 1], "auto", "phase-space", "the box .*one potential"),
    "linear, states": (wl.WignerEquation(GRID, H), PSI, "auto", "separation", "the equation is linear"),
    "correlations": (wl.Correlations(0.8), Z, "auto", "separation", "closed"),
}


@pytest.mark.parametrize("case", CHOICES)
def test_the_method_and_its_reason(case):
    model, initial, asked, name, reason = CHOICES[case]
    solution = solve(model, initial, [0.02], method=asked)
    assert solution.method.name == name
    assert re.search(reason, solution.method.reason), solution.method.reason


def test_potentials_that_differ_by_constants_are_detunings():
    times, omega = [0.5, 1.7], [0.0, 0.7]
    grid = wl.Grid(lower=-9.0, upper=9.0, points=63, hbar=0.8)
    psi = wl.states.gaussian(grid, position=[-0.3, 0.4])
    constants = [H, f"{H} + {0.8 * omega[1]!r}"]  # hbar Omega is an energy
    detuned = wl.SchrodingerLohe(grid, H, coupling=0.8, detuning=omega)
    first = wl.solve(detuned, psi, times, rtol=1e-12)
    for method in ("separation", "split-step"):
        both = wl.SchrodingerLohe(grid, constants, coupling=0.8)
        assert both.shared
        second = wl.solve(both, psi, times, method=method, rtol=1e-12)
        assert np.abs(first.correlation - second.correlation).max() < SAME_PROBLEM
        assert np.abs(first.wavefunctions(1.7) - second.wavefunctions(1.7)).max() < SAME_PROBLEM
    assert np.abs(first.correlation[-1, 0, 1] - solve(lohe(), PSI, [1.7]).correlation[-1, 0, 1]) > 0.1


# ---- what is refused ------------------------------------------------------------------------------------------------


def refusal(**changes):
    """A run that is fine but for what is changed."""
    given = {"model": fields(BOX), "initial": blocks(BOX), "method": "auto"} | changes
    return solve(given["model"], given["initial"], method=given["method"])


def with_nan(values):
    values = np.array(values)
    values[(0,) * (values.ndim - 1) + (3,)] = np.nan
    return values


def box_to_the_left(x):
    """Fine at the points of the box, infinite beyond, where x + y/2 reaches."""
    return np.where(x < 8.0, x**2 / 2, np.inf)


REFUSALS = {
    "separation, own potentials": (
        {"model": lohe(OWN), "initial": PSI, "method": "separation"},
        "`method` must be one that steps, but the potentials of the nodes differ by more than constants; try",
    ),
    "one by one, own potentials": (
        {"model": lohe(OWN), "initial": PSI, "method": "per-node"},
        "must be one that steps, but the potentials",
    ),
    "separation on a box": (
        {"method": "separation"},
        "one that steps, but the box in phase space is not that of a grid",
    ),
    "split steps of arrays": ({"method": "split-step"}, "must be 'phase-space', but the data are not wave functions"),
    "split steps of factors": (
        {"model": fields(GRID, OWN), "initial": FEW, "method": "split-step"},
        "must be 'phase-space', but the data are not wave functions",
    ),
    "arrays one by one": (
        {"model": fields(), "initial": blocks(GRID.phase_space), "method": "per-node"},
        "must be 'separation' for arrays, but it is 'per-node'",
    ),
    "fields of wave functions": (
        {"model": lohe(), "initial": PSI, "method": "phase-space"},
        "`model` must be WignerLohe or WignerEquation for 'phase-space', but it is SchrodingerLohe",
    ),
    "correlations in steps": (
        {"model": wl.Correlations(1.0), "initial": Z, "method": "split-step"},
        "must be 'auto' for correlations, but 'split-step' was given",
    ),
    "factors of wave functions": ({"model": lohe(), "initial": FEW}, "must be WignerLohe for Factors, but it is Schr"),
    "factors of the linear equation": (
        {"model": wl.WignerEquation(GRID, H), "initial": FEW},
        "`model` must be WignerLohe for Factors, but it is WignerEquation",
    ),
    "states on a box": (
        {"initial": PSI},
        r"shape \(N, N, 52, 55\), but its shape is \(2, 63\); try arrays on the phase",
    ),
    "not square": (
        {"initial": blocks(BOX)[:1]},
        r"must have shape \(N, N, 52, 55\), but its shape is \(1, 2, 52, 55\)",
    ),
    "one function": ({"initial": blocks(BOX)[0, 0]}, r"must have shape \(N, N, 52, 55\), but its shape is \(52, 55\)"),
    "no function": ({"initial": blocks(BOX)[:0, :0]}, r"must have shape \(N, N, 52, 55\), but its shape is \(0, 0,"),
    "another box": ({"initial": blocks(GRID.phase_space)}, r"\(N, N, 52, 55\), but its shape is \(2, 2, 63, 126\)"),
    "pairs of the linear equation": (
        {"model": wl.WignerEquation(BOX, H)},
        r"must have shape \(M, 52, 55\), but its shape is \(2, 2, 52, 55\)",
    ),
    "arrays for wave functions": (
        {"model": lohe(), "initial": blocks(GRID.phase_space)},
        r"shape \(N, 63\), or \(N, m, 63\) for mixed nodes, but its shape is \(2, 2, 63, 126\)",
    ),
    "NaN in arrays": ({"initial": with_nan(blocks(BOX))}, r"must be finite numbers.*entry \(0, 0, 0, 3\) is \(?nan"),
    "NaN in kernels": (
        {"model": fields(), "initial": with_nan(blocks(GRID.phase_space))},
        r"must be finite numbers.*entry \(0, 0, 0, 3\) is \(?nan",
    ),
    "NaN in states": ({"model": lohe(OWN), "initial": with_nan(PSI)}, r"finite numbers.*entry \(0, 3\) is \(?nan"),
    "ragged lists": ({"initial": [list(blocks(BOX)[0]), [1.0]]}, "`initial` must be finite numbers"),
    "norms of fields": (
        {"initial": 1.1 * blocks(BOX)},
        r"z_ii = 1 \(to 1e-08\), but that of node 0 is 1.1\S*, off by 0.1; try division=False for equation \(2\), or "
        r"division=True for \(6\)",
    ),
    "norms of kernels": (
        {"model": fields(), "initial": blocks(GRID.phase_space, np.diag([1.0, 0.97]))},
        r"that of node 1 is 0.97\S*, off by 0.03; try division=False",
    ),
    "norms on a network": (
        {"model": fields(division=False, network=wl.network.ring(2)), "initial": blocks(GRID.phase_space, 1.1 * Z)},
        r"have z_ii = 1 \(to 1e-08\) under equation \(2\) on a network, but that of node . is 1.1.*; try division=True",
    ),
    "norms of factors on a network": (
        {"model": fields(division=False, network=wl.network.ring(2)), "initial": FEW},
        r"have z_ii = 1 \(to 1e-08\) under equation \(2\) on a network",
    ),
    "norms of fields, own potentials": (
        {"model": fields(BOX, OWN), "initial": 1.1 * blocks(BOX)},
        "off by 0.1; try div",
    ),
    "a box that is too small for the data": (
        {
            "model": fields(small := wl.PhaseSpace(-4, 4, 30, -4, 4, 31)),
            "initial": blocks(small),
        },
        r"must have z_ii = 1 .* off by \d.*; or a box that holds w_ii",
    ),
    "norms of states": ({"model": lohe(OWN), "initial": 1.1 * PSI}, "unit norms .* node 0 is 1.1 .2 nodes in all"),
    "norms of states as fields": (
        {"model": fields(GRID, OWN), "initial": 1.1 * PSI, "method": "phase-space"},
        "unit norms .* that of node 0 is 1.1",
    ),
    "potentials and nodes": (
        {"model": lohe([*OWN, "x**4"]), "initial": PSI},
        "one entry for each node, but there are 3",
    ),
    "a potential on points alone": (
        {"model": fields(BOX, BOX.x[0] ** 2)},
        "`potential` must be an expression, a number or a callable where it is needed between the points",
    ),
    "infinite between points": (
        {"model": fields(BOX, box_to_the_left)},
        r"`potential` must be finite at each point, but it is inf at \[(8|9|1\d)\.\d+\]",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_does_not_fit_is_refused_by_name(case):
    changes, message = REFUSALS[case]
    with pytest.raises(wl.InvalidInputError, match=message):
        refusal(**changes)


@pytest.mark.parametrize(
    ("potential", "message"),
    [
        ("1/x", r"`potential` must be finite on the grid, but it is inf at \[0.0\]"),
        (lambda x: 1j * x, "`potential` must be real, but its values are complex128"),
        ([H, "sqrt(x)"], "`potential` must be finite on the grid, but it is nan at"),
    ],
)
def test_potentials_that_are_none_are_refused_with_the_model(potential, message):
    with pytest.raises(wl.InvalidInputError, match=message):
        fields(wl.PhaseSpace(-7.0, 7.0, 56, -7.0, 7.0, 56), potential)


def test_a_box_that_becomes_too_small_is_reported_with_numbers():
    box = wl.PhaseSpace(-6.0, 6.0, 50, -6.0, 6.0, 50)
    model = wl.WignerLohe(box, 0.0, coupling=0.8)
    start = blocks(box, spread=1.0)
    assert solve(model, start, [0.0]).warnings == ()
    with pytest.warns(wl.UnresolvedWarning) as caught:
        solution = solve(model, start, [0.0, 1.2])
    text = str(caught[0].message)
    assert text.startswith("field w[")
    assert "at the edge of x at t = 1.2 (allowed: 1e-08); try a wider box than [-6, 6) in x" in text
    assert text in solution.warnings
    (edge,) = [finding for finding in solution.findings if (finding.kind, finding.axis) == ("edge", "x")]
    moved = [solution.wigner(i, j, 1.2).values for i in (0, 1) for j in (0, 1)]
    parts = [np.linalg.norm(w[[0, 1, 2, -3, -2, -1]]) for w in moved]  # the outer twentieth of 50 at either end
    assert edge.share == pytest.approx(max(parts) / max(np.linalg.norm(w) for w in moved), rel=1e-6)


@pytest.mark.parametrize("kind", ["wave functions", "kernels"])
def test_so_is_a_grid_that_becomes_too_small(kind):
    fast = wl.states.gaussian(GRID, position=[0.0, 0.3], momentum=[4.0, 3.5])
    model, start = lohe(["0", "0.1*x"]), fast
    if kind == "kernels":
        x, p = GRID.phase_space.x[0][:, None], GRID.phase_space.p[0]
        w = np.exp(-(x**2 + (p - 4.0) ** 2) / 1.3) / (1.3 * np.pi)
        model, start = fields(GRID, 0.0), np.array([[w, 0.5 * w], [0.5 * w, w]])
    with pytest.warns(wl.UnresolvedWarning, match=r"at the edge of .* at t = 1.2 .*; try a wider box than \[-9, 9\)"):
        solve(model, start, [0.0, 1.2])


# ---- every kind of solution comes back ------------------------------------------------------------------------------


def hermitian(w):
    return (w + w.swapaxes(0, 1).conj()) / 2


KINDS = {
    "split-step": (lohe(OWN), PSI),
    "split-step, mixed, driven": (lohe([f"{H} + 0.2*x*sin(t)", H]), MIXED),
    "split-step, Gross-Pitaevskii, network": (lohe(nonlinearity=0.4, network=[[0.0, 1.3], [-0.5, 0.0]]), PSI),
    "fields, Hermitian": (fields(BOX, OWN), hermitian(blocks(BOX))),
    "fields, of states": (fields(GRID, OWN, detuning=[0.1, -0.4]), PSI, "phase-space"),
    "fields, not Hermitian": (fields(BOX, f"{H} + 0.2*x*sin(t)", mass=1.2), blocks(BOX)),
    "fields, under (6)": (fields(BOX, OWN, division=True), 0.9 * blocks(BOX)),
    "kernels": (fields(), blocks(GRID.phase_space)),
    "kernels, under (6)": (fields(division=True, detuning=[0.1, -0.4]), 0.9 * blocks(GRID.phase_space)),
    "arrays of few factors": (fields(division=False), blocks(GRID.phase_space, spread=1.0)),
    "factors under (6)": (fields(division=True), FEW),
    "linear, kernels": (wl.WignerEquation(GRID, "0.1*x**4"), blocks(GRID.phase_space)[0]),
    "linear, fields": (wl.WignerEquation(BOX, "0.02*x**4"), blocks(BOX)[0]),
    "linear, states": (wl.WignerEquation(GRID, "0.1*x**4"), MIXED),
}


@cache
def solved(kind):
    """A short run of a kind."""
    model, initial, *method = KINDS[kind]
    return solve(model, initial, [0.0, 0.1, 0.25], **dict(zip(["method"], method, strict=False)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_store_keeps_it_to_the_last_bit(kind, tmp_path):
    solution = solved(kind)
    solution.save(tmp_path / "run.zarr")
    loaded = wl.load(tmp_path / "run.zarr")
    assert type(loaded.fields) is type(solution.fields)
    assert loaded.method == solution.method
    assert loaded.model.division is solution.model.division
    assert str(loaded) == str(solution)
    if solution.coupled:
        assert np.array_equal(loaded.deviation, solution.deviation)
        assert np.array_equal(loaded.mean_field, solution.mean_field)
    for time in (0.0, 0.1, 0.17):  # at outputs, and between
        for i in (0, 1):
            j = 1 if solution.coupled else i
            assert np.array_equal(loaded.wigner(i, j, time).values, solution.wigner(i, j, time).values)
        if solution.fields.numbers:
            assert np.array_equal(loaded.wavefunctions(time), solution.wavefunctions(time))
    assert np.array_equal(loaded.purity, solution.purity)


@pytest.mark.parametrize("kind", KINDS)
def test_a_time_between_outputs_is_as_good_as_an_output(kind):
    between = solved(kind)
    model, initial, *_ = KINDS[kind]
    there = solve(model, initial, [0.17], method=between.method.name)
    pair = (0, 1) if between.coupled else (1, 1)
    found, expected = (solution.wigner(*pair, 0.17).values for solution in (between, there))
    assert np.abs(found - expected).max() < SAME_METHOD * np.abs(expected).max()
    if between.fields.numbers:
        assert np.abs(between.wavefunctions(0.17) - there.wavefunctions(0.17)).max() < SAME_METHOD


@pytest.mark.parametrize("kind", KINDS)
def test_purities_and_distances_are_those_of_the_wigner_functions(kind):
    solution = solved(kind)
    space = solution.fields.model.space
    pairs = [(0, 0), (1, 1)] if not solution.coupled else [(0, 1), (1, 1)]
    first, second = solution.wigner_functions(pairs, 0.25)
    purity = 2 * np.pi * space.hbar * space.norm(second) ** 2
    assert abs(solution.purity[-1, 1] - purity) < PHASE_SPACE_SUM
    assert abs(solution.distance(*pairs)[-1] - space.norm(first - second)) < PHASE_SPACE_SUM


# ---- what is said about a solution does not depend on the method ----------------------------------------------------


def test_distances_purities_and_means_are_those_of_the_separation():
    exact = solve(fields(), MIXED, [0.0, 0.4])
    for method in ("split-step", "phase-space"):
        solution = solve(fields(), MIXED, [0.0, 0.4], method=method)
        assert np.abs(solution.deviation - exact.deviation).max() < THREE_WAYS
        assert np.abs(solution.mean_field - exact.mean_field).max() < THREE_WAYS
        assert np.abs(solution.purity - exact.purity).max() < THREE_WAYS
        assert np.abs(solution.diameter - exact.diameter).max() < THREE_WAYS
        assert np.abs(solution.distance((0, 1), (1, 1)) - exact.distance((0, 1), (1, 1))).max() < THREE_WAYS
        assert np.abs(solution.wigner(0, 1, 0.4, axes=("p",)) - exact.wigner(0, 1, 0.4, axes=("p",))).max() < THREE_WAYS
        slices = {"axes": ("x",), "at": {"p": 0.321}}
        assert np.abs(solution.wigner(0, 1, 0.4, **slices) - exact.wigner(0, 1, 0.4, **slices)).max() < THREE_WAYS


def test_fields_have_no_wave_functions():
    for kind in ("kernels", "fields, not Hermitian"):
        with pytest.raises(wl.InvalidInputError, match=r"must be wave functions for this.*try wigner\(i, j, time\)"):
            solved(kind).wavefunctions(0.1)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.startswith("linear")])
def test_functions_that_do_not_see_each_other_have_no_correlations(kind):
    for name in ("correlation", "diameter", "order_parameter"):
        with pytest.raises(wl.InvalidInputError, match=r"must couple nodes for correlations.*try WignerLohe, or dist"):
            getattr(solved(kind), name)


def test_a_blow_up_is_found_by_every_method():
    z = np.full((3, 3), -0.8) + 1.8 * np.eye(3)
    times = [0.0, 1.0, 2.5]
    found = {
        "kernels": solve(fields(), blocks(GRID.phase_space, z), times),
        "few factors": solve(fields(), blocks(GRID.phase_space, z, spread=1.0), times),
        "fields": solve(fields(BOX), blocks(BOX, z), times),
    }
    for kind, solution in found.items():
        assert abs(solution.blow_up_time - np.log(6) / 0.8) < BLOW_UP_TIME, kind
        assert len(solution.times) == 2
        assert f"blow up at t = {solution.blow_up_time:.12g}" in solution.warnings[-1]


def test_arrays_in_the_plane_held_as_kernels():
    """They come back at t = 0, and are those of the wave functions they were made of at later times."""
    plane = wl.Grid([-6.5, -6.6], [6.5, 6.5], [26, 27])
    psi = wl.states.gaussian(plane, [[0.2, -0.1], [-0.3, 0.2]])
    w = np.array([[wl.wigner(plane, left, right) for right in psi] for left in psi])
    model = wl.WignerLohe(plane, "0.5*r2", coupling=0.8, division=False)
    with warnings.catch_warnings():  # so few points hold them to five digits
        warnings.simplefilter("ignore", wl.UnresolvedWarning)
        nodes, arrays = solve(model, psi, [0.0, 0.3]), solve(model, w, [0.0, 0.3])
    assert (type(nodes.fields).__name__, type(arrays.fields).__name__) == ("Nodes", "Blocks")
    pairs = [(0, 0), (0, 1), (1, 0)]
    for time in (0.0, 0.3):
        one, other = nodes.wigner_functions(pairs, time), arrays.wigner_functions(pairs, time)
        assert np.abs(one - other).max() < COARSE_PLANE * np.abs(one).max()
