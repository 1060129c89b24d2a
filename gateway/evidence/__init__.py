"""Evidence: how strongly an item's history speaks for each cause, in log odds, by itself and with others'. Pure.

docs/detection.md#evidence describes it; docstrings here name its sections.
"""
