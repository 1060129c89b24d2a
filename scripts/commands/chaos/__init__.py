"""Faults that are caused on purpose, and a count of what they cost. `scripts/chaos` runs them."""
