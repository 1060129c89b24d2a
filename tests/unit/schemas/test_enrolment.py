"""Requests to enrol a reader or to rotate its key: what is signed, and what is refused."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from schemas import enrolment
from schemas.errors import InvalidMessage
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
        Address(rotating["org"], rotating["reader"]), part["kid"], part["new_kid"], part["public_key"], part["nonce"]
    )
    assert text.hex() == rotating["signed_text"]
    old = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(rotating["old_key_seed"])).public_key()
    assert enrolment.is_signed_by(old.public_bytes_raw(), part["signature"], text)
    assert enrolment.is_signed_by(part["public_key"], part["proof"], text)


@pytest.mark.parametrize(
    "change",
    [
        {"token": enrolment.TOKEN_PREFIX + "U" * 43},
        {"kid": b"k2".hex()},
        {"public_key": OTHER.public_key().public_bytes_raw().hex()},
        {"proof": "00" * 64},
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
        ("public_key", "ff" * 32),
        ("public_key", "01" + "00" * 31),
        ("proof", 7),
        ("proof", "00" * 63 + "0 "),
    ],
)
def test_a_request_that_is_none_names_the_field(field, value):
    with pytest.raises(InvalidMessage, match=field):
        enrolment.redemption_from_json(request(**{field: value}))


def test_a_key_that_fits_any_signature_signs_nothing():
    identity = (1).to_bytes(32, "little")
    assert not enrolment.is_signed_by(identity, identity + bytes(32), b"any text")


@given(st.binary(max_size=200))
def test_noise_is_no_request(noise):
    with pytest.raises(InvalidMessage):
        enrolment.redemption_from_json(noise)
