"""Goods in honest hands: made, packed, shipped from tier to tier, returned, sold; and how well readers saw it."""

from dataclasses import dataclass

import numpy as np

from firmware_sim.population.columns import (
    Audience,
    Column,
    Flags,
    Floats,
    Ints,
    Source,
    Step,
    Table,
    concatenated,
    table,
)
from firmware_sim.population.network import (
    DC,
    DEALER,
    PLANT,
    Sites,
    chosen,
    transit_hours,
)
from firmware_sim.population.settings import Settings

HOUR = 3_600_000_000
"""Microseconds."""
DAY = 24.0
"""Hours."""
EPOCH_HOURS = 490_896.0
"""Hours from 1970 to the worlds' first, 2026-01-01T00:00Z."""
SITE_RADIUS_M = 100.0


@dataclass(frozen=True, slots=True)
class Items:
    """One row a unit: what its maker registered, then the truth about where it went. Times are hours of the world.

    ``expires`` is infinite without a date. ``case`` is what the label says, ``dealer`` and ``shop`` where the goods
    truly came to. ``sold`` is infinite for what is not sold.
    """

    gtin: Ints
    lot: Ints
    case: Ints
    made: Floats
    expires: Floats
    plant: Ints
    dc: Ints
    dealer: Ints
    shop: Ints
    arrived: Floats
    sold: Floats

    def __len__(self) -> int:
        """How many units."""
        return len(self.gtin)


def micros(hours: Floats) -> Ints:
    """World hours as microseconds since 1970."""
    return np.asarray(np.rint((hours + EPOCH_HOURS) * HOUR), dtype=np.int64)


def make(settings: Settings, sites: Sites, seed: int, rng: np.random.Generator) -> tuple[Items, Table]:
    """All units and what readers and tills saw of them, by true time; clocks go wrong later."""
    g, t = settings.goods, settings.transport
    lot, made, gtin, expires = _lots(settings, rng)
    index = np.arange(g.items)
    case = index // g.case_units
    cases = int(case[-1]) + 1
    pallet_of_case = np.arange(cases) // g.pallet_cases
    pallets = int(pallet_of_case[-1]) + 1
    dealers = sites.of_kind(DEALER)
    pallet_dealer = dealers[_shared(sites.weight[dealers], pallets, rng)]
    plants = sites.of_kind(PLANT)
    pallet_plant = plants[rng.integers(0, len(plants), pallets)]
    pallet_dc = sites.parent[pallet_dealer]
    case_dealer, case_dc, case_plant = (each[pallet_of_case] for each in (pallet_dealer, pallet_dc, pallet_plant))
    rerouted = rng.random(cases) < t.reroute_share
    final_dealer = np.where(rerouted, dealers[rng.integers(0, len(dealers), cases)], case_dealer)
    case_shop = _shop_for(sites, final_dealer, rng)

    last_made = np.zeros(pallets)
    np.maximum.at(last_made, pallet_of_case[case], made)
    legs = _Legs(settings, sites, seed, rng)
    leave = last_made + rng.uniform(12, 72, pallets)
    reach_dc = leave + legs.hours(pallet_plant, pallet_dc, leave)
    leave_dc = reach_dc + _dwell(settings, pallets, rng)
    reach_dealer = leave_dc + legs.hours(pallet_dc, pallet_dealer, leave_dc)
    first_reach = reach_dealer[pallet_of_case]
    detour = first_reach + _dwell(settings, cases, rng) * 0.5
    second_reach = detour + legs.hours(case_dealer, final_dealer, detour)
    at_dealer = np.where(rerouted, second_reach, first_reach)
    leave_dealer = at_dealer + _dwell(settings, cases, rng)
    reach_shop = leave_dealer + legs.hours(final_dealer, case_shop, leave_dealer)

    # What the label says of a case may be another case's life: two labels of one pallet swapped.
    recorded = _swapped(cases, g.pallet_cases, t.aggregation_error_share, rng)
    told = recorded[case]
    on_pallet = pallet_of_case[told]
    seen = [
        legs.read(index, told, pallet_plant[on_pallet], pallet_dc[on_pallet], leave[on_pallet], reach_dc[on_pallet]),
        legs.read(index, told, case_dc[told], case_dealer[told], leave_dc[on_pallet], reach_dealer[on_pallet]),
        legs.read(index, told, final_dealer[told], case_shop[told], leave_dealer[told], reach_shop[told]),
    ]
    odd = rerouted[told]
    seen.append(
        legs.read(
            index[odd],
            told[odd],
            case_dealer[told][odd],
            final_dealer[told][odd],
            detour[told][odd],
            second_reach[told][odd],
        )
    )
    shop, arrived = case_shop[case], reach_shop[case]
    back = np.flatnonzero(rng.random(g.items) < t.return_share)
    shop, arrived, returned = _returned(back, shop, arrived, case, sites, legs, settings, rng)
    seen += returned
    days = settings.retail.days_to_sale * np.exp(rng.normal(0, settings.retail.days_to_sale_log_sd, g.items))
    sold = np.where(rng.random(g.items) < settings.retail.sold_share, arrived + days * DAY, np.inf)
    sold = np.where(sold < g.horizon_days * DAY, np.minimum(sold, np.maximum(expires, arrived)), np.inf)
    items = Items(
        gtin, lot, case, made, expires, case_plant[case], case_dc[case], final_dealer[case], shop, arrived, sold
    )
    at_till = np.flatnonzero(np.isfinite(sold) & (rng.random(g.items) < settings.retail.pos_share))
    seen.append(sales(at_till, shop[at_till], sold[at_till], sites))
    everything = concatenated(seen)
    return items, everything.take(everything.ints("true_at") < micros(np.array([g.horizon_days * DAY]))[0])


