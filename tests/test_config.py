"""Configs: good ones become problems; bad ones name every fault at once, and nothing else happens."""

import copy
import math
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wignerlohe as wl
from wignerlohe.config import faults, problem, toml

GOOD = """
[grid]
lower = [-9.0]
upper = [8.0]
points = [65]
[model]
kind = "schrodinger-lohe"
coupling = 0.7
potential = "0.5*x**2"
[initial]
kind = "gaussian"
position = [[-1.0], [0.5]]
[time]
stop = 2.0
samples = 5
"""


def faults_of(change, tmp_path=Path()):
    """Build the good config with a change made to its tables; return the faults."""
    tables = copy.deepcopy(tomllib.loads(GOOD))
    change(tables)
    with pytest.raises(faults.ConfigError) as caught:
        problem.build(tables, tmp_path)
    assert all("\n" not in fault for fault in caught.value.faults)
    return caught.value.faults


def put(table, key, value):
    return lambda tables: tables[table].__setitem__(key, value)


def test_a_good_config_becomes_the_problem_it_poses():
    posed = problem.build(tomllib.loads(GOOD), Path())
    assert isinstance(posed.model, wl.SchrodingerLohe)
    np.testing.assert_array_equal(posed.initial, wl.states.gaussian(posed.model.grid, [-1.0, 0.5]))
    np.testing.assert_array_equal(posed.times, [0.0, 0.5, 1.0, 1.5, 2.0])
    assert posed.wigner.pairs == [(0, 0), (0, 1), (1, 1)]
    assert sum(posed.need.values()) > 0


@pytest.mark.parametrize(
    ("table", "key", "value", "expected"),
    [
        ("grid", "points", [1], "at least 2"),
        ("grid", "points", [0], "at least 2"),
        ("grid", "points", [64.5], "grid.points[0]: 64.5"),
        ("grid", "points", [10**9], "of memory, but the machine has"),
        ("grid", "lower", [9.0], "`upper` must exceed `lower`"),
        ("grid", "lower", [math.nan], "grid.lower[0]: nan"),
        ("grid", "upper", [math.inf], "grid.upper[0]: inf"),
        ("grid", "upper", [8.0, 9.0, 9.0, 9.0], "speak of 1 to 3 axes"),
        ("grid", "hbar", 0.0, "grid.hbar: 0.0"),
        ("grid", "spacing", 0.1, "grid.spacing: is unknown"),
        ("model", "kind", "kuramoto", "allowed are schrodinger-lohe, wigner-lohe, wigner, correlations"),
        ("model", "coupling", "strong", "model.coupling: 'strong'"),
        ("model", "coupling", math.inf, "model.coupling: inf"),
        ("model", "coupling", True, "model.coupling: True"),
        ("model", "mass", -1.0, "model.mass: -1.0"),
        ("model", "potential", "0.5*q**2", "uses 'q'"),
        ("model", "potential", "__import__('os').system('true')", "only numbers, names"),
        ("model", "potential", "1/(x + 9)", "it is inf at [-9.0]"),
        ("model", "potential", "exp(exp(x**2))", "finite on the grid"),
        ("model", "potential", ["x", "y"], "model.potential[1]: "),
        (
            "model",
            "potential",
            ["x", "x**2", 0],
            "model: `potential` must have one entry for each node, but there are 3",
        ),
        ("model", "nonlinearity", math.nan, "model.nonlinearity: nan"),
        ("model", "division", True, "model.division: is unknown for kind 'schrodinger-lohe'; allowed are kind, mass"),
        ("initial", "kind", "soliton", "initial.kind: 'soliton' was given; allowed are gaussian, coherent"),
        ("initial", "position", [[-1.0, 2.0], [0.5, 1.0]], "`position` must have shape"),
        ("initial", "position", "left", "initial.position: 'left'"),
        ("initial", "momentum", [[0.0], [0.1], [0.2]], "`position` must be one value or one for each of the 3 nodes"),
        ("initial", "width", -1.0, "`width` must be positive"),
        ("initial", "width", 40.0, "unit norms"),
        ("initial", "widht", 1.0, "initial.widht: is unknown"),
        ("time", "stop", -1.0, "time.stop: -1.0"),
        ("time", "stop", math.nan, "time.stop: nan"),
        ("time", "samples", 1, "time.samples: 1"),
    ],
)
def test_a_fault_is_one_line_that_names_the_key_and_what_is_allowed(table, key, value, expected):
    (fault,) = faults_of(put(table, key, value))
    assert expected in fault
    assert fault.startswith(table)


