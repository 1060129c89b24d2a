"""Microseconds since 1970, as events carry them, and the datetimes that PostgreSQL takes."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_datetime(microseconds: int) -> datetime:
    """The moment as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def to_microseconds(moment: datetime) -> int:
    """The moment as microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND
