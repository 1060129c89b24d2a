"""The audit log, chained and read. Rows come from :mod:`resolver.access.audit`."""

from typing import LiteralString

from resolver.store.session import Cursor, Row

_LISTED: LiteralString = """
SELECT number, looked_at AS at, org_id, token_label AS actor, act, request, encode(body_digest, 'hex') AS body_digest,
       encode(digest, 'hex') AS digest
FROM suyuan.oversight_log WHERE number > %s ORDER BY number LIMIT %s
"""


def chain(cursor: Cursor) -> None:
    """Give their places in the chain to the rows that were committed since, at most 1,000 of them."""
    cursor.execute("SELECT suyuan.chain_audit()")


def listed(cursor: Cursor, after: int, limit: int) -> list[Row]:
    """The rows that the transaction may see, in the order of the chain, behind number ``after``."""
    return cursor.execute(_LISTED, [after, limit]).fetchall()


def fault(cursor: Cursor) -> int | None:
    """The number of the first row that is not what was chained, or whose predecessor is gone; None: all are there."""
    row = cursor.execute("SELECT suyuan.audit_fault() AS number").fetchone()
    return None if row is None else row["number"]


def head(cursor: Cursor) -> Row | None:
    """The chain's last row, as far as the transaction sees it: its ``number`` and ``digest``."""
    return cursor.execute(
        "SELECT number, encode(digest, 'hex') AS digest FROM suyuan.oversight_log WHERE number IS NOT NULL"
        " ORDER BY number DESC LIMIT 1"
    ).fetchone()
