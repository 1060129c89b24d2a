"""When a reader cuts a batch and resends one, by its own limits and by remote settings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.device.pacing import Limits, Pace
from schemas.reader_settings import RANGES, ReaderSettings


def test_patience_doubles_with_each_attempt_up_to_its_limit():
    limits = Limits(resend_s=5, max_resend_s=60)
    assert [limits.patience_s(attempts) for attempts in range(1, 7)] == [5, 10, 20, 40, 60, 60]
    assert limits.patience_s(10**9) == 60


def test_a_batch_is_due_at_once_then_only_after_its_patience():
    pace = Pace(Limits(resend_s=5, max_resend_s=60))
    assert pace.due(1, now=100)
    pace.sent(1, attempts=1, now=100)
    assert not pace.due(1, now=104.9)
    assert pace.due(1, now=105)
    pace.sent(1, attempts=2, now=105)
    assert not pace.due(1, now=114)
    assert pace.due(2, now=114)


def test_after_a_reconnect_everything_is_due():
    pace = Pace(Limits())
    pace.sent(1, attempts=3, now=0)
    pace.reconnected()
    assert pace.due(1, now=0)


def test_a_settled_batch_is_forgotten():
    pace = Pace(Limits())
    pace.sent(1, attempts=1, now=0)
    pace.settled(1)
    pace.settled(1)
    assert pace.due(1, now=0)


def test_a_batch_is_full_by_count_or_by_size():
    limits = Limits(events=10, bytes=1000)
    assert not limits.full(9, 999)
    assert limits.full(10, 1)
    assert limits.full(1, 1000)


@pytest.mark.parametrize(
    "wrong",
    [{"events": 0}, {"events": 1001}, {"bytes": 2**20 + 1}, {"in_flight": 0}, {"age_s": -1}, {"resend_s": 400}],
)
def test_limits_beyond_the_protocol_are_refused(wrong):
    with pytest.raises(ValueError, match="Limits"):
        Limits(**wrong)


@given(
    st.builds(
        ReaderSettings,
        revision=st.integers(1, 1 << 60),
        **{name: st.none() | st.integers(*bounds) for name, bounds in RANGES.items()},
    )
)
def test_a_reader_can_work_by_all_remote_settings(settings):
    limits = Limits().with_settings(settings)
    assert limits.events == (settings.batch_events or Limits().events)
    assert limits.age_s == (Limits().age_s if settings.batch_age_ms is None else settings.batch_age_ms / 1000)
