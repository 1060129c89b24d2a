"""Crimes with genuine goods or labels: theft of labels, diversion, refilling, dumping, and a dealer's false words."""

from dataclasses import fields, replace

import numpy as np

from firmware_sim.population.columns import Flags, Ints, Scenario, Step, concatenated
from firmware_sim.population.consumers import scans
from firmware_sim.population.crimes import Crime, Draft, in_markets
from firmware_sim.population.flow import DAY, Items, handovers
from firmware_sim.population.network import DEALER, PLANT
from firmware_sim.population.phones import across, looks, new_phones


def theft(draft: Draft, rng: np.random.Generator) -> Draft:
    """S4: a roll of labels is stolen before it is used; some of its codes surface."""
    t, sites, goods = draft.settings.theft, draft.sites, draft.settings.goods
    first = len(draft.items)
    roll = np.arange(first, first + t.roll)
    items = _extended(draft.items, t.roll)
    surfaced = roll[rng.random(t.roll) < t.surface_share]
    at = rng.uniform(0.4, 0.8, len(surfaced)) * goods.horizon_days * DAY
    lat, lon = across(sites, len(surfaced), rng)
    phones = new_phones(len(surfaced), sites, draft.settings, rng)
    seen = [looks(phones, surfaced, lat, lon, at, object=1, scenario=int(Scenario.THEFT), actor=draft.actor)]
    if t.plant_scans:
        tested = rng.permutation(roll)[:20]
        plants = np.full(len(tested), int(sites.of_kind(PLANT)[0]))
        seen.append(handovers(tested, plants, np.full(len(tested), 30 * DAY), Step.RECEIVING, sites))
    grown = replace(draft, items=items)
    return grown.with_crime(Crime(Scenario.THEFT, surfaced), *seen)


