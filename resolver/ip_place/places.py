"""The seam: an address in, the place of its network out, whatever files know it."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Protocol

from resolver.ip_place.facts import AddressFacts, IpPlace, place_of
from resolver.ip_place.ip2region_file import Ip2regionFile
from resolver.ip_place.maxmind_file import MaxmindFile
from schemas.errors import Misconfigured
from schemas.internet import is_public

_REMEMBERED = 4096
"""Addresses whose place is in memory: a phone asks several times within a minute."""


class AddressFile(Protocol):
    """A file of addresses."""

    def facts(self, address: IPv4Address | IPv6Address) -> AddressFacts | None:
        """What it says of an address; None when nothing."""


_OPENERS: Mapping[str, Callable[[Path], AddressFile]] = {".mmdb": MaxmindFile, ".xdb": Ip2regionFile}


class IpPlaces:
    """Files of addresses, in the order in which they are asked: the first that knows something has the word on it."""

    def __init__(self, files: Sequence[AddressFile] = ()) -> None:
        self._files = tuple(files)
        self._located = lru_cache(maxsize=_REMEMBERED)(self._locate)

    def locate(self, address: str) -> IpPlace | None:
        """The place of a public address; None for any other, and for one that no file knows."""
        return self._located(address) if self._files else None

    def _locate(self, address: str) -> IpPlace | None:
        try:
            if not is_public(address):
                return None
        except ValueError:
            return None
        parsed = ip_address(address)
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return place_of([facts for file in self._files if (facts := file.facts(parsed)) is not None])


def open_ip_places(paths: Sequence[Path]) -> IpPlaces:
    """The places in these files, by their names' endings: .mmdb (MaxMind DB) or .xdb (ip2region). No file: no places.

    :raises Misconfigured: a file can't be read, or its name ends otherwise.
    """
    files: list[AddressFile] = []
    for path in paths:
        opener = _OPENERS.get(path.suffix.lower())
        if opener is None:
            endings = " or ".join(_OPENERS)
            raise Misconfigured(f"SUYUAN_IP_PLACES: {path} does not end in {endings}; name files of these formats")
        files.append(opener(path))
    return IpPlaces(files)
