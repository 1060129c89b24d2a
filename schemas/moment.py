"""Moments: microseconds since 1970-01-01T00:00:00Z, as events carry them, and the aware datetimes of PostgreSQL.

Pure: integer arithmetic, so that a moment comes back exactly.
"""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_datetime(microseconds: int) -> datetime:
    """The moment as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def to_microseconds(moment: datetime) -> int:
    """The moment, an aware datetime in any zone, as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND
