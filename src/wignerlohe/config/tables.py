"""The tables of a config file: every key, its type and its default. Nothing is computed here.

Unknown keys, wrong types, nan and infinity are faults. The tables of ``[initial]`` also know how to sample states.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from wignerlohe import states
from wignerlohe.checks import complex_array, require
from wignerlohe.grid import Grid, PhaseSpace
from wignerlohe.methods import MethodName
from wignerlohe.solver import LARGEST_RTOL, LEAST_RTOL, OnViolation

Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(allow_inf_nan=False, gt=0)]
Whole = Annotated[int, Field(ge=-(2**53), le=2**53)]  # what a float holds exactly
Scalars = Number | list[Number]
Vectors = Number | list[Number] | list[list[Number]]
Levels = int | list[int] | list[list[int]]
Rows = list[list[Number]]
NodePair = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=2, max_length=2)]

Name = Annotated[str, Field(pattern=r"^[\w .,:;()+*/<>=-]{1,60}$")]  # what figures and terminals show as it stands

MOST_POTENTIALS = 5000  # in a list: each is evaluated on the grid; constants between them are detunings
MOST_POINTS = 10_000  # of a sweep: each is checked, and has a folder of its own


class Table(BaseModel):
    """A TOML table: unknown keys, wrong types, nan and infinity are faults."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class GridTable(Table):
    """``[grid]``: the box and its points, one entry per axis."""

    lower: Number | list[Number]
    upper: Number | list[Number]
    points: int | list[int]
    hbar: Positive = 1.0


class PhaseSpaceTable(Table):
    """``[phase_space]``: a box in phase space of its own, in place of ``[grid]``, for data from files."""

    x_lower: Number | list[Number]
    x_upper: Number | list[Number]
    x_points: int | list[int]
    p_lower: Number | list[Number]
    p_upper: Number | list[Number]
    p_points: int | list[int]
    hbar: Positive = 1.0


class ModelTable(Table):
    """``[model]``: which equation, and its parameters; one subclass per kind, whose keys are those of the model."""

    mass: Positive = 1.0


class NodeTable(ModelTable):
    """What the models of nodes on a grid share."""

    coupling: Number
    potential: str | Number | Annotated[list[str | Number], Field(max_length=MOST_POTENTIALS)] = 0.0
    detuning: list[Number] | None = None
    network: str | dict[str, Any] | Rows | None = None  # the keys of a table are judged by `wignerlohe.network`


class SchrodingerLoheTable(NodeTable):
    """Wave functions."""

    kind: Literal["schrodinger-lohe"]
    nonlinearity: Number = 0.0


class WignerLoheTable(NodeTable):
    """Wigner functions of all pairs."""

    kind: Literal["wigner-lohe"]
    division: bool | None = None


class WignerEquationTable(ModelTable):
    """Functions of phase space that do not see each other."""

    kind: Literal["wigner"]
    potential: str | Number = 0.0


class CorrelationsTable(Table):
    """Correlations alone."""

    kind: Literal["correlations"]
    coupling: Number


AnyModelTable = Annotated[
    SchrodingerLoheTable | WignerLoheTable | WignerEquationTable | CorrelationsTable, Field(discriminator="kind")
]


class StateTable(Table):
    """``[initial]`` for nodes with states: one subclass per kind."""

    normalise: bool = False

    def sample(self, grid: Grid, mass: float, folder: Path) -> states.ComplexArray | states.Expansion:
        """Return the states (N, *grid.shape), mixed nodes (N, m, *grid.shape), or very many nodes as an expansion."""
        raise NotImplementedError


class Gaussian(StateTable):
    """Packets of centre, momentum and width."""

    kind: Literal["gaussian"]
    position: Vectors
    momentum: Vectors = 0.0
    width: Scalars = 1.0

    def sample(self, grid: Grid, mass: float, folder: Path) -> states.ComplexArray:
        return states.gaussian(grid, self.position, self.momentum, self.width)


class Coherent(StateTable):
    """Coherent states of an oscillator."""

    kind: Literal["coherent"]
    position: Vectors
    momentum: Vectors = 0.0
    frequency: Scalars = 1.0

    def sample(self, grid: Grid, mass: float, folder: Path) -> states.ComplexArray:
        return states.coherent(grid, self.position, self.momentum, self.frequency, mass)


class Cat(StateTable):
    """Superpositions of two opposite packets."""

    kind: Literal["cat"]
    position: Vectors
    momentum: Vectors = 0.0
    width: Scalars = 1.0
    phase: Scalars = 0.0

    def sample(self, grid: Grid, mass: float, folder: Path) -> states.ComplexArray:
        return states.cat(grid, self.position, self.momentum, self.width, self.phase)


class Fock(StateTable):
    """Oscillator eigenstates, displaced."""

    kind: Literal["fock"]
    level: Levels
    frequency: Scalars = 1.0
    position: Vectors = 0.0
    momentum: Vectors = 0.0

    def sample(self, grid: Grid, mass: float, folder: Path) -> states.ComplexArray:
        return states.fock(grid, self.level, self.frequency, self.position, self.momentum, mass)


class Squeezed(StateTable):
    """Squeezed vacuum states, displaced."""

    kind: Literal["squeezed"]
    position: Vectors
    momentum: Vectors = 0.0
    squeezing: Vectors = 0.0
    angle: Vectors = 0.0
    frequency: Scalars = 1.0

    def sample(self, grid: Grid, mass: float, folder: Path) -> states.ComplexArray:
        return states.squeezed(grid, self.position, self.momentum, self.squeezing, self.angle, self.frequency, mass)


