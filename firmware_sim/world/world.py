"""The demo's honest world: what happens to every unit from the line to the consumer when nobody cheats."""

from random import Random

from firmware_sim.world.catalogue import Catalogue, Code
from firmware_sim.world.consumer import scans_of
from firmware_sim.world.journey import Journey
from firmware_sim.world.parameters import Parameters
from firmware_sim.world.plan import Step, Unit, WorldPlan, in_order


def build_world(catalogue: Catalogue, parameters: Parameters, code: Code, rng: Random) -> WorldPlan:
    """The plan of the honest world. The same arguments give the same plan, byte for byte.

    ``code`` is asked for the first ``batch.codes`` indexes of each lot.
    """
    journey = Journey(catalogue, parameters, code, rng)
    steps: list[Step] = []
    units: list[Unit] = []
    for batch in catalogue.batches:
        moved, made = journey.run(batch)
        steps += moved
        units += made
    expiry = {batch.lot: batch.expires_at for batch in catalogue.batches}
    for unit in units:
        last = expiry[unit.lot] or catalogue.now
        steps += [step for step in scans_of(unit, catalogue, parameters.consumer, rng) if step.action.at < last]
    return WorldPlan(catalogue, in_order(steps), tuple(units))
