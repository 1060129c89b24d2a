"""An item's way in the demo: from the line, in case and pallet, by distribution centre and dealer to a shop's till."""

from dataclasses import dataclass
from random import Random

from firmware_sim.world.catalogue import (
    DAY,
    HOUR,
    SECOND,
    Batch,
    Catalogue,
    Code,
    Site,
)
from firmware_sim.world.parameters import DemoTransport, Parameters
from firmware_sim.world.plan import (
    GENUINE,
    MakerAction,
    ReaderEvent,
    Step,
    Truth,
    Unit,
)
from schemas.event import Action, Event, LocationSource
from schemas.geodesy import distance_km, least_travel_hours
from schemas.gs1 import check_digit

CHINA_OFFSET_MINUTES = 480
_OPENS, _CLOSES = 9, 21
"""Shop hours, local."""


def transit_hours(transport: DemoTransport, category: str, km: float, rng: Random) -> float:
    """A plausible time for a lane of ``km`` (great circle), by the mode that this category takes; hand-over included.

    Log-normal around the mode's mean, and never below what :func:`schemas.geodesy.least_travel_hours` allows.
    """
    if km >= transport.air_from_km and category in transport.air_categories:
        hours = transport.air_ground_hours + km / transport.air_km_per_h
        spread = transport.air_log_sd
    else:
        hours = km * transport.road_detour / transport.road_km_per_h
        spread = transport.road_log_sd
    return max(hours * rng.lognormvariate(0, spread), least_travel_hours(km) * 1.05) + transport.handover_hours


def sscc_path(prefix: str, number: int) -> str:
    """The Digital Link path of the ``number``-th logistic unit (GS1 General Specifications, section 3.3.1)."""
    body = f"3{prefix}{number:09d}"
    return f"/00/{body}{check_digit(body)}"


def observation(
    site: Site, item: str, at: int, step: str, disposition: str | None = None, destination: str | None = None
) -> Event:
    """The event in which a fixed reader at ``site`` reports an item; of a shipment, the site that it goes to."""
    return Event(
        item=item,
        occurred_at=at,
        biz_step=step,
        disposition=disposition,
        offset_minutes=CHINA_OFFSET_MINUTES,
        read_point=site.site_id,
        position=site.position,
        source=LocationSource.SITE,
        destination=destination,
    )


def sale(site: Site, unit: Unit, at: int, scenario: str = GENUINE) -> Step:
    """The step in which a shop's till reports that it sold a unit."""
    event = observation(site, unit.uri, at, "retail_selling", "retail_sold")
    truth = Truth(scenario, "sale", unit.lot, unit.index, unit.case, site.site_id)
    return Step(ReaderEvent(at, site.org_id, site.site_id, event), truth)


