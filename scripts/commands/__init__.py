"""One module or package for each entry of ``scripts/``, under its name."""
