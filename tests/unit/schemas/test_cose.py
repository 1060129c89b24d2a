import tracemalloc

import cbor2
import cwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from schemas import cose
from schemas.errors import InvalidMessage
from schemas.event import MAX_MESSAGE_BYTES

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
MESSAGE = cose.sign(b"payload", content_type=cose.CBOR, kid=b"k-1", key=KEY)
HEADER = {1: -8, 3: 60, 4: b"k-1"}


def array(protected=None, payload=b"payload", signature=bytes(64), unprotected=None):
    protected = cbor2.dumps(HEADER) if protected is None else protected
    return cbor2.dumps([protected, {} if unprotected is None else unprotected, payload, signature])


def reason(message):
    with pytest.raises(InvalidMessage) as refused:
        cose.open_envelope(message)
    assert refused.value.detail.isprintable()
    assert len(refused.value.detail) <= 300
    return refused.value.reason


def test_what_we_sign_an_independent_implementation_verifies():
    key = cwt.COSEKey.from_pem(PEM, alg="EdDSA", kid="k-1")
    protected, unprotected, payload = cwt.COSE.new().decode_with_headers(MESSAGE, key)
    assert payload == b"payload"
    assert protected == HEADER
    assert unprotected == {}


def test_what_an_independent_implementation_signs_we_verify():
    key = cwt.COSEKey.from_pem(PEM, alg="EdDSA", kid="k-1")
    message = cwt.COSE.new().encode_and_sign(b"payload", key, protected=dict(HEADER), unprotected={})
    envelope = cose.open_envelope(message)
    envelope.verify(KEY.public_key())
    assert (envelope.kid, envelope.content_type, envelope.payload) == (b"k-1", cose.CBOR, b"payload")


def test_the_tag_may_be_left_out():
    assert MESSAGE[0] == 0xD2
    assert cose.open_envelope(MESSAGE[1:]) == cose.open_envelope(MESSAGE)


@pytest.mark.parametrize("content_type", [cose.CBOR, cose.JSON])
@given(payload=st.binary(max_size=300), kid=st.binary(max_size=40))
def test_every_payload_survives_and_verifies(content_type, payload, kid):
    envelope = cose.open_envelope(cose.sign(payload, content_type=content_type, kid=kid, key=KEY))
    envelope.verify(KEY.public_key())
    assert (envelope.payload, envelope.kid, envelope.content_type) == (payload, kid, content_type)


def test_one_wrong_byte_is_never_accepted():
    head = len(MESSAGE) - 64 - len(b"payload")
    for position in range(len(MESSAGE)):
        for change in range(1, 256) if position < head else (1, 2, 4, 8, 16, 32, 64, 128):
            damaged = bytearray(MESSAGE)
            damaged[position] ^= change
            with pytest.raises(InvalidMessage):
                cose.open_envelope(bytes(damaged)).verify(KEY.public_key())


def test_another_key_or_payload_does_not_verify():
    envelope = cose.open_envelope(MESSAGE)
    with pytest.raises(InvalidMessage) as refused:
        envelope.verify(OTHER.public_key())
    assert refused.value.reason == "bad_signature"
    moved = cose.open_envelope(array(payload=b"another", signature=envelope.signature))
    with pytest.raises(InvalidMessage):
        moved.verify(KEY.public_key())


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xd2",
        b"hello",
        b"\x00",
        MESSAGE + b"\x00",
        MESSAGE[:-1],
        b"\xd1" + MESSAGE[1:],
        b"\xd8\x12" + MESSAGE[1:],
        cbor2.dumps({1: 2}),
        cbor2.dumps([]),
        cbor2.dumps([b"", {}, b"p"]),
        array(signature=bytes(63)),
        array(signature="s" * 64),
        array(payload=None),
        array(protected="text"),
        array(protected=b""),
        array(protected=b"\xff"),
        array(protected=cbor2.dumps([1, 2])),
        array(protected=cbor2.dumps({1: -8, 3: 60})),
        array(protected=cbor2.dumps({1: -8, 3: 60, 4: "text"})),
    ],
)
def test_what_is_no_envelope_is_unreadable(message):
    assert reason(message) == "unreadable"


