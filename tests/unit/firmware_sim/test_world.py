import os
import subprocess
import sys
from collections import defaultdict
from itertools import combinations

import pytest

from firmware_sim.world.catalogue import DAY, HOUR
from firmware_sim.world.geography import CITY
from firmware_sim.world.plan import PhoneScan, ReaderEvent
from schemas import code, cose
from schemas.digital_link import parse
from schemas.event import Action, event_fields
from schemas.event_reader import read_event
from schemas.geodesy import Position, certain_distance_km, distance_km, least_travel_hours
from schemas.gs1 import has_check_digit
from tests.support.worlds import KEYRING, NOW, PARAMETERS, honest_world


@pytest.fixture(scope="module")
def plan():
    return honest_world()


def readings(plan):
    return [step for step in plan.steps if isinstance(step.action, ReaderEvent)]


def scans(plan):
    return [step for step in plan.steps if isinstance(step.action, PhoneScan)]


def test_the_same_seed_gives_the_same_world_and_another_seed_another(plan):
    assert honest_world().digest() == plan.digest()
    assert honest_world(seed=2).digest() != plan.digest()


def test_the_world_does_not_depend_on_the_order_of_hashes():
    command = [sys.executable, "-m", "firmware_sim", "world", "--seed", "5", "--now", "1795490000", "--json"]
    told = [
        subprocess.run(command, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
    assert b'"digest"' in told[0]


def test_the_demo_world_is_small_enough_to_watch(plan):
    assert 2_000 <= len(readings(plan)) <= 4_000
    assert 300 <= len(scans(plan)) <= 600
    assert len(plan.catalogue.products) == 3
    assert len(plan.catalogue.batches) == 6


def test_history_is_in_order_and_lies_within_the_last_sixty_days(plan):
    times = [step.action.at for step in plan.steps]
    assert times == sorted(times)
    assert times[0] > NOW - 60 * DAY
    assert times[-1] < plan.catalogue.now <= NOW
    assert plan.catalogue.now % 60_000_000 == 0


def test_every_event_is_one_that_the_gateway_reads(plan):
    for step in readings(plan):
        event = step.action.event
        fields = event_fields(event)
        assert read_event(fields, cose.JSON, now=NOW, clock_bound_s=2) == event
        assert event.occurred_at == step.action.at


def test_each_reader_s_events_are_its_own_and_in_order(plan):
    by_reader = defaultdict(list)
    for step in readings(plan):
        by_reader[step.action.org_id, step.action.reader_id].append(step.action.event)
    assert set(by_reader) <= {(reader.org_id, reader.reader_id) for reader in plan.catalogue.readers}
    for (_, reader_id), events in by_reader.items():
        assert {event.read_point for event in events} == {reader_id}
        assert [event.occurred_at for event in events] == sorted(event.occurred_at for event in events)


def test_every_code_in_the_world_is_authentic(plan):
    for unit in plan.units:
        assert code.check(parse(unit.uri), KEYRING).proof.is_authentic


def test_cases_and_pallets_have_ssccs_with_valid_check_digits_used_once(plan):
    packed = [step.action.event.item for step in readings(plan) if step.action.event.action is Action.ADD]
    assert len(packed) == len(set(packed)) > 100
    for path in packed:
        assert parse(path).key == "00"
        assert has_check_digit(path.removeprefix("/00/"))


def test_every_unit_is_commissioned_then_packed_then_unpacked_at_its_shop(plan):
    seen = defaultdict(dict)
    for step in readings(plan):
        event = step.action.event
        for item in event.children or (event.item,):
            seen[item].setdefault(event.biz_step, step.action)
    for unit in plan.units:
        stages = seen[unit.uri]
        assert stages["commissioning"].at <= stages["packing"].at
        if unit.arrived_at < plan.catalogue.now:
            assert stages["packing"].at < stages["unpacking"].at == unit.arrived_at
            assert stages["unpacking"].reader_id == unit.shop
        if unit.pos:
            assert unit.arrived_at < stages["retail_selling"].at == unit.sold_at


def sightings_of(plan):
    """Where and when each unit was, by readers (in case and pallet too) and by precise phones: URI to (time, place)."""
    parent = {}
    for step in readings(plan):
        if step.action.event.action is Action.ADD:
            parent |= dict.fromkeys(step.action.event.children, step.action.event.item)
    inside = defaultdict(list)
    for unit in plan.units:
        for item in (unit.uri, unit.case, parent[unit.case]):
            inside[item].append(unit.uri)
    sites = {site.site_id: site.position for site in plan.catalogue.sites}
    seen = defaultdict(list)
    for step in readings(plan):
        for uri in inside[step.action.event.item]:
            seen[uri].append((step.action.at, sites[step.action.reader_id]))
    for scan in (step.action for step in scans(plan)):
        if scan.source is not None and scan.accuracy_m <= 50_000:
            seen[scan.uri].append((scan.at, Position(scan.latitude, scan.longitude, scan.accuracy_m)))
    return seen


def test_no_honest_unit_ever_moves_faster_than_anything_can(plan):
    compared = 0
    for sightings in sightings_of(plan).values():
        for (early, here), (late, there) in combinations(sorted(sightings, key=lambda sighting: sighting[0]), 2):
            km = certain_distance_km(here, there)
            if km > 50:
                compared += 1
                assert (late - early) / HOUR >= least_travel_hours(km)
    assert compared > 10_000


def test_most_consumers_scan_in_their_batch_s_territory_and_a_few_travel(plan):
    batches = {batch.lot: batch for batch in plan.catalogue.batches}
    away = precise = 0
    for step in scans(plan):
        scan = step.action
        if scan.source == "gps":
            here = Position(scan.latitude, scan.longitude, scan.accuracy_m)
            near = min(distance_km(here, CITY[city].position) for city in batches[step.truth.lot].territory)
            precise += 1
            away += near > PARAMETERS.market.radius_km
    assert 0.01 < away / precise < 0.12


def test_what_is_sent_does_not_give_the_truth_away(plan):
    for step in plan.steps:
        assert not hasattr(step.action, "scenario")
        assert step.truth.scenario == "genuine"
