"""Consumers: who scans a sold unit, when and where; shops that try codes, bulk scanners, photos that go round."""

from dataclasses import dataclass

import numpy as np

from firmware_sim.population.columns import (
    Flags,
    Floats,
    Ints,
    Pair,
    Scenario,
    Step,
    Table,
    concatenated,
)
from firmware_sim.population.flow import DAY, Items
from firmware_sim.population.network import (
    Sites,
    gravity,
    kilometres,
    moved,
    near,
    travelled_to,
)
from firmware_sim.population.phones import Phones, across, looks, new_phones
from firmware_sim.population.settings import Settings


@dataclass(frozen=True, slots=True)
class Sold:
    """Objects that consumers hold: a unit or a copy of its code, bought at a place at ``at`` hours."""

    item: Ints
    lat: Floats
    lon: Floats
    market: Ints
    at: Floats
    object: Ints
    scenario: Scenario = Scenario.GENUINE
    actor: int = -1
    foreign: bool = False
    """True for copies and refills: the inner code isn't the outer one's."""

    def take(self, rows: Ints | Flags) -> "Sold":
        """The chosen objects."""
        return Sold(
            self.item[rows],
            self.lat[rows],
            self.lon[rows],
            self.market[rows],
            self.at[rows],
            self.object[rows],
            self.scenario,
            self.actor,
            self.foreign,
        )


def scans(sold: Sold, settings: Settings, sites: Sites, rng: np.random.Generator, share: float | None = None) -> Table:
    """All scans of these objects by those who bought them; ``share`` of them are scanned at all."""
    c = settings.consumer
    picked = sold.take(rng.random(len(sold.item)) < (c.scan_share if share is None else share))
    lat, lon = _homes(picked, settings, rng)
    lat, lon = _journeys(lat, lon, picked, settings, sites, rng)
    away = kilometres(picked.lat, picked.lon, lat, lon)
    hours = c.days_to_scan * DAY * np.exp(rng.normal(0, c.days_to_scan_log_sd, len(lat)))
    first = picked.at + 0.3 + np.minimum(hours, 200 * DAY) + away / 60 * 1.5
    found = _household(picked, lat, lon, first, settings, sites, rng)
    return concatenated(found)


def _homes(sold: Sold, settings: Settings, rng: np.random.Generator) -> tuple[Floats, Floats]:
    c = settings.consumer
    far = rng.random(len(sold.item)) < c.far_home_share
    return near(sold.lat, sold.lon, np.where(far, c.far_home_km, c.home_km), rng)


