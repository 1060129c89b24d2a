"""The plan of a demo world: timed actions in order, each beside (never inside) the truth about it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any

from firmware_sim.world.catalogue import Catalogue
from firmware_sim.world.scenario import Scenario
from schemas.event import Event, event_fields


@dataclass(frozen=True, slots=True)
class ReaderEvent:
    """A reader reports an event. Times here and below are microseconds since 1970, UTC."""

    at: int
    org_id: str
    reader_id: str
    event: Event


@dataclass(frozen=True, slots=True)
class PhoneScan:
    """A consumer scans a code. ``handset`` is the install id; no position: the consumer refused to give it.

    ``address``: the IP address that it comes from; None: one of the phone's own.
    """

    at: int
    handset: str
    uri: str
    latitude: float | None = None
    longitude: float | None = None
    accuracy_m: float | None = None
    source: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class MakerAction:
    """The maker commissions codes ``first`` to ``end`` - 1 of a lot, or recalls the lot (``kind``)."""

    at: int
    kind: str
    org_id: str
    lot: str
    first: int = 0
    end: int = 0
    reason: str = ""
    reason_zh: str = ""


@dataclass(frozen=True, slots=True)
class DeviceFault:
    """A device misbehaves.

    ``kind`` is ``replay`` (an earlier message once more) or ``same_sequence`` (other content under a used number).
    """

    at: int
    org_id: str
    reader_id: str
    kind: str


Action = ReaderEvent | PhoneScan | MakerAction | DeviceFault

GENUINE = Scenario.GENUINE.label


@dataclass(frozen=True, slots=True)
class Truth:
    """What is really going on: the scenario's label, the stage of the item's life, and whom and what it concerns."""

    scenario: str
    stage: str
    lot: str | None = None
    index: int | None = None
    case: str | None = None
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """An action and, apart from it, its truth."""

    action: Action
    truth: Truth


@dataclass(frozen=True, slots=True)
class Unit:
    """One made unit: where it went and whether it was sold (``pos``: and whether the till said so)."""

    lot: str
    index: int
    uri: str
    case: str
    dealer: str
    shop: str
    arrived_at: int
    sold_at: int | None
    pos: bool


@dataclass(frozen=True, slots=True)
class WorldPlan:
    """A world to be played: what to register, what happens when, and the units' true lives."""

    catalogue: Catalogue
    steps: tuple[Step, ...]
    units: tuple[Unit, ...]

    def changed(
        self, add: Iterable[Step], drop: Iterable[Step] = (), units: Iterable[Unit] | None = None
    ) -> "WorldPlan":
        """This plan with steps added and dropped, in order of time; ``units`` replaces all units."""
        dropped = {id(step) for step in drop}
        steps = in_order([*(step for step in self.steps if id(step) not in dropped), *add])
        return replace(self, steps=steps, units=self.units if units is None else tuple(units))

    def of_scenario(self, scenario: str) -> list[Step]:
        """The steps of one scenario."""
        return [step for step in self.steps if step.truth.scenario == scenario]

    def digest(self) -> str:
        """SHA-256 of everything in the plan: two plans are the same when their digests are."""
        hasher = sha256(json.dumps(asdict(self.catalogue), default=str, sort_keys=True).encode())
        for step in self.steps:
            hasher.update(json.dumps([_action_fields(step.action), asdict(step.truth)], sort_keys=True).encode())
        for unit in self.units:
            hasher.update(json.dumps(asdict(unit), sort_keys=True).encode())
        return hasher.hexdigest()

    def summary(self) -> dict[str, Any]:
        """Counts of what is in the plan, and its digest."""
        scenarios: dict[str, int] = {}
        kinds: dict[str, int] = {}
        for step in self.steps:
            scenarios[step.truth.scenario] = scenarios.get(step.truth.scenario, 0) + 1
            kind = type(step.action).__name__
            kinds[kind] = kinds.get(kind, 0) + 1
        return {
            "sites": len(self.catalogue.sites),
            "markets": len(self.catalogue.markets),
            "readers": len(self.catalogue.readers),
            "products": len(self.catalogue.products),
            "batches": len(self.catalogue.batches),
            "units": len(self.units),
            "sold": sum(unit.sold_at is not None for unit in self.units),
            "actions": kinds,
            "scenarios": scenarios,
            "digest": self.digest(),
        }


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Steps by time; those of one moment keep their order."""
    return tuple(sorted(steps, key=lambda step: step.action.at))


def _action_fields(action: Action) -> dict[str, Any]:
    if isinstance(action, ReaderEvent):
        return {
            "at": action.at,
            "org_id": action.org_id,
            "reader_id": action.reader_id,
            "event": event_fields(action.event),
        }
    return {"type": type(action).__name__} | asdict(action)
