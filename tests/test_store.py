"""Results on disk: what is written comes back to the last bit, and only what was committed."""

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
import xarray as xr
import zarr

import wignerlohe as wl
from wignerlohe.labels import VARIABLES
from wignerlohe.store.dataset import attributes as attributes_of
from wignerlohe.store.dataset import outcome, static_entries, timed_entries
from wignerlohe.store.files import open_committed
from wignerlohe.store.observables import husimi_entries, observable_entries, stored_observables
from wignerlohe.store.writer import Writer


@pytest.fixture(scope="module")
def solution():
    grid = wl.Grid(-9.0, 8.0, 75, hbar=0.9)
    psi = wl.states.gaussian(grid, [-1.0, 0.3, 1.1], [0.2, -0.4, 0.1], 0.8)
    model = wl.SchrodingerLohe(grid, "0.3*x**2 + 0.1*sin(x)", coupling=0.8, mass=1.2)
    return wl.solve(model, psi, np.linspace(0.0, 3.0, 7))


def test_a_saved_solution_comes_back_to_the_last_bit(solution, tmp_path):
    solution.save(tmp_path / "run.zarr")
    loaded = wl.load(tmp_path / "run.zarr")
    for name in ("times", "correlation", "deviation", "log_diameter", "order_parameter", "phase", "amplitude"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(solution, name), err_msg=name)
    np.testing.assert_array_equal(loaded.wavefunctions(1.3), solution.wavefunctions(1.3))
    np.testing.assert_array_equal(loaded.wigner(0, 2, 2.5).values, solution.wigner(0, 2, 2.5).values)
    assert loaded.method == solution.method
    assert str(loaded) == str(solution)
    assert loaded.model.potential_text == "0.3*x**2 + 0.1*sin(x)"


def test_a_wigner_lohe_solution_comes_back_as_one(solution, tmp_path):
    model = wl.WignerLohe(solution.model.grid, solution.model.potential, coupling=0.8, mass=1.2)
    again = wl.solve(model, solution.wavefunctions(0.0), solution.times)
    again.save(tmp_path / "run.zarr")
    assert type(wl.load(tmp_path / "run.zarr").model) is wl.WignerLohe
    np.testing.assert_array_equal(wl.load(tmp_path / "run.zarr").deviation, again.deviation)


def test_a_blow_up_comes_back_with_its_time(tmp_path):
    start = np.full((3, 3), -0.8) + 1.8 * np.eye(3)
    solution = wl.solve(wl.Correlations(coupling=2.0), start, [0.0, 0.5, 1.0])
    solution.save(tmp_path / "run.zarr")
    loaded = wl.load(tmp_path / "run.zarr")
    assert loaded.blow_up_time == solution.blow_up_time
    np.testing.assert_array_equal(loaded.correlation, solution.correlation)


def test_xarray_opens_the_store_with_names_units_and_conventions(solution, tmp_path):
    solution.save(tmp_path / "run.zarr")
    with xr.open_zarr(tmp_path / "run.zarr", consolidated=False, chunks=None) as data:
        assert data["correlation"].dims == ("time", "i", "j")
        assert data["correlation"].dtype == np.complex128
        assert data["wavefunction"].dims == ("time", "node", "x")
        for name, variable in data.variables.items():
            assert (variable.attrs["long_name"], variable.attrs["units"]) == VARIABLES[name]
        np.testing.assert_array_equal(data["x"], solution.model.grid.axes[0])
        for key in ("inner_product", "wigner_transform", "wignerlohe_version", "version_numpy", "hbar", "mass"):
            assert key in data.attrs
        assert data.attrs["hbar"] == 0.9
        assert json.loads(data.attrs["method"])["name"] == "separation"


def test_the_data_set_holds_chosen_pairs_only_when_asked(solution):
    data = solution.to_dataset(pairs=[(0, 1), (2, 1)], wavefunctions=False)
    assert data["deviation"].dims == ("time", "chosen_pair")
    assert "wavefunction" not in data
    np.testing.assert_array_equal(data["deviation"][:, 1], solution.deviation[:, 2, 1])
    assert data["chosen_j"].values.tolist() == [1, 1]