def sales(item: Ints, shop: Ints, at: Floats, sites: Sites, **truth: float | Ints) -> Table:
    """What tills say: a till is the device beside its shop's reader."""
    return _sightings(item, shop, at, Step.SELLING, sites, till=True, **truth)


def handovers(item: Ints, site: Ints, at: Floats, step: Step, sites: Sites, **truth: float | Ints) -> Table:
    """What sites' readers say of ``item`` at ``at`` hours."""
    return _sightings(item, site, at, step, sites, till=False, **truth)


def _sightings(
    item: Ints, site: Ints, at: Floats, step: Step, sites: Sites, *, till: bool, **truth: float | Ints
) -> Table:
    when = micros(at)
    values: dict[str, Column | float] = {
        "item": item,
        "at": when,
        "true_at": when,
        "device": site + (len(sites.kind) if till else 0),
        "step": int(step),
        "site": site,
        "lat": sites.lat[site],
        "lon": sites.lon[site],
        "radius_m": SITE_RADIUS_M,
        "source": int(Source.SITE),
        "audience": int(Audience.EDGE),
    }
    return table(len(item), {**values, **truth})


class _Legs:
    """Shipments: how long they take, and what readers see of them at both ends."""

    def __init__(self, settings: Settings, sites: Sites, seed: int, rng: np.random.Generator) -> None:
        self._settings, self._sites, self._seed, self._rng = settings, sites, seed, rng
        dealers = sites.of_kind(DEALER)
        self._struck = int(dealers[seed % len(dealers)])

    def hours(self, start: Ints, end: Ints, leave: Floats) -> Floats:
        t, g = self._settings.transport, self._settings.goods
        taken = transit_hours(self._sites, start, end, self._settings, self._seed, self._rng)
        week: Flags = (leave >= g.production_days * 0.6 * DAY) & (leave < (g.production_days * 0.6 + 7) * DAY)
        struck: Flags = (self._sites.kind[start] == DC) & (end == self._struck)
        return taken * np.where(week, t.holiday_factor, 1.0) * np.where(struck, t.strike_factor, 1.0)

    def read(self, item: Ints, case: Ints, start: Ints, end: Ints, leave: Floats, reach: Floats) -> Table:
        shipped, received = self._seen(case), self._seen(case)
        return concatenated(
            [
                handovers(item[shipped], start[shipped], leave[shipped], Step.SHIPPING, self._sites),
                handovers(item[received], end[received], reach[received], Step.RECEIVING, self._sites),
            ]
        )

    def _seen(self, case: Ints) -> Flags:
        t = self._settings.transport
        missed = 1 - t.read_rate
        whole = missed * t.whole_case_share
        single = (missed - whole) / (1 - whole)
        lost = self._rng.random(int(case.max(initial=0)) + 1) < whole
        return np.asarray(~lost[case] & (self._rng.random(len(case)) >= single))


