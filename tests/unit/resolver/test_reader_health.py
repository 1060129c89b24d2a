"""A reader's health in one word."""

from datetime import UTC, datetime, timedelta

import pytest

from resolver.reader.health import state_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HEALTHY = {"revoked_at": None, "last_seen": NOW, "clock_offset_us": 20_000, "online": True}


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, "healthy"),
        ({"online": None}, "healthy"),
        ({"online": False}, "offline"),
        ({"clock_offset_us": None}, "healthy"),
        ({"clock_offset_us": -61_000_000}, "clock"),
        ({"last_seen": NOW - timedelta(hours=25)}, "silent"),
        ({"last_seen": None}, "new"),
        ({"last_seen": None, "revoked_at": NOW}, "revoked"),
    ],
)
def test_a_readers_health_in_one_word(change, state):
    assert state_of(HEALTHY | change, NOW) == state
