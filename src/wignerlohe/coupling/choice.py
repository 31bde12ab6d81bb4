"""Which coupling carries nodes: one map for all where that holds, each node by itself where it does not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wignerlohe.coupling.left_right import LeftRight
from wignerlohe.coupling.mobius import MobiusMap
from wignerlohe.coupling.node_maps import NodeMaps
from wignerlohe.coupling.per_node import PerNode
from wignerlohe.coupling.system import System


def choose(coordinates: NDArray[np.complex128], system: System, one_map: bool = True) -> MobiusMap | PerNode:
    """Return the coupling of unit nodes with coordinates (N, r).

    Without ``one_map`` each node moves by itself also where one map would move all.
    """
    if one_map and system.one_map and isinstance(system.weights, float):
        return MobiusMap(coordinates, system.coupling * system.weights)
    return PerNode(coordinates, system)


def choose_factors(
    left: NDArray[np.complex128],
    right: NDArray[np.complex128],
    deviation: NDArray[np.complex128],
    system: System,
    division: bool,
) -> LeftRight | NodeMaps:
    """Return the coupling of left and right factors with coordinates (N, r), and ``1 - z_ij(0)``.

    With ``division`` correlations are divided by ``z_ii``, equation (6), which changes data where that is not 1.
    """
    plain = system.detuning is None and isinstance(system.weights, float) and not division
    if plain and isinstance(system.weights, float):
        return LeftRight(left, right, deviation, system.coupling * system.weights)
    return NodeMaps(left, right, system, division)