def _lots(settings: Settings, rng: np.random.Generator) -> tuple[Ints, Floats, Ints, Floats]:
    g = settings.goods
    sizes: list[int] = []
    while sum(sizes) < g.items:
        sizes.append(int(rng.integers(g.lot_least, g.lot_most + 1)))
    lot = np.repeat(np.arange(len(sizes)), sizes)[: g.items]
    lots = int(lot[-1]) + 1
    begin = np.sort(rng.uniform(0, g.production_days * DAY, lots))
    first = np.searchsorted(lot, np.arange(lots))
    made = begin[lot] + (np.arange(g.items) - first[lot]) * 4 / 3600
    lot_gtin = rng.integers(0, g.gtins, lots)
    expires = np.where(lot_gtin % 4 == 3, begin + g.shelf_life_days * DAY, np.inf)
    return lot, made, lot_gtin[lot], expires[lot]


def _shared(weights: Floats, count: int, rng: np.random.Generator) -> Ints:
    """``count`` places by weight, each at least once where ``count`` allows."""
    sure = rng.permutation(len(weights))[:count]
    rest = chosen(weights, count - len(sure), rng)
    return rng.permutation(np.concatenate([sure, rest]))


def _shop_for(sites: Sites, dealer: Ints, rng: np.random.Generator) -> Ints:
    shops = np.empty(len(dealer), dtype=np.int64)
    for each in np.unique(dealer):
        own, rows = np.flatnonzero(sites.parent == each), np.flatnonzero(dealer == each)
        own = own[own >= sites.first_shop]
        shops[rows] = own[chosen(sites.weight[own], len(rows), rng)]
    return shops


def _dwell(settings: Settings, count: int, rng: np.random.Generator) -> Floats:
    t = settings.transport
    return np.asarray(t.dwell_days * DAY * np.exp(rng.normal(0, t.dwell_log_sd, count)))


def _swapped(cases: int, pallet_cases: int, share: float, rng: np.random.Generator) -> Ints:
    """For each case the one whose life is told of it: a ``share`` of neighbours on a pallet are swapped."""
    told = np.arange(cases)
    wrong = np.flatnonzero(rng.random(cases) < share / 2)
    other = wrong + 1
    fits = (other < cases) & (other // pallet_cases == wrong // pallet_cases)
    fits &= ~np.isin(other, wrong)
    told[wrong[fits]], told[other[fits]] = other[fits], wrong[fits]
    return told


def _returned(
    back: Ints,
    shop: Ints,
    arrived: Floats,
    case: Ints,
    sites: Sites,
    legs: _Legs,
    settings: Settings,
    rng: np.random.Generator,
) -> tuple[Ints, Floats, list[Table]]:
    """Units that go back one tier and out again to another shop of the dealer: shops, arrivals, sightings."""
    shop, arrived = shop.copy(), arrived.copy()
    dealer = sites.dealer_of(shop[back])
    leave = arrived[back] + rng.exponential(10 * DAY, len(back))
    reach = leave + legs.hours(shop[back], dealer, leave)
    again = reach + _dwell(settings, len(back), rng) * 0.5
    target = _shop_for(sites, dealer, rng)
    there = again + legs.hours(dealer, target, again)
    seen = [
        legs.read(back, case[back], shop[back], dealer, leave, reach),
        legs.read(back, case[back], dealer, target, again, there),
    ]
    shop[back], arrived[back] = target, there
    return shop, arrived, seen
