"""Figures and the report; loaded only when something is drawn."""
