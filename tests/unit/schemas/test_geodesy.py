import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.population.network import kilometres
from resolver.trace.store import _DISTANCE as EVENTS_IN_AREA
from schemas.geodesy import EARTH_RADIUS_KM, Position, certain_distance_km, distance_km, least_travel_hours

SHANGHAI = Position(31.2304, 121.4737, 100)
BEIJING = Position(39.9042, 116.4074, 100)

positions = st.builds(Position, st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 300_000))


def test_known_distances_come_out():
    assert distance_km(SHANGHAI, BEIJING) == pytest.approx(1067, abs=2)
    assert distance_km(Position(0, 0, 0), Position(0, 1, 0)) == pytest.approx(111.195, abs=0.01)
    assert distance_km(Position(90, 0, 0), Position(-90, 0, 0)) == pytest.approx(20015.1, abs=0.1)
    assert distance_km(Position(0, 179.9, 0), Position(0, -179.9, 0)) == pytest.approx(22.2, abs=0.1), "date line"


@given(positions, positions)
def test_distance_is_symmetric_and_never_beyond_half_the_globe(a, b):
    assert distance_km(a, b) == pytest.approx(distance_km(b, a), abs=1e-6)
    assert 0 <= distance_km(a, b) <= 20_016
    assert distance_km(a, a) == 0


@given(positions, positions)
def test_what_is_certain_is_never_more_than_the_distance_and_never_negative(a, b):
    assert 0 <= certain_distance_km(a, b) <= distance_km(a, b)


def test_both_error_radii_are_taken_off():
    vague = Position(BEIJING.latitude, BEIJING.longitude, 300_000)
    assert certain_distance_km(SHANGHAI, vague) == pytest.approx(distance_km(SHANGHAI, BEIJING) - 300.1)
    assert certain_distance_km(SHANGHAI, Position(31.3, 121.5, 25_000)) == 0


def test_travel_by_road_and_from_300_km_by_air():
    assert least_travel_hours(0) == 0
    assert least_travel_hours(130) == pytest.approx(1)
    assert least_travel_hours(300) == pytest.approx(300 / 130)
    assert least_travel_hours(1700) == pytest.approx(4.5)


@given(st.floats(0, 20_015), st.floats(0, 20_015))
def test_farther_never_takes_less_time(a, b):
    near, far = sorted((a, b))
    assert least_travel_hours(near) <= least_travel_hours(far)


@pytest.mark.parametrize(
    ("latitude", "longitude", "radius"),
    [
        (90.1, 0, 1),
        (-90.1, 0, 1),
        (0, 180.1, 1),
        (0, -180.1, 1),
        (0, 0, -1),
        (0, 0, 20_100_001),
        (float("nan"), 0, 1),
        (0, float("inf"), 1),
        (0, 0, float("nan")),
    ],
)
def test_what_is_not_a_position_is_refused(latitude, longitude, radius):
    with pytest.raises(ValueError, match="is not a"):
        Position(latitude, longitude, radius)


def test_the_search_by_area_measures_on_the_same_globe():
    assert f"2 * {EARTH_RADIUS_KM} * asin(sqrt(" in EVENTS_IN_AREA


@given(positions, positions)
def test_the_simulators_arrays_measure_as_one_position_does(a, b):
    along = kilometres(*(np.array([value]) for value in (a.latitude, a.longitude, b.latitude, b.longitude)))
    assert along[0] == pytest.approx(distance_km(a, b), abs=1e-6)
