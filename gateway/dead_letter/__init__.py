"""Dead letters: listed, explained, replayed."""
