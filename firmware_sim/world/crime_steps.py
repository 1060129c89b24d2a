"""What crimes are made of: scans, inspections, and the units and places that they choose."""

from dataclasses import replace
from random import Random

from firmware_sim.world.catalogue import AUTHORITY, HOUR, INSPECTOR, Batch, Site
from firmware_sim.world.consumer import handset_with, near
from firmware_sim.world.geography import CITIES, CITY, City
from firmware_sim.world.journey import CHINA_OFFSET_MINUTES
from firmware_sim.world.parameters import Parameters
from firmware_sim.world.plan import GENUINE, ReaderEvent, Step, Truth, Unit, WorldPlan
from firmware_sim.world.scenario import Scenario
from schemas.event import Audience, Event, LocationSource
from schemas.geodesy import distance_km


def phone_scan(
    scenario: Scenario,
    uri: str,
    at: int,
    city: City,
    parameters: Parameters,
    rng: Random,
    *,
    unit: Unit | None = None,
    actor: str = "",
) -> Step:
    """A new phone with GPS scans ``uri`` in a city."""
    place = near(city.position, parameters.consumer.home_km, rng)
    scan = handset_with(LocationSource.GPS, rng).scan(uri, at, place)
    lot, index, case = (unit.lot, unit.index, unit.case) if unit is not None else (None, None, None)
    return Step(scan, Truth(scenario.label, "scan", lot, index, case, actor))


def inspection(scenario: Scenario, unit: Unit, at: int, city: City) -> Step:
    """An inspector's reader, with a receiver of its own for its place, checks a unit's code in a city."""
    source = LocationSource.GPS
    event = Event(
        item=unit.uri,
        occurred_at=at,
        biz_step="inspecting",
        offset_minutes=CHINA_OFFSET_MINUTES,
        position=replace(city.position, radius_m=source.least_radius_m),
        source=source,
        audience=Audience.INSPECTOR,
    )
    truth = Truth(scenario.label, "inspection", unit.lot, unit.index, unit.case, AUTHORITY)
    return Step(ReaderEvent(at, AUTHORITY, INSPECTOR, event), truth)


def scans_of(plan: WorldPlan, batch: Batch | None) -> list[Step]:
    """The scans of the batch's units."""
    return [step for step in plan.steps if batch and step.truth.lot == batch.lot and step.truth.stage == "scan"]


def sold_units(plan: WorldPlan, batch: Batch | None, before: int) -> list[Unit]:
    """The batch's units that were sold before then."""
    return [unit for unit in plan.units if batch and unit.lot == batch.lot and unit.sold_at and unit.sold_at < before]


def unsold_units(plan: WorldPlan, batch: Batch | None, at: int) -> list[Unit]:
    """Units that lie in a shop at ``at`` and are never sold honestly."""
    return [
        unit
        for unit in plan.units
        if batch and unit.lot == batch.lot and unit.sold_at is None and unit.arrived_at + HOUR < at
    ]


def sold_and_scanned(plan: WorldPlan, batch: Batch | None, before: int) -> list[Unit]:
    """The batch's units that were sold before then and that somebody has scanned."""
    scanned = {step.truth.index for step in scans_of(plan, batch)}
    return [unit for unit in sold_units(plan, batch, before) if unit.index in scanned]


def far_cities(plan: WorldPlan, unit: Unit, maximum: int, apart_km: float, rng: Random) -> list[City]:
    """Up to ``maximum`` cities far from the unit's shop and from each other."""
    cities: list[City] = [CITY[city_of(plan, unit.shop)]]
    for city in rng.sample(CITIES, len(CITIES)):
        if len(cities) <= maximum and nearest_km(city, cities) >= apart_km:
            cities.append(city)
    return cities[1:]


def site_of(plan: WorldPlan, site_id: str) -> Site:
    """The site of that id."""
    return next(site for site in plan.catalogue.sites if site.site_id == site_id)


def city_of(plan: WorldPlan, site_id: str) -> str:
    """The city that a site is in."""
    return site_of(plan, site_id).city_id


def nearest_km(city: City, others: list[City]) -> float:
    """The distance from a city to the nearest of others, in km."""
    return min(distance_km(city.position, other.position) for other in others)


def farthest(home: list[City]) -> list[City]:
    """The city that is farthest from these, alone."""
    return [max(CITIES, key=lambda city: nearest_km(city, home))]


def touched(plan: WorldPlan, batch: Batch | None) -> set[int | None]:
    """Indexes of the batch's units of which some crime is made."""
    crimes = (step.truth for step in plan.steps if step.truth.scenario != GENUINE)
    return {truth.index for truth in crimes if batch and truth.lot == batch.lot}
