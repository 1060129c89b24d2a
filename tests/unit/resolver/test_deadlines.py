"""Connections that say nothing, and bodies that never end, are given up by the clock."""

import asyncio

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

import gateway.capture.head_deadline as of_capture
import resolver.web.head_deadline as of_resolver
from resolver.web import body_deadline
from resolver.web.body_deadline import BodyDeadline


class Transport(asyncio.Transport):
    """A connection from nowhere; its end is noted."""

    def __init__(self):
        super().__init__()
        self.closed = asyncio.Event()

    def close(self):
        self.closed.set()

    def write(self, data):
        pass


async def never(_scope, receive, _send):
    while True:
        await receive()


@pytest.mark.parametrize("module", [of_capture, of_resolver])
@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nX: "], ids=["nothing", "half"])
def test_a_connection_without_a_whole_head_is_closed_and_one_with_a_head_is_not(monkeypatch, module, said):
    monkeypatch.setattr(module, "HEAD_S", 0.0)

    async def play():
        def connected():
            protocol = module.HeadDeadline(Config(never, log_config=None), ServerState(), {})
            transport = Transport()
            protocol.connection_made(transport)
            return protocol, transport

        silent, transport = connected()
        if said:
            silent.data_received(said)
        await asyncio.wait_for(transport.closed.wait(), 10)
        asking, other = connected()
        asking.data_received(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
        for _ in range(3):
            await asyncio.sleep(0)
        assert not other.closed.is_set()
        for task in asking.tasks:
            task.cancel()

    asyncio.run(play())


@pytest.mark.parametrize("module", [of_capture, of_resolver])
def test_where_all_connections_are_taken_the_longest_unfinished_request_makes_room_and_no_whole_one(module):
    async def play():
        state = ServerState()
        transports = []

        def connect(said):
            protocol = module.HeadDeadline(Config(never, log_config=None, limit_concurrency=4), state, {})
            transports.append(Transport())
            protocol.connection_made(transports[-1])
            protocol.data_received(said)
            return protocol

        whole = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        dripping = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nx"
        asked = [connect(said) for said in (whole, dripping, b"GET / HT", whole, whole)]
        await asyncio.sleep(0)
        closed = [each.closed.is_set() for each in transports]
        tasks = {task for each in asked for task in each.tasks}
        for task in tasks:
            task.cancel()
        return closed

    assert asyncio.run(play()) == [False, True, True, False, False]


def test_a_body_that_drips_is_answered_and_one_that_comes_is_not_cut(monkeypatch):
    async def play(parts, *, then_waits):
        messages, statuses = list(parts), []

        async def receive():
            if not messages and then_waits:
                await asyncio.Event().wait()
            return {"type": "http.request", "body": messages.pop(0), "more_body": bool(messages) or then_waits}

        async def send(message):
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        async def reading(_scope, receive, send):
            while (await receive())["more_body"]:
                pass
            await send({"type": "http.response.start", "status": 200, "headers": []})

        await BodyDeadline(reading)({"type": "http", "method": "POST"}, receive, send)
        return statuses

    monkeypatch.setattr(body_deadline, "FIRST_S", 60.0)
    assert asyncio.run(play([b"x" * 9] * 5, then_waits=False)) == [200]
    monkeypatch.setattr(body_deadline, "FIRST_S", 0.0)
    assert asyncio.run(play([b"x"], then_waits=True)) == [408]
