"""Networks against their definitions, entry by entry, and against what networkx knows of the same graphs."""

import itertools
import pickle
import sys
import tracemalloc

import networkx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import wignerlohe as wl
from tolerances import ROUNDING
from wignerlohe import network
from wignerlohe.coupling.system import System


def entries(net):
    """All N x N entries of A, those of a graph that is stored as one weight too."""
    if isinstance(net.weights, float):
        return net.weights * (1 - np.eye(net.count))
    return net.weights.toarray() if sparse.issparse(net.weights) else net.weights


# ---- rings, stars, complete graphs ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "neighbours"), [(2, 1), (5, 1), (5, 2), (6, 3), (9, 3), (301, 4)])
@pytest.mark.parametrize("weight", [1.0, -0.7])
def test_a_ring_joins_nodes_that_are_near_on_the_circle(count, neighbours, weight):
    net = network.ring(count, neighbours, weight=weight)
    found = entries(net)
    for i, k in itertools.product(range(count), repeat=2):
        distance = min((i - k) % count, (k - i) % count)
        assert found[i, k] == (weight if 1 <= distance <= neighbours else 0.0)
    graph = networkx.circulant_graph(count, range(1, neighbours + 1))
    assert net.symmetric
    assert net.edges == graph.number_of_edges()


@pytest.mark.parametrize(("count", "neighbours"), [(3, 1), (5, 2), (6, 5), (7, 3), (257, 2)])
def test_a_directed_ring_sees_the_next_nodes_alone(count, neighbours):
    net = network.ring(count, neighbours, directed=True, weight=0.3)
    found = entries(net)
    for i, k in itertools.product(range(count), repeat=2):
        assert found[i, k] == (0.3 if 1 <= (k - i) % count <= neighbours else 0.0)
    assert net.symmetric == (neighbours == count - 1)
    assert net.edges == count * neighbours // (2 if net.symmetric else 1)


@pytest.mark.parametrize("count", [2, 3, 8, 300])
def test_the_hub_of_a_star_sees_all_and_is_seen_by_all(count):
    net = network.star(count, weight=0.4)
    assert np.array_equal(entries(net), 0.4 * networkx.to_numpy_array(networkx.star_graph(count - 1)))
    assert net.edges == count - 1
    led = entries(network.star(count, directed=True, weight=0.4))
    for i, k in itertools.product(range(count), repeat=2):
        assert led[i, k] == (0.4 if k == 0 and i > 0 else 0.0)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_complete_graph_is_one_weight(count):
    net = network.complete(count, -1.5)
    assert net.weights == -1.5
    assert isinstance(net.weights, float)
    assert net.edges == count * (count - 1) // 2
    assert net.symmetric


def test_graphs_that_are_complete_are_stored_as_one_weight_however_they_are_made():
    full = 0.5 * (1 - np.eye(5)) + np.diag([1.0, 2.0, 3.0, 4.0, 5.0])
    for net in (
        network.from_matrix(full),
        network.from_matrix(sparse.coo_array(full)),
        network.ring(5, 2, weight=0.5),
        network.ring(5, 4, directed=True, weight=0.5),
        network.erdos_renyi(5, 1.0, seed=1, weight=0.5),
    ):
        assert net.weights == 0.5
        assert isinstance(net.weights, float)
    full[3, 1] = np.nextafter(0.5, 1)
    assert np.array_equal(network.from_matrix(full).weights, full - np.diag(np.diag(full)))


@pytest.mark.parametrize("matrix", [np.zeros((3, 3)), np.diag([1.0, 2.0, 3.0]), [[7.0]]])
def test_a_matrix_without_edges_is_no_coupling_at_all(matrix):
    net = network.from_matrix(matrix)
    assert net.weights == 0.0
    assert net.edges == 0
    assert net.symmetric


# ---- random graphs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize(("count", "probability"), [(1, 0.5), (13, 0.0), (13, 0.3), (13, 1.0), (401, 0.01)])
def test_a_random_graph_is_that_of_networkx(count, probability, directed):
    net = network.erdos_renyi(count, probability, seed=4, directed=directed, weight=-0.5)
    graph = networkx.fast_gnp_random_graph(count, probability, seed=4, directed=directed)
    found = entries(net)
    for i, k in itertools.product(range(count), repeat=2):
        assert found[i, k] == (-0.5 if graph.has_edge(i, k) else 0.0)
    assert net.edges == graph.number_of_edges() // (2 if directed and net.symmetric else 1)
    assert f"{net.edges} edge" in net.description