@pytest.mark.parametrize(
    "header",
    [
        {3: 60, 4: b"k"},
        {1: -7, 3: 60, 4: b"k"},
        {1: "EdDSA", 3: 60, 4: b"k"},
        {1: bytes(100_000), 3: 60, 4: b"k"},
        {1: -8, 4: b"k"},
        {1: -8, 3: "application/cbor", 4: b"k"},
        {1: -8, 3: [[[[[0]]]]], 4: b"k"},
        {1: -8, 2: [99], 3: 60, 4: b"k", 99: 0},
    ],
)
def test_what_this_gateway_does_not_speak_is_unsupported(header):
    assert reason(array(protected=cbor2.dumps(header))) == "unsupported"


SIZE = MAX_MESSAGE_BYTES // 8
BOMBS = {
    "a string that says it has a tebibyte": bytes.fromhex("5b0000010000000000"),
    "text that says so": bytes.fromhex("7b0000010000000000"),
    "an array that says so": bytes.fromhex("9b3fffffffffffffff"),
    "a map that says so": bytes.fromhex("bb0000010000000000"),
    "arrays in arrays": b"\x81" * (SIZE - 1) + b"\x00",
    "arrays without end": b"\x9f" * SIZE,
    "maps in maps": b"\xa1\x00" * (SIZE // 2),
    "maps in keys of maps": b"\xa1" * SIZE,
    "tags in tags": b"\xc1" * SIZE,
    "a number of a gigabit": cbor2.dumps(cbor2.CBORTag(5, [10**9, 3])),
    "a regular expression that takes seconds": cbor2.dumps(cbor2.CBORTag(35, "(a|b)*" * 100_000)),
    "a list that contains itself": bytes.fromhex("d81c81d81d00"),
    "one megabyte, a thousand times": cbor2.dumps([cbor2.CBORTag(28, "x" * 10**6)] + [cbor2.CBORTag(29, 0)] * 1000),
    "a break without a beginning": b"\xff",
    "a reserved form": b"\x1c",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_unreadable_within_bounded_memory(name):
    wrapped = array(unprotected={1: 0})
    in_header = wrapped[: wrapped.index(b"\xa1\x01\x00")] + b"\xa1\x01" + BOMBS[name]
    tracemalloc.start()
    for message in (BOMBS[name], b"\xd2" + BOMBS[name], b"\x84" + BOMBS[name], in_header):
        assert reason(message) == "unreadable"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * MAX_MESSAGE_BYTES


def test_a_large_message_costs_next_to_nothing_before_its_signature_is_checked():
    payload = b"\x9f" + b"\xa0" * (MAX_MESSAGE_BYTES - 200) + b"\xff"
    in_payload, beside_it = array(payload=payload), array(unprotected={1: payload.decode("latin-1")})
    tracemalloc.start()
    assert cose.open_envelope(in_payload).payload == payload
    assert reason(beside_it) == "unreadable"
    assert reason(b"\x84" + payload) == "unreadable"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * MAX_MESSAGE_BYTES


@given(st.binary(max_size=60), st.binary(max_size=400), st.binary(min_size=64, max_size=64))
def test_the_parts_are_those_that_a_decoder_finds(protected, payload, signature):
    message = cbor2.dumps([protected, {}, payload, signature])
    assert cose._parts(message) == (protected, payload, signature)
    longer = cbor2.dumps([protected, {7: 1}, payload, signature])
    assert cose._parts(longer) == (protected, payload, signature)


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xd2", b"\xd2\x84", b"\xd2\x84\x58\x20", b"\x84\x43\xa1"]))
def test_garbage_is_only_ever_an_invalid_message(garbage, head):
    reasons = set()
    for read in (cose.open_envelope, cose.decode):
        try:
            read(head + garbage)
        except InvalidMessage as error:
            reasons.add(error.reason)
    assert reasons <= {"unreadable", "unsupported"}


simple = st.none() | st.booleans() | st.integers(-(1 << 64), (1 << 64) - 1) | st.floats(allow_nan=False) | st.text()
items = st.recursive(
    simple | st.binary(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.integers(0, 99) | st.text(), inner, max_size=5),
    max_leaves=30,
)


@given(items)
def test_the_walk_for_tags_refuses_nothing_that_has_none(item):
    assert cose.decode(cbor2.dumps(item)) == item


def test_strings_of_every_length_form_are_walked_over():
    for size in (0, 23, 24, 255, 256, 65_535, 65_536):
        for value in (bytes([0xC0]) * size, "x" * size):
            assert cose.decode(cbor2.dumps([value, 1])) == [value, 1]
    assert cose.decode(bytes.fromhex("5f42c0c041c1ff")) == b"\xc0\xc0\xc1", "in chunks"
