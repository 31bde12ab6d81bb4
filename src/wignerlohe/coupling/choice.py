"""Which coupling carries unit nodes: one map for all where that holds, each node by itself where it does not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wignerlohe.coupling.mobius import MobiusMap
from wignerlohe.coupling.per_node import PerNode
from wignerlohe.coupling.system import System


def choose(coordinates: NDArray[np.complex128], system: System) -> MobiusMap | PerNode:
    """Return the coupling of unit nodes with coordinates (N, r).

    One Mobius map moves all nodes of a complete graph without detunings. Under repulsion, kappa A < 0, that map
    amplifies defects of the norms without bound, while `PerNode` keeps every norm.
    """
    plain = system.detuning is None or not np.any(system.detuning)
    if plain and isinstance(system.weights, float) and system.coupling * system.weights >= 0:
        return MobiusMap(coordinates, system.coupling * system.weights)
    return PerNode(coordinates, system)
