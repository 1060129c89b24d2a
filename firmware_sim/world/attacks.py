"""The demo's crimes, laid over an honest plan. Each takes a plan and gives one, its own steps labelled by its name.

A batch's role (in the parameters) says which attack may use it; without such a batch the attack does nothing.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from firmware_sim.world.catalogue import (
    AUTHORITY,
    DAY,
    HOUR,
    INSPECTOR,
    SECOND,
    Batch,
    Code,
    Site,
)
from firmware_sim.world.consumer import handset_with, near
from firmware_sim.world.geography import CITIES, CITY, City
from firmware_sim.world.journey import CHINA_OFFSET_MINUTES, observation, opening_time, sale
from firmware_sim.world.parameters import Parameters
from firmware_sim.world.plan import (
    DeviceFault,
    MakerAction,
    PhoneScan,
    ReaderEvent,
    Step,
    Truth,
    Unit,
    WorldPlan,
    in_order,
)
from firmware_sim.world.scenario import Scenario
from schemas import base32, serial
from schemas.event import Audience, Event, LocationSource
from schemas.geodesy import distance_km

Attack = Callable[[WorldPlan, Parameters, Code, Random], WorldPlan]


def with_attacks(plan: WorldPlan, parameters: Parameters, code: Code, rng: Random) -> WorldPlan:
    """The plan with every attack of :data:`ATTACKS`, in their order."""
    for attack in ATTACKS.values():
        plan = attack(plan, parameters, code, rng)
    return plan


def diversion(plan: WorldPlan, parameters: Parameters, _: Code, rng: Random) -> WorldPlan:
    """A dealer sells whole cases into a far market outside the batch's territory (窜货); no reader of its sees it.

    An inspector in that market checks some of what buyers have scanned there.
    """
    batch = plan.catalogue.with_role("diversion")
    if batch is None:
        return plan
    attack, now = parameters.attack, plan.catalogue.now
    dealer = rng.choice(batch.dealers)
    cases = list(dict.fromkeys(unit.case for unit in plan.units if unit.lot == batch.lot and unit.dealer == dealer))
    taken = set(rng.sample(cases, min(attack.diverted_cases, len(cases))))
    home = [CITY[city] for city in batch.territory]
    market = rng.choice([city for city in CITIES if _apart(city, home) >= attack.diverted_apart_km] or _farthest(home))
    drop = [
        step
        for step in plan.steps
        if step.truth.case in taken and step.truth.stage in ("shipping", "receiving", "unpacking", "sale", "scan")
    ]
    lost = [unit for unit in plan.units if unit.case in taken]
    start = max((unit.arrived_at for unit in lost), default=now) + DAY
    start = min(max(start, now - int((attack.diverted_days + 1) * DAY)), now - 3 * DAY)
    add = []
    for unit in lost:
        if rng.random() < attack.diverted_scan_share:
            at = start + int(rng.random() * (now - DAY - start))
            add.append(_scan(Scenario.DIVERSION, unit.uri, at, market, parameters, rng, unit=unit, actor=dealer))
    found = {step.truth.index for step in in_order(add)[: attack.diverted_inspected]}
    add += [_inspection(Scenario.DIVERSION, unit, now - DAY // 2, market) for unit in lost if unit.index in found]
    moved = {unit.uri: replace(unit, shop=market.city_id, sold_at=None, pos=False) for unit in lost}
    return plan.changed(add, drop, [moved.get(unit.uri, unit) for unit in plan.units])


def clone(plan: WorldPlan, parameters: Parameters, _: Code, rng: Random) -> WorldPlan:
    """One genuine code is copied; phones in far cities scan the copies faster than anything can travel.

    An inspector finds a copy on sale far from where a till has just sold the genuine unit: what phones say may be
    anybody's, what a till and an inspector saw is not.
    """
    now, attack = plan.catalogue.now, parameters.attack
    batch = plan.catalogue.with_role("clone")
    copied = [unit for unit in _sold_and_scanned(plan, batch, now - 4 * DAY) if unit.pos]
    if not copied:
        return plan
    unit, at = rng.choice(copied), now - 2 * DAY
    market = _far_cities(plan, unit, 1, attack.clone_apart_km, rng)
    soon = (unit.sold_at or now) + int(attack.clone_minutes * 60 * SECOND)
    add = [_inspection(Scenario.CLONE, unit, soon, city) for city in market]
    for city in _far_cities(plan, unit, attack.clone_phones, attack.clone_apart_km, rng):
        add.append(_scan(Scenario.CLONE, unit.uri, at, city, parameters, rng, unit=unit, actor="counterfeiter"))
        at += int(attack.clone_minutes * 60 * SECOND)
    return plan.changed(add)


def quiet_clone(plan: WorldPlan, parameters: Parameters, _: Code, rng: Random) -> WorldPlan:
    """More codes of the same dealer are copied, and scanned most of a day apart: each alone breaks no rule."""
    batch, now, attack = plan.catalogue.with_role("clone"), plan.catalogue.now, parameters.attack
    cloned = {step.truth.index for step in plan.of_scenario(Scenario.CLONE.label)}
    dealers = {unit.dealer for unit in plan.units if batch and unit.lot == batch.lot and unit.index in cloned}
    copied = [
        unit
        for unit in _sold_and_scanned(plan, batch, now - 4 * DAY)
        if unit.dealer in dealers and unit.index not in cloned
    ]
    add = []
    for unit in rng.sample(copied, min(attack.quiet_clones, len(copied))):
        at = now - int(rng.uniform(4, 4.5) * DAY)
        for city in _far_cities(plan, unit, attack.quiet_clone_phones, attack.clone_apart_km, rng):
            add.append(
                _scan(Scenario.QUIET_CLONE, unit.uri, at, city, parameters, rng, unit=unit, actor="counterfeiter")
            )
            at += int(rng.uniform(15, 23) * HOUR)
    return plan.changed(add)


def _sold_and_scanned(plan: WorldPlan, batch: Batch | None, before: int) -> list[Unit]:
    """The batch's units that were sold before then and that somebody has scanned."""
    scanned = {step.truth.index for step in _scans(plan, batch)}
    return [unit for unit in _sold(plan, batch, before) if unit.index in scanned]


