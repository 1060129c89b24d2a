"""Consumers' reports to makers: a suspicion with a photo, and the price that was paid."""
