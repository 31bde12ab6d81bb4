"""Wrong physics on purpose: every run is stopped, refused or warned of for the right reason, and its good part kept."""

import json
import pickle
import re
import tomllib
import warnings

import numpy as np
import pytest
from scipy.optimize import brentq
from typer.testing import CliRunner

import tolerances
import wignerlohe as wl
from wignerlohe import watch
from wignerlohe.cli import app
from wignerlohe.coupling.mobius import MobiusMap, MobiusState
from wignerlohe.coupling.scalars import ScalarState
from wignerlohe.store.record import why_unfinished

EDGE, BAND = "probability at the edge of the box on axis 0", "probability at the top of the momentum band on axis 0"
EDGE_X, EDGE_P = "share at the edge of x", "share at the edge of p"
BAND_X, BAND_P = "share at the top of the spectrum of x", "share at the top of the spectrum of p"
QUICK = {"rtol": 1e-5}
LINE = wl.Grid(-8.0, 8.0, 64)
X, P = LINE.axes[0], wl.PhaseSpace(-6.0, 6.0, 48, -6.0, 6.0, 48)


def nodes(potential=0.0, positions=(-2.0, 0.0), momenta=0.0, grid=LINE, width=1.0, **model):
    """A model with packets, of which what lies beyond the box or the band is no part."""
    psi = wl.normalise(grid, wl.states.gaussian(grid, list(positions), momenta, width))
    return wl.SchrodingerLohe(grid, potential, **{"coupling": 1.0} | model), psi


def field(potential, centre=(0.0, 0.0), space=P, size=1.0, model=wl.WignerLohe, **further):
    """A model on phase space with one packet, as a 1 x 1 matrix."""
    x, p = space.x[0][:, None], space.p[0]
    w = size * np.exp(-((x - centre[0]) ** 2) - (p - centre[1]) ** 2) / np.pi + 0j
    if model is wl.WignerEquation:
        return model(space, potential), w
    return model(space, potential, coupling=1.0, division=True, **further), w[None, None]


def evenly(stop, samples=21):
    return np.linspace(0.0, stop, samples)


def next_to_the_antipode(off=1e-9):
    """Four nodes that agree, and one that is as far from them as can be, but for a little."""
    a, b = wl.states.coherent(LINE, [0.3, -0.6])
    b = wl.normalise(LINE, b - np.vdot(a, b) * LINE.cell * a)
    return wl.SchrodingerLohe(LINE, "0.5*x**2", coupling=1.0), np.array([a, a, a, a, b * off - np.sqrt(1 - off**2) * a])


def distant_coherence():
    """A cat of which the fringes are as narrow as the spacing in p."""
    space = wl.PhaseSpace(-8.0, 8.0, 64, -6.0, 6.0, 24)
    x, p = space.x[0][:, None], space.p[0]
    lobes = np.exp(-((x - 3) ** 2)) + np.exp(-((x + 3) ** 2)) + 2 * np.exp(-(x**2)) * np.cos(6 * p)
    return wl.WignerLohe(space, "0.5*x**2", coupling=1.0, division=True), (lobes * np.exp(-(p**2)) / np.pi / 2)[
        None, None
    ] + 0j


def on_coarse_phase_space():
    """A packet so fast that its phase turns by half a turn from one point to the next."""
    grid = wl.Grid(-6.0, 6.0, 20)
    psi = wl.normalise(grid, np.exp(-(grid.axes[0] ** 2) / 2) * (-1.0) ** np.arange(20))
    return wl.WignerEquation(grid, "0.5*x**2"), psi[None]


