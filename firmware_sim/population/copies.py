"""Crimes with copied codes: copies sold in other markets, at home, earlier than the genuine item, or cleverly."""

import numpy as np

from firmware_sim.population.columns import (
    Floats,
    Ints,
    Step,
)
from firmware_sim.population.consumers import Sold, scans
from firmware_sim.population.custody import sales
from firmware_sim.population.draft import Crime, Draft
from firmware_sim.population.households import new_households, purchases
from firmware_sim.population.network import (
    DC,
    DEALER,
    SHOP,
    Sites,
    chosen,
    gravity,
    kilometres,
)
from firmware_sim.population.world_time import DAY_HOURS
from firmware_sim.world.scenario import Scenario


def fan_out(draft: Draft, rng: np.random.Generator) -> Draft:
    """S1 and S3: codes leak at one site; each is printed many times and sold in a few other markets, or at home."""
    clone, sites, items = draft.settings.clone, draft.sites, draft.items
    where = {DC: items.dc, DEALER: items.dealer, SHOP: items.shop}[clone.source]
    horizon = draft.settings.goods.horizon_days * DAY_HOURS
    fit = draft.free(
        np.flatnonzero(items.arrived < horizon - (clone.start_most_days + clone.spread_days) * 0.6 * DAY_HOURS)
    )
    count = np.bincount(where[fit], minlength=len(sites.kind))
    able = np.flatnonzero(count >= min(clone.codes, count.max()))
    source = int(able[rng.integers(0, len(able))])
    own = fit[where[fit] == source]
    leaked = rng.permutation(own)[: clone.codes]
    dealer = {DC: int(items.dealer[leaked[0]]), DEALER: source, SHOP: int(sites.parent[source])}[clone.source]
    home = sites.number_of(dealer)
    foreign = rng.permutation(sites.in_markets.outside(home))[: clone.markets]
    markets = sites.in_markets.of(home) if clone.home else foreign
    scenario = Scenario.HOME if clone.home else Scenario.CLONE
    start = items.arrived[leaked] + rng.uniform(clone.start_least_days, clone.start_most_days, len(leaked)) * DAY_HOURS
    item, number = np.repeat(leaked, clone.copies), np.tile(np.arange(1, clone.copies + 1), len(leaked))
    at = np.repeat(start, clone.copies) + rng.uniform(0, clone.spread_days, len(item)) * DAY_HOURS
    target = markets[rng.integers(0, len(markets), len(item))]
    sold = in_markets(draft, item, target, at, number, rng, scenario)
    at_till = np.flatnonzero((rng.random(len(item)) < clone.pos_share) & (at < horizon))
    shops = _shops_in(sites, target[at_till], rng)
    tills = sales(
        item[at_till], shops, at[at_till], sites, object=number[at_till], scenario=int(scenario), actor=draft.actor
    )
    of_one = dealer if clone.source != DC else -1
    crime = Crime(scenario, leaked, source, of_one, tuple(markets.tolist()))
    return draft.with_crime(crime, scans(sold, draft.country, rng), tills)


def early(draft: Draft, rng: np.random.Generator) -> Draft:
    """S2: copies that are sold before or after the genuine item, each code's in one foreign market."""
    parameters, sites, items = draft.settings.early, draft.sites, draft.items
    horizon = draft.settings.goods.horizon_days * DAY_HOURS
    sale = items.sold + parameters.offset_days * DAY_HOURS
    fit = draft.free(
        np.flatnonzero((sale > items.made + 5 * DAY_HOURS) & (sale < horizon - 20 * DAY_HOURS) & np.isfinite(sale))
    )
    picked = rng.permutation(fit)[: parameters.codes]
    item, number = np.repeat(picked, parameters.copies), np.tile(np.arange(1, parameters.copies + 1), len(picked))
    at = sale[item] + rng.uniform(0, 5, len(item)) * DAY_HOURS
    home = items.dealer[picked] - sites.first_dealer
    abroad = (home + rng.integers(1, len(sites.of_kind(DEALER)), len(picked))) % len(sites.of_kind(DEALER))
    sold = in_markets(draft, item, np.repeat(abroad, parameters.copies), at, number, rng, Scenario.EARLY)
    drop = (
        np.isin(draft.events.ints("item"), picked) & (draft.events.ints("step") >= Step.SCAN) & (not parameters.scanned)
    )
    crime = Crime(Scenario.EARLY, picked, markets=tuple(np.unique(abroad).tolist()))
    return draft.with_crime(crime, scans(sold, draft.country, rng), drop=drop)


