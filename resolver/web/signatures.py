"""Signed answers: HTTP Message Signatures (RFC 9421) with Ed25519 over a Content-Digest (RFC 9530). Pure.

A signature covers the status, the type and digest of the body, and of the request its method and target URI: an answer
can't be passed off as the answer to another question. ``created`` dates it, ``keyid`` is the key's JWK thumbprint
(RFC 7638). Only what we sign ourselves is verified here; it is not a general implementation.
"""

import json
import re
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from resolver.mint.answer_signer import AnswerSigner
from schemas.errors import Misconfigured, Rejected
from schemas.public_key import read_public_key

LABEL = "suyuan"
COVERED = '("@status" "content-type" "content-digest" "@method";req "@target-uri";req)'

_INPUT = re.compile(rf'{LABEL}=({re.escape(COVERED)};created=(\d{{1,12}});keyid="([A-Za-z0-9_-]{{43}})";alg="ed25519")')
_SIGNATURE = re.compile(rf"{LABEL}=:([A-Za-z0-9+/]{{86}}==):")
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")


class UnprovenAnswer(Rejected):
    """Raised when an answer's signature does not hold; ``reason`` says which part."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a signature binds: the request's method and full target URI, and the answer's status, type and body."""

    method: str
    target_uri: str
    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """The resolver's key for answers. ``key_id`` is its JWK thumbprint (RFC 7638)."""

    signer: AnswerSigner
    key_id: str

    def headers(self, exchange: Exchange, at: datetime) -> dict[str, str]:
        """The three headers that make ``exchange``'s answer a signed one, dated ``at``."""
        digest = _content_digest(exchange.body)
        parameters = f'{COVERED};created={int(at.timestamp())};keyid="{self.key_id}";alg="ed25519"'
        signature = self.signer.sign(_base(exchange, digest, parameters))
        return {
            "Content-Digest": digest,
            "Signature-Input": f"{LABEL}={parameters}",
            "Signature": f"{LABEL}=:{b64encode(signature).decode()}:",
        }

    def jwk(self) -> dict[str, str | None]:
        """The public half as a JWK (RFC 8037)."""
        return PublishedKey(self.signer.public_key).jwk()


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """The public half of a key for answers, and what is published with it: when it signed, and if it was revoked."""

    public_key: Ed25519PublicKey
    not_before: datetime | None = None
    not_after: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def key_id(self) -> str:
        """Its JWK thumbprint (RFC 7638)."""
        return thumbprint(self.public_key)

    def jwk(self) -> dict[str, str | None]:
        """It as a JWK (RFC 8037); the times, where it has any, as :mod:`resolver.key.public_key_set` spells them."""
        times = {name: getattr(self, name) for name in _TIMES}
        spelled = {name: None if at is None else at.isoformat() for name, at in times.items()}
        return {
            **_members(self.public_key),
            "alg": "EdDSA",
            "use": "sig",
            "kid": self.key_id,
            **(spelled if any(times.values()) else {}),
        }


_TIMES = ("not_before", "not_after", "revoked_at")


def answer_key(signer: AnswerSigner) -> AnswerKey:
    """The key with its id."""
    return AnswerKey(signer, thumbprint(signer.public_key))


def thumbprint(key: Ed25519PublicKey) -> str:
    """The JWK thumbprint (RFC 7638; members as in RFC 8037, appendix A.3)."""
    canonical = json.dumps(_members(key), sort_keys=True, separators=(",", ":")).encode()
    return _base64url(sha256(canonical).digest())


def verify(exchange: Exchange, headers: Mapping[str, str], keys: Mapping[str, PublishedKey]) -> datetime:
    """When the answer was signed, by one of ``keys`` (by key id). ``headers`` has lower-case names.

    What a key signed while it was in use stays proven when another has followed it, but not when it was revoked:
    whoever has it can date a signature back.

    :raises UnprovenAnswer: it is not signed, or another body, request, status or key was.
    """
    if not _DIGEST.fullmatch(headers.get("content-digest", "")):
        raise UnprovenAnswer("no_digest", "the answer has no Content-Digest in SHA-256")
    if headers["content-digest"] != _content_digest(exchange.body):
        raise UnprovenAnswer("digest", "the body is not the one that was signed")
    declared = _INPUT.fullmatch(headers.get("signature-input", ""))
    signature = _SIGNATURE.fullmatch(headers.get("signature", ""))
    if declared is None or signature is None:
        raise UnprovenAnswer("unsigned", f"there is no signature {LABEL!r} over {COVERED}")
    key = keys.get(declared[3])
    if key is None:
        raise UnprovenAnswer("unknown_key", f"key {declared[3]} is not among the published ones")
    at = datetime.fromtimestamp(int(declared[2]), UTC)
    if key.revoked_at is not None:
        raise UnprovenAnswer("revoked_key", f"key {declared[3]} was revoked on {key.revoked_at:%Y-%m-%d}")
    if key.not_after is not None and at > key.not_after:
        raise UnprovenAnswer("expired_key", f"key {declared[3]} signed until {key.not_after:%Y-%m-%d} only")
    try:
        key.public_key.verify(b64decode(signature[1]), _base(exchange, headers["content-digest"], declared[1]))
    except InvalidSignature:
        raise UnprovenAnswer("signature", "the signature is not over this request and answer") from None
    return at


def directory(own: AnswerKey, history: Iterable[PublishedKey] = ()) -> dict[str, Any]:
    """The published keys as a JWK set: the one that signs first, then the others of ``history``."""
    found = {key.key_id: key.jwk() for key in history}
    return {"keys": [found.pop(own.key_id, None) or own.jwk(), *found.values()]}


def read_directory(text: bytes) -> dict[str, PublishedKey]:
    """The keys by id in a set that :func:`directory` made; one that was saved before there were times has none.

    :raises Misconfigured: the text is no such set.
    """
    try:
        keys = [_published(each) for each in json.loads(text)["keys"]]
    except (ValueError, KeyError, TypeError) as error:
        raise Misconfigured(f"not a set of answer keys ({type(error).__name__}: {error})") from None
    return {key.key_id: key for key in keys}


def _published(entry: Mapping[str, Any]) -> PublishedKey:
    times = (entry.get(name) for name in _TIMES)
    return PublishedKey(
        read_public_key(b64decode(entry["x"] + "=", altchars=b"-_")),
        *(None if at is None else datetime.fromisoformat(at) for at in times),
    )


def _base(exchange: Exchange, digest: str, parameters: str) -> bytes:
    """The signature base (RFC 9421, section 2.5), components in the order of ``COVERED``."""
    lines = (
        f'"@status": {exchange.status}',
        f'"content-type": {exchange.content_type}',
        f'"content-digest": {digest}',
        f'"@method";req: {exchange.method}',
        f'"@target-uri";req: {exchange.target_uri}',
        f'"@signature-params": {parameters}',
    )
    return "\n".join(lines).encode()


def _content_digest(body: bytes) -> str:
    return f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"


def _members(key: Ed25519PublicKey) -> dict[str, str]:
    return {"crv": "Ed25519", "kty": "OKP", "x": _base64url(key.public_bytes_raw())}


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
