"""What another platform's answer may contain, and how long it is cached."""

import orjson
import pytest

from resolver.federation.delegation import Delegation
from resolver.federation.foreign_linkset import Answer, ForeignLinksets, Unanswered, contexts_of, fetch_json

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
