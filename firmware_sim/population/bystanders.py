"""Honest scans by others than buyers: shops that try a code, bulk scanners, photos passed on, damaged labels."""

import numpy as np

from firmware_sim.population.columns import Table, concatenated
from firmware_sim.population.items import Items
from firmware_sim.population.network import Sites, near
from firmware_sim.population.phones import across, new_phones, scan_events
from firmware_sim.population.settings import Settings
from firmware_sim.population.world_time import DAY_HOURS


def bystanders(items: Items, settings: Settings, sites: Sites, rng: np.random.Generator) -> Table:
    """All scans by others than buyers."""
    return concatenated(
        [
            _prescans(items, settings, sites, rng),
            _bulk(items, settings, sites, rng),
            _viral(items, settings, sites, rng),
            _damaged(items, settings, sites, rng),
        ]
    )


def _prescans(items: Items, settings: Settings, sites: Sites, rng: np.random.Generator) -> Table:
    """Shops that scan what they have received and not yet sold."""
    phones = new_phones(len(sites.kind), sites, settings, rng)
    horizon = settings.goods.horizon_days * DAY_HOURS
    tried = np.flatnonzero((items.arrived < horizon) & (rng.random(len(items)) < settings.consumer.shop_prescan_share))
    until = np.minimum(items.sold[tried], horizon)
    at = items.arrived[tried] + rng.random(len(tried)) * (until - items.arrived[tried])
    shop = items.shop[tried]
    where = near(sites.lat[shop], sites.lon[shop], 0.03, rng)
    return scan_events(phones.take(shop), tried, *where, at, actor=-1)


def _bulk(items: Items, settings: Settings, sites: Sites, rng: np.random.Generator) -> Table:
    """Collectors and stock-takers: one phone that scans many items of a shop within a day."""
    consumer = settings.consumer
    handsets = np.isfinite(items.sold).sum() * consumer.scan_share * (1 + consumer.second_handset_share)
    count = rng.poisson(handsets * consumer.bulk_share)
    by_shop = np.argsort(items.shop, kind="stable")
    edges = np.searchsorted(items.shop[by_shop], np.arange(len(sites.kind) + 1))
    stocked = np.flatnonzero(np.diff(edges))
    phones = new_phones(count, sites, settings, rng)
    events = []
    for number in range(count):
        shop = int(stocked[rng.integers(0, len(stocked))])
        own = by_shop[edges[shop] : edges[shop + 1]]
        wanted = min(len(own), 1 + rng.poisson(consumer.bulk_codes))
        own = rng.permutation(own)[:wanted]
        day = float(np.median(items.arrived[own])) + rng.uniform(0, 30) * DAY_HOURS
        own = own[items.arrived[own] < day]
        at = day + np.sort(rng.uniform(0, 9, len(own)))
        inside = at < settings.goods.horizon_days * DAY_HOURS
        own, at = own[inside], at[inside]
        where = near(np.full(len(own), sites.lat[shop]), np.full(len(own), sites.lon[shop]), 0.05, rng)
        events.append(scan_events(phones.take(np.full(len(own), number)), own, *where, at))
    return concatenated(events)


def _viral(items: Items, settings: Settings, sites: Sites, rng: np.random.Generator) -> Table:
    """A photo of a code that is passed on: many phones all over the country within days."""
    consumer = settings.consumer
    sold = np.flatnonzero(items.sold < (settings.goods.horizon_days - 10) * DAY_HOURS)
    events = []
    for _ in range(rng.poisson(consumer.viral_per_100k * len(items) / 100_000)):
        unit = sold[rng.integers(0, len(sold))]
        count = int(rng.integers(consumer.viral_least, consumer.viral_most + 1))
        at = items.sold[unit] + 30 + np.minimum(rng.exponential(12, count), 96)
        phones = new_phones(count, sites, settings, rng)
        events.append(scan_events(phones, np.full(count, unit), *across(sites, count, rng), at))
    return concatenated(events)


def _damaged(items: Items, settings: Settings, sites: Sites, rng: np.random.Generator) -> Table:
    """Phones that misread a damaged label as a code that nobody made."""
    consumer = settings.consumer
    sold = np.flatnonzero(np.isfinite(items.sold))
    unlucky = sold[rng.random(len(sold)) < consumer.scan_share * consumer.damaged_share]
    phones = new_phones(len(unlucky), sites, settings, rng)
    shop = items.shop[unlucky]
    where = near(sites.lat[shop], sites.lon[shop], consumer.home_km, rng)
    return scan_events(phones, np.full(len(unlucky), -1), *where, items.sold[unlucky] + 5.0)
