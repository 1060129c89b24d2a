"""Codes of other systems: which resolver is asked for a foreign identifier, and its description of itself."""