def adaptive(draft: Draft, rng: np.random.Generator) -> Draft:
    """S12, by somebody who knows the rules: few copies of a code, far apart, where people from its home travel."""
    parameters, sites, items = draft.settings.adaptive, draft.sites, draft.items
    horizon = draft.settings.goods.horizon_days * DAY_HOURS
    picked = rng.permutation(draft.free(np.flatnonzero(items.sold < horizon - 60 * DAY_HOURS)))[: parameters.codes]
    item, number = np.repeat(picked, parameters.copies), np.tile(np.arange(1, parameters.copies + 1), len(picked))
    pull = gravity(sites)
    lat, lon = sites.markets()
    homes = items.dealer[picked] - sites.first_dealer
    target = np.empty((len(picked), parameters.copies), dtype=np.int64)
    for row, home in enumerate(homes.tolist()):
        foreign = sites.in_markets.outside(home)
        busiest = foreign[np.argsort(-pull[home, foreign], kind="stable")][: max(parameters.copies * 3, 6)]
        spread: list[int] = []
        for market in busiest:
            far = all(kilometres(lat[market], lon[market], lat[m], lon[m]) >= parameters.apart_km for m in spread)
            if far and len(spread) < parameters.copies:
                spread.append(int(market))
        target[row] = np.resize(np.array(spread), parameters.copies)
    at = items.sold[item] + rng.uniform(0, 45, len(item)) * DAY_HOURS
    sold = in_markets(draft, item, target.ravel(), at, number, rng, Scenario.ADAPTIVE)
    return draft.with_crime(Crime(Scenario.ADAPTIVE, picked), scans(sold, draft.country, rng))


def in_markets(
    draft: Draft,
    item: Ints,
    market: Ints,
    at: Floats,
    number: Ints,
    rng: np.random.Generator,
    scenario: Scenario,
    *,
    foreign: bool = True,
) -> Sold:
    """Objects sold at places like the shops of these markets, to those shops' customers or to new ones."""
    sites = draft.sites
    shops = _shops_in(sites, market, rng)
    bought = purchases(shops, at, np.full(len(at), np.inf), draft.settings, rng)
    household = _customers(draft, shops, bought.household, rng)
    lat, lon = sites.lat[shops], sites.lon[shops]
    return Sold(item, household, lat, lon, market, bought.at, number, scenario, draft.actor, foreign)


def _customers(draft: Draft, shops: Ints, buyers: Ints, rng: np.random.Generator) -> Ints:
    """For each of the buyers a household: some buy at this shop anyway, the others were never there."""
    _, first, of_buyer = np.unique(buyers, return_index=True, return_inverse=True)
    shop = shops[first]
    household = new_households(shop, rng)
    regular = np.flatnonzero(rng.random(len(shop)) < draft.settings.consumer.repeat_share)
    sold = np.flatnonzero(draft.items.household >= 0)
    by_shop = sold[np.argsort(draft.items.shop[sold], kind="stable")]
    low, high = (np.searchsorted(draft.items.shop[by_shop], shop[regular], side=side) for side in ("left", "right"))
    known = high > low
    picked = low + (rng.random(len(regular)) * (high - low)).astype(np.int64)
    household[regular[known]] = draft.items.household[by_shop[picked[known]]]
    return np.asarray(household[of_buyer], dtype=np.int64)


def _shops_in(sites: Sites, market: Ints, rng: np.random.Generator) -> Ints:
    """A shop for each row, in its market, by population."""
    shops = np.empty(len(market), dtype=np.int64)
    every = sites.of_kind(SHOP)
    of = sites.market[every]
    for number in np.unique(market):
        own, rows = every[of == number], np.flatnonzero(market == number)
        shops[rows] = own[chosen(sites.weight[own], len(rows), rng)]
    return shops
