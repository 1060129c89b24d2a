from dataclasses import replace
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim.device import faults
from schemas import cose
from schemas.errors import Rejected
from schemas.event import Event, decode_batch, encode_batch
from schemas.event_reader import read_event

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
EVENT = Event("/00/395212340000000017", 1_790_000_000_000_000, "shipping")


def message(sequence=7, events=(EVENT,)):
    payload = encode_batch(
        org_id="huadu", reader_id="dock", sequence=sequence, sent_at=EVENT.occurred_at, clock_bound_s=2, events=events
    )
    return cose.sign(payload, content_type=cose.CBOR, kid=b"k1", key=KEY)


def opened(data):
    envelope = cose.open_envelope(data)
    return envelope, decode_batch(envelope.payload, envelope.content_type)


def test_no_flipped_bit_gets_past_the_signature():
    rng, original = Random(3), message()
    for _ in range(300):
        damaged = faults.corrupted(original, rng)
        assert damaged != original
        with pytest.raises(Rejected):
            # The key id is under the signature too, so that the right key refuses a message with another id.
            cose.open_envelope(damaged).verify(KEY.public_key())


def test_an_equivocating_reader_signs_other_content_under_the_same_number():
    stray = replace(EVENT, occurred_at=EVENT.occurred_at + 60_000_000)
    other = faults.same_sequence(message(), (stray,), b"k1", KEY)
    envelope, batch = opened(other)
    envelope.verify(KEY.public_key())
    assert batch.sequence == 7
    event = read_event(batch.events[0], envelope.content_type, now=EVENT.occurred_at + 10**9, clock_bound_s=2)
    assert event == stray
    assert other != message()


def test_a_faulty_wire_loses_doubles_and_damages_about_as_often_as_asked():
    carry = faults.faulty_wire(Random(5), duplicate=0.2, corrupt=0.1, lose=0.3)
    carried = [carry(b"message") for _ in range(2000)]
    assert sum(not messages for messages in carried) == pytest.approx(600, abs=80)
    assert sum(len(messages) == 2 for messages in carried) == pytest.approx(280, abs=60)
    assert sum(messages[:1] not in ([], [b"message"]) for messages in carried) == pytest.approx(140, abs=50)
