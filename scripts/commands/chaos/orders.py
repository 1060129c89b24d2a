"""The case of one item's events in many orders of arrival: the findings must not depend on the order."""

import json
from dataclasses import replace
from pathlib import Path
from random import Random

from firmware_sim.device.pacing import Limits
from schemas.event import Action, Event, LocationSource
from schemas.geodesy import Position
from scripts.commands.chaos.readers import ReaderGroup, now
from scripts.commands.chaos.result import Result
from scripts.system.fixtures import sscc_path
from scripts.system.under_test import SystemUnderTest

READERS = 4
BLOCK = 25
"""How many items' events are shuffled together; so few that all events of one item arrive close to each other."""

_HOUR = 3_600_000_000
_LIMITS = Limits(events=1, age_s=0, in_flight=64, resend_s=5)
_FINDINGS = """
SELECT rule, kind, level, (extract(epoch FROM occurred_at) * 1000000)::bigint, evidence
FROM suyuan.finding WHERE subject = %s AND withdrawn_at IS NULL
"""
_EVENTS = (
    "SELECT event_id, (extract(epoch FROM occurred_at) * 1000000)::bigint FROM suyuan.event WHERE item_id = ANY (%s)"
)

_SHANGHAI = Position(31.2304, 121.4737, 100)
_SUZHOU = Position(31.2990, 120.5853, 100)
_URUMQI = Position(43.8256, 87.6168, 100)


def shuffled_orders(folder: Path, rng: Random, *, quick: bool) -> Result:
    """One item's events in 1,000 shuffled orders, through two workers: the findings must be identical."""
    orders = 50 if quick else 1000
    start = now() - 30 * 24 * _HOUR
    with SystemUnderTest(folder, "mosquitto", workers=2) as system:
        group = ReaderGroup(system, [system.enrol(f"reader-{n}") for n in range(READERS)], folder / "journals", _LIMITS)
        units = system.units()
        names = [(units.path(number), sscc_path(number)) for number in range(orders)]
        with group:
            for first in range(0, orders, BLOCK):
                block = [
                    (reader, event)
                    for unit, box in names[first : first + BLOCK]
                    for reader, event in _life(unit, box, start)
                ]
                if first:  # the first block's events come in order: their findings are the expected ones
                    rng.shuffle(block)
                for reader, event in block:
                    group.report(reader, event)
            group.settle(240)
        by_order = _findings(system, names)
        result = group.result()
    expected = by_order[0]
    wrong = sum(findings != expected for findings in by_order) + (not expected)
    return replace(result, wrong=wrong, note=f"{orders} orders, {len(expected)} findings in each, {wrong} differ")


def _life(unit: str, box: str, start: int) -> list[tuple[int, Event]]:
    """Events of a unit and its pallet, each with the number of the reader that reports it; a copy is scanned too."""

    def seen(item: str, hours: float, step: str, where: Position) -> Event:
        return Event(item, start + int(hours * _HOUR), step, position=where, source=LocationSource.GPS)

    packed = Event(box, start + 2 * _HOUR, "packing", Action.ADD, children=(unit,))
    unpacked = Event(box, start + 60 * _HOUR, "unpacking", Action.DELETE, children=(unit,))
    return [
        (0, seen(unit, 1, "commissioning", _SHANGHAI)),
        (0, packed),
        (0, seen(box, 3, "shipping", _SHANGHAI)),
        (1, seen(box, 20, "receiving", _SUZHOU)),
        (2, seen(unit, 21, "inspecting", _URUMQI)),
        (1, unpacked),
        (3, seen(unit, 70, "retail_selling", _SUZHOU)),
        (1, seen(unit, 80, "destroying", _SUZHOU)),
        (2, seen(unit, 120, "inspecting", _URUMQI)),
    ]


def _findings(system: SystemUnderTest, names: list[tuple[str, str]]) -> list[list[str]]:
    """Each unit's findings as comparable text: event ids are replaced by times, item ids by their part in the story."""
    by_unit = []
    with system.owner() as owner:
        for unit, box in names:
            parts = {unit[1:]: "unit", box[1:]: "pallet"}
            rows = owner.execute(_EVENTS, [list(parts)]).fetchall()
            parts |= {str(event_id): f"event at {at}" for event_id, at in rows}
            texts = []
            for row in owner.execute(_FINDINGS, [unit[1:]]):
                text = json.dumps(row, sort_keys=True)
                for name, part in parts.items():
                    text = text.replace(name, part)
                texts.append(text)
            by_unit.append(sorted(texts))
    return by_unit