@pytest.mark.parametrize(
    ("count", "neighbours", "probability"), [(3, 1, 0.5), (11, 2, 0.4), (11, 5, 1.0), (301, 3, 0.1)]
)
def test_a_small_world_is_that_of_networkx(count, neighbours, probability):
    net = network.small_world(count, neighbours, probability, seed=6, weight=2.0)
    graph = networkx.watts_strogatz_graph(count, 2 * neighbours, probability, seed=6)
    degrees = (entries(net) != 0).sum(axis=1)
    assert net.edges == graph.number_of_edges() == count * neighbours
    assert degrees.tolist() == [degree for _, degree in sorted(graph.degree)]
    assert np.array_equal(entries(net), 2.0 * networkx.to_numpy_array(graph))


def test_a_small_world_without_rewiring_is_the_ring():
    assert np.array_equal(entries(network.small_world(9, 2, 0.0, seed=1)), entries(network.ring(9, 2)))


def test_a_seed_names_a_graph():
    first, again, other = (entries(network.erdos_renyi(20, 0.3, seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    "spec", [{"kind": "erdos-renyi", "probability": 0.1}, {"kind": "small-world", "neighbours": 1, "probability": 0.1}]
)
def test_a_random_graph_without_a_seed_is_refused(spec):
    with pytest.raises(wl.InvalidInputError, match=r"`network` must have the key \['seed'\]"):
        network.build(spec, 9)


def test_without_networkx_the_package_to_install_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(wl.InvalidInputError, match=r'needs networkx, .* pip install "wignerlohe\[networks\]"'):
        network.small_world(9, 1, 0.1, seed=1)
    assert network.ring(9).edges == 9


def test_a_random_graph_that_would_not_fit_is_refused():
    with pytest.raises(wl.TooLargeError, match="graph in networkx"):
        network.erdos_renyi(10**7, 0.9, seed=1)


# ---- given weights --------------------------------------------------------------------------------------------------


def signed(rng, count, density=0.5):
    """Weights of either sign, directed, with a diagonal."""
    return rng.normal(size=(count, count)) * (rng.random((count, count)) < density)


FORMS = [sparse.csr_array, sparse.csc_matrix, sparse.coo_array, sparse.lil_matrix, sparse.dok_array, sparse.bsr_array]


@pytest.mark.parametrize("form", [np.array, np.ndarray.tolist, *FORMS], ids=lambda form: form.__name__)
@pytest.mark.parametrize("count", [2, 7, 260])
def test_given_weights_are_kept_but_for_their_diagonal(rng, form, count):
    matrix = signed(rng, count)
    np.fill_diagonal(matrix, 3.0)
    before = matrix.copy()
    handed = form(matrix)
    net = network.from_matrix(handed)
    expected = matrix - np.diag(np.diag(matrix))
    assert np.array_equal(entries(net), expected)
    assert net.count == count
    assert net.edges == np.count_nonzero(expected)
    assert not net.symmetric
    assert net.description.endswith("directed, diagonal dropped")
    assert np.array_equal(matrix, before)  # what was handed over is not changed
    assert np.array_equal(handed.toarray() if sparse.issparse(handed) else handed, before)


@pytest.mark.parametrize("form", [np.array, sparse.csr_array, sparse.coo_array])
@pytest.mark.parametrize("count", [7, 260])
def test_symmetry_is_told_to_the_last_bit(rng, form, count):
    matrix = signed(rng, count, 0.05) + np.diag(np.ones(count - 1), 1)
    matrix += matrix.T
    net = network.from_matrix(form(matrix))
    assert net.symmetric
    assert net.edges == np.count_nonzero(np.triu(matrix, 1))
    matrix[0, 1] = np.nextafter(matrix[0, 1], 9)
    assert not network.from_matrix(form(matrix)).symmetric


def test_repeated_entries_of_a_sparse_matrix_add_up_and_stored_zeros_are_no_edges():
    matrix = sparse.coo_array(([1.0, 2.0, 0.0, 1.0, -1.0], ([0, 0, 1, 2, 2], [1, 1, 2, 0, 0])), shape=(3, 3))
    net = network.from_matrix(matrix)
    assert np.array_equal(entries(net), [[0, 3, 0], [0, 0, 0], [0, 0, 0]])
    assert net.edges == 1
    assert matrix.nnz == 5


@pytest.mark.parametrize(("count", "density", "stored"), [(255, 0.02, False), (256, 0.02, True), (256, 0.2, False)])
def test_dense_weights_become_sparse_where_that_is_faster(rng, count, density, stored):
    assert sparse.issparse(network.from_matrix(signed(rng, count, density)).weights) == stored


@pytest.mark.parametrize(("count", "density", "stored"), [(255, 0.02, False), (256, 0.02, True), (256, 0.2, True)])
def test_sparse_weights_become_dense_for_few_nodes(rng, count, density, stored):
    assert sparse.issparse(network.from_matrix(sparse.csr_array(signed(rng, count, density))).weights) == stored


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.ones((2, 3)), "be a square matrix"),
        (np.ones(4), "be a square matrix"),
        (np.ones((2, 2, 2)), "be a square matrix"),
        (np.ones((0, 0)), "be a square matrix"),
        (3.0, "be a square matrix"),
        (sparse.csr_array(np.ones((2, 3))), "be a square matrix"),
        (np.array([[0, np.nan], [1, 0]]), "be a matrix of finite real weights"),
        (np.array([[0, np.inf], [1, 0]]), "be a matrix of finite real weights"),
        (sparse.csr_array(np.array([[0, np.nan], [1, 0]])), "have finite weights"),
        (sparse.csr_array(np.array([[0, 1e200], [1, 0]])), "have finite weights"),
        (np.array([[0, 1j], [-1j, 0]]), "be a matrix of finite real weights"),
        (sparse.csr_array(np.array([[0, 1j], [-1j, 0]])), "have real weights"),
        ([["a", "b"], ["c", "d"]], "be a matrix of finite real weights"),
        ([[0, 1], [1]], "be a matrix of finite real weights"),
        (..., "be a matrix of finite real weights"),
    ],
    ids=str,
)
def test_weights_that_are_no_real_finite_square_matrix_are_refused(matrix, message):
    with pytest.raises(wl.InvalidInputError, match=f"`network` must {message}"):
        network.from_matrix(matrix)


