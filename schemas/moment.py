"""Moments as events carry them: microseconds since 1970, UTC. Pure."""

from datetime import datetime


def microseconds(at: datetime) -> int:
    """Microseconds since 1970."""
    whole = int(at.replace(microsecond=0).timestamp())
    return whole * 1_000_000 + at.microsecond