def test_every_fault_of_a_config_is_named_at_once():
    def change(tables):
        tables["title"] = 3
        tables["gird"] = {}
        tables["grid"]["points"] = "many"
        tables["model"] |= {"coupling": "x", "kinds": 1}
        tables["initial"] = {"kind": "gaussian"}
        tables["time"]["stop"] = -1

    keys = [fault.split(":")[0] for fault in faults_of(change)]
    assert keys == ["gird", "title", "grid.points", "model.coupling", "model.kinds", "initial.position", "time.stop"]


def test_faults_that_need_several_tables_are_named_together():
    def change(tables):
        tables["model"]["potential"] = "1/(x + 9)"
        tables["initial"]["momentum"] = [[0.0], [0.1], [0.2]]
        tables["wigner"] = {"pairs": "all", "times": [5.0]}

    assert [fault.split(":")[0] for fault in faults_of(change)] == ["wigner.times", "model.potential", "initial"]


@pytest.mark.parametrize("name", ["grid", "model", "initial", "time"])
def test_a_missing_table_is_named(name):
    assert any(fault.startswith(f"{name}: is missing") for fault in faults_of(lambda tables: tables.pop(name)))


@pytest.mark.parametrize(
    ("wigner", "expected"),
    [
        ({"pairs": [[0, 2]], "times": [0.0]}, "nodes 0 to 1"),
        ({"pairs": [[0]], "times": [0.0]}, "wigner.pairs[0]"),
        ({"times": [0.0], "axes": ["x", "q"]}, "'q' was given"),
        ({"times": [0.0], "axes": ["p"], "at": {"x": 99.0}}, "lie in"),
        ({"pairs": "all", "times": []}, "must increase"),
        ({"pairs": "all", "times": [1.0, 0.5]}, "must increase"),
    ],
)
def test_wigner_functions_that_cannot_be_are_refused(wigner, expected):
    (fault,) = faults_of(lambda tables: tables.__setitem__("wigner", wigner))
    assert expected in fault


def test_more_pairs_than_can_be_kept_need_a_choice(monkeypatch):
    monkeypatch.setattr(problem, "MOST_ENTRIES", 10)
    (fault,) = faults_of(lambda _: None)
    assert fault.startswith("output.pairs: is missing")
    tables = tomllib.loads(GOOD) | {"output": {"pairs": [[0, 1]]}}
    assert problem.build(tables, Path()).pairs == [(0, 1)]


def test_very_many_states_are_not_drawn_before_all_else_is_right_and_fits(monkeypatch):
    draw = wl.states.random_expansion

    def few(grid, count, *rest):
        assert count == 1
        return draw(grid, count, *rest)

    monkeypatch.setattr(wl.states, "random_expansion", few)
    initial = {"kind": "random", "count": 10**8, "modes": 32, "seed": 1}
    for output, expected in (
        ({}, r"output.pairs: is missing; 5 samples of 100000000\^2 pairs"),
        ({"pairs": [[0, 10**8]]}, "output.pairs: .* pairs name nodes 0 to 99999999"),
        ({"pairs": []}, "memory: this run needs about .* GB of memory"),
    ):
        faults = faults_of(lambda tables, output=output: tables.update(initial=initial, output=output))
        assert re.match(expected, faults[0])


def test_random_states_of_a_config_are_those_of_the_library():
    tables = tomllib.loads(GOOD) | {"initial": {"kind": "random", "count": 7, "modes": 3, "seed": 5}}
    found = problem.build(tables, Path())
    expected = wl.states.random_expansion(found.model.grid, 7, 3, 5, mass=found.model.mass)
    assert np.array_equal(found.initial.coefficients, expected.coefficients)
    assert np.array_equal(found.initial.of, expected.of)


