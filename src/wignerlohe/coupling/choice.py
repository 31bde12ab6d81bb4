"""Which coupling carries unit nodes: one map for all where that holds, each node by itself where it does not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wignerlohe.coupling.mobius import MobiusMap
from wignerlohe.coupling.per_node import PerNode
from wignerlohe.coupling.system import System


def choose(coordinates: NDArray[np.complex128], system: System, one_map: bool = True) -> MobiusMap | PerNode:
    """Return the coupling of unit nodes with coordinates (N, r).

    Without ``one_map`` each node moves by itself also where one map would move all.
    """
    if one_map and system.one_map and isinstance(system.weights, float):
        return MobiusMap(coordinates, system.coupling * system.weights)
    return PerNode(coordinates, system)
