"""The linear flow behind one contract (`base`), one method per file."""