def test_the_data_set_holds_wigner_functions_when_asked(solution):
    data = solution.to_dataset(wigner_pairs=[(0, 1)], wigner_times=[0.0, 1.5])
    assert data["wigner"].dims == ("wigner_time", "pair", "x", "p")
    np.testing.assert_array_equal(data["wigner"][1, 0], solution.wigner(0, 1, 1.5))


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        ({"wigner_pairs": [(0, 1)]}, "`wigner_times` must be given together with wigner_pairs, but only one of them"),
        ({"wigner_times": [0.5]}, "`wigner_times` must be given together"),
        ({"wigner_pairs": [(0, 1)], "wigner_times": ["a"]}, "`wigner_times` must be finite real numbers"),
        ({"wigner_pairs": 3, "wigner_times": [0.5]}, "`pairs` must name nodes"),
        ({"pairs": 3}, "`pairs` must name nodes"),
    ],
)
def test_a_data_set_of_what_cannot_be_is_refused(solution, wanted, complaint):
    with pytest.raises(wl.InvalidInputError, match=complaint):
        solution.to_dataset(**wanted)


def test_a_reader_sees_committed_slabs_only(solution, tmp_path):
    writer = Writer(tmp_path / "data.zarr", times=7, slab=3)
    writer.commit(static_entries(solution), attributes_of(solution))
    with pytest.raises(wl.InvalidInputError, match="at least one committed time"):
        open_committed(tmp_path)
    first = {name: (dims, values[:3]) for name, (dims, values) in timed_entries(solution).items()}
    writer.commit(first, outcome(solution))
    group = zarr.open_group(tmp_path / "data.zarr", mode="r+")
    group["diameter"][3:5] = 99.0  # written, but not committed
    data = open_committed(tmp_path)
    assert data.sizes["time"] == 3
    np.testing.assert_array_equal(wl.load(tmp_path).diameter, solution.diameter[:3])


def test_a_slab_is_committed_by_one_replacement(solution, tmp_path, monkeypatch):
    writer = Writer(tmp_path / "run.zarr", times=len(solution.times), slab=len(solution.times))
    writer.commit(static_entries(solution), attributes_of(solution))
    replaced, plain = [], Path.replace
    monkeypatch.setattr(Path, "replace", lambda path, target: replaced.append(target) or plain(path, target))
    writer.commit(timed_entries(solution), outcome(solution))
    assert replaced[0] == tmp_path / "run.zarr" / "zarr.json"
    assert [path.suffix for path in replaced] == [".json", ".copy"]


def test_saving_over_something_is_refused(solution, tmp_path):
    solution.save(tmp_path / "run.zarr")
    with pytest.raises(wl.InvalidInputError, match="not exist yet"):
        solution.save(tmp_path / "run.zarr")


@pytest.mark.parametrize("key", ["format", "format_version"])
def test_a_foreign_or_future_store_is_refused_by_name(solution, tmp_path, key):
    solution.save(tmp_path / "run.zarr")
    zarr.open_group(tmp_path / "run.zarr", mode="r+").attrs[key] = "other"
    with pytest.raises(wl.InvalidInputError, match=r"format version 3|wignerlohe data set"):
        wl.load(tmp_path / "run.zarr")


def test_what_is_no_store_is_refused(tmp_path):
    with pytest.raises(wl.InvalidInputError, match="zarr 3 store"):
        wl.load(tmp_path)
    (tmp_path / "zarr.json").write_text("{]")
    with pytest.raises(wl.InvalidInputError, match="readable"):
        wl.load(tmp_path)


def test_pair_variables_that_are_too_large_are_refused_with_a_way_out(solution, monkeypatch):
    monkeypatch.setattr("wignerlohe.coupling.pairs.MOST_ENTRIES", 10)
    fresh = wl.solve(solution.model, solution.wavefunctions(0.0), solution.times)
    with pytest.raises(wl.TooLargeError, match=r"pairs="):
        fresh.to_dataset()
    assert fresh.to_dataset(pairs=[(0, 1)])["correlation"].shape == (7, 1)


def test_a_refused_solution_leaves_no_store_behind(solution, tmp_path, monkeypatch):
    fresh = wl.solve(solution.model, solution.wavefunctions(0.0), solution.times)
    monkeypatch.setattr("wignerlohe.coupling.pairs.MOST_ENTRIES", 10)
    with pytest.raises(wl.TooLargeError):
        fresh.save(tmp_path / "run.zarr")
    assert not (tmp_path / "run.zarr").exists()
    fresh.save(tmp_path / "run.zarr", pairs=[(0, 1)])
    np.testing.assert_array_equal(wl.load(tmp_path / "run.zarr").log_diameter, fresh.log_diameter)


