from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import case
from schemas.case import Reason, State, confirms, deadlines, falls_silent, moves, works
from schemas.finding import Kind

STATES = st.sampled_from(State)


@given(st.lists(st.integers(0, 10), max_size=30))
def test_whatever_way_a_case_went_every_step_can_be_walked_back(choices):
    path = [State.NEW]
    for choice in choices:
        path.append(moves(path[-1])[choice % len(moves(path[-1]))])
    for before, after in pairwise(path):
        assert before in moves(after)


@given(STATES, STATES)
def test_every_state_can_be_reached_from_every_other_and_none_from_itself(start, goal):
    reached = {start}
    while more := {after for state in reached for after in moves(state)} - reached:
        reached |= more
    assert goal in reached
    assert start not in moves(start)


def test_nothing_is_closed_before_somebody_has_looked():
    assert State.CLOSED not in moves(State.NEW)


def test_a_closure_speaks_for_the_rules_against_them_or_not_at_all():
    spoken = {reason: confirms(reason, Kind.COPIED) for reason in Reason}
    assert {reason for reason, says in spoken.items() if says} == {
        Reason.COUNTERFEIT_CONFIRMED,
        Reason.DIVERSION_CONFIRMED,
        Reason.STOLEN_LABELS_CONFIRMED,
        Reason.OFFENCE_CONFIRMED,
    }
    assert spoken[Reason.DEVICE_FAULT] is False
    assert confirms(Reason.DEVICE_FAULT, Kind.DEVICE) is True
    assert spoken[Reason.DUPLICATE] is None
    assert 8 <= len(case.BY_PEOPLE) <= 12


@pytest.mark.parametrize(
    ("closures", "confirmed", "silent"), [(199, 0, False), (200, 9, True), (200, 10, False), (200, 0, True)]
)
def test_a_rule_falls_silent_below_five_percent_of_two_hundred(closures, confirmed, silent):
    assert falls_silent(closures, confirmed) is silent


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-03-02T10:00", "2026-03-04T10:00"),  # Monday: Wednesday
        ("2026-03-05T10:00", "2026-03-09T10:00"),  # Thursday: Monday
        ("2026-03-07T10:00", "2026-03-11T00:00"),  # Saturday: begins with Monday
        ("2026-09-30T10:00", "2026-10-09T10:00"),  # before the holidays, with 10 October a working Saturday
    ],
)
def test_working_days_leave_out_weekends_and_holidays(start, due):
    calendar = {date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 10, 10): True}
    begin = datetime.fromisoformat(start).replace(tzinfo=case.LOCAL)
    found = deadlines(begin, calendar)
    assert found.answer == datetime.fromisoformat(due).replace(tzinfo=case.LOCAL)
    assert found.escalation == begin + timedelta(days=7)


@given(
    st.integers(0, 5 * 365 * 24),
    st.dictionaries(st.dates(date(2025, 1, 1), date(2030, 1, 1)), st.booleans(), max_size=20),
)
def test_the_answer_is_due_on_a_working_day_later(hours, calendar):
    begin = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    due = deadlines(begin, calendar).answer
    assert due > begin
    assert works(due.astimezone(case.LOCAL).date(), calendar)
