"""Guessing of codes: what is reported of a network, under one name, in bounded memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from resolver.access import guessing
from resolver.access.distinct_counter import DistinctCounter
from resolver.access.guessing import Enumeration, Sentry

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def guess(at=NOW):
    return Enumeration(uuid4(), "huadu", "09521234000013", "net", at, at, 1)


def test_misreading_is_no_guessing_and_guessing_is_reported_under_one_name():
    clock = [0.0]
    sentry = Sentry(guesses=5, window_s=60, clock=lambda: clock[0])
    for clock[0] in range(50):
        assert sentry.failed(guess(), "SAME") is None, "one sticker, scanned often"
    reports = [sentry.failed(guess(NOW + timedelta(seconds=n)), f"S{n}") for n in range(20)]
    due = [report for report in reports if report is not None]
    assert [report.guesses for report in due] == [5, 10, 20]
    assert len({report.enumeration_id for report in due}) == 1
    assert isinstance(due[0].enumeration_id, UUID)
    assert due[0].began_at == NOW
    assert due[-1].ended_at > NOW
    clock[0] = 1000
    assert sentry.failed(guess(), "LATER") is None, "a new window begins anew"


def test_networks_that_are_watched_are_bounded(monkeypatch):
    monkeypatch.setattr(guessing, "MAX_WATCHED", 10)
    sentry = Sentry(guesses=2)
    for number in range(1000):
        assert sentry.failed(replace(guess(), network=f"net-{number}"), "A") is None
    assert sentry.failed(replace(guess(), network="net-999"), "B").guesses == 2
    assert sentry.failed(replace(guess(), network="net-0"), "B") is None, "forgotten"


def test_what_is_counted_of_a_guesser_stays_small_however_much_it_guesses():
    counter = DistinctCounter()
    exact = [counter.add(f"S{number % 50}") for number in range(200)]
    assert exact[-1] == 50
    counts = [counter.add(f"S{number}") for number in range(20_000)]
    assert counts == sorted(counts)
    assert 65 < counts[199] < 400
    assert 10_000 < counts[-1] < 40_000
    assert len(counter._registers) == 256
    assert not counter._first
