"""Copies, made-up codes and stolen labels: crimes of who prints codes."""

from dataclasses import replace
from random import Random

from firmware_sim.world.catalogue import DAY, HOUR, SECOND, Code
from firmware_sim.world.crime_steps import (
    far_cities,
    inspection,
    phone_scan,
    sold_and_scanned,
)
from firmware_sim.world.geography import CITIES
from firmware_sim.world.parameters import Parameters
from firmware_sim.world.plan import MakerAction, Step, Truth, WorldPlan
from firmware_sim.world.scenario import Scenario
from schemas import base32, serial


def clone(plan: WorldPlan, parameters: Parameters, _: Code, rng: Random) -> WorldPlan:
    """One genuine code is copied; phones in far cities scan the copies faster than anything can travel.

    An inspector finds a copy on sale far from where a till has just sold the genuine unit: what phones say may be
    anybody's, what a till and an inspector saw is not.
    """
    now, attack = plan.catalogue.now, parameters.attack
    batch = plan.catalogue.with_role("clone")
    copied = [unit for unit in sold_and_scanned(plan, batch, now - 4 * DAY) if unit.pos]
    if not copied:
        return plan
    unit, at = rng.choice(copied), now - 2 * DAY
    market = far_cities(plan, unit, 1, attack.clone_apart_km, rng)
    soon = (unit.sold_at or now) + int(attack.clone_minutes * 60 * SECOND)
    add = [inspection(Scenario.CLONE, unit, soon, city) for city in market]
    for city in far_cities(plan, unit, attack.clone_phones, attack.clone_apart_km, rng):
        add.append(phone_scan(Scenario.CLONE, unit.uri, at, city, parameters, rng, unit=unit, actor="counterfeiter"))
        at += int(attack.clone_minutes * 60 * SECOND)
    return plan.changed(add)


def quiet_clone(plan: WorldPlan, parameters: Parameters, _: Code, rng: Random) -> WorldPlan:
    """More codes of the same dealer are copied, and scanned most of a day apart: each alone breaks no rule."""
    batch, now, attack = plan.catalogue.with_role("clone"), plan.catalogue.now, parameters.attack
    cloned = {step.truth.index for step in plan.of_scenario(Scenario.CLONE.label)}
    dealers = {unit.dealer for unit in plan.units if batch and unit.lot == batch.lot and unit.index in cloned}
    copied = [
        unit
        for unit in sold_and_scanned(plan, batch, now - 4 * DAY)
        if unit.dealer in dealers and unit.index not in cloned
    ]
    add = []
    for unit in rng.sample(copied, min(attack.quiet_clones, len(copied))):
        at = now - int(rng.uniform(4, 4.5) * DAY)
        for city in far_cities(plan, unit, attack.quiet_clone_phones, attack.clone_apart_km, rng):
            add.append(
                phone_scan(Scenario.QUIET_CLONE, unit.uri, at, city, parameters, rng, unit=unit, actor="counterfeiter")
            )
            at += int(rng.uniform(15, 23) * HOUR)
    return plan.changed(add)


def forgery(plan: WorldPlan, parameters: Parameters, code: Code, rng: Random) -> WorldPlan:
    """Made-up serials on a real GTIN, each printed more than once."""
    batch, now = plan.catalogue.batches[0], plan.catalogue.now
    origin = "/".join(code(batch.lot, 0).split("/")[:3])
    add = []
    for _ in range(parameters.attack.forged_codes):
        made_up = "".join(rng.choices(base32.ALPHABET, k=serial.LENGTH))
        uri, at = f"{origin}/01/{batch.gtin}/21/{made_up}", now - int(rng.uniform(3, 12) * DAY)
        for _ in range(rng.randint(2, 3)):
            add.append(
                phone_scan(Scenario.FORGERY, uri, at, rng.choice(CITIES), parameters, rng, actor="counterfeiter")
            )
            at += int(rng.uniform(1, 40) * HOUR)
    return plan.changed(add)


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
        scan = phone_scan(
            Scenario.THEFT, code(batch.lot, index), at, rng.choice(CITIES), parameters, rng, actor="thief"
        )
        add.append(Step(scan.action, replace(scan.truth, lot=batch.lot, index=index)))
    return plan.changed(add)
