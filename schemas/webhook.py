"""Webhooks by the Standard Webhooks specification (v1, symmetric): secrets, and a message's headers. Pure.

HMAC-SHA256 signs ``{webhook-id}.{webhook-timestamp}.{body}``. The time is part of it, so that a recorded message
can't be replayed later than the receiver's tolerance (five minutes in the specification's libraries).
"""

from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

from standardwebhooks import Webhook

from schemas.keys import RootKey, webhook_key

ID_HEADER = "webhook-id"
TIMESTAMP_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"
_PORTS = (None, 443, 8443)
WEBHOOK_TARGETS = "https, at port 443 or 8443"
SECRET_PREFIX = "whsec_"  # noqa: S105 -- makes a leaked secret easy to find for scanners; the secret is what follows


def secret_of(root: RootKey | bytes, subscription_id: UUID, number: int) -> str:
    """The secret of a subscription: derived, so that no table holds it; ``number`` counts its renewals.

    Behind the prefix stand 64 hexadecimal digits, which are base64 too: of 48 bytes, the HMAC's key.

    :raises ValueError: ``root`` is a secret of fewer than 32 bytes.
    """
    return SECRET_PREFIX + webhook_key(root, str(subscription_id), number).hex()


def signed_headers(secret: str, message_id: str, body: bytes, at: int) -> dict[str, str]:
    """The headers of the message ``message_id``, whose UTF-8 ``body`` is signed at ``at`` (seconds since 1970).

    A repetition of the message has the same id, and a time and signature of its own.
    """
    signature = Webhook(secret).sign(message_id, datetime.fromtimestamp(at, UTC), body.decode())
    return {ID_HEADER: message_id, TIMESTAMP_HEADER: str(at), SIGNATURE_HEADER: signature}


def is_webhook(url: str) -> bool:
    """Whether notices may go there on the public Internet: encrypted, and to ports that web servers have."""
    try:
        scheme, port = urlsplit(url).scheme, urlsplit(url).port
    except ValueError:
        return False
    return scheme == "https" and port in _PORTS
