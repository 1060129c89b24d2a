"""One transaction: messages and scans in, everything that follows from them stored, and what to tell the readers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway.ingest.inbox import Delivery
from gateway.ingest.metrics import Tally
from gateway.judge import RuleFailed, judge
from gateway.message.decoding import CodeReader, Opened, Refused, address_of, decode
from gateway.store import assessment_due, events, findings, outbox
from gateway.store.connection import Connection
from gateway.store.event_row import EventRow
from gateway.store.keys import reader_keys
from gateway.store.readers import note_batches
from schemas import scan as scans
from schemas.code import Checked
from schemas.errors import InvalidEvent, InvalidIdentifier
from schemas.event import message_digest
from schemas.evidence import evidence_from_fields, is_evidence
from schemas.finding import Finding, Kind, Level, reader_subject
from schemas.receipt import Receipt, Rejection
from schemas.topics import RECEIPT, Address

OUTBOX_TOPIC = "outbox"
"""The topic that a consumer's scan is dead-lettered under."""

_SCAN_CLOCK_BOUND_S = 2


@dataclass(slots=True)
class Outcome:
    """What a transaction did: receipts by topic, in order, the tally, and the batches that came for the first time."""

    receipts: list[tuple[str, Receipt]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    fresh: list[Opened] = field(default_factory=list)


def take_messages(
    connection: Connection,
    deliveries: Sequence[Delivery],
    codes: CodeReader,
    *,
    now: int,
    rule_failed: RuleFailed,
    live: bool = True,
) -> Outcome:
    """Store and judge what readers sent, within the transaction open on ``connection``. ``now``: microseconds, UTC.

    ``live`` False: they did not come just now, so that nothing is learned of the readers' clocks.
    """
    outcome = Outcome()
    addresses = {address for each in deliveries if (address := address_of(each.topic)) is not None}
    keys = reader_keys(connection, addresses) if addresses else {}
    opened: list[Opened] = []
    for delivery in deliveries:
        decoded = decode(delivery.topic, delivery.payload, keys, codes, now=now)
        outcome.tally.messages += 1
        if isinstance(decoded, Opened):
            opened.append(decoded)
        else:
            _refuse(connection, decoded, outcome, now)
    _store(connection, _claimed_rows(connection, opened, outcome, now), outcome, now, rule_failed)
    if live:
        note_batches(connection, outcome.fresh, now)
    return outcome


def take_scans(connection: Connection, most: int, codes: CodeReader, *, now: int, rule_failed: RuleFailed) -> Outcome:
    """Store and judge up to ``most`` scans of consumers, as :func:`take_messages` does with readers' events."""
    outcome = Outcome()
    rows: list[EventRow] = []
    for fields in outbox.drain(connection, most):
        outcome.tally.received += 1
        outcome.tally.scans += 1
        try:
            if is_evidence(fields):
                evidence = evidence_from_fields(fields)
                findings.add(connection, [(evidence.owner_org, evidence.to_finding())])
                assessment_due.note(connection, [evidence.item_id])
                outcome.tally.stored += 1
            else:
                rows.append(_scanned_row(fields, codes))
        except (InvalidEvent, InvalidIdentifier) as error:
            _bury_scan(connection, fields, Rejection(None, error.reason, error.detail), outcome, now)
    _store(connection, rows, outcome, now, rule_failed)
    return outcome


def bury_next_scan(connection: Connection, detail: str, *, now: int) -> Outcome:
    """Move the oldest scan to the dead letters: the store refuses it although it passed every check of ours."""
    outcome = Outcome()
    for fields in outbox.drain(connection, 1):
        outcome.tally.received += 1
        outcome.tally.scans += 1
        _bury_scan(connection, fields, Rejection(None, "store_refused", detail), outcome, now)
    return outcome


def bury_message(connection: Connection, delivery: Delivery, detail: str, *, now: int) -> Outcome:
    """Move a message to the dead letters: the store refuses it although it passed every check of ours."""
    outcome = Outcome()
    outcome.tally.messages += 1
    rejection = Rejection(None, "store_refused", detail)
    digest = message_digest(delivery.payload)
    refused = Refused(delivery.topic, delivery.payload, digest, address_of(delivery.topic), rejection)
    _refuse(connection, refused, outcome, now)
    return outcome


def _store(connection: Connection, rows: list[EventRow], outcome: Outcome, now: int, rule_failed: RuleFailed) -> None:
    if rows:
        stored = events.store(connection, rows, now)
        outcome.tally.stored += stored
        outcome.tally.duplicate += len(rows) - stored
        judge(connection, rows, all_new=stored == len(rows), rule_failed=rule_failed)


def _refuse(connection: Connection, refused: Refused, outcome: Outcome, now: int) -> None:
    events.bury_refused(connection, refused, now)
    outcome.tally.received += 1
    outcome.tally.rejected[refused.rejection.reason] += 1
    if refused.address is not None:
        receipt = Receipt(refused.digest, None, 0, 0, 1, now, (refused.rejection,))
        outcome.receipts.append((refused.address.topic(RECEIPT), receipt))


def _claimed_rows(connection: Connection, opened: Sequence[Opened], outcome: Outcome, now: int) -> list[EventRow]:
    rows: list[EventRow] = []
    if not opened:
        return rows
    for message, claim in zip(opened, events.claim(connection, opened, now), strict=True):
        outcome.tally.received += message.size
        receipt = claim.receipt
        if receipt is None:
            receipt = _conflict(connection, message, outcome, now)
        elif claim.fresh:
            outcome.fresh.append(message)
            rows += _rows(message)
            if message.rejections:
                events.bury(connection, message.topic, message.message, message.digest, message.rejections, now)
            for rejection in message.rejections:
                outcome.tally.rejected[rejection.reason] += 1
        else:
            outcome.tally.duplicate += message.size
        outcome.receipts.append((message.address.topic(RECEIPT), receipt))
    return rows


def _rows(message: Opened) -> list[EventRow]:
    org_id, reader_id, bound = message.address.org_id, message.address.reader_id, message.clock_bound_s
    return [
        EventRow(each.event_id, each.event, each.checked, each.children, org_id, reader_id, bound)
        for each in message.taken
    ]


def _conflict(connection: Connection, message: Opened, outcome: Outcome, now: int) -> Receipt:
    """The sequence number was used before with other content: nothing is stored, and the reader is named."""
    rejection = Rejection(None, "sequence_conflict", f"sequence {message.sequence} was used with other content")
    events.bury(connection, message.topic, message.message, message.digest, [rejection], now)
    outcome.tally.rejected[rejection.reason] += message.size
    address = message.address
    finding = Finding(
        rule="sequence_conflict",
        kind=Kind.DEVICE,
        level=Level.ALERT,
        subject=reader_subject(address.org_id, address.reader_id),
        occurred_at=_earliest(message, now),
        confidence=1.0,
        events=(message.digest,),
        details={"sequence": message.sequence},
    )
    findings.add(connection, [(address.org_id, finding)])
    return Receipt(message.digest, message.sequence, 0, 0, message.size, now, (rejection,))


def _earliest(message: Opened, now: int) -> int:
    return min((each.event.occurred_at for each in message.taken), default=now)


def _bury_scan(
    connection: Connection, fields: dict[str, Any], rejection: Rejection, outcome: Outcome, now: int
) -> None:
    message = orjson.dumps(fields)
    events.bury(connection, OUTBOX_TOPIC, message, message_digest(message), [rejection], now)
    outcome.tally.rejected[rejection.reason] += 1


def _scanned_row(fields: dict[str, Any], codes: CodeReader) -> EventRow:
    scan = scans.scan_from_fields(fields)
    checked: Checked = codes.check(scan.uri)
    origin = Address(scans.READER_ORG, scans.READER_ID)
    return EventRow(scan.scan_id, scan.to_event(), checked, (), origin.org_id, origin.reader_id, _SCAN_CLOCK_BOUND_S)
