"""Readers as principals, the pure parts: proofs, settings from afar, the clock that is learned, a health in a word."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.device.pacing import Limits
from gateway.message.clock_offset import MIN_DELAYS, WINDOW, clock_offset, with_delay
from resolver.reader.health import state_of
from schemas import enrolment, reader_settings
from schemas.errors import InvalidMessage
from schemas.reader_settings import RANGES, ReaderSettings
from schemas.topics import Address

VECTORS = json.loads((Path(enrolment.__file__).parent / "vectors" / "enrolment.json").read_text())
KEY, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
PUBLIC = KEY.public_key().public_bytes_raw()
TOKEN = enrolment.TOKEN_PREFIX + "T" * 43


def request(**change):
    proof = KEY.sign(enrolment.enrolment_text(TOKEN, b"k1", PUBLIC))
    fields = {"token": TOKEN, "kid": b"k1".hex(), "public_key": PUBLIC.hex(), "proof": proof.hex()}
    return json.dumps(fields | change).encode()


def test_the_golden_requests_are_proven_and_their_texts_are_the_contracts():
    enrolling = VECTORS["enrolment"]
    asked = enrolment.redemption_from_json(json.dumps(enrolling["request"]).encode())
    assert asked.proven
    text = enrolment.enrolment_text(asked.token, asked.kid, asked.public_key)
    assert text.hex() == enrolling["signed_text"]
    rotating = VECTORS["rotation"]
    part = {name: bytes.fromhex(value) for name, value in rotating["request"].items()}
    text = enrolment.rotation_text(
        Address(rotating["org"], rotating["reader"]), part["kid"], part["new_kid"], part["public_key"]
    )
    assert text.hex() == rotating["signed_text"]
    old = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(rotating["old_key_seed"])).public_key()
    assert enrolment.holds(old.public_bytes_raw(), part["signature"], text)
    assert enrolment.holds(part["public_key"], part["proof"], text)


@pytest.mark.parametrize(
    "change",
    [
        {"token": enrolment.TOKEN_PREFIX + "U" * 43},
        {"kid": b"k2".hex()},
        {"public_key": OTHER.public_key().public_bytes_raw().hex()},
        {"proof": "00" * 64},
        {"public_key": "ff" * 32},
    ],
)
def test_a_proof_is_good_for_its_own_token_key_and_id_only(change):
    assert enrolment.redemption_from_json(request()).proven
    assert not enrolment.redemption_from_json(request(**change)).proven


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("token", None),
        ("token", "enrol_short"),
        ("token", "suyuan_" + "T" * 43),
        ("kid", ""),
        ("kid", "k1"),
        ("kid", "00" * 33),
        ("public_key", "00" * 31),
        ("proof", 7),
        ("proof", "00" * 63 + "0 "),
    ],
)
def test_a_request_that_is_none_names_the_field(field, value):
    with pytest.raises(InvalidMessage, match=field):
        enrolment.redemption_from_json(request(**{field: value}))


@given(st.binary(max_size=200))
def test_noise_is_no_request_and_no_settings(noise):
    for read in (enrolment.redemption_from_json, reader_settings.from_json):
        with pytest.raises(InvalidMessage):
            read(noise)


@given(
    st.builds(
        ReaderSettings,
        revision=st.integers(1, 1 << 60),
        **{name: st.none() | st.integers(*bounds) for name, bounds in RANGES.items()},
    )
)
def test_settings_survive_their_topic_and_a_reader_can_work_by_them(settings):
    assert reader_settings.from_json(settings.to_json()) == settings
    limits = Limits().with_settings(settings)
    assert limits.events == (settings.batch_events or Limits().events)
    assert limits.age_s == (Limits().age_s if settings.batch_age_ms is None else settings.batch_age_ms / 1000)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"revision": True},
        {"revision": "1"},
        {"revision": 1, "batch_events": 0},
        {"revision": 1, "batch_events": 1001},
        {"revision": 1, "batch_age_ms": -1},
        {"revision": 1, "in_flight": "many"},
        {"revision": 1, "resend_s": 1.5},
    ],
)
def test_settings_that_can_not_be_kept_are_refused_whole(payload):
    with pytest.raises(InvalidMessage):
        reader_settings.from_json(json.dumps(payload).encode())


def test_a_later_versions_settings_are_passed_over():
    told = reader_settings.from_json(b'{"revision": 2, "batch_events": 7, "colour": "red"}')
    assert told == ReaderSettings(2, batch_events=7)


SECOND = 1_000_000


@given(
    st.integers(-3600 * SECOND, 3600 * SECOND),
    st.lists(st.integers(0, 2 * SECOND), min_size=WINDOW // 2 + 1, max_size=WINDOW // 2 + 1),
    st.lists(st.integers(3600 * SECOND, 1 << 50), max_size=WINDOW // 2),
    st.randoms(use_true_random=False),
)
def test_the_learned_offset_stays_within_the_honest_delays_with_half_of_the_window_late(offset, prompt, late, random):
    delays = [offset + way for way in (*prompt, *late)]
    random.shuffle(delays)
    learned = clock_offset(delays)
    assert learned is not None
    assert offset <= learned <= offset + 2 * SECOND


def test_one_stray_difference_does_not_move_the_offset():
    delays = [5 * SECOND + n * 1000 for n in range(20)]
    assert abs(clock_offset([*delays, -900 * SECOND]) - clock_offset(delays)) <= 1000


def test_a_clock_that_is_set_right_is_believed_once_the_window_has_moved_on():
    window = [3600 * SECOND] * WINDOW
    for _ in range(WINDOW):
        window = with_delay(window, SECOND)
    assert len(window) == WINDOW
    assert clock_offset(window) == SECOND
    assert clock_offset([SECOND] * (MIN_DELAYS - 1)) is None


NOW = datetime(2026, 3, 1, tzinfo=UTC)
HEALTHY = {"revoked_at": None, "last_seen": NOW, "clock_offset_us": 20_000, "online": True}


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, "healthy"),
        ({"online": None}, "healthy"),
        ({"online": False}, "offline"),
        ({"clock_offset_us": None}, "healthy"),
        ({"clock_offset_us": -61 * SECOND}, "clock"),
        ({"last_seen": NOW - timedelta(hours=25)}, "silent"),
        ({"last_seen": None}, "new"),
        ({"last_seen": None, "revoked_at": NOW}, "revoked"),
    ],
)
def test_a_readers_health_in_one_word(change, state):
    assert state_of(HEALTHY | change, NOW) == state
