"""Incidents: which findings share a cause and are one incident, and which case each incident continues. Pure."""
