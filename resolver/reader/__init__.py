"""Readers: enrolled, approved, revoked, and how healthy each is."""
