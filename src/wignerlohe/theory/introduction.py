"""To be written."""

from __future__ import annotations

from wignerlohe.theory.statement import Statement

STATEMENTS: tuple[Statement, ...] = ()
