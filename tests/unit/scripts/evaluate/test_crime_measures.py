"""What one kind of crime is measured by, on worlds of a few events."""

from types import SimpleNamespace

import numpy as np
import pytest

from firmware_sim.population.columns import Step, table
from firmware_sim.population.draft import Crime
from firmware_sim.population.world_time import DAY_US
from firmware_sim.world.scenario import Scenario
from gateway.evidence.suspicion import (
    SuspectedDumping,
    SuspectedItem,
    SuspectedLane,
    SuspectedReader,
    SuspectedSource,
    Suspicion,
)
from scripts.commands.evaluate.crime_measures import MEASURES, Judged
from scripts.commands.evaluate.findings import findings_of


def judged(crime, alerts=(), *, hits=None, set_aside=(), **columns):
    count = len(columns["item"]) if columns else 0
    events = table(count, {name: np.array(values) for name, values in columns.items()})
    world = SimpleNamespace(events=events, sites=SimpleNamespace(first_dealer=10))
    return Judged(world, crime, findings_of(alerts), hits or {}, 5.0, np.array(set_aside, dtype=np.int64))


def measured(crime, alerts=(), **more):
    return MEASURES[crime.scenario](judged(crime, alerts, **more))


def crime(scenario, items=(1, 2), **more):
    return Crime(scenario, np.array(items), **more)


def test_lanes_are_found_by_dealer_and_market_and_told_apart_by_kind():
    diverted = crime(Scenario.DIVERSION, dealer=13, markets=(4, 9))
    right = Suspicion(SuspectedLane(3, 9), "diverted", "alert", 5.0, 0)
    other = Suspicion(SuspectedLane(5, 9), "diverted", "alert", 5.0, 0)
    assert measured(diverted, [right, other], hits={1: 2}) == {
        "lanes_found": 0.5,
        "scans": 1.0,
        "lane_class": 1.0,
        "incidents": 1.0,
    }
    assert measured(diverted, [right]) == {}, "nobody scanned what was diverted"


def test_a_guessing_network_is_named_and_an_honest_one_counts_against_the_judge():
    guilty, honest = (
        Suspicion(SuspectedSource(str(n)), "guessing", "alert", 9.0, 0, details={"probes": n}) for n in (70, 8)
    )
    values = measured(
        crime(Scenario.ENUMERATION, ()),
        [guilty, honest],
        item=[-1, -1],
        network=[70, 71],
        scenario=[Scenario.ENUMERATION] * 2,
    )
    assert values == {"blocked": 0.5, "probes": 70, "honest_blocked": 1.0}


def test_replays_are_rejected_when_their_rows_were_set_aside():
    values = measured(
        crime(Scenario.REPLAY), set_aside=[1], item=[1, 1, 2], scenario=[0, Scenario.REPLAY, Scenario.REPLAY]
    )
    assert values == {"rejected": 0.5}


def test_alerts_on_items_that_passed_a_wrong_clock_leak_through():
    alert = Suspicion(SuspectedItem(1), "copied", "alert", 9.0, 0, (1,))
    watch = Suspicion(SuspectedItem(2), "copied", "watch", 4.0, 0, (2,))
    reader = Suspicion(SuspectedReader("6"), "device", "alert", 8.0, 0)
    assert measured(crime(Scenario.CLOCK, devices=(6,)), [alert, watch, reader]) == {
        "named": 1.0,
        "leaked_per_100": 50.0,
    }


def test_dumping_is_found_in_its_market_and_nowhere_else():
    right, wrong = (Suspicion(SuspectedDumping(n), "dumping", "alert", 10.0, 0, details={"units": n}) for n in (6, 7))
    assert measured(crime(Scenario.DUMPING, markets=(6,)), [right, wrong]) == {
        "units_to_find": 6,
        "false_clusters": 1.0,
    }
    assert measured(crime(Scenario.DUMPING, markets=(6,)))["units_to_find"] == 99


@pytest.mark.parametrize(("alerted_days_after", "known"), [(0.9, 1.0), (1.1, 0.0)])
def test_copies_count_as_known_for_a_day_after_the_sale_has_arrived(alerted_days_after, known):
    sale = 10 * DAY_US
    alert = Suspicion(
        SuspectedItem(1), "copied", "alert", 9.0, 0, (1,), history=((sale + int(alerted_days_after * DAY_US), 9.0),)
    )
    values = measured(
        crime(Scenario.EARLY),
        [alert],
        item=[1, 1, 2],
        true_at=[sale - DAY_US, sale, sale],
        received=[sale - DAY_US, sale, sale],
        step=[Step.SCAN, Step.SELLING, Step.SELLING],
        scenario=[Scenario.EARLY, 0, 0],
        radius_m=[100.0, 100.0, 100.0],
    )
    assert values == {"before_sale": known, "before_sale_placed": 1.0, "before_sale_codes": 1.0}
