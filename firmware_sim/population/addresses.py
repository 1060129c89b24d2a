"""Addresses of phones: the network (IPv4 /24) behind each, who runs it, and where a database says that it is.

A database's error belongs to the network: whoever uses it seems to be in the same wrong place.
"""

from dataclasses import dataclass

import numpy as np

from firmware_sim.population.columns import Flags, Floats, Ints, Source, normal, number, uniform
from firmware_sim.population.country import Country
from firmware_sim.population.network import kilometres, moved
from schemas.event import LocationSource

RADIUS_M = {
    Source.GPS: LocationSource.GPS.least_radius_m,
    Source.COARSE: LocationSource.COARSE.least_radius_m,
    Source.FIXED_IP: LocationSource.FIXED_IP.least_radius_m,
    Source.MOBILE_IP: LocationSource.MOBILE_IP.least_radius_m,
    Source.NONE: 1e9,
}
"""The 95 % radius in metres that each source claims: the smallest that the protocol allows it."""

_CELL_DEGREES = 0.1
_FARTHEST_KM = 2_500.0
_HOSTING = 100
"""The operator of tunnels; carriers are numbered from 0."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """One row an address: network, operator, and the position that a database gives it with the kind of line."""

    network: Ints
    operator: Ints
    source: Ints
    lat: Floats
    lon: Floats

    def where(self, chosen: Flags, others: "Addresses") -> "Addresses":
        """These addresses where ``chosen``, the ``others`` elsewhere."""
        return Addresses(
            np.where(chosen, self.network, others.network),
            np.where(chosen, self.operator, others.operator),
            np.where(chosen, self.source, others.source),
            np.where(chosen, self.lat, others.lat),
            np.where(chosen, self.lon, others.lon),
        )


def fixed_lines(country: Country, line: Ints, lat: Floats, lon: Floats) -> Addresses:
    """Addresses of fixed lines (numbers of their own) at these places: neighbours may share a network."""
    location, seed = country.settings.location, country.seed
    row, column = _cell(lat), _cell(lon)
    share = number(seed, line, 40) % location.networks_per_area
    network = number(seed, row, column, share, 41)
    operator = number(seed, network, 42) % location.carriers
    centre = np.asarray((row + 0.5) * _CELL_DEGREES), np.asarray((column + 0.5) * _CELL_DEGREES)
    km = location.fixed_ip_km * np.exp(location.fixed_ip_log_sd * normal(seed, network, 43))
    return _placed(country, network, operator, Source.FIXED_IP, centre, km)


def mobile(country: Country, phone: Ints, lat: Floats, lon: Floats) -> Addresses:
    """Addresses of mobile networks: the phones of a carrier in a market share a few (carrier-grade NAT)."""
    location, seed = country.settings.location, country.seed
    centre_lat, centre_lon = country.sites.markets()
    market = np.argmin(kilometres(lat[:, None], lon[:, None], centre_lat[None, :], centre_lon[None, :]), axis=1)
    operator = number(seed, phone, 44) % location.carriers
    share = number(seed, phone, 45) % location.mobile_networks
    network = number(seed, market, operator, share, 46)
    km = location.mobile_ip_km * np.exp(location.mobile_ip_log_sd * normal(seed, network, 47))
    return _placed(country, network, operator, Source.MOBILE_IP, (centre_lat[market], centre_lon[market]), km)


def tunnels(country: Country, phone: Ints) -> Addresses:
    """Addresses of tunnels (VPN): known as such and then nowhere, or taken for a line in the tunnel's city."""
    location, seed = country.settings.location, country.seed
    lat, lon = country.sites.markets()
    network = number(seed, number(seed, phone, 48) % location.tunnels, 49)
    city = number(seed, network, 50) % len(lat)
    known = uniform(seed, network, 51) < location.vpn_known_share
    source = np.where(known, Source.NONE, Source.FIXED_IP)
    hosting = np.full(len(phone), _HOSTING)
    place = _placed(country, network, hosting, Source.FIXED_IP, (lat[city], lon[city]), 10.0)
    return Addresses(network, hosting, np.maximum(source, place.source), place.lat, place.lon)


def _cell(degrees: Floats) -> Ints:
    return np.asarray(np.floor(degrees / _CELL_DEGREES), dtype=np.int64)


def _placed(
    country: Country, network: Ints, operator: Ints, source: Source, centre: tuple[Floats, Floats], km: Floats | float
) -> Addresses:
    """Networks about ``km`` from a centre, if the database knows them at all."""
    seed = country.seed
    lat, lon = moved(*centre, np.minimum(km, _FARTHEST_KM), uniform(seed, network, 52) * 2 * np.pi)
    known = uniform(seed, network, 53) < country.settings.location.known_share
    return Addresses(network, operator, np.where(known, source, Source.NONE), lat, lon)
