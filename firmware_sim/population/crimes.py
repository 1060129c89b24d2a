"""Copies of codes: fanned out abroad or at home, sold before the genuine item, or spread by someone who knows us."""

from dataclasses import dataclass, field, replace

import numpy as np

from firmware_sim.population.columns import (
    Flags,
    Floats,
    Ints,
    Scenario,
    Step,
    Table,
    concatenated,
)
from firmware_sim.population.consumers import Sold, scans
from firmware_sim.population.flow import DAY, Items, sales
from firmware_sim.population.network import (
    DC,
    DEALER,
    SHOP,
    Sites,
    chosen,
    gravity,
    kilometres,
)
from firmware_sim.population.settings import Settings


@dataclass(frozen=True, slots=True)
class Crime:
    """The truth about one attack: its scenario, where it came from, which markets and codes it touched.

    ``source`` and ``dealer`` are site indexes, or -1; ``devices`` those of readers that were tampered with.
    """

    scenario: Scenario
    items: Ints
    source: int = -1
    dealer: int = -1
    markets: tuple[int, ...] = ()
    devices: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A world before its clocks go wrong: events by true time. ``items`` may hold codes that were never made."""

    settings: Settings
    sites: Sites
    items: Items
    events: Table
    crimes: tuple[Crime, ...] = ()
    taken: frozenset[int] = frozenset()
    venues: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Shops that are restaurants."""

    def with_crime(self, crime: Crime, *events: Table, drop: Flags | None = None) -> "Draft":
        """This draft with a crime's events, less the honest ones that it prevents."""
        kept = self.events if drop is None else self.events.take(~drop)
        return replace(
            self,
            events=concatenated([kept, *events]),
            crimes=(*self.crimes, crime),
            taken=self.taken | frozenset(crime.items.tolist()),
        )

    def free(self, items: Ints) -> Ints:
        """Those of ``items`` that no crime has touched."""
        return items[~np.isin(items, np.fromiter(self.taken, dtype=np.int64, count=len(self.taken)))]

    @property
    def actor(self) -> int:
        """The number of the next crime."""
        return len(self.crimes)


def copies(draft: Draft, rng: np.random.Generator) -> Draft:
    """S1 and S3: codes that leak at one site, each printed many times and sold in a few markets, or at home."""
    c, sites, items = draft.settings.clone, draft.sites, draft.items
    where = {DC: items.dc, DEALER: items.dealer, SHOP: items.shop}[c.source]
    horizon = draft.settings.goods.horizon_days * DAY
    fit = draft.free(np.flatnonzero(items.arrived < horizon - (c.start_most_days + c.spread_days) * 0.6 * DAY))
    count = np.bincount(where[fit], minlength=len(sites.kind))
    able = np.flatnonzero(count >= min(c.codes, count.max()))
    source = int(able[rng.integers(0, len(able))])
    own = fit[where[fit] == source]
    leaked = rng.permutation(own)[: c.codes]
    market = sites.parent[source] if c.source == SHOP else source
    home = int(market - sites.first_dealer) if c.source != DC else -1
    markets = _markets(sites, home, c.markets, rng) if not c.home else np.array([home], dtype=np.int64)
    if c.home and home < 0:
        markets = np.unique(items.dealer[leaked] - sites.first_dealer)[:1]
    scenario = Scenario.HOME if c.home else Scenario.CLONE
    start = items.arrived[leaked] + rng.uniform(c.start_least_days, c.start_most_days, len(leaked)) * DAY
    item, number = np.repeat(leaked, c.copies), np.tile(np.arange(1, c.copies + 1), len(leaked))
    at = np.repeat(start, c.copies) + rng.uniform(0, c.spread_days, len(item)) * DAY
    target = markets[rng.integers(0, len(markets), len(item))]
    sold = in_markets(item, target, at, number, sites, rng, scenario, draft.actor)
    at_till = np.flatnonzero((rng.random(len(item)) < c.pos_share) & (at < horizon))
    shops = _shops_in(sites, target[at_till], rng)
    tills = sales(
        item[at_till], shops, at[at_till], sites, object=number[at_till], scenario=int(scenario), actor=draft.actor
    )
    dealer = source if c.source == DEALER else int(sites.parent[source]) if c.source == SHOP else -1
    crime = Crime(scenario, leaked, source, dealer, tuple(markets.tolist()))
    return draft.with_crime(crime, scans(sold, draft.settings, sites, rng), tills)


