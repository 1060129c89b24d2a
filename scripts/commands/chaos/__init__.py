"""Faults caused on purpose, and counts of the events that they lost or doubled. `scripts/chaos` runs them."""
