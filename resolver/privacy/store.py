"""What is stored under a phone's pseudonyms: read, and forgotten."""

from collections.abc import Iterator, Sequence

from resolver.store import Cursor, Row, Scope, Store
from resolver.store.session import PUBLIC

MOST = 500
"""Rows of a kind in one transaction, so that its locks last milliseconds."""


def organisations(store: Store) -> list[str]:
    """All organisations: to each a phone may have another name. Scans of nobody's goods are under ``""``."""
    with store.transaction(PUBLIC) as cursor:
        return ["", *(row["org_id"] for row in cursor.execute("SELECT org_id FROM suyuan.organisation"))]


def left_by(store: Store, pseudonyms: Sequence[str], most: int) -> list[Row]:
    """What the phone left, the newest first.

    Rows: ``kind`` (scan, report, opening, tag), ``at``, ``item_id``, the product's names, a place or None, what was
    ``said``, and whether a ``network`` is known.
    """
    with store.transaction(PUBLIC) as cursor:
        return cursor.execute("SELECT * FROM suyuan.left_by(%s, %s)", [list(pseudonyms), most]).fetchall()


def forget(cursor: Cursor, pseudonyms: Sequence[str], most: int = MOST) -> int:
    """Take the phone out of at most ``most`` rows of each kind; how many there were, 0 at the end."""
    row = cursor.execute("SELECT suyuan.forget_handset(%s, %s) AS forgotten", [list(pseudonyms), most]).fetchone()
    return 0 if row is None else int(row["forgotten"])


def forget_steps(store: Store, pseudonyms: Sequence[str]) -> Iterator[int]:
    """Forget the phone in steps, each a transaction of its own, until nothing is left; gives the rows of each."""
    while True:
        with store.transaction(Scope()) as cursor:
            forgotten = forget(cursor, pseudonyms)
        if not forgotten:
            return
        yield forgotten
