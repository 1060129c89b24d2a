"""Honest people and readers, in a process of their own, so that no attacker in ours slows down their clocks.

``python -m scripts.commands.siege.honest_load FILE``: FILE is JSON, as `Errand` has it. Each request becomes a line of
JSON on standard output: kind, when it was sent (monotonic clock), seconds, error.
"""

import json
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from random import Random

import httpx
import paho.mqtt.client as mqtt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paho.mqtt.enums import CallbackAPIVersion

from firmware_sim.adversary.reader import HostileReader
from schemas import receipt, topics
from schemas.event import Event, message_digest
from schemas.topics import Address

TIMEOUT_S = 15.0
PAGE_EVERY_S, API_EVERY_S, BATCH_EVERY_S = 0.125, 0.25, 0.25
_PAGES = {"Accept": "text/html", "User-Agent": "Mozilla/5.0"}


@dataclass(frozen=True, slots=True)
class Errand:
    """Where everything is, and who comes: a maker's program, two readers ("org/reader", keys in hexadecimal)."""

    base_url: str
    authority: str
    capture_url: str
    mqtt_port: int
    token: str
    codes: list[str]
    site: str
    http_reader: str
    http_key: str
    mqtt_reader: str
    mqtt_key: str
    mqtt_password: str

    def to_json(self) -> str:
        """What stands in the file."""
        return json.dumps(asdict(self))


class MqttReader:
    """Publishes a signed batch and waits for its receipt."""

    def __init__(self, errand: Errand, trust: ssl.SSLContext) -> None:
        self._address = Address(*errand.mqtt_reader.split("/"))
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(errand.mqtt_key))
        self._signer = HostileReader("", self._address, key)
        self._digests: set[str] = set()
        self._changed = threading.Condition()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=errand.mqtt_reader, clean_session=False)
        self._client.username_pw_set(errand.mqtt_reader, errand.mqtt_password)
        self._client.tls_set_context(trust)
        self._client.on_connect = lambda client, *_: client.subscribe(self._address.topic(topics.RECEIPT), qos=1)
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 2)
        self._client.connect_async("127.0.0.1", errand.mqtt_port, keepalive=30)
        self._client.loop_start()

    def send(self, *events: Event) -> str:
        """What went wrong until the receipt came; "" for nothing."""
        message = self._signer.message(*events)
        self._client.publish(self._address.topic(topics.EVENTS), message, qos=1)
        digest = message_digest(message)
        with self._changed:
            came = self._changed.wait_for(lambda: digest in self._digests, TIMEOUT_S)
            self._digests.discard(digest)
        return "" if came else "no receipt"

    def _on_message(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        with self._changed:
            self._digests.add(receipt.from_json(bytes(message.payload)).digest)
            self._changed.notify_all()


class Load:
    """The honest requests; each method sends one and returns what went wrong, "" for nothing."""

    def __init__(self, errand: Errand) -> None:
        self._errand, self._rng = errand, Random(1)  # noqa: S311 -- repeatable
        self._trust = ssl.create_default_context(cafile=errand.authority)
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(errand.http_key))
        self._http_reader = HostileReader(errand.capture_url, Address(*errand.http_reader.split("/")), key)
        self._mqtt_reader = MqttReader(errand, self._trust)
        self._questions = self._next_questions()

    def page(self) -> str:
        """Somebody scans: a phone and a connection of its own, from one of many networks."""
        address = f"127.20.{self._rng.randrange(200)}.{self._rng.randrange(1, 250)}"
        transport = httpx.HTTPTransport(verify=self._trust, local_address=address)
        with httpx.Client(base_url=self._errand.base_url, transport=transport, timeout=TIMEOUT_S) as client:
            return _served(client.get(self._path(), headers=_PAGES))

    def api(self) -> str:
        """The maker's program reads histories, alerts and batches."""
        path, query = next(self._questions)
        with httpx.Client(base_url=self._errand.base_url, verify=self._trust, timeout=TIMEOUT_S) as client:
            headers = {"Authorization": f"Bearer {self._errand.token}", "Accept": "application/json"}
            return _served(client.get(path, params=query, headers=headers))

    def capture(self) -> str:
        """A reader posts a batch, and has its receipt."""
        message = self._http_reader.message(*self._events())
        path = f"/capture/{self._errand.http_reader}"
        with httpx.Client(base_url=self._errand.capture_url, timeout=TIMEOUT_S) as client:
            return _served(client.post(path, content=message))

    def mqtt(self) -> str:
        """A reader publishes a batch, and has its receipt."""
        return self._mqtt_reader.send(*self._events())

    def _events(self) -> list[Event]:
        now = time.time_ns() // 1000
        codes = self._rng.sample(self._errand.codes, 3)
        return [Event(code, now - 1_000_000, "inspecting", read_point=self._errand.site) for code in codes]

    def _path(self) -> str:
        return "/" + self._rng.choice(self._errand.codes).split("/", 3)[3]

    def _next_questions(self) -> Iterator[tuple[str, dict[str, str | int]]]:
        for code in cycle(self._errand.codes):
            yield "/api/v1/history", {"item": "/" + code.split("/", 3)[3], "limit": 50}
            yield "/api/v1/alerts", {"limit": 50}
            yield "/api/v1/batches", {}


def _served(answer: httpx.Response) -> str:
    return "" if answer.status_code == httpx.codes.OK else f"status {answer.status_code}"


def main(path: str) -> None:
    """Send honest requests at their pace until the process is ended."""
    load = Load(Errand(**json.loads(Path(path).read_text(encoding="utf-8"))))
    paces = [(load.page, PAGE_EVERY_S)] * 2
    paces += [(load.api, API_EVERY_S), (load.capture, BATCH_EVERY_S), (load.mqtt, BATCH_EVERY_S)]
    threads = [threading.Thread(target=_paced, args=pace, daemon=True) for pace in paces]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _paced(send: Callable[[], str], every_s: float) -> None:
    while True:
        sent_at = time.monotonic()
        try:
            error = send()
        except (OSError, httpx.HTTPError, ValueError) as failure:
            error = f"{type(failure).__name__}: {failure}"[:120]
        seconds = time.monotonic() - sent_at
        sys.stdout.write(json.dumps([send.__name__, sent_at, seconds, error]) + "\n")
        sys.stdout.flush()
        time.sleep(max(0.0, every_s - seconds))


if __name__ == "__main__":
    main(sys.argv[1])
