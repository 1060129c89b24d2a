"""Assess: the process that scores the evidence of all goods, behind the transaction (ADR 11)."""