@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csc_array])
def test_a_sparse_matrix_that_points_beyond_itself_is_refused(form):
    hostile = form(np.array([[0.0, 1.0], [1.0, 0.0]]))
    hostile.indices[0] = 10**6
    with pytest.raises(wl.InvalidInputError, match="`network` must be a valid sparse matrix"):
        network.from_matrix(hostile)


# ---- files ----------------------------------------------------------------------------------------------------------


def test_files_hold_the_weights_that_were_written(tmp_path, rng):
    matrix = signed(rng, 7)
    expected = matrix - np.diag(np.diag(matrix))
    np.save(tmp_path / "dense.npy", matrix)
    np.save(tmp_path / "whole.npy", matrix.astype(np.float32))
    for form in (sparse.csr_array, sparse.csc_matrix, sparse.coo_array):
        sparse.save_npz(tmp_path / f"{form.__name__}.npz", form(matrix))
    lines = [f"{i} {k} {matrix[i, k]!r}  # an edge" for i, k in np.argwhere(matrix).tolist()]
    text = "# who sees whom\n\n" + "\n".join(lines).replace("np.float64(", "").replace(")", "")
    (tmp_path / "edges.txt").write_text(text, encoding="utf-8")
    for name in ("dense.npy", "csr_array.npz", "csc_matrix.npz", "coo_array.npz", "edges.txt"):
        net = network.from_file(tmp_path / name, 7)
        assert np.array_equal(entries(net), expected)
        assert net.kind == "file"
        assert net.description.startswith(f"file {name} of weights of 7 nodes, ")
    whole = entries(network.from_file(str(tmp_path / "whole.npy"), 7))
    assert np.array_equal(whole, expected.astype(np.float32))


@pytest.mark.parametrize("name", ["net.npy", "net.npz", "net.txt"])
def test_a_file_for_another_number_of_nodes_is_refused(tmp_path, name):
    matrix = np.arange(49.0).reshape(7, 7)
    np.save(tmp_path / "net.npy", matrix)
    sparse.save_npz(tmp_path / "net.npz", sparse.csr_array(matrix))
    (tmp_path / "net.txt").write_text("0 1 1.0\n6 2 1.0\n")
    with pytest.raises(wl.InvalidInputError, match=r"must (hold a matrix of shape \(6, 6\)|name nodes 0 to 5)"):
        network.from_file(tmp_path / name, 6)


