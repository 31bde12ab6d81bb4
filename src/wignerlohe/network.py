"""Networks: which node sees which, and how strongly.

``psi_i' = ... + (kappa / 2N) sum_k A_ik (psi_k - <psi_i, psi_k> psi_i)``: A_ik is the real weight, of either sign, with
which node i sees node k. Sums are divided by N, never by the sum of a row. The diagonal plays no part, since
``psi_i - <psi_i, psi_i> psi_i = 0`` for unit nodes: it is dropped, and the description of a network says so. Functions
with ``z_ii`` other than 1, for which it does under equation (2), are taken on the complete graph alone.

Where all pairs have one weight, that number is stored, whatever it was made from. Other weights are stored densely
below 256 nodes; from there on dense ones become sparse if at most one entry in 16 differs from zero, and sparse ones
stay sparse.
"""

from __future__ import annotations

import inspect
import os
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from wignerlohe import memory
from wignerlohe.checks import LARGEST_NUMBER, real_array, real_number, require, whole_number
from wignerlohe.errors import InvalidInputError, TooLargeError
from wignerlohe.text import printable

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]
Weights = float | FloatArray | sparse.csr_array

# Measured with a block of 32 complex columns on two cores: at 256 nodes SciPy's product overtakes the dense one at one
# entry in 16, at 4096 nodes at one in ten.
SPARSE_FROM = 256
SPARSE_FRACTION = 1 / 16
# Measured: what networkx takes for an edge of a sparse graph.
BYTES_PER_EDGE = 250
# What a stored weight takes at most: a long double, its row and its column, or a line; and what stands before them.
MOST_BYTES, LONGEST_LINE, HEADERS = 32, 200, 10_000


@dataclass(frozen=True, eq=False)
class Network:
    """The weights A_ik with which N nodes see each other.

    Attributes
    ----------
    kind : str
        ``complete``, ``ring``, ``star``, ``erdos-renyi``, ``small-world``, ``matrix`` or ``file``.
    count : int
        Number of nodes N.
    weights : float, float64 array (N, N), or SciPy csr_array of float64 (N, N)
        A without its diagonal; a number is that weight on every edge of the complete graph.
    description : str
        All of that in one line.

    Examples
    --------
    >>> network = ring(50, neighbours=2, directed=True)
    >>> network.description, network.edges, network.symmetric
    ('directed ring of 50 nodes, 2 neighbours ahead, weight 1', 100, False)
    """

    kind: str
    count: int
    weights: Weights
    description: str

    @cached_property
    def symmetric(self) -> bool:
        """Whether ``A_ik = A_ki`` for all pairs, to the last bit."""
        if isinstance(self.weights, float):
            return True
        if isinstance(self.weights, np.ndarray):
            return np.array_equal(self.weights, self.weights.T)
        return not np.any((self.weights - sparse.csr_array(self.weights.T)).data)

    @property
    def edges(self) -> int:
        """Number of edges: pairs {i, k} if A is symmetric, ordered pairs (i, k) if it is not."""
        if isinstance(self.weights, float):
            ordered = self.count * (self.count - 1) if self.weights else 0
        else:
            ordered = int(np.count_nonzero(self.weights)) if isinstance(self.weights, np.ndarray) else self.weights.nnz
        return ordered // 2 if self.symmetric else ordered


def mean_fields(weights: Weights, values: ComplexArray) -> ComplexArray:
    """``(1/N) sum_k A_ik v_k`` for values (N, r): complex128 (N, r), or (r,) if it is one for all nodes.

    >>> mean_fields(ring(4).weights, np.array([[4j], [0], [0], [8]])).ravel()
    array([2.+0.j, 0.+1.j, 2.+0.j, 0.+1.j])
    """
    if isinstance(weights, float):
        return np.asarray(weights * values.mean(axis=0))
    # Real weights act on real and imaginary parts alike: as 2r real columns, half the work of a complex product.
    columns = np.ascontiguousarray(values, dtype=np.complex128).view(np.float64)
    result = np.asarray(weights @ columns)
    result /= len(values)
    return result.view(np.complex128)


