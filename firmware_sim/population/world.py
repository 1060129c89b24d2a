"""A large world: honest goods and people, then crimes, then what clocks and links make of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from firmware_sim.population import consumers, crimes, flow, frauds, tampering
from firmware_sim.population.clocks import witnessed
from firmware_sim.population.columns import Ints, Scenario, Step, Table, concatenated
from firmware_sim.population.crimes import Crime, Draft
from firmware_sim.population.flow import Items
from firmware_sim.population.network import Sites, build_network
from firmware_sim.population.settings import Settings, load_settings

Attack = Callable[[Draft, np.random.Generator], Draft]

ATTACKS: dict[str, Attack] = {
    "S1": crimes.copies,
    "S2": crimes.early,
    "S3": crimes.copies,
    "S4": frauds.theft,
    "S5": frauds.diversion,
    "S7": tampering.enumeration,
    "S8": tampering.clock,
    "S9": frauds.refill,
    "S10": frauds.dumping,
    "S11": frauds.insider,
    "S12": crimes.adaptive,
}
"""By the reference's names. S0 is no attack; S6 is played on what was already sent."""


@dataclass(frozen=True, slots=True)
class World:
    """What a gateway saw (in order of arrival), the registry it knows, and the truth, apart."""

    seed: int
    scenario: str
    settings: Settings
    sites: Sites
    items: Items
    events: Table
    crimes: tuple[Crime, ...]


def honest(settings: Settings, seed: int) -> Draft:
    """The honest part of world ``seed``; the same arguments give the same draft."""
    rng = np.random.default_rng([seed, 1])
    sites = build_network(settings, rng)
    items, seen = flow.make(settings, sites, seed, rng)
    bought = np.flatnonzero(np.isfinite(items.sold))
    shop = items.shop[bought]
    sold = consumers.Sold(
        bought, sites.lat[shop], sites.lon[shop], sites.market_of(shop), items.sold[bought], np.zeros_like(bought)
    )
    # The busiest shops are restaurants: what they sell is opened at the table and scanned there or not at all.
    venues = np.argsort(-np.bincount(items.shop, minlength=len(sites.kind)), kind="stable")[: settings.consumer.venues]
    served = np.isin(shop, venues)
    looks = consumers.scans(sold.take(~served), settings, sites, rng)
    tables = consumers.guests(sold.take(served), settings, sites, rng)
    others = consumers.bystanders(items, settings, sites, rng)
    return Draft(settings, sites, items, concatenated([seen, looks, tables, others]), venues=venues)


def play(draft: Draft, scenario: str, seed: int) -> World:
    """The world that comes of a draft when ``scenario`` happens: attacks joined by ``+``, as ``S1-M20+S5``."""
    names = [each for each in scenario.split("+") if each.partition("-")[0] != "S0"]
    settings = draft.settings
    for number, name in enumerate(names):
        settings = settings.of_variant(name)
        attack = ATTACKS.get(name.partition("-")[0])
        if attack is not None:
            grown = replace(draft, settings=settings)
            draft = attack(grown, np.random.default_rng([seed, 2, number, *name.encode()]))
        elif name.partition("-")[0] != "S6":
            raise ValueError(f"there is no scenario {name!r}; known: S0, S6, {', '.join(ATTACKS)}")
    events = witnessed(draft.events, settings, seed, np.random.default_rng([seed, 3]))
    done = draft.crimes
    for name in names:
        if name.partition("-")[0] == "S6":
            events, crime = tampering.replayed(events, settings, len(done), np.random.default_rng([seed, 4]))
            done = (*done, crime)
    return World(seed, scenario, settings, draft.sites, draft.items, events, done)


def worlds(settings: Settings, seed: int, scenarios: Iterable[str]) -> Iterable[World]:
    """Worlds of one seed; the honest part is made anew only where a scenario changes the honest numbers."""
    base: tuple[Settings, Draft] | None = None
    for scenario in scenarios:
        wanted = settings
        for name in scenario.split("+"):
            wanted = wanted.of_variant(name)
        alike = _honest_part(wanted)
        if base is None or base[0] != alike:
            base = alike, honest(alike, seed)
        yield play(replace(base[1], settings=settings), scenario, seed)


def scanned(world: World) -> Ints:
    """Genuine items that a consumer's phone scanned: what false alerts are counted per ten thousand of."""
    step, item = world.events.ints("step"), world.events.ints("item")
    looked = np.unique(item[(step == Step.SCAN) & (item >= 0)])
    guilty = [crime.items for crime in world.crimes if crime.scenario not in _HONEST_GOODS]
    criminal = np.concatenate([*guilty, np.empty(0, dtype=np.int64)])
    return looked[~np.isin(looked, criminal)]


_HONEST_GOODS = (Scenario.REPLAY, Scenario.CLOCK, Scenario.ENUMERATION)
"""Crimes that touch honest goods, which nobody may accuse."""

_ATTACK_TABLES = (
    "clone early theft diversion replay enumeration clock refill dumping insider adaptive variant vary".split()
)


def _honest_part(settings: Settings) -> Settings:
    """The settings with all attacks' numbers as the reference has them: what the honest draft depends on."""
    plain = load_settings()
    return replace(settings, **{name: getattr(plain, name) for name in _ATTACK_TABLES})