@pytest.mark.parametrize("pairs", [[(0, 3)], [(0, -1)], [(0, 0.5)], [0, 1], [(0, 1, 2)]])
def test_pairs_that_are_none_are_refused(solution, pairs):
    with pytest.raises(wl.InvalidInputError, match="name nodes 0 to 2"):
        solution.to_dataset(pairs=pairs)


def test_a_slab_is_one_chunk_in_time(solution, tmp_path):
    writer = Writer(tmp_path / "data.zarr", times=7, slab=3)
    writer.commit(static_entries(solution), attributes_of(solution))
    writer.commit({name: (dims, values[:3]) for name, (dims, values) in timed_entries(solution).items()}, {})
    group = zarr.open_group(tmp_path / "data.zarr", mode="r")
    assert group["correlation"].chunks == (3, 3, 3)
    assert group["correlation"].shape == (7, 3, 3)


def test_a_solution_that_ends_before_its_first_time_comes_back(tmp_path):
    start = np.full((3, 3), -0.8) + 1.8 * np.eye(3)
    solution = wl.solve(wl.Correlations(coupling=1.0), start, [5.0])
    solution.save(tmp_path / "run.zarr")
    assert wl.load(tmp_path / "run.zarr").blow_up_time == solution.blow_up_time


# ---- every kind of coupling comes back to the last bit --------------------------------------------------------------


def all_kinds(grid):
    """One short run for each way in which nodes can be moved."""
    rng = np.random.default_rng(11)
    pure = wl.states.gaussian(grid, [-1.0, 0.2, 0.9], [0.3, -0.2, 0.1])
    mixed = wl.states.thermal(grid, temperature=0.5, position=[-0.6, 0.4, 0.1], components=30, frequency=1.5)
    weights = rng.normal(size=(3, 3))
    sparse_weights = scipy.sparse.random_array((300, 300), density=0.01, rng=rng)
    options = {"potential": "0.5*x**2", "coupling": 0.8}
    yield "mixed", wl.WignerLohe(grid, **options), mixed
    yield "network", wl.SchrodingerLohe(grid, network=weights, **options), pure
    yield "detuned", wl.SchrodingerLohe(grid, detuning=[0.1, -0.4, 2.0], **options), pure
    yield "weighted", wl.SchrodingerLohe(grid, network={"kind": "complete", "weight": 1.7}, **options), pure
    many = wl.states.random_expansion(grid, 300, 4, seed=3)
    yield "sparse", wl.SchrodingerLohe(grid, network=sparse_weights, **options), many
    yield "factors", wl.WignerLohe(grid, **options), wl.Factors(pure, pure[::-1] + 0.2 * pure)
    driven = {"potential": "0.5*x**2 - 0.1*x*sin(t)", "coupling": 0.8}
    yield "driven", wl.SchrodingerLohe(grid, **driven), pure
    plane = wl.Grid([-6.0, -6.0], [6.0, 6.0], [30, 28])
    yield (
        "plane",
        wl.SchrodingerLohe(plane, "0.5*r2", coupling=1.0),
        wl.states.coherent(plane, [[-0.5, 0.1], [0.6, 0.0]]),
    )


@pytest.mark.parametrize("kind", ["mixed", "network", "detuned", "weighted", "sparse", "factors", "driven", "plane"])
def test_every_kind_of_run_comes_back_to_the_last_bit(kind, tmp_path):
    grid = wl.Grid(-9.0, 9.0, 64)
    model, initial = {name: rest for name, *rest in all_kinds(grid)}[kind]
    solution = wl.solve(model, initial, [0.0, 0.4, 1.0])
    solution.save(tmp_path / "run.zarr")
    loaded = wl.load(tmp_path / "run.zarr")
    assert np.array_equal(loaded.deviation, solution.deviation)
    assert np.array_equal(loaded.mean_field, solution.mean_field)
    for time in (0.4, 0.7):
        difference = np.abs(loaded.wavefunctions(time) - solution.wavefunctions(time)).max()
        assert difference < 10 * solution.method.rtol if kind == "driven" else difference == 0  # other steps in time
    if kind not in ("sparse", "plane", "driven"):
        assert np.array_equal(loaded.wigner(0, 2, time=1.0), solution.wigner(0, 2, time=1.0))
    assert str(loaded) == str(solution)