def complete(count: int, weight: float = 1.0) -> Network:
    """The complete graph: every node sees every other, ``A_ik = weight``.

    Parameters
    ----------
    count : int
        Number of nodes N.
    weight : float
        The weight of every edge, of either sign.

    Returns
    -------
    Network

    Raises
    ------
    InvalidInputError
        If the count is not a whole number above zero, or the weight not finite.

    Examples
    --------
    >>> complete(5).edges
    10
    """
    count, weight = whole_number("count", count, 1), real_number("weight", weight, "weight=1.0")
    return Network("complete", count, weight, f"complete graph of {_counted(count, 'node')}, weight {weight:g}")


def ring(count: int, neighbours: int = 1, directed: bool = False, weight: float = 1.0) -> Network:
    """A ring: ``A_ik = weight`` where k is one of the nearest nodes to i around a circle.

    Parameters
    ----------
    count : int
        Number of nodes N.
    neighbours : int
        Nearest neighbours on each side, at most N / 2; if directed, node i sees the next ``neighbours`` nodes i + 1,
        i + 2, ... alone, at most N - 1 of them.
    directed : bool
        Whether nodes see ahead alone.
    weight : float
        The weight of every edge, of either sign.

    Returns
    -------
    Network

    Raises
    ------
    InvalidInputError
        If the ring has not so many neighbours, or another argument is not what it must be.

    Examples
    --------
    >>> ring(5).weights
    array([[0., 1., 0., 0., 1.],
           [1., 0., 1., 0., 0.],
           [0., 1., 0., 1., 0.],
           [0., 0., 1., 0., 1.],
           [1., 0., 0., 1., 0.]])
    """
    count, weight, directed = (
        whole_number("count", count, 2),
        real_number("weight", weight, "weight=1.0"),
        _flag(directed),
    )
    reach = whole_number("neighbours", neighbours, 1, count - 1 if directed else count // 2)
    ahead = np.arange(1, reach + 1)
    offsets = ahead if directed else np.unique(np.concatenate([ahead, count - ahead]))
    columns = np.sort((np.arange(count)[:, None] + offsets) % count, axis=1)
    matrix = sparse.csr_array(
        (np.full(columns.size, weight), columns.ravel(), np.arange(count + 1) * len(offsets)), shape=(count, count)
    )
    side = f"{_counted(reach, 'neighbour')} {'ahead' if directed else 'on each side'}"
    name = "directed ring" if directed else "ring"
    return _stored("ring", matrix, f"{name} of {_counted(count, 'node')}, {side}, weight {weight:g}")


def star(count: int, directed: bool = False, weight: float = 1.0) -> Network:
    """A star: node 0 sees all others and they see it; if directed, they see it and it sees none.

    Parameters
    ----------
    count : int
        Number of nodes N.
    directed : bool
        Whether node 0 leads alone.
    weight : float
        The weight of every edge, of either sign.

    Returns
    -------
    Network

    Raises
    ------
    InvalidInputError
        If an argument is not what it must be.

    Examples
    --------
    >>> star(3).weights
    array([[0., 1., 1.],
           [1., 0., 0.],
           [1., 0., 0.]])
    """
    count, weight, directed = (
        whole_number("count", count, 2),
        real_number("weight", weight, "weight=1.0"),
        _flag(directed),
    )
    leaves, hub = np.arange(1, count), np.zeros(count - 1, dtype=int)
    rows, columns = (leaves, hub) if directed else (np.r_[leaves, hub], np.r_[hub, leaves])
    matrix = sparse.csr_array((np.full(len(rows), weight), (rows, columns)), shape=(count, count))
    words = "directed star" if directed else "star"
    return _stored("star", matrix, f"{words} of {_counted(count, 'node')} around node 0, weight {weight:g}")


def erdos_renyi(count: int, probability: float, seed: int, directed: bool = False, weight: float = 1.0) -> Network:
    """The random graph of Erdos and Renyi: each edge is there with one probability, independently of the others.

    From `networkx.fast_gnp_random_graph`, with ``A_ik = weight`` for its edges.

    Parameters
    ----------
    count : int
        Number of nodes N.
    probability : float
        Of each edge, 0 to 1.
    seed : int
        Names the graph: the same seed gives the same graph.
    directed : bool
        Whether the edges (i, k) and (k, i) are drawn apart.
    weight : float
        The weight of every edge, of either sign.

    Returns
    -------
    Network

    Raises
    ------
    InvalidInputError
        If an argument is not what it must be, or networkx is not installed.
    TooLargeError
        If the graph would not fit into the memory of the machine.

    Examples
    --------
    >>> erdos_renyi(7, probability=0.4, seed=1).description
    'Erdos-Renyi graph of 7 nodes, probability 0.4, seed 1, 9 edges, weight 1'
    """
    count, weight, directed = (
        whole_number("count", count, 1),
        real_number("weight", weight, "weight=1.0"),
        _flag(directed),
    )
    share, seed = _probability(probability), whole_number("seed", seed, 0)
    edges = share * count * (count - 1) / (1 if directed else 2)
    graph = f"{'directed ' if directed else ''}Erdos-Renyi graph of {_counted(count, 'node')}"
    words = f"{graph}, probability {share:g}, seed {seed}"

    def draw(networkx: Any) -> Any:
        # it divides by log(1 - p), which is 0 where p is a rounding of 1
        return networkx.fast_gnp_random_graph(count, share if 1 - share < 1 else 0.0, seed=seed, directed=directed)

    return _drawn("erdos-renyi", count, edges, draw, weight, words)


def small_world(count: int, neighbours: int, probability: float, seed: int, weight: float = 1.0) -> Network:
    """The small world of Watts and Strogatz: a ring, each of whose edges is rewired with one probability.

    From `networkx.watts_strogatz_graph`, with ``A_ik = A_ki = weight`` for its edges.

    Parameters
    ----------
    count : int
        Number of nodes N.
    neighbours : int
        Nearest neighbours on each side of the ring, below N / 2.
    probability : float
        Of rewiring an edge, 0 to 1.
    seed : int
        Names the graph: the same seed gives the same graph.
    weight : float
        The weight of every edge, of either sign.

    Returns
    -------
    Network

    Raises
    ------
    InvalidInputError
        If an argument is not what it must be, or networkx is not installed.
    TooLargeError
        If the graph would not fit into the memory of the machine.

    Examples
    --------
    >>> small_world(9, neighbours=2, probability=0.3, seed=1).edges
    18
    """
    count, weight = whole_number("count", count, 3), real_number("weight", weight, "weight=1.0")
    reach = whole_number("neighbours", neighbours, 1, (count - 1) // 2)
    share, seed = _probability(probability), whole_number("seed", seed, 0)
    words = f"small world of {count} nodes, {2 * reach} neighbours rewired with probability {share:g}, seed {seed}"

    def draw(networkx: Any) -> Any:
        return networkx.watts_strogatz_graph(count, 2 * reach, share, seed=seed)

    return _drawn("small-world", count, count * reach, draw, weight, words)


def from_matrix(matrix: ArrayLike | sparse.sparray | sparse.spmatrix, count: int | None = None) -> Network:
    """A network of given weights, signed and directed as they are.

    Parameters
    ----------
    matrix : array_like or SciPy sparse array, real, shape (N, N)
        A_ik, the weight with which node i sees node k; it is copied, and its diagonal is dropped.
    count : int, optional
        The number of nodes that it must have.

    Returns
    -------
    Network

    Raises
    ------
    InvalidInputError
        If the weights are not real, finite and square, or not of that many nodes.

    Examples
    --------
    >>> network = from_matrix([[1, -2], [0, 1]])
    >>> network.description
    'matrix of weights of 2 nodes, 1 edge, directed, diagonal dropped'
    """
    return _weighted("matrix", matrix, count, "matrix of weights")


def from_file(path: str | Path, count: int) -> Network:
    r"""Read the weights of N nodes from a file; nothing in it is executed.

    Parameters
    ----------
    path : path
        ``.npy``: a dense matrix (N, N). ``.npz``: a sparse one in csr, csc or coo form, as `scipy.sparse.save_npz`
        writes it. ``.txt``: lines ``i k weight``, nodes from 0 to N - 1, each ordered pair at most once, ``#`` opens
        a comment.
    count : int
        Number of nodes N; a file of another size is refused before it is loaded.

    Returns
    -------
    Network

    Raises
    ------
    InvalidInputError
        If the file is missing, malformed or of another size, or as `from_matrix`.
    TooLargeError
        If it would not fit into the memory of the machine.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     size = Path(folder, "chain.txt").write_text("0 1 0.5\n1 2 -0.5\n")
    ...     from_file(Path(folder, "chain.txt"), count=3).weights
    array([[ 0. ,  0.5,  0. ],
           [ 0. ,  0. , -0.5],
           [ 0. ,  0. ,  0. ]])
    """
    require(isinstance(path, str | Path), "path", "be text", f"{path!r} was given", 'path="weights.npy"')
    path, count = Path(path), whole_number("count", count, 1)
    require(os.path.isfile(path), "path", "name an existing file", f"{str(path)!r} is none", "a path beside the config")
    attempt = "numpy.save(path, matrix)"
    require(path.suffix in _READERS, "path", f"end in one of {list(_READERS)}", f"it is {path.name!r}", attempt)
    try:
        matrix = _READERS[path.suffix](path, count)
    except (InvalidInputError, TooLargeError):
        raise
    except Exception as error:  # whatever a malformed file makes its reader raise
        must = "be a readable file of weights without Python objects"
        but = printable(f"{path.name}: {error}")
        raise InvalidInputError(f"`path` must {must}, but {but}; try {attempt}") from error
    return _weighted("file", matrix, count, f"file {printable(path.name)} of weights")


def build(spec: Any, count: int | None) -> Network:
    """Convert what users call a network.

    Parameters
    ----------
    spec : None, str, dict, matrix, SciPy sparse array or Network
        None is the complete graph, a string a kind, and a dict ``{"kind": ..., ...}`` has the arguments of that kind
        as its other keys: ``neighbours``, ``probability``, ``directed``, ``weight``, ``seed``, ``path``, ``matrix``.
    count : int or None
        Number of nodes N; None for that of a matrix or a Network.

    Returns
    -------
    Network

    Raises
    ------
    InvalidInputError
        If a kind or key is unknown, a key is missing, a value is not what it must be, or the number of nodes differs.

    Examples
    --------
    >>> build({"kind": "ring", "neighbours": 2}, 6).edges
    12
    >>> build("ring", 6).description
    'ring of 6 nodes, 1 neighbour on each side, weight 1'
    """
    if isinstance(spec, Network):
        must, but = f"have one node for each of the {count} states", f"it is a {spec.description}"
        require(count in (None, spec.count), "network", must, but, "a network of as many nodes")
        return spec
    if not isinstance(spec, str | dict) and spec is not None:
        return from_matrix(spec, count)
    kind, options = specified("complete" if spec is None else spec)
    return _KINDS[kind](count=count, **options)


def specified(spec: str | dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Take a specification apart: the kind, and the arguments of that kind; see `build`.

    Raises
    ------
    InvalidInputError
        If the kind or a key is unknown, or a key is missing.

    Examples
    --------
    >>> specified({"kind": "ring", "neighbours": 2})
    ('ring', {'neighbours': 2})
    """
    options: dict[str, Any] = {"kind": spec} if isinstance(spec, str) else dict(spec)
    kind: Any = options.pop("kind", None)
    known = isinstance(kind, str) and kind in _KINDS
    require(known, "network", f"be of a kind in {list(_KINDS)}", f"{kind!r} was given", '{"kind": "ring"}')
    parameters = inspect.signature(_KINDS[kind]).parameters
    allowed = [name for name in parameters if name != "count"]
    missing = [name for name in allowed if parameters[name].default is inspect.Parameter.empty and name not in options]
    unknown = [name for name in options if name not in allowed]
    of_kind = f"for the kind {kind!r}"
    require(not unknown, "network", f"have no keys but {allowed} {of_kind}", f"{unknown[:1]} was given", "one of those")
    require(not missing, "network", f"have the key {missing[:1]} {of_kind}", "it is missing", "adding it")
    return kind, options


_KINDS: dict[str, Callable[..., Network]] = {
    "complete": complete,
    "ring": ring,
    "star": star,
    "erdos-renyi": erdos_renyi,
    "small-world": small_world,
    "matrix": from_matrix,
    "file": from_file,
}


def _drawn(kind: str, count: int, edges: float, draw: Callable[[Any], Any], weight: float, words: str) -> Network:
    """Draw a graph by networkx and put one weight on its edges."""
    try:
        import networkx  # type: ignore[import-untyped]  # it ships no types
    except ImportError as error:
        raise InvalidInputError(
            f"`network` must be of a kind that needs nothing more, but {kind!r} needs networkx, which is missing; "
            'try pip install "wignerlohe[networks]"'
        ) from error
    memory.require_room({"graph in networkx": int(BYTES_PER_EDGE * edges)})
    adjacency = networkx.to_scipy_sparse_array(draw(networkx), nodelist=range(count), weight=None, dtype=np.float64)
    network = _stored(kind, weight * adjacency.tocsr(), words)
    description = f"{words}, {_counted(network.edges, 'edge')}, weight {weight:g}"
    return Network(kind, count, network.weights, description)


def _weighted(kind: str, matrix: Any, count: int | None, words: str) -> Network:
    """Check given weights, dense or sparse, and store a copy."""
    attempt = "a list of N rows of N numbers"
    if sparse.issparse(matrix):
        matrix = _sparse_copy(matrix, attempt)
    else:
        matrix = np.array(real_array("network", matrix, attempt, "a matrix of finite real weights"))
    shape = matrix.shape
    square = len(shape) == 2 and shape[0] == shape[1] > 0
    require(square, "network", "be a square matrix of weights", f"its shape is {shape}", attempt)
    must = f"have shape ({count}, {count}), a row and a column for each node"
    require(count in (None, shape[0]), "network", must, f"its shape is {shape}", "as many rows as nodes")
    dropped = bool(np.any(matrix.diagonal()))
    network = _stored(kind, matrix, "")
    parts = [f"{words} of {_counted(network.count, 'node')}", _counted(network.edges, "edge")]
    parts += ["symmetric" if network.symmetric else "directed"] + ["diagonal dropped"] * dropped
    return Network(kind, network.count, network.weights, ", ".join(parts))


def _sparse_copy(given: Any, attempt: str) -> sparse.csr_array:
    """Copy a sparse matrix of real, finite weights into canonical form."""
    require(given.dtype.kind in "biuf", "network", "have real weights", f"they are {given.dtype}", attempt)
    matrix = given.copy()
    try:  # an index beyond the matrix would have conversions and products use other memory
        if matrix.format in ("csr", "csc"):
            matrix.check_format(full_check=True)
        matrix = sparse.csr_array(matrix, dtype=np.float64)
        matrix.sum_duplicates()
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"`network` must be a valid sparse matrix, but {error}; try {attempt}") from error
    finite = not matrix.nnz or bool(np.abs(matrix.data).max() < LARGEST_NUMBER)
    require(finite, "network", f"have finite weights below {LARGEST_NUMBER:.0e}", "one of them is not", attempt)
    return matrix


def _stored(kind: str, matrix: FloatArray | sparse.csr_array, description: str) -> Network:
    """Drop the diagonal, and store the rest in the form whose products are fastest. Dense matrices are changed."""
    count = matrix.shape[0]
    weights: Weights
    if isinstance(matrix, np.ndarray):
        np.fill_diagonal(matrix, 0.0)
        entries = matrix[matrix != 0]
        thin = count >= SPARSE_FROM and entries.size <= SPARSE_FRACTION * count**2
        weights = sparse.csr_array(matrix) if thin else matrix
    else:
        listed = matrix.tocoo()
        kept = (listed.row != listed.col) & (listed.data != 0)
        entries = listed.data[kept]
        weights = sparse.csr_array((entries, (listed.row[kept], listed.col[kept])), shape=matrix.shape)
        if count < SPARSE_FROM:
            weights = weights.toarray()
    if entries.size in (0, count * (count - 1)) and np.all(entries == entries[:1]):
        weights = float(entries[0]) if entries.size else 0.0
    return Network(kind, count, weights, description)


def _read_dense(path: Path, count: int) -> FloatArray:
    """Read a .npy file, after its header has been checked."""
    stored = np.lib.format.open_memmap(path, mode="r")
    _require_size(stored.shape, count, path)
    memory.require_room({"matrix of weights": 2 * 8 * count**2})
    return stored.astype(np.float64, casting="safe")


def _read_sparse(path: Path, count: int) -> Any:
    """Read a .npz file of `scipy.sparse.save_npz`, after the sizes that it states have been checked."""
    with zipfile.ZipFile(path) as archive:
        size, most = sum(entry.file_size for entry in archive.infolist()), MOST_BYTES * count**2 + HEADERS
        must, attempt = "hold at most one weight for each pair", "matrix.sum_duplicates()"
        require(size <= most, printable(str(path)), must, f"it unpacks to {size} bytes", attempt)
        memory.require_room({"sparse weights": 4 * size})
        with archive.open("shape.npy") as stream:
            _require_size(tuple(np.lib.format.read_array(stream, allow_pickle=False).tolist()), count, path)
    matrix = sparse.load_npz(path)
    forms = ["csr", "csc", "coo"]
    require(matrix.format in forms, "path", f"hold one of {forms}", f"it is {matrix.format!r}", "matrix.tocsr()")
    return matrix


def _read_edges(path: Path, count: int) -> sparse.csr_array:
    """Read lines ``i k weight``."""
    must, name = "be lines `i k weight`", printable(str(path))
    size, most = path.stat().st_size, LONGEST_LINE * count**2 + HEADERS
    require(size <= most, name, "hold at most one line for each pair", f"it has {size} bytes", "adding the weights up")
    memory.require_room({"list of edges": 4 * size})
    # opened here: from a name, loadtxt would unpack or fetch; an empty file is a warning to it
    with path.open(encoding="utf-8") as stream, warnings.catch_warnings(action="error"):
        lines = np.loadtxt(stream, ndmin=2)
    require(lines.shape[1] == 3, name, must, f"a line has {lines.shape[1]} entries", "0 1 1.0")
    nodes = lines[:, :2]
    bad = np.flatnonzero(~np.all((nodes >= 0) & (nodes < count) & (nodes == np.floor(nodes)), axis=1))
    but = f"edge {bad[:1].tolist()} is {lines[bad[:1]].tolist()}"
    require(not bad.size, name, f"name nodes 0 to {count - 1}", but, "whole numbers below the number of nodes")
    rows, columns = nodes.astype(np.int64).T
    repeated = len(np.unique(rows * count + columns)) < len(rows)
    require(not repeated, name, "name each edge once", "one is repeated", "adding the weights up")
    return sparse.csr_array((lines[:, 2], (rows, columns)), shape=(count, count))


_READERS: dict[str, Callable[[Path, int], Any]] = {".npy": _read_dense, ".npz": _read_sparse, ".txt": _read_edges}


def _require_size(shape: tuple[int, ...], count: int, path: Path) -> None:
    must = f"hold a matrix of shape ({count}, {count})"
    require(shape == (count, count), printable(str(path)), must, f"its shape is {shape}", "as many rows as nodes")


def _probability(value: Any) -> float:
    share = real_number("probability", value, "probability=0.1")
    require(0 <= share <= 1, "probability", "lie in [0, 1]", f"{share:g} was given", "probability=0.1")
    return share


def _flag(value: Any) -> bool:
    require(isinstance(value, bool), "directed", "be true or false", f"{value!r} was given", "directed=False")
    return bool(value)


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
