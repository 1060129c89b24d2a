"""Judges on small worlds: they are shown no truth, and what they find is measured against it."""

import numpy as np
import pytest

from firmware_sim.population.world import scanned, worlds
from gateway.evidence.model import fitted_model
from gateway.evidence.suspicion import SuspectedItem, Suspicion
from scripts.commands.evaluate.evidence_judge import EvidenceJudge
from scripts.commands.evaluate.judge_protocol import registry_of
from scripts.commands.evaluate.measuring import measure
from scripts.commands.evaluate.order import order_free
from scripts.commands.evaluate.playing import days, play_through, shuffled
from tests.support.mild_worlds import mild_settings

SMALL = mild_settings(goods__items=20_000, clone__codes=40)


def played(scenario: str, without: frozenset[str] = frozenset()):
    world = next(iter(worlds(SMALL.of_seed(2), 2, [scenario])))
    judge = EvidenceJudge(registry_of(world), fitted_model(), without)
    raised = play_through(world, judge)
    limits = fitted_model().thresholds
    return world, judge, measure(world, judge, limits["alert"], limits["watch"], raised).values


@pytest.fixture(scope="module")
def copied():
    return played("S1")


def test_a_judge_is_shown_every_event_once_and_no_label(copied):
    world = copied[0]
    shown = list(days(world.events))
    assert sum(len(day) for day in shown) == len(world.events)
    assert not {"scenario", "object", "actor", "true_at"} & set(shown[0].columns)


def test_copies_abroad_are_found_and_honest_people_left_alone(copied):
    values = copied[2]
    assert values["clone.recall5"] >= 0.7
    assert values["clone.class"] >= 0.9
    assert 0 < values["clone.recall_alert"] <= 1
    assert values["clone.cases"] >= 1
    assert values["clone.recall5_within_3"] <= values["clone.recall5"]
    assert values["false_raised"] <= values["false_alerts"]
    assert values["false_alerts"] <= 20  # of some 3,000 items: six, among them travellers into the lane that stands out


def test_shuffled_events_are_the_same_ones_in_another_order_and_repetitions_stay_behind(copied):
    events = copied[0].events
    for window in (1, 3):
        mixed = concatenated_rows(shuffled(events, window, np.random.default_rng(1)))
        order = np.lexsort((mixed["item"], mixed["at"], mixed["received"]))
        assert (np.diff(mixed["received"]) < 0).any()
        assert (mixed["received"][order] == np.sort(events.ints("received"))).all()
        known = {}
        for key, received in zip(
            zip(mixed["device"], mixed["sequence"], mixed["digest"], strict=True), mixed["received"], strict=True
        ):
            if key[0] >= 0:
                assert received >= known.get(key, 0)
                known[key] = received


def concatenated_rows(tables):
    parts = list(tables)
    names = ("item", "at", "received", "device", "sequence", "digest")
    return {name: np.concatenate([part.ints(name) for part in parts]) for name in names}


def test_the_order_within_a_day_changes_nothing(copied):
    world, judge, _ = copied
    assert order_free(world, judge, EvidenceJudge(registry_of(world), fitted_model()))


def test_stolen_labels_are_known_at_first_sight_and_replays_set_aside():
    _, _, values = played("S4+S6")
    assert values["theft.recall1"] == values["theft.first_scan"] == 1
    assert values["theft.roll_after"] <= values["theft.roll_after_least"]
    assert values["replay.rejected"] == 1


def test_parts_can_be_left_out(copied):
    _, _, without = played("S1", frozenset({"pooling", "handsets", "tills", "radius", "devices", "sessions"}))
    assert without["clone.recall5"] < copied[2]["clone.recall5"]


class Stub:
    """A judge with given suspicions."""

    def __init__(self, suspicions):
        self._suspicions = suspicions

    def findings(self):
        return self._suspicions

    def set_aside(self):
        return np.empty(0, dtype=np.int64)


def test_genuine_and_copied_items_are_measured_by_the_same_clock(copied):
    world = copied[0]
    codes, genuine = world.crimes[0].items.tolist(), scanned(world).tolist()
    once = [Suspicion(SuspectedItem(item), "copied", "fact", 1.0, 1, history=((1, 20.0), (2, 1.0))) for item in genuine]
    found = [Suspicion(SuspectedItem(item), "copied", "alert", 10.0, 2, history=((2, 10.0),)) for item in codes]
    values = measure(world, Stub([*once, *found]), 8.0, 4.0).values
    assert values["false_alerts"] == 10_000, "each of them was above the limit once"
    assert values["clone.recall5"] == 0, "and so no score of a copy is higher"
    assert (values["clone.recall_alert"], values["false_raised"]) == (1.0, 0.0), "at the end only copies are alerts"
