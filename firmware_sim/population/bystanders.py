"""Honest scans by others than buyers: shops that try a code, bulk scanners, photos passed on."""

import numpy as np

from firmware_sim.population import households
from firmware_sim.population.columns import Ints, Table, concatenated
from firmware_sim.population.country import Country
from firmware_sim.population.items import Items
from firmware_sim.population.network import near
from firmware_sim.population.phones import across, scan_events, strangers
from firmware_sim.population.world_time import DAY_HOURS


def bystanders(items: Items, country: Country, rng: np.random.Generator) -> Table:
    """All scans by others than buyers."""
    return concatenated(
        [
            _prescans(items, country, rng),
            _bulk(items, country, rng),
            _viral(items, country, rng),
        ]
    )


def _in_shops(
    country: Country, phone: Ints, shop: Ints, item: Ints, at: np.ndarray, km: float, rng: np.random.Generator
) -> Table:
    """Scans within ``km`` of shops, by phones that may use the shop's line."""
    where = near(country.sites.lat[shop], country.sites.lon[shop], km, rng)
    return scan_events(country, phone, households.shop_households(shop), item, *where, at)


def _prescans(items: Items, country: Country, rng: np.random.Generator) -> Table:
    """Shops that scan what they have received and not yet sold."""
    settings = country.settings
    horizon = settings.goods.horizon_days * DAY_HOURS
    tried = np.flatnonzero((items.arrived < horizon) & (rng.random(len(items)) < settings.consumer.shop_prescan_share))
    until = np.minimum(items.sold[tried], horizon)
    at = items.arrived[tried] + rng.random(len(tried)) * (until - items.arrived[tried])
    shop = items.shop[tried]
    phone = households.phone(households.shop_households(shop), 0, country)
    return _in_shops(country, phone, shop, tried, at, 0.03, rng)


def _bulk(items: Items, country: Country, rng: np.random.Generator) -> Table:
    """Collectors and stock-takers: one phone that scans many items of a shop within a day."""
    consumer = country.settings.consumer
    handsets = np.isfinite(items.sold).sum() * consumer.scan_share * (1 + consumer.second_handset_share)
    count = rng.poisson(handsets * consumer.bulk_share)
    by_shop = np.argsort(items.shop, kind="stable")
    edges = np.searchsorted(items.shop[by_shop], np.arange(len(country.sites.kind) + 1))
    stocked = np.flatnonzero(np.diff(edges))
    scanned, times, shops, phones = [], [], [], []
    for phone in strangers(count, rng):
        shop = int(stocked[rng.integers(0, len(stocked))])
        own = by_shop[edges[shop] : edges[shop + 1]]
        own = rng.permutation(own)[: min(len(own), 1 + rng.poisson(consumer.bulk_codes))]
        day = float(np.median(items.arrived[own])) + rng.uniform(0, 30) * DAY_HOURS
        own = own[items.arrived[own] < day]
        at = day + np.sort(rng.uniform(0, 9, len(own)))
        inside = at < country.settings.goods.horizon_days * DAY_HOURS
        scanned.append(own[inside])
        times.append(at[inside])
        shops.append(np.full(int(inside.sum()), shop))
        phones.append(np.full(int(inside.sum()), phone))
    if not scanned:
        return concatenated([])
    item, shop_of = np.concatenate(scanned), np.concatenate(shops)
    return _in_shops(country, np.concatenate(phones), shop_of, item, np.concatenate(times), 0.05, rng)


def _viral(items: Items, country: Country, rng: np.random.Generator) -> Table:
    """A photo of a code that is passed on: many phones all over the country within days; nobody shares a place."""
    consumer = country.settings.consumer
    sold = np.flatnonzero(items.sold < (country.settings.goods.horizon_days - 10) * DAY_HOURS)
    events = []
    for _ in range(rng.poisson(consumer.viral_per_100k * len(items) / 100_000)):
        unit = sold[rng.integers(0, len(sold))]
        count = int(rng.integers(consumer.viral_least, consumer.viral_most + 1))
        at = items.sold[unit] + 30 + np.minimum(rng.exponential(12, count), 96)
        phone = strangers(count, rng)
        where = across(country, count, rng)
        events.append(scan_events(country, phone, phone, np.full(count, unit), *where, at, shares=False))
    return concatenated(events)
