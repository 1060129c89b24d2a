"""Whose network a request comes from: close enough for limits, too coarse for a person, hashed before it is kept."""

import hmac
import ipaddress
from datetime import datetime
from functools import lru_cache


@lru_cache(maxsize=8192)
def block(address: str | None) -> str:
    """The sender's network: IPv4 /24, IPv6 /48; ``unknown`` for what is no address."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))


def pseudonym(pepper: bytes, network: str, at: datetime) -> str:
    """What may be stored of a network: a keyed hash whose key changes every day (UTC), 16 hexadecimal characters.

    Two days can't be linked, and without the pepper no table of all networks undoes it.
    """
    key = hmac.digest(pepper, f"suyuan/v1/network/{at:%Y-%m-%d}".encode(), "sha256")
    return hmac.digest(key, network.encode(), "sha256").hex()[:16]
