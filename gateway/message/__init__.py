"""Messages as values: opened, verified, decoded; the offset of a reader's clock. Pure."""
