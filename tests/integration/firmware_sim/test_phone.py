import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from firmware_sim.device.phone import Phone, ResolverUnavailable, ScanRefused
from firmware_sim.world.consumer import address_of
from firmware_sim.world.plan import PhoneScan
from schemas.internet import is_public

SCAN = PhoneScan(1_790_000_000_123_456, "a" * 32, "https://id.example.org/01/1/21/2", 30.5, 104.0, 120.0, "gps")


class Resolver(ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.requests, self.connections, self.hang_up = [], [], set(), False
        self.base = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.server.connections.add(self.client_address)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, dict(self.headers), json.loads(body)))
        status, answer = self.server.answers.pop(0) if self.server.answers else (200, b'{"verdict": "genuine"}')
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        # Without a word, as a server does whose keep-alive time is over.
        self.close_connection = self.server.hang_up

    def log_message(self, *_):
        pass


@pytest.fixture
def resolver():
    with Resolver() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_phone_posts_its_scan_and_reads_the_verdict(resolver):
    with Phone(resolver.base + "/") as phone:
        assert phone.scan(SCAN) == {"verdict": "genuine"}
    ((path, headers, body),) = resolver.requests
    assert path == "/scans"
    assert "Authorization" not in headers
    assert body == {
        "uri": SCAN.uri,
        "handset": SCAN.handset,
        "latitude": 30.5,
        "longitude": 104.0,
        "accuracy_m": 120.0,
        "source": "gps",
    }


def test_an_operator_s_phone_says_when_it_happened_and_one_without_consent_not_where(resolver):
    with Phone(resolver.base, "secret-token") as phone:
        phone.scan(PhoneScan(SCAN.at, SCAN.handset, SCAN.uri))
    ((_, headers, body),) = resolver.requests
    assert headers["Authorization"] == "Bearer secret-token"
    address = body.pop("address")
    assert body == {"uri": SCAN.uri, "handset": SCAN.handset, "occurred_at": SCAN.at}
    assert is_public(address)
    assert address == address_of(SCAN.handset) != address_of("another phone")


def test_many_scans_share_one_connection(resolver):
    with Phone(resolver.base) as phone:
        for _ in range(5):
            phone.scan(SCAN)
    assert len(resolver.connections) == 1


def test_a_connection_that_was_closed_meanwhile_is_opened_again(resolver):
    resolver.hang_up = True
    with Phone(resolver.base) as phone:
        for _ in range(3):
            assert phone.scan(SCAN) == {"verdict": "genuine"}
    assert len(resolver.requests) == len(resolver.connections) == 3


def test_a_problem_document_is_an_error_with_its_own_words(resolver):
    resolver.answers = [(400, b'{"title": "Bad Request", "detail": "(01) ends in 3, its check digit is 7"}')]
    with Phone(resolver.base) as phone:
        with pytest.raises(ScanRefused, match=r"http_400: .*check digit is 7"):
            phone.scan(SCAN)
        assert phone.scan(SCAN) == {"verdict": "genuine"}


@pytest.mark.parametrize("answer", [(200, b"<html>"), (200, b"[]"), (503, b'{"detail": "store down"}')])
def test_an_answer_that_makes_no_sense_can_be_tried_again(resolver, answer):
    resolver.answers = [answer]
    with Phone(resolver.base) as phone, pytest.raises(ResolverUnavailable):
        phone.scan(SCAN)


def test_a_resolver_that_is_not_there_is_told_in_one_line(resolver):
    base = resolver.base.rpartition(":")[0]
    with Phone(f"{base}:1") as phone, pytest.raises(ResolverUnavailable, match="gives no answer: ConnectionRefused"):
        phone.scan(SCAN)
    with pytest.raises(ValueError, match="not an http"):
        Phone("localhost:8000")