def test_a_large_file_of_another_size_is_refused_before_it_is_loaded(tmp_path):
    large = np.lib.format.open_memmap(tmp_path / "net.npy", mode="w+", dtype=float, shape=(3000, 3000))
    large.flush()
    tracemalloc.start()
    with pytest.raises(wl.InvalidInputError, match="hold a matrix of shape"):
        network.from_file(tmp_path / "net.npy", 2999)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < large.nbytes / 100


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 1 1.0\n1 0\n", "must be a readable file of weights"),
        ("0 1\n1 0\n", "must be lines `i k weight`"),
        ("0 1 1.0 2.0\n", "must be lines `i k weight`"),
        ("0 x 1.0\n", "must be a readable file of weights"),
        ("", "must be a readable file of weights"),
        ("0 -1 1.0\n", "must name nodes 0 to 2"),
        ("0 1.5 1.0\n", "must name nodes 0 to 2"),
        ("0 nan 1.0\n", "must name nodes 0 to 2"),
        ("0 1e300 1.0\n", "must name nodes 0 to 2"),
        ("0 1 1.0\n2 1 3.0\n0 1 2.0\n", "must name each edge once"),
        ("0 1 1.0\n" * 20, "must name each edge once"),
        ("0 1 nan\n", "must have finite weights"),
        ("0 1 __import__('os')\n", "must be a readable file of weights"),
    ],
    ids=repr,
)
def test_an_edge_list_with_a_fault_is_refused(tmp_path, text, message):
    (tmp_path / "net.txt").write_text(text)
    with pytest.raises(wl.InvalidInputError, match=message):
        network.from_file(tmp_path / "net.txt", 3)


class Bomb:
    """Unpickling this sets a mark."""

    exploded = False

    def __reduce__(self):
        return (setattr, (Bomb, "exploded", True))


def test_pickles_are_refused_and_not_opened(tmp_path):
    bombs = np.full((2, 2), Bomb(), dtype=object)
    np.save(tmp_path / "array.npy", bombs, allow_pickle=True)
    (tmp_path / "bare.npy").write_bytes(pickle.dumps(Bomb()))
    np.savez(tmp_path / "parts.npz", format=b"csr", shape=np.array([2, 2]), data=bombs, indices=[0], indptr=[0, 1, 1])
    np.savez(tmp_path / "shape.npz", format=b"csr", shape=bombs)
    (tmp_path / "bare.npz").write_bytes(pickle.dumps(Bomb()))
    for name in ("array.npy", "bare.npy", "parts.npz", "shape.npz", "bare.npz"):
        with pytest.raises(wl.InvalidInputError, match="readable file of weights without Python objects"):
            network.from_file(tmp_path / name, 2)
    assert not Bomb.exploded


@pytest.mark.parametrize("form", ["csr", "csc", "coo"])
@pytest.mark.parametrize("index", [2, 10**9, -1])
def test_a_sparse_file_that_points_beyond_itself_is_refused(tmp_path, form, index):
    parts = {"row": [0], "col": [index]} if form == "coo" else {"indices": [index], "indptr": [0, 1, 1]}
    np.savez(tmp_path / "net.npz", format=form.encode(), shape=np.array([2, 2]), data=[1.0], **parts)
    with pytest.raises(wl.InvalidInputError, match=r"must be a (valid sparse matrix|readable file of weights)"):
        network.from_file(tmp_path / "net.npz", 2)


def test_a_sparse_file_of_another_form_is_refused(tmp_path):
    sparse.save_npz(tmp_path / "net.npz", sparse.dia_array(np.eye(3)))
    with pytest.raises(wl.InvalidInputError, match=r"hold one of .*csr"):
        network.from_file(tmp_path / "net.npz", 3)


@pytest.mark.parametrize("name", ["net.npy", "net.npz", "net.txt"])
def test_a_file_that_would_not_fit_is_refused(tmp_path, name, monkeypatch):
    np.save(tmp_path / "net.npy", np.ones((9, 9)))
    sparse.save_npz(tmp_path / "net.npz", sparse.csr_array(np.ones((9, 9))))
    (tmp_path / "net.txt").write_text("0 1 1.0\n" * 9)
    monkeypatch.setattr("wignerlohe.memory.tightest", lambda: (200, "the machine has"))
    with pytest.raises(wl.TooLargeError):
        network.from_file(tmp_path / name, 9)


@pytest.mark.parametrize("name", ["net.npy", "net.npz", "net.txt"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"\x93NUMPY\x01\x00", b"PK\x03\x04"])
def test_a_malformed_file_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(wl.InvalidInputError, match="`path` must be a readable file of weights"):
        network.from_file(tmp_path / name, 3)


