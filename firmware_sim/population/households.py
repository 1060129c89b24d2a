"""Households: who buys what, again and by the pack, where they live, and which phones they have.

A household is the number of its shop and a number of its own there; home, phones and habits follow from these.
"""

from dataclasses import dataclass

import numpy as np

from firmware_sim.population.columns import Flags, Floats, Ints, normal, number, uniform
from firmware_sim.population.country import Country
from firmware_sim.population.network import moved
from firmware_sim.population.settings import Settings
from firmware_sim.population.world_time import DAY_HOURS

NOBODY = -1
_OF_SHOP = 1 << 32
_NEW = 1 << 31
_PACK_DAYS = 5.0
"""A pack's units lay in the shop at the same time: they would have been sold within so many days."""


@dataclass(frozen=True, slots=True)
class Purchases:
    """What was bought together, one row an object: when, and by which household."""

    household: Ints
    at: Floats


def purchases(shop: Ints, at: Floats, last: Floats, settings: Settings, rng: np.random.Generator) -> Purchases:
    """Objects that shops sell about ``at``, some of them by the pack, some to customers who have bought there before.

    A pack is sold when its last object would have been, if that is not later than ``last``.
    """
    order = np.lexsort((at, shop))
    group = _packs(shop[order], at[order], settings, rng)
    edges = np.flatnonzero(np.diff(group, prepend=-1))
    together = np.maximum.reduceat(at[order], edges)[group] if len(order) else at[order]
    when = np.where(together <= last[order], together, at[order])
    of_group = shop[order][edges]
    household = of_group * _OF_SHOP + _customers(of_group, settings.consumer.repeat_share, rng)
    bought = Purchases(np.empty_like(shop), np.empty_like(at))
    bought.household[order], bought.at[order] = household[group], when
    return bought


def _packs(shop: Ints, at: Floats, settings: Settings, rng: np.random.Generator) -> Ints:
    """A number for each purchase, of objects in order of shop and time."""
    consumer = settings.consumer
    size = np.where(rng.random(len(shop)) < consumer.pack_share, consumer.pack_units, 1)
    drawn = np.repeat(np.arange(len(shop)), size)[: len(shop)]
    begins: Flags = np.diff(drawn, prepend=-1) != 0
    begins |= np.diff(shop, prepend=-1) != 0
    begins |= np.diff(at, prepend=-np.inf) > _PACK_DAYS * DAY_HOURS
    return np.asarray(np.cumsum(begins) - 1, dtype=np.int64)


def _customers(shop: Ints, repeat_share: float, rng: np.random.Generator) -> Ints:
    """Each purchase's customer, as a number in its shop: a new one, or that of any earlier purchase, with equal odds.

    So customers become the more loyal the more they have bought (Simon 1955): few buy often.
    """
    index = np.arange(len(shop))
    first = np.maximum.accumulate(np.where(np.diff(shop, prepend=-1) != 0, index, 0)) if len(shop) else index
    rank = index - first
    again = (rng.random(len(shop)) < repeat_share) & (rank > 0)
    earlier = np.where(again, first + (rng.random(len(shop)) * rank).astype(np.int64), index)
    while True:
        further = earlier[earlier]
        if (further == earlier).all():
            return np.asarray(earlier - first, dtype=np.int64)
        earlier = further


def new_households(shop: Ints, rng: np.random.Generator) -> Ints:
    """Households at these shops that have bought nothing there before."""
    return np.asarray(shop * _OF_SHOP + _NEW + rng.integers(0, _NEW, len(shop)), dtype=np.int64)


def shop_households(shop: Ints) -> Ints:
    """The people who run the shops."""
    return np.asarray(shop * _OF_SHOP + (_NEW - 1), dtype=np.int64)


def receivers(household: Ints, item: Ints, nth: int, country: Country) -> Ints:
    """Phones of people elsewhere to whom a household gives an item: never those of anybody who buys."""
    return number(country.seed, household, item, nth, 30)


def phone(household: Ints, nth: int, country: Country) -> Ints:
    """The ``nth`` phone (from 0) of each household."""
    return number(country.seed, household, nth, 31)


def homes(household: Ints, country: Country) -> tuple[Floats, Floats]:
    """Where households live: about their shop, some farther off."""
    consumer, sites, seed = country.settings.consumer, country.sites, country.seed
    shop = household // _OF_SHOP
    scale = np.where(uniform(seed, household, 32) < consumer.far_home_share, consumer.far_home_km, consumer.home_km)
    # Two normal deviations, one an axis, are a Rayleigh distance in any direction.
    km = scale * np.hypot(normal(seed, household, 33), normal(seed, household, 34))
    return moved(sites.lat[shop], sites.lon[shop], km, uniform(seed, household, 35) * 2 * np.pi)


def scanning(household: Ints, share: float, country: Country, rng: np.random.Generator) -> Flags:
    """Which objects are scanned at all, ``share`` of them: few households have the habit, and they scan more."""
    habit = max(country.settings.consumer.habit_share, share)
    has_habit = uniform(country.seed, household, 36) < habit
    return np.asarray(has_habit & (rng.random(len(household)) < share / habit))


def waits(household: Ints, at: Floats, country: Country, rng: np.random.Generator) -> Floats:
    """Hours from buying to the first scan, log-normal: what was bought together is often scanned together."""
    consumer, seed = country.settings.consumer, country.seed
    moment = np.rint(at * 60).astype(np.int64)
    together = uniform(seed, household, moment, 37) < consumer.together_share
    deviation = np.where(together, normal(seed, household, moment, 38), rng.normal(0, 1, len(at)))
    hours = consumer.days_to_scan * DAY_HOURS * np.exp(consumer.days_to_scan_log_sd * deviation)
    return np.asarray(np.minimum(hours, 200 * DAY_HOURS) + rng.uniform(0, 0.1, len(at)))
