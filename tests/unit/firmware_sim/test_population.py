"""Large worlds: repeatable, honest about their numbers, and labelled apart from what is seen."""

import numpy as np
import pytest

from firmware_sim.population.columns import SEEN, TRUTH, Source, Step
from firmware_sim.population.settings import load_settings
from firmware_sim.population.world import ATTACKS, scanned, worlds
from firmware_sim.world.scenario import Scenario

SMALL = load_settings().with_values(
    {"goods.items": 12_000, "goods.lot_least": 400, "goods.lot_most": 1500, "clone.codes": 30, "theft.roll": 200}
)


def world(scenario: str = "S0", seed: int = 3, **changes):
    settings = SMALL.of_seed(seed).with_values({key.replace("__", "."): value for key, value in changes.items()})
    return next(iter(worlds(settings, seed, [scenario])))


@pytest.fixture(scope="module")
def clean():
    return world()


def test_the_same_seed_gives_the_same_world_byte_for_byte(clean):
    assert world().events.digest() == clean.events.digest()
    assert world(seed=4).events.digest() != clean.events.digest()


def test_what_is_seen_holds_no_truth(clean):
    assert set(clean.events.seen().columns) == set(SEEN)
    assert not set(SEEN) & set(TRUTH)


def test_worlds_differ_in_topology_and_numbers():
    first, second = SMALL.of_seed(1), SMALL.of_seed(2)
    assert first.network != second.network
    assert 0.05 <= first.travel.share <= 0.07


def test_events_come_in_order_of_arrival_and_none_before_it_happened(clean):
    received = clean.events.ints("received")
    assert (np.diff(received) >= 0).all()
    assert (received >= clean.events.ints("true_at")).all()


def test_shares_are_those_that_were_asked_for(clean):
    events, items = clean.events, clean.items
    tills = np.unique(events.ints("item")[events.ints("step") == Step.SELLING])
    assert len(tills) / np.isfinite(items.sold).sum() == pytest.approx(0.70, abs=0.02)
    scans = events.take((events.ints("step") == Step.SCAN) & (events.ints("item") >= 0))
    assert (scans.ints("source") == Source.GPS).mean() == pytest.approx(0.60, abs=0.08)
    assert 0.1 < len(scanned(clean)) / len(items) < 0.25


def test_a_handset_is_wrong_in_the_same_way_wherever_it_scans(clean):
    events = clean.events
    scans = events.take((events.ints("source") == Source.MOBILE_IP) & (events.ints("item") >= 0))
    handsets = scans.ints("handset")
    names, counts = np.unique(handsets, return_counts=True)
    for name in names[counts == 2][:50]:
        places = scans.floats("lat")[handsets == name]
        assert abs(places[0] - places[1]) < 0.2


@pytest.mark.parametrize("scenario", [name for name in ATTACKS if name not in ("S3", "S5")] + ["S3-F20", "S5-10", "S6"])
def test_each_crime_is_labelled_and_leaves_honest_items_to_accuse_wrongly(scenario):
    attacked = world(scenario)
    assert len(attacked.crimes) == 1
    labelled = attacked.events.ints("scenario") > 0
    assert labelled.any()
    assert len(attacked.crimes[0].items) or scenario == "S7"
    assert (attacked.events.ints("actor")[labelled] == 0).all()
    assert len(scanned(attacked)) > 1000


def test_copies_are_sold_in_foreign_markets_and_at_home_when_asked():
    abroad, home = world("S1"), world("S3-F20")
    dealer = abroad.crimes[0].dealer - abroad.sites.first_dealer
    assert dealer not in abroad.crimes[0].markets
    assert home.crimes[0].markets == (home.crimes[0].dealer - home.sites.first_dealer,)
    assert home.crimes[0].scenario is Scenario.HOME


def test_diverted_goods_are_seen_by_no_reader_behind_their_dealer():
    attacked = world("S5-10")
    crime, events = attacked.crimes[0], attacked.events
    mine = np.isin(events.ints("item"), crime.items) & (events.ints("step") <= Step.SELLING)
    assert not (events.ints("site")[mine] >= attacked.sites.first_shop).any()


def test_crimes_can_be_mixed():
    mixed = world("S1+S4")
    assert [crime.scenario for crime in mixed.crimes] == [Scenario.CLONE, Scenario.THEFT]
    assert set(np.unique(mixed.events.ints("actor"))) == {-1, 0, 1}
    with pytest.raises(ValueError, match="no scenario 'S99'"):
        world("S99")
