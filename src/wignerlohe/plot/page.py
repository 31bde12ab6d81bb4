"""Pages that hold everything in one file and open without a network."""

from __future__ import annotations

import base64
import io
from typing import Any

import jinja2
from matplotlib.figure import Figure

from wignerlohe.plot.style import DPI
from wignerlohe.store.provenance import provenance


def render(template: str, **values: Any) -> str:
    """Fill a template of this package; what it runs on stands at the foot of every page."""
    loader = jinja2.PackageLoader("wignerlohe", "plot")
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    source = provenance()
    versions = ", ".join(f"{key[8:]} {value}" for key, value in source.items() if key.startswith("version_"))
    foot = f"wignerlohe {source['wignerlohe_version']}, Python {source['python_version']}, {versions}"
    return environment.get_template(template).render(provenance=foot, **values)


def png(figure: Figure) -> bytes:
    """A figure as the bytes of a PNG file."""
    buffer = io.BytesIO()
    # the default level of compression takes as long as the drawing, for files a tenth smaller
    figure.savefig(buffer, format="png", dpi=DPI, pil_kwargs={"compress_level": 2})
    return buffer.getvalue()


def inline(picture: bytes) -> str:
    """The bytes of a picture as they stand in a page."""
    return base64.b64encode(picture).decode()