def test_a_run_that_exceeds_the_machine_is_refused_with_its_largest_part(monkeypatch):
    monkeypatch.setattr("wignerlohe.memory.tightest", lambda: (250_000, "the machine has"))
    (fault,) = faults_of(lambda _: None)
    assert "needs about" in fault
    assert "largest part is 'a figure'" in fault


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_states_come_from_a_file_beside_the_config(suffix, tmp_path):
    psi = wl.states.gaussian(wl.Grid(-9.0, 8.0, 65), [0.4, -0.3, 0.2])
    np.save(tmp_path / "psi.npy", psi)
    np.savez(tmp_path / "psi.npz", psi=psi)
    tables = tomllib.loads(GOOD) | {"initial": {"kind": "file", "path": f"psi{suffix}"}}
    np.testing.assert_array_equal(problem.build(tables, tmp_path).initial, psi)


def test_files_that_are_missing_malformed_or_hold_objects_are_refused(tmp_path):
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    (tmp_path / "text.npy").write_text("not an array")
    np.save(tmp_path / "shape.npy", np.zeros((2, 3)))
    np.save(tmp_path / "zero.npy", np.zeros((1, 65)))
    (tmp_path / "a.csv").write_text("1")
    names = ("objects.npy", "text.npy", "shape.npy", "zero.npy", "a.csv", "none.npy")
    for name in names:
        (fault,) = faults_of(lambda t, name=name: t.__setitem__("initial", {"kind": "file", "path": name}), tmp_path)
        assert fault.startswith("initial: "), name


def test_unnormalised_states_are_normalised_only_when_asked(tmp_path):
    psi = 2 * wl.states.gaussian(wl.Grid(-9.0, 8.0, 65), [0.4, -0.3])
    np.save(tmp_path / "psi.npy", psi)
    table = {"kind": "file", "path": "psi.npy"}
    (fault,) = faults_of(lambda tables: tables.__setitem__("initial", table), tmp_path)
    assert "unit norms" in fault
    assert "try normalise = true in [initial], or" in fault
    tables = tomllib.loads(GOOD) | {"initial": table | {"normalise": True}}
    posed = problem.build(tables, tmp_path)
    np.testing.assert_allclose(posed.model.grid.norm(posed.initial), 1, rtol=1e-15)


@pytest.mark.parametrize(
    "initial",
    [
        {"kind": "coherent", "position": [0.5, 1.0], "frequency": 1.5},
        {"kind": "cat", "position": 2.0, "phase": 1.0, "width": 0.8},
        {"kind": "fock", "level": [0, 1, 3]},
        {
            "kind": "superposition",
            "coefficients": [[1.0, 0.5], [0.2, 1.0]],
            "imaginary": [[0.0, 0.5], [0.0, 0.0]],
            "of": [{"kind": "fock", "level": 0}, {"kind": "gaussian", "position": 1.0}],
        },
    ],
)
def test_every_kind_of_state_is_made(initial):
    posed = problem.build(tomllib.loads(GOOD) | {"initial": initial}, Path())
    np.testing.assert_allclose(posed.model.grid.norm(posed.initial), 1, atol=1e-9)


def test_correlations_need_a_matrix_and_no_grid():
    tables = {
        "model": {"kind": "correlations", "coupling": 1.0},
        "initial": {"kind": "matrix", "real": [[1.0, 0.2], [0.2, 1.0]], "imaginary": [[0.0, 0.1], [-0.1, 0.0]]},
        "time": {"stop": 1.0, "samples": 3},
    }
    posed = problem.build(tables, Path())
    assert isinstance(posed.model, wl.Correlations)
    assert posed.initial[0, 1] == 0.2 + 0.1j
    with pytest.raises(
        faults.ConfigError, match=r"model.mass: is unknown for kind 'correlations'; allowed are kind, c"
    ):
        problem.build(tables | {"model": tables["model"] | {"mass": 2.0}}, Path())
    with pytest.raises(faults.ConfigError, match="grid: was given"):
        problem.build(tables | {"grid": tomllib.loads(GOOD)["grid"]}, Path())
    with pytest.raises(faults.ConfigError, match="square"):
        problem.build(tables | {"initial": {"kind": "matrix", "real": [[1.0, 0.2]]}}, Path())
    with pytest.raises(faults.ConfigError, match="initial: "):
        problem.build(tables | {"initial": {"kind": "matrix", "real": [[1.0, 0.2], [1.0]]}}, Path())