def test_a_potential_in_time_that_was_a_function_is_not_kept(grid, tmp_path):
    model = wl.SchrodingerLohe(grid, lambda x, t: x**2 / 2 - 0.1 * x * np.sin(t), coupling=1.0)
    solution = wl.solve(model, wl.states.coherent(grid, [-0.5, 0.5]), [0.0, 1.0])
    solution.save(tmp_path / "run.zarr")
    loaded = wl.load(tmp_path / "run.zarr")
    assert np.array_equal(loaded.deviation, solution.deviation)
    assert np.array_equal(loaded.wavefunctions(0.0), solution.wavefunctions(0.0))
    with pytest.raises(wl.InvalidInputError, match=r"`potential` must be a formula .* try an expression in x and t"):
        loaded.wavefunctions(0.5)
    assert "wavefunction" in solution.to_dataset()
    assert "wavefunction" not in loaded.to_dataset()
    loaded.save(tmp_path / "again.zarr")
    assert str(wl.load(tmp_path / "again.zarr")) == str(solution)


def test_a_network_keeps_its_name_and_its_edges(grid, tmp_path):
    ring = {"kind": "ring", "directed": True, "weight": -0.5}
    model = wl.SchrodingerLohe(grid, coupling=1.0, network=ring)
    solution = wl.solve(model, wl.states.gaussian(grid, np.linspace(-1, 1, 5)), [0.0, 1.0])
    data = solution.to_dataset()
    assert data.attrs["network"] == "directed ring of 5 nodes, 1 neighbour ahead, weight -0.5"
    assert data["network"].values[1, 2] == -0.5
    solution.save(tmp_path / "run.zarr")
    assert wl.load(tmp_path / "run.zarr").model.network.edges == 5


def test_mixed_nodes_have_their_purity_in_the_data_set(grid):
    psi = wl.states.thermal(grid, temperature=0.5, position=[-0.6, 0.4], components=30)
    data = wl.solve(wl.WignerLohe(grid, "0.5*x**2", coupling=1.0), psi, [0.0, 1.0]).to_dataset()
    assert data["purity"].dims == ("time", "node")
    assert data["wavefunction"].dims == ("time", "node", "component", "x")
    # Tr rho^2 of a thermal state is tanh(hbar omega / 2 T)
    assert data["purity"].values[0] == pytest.approx(np.tanh(1.0), rel=1e-9)


# ---- what is stepped, and functions on phase space ------------------------------------------------------------------


def gaussians(space, count, waves=False):
    """Functions w_ij of a phase space, Hermitian, of unit integral for i = j."""
    x, p = np.meshgrid(space.x[0], space.p[0], indexing="ij")
    centre = np.linspace(-0.8, 0.9, count)
    found = np.empty((count, count, *space.shape), dtype=complex)
    for i in range(count):
        for j in range(count):
            wave = np.exp(0.5j * (i - j) * x) if waves else 1.0
            square = (x - (centre[i] + centre[j]) / 2) ** 2 + (p - 0.3 * i * j) ** 2
            found[i, j] = np.exp(-square / 1.3) * wave * np.exp(0.4j * (i - j)) / (1.3 * np.pi)
    return found


def stepped_kinds():
    """One short run for each way in which data are carried that are not coordinates of shared states."""
    line = wl.Grid(-7.0, 7.0, 40)
    box = wl.PhaseSpace(-6.0, 6.0, 30, -6.0, 6.0, 34, hbar=0.9)
    pure = wl.states.gaussian(line, [-0.8, 0.2, 0.9], [0.3, -0.2, 0.1])
    three = ["0.5*x**2", "0.6*x**2", "0.55*x**2"]
    w, options = gaussians(box, 3), {"coupling": 0.8}
    yield "potentials", wl.SchrodingerLohe(line, three, **options), pure
    yield (
        "nonlinear",
        wl.SchrodingerLohe(line, "0.5*x**2", nonlinearity=1.3, detuning=[0.1, 0.0, -0.3], **options),
        pure,
    )
    yield "kernels", wl.WignerLohe(line, "0.5*x**2", **options), gaussians(line.phase_space, 3)
    yield "fields", wl.WignerLohe(box, "0.5*x**2", **options), w
    yield "different fields", wl.WignerLohe(box, three, network="ring", **options), w
    wide = wl.Grid(-10.0, 10.0, 96)
    few = wl.states.gaussian(wide, [-1.0, 0.6, 1.2], [0.3, -0.5, 0.0])
    few = np.array([[wl.wigner(wide, phi, chi) for chi in few] for phi in few])
    yield "factors of functions", wl.WignerLohe(wide, "0.5*x**2", **options), few
    w = w.copy()
    w[1, 1] *= 1.2
    w[0, 2] *= 1.3j
    yield "general fields", wl.WignerLohe(box, "0.5*x**2", division=True, **options), w
    yield "alone", wl.WignerEquation(box, "0.1*x**4"), w[0]
    yield "functions", wl.WignerEquation(line, "0.1*x**4"), gaussians(line.phase_space, 3)[0]
    yield "states", wl.WignerEquation(line, "0.1*x**4", mass=1.4), pure


