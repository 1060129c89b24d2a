"""The cap on what scans of one unit become events."""

from datetime import UTC, datetime, timedelta

from resolver.access.limits import IN_PROCESS, limit_factory
from resolver.scan.unit_cap import UnitCap
from schemas.code import Checked, Proof

T0 = datetime(2026, 3, 1, tzinfo=UTC)
UNIT = Checked(Proof.SEALED, "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB", "huadu")


def cap(**caps: int) -> UnitCap:
    return UnitCap(limit_factory(IN_PROCESS, b""), **caps)


def test_one_network_fills_its_own_share_of_a_units_history_and_nobody_elses():
    capped = cap(network=3, unit=5)
    assert [capped.repeated(UNIT, "a", T0) is None for _ in range(50)] == [True] * 3 + [False] * 47
    assert [capped.repeated(UNIT, "b", T0) is None for _ in range(4)] == [True] * 2 + [False] * 2
    assert cap(network=3).repeated(UNIT, "b", T0) is None
    assert capped.repeated(UNIT, "a", T0 + timedelta(days=1)) is None, "another day, another share"


def test_a_scan_beyond_the_cap_is_counted_by_unit_and_day():
    capped = cap(network=1)
    capped.repeated(UNIT, "a", T0)
    repeated = capped.repeated(UNIT, "a", T0)
    assert repeated is not None
    assert repeated.to_fields() == {"item_id": UNIT.item_id, "day": "2026-03-01", "owner_org": "huadu", "scans": 1}


def test_networks_of_nobody_share_the_units_cap_and_false_codes_have_none():
    capped = cap(network=1, unit=3)
    assert [capped.repeated(UNIT, None, T0) is None for _ in range(4)] == [True] * 3 + [False]
    forged = Checked(Proof.FORGED, UNIT.item_id, "huadu")
    assert [capped.repeated(forged, "a", T0) for _ in range(9)] == [None] * 9
