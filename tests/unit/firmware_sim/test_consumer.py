from random import Random

from firmware_sim.world.consumer import address_of, new_handset
from firmware_sim.world.geography import CITY
from tests.support.worlds import PARAMETERS, honest_world


def test_a_handset_is_always_wrong_in_the_same_direction():
    rng, place = Random(4), CITY["wuhan"].position
    handsets = [new_handset(PARAMETERS.consumer, rng) for _ in range(400)]
    for handset in handsets:
        first, second = (handset.scan("/x", at, place) for at in (1, 2))
        assert (first.latitude, first.longitude) == (second.latitude, second.longitude)
    located = [handset for handset in handsets if handset.source is not None]
    within = sum(handset.error_km * 1000 <= handset.radius_m for handset in located)
    assert 0.9 < within / len(located) < 0.99
    assert 0.02 < 1 - len(located) / len(handsets) < 0.09


def test_a_second_phone_of_a_household_scans_over_its_line():
    scans = [step.action for step in honest_world(1).steps if step.truth.stage == "scan"]
    shared = [scan for scan in scans if scan.address is not None]
    assert shared
    for scan in shared:
        homes = {address_of(other.handset) for other in scans if other.uri == scan.uri and other.address is None}
        assert scan.address in homes != {address_of(scan.handset)}
