from random import Random

from firmware_sim.world.journey import transit_hours
from schemas.geodesy import least_travel_hours
from tests.support.worlds import PARAMETERS


def test_transit_never_beats_the_least_travel_time_on_any_lane():
    rng = Random(9)
    for km in (5, 80, 299, 301, 700, 1499, 1500, 3000):
        for category in ("spirits", "milk"):
            drawn = [transit_hours(PARAMETERS.transport, category, km, rng) for _ in range(300)]
            assert min(drawn) > least_travel_hours(km)
    fast = [transit_hours(PARAMETERS.transport, "spirits", 2500, rng) for _ in range(100)]
    slow = [transit_hours(PARAMETERS.transport, "milk", 2500, rng) for _ in range(100)]
    assert max(fast) < min(slow)