@pytest.mark.parametrize("text", ["a = ", "[grid]\n[grid]", "x = [" * 3000, "\x00"])
def test_text_that_is_not_toml_is_one_fault(text, tmp_path):
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(faults.ConfigError) as caught:
        problem.read(tmp_path / "a.toml")
    assert len(caught.value.faults) == 1
    assert "not valid TOML" in caught.value.faults[0]


def test_a_file_that_is_too_large_or_missing_is_refused(tmp_path):
    (tmp_path / "a.toml").write_text("#" * (toml.MAXIMUM_BYTES + 1))
    with pytest.raises(faults.ConfigError, match="bytes"):
        problem.read(tmp_path / "a.toml")
    with pytest.raises(faults.ConfigError, match="cannot be read"):
        problem.read(tmp_path / "none.toml")


scalars = st.one_of(
    st.integers(-3, 100),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.text(max_size=8),
    st.sampled_from(
        [
            *("x", "0.5*x**2", "9**9**9**9", "all", "gaussian", "cat", "fock", "matrix", "file", "correlations"),
            *("wigner", "wigner-lohe", "phase-space", "split-step", "energy", "husimi"),
        ]
    ),
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4), max_leaves=8)
KEYS = {
    "grid": ["lower", "upper", "points", "hbar", "other"],
    "model": ["kind", "coupling", "potential", "mass", "nonlinearity", "division", "other"],
    "initial": ["kind", "position", "momentum", "width", "level", "phase", "path", "real", "of", "coefficients"],
    "time": ["stop", "samples", "other"],
    "wigner": ["pairs", "times", "other"],
    "solver": ["rtol", "method"],
    "output": ["pairs", "wavefunctions", "observables", "groups"],
    "phase_space": ["x_lower", "x_points", "hbar"],
}
changes = st.lists(
    st.sampled_from(sorted(KEYS)).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(KEYS[name]), values)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=300)
@given(changes=changes)
def test_a_random_config_is_a_problem_or_a_list_of_faults(changes):
    tables = copy.deepcopy(tomllib.loads(GOOD))
    for name, key, value in changes:
        tables.setdefault(name, {})[key] = value
    try:
        found, initial = [], problem.build(tables, Path("/nonexistent")).initial
    except faults.ConfigError as error:
        found, initial = error.faults, None
    assert all(fault and "\n" not in fault for fault in found)
    assert found if initial is None else np.isfinite(initial).all()


@settings(max_examples=100)
@given(tables=st.dictionaries(st.sampled_from([*KEYS, "title"]), values | st.dictionaries(st.text(max_size=5), values)))
def test_a_random_document_is_a_list_of_faults(tables):
    with pytest.raises(faults.ConfigError) as caught:
        problem.build(tables, Path("/nonexistent"))
    assert caught.value.faults


def test_an_unknown_key_deep_in_a_config_names_the_keys_of_its_own_table():
    def change(tables):
        part = {"kind": "fock", "level": 0, "levle": 1}
        tables["initial"] = {"kind": "superposition", "coefficients": [[1.0]], "of": [part]}

    (fault,) = faults_of(change)
    assert fault.startswith("initial.of[0].levle: is unknown for kind 'fock'; allowed are kind, normalise, level")


