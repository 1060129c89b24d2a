"""Forgetting a phone, by the pseudonyms that are stored of it."""

from collections.abc import Iterator, Sequence

from resolver.store import Cursor, Scope, Store

MOST = 500
"""Rows of a kind in one transaction, so that its locks last milliseconds."""


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
