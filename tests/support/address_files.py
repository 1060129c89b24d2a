"""Files of addresses for tests: a few networks in the formats of MaxMind DB and of ip2region."""

import struct
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet

_VECTOR_BYTES = 256 * 256 * 8
_HEADER_BYTES = 256


def write_mmdb(path: Path, records: Mapping[str, Mapping[str, Any]], *, ip_version: int = 6) -> Path:
    """A MaxMind DB file with a record for each network."""
    writer = MMDBWriter(ip_version=ip_version, ipv4_compatible=ip_version == 6, float_type="f64")
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return path


def write_xdb(path: Path, entries: Mapping[str, str]) -> Path:
    """A file of ip2region with a text for each network, all of one IP version and none across a /16."""
    networks = sorted((ip_network(network), text) for network, text in entries.items())
    four = isinstance(networks[0][0], IPv4Network)
    texts = b"".join(text.encode() for _, text in networks)
    vector, index = bytearray(_VECTOR_BYTES), b""
    begin = _HEADER_BYTES + _VECTOR_BYTES + len(texts)
    at = _HEADER_BYTES + _VECTOR_BYTES
    for network, text in networks:
        entry = _ends(network) + struct.pack("<HI", len(text.encode()), at)
        at += len(text.encode())
        first, second = network.network_address.packed[:2]
        place = (first * 256 + second) * 8
        start = struct.unpack_from("<I", vector, place)[0] or begin + len(index)
        # The last entry of a /16, not the byte behind it.
        struct.pack_into("<II", vector, place, start, begin + len(index))
        index += entry
    last = begin + len(index) - (14 if four else 38)
    header = struct.pack("<HHIIIHH", 2 if four else 3, 1, 1_700_000_000, begin, last, 4 if four else 6, 4)
    path.write_bytes(header.ljust(_HEADER_BYTES, b"\0") + bytes(vector) + texts + index)
    return path


def _ends(network: IPv4Network | IPv6Network) -> bytes:
    first, last = network.network_address.packed, network.broadcast_address.packed
    return first[::-1] + last[::-1] if len(first) == 4 else first + last
