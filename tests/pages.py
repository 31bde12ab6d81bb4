"""Pages of the documentation, whose cells are tests as well."""

import re
from pathlib import Path
from types import SimpleNamespace

DOCS = Path(__file__).parents[1] / "docs"


def run_cells(page, *numbers):
    """Run some cells of a page, counted from 0, and return the names that they define."""
    cells = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    names = {}
    for number in numbers:
        exec(compile(cells[number], f"{page}, cell {number}", "exec"), names)
    return SimpleNamespace(**names)
