"""One transaction: messages or scans in, all that follows stored, and the receipts to send once it commits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway.authority.admission import Admission, named_sites
from gateway.ingest.displaced_readers import note_displaced
from gateway.ingest.false_scans import count_false_scans, false_scan_of
from gateway.ingest.guessing import note_guessing
from gateway.ingest.inbox import Delivery
from gateway.ingest.metrics import IngestCounters
from gateway.judge import RuleFailed, judge
from gateway.message.decoding import CodeReader, ReaderKeys, RefusedMessage, VerifiedBatch, address_of, decode
from gateway.rules.false_scans import FalseScan
from gateway.store import assessment_due, dead_letters, events, findings, outbox, sites
from gateway.store.connection import Connection
from gateway.store.event_batches import claim_sequences
from gateway.store.event_row import EventRow
from gateway.store.incidents import regroup
from gateway.store.keys import reader_keys
from gateway.store.readers import note_batches
from schemas import scan as scans
from schemas.errors import InvalidEvent, InvalidIdentifier
from schemas.event import message_digest
from schemas.evidence import Clue, Evidence, evidence_from_fields, is_evidence
from schemas.finding import Finding, Kind, Level
from schemas.receipt import Receipt, Rejection
from schemas.subject import ReaderSubject
from schemas.topics import RECEIPT, Address

OUTBOX_TOPIC = "outbox"
"""The topic that a consumer's scan is dead-lettered under."""

_SCAN_CLOCK_BOUND_S = 2


@dataclass(slots=True)
class TransactionResult:
    """What a transaction did: receipts by topic, in order; counters; and the batches that came for the first time."""

    receipts: list[tuple[str, Receipt]] = field(default_factory=list)
    counters: IngestCounters = field(default_factory=IngestCounters)
    fresh: list[VerifiedBatch] = field(default_factory=list)
    alerted: set[str] = field(default_factory=set)
    """Subjects whose alerts changed before judging."""


def take_messages(
    connection: Connection,
    deliveries: Sequence[Delivery],
    codes: CodeReader,
    *,
    now: int,
    rule_failed: RuleFailed,
    live: bool = True,
) -> TransactionResult:
    """Store and judge what readers sent, within the transaction open on ``connection``. ``now``: microseconds, UTC.

    ``live`` False: the messages did not arrive just now, so that nothing is learned of the readers' clocks.
    """
    result = TransactionResult()
    addresses = [address_of(delivery.topic) for delivery in deliveries]
    readers = {address for address in addresses if isinstance(address, Address)}
    keys = reader_keys(connection, readers) if readers else {}
    batches: list[VerifiedBatch] = []
    for delivery, address in zip(deliveries, addresses, strict=True):
        decoded = decode(delivery.topic, address, delivery.payload, keys, codes, now=now)
        result.counters.messages += 1
        if isinstance(decoded, VerifiedBatch):
            batches.append(decoded)
        else:
            _refuse(connection, decoded, result, now)
    batches = _admitted(connection, batches, keys)
    _take(connection, batches, result, now, rule_failed, live=live)
    return result


def take_batches(
    connection: Connection,
    batches: Sequence[VerifiedBatch],
    *,
    now: int,
    rule_failed: RuleFailed,
    live: bool = True,
) -> TransactionResult:
    """Store and judge event batches that are verified and admitted already, as :func:`take_messages` does its own."""
    result = TransactionResult()
    _take(connection, batches, result, now, rule_failed, live=live)
    return result


def take_scans(
    connection: Connection, page_size: int, codes: CodeReader, *, now: int, rule_failed: RuleFailed
) -> TransactionResult:
    """Store and judge the oldest ``page_size`` scans of the outbox, as :func:`take_messages` does readers' events.

    Scans of false codes are counted instead: they are in no item's history.
    """
    result = TransactionResult()
    rows: list[EventRow] = []
    false_scans: list[FalseScan] = []
    for fields in outbox.drain(connection, page_size):
        result.counters.received += 1
        result.counters.scans += 1
        try:
            if is_evidence(fields):
                _note_evidence(connection, evidence_from_fields(fields), result.alerted)
                result.counters.stored += 1
            else:
                row = _scan_row(fields, codes)
                false_scan = false_scan_of(row)
                if false_scan is None:
                    rows.append(row)
                else:
                    false_scans.append(false_scan)
        except (InvalidEvent, InvalidIdentifier) as error:
            _dead_letter_scan(connection, fields, Rejection(None, error.reason, error.detail), result, now)
    count_false_scans(connection, false_scans, now, result.alerted)
    _store(connection, rows, result, now, rule_failed)
    result.counters.stored += len(false_scans)
    return result


def _note_evidence(connection: Connection, evidence: Evidence, alerted: set[str]) -> None:
    if evidence.clue is Clue.ENUMERATION:
        note_guessing(connection, evidence, alerted)
    else:
        findings.add(connection, [(evidence.owner_org, evidence.to_finding())], alerted)
        assessment_due.note(connection, [evidence.item_id])


def dead_letter_next_scan(connection: Connection, detail: str, *, now: int) -> TransactionResult:
    """Move the outbox's oldest scan to the dead letters: the store refuses it although it passed every check."""
    result = TransactionResult()
    for fields in outbox.drain(connection, 1):
        result.counters.received += 1
        result.counters.scans += 1
        _dead_letter_scan(connection, fields, Rejection(None, "store_refused", detail), result, now)
    return result