# what is wrong: a model and data, times and options, and the quantity, the node and the remedy that must be named
STOPPED = {
    "a box too small for moving packets": (nodes(momenta=3.0), evenly(4.0), {}, EDGE, 1, "a wider box than [-8, 8)"),
    "and far outputs": (nodes(momenta=3.0), [0.0, 4.0], {}, EDGE, None, "a wider box"),
    "a packet that spreads": (nodes(positions=[0.0], width=0.4), evenly(8.0), {}, EDGE, 0, "a wider box"),
    "each node by itself": (nodes(momenta=3.0), evenly(4.0), {"method": "per-node"}, EDGE, 1, "a wider box"),
    "a momentum beyond the band": (
        nodes("0.5*x**2", positions=[0.5], momenta=5.8, grid=wl.Grid(-8.0, 8.0, 32)),
        evenly(1.0),
        {},
        BAND,
        0,
        "more points than 32",
    ),
    "a steep quartic with too few points": (
        nodes("5*x**4", [-2.5, 0.0], grid=wl.Grid(-6.0, 6.0, 40)),
        evenly(2.0),
        {},
        BAND,
        0,
        "more points than 40",
    ),
    "a potential with no ground": (nodes("-0.5*x**2", [-1.0, 0.0]), evenly(4.0), {}, EDGE, 0, "a wider box"),
    "one that falls like x**4": (nodes("-x**4", [-1.0, 0.0]), evenly(4.0), {}, BAND, 0, "more points"),
    "an hbar too small for the band": (
        nodes("0.5*x**2", [-3.0, 0.0], grid=wl.Grid(-8.0, 8.0, 120, hbar=0.12), width=0.35),
        evenly(4.0),
        {},
        BAND,
        0,
        "more points than 120",
    ),
    "one axis of two": (
        nodes(
            grid=(plane := wl.Grid([-6.0, -6.0], [6.0, 6.0], [24, 25])), positions=[[0.0, 0.0]], momenta=[[0.0, 2.5]]
        ),
        evenly(3.0),
        {},
        "probability at the edge of the box on axis 1",
        0,
        "a wider box than [-6, 6)",
    ),
    "states of one sign a point": (
        (wl.SchrodingerLohe(LINE, coupling=1.0), wl.states.gaussian(LINE, [0.0]) * (-1.0) ** np.arange(64)),
        evenly(1.0),
        {},
        BAND,
        0,
        "more points",
    ),
    "resonance": (
        nodes(["0.5*x**2 - 2*x*sin(t)", "0.5*x**2 - 2*x*sin(t) + 0.01*x"]),
        evenly(12.0, 13),
        QUICK,
        EDGE,
        None,
        "a wider box",
    ),
    "resonance in one potential": (nodes("0.5*x**2 - 3*x*sin(t)"), evenly(8.0, 9), QUICK, EDGE, None, "a wider box"),
    "depths that differ wildly": (
        nodes(["0.5*x**2", "300*x**2"], [-1.0, 1.5]),
        evenly(0.2, 3),
        QUICK,
        BAND,
        1,
        "more points than 64",
    ),
    "collapse of a condensate": (
        nodes(grid=wl.Grid([-4.0] * 2, [4.0] * 2, [24, 24]), positions=[[0.0, 0.0]], nonlinearity=-60.0),
        evenly(0.5, 6),
        QUICK,
        BAND.replace("0", "[01]"),
        0,
        "more points than 24",
    ),
    "fast driving at a coarse tolerance": (
        nodes(["0.5*x**2 + 5*x*sin(20*t)", "0.5*x**2"], grid=wl.Grid(-8.0, 8.0, 32), positions=[-1.0, 0.0]),
        [100.0],
        {"rtol": 1e-2},
        "estimated error of the splitting",
        None,
        "a smaller rtol",
    ),
    "a node lost to rounding": (
        next_to_the_antipode(),
        [0.0, 37.0],
        {},
        "distance of the norm from 1",
        4,
        'method="per-node"',
    ),
    "phase space too narrow in p": (
        field("0.9*x**2", (2.5, 0.0), wl.PhaseSpace(-8.0, 8.0, 48, -4.0, 4.0, 48)),
        evenly(3.0, 11),
        QUICK,
        EDGE_P,
        (0, 0),
        "a wider box than [-4, 4) in p",
    ),
    "phase space too narrow in x": (
        field("0", (0.0, 2.0)),
        evenly(3.0, 11),
        QUICK,
        EDGE_X,
        (0, 0),
        "a wider box than [-6, 6) in x",
    ),
    "momenta too coarse for a cat": (distant_coherence(), [1.0], QUICK, BAND_P, (0, 0), "more points than 24 in p"),
    "a wall on phase space": (
        field(lambda x: np.where(x > 0, 20.0, 0.0), (-2.0, 1.0)),
        evenly(2.0, 11),
        QUICK,
        BAND_X,
        (0, 0),
        "more points than 48 in x",
    ),
    "a quartic and a function": (
        field("x**4", (-2.0, 1.0), model=wl.WignerEquation),
        evenly(1.0, 11),
        QUICK,
        EDGE_P,
        (0,),
        "a wider box than [-6, 6) in p",
    ),
    "a function beyond the band": (on_coarse_phase_space(), [1.0], {}, BAND, 0, "more points than 20"),
    "kernels that leave the box": (
        (wl.WignerEquation(LINE, "0"), wl.wigner(LINE, *[wl.states.gaussian(LINE, [0.0], [3.0])[0]] * 2)),
        evenly(3.0, 7),
        {},
        EDGE,
        0,
        "a wider box",
    ),
}


