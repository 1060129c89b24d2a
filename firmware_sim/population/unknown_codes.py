"""Honest scans of codes that nobody made: damaged labels, garbling scanners, misprints, dead links, line tests."""

import numpy as np

from firmware_sim.population import households
from firmware_sim.population.addresses import tunnels
from firmware_sim.population.columns import Floats, Ints, Table, concatenated
from firmware_sim.population.country import Country
from firmware_sim.population.items import Items
from firmware_sim.population.network import PLANT
from firmware_sim.population.phones import scan_events, strangers
from firmware_sim.population.world_time import DAY_HOURS

_DIGEST = 1 << 60


def unknown_codes(items: Items, country: Country, rng: np.random.Generator) -> Table:
    """All honest scans of unknown codes. Each code that was tried is an event's ``digest``; its ``item`` is -1."""
    return concatenated(
        [
            _damaged(items, country, rng),
            _misprinted(items, country, rng),
            _garbled(items, country, rng),
            _dead_links(items, country, rng),
            _line_tests(items, country, rng),
        ]
    )


def _unknown(country: Country, phone: Ints, line: Ints, lat: Floats, lon: Floats, at: Floats, digest: Ints) -> Table:
    rows = np.flatnonzero(at < country.settings.goods.horizon_days * DAY_HOURS)
    nobody = np.full(len(rows), -1)
    return scan_events(country, phone[rows], line[rows], nobody, lat[rows], lon[rows], at[rows], digest=digest[rows])


def _all_at(country: Country, site: int, count: int) -> tuple[Floats, Floats]:
    return np.full(count, country.sites.lat[site]), np.full(count, country.sites.lon[site])


def _by_buyers(
    items: Items, item: Ints, country: Country, delay_hours: Floats, digest: Ints, rng: np.random.Generator
) -> Table:
    """Buyers at home who try what their phones read, now and then again."""
    again = rng.geometric(1 / (1 + country.settings.unknown.tries), len(item))
    item, digest = np.repeat(item, again), np.repeat(digest, again)
    at = items.sold[item] + np.repeat(delay_hours, again) + rng.uniform(0, 0.1, len(item))
    household = items.household[item]
    lat, lon = households.homes(household, country)
    return _unknown(country, households.phone(household, 0, country), household, lat, lon, at, digest)


def _damaged(items: Items, country: Country, rng: np.random.Generator) -> Table:
    """Damaged labels that phones misread, each in its own way."""
    share = country.settings.consumer.scan_share * country.settings.unknown.damaged_share
    sold = np.flatnonzero(np.isfinite(items.sold))
    item = sold[rng.random(len(sold)) < share]
    return _by_buyers(items, item, country, rng.uniform(1, 48, len(item)), rng.integers(0, _DIGEST, len(item)), rng)


def _misprinted(items: Items, country: Country, rng: np.random.Generator) -> Table:
    """Rolls of labels that nobody registered: their buyers, all in one or two towns, scan codes that are unknown."""
    unknown, tables = country.settings.unknown, []
    cases = np.unique(items.case[items.household >= 0])
    for _ in range(rng.poisson(unknown.misprints_per_100k * len(items) / 1e5)):
        first = int(cases[rng.integers(0, len(cases))])
        member = (items.case >= first) & (items.case < first + unknown.misprint_cases) & (items.household >= 0)
        item = np.flatnonzero(member)
        item = item[rng.random(len(item)) < country.settings.consumer.scan_share]
        wait = country.settings.consumer.days_to_scan * DAY_HOURS * np.exp(rng.normal(0, 1, len(item)))
        tables.append(_by_buyers(items, item, country, wait, rng.integers(0, _DIGEST, len(item)), rng))
    return concatenated(tables)


def _garbled(items: Items, country: Country, rng: np.random.Generator) -> Table:
    """Shops whose scanner garbles what it reads (caps lock, lost separators): many codes on one day, all unknown."""
    unknown, tables = country.settings.unknown, []
    stocked = np.unique(items.shop[items.household >= 0])
    for _ in range(rng.poisson(unknown.garblers_per_100k * len(items) / 1e5)):
        shop = int(stocked[rng.integers(0, len(stocked))])
        count = 1 + rng.poisson(unknown.garbled_codes)
        at = rng.uniform(0.2, 0.9) * country.settings.goods.horizon_days * DAY_HOURS + np.sort(rng.uniform(0, 9, count))
        owner = households.shop_households(np.full(count, shop))
        phone, digest = households.phone(owner, 0, country), rng.integers(0, _DIGEST, count)
        tables.append(_unknown(country, phone, owner, *_all_at(country, shop, count), at, digest))
    return concatenated(tables)


def _dead_links(items: Items, country: Country, rng: np.random.Generator) -> Table:
    """Robots that follow links of old labels, a few a day, for months, from one network."""
    unknown, tables = country.settings.unknown, []
    lat, lon = country.sites.markets()
    for robot in strangers(rng.poisson(unknown.robots_per_100k * len(items) / 1e5), rng):
        count = 1 + rng.poisson(unknown.robot_links)
        at = np.sort(rng.uniform(0, country.settings.goods.horizon_days * DAY_HOURS, count))
        phone, market = np.full(count, robot), int(rng.integers(0, len(lat)))
        place = np.full(count, lat[market]), np.full(count, lon[market])
        scans = _unknown(country, phone, phone, *place, at, rng.integers(0, _DIGEST, count))
        address = tunnels(country, scans.ints("phone"))
        tables.append(scans.changed(network=address.network, operator=address.operator))
    return concatenated(tables)


def _line_tests(items: Items, country: Country, rng: np.random.Generator) -> Table:
    """A maker's people who try test prints at the plant, within an hour, before a lot is registered."""
    unknown, tables = country.settings.unknown, []
    plants = country.sites.of_kind(PLANT)
    for tester in strangers(rng.poisson(unknown.line_tests_per_100k * len(items) / 1e5), rng):
        plant = int(plants[rng.integers(0, len(plants))])
        count = 1 + rng.poisson(unknown.test_prints)
        day = rng.uniform(0, country.settings.goods.production_days) * DAY_HOURS
        at = day + np.sort(rng.uniform(0, 1, count))
        phone, line = np.full(count, tester), np.full(count, -1 - plant)
        tables.append(
            _unknown(country, phone, line, *_all_at(country, plant, count), at, rng.integers(0, _DIGEST, count))
        )
    return concatenated(tables)
