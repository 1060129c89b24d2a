"""Where a request comes from: its network, hashed, who runs that, and the place that phone or network speak for."""

from dataclasses import dataclass, replace
from datetime import datetime

from resolver.access import client_network
from resolver.ip_place.facts import NOWHERE_M, IpPlace, NetworkKind
from resolver.ip_place.places import IpPlaces
from schemas.geodesy import Position, certain_distance_km, distance_km


@dataclass(frozen=True, slots=True)
class ScanPlace:
    """Where a scan happened: degrees (WGS 84), 95 % radius in metres, and what the position came from."""

    latitude: float
    longitude: float
    radius_m: float
    source: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What is kept of where a request came from: a network's keyed hash, its operator, the place as far as known."""

    network: str | None = None
    operator: str | None = None
    place: ScanPlace | None = None


@dataclass(frozen=True, slots=True)
class Origins:
    """Finds out origins; ``pepper`` hashes networks."""

    pepper: bytes
    places: IpPlaces

    def of(self, address: str | None, at: datetime, shared: ScanPlace | None = None) -> Origin:
        """The origin of a request from ``address``. ``shared``: the phone's place; without one the network's counts."""
        located = None if address is None else self.places.locate(address)
        return Origin(
            network=client_network.scan_network(self.pepper, address, at, _provider(located)),
            operator=None if located is None else located.operator,
            place=_of_network(located) if shared is None else _compared(shared, located),
        )


def _provider(located: IpPlace | None) -> str | None:
    """Who rents out the network, when it is a data centre: all addresses that one can rent there are one network."""
    if located is None or located.kind is not NetworkKind.HOSTING:
        return None
    return located.operator or "hosting"


def _of_network(located: IpPlace | None) -> ScanPlace | None:
    if located is None or located.position is None:
        return None
    position = located.position
    return ScanPlace(position.latitude, position.longitude, position.radius_m, located.source.value)


def _compared(shared: ScanPlace, located: IpPlace | None) -> ScanPlace:
    """The shared place; where its network is somewhere else for certain, with a radius that reaches there.

    Anybody can write any place. A network that says nothing of its customers' places neither confirms nor doubts one.
    """
    if located is None or located.position is None or located.position.radius_m >= NOWHERE_M:
        return shared
    claimed = Position(shared.latitude, shared.longitude, shared.radius_m)
    if certain_distance_km(claimed, located.position) == 0:
        return shared
    return replace(shared, radius_m=1000 * distance_km(claimed, located.position))