@pytest.mark.parametrize("kind", STOPPED)
def test_wrong_physics_is_stopped_for_the_right_reason_and_the_good_part_kept(kind):
    (model, initial), times, options, quantity, node, remedy = STOPPED[kind]
    with pytest.raises(wl.ViolationError) as caught:
        wl.solve(model, initial, times, **options)
    error = caught.value
    assert re.fullmatch(quantity, error.quantity)
    assert node is None or error.node == node
    assert error.remedy.startswith(remedy)
    assert error.value > error.allowed
    before = [time for time in np.atleast_1d(times) if time < error.time]
    if not before:
        assert error.solution is None
    else:
        assert error.solution.times.tolist() == before
        assert not np.isnan(error.solution.purity).any()
    text = str(error)
    assert text.count("\n") == 0
    for word in (error.quantity, f"at t = {error.time:.6g}", f"try {error.remedy}", f"{error.value:.2g}"):
        assert word in text


def correlated(size):
    """Correlations ``size`` off the diagonal, 1 on it."""
    return np.eye(3) * (1 - size) + size


# what is wrong, and what the refusal must say; nothing runs
REFUSED = {
    "not normalised": (lambda: (*nodes(), 1.1), "have unit norms.*try wignerlohe.normalise"),
    "at the edge from the start": (
        lambda: (nodes()[0], wl.states.gaussian(LINE, [-7.9, 0.0]), 1),
        "have unit norms.*a wider box",
    ),
    "phases that are noise": (lambda: (*nodes("1e12*x**2"), 1), "rounding of the phases.*smaller values of V"),
    "infinite on the grid": (lambda: (*nodes("1/x"), 1), r"finite on the grid, but it is inf at \[0.0\]"),
    "no number on the grid": (lambda: (*nodes(lambda x: np.where(x > 3, np.nan, x**2)), 1), "finite on the grid"),
    "a clock that is too fast": (lambda: (*nodes(coupling=1e12), 1), "coupling .* x time below"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_can_be_known_before_is_refused(kind):
    make, message = REFUSED[kind]
    with pytest.raises(wl.InvalidInputError, match=message):
        (lambda model, psi, size: wl.solve(model, size * psi, [0.0, 1.0]))(*make())


def kernels():
    grid = wl.Grid(-6.0, 6.0, 16)
    w = wl.wigner(grid, *[wl.states.gaussian(grid, [0.0])[0]] * 2)
    return wl.WignerLohe(grid, "0.5*x**2", coupling=1.0, division=False), correlated(-0.8)[:, :, None, None] * w


def stepped_fields():
    model, w = field("0.5*x**2")
    model = wl.WignerLohe(P, "0.5*x**2", coupling=1.0, division=False)
    return model, correlated(-0.8)[:, :, None, None] * w


def factors(left=1.0, right=-1.5, **model):
    psi = wl.states.gaussian(LINE, [-1.0, 0.0, 1.0])
    return wl.WignerLohe(LINE, "0.5*x**2", coupling=1.0, **model), wl.Factors(left * psi, right * psi[::-1])


EVENTS = {
    "correlations": ((wl.Correlations(coupling=1.0), correlated(-0.8)), np.log(6)),
    "kernels": (kernels(), np.log(6)),
    "stepped fields": (stepped_fields(), np.log(6)),
    "factors": (factors(), None),
    "maps of each node": (factors(detuning=[0.3, 0.0, -0.2]), None),
}


@pytest.mark.parametrize("kind", EVENTS)
@pytest.mark.filterwarnings("ignore::wignerlohe.UnresolvedWarning")
def test_a_blow_up_is_an_event_with_its_time_and_no_violation(kind):
    (model, initial), expected = EVENTS[kind]
    times = np.linspace(0.0, 3.0, 31)
    solution = wl.solve(model, initial, times, rtol=1e-7)
    assert solution.blow_up_time is not None
    if expected is not None:
        assert abs(solution.blow_up_time - expected) < tolerances.BLOW_UP_SEEN * expected
    assert solution.times.tolist() == times[times < solution.blow_up_time].tolist()
    # up to a ten-thousandth before it: norms have grown, and that is no violation
    near = wl.solve(model, initial, [solution.blow_up_time * (1 - 1e-4)], rtol=1e-7)
    assert np.abs(near.correlation).max() > 100


def test_huge_data_are_a_named_error_and_no_crash():
    model, initial = factors(1e40, 1e50)
    with pytest.raises(wl.SolverError, match="try data of smaller size"):
        wl.solve(model, initial, [0.0, 1.0])


def test_functions_of_any_size_are_watched_beside_their_size():
    space = wl.PhaseSpace(-7.0, 7.0, 48, -7.0, 7.0, 48)
    model, w = field("0.5*x**2", space=space, size=1e60, model=wl.WignerEquation)
    assert wl.solve(model, w, [1.0], rtol=1e-5).drift > 1e30


@pytest.mark.parametrize(("coupling", "off"), [(-3.0, 1.0), (-3.0, 1e-9)])
def test_repulsion_near_the_antipode_keeps_norms_and_runs(coupling, off):
    model, psi = next_to_the_antipode(off)
    model = wl.SchrodingerLohe(LINE, "0.5*x**2", coupling=coupling)
    assert wl.solve(model, psi, [0.0, 40.0]).drift < tolerances.ROUNDING


# ---- the bounds, and where they are met ------------------------------------------------------------------------------


def edge_mass(q, p, time):
    """Probability in the outer twentieth of a free packet of width 1, with its periodic images."""
    psi = np.zeros(64, dtype=complex)
    for image in range(-4, 5):
        y = X - q - 16 * image
        psi += np.exp(-((y - p * time) ** 2) / (2 * (1 + 1j * time)) + 1j * p * y - 1j * p**2 * time / 2)
    psi /= np.pi**0.25 * np.sqrt(1 + 1j * time)
    outer = (X < -8 + 0.8) | (X >= 8 - 0.8)
    return float((np.abs(psi[outer]) ** 2).sum() / 4)


def test_a_run_stops_at_the_first_output_time_beyond_a_hundredth_and_keeps_the_rest():
    model, psi = nodes(positions=[-1.0, 0.0], momenta=[0.0, 2.0], coupling=0.0)
    times = np.linspace(0.0, 4.0, 201)  # four segments
    masses = [[edge_mass(-1.0, 0.0, time), edge_mass(0.0, 2.0, time)] for time in times]
    first = int(np.argmax(np.max(masses, axis=1) > 0.01))
    assert 64 < first < 128  # within the second segment
    with pytest.raises(wl.ViolationError) as caught:
        wl.solve(model, psi, times)
    error = caught.value
    assert (error.time, error.node, error.allowed) == (times[first], 1, 0.01)
    assert abs(error.value / masses[first][1] - 1) < tolerances.MASS_SEEN
    with pytest.warns(wl.UnresolvedWarning):
        plain = wl.solve(model, psi, times[:first])
    assert error.solution.times.tolist() == plain.times.tolist()
    assert np.array_equal(error.solution.correlation, plain.correlation)
    assert np.array_equal(error.solution.wavefunctions(times[first - 1]), plain.wavefunctions(times[first - 1]))
    assert {(found.kind, found.axis, found.node) for found in error.solution.findings} == {("edge", 0, 1)}
    assert max(found.mass for found in error.solution.findings) == pytest.approx(masses[first - 1][1], rel=1e-9)


@pytest.mark.parametrize(("mass", "stops"), [(0.00999, False), (0.01001, True)])
def test_the_bound_on_masses_is_a_hundredth(mass, stops):
    def over(place):
        density = np.exp(-((X - place) ** 2))
        return density[(X < -8 + 0.8) | (X >= 8 - 0.8)].sum() / density.sum() - mass

    model, psi = nodes(positions=[brentq(over, 4.0, 7.0)])
    with pytest.raises(wl.ViolationError, match="at t = 0 ") if stops else pytest.warns(wl.UnresolvedWarning):
        wl.solve(model, psi, [0.0])


def test_a_stepped_run_is_looked_at_between_far_outputs(monkeypatch):
    monkeypatch.setattr("wignerlohe.segments.MOST_STEPS", 20)
    model, psi = nodes(["0", "0.001*x"], [-1.0, 0.0], 3.0)
    with pytest.raises(wl.ViolationError) as caught:
        wl.solve(model, psi, [0.0, 40.0], rtol=1e-7)
    assert 0 < caught.value.time < 5
    assert caught.value.quantity == EDGE


@pytest.mark.parametrize(("limit", "stops"), [(1.001, False), (0.999, True)])
def test_the_estimated_error_is_that_of_the_method(limit, stops, monkeypatch):
    model, psi = nodes(["0.5*x**2", "0.6*x**2"], [-1.0, 0.0])
    whole = wl.solve(model, psi, [2.0], rtol=1e-3).method.cost["splitting_error"]
    monkeypatch.setattr(watch, "WRONG", limit * whole)
    monkeypatch.setattr(watch, "_mass", lambda *_: None)
    if stops:
        with pytest.raises(wl.ViolationError, match="estimated error of the splitting"):
            wl.solve(model, psi, [2.0], rtol=1e-3)
    else:
        assert wl.solve(model, psi, [2.0], rtol=1e-3).blow_up_time is None


def test_the_drift_is_that_of_the_coupling_and_its_remedy_is_named(monkeypatch):
    model, psi = nodes("0.5*x**2")
    monkeypatch.setattr(MobiusMap, "drift", lambda _, state: 1.001e-6 if state.time > 1 else 0.999e-6)
    with pytest.raises(wl.ViolationError, match="drift of what is conserved") as caught:
        wl.solve(model, psi, [0.0, 1.0, 2.0])
    assert caught.value.time == 2.0
    assert caught.value.solution.times.tolist() == [0.0, 1.0]


def test_a_number_that_is_not_finite_stops_a_run(monkeypatch):
    model, psi = nodes("0.5*x**2")
    plain = MobiusMap.evolve

    def spoilt(coupling, state, times, rtol, cost):
        states, event = plain(coupling, state, times, rtol, cost)
        later = [MobiusState(s.time, s.matrix * np.nan, s.log_scale) if s.time > 1 else s for s in states]
        return later, event

    monkeypatch.setattr(MobiusMap, "evolve", spoilt)
    with pytest.raises(wl.ViolationError, match="largest number of the state is inf at t = 2 ") as caught:
        wl.solve(model, psi, [0.0, 1.0, 2.0])
    assert caught.value.solution.times.tolist() == [0.0, 1.0]


def test_every_array_of_a_state_is_looked_at():
    fine = np.ones(3, dtype=complex)
    assert watch.finite(ScalarState(1.0, fine, fine))
    for value in (np.nan, np.inf, complex(0, -np.inf)):
        assert not watch.finite(ScalarState(1.0, fine, np.where(np.arange(3) == 1, value, fine)))
        assert not watch.finite(ScalarState(abs(value), fine, fine))


@pytest.mark.parametrize("count", [3, watch.FEW, 5 * watch.FEW])
def test_the_node_that_rounding_loses_is_found_among_all(count):
    generator = np.random.default_rng(count)
    rows = generator.standard_normal((count, 4)) + 1j * generator.standard_normal((count, 4))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    boost = np.zeros((5, 5), dtype=complex)
    boost[:4, 4] = rows[1]
    boost[4, :4] = rows[1].conj()
    ch, sh = np.cosh(9.0), np.sinh(9.0)
    matrix = np.eye(5) + (ch - 1) * boost @ boost + sh * boost  # moves all towards node 1, by up to exp(18)
    rows[2] = -rows[1] * np.sqrt(1 - 1e-12) + 1e-6 * rows[0]
    rows[2] /= np.linalg.norm(rows[2])
    coupling, state = MobiusMap(rows, 1.0), MobiusState(18.0, matrix.astype(complex), 0.0)
    off = [abs(np.linalg.norm(coupling.coordinates(state, [node])[0]) - 1) for node in range(count)]
    node, found = watch.lost(coupling, state)
    assert node == int(np.argmax(off))
    assert max(off) / 100 < found < 1e-6  # which is rounding itself; that of the others is below 1e-14


def test_an_error_goes_through_processes_whole():
    error = pickle.loads(pickle.dumps(wl.ViolationError("drift", 2e-6, 1e-6, 3.5, "a smaller rtol", (0, 2))))
    assert str(error) == "field w[0, 2]: drift is 2e-06 at t = 3.5 (runs stop above 1e-06); try a smaller rtol"
    assert (error.quantity, error.value, error.node, error.solution) == ("drift", 2e-6, (0, 2), None)
    assert isinstance(error, wl.SolverError)


# ---- for who knows better --------------------------------------------------------------------------------------------


def test_a_run_that_only_warns_goes_on_and_says_how_much():
    model, psi = nodes(momenta=3.0)
    with pytest.warns(wl.UnresolvedWarning, match="edge of the box") as caught:
        solution = wl.solve(model, psi, [0.0, 4.0], on_violation="warn")
    assert solution.times.tolist() == [0.0, 4.0]
    assert len(caught) == len(solution.findings)


def test_what_is_no_mass_is_warned_of_as_well():
    model, psi = next_to_the_antipode()
    with pytest.warns(wl.UnresolvedWarning, match='node 4: distance of the norm from 1 is .*try method="per-node"'):
        wl.solve(model, psi, [0.0, 37.0], on_violation="warn")


def test_other_words_are_refused():
    with pytest.raises(wl.InvalidInputError, match="`on_violation` must be one of"):
        wl.solve(*nodes(), [0.0, 1.0], on_violation="ignore")


# ---- on disk, at the command line, in a sweep ------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::wignerlohe.UnresolvedWarning")
@pytest.mark.parametrize("potential", ["0", ["0", "0.001*x"]])
def test_a_folder_keeps_the_good_part_and_goes_on_to_the_same_end_or_past_it(potential, tmp_path):
    (model, psi), times = nodes(potential, momenta=3.0), np.linspace(0.0, 2.0, 41)
    said = []
    for _ in range(2):
        with pytest.raises(wl.ViolationError) as caught:
            wl.solve(model, psi, times, rtol=1e-7, checkpoint=tmp_path / "run", checkpoint_every=0.0)
        said.append(str(caught.value))
        good = wl.load(tmp_path / "run")
        assert good.times.tolist() == caught.value.solution.times.tolist() == times[times < caught.value.time].tolist()
        assert np.array_equal(good.correlation, caught.value.solution.correlation)
    assert said[0] == said[1]
    past = wl.solve(model, psi, times, rtol=1e-7, checkpoint=tmp_path / "run", on_violation="warn")
    plain = wl.solve(model, psi, times, rtol=1e-7, on_violation="warn")
    assert np.array_equal(past.correlation, plain.correlation)


CONFIG = """
[grid]
lower = -8.0
upper = 8.0
points = 64
[model]
kind = "schrodinger-lohe"
coupling = 1.0
[initial]
kind = "gaussian"
position = [-2.0, 0.0]
momentum = 3.0
[time]
stop = 4.0
samples = 101
"""


def invoke(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


def test_the_command_line_says_it_in_one_line_and_the_results_are_kept(tmp_path):
    (tmp_path / "a.toml").write_text(CONFIG)
    folder = tmp_path / "run"
    done = invoke("run", tmp_path / "a.toml", "--output", folder)
    assert done.exit_code == 1
    line = (
        r"failed: node 1: probability at the edge of the box on axis 0 is 0.011 at t = 1.48 \(runs stop above 0.01\); "
        rf"try a wider box than \[-8, 8\); results up to t = 1.44 are kept, see `wignerlohe show {folder}`\n"
    )
    assert re.fullmatch(line, done.stderr)
    again = invoke("run", folder, "--resume")
    assert (again.exit_code, again.stderr) == (1, done.stderr)
    shown = invoke("show", folder)
    assert shown.exit_code == 0
    assert "37 from 0 to 1.44" in shown.stdout
    why = done.stderr.removeprefix("failed: ").split("; results")[0]
    assert shown.stderr.splitlines()[-1] == f"note: the run is not finished; it was stopped: {why}"


def test_a_run_that_only_warns_from_where_it_was_stopped_is_finished(tmp_path):
    model, psi = nodes(positions=(0.0, 0.5), momenta=(3.0, 0.0))
    times = np.linspace(0, 2, 41)
    with pytest.raises(wl.ViolationError) as caught:
        wl.solve(model, psi, times, checkpoint=tmp_path / "run")
    assert why_unfinished(tmp_path / "run") == f"the run is not finished; it was stopped: {caught.value}"
    with pytest.warns(wl.UnresolvedWarning):
        wl.solve(model, psi, times, checkpoint=tmp_path / "run", on_violation="warn")
    assert why_unfinished(tmp_path / "run") == ""
    assert "stopped" not in json.loads((tmp_path / "run/data.zarr/zarr.json").read_text())["attributes"]


def test_unresolved_initial_data_stop_before_anything_is_written(tmp_path):
    (tmp_path / "a.toml").write_text(CONFIG.replace("momentum = 3.0", "momentum = 12.0"))
    done = invoke("run", tmp_path / "a.toml", "--output", tmp_path / "run")
    assert done.exit_code == 1
    assert "top of the momentum band" in done.stderr
    assert "at t = 0 " in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_run_that_was_to_replace_another_leaves_it_and_its_own_good_part(tmp_path):
    (tmp_path / "a.toml").write_text(CONFIG)
    (tmp_path / "short.toml").write_text(CONFIG.replace("4.0", "0.25").replace("101", "3"))
    assert invoke("run", tmp_path / "short.toml", "--output", tmp_path / "run").exit_code == 0
    done = invoke("run", tmp_path / "a.toml", "--output", tmp_path / "run", "--overwrite")
    assert done.exit_code == 1
    assert wl.load(tmp_path / "run").times.tolist() == [0.0, 0.125, 0.25]
    assert f"see `wignerlohe show {tmp_path / '.run.new'}`" in done.stderr
    assert len(wl.load(tmp_path / ".run.new").times) == 37


def test_a_config_may_ask_for_warnings(tmp_path):
    text = CONFIG.replace("101", "3") + '[solver]\non_violation = "warn"\n[wigner]\npairs = [[0, 0]]\ntimes = [0.0]\n'
    (tmp_path / "a.toml").write_text(text)
    done = invoke("run", tmp_path / "a.toml", "--output", tmp_path / "run")
    assert done.exit_code == 0, done.stderr
    assert "try a wider box" in done.stderr


def test_a_sweep_goes_on_where_a_point_is_stopped(tmp_path):
    config = tomllib.loads(CONFIG) | {"sweep": {"initial.momentum": [0.0, 3.0, 0.5]}}
    config["time"] |= {"samples": 76, "stop": 1.5}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of few workers
        data = wl.sweep(config, tmp_path / "sweep", workers=1)
    assert data["failed"].values.tolist() == [False, True, False]
    (message,) = data["failed"].attrs["messages"]
    assert re.search(r"momentum = 3: node 1: probability at the edge of the box .* at t = 1.48 ", message)
    assert np.isfinite(data["final_diameter"].values).tolist() == [True, False, True]