def test_a_missing_or_foreign_file_is_named(tmp_path):
    with pytest.raises(wl.InvalidInputError, match=r"must name an existing file, but .*net\.npy"):
        network.from_file(tmp_path / "net.npy", 3)
    (tmp_path / "net.pkl").write_bytes(b"")
    with pytest.raises(wl.InvalidInputError, match=r"must end in one of .*net\.pkl"):
        network.from_file(tmp_path / "net.pkl", 3)


# ---- what models accept ---------------------------------------------------------------------------------------------


def test_a_specification_is_its_builder(tmp_path, rng):
    matrix = signed(rng, 9)
    np.save(tmp_path / "net.npy", matrix)
    path = str(tmp_path / "net.npy")
    for spec, expected in [
        (None, network.complete(9)),
        ("complete", network.complete(9)),
        ("ring", network.ring(9)),
        ("star", network.star(9)),
        ({"kind": "complete", "weight": -2}, network.complete(9, -2.0)),
        ({"kind": "ring", "neighbours": 3, "directed": True}, network.ring(9, 3, directed=True)),
        ({"kind": "star", "weight": 0.5, "directed": True}, network.star(9, directed=True, weight=0.5)),
        ({"kind": "erdos-renyi", "probability": 0.4, "seed": 3}, network.erdos_renyi(9, 0.4, 3)),
        (
            {"kind": "small-world", "neighbours": 2, "probability": 0.4, "seed": 3, "weight": 2.0},
            network.small_world(9, 2, 0.4, 3, 2.0),
        ),
        ({"kind": "matrix", "matrix": matrix.tolist()}, network.from_matrix(matrix)),
        (matrix, network.from_matrix(matrix)),
        (matrix.tolist(), network.from_matrix(matrix)),
        (sparse.csr_array(matrix), network.from_matrix(matrix)),
        ({"kind": "file", "path": path}, network.from_file(path, 9)),
        (network.ring(9, 2), network.ring(9, 2)),
    ]:
        found = network.build(spec, 9)
        assert found.count == 9
        assert found.description == expected.description
        assert np.array_equal(entries(found), entries(expected))


def test_a_matrix_counts_its_nodes_itself():
    assert network.build([[0, 1], [2, 0]], None).count == 2
    assert network.build(network.ring(9), None).count == 9


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("torus", r"`network` must be of a kind in \['complete', 'ring'"),
        ({}, "`network` must be of a kind"),
        ({"kind": ["ring"]}, "`network` must be of a kind"),
        (
            {"kind": "ring", "neigbours": 2},
            r"no keys but \['neighbours', 'directed', 'weight'\] .* \['neigbours'\] was",
        ),
        ({"kind": "ring", "count": 9}, r"\['count'\] was given"),
        ({"kind": "complete", "directed": True}, r"no keys but \['weight'\] for the kind 'complete'"),
        ({"kind": "small-world", "directed": True}, r"\['directed'\] was given"),
        ("file", r"`network` must have the key \['path'\] for the kind 'file'"),
        ({"kind": "file", "path": 3}, "`path` must be text, but 3 was given"),
        ("matrix", r"have the key \['matrix'\]"),
        ({"kind": "erdos-renyi", "seed": 1}, r"have the key \['probability'\]"),
        ({"kind": "ring", "neighbours": 0}, "`neighbours` must be a whole number, at least 1 and at most 4, but 0 was"),
        ({"kind": "ring", "neighbours": 5}, "at most 4, but 5 was given"),
        ({"kind": "ring", "neighbours": 9, "directed": True}, "at most 8, but 9 was given"),
        ({"kind": "ring", "neighbours": 1.0}, "`neighbours` must be a whole number"),
        ({"kind": "ring", "neighbours": True}, "`neighbours` must be a whole number"),
        ({"kind": "ring", "directed": 1}, "`directed` must be true or false"),
        ({"kind": "ring", "weight": np.nan}, "`weight` must be a finite number"),
        ({"kind": "ring", "weight": 1j}, "`weight` must be a finite number"),
        ({"kind": "star", "weight": [1.0, 2.0]}, "`weight` must be a finite number"),
        ({"kind": "erdos-renyi", "probability": 1.1, "seed": 1}, r"`probability` must lie in \[0, 1\]"),
        ({"kind": "erdos-renyi", "probability": 0.1, "seed": -1}, "`seed` must be a whole number"),
        ({"kind": "erdos-renyi", "probability": 0.1, "seed": None}, "`seed` must be a whole number"),
        ({"kind": "small-world", "neighbours": 5, "probability": 0.1, "seed": 1}, "at most 4, but 5"),
        ({"kind": "matrix", "matrix": [[0, 1], [1, 0]]}, r"`network` must have shape \(9, 9\)"),
        (np.ones((8, 8)), r"`network` must have shape \(9, 9\)"),
        (network.ring(8), r"`network` must have one node for each of the 9 states, but it is a ring of 8 nodes"),
        (7, "`network` must be a square matrix"),
    ],
    ids=str,
)
def test_a_bad_specification_is_named(spec, message):
    with pytest.raises(wl.InvalidInputError, match=message):
        network.build(spec, 9)


