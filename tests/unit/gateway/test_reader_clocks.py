"""Readers' clocks: a wrong one is named before goods are accused, and a late upload isn't one."""

import pytest

from gateway.evidence.reader_clocks import SECOND_US, ClockFault, Stamp, clock_faults

T0 = 1_780_000_000_000_000


def stamps(offset_s: float, delays, every_s=3600) -> list[Stamp]:
    times = [T0 + number * every_s * SECOND_US for number in range(len(delays))]
    return [
        Stamp(at + int(offset_s * SECOND_US), at + int(delay * SECOND_US))
        for at, delay in zip(times, delays, strict=True)
    ]


def clock_fault(reader: str, events, bound_s: float) -> ClockFault | None:
    found, _ = clock_faults(reader, events, bound_s)
    return found[0] if found else None


def shipment(hours: float, late_s: float, events: int = 50) -> list[Stamp]:
    """Goods that are read at one moment and told within ten minutes, so late by the clock or by the link."""
    at = T0 + int(hours * 3600) * SECOND_US
    return [Stamp(at, at + int((late_s + 4 * number) * SECOND_US)) for number in range(events)]


def test_two_shipments_that_are_late_by_the_same_time_name_the_clock_though_each_alone_could_be_the_link():
    first, left = clock_faults("r", shipment(8, 5) + shipment(10, 6 * 3600), 120)
    assert (first, len(left)) == ([], 50)
    found, left = clock_faults("r", shipment(31, 6 * 3600 + 60), 120, left)
    assert [(round(fault.offset_s / 3600), fault.events) for fault in found] == [(-6, 100)]
    assert left == [], "what is told once isn't told again the next day"


def test_a_reader_that_was_on_time_meanwhile_or_late_by_another_time_is_not_named():
    _, left = clock_faults("r", shipment(10, 6 * 3600), 120)
    assert clock_faults("r", shipment(20, 5) + shipment(31, 6 * 3600), 120, left)[0] == []
    assert clock_faults("r", shipment(31, 8 * 3600), 120, left)[0] == []


def test_what_a_clock_stamped_before_it_went_wrong_is_not_put_right():
    on_time, late = shipment(10, 5), shipment(9, 2 * 3600) + shipment(11, 2 * 3600)
    found, _ = clock_faults("r", on_time + late, 120)
    assert [(fault.since, fault.until) for fault in found] == [(part[0].at,) * 2 for part in (late[:50], late[50:])]


def test_a_clock_that_goes_wrong_within_a_day_is_named_from_what_came_after():
    morning = stamps(0, [10] * 8)
    noon = [Stamp(each.at - 2 * 3600 * SECOND_US, each.received) for each in stamps(0, [10] * 16)[8:]]
    assert clock_faults("r", morning + noon[:1], 120)[0] == []
    found, _ = clock_faults("r", morning + noon, 120)
    assert {round(fault.offset_s / 3600) for fault in found} == {-2}
    assert sum(fault.events for fault in found) == 8


def test_a_clock_that_is_ahead_or_behind_is_named_and_a_late_upload_is_not():
    ahead = clock_fault("r", stamps(2 * 86_400, [10, 20, 15, 30]), 120)
    behind = clock_fault("r", stamps(-6 * 3600, [10, 20, 15, 30]), 120)
    offline = stamps(0, [8 * 3600, 7 * 3600, 6 * 3600, 5 * 3600])  # all arrive at one moment
    assert ahead is not None
    assert ahead.offset_s == pytest.approx(2 * 86_400, rel=0.01)
    assert behind is not None
    assert behind.offset_s == pytest.approx(-6 * 3600, rel=0.01)
    assert clock_fault("r", offline, 120) is None
    assert clock_fault("r", stamps(60, [10, 20, 15]), 120) is None
