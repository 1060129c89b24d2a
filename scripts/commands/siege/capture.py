"""Whoever reaches the gateway's HTTP capture, or has one enrolled reader: bodies that are slow, large, or bombs."""

import json

import cbor2

from firmware_sim.adversary.reader import KID
from schemas import cose
from scripts.commands.siege.assault import Request, at_once, drip, from_networks, open_sockets, statuses
from scripts.commands.siege.attack import Attack, Play
from scripts.commands.siege.stage import HOSTILE_READER, HTTP_READER, Stage

_NAMED = f"{HTTP_READER.org_id}/{HTTP_READER.reader_id}"
_MB = 1 << 20


def _head(name: str, length: int) -> bytes:
    return f"POST /capture/{name} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()


def slow_bodies(stage: Stage) -> Play:
    """A stranger opens 190 connections in the name of an honest reader, and sends a byte a second.

    That reader's batches, and those of others, are taken all the same.
    """
    with open_sockets(190, stage.stack.capture_port, addresses=lambda n: f"127.53.{n}.4") as sockets:
        for each in sockets:
            each.sendall(_head(_NAMED, _MB))
        drip(sockets, b"a", 12)
        yield f"{len(sockets)} bodies, a byte a second"
        return ""


def slow_heads_at_capture(stage: Stage) -> Play:
    """A stranger opens 250 connections to capture and sends a header a second: batches are taken, heads end."""
    with open_sockets(250, stage.stack.capture_port, addresses=lambda n: f"127.54.{n % 250}.4") as sockets:
        for each in sockets:
            each.sendall(f"POST /capture/{_NAMED} HTTP/1.1\r\n".encode())
        alive = drip(sockets, b"X-A: b\r\n", 20)
        yield f"{len(sockets)} connections; {alive} were open in the end"
        return f"{alive} heads may go on for ever" if alive else ""


def unsigned_bombs(stage: Stage) -> Play:
    """A stranger posts 190 messages of 1 MB in an honest reader's name, which would be 88 MB when decoded.

    Nothing is decoded before its signature is verified: honest batches are taken, and memory stays.
    """
    bomb = b"\xd2\x84\x43\xa1\x01\x27\xa0\x5a" + (_MB - 200).to_bytes(4, "big") + b"\xa0" * (_MB - 200) + b"\x58\x40"
    bomb += bytes(64)
    answers = at_once(190, lambda index: _post(stage, _NAMED, bomb, f"127.55.{index}.4"), threads=48)
    yield "190 messages of 1 MB"
    taken = [answer for answer in answers if answer == 200]
    return f"{len(taken)} were taken" if taken else ""


def signed_bombs(stage: Stage) -> Play:
    """A dealer's enrolled reader signs CBOR that is deep, endless, or lies about its length: each is refused alone."""
    reader = stage.readers[HOSTILE_READER]
    payloads = [
        b"\x81" * 900_000,
        b"\xa1\x01" * 400_000,
        b"\x9f" + b"\x80" * 900_000 + b"\xff",
        b"\x9a\xff\xff\xff\xff",
        b"\x7b\x7f" + b"\xff" * 7,
        cbor2.dumps({1: 1, 7: [{}] * 100_000}),
        b"\xa0" * 900_000,
    ]
    name = f"{HOSTILE_READER.org_id}/{HOSTILE_READER.reader_id}"
    bombs = [cose.sign(payload, content_type=cose.CBOR, kid=KID, key=reader.key) for payload in payloads]
    answers = at_once(6 * len(bombs), lambda n: _post(stage, name, bombs[n % len(bombs)], f"127.56.{n}.4"))
    yield f"{6 * len(bombs)} signed bombs of up to 1 MB"
    wrong = [answer for answer in answers if not isinstance(answer, int) or (answer >= 500 and answer != 503)]
    return f"answers were {wrong[:3]}" if wrong else ""


def redemption_flood(stage: Stage) -> Play:
    """A stranger asks capture to redeem enrolment tokens that nobody issued, as fast as it can: batches are taken."""
    body = {"token": "enrol_" + "a" * 43, "kid": "aa", "public_key": "bb" * 32, "proof": "cc" * 64}
    request = Request("/enrolments/redemption", "POST", {"Content-Type": "application/json"}, json.dumps(body).encode())

    def send(index: int) -> list[int]:
        return statuses([request] * 500, stage.stack.capture_port, address=f"127.57.{index}.4", seconds=6)

    answers = from_networks(4, send)
    yield f"{len(answers)} redemptions"
    return f"{answers.count(201)} were taken" if 201 in answers else ""


def _post(stage: Stage, name: str, message: bytes, address: str) -> int:
    with stage.direct(address=address) as client:
        return client.post(f"{stage.stack.capture_url}/capture/{name}", content=message).status_code


ATTACKS: dict[str, Attack] = {
    "slow-bodies-at-capture": Attack(slow_bodies, "connections of capture"),
    "slow-heads-at-capture": Attack(slow_heads_at_capture, "connections of capture"),
    "unsigned-bombs": Attack(unsigned_bombs, "memory of capture", quick=True),
    "signed-bombs": Attack(signed_bombs, "memory of capture"),
    "redemption-flood": Attack(redemption_flood, "connections to the store"),
}
