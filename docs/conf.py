"""Settings of the documentation; it builds without a network, and every warning is an error (`sphinx-build -W`)."""

import os
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # notebooks call wignerlohe

import wignerlohe

project = "wignerlohe"
author = "The wignerlohe developers"
copyright = "The wignerlohe developers"
version = release = wignerlohe.__version__

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "myst_nb", "mathml"]
exclude_patterns = ["_build"]
templates_path = []
default_role = "py:obj"
nitpicky = False

html_theme = "furo"
html_title = "wignerlohe"
html_static_path = ["_static"]
html_css_files = ["verdicts.css"]
html_math_renderer = "mathml"
html_show_sphinx = False
math_eqref_format = "({number})"
math_numfig = False

myst_enable_extensions = ["amsmath", "deflist", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 60
nb_merge_streams = True
nb_output_stderr = "warn"

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_custom_sections = [("Attributes", "params_style")]  # plain text: types are no cross-references
napoleon_use_param = False
napoleon_use_rtype = False


def escape_stars(*event):
    """Keep the stars of shapes such as (N, *grid.shape), which are no emphasis; literals stay as they are."""
    lines = event[-1]
    for k, line in enumerate(lines):
        if not line.lstrip().startswith(">>>"):
            parts = line.split("``")
            parts[::2] = [re.sub(r"(?<=[( ])\*(?=[a-z])", r"\*", part) for part in parts[::2]]
            lines[k] = "``".join(parts)


def setup(app):
    """Connect before napoleon, which reads docstrings at priority 500."""
    app.connect("autodoc-process-docstring", escape_stars, priority=400)
