"""Nonces of rotations: a reader asks for one, and its old key signs it with the new key. Pure.

A key that was in a thief's hands for a moment can sign any number of successors. Without a nonce these could be
presented years later; with one, each is good for minutes. Nothing is kept of a nonce: it is the time until which it
holds, and a keyed hash of that and the reader's name. A rotation can't be repeated, because a key id is used once.
"""

import hmac

from schemas.enrolment import NONCE_BYTES
from schemas.topics import Address

VALID_S = 300
_TIME_BYTES = 8


def new_nonce(secret: bytes, address: Address, now: float) -> bytes:
    """A nonce for this reader, good until :data:`VALID_S` seconds after ``now`` (seconds since 1970)."""
    until = (int(now) + VALID_S).to_bytes(_TIME_BYTES, "big")
    return until + _mac(secret, address, until)


def is_fresh(secret: bytes, address: Address, nonce: bytes, now: float) -> bool:
    """True when :func:`new_nonce` made it for this reader, and its time has not passed."""
    until, mac = nonce[:_TIME_BYTES], nonce[_TIME_BYTES:]
    return hmac.compare_digest(mac, _mac(secret, address, until)) and now < int.from_bytes(until, "big")


def _mac(secret: bytes, address: Address, until: bytes) -> bytes:
    key = hmac.digest(secret, b"suyuan/v1/rotation-nonce", "sha256")
    text = f"{address.org_id}\n{address.reader_id}\n".encode() + until
    return hmac.digest(key, text, "sha256")[: NONCE_BYTES - _TIME_BYTES]
