"""A receiver that answers a byte at a time is given up."""

import socket
import threading
from datetime import UTC, datetime
from uuid import UUID

import pytest

from gateway.notify import webhook
from gateway.notify.channel import Undelivered
from gateway.store.notices import Subscription
from schemas.explain.explanation import explain
from schemas.notice import Interest, Notice

NOTICE = Notice(
    1, datetime(2026, 1, 1, tzinfo=UTC), "opened", "01/1/21/2", "copied", "maker", None, "new", None, 1, "", ""
)


def test_a_receiver_that_answers_a_byte_at_a_time_is_given_up(monkeypatch) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_S", 0.3)
    ended = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not ended.wait(0.02):
                    connection.sendall(b"a")
            except OSError:
                ended.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=drip, args=[listener])
        server.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        to = Subscription(
            UUID(int=1), "maker", "webhook", url, "zh", Interest(*[frozenset()] * 4), 1, 0, 0, overseer=False
        )
        try:
            with pytest.raises(Undelivered):
                webhook.Webhooks(bytes(32), lambda: 0, private=True).send(to, NOTICE, explain([]))
        finally:
            ended.set()
            server.join(10)