@pytest.mark.parametrize(
    "initial",
    [
        {"kind": "matrix", "real": [[1.0, 0.5], [0.5, 1.0]], "imaginary": [[0.3]]},
        {"kind": "matrix", "real": [[1.0, 0.5]], "imaginary": [[0.0, 0.1], [0.1, 0.0]]},
    ],
)
def test_real_and_imaginary_parts_of_different_shapes_are_refused(initial):
    tables = {"model": {"kind": "correlations", "coupling": 1.0}, "initial": initial, "time": {"stop": 1.0}}
    with pytest.raises(faults.ConfigError, match="`imaginary` must have the shape of the real part"):
        problem.build(tables, Path())


def test_a_kind_that_is_missing_is_named_with_those_that_there_are():
    (fault,) = faults_of(lambda tables: tables.__setitem__("initial", {"position": 1.0}))
    assert fault == (
        "initial.kind: is missing; allowed are gaussian, coherent, squeezed, cat, fock, superposition, thermal, "
        "random, file, matrix"
    )


def test_a_table_that_is_none_is_named():
    (fault,) = faults_of(lambda tables: tables.__setitem__("time", 3))
    assert fault == "time: 3 was given; it must be a table [time]"


# ---- networks, detunings, mixed and random nodes, more dimensions ---------------------------------------------------

BREADTH = {
    "ring": ({"network": "ring"}, {}, lambda posed: posed.model.network_of(2).kind == "ring"),
    "network table": (
        {"network": {"kind": "ring", "directed": True, "weight": -2.0}},
        {},
        lambda posed: posed.model.system(2).weights == -2.0,  # a ring of two is complete
    ),
    "matrix": ({"network": [[0.0, 1.0], [0.5, 0.0]]}, {}, lambda posed: posed.model.system(2).weights[1, 0] == 0.5),
    "detuning": ({"detuning": [0.1, -0.2]}, {}, lambda posed: posed.model.detuning.tolist() == [0.1, -0.2]),
    "repulsion": ({"coupling": -1.0}, {}, lambda posed: posed.model.coupling == -1.0),
    "potentials": (
        {"potential": ["0.5*x**2", "0.6*x**2"]},
        {},
        lambda posed: not posed.model.shared and "wave functions at the output times" in posed.need,
    ),
    "constants": ({"potential": [0.5, 1]}, {}, lambda posed: posed.model.system(2).detuning.tolist() == [0.0, 0.5]),
    "nonlinearity": ({"nonlinearity": 1.5}, {}, lambda posed: posed.model.nonlinearity == 1.5),
    "V(t, x)": ({"potential": "0.5*x**2 + x*sin(t)"}, {}, lambda posed: posed.model.drive is not None),
    "squeezed": (
        {},
        {"kind": "squeezed", "position": [[0.1], [0.4]], "squeezing": 0.3, "angle": 0.5},
        lambda posed: posed.initial.shape == (2, 65),
    ),
    "thermal": (
        {},
        {"kind": "thermal", "position": [[0.1], [0.4]], "temperature": 0.3, "components": 20},
        lambda posed: posed.initial.shape == (2, 20, 65),
    ),
    "random": (
        {},
        {"kind": "random", "count": 9, "modes": 4, "seed": 3, "coherence": 1.0},
        lambda posed: posed.count == 9 and posed.seed == "initial 3",
    ),
}


@pytest.mark.parametrize("name", BREADTH)
def test_what_a_config_may_say_becomes_the_problem(name):
    model, initial, holds = BREADTH[name]
    tables = tomllib.loads(GOOD)
    tables["model"] |= model
    tables["initial"] = initial or tables["initial"]
    posed = problem.build(tables, Path())
    assert holds(posed)
    assert sum(posed.need.values()) > 0


def test_states_of_a_file_are_found_beside_the_config(tmp_path):
    tables = tomllib.loads(GOOD) | {"initial": {"kind": "file", "path": "psi.npy"}}
    grid = wl.Grid(-9.0, 8.0, 65)
    np.save(tmp_path / "psi.npy", wl.states.gaussian(grid, [-1.0, 0.0, 1.0]))
    assert problem.build(tables, tmp_path).count == 3


def test_a_network_of_a_file_is_found_beside_the_config(tmp_path):
    np.save(tmp_path / "weights.npy", np.array([[0.0, 2.0], [3.0, 0.0]]))
    tables = tomllib.loads(GOOD)
    tables["model"]["network"] = {"kind": "file", "path": "weights.npy"}
    assert problem.build(tables, tmp_path).model.system(2).weights[1, 0] == 3.0


