"""Crimes with genuine items or labels: stolen labels, diversion, refilling, dumping, and a dealer's false reports."""

from dataclasses import replace

import numpy as np

from firmware_sim.population.columns import Flags, Ints, Step, concatenated
from firmware_sim.population.consumers import scans
from firmware_sim.population.copies import in_markets
from firmware_sim.population.custody import handovers
from firmware_sim.population.draft import Crime, Draft
from firmware_sim.population.network import DEALER, PLANT
from firmware_sim.population.phones import across, scan_events, strangers
from firmware_sim.population.world_time import DAY_HOURS
from firmware_sim.world.scenario import Scenario


def theft(draft: Draft, rng: np.random.Generator) -> Draft:
    """S4: a roll of labels is stolen before it is used; some of its codes surface."""
    parameters, sites, goods = draft.settings.theft, draft.sites, draft.settings.goods
    first = len(draft.items)
    roll = np.arange(first, first + parameters.roll)
    items = draft.items.with_unused_labels(parameters.roll)
    surfaced = roll[rng.random(parameters.roll) < parameters.surface_share]
    at = rng.uniform(0.4, 0.8, len(surfaced)) * goods.horizon_days * DAY_HOURS
    lat, lon = across(draft.country, len(surfaced), rng)
    phone, kind = strangers(len(surfaced), rng), int(Scenario.THEFT)
    events = [
        scan_events(draft.country, phone, phone, surfaced, lat, lon, at, object=1, scenario=kind, actor=draft.actor)
    ]
    if parameters.plant_scans:
        tested = rng.permutation(roll)[:20]
        plants = np.full(len(tested), int(sites.of_kind(PLANT)[0]))
        events.append(handovers(tested, plants, np.full(len(tested), 30 * DAY_HOURS), Step.RECEIVING, sites))
    grown = replace(draft, items=items)
    return grown.with_crime(Crime(Scenario.THEFT, surfaced), *events)