Part = Annotated[Gaussian | Coherent | Squeezed | Cat | Fock, Field(discriminator="kind")]


class Superposition(StateTable):
    """Coefficients (N x r), real and imaginary part apart, of r sub-tables."""

    kind: Literal["superposition"]
    coefficients: Rows
    imaginary: Rows | None = None
    of: list[Part]

    def sample(self, grid: Grid, mass: float, folder: Path) -> states.ComplexArray:
        parts = [part.sample(grid, mass, folder) for part in self.of]
        return states.superposition(grid, to_complex(self.coefficients, self.imaginary), parts)


class Thermal(StateTable):
    """Mixed nodes: displaced thermal states of an oscillator, m components each."""

    kind: Literal["thermal"]
    components: int | None = None
    occupation: Scalars | None = None
    temperature: Scalars | None = None
    frequency: Scalars = 1.0
    position: Vectors = 0.0
    momentum: Vectors = 0.0

    def sample(self, grid: Grid, mass: float, folder: Path) -> states.ComplexArray:
        return states.thermal(
            grid,
            occupation=self.occupation,
            temperature=self.temperature,
            frequency=self.frequency,
            position=self.position,
            momentum=self.momentum,
            components=self.components,
            mass=mass,
        )


class Random(StateTable):
    """Random superpositions of the lowest oscillator states, reproducible by their seed."""

    kind: Literal["random"]
    count: Annotated[int, Field(ge=1, le=100_000_000)]
    modes: Annotated[int, Field(ge=1)]
    seed: Annotated[int, Field(ge=0)]
    frequency: Positive = 1.0
    coherence: Number = 0.0

    def sample(self, grid: Grid, mass: float, folder: Path) -> states.Expansion:
        return self.drawn(grid, mass, self.count)

    def drawn(self, grid: Grid, mass: float, count: int) -> states.Expansion:
        """The first so many of the states."""
        return states.random_expansion(grid, count, self.modes, self.seed, self.frequency, self.coherence, mass)


class FromFile(StateTable):
    """States or functions on phase space in a .npy, .npz or .zarr file, its path relative to the config."""

    kind: Literal["file"]
    path: str
    variable: str | None = None

    def sample(self, grid: Grid | PhaseSpace, mass: float, folder: Path) -> states.ComplexArray:
        return states.from_file(grid, folder / self.path, self.variable)


class Matrix(Table):
    """Starting correlations, for the model ``correlations``."""

    kind: Literal["matrix"]
    real: Rows
    imaginary: Rows | None = None


InitialTable = Annotated[
    Gaussian | Coherent | Squeezed | Cat | Fock | Superposition | Thermal | Random | FromFile | Matrix,
    Field(discriminator="kind"),
]


# the tables of which there is one for each kind
KINDS: dict[str, dict[str, type[Table]]] = {
    name: {get_args(kind.model_fields["kind"].annotation)[0]: kind for kind in get_args(get_args(table)[0])}
    for name, table in (("model", AnyModelTable), ("initial", InitialTable))
}


class TimeTable(Table):
    """``[time]``: output times, evenly from 0 to ``stop``."""

    stop: Annotated[float, Field(allow_inf_nan=False, gt=0)]
    samples: Annotated[int, Field(ge=2, le=10_000_000)] = 101


class WignerTable(Table):
    """``[wigner]``: which Wigner functions to store and draw, and when."""

    pairs: Literal["all"] | list[NodePair] = "all"
    times: list[Annotated[float, Field(allow_inf_nan=False, ge=0)]]
    axes: list[str] | None = None
    at: dict[str, Number] = {}


class SolverTable(Table):
    """``[solver]``: the method, its tolerance, and what happens where a number that is watched leaves its bounds."""

    method: MethodName = "auto"
    rtol: Annotated[float, Field(ge=LEAST_RTOL, le=LARGEST_RTOL)] = 1e-10
    on_violation: OnViolation = "stop"


class OutputTable(Table):
    """``[output]``: what to keep."""

    pairs: list[NodePair] | None = None
    wavefunctions: bool | None = None
    observables: list[str] = []
    groups: dict[Name, list[int]] = {}


class Range(Table):
    """Numbers evenly spaced, both ends included."""

    start: Whole | Number
    stop: Whole | Number
    count: Annotated[int, Field(ge=2, le=MOST_POINTS)]


class SweepTable(BaseModel):
    """``[sweep]``: values for keys of the other tables, under their dotted names; no part of a single run."""

    model_config = ConfigDict(strict=True, extra="allow")
    __pydantic_extra__: dict[str, Annotated[list[Any], Field(min_length=1)] | Range]

    reports: bool = False


TABLES: dict[str, Any] = {
    "grid": GridTable,
    "model": AnyModelTable,
    "initial": InitialTable,
    "time": TimeTable,
    "wigner": WignerTable,
    "solver": SolverTable,
    "output": OutputTable,
    "phase_space": PhaseSpaceTable,
}


def to_complex(real: Rows, imaginary: Rows | None) -> NDArray[np.complex128]:
    """Put real and imaginary parts together; they must have one shape."""
    parts = [complex_array("real", real, "rows of equal length", "a matrix of finite numbers")]
    if imaginary is not None:
        parts.append(complex_array("imaginary", imaginary, "rows of equal length", "a matrix of finite numbers"))
        same = parts[0].shape == parts[1].shape
        but = f"the shapes are {parts[1].shape} and {parts[0].shape}"
        require(same, "imaginary", "have the shape of the real part", but, "a number for each one there")
    return parts[0] if imaginary is None else parts[0] + 1j * parts[1]
