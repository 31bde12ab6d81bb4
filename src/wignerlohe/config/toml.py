"""Reading TOML files, with every way in which one may fail to be read as a fault of one line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from wignerlohe.config.faults import ConfigError, one_line

MAXIMUM_BYTES = 1_000_000


def read_file(path: Path) -> tuple[dict[str, Any], str]:
    """Read a TOML file of moderate size: its tables and its text.

    Raises ConfigError, one line, if it cannot be read or is not TOML.
    """
    try:
        size = path.stat().st_size
        if size > MAXIMUM_BYTES:
            raise ConfigError([f"{path.name}: has {size} bytes; at most {MAXIMUM_BYTES} are allowed"])
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text), text
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read ({error.strerror}); give the path of a TOML file"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError([f"{path.name}: is not valid TOML ({one_line(error)}); see `wignerlohe init`"]) from None