@dataclass
class Journey:
    """Moves batches and collects what readers see of them. ``number`` is the last SSCC serial that was used."""

    catalogue: Catalogue
    parameters: Parameters
    code: Code
    rng: Random
    number: int = 0

    def run(self, batch: Batch) -> tuple[list[Step], list[Unit]]:
        """All steps and units of a batch; steps that would come after the catalogue's ``now`` are left out."""
        packing = self.parameters.packing
        self._steps: list[Step] = []
        self._units: list[Unit] = []
        self._batch = batch
        self._category = next(p.category for p in self.catalogue.products if p.gtin == batch.gtin)
        commission = MakerAction(batch.made_at - HOUR, "commission", batch.org_id, batch.lot, 0, batch.units)
        self._steps.append(Step(commission, Truth(GENUINE, "commission", batch.lot)))
        size = packing.units_per_case * packing.cases_per_pallet
        clock = batch.made_at
        for pallet, first in enumerate(range(0, batch.units, size)):
            end = min(first + size, batch.units)
            clock = self._pallet(batch.dealers[pallet % len(batch.dealers)], first, end, clock)
        return [step for step in self._steps if step.action.at < self.catalogue.now], self._units

    def _pallet(self, dealer: str, first: int, end: int, clock: int) -> int:
        """Make, pack and move one pallet; gives the time when the line is free for the next."""
        packing, plant = self.parameters.packing, self.catalogue.plant()
        cases: list[tuple[str, range]] = []
        for start in range(first, end, packing.units_per_case):
            indexes = range(start, min(start + packing.units_per_case, end))
            case = self._sscc()
            for index in indexes:
                self._see(plant, self.code(self._batch.lot, index), clock, "commissioning", "active", case, index)
                clock += int(packing.unit_interval_s * SECOND)
            self._pack(plant, case, [self.code(self._batch.lot, index) for index in indexes], clock, case)
            clock += 30 * SECOND
            cases.append((case, indexes))
        free, pallet = clock, self._sscc()
        at = clock + int(packing.packing_hours * HOUR * self.rng.uniform(0.3, 0.9))
        self._pack(plant, pallet, [case for case, _ in cases], at, None)
        at = clock + int(packing.packing_hours * HOUR)
        warehouse = self.catalogue.warehouse(dealer)
        centre = min(
            (site for site in self.catalogue.sites if site.kind == "dc"),
            key=lambda site: distance_km(site.position, warehouse.position),
        )
        at = self._haul(plant, centre, pallet, at, None, goes_to=warehouse)
        at = self._haul(centre, warehouse, pallet, at + self._dwell(), None)
        at += int(self.rng.uniform(0.5, 3) * HOUR)
        self._unpack(warehouse, pallet, [case for case, _ in cases], at, None)
        shops = self.catalogue.shops(dealer)
        for case, indexes in cases:
            shop = self.rng.choice(shops)
            arrived = self._haul(warehouse, shop, case, at + self._dwell(), case)
            arrived += int(self.rng.uniform(0.5, 8) * HOUR)
            self._unpack(shop, case, [self.code(self._batch.lot, index) for index in indexes], arrived, case)
            for index in indexes:
                self._retail(shop, index, case, arrived)
        return free

    def _retail(self, shop: Site, index: int, case: str, arrived: int) -> None:
        retail = self.parameters.retail
        sold_at = opening_time(arrived + HOUR + int(self.rng.expovariate(1 / retail.days_to_sale) * DAY), self.rng)
        sold, pos = self.rng.random() < retail.sold_share, self.rng.random() < retail.pos_share
        limit = min(self.catalogue.now - HOUR, self._batch.expires_at or self.catalogue.now)
        uri = self.code(self._batch.lot, index)
        when = sold_at if sold and sold_at < limit else None
        unit = Unit(
            self._batch.lot, index, uri, case, shop.org_id, shop.site_id, arrived, when, pos and when is not None
        )
        self._units.append(unit)
        if when is not None and unit.pos:
            self._steps.append(sale(shop, unit, when))

    def _haul(
        self, origin: Site, target: Site, item: str, departs: int, case: str | None, goes_to: Site | None = None
    ) -> int:
        """Ship an item and receive it; gives the time of receipt. Either read may be missed.

        The shipment is addressed to ``target``, or to ``goes_to`` where that is a stop on the way.
        """
        km = distance_km(origin.position, target.position)
        hours = transit_hours(self.parameters.transport, self._category, km, self.rng)
        arrives = departs + int(hours * HOUR)
        for site, at, step, disposition, destination in (
            (origin, departs, "shipping", "in_transit", (goes_to or target).site_id),
            (target, arrives, "receiving", "in_progress", None),
        ):
            if self.rng.random() < self.parameters.transport.read_rate:
                self._see(site, item, at, step, disposition, case, destination=destination)
        return arrives

    def _dwell(self) -> int:
        return int((2 + self.rng.expovariate(1 / self.parameters.transport.dwell_hours)) * HOUR)

    def _sscc(self) -> str:
        self.number += 1
        return sscc_path(self.parameters.maker.prefix, self.number)

    def _see(
        self,
        site: Site,
        item: str,
        at: int,
        step: str,
        disposition: str,
        case: str | None,
        index: int | None = None,
        destination: str | None = None,
    ) -> None:
        event = observation(site, item, at, step, disposition, destination)
        self._add(site, event, Truth(GENUINE, step, self._batch.lot, index, case, site.site_id))

    def _pack(self, site: Site, item: str, children: list[str], at: int, case: str | None) -> None:
        self._aggregate(site, item, children, at, Action.ADD, case)

    def _unpack(self, site: Site, item: str, children: list[str], at: int, case: str | None) -> None:
        self._aggregate(site, item, children, at, Action.DELETE, case)

    def _aggregate(self, site: Site, item: str, children: list[str], at: int, action: Action, case: str | None) -> None:
        step = "packing" if action is Action.ADD else "unpacking"
        event = Event(
            item=item,
            occurred_at=at,
            biz_step=step,
            action=action,
            disposition="in_progress",
            offset_minutes=CHINA_OFFSET_MINUTES,
            read_point=site.site_id,
            position=site.position,
            source=LocationSource.SITE,
            children=tuple(children),
        )
        self._add(site, event, Truth(GENUINE, step, self._batch.lot, None, case, site.site_id))

    def _add(self, site: Site, event: Event, truth: Truth) -> None:
        self._steps.append(Step(ReaderEvent(event.occurred_at, site.org_id, site.site_id, event), truth))


def opening_time(at: int, rng: Random) -> int:
    """``at``, or the next moment when shops are open in China (09:00 to 21:00, UTC+8)."""
    local = at + CHINA_OFFSET_MINUTES * 60 * SECOND
    day, hour = local - local % DAY, local % DAY / HOUR
    if _OPENS <= hour < _CLOSES:
        return at
    if hour >= _CLOSES:
        day += DAY
    return day + int(rng.uniform(_OPENS, _CLOSES) * HOUR) - CHINA_OFFSET_MINUTES * 60 * SECOND