def _far_cities(plan: WorldPlan, unit: Unit, maximum: int, apart_km: float, rng: Random) -> list[City]:
    """Up to ``maximum`` cities far from the unit's shop and from each other."""
    cities: list[City] = [CITY[_city_of(plan, unit.shop)]]
    for city in rng.sample(CITIES, len(CITIES)):
        if len(cities) <= maximum and _apart(city, cities) >= apart_km:
            cities.append(city)
    return cities[1:]


def forgery(plan: WorldPlan, parameters: Parameters, code: Code, rng: Random) -> WorldPlan:
    """Made-up serials on a real GTIN, each printed more than once."""
    batch, now = plan.catalogue.batches[0], plan.catalogue.now
    origin = "/".join(code(batch.lot, 0).split("/")[:3])
    add = []
    for _ in range(parameters.attack.forged_codes):
        made_up = "".join(rng.choices(base32.ALPHABET, k=serial.LENGTH))
        uri, at = f"{origin}/01/{batch.gtin}/21/{made_up}", now - int(rng.uniform(3, 12) * DAY)
        for _ in range(rng.randint(2, 3)):
            add.append(_scan(Scenario.FORGERY, uri, at, rng.choice(CITIES), parameters, rng, actor="counterfeiter"))
            at += int(rng.uniform(1, 40) * HOUR)
    return plan.changed(add)


