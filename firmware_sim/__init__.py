"""Simulated devices and crimes: readers with journals, phones, and two seeded worlds of supply chains and attackers."""
