"""Signed answers against an implementation of RFC 9421 that is not ours: http-message-signatures."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from http_message_signatures.exceptions import InvalidSignature
from hypothesis import given
from hypothesis import strategies as st

from resolver.mint.answer_signer import AnswerSigner
from resolver.web.signatures import LABEL, Exchange, PublishedKey, UnprovenAnswer, answer_key, verify

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
KEY = answer_key(AnswerSigner(PRIVATE))
PUBLIC = KEY.signer.public_key
COMPONENTS = ('"@status"', '"content-type"', '"content-digest"', '"@method";req', '"@target-uri";req')
TARGET = "https://id.example.com/01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB?linkType=suyuan:verdict"


class Keys(HTTPSignatureKeyResolver):
    def resolve_public_key(self, key_id):
        assert key_id == KEY.key_id
        return PUBLIC

    def resolve_private_key(self, key_id):
        assert key_id == KEY.key_id
        return PRIVATE


@dataclass
class Request:
    method: str
    url: str
    headers: dict = field(default_factory=dict)


@dataclass
class Answer:
    """An answer as the library wants to see one."""

    request: Request
    status_code: int
    headers: dict


def answer(exchange, headers):
    return Answer(
        Request(exchange.method, exchange.target_uri),
        exchange.status,
        {"Content-Type": exchange.content_type, **headers},
    )


def verified(exchange, headers):
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=Keys())
    return verifier.verify(answer(exchange, headers), max_age=None, require_components=COMPONENTS, body=exchange.body)


exchanges = st.builds(
    Exchange,
    method=st.sampled_from(["GET", "HEAD", "POST"]),
    target_uri=st.just(TARGET),
    status=st.integers(200, 599),
    content_type=st.sampled_from(["application/json", "application/linkset+json"]),
    body=st.binary(min_size=1, max_size=300),
)


@given(exchanges, st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_library_verifies_what_we_sign(exchange, at):
    (result,) = verified(exchange, KEY.headers(exchange, at.replace(microsecond=0)))
    assert result.label == LABEL
    assert set(result.covered_components) == {*COMPONENTS, '"@signature-params"'}
    assert result.body == exchange.body


@pytest.mark.parametrize(
    "change",
    [
        {"status": 404},
        {"method": "POST"},
        {"target_uri": TARGET.replace("000013", "000020")},
        {"content_type": "text/html"},
        {"body": b'{"verdict":"genuine"}'},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_library_refuses_our_signature_on_anything_else(change):
    exchange = Exchange("GET", TARGET, 200, "application/json", b'{"verdict":"copied"}')
    headers = KEY.headers(exchange, datetime(2026, 1, 1, tzinfo=UTC))
    assert verified(exchange, headers)
    with pytest.raises(InvalidSignature):
        verified(replace(exchange, **change), headers)


@given(exchanges)
def test_we_verify_what_the_library_signs_over_the_same_components(exchange):
    signed = answer(exchange, {})
    at = datetime(2026, 1, 1, tzinfo=UTC)
    HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=Keys()).sign(
        signed, key_id=KEY.key_id, created=at, label=LABEL, covered_component_ids=COMPONENTS, body=exchange.body
    )
    headers = {name.lower(): value for name, value in signed.headers.items()}
    try:
        assert verify(exchange, headers, {KEY.key_id: PublishedKey(PUBLIC)}) == at
    except UnprovenAnswer as error:  # pragma: no cover - shows what the library wrote
        pytest.fail(f"{error}: {headers}")
