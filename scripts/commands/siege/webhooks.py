"""A tenant whose webhooks are slow, or lead to where only the platform gets."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from scripts.commands.siege.attack import Attack, Play, needed
from scripts.commands.siege.cases import raise_alert
from scripts.commands.siege.stage import GTINS, MAKER, RIVAL, Stage

_PATIENCE_S = 45.0
"""A delivery may take 10 s, and the notifier looks every second: a neighbour's may wait for a turn, not for more."""


class _Receiver:
    """A server on this machine; ``slow``: it drips its answer; ``location``: it redirects there."""

    def __init__(self, *, slow: bool = False, location: str = "") -> None:
        self.port, self.requests = 0, 0
        self.came = threading.Event()
        self._slow, self._location = slow, location
        self._server = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Take no more."""
        self._server.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self.requests += 1
                self.came.set()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            if self._slow:
                for _ in range(30):
                    connection.sendall(b"HTTP/1.1 200 OK\r\nX-A: b\r\n"[:1])
                    time.sleep(1)
                return
            connection.recv(65536)
            status = f"302 Found\r\nLocation: {self._location}" if self._location else "200 OK"
            connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())


@contextmanager
def _receiver(*, slow: bool = False, location: str = "") -> Iterator[_Receiver]:
    receiver = _Receiver(slow=slow, location=location)
    try:
        yield receiver
    finally:
        receiver.close()


@contextmanager
def _into_ones_own_network(stage: Stage) -> Iterator[None]:
    """The notifier may reach receivers on this machine, as in a laboratory: else no receiver can attack."""
    part = stage.stack.part("notifier")
    for settings in ({"private_webhooks": "yes"}, {}):
        part.process.stop()
        stage.stack.notifier_settings = settings
        part.begin()
        if settings:
            try:
                yield
            except BaseException:
                part.process.stop()
                stage.stack.notifier_settings = {}
                part.begin()
                raise


def tarpit(stage: Stage) -> Play:
    """Maker B has 40 webhooks whose receiver answers a byte a second: maker A's alert comes in time."""
    with ExitStack() as ended:
        ended.enter_context(_into_ones_own_network(stage))
        slow = ended.enter_context(_receiver(slow=True))
        good = ended.enter_context(_receiver())
        for _ in range(40):
            _rebound(stage, RIVAL, f"http://127.0.0.1:{slow.port}/hook")
        for number in range(20):
            raise_alert(stage, RIVAL, stage.codes[RIVAL][number + 20])
        needed(slow.came.wait(20), "the slow receiver was never asked")
        _rebound(stage, MAKER, f"http://127.0.0.1:{good.port}/hook")
        raise_alert(stage, MAKER, stage.unit())
        start = time.monotonic()
        came = good.came.wait(_PATIENCE_S)
        waited = time.monotonic() - start
        yield f"40 slow webhooks, 20 alerts; the neighbour's took {waited:.1f} s"
    _unsubscribed(stage, MAKER, RIVAL)
    return "" if came else f"the neighbour's alert did not come within {_PATIENCE_S:.0f} s"


def inward_webhooks(stage: Stage) -> Play:
    """Maker B names this machine in many ways as its webhook's host, and hopes that the notifier goes there.

    One name is public when it is registered, and leads inside when it is used. No connection is made.
    """
    with _receiver() as inside:
        hosts = [
            "127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0.0.0.0", "[::1]",  # noqa: S104
            "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "127.0.0.1.", "LOCALHOST", "１２７.0.0.1",
            "ip6-localhost", "169.254.169.254", "user@127.0.0.1",
        ]  # fmt: skip
        taken = 0
        for host in hosts:
            for scheme in ("http", "https"):
                taken += bool(_subscribed(stage, RIVAL, f"{scheme}://{host}:{inside.port}/hook"))
        _rebound(stage, RIVAL, f"http://127.0.0.1:{inside.port}/hook")
        raise_alert(stage, RIVAL, stage.codes[RIVAL][60])
        time.sleep(8)
        yield f"{2 * len(hosts)} targets, of which {taken} were taken"
        reached = inside.requests
    _unsubscribed(stage, RIVAL)
    return f"{reached} connections were made inside" if reached else ""


def redirected_webhooks(stage: Stage) -> Play:
    """Maker B's receiver answers with a redirection to another server of the platform's: nobody goes there."""
    with ExitStack() as ended:
        ended.enter_context(_into_ones_own_network(stage))
        inside = ended.enter_context(_receiver())
        outside = ended.enter_context(_receiver(location=f"http://127.0.0.1:{inside.port}/"))
        _rebound(stage, RIVAL, f"http://127.0.0.1:{outside.port}/hook")
        raise_alert(stage, RIVAL, stage.codes[RIVAL][61])
        needed(outside.came.wait(20), "the receiver was never asked")
        time.sleep(3)
        yield f"{outside.requests} redirections"
        reached = inside.requests
    _unsubscribed(stage, RIVAL)
    return f"the redirection was followed {reached} times" if reached else ""


def inward_links(stage: Stage) -> Play:
    """Maker B registers links that lead into private networks, or to scripts: all are refused."""
    targets = [
        "http://127.0.0.1:1/",
        "http://localhost/",
        "http://169.254.169.254/latest/",
        "http://[::1]/",
        "http://10.0.0.1/",
    ]
    targets += [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//evil.example/",
        "http://0x7f000001/",
    ]
    taken = []
    with stage.http(stage.tokens[RIVAL]) as maker:
        for number, target in enumerate(targets):
            body = {"anchor": f"01/{GTINS[RIVAL]}/10/X{number}", "link_type": "gs1:pip", "href": target, "title": "x"}
            if maker.post("/api/v1/links", json=body).is_success:
                taken.append(target)
    yield f"{len(targets)} targets"
    return f"taken: {', '.join(taken)}" if taken else ""


def _subscribed(stage: Stage, org: str, target: str) -> str:
    """The id of a new webhook, "" when it was refused."""
    with stage.http(stage.tokens[org]) as client:
        answer = client.post("/api/v1/subscriptions", json={"channel": "webhook", "target": target})
    return str(answer.json()["subscription_id"]) if answer.is_success else ""


def _rebound(stage: Stage, org: str, target: str) -> None:
    """A webhook whose name led elsewhere when it was registered, and leads to ``target`` now."""
    subscription = _subscribed(stage, org, "https://93.184.215.14/hook")
    needed(subscription, "a webhook was refused")
    stage.query("UPDATE suyuan.subscription SET target = %s WHERE subscription_id = %s", target, subscription)


def _unsubscribed(stage: Stage, *orgs: str) -> None:
    for org in orgs:
        with stage.http(stage.tokens[org]) as client:
            for each in client.get("/api/v1/subscriptions").json()["subscriptions"]:
                client.delete(f"/api/v1/subscriptions/{each['subscription_id']}")


ATTACKS: dict[str, Attack] = {
    "webhook-tarpit": Attack(tarpit, "other tenants' alerts"),
    "inward-webhooks": Attack(inward_webhooks, "the platform's network"),
    "redirected-webhooks": Attack(redirected_webhooks, "the platform's network"),
    "inward-links": Attack(inward_links, "the platform's network", quick=True),
}
