"""All names that one phone may have in the store."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from resolver.access import handset

_FIRST = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
"""Pseudonyms change since then; before it, a phone had one for good."""


def names_of(pepper: bytes, install: str, orgs: Iterable[str], retention_days: int, now: datetime) -> list[str]:
    """Every pseudonym of an install id that may be stored still. ``retention_days``: 0 for ever. ``now``: aware."""
    # One more day: retention runs once a day.
    since = now - timedelta(days=retention_days + 1) if retention_days else _FIRST
    return sorted(handset.pseudonyms(pepper, install, orgs, since, now))