def test_in_a_plane_the_reduced_wigner_functions_are_made_unless_others_are_asked_for():
    tables = tomllib.loads(GOOD)
    tables["grid"] = {"lower": [-7.0, -7.0], "upper": [7.0, 7.0], "points": [24, 26]}
    tables["initial"]["position"] = [[-0.5, 0.1], [0.5, 0.0]]
    assert problem.build(tables, Path()).wigner.selection.kept == ("x", "px")
    assert problem.build(tables, Path()).wigner.selection.integrated == ("y", "py")
    tables["wigner"] = {"times": [0.0], "axes": ["y", "x"], "at": {"px": 0.0, "py": 0.5}}
    asked = problem.build(tables, Path()).wigner.selection
    assert (asked.kept, asked.at) == (("x", "y"), {"px": 0.0, "py": 0.5})


@pytest.mark.parametrize(
    ("table", "key", "value", "expected"),
    [
        ("model", "detuning", [0.1], "model: `detuning` must have one entry for each node"),
        ("model", "detuning", [0.1, math.nan], "model.detuning[1]: nan"),
        ("model", "network", "web", "model: `network` must be of a kind in"),
        ("model", "network", {"kind": "ring", "radius": 1}, "model: `network` must have no keys but"),
        ("model", "network", {"kind": "erdos-renyi", "probability": 0.5}, "model: `network` must have the key"),
        ("model", "network", {"kind": "file", "path": "missing.npy"}, "missing.npy"),
        ("model", "network", [[0.0, 1.0]], "model: `network` must"),
        ("model", "potential", "x*q(t)", "model.potential"),
    ],
)
def test_what_does_not_fit_is_one_line_that_names_it(table, key, value, expected):
    (fault,) = faults_of(put(table, key, value))
    assert expected in fault


@pytest.mark.parametrize(
    ("initial", "expected"),
    [
        ({"kind": "random", "count": 3, "modes": 2}, "initial.seed: is missing"),
        ({"kind": "random", "count": 0, "modes": 2, "seed": 1}, "initial.count: 0 was given"),
        ({"kind": "thermal"}, "initial: `occupation`"),
        ({"kind": "thermal", "occupation": 0.1, "temperature": 0.1}, "initial: `occupation`"),
        ({"kind": "squeezed"}, "initial.position: is missing"),
    ],
)
def test_states_that_cannot_be_are_one_line_that_names_them(initial, expected):
    (fault,) = faults_of(lambda tables: tables.__setitem__("initial", initial))
    assert expected in fault


def test_levels_left_out_of_a_thermal_state_are_noted():
    tables = tomllib.loads(GOOD)
    tables["initial"] = {"kind": "thermal", "temperature": 1.0, "components": 3}
    (note,) = problem.build(tables, Path()).notes
    assert note.startswith("initial: the 3 components of a thermal state leave out")


# ---- functions on phase space, methods, observables -----------------------------------------------------------------

BOX = {"x_lower": -6.0, "x_upper": 6.0, "x_points": 22, "p_lower": -5.0, "p_upper": 5.0, "p_points": 18, "hbar": 0.9}
SPACE = wl.PhaseSpace(**BOX)
GRID = wl.Grid(-9.0, 8.0, 65)


def functions(space, count):
    """Gaussians of unit integral, each pair another one, Hermitian."""
    x, p = np.meshgrid(space.x[0], space.p[0], indexing="ij")
    found = np.empty((count, count, *space.shape), dtype=complex)
    for i in range(count):
        for j in range(i + 1):
            found[i, j] = np.exp(-((x - 0.3 * (i + j)) ** 2) - (p - 0.2 * i * j) ** 2) * (1 if i == j else 0.4j)
            found[i, j] /= space.integral(found[i, j]).real if i == j else np.pi
            found[j, i] = found[i, j].conj()
    return found


