"""Enrolment of a reader and rotation of its key: what is signed to prove that one holds a private key. Pure.

The private key is made on the device and stays there. A one-time token says which reader a key is for; a signature over
token and key says that whoever sends them holds the private half (RFC 8032, Ed25519).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature

from schemas.errors import InvalidMessage
from schemas.problem import Problem
from schemas.public_key import fault_of, read_public_key
from schemas.topics import Address

TOKEN_PREFIX = "enrol_"  # noqa: S105 -- makes a leaked token easy to find for scanners; the secret is what follows
TOKEN = re.compile(rf"{TOKEN_PREFIX}[A-Za-z0-9_-]{{43}}")
"""256 random bits in base64url, unpadded, behind the prefix."""

MAX_KID_BYTES = 32
NONCE_BYTES = 24
HEXADECIMAL = re.compile(r"(?:[0-9a-fA-F]{2})+")


def enrolment_text(token: str, kid: bytes, public_key: bytes) -> bytes:
    """What a reader's new key signs to redeem ``token``; ``public_key`` has 32 bytes."""
    return f"suyuan/v1/enrol\n{token}\n{kid.hex()}\n{public_key.hex()}".encode()


def rotation_text(address: Address, kid: bytes, new_kid: bytes, public_key: bytes, nonce: bytes) -> bytes:
    """What both the old key ``kid`` and the new key sign to put the new one beside the old one.

    ``nonce``: the platform's, asked for before.
    """
    name = f"{address.org_id}\n{address.reader_id}"
    return f"suyuan/v2/rotate\n{name}\n{kid.hex()}\n{new_kid.hex()}\n{public_key.hex()}\n{nonce.hex()}".encode()


def is_signed_by(public_key: bytes, signature: bytes, text: bytes) -> bool:
    """True when ``signature`` is the key's over ``text``; False also for bytes that are no key to be taken in."""
    try:
        read_public_key(public_key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Redemption:
    """A request to redeem a token for a key. ``proof`` is the key's signature over :func:`enrolment_text`."""

    token: str
    kid: bytes
    public_key: bytes
    proof: bytes

    @property
    def token_hash(self) -> bytes:
        """What the store keeps of the token."""
        return token_hash(self.token)

    @property
    def proven(self) -> bool:
        """True when whoever asks holds the private key."""
        return is_signed_by(self.public_key, self.proof, enrolment_text(self.token, self.kid, self.public_key))


def token_hash(token: str) -> bytes:
    """SHA-256: a token has 256 random bits, so a slow hash would protect nothing more."""
    return sha256(token.encode()).digest()


def redemption_from_json(body: bytes) -> Redemption:
    """The request in a JSON body: ``token``, and in hexadecimal ``kid``, ``public_key`` and ``proof``.

    :raises InvalidMessage: ``unreadable``, naming the field.
    """
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise InvalidMessage("unreadable", "the body is no JSON object of token, kid, public_key and proof")
    token = fields.get("token")
    if not isinstance(token, str) or not TOKEN.fullmatch(token):
        raise InvalidMessage("unreadable", f"token is no enrolment token; one begins with {TOKEN_PREFIX}")
    public_key = _bytes(fields, "public_key", 32, 32)
    if fault := fault_of(public_key):
        raise InvalidMessage("unreadable", f"public_key {fault}")
    return Redemption(token, _bytes(fields, "kid", 1, MAX_KID_BYTES), public_key, _bytes(fields, "proof", 64, 64))


def _bytes(fields: Mapping[str, object], name: str, minimum: int, maximum: int) -> bytes:
    value = fields.get(name)
    if not isinstance(value, str) or not HEXADECIMAL.fullmatch(value) or not minimum <= len(value) // 2 <= maximum:
        size = str(minimum) if minimum == maximum else f"{minimum} to {maximum}"
        raise InvalidMessage("unreadable", f"{name} is {size} bytes in hexadecimal")
    return bytes.fromhex(value)


NOT_PROVEN = Problem(
    403, "not_proven", "The proof is not this key's signature over token and key.", "Sign the text of docs/protocol.md."
)
REFUSALS = {
    "unknown": Problem(404, "unknown_token", "There is no such enrolment token.", "Ask for a new one."),
    "expired": Problem(409, "expired_token", "The enrolment token has expired.", "Ask for a new one."),
    "used": Problem(409, "used_token", "The enrolment token was redeemed with another key.", "Ask for a new one."),
    "revoked": Problem(403, "revoked_key", "This reader, or this key, has been revoked.", "Ask the operator."),
    "taken": Problem(409, "taken_kid", "The reader has another key of this key id.", "Use another key id."),
    "full": Problem(
        409,
        "too_many_keys",
        "The reader has as many live keys as it may have.",
        "Have one revoked that it doesn't use.",
    ),
}
"""What stands against a redemption, by the outcome that the store's ``redeem_enrolment`` gives."""
