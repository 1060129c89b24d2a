"""Consumers' scans: queued in memory, written to the outbox in batches, counted, and deleted for privacy."""