def recall(plan: WorldPlan, parameters: Parameters, _: Code, rng: Random) -> WorldPlan:
    """The maker recalls a batch; some of it is scanned, and one unit sold, all the same."""
    batch, now = plan.catalogue.with_role("recall"), plan.catalogue.now
    if batch is None:
        return plan
    at = now - 3 * DAY
    reason, reason_zh = "Sealing fault found in a retained sample", "留样检验发现封口缺陷"
    action = MakerAction(at, "recall", batch.org_id, batch.lot, 0, batch.quantity, reason, reason_zh)
    add = [Step(action, Truth(Scenario.RECALL.label, "recall", batch.lot, actor=batch.org_id))]
    drop = [
        step
        for step in plan.steps
        if step.truth.lot == batch.lot and step.action.at > at and step.truth.stage in ("sale", "scan")
    ]
    add += [Step(step.action, replace(step.truth, scenario=Scenario.RECALL.label)) for step in drop]
    # A buyer who has scanned may be travelling: the same unit scanned at home as well would seem copied.
    scanned = {step.truth.index for step in _scans(plan, batch)}
    sold = [unit for unit in _sold(plan, batch, at) if unit.index not in scanned]
    for unit in rng.sample(sold, min(parameters.attack.recalled_scans, len(sold))):
        when, city = at + int(rng.uniform(4, 60) * HOUR), CITY[_city_of(plan, unit.shop)]
        add.append(_scan(Scenario.RECALL, unit.uri, when, city, parameters, rng, unit=unit, actor="consumer"))
    for unit in _unsold(plan, batch, at)[:1]:
        add.append(sale(_site(plan, unit.shop), unit, opening_time(at + DAY, rng), Scenario.RECALL.label))
    return plan.changed(add, drop)


def theft(plan: WorldPlan, parameters: Parameters, code: Code, rng: Random) -> WorldPlan:
    """Labels are stolen off the roll: their codes are scanned before the maker commissions them."""
    batch, now = plan.catalogue.with_role("theft"), plan.catalogue.now
    if batch is None or not parameters.attack.stolen_labels:
        return plan
    end = batch.units + parameters.attack.stolen_labels
    action = MakerAction(now - DAY, "commission", batch.org_id, batch.lot, batch.units, end)
    add = [Step(action, Truth(Scenario.THEFT.label, "commission", batch.lot, actor=batch.org_id))]
    for index in range(batch.units, end):
        at = now - int(rng.uniform(4, 9) * DAY)
        scan = _scan(Scenario.THEFT, code(batch.lot, index), at, rng.choice(CITIES), parameters, rng, actor="thief")
        add.append(Step(scan.action, replace(scan.truth, lot=batch.lot, index=index)))
    return plan.changed(add)


def second_sale(plan: WorldPlan, parameters: Parameters, _: Code, rng: Random) -> WorldPlan:
    """A code that a till has sold is sold once more, by another shop of the dealer."""
    batch, now = plan.catalogue.with_role("second_sale"), plan.catalogue.now
    sold = [unit for unit in _sold(plan, batch, now - 3 * DAY) if unit.pos]
    add = []
    for unit in rng.sample(sold, min(parameters.attack.second_sales, len(sold))):
        shops = [site for site in plan.catalogue.shops(unit.dealer) if site.site_id != unit.shop]
        at = opening_time((unit.sold_at or now) + int(rng.uniform(1, 2) * DAY), rng)
        if shops:
            add.append(sale(rng.choice(shops), unit, at, Scenario.SECOND_SALE.label))
    return plan.changed(add)


def expiry(plan: WorldPlan, parameters: Parameters, _: Code, rng: Random) -> WorldPlan:
    """Shops sell off units after their best-before date; some buyers scan them."""
    batch, now = plan.catalogue.with_role("expiry"), plan.catalogue.now
    last = batch.expires_at if batch is not None else None
    if last is None or last > now - 2 * DAY:
        return plan
    unsold = _unsold(plan, batch, last)
    add = []
    for number, unit in enumerate(rng.sample(unsold, min(parameters.attack.expired_sales, len(unsold)))):
        at = opening_time(last + HOUR + int(rng.random() * (now - 3 * DAY - last)), rng)
        add.append(sale(_site(plan, unit.shop), unit, at, Scenario.EXPIRY.label))
        if number % 2 == 0:
            city = CITY[_city_of(plan, unit.shop)]
            add.append(
                _scan(Scenario.EXPIRY, unit.uri, at + 5 * HOUR, city, parameters, rng, unit=unit, actor="consumer")
            )
    return plan.changed([step for step in add if step.action.at < now])


