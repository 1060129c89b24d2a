"""Simulated worlds of hundreds of thousands of items in numpy columns, for measuring how well crimes are detected."""
