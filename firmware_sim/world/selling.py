"""Diversion, second sales, recalled and expired goods: crimes of who sells."""

from dataclasses import replace
from random import Random

from firmware_sim.world.catalogue import DAY, HOUR, Code
from firmware_sim.world.crime_steps import (
    city_of,
    farthest,
    inspection,
    nearest_km,
    phone_scan,
    scans_of,
    site_of,
    sold_units,
    unsold_units,
)
from firmware_sim.world.geography import CITIES, CITY
from firmware_sim.world.journey import opening_time, sale
from firmware_sim.world.parameters import Parameters
from firmware_sim.world.plan import MakerAction, Step, Truth, WorldPlan, in_order
from firmware_sim.world.scenario import Scenario


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
    market = rng.choice(
        [city for city in CITIES if nearest_km(city, home) >= attack.diverted_apart_km] or farthest(home)
    )
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
            add.append(phone_scan(Scenario.DIVERSION, unit.uri, at, market, parameters, rng, unit=unit, actor=dealer))
    found = {step.truth.index for step in in_order(add)[: attack.diverted_inspected]}
    add += [inspection(Scenario.DIVERSION, unit, now - DAY // 2, market) for unit in lost if unit.index in found]
    moved = {unit.uri: replace(unit, shop=market.city_id, sold_at=None, pos=False) for unit in lost}
    return plan.changed(add, drop, [moved.get(unit.uri, unit) for unit in plan.units])


def second_sale(plan: WorldPlan, parameters: Parameters, _: Code, rng: Random) -> WorldPlan:
    """A code that a till has sold is sold once more, by another shop of the dealer."""
    batch, now = plan.catalogue.with_role("second_sale"), plan.catalogue.now
    sold = [unit for unit in sold_units(plan, batch, now - 3 * DAY) if unit.pos]
    add = []
    for unit in rng.sample(sold, min(parameters.attack.second_sales, len(sold))):
        shops = [site for site in plan.catalogue.shops(unit.dealer) if site.site_id != unit.shop]
        at = opening_time((unit.sold_at or now) + int(rng.uniform(1, 2) * DAY), rng)
        if shops:
            add.append(sale(rng.choice(shops), unit, at, Scenario.SECOND_SALE.label))
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
    scanned = {step.truth.index for step in scans_of(plan, batch)}
    sold = [unit for unit in sold_units(plan, batch, at) if unit.index not in scanned]
    for unit in rng.sample(sold, min(parameters.attack.recalled_scans, len(sold))):
        when, city = at + int(rng.uniform(4, 60) * HOUR), CITY[city_of(plan, unit.shop)]
        add.append(phone_scan(Scenario.RECALL, unit.uri, when, city, parameters, rng, unit=unit, actor="consumer"))
    for unit in unsold_units(plan, batch, at)[:1]:
        add.append(sale(site_of(plan, unit.shop), unit, opening_time(at + DAY, rng), Scenario.RECALL.label))
    return plan.changed(add, drop)


def expiry(plan: WorldPlan, parameters: Parameters, _: Code, rng: Random) -> WorldPlan:
    """Shops sell off units after their best-before date; some buyers scan them."""
    batch, now = plan.catalogue.with_role("expiry"), plan.catalogue.now
    last = batch.expires_at if batch is not None else None
    if last is None or last > now - 2 * DAY:
        return plan
    unsold = unsold_units(plan, batch, last)
    add = []
    for number, unit in enumerate(rng.sample(unsold, min(parameters.attack.expired_sales, len(unsold)))):
        at = opening_time(last + HOUR + int(rng.random() * (now - 3 * DAY - last)), rng)
        add.append(sale(site_of(plan, unit.shop), unit, at, Scenario.EXPIRY.label))
        if number % 2 == 0:
            city = CITY[city_of(plan, unit.shop)]
            add.append(
                phone_scan(Scenario.EXPIRY, unit.uri, at + 5 * HOUR, city, parameters, rng, unit=unit, actor="consumer")
            )
    return plan.changed([step for step in add if step.action.at < now])
