"""A resolver with a maker, a dealer, a rival and an authority; see tests/support/case_world.py."""

import pytest

from tests.support.case_world import (
    LANE,
    case_room,
    lane_alert,
)


@pytest.fixture(scope="module")
def room(database, tmp_path_factory):
    with case_room(database, tmp_path_factory.mktemp("room")) as room:
        yield room


@pytest.fixture(scope="module")
def lane(room):
    room.conclude(LANE, lane_alert())
    return room.case_of(LANE, "diverted")
