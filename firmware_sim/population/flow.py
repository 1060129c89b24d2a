"""Honest items from the plant to the till: made, packed, shipped leg by leg, returned, sold, and what readers report.

Every draw of the random generator has its place in the order of this module: another order would be another world.
"""

from dataclasses import dataclass

import numpy as np

from firmware_sim.population.columns import Flags, Floats, Ints, Table, concatenated
from firmware_sim.population.custody import sales
from firmware_sim.population.households import NOBODY, purchases
from firmware_sim.population.items import Items
from firmware_sim.population.network import DEALER, PLANT, Sites, chosen
from firmware_sim.population.settings import Settings
from firmware_sim.population.shipping import Leg, Shipping
from firmware_sim.population.world_time import DAY_HOURS, to_microseconds

_UNIT_SECONDS = 4
"""Between two items on the line."""
_DATED_EVERY = 4
"""Every fourth GTIN has an expiry date."""


@dataclass(frozen=True, slots=True)
class _Made:
    """What the line makes: one row an item, in the order of making. Times are hours of the world."""

    lot: Ints
    gtin: Ints
    made: Floats
    expires: Floats
    case: Ints


@dataclass(frozen=True, slots=True)
class _Pallets:
    """Where each pallet is sent (site indexes), and the hour at which its last item was made."""

    plant: Ints
    dc: Ints
    dealer: Ints
    last_made: Floats


@dataclass(frozen=True, slots=True)
class _Cases:
    """Each case's pallet, the dealer that the pallet goes to, the one that the case ends at, and its shop."""

    pallet: Ints
    first_dealer: Ints
    dealer: Ints
    rerouted: Flags
    shop: Ints


@dataclass(frozen=True, slots=True)
class _Legs:
    """All shipments, one row a case. ``detour`` is from dealer to dealer, and took place for rerouted cases only."""

    to_dc: Leg
    to_dealer: Leg
    detour: Leg
    to_shop: Leg


def make(settings: Settings, sites: Sites, seed: int, rng: np.random.Generator) -> tuple[Items, Table]:
    """All items, and what readers and tills saw of them within the horizon, by true time."""
    made = _make_lots(settings, rng)
    pallets, cases = _routes(made, settings, sites, rng)
    shipping = Shipping(settings, sites, seed, rng)
    legs = _legs(pallets, cases, shipping, rng)
    recorded = _recorded_cases(len(cases.pallet), settings, rng)
    events = _readings(legs, cases, recorded[made.case], shipping)
    shop, arrived = cases.shop[made.case], legs.to_shop.reach[made.case]
    shop, arrived, returns = _returned(made.case, shop, arrived, sites, shipping, settings, rng)
    sold, household = _sold(shop, arrived, made.expires, settings, rng)
    plant, dc = pallets.plant[cases.pallet], pallets.dc[cases.pallet]
    items = Items(
        gtin=made.gtin,
        lot=made.lot,
        case=made.case,
        made=made.made,
        expires=made.expires,
        plant=plant[made.case],
        dc=dc[made.case],
        dealer=cases.dealer[made.case],
        shop=shop,
        arrived=arrived,
        sold=sold,
        household=household,
    )
    at_till = np.flatnonzero(np.isfinite(sold) & (rng.random(len(items)) < settings.retail.pos_share))
    everything = concatenated([*events, *returns, sales(at_till, shop[at_till], sold[at_till], sites)])
    end = to_microseconds(np.array([settings.goods.horizon_days * DAY_HOURS]))[0]
    return items, everything.take(everything.ints("true_at") < end)


