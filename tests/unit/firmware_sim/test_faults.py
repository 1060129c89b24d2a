from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim.device import faults
from schemas import cose, topics
from schemas.errors import InvalidMessage, Rejected
from schemas.event import MAX_MESSAGE_BYTES, Event, decode_batch, encode_batch
from schemas.event_reader import read_event
from schemas.topics import Address

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))
EVENT = Event("/00/395212340000000017", 1_790_000_000_000_000, "shipping")


def message(sequence=7, events=(EVENT,)):
    payload = encode_batch(
        org_id="huadu", reader_id="dock", sequence=sequence, sent_at=EVENT.occurred_at, clock_bound_s=2, events=events
    )
    return cose.sign(payload, content_type=cose.CBOR, kid=b"k1", key=KEY)


def opened(data):
    envelope = cose.open_envelope(data)
    return envelope, decode_batch(envelope.payload, envelope.content_type)


def test_duplication_keeps_order_and_adds_only_copies():
    things = list(range(200))
    doubled = faults.duplicated(things, 0.3, Random(1))
    assert sorted(set(doubled)) == things
    assert doubled == sorted(doubled)
    assert 230 < len(doubled) < 290
    assert doubled == faults.duplicated(things, 0.3, Random(1))


def test_reordering_moves_nothing_beyond_its_window():
    things = list(range(200))
    shuffled = faults.reordered(things, 5, Random(1))
    assert shuffled != things
    assert sorted(shuffled) == things
    assert max(abs(position - thing) for position, thing in enumerate(shuffled)) <= 5


def test_what_an_offline_reader_holds_comes_in_one_burst_and_in_order():
    assert faults.offline([(1, "a"), (5, "b"), (6, "c"), (9, "d")], 4, 8) == [(1, "a"), (8, "b"), (8, "c"), (9, "d")]


def test_a_skewed_clock_shifts_the_time_and_nothing_else():
    late = faults.skewed(EVENT, -90.5)
    assert late.occurred_at == EVENT.occurred_at - 90_500_000
    assert faults.skewed(late, 90.5) == EVENT


def test_a_drifting_clock_is_right_at_first_and_wrong_by_the_day():
    day = 86_400_000_000
    events = [Event("/x", EVENT.occurred_at + n * day, "shipping") for n in range(3)]
    gained = [
        drifted.occurred_at - true.occurred_at for drifted, true in zip(faults.drifting(events, 5), events, strict=True)
    ]
    assert gained == [0, 300_000_000, 600_000_000]
    assert faults.drifting([], 5) == []


def test_no_flipped_bit_gets_past_the_signature():
    rng, original = Random(3), message()
    for _ in range(300):
        damaged = faults.corrupted(original, rng)
        assert damaged != original
        with pytest.raises(Rejected):
            # The key id is under the signature too, so that the right key refuses a message with another id.
            cose.open_envelope(damaged).verify(KEY.public_key())


def test_truncated_messages_and_garbage_are_refused():
    rng = Random(3)
    for data in [
        *(faults.truncated(message(), rng) for _ in range(50)),
        *(faults.garbage(80, rng) for _ in range(200)),
    ]:
        with pytest.raises(InvalidMessage):
            cose.open_envelope(data)


def test_an_oversize_message_is_larger_than_the_protocol_allows():
    assert len(faults.oversize(Random(1))) > MAX_MESSAGE_BYTES


def test_a_resigned_batch_says_the_same_under_a_key_that_does_not_fit():
    envelope, batch = opened(faults.resigned(message(), b"k1", OTHER))
    assert batch == opened(message())[1]
    envelope.verify(OTHER.public_key())
    with pytest.raises(InvalidMessage, match="bad_signature"):
        envelope.verify(KEY.public_key())


def test_an_equivocating_reader_signs_other_content_under_the_same_number():
    other = faults.same_sequence(message(), (faults.skewed(EVENT, 60),), b"k1", KEY)
    envelope, batch = opened(other)
    envelope.verify(KEY.public_key())
    assert batch.sequence == 7
    event = read_event(batch.events[0], envelope.content_type, now=EVENT.occurred_at + 10**9, clock_bound_s=2)
    assert event == faults.skewed(EVENT, 60)
    assert other != message()


def test_an_unknown_reader_speaks_on_its_own_topic_and_signs_properly():
    topic, data = faults.unknown_reader(Address("huadu", "stranger"), (EVENT,), 1, OTHER)
    assert topics.parse(topic).reader_id == "stranger"
    envelope, batch = opened(data)
    envelope.verify(OTHER.public_key())
    assert batch.reader_id == "stranger"


def test_a_faulty_wire_loses_doubles_and_damages_about_as_often_as_asked():
    carry = faults.faulty_wire(Random(5), duplicate=0.2, corrupt=0.1, lose=0.3)
    carried = [carry(b"message") for _ in range(2000)]
    assert sum(not each for each in carried) == pytest.approx(600, abs=80)
    assert sum(len(each) == 2 for each in carried) == pytest.approx(280, abs=60)
    assert sum(each[:1] not in ([], [b"message"]) for each in carried) == pytest.approx(140, abs=50)
