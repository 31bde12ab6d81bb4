"""The contract between a run's states and what users see of them: wave functions and Wigner functions.

Between output times a run is carried by a `Coupling`, whose states are all that there is. Fields turn such states into
functions on a grid. One file each: `nodes` (coordinates in the span of the data, and a linear flow), `stepped` (the
functions themselves, moved by splitting), `blocks` (operator kernels of arbitrary data, and a linear flow).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wignerlohe.coupling.base import Which
from wignerlohe.coupling.pairs import Pairs
from wignerlohe.errors import InvalidInputError
from wignerlohe.models.base import NodeModel

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

NORM_NOTE = 1e-12  # norms further from 1 are worth a sentence
TRUNCATION_NOTE = 1e-8  # and so is a larger part of the data that is left out


class Finding(Protocol):
    """Where a grid does not hold a function; the text says what to change."""

    @property
    def kind(self) -> str:
        """In which way."""

    @property
    def axis(self) -> int | str:
        """On which axis, by its number or its name."""

    @property
    def mass(self) -> float:
        """How much."""


class Fields(Protocol):
    """What every kind of field offers, at the times of some states of the coupling that it belongs to."""

    @property
    def model(self) -> NodeModel:
        """The model."""

    @property
    def count(self) -> int:
        """Number of nodes N."""

    @property
    def numbers(self) -> int:
        """Numbers in all wave functions at one time; 0 where there are none."""

    @property
    def mixed(self) -> bool:
        """Whether nodes are shown with their components."""

    @property
    def unit(self) -> bool:
        """Whether correlations are those of normalised states."""

    @property
    def linear(self) -> str:
        """The linear flow, in one line for a report."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the numbers should know, one sentence each."""

    def wavefunctions(self, states: Sequence[Any], which: Which = slice(None)) -> ComplexArray:
        """``psi_i(t)``, or left factors, of some nodes.

        Returns complex128 (T, nodes, *grid.shape), or (T, nodes, m, *grid.shape) for mixed nodes; raises
        InvalidInputError where there are none.
        """

    def right_factors(self, states: Sequence[Any], which: Which = slice(None)) -> ComplexArray:
        """``chi_j(t)``: the wave functions themselves unless the data have right factors of their own."""

    def wigner(
        self,
        state: Any,
        pairs: Sequence[tuple[int, int]],
        axes: Sequence[str] | None = None,
        at: Mapping[str, float] | None = None,
    ) -> ComplexArray:
        """``w_ij`` of some pairs of nodes, whole or in part: complex128 (pairs, axes that are kept)."""

    def unresolved(self, states: Sequence[Any]) -> list[Finding]:
        """Report the worst functions where the grid does not hold them."""

    def purity(self, states: Sequence[Any]) -> FloatArray:
        """``(2 pi hbar)^d ||w_jj||^2``, float64 (T, N)."""

    def sizes(self, states: Sequence[Any]) -> FloatArray:
        """``||w_ij||`` in L^2 of phase space, float64 (T, N, N), without a Wigner function where there are factors."""

    def distance(
        self, states: Sequence[Any], pairs: Pairs | None, first: tuple[int, int], second: tuple[int, int]
    ) -> FloatArray:
        """``||w_ij - w_km||``, float64 (T,), without pairs where functions do not see each other.

        See `wignerlohe.Solution.distance`.
        """


class WithoutWaveFunctions:
    """Fields of data that were given on phase space."""

    numbers = 0
    mixed = False
    unit = False

    def wavefunctions(self, states: Sequence[Any], which: Which = slice(None)) -> ComplexArray:
        """Refuse: there are none."""
        del states, which
        raise InvalidInputError(
            "`initial` must be wave functions for this, but functions on phase space were given; try wigner(i, j, time)"
        )

    right_factors = wavefunctions


def norm_notes(norms: FloatArray) -> tuple[str, ...]:
    """Say it where norms of the nodes differ from 1.

    >>> norm_notes(np.ones(3))
    ()
    """
    defect = float(np.abs(norms - 1).max())
    if defect <= NORM_NOTE:
        return ()
    return (
        f"norms differ from 1 by up to {defect:.1e}: correlations are those of the normalised states, wave functions "
        "keep the norms given",
    )


def truncation_notes(truncation: float) -> tuple[str, ...]:
    """Say it where a part of data given on phase space is left out.

    >>> truncation_notes(1e-3)
    ('1.0e-03 of the initial data, in L^2, belongs to no operator kernel on the grid; try a wider box or more points',)
    """
    if truncation <= TRUNCATION_NOTE:
        return ()
    share = f"{truncation:.1e} of the initial data, in L^2, belongs to no operator kernel on the grid"
    return (f"{share}; try a wider box or more points",)
