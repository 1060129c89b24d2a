"""Which signed batch an event came in: the gateway stores no event of a reader whose signature it has not verified."""

from collections.abc import Iterable
from typing import LiteralString
from uuid import UUID

from resolver.store.public_pool import PublicReader
from resolver.store.session import Row
from resolver.verdict.facts import HistoryRow, Signature
from schemas.event import event_ids

_BATCHES: LiteralString = """
SELECT org_id, reader_id, recorded_at, sequence, digest, kid, stored + rejected AS events
FROM (SELECT DISTINCT * FROM unnest(%s::text[], %s::text[], %s::timestamptz[]) AS u (org_id, reader_id, recorded_at))
    AS wanted
JOIN suyuan.event_batch AS b USING (org_id, reader_id, recorded_at)
"""


def signatures(reader: PublicReader, rows: Iterable[HistoryRow]) -> dict[UUID, Signature]:
    """The signature over each event's batch, by event id; an event that came in no batch on record is left out."""
    wanted = {row.event_id: row for row in rows if row.audience != "consumer"}
    if not wanted:
        return {}
    origins = [
        [row.reader_org for row in wanted.values()],
        [row.reader_id for row in wanted.values()],
        [row.recorded_at for row in wanted.values()],
    ]
    found: dict[UUID, Signature] = {}
    for batch in reader.execute(_BATCHES, origins).fetchall():
        for event_id in event_ids(batch["org_id"], batch["reader_id"], batch["sequence"], batch["events"]):
            if event_id in wanted:
                found[event_id] = _signature(batch)
    return found


def _signature(batch: Row) -> Signature:
    kid = batch["kid"]
    return Signature(None if kid is None else bytes(kid).hex(), batch["sequence"], bytes(batch["digest"]).hex())
