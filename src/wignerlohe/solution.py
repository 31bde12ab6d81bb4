"""What `solve` gives back: correlations at the output times, and states at any time."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe.checks import real_array, real_number, require
from wignerlohe.coupling.base import Cost, Coupling
from wignerlohe.coupling.pairs import Pairs, check_pairs, exponential
from wignerlohe.errors import InvalidInputError
from wignerlohe.fields import Fields, Finding
from wignerlohe.labels import wigner_array
from wignerlohe.models.base import NodeModel
from wignerlohe.models.correlations import Correlations
from wignerlohe.models.wigner_equation import WignerEquation

if TYPE_CHECKING:
    import xarray

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

KEPT = ("log_diameter", "mean_field", "purity")  # numbers per time and node that segments have found already


@dataclass(frozen=True)
class Method:
    """Which algorithms ran, why, and what they cost."""

    name: str
    reason: str
    coupling: str
    linear: str
    rtol: float
    cost: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Solution:
    """A solved model.

    Quantities over pairs and nodes are arrays over the output times ``times`` (T,). States and Wigner functions are
    made when asked for, at any time from 0 to the last output time.

    Attributes
    ----------
    model : SchrodingerLohe, WignerLohe or Correlations
    times : float64 array, shape (T,)
        The output times, up to a blow-up if there is one.
    coupling : Coupling
        What carried the nodes: their coordinates in the span of the data, or the functions themselves.
    states : tuple
        Its states at the output times.
    method : Method
        Which algorithms ran, why, and their cost.
    fields : Fields or None
        What makes functions of states; None where there are correlations only.
    findings : tuple of Finding
        States that the grid does not hold.
    blow_up_time : float or None
        When the correlations of general data become infinite.
    drift : float
        How far rounding has led away from what the coupling conserves, the largest at the end of a segment:
        ``max |M^dagger J M - J| / |M|^2`` for a Mobius map, ``max | |psi_i| - 1 |`` for nodes moved one by one or by
        splitting, and so on. Nothing is ever projected back or renormalised.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> psi = wl.states.gaussian(grid, position=[-0.5, 0.5])
    >>> solution = wl.solve(wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0), psi, times=[0.0, 2.0])
    >>> solution.correlation.shape, solution.diameter.round(6)
    ((2, 2, 2), array([0.221199, 0.033102]))
    >>> print(solution)
    wignerlohe solution
      model            SchrodingerLohe, 2 nodes, coupling 1
      ...
    """

    model: NodeModel | Correlations
    times: FloatArray
    coupling: Coupling
    states: tuple[Any, ...]
    method: Method
    fields: Fields | None = None
    findings: tuple[Finding, ...] = ()
    blow_up_time: float | None = None
    drift: float = 0.0

    @property
    def count(self) -> int:
        """Number of nodes N."""
        return self.coupling.count

    @cached_property
    def pairs(self) -> Pairs:
        """Deviations of pairs, formed as they are asked for."""
        self._require_coupled()
        return self.coupling.pairs(self.states)

    @cached_property
    def log_deviation(self) -> ComplexArray:
        """``log(1 - z_ij(t))``, complex128 (T, N, N), also where `deviation` underflows; -inf where it is zero."""
        return self.pairs.log_deviation()

    @cached_property
    def deviation(self) -> ComplexArray:
        """``1 - z_ij(t)``, complex128 (T, N, N), to full relative accuracy where one map or the scalar form carries it.

        With detunings, a network or repulsion it is right to about ``rtol`` and rounding, absolutely. The accuracy is
        that of the complex number: a real part far smaller than the modulus is not resolved.
        """
        return exponential(self.log_deviation)

    @property
    def correlation(self) -> ComplexArray:
        """``z_ij(t) = <psi_i, psi_j>`` of normalised states, or ``<phi_i, chi_j>`` of factors: complex128 (T, N, N)."""
        return np.asarray(1 - self.deviation)

    @cached_property
    def log_diameter(self) -> FloatArray:
        """``log D(Z(t))``, float64 (T,), also where the diameter underflows."""
        return self.pairs.log_diameter()

    @property
    def diameter(self) -> FloatArray:
        """``D(Z(t)) = max_ij |1 - z_ij(t)|``, float64 (T,); for more than 20 000 nodes see `diameter_lower`."""
        return np.exp(self.log_diameter)

    @cached_property
    def _log_diameter_bounds(self) -> tuple[FloatArray, FloatArray]:
        but = "these are correlations of general data"
        require(self._unit_nodes, "diameter_upper", "be asked for unit nodes only", but, "diameter")
        return self.pairs.log_diameter_bounds()

    @property
    def log_diameter_lower(self) -> FloatArray:
        """Logarithm of `diameter_lower`, float64 (T,)."""
        return self._log_diameter_bounds[0]

    @property
    def log_diameter_upper(self) -> FloatArray:
        """Logarithm of `diameter_upper`, float64 (T,)."""
        return self._log_diameter_bounds[1]

    @property
    def diameter_lower(self) -> FloatArray:
        """A lower bound of the diameter from a few rows of pairs, float64 (T,), for any number of unit nodes."""
        return np.exp(self.log_diameter_lower)

    @property
    def diameter_upper(self) -> FloatArray:
        """An upper bound of the diameter from the same rows, at most 4 times the lower one, float64 (T,)."""
        return np.exp(self.log_diameter_upper)

    @cached_property
    def mean_field(self) -> ComplexArray:
        """``<psi_j, mean_k psi_k>``, complex128 (T, N), which is the mean of row j of the correlations."""
        self._require_coupled()
        return self.coupling.mean_field(self.states)

    @property
    def order_parameter(self) -> FloatArray:
        """``|mean_j psi_j| = sqrt(mean_ij Re z_ij)``, float64 (T,); for general data ``sqrt(|mean_ij z_ij|)``."""
        mean = self.mean_field.mean(axis=1)
        return np.asarray(np.sqrt(np.maximum(mean.real, 0) if self._unit_nodes else np.abs(mean)))

    @property
    def phase(self) -> FloatArray:
        """``arg <psi_j, mean>``, float64 (T, N), in radians."""
        return np.angle(self.mean_field)

    @property
    def amplitude(self) -> FloatArray:
        """``|<psi_j, mean>|``, float64 (T, N)."""
        return np.abs(self.mean_field)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the numbers should know, one sentence each."""
        found = [str(finding) for finding in self.findings]
        found += [] if self.fields is None else list(self.fields.notes)
        if self.blow_up_time is not None:
            found.append(f"the correlations blow up at t = {self.blow_up_time:.12g}; there is no solution beyond")
        return tuple(found)

    def wavefunctions(self, time: float) -> ComplexArray:
        """``psi_i`` at any time from 0 to the last output time.

        Parameters
        ----------
        time : float

        Returns
        -------
        complex128 array, shape (N, *grid.shape), or (N, m, *grid.shape) for mixed nodes
            In units of length^(-d/2). For data with right factors of their own, the left ones; see `factors`.

        Raises
        ------
        InvalidInputError
            If the time lies outside of the run, or the model has no wave functions.

        Examples
        --------
        >>> import wignerlohe as wl
        >>> grid = wl.Grid(-8.0, 8.0, 64)
        >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0)
        >>> solution = wl.solve(model, wl.states.coherent(grid, [-0.5, 0.5]), times=[0.0, 2.0])
        >>> bool(np.allclose(grid.norm(solution.wavefunctions(time=1.3)), 1.0, atol=1e-13))
        True
        """
        fields, state = self._require_fields(), self._state_at(time)
        given = getattr(fields, "as_given", None)  # arrays of another library come back as such
        return np.asarray(fields.wavefunctions([state])[0]) if given is None else given(state)

    def factors(self, time: float) -> tuple[ComplexArray, ComplexArray]:
        """Left and right factors at any time, ``w_ij = sum_m w[phi_i^m, chi_j^m]``, each shaped as `wavefunctions`.

        They are one and the same unless the initial data were `wignerlohe.Factors`.
        """
        fields, states = self._require_fields(), [self._state_at(time)]
        return fields.wavefunctions(states)[0], fields.right_factors(states)[0]

    def wigner(
        self,
        i: int,
        j: int,
        time: float,
        axes: Sequence[str] | None = None,
        at: Mapping[str, float] | None = None,
    ) -> xarray.DataArray:
        """``w_ij = sum_m w[psi_i^m, psi_j^m]`` at a time from 0 to the last output time: whole, a plane or a marginal.

        Parameters
        ----------
        i, j : int
            Nodes.
        time : float
        axes : sequence of str, optional
            Axes of phase space to keep, such as ``("x", "px")``; all of them unless given.
        at : mapping of str to float, optional
            Where to cut axes that are not kept. Axes that are neither kept nor cut are integrated over.

        Returns
        -------
        xarray.DataArray
            complex128, dims the kept axes in the order x, y, z, px, py, pz (on a line: x, p), on ``grid.phase_space``.
            Real to the last bit for i = j, unless the data have right factors of their own.

        Raises
        ------
        InvalidInputError
            If the time lies outside of the run, a node or an axis does not exist, or the model has no wave functions.
        TooLargeError
            If the whole array does not fit into memory; keep fewer axes.

        Examples
        --------
        >>> import wignerlohe as wl
        >>> grid = wl.Grid(-8.0, 8.0, 64)
        >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0)
        >>> solution = wl.solve(model, wl.states.coherent(grid, [-0.5, 0.5]), times=[0.0, 2.0])
        >>> w = solution.wigner(i=0, j=1, time=2.0)
        >>> bool(np.isclose(w.sum() * grid.phase_space.cell, solution.correlation[-1, 0, 1]))
        True
        """
        values = self.wigner_functions([(i, j)], time, axes, at)[0]
        return wigner_array(self._require_fields().model.space, values, i, j, time, axes, at)

    def wigner_functions(
        self,
        pairs: Sequence[tuple[int, int]],
        time: float,
        axes: Sequence[str] | None = None,
        at: Mapping[str, float] | None = None,
    ) -> ComplexArray:
        """``w_ij`` for many pairs at once: complex128 (pairs, kept axes). See `wigner`."""
        fields = self._require_fields()
        check_pairs(pairs, self.count)
        return fields.wigner(self._state_at(time), pairs, axes, at)

    @cached_property
    def purity(self) -> FloatArray:
        """``Tr rho_j^2 = (2 pi hbar)^d ||w_jj||^2``, float64 (T, N): 1 for pure nodes of unit norm."""
        return self._require_fields().purity(self.states)

    def distance(self, first: tuple[int, int], second: tuple[int, int]) -> FloatArray:
        """``||w_ij - w_lm||`` in L^2 of phase space, float64 (T,), without a Wigner function.

        For pure unit nodes ``||w_ij - w_lm||^2 = 2 (2 pi hbar)^-d Re(d_il + d_jm - d_il conj(d_jm))``, ``d = 1 - z``;
        in general the quadratic form of the Gram matrix of the initial data (docs, "Derivations", S6).

        Parameters
        ----------
        first, second : (i, j) and (l, m)
            Pairs of nodes.

        Examples
        --------
        >>> import wignerlohe as wl
        >>> grid = wl.Grid(-8.0, 8.0, 64)
        >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0)
        >>> solution = wl.solve(model, wl.states.coherent(grid, [-0.5, 0.5]), times=[0.0, 2.0])
        >>> (solution.distance((0, 0), (1, 1)) ** 2 * 2 * np.pi).round(6)      # 2 (1 - |z_01|^2)
        array([0.786939, 0.130215])
        """
        check_pairs([first, second], self.count)
        return self._require_fields().distance(self.states, self.pairs if self.coupled else None, first, second)

    def at(self, times: ArrayLike) -> Solution:
        """The same run at other times, from 0 to the last output time.

        Parameters
        ----------
        times : array_like of float, shape (T,)
            Increasing.

        Returns
        -------
        Solution
            Stored states are taken where there are, and carried on from where there are none.

        Raises
        ------
        InvalidInputError
            If times do not increase, or lie outside of the run.

        Examples
        --------
        >>> import wignerlohe as wl
        >>> solution = wl.solve(wl.Correlations(coupling=1.0), [[1, 0.5], [0.5, 1]], times=[0.0, 2.0])
        >>> solution.at([0.0, 1.0, 2.0]).correlation[:, 0, 1].real.round(6)
        array([0.5     , 0.781536, 0.913671])
        """
        last = float(self.times[-1]) if len(self.times) else 0.0
        must, attempt = f"increase, from 0 or later to {last:g} or earlier", f"numpy.linspace(0.0, {last:g}, 41)"
        instants = np.atleast_1d(real_array("times", times, attempt))
        good = instants.ndim == 1 and instants.size > 0 and instants[0] >= 0 and instants[-1] <= last
        require(good and np.all(np.diff(instants) > 0), "times", must, f"{times!r} was given", attempt)
        return replace(self, times=instants, states=tuple(self._states_at(instants)), findings=())

    def observables(self, names: Sequence[str]) -> xarray.Dataset:
        """Some observables over the output times, by name, such as ``["energy", "mean"]``.

        The names and what they stand for are in `wignerlohe.observables.OBSERVABLES`; functions of the same names there
        take further arguments.

        Examples
        --------
        >>> import wignerlohe as wl
        >>> grid = wl.Grid(-8.0, 8.0, 64)
        >>> model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0)
        >>> solution = wl.solve(model, wl.states.coherent(grid, [-0.5, 0.5]), times=[0.0, 2.0])
        >>> solution.observables(["energy"])["energy"].sel(part="total").values.round(6)
        array([[0.625   , 0.625   ],
               [0.531924, 0.531924]])
        """
        from wignerlohe.observables import compute

        return compute(self, names)

    def to_dataset(
        self,
        pairs: Sequence[tuple[int, int]] | None = None,
        wavefunctions: bool | None = None,
        wigner_pairs: Sequence[tuple[int, int]] = (),
        wigner_times: Sequence[float] = (),
    ) -> xarray.Dataset:
        """All results as a labelled data set; what each variable is stands in its attributes.

        Parameters
        ----------
        pairs : sequence of (i, j), optional
            Keep correlations and deviations of these pairs only, over ``chosen_pair``; needed when T N^2 exceeds 2e7.
        wavefunctions : bool, optional
            Whether to add ``wavefunction (time, node, x)``; by default if it has at most 4e6 entries.
        wigner_pairs, wigner_times : sequences of (i, j) and of float, optional
            Which Wigner functions to add as ``wigner (wigner_time, pair, x, p)``.

        Returns
        -------
        xarray.Dataset
            Every variable with ``long_name`` and ``units``; settings, conventions and versions in the attributes.

        Raises
        ------
        TooLargeError
            If variables over all pairs would be too large; name some.

        Examples
        --------
        >>> import wignerlohe as wl
        >>> solution = wl.solve(wl.Correlations(coupling=1.0), [[1, 0.5], [0.5, 1]], times=[0.0, 1.0])
        >>> solution.to_dataset()["correlation"].dims
        ('time', 'i', 'j')
        """
        from wignerlohe.store.dataset import to_dataset

        return to_dataset(self, pairs, wavefunctions, wigner_pairs, wigner_times)

    def save(
        self,
        path: str | Path,
        pairs: Sequence[tuple[int, int]] | None = None,
        wavefunctions: bool | None = None,
    ) -> None:
        """Write to a zarr store that `wignerlohe.load` and xarray open; the arguments are those of `to_dataset`.

        Raises InvalidInputError if the path exists, TooLargeError as `to_dataset`. An example stands in
        `wignerlohe.load`.
        """
        from wignerlohe.store.files import save

        save(self, Path(path), pairs=pairs, wavefunctions=wavefunctions)

    def __str__(self) -> str:
        from wignerlohe.summary import text_summary

        return text_summary(self)

    def _repr_html_(self) -> str:
        from wignerlohe.summary import html_summary

        return html_summary(self)

    def __repr__(self) -> str:
        return str(self)

    def _require_coupled(self) -> None:
        but = "its functions do not see each other"
        require(
            self.coupled, "model", "couple nodes for correlations", but, "WignerLohe, or distance, purity and wigner"
        )

    def _require_fields(self) -> Fields:
        if self.fields is None:
            raise InvalidInputError(
                f"{type(self.model).__name__} has no wave functions or Wigner functions, only correlations; "
                "try SchrodingerLohe"
            )
        return self.fields

    @property
    def _unit_nodes(self) -> bool:
        """Whether correlations are those of unit states."""
        return self.fields is not None and self.fields.unit

    @property
    def coupled(self) -> bool:
        """Whether there are correlations between nodes: the functions of a `WignerEquation` have none."""
        return not isinstance(self.model, WignerEquation)

    def _state_at(self, time: float) -> Any:
        """The state of the coupling at any time: stored, or carried on from the last stored one before."""
        last = float(self.times[-1]) if len(self.times) else 0.0
        instant = real_number("time", time, f"time={last:g}")
        require(0 <= instant <= last, "time", f"lie in [0, {last:g}]", f"{time!r} was given", f"time={last:g}")
        known = [self.coupling.start(), *self.states]
        start = known[bisect.bisect_right([state.time for state in known], instant) - 1]
        if start.time == instant:
            return start
        found, _ = self.coupling.evolve(start, np.array([instant]), self.method.rtol, Cost())
        return found[0]

    def _states_at(self, times: FloatArray) -> list[Any]:
        """States at increasing times: stored ones where there are, others carried on from those before, in one go."""
        known = [self.coupling.start(), *self.states]
        instants = [state.time for state in known]
        found: list[Any] = []
        for place, group in groupby(times.tolist(), key=lambda time: bisect.bisect_right(instants, time) - 1):
            wanted = list(group)
            begun = wanted[0] == instants[place]
            found += [known[place]] if begun else []
            if wanted[begun:]:
                more, _ = self.coupling.evolve(known[place], np.array(wanted[begun:]), self.method.rtol, Cost())
                found += more
        return found


def lean(part: Solution) -> Solution:
    """The same, without what was made of it on the way and is not needed any more."""
    found = replace(part)
    vars(found).update({name: value for name, value in vars(part).items() if name in KEPT})
    return found


def join(parts: Iterable[Solution]) -> Solution:
    """Put the solutions of consecutive segments together."""
    pieces = list(parts)
    last = pieces[-1]
    worst: dict[tuple[str, int | str], Finding] = {}
    for finding in (finding for piece in pieces for finding in piece.findings):
        key = (finding.kind, finding.axis)
        if key not in worst or finding.mass > worst[key].mass:
            worst[key] = finding
    whole = replace(
        last,
        times=np.concatenate([piece.times for piece in pieces]),
        states=tuple(state for piece in pieces for state in piece.states),
        findings=tuple(worst.values()),
        drift=max(piece.drift for piece in pieces),
    )
    for name in KEPT:
        if all(name in vars(piece) for piece in pieces):
            vars(whole)[name] = np.concatenate([vars(piece)[name] for piece in pieces])
    return whole
