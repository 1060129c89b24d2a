"""A system under test: a store, a broker of one of three kinds, and gateway workers under their supervisor."""

import secrets
from pathlib import Path
from typing import Any

import psycopg

from schemas import topics
from scripts.system.embedded import mosquitto
from scripts.system.embedded.borrowed import BorrowedPostgres
from scripts.system.embedded.broker import EmbeddedBroker
from scripts.system.embedded.cluster import EmbeddedCluster
from scripts.system.embedded.errors import PortTaken, Unavailable
from scripts.system.embedded.mosquitto import MosquittoBroker
from scripts.system.embedded.permission import stream_worker
from scripts.system.embedded.port import LOOPBACK, require_free
from scripts.system.embedded.process import children_of
from scripts.system.fixtures import Device, Units, enrol_new_reader, register_maker
from scripts.system.stack import READERS_USER, Stack, answers_ready

QUANTITY = 10_000_000
NATS_USER = "gateway-worker"
DURABLE = "suyuan-gateway"

_PORTS = 24


class SystemUnderTest(Stack):
    """A stack in ``state`` with one kind of broker: ``nats``, ``mosquitto`` or ``cluster``.

    ``fsync`` is off by default: the faults kill processes, never the machine. The brokers never flush each message,
    and need not: a reader's journal has every message without a receipt.
    """

    def __init__(
        self, state: Path, kind: str, *, workers: int = 1, fsync: bool = False, store: BorrowedPostgres | None = None
    ) -> None:
        super().__init__(state, fsync=fsync, store=store)
        self.kind, self.workers = kind, workers
        self.metrics_port = free_port_run(workers + 1)
        self.broker.sync = False
        users = self.broker.users
        self.mosquitto: MosquittoBroker | None = None
        self.cluster: EmbeddedCluster | None = None
        if kind == "mosquitto":
            if not mosquitto.available():
                raise Unavailable(f"Mosquitto is missing: {mosquitto.HINT}")
            self.mosquitto = MosquittoBroker(self.state / "mosquitto", users)
        elif kind == "cluster":
            answers = f"{topics.ROOT}/+/+/{topics.RECEIPT}"
            worker = stream_worker(NATS_USER, self.secret("nats-worker"), durable=DURABLE, answers=answers)
            self.cluster = EmbeddedCluster(self.state / "cluster", users, workers=[worker])

    @property
    def active_broker(self) -> EmbeddedBroker | MosquittoBroker | EmbeddedCluster:
        """The broker of the chosen kind."""
        return self.mosquitto or self.cluster or self.broker

    @property
    def mqtt_ports(self) -> list[int]:
        """Where readers may connect."""
        return [node.mqtt_port for node in self.cluster.nodes] if self.cluster else [self.active_broker.mqtt_port]

    def start(self) -> None:
        """Start store, broker and workers, with the rows that goods are judged on."""
        self.start_store()
        with self.owner() as owner:
            register_maker(owner, quantity=QUANTITY)
        self.active_broker.start()
        if self.workers:
            self.start_workers()

    def stop(self) -> None:
        """End every part in order, the store last."""
        for part in (self.gateway, self.active_broker, self.postgres):
            part.stop()

    def start_workers(self, **settings: Any) -> None:  # noqa: ANN401 -- settings are text of any kind
        """Start the supervisor and wait until each worker reaches broker and store."""
        environment = self.worker_environment() | {f"SUYUAN_{name.upper()}": str(v) for name, v in settings.items()}
        self.start_process(self.gateway, "gateway", ["supervise", "--workers", str(self.workers)], environment)
        # A cluster has no stream of messages before its first MQTT client has come; workers wait for it.
        if not self.cluster:
            self.wait_for_workers()

    def wait_for_workers(self, seconds: float = 60) -> None:
        """Return when every worker is ready."""
        self.gateway.wait_until(lambda: answers_ready(f"http://{LOOPBACK}:{self.metrics_port}/ready"), seconds)

    def worker_environment(self) -> dict[str, str]:
        """The workers' settings for this kind of broker."""
        environment = self.gateway_environment() | {"SUYUAN_MQTT_PORT": str(self.active_broker.mqtt_port)}
        if self.cluster is not None:
            environment |= {
                "SUYUAN_INBOX": "jetstream",
                "SUYUAN_NATS_URL": self.cluster.nats_url,
                "SUYUAN_NATS_USERNAME": NATS_USER,
                "SUYUAN_NATS_PASSWORD_FILE": str(self.state / "secrets" / "nats-worker"),
            }
        elif self.mosquitto is not None:
            environment["SUYUAN_MQTT_PROTOCOL"] = "5"
        return environment

    def worker_pids(self) -> list[int]:
        """The processes of the workers that live now."""
        return children_of(self.gateway.pid)

    def owner(self) -> psycopg.Connection:
        """A connection of the role that owns the database."""
        return psycopg.connect(self.postgres.owner_dsn, autocommit=True)

    def units(self) -> Units:
        """Genuine codes of the batch."""
        return Units(self.seal_root())

    def enrol(self, reader_id: str, reader_class: str = "edge") -> Device:
        """A new reader of the maker's."""
        with self.owner() as owner:
            return enrol_new_reader(owner, reader_id, reader_class)

    def credentials(self) -> tuple[str, str]:
        """The broker's account for readers."""
        return READERS_USER, self.secret("mqtt-readers")


def free_port_run(length: int) -> int:
    """The first of ``length`` consecutive ports that were free a moment ago.

    They are below the ephemeral range (32768 on Linux), which outgoing connections take their ports from.

    :raises Unavailable: none were found.
    """
    for _ in range(_PORTS):
        first = 20_000 + secrets.randbelow(12_000)
        if all(_is_free(first + step) for step in range(length)):
            return first
    raise Unavailable(f"no {length} free ports in a row were found")


def _is_free(port: int) -> bool:
    try:
        require_free("a worker", port)
    except PortTaken:
        return False
    return True
