"""Which addresses belong to the whole Internet, and which to somebody's own network. Pure."""

import ipaddress

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 addresses behind a translator (RFC 6052, section 2.1)."""
_NEVER = (
    ipaddress.IPv6Network("::/96"),  # "IPv4-compatible", given up (RFC 4291, section 2.5.5.1)
    ipaddress.IPv6Network("fec0::/10"),  # site-local, given up (RFC 3879)
    ipaddress.IPv6Network("64:ff9b:1::/48"),  # a translator of one's own (RFC 8215)
)


def is_public(address: str) -> bool:
    """True for an IP address that the whole Internet can reach.

    :raises ValueError: ``address`` is none.
    """
    parsed = ipaddress.ip_address(address)
    if parsed.is_multicast or not parsed.is_global:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return True
    if any(parsed in network for network in _NEVER):
        return False
    # One that carries an IPv4 address is only as public as that one is.
    carried = parsed.ipv4_mapped or parsed.sixtofour
    if parsed in _NAT64:
        carried = ipaddress.IPv4Address(int(parsed) & 0xFFFF_FFFF)
    return carried is None or carried.is_global
