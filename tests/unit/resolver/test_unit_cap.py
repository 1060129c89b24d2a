"""The cap on what scans of one unit become events."""

from datetime import UTC, datetime, timedelta

import pytest

from resolver.access.limits import IN_PROCESS, limit_factory
from resolver.scan.unit_cap import FIRST_SCANS_A_DAY, NOBODYS_A_DAY, UNIT_A_DAY, UnitCap
from schemas.code import Checked, Proof

T0 = datetime(2026, 3, 1, tzinfo=UTC)
UNIT = Checked(Proof.SEALED, "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB", "huadu")


def cap(**caps: int) -> UnitCap:
    return UnitCap(limit_factory(IN_PROCESS, b""), **caps)


def taken(capped: UnitCap, network: str | None, scans: int = 1, at: datetime = T0) -> int:
    return sum(capped.repeated(UNIT, network, at) is None for _ in range(scans))


def test_one_network_fills_its_own_share_of_a_units_history_and_nobody_elses():
    capped = cap(network=3, unit=6, first_scans=2)
    assert taken(capped, "a", 50) == 3
    assert taken(capped, "b", 4) == 3
    assert taken(cap(network=3), "b") == 1
    assert taken(capped, "a", at=T0 + timedelta(days=1)) == 1, "another day, another share"


@pytest.mark.parametrize("networks", [1, 300])
def test_a_flood_leaves_room_for_the_first_look_of_each_honest_network(networks):
    capped = cap()
    flood = sum(taken(capped, f"flood-{number}", 40) for number in range(networks))
    assert flood <= UNIT_A_DAY - FIRST_SCANS_A_DAY + networks
    later = T0 + timedelta(seconds=60)
    assert sum(taken(capped, f"honest-{number}", at=later) for number in range(250)) == 250


def test_a_scan_beyond_the_cap_is_counted_by_unit_and_day():
    capped = cap(network=1)
    capped.repeated(UNIT, "a", T0)
    repeated = capped.repeated(UNIT, "a", T0)
    assert repeated is not None
    assert repeated.to_fields() == {"item_id": UNIT.item_id, "day": "2026-03-01", "owner_org": "huadu", "scans": 1}


def test_scans_of_no_network_have_a_share_of_their_own():
    capped = cap()
    assert taken(capped, None, 5000) == NOBODYS_A_DAY
    assert taken(capped, "a", 5) == 5


def test_false_codes_have_no_cap():
    forged = Checked(Proof.FORGED, UNIT.item_id, "huadu")
    assert [cap(network=1).repeated(forged, "a", T0) for _ in range(9)] == [None] * 9
