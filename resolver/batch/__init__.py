"""Makers' batches of goods: registered, read, recalled."""