def on_phase_space(kind, **model):
    """A config whose data come from w.npy, on the box."""
    tables = {key: table for key, table in copy.deepcopy(tomllib.loads(GOOD)).items() if key != "grid"}
    tables["model"] = {"kind": kind, "potential": "0.5*x**2"} | ({} if kind == "wigner" else {"coupling": 0.7}) | model
    return tables | {"phase_space": dict(BOX), "initial": {"kind": "file", "path": "w.npy"}}


def test_functions_on_phase_space_come_from_a_file_and_stay_there(tmp_path):
    w = functions(SPACE, 3)
    np.save(tmp_path / "w.npy", w)
    posed = problem.build(on_phase_space("wigner-lohe"), tmp_path)
    assert posed.model.space == SPACE
    np.testing.assert_array_equal(posed.initial, w)
    base = posed.initial
    while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)
    assert len(posed.wigner.pairs) == 9  # nothing says that the data are Hermitian
    assert posed.counted == "3 nodes"
    assert posed.need["functions at the output times"] == 5 * w.size * 16


def test_a_grid_takes_functions_on_its_phase_space_the_shape_decides(tmp_path):
    w = functions(GRID.phase_space, 2)
    np.savez(tmp_path / "w.npz", w=w)
    tables = tomllib.loads(GOOD)
    tables["model"]["kind"] = "wigner-lohe"
    tables["initial"] = {"kind": "file", "path": "w.npz"}
    posed = problem.build(tables, tmp_path)
    np.testing.assert_array_equal(posed.initial, w)
    assert "kernels" in posed.need
    tables["solver"] = {"method": "phase-space"}
    assert "kernels" not in problem.build(tables, tmp_path).need


@pytest.mark.parametrize("shape", [(3, 22, 18), (22, 18)])
def test_the_linear_equation_takes_any_number_of_functions(shape, tmp_path):
    w = np.random.default_rng(1).normal(size=(3, 22, 18))
    np.save(tmp_path / "w.npy", w)
    if len(shape) == 2:
        (fault,) = build_faults(on_phase_space("wigner"), tmp_path, w[0])
        assert "hold numbers of shape (N, 22, 18) or (N, N, 22, 18)" in fault
        return
    posed = problem.build(on_phase_space("wigner"), tmp_path)
    assert posed.counted == "3 functions"
    assert posed.initial.dtype == np.complex128
    assert posed.wigner.pairs == [(0, 0), (1, 1), (2, 2)]


def test_states_of_every_kind_stand_for_their_wigner_functions():
    tables = tomllib.loads(GOOD)
    tables["model"] = {"kind": "wigner", "potential": "0.25*x**4", "mass": 2.0}
    posed = problem.build(tables, Path())
    assert isinstance(posed.model, wl.WignerEquation)
    assert posed.initial.shape == (2, 65)
    assert "correlations of all pairs" not in posed.need


def build_faults(tables, folder, w):
    """The faults of a config with the data w."""
    np.save(folder / "w.npy", w)
    with pytest.raises(faults.ConfigError) as caught:
        problem.build(tables, folder)
    return caught.value.faults


