"""Buyers: who scans an item that was sold, when, where and how often, and who opens it."""

from dataclasses import dataclass

import numpy as np

from firmware_sim.population.columns import (
    Flags,
    Floats,
    Ints,
    Pair,
    Step,
    Table,
    concatenated,
)
from firmware_sim.population.network import (
    Sites,
    gravity,
    kilometres,
    moved,
    near,
    travelled_to,
)
from firmware_sim.population.phones import Phones, new_phones, scan_events
from firmware_sim.population.settings import Settings
from firmware_sim.population.world_time import DAY_HOURS
from firmware_sim.world.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Sold:
    """Objects that consumers bought, at a place, at ``at`` hours: an item (``object`` 0) or its ``object``-th copy."""

    item: Ints
    lat: Floats
    lon: Floats
    market: Ints
    at: Floats
    object: Ints
    scenario: Scenario = Scenario.GENUINE
    actor: int = -1
    foreign: bool = False
    """True for copies and refills: their inner code is not that of the outer one."""

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
    """All scans of these objects by buyers and those they gave them to; ``share`` is that of objects scanned at all."""
    consumer = settings.consumer
    picked = sold.take(rng.random(len(sold.item)) < (consumer.scan_share if share is None else share))
    lat, lon = _homes(picked, settings, rng)
    lat, lon = _journeys(lat, lon, picked, settings, sites, rng)
    away = kilometres(picked.lat, picked.lon, lat, lon)
    hours = consumer.days_to_scan * DAY_HOURS * np.exp(rng.normal(0, consumer.days_to_scan_log_sd, len(lat)))
    first = picked.at + 0.3 + np.minimum(hours, 200 * DAY_HOURS) + away / 60 * 1.5
    return concatenated(_household(picked, lat, lon, first, settings, sites, rng))


def _homes(sold: Sold, settings: Settings, rng: np.random.Generator) -> tuple[Floats, Floats]:
    consumer = settings.consumer
    far = rng.random(len(sold.item)) < consumer.far_home_share
    return near(sold.lat, sold.lon, np.where(far, consumer.far_home_km, consumer.home_km), rng)


def _journeys(
    lat: Floats, lon: Floats, sold: Sold, settings: Settings, sites: Sites, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Where an object is scanned first: at home, on a journey, or where it was given to somebody."""
    travel, count = settings.travel, len(lat)
    festive = (sold.at >= travel.festival_day * DAY_HOURS) & (
        sold.at < (travel.festival_day + travel.festival_days) * DAY_HOURS
    )
    travels = rng.random(count) < np.where(festive, 1 - (1 - travel.share) * (1 - travel.festival_share), travel.share)
    close = travels & (rng.random(count) < travel.near_share)
    near_lat, near_lon = moved(
        lat, lon, rng.uniform(travel.near_least_km, travel.near_most_km, count), rng.uniform(0, 6.3, count)
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
    """The buyer's scans, and those of others that the object was shown or given to."""
    consumer = settings.consumer
    events = _repeated(sold, lat, lon, first, settings, sites, rng)
    chance, rows = consumer.second_handset_share, np.arange(len(first))
    while len(rows) and chance > 1e-5:
        rows = rows[rng.random(len(rows)) < chance]
        shared = rng.random(len(rows)) < consumer.household_share
        others = sold.take(rows)
        beside = near(lat[rows], lon[rows], 0.1, rng)
        given = near(lat[rows], lon[rows], consumer.home_km, rng)
        given = _journeys(given[0], given[1], others, settings, sites, rng)
        wait = np.where(
            shared,
            rng.exponential(1.0 * DAY_HOURS, len(rows)),
            rng.exponential(consumer.gift_days * DAY_HOURS, len(rows)),
        )
        there_lat, there_lon = np.where(shared, beside[0], given[0]), np.where(shared, beside[1], given[1])
        away = kilometres(lat[rows], lon[rows], there_lat, there_lon)
        at = first[rows] + 0.1 + wait + away / 60 * 1.5
        events += _repeated(others, there_lat, there_lon, at, settings, sites, rng)
        chance *= consumer.second_handset_decay
    return events


def _repeated(
    sold: Sold, lat: Floats, lon: Floats, first: Floats, settings: Settings, sites: Sites, rng: np.random.Generator
) -> list[Table]:
    """One phone's openings and scans of each object: the first, then again with less and less probability."""
    consumer = settings.consumer
    phones = new_phones(len(first), sites, settings, rng)
    events: list[Table] = []
    rows, at, chance = np.arange(len(first)), first, consumer.rescan_share
    horizon = settings.goods.horizon_days * DAY_HOURS
    if not sold.foreign:
        events.append(_openings(sold, phones, lat, lon, first, settings, rng))
    while len(rows):
        within = at < horizon
        rows, at = rows[within], at[within]
        where = near(lat[rows], lon[rows], 0.05 if chance == consumer.rescan_share else 1.5, rng)
        events.append(
            scan_events(
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
        rows, at = rows[again], at[again] + 0.6 + rng.exponential(consumer.rescan_days * DAY_HOURS, int(again.sum()))
        chance *= consumer.rescan_decay
    return events


def guests(sold: Sold, settings: Settings, sites: Sites, rng: np.random.Generator) -> Table:
    """At a restaurant: a guest's phone reports what is opened at the table, and now and then a second one scans it."""
    consumer = settings.consumer
    opened = sold.take(
        (rng.random(len(sold.item)) < consumer.venue_opening_share)
        & (sold.at < settings.goods.horizon_days * DAY_HOURS - 1)
    )
    phones = new_phones(len(opened.item), sites, settings, rng)
    place = near(opened.lat, opened.lon, 0.05, rng)
    beside = np.flatnonzero(rng.random(len(opened.item)) < consumer.second_handset_share)
    others = new_phones(len(beside), sites, settings, rng)
    at = opened.at[beside] + rng.exponential(0.5, len(beside))
    return concatenated(
        [
            scan_events(phones, opened.item, *place, opened.at, step=int(Step.OPENING)),
            scan_events(others, opened.item[beside], place[0][beside], place[1][beside], at),
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
    """Openings that are reported: the phone reads the code under the cap."""
    consumer = settings.consumer
    at = first + 0.1 + rng.exponential(consumer.opening_days * DAY_HOURS, len(first))
    opened = np.flatnonzero(
        (rng.random(len(first)) < consumer.opening_share) & (at < settings.goods.horizon_days * DAY_HOURS)
    )
    where = lat[opened], lon[opened]
    return scan_events(
        phones.take(opened),
        sold.item[opened],
        *where,
        at[opened],
        step=int(Step.OPENING),
        object=sold.object[opened],
        scenario=int(sold.scenario),
        actor=sold.actor,
    )


def inner_code(count: int, foreign: bool, settings: Settings, rng: np.random.Generator) -> Ints:
    """What ``count`` scans learn from the inner code, where items have one and it is read."""
    pairs = settings.pairs
    wrong = np.ones(count, dtype=bool) if foreign else rng.random(count) < pairs.false_mismatch_share
    result = np.where(wrong, Pair.MISMATCHED, Pair.MATCHED)
    return np.where((rng.random(count) < pairs.read_share) & bool(pairs.enabled), result, Pair.UNREAD).astype(np.int64)
