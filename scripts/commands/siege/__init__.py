"""``scripts/siege``: attacks on the limits of the running product, while honest people and readers use it."""