def early(draft: Draft, rng: np.random.Generator) -> Draft:
    """S2: copies that are sold before or after the genuine item, each code's in one foreign market."""
    e, sites, items = draft.settings.early, draft.sites, draft.items
    horizon = draft.settings.goods.horizon_days * DAY
    sale = items.sold + e.offset_days * DAY
    fit = draft.free(np.flatnonzero((sale > items.made + 5 * DAY) & (sale < horizon - 20 * DAY) & np.isfinite(sale)))
    picked = rng.permutation(fit)[: e.codes]
    item, number = np.repeat(picked, e.copies), np.tile(np.arange(1, e.copies + 1), len(picked))
    at = sale[item] + rng.uniform(0, 5, len(item)) * DAY
    home = items.dealer[picked] - sites.first_dealer
    abroad = (home + rng.integers(1, len(sites.of_kind(DEALER)), len(picked))) % len(sites.of_kind(DEALER))
    sold = in_markets(item, np.repeat(abroad, e.copies), at, number, sites, rng, Scenario.EARLY, draft.actor)
    drop = np.isin(draft.events.ints("item"), picked) & (draft.events.ints("step") >= Step.SCAN) & (not e.scanned)
    crime = Crime(Scenario.EARLY, picked, markets=tuple(np.unique(abroad).tolist()))
    return draft.with_crime(crime, scans(sold, draft.settings, sites, rng), drop=drop)


def adaptive(draft: Draft, rng: np.random.Generator) -> Draft:
    """S12: someone who knows the rules: few copies of a code, far apart, where its home's people travel to anyway."""
    a, sites, items = draft.settings.adaptive, draft.sites, draft.items
    horizon = draft.settings.goods.horizon_days * DAY
    picked = rng.permutation(draft.free(np.flatnonzero(items.sold < horizon - 60 * DAY)))[: a.codes]
    item, number = np.repeat(picked, a.copies), np.tile(np.arange(1, a.copies + 1), len(picked))
    pull = gravity(sites)
    lat, lon = sites.markets()
    home = items.dealer[picked] - sites.first_dealer
    target = np.empty((len(picked), a.copies), dtype=np.int64)
    for row, own in enumerate(home):
        busiest = np.argsort(-pull[own], kind="stable")[: max(a.copies * 3, 6)]
        spread: list[int] = []
        for market in busiest:
            far = all(kilometres(lat[market], lon[market], lat[m], lon[m]) >= a.apart_km for m in spread)
            if far and len(spread) < a.copies:
                spread.append(int(market))
        target[row] = np.resize(np.array(spread), a.copies)
    at = items.sold[item] + rng.uniform(0, 45, len(item)) * DAY
    sold = in_markets(item, target.ravel(), at, number, sites, rng, Scenario.ADAPTIVE, draft.actor)
    return draft.with_crime(Crime(Scenario.ADAPTIVE, picked), scans(sold, draft.settings, sites, rng))


def in_markets(
    item: Ints,
    market: Ints,
    at: Floats,
    number: Ints,
    sites: Sites,
    rng: np.random.Generator,
    scenario: Scenario,
    actor: int,
    *,
    foreign: bool = True,
) -> Sold:
    """Objects sold at places like the shops of these markets."""
    shops = _shops_in(sites, market, rng)
    return Sold(item, sites.lat[shops], sites.lon[shops], market, at, number, scenario, actor, foreign)


def _markets(sites: Sites, home: int, count: int, rng: np.random.Generator) -> Ints:
    others = [market for market in range(len(sites.of_kind(DEALER))) if market != home]
    return rng.permutation(np.array(others))[:count]


def _shops_in(sites: Sites, market: Ints, rng: np.random.Generator) -> Ints:
    """A shop for each row, in its market, by population."""
    shops = np.empty(len(market), dtype=np.int64)
    every = sites.of_kind(SHOP)
    of = sites.market_of(every)
    for each in np.unique(market):
        own, rows = every[of == each], np.flatnonzero(market == each)
        shops[rows] = own[chosen(sites.weight[own], len(rows), rng)]
    return shops
