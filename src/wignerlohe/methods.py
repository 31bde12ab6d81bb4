"""Which method solves a problem, and why: the separation wherever it is valid, steps where it is not."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from wignerlohe import memory, potentials, states
from wignerlohe.blocks import Blocks, Stack, abstract_factors
from wignerlohe.checks import complex_array, require
from wignerlohe.coupling.base import Coupling
from wignerlohe.coupling.choice import choose_factors
from wignerlohe.coupling.scalars import ScalarForm
from wignerlohe.coupling.still import Still
from wignerlohe.fields import Fields
from wignerlohe.initial import Factors, check_norms, node_norms, prepare, sizes
from wignerlohe.memory import Need
from wignerlohe.models.base import NodeModel
from wignerlohe.models.correlations import Correlations
from wignerlohe.models.wigner_equation import WignerEquation
from wignerlohe.models.wigner_lohe import WignerLohe
from wignerlohe.nodes import Nodes
from wignerlohe.phase_space.factors import factors
from wignerlohe.phase_space.transform import wigner, wigner_matrix
from wignerlohe.phase_space.weyl import weyl_with_defect
from wignerlohe.propagators.eigenbasis import split_over_axes
from wignerlohe.states.arguments import numbers

if TYPE_CHECKING:  # they are loaded where they are needed
    from wignerlohe.phase_fields import PhaseFields
    from wignerlohe.stepped import Stepped

ComplexArray = NDArray[np.complex128]

MethodName = Literal["auto", "separation", "per-node", "split-step", "phase-space"]
METHODS = get_args(MethodName)
LARGEST_PHASE_ERROR = 1e-6
UNIT = 1e-8  # z_ii that differ from 1 by more than this are not those of unit states
COMPOUND = Factors | states.Expansion  # data of several arrays
LOW_RANK = 4  # kernels of fewer than one in so many functions are moved as factors


@dataclass(frozen=True)
class Plan:
    """What carries a run, what shows its states, and why.

    Attributes
    ----------
    name : str
        The method.
    reason : str
        Why it was chosen, and is valid.
    coupling : Coupling
    fields : Fields or None
        None where there are correlations only.
    entries : int
        Numbers that one output time holds, for `wignerlohe.segments`.
    """

    name: str
    reason: str
    coupling: Coupling
    fields: Fields | None
    entries: int


def plan(model: NodeModel | Correlations, initial: Any, method: str, rtol: float, times: int) -> Plan:
    """Choose a method and prepare it.

    Parameters
    ----------
    model, initial, method, rtol
        See `wignerlohe.solve`.
    times : int
        Number of output times, for the prediction of memory.

    Raises
    ------
    InvalidInputError
        If the method is not valid for the problem, or the data do not fit.
    TooLargeError
        If the run would need more memory than the machine has.
    """
    if isinstance(model, Correlations):
        initial = check_matrix(initial)
    elif isinstance(initial, list | tuple) and not any(map(callable, initial)):
        what = f"finite numbers of one shape on {model.grid.shape} points"
        initial = numbers("initial", initial, "states from wignerlohe.states on the same grid", what)
    method, obstacles = choose(model, initial, method)
    if isinstance(model, NodeModel) and not hasattr(initial, "shape") and not isinstance(initial, COMPOUND):
        initial = states.on_grid(model.grid, initial)  # callables, whose size shows only now
    memory.require_room(need(model, initial, method, times).peak)
    if isinstance(model, Correlations):
        coupling = ScalarForm(1 - initial, model.coupling)
        return Plan("separation", coupling.reason, coupling, None, initial.size)
    array = array_on_phase_space(model, initial)
    if method in ("separation", "per-node"):
        return _nodes(model, initial, method, rtol) if array is None else _blocks(model, array, rtol)
    reason = "".join(f"{obstacle}; " for obstacle in obstacles)
    if method == "split-step":
        return _split_step(model, initial, reason)
    return _phase_space(model, initial, array, reason)


def choose(model: NodeModel | Correlations, initial: Any, method: str) -> tuple[str, list[str]]:
    """The method that will run, and what forbids the separation; the values of the data do not matter.

    Raises
    ------
    InvalidInputError
        If the method is not valid for the problem, or the data have a shape that does not fit.
    """
    if isinstance(model, Correlations):
        must, but = "be 'auto' for correlations", f"{method!r} was given"
        require(method in ("auto", "separation"), "method", must, but, "method='auto'")
        return "separation", []
    factored, arrays = isinstance(initial, Factors), on_phase_space(model, initial)
    must, but = "be WignerLohe for Factors", f"it is {type(model).__name__}"
    require(isinstance(model, WignerLohe) or not factored, "model", must, but, "wave functions")
    obstacles = _obstacles(model, initial)
    if method == "auto":
        functions = not arrays and not factored
        method = "separation" if not obstacles else "split-step" if functions else "phase-space"
    if method in ("separation", "per-node"):
        require(not obstacles, "method", "be one that steps", "; ".join(obstacles), "method='auto'")
    if arrays:
        require(method != "per-node", "method", "be 'separation' for arrays", "it is 'per-node'", "'auto'")
    if method == "split-step":
        must, but = "be 'phase-space'", "the data are not wave functions"
        require(not arrays and not factored, "method", must, but, "method='auto'")
    if method == "phase-space":
        must, but = "be WignerLohe or WignerEquation for 'phase-space'", f"it is {type(model).__name__}"
        require(isinstance(model, WignerLohe | WignerEquation), "model", must, but, "method='auto'")
    return method, obstacles


def need(model: NodeModel | Correlations, initial: Any, method: str, times: int) -> Need:
    """Memory that `plan` and the run will need, by contributor; nothing where only the data made will tell."""
    if isinstance(model, Correlations):
        return memory.of_correlations(len(initial), times)
    method, _ = choose(model, initial, method)
    grid = model.grid
    if on_phase_space(model, initial):
        if method == "separation":
            return memory.of_kernels(initial.shape[: -2 * grid.dimension], grid.size)
        numbers = math.prod(initial.shape)
        coupled = not isinstance(model, WignerEquation)
        return memory.of_phase_space(numbers, numbers, times, math.prod(model.space.shape), coupled)
    known = sizes(grid, initial)
    if known is None:
        return Need({})
    if method in ("separation", "per-node"):
        one_map = method == "separation" and ("factors" in known or model.system(known["count"]).one_map)
        one_map = one_map or isinstance(model, WignerEquation)
        apart = model.drive is None and split_over_axes(model.potential) is not None
        return memory.of_nodes(grid, times=times, one_map=one_map, eigenbasis=apart, **known)
    count = known.get("factors", known["count"])
    if method == "split-step":
        phases = grid.size * (2 if model.shared else count + 1)
        return memory.of_waves(count, count * known["components"] * grid.size, times, phases)
    alone, one = isinstance(model, WignerEquation), math.prod(model.space.shape)
    carried = count if alone else count**2 if "factors" in known else count * (count + 1) // 2
    return memory.of_phase_space((count if alone else count**2) * one, carried * one, times, one, not alone)


def _obstacles(model: NodeModel, initial: Any) -> list[str]:
    """What forbids the separation."""
    found = []
    if not model.shared:
        found.append("the potentials of the nodes differ by more than constants")
    if getattr(model, "nonlinearity", 0.0):
        found.append("the Gross-Pitaevskii term depends on the density of each node")
    if model.space != model.grid.phase_space:
        found.append("the box in phase space is not that of a grid of states")
    if _is_foreign(initial):
        found.append(f"the data are arrays of {type(initial).__module__.split('.')[0]}")
    return found


def on_phase_space(model: NodeModel, initial: Any) -> bool:
    """Whether data are arrays (N, N, *space.shape), or of functions (M, *space.shape); other shapes are refused."""
    if not isinstance(model, WignerLohe | WignerEquation) or isinstance(initial, COMPOUND):
        return False
    shape, space = np.shape(initial) if hasattr(initial, "shape") else (), model.space.shape
    if shape[-len(space) :] != space:
        foreign = model.space != model.grid.phase_space
        must, but = f"have shape (N, N, {str(space)[1:]}", f"its shape is {shape}"
        require(not foreign, "initial", must, but, "arrays on the phase space of the model")
        return False
    single = isinstance(model, WignerEquation)
    leading = shape[: -len(space)]
    fits = len(leading) in (0, 1) if single else len(leading) == 2 and leading[0] == leading[1]
    must = f"have shape ({'M' if single else 'N, N'}, {str(space)[1:]}"
    require(fits and 0 not in shape, "initial", must, f"its shape is {shape}", "arrays on the phase space of the model")
    return True


def _is_foreign(initial: Any) -> bool:
    """Whether data are arrays of another library than NumPy."""
    return bool(array_api_compat.is_array_api_obj(initial) and not array_api_compat.is_numpy_array(initial))


def array_on_phase_space(model: NodeModel, initial: Any) -> Any:
    """Data that are `on_phase_space`, with finite numbers and all their axes; None for others."""
    if not on_phase_space(model, initial):
        return None
    if isinstance(initial, np.ndarray):
        initial = numbers("initial", initial, "finite data")
    return initial[None] if initial.shape == model.space.shape else initial


def check_matrix(initial: Any) -> ComplexArray:
    """Convert starting correlations to a finite square matrix."""
    what = "a finite square matrix z_ij(0)"
    z = complex_array("initial", initial, "numpy.eye(3)", what)
    square = z.ndim == 2 and z.shape[0] == z.shape[1] > 0
    require(square, "initial", f"be {what}", f"its shape is {z.shape}", "numpy.eye(3)")
    return z


def _nodes(model: NodeModel, initial: Any, method: str, rtol: float) -> Plan:
    """The separation for wave functions, or for left and right factors."""
    data = prepare(model.grid, initial)
    if data.deviation is not None:
        check_seen(model, 1 - data.deviation)
    nodes = Nodes(model=model, data=data, rtol=rtol, one_map=method != "per-node")
    reason = Still.reason if isinstance(model, WignerEquation) else nodes.coupling.reason
    return Plan(method, reason, nodes.coupling, nodes, nodes.count * nodes.data.basis[0].size)


def _blocks(model: NodeModel, w: ComplexArray, rtol: float) -> Plan:
    """The separation for arrays: as operator kernels, or as left and right factors where few are enough."""
    grid = model.grid
    kernels, defect = weyl_with_defect(grid, w)
    kernels = kernels.reshape(*w.shape[: -2 * grid.dimension], grid.size, grid.size)
    if isinstance(model, WignerEquation):
        still = Still(len(w))
        return Plan("separation", still.reason, still, Stack(model, still, kernels, defect, rtol), kernels.size)
    z = np.trace(kernels, axis1=2, axis2=3) * grid.cell
    check_diagonal(model, z)
    few = factors(grid, kernels.reshape(*z.shape, *grid.shape, *grid.shape), limit=max(1, grid.size // LOW_RANK))
    if few is not None:
        data = prepare(grid, Factors(few.left, few.right))
        left_out = float(np.hypot(defect, few.error))
        nodes = Nodes(model=model, data=data, rtol=rtol, factors=few.left.shape[1], truncation=left_out)
        return Plan("separation", nodes.coupling.reason, nodes.coupling, nodes, nodes.count**2 * grid.size)
    left, right = abstract_factors(z)
    coupling = choose_factors(left, right, 1 - z, model.system(len(z)), bool(model.division))
    return Plan(
        "separation", coupling.reason, coupling, Blocks(model, coupling, kernels, defect, rtol), 4 * grid.size**2
    )


def check_diagonal(model: NodeModel, z: ComplexArray) -> None:
    """Refuse data that break ``z_ii = 1`` unless it is said which equation holds: (2) and (6) then differ."""
    off = np.abs(np.diag(z) - 1)
    worst = int(np.argmax(off))
    must = f"have z_ii = 1 (to {UNIT:.0e})"
    but = f"that of node {worst} is {complex(z[worst, worst]):.9g}, off by {off[worst]:.2g}"
    attempt = "division=False for equation (2), or division=True for (6), in the model; or a box that holds w_ii"
    require(model.division is not None or off[worst] <= UNIT, "initial", must, but, attempt)
    check_seen(model, z)


def check_seen(model: NodeModel, z: ComplexArray) -> None:
    """Refuse data that break ``z_ii = 1`` where networks, which keep no diagonal, would have to say what that does."""
    worst = int(np.argmax(np.abs(np.diag(z) - 1)))
    but = f"that of node {worst} is {complex(z[worst, worst]):.9g}"
    plain = model.division or model.network is None or model.network_of(len(z)).kind == "complete"
    must, attempt = f"have z_ii = 1 (to {UNIT:.0e}) under equation (2) on a network", "division=True for equation (6)"
    require(bool(plain) or abs(z[worst, worst] - 1) <= UNIT, "initial", must, but, f"{attempt}, or the complete graph")


def _split_step(model: NodeModel, initial: Any, reason: str) -> Plan:
    """Steps of wave functions."""
    grid = model.grid
    if isinstance(initial, states.Expansion):
        initial = np.tensordot(initial.coefficients, initial.of, axes=1)
    foreign = _is_foreign(initial)
    psi = initial if foreign else states.on_grid(grid, initial)
    mixed = psi.ndim > grid.dimension + 1
    if not foreign:
        check_norms(node_norms(grid, psi))
    fields = split_step(model, psi, mixed)
    check_norms(fields.coupling.norms)
    return Plan("split-step", reason + fields.coupling.reason, fields.coupling, fields, int(np.prod(psi.shape)))


def split_step(model: NodeModel, psi: Any, mixed: bool) -> Stepped:
    """Make what steps nodes (N, *grid.shape) or (N, m, *grid.shape)."""
    from wignerlohe.splitting.wave_functions import SplitStep
    from wignerlohe.stepped import Stepped

    xp = array_api_compat.array_namespace(psi)
    psi = xp.reshape(psi, (psi.shape[0], -1, *model.grid.shape))
    coupling = SplitStep(
        model.grid,
        model.potential_at,
        psi,
        model.system(psi.shape[0]),
        driven=model.drive is not None,
        mass=model.mass,
        nonlinearity=getattr(model, "nonlinearity", 0.0),
    )
    return Stepped(model, coupling, mixed)


def _phase_space(model: NodeModel, initial: Any, array: Any, reason: str) -> Plan:
    """Steps of functions on phase space."""
    w = _as_arrays(model, initial) if array is None else array
    fields = phase_space(model, w)
    if not isinstance(model, WignerEquation):
        check_diagonal(model, fields.coupling.correlation(fields.coupling.start()))
    return Plan("phase-space", reason + fields.coupling.reason, fields.coupling, fields, int(np.prod(w.shape)))


def phase_space(model: NodeModel, w: Any) -> PhaseFields:
    """Make what steps functions on phase space, (N, N, *space.shape) or (M, *space.shape)."""
    from wignerlohe.phase_fields import PhaseFields
    from wignerlohe.splitting.phase_space import PhaseSpaceStep

    samplers: list[Callable[..., Any]] = [partial(_sampled, source) for source in model.sampled.sources]
    coupling = PhaseSpaceStep(
        model.space,
        samplers[:1] if model.shared else samplers,  # constants between potentials are detunings
        w,
        None if isinstance(model, WignerEquation) else model.system(w.shape[0]),
        divide=not model.shared if model.division is None else model.division,
        driven=model.drive is not None,
        mass=model.mass,
    )
    return PhaseFields(model, coupling)


def _sampled(source: potentials.Potential, coordinates: Sequence[NDArray[np.float64]], time: float) -> Any:
    return potentials.evaluate(source, coordinates, time)


def _as_arrays(model: NodeModel, initial: Any) -> ComplexArray:
    """Wave functions, or left and right factors, as functions on phase space."""
    grid = model.grid
    if isinstance(initial, Factors):
        left, right = states.on_grid(grid, initial.left), states.on_grid(grid, initial.right)
        return np.array([[wigner(grid, phi, chi) for chi in right] for phi in left], dtype=np.complex128)
    if isinstance(initial, states.Expansion):
        initial = np.tensordot(initial.coefficients, initial.of, axes=1)
    psi = states.on_grid(grid, initial)
    count = len(psi)
    check_norms(node_norms(grid, psi))
    if isinstance(model, WignerEquation):
        return np.array([wigner(grid, state) for state in psi], dtype=np.complex128)
    pairs = [(i, j) for i in range(count) for j in range(count)]
    return wigner_matrix(grid, psi, pairs).reshape(count, count, *model.space.shape)


def check_phases(fields: Fields | None, time: float) -> None:
    """Refuse energies so large that the phases ``exp(-i E t / hbar)`` are rounding noise."""
    flow = getattr(fields, "flow", None)
    error = 0.0 if flow is None else flow.phase_error(time)
    must = f"keep eps ||H|| t / hbar, the rounding of the phases, below {LARGEST_PHASE_ERROR:g}"
    attempt = "smaller values of V, a shorter run, or other units"
    require(error < LARGEST_PHASE_ERROR, "potential", must, f"it is {error:.2g} at the last time", attempt)
