"""Quantum synchronization: exact solvers for the Schrodinger-Lohe and Wigner-Lohe models.

A reading guide. What a user puts in: `grid`, `states`, `potentials`, `expressions`, and one file per model in `models`.
How it is solved: `solver` (the loop), `coupling` (the nodes' own small systems), `propagators` (the linear flow), and
`nodes`, where both meet. What comes back: `solution`, with `phase_space`, `diagnostics` and `exact` to look at it.
Around that: `store` (results on disk), `labels` (what each variable means), `plot`, `config`, `run` and `cli`.

Every convention (inner product, Wigner transform, axis order, units) is stated in `conventions`. Names below are loaded
when first used, so that the import is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wignerlohe import exact, network, observables, operators, states
    from wignerlohe.errors import (
        DamagedError,
        InvalidInputError,
        SolverError,
        TooLargeError,
        TruncationWarning,
        UnresolvedWarning,
        ViolationError,
        WignerLoheError,
    )
    from wignerlohe.grid import Grid, PhaseSpace
    from wignerlohe.initial import Factors
    from wignerlohe.models import two_nodes
    from wignerlohe.models.correlations import Correlations
    from wignerlohe.models.schrodinger_lohe import SchrodingerLohe
    from wignerlohe.models.wigner_equation import WignerEquation
    from wignerlohe.models.wigner_lohe import WignerLohe
    from wignerlohe.phase_space.transform import wigner
    from wignerlohe.phase_space.weyl import weyl
    from wignerlohe.reproduction import reproduce
    from wignerlohe.solution import Solution
    from wignerlohe.solver import solve
    from wignerlohe.states import normalise
    from wignerlohe.store.files import load
    from wignerlohe.store.sweep import load_sweep
    from wignerlohe.sweeping import sweep
    from wignerlohe.theory.picard import picard
    from wignerlohe.theory.verify import verify

__version__ = "0.1.0"

_HOMES = {
    "Correlations": "models.correlations",
    "DamagedError": "errors",
    "Factors": "initial",
    "Grid": "grid",
    "InvalidInputError": "errors",
    "PhaseSpace": "grid",
    "SchrodingerLohe": "models.schrodinger_lohe",
    "Solution": "solution",
    "SolverError": "errors",
    "TooLargeError": "errors",
    "TruncationWarning": "errors",
    "UnresolvedWarning": "errors",
    "ViolationError": "errors",
    "WignerEquation": "models.wigner_equation",
    "WignerLohe": "models.wigner_lohe",
    "WignerLoheError": "errors",
    "load": "store.files",
    "load_sweep": "store.sweep",
    "normalise": "states",
    "picard": "theory.picard",
    "reproduce": "reproduction",
    "solve": "solver",
    "sweep": "sweeping",
    "verify": "theory.verify",
    "weyl": "phase_space.weyl",
    "wigner": "phase_space.transform",
}
_MODULES = {
    "exact": "exact",
    "network": "network",
    "observables": "observables",
    "operators": "operators",
    "states": "states",
    "two_nodes": "models.two_nodes",
}

__all__ = [
    "Correlations",
    "DamagedError",
    "Factors",
    "Grid",
    "InvalidInputError",
    "PhaseSpace",
    "SchrodingerLohe",
    "Solution",
    "SolverError",
    "TooLargeError",
    "TruncationWarning",
    "UnresolvedWarning",
    "ViolationError",
    "WignerEquation",
    "WignerLohe",
    "WignerLoheError",
    "exact",
    "load",
    "load_sweep",
    "network",
    "normalise",
    "observables",
    "operators",
    "picard",
    "reproduce",
    "solve",
    "states",
    "sweep",
    "two_nodes",
    "verify",
    "weyl",
    "wigner",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"wignerlohe.{_MODULES[name]}")
    if name in _HOMES:
        return getattr(importlib.import_module(f"wignerlohe.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'wignerlohe' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
