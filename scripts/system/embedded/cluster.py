"""Three NATS nodes as one broker: MQTT listeners in front, replicated streams behind, any one node may die."""

from __future__ import annotations

import json
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from typing_extensions import override

from scripts.system.embedded.broker import ACK_WAIT, MAX_ACK_PENDING, MAX_PAYLOAD, accounts
from scripts.system.embedded.port import LOOPBACK, answers, free_port, require_free
from scripts.system.embedded.process import Process, program
from scripts.system.embedded.secret import stored_password, write_private
from scripts.system.embedded.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scripts.system.embedded.permission import BrokerUser, NatsUser

NODES = 3


class ClusterNode(Service):
    """One server of a cluster; it can be started, stopped and killed by itself."""

    def __init__(self, cluster: EmbeddedCluster, number: int, *, die_with_parent: bool) -> None:
        self.name = f"suyuan-{number}"
        self.state = cluster.state / self.name
        self.mqtt_port, self.nats_port, self.route_port = free_port(), free_port(), free_port()
        self._cluster = cluster
        self.process = Process(
            f"NATS node {number}", self.state, self.state / "nats.log", die_with_parent=die_with_parent
        )

    @override
    def start(self) -> None:
        """Start it without waiting for the others; see `EmbeddedCluster.wait`."""
        server = program("nats-server", Path(sysconfig.get_path("scripts")), hint="install requirements/embedded.lock")
        with self.process.claim():
            for port in (self.mqtt_port, self.nats_port, self.route_port):
                require_free("the NATS node", port)
            configuration = self.state / "nats.conf"
            text = json.dumps(self._settings(), indent=2, ensure_ascii=False)
            write_private(configuration, text + "\n")
            self.process.start([server, "--config", str(configuration)])

    def ready(self) -> bool:
        """Whether it takes MQTT clients and has found the cluster's leader since it was started."""
        output = self.process.output()
        return answers(self.mqtt_port) and any(
            words in output for words in ("new metadata leader:", "Self is new JetStream cluster metadata leader")
        )

    def _settings(self) -> dict[str, Any]:
        cluster = self._cluster
        return {
            "server_name": self.name,
            "listen": f"{LOOPBACK}:{self.nats_port}",
            "max_payload": MAX_PAYLOAD,
            "jetstream": {"store_dir": str(self.state), "sync_interval": "always" if cluster.sync else "2m"},
            "mqtt": {
                "listen": f"{LOOPBACK}:{self.mqtt_port}",
                "ack_wait": ACK_WAIT,
                "max_ack_pending": MAX_ACK_PENDING,
                "stream_replicas": NODES,
            },
            "authorization": {"users": accounts(cluster.users, cluster.workers)},
            "cluster": {
                "name": "suyuan",
                "listen": f"{LOOPBACK}:{self.route_port}",
                "authorization": {"user": "route", "password": cluster.route_password, "timeout": 5},
                "routes": [
                    f"nats-route://route:{cluster.route_password}@{LOOPBACK}:{node.route_port}"
                    for node in cluster.nodes
                ],
            },
        }


class EmbeddedCluster:
    """Three nodes on 127.0.0.1 with the shape of `broker.EmbeddedBroker`; `mqtt_port` is the first node's.

    Readers may connect to any node. A message is acknowledged when two of three have it.
    """

    def __init__(
        self,
        state: Path,
        users: Iterable[BrokerUser],
        *,
        workers: Iterable[NatsUser] = (),
        sync: bool = False,
        die_with_parent: bool = True,
    ) -> None:
        self.state = state.absolute()
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.users, self.workers, self.sync = tuple(users), tuple(workers), sync
        self.host = LOOPBACK
        self.route_password = stored_password(self.state / "route.password")
        self.nodes = [ClusterNode(self, number, die_with_parent=die_with_parent) for number in range(NODES)]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def mqtt_port(self) -> int:
        """The first node's MQTT listener."""
        return self.nodes[0].mqtt_port

    @property
    def nats_url(self) -> str:
        """Every node, as SUYUAN_NATS_URL wants them."""
        return ",".join(f"nats://{LOOPBACK}:{node.nats_port}" for node in self.nodes)

    @property
    def running(self) -> bool:
        """Whether a node lives."""
        return any(node.process.running for node in self.nodes)

    def start(self, seconds: float = 60) -> None:
        """Start every node that does not run; return when each takes MQTT clients."""
        for node in self.nodes:
            if not node.process.running:
                node.start()
        self.wait(seconds)

    def wait(self, seconds: float = 60) -> None:
        """Return when each node takes MQTT clients and knows a leader; StartFailed if one does not in time.

        Without a leader a client's CONNECT hangs for five seconds and is then refused.
        """
        for node in self.nodes:
            node.process.wait_until(node.ready, seconds)

    def stop(self) -> None:
        """End every node in order."""
        for node in self.nodes:
            node.stop()

    def kill(self) -> None:
        """SIGKILL for all of them, one right after the other."""
        for node in self.nodes:
            node.kill()
