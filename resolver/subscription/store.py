"""Subscriptions to notices: who is notified of what, and how delivery goes."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from resolver.store.session import Cursor, Row
from schemas.errors import Conflict

MAX_SUBSCRIPTIONS = 100
"""Subscriptions of one organisation."""

_SHOWN = (
    "subscription_id, channel, target, language, kinds, gtins, markets, changes, created_at, created_by, cursor,"
    " delivered_at, failures, next_try_at, last_error, paused_at"
)

_HOST = (
    " CASE channel WHEN 'webhook' THEN regexp_replace(target, '^([a-z]+://[^/?#]*)[/?#].*$', '\\1/…')"
    " ELSE target END AS target,"
)


def add(cursor: Cursor, org_id: str, created_by: str, wanted: Mapping[str, Any]) -> Row:
    """Subscribe, from the next notice on.

    :raises Conflict: when the organisation has as many as it may have.
    """
    count = cursor.execute("SELECT count(*) AS n FROM suyuan.subscription WHERE org_id = %s", [org_id]).fetchone()
    if count is not None and count["n"] >= MAX_SUBSCRIPTIONS:
        raise Conflict(
            "too_many", f"An organisation has at most {MAX_SUBSCRIPTIONS} subscriptions.", "Delete one first."
        )
    cursor.execute("SELECT suyuan.number_notices()")
    row = cursor.execute(
        "INSERT INTO suyuan.subscription"  # noqa: S608 -- column names of our own
        " (org_id, created_by, channel, target, language, kinds, gtins, markets, changes, cursor)"
        " VALUES (%(org)s, %(by)s, %(channel)s, %(target)s, %(language)s, %(kinds)s, %(gtins)s, %(markets)s,"
        " %(changes)s, suyuan.last_notice())"
        f" RETURNING {_SHOWN}",
        {"org": org_id, "by": created_by, **wanted},
    ).fetchone()
    if row is None:
        raise AssertionError("an insertion returns its row")
    return row


def listed(cursor: Cursor, org_id: str) -> list[Row]:
    """The organisation's subscriptions, each with the state of its delivery."""
    return cursor.execute(
        # A webhook's path and query may hold a secret of its receiver: other tokens of the organisation see its host.
        f"SELECT {_SHOWN.replace(' target,', _HOST)} FROM suyuan.subscription WHERE org_id = %s"  # noqa: S608 -- constants
        " ORDER BY created_at, subscription_id",
        [org_id],
    ).fetchall()


def delete(cursor: Cursor, org_id: str, subscription_id: UUID) -> bool:
    """Unsubscribe; False when there is none of that id."""
    return (
        cursor.execute(
            "DELETE FROM suyuan.subscription WHERE org_id = %s AND subscription_id = %s", [org_id, subscription_id]
        ).rowcount
        == 1
    )


def renew_secret(cursor: Cursor, org_id: str, subscription_id: UUID) -> int | None:
    """Go on to the next secret; its number, None when there is no such webhook."""
    row = cursor.execute(
        "UPDATE suyuan.subscription SET secret_number = secret_number + 1"
        " WHERE org_id = %s AND subscription_id = %s AND channel = 'webhook' RETURNING secret_number",
        [org_id, subscription_id],
    ).fetchone()
    return None if row is None else int(row["secret_number"])


def resume(cursor: Cursor, org_id: str, subscription_id: UUID) -> bool:
    """Retry now, from where delivery stopped; False when there is none of that id."""
    return (
        cursor.execute(
            "UPDATE suyuan.subscription SET paused_at = NULL, failures = 0, next_try_at = now(), last_error = ''"
            " WHERE org_id = %s AND subscription_id = %s",
            [org_id, subscription_id],
        ).rowcount
        == 1
    )
