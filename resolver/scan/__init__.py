"""Consumers' scans: queued in memory, written to the outbox in batches, and counted."""
