"""Regulators' and makers' queries: items, histories, shipments."""
