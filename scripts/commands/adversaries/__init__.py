"""``scripts/adversaries``: attacks on the running platform by people who lie to it, and what their lies cost."""
