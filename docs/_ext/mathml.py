"""Sphinx extension: formulas as MathML, which browsers draw themselves.

No LaTeX, no JavaScript and no network: latex2mathml converts when the site is built, and the STIX Two Math font (SIL
Open Font License, from the ziamath package) is copied beside the pages. What the converter does not know is a warning.
"""

import importlib.resources
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

FONT = "STIXTwoMath-Regular.ttf"
ElementTree.register_namespace("", "http://www.w3.org/1998/Math/MathML")


def mathml(node, display):
    """Convert the LaTeX of a node, and repair what browsers would not draw as TeX does."""
    latex = node.astext()
    tree = ElementTree.fromstring(re.sub("&(?!#)", "\\\\", convert(latex, display=display)))
    tree.set("alttext", latex)
    for element in tree.iter():
        text = (element.text or "").strip()
        name = element.tag.rpartition("}")[2]
        if "\\" in text:
            logging.getLogger(__name__).warning("formula not understood: %s", latex, location=node)
        if name in ("mi", "mo") and re.fullmatch("[A-Za-z]{2,}", text):  # names of functions
            element.tag = element.tag.replace("}mi", "}mo")
            element.attrib |= {"form": "prefix", "lspace": "0.14em", "rspace": "0.14em"}
        elif name == "mi" and "Α" <= text <= "Ω":  # upright capital Greek
            element.set("mathvariant", "normal")
        elif name == "mi" and text in "⟨⟩" and text:
            element.tag = element.tag.replace("}mi", "}mo")
            element.attrib |= {"form": "prefix" if text == "⟨" else "postfix", "stretchy": "false"}
        elif name == "mo" and text in ("|", "‖") and "form" not in element.attrib:
            element.attrib |= {"stretchy": "false", "lspace": "0", "rspace": "0"}
        elif name == "mover" and (element[1].text or "") in ("―", "¯"):  # drawn as a border: few fonts stretch bars
            element.tag = element.tag.replace("mover", "mrow")
            element.set("class", "overline")
            element.remove(element[1])
    return ElementTree.tostring(tree, encoding="unicode")


def inline(translator, node):
    """Draw a formula within a line."""
    translator.body.append(mathml(node, "inline"))
    raise nodes.SkipNode


def block(translator, node):
    """Draw a formula of its own line, with its number."""
    translator.body.append(translator.starttag(node, "div", CLASS="equation") + mathml(node, "block"))
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def copy_font(app):
    """Put the font beside the pages."""
    target = Path(app.outdir) / "_static" / FONT
    target.parent.mkdir(parents=True, exist_ok=True)
    with importlib.resources.as_file(importlib.resources.files("ziamath") / "fonts" / FONT) as source:
        shutil.copy(source, target)


def setup(app):
    """Register the renderer, named in conf.py."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    app.connect("builder-inited", copy_font)
    app.add_css_file("mathml.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
