"""What only one kind of crime is measured by (docs/detection.md#measures): a function for each such scenario."""

from collections.abc import Mapping

import numpy as np

from firmware_sim.population.columns import Step
from firmware_sim.population.world_time import DAY_US
from firmware_sim.world.scenario import Scenario
from scripts.commands.evaluate.judged import NEVER, NEVER_US, Judged, Measure, day_after, first_scans
from scripts.commands.evaluate.outcome import RIGHT_KIND
from scripts.commands.evaluate.sampling import DAYS_BETWEEN
from scripts.commands.evaluate.strangers_heard import sufficient
from scripts.commands.evaluate.system_measures import clock, enumeration, replay

_PLACED_M = 50_000
"""A scan whose error radius is at most so many metres has a known place."""
_ENOUGH_SCANS, _LANES_WITHIN_US = 10, 3 * DAY_US
_ROLL_CODES = 3
_SAMPLED_US = DAYS_BETWEEN * DAY_US
"""Alerts are seen by samples: a copy may be known a day after the sale, and be seen so much later."""


def lanes(judged: Judged) -> dict[str, float]:
    """The crime's lanes (dealer to market): the share found, and of these the share with the right kind of crime."""
    crime = judged.crime
    if crime.dealer < 0 or not judged.hits:
        return {}
    home = crime.dealer - judged.world.sites.first_dealer
    named = [judged.findings.lanes[home, market] for market in crime.markets if (home, market) in judged.findings.lanes]
    values = {"lanes_found": len(named) / len(crime.markets), "scans": float(len(judged.hits))}
    if named:
        values["lane_class"] = sum(lane.kind in RIGHT_KIND[crime.scenario] for lane in named) / len(named)
    if len(crime.markets) == 1:
        values |= _lane_by_tenth(judged, [lane.detected_at for lane in named])
    return values


def _lane_by_tenth(judged: Judged, named_at: list[int]) -> dict[str, float]:
    """Whether the crime's only lane was named once ten of its items had been scanned, and after how many it was.

    Lanes are judged every few days: the lane may be named at the first judgement after the tenth item's scan.
    """
    first = sorted(first_scans(judged, judged.crime.scenario).values())
    values: dict[str, float] = {}
    if len(first) >= _ENOUGH_SCANS:
        due = first[_ENOUGH_SCANS - 1] + _LANES_WITHIN_US
        values["lane_by_tenth"] = float(any(at <= due for at in named_at))
    if named_at:
        values["scans_to_lane"] = float(sum(at <= min(named_at) for at in first))
    return values


def theft(judged: Judged) -> dict[str, float]:
    """The share of stolen labels known on the day of their first scan; how many had surfaced when their roll was named.

    ``roll_after_least``: how many had surfaced at the end of the day of the third, which no daily judge can undercut.
    """
    first = first_scans(judged, Scenario.THEFT)
    known = sum(judged.findings.known_by(item, day_after(at), judged.limit) for item, at in first.items())
    days = sorted(at // DAY_US for at in first.values())
    values = {"roll_after": min((roll.details["surfaced"] for roll in judged.findings.rolls), default=NEVER)}
    if first:
        values["first_scan"] = known / len(first)
    if len(days) >= _ROLL_CODES:
        values["roll_after_least"] = float(sum(day <= days[_ROLL_CODES - 1] for day in days))
    return values


def dumping(judged: Judged) -> dict[str, float]:
    """How many expired units had been scanned when their market was named, and how many other markets were."""
    markets, named = judged.crime.markets, judged.findings.dumping
    return {
        "units_to_find": min((named[market].details["units"] for market in markets if market in named), default=NEVER),
        "false_clusters": float(sum(market not in markets for market in named)),
    }


def early(judged: Judged) -> dict[str, float]:
    """Of copies that were scanned before a till sold the genuine item: how many were known a day after that sale.

    ``sufficient`` is the share of which enough strangers had been heard by then for an alert from their word alone.
    The day counts from the arrival of the till's event: before it arrives a gateway knows of no sale. ``placed`` is the
    share of these copies that a phone with a known place had scanned by then: hardly more can be known.
    """
    first_scan, sold, placed = _moments(judged)
    items = [item for item in sorted(set(judged.crime.items.tolist())) if item in sold]
    before_sale = [item for item in items if first_scan.get(item, sold[item]) < sold[item]]
    if not before_sale:
        return {}
    known = sum(judged.findings.known_by(item, sold[item] + DAY_US, judged.limit) for item in before_sale)
    raised = sum(judged.raised.get(item, NEVER_US) <= sold[item] + _SAMPLED_US for item in before_sale)
    in_time = sum(item in placed and placed[item] <= sold[item] + DAY_US for item in before_sale)
    until = {item: sold[item] + _SAMPLED_US for item in before_sale}
    return {
        "before_sale": known / len(before_sale),
        "before_sale_alert": raised / len(before_sale),
        "before_sale_placed": in_time / len(before_sale),
        "before_sale_sufficient": sufficient(judged.world.events, until) / len(before_sale),
        "before_sale_codes": float(len(before_sale)),
    }


def _moments(judged: Judged) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
    """By item: a copy's first scan, the arrival of the first sale, and of a copy's first scan at a known place."""
    events = judged.world.events
    mine = np.isin(events.ints("item"), judged.crime.items)
    columns = [events.ints(name)[mine].tolist() for name in ("item", "true_at", "received", "step", "scenario")]
    radii = events.floats("radius_m")[mine].tolist()
    first_scan: dict[int, int] = {}
    sold: dict[int, int] = {}
    placed: dict[int, int] = {}
    for item, at, received, step, scenario, radius_m in zip(*columns, radii, strict=True):
        if scenario == Scenario.EARLY and step == Step.SCAN:
            first_scan[item] = min(first_scan.get(item, at), at)
            if radius_m <= _PLACED_M:
                placed[item] = min(placed.get(item, received), received)
        elif step == Step.SELLING:
            sold[item] = min(sold.get(item, received), received)
    return first_scan, sold, placed


MEASURES: Mapping[Scenario, Measure] = {
    Scenario.CLONE: lanes,
    Scenario.EARLY: early,
    Scenario.THEFT: theft,
    Scenario.DIVERSION: lanes,
    Scenario.REPLAY: replay,
    Scenario.ENUMERATION: enumeration,
    Scenario.CLOCK: clock,
    Scenario.DUMPING: dumping,
    Scenario.INSIDER: lanes,
}
