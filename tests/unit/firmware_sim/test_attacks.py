from collections import Counter, defaultdict
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest

from firmware_sim.world.attacks import ATTACKS, samples
from firmware_sim.world.catalogue import DAY, HOUR
from firmware_sim.world.geography import CITY
from firmware_sim.world.plan import DeviceFault, MakerAction, PhoneScan, ReaderEvent
from schemas import code
from schemas.code import Proof
from schemas.digital_link import parse
from schemas.event import Audience
from schemas.geodesy import Position, certain_distance_km, distance_km, least_travel_hours
from tests.support.worlds import KEYRING, PARAMETERS, attacked_world, codes_of, honest_world

SEEDS = (1, 2, 3)


@pytest.fixture(scope="module", params=SEEDS)
def plan(request):
    return attacked_world(request.param)


def place(scan):
    return Position(scan.latitude, scan.longitude, scan.accuracy_m)


def phone_scans(plan, scenario):
    return [step for step in plan.of_scenario(scenario) if isinstance(step.action, PhoneScan)]


def test_attacks_are_as_repeatable_as_the_world():
    assert attacked_world(1).digest() == attacked_world(1).digest()
    assert attacked_world(1).digest() != attacked_world(2).digest()


def test_every_attack_happens_and_labels_its_steps(plan):
    scenarios = Counter(step.truth.scenario for step in plan.steps)
    assert set(scenarios) == {"genuine", *ATTACKS}
    times = [step.action.at for step in plan.steps]
    assert times == sorted(times)
    assert times[-1] < plan.catalogue.now


def test_an_attack_alone_leaves_the_honest_world_as_it_was():
    honest = honest_world(4)
    before = {id(step) for step in honest.steps}
    for name in ("clone", "forgery", "theft", "second_sale", "expiry", "device"):
        attacked = ATTACKS[name](honest, PARAMETERS, codes_of(honest.catalogue), Random(4))
        assert before <= {id(step) for step in attacked.steps}
        assert {step.truth.scenario for step in attacked.steps if id(step) not in before} == {name}


def test_attacks_whose_batch_the_parameters_do_not_name_stay_away():
    parameters = replace(PARAMETERS, batch=tuple(replace(batch, role="") for batch in PARAMETERS.batch))
    scenarios = {step.truth.scenario for step in attacked_world(1, parameters).steps}
    assert scenarios == {"genuine", "forgery", "device"}


def test_clones_are_scanned_by_different_phones_faster_than_anything_travels(plan):
    steps = phone_scans(plan, "clone")
    assert len(steps) >= 4
    assert len({step.action.uri for step in steps}) == 1
    assert len({step.action.handset for step in steps}) == len(steps)
    assert code.check(parse(steps[0].action.uri), KEYRING).proof.is_authentic
    for one, other in pairwise(step.action for step in steps):
        assert (other.at - one.at) / HOUR < least_travel_hours(certain_distance_km(place(one), place(other))) / 1.5


def test_a_till_and_an_inspector_contradict_each_other_about_the_copied_code(plan):
    (found,) = [step for step in plan.of_scenario("clone") if isinstance(step.action, ReaderEvent)]
    event, (unit,) = found.action.event, [unit for unit in plan.units if unit.uri == found.action.event.item]
    assert event.audience is Audience.INSPECTOR
    assert unit.pos
    shop = next(site for site in plan.catalogue.sites if site.site_id == unit.shop)
    hours = (event.occurred_at - unit.sold_at) / HOUR
    assert 0 < hours < least_travel_hours(certain_distance_km(shop.position, event.position)) / 1.5
    assert {step.action.uri for step in phone_scans(plan, "clone")} == {unit.uri}


def test_diversion_stands_out_of_what_travel_explains(plan):
    steps = phone_scans(plan, "diversion")
    (dealer,) = {step.truth.actor for step in steps}
    units = {unit.uri: unit for unit in plan.units}
    moved = [unit for unit in plan.units if unit.shop in CITY]
    assert len(moved) >= 40
    (market,) = {unit.shop for unit in moved}
    batch = plan.catalogue.batch(moved[0].lot)
    assert market not in batch.territory
    assert {unit.dealer for unit in moved} == {dealer}

    first = {}
    for step in plan.steps:
        scan = step.action
        if isinstance(scan, PhoneScan) and scan.source and scan.accuracy_m <= 50_000 and scan.uri in units:
            first.setdefault(scan.uri, place(scan))
    of_dealer = {uri: where for uri, where in first.items() if units[uri].dealer == dealer}
    observed = sum(distance_km(where, CITY[market].position) <= 50 for where in of_dealer.values())
    expected = len(of_dealer) * 0.06
    assert observed >= 20
    assert observed / expected >= 4


def test_diverted_cases_are_seen_by_no_reader_after_their_dealer(plan):
    moved = {unit.case for unit in plan.units if unit.shop in CITY}
    left = [step for step in plan.steps if step.truth.case in moved and isinstance(step.action, ReaderEvent)]
    assert left
    assert {step.truth.stage for step in left} == {"commissioning", "packing", "inspection"}
    inspected = {step.action.event.item for step in left if step.truth.stage == "inspection"}
    assert len(inspected) == PARAMETERS.attack.diverted_inspected
    assert inspected <= {step.action.uri for step in phone_scans(plan, "diversion")}
    assert samples(plan)["diverted"] in inspected


