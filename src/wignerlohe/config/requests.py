"""What a run is asked to make and to keep beside its correlations, refused where there is no such thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wignerlohe import methods
from wignerlohe.config.faults import attempt
from wignerlohe.config.tables import OutputTable, WignerTable
from wignerlohe.coupling.pairs import MOST_NODES
from wignerlohe.models.base import NodeModel
from wignerlohe.models.correlations import Correlations
from wignerlohe.models.wigner_equation import WignerEquation
from wignerlohe.observables import check_names
from wignerlohe.observables.groups import weights
from wignerlohe.observables.sample import IMAGINARY
from wignerlohe.phase_space.selection import Selection, select

DEFAULT_WIGNER_NODES = 4  # drawn when a config has no [wigner] table
OF_CORRELATIONS = ("order_parameter", "phase", "amplitude")
OF_WAVES = ("husimi", "largest_distance")


@dataclass(frozen=True)
class WignerRequest:
    """Which Wigner functions a run makes: of which pairs of nodes, when, and which part of phase space."""

    pairs: list[tuple[int, int]]
    times: list[float]
    selection: Selection


def wigner_request(
    faults: list[str], table: WignerTable | None, model: NodeModel, initial: Any, stop: float
) -> WignerRequest | None:
    """Which Wigner functions to make: as asked for, or those of the first nodes at four times.

    Beyond one dimension the whole function is large; unless asked for otherwise it is the reduced one of x and px.
    """
    some = count = count_of(initial)
    alone, arrays = isinstance(model, WignerEquation), methods.on_phase_space(model, initial)
    if table is None:
        table = WignerTable(pairs="all", times=[k / 3 * stop for k in range(4)])
        some = min(count, DEFAULT_WIGNER_NODES)
    plain = table.axes is None and not table.at
    axes = ("x", "px") if plain and model.grid.dimension > 1 else table.axes
    selection = attempt(faults, "wigner.axes", lambda: select(model.space, axes, table.at))
    if table.pairs == "all":
        both = [(i, j) for i in range(some) for j in range(some)]
        pairs = [(i, j) for i, j in both if i == j or (not alone and (i < j or arrays))]  # w_ji need not be conj(w_ij)
    else:
        pairs = chosen(faults, "wigner.pairs", table.pairs, count) or []
        mixed = [[i, j] for i, j in pairs if alone and i != j]
        if mixed:
            faults.append(f"wigner.pairs: {mixed[0]} was given; functions of the model 'wigner' are named as [0, 0]")
    return None if selection is None or not pairs else WignerRequest(pairs, table.times, selection)


def chosen(faults: list[str], key: str, pairs: list[list[int]] | None, count: int) -> list[tuple[int, int]] | None:
    """Check that pairs name nodes that exist."""
    if pairs is None:
        return None
    bad = [pair for pair in pairs if max(pair) >= count]
    if bad:
        faults.append(f"{key}: {bad[0]} was given; pairs name nodes 0 to {count - 1}")
    return [(pair[0], pair[1]) for pair in pairs]


def check_output(faults: list[str], output: OutputTable, model: NodeModel | Correlations, initial: Any) -> None:
    """Refuse what the run cannot give."""
    count, before = count_of(initial), len(faults)
    arrays = isinstance(model, NodeModel) and methods.on_phase_space(model, initial)
    if output.wavefunctions and (arrays or isinstance(model, Correlations)):
        faults.append("output.wavefunctions: true was given; there are none in this problem")
    if isinstance(model, WignerEquation):
        faults += [
            f"output.{key}: was given; functions of the model 'wigner' have no correlations"
            for key in ("pairs", "groups")
            if key in output.model_fields_set
        ]
    elif output.groups:
        attempt(faults, "output.groups", lambda: weights(output.groups, count))
        if count > MOST_NODES:
            faults.append(f"output.groups: was given; {count} nodes have too many pairs, at most {MOST_NODES} do")
    attempt(faults, "output.observables", lambda: check_names(output.observables))
    if len(faults) == before:
        reasons = {name: _lacking(name, model, initial) for name in output.observables}
        faults += [f"output.observables: {name!r} was given; {reason}" for name, reason in reasons.items() if reason]


def _lacking(name: str, model: NodeModel | Correlations, initial: Any) -> str:
    """Why a run has no such observable; empty if it has."""
    if isinstance(model, Correlations):
        return "" if name in OF_CORRELATIONS else "the model 'correlations' has no states"
    if isinstance(model, WignerEquation) and name in (*OF_CORRELATIONS, "largest_distance"):
        return "functions of the model 'wigner' have no correlations"
    if not methods.on_phase_space(model, initial) or name in (*OF_CORRELATIONS, "purity"):
        return ""
    if name in OF_WAVES:
        return "functions on phase space have no wave functions"
    return "" if _of_nodes(initial) else "it needs w_ji = conj(w_ij), real w_jj, which the data do not obey"


def _of_nodes(w: Any) -> bool:
    """Whether functions (N, N, *space.shape) are Hermitian, or (M, *space.shape) real."""
    matrix = w.ndim % 2 == 0  # a phase space has an even number of axes
    pairs = [(w[i, j], w[j, i]) for i in range(len(w)) for j in range(i + 1)] if matrix else [(f, f) for f in w]
    return all(np.abs(one - other.conj()).max() <= IMAGINARY * np.abs(one).max() for one, other in pairs)


def count_of(initial: Any) -> int:
    """Number of nodes N, or of functions."""
    return len(getattr(initial, "coefficients", initial))
