"""The calendar: days that are not what their weekday says."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from resolver.store.session import Cursor, Row


def calendar(cursor: Cursor) -> dict[date, bool]:
    """The days that are not what their weekday says."""
    return {row["day"]: row["works"] for row in cursor.execute("SELECT day, works FROM suyuan.calendar_day")}


def calendar_days(cursor: Cursor) -> list[Row]:
    """The same, with their names."""
    return cursor.execute("SELECT day, works, name FROM suyuan.calendar_day ORDER BY day").fetchall()


def set_calendar(cursor: Cursor, days: Sequence[Mapping[str, Any]]) -> None:
    """Say of days whether they are worked on."""
    cursor.execute(
        "INSERT INTO suyuan.calendar_day (day, works, name) SELECT * FROM unnest(%s::date[], %s::bool[], %s::text[])"
        " ON CONFLICT (day) DO UPDATE SET works = excluded.works, name = excluded.name",
        [[day[column] for day in days] for column in ("day", "works", "name")],
    )
