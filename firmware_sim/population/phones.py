"""Phones: how each one's position comes to be known, by how much it is wrong, and the scans that it sends.

A phone is a number; all its habits follow from that number, so that it behaves alike whatever it scans.
"""

import numpy as np

from firmware_sim.population.addresses import RADIUS_M, Addresses, fixed_lines, mobile, tunnels
from firmware_sim.population.columns import (
    Audience,
    Column,
    Flags,
    Floats,
    Ints,
    Source,
    Step,
    Table,
    concatenated,
    normal,
    number,
    table,
    uniform,
)
from firmware_sim.population.country import Country
from firmware_sim.population.network import chosen, moved, near
from firmware_sim.population.world_time import to_microseconds

_SHARE_AFTER_US = 20_000_000
"""From loading the page to sharing a place on it."""
_RELOADS, _ONCE_MORE = 4, 0.5
"""A page that is loaded again is loaded so often at most, each time after the first with this probability."""
_RELOAD_WITHIN_US = 60_000_000


def strangers(count: int, rng: np.random.Generator) -> Ints:
    """``count`` phones of people who have bought nothing else."""
    return np.asarray(rng.integers(1, 1 << 62, count), dtype=np.int64)


def scan_events(
    country: Country,
    phone: Ints,
    line: Ints,
    item: Ints,
    lat: Floats,
    lon: Floats,
    at: Floats,
    *,
    shares: bool = True,
    **more: float | Ints,
) -> Table:
    """What phones send when they scan at these true places, at ``at`` hours; ``more`` sets other columns.

    ``line`` is whose fixed line a phone uses where it is not on a mobile network. Whoever loads the page first and
    then shares a place sends two events; ``shares`` False: nobody does.
    """
    location, seed = country.settings.location, country.seed
    address = _address(country, phone, line, lat, lon, at)
    own = (uniform(seed, phone, 60) < location.gps_share) & shares
    by_page = own & (uniform(seed, phone, 61) < location.page_share)
    unplaced = uniform(seed, phone, 62) < location.unplaced_share
    measured = _measured(country, phone, lat, lon, coarse=by_page)
    source = np.where(own, np.where(by_page, Source.COARSE, Source.GPS), address.source)
    when = to_microseconds(at)
    values: dict[str, Column | float] = {
        "item": item,
        "at": when,
        "true_at": when,
        "step": int(Step.SCAN),
        "lat": np.where(own, measured[0], address.lat),
        "lon": np.where(own, measured[1], address.lon),
        "source": np.where(unplaced, Source.NONE, source),
        "audience": int(Audience.CONSUMER),
        "handset": phone,
        "phone": phone,
        "network": address.network,
        "operator": address.operator,
    }
    events = table(len(item), {**values, **more})
    scans = events.ints("step") == Step.SCAN
    loads = np.flatnonzero(by_page & scans & ~unplaced)
    earlier = events.take(loads).changed(
        lat=address.lat[loads],
        lon=address.lon[loads],
        source=address.source[loads],
        pair=np.zeros(len(loads)),
        at=when[loads] - _SHARE_AFTER_US,
        true_at=when[loads] - _SHARE_AFTER_US,
    )
    first = np.flatnonzero(scans)
    again = _reloads(country, concatenated([earlier, events.take(first[~np.isin(first, loads)])]))
    return _named(country, _nowhere(concatenated([events, earlier, again])))


def across(country: Country, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """``count`` places in all markets, by population."""
    lat, lon = country.sites.markets()
    market = chosen(country.sites.in_markets.population, count, rng)
    return near(lat[market], lon[market], 20.0, rng)


def _address(country: Country, phone: Ints, line: Ints, lat: Floats, lon: Floats, at: Floats) -> Addresses:
    """The address of each scan: of the line at home, of the mobile network there, or of the phone's tunnel."""
    location, seed = country.settings.location, country.seed
    at_home = uniform(seed, phone, to_microseconds(at), 63) < location.wifi_share
    plain = fixed_lines(country, line, lat, lon).where(at_home, mobile(country, phone, lat, lon))
    tunnelled = uniform(seed, phone, 64) < location.vpn_share
    return tunnels(country, phone).where(tunnelled, plain)


def _measured(country: Country, phone: Ints, lat: Floats, lon: Floats, *, coarse: Flags) -> tuple[Floats, Floats]:
    """Where a phone believes to be. Its error is always the same: Student's t with 2 degrees of freedom, or coarse."""
    location, seed = country.settings.location, country.seed
    u = np.clip(uniform(seed, phone, 65), 1e-9, 1 - 1e-9)
    fine = np.minimum(location.gps_km * np.abs(2 * u - 1) / np.sqrt(2 * u * (1 - u)), 5.0)
    rough = np.minimum(location.coarse_km * np.abs(normal(seed, phone, 66)), 10.0)
    return moved(lat, lon, np.where(coarse, rough, fine), uniform(seed, phone, 67) * 2 * np.pi)


def _reloads(country: Country, loads: Table) -> Table:
    """The same page loaded again by the same phone within a minute, once or more."""
    seed, phone, at = country.seed, loads.ints("phone"), loads.ints("at")
    tables = []
    for time in range(1, _RELOADS + 1):
        share = country.settings.consumer.reload_share if time == 1 else _ONCE_MORE
        again = np.flatnonzero(uniform(seed, phone, at, 70 + time) < share)
        loads, phone, at = loads.take(again), phone[again], at[again]
        later = at + (uniform(seed, phone, at, 80 + time) * _RELOAD_WITHIN_US).astype(np.int64)
        tables.append(loads.changed(at=later, true_at=later))
    return concatenated(tables)


def _named(country: Country, events: Table) -> Table:
    """A phone that keeps no cookie gives itself out for another handset whenever it loads the page."""
    phone = events.ints("phone")
    forgets = uniform(country.seed, phone, 68) < country.settings.consumer.cookieless_share
    return events.changed(
        handset=np.where(forgets, number(country.seed, phone, events.ints("at"), 69), events.ints("handset"))
    )


def _nowhere(events: Table) -> Table:
    """An event without a position holds none."""
    source = events.ints("source")
    radius = np.zeros(len(source))
    for kind, metres in RADIUS_M.items():
        radius[source == kind] = metres
    placed = source != Source.NONE
    return events.changed(
        radius_m=radius,
        lat=np.where(placed, events.floats("lat"), 0.0),
        lon=np.where(placed, events.floats("lon"), 0.0),
    )
