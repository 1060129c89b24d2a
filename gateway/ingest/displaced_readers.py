"""Readers that report from far away of the site that they name: a finding about the reader, once a day."""

from collections.abc import Sequence

from gateway.message.decoding import VerifiedBatch
from gateway.rules.displaced_reader import displaced
from gateway.store import findings
from gateway.store.connection import Connection
from gateway.store.sites import sites
from schemas.subject import ReaderSubject


def note_displaced(connection: Connection, batches: Sequence[VerifiedBatch], changed: set[str]) -> None:
    """Add what the batches' own positions say of their readers. Most have none, and cost nothing.

    Subjects whose alerts changed are added to ``changed``.
    """
    named = {
        event.event.read_point
        for batch in batches
        for event in batch.events
        if event.event.position is not None and event.event.read_point is not None
    }
    if not named:
        return
    places = {site_id: site.position for site_id, site in sites(connection, named).items()}
    found = [
        (batch.address.org_id, finding)
        for batch in batches
        for finding in displaced(
            ReaderSubject(batch.address.org_id, batch.address.reader_id),
            (event.event for event in batch.events),
            places,
        )
    ]
    # Of several batches of one reader and day the farthest stands.
    findings.add(connection, sorted(found, key=lambda owned: int(owned[1].details["km"])), changed)
