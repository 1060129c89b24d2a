"""The demo's crimes, laid over an honest plan. Each takes a plan and gives one, its own steps labelled by its name.

A batch's role (in the parameters) says which attack may use it; without such a batch the attack does nothing.
"""

from collections.abc import Callable
from random import Random

from firmware_sim.world.catalogue import AUTHORITY, Code
from firmware_sim.world.copying import clone, forgery, quiet_clone, theft
from firmware_sim.world.lying import crowd, device, framing
from firmware_sim.world.parameters import Parameters
from firmware_sim.world.plan import (
    PhoneScan,
    ReaderEvent,
    WorldPlan,
)
from firmware_sim.world.scenario import Scenario
from firmware_sim.world.selling import diversion, expiry, recall, second_sale

Attack = Callable[[WorldPlan, Parameters, Code, Random], WorldPlan]


def with_attacks(plan: WorldPlan, parameters: Parameters, code: Code, rng: Random) -> WorldPlan:
    """The plan with every attack of :data:`ATTACKS`, in their order."""
    for attack in ATTACKS.values():
        plan = attack(plan, parameters, code, rng)
    return plan


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
