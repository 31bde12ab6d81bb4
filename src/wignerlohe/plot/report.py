"""The report of a run: one HTML file with everything in it, that opens without a network."""

from __future__ import annotations

import base64
import importlib.resources
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jinja2
from matplotlib.figure import Figure

from wignerlohe.config.problem import Problem, WignerRequest
from wignerlohe.conventions import INNER_PRODUCT, WIGNER_TRANSFORM
from wignerlohe.models.base import NodeModel
from wignerlohe.observables import compute
from wignerlohe.plot import figures, observables
from wignerlohe.plot.style import DPI
from wignerlohe.solution import Solution
from wignerlohe.store.provenance import provenance
from wignerlohe.summary import counted, summary_rows

METHOD_LABELS = ("method", "coupling by", "linear flow by", "tolerance", "memory")


@dataclass(frozen=True)
class Picture:
    """A figure as it stands in the report: its file name, what it shows, and its PNG."""

    name: str
    caption: str
    png: bytes


def draw(solution: Solution, request: WignerRequest | None) -> Iterator[Picture]:
    """Draw every figure of a run, one after the other.

    Parameters
    ----------
    solution : Solution
    request : WignerRequest or None
        Which Wigner functions are drawn; none for no such figures.
    """
    if not len(solution.times):
        return
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
    model, fields = solution.model, solution.fields
    if not isinstance(model, NodeModel) or fields is None:
        return
    if fields.mixed:
        what = "Purity of each node over time; 1 is a pure state."
        yield _picture("purity", what, observables.purity(compute(solution, ["purity"])))
    of = "Probability density of each node" if fields.unit else "Real part of the density of each w_jj"
    if model.grid.dimension == 1:
        figure, what = figures.density(solution), f"{of} over position and time."
    else:
        figure, what = figures.density_maps(solution), f"{of} over x and y, a row a time."
    yield _picture("density", what, figure)
    if request is None or len(request.selection.kept) != 2:
        return
    wanted = sorted({node for pair in request.pairs for node in pair})
    shown = min(len(wanted), figures.MOST_WIGNER_NODES)
    some = f" The first {shown} of {len(wanted)} nodes are drawn." if shown < len(wanted) else ""
    drawn = figures.wigner_matrices(solution, wanted, request.times, request.selection)
    for k, (time, figure) in enumerate(zip(request.times, drawn, strict=True)):
        yield _picture(
            f"wigner_{k:02d}_t{time:.4g}",
            f"Wigner functions w_ij at t = {time:g}, axes {' and '.join(request.selection.kept)} with hbar = "
            f"{model.grid.hbar:g}: real on the diagonal, real parts above it, imaginary parts below. One colour scale "
            f"for all times, zero white.{some}",
            figure,
        )


def write(path: Path, solution: Solution, pictures: list[Picture], problem: Problem, config: str, memory: str) -> None:
    """Write the HTML file."""
    rows = [*summary_rows(solution), ("memory", memory)]
    template = (importlib.resources.files("wignerlohe.plot") / "report.html.j2").read_text(encoding="utf-8")
    source = provenance()
    versions = ", ".join(f"{key[8:]} {value}" for key, value in source.items() if key.startswith("version_"))
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    model = solution.model
    conventions = [
        ("inner product", INNER_PRODUCT),
        ("Wigner transform", WIGNER_TRANSFORM),
        ("correlation", "z_ij = <psi_i, psi_j>, the integral of w_ij; nodes are counted from 0"),
        ("time", "in the unit that makes the coupling a rate"),
    ]
    if isinstance(model, NodeModel):
        conventions.append(("constants", f"hbar = {model.grid.hbar:g}, mass = {model.mass:g}"))
    text = environment.from_string(template).render(
        title=problem.title,
        lead=_lead(solution),
        warnings=(*problem.notes, *solution.warnings),
        fine="No warnings."
        if solution.fields is None
        else "No warnings: every state is resolved by the grid at all output times.",
        results=[row for row in rows if row[0] not in (*METHOD_LABELS, "warning")],
        method=[row for row in rows if row[0] in METHOD_LABELS],
        figures=[
            {"data": base64.b64encode(p.png).decode(), "caption": p.caption, "path": f"figures/{p.name}.png"}
            for p in pictures
        ],
        conventions=conventions,
        config=config,
        provenance=f"wignerlohe {source['wignerlohe_version']}, Python {source['python_version']}, {versions}",
    )
    path.write_text(text, encoding="utf-8")


def _lead(solution: Solution) -> str:
    """Say in one sentence what happened."""
    if solution.blow_up_time is not None:
        return f"The correlations of {counted(solution.count)} blow up at t = {solution.blow_up_time:.8g}."
    start, end = solution.order_parameter[0], solution.order_parameter[-1]
    return (
        f"{counted(solution.count)}, from t = {solution.times[0]:g} to {solution.times[-1]:g}: the order parameter "
        f"goes from {start:.4g} to {end:.4g} (1 is complete synchronization)."
    )


def _picture(name: str, caption: str, figure: Figure) -> Picture:
    buffer = io.BytesIO()
    # the default level of compression takes as long as the drawing, for files a tenth smaller
    figure.savefig(buffer, format="png", dpi=DPI, pil_kwargs={"compress_level": 2})
    return Picture(name=name, caption=caption, png=buffer.getvalue())
