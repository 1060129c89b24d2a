"""Phones: how they know where they are, and how wrong each one is, always in the same way."""

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
from firmware_sim.population.flow import micros
from firmware_sim.population.network import Sites, chosen, moved, near
from firmware_sim.population.settings import Settings

RADIUS_M = {Source.GPS: 100.0, Source.FIXED_IP: 25_000.0, Source.MOBILE_IP: 300_000.0}
"""The 95 % radius that each source may claim (section 1.1 of the reference)."""

ADDRESSES = 50_000
"""Network addresses (/24) that honest phones share, as carriers make them."""


@dataclass(frozen=True, slots=True)
class Phones:
    """One row a handset. The error belongs to the phone: ``km`` at ``bearing``, or a wrong city altogether (VPN)."""

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
    """``count`` handsets of the mixture that the settings ask for."""
    where = settings.location
    draw = rng.random(count)
    source = np.where(draw < where.gps_share, Source.GPS, Source.FIXED_IP)
    mobile = (draw >= where.gps_share) & (draw < where.gps_share + where.mobile_ip_share)
    source = np.where(mobile, Source.MOBILE_IP, source).astype(np.int64)
    normal = rng.normal(0, 1, count)
    km = np.where(
        source == Source.GPS,
        np.minimum(where.gps_km * np.abs(rng.standard_t(2, count)), 5.0),
        np.where(
            source == Source.MOBILE_IP,
            where.mobile_ip_km * np.exp(where.mobile_ip_log_sd * normal),
            where.fixed_ip_km * np.exp(where.fixed_ip_log_sd * normal),
        ),
    )
    km = np.minimum(km, 2_500.0)
    lat, lon = sites.markets()
    city = rng.integers(0, len(lat), count)
    tunnelled = (rng.random(count) < where.vpn_share) & (source != Source.GPS)
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


def looks(phones: Phones, item: Ints, lat: Floats, lon: Floats, at: Floats, **more: float | Ints) -> Table:
    """What the resolver is told when these phones scan at these places, at ``at`` hours."""
    seen_lat, seen_lon = moved(lat, lon, phones.km, phones.bearing)
    tunnelled = np.isfinite(phones.vpn_lat)
    seen_lat = np.where(tunnelled, phones.vpn_lat, seen_lat)
    seen_lon = np.where(tunnelled, phones.vpn_lon, seen_lon)
    radius = np.zeros(len(item))
    for source, metres in RADIUS_M.items():
        radius[phones.source == source] = metres
    when = micros(at)
    values: dict[str, Column | float] = {
        "item": item,
        "at": when,
        "true_at": when,
        "step": int(Step.SCAN),
        "lat": seen_lat,
        "lon": seen_lon,
        "radius_m": radius,
        "source": phones.source,
        "audience": int(Audience.CONSUMER),
        "handset": phones.handset,
        "address": phones.handset % ADDRESSES,
    }
    return table(len(item), {**values, **more})


def across(sites: Sites, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """``count`` places in markets, by population."""
    lat, lon = sites.markets()
    market = chosen(sites.weight[sites.of_kind(2)], count, rng)
    return near(lat[market], lon[market], 20.0, rng)
