"""Worlds of hundreds of thousands of items in arrays, for measuring how well crimes are found."""
