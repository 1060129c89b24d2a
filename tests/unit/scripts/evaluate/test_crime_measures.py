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
from scripts.commands.evaluate.crime_measures import MEASURES
from scripts.commands.evaluate.findings import findings_of
from scripts.commands.evaluate.judged import Judged


def judged(crime, alerts=(), *, hits=None, set_aside=(), raised=(), **columns):
    count = len(columns["item"]) if columns else 0
    events = table(count, {name: np.array(values) for name, values in columns.items()})
    world = SimpleNamespace(events=events, sites=SimpleNamespace(first_dealer=10))
    aside, seen = np.array(set_aside, dtype=np.int64), dict.fromkeys(raised, 1)
    return Judged(world, crime, findings_of(alerts), hits or {}, 5.0, aside, seen)


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
    assert values == {"blocked": 0.5, "probes": 70, "honest_blocked": 1.0, "honest_behind": 0.0}


def test_replays_are_rejected_when_their_rows_were_set_aside():
    values = measured(
        crime(Scenario.REPLAY),
        set_aside=[1],
        raised=[2, 9],
        item=[1, 1, 2],
        scenario=[0, Scenario.REPLAY, Scenario.REPLAY],
    )
    assert values == {"rejected": 0.5, "leaked_per_100": 50.0}


def test_alerts_on_items_that_passed_a_wrong_clock_leak_through():
    reader = Suspicion(SuspectedReader("6"), "device", "alert", 8.0, 0)
    values = measured(crime(Scenario.CLOCK, devices=(6,)), [reader], raised=[1, 7])
    assert (values["named"], values["leaked_per_100"]) == (1.0, 50.0)


@pytest.mark.parametrize(("named_on_day", "in_time"), [(4, 1.0), (5, 0.0)])
def test_a_wrong_clock_counts_as_named_in_time_up_to_the_day_of_its_20th_item(named_on_day, in_time):
    reader = Suspicion(SuspectedReader("6"), "device", "alert", 8.0, named_on_day * DAY_US)
    arrivals = [(1 + number // 7) * DAY_US for number in range(30)]  # the 20th on the third day
    columns = {"item": range(30), "received": arrivals, "scenario": [Scenario.CLOCK] * 30}
    assert measured(crime(Scenario.CLOCK, devices=(6,)), [reader], **columns)["named_by_20"] == in_time


@pytest.mark.parametrize(("named_on_day", "in_time"), [(13, 1.0), (14, 0.0)])
def test_a_lane_has_to_be_named_when_ten_of_its_goods_have_been_scanned(named_on_day, in_time):
    diverted = crime(Scenario.DIVERSION, items=range(12), dealer=13, markets=(9,))
    lane = Suspicion(SuspectedLane(3, 9), "diverted", "alert", 5.0, named_on_day * DAY_US)
    columns = {
        "item": list(range(12)),
        "received": [day * DAY_US for day in range(1, 13)],
        "scenario": [Scenario.DIVERSION] * 12,
        "step": [Step.SCAN] * 12,
    }
    values = measured(diverted, [lane], hits=dict.fromkeys(range(12), 1), **columns)
    assert (values["lane_by_tenth"], values["scans_to_lane"]) == (in_time, 12.0)


def test_stolen_labels_count_when_they_are_known_on_the_day_of_their_first_scan():
    at_once = Suspicion(SuspectedItem(1), "stolen", "alert", 12.0, 0, (1,), history=((DAY_US, 12.0),))
    later = Suspicion(SuspectedItem(2), "stolen", "alert", 12.0, 0, (2,), history=((3 * DAY_US, 12.0),))
    values = measured(
        crime(Scenario.THEFT, (1, 2, 3)),
        [at_once, later],
        hits={1: 1, 2: 1, 3: 1},
        item=[1, 2, 3],
        received=[10, 20, 2 * DAY_US],
        scenario=[Scenario.THEFT] * 3,
        step=[Step.SCAN] * 3,
    )
    assert values == {"roll_after": 99.0, "first_scan": 1 / 3, "roll_after_least": 3.0}


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
    assert (values["before_sale"], values["before_sale_codes"]) == (known, 1.0)
    assert (values["before_sale_placed"], values["before_sale_sufficient"]) == (1.0, 0.0), "one phone accuses nobody"
