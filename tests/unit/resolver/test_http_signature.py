"""Signed answers: what a signature holds fast, and that nothing else passes for one."""

import json
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from resolver.mint.answer_signer import AnswerSigner, read_signer
from resolver.web import signatures
from resolver.web.signatures import COVERED, Exchange, UnprovenAnswer, answer_key, verify
from schemas.errors import Misconfigured

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
EXCHANGE = Exchange("GET", "https://id.example.com/01/1?linkType=suyuan:verdict", 200, "application/json", b'{"a":1}')
KEY = answer_key(AnswerSigner(Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)))
KEYS = {KEY.key_id: signatures.PublishedKey(KEY.signer.public_key)}


def signed(exchange=EXCHANGE):
    return {name.lower(): value for name, value in KEY.headers(exchange, AT).items()}


def test_a_signed_answer_tells_when_it_was_signed():
    assert verify(EXCHANGE, signed(), KEYS) == AT


def test_the_signature_base_is_the_one_that_rfc_9421_describes():
    """Built here by hand, line by line, so that another implementation would agree."""
    headers = signed()
    digest = f"sha-256=:{__import__('base64').b64encode(sha256(EXCHANGE.body).digest()).decode()}:"
    assert headers["content-digest"] == digest
    parameters = f'{COVERED};created={int(AT.timestamp())};keyid="{KEY.key_id}";alg="ed25519"'
    assert headers["signature-input"] == f"suyuan={parameters}"
    base = "\n".join(
        [
            '"@status": 200',
            '"content-type": application/json',
            f'"content-digest": {digest}',
            '"@method";req: GET',
            f'"@target-uri";req: {EXCHANGE.target_uri}',
            f'"@signature-params": {parameters}',
        ]
    )
    signature = b64decode(headers["signature"].removeprefix("suyuan=:").removesuffix(":"))
    KEY.signer.public_key.verify(signature, base.encode())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"body": b'{"a":2}'}, "digest"),
        ({"method": "HEAD"}, "signature"),
        ({"target_uri": "https://id.example.com/01/2?linkType=suyuan:verdict"}, "signature"),
        ({"status": 404}, "signature"),
        ({"content_type": "text/html"}, "signature"),
    ],
)
def test_an_answer_does_not_pass_for_another(change, reason):
    with pytest.raises(UnprovenAnswer) as error:
        verify(replace(EXCHANGE, **change), signed(), KEYS)
    assert error.value.reason == reason


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("content-digest", "", "no_digest"),
        ("content-digest", "md5=:AAAA:", "no_digest"),
        ("signature", "", "unsigned"),
        ("signature-input", "", "unsigned"),
        ("signature-input", 'suyuan=("@status");created=1;keyid="x";alg="ed25519"', "unsigned"),
    ],
)
def test_a_missing_or_weaker_signature_is_none(name, value, reason):
    with pytest.raises(UnprovenAnswer) as error:
        verify(EXCHANGE, signed() | {name: value}, KEYS)
    assert error.value.reason == reason


def test_another_date_or_an_unpublished_key_does_not_hold():
    later = signed()["signature-input"].replace(str(int(AT.timestamp())), str(int(AT.timestamp()) + 1))
    with pytest.raises(UnprovenAnswer, match="not over this"):
        verify(EXCHANGE, signed() | {"signature-input": later}, KEYS)
    with pytest.raises(UnprovenAnswer, match="not among"):
        verify(EXCHANGE, signed(), {})


def test_a_former_key_proves_what_it_signed_in_its_time_and_a_revoked_one_nothing():
    public = KEY.signer.public_key
    former = signatures.PublishedKey(public, not_after=AT + timedelta(seconds=1))
    assert verify(EXCHANGE, signed(), {KEY.key_id: former}) == AT
    for key, reason in (
        (signatures.PublishedKey(public, not_after=AT - timedelta(seconds=1)), "expired_key"),
        (signatures.PublishedKey(public, revoked_at=AT + timedelta(days=1)), "revoked_key"),
    ):
        published = signatures.read_directory(json.dumps(signatures.directory(KEY, [key])).encode())
        with pytest.raises(UnprovenAnswer) as error:
            verify(EXCHANGE, signed(), published)
        assert error.value.reason == reason


def test_the_key_is_a_files_and_is_published_by_its_thumbprint():
    own = Ed25519PrivateKey.generate()
    pem = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert read_signer(pem).sign(b"text") == own.sign(b"text")
    for wrong in (b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        with pytest.raises(Misconfigured, match="ANSWER_KEY_FILE"):
            read_signer(wrong)
    published = signatures.read_directory(json.dumps(signatures.directory(KEY)).encode())
    assert list(published) == [KEY.key_id]
    with pytest.raises(Misconfigured):
        signatures.read_directory(b"{}")


def test_the_thumbprint_is_the_one_of_rfc_8037():
    """Appendix A.3 of the RFC."""
    public = Ed25519PublicKey.from_public_bytes(b64decode("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="))
    assert signatures.thumbprint(public) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
