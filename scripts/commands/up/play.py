"""Playing a world: readers over MQTT with journals and receipts, phones over HTTP, the maker over its API.

Sent events are counted as the messages leave, resent ones included; the gateway counts them on its side.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from firmware_sim.device import faults
from firmware_sim.device.journal import Journal
from firmware_sim.device.keys import ReaderKey
from firmware_sim.device.pacing import Limits
from firmware_sim.device.phone import Phone
from firmware_sim.device.reader import Broker, Reader
from firmware_sim.world.plan import DeviceFault, MakerAction, PhoneScan, ReaderEvent, WorldPlan
from schemas import cose
from schemas.errors import StoreUnavailable
from schemas.event import Event, decode_batch, message_digest
from schemas.topics import Address
from scripts.commands.up.seed import KID, Progress, Seeded
from scripts.system.api_client import Client

DRAIN_S = 60.0
RECEIPT_S = 20.0

_LIMITS = Limits(events=100, age_s=0.5, resend_s=30)


@dataclass(slots=True)
class Sent:
    """Counts of sent events: a consumer's scan is one event, and so is a message that can't be parsed."""

    readers: int = 0
    scans: int = 0
    faults: int = 0
    receipts: int = 0
    last_message: dict[Address, bytes] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All events that the gateway must account for."""
        return self.readers + self.scans + self.faults


def play(
    seeded: Seeded, base_url: str, operator_token: str, broker: Broker, journals: Path, progress: Progress
) -> Sent:
    """Play every step of the plan; returns when each event batch has its receipt.

    The order of arrival differs from the order of events on purpose: judging must not depend on it.

    :raises StoreUnavailable: receipts are missing after a minute.
    """
    sent = Sent()
    journals.mkdir(mode=0o700, parents=True, exist_ok=True)
    maker = seeded.plan.catalogue.batches[0].org_id
    with Client(base_url, seeded.tokens[maker]) as client:
        _maker_actions(seeded.plan, client, "commission")
        with ExitStack() as stack:
            readers = _start_readers(seeded.readers, broker, journals, sent, stack)
            _read(seeded.plan, readers, progress)
            _misbehave(seeded, readers, sent)
            sent.receipts += sum(reader.statistics().receipts for reader in readers.values())
        _scan(seeded.plan, base_url, operator_token, sent, progress)
        _maker_actions(seeded.plan, client, "recall")
    return sent


def _start_readers(
    keys: Sequence[ReaderKey], broker: Broker, journals: Path, sent: Sent, stack: ExitStack
) -> dict[Address, Reader]:
    lock = Lock()
    readers: dict[Address, Reader] = {}
    for key in keys:
        journal = Journal(journals / f"{key.address.org_id}-{key.address.reader_id}.sqlite")
        stack.callback(journal.close)

        def count(message: bytes, address: Address = key.address) -> list[bytes]:
            with lock:
                sent.readers += _events_in(message)
                sent.last_message[address] = message
            return [message]

        reader = Reader(key.address, key.key, key.kid, journal, broker, clock=_clock, limits=_LIMITS, wire=count)
        readers[key.address] = stack.enter_context(reader)
    return readers


def _events_in(message: bytes) -> int:
    envelope = cose.open_envelope(message)
    return len(decode_batch(envelope.payload, envelope.content_type).events)


def _read(plan: WorldPlan, readers: dict[Address, Reader], progress: Progress) -> None:
    seen: dict[Address, list[Event]] = {}
    for step in plan.steps:
        if isinstance(step.action, ReaderEvent):
            seen.setdefault(Address(step.action.org_id, step.action.reader_id), []).append(step.action.event)
    total = sum(len(events) for events in seen.values())
    for address, events in seen.items():
        readers[address].scan(*events)
    deadline = time.monotonic() + DRAIN_S
    while True:
        statistics = [reader.statistics() for reader in readers.values()]
        done = sum(of_reader.stored + of_reader.duplicate + of_reader.rejected for of_reader in statistics)
        progress("readers send signed events, the gateway judges them", done, total)
        if done >= total:
            return
        if time.monotonic() > deadline:
            troubles = {of_reader.last_error for of_reader in statistics if of_reader.last_error}
            raise StoreUnavailable(f"{total - done} events have no receipt after {DRAIN_S:.0f} s {sorted(troubles)}")
        time.sleep(0.1)


def _misbehave(seeded: Seeded, readers: dict[Address, Reader], sent: Sent) -> None:
    """The plan's faulty devices, a message that was changed on its way, and bytes that are no message."""
    keys = {reader.address: reader.key for reader in seeded.readers}
    some = next(address for address in readers if address in sent.last_message)
    for step in seeded.plan.steps:
        if isinstance(step.action, DeviceFault):
            address = Address(step.action.org_id, step.action.reader_id)
            address = address if address in sent.last_message else some
            message = sent.last_message[address]
            if step.action.kind == "same_sequence":
                stray = Event(item=seeded.plan.units[0].uri, occurred_at=step.action.at, biz_step="inspecting")
                message = faults.same_sequence(message, (stray,), KID, keys[address])
            _raw(readers[address], message, _events_in(message), sent)
    damaged = bytearray(sent.last_message[some])
    damaged[-1] ^= 1
    _raw(readers[some], bytes(damaged), 1, sent)
    _raw(readers[some], b"\xffthis is not COSE", 1, sent)


def _raw(reader: Reader, message: bytes, events: int, sent: Sent) -> None:
    reader.publish_raw(message)
    sent.faults += events
    if reader.wait_for_receipt(message_digest(message), RECEIPT_S) is None:
        raise StoreUnavailable(f"no receipt for a faulty message within {RECEIPT_S:.0f} s")
    sent.receipts += 1


def _scan(plan: WorldPlan, base_url: str, operator_token: str, sent: Sent, progress: Progress) -> None:
    scans = [step.action for step in plan.steps if isinstance(step.action, PhoneScan)]
    with Phone(base_url, operator_token) as phone:
        for scan in scans:
            phone.scan(scan)
            sent.scans += 1
            progress("consumers scan with their phones", sent.scans, len(scans))


def _maker_actions(plan: WorldPlan, maker: Client, kind: str) -> None:
    for step in plan.steps:
        action = step.action
        if not isinstance(action, MakerAction) or action.kind != kind:
            continue
        if kind == "recall":
            maker.post(f"/api/v1/batches/{action.lot}/recall", {"reason": action.reason, "reason_zh": action.reason_zh})
        else:
            maker.post(
                f"/api/v1/batches/{action.lot}/commissioning",
                {
                    "first": action.first,
                    "count": action.end - action.first,
                    "at": datetime.fromtimestamp(action.at / 1_000_000, UTC).isoformat(),
                },
            )


def _clock() -> int:
    return time.time_ns() // 1000
