"""How many incidents the gateway would make of one crime, by what a judge found."""

from types import SimpleNamespace

import numpy as np

from firmware_sim.population.draft import Crime
from firmware_sim.world.scenario import Scenario
from gateway.evidence.suspicion import SuspectedItem, SuspectedLane, SuspectedReader, SuspectedRoll, Suspicion
from scripts.commands.evaluate.incidents import incidents_of, incidents_of_crime


def world(dealers):
    count = len(dealers)
    items = SimpleNamespace(gtin=np.full(count, 95), lot=np.full(count, 7), dealer=np.array(dealers))
    return SimpleNamespace(items=items, sites=SimpleNamespace(first_dealer=10))


def copied(item, level="alert"):
    return Suspicion(SuspectedItem(item), "copied", level, 9.0, 1, (item,), 0.9)


def test_a_crime_s_items_and_lanes_are_one_incident_and_false_alerts_elsewhere_are_none_of_it():
    played = world([13] * 6 + [14] * 2)
    crime = Crime(Scenario.CLONE, np.arange(6), dealer=13, markets=(4, 9))
    lanes = [Suspicion(SuspectedLane(3, market), "copied", "alert", 9.0, 1) for market in (4, 9)]
    found = incidents_of(played, [copied(item) for item in range(8)] + lanes)
    assert sorted(len(incident.members) for incident in found) == [2, 8]
    assert len(incidents_of_crime(played, crime, found)) == 1


def test_what_leaked_above_the_dealers_is_as_many_incidents_as_dealers():
    played = world([13, 13, 14])
    crime = Crime(Scenario.CLONE, np.arange(3), source=1)
    found = incidents_of(played, [copied(0), copied(1), copied(2), copied(1, "watch")])
    assert len(incidents_of_crime(played, crime, found)) == 2


def test_a_roll_of_stolen_labels_is_one_incident_and_its_labels_are_none_of_their_own():
    played = world([-1] * 9)
    stolen = [Suspicion(SuspectedItem(item), "stolen", "alert", 12.0, 1, (item,)) for item in range(9)]
    roll = Suspicion(SuspectedRoll("7", 0), "stolen", "alert", 12.0, 1, tuple(range(9)), details={"surfaced": 9})
    reader = Suspicion(SuspectedReader("3"), "device", "alert", 9.0, 1)
    found = incidents_of(played, [*stolen, roll, reader])
    assert len(found) == 2
    assert len(incidents_of_crime(played, Crime(Scenario.THEFT, np.arange(9)), found)) == 1
