"""A tenant with a good token against everybody's share: connections, streams, memory, the event loop."""

import gzip
import json
import socket
import time
from contextlib import suppress
from uuid import uuid4

from scripts.commands.siege.assault import at_once, first_bytes, open_sockets
from scripts.commands.siege.attack import Attack, Play
from scripts.commands.siege.stage import DEALER, GTINS, MAKER, RIVAL, Stage

_MB = 1 << 20


def unread_exports(stage: Stage) -> Play:
    """Maker B opens 20 exports of its history and reads none: others' requests are answered."""
    request = (
        b"GET /api/v1/history?format=ndjson HTTP/1.1\r\nHost: id.example.com\r\nAuthorization: Bearer "
        + stage.tokens[RIVAL].encode()
        + b"\r\n\r\n"
    )
    with open_sockets(20, stage.stack.http_port) as sockets:
        for each in sockets:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            each.sendall(request)
        time.sleep(10)
        with stage.direct() as client:
            ready = client.get("/ready").status_code
        yield f"{len(sockets)} exports, unread for 10 seconds"
        return "" if ready == 200 else f"/ready says {ready}"


def hoarded_streams(stage: Stage) -> Play:
    """Dealer C opens 250 live streams: maker A gets one all the same, and C only its share."""
    head = b"GET /api/v1/alerts/stream HTTP/1.1\r\nHost: id.example.com\r\nAuthorization: Bearer %s\r\n\r\n"
    with open_sockets(250, stage.stack.http_port, addresses=lambda n: f"127.58.{n % 250}.5") as sockets:
        for each in sockets:
            with suppress(OSError):
                each.sendall(head % stage.tokens[DEALER].encode())
        time.sleep(8)
        answers = [first_bytes(each) for each in sockets]
        mine = sum(b" 200 " in answer for answer in answers)
        with open_sockets(1, stage.stack.http_port) as (other, *_):
            other.sendall(head % stage.tokens[MAKER].encode())
            answer = first_bytes(other)
        yield f"{len(sockets)} streams, of which {mine} were opened"
    if b" 200 " not in answer:
        return f"maker A gets {answer[:40]!r}"
    return f"one token has {mine} streams" if mine > 20 else ""


def json_bombs(stage: Stage) -> Play:
    """Dealer C sends 8 MB of nested JSON as files of a case that there is not, and as bodies: people are served."""
    bomb = b"[[]," * (2 * _MB - 10) + b"[]" + b"]"
    deep = b"[" * 200_000 + b"]" * 200_000
    resolver = stage.stack.part("resolver")
    before = resolver.resident()

    def send(index: int) -> int:
        with stage.direct(stage.tokens[DEALER], stage.network()) as client:
            headers = {"Content-Type": "application/json"}
            if index % 3:
                path = f"/api/v1/cases/{uuid4()}/files?name=a.json"
                return client.post(path, content=bomb, headers=headers).status_code
            return client.post("/api/v1/subscriptions", content=deep, headers=headers).status_code

    answers = at_once(12, send, threads=6)
    yield "12 bodies, 8 MB or 200,000 levels"
    wrong = [answer for answer in answers if not isinstance(answer, int) or answer >= 500 or answer < 400]
    grown = (resolver.resident() - before) >> 20
    if wrong:
        return f"answers were {wrong[:3]}"
    return f"the resolver keeps {grown} MB more" if grown > 300 else ""


def compressed_bodies(stage: Stage) -> Play:
    """Maker B sends bodies that call themselves gzip, br and deflate of a gigabyte: nothing is unpacked."""
    bomb = gzip.compress(bytes(64 * _MB), 9)
    resolver = stage.stack.part("resolver")
    before = resolver.resident()

    def send(index: int) -> int:
        coding = ("gzip", "deflate", "br")[index % 3]
        headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": coding}
        with stage.direct(stage.tokens[RIVAL], stage.network()) as client:
            return client.post("/api/v1/links/load", content=bomb, headers=headers).status_code

    answers = at_once(12, send)
    yield f"12 bodies of {len(bomb) >> 10} KB"
    grown = (resolver.resident() - before) >> 20
    taken = [answer for answer in answers if answer == 201]
    return f"{len(taken)} were taken, {grown} MB stay" if taken or grown > 64 else ""


def link_load_flood(stage: Stage) -> Play:
    """Maker B sends eight loads of links of 30 MB at a time: memory stays, and others are served."""
    line = json.dumps(
        {
            "anchor": f"01/{GTINS[RIVAL]}",
            "link_type": "gs1:pip",
            "href": "https://www.example.com/x",
            "title": "x" * 200,
        }
    )
    load = (line + "\n").encode() * (30 * _MB // len(line))

    def send(_: int) -> int:
        headers = {"Content-Type": "application/x-ndjson"}
        with stage.direct(stage.tokens[RIVAL], stage.network()) as client:
            return client.post("/api/v1/links/load", content=load, headers=headers, timeout=60).status_code

    answers = at_once(8, send, threads=8)
    yield f"8 loads of {len(load) >> 20} MB"
    wrong = [answer for answer in answers if not isinstance(answer, int) or answer in (500, 502)]
    return f"answers were {wrong[:3]}" if wrong else ""


ATTACKS: dict[str, Attack] = {
    "unread-exports": Attack(unread_exports, "connections to the store"),
    "hoarded-streams": Attack(hoarded_streams, "streams"),
    "json-bombs": Attack(json_bombs, "the event loop"),
    "compressed-bodies": Attack(compressed_bodies, "memory of the resolver", quick=True),
    "link-load-flood": Attack(link_load_flood, "memory of the resolver"),
}
