"""What lies beside a store in the folder of a run or a sweep: the config, the report, figures. No number is read there.

The attribute ``beside`` of a finished store names these files in the form of the manifest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from wignerlohe.store.manifest import COPY, ROOT, fault, fingerprint, head, named, unseal

NAME = re.compile(r"config\.toml|report\.html|sweep\.jsonl|figures/[\w.+-]+\.png", re.ASCII)


def beside(folder: Path) -> dict[str, str]:
    """The attribute, for what a folder holds now."""
    there: Iterable[Path] = (path for pattern in ("*", "figures/*") for path in folder.glob(pattern) if path.is_file())
    names = (path.relative_to(folder).as_posix() for path in there)
    found = {name: fingerprint((folder / name).read_bytes()) for name in names if NAME.fullmatch(name)}
    return {"beside": json.dumps(found, sort_keys=True)}


def changed(folder: Path, kind: str) -> list[str]:
    """Say which of these files are not as they were written, or are gone; what was added is not looked at.

    Of a run, the copy of the manifest belongs to them. Of a store alone there are none.
    """
    store = folder / "data.zarr"
    if not store.is_dir():
        return []
    text = head(store / ROOT)
    attributes, _ = unseal(text, kind)
    faults = [fault(folder, name, entry) for name, entry in named(attributes.get("beside", "{}"), NAME).items()]
    if attributes.get("complete"):
        faults.append(fault(folder, f"data.zarr/{COPY}", fingerprint(text)))
    return [found for found in faults if found]
