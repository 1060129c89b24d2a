"""Phones: where each one's position comes from, by how much it is wrong (always the same), and the scans it sends."""

from dataclasses import dataclass

import numpy as np

from firmware_sim.population.columns import (
    Audience,
    Column,
    Floats,
    Ints,
    Source,
    Step,
    Table,
    table,
)
from firmware_sim.population.network import DEALER, Sites, chosen, moved, near
from firmware_sim.population.settings import Settings
from firmware_sim.population.world_time import to_microseconds
from schemas.event import LocationSource

RADIUS_M = {
    Source.GPS: LocationSource.GPS.least_radius_m,
    Source.FIXED_IP: LocationSource.FIXED_IP.least_radius_m,
    Source.MOBILE_IP: LocationSource.MOBILE_IP.least_radius_m,
}
"""The 95 % radius in metres that each source claims: the smallest that the protocol allows it."""

ADDRESSES = 50_000
"""Network addresses (IPv4 /24) that honest phones share, as behind carrier-grade NAT."""


@dataclass(frozen=True, slots=True)
class Phones:
    """One row a phone. The error belongs to the phone: ``km`` at ``bearing``, or another city (VPN, else NaN)."""

    handset: Ints
    source: Ints
    km: Floats
    bearing: Floats
    vpn_lat: Floats
    vpn_lon: Floats

    def take(self, rows: Ints) -> "Phones":
        """The chosen phones."""
        return Phones(
            self.handset[rows],
            self.source[rows],
            self.km[rows],
            self.bearing[rows],
            self.vpn_lat[rows],
            self.vpn_lon[rows],
        )


def new_phones(count: int, sites: Sites, settings: Settings, rng: np.random.Generator) -> Phones:
    """``count`` phones, their positions' sources in the shares of the settings."""
    location = settings.location
    draw = rng.random(count)
    source = np.where(draw < location.gps_share, Source.GPS, Source.FIXED_IP)
    mobile = (draw >= location.gps_share) & (draw < location.gps_share + location.mobile_ip_share)
    source = np.where(mobile, Source.MOBILE_IP, source).astype(np.int64)
    normal = rng.normal(0, 1, count)
    km = np.where(
        source == Source.GPS,
        np.minimum(location.gps_km * np.abs(rng.standard_t(2, count)), 5.0),
        np.where(
            source == Source.MOBILE_IP,
            location.mobile_ip_km * np.exp(location.mobile_ip_log_sd * normal),
            location.fixed_ip_km * np.exp(location.fixed_ip_log_sd * normal),
        ),
    )
    km = np.minimum(km, 2_500.0)
    lat, lon = sites.markets()
    city = rng.integers(0, len(lat), count)
    tunnelled = (rng.random(count) < location.vpn_share) & (source != Source.GPS)
    vpn_lat, vpn_lon = near(lat[city], lon[city], 10.0, rng)
    nowhere = np.full(count, np.nan)
    return Phones(
        handset=rng.integers(1, 1 << 62, count),
        source=source,
        km=km,
        bearing=rng.uniform(0, 2 * np.pi, count),
        vpn_lat=np.where(tunnelled, vpn_lat, nowhere),
        vpn_lon=np.where(tunnelled, vpn_lon, nowhere),
    )


def scan_events(phones: Phones, item: Ints, lat: Floats, lon: Floats, at: Floats, **more: float | Ints) -> Table:
    """The events of these phones' scans at these true places, at ``at`` hours; ``more`` sets other columns."""
    reported_lat, reported_lon = moved(lat, lon, phones.km, phones.bearing)
    tunnelled = np.isfinite(phones.vpn_lat)
    reported_lat = np.where(tunnelled, phones.vpn_lat, reported_lat)
    reported_lon = np.where(tunnelled, phones.vpn_lon, reported_lon)
    radius = np.zeros(len(item))
    for source, metres in RADIUS_M.items():
        radius[phones.source == source] = metres
    when = to_microseconds(at)
    values: dict[str, Column | float] = {
        "item": item,
        "at": when,
        "true_at": when,
        "step": int(Step.SCAN),
        "lat": reported_lat,
        "lon": reported_lon,
        "radius_m": radius,
        "source": phones.source,
        "audience": int(Audience.CONSUMER),
        "handset": phones.handset,
        "address": phones.handset % ADDRESSES,
    }
    return table(len(item), {**values, **more})


def across(sites: Sites, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """``count`` places in all markets, by population."""
    lat, lon = sites.markets()
    market = chosen(sites.weight[sites.of_kind(DEALER)], count, rng)
    return near(lat[market], lon[market], 20.0, rng)
