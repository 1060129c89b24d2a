"""Cases in which a message or an acknowledgement is faulty."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

from firmware_sim.device.pacing import Limits
from firmware_sim.device.reader import Reader
from gateway.ingest.batching import Limits as BatchLimits
from gateway.ingest.inbox import Delivery
from gateway.ingest.mqtt_inbox import MqttInbox
from gateway.settings import Settings
from schemas import cose, topics
from schemas.event import Event, encode_batch, message_digest
from scripts.commands.chaos.readers import LIMITS, ReaderGroup, now
from scripts.commands.chaos.result import Result, Skipped
from scripts.system.fixtures import KID, Device
from scripts.system.under_test import SystemUnderTest

_ONCE = Limits(events=1, age_s=0, resend_s=3600, max_resend_s=3600)
_SMALL_BATCH = BatchLimits(100, 1 << 20, 0.05)

_REFUSE = """
CREATE FUNCTION suyuan.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.biz_step = 'void_shipping' THEN
        RAISE EXCEPTION 'a row that this store does not take' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse BEFORE INSERT ON suyuan.event FOR EACH ROW EXECUTE FUNCTION suyuan.refuse()
"""
_STORED = "SELECT count(*) FROM suyuan.event WHERE reader_id = %s"


def stale_acknowledgement(folder: Path, _rng: Random, *, quick: bool) -> Result:  # noqa: ARG001 -- it is short as it is
    """A message is acknowledged after the broker lost its sessions and gave its packet id to another message.

    The other message's reader is gone by then and does not resend: only the broker can still deliver it.
    """
    with SystemUnderTest(folder, "mosquitto", workers=0) as system:
        devices = [system.enrol("before"), system.enrol("after")]
        group = ReaderGroup(system, devices, folder / "journals", _ONCE)
        before, after = group.readers
        inbox = MqttInbox(Settings.from_env(system.worker_environment()), slot=0)
        inbox.start()
        _wait(lambda: inbox.connected)
        unacknowledged = _sent_by(before, group, 0, inbox)
        system.active_broker.kill()
        for path in (system.state / "mosquitto").glob("mosquitto.db*"):
            path.unlink()
        system.active_broker.start()
        _wait(lambda: inbox.connected)
        other = _sent_by(after, group, 1, inbox)
        stale = inbox.ack([unacknowledged])
        inbox.stop()
        if unacknowledged.handle != other.handle:
            raise Skipped(f"packet ids {unacknowledged.handle} and {other.handle} differ: nothing could be mixed up")
        system.workers = 1
        system.start_workers()
        _wait(lambda: _stored(system, "after") > 0, 10)
        delivered = _stored(system, "after")
        # The first message's reader comes back and resends from its journal.
        with ReaderGroup(system, devices[:1], folder / "journals") as resending:
            resending.settle()
        result = group.result(
            f"{stale} dropped; the broker still had the other message: {'yes' if delivered else 'no'}"
        )
        return replace(result, wrong=int(stale != 1))


def poison(folder: Path, rng: Random, *, quick: bool) -> Result:
    """Invalid messages of every kind among valid ones, which must be stored all the same."""
    rounds = 2 if quick else 10
    with SystemUnderTest(folder, "nats") as system:
        with system.owner() as owner:
            owner.execute(_REFUSE)
        devices = [system.enrol(f"reader-{number}") for number in range(4)]
        bad = system.enrol("poisoner")
        group = ReaderGroup(system, [*devices, bad], folder / "journals", LIMITS)
        messages = [message for number in range(rounds) for message in poisons(bad, number, rng)]

        def spoil() -> None:
            for message in messages:
                group.readers[-1].publish_raw(message)
                time.sleep(0.02)
            time.sleep(0.5)

        with group:
            group.work(200, spoil)
            group.settle()
            digests = [bytes.fromhex(message_digest(message)) for message in messages]
            query = "SELECT count(*) FROM suyuan.dead_message WHERE digest = ANY (%s)"
            with system.owner() as owner:
                _wait(lambda: owner.execute(query, [digests]).fetchone() == (len(messages),))
                (dead,) = owner.execute(query, [digests]).fetchone() or (0,)
            result = group.result(f"{dead} of {len(messages)} poisoned messages are dead letters")
        return replace(result, wrong=len(messages) - dead)


def poisons(device: Device, number: int, rng: Random) -> list[bytes]:
    """One invalid message of each kind. ``number`` makes them differ from those of another round."""
    sequence = 1_000_000 * (number + 1)

    def signed(payload: bytes, content_type: int = cose.CBOR) -> bytes:
        return cose.sign(payload, content_type=content_type, kid=KID, key=device.key)

    def batch(events: tuple[Event, ...], at: int) -> bytes:
        return encode_batch(
            org_id=device.address.org_id,
            reader_id=device.address.reader_id,
            sequence=sequence + at,
            sent_at=now(),
            clock_bound_s=2,
            events=events,
        )

    def seen(step: str, at: int) -> Event:
        return Event("/01/09521234000013/21/ABC", now() + at, step)

    fine = signed(batch((seen("inspecting", 0),), 0))
    return [
        rng.randbytes(200),
        fine[:-1] + bytes([fine[-1] ^ 1]),
        signed(b"\x81" * 100_000 + bytes([number])),
        signed(b"\x9f" + b"\x80" * 900_000 + bytes([0xFF, number])),
        signed(b"[" * 100_000 + str(number).encode(), cose.JSON),
        signed(batch(tuple(seen("inspecting", n) for n in range(1001)), 1)),
        rng.randbytes((1 << 20) + 1),
        signed(batch((seen("void_shipping", 0),), 2)),
    ]


def _sent_by(reader: Reader, group: ReaderGroup, number: int, inbox: MqttInbox) -> Delivery:
    """The delivery of the only message of a reader that scans once and never comes back."""
    reader.start()
    group.scan(number)
    topic = reader.address.topic(topics.EVENTS)
    deadline = time.monotonic() + 20
    deliveries: list[Delivery] = []
    while not deliveries and time.monotonic() < deadline:
        deliveries = [delivery for delivery in inbox.take(_SMALL_BATCH, 0.2) if delivery.topic == topic]
    reader.stop()
    reader.journal.close()
    if not deliveries:
        raise Skipped(f"the message of {topic} never arrived")
    return deliveries[0]


def _stored(system: SystemUnderTest, reader_id: str) -> int:
    with system.owner() as owner:
        row = owner.execute(_STORED, [reader_id]).fetchone()
    return 0 if row is None else int(row[0])


def _wait(condition: Callable[[], bool], seconds: float = 20) -> bool:
    """Wait until ``condition()`` is true; False when it is not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