def test_integrals_that_are_not_1_need_a_choice_of_the_equation(tmp_path):
    w = functions(SPACE, 2)
    w[1, 1] *= 1.25
    (fault,) = build_faults(on_phase_space("wigner-lohe"), tmp_path, w)
    assert fault.startswith("initial: `initial` must have z_ii = 1 (to 1e-08), but that of node 1 is 1.25")
    assert problem.build(on_phase_space("wigner-lohe", division=True), tmp_path).model.division is True


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"grid": tomllib.loads(GOOD)["grid"]}, "phase_space: was given; it takes the place of [grid]"),
        ({"initial": {"kind": "gaussian", "position": 1.0}}, "initial.kind: 'gaussian' was given; on a [phase_space]"),
        (
            {"initial": {"kind": "file", "path": "w.npy", "normalise": True}},
            "`normalise` must be left out for functions",
        ),
        ({"phase_space": BOX | {"x_points": 24}}, "initial: "),
        ({"phase_space": BOX | {"p_upper": -6.0}}, "phase_space: `p_upper` must exceed `p_lower`"),
        ({"phase_space": BOX | {"points": 6}}, "phase_space.points: is unknown; allowed are x_lower"),
        ({"solver": {"method": "separation"}}, "solver.method: `method` must be one that steps, but the box in phase"),
        ({"solver": {"method": "split-step"}}, "solver.method: `method` must be 'phase-space', but the data are not"),
        ({"solver": {"method": "leap-frog"}}, "solver.method: 'leap-frog' was given"),
        ({"output": {"wavefunctions": True}}, "output.wavefunctions: true was given; there are none"),
        ({"output": {"observables": ["husimi"]}}, "output.observables: 'husimi' was given; functions on phase space"),
        ({"output": {"observables": ["heat"]}}, "output.observables: `observables` must name any of position_density"),
        ({"output": {"groups": {"a": [0, 5]}}}, "output.groups: `groups['a']` must hold nodes, 0 to 1, each once"),
    ],
)
def test_what_functions_on_phase_space_cannot_be_is_one_line(change, expected, tmp_path):
    (fault,) = build_faults(on_phase_space("wigner-lohe") | change, tmp_path, functions(SPACE, 2))
    assert fault.startswith(expected) or expected in fault


def test_observables_of_nodes_need_real_functions(tmp_path):
    tables, w = on_phase_space("wigner-lohe") | {"output": {"observables": ["energy", "purity"]}}, functions(SPACE, 2)
    np.save(tmp_path / "w.npy", w)
    assert problem.build(tables, tmp_path).observables == ["energy", "purity"]
    w[0, 1] *= 1.001
    (fault,) = build_faults(tables, tmp_path, w)
    assert fault.startswith("output.observables: 'energy' was given; it needs w_ji = conj(w_ij)")
    tables = on_phase_space("wigner") | {"output": {"observables": ["energy"]}}
    (fault,) = build_faults(tables, tmp_path, w[0])
    assert "'energy' was given" in fault


@pytest.mark.parametrize(
    ("kind", "change", "expected"),
    [
        ("wigner", {"output": {"observables": ["phase"]}}, "'phase' was given; functions of the model 'wigner'"),
        ("wigner", {"output": {"pairs": [[0, 1]]}}, "output.pairs: was given; functions of the model 'wigner'"),
        ("wigner", {"output": {"groups": {"a": [0]}}}, "output.groups: was given; functions of the model 'wigner'"),
        ("wigner", {"wigner": {"pairs": [[0, 1]], "times": [0.0]}}, "wigner.pairs: [0, 1] was given; functions"),
        ("wigner", {"model": {"kind": "wigner", "coupling": 1.0}}, "model.coupling: is unknown for kind 'wigner'"),
        ("wigner", {"model": {"kind": "wigner", "potential": ["x"]}}, "model.potential: ['x'] was given"),
        ("schrodinger-lohe", {"phase_space": BOX}, "phase_space: was given; wave functions live on a [grid]"),
        ("schrodinger-lohe", {"solver": {"method": "phase-space"}}, "solver.method: `model` must be WignerLohe or"),
    ],
)
def test_what_a_model_does_not_have_is_one_line(kind, change, expected):
    tables = tomllib.loads(GOOD)
    if kind == "wigner":
        tables["model"] = {"kind": kind, "potential": "0.5*x**2"}
    with pytest.raises(faults.ConfigError) as caught:
        problem.build(tables | change, Path())
    (fault,) = caught.value.faults
    assert expected in fault


def test_correlations_alone_have_a_few_observables():
    tables = {
        "model": {"kind": "correlations", "coupling": 1.0},
        "initial": {"kind": "matrix", "real": [[1.0, 0.2], [0.2, 1.0]]},
        "time": {"stop": 1.0},
    }
    assert problem.build(tables | {"output": {"observables": ["phase"], "groups": {"a": [1]}}}, Path()).groups
    with pytest.raises(faults.ConfigError, match=r"'energy' was given; the model 'correlations' has no states"):
        problem.build(tables | {"output": {"observables": ["energy"]}}, Path())
