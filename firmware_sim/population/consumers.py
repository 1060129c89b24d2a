"""Buyers: who scans an item that was sold, when, where and how often, and who opens it."""

from dataclasses import dataclass

import numpy as np

from firmware_sim.population import households
from firmware_sim.population.columns import (
    Flags,
    Floats,
    Ints,
    Pair,
    Step,
    Table,
    concatenated,
)
from firmware_sim.population.country import Country
from firmware_sim.population.network import (
    gravity,
    kilometres,
    moved,
    near,
    travelled_to,
)
from firmware_sim.population.phones import scan_events, strangers
from firmware_sim.population.settings import Settings
from firmware_sim.population.world_time import DAY_HOURS
from firmware_sim.world.scenario import Scenario

_MOST_PHONES = 40
"""So many phones scan an object at most."""


@dataclass(frozen=True, slots=True)
class Sold:
    """Objects that households bought, at a place, at ``at`` hours: an item (``object`` 0) or its ``object``-th copy."""

    item: Ints
    household: Ints
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
            self.household[rows],
            self.lat[rows],
            self.lon[rows],
            self.market[rows],
            self.at[rows],
            self.object[rows],
            self.scenario,
            self.actor,
            self.foreign,
        )


@dataclass(frozen=True, slots=True)
class _Holders:
    """Who has an object in hand: a phone, whose line it uses, where it truly is, and from when on."""

    phone: Ints
    line: Ints
    lat: Floats
    lon: Floats
    at: Floats


def scans(sold: Sold, country: Country, rng: np.random.Generator, share: float | None = None) -> Table:
    """All scans of these objects by buyers and those they gave them to; ``share`` is that of objects scanned at all."""
    scanned = country.settings.consumer.scan_share if share is None else share
    picked = sold.take(households.scanning(sold.household, scanned, country, rng))
    lat, lon = households.homes(picked.household, country)
    lat, lon = _journeys(lat, lon, picked, country, rng)
    away = kilometres(picked.lat, picked.lon, lat, lon)
    first = picked.at + 0.3 + households.waits(picked.household, picked.at, country, rng) + away / 60 * 1.5
    buyers = _Holders(households.phone(picked.household, 0, country), picked.household, lat, lon, first)
    return concatenated(_shown(picked, buyers, country, rng))


def _journeys(
    lat: Floats, lon: Floats, sold: Sold, country: Country, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Where an object is scanned first: at home, on a journey, or where it was given to somebody."""
    travel, sites, count = country.settings.travel, country.sites, len(lat)
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
    far_lat, far_lon = near(market_lat[target], market_lon[target], country.settings.network.shop_km, rng)
    return (
        np.where(close, near_lat, np.where(travels, far_lat, lat)),
        np.where(close, near_lon, np.where(travels, far_lon, lon)),
    )


def _shown(sold: Sold, buyers: _Holders, country: Country, rng: np.random.Generator) -> list[Table]:
    """The buyer's scans, and those of others that the object was shown or given to."""
    consumer = country.settings.consumer
    events = _repeated(sold, buyers, country, rng)
    chance, rows = consumer.second_handset_share, np.arange(len(buyers.at))
    for nth in range(1, _MOST_PHONES):
        rows = rows[rng.random(len(rows)) < chance]
        if not len(rows):
            break
        others = sold.take(rows)
        holders = _others(others, buyers, rows, nth, country, rng)
        events += _repeated(others, holders, country, rng)
        chance = consumer.further_handset_share
    return events


def _others(sold: Sold, buyers: _Holders, rows: Ints, nth: int, country: Country, rng: np.random.Generator) -> _Holders:
    """The ``nth`` other person who scans each object: of the household, or somebody who was given it."""
    consumer = country.settings.consumer
    lat, lon = buyers.lat[rows], buyers.lon[rows]
    shared = rng.random(len(rows)) < consumer.household_share
    beside = near(lat, lon, 0.1, rng)
    given = near(lat, lon, consumer.home_km, rng)
    given = _journeys(given[0], given[1], sold, country, rng)
    wait = np.where(
        shared,
        rng.exponential(1.0 * DAY_HOURS, len(rows)),
        rng.exponential(consumer.gift_days * DAY_HOURS, len(rows)),
    )
    there = np.where(shared, beside[0], given[0]), np.where(shared, beside[1], given[1])
    at = buyers.at[rows] + 0.1 + wait + kilometres(lat, lon, *there) / 60 * 1.5
    receiver = households.receivers(sold.household, sold.item, nth, country)
    phone = np.where(shared, households.phone(sold.household, nth, country), receiver)
    return _Holders(phone, np.where(shared, sold.household, receiver), *there, at)


def _repeated(sold: Sold, holders: _Holders, country: Country, rng: np.random.Generator) -> list[Table]:
    """One phone's openings and scans of each object: the first, then again with less and less probability."""
    settings = country.settings
    consumer = settings.consumer
    events: list[Table] = []
    rows, at, chance = np.arange(len(holders.at)), holders.at, consumer.rescan_share
    horizon = settings.goods.horizon_days * DAY_HOURS
    if not sold.foreign:
        events.append(_openings(sold, holders, country, rng))
    while len(rows):
        within = at < horizon
        rows, at = rows[within], at[within]
        apart = 0.05 if chance == consumer.rescan_share else 1.5
        where = near(holders.lat[rows], holders.lon[rows], apart, rng)
        events.append(
            scan_events(
                country,
                holders.phone[rows],
                holders.line[rows],
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


def guests(sold: Sold, country: Country, rng: np.random.Generator) -> Table:
    """At a restaurant: a guest's phone reports what is opened at the table, and now and then a second one scans it.

    All of them may use the restaurant's line.
    """
    consumer = country.settings.consumer
    opened = sold.take(
        (rng.random(len(sold.item)) < consumer.venue_opening_share)
        & (sold.at < country.settings.goods.horizon_days * DAY_HOURS - 1)
    )
    venue = households.shop_households(opened.household >> 32)
    lat, lon = near(opened.lat, opened.lon, 0.05, rng)
    beside = np.flatnonzero(rng.random(len(opened.item)) < consumer.second_handset_share)
    at = opened.at[beside] + rng.exponential(0.5, len(beside))
    phone = households.phone(opened.household, 0, country)
    other = strangers(len(beside), rng)
    return concatenated(
        [
            scan_events(country, phone, venue, opened.item, lat, lon, opened.at, step=int(Step.OPENING)),
            scan_events(country, other, venue[beside], opened.item[beside], lat[beside], lon[beside], at),
        ]
    )


def _openings(sold: Sold, holders: _Holders, country: Country, rng: np.random.Generator) -> Table:
    """Openings that are reported: the phone reads the code under the cap."""
    consumer = country.settings.consumer
    at = holders.at + 0.1 + rng.exponential(consumer.opening_days * DAY_HOURS, len(holders.at))
    opened = np.flatnonzero(
        (rng.random(len(at)) < consumer.opening_share) & (at < country.settings.goods.horizon_days * DAY_HOURS)
    )
    return scan_events(
        country,
        holders.phone[opened],
        holders.line[opened],
        sold.item[opened],
        holders.lat[opened],
        holders.lon[opened],
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
