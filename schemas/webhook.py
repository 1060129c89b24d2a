"""Webhook signatures: the receiver learns that a body is ours, and when it was signed. Pure.

The header is ``Suyuan-Signature: t={seconds since 1970},v1={hexadecimal HMAC-SHA256}`` over ``{t}.{body}``. The time
is under the signature, so that a recorded message can't be replayed later than the receiver's tolerance.
"""

import hmac
import re
from hashlib import sha256
from uuid import UUID

from schemas.keys import RootKey, webhook_key

HEADER = "Suyuan-Signature"
TOLERANCE_S = 300
"""How old a signature a receiver should take, in seconds."""
PREFIX = "whsec_"

_HEADER = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


def secret_of(root: RootKey | bytes, subscription_id: UUID, number: int) -> str:
    """The secret of a subscription: derived, so that no table holds it; ``number`` counts its renewals.

    :raises ValueError: ``root`` is a secret of fewer than 32 bytes.
    """
    return PREFIX + webhook_key(root, str(subscription_id), number).hex()


def signature(secret: str, body: bytes, at: int) -> str:
    """The header's value for ``body``, signed at ``at`` (seconds since 1970)."""
    return f"t={at},v1={_mac(secret, body, at)}"


def holds(secret: str, body: bytes, header: str, now: int, tolerance_s: int = TOLERANCE_S) -> bool:
    """Whether ``header`` is the signature of ``body``, not older (or newer) than ``tolerance_s`` seconds."""
    found = _HEADER.fullmatch(header)
    if found is None or abs(now - int(found[1])) > tolerance_s:
        return False
    return hmac.compare_digest(found[2], _mac(secret, body, int(found[1])))


def _mac(secret: str, body: bytes, at: int) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, sha256).hexdigest()
