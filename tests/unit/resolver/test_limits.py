"""Limits, guessing, names for networks, and what another platform's answer may hold."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import orjson
import pytest

from resolver.access import client_network
from resolver.access.limits import Enumeration, Gate, Limits, Sentry
from resolver.federation.delegation import Delegation, Delegations, was_passed_on
from resolver.federation.foreign_linkset import Answer, ForeignLinksets, Unanswered, contexts_of, fetch_json
from resolver.store.ttl_cache import Kept

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def guess(at=NOW):
    return Enumeration(uuid4(), "huadu", "09521234000013", "net", at, at, 1)


def test_misreading_is_no_guessing_and_guessing_is_reported_under_one_name():
    sentry = Sentry(guesses=5, window_s=60)
    assert [sentry.failed(guess(), "SAME", now) for now in range(50)] == [None] * 50, "one sticker, scanned often"
    reports = [sentry.failed(guess(NOW + timedelta(seconds=n)), f"S{n}", n / 10) for n in range(20)]
    due = [report for report in reports if report is not None]
    assert [report.guesses for report in due] == [5, 10, 20]
    assert len({report.enumeration_id for report in due}) == 1
    assert isinstance(due[0].enumeration_id, UUID)
    assert due[0].began_at == NOW
    assert due[-1].ended_at > NOW
    assert sentry.failed(guess(), "LATER", 1000) is None, "a new window begins anew"


def test_limits_hold_for_network_code_and_session_each():
    gate = Gate(Limits(per_network=1, per_code=0, per_session=0))
    assert [gate.wait_s("a", "x", None, 0) for _ in range(10)] == [0.0] * 10
    assert gate.wait_s("a", "x", None, 0) > 0
    assert gate.wait_s("b", "x", None, 0) == 0
    gate = Gate(Limits(per_network=0, per_code=1, per_session=0))
    assert any(gate.wait_s("a", "x", None, 0) for _ in range(11))
    assert gate.wait_s("a", "y", None, 0) == 0
    gate = Gate(Limits(per_network=0, per_code=0, per_session=1))
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


def test_what_is_kept_grows_old_and_is_bounded():
    kept = Kept(capacity=2, seconds=10)
    for number in range(3):
        kept.put(number, str(number), number)
    assert [kept.get(number, 5) for number in range(3)] == [None, "1", "2"]
    assert kept.get(2, 12) is None
