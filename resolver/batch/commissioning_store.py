"""Commissioning: which units of a batch were put on goods, when and where."""

from datetime import datetime

from psycopg import errors
from psycopg.types.range import Int8Range

from resolver.store.session import Cursor, Row
from schemas.errors import Conflict, Invalid


def add_commissioning(cursor: Cursor, batch: Row, units: range, *, at: datetime, site_id: str | None) -> bool:
    """Commission the units of these indexes; False when exactly this range was commissioned before.

    :raises Conflict: when a part of the range was commissioned already.
    :raises Invalid: for an unknown site.
    """
    cursor.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('suyuan/commissioning/' || %s || '/' || %s, 0))",
        [batch["org_id"], str(batch["batch_number"])],
    )
    indexes = Int8Range(units.start, units.stop)
    overlap = cursor.execute(
        "SELECT lower(indexes) AS first, upper(indexes) - lower(indexes) AS count FROM suyuan.commissioning"
        " WHERE org_id = %s AND batch_number = %s AND indexes && %s LIMIT 1",
        [batch["org_id"], batch["batch_number"], indexes],
    ).fetchone()
    if overlap == {"first": units.start, "count": len(units)}:
        return False
    if overlap is not None:
        raise Conflict(
            "overlap",
            f"{overlap['count']} units from index {overlap['first']} were commissioned already.",
            "Name only units that were not commissioned yet.",
            field="first",
        )
    try:
        cursor.execute(
            "INSERT INTO suyuan.commissioning (org_id, batch_number, indexes, commissioned_at, site_id)"
            " VALUES (%s, %s, %s, %s, %s)",
            [batch["org_id"], batch["batch_number"], indexes, at, site_id],
        )
    except errors.ForeignKeyViolation:
        raise Invalid(
            "unknown_site", f"There is no site {site_id!r}.", "Register the site first.", field="site_id"
        ) from None
    return True