def diversion(draft: Draft, rng: np.random.Generator) -> Draft:
    """S5: a dealer sells part of its goods into other dealers' territories (窜货); its own papers stop with it."""
    d, sites, items = draft.settings.diversion, draft.sites, draft.items
    dealers = sites.of_kind(DEALER)
    volume = np.bincount(items.dealer, minlength=len(sites.kind))[dealers]
    big = dealers[volume >= np.median(volume)]
    dealer = int(big[rng.integers(0, len(big))])
    own = draft.free(np.flatnonzero(items.dealer == dealer))
    wanted = max(1, round(len(own) * d.share))
    cases = rng.permutation(np.unique(items.case[own]))
    size = draft.settings.goods.case_units
    lost = own[np.isin(items.case[own], cases[: -(-wanted // size)])] if d.whole_cases else rng.permutation(own)
    return divert(draft, lost[:wanted], dealer, d.targets, Scenario.DIVERSION, rng)


def divert(draft: Draft, lost: Ints, dealer: int, targets: int, scenario: Scenario, rng: np.random.Generator) -> Draft:
    """``lost`` leaves the books at ``dealer`` and is sold in ``targets`` other markets."""
    d, sites, items, events = draft.settings.diversion, draft.sites, draft.items, draft.events
    home = dealer - sites.first_dealer
    others = np.array([market for market in range(len(sites.of_kind(DEALER))) if market != home])
    markets = rng.permutation(others)[:targets]
    target = markets[rng.integers(0, len(markets), len(lost))]
    # A case that was on its way to a shop never comes there: the sale is later than the honest arrival would be.
    at = items.arrived[lost] + rng.uniform(0, 40, len(lost)) * DAY
    sold = in_markets(
        lost, target, at, np.zeros(len(lost), dtype=np.int64), sites, rng, scenario, draft.actor, foreign=False
    )
    readable = sold.take(rng.random(len(lost)) >= d.destroyed_share)
    site = events.ints("site")
    after = (site == dealer) & (events.ints("step") == Step.SHIPPING) | (site >= sites.first_shop) | (site < 0)
    drop: Flags = np.isin(events.ints("item"), lost) & after
    crime = Crime(scenario, lost, dealer, dealer, tuple(markets.tolist()))
    return draft.with_crime(crime, scans(readable, draft.settings, sites, rng), drop=drop)


def refill(draft: Draft, rng: np.random.Generator) -> Draft:
    """S9: some of what restaurants' guests have opened is filled again and sold in the neighbourhood."""
    r, sites, items, events = draft.settings.refill, draft.sites, draft.items, draft.events
    horizon = draft.settings.goods.horizon_days * DAY
    ring = rng.permutation(draft.venues)[: r.venues]
    opened = np.unique(events.ints("item")[events.ints("step") == Step.OPENING])
    found, emptied = [], []
    for venue in ring:
        fit = opened[(items.shop[opened] == venue) & (items.sold[opened] < horizon - r.most_days * DAY)]
        fit = draft.free(fit)
        again = rng.permutation(fit)[: max(1, round(len(fit) * r.share))]
        at = items.sold[again] + rng.uniform(r.least_days, r.most_days, len(again)) * DAY
        market = np.full(len(again), int(sites.parent[venue] - sites.first_dealer))
        number = np.ones(len(again), dtype=np.int64)
        sold = in_markets(again, market, at, number, sites, rng, Scenario.REFILL, draft.actor)
        found.append(scans(sold, draft.settings, sites, rng, share=r.share_scanned))
        emptied.append(again)
    crime = Crime(Scenario.REFILL, np.concatenate(emptied), markets=tuple(ring.tolist()))
    return draft.with_crime(crime, concatenated(found))


def dumping(draft: Draft, rng: np.random.Generator) -> Draft:
    """S10: units of expired lots are sold in one market after their date."""
    d, sites, items, events = draft.settings.dumping, draft.sites, draft.items, draft.events
    horizon = draft.settings.goods.horizon_days * DAY
    dated = np.unique(items.lot[items.expires < horizon - 10 * DAY])
    if not len(dated):
        return draft
    lots = rng.permutation(dated)[: d.lots]
    old = draft.free(np.flatnonzero(np.isin(items.lot, lots) & ~(items.sold < items.expires - 1)))
    more = draft.free(np.flatnonzero(np.isin(items.lot, lots) & (items.sold < items.expires - 1)))
    units = np.concatenate([rng.permutation(old), rng.permutation(more)])[: d.units]
    market = int(rng.integers(0, len(sites.of_kind(DEALER))))
    at = items.expires[units] + rng.uniform(d.least_days, d.most_days, len(units)) * DAY
    sold = in_markets(
        units,
        np.full(len(units), market),
        at,
        np.zeros(len(units), dtype=np.int64),
        sites,
        rng,
        Scenario.DUMPING,
        draft.actor,
        foreign=False,
    )
    drop: Flags = np.isin(events.ints("item"), units) & (events.ints("step") >= Step.SELLING)
    crime = Crime(Scenario.DUMPING, units, markets=(market,))
    return draft.with_crime(crime, scans(sold, draft.settings, sites, rng), drop=drop)


def insider(draft: Draft, rng: np.random.Generator) -> Draft:
    """S11: a dealer confirms goods that never came, and asks about codes before they appear in another market."""
    i, sites, items = draft.settings.insider, draft.sites, draft.items
    dealers = sites.of_kind(DEALER)
    dealer = int(dealers[rng.integers(0, len(dealers))])
    others = draft.free(np.flatnonzero(items.dealer != dealer))
    claimed = rng.permutation(others)[: i.receipts]
    at = items.arrived[claimed] - rng.uniform(0, 3, len(claimed)) * DAY
    truth: dict[str, float] = {"scenario": int(Scenario.INSIDER), "actor": draft.actor}
    words = handovers(claimed, np.full(len(claimed), dealer), at, Step.RECEIVING, sites, **truth)
    own = rng.permutation(draft.free(np.flatnonzero(items.dealer == dealer)))[: i.queries]
    phone = new_phones(1, sites, draft.settings, rng).take(np.zeros(len(own), dtype=np.int64))
    place = np.full(len(own), sites.lat[dealer]), np.full(len(own), sites.lon[dealer])
    kind, actor = int(Scenario.INSIDER), draft.actor
    asked = looks(phone, own, *place, items.arrived[own] - 12.0, scenario=kind, actor=actor)
    moved = divert(draft, own, dealer, 1, Scenario.INSIDER, rng)
    crime = moved.crimes[-1]
    everything = replace(crime, items=np.concatenate([crime.items, claimed]))
    return replace(moved, crimes=(*moved.crimes[:-1], everything), events=concatenated([moved.events, words, asked]))


def _extended(items: Items, count: int) -> Items:
    """Room for codes whose labels were printed and never used: no place, no time."""
    values = {}
    for each in fields(Items):
        column = getattr(items, each.name)
        blank = np.inf if column.dtype == np.float64 else -1
        values[each.name] = np.concatenate([column, np.full(count, blank, dtype=column.dtype)])
    values["lot"][-count:] = values["lot"][len(items) - 1]
    values["gtin"][-count:] = values["gtin"][len(items) - 1]
    return Items(**values)
