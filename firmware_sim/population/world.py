"""A population's world: honest items and people, then crimes, then what clocks and links make of the events."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from firmware_sim.population import bystanders, consumers, copies, flow, frauds, tampering, unknown_codes
from firmware_sim.population.clocks import received_events
from firmware_sim.population.columns import Ints, Step, Table, concatenated
from firmware_sim.population.country import Country
from firmware_sim.population.draft import Crime, Draft
from firmware_sim.population.items import Items
from firmware_sim.population.network import Sites, build_network
from firmware_sim.population.settings import Settings, load_settings
from firmware_sim.world.scenario import Scenario

Attack = Callable[[Draft, np.random.Generator], Draft]

ATTACKS: dict[str, Attack] = {
    "S1": copies.fan_out,
    "S2": copies.early,
    "S3": copies.fan_out,
    "S4": frauds.theft,
    "S5": frauds.diversion,
    "S7": tampering.enumeration,
    "S8": tampering.clock,
    "S9": frauds.refill,
    "S10": frauds.dumping,
    "S11": frauds.insider,
    "S12": copies.adaptive,
}
"""By scenario name (docs/detection.md#scenarios). S0 is no crime; S6 is played on what was already sent."""


@dataclass(frozen=True, slots=True)
class World:
    """``events`` in order of arrival, what is registered (``sites``, ``items``), and the truth about the crimes."""

    seed: int
    scenario: str
    settings: Settings
    sites: Sites
    items: Items
    events: Table
    crimes: tuple[Crime, ...]


def honest(settings: Settings, seed: int) -> Draft:
    """The honest part of world ``seed``. The same arguments give the same draft, bit for bit."""
    rng = np.random.default_rng([seed, 1])
    sites = build_network(settings, rng)
    items, custody = flow.make(settings, sites, seed, rng)
    bought = np.flatnonzero(np.isfinite(items.sold))
    shop, country = items.shop[bought], Country(settings, sites, seed)
    sold = consumers.Sold(
        bought,
        items.household[bought],
        sites.lat[shop],
        sites.lon[shop],
        sites.market[shop],
        items.sold[bought],
        np.zeros_like(bought),
    )
    # The busiest shops are restaurants: what they sell is opened at the table, and scanned there or not at all.
    venues = np.argsort(-np.bincount(items.shop, minlength=len(sites.kind)), kind="stable")[: settings.consumer.venues]
    served = np.isin(shop, venues)
    scans = consumers.scans(sold.take(~served), country, rng)
    guests = consumers.guests(sold.take(served), country, rng)
    others = concatenated(
        [bystanders.bystanders(items, country, rng), unknown_codes.unknown_codes(items, country, rng)]
    )
    return Draft(settings, sites, seed, items, concatenated([custody, scans, guests, others]), venues=venues)


def play(draft: Draft, scenario: str, seed: int) -> World:
    """The world that follows from a draft when ``scenario`` happens: crimes joined by ``+``, as ``S1-M20+S5@unplaced``.

    :raises ValueError: there is no such crime.
    """
    names = [name for name in scenario.split("+") if _crime(name) != "S0"]
    settings = draft.settings
    for number, name in enumerate(names):
        settings = settings.of_variant(name)
        attack = ATTACKS.get(_crime(name))
        if attack is not None:
            grown = replace(draft, settings=settings)
            draft = attack(grown, np.random.default_rng([seed, 2, number, *name.encode()]))
        elif _crime(name) != "S6":
            raise ValueError(f"there is no scenario {name!r}; known: S0, S6, {', '.join(ATTACKS)}")
    events = received_events(draft.events, settings, seed, np.random.default_rng([seed, 3]))
    crimes_done = draft.crimes
    for name in names:
        if _crime(name) == "S6":
            events, crime = tampering.replayed(events, settings, len(crimes_done), np.random.default_rng([seed, 4]))
            crimes_done = (*crimes_done, crime)
    return World(seed, scenario, settings, draft.sites, draft.items, events, crimes_done)


def _crime(name: str) -> str:
    """The kind of crime of a variant under a stress: S1 of ``S1-F5@unplaced``."""
    return name.partition("@")[0].partition("-")[0]


def worlds(settings: Settings, seed: int, scenarios: Iterable[str]) -> Iterable[World]:
    """Worlds of one seed; the honest part is made once for scenarios that don't change its numbers."""
    made: tuple[Settings, Draft] | None = None
    for scenario in scenarios:
        wanted = settings
        for name in scenario.split("+"):
            wanted = wanted.of_variant(name)
        honest_settings = _honest_part(wanted)
        if made is None or made[0] != honest_settings:
            made = honest_settings, honest(honest_settings, seed)
        yield play(replace(made[1], settings=settings), scenario, seed)


def scanned(world: World) -> Ints:
    """Genuine items that consumers' phones scanned: false alerts are counted per ten thousand of these."""
    step, item = world.events.ints("step"), world.events.ints("item")
    items = np.unique(item[(step == Step.SCAN) & (item >= 0)])
    criminal = [crime.items for crime in world.crimes if crime.scenario not in _OF_HONEST_ITEMS]
    return items[~np.isin(items, np.concatenate([*criminal, np.empty(0, dtype=np.int64)]))]


_OF_HONEST_ITEMS = (Scenario.REPLAY, Scenario.CLOCK, Scenario.ENUMERATION)
"""Crimes whose items are honest: accusing one of them is a false alert."""

_ATTACK_TABLES = (
    "clone early theft diversion replay enumeration clock refill dumping insider adaptive variant vary spread".split()
)


def _honest_part(settings: Settings) -> Settings:
    """The settings with the evaluation's own numbers for all crimes: what the honest draft depends on."""
    plain = load_settings()
    return replace(settings, **{name: getattr(plain, name) for name in _ATTACK_TABLES})
