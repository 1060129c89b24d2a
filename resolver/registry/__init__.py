"""Organisations, sites, markets, prefixes, mandates and the tokens that they are given."""