def _journeys(
    lat: Floats, lon: Floats, sold: Sold, settings: Settings, sites: Sites, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Where the unit is scanned first: at home, on the way, or where it was given to somebody."""
    t, count = settings.travel, len(lat)
    festive = (sold.at >= t.festival_day * DAY) & (sold.at < (t.festival_day + t.festival_days) * DAY)
    travels = rng.random(count) < np.where(festive, 1 - (1 - t.share) * (1 - t.festival_share), t.share)
    close = travels & (rng.random(count) < t.near_share)
    near_lat, near_lon = moved(
        lat, lon, rng.uniform(t.near_least_km, t.near_most_km, count), rng.uniform(0, 6.3, count)
    )
    target = travelled_to(gravity(sites), sold.market, rng)
    market_lat, market_lon = sites.markets()
    far_lat, far_lon = near(market_lat[target], market_lon[target], settings.network.shop_km, rng)
    return (
        np.where(close, near_lat, np.where(travels, far_lat, lat)),
        np.where(close, near_lon, np.where(travels, far_lon, lon)),
    )


def _household(
    sold: Sold, lat: Floats, lon: Floats, first: Floats, settings: Settings, sites: Sites, rng: np.random.Generator
) -> list[Table]:
    """The buyer's looks, and those of others that the unit was shown or given to."""
    c = settings.consumer
    found = _repeated(sold, lat, lon, first, settings, sites, rng)
    chance, rows = c.second_handset_share, np.arange(len(first))
    while len(rows) and chance > 1e-5:
        rows = rows[rng.random(len(rows)) < chance]
        shared = rng.random(len(rows)) < c.household_share
        others = sold.take(rows)
        beside = near(lat[rows], lon[rows], 0.1, rng)
        given = near(lat[rows], lon[rows], c.home_km, rng)
        given = _journeys(given[0], given[1], others, settings, sites, rng)
        wait = np.where(shared, rng.exponential(1.0 * DAY, len(rows)), rng.exponential(c.gift_days * DAY, len(rows)))
        there_lat, there_lon = np.where(shared, beside[0], given[0]), np.where(shared, beside[1], given[1])
        away = kilometres(lat[rows], lon[rows], there_lat, there_lon)
        at = first[rows] + 0.1 + wait + away / 60 * 1.5
        found += _repeated(others, there_lat, there_lon, at, settings, sites, rng)
        chance *= c.second_handset_decay
    return found


def _repeated(
    sold: Sold, lat: Floats, lon: Floats, first: Floats, settings: Settings, sites: Sites, rng: np.random.Generator
) -> list[Table]:
    c = settings.consumer
    phones = new_phones(len(first), sites, settings, rng)
    found: list[Table] = []
    rows, at, chance = np.arange(len(first)), first, c.rescan_share
    inside = settings.goods.horizon_days * DAY
    if not sold.foreign:
        found.append(_openings(sold, phones, lat, lon, first, settings, rng))
    while len(rows):
        kept = at < inside
        rows, at = rows[kept], at[kept]
        where = near(lat[rows], lon[rows], 0.05 if chance == c.rescan_share else 1.5, rng)
        found.append(
            looks(
                phones.take(rows),
                sold.item[rows],
                *where,
                at,
                pair=inner_code(len(rows), sold.foreign, settings, rng),
                object=sold.object[rows],
                scenario=int(sold.scenario),
                actor=sold.actor,
            )
        )
        again = rng.random(len(rows)) < chance
        rows, at = rows[again], at[again] + 0.6 + rng.exponential(c.rescan_days * DAY, int(again.sum()))
        chance *= c.rescan_decay
    return found


def guests(sold: Sold, settings: Settings, sites: Sites, rng: np.random.Generator) -> Table:
    """At a restaurant: what is opened at the table is told by a guest's phone, now and then by two."""
    c = settings.consumer
    opened = sold.take(
        (rng.random(len(sold.item)) < c.venue_opening_share) & (sold.at < settings.goods.horizon_days * DAY - 1)
    )
    phones = new_phones(len(opened.item), sites, settings, rng)
    place = near(opened.lat, opened.lon, 0.05, rng)
    beside = np.flatnonzero(rng.random(len(opened.item)) < c.second_handset_share)
    others = new_phones(len(beside), sites, settings, rng)
    at = opened.at[beside] + rng.exponential(0.5, len(beside))
    return concatenated(
        [
            looks(phones, opened.item, *place, opened.at, step=int(Step.OPENING)),
            looks(others, opened.item[beside], place[0][beside], place[1][beside], at),
        ]
    )


def _openings(
    sold: Sold,
    phones: Phones,
    lat: Floats,
    lon: Floats,
    first: Floats,
    settings: Settings,
    rng: np.random.Generator,
) -> Table:
    """Caps whose opening is told: the phone reads what is under them."""
    c = settings.consumer
    at = first + 0.1 + rng.exponential(c.opening_days * DAY, len(first))
    told = np.flatnonzero((rng.random(len(first)) < c.opening_share) & (at < settings.goods.horizon_days * DAY))
    where = lat[told], lon[told]
    return looks(
        phones.take(told),
        sold.item[told],
        *where,
        at[told],
        step=int(Step.OPENING),
        object=sold.object[told],
        scenario=int(sold.scenario),
        actor=sold.actor,
    )


def inner_code(count: int, foreign: bool, settings: Settings, rng: np.random.Generator) -> Ints:
    """What sessions learn from the inner code, if the goods have one and it is scanned."""
    p = settings.pairs
    wrong = np.ones(count, dtype=bool) if foreign else rng.random(count) < p.false_mismatch_share
    said = np.where(wrong, Pair.MISMATCHED, Pair.MATCHED)
    return np.where((rng.random(count) < p.read_share) & bool(p.enabled), said, Pair.UNREAD).astype(np.int64)


def bystanders(items: Items, settings: Settings, sites: Sites, rng: np.random.Generator) -> Table:
    """Honest scans by others than buyers: shops trying a code, bulk scanners, and photos that go round."""
    return concatenated(
        [
            _prescans(items, settings, sites, rng),
            _bulk(items, settings, sites, rng),
            _viral(items, settings, sites, rng),
            _damaged(items, settings, sites, rng),
        ]
    )


def _prescans(items: Items, settings: Settings, sites: Sites, rng: np.random.Generator) -> Table:
    phones = new_phones(len(sites.kind), sites, settings, rng)
    # Shops that scan for a living have let the phone know where it is, as far as the mixture allows.
    horizon = settings.goods.horizon_days * DAY
    tried = np.flatnonzero((items.arrived < horizon) & (rng.random(len(items)) < settings.consumer.shop_prescan_share))
    until = np.minimum(items.sold[tried], horizon)
    at = items.arrived[tried] + rng.random(len(tried)) * (until - items.arrived[tried])
    shop = items.shop[tried]
    where = near(sites.lat[shop], sites.lon[shop], 0.03, rng)
    return looks(phones.take(shop), tried, *where, at, actor=-1)


def _bulk(items: Items, settings: Settings, sites: Sites, rng: np.random.Generator) -> Table:
    c = settings.consumer
    handsets = np.isfinite(items.sold).sum() * c.scan_share * (1 + c.second_handset_share)
    count = rng.poisson(handsets * c.bulk_share)
    by_shop = np.argsort(items.shop, kind="stable")
    edges = np.searchsorted(items.shop[by_shop], np.arange(len(sites.kind) + 1))
    stocked = np.flatnonzero(np.diff(edges))
    phones = new_phones(count, sites, settings, rng)
    found = []
    for number in range(count):
        shop = int(stocked[rng.integers(0, len(stocked))])
        own = by_shop[edges[shop] : edges[shop + 1]]
        wanted = min(len(own), 1 + rng.poisson(c.bulk_codes))
        own = rng.permutation(own)[:wanted]
        day = float(np.median(items.arrived[own])) + rng.uniform(0, 30) * DAY
        own = own[items.arrived[own] < day]
        at = day + np.sort(rng.uniform(0, 9, len(own)))
        inside = at < settings.goods.horizon_days * DAY
        own, at = own[inside], at[inside]
        where = near(np.full(len(own), sites.lat[shop]), np.full(len(own), sites.lon[shop]), 0.05, rng)
        found.append(looks(phones.take(np.full(len(own), number)), own, *where, at))
    return concatenated(found)


def _viral(items: Items, settings: Settings, sites: Sites, rng: np.random.Generator) -> Table:
    c = settings.consumer
    sold = np.flatnonzero(items.sold < (settings.goods.horizon_days - 10) * DAY)
    found = []
    for _ in range(rng.poisson(c.viral_per_100k * len(items) / 100_000)):
        unit = sold[rng.integers(0, len(sold))]
        count = int(rng.integers(c.viral_least, c.viral_most + 1))
        at = items.sold[unit] + 30 + np.minimum(rng.exponential(12, count), 96)
        phones = new_phones(count, sites, settings, rng)
        found.append(looks(phones, np.full(count, unit), *across(sites, count, rng), at))
    return concatenated(found)


def _damaged(items: Items, settings: Settings, sites: Sites, rng: np.random.Generator) -> Table:
    """Honest phones that read a scratched label as a code that nobody made."""
    c = settings.consumer
    sold = np.flatnonzero(np.isfinite(items.sold))
    unlucky = sold[rng.random(len(sold)) < c.scan_share * c.damaged_share]
    phones = new_phones(len(unlucky), sites, settings, rng)
    shop = items.shop[unlucky]
    where = near(sites.lat[shop], sites.lon[shop], c.home_km, rng)
    return looks(phones, np.full(len(unlucky), -1), *where, items.sold[unlucky] + 5.0)
