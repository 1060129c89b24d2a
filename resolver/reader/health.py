"""A reader's health in one word. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

SILENT_AFTER = timedelta(hours=24)
CLOCK_OFF_US = 60_000_000
"""A clock that is off by more than a minute (in microseconds) needs attention."""


def state_of(row: Mapping[str, Any], now: datetime) -> str:
    """``revoked``, ``new`` (never seen), ``clock``, ``silent`` (nothing for a day), ``offline`` or ``healthy``.

    A reader that sends by HTTP has no status, so that only one whose status says offline counts as offline.
    """
    if row["revoked_at"] is not None:
        return "revoked"
    if row["last_seen"] is None:
        return "new"
    if abs(row["clock_offset_us"] or 0) > CLOCK_OFF_US:
        return "clock"
    if now - row["last_seen"] > SILENT_AFTER:
        return "silent"
    return "offline" if row["online"] is False else "healthy"
