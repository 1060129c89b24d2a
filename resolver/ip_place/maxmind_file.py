"""Files in the MaxMind DB format, with the fields of GeoLite2, GeoIP2 and DB-IP (https://maxmind.github.io/MaxMind-DB/).

Places, operators, kinds of connection and anonymous networks are read, of which one file often has a part only.
"""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import maxminddb

from resolver.ip_place.facts import AddressFacts, Extent, NetworkKind
from schemas.errors import Misconfigured

_FROM_67_TO_95 = 2.0
"""A file's accuracy radius holds 67 of 100 cases; for 95 a bell is 1.64 times as wide, and tails are longer."""

_CONNECTIONS = {
    "cable/dsl": NetworkKind.FIXED,
    "dialup": NetworkKind.FIXED,
    "corporate": NetworkKind.FIXED,
    "cellular": NetworkKind.MOBILE,
    "satellite": NetworkKind.MOBILE,
}
_USERS = {
    "residential": NetworkKind.FIXED,
    "business": NetworkKind.FIXED,
    "cafe": NetworkKind.FIXED,
    "college": NetworkKind.FIXED,
    "school": NetworkKind.FIXED,
    "library": NetworkKind.FIXED,
    "government": NetworkKind.FIXED,
    "cellular": NetworkKind.MOBILE,
    "traveler": NetworkKind.MOBILE,
    "hosting": NetworkKind.HOSTING,
    "content_delivery_network": NetworkKind.HOSTING,
    "consumer_privacy_network": NetworkKind.HOSTING,
    "search_engine_spider": NetworkKind.HOSTING,
}
_ANONYMOUS = (
    "is_anonymous",
    "is_anonymous_proxy",
    "is_anonymous_vpn",
    "is_hosting_provider",
    "is_public_proxy",
    "is_residential_proxy",
    "is_tor_exit_node",
)


class MaxmindFile:
    """One file, mapped into memory: processes share its pages."""

    def __init__(self, path: Path) -> None:
        """Open it.

        :raises Misconfigured: there is no such file, or it is none of the format.
        """
        try:
            self._reader = maxminddb.open_database(path)
        except (OSError, maxminddb.InvalidDatabaseError, ValueError) as error:
            raise Misconfigured(f"SUYUAN_IP_PLACES: {path} is no MaxMind DB file that can be read ({error})") from None

    def facts(self, address: IPv4Address | IPv6Address) -> AddressFacts | None:
        """What the file says of an address; None when nothing, or when it is broken there."""
        try:
            record = self._reader.get(address)
        except (maxminddb.InvalidDatabaseError, ValueError):  # broken; an IPv6 address in a file of IPv4
            return None
        return facts_of(record) if isinstance(record, Mapping) else None

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()


def facts_of(record: Mapping[str, object]) -> AddressFacts:
    """What a record says, whichever of the known fields it has."""
    location, traits = _map(record, "location"), _map(record, "traits")
    latitude, longitude = location.get("latitude"), location.get("longitude")
    centre = None
    if isinstance(latitude, int | float) and isinstance(longitude, int | float):
        centre = float(latitude), float(longitude)
    accuracy_km = location.get("accuracy_radius")
    extent = _extent(record)
    radius_m = extent.value
    if extent is not Extent.COUNTRY and isinstance(accuracy_km, int | float):
        radius_m = max(radius_m, 1000 * _FROM_67_TO_95 * accuracy_km)
    return AddressFacts(centre, radius_m, _kind(record, traits), _operator({**traits, **record}), _region(record))


def _map(record: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = record.get(name)
    return value if isinstance(value, Mapping) else {}


def _subdivision(record: Mapping[str, object]) -> Mapping[str, object]:
    subdivisions = record.get("subdivisions")
    first = subdivisions[0] if isinstance(subdivisions, list) and subdivisions else None
    return first if isinstance(first, Mapping) else {}


def _extent(record: Mapping[str, object]) -> Extent:
    if _map(record, "city"):
        return Extent.CITY
    return Extent.PROVINCE if _subdivision(record) else Extent.COUNTRY


def _kind(record: Mapping[str, object], traits: Mapping[str, object]) -> NetworkKind | None:
    both = {**traits, **record}
    if any(both.get(name) is True for name in _ANONYMOUS):
        return NetworkKind.HOSTING
    user = _USERS.get(str(both.get("user_type", "")).lower())
    return user or _CONNECTIONS.get(str(both.get("connection_type", "")).lower())


def _operator(fields: Mapping[str, object]) -> str | None:
    """The number of the autonomous system, which stays when names change; else a name."""
    number = fields.get("autonomous_system_number")
    if isinstance(number, int):
        return f"AS{number}"
    for name in ("isp", "autonomous_system_organization", "organization"):
        value = fields.get(name)
        if isinstance(value, str) and value:
            return value
    return None


def _region(record: Mapping[str, object]) -> str:
    country, subdivision = _map(record, "country").get("iso_code"), _subdivision(record).get("iso_code")
    if not isinstance(country, str):
        return ""
    return f"{country}-{subdivision}" if isinstance(subdivision, str) else country