def device(plan: WorldPlan, _: Parameters, __: Code, rng: Random) -> WorldPlan:
    """A captured message is sent again, and a reader uses a sequence number for other content."""
    busy = [site for site in plan.catalogue.sites if site.kind in ("dc", "dealer")]
    add = []
    for hours, kind in ((20, "replay"), (16, "same_sequence")):
        site = rng.choice(busy)
        fault = DeviceFault(plan.catalogue.now - hours * HOUR, site.org_id, site.site_id, kind)
        add.append(Step(fault, Truth(Scenario.DEVICE.label, kind, actor=site.site_id)))
    return plan.changed(add)


def framing(plan: WorldPlan, parameters: Parameters, _: Code, rng: Random) -> WorldPlan:
    """On one day a dealer's reader lies about units that a rival has sold, to have the rival accused.

    It reports them received at the rival's depot, which it never saw, and sold and destroyed at its own. The rival is a
    dealer whose goods nobody copied, so that whatever accuses it is a lie.
    """
    now, lied = plan.catalogue.now, plan.catalogue.with_role("clone")
    done = {step.truth.index for name in ATTACKS for step in plan.of_scenario(name) if step.truth.lot == _lot(lied)}
    sold = _sold(plan, lied, now - 4 * DAY)
    guilty = {unit.dealer for unit in sold if unit.index in done}
    units = [unit for unit in sold if unit.dealer not in guilty]
    if not units:
        return plan
    framed = units[0].dealer
    units = [unit for unit in units if unit.dealer == framed]
    liars = sorted({site.org_id for site in plan.catalogue.sites if site.kind == "dealer"} - {framed} - guilty)
    liar = plan.catalogue.warehouse(rng.choice(liars))
    said = ((plan.catalogue.warehouse(framed), "receiving"), (liar, "retail_selling"), (liar, "destroying"))
    at, add = now - 3 * DAY - now % DAY + 2 * HOUR, []
    for unit in rng.sample(units, min(parameters.attack.framed_units, len(units))):
        for place, step in said:
            truth = Truth(Scenario.FRAMING.label, step, unit.lot, unit.index, unit.case, liar.org_id)
            event = observation(place, unit.uri, at, step)
            add.append(Step(ReaderEvent(at, liar.org_id, liar.site_id, event), truth))
            at += 60 * SECOND
    return plan.changed(add)


def crowd(plan: WorldPlan, parameters: Parameters, _: Code, rng: Random) -> WorldPlan:
    """Invented phones on three networks say, day after day, that a genuine unit is in many cities."""
    now, batch = plan.catalogue.now, plan.catalogue.with_role("clone")
    done = {step.truth.index for name in ATTACKS for step in plan.of_scenario(name) if step.truth.lot == _lot(batch)}
    units = [unit for unit in _sold_and_scanned(plan, batch, now - 8 * DAY) if unit.index not in done]
    if not units:
        return plan
    unit, at, add = rng.choice(units), now - 7 * DAY, []
    for number, city in enumerate(_far_cities(plan, unit, 6, parameters.attack.clone_apart_km, rng)):
        step = _scan(Scenario.CROWD, unit.uri, at, city, parameters, rng, unit=unit, actor="rival")
        if isinstance(step.action, PhoneScan):
            address = f"36.255.{number % CROWD_NETWORKS}.{7 + number}"
            add.append(Step(replace(step.action, address=address), step.truth))
        at += int(rng.uniform(24, 26) * HOUR)
    return plan.changed(add)


CROWD_NETWORKS = 3
"""One fewer than strangers need to be heard."""


def _lot(batch: Batch | None) -> str | None:
    return None if batch is None else batch.lot


