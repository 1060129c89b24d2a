"""The ledger of issues: which ranges of codes were handed out, to whom, and how far."""

from datetime import datetime
from typing import Any

from psycopg.types.range import Int8Range

from resolver.store.session import Cursor, Row
from schemas.errors import Conflict, Invalid

_ISSUE = """
    issue_id, org_id, batch_number, layer, lower(indexes) AS first, upper(indexes) - lower(indexes) AS count,
    reason IS NOT NULL AS reissue, reason, token_label, requested_at, streams, streamed_at, finished_at, base_url
"""


def reserve(
    cursor: Cursor,
    batch: Row,
    *,
    issue_id: str,
    layer: str,
    first: int,
    count: int,
    base_url: str,
    reason: str | None,
    token_label: str,
    now: datetime,
) -> tuple[Row, bool]:
    """Reserve ``count`` units from index ``first`` under an id; the row, and whether it is new.

    The same request again gives the same row. ``reason`` is that of a reissue, None for a range that is new.

    :raises Conflict: when the id stands for another range or a part was issued before.
    :raises Invalid: when a reissue names units that were never issued.
    """
    cursor.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('suyuan/issue/' || %s || '/' || %s, 0))",
        [batch["org_id"], str(batch["batch_number"])],
    )
    wanted = {"batch_number": batch["batch_number"], "layer": layer, "first": first, "count": count, "reason": reason}
    issue = find(cursor, batch["org_id"], issue_id)
    if issue is not None:
        _require_same(issue, wanted)
        return issue, False
    indexes = Int8Range(first, first + count)
    if reason is None:
        _require_new(cursor, batch, layer, indexes)
    else:
        _require_issued(cursor, batch, layer, indexes)
    cursor.execute(
        "INSERT INTO suyuan.issue (org_id, issue_id, batch_number, layer, indexes, base_url, reason, token_label,"
        " requested_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (org_id, issue_id) DO NOTHING",
        [batch["org_id"], issue_id, batch["batch_number"], layer, indexes, base_url, reason, token_label, now],
    )
    row = find(cursor, batch["org_id"], issue_id)
    if row is None:
        raise LookupError("the issue was written a moment ago")
    _require_same(row, wanted)  # another batch's request may have taken the id meanwhile
    return row, True


def find(cursor: Cursor, org_id: str, issue_id: str) -> Row | None:
    """The issue of this id."""
    return cursor.execute(
        f"SELECT {_ISSUE} FROM suyuan.issue WHERE org_id = %s AND issue_id = %s",  # noqa: S608 -- the columns are a constant above
        [org_id, issue_id],
    ).fetchone()


def issues(cursor: Cursor, batch: Row, after: str, limit: int) -> list[Row]:
    """The issues of a batch, in order of id."""
    return cursor.execute(
        f"SELECT {_ISSUE} FROM suyuan.issue WHERE org_id = %s AND batch_number = %s AND issue_id > %s"  # noqa: S608 -- as above
        " ORDER BY issue_id LIMIT %s",
        [batch["org_id"], batch["batch_number"], after, limit],
    ).fetchall()


def note_stream(cursor: Cursor, org_id: str, issue_id: str, now: datetime) -> None:
    """Count one more stream of an issue's codes, before its first byte."""
    cursor.execute(
        "UPDATE suyuan.issue SET streams = streams + 1, streamed_at = %s WHERE org_id = %s AND issue_id = %s",
        [now, org_id, issue_id],
    )


def note_end(cursor: Cursor, org_id: str, issue_id: str, now: datetime) -> None:
    """Note that an issue's last code was handed over. The first time stays."""
    cursor.execute(
        "UPDATE suyuan.issue SET finished_at = coalesce(finished_at, %s) WHERE org_id = %s AND issue_id = %s",
        [now, org_id, issue_id],
    )


def _require_same(issue: Row, wanted: dict[str, Any]) -> None:
    if any(issue[name] != value for name, value in wanted.items()):
        raise Conflict(
            "exists",
            f"Issue {issue['issue_id']!r} is {issue['count']} {issue['layer']} codes from index {issue['first']}"
            f" of batch {issue['batch_number']}.",
            "Repeat that request, or choose another issue_id.",
            field="issue_id",
        )


def _require_new(cursor: Cursor, batch: Row, layer: str, indexes: Int8Range) -> None:
    taken = cursor.execute(
        "SELECT issue_id, lower(indexes) AS first, upper(indexes) - lower(indexes) AS count FROM suyuan.issue"
        " WHERE org_id = %s AND batch_number = %s AND layer = %s AND indexes && %s ORDER BY requested_at LIMIT 1",
        [batch["org_id"], batch["batch_number"], layer, indexes],
    ).fetchone()
    if taken is not None:
        raise Conflict(
            "overlap",
            f"{taken['count']} codes from index {taken['first']} were issued already, as {taken['issue_id']!r}.",
            "Continue that issue by its id, name other units, or ask for a reissue with its reason.",
            field="first",
            **taken,
        )


def _require_issued(cursor: Cursor, batch: Row, layer: str, indexes: Int8Range) -> None:
    covered = cursor.execute(
        "SELECT coalesce(range_agg(indexes) @> %s, false) AS covered FROM suyuan.issue"
        " WHERE org_id = %s AND batch_number = %s AND layer = %s",
        [indexes, batch["org_id"], batch["batch_number"], layer],
    ).fetchone()
    if covered is None or not covered["covered"]:
        raise Invalid(
            "never_issued",
            "Not all of these units were issued before.",
            "Issue the new ones without reissue.",
            field="reissue",
        )
