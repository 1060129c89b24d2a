"""Retention: consumers are taken out of what is kept once it is as old as the operator says."""
