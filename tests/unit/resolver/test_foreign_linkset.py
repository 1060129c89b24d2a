"""What another platform's answer may contain, and how long it is cached."""

import socket
import threading
from contextlib import suppress

import orjson
import pytest

from resolver.federation import foreign_linkset
from resolver.federation.delegation import Delegation
from resolver.federation.foreign_linkset import Answer, ForeignLinksets, Unanswered, contexts_of, fetch_json
from resolver.store.ttl_cache import TtlCache

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


def test_large_answers_push_each_other_out_and_one_beyond_all_room_is_not_stored(monkeypatch):
    monkeypatch.setattr(foreign_linkset, "CACHED_BYTES", 3 * 5000)
    asked = []

    def fetch(address, _private):
        asked.append(address)
        return answer(THEIRS)

    platforms = ForeignLinksets(private=False, fetch=fetch)
    rule = Delegation("01/1", "https://b.example", "B", fetched=True)
    for number in range(100):
        platforms.contexts(rule, f"/01/{number}")
    assert len(platforms._answers._values) == 4
    platforms.contexts(rule, "/01/99")
    assert len(asked) == 100
    cache = TtlCache(capacity=10, seconds=60, size_of=len)
    cache.put("k", b"x" * 11)
    assert cache.get("k") is None


def test_a_platform_that_never_ends_its_answers_holds_few_threads(monkeypatch):
    monkeypatch.setattr(foreign_linkset, "AT_A_TIME", 1)

    def fetch(address, _private):
        if address.endswith("/01/1?linkType=linkset&suyuanHop=1"):
            with pytest.raises(Unanswered, match="too much"):
                platforms.contexts(rule, "/01/2")
        return answer(THEIRS)

    platforms = ForeignLinksets(private=False, fetch=fetch)
    rule = Delegation("01/1", "https://b.example", "B", fetched=True)
    assert platforms.contexts(rule, "/01/1")
    assert platforms.contexts(rule, "/01/2"), "a refusal of our own is not remembered"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_answer_that_drips_ends_at_its_deadline(monkeypatch, scheme):
    monkeypatch.setattr(foreign_linkset, "TIMEOUT_S", 0.2)

    def taken_over(plain, _host):
        """As TLS does, without its handshake: the socket is another object's from then on."""
        wrapped = socket.socket(fileno=plain.detach())
        wrapped.settimeout(60)
        return wrapped

    monkeypatch.setattr(foreign_linkset, "_encrypted", taken_over)
    cut = threading.Event()

    def drip():
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not cut.wait(0.02):
                with suppress(OSError):
                    connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        with pytest.raises(Unanswered):
            fetch_json(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/x", True)
        cut.set()
        thread.join(10)
