"""Models in a data set: their numbers as attributes, their arrays as variables, and the way back."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from wignerlohe.checks import require
from wignerlohe.conventions import describe, position_names
from wignerlohe.grid import Grid, PhaseSpace
from wignerlohe.labels import Entry
from wignerlohe.models.base import NodeModel
from wignerlohe.models.correlations import Correlations
from wignerlohe.models.schrodinger_lohe import SchrodingerLohe
from wignerlohe.models.wigner_equation import WignerEquation
from wignerlohe.models.wigner_lohe import WignerLohe
from wignerlohe.network import Network, Weights, complete, from_matrix

if TYPE_CHECKING:
    import xarray as xr

KINDS: dict[str, type[NodeModel] | type[Correlations]] = {
    "schrodinger-lohe": SchrodingerLohe,
    "wigner-lohe": WignerLohe,
    "wigner": WignerEquation,
    "correlations": Correlations,
}
BOX = ("x_lower", "x_upper", "x_points", "p_lower", "p_upper", "p_points")
DIVISIONS = {"": None, "equation (2)": False, "equation (6)": True}


def model_attributes(model: NodeModel | Correlations, count: int) -> dict[str, Any]:
    """Settings of a model for N nodes."""
    found: dict[str, Any] = {"model": next(kind for kind, cls in KINDS.items() if type(model) is cls)}
    found["coupling"] = model.coupling
    if isinstance(model, Correlations):
        return found
    grid, space, texts = model.grid, model.space, model.sampled.texts
    found |= describe(grid.hbar, model.mass)
    found |= {"lower": list(grid.lower), "upper": list(grid.upper), "points": list(grid.points)}
    if space != grid.phase_space:
        found |= {name: list(getattr(space, name)) for name in BOX}
    found |= {"potential": model.potential_text, "potential_sources": json.dumps(texts)}
    found["potential_is_formula"] = not any(text.startswith("given as ") for text in texts)
    found["time_dependent"] = model.drive is not None
    found["nonlinearity"] = getattr(model, "nonlinearity", 0.0)
    found["division"] = next(words for words, value in DIVISIONS.items() if value is model.division)
    weights = model.system(count).weights
    found |= {"weight": weights} if isinstance(weights, float) else {}
    return found | {"network": "" if model.network is None else model.network_of(count).description}


def model_entries(model: NodeModel, count: int) -> dict[str, Entry]:
    """Arrays of a model for N nodes."""
    names = position_names(model.grid.dimension)
    found: dict[str, Entry] = {name: ((name,), axis) for name, axis in zip(names, model.grid.axes, strict=True)}
    found["potential"] = (names if model.shared else ("node", *names), model.potential)
    system = model.system(count)
    if system.detuning is not None:
        found["detuning"] = (("node",), system.detuning)
    return found | _network_entries(system.weights)


def restore_model(data: xr.Dataset, count: int) -> NodeModel:
    """Make the model of N nodes on a grid again."""
    attrs = data.attrs
    cls = KINDS[attrs["model"]]
    assert issubclass(cls, NodeModel)
    _check_sizes(data)
    domain: Grid | PhaseSpace = Grid(attrs["lower"], attrs["upper"], attrs["points"], hbar=attrs["hbar"])
    if "x_lower" in attrs:
        domain = PhaseSpace(**{name: attrs[name] for name in BOX}, hbar=attrs["hbar"])
    further: dict[str, Any] = {"mass": attrs["mass"]}
    if cls is not WignerEquation:
        further["coupling"] = attrs["coupling"]
        further["detuning"] = data["detuning"].values if "detuning" in data else None
        further["network"] = _network(data, count)
    if cls is SchrodingerLohe:
        further["nonlinearity"] = attrs["nonlinearity"]
    if cls is WignerLohe:
        further["division"] = DIVISIONS[attrs["division"]]
    texts, values = tuple(json.loads(attrs["potential_sources"])), data["potential"].values
    formula, moves = attrs["potential_is_formula"], attrs["time_dependent"]
    sources: Any = list(texts) if values.ndim > len(attrs["points"]) else texts[0]
    model = cls(domain, sources if formula and moves else values, **further)
    # values to the last bit; constants between potentials stand among the detunings
    sampled = replace(model.sampled, sources=texts if values.ndim > len(attrs["points"]) else texts[:1])
    if moves and not formula:
        sampled = replace(sampled, drive=Forgotten(sampled.values, attrs["potential"]))
    object.__setattr__(model, "sampled", sampled)
    return model


def _check_sizes(data: xr.Dataset) -> None:
    """Refuse a grid of other sizes than the arrays on it, before anything is made of its own sizes."""
    x = list(data.attrs["points"])
    p = list(data.attrs.get("p_points", [2 * points for points in x]))
    sizes = {"potential": x, "initial_fields": x + p}
    fits = all(list(data[name].shape[-len(size) :]) == size for name, size in sizes.items() if name in data)
    fits = fits and data.attrs.get("x_points", x) == x
    require(fits, "path", "hold arrays of the size of its grid", "theirs are others", "a copy that nobody has edited")


def _network_entries(weights: Weights) -> dict[str, Entry]:
    """The weights A_ik: one number, a matrix, or the rows, columns and values of a sparse matrix."""
    if isinstance(weights, float):
        return {}  # an attribute
    if isinstance(weights, np.ndarray):
        return {"network": (("i", "j"), weights)}
    edges = weights.tocoo()
    return {
        "edge_i": (("edge",), edges.row.astype(np.int64)),
        "edge_j": (("edge",), edges.col.astype(np.int64)),
        "edge_weight": (("edge",), edges.data),
    }


def _network(data: xr.Dataset, count: int) -> Network | None:
    """Take the network out of a data set again, under its own name."""
    words = data.attrs["network"]
    return replace(_weights(data, count), description=words) if words else None


def _weights(data: xr.Dataset, count: int) -> Network:
    if "network" in data:
        return from_matrix(data["network"].values)
    if "edge_weight" in data:
        places = (data["edge_i"].values, data["edge_j"].values)
        return from_matrix(scipy.sparse.csr_array((data["edge_weight"].values, places), shape=(count, count)))
    return complete(count, float(data.attrs["weight"]))


@dataclass(frozen=True)
class Forgotten:
    """A potential V(t, x) of which a store keeps V(0, x) alone, since it was a callable."""

    start: NDArray[np.float64]
    text: str

    def __call__(self, time: float) -> NDArray[np.float64]:
        """V at t = 0; what would need it later is refused."""
        must = "be a formula for states after t = 0 to be made from a store"
        attempt = "an expression in x and t, or what needs no such states: to_dataset(wavefunctions=False)"
        require(time == 0, "potential", must, f"this one was {self.text}", attempt)
        return self.start
