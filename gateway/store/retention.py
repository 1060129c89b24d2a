"""Retention: persons are taken out of what is older, in steps of bounded size, each in a transaction of its own."""

from datetime import datetime

from gateway.store.connection import Connection


def expire_events(connection: Connection, older_than: datetime, since: datetime, until: datetime, most: int) -> int:
    """Take the person out of at most ``most`` consumers' scans that were recorded before ``older_than``.

    They happened in ``since`` ≤ time < ``until``. Returns how many there were: 0 at the end.
    """
    return _counted(connection, "SELECT suyuan.expire_events(%s, %s, %s, %s)", [older_than, since, until, most])


def expire_reports(connection: Connection, older_than: datetime, most: int) -> int:
    """The same of reports with their photos, openings, reads of tags, and scans that could not be used."""
    return _counted(connection, "SELECT suyuan.expire_reports(%s, %s)", [older_than, most])


def _counted(connection: Connection, query: str, parameters: list[object]) -> int:
    row = connection.execute(query.encode(), parameters).fetchone()
    return 0 if row is None else int(row[0])