@pytest.mark.parametrize("count", [0, -3, 2.0, None, "9", True])
def test_a_count_is_a_whole_number(count):
    with pytest.raises(wl.InvalidInputError, match="`count` must be a whole number"):
        network.build("complete", count)


ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(-3, 9), st.floats(), st.text(max_size=3))
SPECS = st.dictionaries(st.sampled_from(["neighbours", "probability", "directed", "weight", "seed"]), ANYTHING)


@given(kind=st.sampled_from(["complete", "ring", "star", "erdos-renyi", "small-world"]), options=SPECS)
def test_any_specification_gives_a_network_or_a_named_fault(kind, options):
    try:
        net = network.build(options | {"kind": kind}, 7)
    except wl.InvalidInputError:
        return
    assert entries(net).shape == (7, 7)
    assert np.all(np.isfinite(entries(net)))


@pytest.mark.parametrize(
    ("net", "description"),
    [
        (network.complete(1), "complete graph of 1 node, weight 1"),
        (network.ring(50), "ring of 50 nodes, 1 neighbour on each side, weight 1"),
        (network.ring(50, 3, True, -0.5), "directed ring of 50 nodes, 3 neighbours ahead, weight -0.5"),
        (network.star(5, True), "directed star of 5 nodes around node 0, weight 1"),
        (
            network.small_world(9, 2, 0.25, 7),
            "small world of 9 nodes, 4 neighbours rewired with probability 0.25, seed 7, 18 edges, weight 1",
        ),
        (network.from_matrix([[0, 2], [2, 0]]), "matrix of weights of 2 nodes, 1 edge, symmetric"),
        (network.from_matrix([[0, 2, 0], [0, 0, 1], [0, 0, 0]]), "matrix of weights of 3 nodes, 2 edges, directed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_one_line_describes_a_network(net, description):
    assert net.description == description


# ---- the mean fields ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 7, 259])
@pytest.mark.parametrize("density", [0.02, 0.7, 1.0])
def test_mean_fields_are_sums_over_nodes_divided_by_their_number(rng, count, density):
    net = network.from_matrix(signed(rng, count, density))
    values = rng.normal(size=(count, 3)) + 1j * rng.normal(size=(count, 3))
    found = network.mean_fields(net.weights, values)
    weights = entries(net)
    for i in range(count):
        expected = sum(weights[i, k] * values[k] for k in range(count)) / count
        assert np.abs(found[i] - expected).max() < ROUNDING if found.ndim == 2 else np.abs(expected).max() == 0


def test_the_mean_field_of_a_complete_graph_is_one_for_all(rng):
    values = rng.normal(size=(5, 3)) + 1j * rng.normal(size=(5, 3))
    found = network.mean_fields(network.complete(5, -0.7).weights, values)
    assert np.abs(found + 0.7 * sum(values) / 5).max() < ROUNDING


def test_mean_fields_take_columns_of_a_larger_array(rng):
    values = rng.normal(size=(6, 8)) + 1j * rng.normal(size=(6, 8))
    weights = network.ring(6).weights
    expected = network.mean_fields(weights, values[:, 1:7:2].copy())
    assert np.array_equal(network.mean_fields(weights, values[:, 1:7:2]), expected)


def test_the_diagonal_plays_no_part_between_unit_nodes(rng):
    matrix = signed(rng, 7)
    nodes = rng.normal(size=(7, 3)) + 1j * rng.normal(size=(7, 3))
    nodes /= np.linalg.norm(nodes, axis=1)[:, None]
    whole = System(0.7, None, matrix).derivative(nodes)
    without = System(0.7, None, network.from_matrix(matrix).weights).derivative(nodes)
    assert np.any(np.diag(matrix))
    assert np.abs(whole - without).max() < ROUNDING


def test_a_probability_that_is_a_rounding_of_one_gives_no_edges():
    assert network.erdos_renyi(5, 1e-17, seed=1).edges == 0
