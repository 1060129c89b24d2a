"""Event batches: each sequence number of a reader is claimed once, with the receipt that it is answered by."""

import json
from collections.abc import Mapping, Sequence
from typing import LiteralString, NamedTuple

from gateway.message.decoding import VerifiedBatch
from gateway.store.connection import Connection
from schemas.moment import to_datetime, to_microseconds
from schemas.receipt import Receipt, Rejection


class Claim(NamedTuple):
    """What became of a batch's claim to its sequence number.

    ``fresh``: this transaction owns it. Otherwise ``receipt`` is the one that was given before, or None when the number
    was used with other content.
    """

    fresh: bool
    receipt: Receipt | None


class _Key(NamedTuple):
    org_id: str
    reader_id: str
    sequence: int


_CLAIM: LiteralString = """
INSERT INTO suyuan.event_batch
    (org_id, reader_id, sequence, digest, kid, recorded_at, stored, duplicate, rejected, rejections)
SELECT org_id, reader_id, sequence, digest, kid, %s, stored, 0, rejected, rejections
FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bytea[], %s::bytea[], %s::int[], %s::int[], %s::jsonb[])
    AS new (org_id, reader_id, sequence, digest, kid, stored, rejected, rejections)
ORDER BY org_id, reader_id, sequence
ON CONFLICT DO NOTHING
RETURNING org_id, reader_id, sequence
"""

_RECEIPTS: LiteralString = """
SELECT org_id, reader_id, sequence, digest, recorded_at, stored, duplicate, rejected, rejections
FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS wanted (org_id, reader_id, sequence)
JOIN suyuan.event_batch USING (org_id, reader_id, sequence)
"""


def claim_sequences(connection: Connection, batches: Sequence[VerifiedBatch], now: int) -> list[Claim]:
    """Claim each batch's (reader, sequence), in one order for all workers; of two with one number the first counts.

    ``now``: microseconds, UTC.
    """
    first_by_key: dict[_Key, VerifiedBatch] = {}
    for batch in batches:
        first_by_key.setdefault(_key(batch), batch)
    fresh = _insert(connection, [first_by_key[key] for key in sorted(first_by_key)], now)
    receipts = _receipts(connection, sorted(first_by_key.keys() - fresh))
    claims = []
    for batch in batches:
        key = _key(batch)
        first = first_by_key[key]
        receipt = receipts[key] if key in receipts else _receipt(first, now)
        claims.append(Claim(key in fresh and batch is first, receipt if receipt.digest == batch.digest else None))
    return claims


def _insert(connection: Connection, batches: Sequence[VerifiedBatch], now: int) -> set[_Key]:
    """Insert batches whose numbers nobody has used; returns which these are."""
    rows = connection.execute(
        _CLAIM,
        [
            to_datetime(now),
            [batch.address.org_id for batch in batches],
            [batch.address.reader_id for batch in batches],
            [batch.sequence for batch in batches],
            [bytes.fromhex(batch.digest) for batch in batches],
            [batch.kid for batch in batches],
            [len(batch.events) for batch in batches],
            [len(batch.rejections) for batch in batches],
            [json.dumps([[r.position, r.reason, r.detail] for r in batch.rejections]) for batch in batches],
        ],
    )
    return {_Key._make(row) for row in rows}


def _receipts(connection: Connection, keys: Sequence[_Key]) -> Mapping[_Key, Receipt]:
    """The receipts of batches that came before."""
    if not keys:
        return {}
    rows = connection.execute(
        _RECEIPTS, [[key.org_id for key in keys], [key.reader_id for key in keys], [key.sequence for key in keys]]
    )
    return {
        _Key(org_id, reader_id, sequence): Receipt(
            digest=digest.hex(),
            sequence=sequence,
            stored=stored,
            duplicate=duplicate,
            rejected=rejected,
            recorded_at=to_microseconds(recorded_at),
            rejections=tuple(Rejection(*rejection) for rejection in rejections),
        )
        for org_id, reader_id, sequence, digest, recorded_at, stored, duplicate, rejected, rejections in rows
    }


def _receipt(batch: VerifiedBatch, now: int) -> Receipt:
    """The receipt of a batch that this transaction takes in."""
    return Receipt(batch.digest, batch.sequence, len(batch.events), 0, len(batch.rejections), now, batch.rejections)


def _key(batch: VerifiedBatch) -> _Key:
    return _Key(batch.address.org_id, batch.address.reader_id, batch.sequence)
