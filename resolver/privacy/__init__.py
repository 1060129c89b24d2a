"""What a phone has left here: shown to whoever holds it, and forgotten when they wish."""
