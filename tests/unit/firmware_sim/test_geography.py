from itertools import combinations

import pytest

from firmware_sim.world.geography import CITIES, REGIONS, displaced
from schemas.geodesy import distance_km
from tests.support.worlds import PARAMETERS


def test_markets_do_not_overlap_and_every_region_has_a_name():
    assert len(CITIES) >= 30
    for one, other in combinations(CITIES, 2):
        assert distance_km(one.position, other.position) > 2 * PARAMETERS.market.radius_km
    assert {city.region for city in CITIES} == set(REGIONS)


def test_a_displaced_point_is_as_far_away_as_was_asked():
    for city in CITIES:
        there = displaced(city.position, 140, 2.0, 50)
        assert distance_km(city.position, there) == pytest.approx(140, abs=0.01)
        assert there.radius_m == 50