ATTACKS: dict[str, Attack] = {
    Scenario.DIVERSION.label: diversion,
    Scenario.CLONE.label: clone,
    Scenario.FORGERY.label: forgery,
    Scenario.RECALL.label: recall,
    Scenario.THEFT.label: theft,
    Scenario.SECOND_SALE.label: second_sale,
    Scenario.EXPIRY.label: expiry,
    Scenario.DEVICE.label: device,
    Scenario.QUIET_CLONE.label: quiet_clone,
    Scenario.FRAMING.label: framing,
    Scenario.CROWD.label: crowd,
}
"""By name, which is also the scenario in the truth of its steps."""


VERDICTS = {
    Scenario.CLONE.label: "copied",
    Scenario.DIVERSION.label: "diverted",
    Scenario.FORGERY.label: "forged",
    Scenario.RECALL.label: "recalled",
    Scenario.EXPIRY.label: "expired",
}
"""By scenario the verdict that its codes should get, for those scenarios in which all codes get the same."""


NEED_INSPECTION = (Scenario.CLONE.label, Scenario.DIVERSION.label)
"""Scenarios whose codes get that verdict when an inspector has seen them: phones alone accuse nobody on a page."""


def samples(plan: WorldPlan) -> dict[str, str]:
    """One scanned code for each verdict that the plan gives rise to, and a genuine one: verdict to URI.

    Under ``framed`` one that a rival's reader lies about, under ``crowd`` one that invented phones scan.
    """
    sampled: dict[str, str] = {}
    of_lots = (Scenario.RECALL, Scenario.EXPIRY, Scenario.DIVERSION)
    accused = {step.truth.lot for scenario in of_lots for step in plan.of_scenario(scenario.label)}
    touched = {(step.truth.lot, step.truth.index) for name in ATTACKS for step in plan.of_scenario(name)}
    inspected = {
        step.action.event.item
        for step in plan.steps
        if isinstance(step.action, ReaderEvent) and step.action.org_id == AUTHORITY
    }
    whole = {unit.uri for unit in plan.units if unit.pos and unit.lot not in accused}
    for step in plan.steps:
        if not isinstance(step.action, PhoneScan):
            continue
        verdict = VERDICTS.get(step.truth.scenario)
        if step.truth.scenario in NEED_INSPECTION and step.action.uri not in inspected:
            continue
        if verdict is not None:
            sampled.setdefault(verdict, step.action.uri)
        elif step.action.uri in whole and (step.truth.lot, step.truth.index) not in touched:
            sampled.setdefault("genuine", step.action.uri)
    for step in plan.of_scenario(Scenario.FRAMING.label):
        if isinstance(step.action, ReaderEvent):
            sampled.setdefault("framed", step.action.event.item)
    for step in plan.of_scenario(Scenario.CROWD.label):
        if isinstance(step.action, PhoneScan):
            sampled.setdefault("crowd", step.action.uri)
    return sampled


def _scan(
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


def _inspection(scenario: Scenario, unit: Unit, at: int, city: City) -> Step:
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


def _scans(plan: WorldPlan, batch: Batch | None) -> list[Step]:
    return [step for step in plan.steps if batch and step.truth.lot == batch.lot and step.truth.stage == "scan"]


def _sold(plan: WorldPlan, batch: Batch | None, before: int) -> list[Unit]:
    return [unit for unit in plan.units if batch and unit.lot == batch.lot and unit.sold_at and unit.sold_at < before]


def _unsold(plan: WorldPlan, batch: Batch | None, at: int) -> list[Unit]:
    """Units that lie in a shop at ``at`` and are never sold honestly."""
    return [
        unit
        for unit in plan.units
        if batch and unit.lot == batch.lot and unit.sold_at is None and unit.arrived_at + HOUR < at
    ]


def _site(plan: WorldPlan, site_id: str) -> Site:
    return next(site for site in plan.catalogue.sites if site.site_id == site_id)


def _city_of(plan: WorldPlan, site_id: str) -> str:
    return _site(plan, site_id).city_id


def _apart(city: City, others: list[City]) -> float:
    return min(distance_km(city.position, other.position) for other in others)


def _farthest(home: list[City]) -> list[City]:
    return [max(CITIES, key=lambda city: _apart(city, home))]