def dead_letter_message(connection: Connection, delivery: Delivery, detail: str, *, now: int) -> TransactionResult:
    """Move a message to the dead letters: the store refuses it although it passed every check."""
    result = TransactionResult()
    result.counters.messages += 1
    address = address_of(delivery.topic)
    refused = RefusedMessage(
        topic=delivery.topic,
        message=delivery.payload,
        digest=message_digest(delivery.payload),
        address=address if isinstance(address, Address) else None,
        rejection=Rejection(None, "store_refused", detail),
    )
    _refuse(connection, refused, result, now)
    return result


def _take(
    connection: Connection,
    batches: Sequence[VerifiedBatch],
    result: TransactionResult,
    now: int,
    rule_failed: RuleFailed,
    *,
    live: bool,
) -> None:
    rows = _claimed_rows(connection, batches, result, now)
    note_displaced(connection, result.fresh, result.alerted)
    _store(connection, rows, result, now, rule_failed)
    if live:
        note_batches(connection, result.fresh, now)


def _store(
    connection: Connection, rows: list[EventRow], result: TransactionResult, now: int, rule_failed: RuleFailed
) -> None:
    if rows:
        stored = events.store(connection, rows, now)
        result.counters.stored += stored
        result.counters.duplicate += len(rows) - stored
        judge(
            connection,
            rows,
            now=now,
            all_new=stored == len(rows),
            rule_failed=rule_failed,
            changed=result.alerted,
        )
    else:
        regroup(connection, result.alerted)


def _refuse(connection: Connection, refused: RefusedMessage, result: TransactionResult, now: int) -> None:
    dead_letters.dead_letter_refused(connection, refused, now)
    result.counters.received += 1
    result.counters.rejected[refused.rejection.reason] += 1
    if refused.address is not None:
        receipt = Receipt(refused.digest, None, 0, 0, 1, now, (refused.rejection,))
        result.receipts.append((refused.address.topic(RECEIPT), receipt))


def _admitted(connection: Connection, batches: Sequence[VerifiedBatch], keys: ReaderKeys) -> list[VerifiedBatch]:
    """The batches without what their readers may not say at all. One query, whatever their number."""
    orgs = {batch.address.org_id for batch in batches}
    admission = Admission(*sites.named_site_owners(connection, named_sites(batches), orgs))
    return [admission.admit(batch, keys[batch.address][batch.kid].reader) for batch in batches]


def _claimed_rows(
    connection: Connection, batches: Sequence[VerifiedBatch], result: TransactionResult, now: int
) -> list[EventRow]:
    """The events of those batches that came for the first time; every batch gets its receipt."""
    rows: list[EventRow] = []
    if not batches:
        return rows
    for batch, claim in zip(batches, claim_sequences(connection, batches, now), strict=True):
        result.counters.received += batch.size
        receipt = claim.receipt
        if receipt is None:
            receipt = _conflict(connection, batch, result, now)
        elif claim.fresh:
            result.fresh.append(batch)
            rows += _rows(batch)
            if batch.rejections:
                dead_letters.dead_letter(connection, batch.topic, batch.message, batch.digest, batch.rejections, now)
            for rejection in batch.rejections:
                result.counters.rejected[rejection.reason] += 1
        else:
            result.counters.duplicate += batch.size
        result.receipts.append((batch.address.topic(RECEIPT), receipt))
    return rows


def _rows(batch: VerifiedBatch) -> list[EventRow]:
    org_id, reader_id, bound = batch.address.org_id, batch.address.reader_id, batch.clock_bound_s
    return [
        EventRow(event.event_id, event.event, event.checked, event.children, org_id, reader_id, bound)
        for event in batch.events
    ]


def _conflict(connection: Connection, batch: VerifiedBatch, result: TransactionResult, now: int) -> Receipt:
    """The sequence number was used before with other content: nothing is stored, and the reader is accused."""
    rejection = Rejection(None, "sequence_conflict", f"sequence {batch.sequence} was used with other content")
    dead_letters.dead_letter(connection, batch.topic, batch.message, batch.digest, [rejection], now)
    result.counters.rejected[rejection.reason] += batch.size
    address = batch.address
    finding = Finding(
        rule="sequence_conflict",
        kind=Kind.DEVICE,
        level=Level.ALERT,
        subject=str(ReaderSubject(address.org_id, address.reader_id)),
        occurred_at=min((event.event.occurred_at for event in batch.events), default=now),
        confidence=1.0,
        events=(batch.digest,),
        details={"sequence": batch.sequence},
    )
    findings.add(connection, [(address.org_id, finding)], result.alerted)
    return Receipt(batch.digest, batch.sequence, 0, 0, batch.size, now, (rejection,))


def _dead_letter_scan(
    connection: Connection, fields: dict[str, Any], rejection: Rejection, result: TransactionResult, now: int
) -> None:
    message = orjson.dumps(fields)
    dead_letters.dead_letter(connection, OUTBOX_TOPIC, message, message_digest(message), [rejection], now)
    result.counters.rejected[rejection.reason] += 1


def _scan_row(fields: dict[str, Any], codes: CodeReader) -> EventRow:
    scan = scans.scan_from_fields(fields)
    checked = codes.check(scan.uri)
    return EventRow(
        scan.scan_id,
        scan.to_event(),
        checked,
        (),
        scans.READER_ORG,
        scans.READER_ID,
        _SCAN_CLOCK_BOUND_S,
        scan.network,
        scan.operator,
    )
