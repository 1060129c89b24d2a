"""Evidence: how much each thing seen speaks for each cause, in nats, and what it adds up to over items, lanes, places.

Everything here is pure. ``docs/detection.md`` says in words what the modules do; the sections named in docstrings are
those of the project's detection reference.
"""