@pytest.mark.parametrize("kind", [name for name, *_ in stepped_kinds()])
@pytest.mark.filterwarnings("ignore::wignerlohe.UnresolvedWarning")
def test_every_kind_of_field_comes_back_to_the_last_bit(kind, tmp_path):
    model, initial = {name: rest for name, *rest in stepped_kinds()}[kind]
    solution = wl.solve(model, initial, [0.0, 0.3, 0.7], rtol=1e-8)
    solution.save(tmp_path / "run.zarr")
    loaded = wl.load(tmp_path / "run.zarr")
    assert str(loaded) == str(solution)
    assert loaded.warnings == solution.warnings
    assert type(loaded.fields) is type(solution.fields)
    assert loaded.model.space == model.space
    if solution.coupled:
        assert np.array_equal(loaded.deviation, solution.deviation)
        assert np.array_equal(loaded.mean_field, solution.mean_field)
    pairs = [(0, 0), (2, 2)] + ([(0, 2), (2, 0)] if solution.coupled else [])
    for time in (0.0, 0.5, 0.7):
        assert np.array_equal(loaded.wigner_functions(pairs, time), solution.wigner_functions(pairs, time))
    if solution.fields.numbers:
        assert np.array_equal(loaded.wavefunctions(0.5), solution.wavefunctions(0.5))
    assert np.array_equal(loaded.purity, solution.purity)


@pytest.mark.filterwarnings("ignore::wignerlohe.UnresolvedWarning")
def test_wigner_functions_of_a_box_have_its_axes():
    box = wl.PhaseSpace(-6.0, 6.0, 30, -5.0, 5.0, 34)
    solution = wl.solve(wl.WignerLohe(box, "0.5*x**2", coupling=0.8), gaussians(box, 2), [0.0, 0.3])
    data = solution.to_dataset(wigner_pairs=[(0, 1)], wigner_times=[0.3])
    np.testing.assert_array_equal(data["x"], box.x[0])
    np.testing.assert_array_equal(data["p"], box.p[0])
    np.testing.assert_array_equal(data["wigner"][0, 0], solution.wigner(0, 1, 0.3))


def test_observables_come_back_with_the_words_along_their_axes(solution, tmp_path):
    groups = {"left": [0], "right": [1, 2]}
    entries = observable_entries(
        solution, ["energy", "mean", "covariance", "momentum_density", "husimi", "phase"], groups
    )
    husimi = husimi_entries(solution)
    writer = Writer(tmp_path / "data.zarr", times=7, slab=7)
    writer.commit(entries.static | static_entries(solution), attributes_of(solution))
    writer.commit(timed_entries(solution) | entries.timed, outcome(solution), entries.attributes)
    writer.commit(husimi.static | husimi.timed, {}, husimi.attributes)
    names = ["energy", "mean", "covariance", "momentum_density", "phase", "husimi"]
    found = stored_observables(tmp_path, names)
    expected = solution.observables(names[:-1])
    for name in names[:-1]:
        assert found[name].dims == expected[name].dims
        np.testing.assert_array_equal(found[name], expected[name])
        for axis in found[name].dims:
            np.testing.assert_array_equal(found[name][axis], expected[name][axis])
    ends = wl.observables.husimi(solution, times=[0.0, 3.0])
    np.testing.assert_array_equal(found["husimi"], ends)
    np.testing.assert_array_equal(found["husimi_time"], [0.0, 3.0])
    assert found["husimi"].attrs["width"] == 1.0
    for name in ("group_order_parameter", "group_correlation"):
        np.testing.assert_array_equal(found[name], getattr(wl.observables, name)(solution, groups))
    assert found["group_correlation"]["other"].values.tolist() == ["left", "right"]
    assert wl.load(tmp_path).count == 3