def _make_lots(settings: Settings, rng: np.random.Generator) -> _Made:
    """Lots of random sizes, begun at random hours of the production."""
    goods = settings.goods
    sizes: list[int] = []
    while sum(sizes) < goods.items:
        sizes.append(int(rng.integers(goods.lot_least, goods.lot_most + 1)))
    lot = np.repeat(np.arange(len(sizes)), sizes)[: goods.items]
    lots = int(lot[-1]) + 1
    begin = np.sort(rng.uniform(0, goods.production_days * DAY_HOURS, lots))
    first = np.searchsorted(lot, np.arange(lots))
    index = np.arange(goods.items)
    made = begin[lot] + (index - first[lot]) * _UNIT_SECONDS / 3600
    gtin = rng.integers(0, goods.gtins, lots)
    dated = gtin % _DATED_EVERY == _DATED_EVERY - 1
    expires = np.where(dated, begin + goods.shelf_life_days * DAY_HOURS, np.inf)
    return _Made(lot, gtin[lot], made, expires[lot], index // goods.case_units)


def _routes(made: _Made, settings: Settings, sites: Sites, rng: np.random.Generator) -> tuple[_Pallets, _Cases]:
    """Pallets go to dealers by their volume; some cases are rerouted to another dealer from there."""
    cases = int(made.case[-1]) + 1
    pallet = np.arange(cases) // settings.goods.pallet_cases
    pallets = int(pallet[-1]) + 1
    dealers, plants = sites.of_kind(DEALER), sites.of_kind(PLANT)
    pallet_dealer = dealers[_by_weight(sites.weight[dealers], pallets, rng)]
    pallet_plant = plants[rng.integers(0, len(plants), pallets)]
    rerouted = rng.random(cases) < settings.transport.reroute_share
    first_dealer = pallet_dealer[pallet]
    dealer = np.where(rerouted, dealers[rng.integers(0, len(dealers), cases)], first_dealer)
    shop = _shops_of(sites, dealer, rng)
    last_made = np.zeros(pallets)
    np.maximum.at(last_made, pallet[made.case], made.made)
    return (
        _Pallets(pallet_plant, sites.parent[pallet_dealer], pallet_dealer, last_made),
        _Cases(pallet, first_dealer, dealer, rerouted, shop),
    )


def _legs(pallets: _Pallets, cases: _Cases, shipping: Shipping, rng: np.random.Generator) -> _Legs:
    to_dc = _to_dc(pallets, shipping, rng)
    to_dealer = _to_dealer(pallets, to_dc, shipping)
    on_pallet = to_dealer.take(cases.pallet)
    detour = _detour(cases, on_pallet, shipping)
    return _Legs(to_dc.take(cases.pallet), on_pallet, detour, _to_shop(cases, on_pallet, detour, shipping))


def _to_dc(pallets: _Pallets, shipping: Shipping, rng: np.random.Generator) -> Leg:
    """From the plant, half a day to three days after the pallet's last item was made."""
    return shipping.leg(pallets.plant, pallets.dc, pallets.last_made + rng.uniform(12, 72, len(pallets.plant)))


def _to_dealer(pallets: _Pallets, to_dc: Leg, shipping: Shipping) -> Leg:
    leave = to_dc.reach + shipping.dwell_hours(len(pallets.dc))
    return shipping.leg(pallets.dc, pallets.dealer, leave)


def _detour(cases: _Cases, to_dealer: Leg, shipping: Shipping) -> Leg:
    """From the pallet's dealer to the case's own. Drawn for all cases; those that are not rerouted don't take it."""
    leave = to_dealer.reach + shipping.dwell_hours(len(cases.pallet)) * 0.5
    return shipping.leg(cases.first_dealer, cases.dealer, leave)


def _to_shop(cases: _Cases, to_dealer: Leg, detour: Leg, shipping: Shipping) -> Leg:
    at_dealer = np.where(cases.rerouted, detour.reach, to_dealer.reach)
    leave = at_dealer + shipping.dwell_hours(len(cases.pallet))
    return shipping.leg(cases.dealer, cases.shop, leave)


def _readings(legs: _Legs, cases: _Cases, recorded: Ints, shipping: Shipping) -> list[Table]:
    """What readers report of every item, whose life is that of the case ``recorded`` for it."""
    item = np.arange(len(recorded))
    events = [
        shipping.readings(item, recorded, leg.take(recorded)) for leg in (legs.to_dc, legs.to_dealer, legs.to_shop)
    ]
    rerouted = cases.rerouted[recorded]
    events.append(shipping.readings(item[rerouted], recorded[rerouted], legs.detour.take(recorded[rerouted])))
    return events


def _recorded_cases(cases: int, settings: Settings, rng: np.random.Generator) -> Ints:
    """For each case the one that readers take it for: the labels of two neighbours on a pallet may be swapped."""
    pallet_cases = settings.goods.pallet_cases
    recorded = np.arange(cases)
    wrong = np.flatnonzero(rng.random(cases) < settings.transport.aggregation_error_share / 2)
    other = wrong + 1
    fits = (other < cases) & (other // pallet_cases == wrong // pallet_cases)
    fits &= ~np.isin(other, wrong)
    recorded[wrong[fits]], recorded[other[fits]] = other[fits], wrong[fits]
    return recorded


def _returned(
    case: Ints,
    shop: Ints,
    arrived: Floats,
    sites: Sites,
    shipping: Shipping,
    settings: Settings,
    rng: np.random.Generator,
) -> tuple[Ints, Floats, list[Table]]:
    """Some items go back to the dealer and out to another of its shops: all items' shops and arrivals, and events."""
    back = np.flatnonzero(rng.random(len(case)) < settings.transport.return_share)
    shop, arrived = shop.copy(), arrived.copy()
    dealer = sites.dealer_of(shop[back])
    to_dealer = shipping.leg(shop[back], dealer, arrived[back] + rng.exponential(10 * DAY_HOURS, len(back)))
    leave = to_dealer.reach + shipping.dwell_hours(len(back)) * 0.5
    to_shop = shipping.leg(dealer, _shops_of(sites, dealer, rng), leave)
    events = [shipping.readings(back, case[back], leg) for leg in (to_dealer, to_shop)]
    shop[back], arrived[back] = to_shop.end, to_shop.reach
    return shop, arrived, events


def _sold(
    shop: Ints, arrived: Floats, expires: Floats, settings: Settings, rng: np.random.Generator
) -> tuple[Floats, Ints]:
    """Hours of sale, before the expiry; infinite for what is not sold within the horizon. And who buys."""
    retail, horizon = settings.retail, settings.goods.horizon_days * DAY_HOURS
    days = retail.days_to_sale * np.exp(rng.normal(0, retail.days_to_sale_log_sd, len(arrived)))
    sold = np.where(rng.random(len(arrived)) < retail.sold_share, arrived + days * DAY_HOURS, np.inf)
    sold = np.where(sold < horizon, np.minimum(sold, np.maximum(expires, arrived)), np.inf)
    household = np.full(len(shop), NOBODY, dtype=np.int64)
    rows = np.flatnonzero(np.isfinite(sold))
    bought = purchases(shop[rows], sold[rows], np.minimum(expires[rows], horizon), settings, rng)
    sold[rows], household[rows] = bought.at, bought.household
    return sold, household


def _by_weight(weights: Floats, count: int, rng: np.random.Generator) -> Ints:
    """``count`` indexes by weight, each at least once where ``count`` allows."""
    certain = rng.permutation(len(weights))[:count]
    rest = chosen(weights, count - len(certain), rng)
    return rng.permutation(np.concatenate([certain, rest]))


def _shops_of(sites: Sites, dealers: Ints, rng: np.random.Generator) -> Ints:
    """For each row a shop of its dealer, by weight."""
    shops = np.empty(len(dealers), dtype=np.int64)
    for dealer in np.unique(dealers):
        own, rows = np.flatnonzero(sites.parent == dealer), np.flatnonzero(dealers == dealer)
        own = own[own >= sites.first_shop]
        shops[rows] = own[chosen(sites.weight[own], len(rows), rng)]
    return shops
