"""What files say of an address, and the place that follows from it. Pure.

A file names the place where an address is registered or was measured, never where a phone is. How far the two may be
apart depends on the network: a line in a house is near, a mobile network leads a whole province out at one place, and
the address of a data centre (a VPN, a proxy, a cloud) says nothing of who is behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from schemas.event import LocationSource
from schemas.geodesy import Position

FIXED_M = 100_000.0
"""The least radius of a line in a house: files often name the next larger city. So no rule compares two such places."""
MOBILE_M = LocationSource.MOBILE_IP.least_radius_m
NOWHERE_M = 2_000_000.0
"""The radius of what is known to its country at most, and of data centres: no evidence counts it as a place."""

_DIGITS = 1
"""Degrees are kept to a tenth, some ten kilometres: the centre of a region, not of a street."""


class NetworkKind(Enum):
    """Who is behind the addresses of a network."""

    FIXED = "fixed"
    MOBILE = "mobile"
    HOSTING = "hosting"
    """A data centre: VPNs, proxies, clouds. Its customer may be anywhere."""


class Extent(Enum):
    """What a file's place names, by how far off it may be in 95 of 100 cases, in metres."""

    CITY = FIXED_M
    PROVINCE = 300_000.0
    COUNTRY = NOWHERE_M


@dataclass(frozen=True, slots=True)
class AddressFacts:
    """What one file says of an address. ``centre``: degrees (WGS 84); ``radius_m`` holds the truth in 95 of 100 cases.

    ``region`` is an ISO 3166 code, or a name where the file has no codes. ``operator`` names who runs the network.
    """

    centre: tuple[float, float] | None = None
    radius_m: float = NOWHERE_M
    kind: NetworkKind | None = None
    operator: str | None = None
    region: str = ""


@dataclass(frozen=True, slots=True)
class IpPlace:
    """Where an address is, as far as that can be known. ``position`` None: no file has a place for it."""

    position: Position | None
    source: LocationSource
    kind: NetworkKind
    operator: str | None
    region: str


def place_of(facts: Sequence[AddressFacts]) -> IpPlace | None:
    """What several files say together, each for what those before it leave open; None when none knows the address.

    A network that no file calls fixed counts as mobile: to be wrong about that must widen a place, not narrow it. A
    network that any file calls a data centre is one.
    """
    if not facts:
        return None
    kinds = [fact.kind for fact in facts if fact.kind is not None]
    kind = NetworkKind.HOSTING if NetworkKind.HOSTING in kinds else (kinds or [NetworkKind.MOBILE])[0]
    placed = next((fact for fact in facts if fact.centre is not None), None)
    return IpPlace(
        position=None if placed is None else _position(placed, kind),
        source=LocationSource.MOBILE_IP if kind is NetworkKind.MOBILE else LocationSource.FIXED_IP,
        kind=kind,
        operator=next((fact.operator for fact in facts if fact.operator), None),
        region=next((fact.region for fact in facts if fact.region), ""),
    )


def _position(fact: AddressFacts, kind: NetworkKind) -> Position | None:
    if fact.centre is None:
        return None
    latitude, longitude = (round(degrees, _DIGITS) for degrees in fact.centre)
    least = {NetworkKind.FIXED: FIXED_M, NetworkKind.MOBILE: MOBILE_M, NetworkKind.HOSTING: NOWHERE_M}[kind]
    try:
        return Position(latitude, longitude, max(fact.radius_m, least))
    except ValueError:  # a file's slip: no place on Earth
        return None
