"""A whole system on this machine: embedded services, processes, and rows to begin with."""
