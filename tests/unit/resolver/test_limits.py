"""Limits, guessing, names for networks, and what another platform's answer may hold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import orjson
import pytest

from resolver.access import client_network, guessing
from resolver.access.guessing import Enumeration, Sentry
from resolver.access.limits import IN_PROCESS, Gate, Rates, limit_factory
from resolver.access.token_bucket import TokenBuckets
from resolver.federation.delegation import Delegation, Delegations, was_passed_on
from resolver.federation.foreign_linkset import Answer, ForeignLinksets, Unanswered, contexts_of, fetch_json

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def guess(at=NOW):
    return Enumeration(uuid4(), "huadu", "09521234000013", "net", at, at, 1)


def gate_of(rates):
    return Gate(rates, limit_factory(IN_PROCESS, b"pepper of sixteen"))


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


def test_a_limit_counts_each_sender_and_forgets_with_time():
    limit = TokenBuckets(1 / 30, 2)
    assert [limit.wait_s("a", now) == 0 for now in (0, 1, 2)] == [True, True, False]
    assert limit.wait_s("a", 2) == pytest.approx(28)
    assert limit.wait_s("b", 2) == 0
    assert limit.wait_s("a", 31) == 0
    assert all(TokenBuckets(0, 0).wait_s("a", 0) == 0 for _ in range(100)), "0 is no limit"


def test_a_limit_remembers_a_bounded_number_of_senders():
    limit = TokenBuckets(0.001, 1, senders=10)
    assert all(limit.wait_s(str(n), 0) == 0 for n in range(1000))
    assert limit.wait_s("999", 0) > 0
    assert limit.wait_s("0", 0) == 0, "forgotten, which errs on the side of letting people in"


def test_limits_hold_for_network_code_and_session_each():
    gate = gate_of(Rates(per_network=1, per_code=0, per_session=0))
    assert [gate.wait_s("a", "x", None, 0) for _ in range(10)] == [0.0] * 10
    assert gate.wait_s("a", "x", None, 0) > 0
    assert gate.wait_s("b", "x", None, 0) == 0
    gate = gate_of(Rates(per_network=0, per_code=1, per_session=0))
    assert any(gate.wait_s("a", "x", None, 0) for _ in range(11))
    assert gate.wait_s("a", "y", None, 0) == 0
    gate = gate_of(Rates(per_network=0, per_code=0, per_session=1))
    assert any(gate.wait_s("a", str(n), "phone", 0) for n in range(11))
    assert gate.wait_s("a", "x", None, 0) == 0


def test_a_networks_name_hides_it_and_changes_every_day():
    assert client_network.block("203.0.113.77") == "203.0.113.0/24"
    assert client_network.block("2001:db8:1:2::3") == "2001:db8:1::/48"
    assert client_network.block("testclient") == client_network.block(None) == "unknown"
    today, later = (
        client_network.pseudonym(b"k", "n", NOW),
        client_network.pseudonym(b"k", "n", NOW + timedelta(hours=15)),
    )
    assert today == later
    assert today != client_network.pseudonym(b"k", "n", NOW + timedelta(days=1))
    assert today != client_network.pseudonym(b"l", "n", NOW)


def test_the_most_specific_delegation_counts():
    rules = Delegations([Delegation("01/0952", "https://a", "A"), Delegation("01/09521", "https://b", "B")])
    assert rules.find("01/09521234000013").title == "B"
    assert rules.find("01/09529999").title == "A"
    assert rules.find("00/0952") is None
    assert was_passed_on("a=b&suyuanHop=1")
    assert not was_passed_on("a=suyuanHop")


THEIRS = {
    "linkset": [
        {
            "anchor": "https://b.example/01/1",
            "itemDescription": "x",
            "https://ref.gs1.org/voc/pip": [{"href": "https://b.example/p", "title": "P", "evil": 1}],
            "https://ref.gs1.org/voc/nosuchlt": [{"href": "https://b.example/p", "title": "P"}],
            "@context": "https://b.example",
        }
    ]
}


def answer(document, status=200, kind="application/linkset+json"):
    return Answer(status, kind, orjson.dumps(document))


def test_another_platforms_linkset_is_reduced_to_what_a_linkset_may_hold():
    (context,) = contexts_of(answer(THEIRS))
    assert context == {
        "anchor": "https://b.example/01/1",
        "itemDescription": "x",
        "https://ref.gs1.org/voc/pip": [{"href": "https://b.example/p", "title": "P"}],
    }


@pytest.mark.parametrize(
    "theirs",
    [
        answer(THEIRS, status=307),
        answer(THEIRS, kind="text/html"),
        Answer(200, "application/json", b"{"),
        answer([]),
        answer({"linkset": [{"anchor": "javascript:1"}]}),
        answer({"linkset": [{"anchor": "https://b.example", "describedby": [{"href": "file:///etc/passwd"}]}]}),
    ],
)
def test_what_is_no_linkset_is_no_answer(theirs):
    with pytest.raises(Unanswered):
        contexts_of(theirs)


def test_an_answer_is_kept_and_so_is_a_failure_for_a_while():
    clock, asked = [0.0], []

    def fetch(address, _private):
        asked.append(address)
        if len(asked) == 1:
            raise Unanswered("slow")
        return answer(THEIRS)

    platforms = ForeignLinksets(private=False, fetch=fetch, clock=lambda: clock[0])
    rule = Delegation("01/1", "https://b.example", "B", fetched=True)
    for _ in range(3):
        with pytest.raises(Unanswered, match="slow"):
            platforms.contexts(rule, "/01/1")
    clock[0] = 20
    assert platforms.contexts(rule, "/01/1") == platforms.contexts(rule, "/01/1")
    assert asked == ["https://b.example/01/1?linkType=linkset&suyuanHop=1"] * 2


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/x", "http://localhost/x", "http://169.254.169.254/"])
def test_nobody_makes_the_resolver_ask_its_own_network(address):
    with pytest.raises(Unanswered):
        fetch_json(address, False)
