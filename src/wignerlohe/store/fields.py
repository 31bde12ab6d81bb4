"""Fields in a data set: the initial data in the form that a method keeps them, and the way back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from wignerlohe.blocks import Blocks, Stack, abstract_factors
from wignerlohe.conventions import momentum_names, position_names
from wignerlohe.coupling.base import Coupling
from wignerlohe.coupling.choice import choose_factors
from wignerlohe.coupling.still import Still
from wignerlohe.fields import Fields
from wignerlohe.initial import Prepared
from wignerlohe.labels import Entry
from wignerlohe.models.base import NodeModel
from wignerlohe.models.wigner_equation import WignerEquation
from wignerlohe.nodes import Nodes
from wignerlohe.store.models import restore_model

if TYPE_CHECKING:
    import xarray as xr


def field_attributes(fields: Fields) -> dict[str, Any]:
    """What kind of fields these are, and their settings."""
    found: dict[str, Any] = {"fields": type(fields).__name__, "nodes": fields.count, "mixed": fields.mixed}
    if isinstance(fields, Nodes):
        found |= {"truncation": fields.truncation, "factors": fields.factors}
    if isinstance(fields, Blocks):
        found["defect"] = fields.defect
    return found


def field_entries(fields: Fields) -> dict[str, Entry]:
    """The initial data, as the method keeps them."""
    names, momenta = position_names(d := fields.model.grid.dimension), momentum_names(d)
    if isinstance(fields, Nodes):
        return _of_nodes(fields, names)
    if isinstance(fields, Stack):
        return {"function_kernels": (("function", "kernel_row", "kernel_column"), fields.kernels)}
    if isinstance(fields, Blocks):
        return {"kernels": (("i", "j", "kernel_row", "kernel_column"), fields.kernels)}
    coupling: Any = fields.coupling  # type: ignore[attr-defined] # of those that are stepped
    if type(fields).__name__ == "Stepped":
        found = {"initial_functions": (("node", "component", *names), np.asarray(coupling.psi))}
        return found | {"norm": (("node",), coupling.norms)}
    space = fields.model.space
    start = coupling.entries([coupling.start()])["fields"][1][0]
    axes: dict[str, Entry] = {name: ((name,), axis) for name, axis in zip(momenta, space.p, strict=True)}
    return axes | {"initial_fields": (("field", *names, *momenta), start)}


def _of_nodes(fields: Nodes, names: tuple[str, ...]) -> dict[str, Entry]:
    data = fields.data
    found: dict[str, Entry] = {"coordinates": (("node", "mode"), data.coordinates), "norm": (("node",), data.norms)}
    found["basis"] = (("mode", "component", *names), data.basis)
    if data.right is not None and data.deviation is not None:
        found["right_coordinates"] = (("node", "mode"), data.right)
        found["initial_deviation"] = (("i", "j"), data.deviation)
    return found


def restore_fields(data: xr.Dataset) -> tuple[NodeModel, Coupling, Fields]:
    """Make model, coupling and fields again."""
    attrs, method = data.attrs, json.loads(data.attrs["method"])
    count, kind, rtol = int(attrs["nodes"]), attrs["fields"], method["rtol"]
    model = restore_model(data, count)
    if kind == "Nodes":
        prepared = Prepared(
            basis=data["basis"].values,
            coordinates=data["coordinates"].values,
            right=data["right_coordinates"].values if "right_coordinates" in data else None,
            norms=data["norm"].values,
            mixed=bool(attrs["mixed"]),
            deviation=data["initial_deviation"].values if "initial_deviation" in data else None,
        )
        nodes = Nodes(
            model=model,
            data=prepared,
            rtol=rtol,
            one_map=method["name"] != "per-node",
            factors=int(attrs["factors"]),
            truncation=float(attrs["truncation"]),
        )
        return model, nodes.coupling, nodes
    if kind == "Stack":
        still = Still(count)
        return model, still, Stack(model, still, data["function_kernels"].values, float(attrs["defect"]), rtol)
    if kind == "Blocks":
        kernels = data["kernels"].values
        z = np.trace(kernels, axis1=2, axis2=3) * model.grid.cell
        maps = choose_factors(*abstract_factors(z), 1 - z, model.system(count), bool(model.division))
        return model, maps, Blocks(model, maps, kernels, float(attrs["defect"]), rtol)
    return model, *_stepped(data, model, count)


def _stepped(data: xr.Dataset, model: NodeModel, count: int) -> tuple[Coupling, Fields]:
    """What steps functions themselves."""
    from wignerlohe import methods

    if data.attrs["fields"] == "Stepped":
        waves = methods.split_step(model, data["initial_functions"].values, bool(data.attrs["mixed"]))
        waves.coupling.psi, waves.coupling.norms = data["initial_functions"].values, data["norm"].values
        return waves.coupling, waves
    packed = data["initial_fields"].values
    if isinstance(model, WignerEquation):
        w = packed
    else:
        from wignerlohe.splitting.phase_space_nodes import Layout

        layout = Layout(count, len(packed) != count**2)
        w = np.empty((count, count, *packed.shape[1:]), dtype=np.complex128)
        for i in range(count):
            for j in range(count):
                number, conjugate = layout.number(i, j)
                w[i, j] = packed[number].conj() if conjugate else packed[number]
    fields = methods.phase_space(model, w)
    return fields.coupling, fields