def diversion(draft: Draft, rng: np.random.Generator) -> Draft:
    """S5: a dealer sells part of its items in other dealers' territories (窜货); no reader sees them after it."""
    parameters, sites, items = draft.settings.diversion, draft.sites, draft.items
    dealers = sites.of_kind(DEALER)
    volume = np.bincount(items.dealer, minlength=len(sites.kind))[dealers]
    big = dealers[volume >= np.median(volume)]
    dealer = int(big[rng.integers(0, len(big))])
    own = draft.free(np.flatnonzero(items.dealer == dealer))
    wanted = max(1, round(len(own) * parameters.share))
    cases = rng.permutation(np.unique(items.case[own]))
    size = draft.settings.goods.case_units
    lost = (
        own[np.isin(items.case[own], cases[: -(-wanted // size)])] if parameters.whole_cases else rng.permutation(own)
    )
    return divert(draft, lost[:wanted], dealer, parameters.targets, Scenario.DIVERSION, rng)


def divert(draft: Draft, lost: Ints, dealer: int, targets: int, scenario: Scenario, rng: np.random.Generator) -> Draft:
    """The items ``lost`` are seen by no reader after ``dealer`` and are sold in ``targets`` other markets."""
    sites, items, events = draft.sites, draft.items, draft.events
    markets = rng.permutation(sites.in_markets.outside(sites.number_of(dealer)))[:targets]
    target = markets[rng.integers(0, len(markets), len(lost))]
    # The items never come to their shops, so they are sold later than they would have arrived there.
    at = items.arrived[lost] + rng.uniform(0, 40, len(lost)) * DAY_HOURS
    sold = in_markets(draft, lost, target, at, np.zeros_like(lost), rng, scenario, foreign=False)
    readable = sold.take(rng.random(len(lost)) >= draft.settings.diversion.destroyed_share)
    site = events.ints("site")
    after = (site == dealer) & (events.ints("step") == Step.SHIPPING) | (site >= sites.first_shop) | (site < 0)
    drop: Flags = np.isin(events.ints("item"), lost) & after
    crime = Crime(scenario, lost, dealer, dealer, tuple(markets.tolist()))
    return draft.with_crime(crime, scans(readable, draft.country, rng), drop=drop)


def refill(draft: Draft, rng: np.random.Generator) -> Draft:
    """S9: some packages that restaurants' guests have opened are refilled and sold in the neighbourhood."""
    parameters, sites, items, events = draft.settings.refill, draft.sites, draft.items, draft.events
    horizon = draft.settings.goods.horizon_days * DAY_HOURS
    ring = rng.permutation(draft.venues)[: parameters.venues]
    opened = np.unique(events.ints("item")[events.ints("step") == Step.OPENING])
    scan_tables, emptied = [], []
    for venue in ring:
        fit = opened[(items.shop[opened] == venue) & (items.sold[opened] < horizon - parameters.most_days * DAY_HOURS)]
        fit = draft.free(fit)
        refilled = rng.permutation(fit)[: max(1, round(len(fit) * parameters.share))]
        at = items.sold[refilled] + rng.uniform(parameters.least_days, parameters.most_days, len(refilled)) * DAY_HOURS
        market = np.full(len(refilled), int(sites.market[venue]))
        number = np.ones(len(refilled), dtype=np.int64)
        sold = in_markets(draft, refilled, market, at, number, rng, Scenario.REFILL)
        scan_tables.append(scans(sold, draft.country, rng, share=parameters.share_scanned))
        emptied.append(refilled)
    crime = Crime(Scenario.REFILL, np.concatenate(emptied), markets=tuple(ring.tolist()))
    return draft.with_crime(crime, concatenated(scan_tables))


def dumping(draft: Draft, rng: np.random.Generator) -> Draft:
    """S10: units of expired lots are sold in one market after their date."""
    parameters, sites, items, events = draft.settings.dumping, draft.sites, draft.items, draft.events
    horizon = draft.settings.goods.horizon_days * DAY_HOURS
    dated = np.unique(items.lot[items.expires < horizon - 10 * DAY_HOURS])
    if not len(dated):
        return draft
    lots = rng.permutation(dated)[: parameters.lots]
    old = draft.free(np.flatnonzero(np.isin(items.lot, lots) & ~(items.sold < items.expires - 1)))
    more = draft.free(np.flatnonzero(np.isin(items.lot, lots) & (items.sold < items.expires - 1)))
    units = np.concatenate([rng.permutation(old), rng.permutation(more)])[: parameters.units]
    market = int(rng.integers(0, len(sites.in_markets)))
    at = items.expires[units] + rng.uniform(parameters.least_days, parameters.most_days, len(units)) * DAY_HOURS
    where = np.full(len(units), market)
    sold = in_markets(draft, units, where, at, np.zeros_like(units), rng, Scenario.DUMPING, foreign=False)
    drop: Flags = np.isin(events.ints("item"), units) & (events.ints("step") >= Step.SELLING)
    crime = Crime(Scenario.DUMPING, units, markets=(market,))
    return draft.with_crime(crime, scans(sold, draft.country, rng), drop=drop)


def insider(draft: Draft, rng: np.random.Generator) -> Draft:
    """S11: a dealer confirms receipts that never were, and scans codes before they appear in another market."""
    parameters, sites, items = draft.settings.insider, draft.sites, draft.items
    dealers = sites.of_kind(DEALER)
    dealer = int(dealers[rng.integers(0, len(dealers))])
    others = draft.free(np.flatnonzero(items.dealer != dealer))
    claimed = rng.permutation(others)[: parameters.receipts]
    at = items.arrived[claimed] - rng.uniform(0, 3, len(claimed)) * DAY_HOURS
    truth: dict[str, float] = {"scenario": int(Scenario.INSIDER), "actor": draft.actor}
    receipts = handovers(claimed, np.full(len(claimed), dealer), at, Step.RECEIVING, sites, **truth)
    own = rng.permutation(draft.free(np.flatnonzero(items.dealer == dealer)))[: parameters.queries]
    phone = np.full(len(own), strangers(1, rng)[0])
    place = np.full(len(own), sites.lat[dealer]), np.full(len(own), sites.lon[dealer])
    kind, actor = int(Scenario.INSIDER), draft.actor
    moment = items.arrived[own] - 12.0
    queries = scan_events(draft.country, phone, phone, own, *place, moment, scenario=kind, actor=actor)
    diverted = divert(draft, own, dealer, 1, Scenario.INSIDER, rng)
    crime = diverted.crimes[-1]
    everything = replace(crime, items=np.concatenate([crime.items, claimed]))
    return replace(
        diverted, crimes=(*diverted.crimes[:-1], everything), events=concatenated([diverted.events, receipts, queries])
    )
