"""Devices that repeat themselves, readers and phones that say what is not so: crimes against the platform."""

from dataclasses import replace
from random import Random

from firmware_sim.world.catalogue import DAY, HOUR, SECOND, Code
from firmware_sim.world.crime_steps import (
    far_cities,
    phone_scan,
    sold_and_scanned,
    sold_units,
    touched,
)
from firmware_sim.world.journey import observation
from firmware_sim.world.parameters import Parameters
from firmware_sim.world.plan import DeviceFault, PhoneScan, ReaderEvent, Step, Truth, WorldPlan
from firmware_sim.world.scenario import Scenario


def device(plan: WorldPlan, _: Parameters, __: Code, rng: Random) -> WorldPlan:
    """A captured message is sent again, and a reader uses a sequence number for other content.

    No reader of the dealers of whom one is framed: whatever accuses that one is a lie.
    """
    batch = plan.catalogue.with_role("clone")
    spared = set() if batch is None else set(batch.dealers)
    busy = [site for site in plan.catalogue.sites if site.kind in ("dc", "dealer") and site.org_id not in spared]
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
    done = touched(plan, lied)
    sold = sold_units(plan, lied, now - 4 * DAY)
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
    done = touched(plan, batch)
    units = [unit for unit in sold_and_scanned(plan, batch, now - 8 * DAY) if unit.index not in done]
    if not units:
        return plan
    unit, at, add = rng.choice(units), now - 7 * DAY, []
    for number, city in enumerate(far_cities(plan, unit, 6, parameters.attack.clone_apart_km, rng)):
        step = phone_scan(Scenario.CROWD, unit.uri, at, city, parameters, rng, unit=unit, actor="rival")
        if isinstance(step.action, PhoneScan):
            address = f"36.255.{number % CROWD_NETWORKS}.{7 + number}"
            add.append(Step(replace(step.action, address=address), step.truth))
        at += int(rng.uniform(24, 26) * HOUR)
    return plan.changed(add)


CROWD_NETWORKS = 3
"""One fewer than strangers need to be heard."""
