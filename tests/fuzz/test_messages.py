"""Any bytes at all are read as messages, or refused by an error of ours. Examples are good ones with some damage."""

import json
import uuid
from collections.abc import Callable

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.web import negotiation
from schemas import cose, reader_settings, receipt, sun, topics
from schemas.errors import SuyuanError
from schemas.event import Event, decode_batch, encode_batch
from schemas.event_reader import read_event

T0 = 1_780_000_000_000_000
_KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
_EVENT = Event("/01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB", T0, "receiving")
_BATCH = encode_batch(
    org_id="huadu", reader_id="line-1", sequence=1, sent_at=T0, clock_bound_s=2, events=[_EVENT], content_type=cose.CBOR
)
_ENVELOPE = cose.sign(_BATCH, content_type=cose.CBOR, kid=b"k1", key=_KEY)
_TAP = b"EF963FF7828658A599F3041510671E88/94EED9EE65337086"
_ACCEPT = b'text/html;q=0.9, application/linkset+json;profile="https://x"\nzh-CN, en;q=0.5'


def _events(data: bytes) -> object:
    batch = decode_batch(data, cose.CBOR)
    return [read_event(raw, cose.CBOR, now=T0, clock_bound_s=2) for raw in batch.events]


def _tap(data: bytes) -> object:
    picc_data, _, cmac = data.decode("latin-1").partition("/")
    return sun.verify(picc_data, cmac, meta_read_key=b"\0" * 16, key_of=lambda _: b"\0" * 16)


def _heads(data: bytes) -> object:
    accept, _, languages = data.decode("latin-1").partition("\n")
    return negotiation.wishes(accept, languages, ()), negotiation.negotiate_language(languages)


READERS: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "envelope": (cose.open_envelope, _ENVELOPE),
    "batch": (_events, _BATCH),
    "topic": (lambda data: topics.parse(data.decode("latin-1")), b"suyuan/v1/huadu/line-1/events"),
    "receipt": (receipt.from_json, b'{"v": 1, "seq": 1}'),
    "reader settings": (reader_settings.from_json, b'{"v": 1}'),
    "tap": (_tap, _TAP),
    "heads": (_heads, _ACCEPT),
}
CORPUS = [
    *(b"", b"\x00", b"\xff" * 64, b"\xd2\x84\x40\xa0\x40\x40", b"\x9f" * 200, b"\x81" * 2000, b"\xbf\x61a\x01"),
    cbor2.dumps({1: [1] * 20, 2: "x"}),
    cbor2.dumps([uuid.UUID(int=0).bytes, {"a": 1.5}, None]),
    *(
        b"[" * 500,
        b'{"v": 1e999}',
        b'{"v": "\\ud800"}',
        json.dumps({"v": [{}] * 50}).encode(),
        b"q=;q=,;;q",
        b"*/*;q=1e9",
    ),
]
"""What once went wrong somewhere, or looks as if it might: added to, never taken from."""


def read(name: str, data: bytes) -> None:
    """One run: nothing but an error of ours comes out, with a text that can stand in a log line."""
    reader, _ = READERS[name]
    try:
        reader(data)
    except SuyuanError as error:
        refused = str(error)
    else:
        return
    assert refused.isprintable()


@pytest.mark.parametrize("name", READERS)
def test_the_corpus_is_read_or_refused(name):
    for data in CORPUS:
        read(name, data)


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
@settings(max_examples=60)
def test_a_good_message_with_some_damage_is_read_or_refused(name, data):
    message = READERS[name][1]
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(message)))
        cut = place + data.draw(st.integers(0, 3))
        message = message[:place] + data.draw(st.binary(max_size=6) | st.sampled_from(CORPUS)) + message[cut:]
    read(name, message)
