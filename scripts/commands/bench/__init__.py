"""Measurements: one module for each bench, and what they share. `scripts/bench` runs them."""
