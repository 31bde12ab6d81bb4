"""The report of a run: one HTML file with everything in it, that opens without a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from wignerlohe.config.problem import Problem
from wignerlohe.config.requests import WignerRequest
from wignerlohe.conventions import INNER_PRODUCT, WIGNER_TRANSFORM
from wignerlohe.models.base import NodeModel
from wignerlohe.observables import compute
from wignerlohe.plot import figures, observables
from wignerlohe.plot.page import inline, png, render
from wignerlohe.solution import Solution
from wignerlohe.store.durable import put
from wignerlohe.summary import counted, summary_rows

if TYPE_CHECKING:
    import xarray as xr

METHOD_LABELS = ("method", "coupling by", "linear flow by", "tolerance", "memory")


@dataclass(frozen=True)
class Picture:
    """A figure as it stands in the report: its file name, what it shows, and its PNG."""

    name: str
    caption: str
    png: bytes


def draw(solution: Solution, request: WignerRequest | None, measured: xr.Dataset | None = None) -> Iterator[Picture]:
    """Draw every figure of a run, one after the other.

    Parameters
    ----------
    solution : Solution
    request : WignerRequest or None
        Which Wigner functions are drawn; none for no such figures.
    measured : xarray.Dataset, optional
        Observables, each of which is drawn that has a figure of its own.
    """
    if not len(solution.times):
        return
    if solution.coupled:
        yield from _of_correlations(solution)
    fields = solution.fields
    if fields is not None:
        if fields.mixed:
            what = "Purity of each node over time; 1 is a pure state."
            yield _picture("purity", what, observables.purity(compute(solution, ["purity"])))
        word = "node" if solution.coupled else "function"
        of = "Probability density" if fields.unit else "Density, the integral of Re w_jj over p,"
        if fields.model.grid.dimension == 1:
            figure, what = figures.density(solution), f"{of} of each {word} over position and time."
        else:
            figure, what = figures.density_maps(solution), f"{of} of each {word} over x and y, a row a time."
        yield _picture("density", what, figure)
    if measured is not None:
        yield from _of_observables(measured, {"position_density", *(["purity"] if fields and fields.mixed else [])})
    if fields is not None and request is not None and len(request.selection.kept) == 2:
        yield from _of_wigner(solution, request)


def _of_correlations(solution: Solution) -> Iterator[Picture]:
    """Diameter, paths and order parameter."""
    bounded = figures.rate(solution) is not None
    bound = ", and the bound of Corollary 1 where its hypothesis holds" if bounded else ""
    what = f"Diameter of the correlations on a logarithmic axis{bound}."
    yield _picture("diameter", what, figures.diameter(solution))
    yield _picture(
        "correlations",
        "Paths of the correlations in the complex plane, from hollow to full dots; the circle is |z| = 1.",
        figures.correlations(solution),
    )
    yield _picture(
        "order_parameter",
        "Order parameter over time; 1 is complete synchronization.",
        figures.order_parameter(solution),
    )


def _of_observables(measured: xr.Dataset, drawn: set[str]) -> Iterator[Picture]:
    """One figure for each observable that has one, and is not drawn already."""
    for name, figure_of in (observables.FIGURES | {"group_order_parameter": observables.groups}).items():
        if name in measured and name not in drawn:
            what = measured[name].attrs["long_name"]
            data = measured if name != "husimi" else measured[["husimi"]].rename(husimi_time="time")
            yield _picture(name, f"{what[0].upper()}{what[1:]}, over time.", figure_of(data))


def _of_wigner(solution: Solution, request: WignerRequest) -> Iterator[Picture]:
    """Wigner functions at each time."""
    wanted = sorted({node for pair in request.pairs for node in pair})
    shown = min(len(wanted), figures.MOST_WIGNER_NODES)
    word = "nodes" if solution.coupled else "functions"
    some = f" The first {shown} of {len(wanted)} {word} are drawn." if shown < len(wanted) else ""
    drawn = figures.wigner_matrices(solution, wanted, request.times, request.selection)
    parts = "real on the diagonal, real parts above it, imaginary parts below" if solution.coupled else "one panel each"
    for k, (time, figure) in enumerate(zip(request.times, drawn, strict=True)):
        yield _picture(
            f"wigner_{k:02d}_t{time:.4g}",
            f"Wigner functions {'w_ij' if solution.coupled else 'w_j'} at t = {time:g}, axes "
            f"{' and '.join(request.selection.kept)} with hbar = {request.selection.space.hbar:g}: {parts}. One colour "
            f"scale for all times, zero white.{some}",
            figure,
        )


def write(path: Path, solution: Solution, pictures: list[Picture], problem: Problem, config: str, memory: str) -> None:
    """Write the HTML file."""
    rows = [*summary_rows(solution), ("memory", memory)]
    model = solution.model
    conventions = [
        ("inner product", INNER_PRODUCT),
        ("Wigner transform", WIGNER_TRANSFORM),
        ("correlation", "z_ij = <psi_i, psi_j>, the integral of w_ij; nodes are counted from 0"),
        ("time", "in the unit that makes the coupling a rate"),
    ]
    if not solution.coupled:
        conventions[2:] = [("time", "in the unit of the mass, lengths and energies given")]
    if isinstance(model, NodeModel):
        conventions.append(("constants", f"hbar = {model.grid.hbar:g}, mass = {model.mass:g}"))
    text = render(
        "report.html.j2",
        title=problem.title,
        lead=_lead(solution),
        warnings=(*problem.notes, *solution.warnings),
        fine="No warnings."
        if solution.fields is None
        else "No warnings: the grid resolves every state, or function on phase space, at the output times.",
        results=[row for row in rows if row[0] not in (*METHOD_LABELS, "warning")],
        method=[row for row in rows if row[0] in METHOD_LABELS],
        figures=[{"data": inline(p.png), "caption": p.caption, "path": f"figures/{p.name}.png"} for p in pictures],
        conventions=conventions,
        config=config,
    )
    put(path, text.encode())


def _lead(solution: Solution) -> str:
    """Say in one sentence what happened."""
    if solution.blow_up_time is not None:
        return f"The correlations of {counted(solution.count)} blow up at t = {solution.blow_up_time:.8g}."
    span = f"from t = {solution.times[0]:g} to {solution.times[-1]:g}"
    if not solution.coupled:
        words = "each by itself: there is no coupling, and there are no correlations"
        return (
            f"{counted(solution.count, 'function')} on phase space under the linear Wigner equation, {span}, {words}."
        )
    start, end = solution.order_parameter[0], solution.order_parameter[-1]
    return (
        f"{counted(solution.count)}, {span}: the order parameter goes "
        f"from {start:.4g} to {end:.4g} (1 is complete synchronization)."
    )


def _picture(name: str, caption: str, figure: Figure) -> Picture:
    return Picture(name=name, caption=caption, png=png(figure))
