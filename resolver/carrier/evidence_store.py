"""Evidence for the gateway, in the outbox that it drains."""

from collections.abc import Sequence

from psycopg.types.json import Jsonb

from resolver.store.session import Cursor
from schemas.evidence import Evidence


def add_evidence(cursor: Cursor, evidence: Sequence[Evidence]) -> None:
    """Append evidence to the outbox."""
    for clue in evidence:
        cursor.execute("INSERT INTO suyuan.outbox (scan) VALUES (%s)", [Jsonb(clue.to_fields())])
