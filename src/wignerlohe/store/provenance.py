"""Where a result comes from: versions and platform, as flat attributes."""

from __future__ import annotations

import importlib.metadata
import platform

import wignerlohe

FORMAT = "wignerlohe"
FORMAT_VERSION = 3


def provenance() -> dict[str, str | int]:
    """Return the format of the file, and the versions that wrote it."""
    versions = {f"version_{name}": importlib.metadata.version(name) for name in ("numpy", "scipy", "xarray", "zarr")}
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "wignerlohe_version": wignerlohe.__version__,
        "python_version": platform.python_version(),
        "platform": platform.platform(terse=True),
        **versions,
    }
