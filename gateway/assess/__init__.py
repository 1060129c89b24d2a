"""Assessing: the process that weighs evidence behind the transaction. ADR 11."""
