"""A whole system: the store migrated, embedded services and processes started, rows to begin with, health probed."""
