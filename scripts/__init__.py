"""Entry points for people and CI; each explains itself with --help."""