def test_forged_codes_prove_to_be_forged_and_are_seen_by_several_phones(plan):
    handsets = defaultdict(set)
    for step in phone_scans(plan, "forgery"):
        assert code.check(parse(step.action.uri), KEYRING).proof is Proof.FORGED
        handsets[step.action.uri].add(step.action.handset)
    assert len(handsets) == PARAMETERS.attack.forged_codes
    assert min(len(phones) for phones in handsets.values()) >= 2


def test_a_recalled_batch_is_still_scanned_and_sold(plan):
    (action,) = [s.action for s in plan.of_scenario("recall") if isinstance(s.action, MakerAction)]
    assert action.kind == "recall"
    after = [step for step in plan.steps if step.truth.lot == action.lot and step.action.at > action.at]
    assert {step.truth.scenario for step in after if step.truth.stage in ("sale", "scan")} == {"recall"}
    assert {"sale", "scan"} <= {step.truth.stage for step in plan.of_scenario("recall")}


def test_stolen_labels_are_scanned_before_they_are_commissioned(plan):
    (action,) = [s.action for s in plan.of_scenario("theft") if isinstance(s.action, MakerAction)]
    steps = phone_scans(plan, "theft")
    assert sorted(step.truth.index for step in steps) == list(range(action.first, action.end))
    assert all(step.action.at < action.at for step in steps)
    made = {(unit.lot, unit.index) for unit in plan.units}
    assert not made & {(step.truth.lot, step.truth.index) for step in steps}


def test_a_second_sale_comes_after_the_first_and_from_another_shop(plan):
    units = {unit.uri: unit for unit in plan.units}
    steps = plan.of_scenario("second_sale")
    assert len(steps) == PARAMETERS.attack.second_sales
    for step in steps:
        unit = units[step.action.event.item]
        assert unit.pos
        assert step.action.at > unit.sold_at + 12 * HOUR
        assert step.action.reader_id != unit.shop
        assert step.action.event.disposition == "retail_sold"


def test_expired_goods_are_sold_only_by_the_attack(plan):
    expires = {batch.lot: batch.expires_at for batch in plan.catalogue.batches if batch.expires_at}
    late = [
        step
        for step in plan.steps
        if step.truth.stage in ("sale", "scan") and step.action.at > expires.get(step.truth.lot, step.action.at)
    ]
    assert late
    assert {step.truth.scenario for step in late} == {"expiry"}
    assert {step.truth.stage for step in late} == {"sale", "scan"}


def test_device_faults_name_readers_that_exist(plan):
    readers = {(reader.org_id, reader.reader_id) for reader in plan.catalogue.readers}
    faults = [step.action for step in plan.of_scenario("device")]
    assert {fault.kind for fault in faults} == {"replay", "same_sequence"}
    assert all(isinstance(f, DeviceFault) and (f.org_id, f.reader_id) in readers for f in faults)


def test_there_is_a_sample_code_of_every_verdict(plan):
    sampled = samples(plan)
    assert set(sampled) == {"genuine", "copied", "diverted", "forged", "recalled", "expired", "framed", "crowd"}
    assert len(set(sampled.values())) == 8
    accused = {step.action.uri for name in ATTACKS for step in phone_scans(plan, name)}
    assert sampled["genuine"] not in accused


def test_a_rival_lies_about_sold_units_and_from_another_depot_than_its_own(plan):
    lies = plan.of_scenario("framing")
    assert {step.truth.stage for step in lies} == {"receiving", "retail_selling", "destroying"}
    owners = {site.site_id: site.org_id for site in plan.catalogue.sites}
    units = {unit.uri: unit for unit in plan.units}
    for step in lies:
        dealer, foreign = units[step.action.event.item].dealer, step.truth.stage == "receiving"
        assert step.action.org_id != dealer
        assert owners[step.action.event.read_point] == (dealer if foreign else step.action.org_id)
    framed = {units[step.action.event.item].dealer for step in lies}
    copied = {units[step.action.uri].dealer for step in phone_scans(plan, "clone")}
    assert len(framed) == 1
    assert len({step.action.org_id for step in lies}) == 1
    assert framed.isdisjoint(copied), "whatever accuses the framed dealer is a lie"
    assert len({step.action.at // DAY for step in lies}) == 1


def test_the_crowd_is_many_phones_of_three_networks_in_far_cities(plan):
    scans = [step.action for step in phone_scans(plan, "crowd")]
    assert len({scan.handset for scan in scans}) == len(scans) >= 4
    assert len({scan.address.rpartition(".")[0] for scan in scans}) == 3
    assert len({scan.uri for scan in scans}) == 1


def test_whatever_accuses_the_framed_dealer_is_a_lie(plan):
    dealer = {(unit.lot, unit.index): unit.dealer for unit in plan.units}
    (framed,) = {dealer[step.truth.lot, step.truth.index] for step in plan.of_scenario("framing")}
    assert framed not in {step.action.org_id for step in plan.of_scenario("device")}
    copied = [step.truth for name in ("clone", "quiet_clone") for step in plan.of_scenario(name)]
    assert framed not in {dealer[truth.lot, truth.index] for truth in copied}
