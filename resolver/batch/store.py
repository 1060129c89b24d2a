"""Batches: registered, found, recalled, revoked."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from psycopg import errors

from resolver.store.session import Cursor, Row
from schemas.errors import Conflict

_BATCH = """
    org_id, batch_number, gtin, lot, quantity, key_number, grade, kid, produced_on, expires_on, territory, created_at,
    revoked_at, revocation_reason, revocation_reason_zh, recalled_at, recall_reason, recall_reason_zh
"""


def unknown_markets(cursor: Cursor, market_ids: Sequence[str]) -> list[str]:
    """Those of ``market_ids`` that are not registered."""
    rows = cursor.execute(
        "SELECT id FROM unnest(%s::text[]) AS id WHERE NOT EXISTS"
        " (SELECT FROM suyuan.market WHERE market.market_id = id)",
        [list(market_ids)],
    ).fetchall()
    return [row["id"] for row in rows]


def add_batch(
    cursor: Cursor,
    *,
    org_id: str,
    gtin: str,
    lot: str,
    quantity: int,
    key_number: int,
    grade: str,
    kid: str | None,
    produced_on: date,
    expires_on: date | None,
    territory: Sequence[str],
) -> Row:
    """Register a batch under the organisation's next number: one row, whatever the quantity.

    :raises Conflict: when the product has such a lot already.
    """
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('suyuan/batch/' || %s, 0))", [org_id])
    try:
        row = cursor.execute(
            f"""
            INSERT INTO suyuan.batch (org_id, batch_number, gtin, lot, quantity, key_number, grade, kid, produced_on,
                                      expires_on, territory)
            SELECT %(org_id)s, coalesce(max(batch_number) + 1, 0), %(gtin)s, %(lot)s, %(quantity)s, %(key_number)s,
                   %(grade)s, %(kid)s, %(produced_on)s, %(expires_on)s, %(territory)s
            FROM suyuan.batch WHERE org_id = %(org_id)s
            RETURNING {_BATCH}
            """,  # noqa: S608 -- the columns are a constant above
            {
                "org_id": org_id,
                "gtin": gtin,
                "lot": lot,
                "quantity": quantity,
                "key_number": key_number,
                "grade": grade,
                "kid": kid,
                "produced_on": produced_on,
                "expires_on": expires_on,
                "territory": list(territory),
            },
        ).fetchone()
    except errors.UniqueViolation:
        raise Conflict(
            "exists", f"{gtin} has a batch of lot {lot!r} already.", "Use another lot.", field="lot"
        ) from None
    if row is None:
        raise LookupError("INSERT … RETURNING gave no row")
    return row


def batches(cursor: Cursor, gtin: str | None, after: tuple[str, int], limit: int) -> list[Row]:
    """Visible batches in order of organisation and number, with how many units were commissioned and seen."""
    return cursor.execute(
        f"""
        SELECT {_BATCH},
               (SELECT coalesce(sum(upper(indexes) - lower(indexes)), 0)::bigint FROM suyuan.commissioning AS c
                WHERE c.org_id = batch.org_id AND c.batch_number = batch.batch_number) AS commissioned,
               (SELECT count(*) FROM suyuan.item_state AS i
                WHERE i.owner_org = batch.org_id AND i.batch_number = batch.batch_number AND i.events > 0) AS seen
        FROM suyuan.batch
        WHERE (%s::text IS NULL OR gtin = %s) AND (org_id, batch_number) > (%s, %s)
        ORDER BY org_id, batch_number LIMIT %s
        """,  # noqa: S608 -- the columns are a constant above
        [gtin, gtin, *after, limit],
    ).fetchall()


def find_batches(cursor: Cursor, reference: str, gtin: str | None, org_id: str | None) -> list[Row]:
    """Visible batches whose lot is ``reference``, or, when there is none, whose number it is."""
    number = int(reference) if reference.isascii() and reference.isdigit() and len(reference) <= 8 else -1
    rows = cursor.execute(
        f"SELECT {_BATCH} FROM suyuan.batch WHERE (lot = %s OR batch_number = %s)"  # noqa: S608 -- as above
        " AND (%s::text IS NULL OR gtin = %s) AND (%s::text IS NULL OR org_id = %s)",
        [reference, number, gtin, gtin, org_id, org_id],
    ).fetchall()
    return [row for row in rows if row["lot"] == reference] or rows


def recall(cursor: Cursor, batch: Row, *, at: datetime, reason: str, reason_zh: str) -> Row:
    """Recall a batch. The first recall's time stays when reasons are corrected later."""
    row = cursor.execute(
        f"UPDATE suyuan.batch SET recalled_at = coalesce(recalled_at, %s), recall_reason = %s, recall_reason_zh = %s"  # noqa: S608 -- as above
        f" WHERE org_id = %s AND batch_number = %s RETURNING {_BATCH}",
        [at, reason, reason_zh, batch["org_id"], batch["batch_number"]],
    ).fetchone()
    if row is None:
        raise LookupError("the batch was there a moment ago")
    return row


def revoke(cursor: Cursor, batch: Row, *, at: datetime, reason: str, reason_zh: str) -> Row:
    """Revoke a batch. The first revocation's time stays when reasons are corrected later."""
    row = cursor.execute(
        "UPDATE suyuan.batch SET revoked_at = coalesce(revoked_at, %s), revocation_reason = %s,"  # noqa: S608 -- as above
        f" revocation_reason_zh = %s WHERE org_id = %s AND batch_number = %s RETURNING {_BATCH}",
        [at, reason, reason_zh, batch["org_id"], batch["batch_number"]],
    ).fetchone()
    if row is None:
        raise LookupError("the batch was there a moment ago")
    return row


def summary(cursor: Cursor) -> dict[str, Any]:
    """How many batches, units commissioned, items seen and consumers' scans the caller may see."""
    row = cursor.execute(
        """
        SELECT (SELECT count(*) FROM suyuan.batch) AS batches,
               (SELECT coalesce(sum(quantity), 0)::bigint FROM suyuan.batch) AS units,
               (SELECT coalesce(sum(upper(indexes) - lower(indexes)), 0)::bigint FROM suyuan.commissioning)
                   AS commissioned,
               (SELECT count(*) FROM suyuan.item_state WHERE events > 0) AS seen,
               (SELECT coalesce(sum(scans), 0)::bigint FROM suyuan.item_state) AS scans,
               (SELECT count(*) FROM suyuan.incident WHERE state <> 'closed') AS open_incidents
        """
    ).fetchone()
    return dict(row or {})
