"""Revocation of keys: requested by one, carried out by another's word, after a day, or at once by an operator."""

from typing import Any, LiteralString
from uuid import UUID

from resolver.store.session import Cursor, Row
from schemas.errors import Conflict, NotFound

_SHOWN: LiteralString = (
    "revocation_id, org_id, kind, key, reason, emergency, requested_by, requested_at, due_at, state, decided_by,"
    " decided_at"
)
_REQUEST: LiteralString = f"""
INSERT INTO suyuan.key_revocation (org_id, kind, key, reason, emergency, requested_by, requested_token)
VALUES (%(org_id)s, %(kind)s, %(key)s, %(reason)s, %(emergency)s, %(requested_by)s, %(requested_token)s)
RETURNING {_SHOWN}
"""  # noqa: S608 -- names of our own
_PENDING: LiteralString = f"""
SELECT {_SHOWN}, requested_token FROM suyuan.key_revocation WHERE org_id = %s AND revocation_id = %s FOR UPDATE
"""  # noqa: S608 -- names of our own


def require_live(cursor: Cursor, org_id: str, kind: str, key: str) -> None:
    """Refuse a key that is not there or was revoked before; ``key``: a seal key's number or a signing key's id.

    :raises NotFound: the organisation has no such key.
    :raises Conflict: it was revoked.
    """
    row = cursor.execute(
        "SELECT revoked_at FROM suyuan.seal_key"
        " WHERE %(kind)s = 'seal' AND org_id = %(org)s AND key_number::text = %(key)s"
        " UNION ALL SELECT revoked_at FROM suyuan.signing_key"
        " WHERE %(kind)s = 'signing' AND org_id = %(org)s AND kid = %(key)s",
        {"kind": kind, "org": org_id, "key": key},
    ).fetchone()
    if row is None:
        name = f"sealing key number {key}" if kind == "seal" else f"signing key {key!r}"
        raise NotFound("unknown_key", f"{org_id} has no {name}.")
    if row["revoked_at"] is not None:
        raise Conflict("revoked_key", f"It was revoked on {row['revoked_at']:%Y-%m-%d}.")


def request(cursor: Cursor, fields: dict[str, Any]) -> Row:
    """Ask for a revocation; gives it, or the one that waits already. ``emergency``: it is carried out with this.

    ``fields``: ``org_id``, ``kind``, ``key``, ``reason``, ``emergency``, ``requested_by``, and ``requested_token``, the
    token's id or None.
    """
    require_live(cursor, fields["org_id"], fields["kind"], fields["key"])
    waiting = cursor.execute(
        f"SELECT {_SHOWN} FROM suyuan.key_revocation"  # noqa: S608 -- names of our own
        " WHERE org_id = %(org_id)s AND kind = %(kind)s AND key = %(key)s AND state = 'pending'",
        fields,
    ).fetchone()
    row = waiting or cursor.execute(_REQUEST, fields).fetchone()
    if row is None:
        raise AssertionError("an insertion returns its row")
    return _carried_out(cursor, row, fields["requested_by"]) if fields["emergency"] else row


def confirm(cursor: Cursor, org_id: str, revocation_id: UUID, *, by: str, token_id: UUID) -> Row:
    """Carry a pending revocation out on a second person's word.

    :raises NotFound: there is no such request.
    :raises Conflict: it is not pending, or the same token or label requested it.
    """
    row = _pending(cursor, org_id, revocation_id)
    if row["requested_token"] == token_id or row["requested_by"] == by:
        raise Conflict("same_person", f"{by} requested it.", "Somebody else confirms, with a token of another label.")
    return _carried_out(cursor, row, by)


def cancel(cursor: Cursor, org_id: str, revocation_id: UUID, *, by: str) -> Row:
    """Call a pending revocation off.

    :raises NotFound: there is no such request.
    :raises Conflict: it is not pending.
    """
    _pending(cursor, org_id, revocation_id)
    cursor.execute(
        "UPDATE suyuan.key_revocation SET state = 'cancelled', decided_by = %s, decided_at = now()"
        " WHERE revocation_id = %s",
        [by, revocation_id],
    )
    return _shown(cursor, revocation_id)


def revocations(cursor: Cursor, org_id: str) -> list[Row]:
    """The newest 100 requests of an organisation."""
    return cursor.execute(
        f"SELECT {_SHOWN} FROM suyuan.key_revocation WHERE org_id = %s"  # noqa: S608 -- names of our own
        " ORDER BY requested_at DESC, revocation_id LIMIT 100",
        [org_id],
    ).fetchall()


def carry_out_due(cursor: Cursor) -> int:
    """Carry out what has waited for its day; how many there were."""
    row = cursor.execute("SELECT suyuan.carry_out_due_revocations() AS done").fetchone()
    return 0 if row is None else int(row["done"])


def _pending(cursor: Cursor, org_id: str, revocation_id: UUID) -> Row:
    row = cursor.execute(_PENDING, [org_id, revocation_id]).fetchone()
    if row is None:
        raise NotFound("unknown_revocation", f"{org_id} has no revocation {revocation_id}.")
    if row["state"] != "pending":
        raise Conflict("not_pending", f"It is {row['state']} already.")
    return row


def _carried_out(cursor: Cursor, row: Row, by: str) -> Row:
    cursor.execute("SELECT suyuan.carry_out_revocation(%s, %s)", [row["revocation_id"], by])
    return _shown(cursor, row["revocation_id"])


def _shown(cursor: Cursor, revocation_id: UUID) -> Row:
    row = cursor.execute(
        f"SELECT {_SHOWN} FROM suyuan.key_revocation WHERE revocation_id = %s",  # noqa: S608 -- names of our own
        [revocation_id],
    ).fetchone()
    if row is None:
        raise AssertionError("a request is never deleted")
    return row
