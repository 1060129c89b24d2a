"""Whose network a request comes from: close enough for limits, too coarse for a person, hashed before it is kept."""

import hmac
import ipaddress
from datetime import datetime
from functools import lru_cache

from schemas.internet import is_public


@lru_cache(maxsize=8192)
def block(address: str | None) -> str:
    """The sender's network: IPv4 /24, IPv6 /48; ``unknown`` for what is no address."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    # A socket for both protocols gives IPv4 addresses so; they are as many networks as they were.
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))


def pseudonym(pepper: bytes, network: str, at: datetime) -> str:
    """What may be stored of a network for a day: a keyed hash whose key changes every day (UTC), 16 hexadecimal digits.

    Two days can't be linked, and without the pepper no table of all networks undoes it.
    """
    return _keyed(pepper, f"suyuan/v1/network/{at:%Y-%m-%d}", network)


def scan_network(pepper: bytes, address: str | None, at: datetime, provider: str | None = None) -> str | None:
    """What is stored of the network of a scan: as :func:`pseudonym`, by a key of its own that changes every quarter.

    So a network can have a history: how long it is known, how many phones scan from it. ``provider``: who rents out
    addresses there; all that it has are one network then. None for an address that is not a public one: it is a proxy's
    or the machine's own, and stands for nobody's network.
    """
    if address is None or not _is_public(address):
        return None
    quarter = (at.month - 1) // 3 + 1
    return _keyed(pepper, f"suyuan/v1/scan-network/{at.year}-{quarter}", provider or block(address))


def is_own_machine(address: str | None) -> bool:
    """True for an address of the machine itself: a probe, a test, not a person behind a proxy."""
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=8192)
def _is_public(address: str) -> bool:
    try:
        return is_public(address)
    except ValueError:
        return False


@lru_cache(maxsize=8192)
def _keyed(pepper: bytes, period: str, network: str) -> str:
    key = hmac.digest(pepper, period.encode(), "sha256")
    return hmac.digest(key, network.encode(), "sha256").hex()[:16]
